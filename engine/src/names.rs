//! Whether the names in documents can be seen and told apart.
//!
//! Documents that stand in a log already are served with whatever names they have: this is asked
//! of what is written, and of files.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::load::Source;
use crate::model::{Catalog, Directory, Tenant, Text};
use permesso_names::{Unfit, check, check_id, folded};
use std::collections::HashMap;

/// A name, and those that it is told apart from.
type Named<'a> = (&'a Text, &'a [Text]);

/// Looks at all names of a tenant and of its people: of users, roles, policies, programs, teams
/// and tags, and of the tenant itself.
///
/// # Errors
///
/// Names that hold what cannot be seen, and those that look like another one of their kind, where
/// neither of the two is `distinct_from` the other.
pub fn check_names(
    catalog: &Catalog,
    tenant: &Source<Tenant>,
    people: &Source<Directory>,
) -> Result<(), Diagnostics> {
    let mut names = Names { file: &tenant.file, found: Diagnostics::default() };
    let this = &tenant.value;
    names.fit("tenant", [&this.tenant]);
    names.each("tenant", [(&this.tenant, &*this.distinct_from)]);
    let is_standard = |id: &Text| catalog.standard_roles.iter().any(|role| role.id == *id);
    names.fit("roles", this.roles.iter().map(|role| &role.id).filter(|id| !is_standard(id)));
    names.fit("policies", this.policies.iter().map(|it| &it.id));
    names.fit("programs", this.programs.iter().map(|it| &it.id));
    names.fit("tags", this.tags.iter().flatten().map(|tag| &tag.id));
    let standard = catalog.standard_roles.iter();
    let roles = standard.filter(|role| this.roles.iter().all(|own| own.id != role.id));
    let roles = this.roles.iter().map(|role| &**role).chain(roles);
    names.each("roles", roles.map(|role| (&role.id, &*role.distinct_from)));
    names.each("policies", this.policies.iter().map(|it| (&it.id, &*it.distinct_from)));
    names.each("programs", this.programs.iter().map(|it| (&it.id, &*it.distinct_from)));
    names.each("teams", this.teams.iter().map(|it| (&it.path, &*it.distinct_from)));
    let tags = this.tags.iter().flatten();
    names.each("tags", tags.map(|tag| (&tag.id, &*tag.distinct_from)));
    let matched = this.programs.iter().flat_map(|program| &program.matchers.tags);
    matched.for_each(|tag| names.seen("programs.match.tags", tag));
    names.file = &people.file;
    names.fit("users", people.value.users.iter().map(|user| &user.id));
    if this.tags.is_none() {
        let tags = people.value.users.iter().flat_map(|user| &user.tags);
        names.fit("users.tags", tags);
    }
    names.each("users", people.value.users.iter().map(|it| (&it.id, &*it.distinct_from)));
    let tags = people.value.users.iter().flat_map(|user| &user.tags);
    tags.for_each(|tag| names.seen("users.tags", tag));
    names.found.or(())
}

struct Names<'a> {
    file: &'a str,
    found: Diagnostics,
}

impl Names<'_> {
    fn each<'n>(&mut self, field: &str, names: impl IntoIterator<Item = Named<'n>>) {
        let mut known: HashMap<_, Named<'n>> = HashMap::new();
        for (name, apart) in names {
            self.seen(field, name);
            let Some((twin, twins)) = known.insert(folded(name), (name, apart)) else { continue };
            // Two of one id are told as that.
            let confirmed = apart.contains(twin) || twins.contains(name) || twin == name;
            if !confirmed {
                let (message, help) = twin_of(name, twin);
                self.fault(field, name, message, help);
            }
        }
    }

    /// Refuses what nobody and nothing may be called. What cannot be seen is told by [`Self::seen`].
    fn fit<'n>(&mut self, field: &str, names: impl IntoIterator<Item = &'n Text>) {
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            match check_id(name) {
                Ok(()) | Err(Unfit::Unseen(_)) => {}
                Err(unfit) => self.fault(field, name, format!("`{name}` {unfit}"), None),
            }
        }
    }

    fn seen(&mut self, field: &str, name: &Text) {
        if let Err(unseen) = check(name) {
            let shown = shown(name);
            self.fault(field, name, format!("`{shown}` {unseen}"), None);
        }
    }

    fn fault(&mut self, field: &str, name: &Text, message: String, help: Option<String>) {
        self.found.push(Diagnostic {
            file: self.file.to_owned(),
            at: name.at(),
            field: format!("{field}.{}", shown(name)),
            message,
            help,
        });
    }
}

/// What is said of a name that looks like another one, and what to do.
#[must_use]
pub fn twin_of(name: &str, twin: &str) -> (String, Option<String>) {
    let message = format!("`{name}` looks like `{twin}`, which is there too");
    let help =
        format!("choose another one, or write `distinct_from: [\"{twin}\"]` if they are two");
    (message, Some(help))
}

/// A name as it can be shown: what cannot be seen in it is written out.
fn shown(name: &str) -> String {
    let mut shown = String::with_capacity(name.len());
    for c in name.chars() {
        match check(c.encode_utf8(&mut [0; 4])) {
            Ok(()) => shown.push(c),
            Err(_) => shown.extend(c.escape_unicode()),
        }
    }
    shown
}
