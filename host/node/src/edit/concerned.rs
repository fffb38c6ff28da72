//! Whom a change can concern, read from the directory: for telling what it does, and for judging
//! it.
//!
//! Of small tenants everybody is looked at. Of large ones those are whom the edited roles,
//! policies and teams reach, up to a bound, and it is said that there are more.

use super::{DryRun, Edited};
use crate::document::Settings;
use crate::kept;
use crate::kind::DocumentKind;
use permesso_engine::model::{Assignment, Delegation, Directory, Invitation, Role, Tenant, User};
use permesso_store::feed::Facet;
use permesso_store::{Body, Realm, Store, StoreError, Which};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many users are looked at.
const EXAMINED: usize = 5_000;
/// How many are read at a time.
const PAGE: u32 = 1_000;

/// Those who are looked at, as they are and as they would be.
#[derive(Debug)]
pub struct Concerned {
    /// As they are.
    pub before: Directory,
    /// As they would be.
    pub after: Directory,
    /// Whether there are more whom the change may concern.
    pub cut: bool,
}

/// Those whom a change is judged by.
#[derive(Debug)]
pub(super) struct Judging {
    /// As they are.
    pub(super) before: Directory,
    /// As they would be: with whoever is invited taking part, and where somebody ceases to,
    /// without.
    pub(super) afters: Vec<Directory>,
    /// Whether there are more whom the change may concern.
    pub(super) cut: bool,
}

impl Concerned {
    /// Those whom a change concerns: everybody of a small tenant.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn of(
        store: &dyn Store,
        realm: &Realm,
        edited: &[Edited],
        tried: &DryRun,
    ) -> Result<Self, StoreError> {
        let mut users = BTreeMap::new();
        let whole =
            read(store, realm, Which::All(DocumentKind::User.name()), EXAMINED, &mut users).await?;
        if !whole {
            users.clear();
            match reached(edited, tried) {
                Some(reached) => {
                    for (facet, value) in reached {
                        let which = Which::Having(facet, &value);
                        read(store, realm, which, EXAMINED, &mut users).await?;
                    }
                }
                None => {
                    let which = Which::All(DocumentKind::User.name());
                    read(store, realm, which, EXAMINED, &mut users).await?;
                }
            }
        }
        let mut delegations: BTreeMap<String, Delegation> = BTreeMap::new();
        read(store, realm, Which::All(DocumentKind::Delegation.name()), EXAMINED, &mut delegations)
            .await?;
        let (before, after) = sides(users, delegations, edited);
        Ok(Self { before: directory(before), after: directory(after), cut: !whole })
    }
}

impl Concerned {
    /// Those whom a change has to be judged by: everybody whom it concerns, and its author.
    pub(super) async fn judged(
        store: &dyn Store,
        realm: &Realm,
        edited: &[Edited],
        tried: &DryRun,
        author: Option<&str>,
    ) -> Result<Judging, StoreError> {
        let mut users: BTreeMap<String, User> = BTreeMap::new();
        let facets = reached(edited, tried);
        let mut whole = true;
        match &facets {
            Some(facets) => {
                for (facet, value) in facets {
                    let which = Which::Having(*facet, value);
                    whole = whole && read(store, realm, which, EXAMINED, &mut users).await?;
                }
            }
            None => {
                let which = Which::All(DocumentKind::User.name());
                whole = read(store, realm, which, EXAMINED, &mut users).await?;
            }
        }
        let mut delegations: BTreeMap<String, Delegation> = BTreeMap::new();
        if facets.as_ref().is_some_and(BTreeSet::is_empty) {
            let ids = edited.iter().filter(|edit| edit.kind == DocumentKind::User);
            let sides = ids.map(|edit| [&*edit.id]).collect();
            for id in store.delegations(realm, &sides).await? {
                one(store, realm, DocumentKind::Delegation, &id, &mut delegations).await?;
            }
        } else {
            let which = Which::All(DocumentKind::Delegation.name());
            whole = whole && read(store, realm, which, EXAMINED, &mut delegations).await?;
        }
        let (mut before, mut after) = sides(users, delegations, edited);
        let parties = before.1.values().chain(after.1.values());
        let parties = parties.flat_map(|it| [it.from.to_string(), it.to.to_string()]);
        let others: BTreeSet<String> = parties.chain(author.map(str::to_owned)).collect();
        for id in others {
            let is_edited = |edit: &Edited| edit.kind == DocumentKind::User && edit.id == id;
            if !before.0.contains_key(&id) && !edited.iter().any(is_edited) {
                one(store, realm, DocumentKind::User, &id, &mut before.0).await?;
                if let Some(user) = before.0.get(&id) {
                    after.0.insert(id, user.clone());
                }
            }
        }
        // Whoever is invited takes part as soon as they like, and nobody is asked again: what they
        // gain they have. Who is asked again loses everything until then.
        let invited = |user: &User| user.invitation == Invitation::Pending;
        let took_part = |it: &User| before.0.get(&*it.id).is_some_and(|was| !invited(was));
        let pending = after.0.values().filter(|it| invited(it));
        let withdrawn = pending.clone().filter(|it| took_part(it)).map(|it| it.id.to_string());
        let withdrawn: Vec<String> = withdrawn.collect();
        let pending: Vec<String> = pending.map(|it| it.id.to_string()).collect();
        let set = |people: &mut People, ids: &[String], invitation| {
            for id in ids {
                if let Some(user) = people.0.get_mut(id) {
                    user.invitation = invitation;
                }
            }
        };
        set(&mut before, &pending, Invitation::Accepted);
        set(&mut after, &pending, Invitation::Accepted);
        let mut afters = vec![directory(after.clone())];
        if !withdrawn.is_empty() {
            set(&mut after, &withdrawn, Invitation::Pending);
            afters.push(directory(after));
        }
        Ok(Judging { before: directory(before), afters, cut: !whole })
    }
}

/// Reads one document, where it is there.
async fn one<T: DeserializeOwned>(
    store: &dyn Store,
    realm: &Realm,
    kind: DocumentKind,
    id: &str,
    into: &mut BTreeMap<String, T>,
) -> Result<(), StoreError> {
    let object = store.object(realm, kind.name(), id).await?;
    if let Some(value) = object.and_then(|object| kept::read(&object.body).ok()) {
        into.insert(id.to_owned(), value);
    }
    Ok(())
}

/// Users and what they delegate, by id.
type People = (BTreeMap<String, User>, BTreeMap<String, Delegation>);

/// People as they are and as they would be.
fn sides(
    users: BTreeMap<String, User>,
    delegations: BTreeMap<String, Delegation>,
    edited: &[Edited],
) -> (People, People) {
    let mut before = (users.clone(), delegations.clone());
    let mut after = (users, delegations);
    for edit in edited {
        match edit.kind {
            DocumentKind::User => replace(&mut before.0, &mut after.0, edit),
            DocumentKind::Delegation => replace(&mut before.1, &mut after.1, edit),
            _ => {}
        }
    }
    (before, after)
}

/// Those of people who are looked at: what is delegated lies between them.
fn directory((users, delegations): People) -> Directory {
    Directory {
        delegations: delegations
            .into_values()
            .filter(|it| users.contains_key(&*it.from) && users.contains_key(&*it.to))
            .collect(),
        users: users.into_values().collect(),
    }
}

fn replace<T: DeserializeOwned>(
    before: &mut BTreeMap<String, T>,
    after: &mut BTreeMap<String, T>,
    edit: &Edited,
) {
    for (body, side) in [(&edit.before, before), (&edit.after, after)] {
        match body.as_ref().and_then(|body| kept::read::<T>(body).ok()) {
            Some(value) => side.insert(edit.id.clone(), value),
            None => side.remove(&edit.id),
        };
    }
}

/// Reads documents until there are enough; whether those were all.
async fn read<T: DeserializeOwned>(
    store: &dyn Store,
    realm: &Realm,
    which: Which<'_>,
    most: usize,
    into: &mut BTreeMap<String, T>,
) -> Result<bool, StoreError> {
    let mut after = String::new();
    loop {
        let page = store.page(realm, which, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(true) };
        after.clone_from(&last.id);
        for object in &page {
            if into.len() >= most {
                return Ok(false);
            }
            if let Ok(value) = kept::read(&object.body) {
                into.insert(object.id.clone(), value);
            }
        }
    }
}

/// What those have whom the edited documents reach; none where they reach everybody.
fn reached(edited: &[Edited], tried: &DryRun) -> Option<BTreeSet<(Facet, String)>> {
    let mut reached = BTreeSet::new();
    for edit in edited {
        match edit.kind {
            // They are looked at in any case.
            DocumentKind::User
            | DocumentKind::Delegation
            | DocumentKind::Invitation
            | DocumentKind::Key => {}
            DocumentKind::Role => reached.extend(with_role(tried, &edit.id)),
            DocumentKind::Policy => {
                reached.insert((Facet::Policy, edit.id.clone()));
                for tenant in [tried.tenant_before(), tried.tenant_after()] {
                    let having =
                        |role: &&Arc<Role>| role.policies.iter().any(|policy| **policy == *edit.id);
                    for role in tenant.roles.iter().filter(having) {
                        reached.extend(with_role(tried, &role.id));
                    }
                }
            }
            // Its roles come to the members of every team below it as well.
            DocumentKind::Team if lends(tried, &edit.id) => return None,
            DocumentKind::Team => {
                reached.insert((Facet::Team, edit.id.clone()));
            }
            DocumentKind::Settings if !lends_to_all(edit) => {}
            // What a program gives is taken from everybody else.
            _ => return None,
        }
    }
    let roles = reached.iter().filter(|(facet, _)| *facet == Facet::Role);
    let roles: BTreeSet<String> = roles.map(|(_, role)| role.clone()).collect();
    reached.extend(with_lenders(tried, &roles)?);
    Some(reached)
}

/// The teams to whose members some roles come; none where they come to everybody.
fn with_lenders(tried: &DryRun, roles: &BTreeSet<String>) -> Option<BTreeSet<(Facet, String)>> {
    let lent = |held: &[Assignment]| held.iter().any(|it| roles.contains(&**it.role));
    let mut found = BTreeSet::new();
    for version in [&tried.before, &tried.after] {
        let (tenant, catalog) = (&version.documents.tenant.value, version.catalog.source());
        let baseline = tenant.baseline.as_ref().unwrap_or(&catalog.value.baseline.roles);
        if lent(baseline) {
            return None;
        }
        // They come to those below a team as well.
        for lender in tenant.teams.iter().filter(|team| lent(&team.roles)) {
            let below = |path: &str| {
                let rest = path.strip_prefix(&**lender.path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let below = tenant.teams.iter().filter(|team| below(&team.path));
            found.extend(below.map(|team| (Facet::Team, team.path.to_string())));
        }
    }
    Some(found)
}

/// A role and those that take over its grants.
fn with_role(tried: &DryRun, role: &str) -> BTreeSet<(Facet, String)> {
    let mut found = BTreeSet::from([role.to_owned()]);
    let versions = [&tried.before, &tried.after];
    loop {
        let roles = versions.iter().flat_map(|version| {
            let own = version.documents.tenant.value.roles.iter().map(|role| &**role);
            own.chain(&version.catalog.source().value.standard_roles)
        });
        let children: BTreeSet<String> = roles
            .filter(|role| role.parents.iter().any(|parent| found.contains(&**parent)))
            .map(|role| role.id.to_string())
            .collect();
        let had = found.len();
        found.extend(children);
        if found.len() == had {
            return found.into_iter().map(|role| (Facet::Role, role)).collect();
        }
    }
}

/// Whether other roles come to everybody than before, or another plan.
fn lends_to_all(edit: &Edited) -> bool {
    let lent = |body: &Option<Body>| {
        let settings = body.as_ref().and_then(|body| kept::read::<Settings>(body).ok());
        settings.map(|it| (it.product, it.baseline, it.plan, it.addons))
    };
    lent(&edit.before) != lent(&edit.after)
}

/// Whether roles come with a team, before or after.
fn lends(tried: &DryRun, path: &str) -> bool {
    let tenants: [&Tenant; 2] = [tried.tenant_before(), tried.tenant_after()];
    let teams = tenants.into_iter().flat_map(|tenant| &tenant.teams);
    teams.into_iter().any(|team| *team.path == *path && !team.roles.is_empty())
}
