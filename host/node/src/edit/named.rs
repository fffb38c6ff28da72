//! Where what is about to go is named.
//!
//! References in lists are followed when the tenant is compiled. A name within a condition is only
//! a text: nobody would miss a role of which a rule says that its holders see less. And what users
//! name themselves is not compiled with the tenant at all.

use super::Edited;
use super::listed::{by_grants_of, by_lists, names, role_by_lists};
use crate::document::{Settings, read};
use crate::error::ChangeError;
use crate::kept;
use crate::kind::DocumentKind;
use crate::operation::renaming::{
    conditions, conditions_of, looks_for, of_catalog, of_families, told,
};
use crate::view::View;
use permesso_engine::condition::{Named, condition_names, rename_in};
use permesso_engine::model::{Catalog, Status, Tenant, User};
use permesso_store::feed::Facet;
use permesso_store::{Body, Which};
use std::collections::BTreeSet;

/// How many users are read at a time.
const PAGE: u32 = 1_000;

/// Something that goes.
struct Gone {
    named: Named,
    id: String,
    /// Whether somebody loses it by the same change: who asks for it in whatever way is answered
    /// otherwise from then on.
    lost: bool,
}

impl Gone {
    const fn what(&self) -> &'static str {
        match self.named {
            Named::Role => "role",
            Named::Team => "team",
            Named::Tag => "tag",
        }
    }

    /// What asks by its name.
    const fn asking(&self) -> &'static [&'static str] {
        match self.named {
            Named::Role => &["has_role", "roles"],
            Named::Team => &["in_team", "teams", "team"],
            Named::Tag => &["has_tag", "tags"],
        }
    }

    /// Whether a condition looks for it, as far as that stands there.
    fn is_written_in(&self, condition: &str) -> bool {
        let perhaps = || condition_names(condition, &self.id, self.asking());
        // A record is of a team by whatever attribute the catalog says.
        if self.named == Named::Team {
            return perhaps();
        }
        let renamed = rename_in(condition, self.named, &self.id, "");
        renamed.changed || renamed.unclear && perhaps()
    }

    fn is_named_in(&self, condition: &str) -> bool {
        self.is_written_in(condition) || self.lost && looks_for(condition, self.named, &self.id)
    }

    /// Refuses it, where it is named in these places.
    fn refused(&self, places: Vec<String>) -> Result<(), ChangeError> {
        if places.is_empty() {
            return Ok(());
        }
        let (what, id, places) = (self.what(), &self.id, told(places));
        let message = format!("the {what} `{id}` is named by {places}; change them first");
        Err(ChangeError::Guarded { guard: "in-use", message, users: None })
    }
}

/// Whether nothing names what goes that would not be told of it by compiling the tenant. `standard`
/// says which roles are the product's: they only become what they were. Users of whom `elsewhere`
/// says so are looked at where they are changed.
///
/// # Errors
///
/// The places that do.
pub(super) async fn unnamed(
    view: &View<'_>,
    tenant: &Tenant,
    edited: &[Edited],
    elsewhere: Elsewhere<'_>,
    standard: impl Fn(&str) -> bool,
) -> Result<(), ChangeError> {
    let ends = |edit: &Edited| edit.kind == DocumentKind::Settings && edit.after.is_none();
    if edited.iter().any(ends) {
        // With the tenant everything goes.
        return Ok(());
    }
    let all = gone(edited, &standard)?;
    for gone in &all {
        let mut places: Vec<String> = Vec::new();
        for (place, condition) in conditions(tenant) {
            if gone.is_named_in(condition) && !places.contains(&place) {
                places.push(place);
            }
        }
        // With the last team any path is one, and compiling would tell nothing.
        let last = gone.named == Named::Team && tenant.teams.is_empty();
        if last {
            places.extend(by_lists(tenant, &view.catalog().value, &gone.id));
        }
        if gone.named == Named::Role && !standard(&gone.id) {
            places.extend(role_by_lists(tenant, &gone.id));
        }
        if gone.lost || last {
            places.extend(by_catalog(&view.catalog().value, gone));
        }
        places.extend(of_families(tenant, &gone.id));
        gone.refused(places)?;
    }
    let users = Users { view, edited, elsewhere };
    tags(&users, tenant).await?;
    first_teams(&users, tenant).await?;
    by_users(&users, &all).await
}

/// What a catalog says of a role or a team by its name is not the tenant's to change.
fn by_catalog(catalog: &Catalog, gone: &Gone) -> Vec<String> {
    of_catalog(catalog, gone.named, &gone.id)
}

fn gone(edited: &[Edited], standard: impl Fn(&str) -> bool) -> Result<Vec<Gone>, ChangeError> {
    let mut all = Vec::new();
    let held = held_before(edited);
    for edit in edited {
        let named = match edit.kind {
            // A standard role only becomes what it was, but those who held it may be moved.
            DocumentKind::Role if !standard(&edit.id) || held.contains(&edit.id) => Named::Role,
            DocumentKind::Team => Named::Team,
            DocumentKind::Settings => {
                let (Some(_), Some(after)) = (&edit.before, &edit.after) else { continue };
                let is = listed(&edit.id, Some(after))?;
                let went = listed(&edit.id, edit.before.as_ref())?.unwrap_or_default();
                // Without a list any word is a tag.
                let Some(is) = is else { continue };
                let went = went.into_iter().filter(|tag| !is.contains(tag));
                all.extend(went.map(|id| Gone { named: Named::Tag, id, lost: true }));
                continue;
            }
            _ => continue,
        };
        if edit.after.is_none() {
            let id = edit.id.clone();
            let lost = named == Named::Role && held.contains(&id);
            all.push(Gone { named, id, lost });
        }
    }
    Ok(all)
}

/// The tags that settings list; nothing where they list none.
fn listed(id: &str, body: Option<&Body>) -> Result<Option<BTreeSet<String>>, ChangeError> {
    let Some(body) = body else { return Ok(None) };
    let settings: Settings = read(DocumentKind::Settings, id, body)?;
    Ok(settings.tags.map(|tags| tags.iter().map(|tag| tag.id.to_string()).collect()))
}

/// The roles that users held who are changed as well.
fn held_before(edited: &[Edited]) -> BTreeSet<String> {
    let goes = |edit: &Edited| edit.kind == DocumentKind::Role && edit.after.is_none();
    if !edited.iter().any(goes) {
        return BTreeSet::new();
    }
    let users = edited.iter().filter(|edit| edit.kind == DocumentKind::User);
    let users = users.filter_map(|edit| kept::read::<User>(edit.before.as_ref()?).ok());
    users.flat_map(|user| user.roles).map(|held| held.role.to_string()).collect()
}

/// Whether nobody carries a tag that the tenant does not list, where it lists some newly.
async fn tags(all: &Users<'_>, tenant: &Tenant) -> Result<(), ChangeError> {
    let settings = all.edited.iter().find(|edit| edit.kind == DocumentKind::Settings);
    let Some(Edited { id, before: Some(before), .. }) = settings else { return Ok(()) };
    let Some(tags) = &tenant.tags else { return Ok(()) };
    let is: BTreeSet<&str> = tags.iter().map(|tag| tag.id.as_str()).collect();
    let mut carried: BTreeSet<String> = BTreeSet::new();
    let mut users: BTreeSet<String> = BTreeSet::new();
    let mut look = |user: &User| {
        let unlisted = user.tags.iter().filter(|tag| !is.contains(tag.as_str()));
        let unlisted: Vec<String> = unlisted.map(ToString::to_string).collect();
        if user.status != Status::Deleted && !unlisted.is_empty() {
            carried.extend(unlisted);
            users.insert(format!("`{}`", user.id));
        }
    };
    match listed(id, Some(before))? {
        // Who carries one of those that were is known.
        Some(was) => {
            for tag in was.iter().filter(|tag| !is.contains(tag.as_str())) {
                all.each(Which::Having(Facet::Tag, tag), "\"tags\"", &mut look).await?;
            }
        }
        None => {
            let which = Which::All(DocumentKind::User.name());
            all.each(which, "\"tags\"", &mut look).await?;
        }
    }
    if users.is_empty() {
        return Ok(());
    }
    let count = u64::try_from(users.len()).unwrap_or(u64::MAX);
    let carried: Vec<String> = carried.iter().map(|tag| format!("`{tag}`")).collect();
    let message = format!(
        "{count} users carry tags that would not be listed ({}): {}; take them from them first, \
         or list them",
        told(carried),
        told(users.into_iter().collect())
    );
    Err(ChangeError::Guarded { guard: "in-use", message, users: Some(count) })
}

/// Whether nobody is in a team that the tenant does not list, where it lists its first ones.
async fn first_teams(all: &Users<'_>, tenant: &Tenant) -> Result<(), ChangeError> {
    if tenant.teams.is_empty() || !all.view.tenant().teams.is_empty() {
        return Ok(());
    }
    let listed = |name: &str| names(tenant.teams.iter().map(|team| &team.path), name);
    let mut unlisted: BTreeSet<String> = BTreeSet::new();
    let mut users: BTreeSet<String> = BTreeSet::new();
    let mut look = |user: &User| {
        let limits =
            user.grants.iter().flat_map(|grant| grant.teams.iter().chain(&grant.exact_teams));
        let held = user.roles.iter().filter_map(|held| held.teams.as_ref()).flatten();
        let named = user.teams.iter().chain(limits).chain(held);
        let named: Vec<String> =
            named.filter(|team| !listed(team)).map(|team| format!("`{team}`")).collect();
        if user.status != Status::Deleted && !named.is_empty() {
            unlisted.extend(named);
            users.insert(format!("`{}`", user.id));
        }
    };
    all.each(Which::All(DocumentKind::User.name()), "teams\"", &mut look).await?;
    if users.is_empty() {
        return Ok(());
    }
    let count = u64::try_from(users.len()).unwrap_or(u64::MAX);
    let message = format!(
        "{count} users are in teams, or hold something for teams, that would not be listed ({}): {}; \
         list those as well, or move the users first",
        told(unlisted.into_iter().collect()),
        told(users.into_iter().collect())
    );
    Err(ChangeError::Guarded { guard: "in-use", message, users: Some(count) })
}

/// Whether no condition of a user's own names what goes.
async fn by_users(users: &Users<'_>, all: &[Gone]) -> Result<(), ChangeError> {
    if all.is_empty() || users.view.realm().tenant_id().is_none() {
        return Ok(());
    }
    let mut places: Vec<Vec<String>> = vec![Vec::new(); all.len()];
    let mut look = |user: &User| {
        for (gone, places) in all.iter().zip(&mut places) {
            let mut conditions = conditions_of(user);
            if user.status != Status::Deleted && conditions.any(|it| gone.is_written_in(it)) {
                places.push(format!("the user `{}`", user.id));
            }
        }
    };
    let which = Which::All(DocumentKind::User.name());
    users.each(which, "\"condition\"", &mut look).await?;
    let mut look = |user: &User| {
        for (gone, places) in all.iter().zip(&mut places) {
            let named = gone.named == Named::Team && by_grants_of(user, &gone.id);
            let place = format!("the user `{}`", user.id);
            if user.status != Status::Deleted && named && !places.contains(&place) {
                places.push(place);
            }
        }
    };
    if all.iter().any(|gone| gone.named == Named::Team) {
        users.each(which, "\"grants\"", &mut look).await?;
    }
    all.iter().zip(places).try_for_each(|(gone, places)| gone.refused(places))
}

/// Says whether a user is looked at elsewhere.
pub(crate) type Elsewhere<'e> = &'e (dyn Fn(&str) -> bool + Sync);

/// The users as they would be.
struct Users<'u> {
    view: &'u View<'u>,
    edited: &'u [Edited],
    elsewhere: Elsewhere<'u>,
}

impl Users<'_> {
    /// Looks at those whose documents hold a word.
    async fn each(
        &self,
        which: Which<'_>,
        word: &str,
        look: &mut (impl FnMut(&User) + Send),
    ) -> Result<(), ChangeError> {
        let users = self.edited.iter().filter(|edit| edit.kind == DocumentKind::User);
        let mut changed: BTreeSet<&str> = BTreeSet::new();
        let mut holding = |body: &Body| {
            if body.get().contains(word)
                && let Ok(user) = kept::read::<User>(body)
            {
                look(&user);
            }
        };
        for edit in users {
            changed.insert(&edit.id);
            edit.after.iter().for_each(&mut holding);
        }
        let stays = |id: &str| !changed.contains(id) && !(self.elsewhere)(id);
        let mut after = String::new();
        loop {
            let page = self.view.store().page(self.view.realm(), which, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            let stay = page.iter().filter(|object| stays(&object.id));
            stay.for_each(|object| holding(&object.body));
        }
    }
}
