//! Who may change what is decided by the engine, like everything else.
//!
//! The administration of a tenant is a part of every product's catalog: permissions, guards and
//! standard roles, all beginning with `permesso.`. So an admin is whoever holds such a permission
//! by some role of the tenant, the guards look at the tenant's own roles and at who holds them,
//! and an explanation of a refused edit is an explanation like any other.
//!
//! What has to be held for a change follows from the documents that it touches, not from the
//! operation that was called: an import, an undo and a rollback need what the single edits would
//! have needed.

use crate::document::{Team, read};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
pub(crate) use permesso_engine::administration::RESOURCE;
pub use permesso_engine::administration::{PREFIX, with_administration};
use permesso_engine::model::{
    Assignment, Attributes, Grant, Instant, Policy, Role, Scope, Status, Tenant, Text, User, Value,
};
use permesso_store::Body;
use serde::Serialize;
use std::collections::BTreeSet;

/// The role that a platform's own keys act with.
pub const PLATFORM: &str = "permesso.platform";
/// Held by whoever may hand out more than they hold themselves.
pub(crate) const UNBOUNDED: &str = "permesso.unbounded";
/// Held by whoever looks after roles; somebody always has to.
pub(crate) const KEEPER: &str = "permesso.roles.edit";
/// The operation that it is for.
pub(crate) const KEEPER_OF: &str = "roles.edit";
/// What is handed out by an edit, as a role that exists for the length of a question.
pub(crate) const CANDIDATE: &str = "permesso.candidate";

/// What has to be held before a change is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Requirement {
    /// The permission.
    pub(crate) permission: &'static str,
    /// The document that it is about.
    pub(crate) id: String,
    /// The roles that are handed out or taken away.
    pub(crate) roles: BTreeSet<HandedRole>,
}

impl Requirement {
    /// A role that only gets another name is asked about by the name that it has: under the new
    /// one nobody knows it yet.
    pub(crate) fn named_before(mut self, renamed: Option<&(String, String)>) -> Self {
        if let Some((from, to)) = renamed {
            let called = |mut role: HandedRole| {
                if role.role == *to {
                    role.role.clone_from(from);
                }
                role
            };
            self.roles = self.roles.into_iter().map(called).collect();
        }
        self
    }
}

/// A role as it is handed out or taken away: at once, or within limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HandedRole {
    role: String,
    teams: Option<Vec<String>>,
    valid_from: Option<i64>,
    valid_until: Option<i64>,
    condition: Option<String>,
}

impl From<&Assignment> for HandedRole {
    fn from(held: &Assignment) -> Self {
        let names = |teams: &Vec<Text>| teams.iter().map(ToString::to_string).collect();
        Self {
            role: held.role.to_string(),
            teams: held.teams.as_ref().map(names),
            valid_from: held.valid_from.map(Instant::millis),
            valid_until: held.valid_until.map(Instant::millis),
            condition: held.condition.as_ref().map(ToString::to_string),
        }
    }
}

impl From<String> for HandedRole {
    fn from(role: String) -> Self {
        Self { role, ..Self::default() }
    }
}

impl HandedRole {
    /// Whether it is what an edit hands out besides roles.
    pub(crate) fn is_candidate(&self) -> bool {
        self.role == CANDIDATE
    }

    /// As the engine is asked whether it is covered. A condition is not asked about: what is
    /// handed out under one has to be held without.
    pub(crate) fn value(&self) -> Value<'static> {
        let Self { role, teams, valid_from, valid_until, condition: _ } = self;
        let role = Value::text(role.clone());
        if teams.is_none() && valid_from.or(*valid_until).is_none() {
            return role;
        }
        let mut limits = Attributes::new();
        limits.set("role", role);
        if let Some(teams) = teams {
            limits.set("teams", Value::List(teams.iter().cloned().map(Value::text).collect()));
        }
        for (name, at) in [("valid_from", valid_from), ("valid_until", valid_until)] {
            if let Some(at) = at {
                limits.set(name, Value::Int(*at));
            }
        }
        Value::Map(limits)
    }
}

/// What else is handed out, where roles that exist do not say it.
#[derive(Debug, Default)]
pub(crate) struct Handed {
    pub(crate) candidate: Role,
    /// Whether whoever hands it out owns the account: what comes with owning it they have.
    pub(crate) by_owner: bool,
}

impl Handed {
    pub(crate) fn is_empty(&self) -> bool {
        let Role { grants, policies, parents, .. } = &self.candidate;
        grants.is_empty() && policies.is_empty() && parents.is_empty()
    }
}

/// What has to be held for one document to become another. `standard` is the product's role of
/// that id, where it is about one.
pub(crate) fn requirements(
    kind: DocumentKind,
    id: &str,
    before: Option<&Body>,
    after: Option<&Body>,
    standard: Option<&Role>,
    tenant: &Tenant,
    handed: &mut Handed,
) -> Result<Vec<Requirement>, ChangeError> {
    let ask = |permission| Requirement { permission, id: id.to_owned(), roles: BTreeSet::new() };
    let plain = |permission| Ok(vec![ask(permission)]);
    match kind {
        DocumentKind::Settings => settings(id, before, after),
        DocumentKind::Catalog
        | DocumentKind::Serving
        | DocumentKind::Product
        | DocumentKind::CatalogText => plain("permesso.tenant.plan"),
        DocumentKind::Team => {
            let roles = |body: Option<&Body>| -> Result<BTreeSet<HandedRole>, ChangeError> {
                let team: Option<Team> = body.map(|body| read(kind, id, body)).transpose()?;
                Ok(team.iter().flat_map(|team| &team.roles).map(HandedRole::from).collect())
            };
            let (was, is) = (roles(before)?, roles(after)?);
            let roles = was.symmetric_difference(&is).cloned().collect();
            Ok(vec![Requirement { roles, ..ask("permesso.teams.edit") }])
        }
        DocumentKind::Role => {
            let role = match (after, standard) {
                (Some(after), _) => read::<Role>(kind, id, after)?,
                // It becomes what the product says again.
                (None, Some(standard)) => standard.clone(),
                (None, None) => return plain("permesso.roles.delete"),
            };
            hand_out(&mut handed.candidate, role);
            let permission = match before.is_some() || standard.is_some() {
                true => "permesso.roles.edit",
                false => "permesso.roles.create",
            };
            Ok(vec![Requirement { roles: candidate(), ..ask(permission) }])
        }
        DocumentKind::Policy => {
            let mut ask = ask("permesso.policies.edit");
            if let Some(after) = after {
                let policy: Policy = read(kind, id, after)?;
                handed.candidate.grants.extend(policy.grants);
                ask.roles = candidate();
            }
            Ok(vec![ask])
        }
        DocumentKind::Program | DocumentKind::Closed => plain("permesso.programs.edit"),
        DocumentKind::SharingDefault
        | DocumentKind::SharingPolicy
        | DocumentKind::SharingOverride => plain("permesso.sharing.edit"),
        DocumentKind::Family => plain("permesso.families.edit"),
        DocumentKind::Key => {
            let mut ask = ask("permesso.keys.edit");
            for body in [before, after].into_iter().flatten() {
                let key: permesso_auth::KeyRecord = read(kind, id, body)?;
                ask.roles.extend(key.roles.into_iter().map(HandedRole::from));
            }
            Ok(vec![ask])
        }
        DocumentKind::User => user(id, before, after, tenant, handed),
        DocumentKind::Delegation => plain("permesso.delegations.edit"),
        // Goes with the user, or is a reminder to one; see [`invited`] for what it hands out.
        DocumentKind::Invitation => plain("permesso.users.invite"),
    }
}

fn candidate() -> BTreeSet<HandedRole> {
    BTreeSet::from([HandedRole::from(CANDIDATE.to_owned())])
}

/// The roles that come to a member of some teams.
fn of_teams(tenant: &Tenant, teams: &[Text]) -> BTreeSet<HandedRole> {
    let lies_in = |team: &str, branch: &str| {
        team.strip_prefix(branch).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let lenders = tenant.teams.iter();
    let lenders = lenders.filter(|lender| teams.iter().any(|team| lies_in(team, &lender.path)));
    lenders.flat_map(|lender| &lender.roles).map(HandedRole::from).collect()
}

fn settings(
    id: &str,
    before: Option<&Body>,
    after: Option<&Body>,
) -> Result<Vec<Requirement>, ChangeError> {
    let parse = |body: Option<&Body>| -> Result<crate::Settings, ChangeError> {
        body.map_or_else(
            || Ok(crate::Settings::default()),
            |body| read(DocumentKind::Settings, id, body),
        )
    };
    let (was, is) = (parse(before)?, parse(after)?);
    let ask = |permission, roles| Requirement { permission, id: id.to_owned(), roles };
    let mut asks = Vec::new();
    if was.baseline != is.baseline {
        // What the catalog lets everybody hold it lets them hold again.
        let all = [&was.baseline, &is.baseline].into_iter().flatten().flatten();
        asks.push(ask("permesso.roles.edit", all.map(HandedRole::from).collect()));
    }
    let others = |settings: crate::Settings| crate::Settings {
        title: String::new(),
        distinct_from: Vec::new(),
        baseline: None,
        tags: None,
        ..settings
    };
    let titled =
        was.title != is.title || was.tags != is.tags || was.distinct_from != is.distinct_from;
    if others(was) != others(is) {
        asks.push(ask("permesso.tenant.plan", BTreeSet::new()));
    } else if titled || asks.is_empty() {
        asks.push(ask("permesso.tenant.edit", BTreeSet::new()));
    }
    Ok(asks)
}

/// A role that is written hands out what it grants, itself or by others.
fn hand_out(candidate: &mut Role, role: Role) {
    candidate.grants.extend(role.grants);
    candidate.policies.extend(role.policies);
    candidate.parents.extend(role.parents);
    // What holders can be given by a tick is handed out with the role that lets it be ticked.
    let reach = role.reach.unwrap_or(Scope::ALL);
    candidate.grants.extend(role.adjustable.into_iter().map(|category| Grant {
        category: Some(category),
        scope: reach,
        ..Grant::default()
    }));
}

fn user(
    id: &str,
    before: Option<&Body>,
    after: Option<&Body>,
    tenant: &Tenant,
    handed: &mut Handed,
) -> Result<Vec<Requirement>, ChangeError> {
    let parse = |body: Option<&Body>| -> Result<Option<User>, ChangeError> {
        body.map(|body| read(DocumentKind::User, id, body)).transpose()
    };
    // Whoever was deleted has nothing, whatever is still written of them: all that they had is
    // handed out again if they come back.
    let present = |user: &User| user.status != Status::Deleted;
    let (was, is) = (parse(before)?.filter(present), parse(after)?.filter(present));
    let (had, has) = (was.is_some(), is.is_some());
    let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
    let handed_roles =
        |list: &[Assignment]| list.iter().map(HandedRole::from).collect::<BTreeSet<_>>();
    let held = |user: &User| {
        let by_teams = of_teams(tenant, &user.teams);
        handed_roles(&user.roles).into_iter().chain(by_teams).collect::<BTreeSet<_>>()
    };
    let (before, after) = (held(&was), held(&is));
    let mut asks = Vec::new();
    let mut ask =
        |permission, roles| asks.push(Requirement { permission, id: id.to_owned(), roles });
    let others = differ(&was.policies, &is.policies)
        || differ(&was.grants, &is.grants)
        || differ(&was.rights, &is.rights)
        || was.owner != is.owner;
    let moved: BTreeSet<HandedRole> = before.symmetric_difference(&after).cloned().collect();
    let mut roles = moved.clone();
    if others {
        for user in [&was, &is] {
            hand_out_to_user(handed, user, was.owner != is.owner);
        }
        roles.extend(candidate());
    }
    match (had, has) {
        (_, false) => {
            ask("permesso.users.delete", roles);
            return Ok(asks);
        }
        (false, true) => ask("permesso.users.invite", roles),
        (true, true) if !moved.is_empty() || others => ask("permesso.users.assign", roles),
        (true, true) => {}
    }
    // A link is accepted by whoever has it, and by nobody else in their place.
    let takes_part = |user: &User| (user.status, user.invitation);
    if had && has && takes_part(&was) != takes_part(&is) {
        // All that they have counts again, or no longer.
        hand_out_to_user(handed, &is, is.owner);
        ask("permesso.users.deactivate", after.union(&candidate()).cloned().collect());
    }
    let rest = was.name != is.name
        || differ(&was.teams, &is.teams)
        || differ(&was.tags, &is.tags)
        || differ(&was.attributes, &is.attributes)
        || was.copied_from != is.copied_from;
    if had && rest {
        ask("permesso.users.edit", BTreeSet::new());
    }
    Ok(asks)
}

/// What a user has besides roles; with `owner` also that the account is theirs.
fn hand_out_to_user(handed: &mut Handed, user: &User, owner: bool) {
    let owner = owner && !handed.by_owner;
    let candidate = &mut handed.candidate;
    candidate.policies.extend(user.policies.iter().cloned());
    candidate.grants.extend(user.grants.iter().cloned());
    // A tick reaches as far as the role that lets it be set; at most everywhere.
    candidate.grants.extend(user.rights.add.iter().map(|permission| Grant {
        permission: Some(permission.clone()),
        scope: Scope::ALL,
        ..Grant::default()
    }));
    if owner {
        let everything = Text::from("*");
        candidate.grants.push(Grant {
            permission: Some(everything),
            scope: Scope::ALL,
            ..Grant::default()
        });
    }
}

/// What has to be held to send an invitation: the link lets in whoever has it, as the user.
pub(crate) fn invited(user: &User, tenant: &Tenant, handed: &mut Handed) -> Requirement {
    hand_out_to_user(handed, user, user.owner);
    let own = user.roles.iter().map(HandedRole::from);
    let roles = own.chain(of_teams(tenant, &user.teams)).chain(candidate()).collect();
    Requirement { permission: "permesso.users.invite", id: user.id.to_string(), roles }
}

/// Whether two values are written in different ways.
fn differ<T: Serialize>(was: &T, is: &T) -> bool {
    let text = |value: &T| serde_json::to_string(value).ok();
    text(was) != text(is)
}
