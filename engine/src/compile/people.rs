//! People: from what the directory says to what a decision reads.

use super::Definition;
use super::grants::Granting;
use super::permissions::Permissions;
use super::snapshot::{DelegationRule, Extra, GrantSet, Member, PermissionId, RoleRule, Snapshot};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::fast::Map;
use crate::load::Source;
use crate::model::{Delegation, Directory, Scope, Status, Text, User};
use std::collections::HashMap;
use std::sync::Arc;

/// The users of a tenant by id.
pub(super) fn compile(
    definition: &Definition<'_>,
    directory: &Source<Directory>,
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
    found: &mut Diagnostics,
) -> Map<Arc<Member>> {
    let mut report = Reporter::new(&directory.file, found);
    let mut users: HashMap<&str, &User> = HashMap::new();
    for user in &directory.value.users {
        if user.id.is_empty() {
            report.fault(user.id.at(), "users", "a user needs an id", None);
        }
        if users.insert(&user.id, user).is_some() {
            let field = format!("users.{}", user.id);
            report.fault(user.id.at(), field, "two users have this id", None);
        }
    }
    let mut delegations: HashMap<&str, Vec<DelegationRule>> = HashMap::new();
    for delegation in &directory.value.delegations {
        if let Some(rule) = delegated(definition, delegation, &users, permissions, &mut report) {
            delegations.entry(&delegation.to).or_default().push(rule);
        }
    }
    let mut members = Map::default();
    for user in &directory.value.users {
        let delegated = delegations.remove(user.id.as_str()).unwrap_or_default();
        let member = member(definition, user, delegated, permissions, snapshot, &mut report);
        members.insert(user.id.as_str().into(), Arc::new(member));
    }
    members
}

fn member(
    definition: &Definition<'_>,
    user: &User,
    delegations: Vec<DelegationRule>,
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
    report: &mut Reporter<'_>,
) -> Member {
    let field = format!("users.{}", user.id);
    let (mut roles, mut unknown_roles) = (Vec::new(), Vec::new());
    for name in &user.roles {
        match snapshot.role_ids.get(name.as_str()) {
            Some(id) => roles.push(*id),
            None => {
                unknown_roles.push(name.as_str().into());
                if !definition.lenient {
                    let known = snapshot.role_ids.keys().map(|id| &**id);
                    report.unknown("role", name, format!("{field}.roles"), known);
                }
            }
        }
    }
    let mut policies = Vec::new();
    for name in &user.policies {
        match snapshot.policy_ids.get(name.as_str()) {
            Some(id) => policies.push(*id),
            None if definition.lenient => {}
            None => {
                let known = snapshot.policy_ids.keys().map(|id| &**id);
                report.unknown("policy", name, format!("{field}.policies"), known);
            }
        }
    }
    let boxed = |names: &[Text]| names.iter().map(|name| name.as_str().into()).collect();
    Member {
        id: user.id.as_str().into(),
        revision: 0,
        extra: extra(user, &roles, delegations, permissions, snapshot, report),
        roles: roles.into(),
        unknown_roles: unknown_roles.into(),
        policies: policies.into(),
        teams: boxed(&user.teams),
        tags: boxed(&user.tags),
        owner: user.owner,
        status: user.status,
        invitation: user.invitation,
        attributes: user.attributes.clone(),
    }
}

fn extra(
    user: &User,
    roles: &[u32],
    delegations: Vec<DelegationRule>,
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
    report: &mut Reporter<'_>,
) -> Option<Box<Extra>> {
    let field = format!("users.{}", user.id);
    let grants = (!user.grants.is_empty()).then(|| {
        let mut granting = Granting::default();
        granting.add(permissions, &user.grants, &format!("{field}.grants"), report);
        granting.finish(permissions)
    });
    let mut resolve = |names: &[Text], part: &str| {
        let mut ids = Vec::new();
        for name in names {
            match permissions.find(name) {
                Some(id) => ids.push(id),
                None => {
                    let field = format!("{field}.rights.{part}");
                    report.unknown("permission", name, field, permissions.ids());
                }
            }
        }
        ids
    };
    let ticked = resolve(&user.rights.add, "add");
    let removed = resolve(&user.rights.remove, "remove");
    // A tick counts only where one of the roles lets it be set, and reaches as far as that role.
    let added: Vec<(PermissionId, Scope)> = ticked
        .into_iter()
        .filter(|id| !removed.contains(id))
        .flat_map(|id| {
            let roles = roles.iter().filter_map(|role| snapshot.role(*role));
            roles
                .filter(|role| role.adjustable.binary_search(&id).is_ok())
                .flat_map(|role| permissions.closure(id, role.reach, &unticked(role, &removed)))
                .collect::<Vec<_>>()
        })
        .collect();
    let adjusted = adjusted(roles, &removed, permissions, snapshot);
    let nothing =
        grants.is_none() && added.is_empty() && adjusted.is_empty() && delegations.is_empty();
    (!nothing).then(|| {
        Box::new(Extra {
            grants,
            added: added.into(),
            adjusted: adjusted.into(),
            delegations: delegations.into(),
        })
    })
}

/// Those of the removed rights that the role lets be unticked.
fn unticked(role: &RoleRule, removed: &[PermissionId]) -> Vec<PermissionId> {
    let adjustable = |right: &PermissionId| role.adjustable.binary_search(right).is_ok();
    removed.iter().copied().filter(adjustable).collect()
}

/// What each role grants without the rights of it that were unticked.
fn adjusted(
    roles: &[u32],
    removed: &[PermissionId],
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
) -> Vec<(u32, GrantSet)> {
    let mut adjusted = Vec::new();
    for (id, role) in roles.iter().filter_map(|id| Some((*id, snapshot.role(*id)?))) {
        let unticked = unticked(role, removed);
        if let Some(granting) = role.granting.as_ref().filter(|_| !unticked.is_empty()) {
            adjusted.push((id, granting.finish_without(permissions, &unticked)));
        }
    }
    adjusted
}

/// A delegation, as far as it counts: the one who delegates has to take part, and a permission
/// that cannot be delegated is refused when the directory is read.
fn delegated(
    definition: &Definition<'_>,
    delegation: &Delegation,
    users: &HashMap<&str, &User>,
    permissions: &Permissions<'_>,
    report: &mut Reporter<'_>,
) -> Option<DelegationRule> {
    let field = format!("delegations.{}", delegation.from);
    for name in [&delegation.from, &delegation.to] {
        if !users.contains_key(name.as_str()) {
            report.unknown("user", name, &field, users.keys().copied());
        }
    }
    let mut ids = Vec::new();
    for name in &delegation.permissions {
        match permissions.find(name) {
            None => report.unknown("permission", name, &field, permissions.ids()),
            Some(id) if permissions.delegable(id) => ids.push(id),
            Some(_) if definition.lenient => {}
            Some(_) => {
                let message = format!("`{name}` cannot be delegated");
                report.fault(name.at(), &field, message, None);
            }
        }
    }
    let active =
        users.get(delegation.from.as_str()).is_some_and(|user| user.status == Status::Active);
    active.then(|| DelegationRule {
        from: delegation.from.as_str().into(),
        permissions: ids.into(),
        audiences: delegation.audiences.iter().map(|name| name.as_str().into()).collect(),
    })
}
