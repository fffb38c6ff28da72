//! The names in a row, held against the world that it is asked in.
//!
//! A row that expects a denial passes whenever nobody is allowed, so a misspelt name would make it
//! pass for ever. What a row names has to exist.

use super::overlay::texts_of;
use super::question::WORLD;
use super::row::{Row, RowError};
use crate::folder::TenantFolder;
use permesso_engine::compile::DeclaredAttribute;
use permesso_engine::decision::{Decision, Reason};
use permesso_engine::model::{Catalog, Directory, Matchers, Tenant, Text};
use permesso_engine::suggest;
use std::collections::{HashMap, HashSet};

/// As far as a name may be from one that is known, and be taken for a slip.
const TYPING_SLIPS: usize = 2;

/// Refuses a row that names a role, a policy or a user that its world does not have.
pub(super) fn check(
    row: &Row,
    catalog: &Catalog,
    tenant: &Tenant,
    directory: &Directory,
) -> Result<(), RowError> {
    let subject = &row.subject;
    let roles = || {
        let own = tenant.roles.iter().map(|role| role.id.as_str());
        let standard = catalog.standard_roles.iter().map(|role| role.id.as_str());
        // Users may hold what the tenant does not define, for programs to ask about.
        let matched = tenant.programs.iter().flat_map(|program| &program.matchers.roles);
        own.chain(standard).chain(matched.map(|role| role.as_str()))
    };
    if let Some(plan) = row.context.plan.as_ref().filter(|_| !catalog.plans.is_empty()) {
        known("plan", plan, catalog.plans.keys().map(String::as_str))?;
    }
    let policies = || tenant.policies.iter().map(|policy| policy.id.as_str());
    let copied = row.context.copied_from.iter().flat_map(|copied| &copied.roles);
    let own = subject.roles.iter().flatten().map(|held| &*held.role);
    for role in own.chain(copied) {
        known("role", role, roles())?;
    }
    for policy in subject.policies.iter().flatten() {
        known("policy", policy, policies())?;
    }
    if subject.is_only_named() && row.context.copied_from.is_none() {
        let users = directory.users.iter().map(|user| user.id.as_str());
        known("user", &subject.user, users)?;
    }
    for (id, definition) in &row.context.role_definitions {
        let original = definition.get("duplicate_of").and_then(serde_json::Value::as_str);
        if let Some(original) = original.filter(|original| original != id) {
            known("role", original, roles())?;
        }
    }
    Ok(())
}

/// What a row may say of its record and of the circumstances.
pub(super) struct Contract<'a> {
    /// What is said beyond what the catalog declares.
    pub(super) beyond: Beyond,
    /// What is known of users.
    subject: HashSet<&'a str>,
    /// What is known of the records of each kind, by kind; none where the catalog is not closed.
    kinds: Option<HashMap<&'a str, HashSet<&'a str>>>,
    context: HashSet<&'a str>,
    /// The attribute that names teams.
    team: &'a str,
    /// The attributes that name users.
    relations: Vec<&'a str>,
}

/// What becomes of a row that tells more than a catalog declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beyond {
    /// It is read, unless it is nearly something that is declared: documents tell more of a record
    /// than the product listens to.
    #[default]
    Told,
    /// It is a mistake.
    Refused,
}

impl<'a> Contract<'a> {
    pub(super) fn new(folder: &'a TenantFolder) -> Self {
        let compiled = &*folder.catalog;
        let catalog = &compiled.source().value;
        let kinds = catalog.is_closed().then(|| {
            let kinds = catalog.resource_kinds.keys().map(String::as_str);
            let of = |kind: &'a str| {
                let own = ["id", "tenant"].into_iter();
                let declared = compiled.attributes_of(kind).into_iter().flatten();
                (kind, own.chain(all_names(declared)).collect())
            };
            kinds.map(of).collect()
        });
        let rules = catalog.attributes.rules();
        let of_users = rules.filter_map(|(path, _)| path.strip_prefix("subject."));
        let members = SUBJECT_MEMBERS.into_iter().chain(all_names(compiled.declared("subject")));
        let context = ["tenant"].into_iter().chain(all_names(compiled.declared("context")));
        Self {
            beyond: Beyond::default(),
            subject: members.chain(of_users).collect(),
            kinds,
            context: context.chain(["now"]).chain(WORLD).collect(),
            team: &catalog.teams.attribute,
            relations: catalog.relations.iter().map(|relation| relation.as_str()).collect(),
        }
    }

    /// Refuses a row about a kind that the catalog does not have, or with an attribute of the record
    /// or the context that is nearly one that is declared: it would decide nothing.
    /// A row may well tell more of a record than the product listens to. So are teams that the
    /// tenant does not list, and where a row is about the tenant as it is, people whom it does not
    /// have. Of the subject that a row describes, what is nearly something that there is.
    pub(super) fn check(
        &self,
        row: &Row,
        tenant: &Tenant,
        users: &HashSet<&str>,
    ) -> Result<(), RowError> {
        let attrs = &row.resource.attrs;
        for team in texts_of(attrs.get(self.team)) {
            let listed = || tenant.teams.iter().map(|team| team.path.as_str());
            if !tenant.teams.is_empty() && !listed().any(|listed| is_or_above(listed, team)) {
                return Err(RowError::unknown("team", team, suggest(team, listed())));
            }
        }
        if row.brings_nothing() {
            for relation in &self.relations {
                for user in texts_of(attrs.get(*relation)) {
                    if !users.contains(user) {
                        let near = suggest(user, users.iter().copied());
                        return Err(RowError::unknown("user", user, near));
                    }
                }
            }
        }
        self.check_subject(row, tenant)?;
        let Some(kinds) = &self.kinds else { return Ok(()) };
        self.declared("attribute of the context", row.context.attributes.keys(), &self.context)?;
        let kind = &row.resource.kind;
        let Some(known) = kinds.get(kind.as_str()) else {
            let near = suggest(kind, kinds.keys().copied());
            return Err(RowError::unknown("kind of resource", kind, near));
        };
        self.declared("attribute", attrs.keys(), known)
    }

    /// Refuses names of what is not declared, or only those that are nearly so.
    fn declared<'n>(
        &self,
        what: &'static str,
        mut names: impl Iterator<Item = &'n String> + Clone,
        known: &HashSet<&str>,
    ) -> Result<(), RowError> {
        no_slip(what, names.clone(), known)?;
        let unknown = names.find(|name| !known.contains(name.as_str()));
        match unknown.filter(|_| self.beyond == Beyond::Refused) {
            Some(name) => Err(RowError::unknown(what, name, suggest(name, known.iter().copied()))),
            None => Ok(()),
        }
    }

    /// Refuses a subject in a team, with a tag or with an attribute that is nearly one that there
    /// is. A row may well describe somebody whom the tenant does not have.
    fn check_subject(&self, row: &Row, tenant: &Tenant) -> Result<(), RowError> {
        let subject = &row.subject;
        let listed: Vec<&str> = tenant.teams.iter().map(|team| team.path.as_str()).collect();
        let above = listed.iter().flat_map(|path| {
            path.match_indices('/').filter_map(|(end, _)| path.get(..end)).collect::<Vec<_>>()
        });
        let programs = tenant.programs.iter().map(|program| &program.matchers);
        let matched = |of: fn(&Matchers) -> &[Text]| {
            programs.clone().flat_map(of).map(|name| name.as_str()).collect::<Vec<_>>()
        };
        let teams = listed.iter().copied().chain(above).chain(matched(|it| &it.teams));
        let teams = teams.chain(matched(|it| &it.exact_teams)).collect();
        let in_teams = [&subject.teams, &subject.sub_teams].into_iter().flatten().flatten();
        no_slip("team", in_teams, &teams)?;
        let tags = tenant.tags.iter().flatten().map(|tag| tag.id.as_str());
        let tags = tags.chain(matched(|it| &it.tags)).collect();
        no_slip("tag", subject.tags.iter().flatten(), &tags)?;
        self.declared("member of the subject", subject.attributes.keys(), &self.subject)
    }
}

/// What a row can say of its subject besides attributes.
const SUBJECT_MEMBERS: [&str; 11] = [
    "user",
    "roles",
    "policies",
    "teams",
    "sub_teams",
    "tags",
    "owner",
    "status",
    "invite",
    "rights",
    // Whose rights they were given, as the context tells them.
    "same_as",
];

/// Refuses names that are nearly ones that are known.
fn no_slip<'n>(
    what: &'static str,
    names: impl Iterator<Item = &'n String>,
    known: &HashSet<&str>,
) -> Result<(), RowError> {
    for name in names.filter(|name| !known.contains(name.as_str())) {
        let near = known.iter().filter(|known| strsim::osa_distance(known, name) <= TYPING_SLIPS);
        // `tier1` and `tier2` are two of a series.
        let near = near.filter(|known| letters(known) != letters(name));
        let meant = near.filter(|meant| meant.len() > 2 * TYPING_SLIPS).min();
        if let Some(meant) = meant {
            return Err(RowError::unknown(what, name, Some(format!("did you mean `{meant}`?"))));
        }
    }
    Ok(())
}

fn letters(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The names under which attributes can be sent: their own, others, and those of the maps in
/// which they lie.
fn all_names<'c>(
    declared: impl Iterator<Item = DeclaredAttribute<'c>>,
) -> impl Iterator<Item = &'c str> {
    declared.flat_map(|attribute| {
        let map = attribute.name.split_once('.').map(|(head, _)| head);
        [attribute.name].into_iter().chain(map).chain(attribute.aliases)
    })
}

/// Whether a team is a listed one or above it.
fn is_or_above(listed: &str, team: &str) -> bool {
    listed.strip_prefix(team).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Refuses a row whose action the catalog does not have.
pub(super) fn check_action(
    row: &Row,
    catalog: &Catalog,
    decision: &Decision,
) -> Result<(), RowError> {
    if decision.reason != Reason::UnknownAction {
        return Ok(());
    }
    let permissions = catalog.categories.iter().flat_map(|category| &category.permissions);
    let help = suggest(&row.action, permissions.map(|permission| permission.id.as_str()));
    Err(RowError::unknown("action", &row.action, help))
}

fn known<'k>(
    what: &'static str,
    name: &str,
    mut all: impl Iterator<Item = &'k str> + Clone,
) -> Result<(), RowError> {
    if all.clone().any(|known| known == name) {
        return Ok(());
    }
    Err(RowError::unknown(what, name, suggest(name, &mut all)))
}
