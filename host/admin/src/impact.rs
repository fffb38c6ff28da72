//! Who gains and who loses by a change that is only tried.
//!
//! Of small tenants everybody is looked at. Of large ones those are whom the edited roles,
//! policies and teams reach, up to a bound, and the answer says that it is cut.

use permesso_engine::inspect::{Proposal, impact};
use permesso_engine::model::{Delegation, Directory, Role, Tenant, User};
use permesso_front::Problem;
use permesso_node::{Caller, DocumentKind, Done, DryRun, Edited, Node, kept};
use permesso_store::feed::Facet;
use permesso_store::{Realm, Store, Which};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many users are looked at.
const EXAMINED: usize = 5_000;
/// How many of them are listed.
const LISTED: usize = 200;
/// How many are read at a time.
const PAGE: u32 = 1_000;

/// What a change does to people, as far as the caller may see them; null where it is about no
/// policy of a tenant.
pub(crate) async fn of(
    node: &Arc<Node>,
    realm: &Realm,
    caller: &Caller,
    now: i64,
    done: &Done,
    tried: &DryRun,
) -> Result<Value, Problem> {
    if tried.before().is_none() || tried.after().is_none() {
        return Ok(Value::Null);
    }
    let People { before, after, cut } = People::of(&**node.store(), realm, done, tried).await?;
    let examined = before.users.len().max(after.users.len());
    // Whoever may not see the users is told how many, and not who.
    let may_see = node.may(realm, caller, "permesso.users.read").await.is_ok();
    let acting = match caller {
        Caller::User { id, .. } => Some(id.clone()),
        _ => None,
    };
    let acting = acting.filter(|id| before.users.iter().any(|user| *user.id == **id));
    let (node, tried) = (Arc::clone(node), tried.clone());
    let limit = if may_see { LISTED } else { 0 };
    let told = tokio::task::spawn_blocking(move || {
        let (before, after) = tried.compile_with(&node, before, after)?;
        let proposal = Proposal {
            before: &before,
            after: &after,
            now,
            acting: acting.as_deref(),
            questions: &[],
            limit,
        };
        let mut changes = impact(&proposal).map_err(|error| {
            tracing::error!(%error, "an impact could not be worked out");
            Problem::internal()
        })?;
        let users: Vec<Value> = changes.by_ref().map(|user| json!(user)).collect();
        Ok::<_, Problem>(json!({
            "examined": examined,
            "cut": cut,
            "harmless": changes.is_harmless(),
            "totals": changes.totals(),
            "users": users,
            "touched": changes.touched(),
            "rules": changes.rules(),
            "exposed": changes.exposed(),
            "follows": changes.follows(),
            "more_follows": changes.more_follows(),
            "warnings": changes.warnings(),
        }))
    });
    told.await.map_err(|_| Problem::internal())?
}

/// Those who are looked at, as they are and as they would be.
struct People {
    before: Directory,
    after: Directory,
    cut: bool,
}

impl People {
    async fn of(
        store: &dyn Store,
        realm: &Realm,
        done: &Done,
        tried: &DryRun,
    ) -> Result<Self, Problem> {
        let mut users = BTreeMap::new();
        let whole =
            read(store, realm, Which::All(DocumentKind::User.name()), EXAMINED, &mut users).await?;
        if !whole {
            users.clear();
            match reached(done, tried) {
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
        let mut before = (users.clone(), delegations.clone());
        let mut after = (users, delegations);
        for edit in &done.edited {
            match edit.kind {
                DocumentKind::User => replace(&mut before.0, &mut after.0, edit),
                DocumentKind::Delegation => replace(&mut before.1, &mut after.1, edit),
                _ => {}
            }
        }
        let directory = |(users, delegations): (BTreeMap<String, User>, BTreeMap<_, _>)| {
            Directory {
                // Between people who are looked at.
                delegations: delegations
                    .into_values()
                    .filter(|it: &Delegation| {
                        users.contains_key(&*it.from) && users.contains_key(&*it.to)
                    })
                    .collect(),
                users: users.into_values().collect(),
            }
        };
        Ok(Self { before: directory(before), after: directory(after), cut: !whole })
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
) -> Result<bool, Problem> {
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
fn reached(done: &Done, tried: &DryRun) -> Option<BTreeSet<(Facet, String)>> {
    let mut reached = BTreeSet::new();
    for edit in &done.edited {
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
            // What a program gives is taken from everybody else.
            _ => return None,
        }
    }
    Some(reached)
}

/// A role and those that take over its grants.
fn with_role(tried: &DryRun, role: &str) -> BTreeSet<(Facet, String)> {
    let mut found = BTreeSet::from([role.to_owned()]);
    let tenants: [&Tenant; 2] = [tried.tenant_before(), tried.tenant_after()];
    loop {
        let children: BTreeSet<String> = tenants
            .iter()
            .flat_map(|tenant| &tenant.roles)
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

/// Whether roles come with a team, before or after.
fn lends(tried: &DryRun, path: &str) -> bool {
    let tenants: [&Tenant; 2] = [tried.tenant_before(), tried.tenant_after()];
    let teams = tenants.into_iter().flat_map(|tenant| &tenant.teams);
    teams.into_iter().any(|team| *team.path == *path && !team.roles.is_empty())
}
