//! Changes of one user: applied to a copy, to see what they would open.

use super::person::Holding;
use super::rights::Limits;
use crate::compile::{
    Extra, GrantSet, Grantables, LimitedGrant, Member, Origin, PermissionId, Snapshot, added,
    adjusted,
};
use crate::model::{Document, Invitation, Place, Position, Scope, Status};
use serde::Serialize;
use std::borrow::Cow;

/// A change of one user that an admin can make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change<'a> {
    /// Take the user back in.
    Activate,
    /// Have the invitation accepted.
    AcceptInvitation,
    /// Make the user the account's owner.
    MakeOwner,
    /// Give a role.
    GiveRole(&'a str),
    /// Take a role away.
    TakeRole(&'a str),
    /// Attach a policy.
    AttachPolicy(&'a str),
    /// Detach a policy.
    DetachPolicy(&'a str),
    /// Grant a permission to the user alone.
    Grant {
        /// The permission.
        permission: &'a str,
        /// How far, without limits.
        scope: Scope,
        /// How far within limits.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        limited: Vec<Limits>,
    },
    /// Delete the grants of a permission to the user alone.
    Revoke(&'a str),
    /// Tick a right.
    Tick(&'a str),
    /// Remove the tick.
    RemoveTick(&'a str),
    /// Stop unticking a right.
    TickAgain(&'a str),
    /// Add a tag.
    AddTag(&'a str),
    /// Put the user in a team.
    JoinTeam(&'a str),
}

/// A change, by position.
#[derive(Debug, Clone)]
pub(super) enum Edit<'a> {
    Activate,
    Accept,
    Own,
    Role(u32),
    DropRole(u32),
    Policy(u32),
    DropPolicy(u32),
    Grant(PermissionId, Holding<'a>),
    Revoke(PermissionId),
    Tick(PermissionId),
    DropTick(PermissionId),
    TickAgain(PermissionId),
    Tag(&'a str),
    Team(&'a str),
}

impl<'a> Edit<'a> {
    /// Tells edits apart. Grants of one permission to one user are one: what the other one holds.
    pub(super) fn key(&self) -> (u8, u32, &'a str) {
        match self {
            Self::Tag(name) => (0, 0, name),
            Self::Team(name) => (1, 0, name),
            Self::Tick(id) => (2, id.0.into(), ""),
            Self::TickAgain(id) => (3, id.0.into(), ""),
            Self::DropTick(id) => (4, id.0.into(), ""),
            Self::Revoke(id) => (5, id.0.into(), ""),
            Self::Grant(id, _) => (6, id.0.into(), ""),
            Self::Policy(id) => (7, *id, ""),
            Self::DropPolicy(id) => (8, *id, ""),
            Self::Role(id) => (9, *id, ""),
            Self::DropRole(id) => (10, *id, ""),
            Self::Accept => (11, 0, ""),
            Self::Activate => (12, 0, ""),
            Self::Own => (13, 0, ""),
        }
    }

    /// As it is told.
    pub(super) fn told(&self, snapshot: &'a Snapshot) -> Option<Change<'a>> {
        let permission = |id: PermissionId| snapshot.permission(id).map(|rule| &*rule.id);
        let role = |id: u32| snapshot.role(id).map(|rule| &*rule.id);
        let policy = |id: u32| snapshot.policies.get(id as usize).map(|rule| &*rule.id);
        Some(match self {
            Self::Activate => Change::Activate,
            Self::Accept => Change::AcceptInvitation,
            Self::Own => Change::MakeOwner,
            Self::Role(id) => Change::GiveRole(role(*id)?),
            Self::DropRole(id) => Change::TakeRole(role(*id)?),
            Self::Policy(id) => Change::AttachPolicy(policy(*id)?),
            Self::DropPolicy(id) => Change::DetachPolicy(policy(*id)?),
            Self::Grant(id, holding) => Change::Grant {
                permission: permission(*id)?,
                scope: holding.scope,
                limited: holding.limited.iter().map(|grant| Limits::from(&**grant)).collect(),
            },
            Self::Revoke(id) => Change::Revoke(permission(*id)?),
            Self::Tick(id) => Change::Tick(permission(*id)?),
            Self::DropTick(id) => Change::RemoveTick(permission(*id)?),
            Self::TickAgain(id) => Change::TickAgain(permission(*id)?),
            Self::Tag(name) => Change::AddTag(name),
            Self::Team(name) => Change::JoinTeam(name),
        })
    }

    /// Changes the user.
    fn apply(&self, member: &mut Member, snapshot: &Snapshot) {
        match self {
            Self::Activate => member.status = Status::Active,
            Self::Accept => member.invitation = Invitation::Accepted,
            Self::Own => member.owner = true,
            Self::Role(id) => member.change_roles(|roles| push(roles, *id)),
            Self::DropRole(id) => member.change_roles(|roles| retain(roles, |role| role != id)),
            Self::Policy(id) => member.change_policies(|policies| push(policies, *id)),
            Self::DropPolicy(id) => {
                member.change_policies(|policies| retain(policies, |policy| policy != id))
            }
            Self::Tag(name) => member.change_tags(|tags| push(tags, Box::from(*name))),
            Self::Team(name) => member.change_teams(|teams| push(teams, Box::from(*name))),
            Self::Grant(id, holding) => grant(own_grants(member, snapshot), *id, holding, snapshot),
            Self::Revoke(id) => revoke(own_grants(member, snapshot), *id),
            Self::Tick(id) => push(&mut extra(member).ticked, *id),
            Self::DropTick(id) => retain(&mut extra(member).ticked, |other| other != id),
            Self::TickAgain(id) => retain(&mut extra(member).unticked, |other| other != id),
        }
    }
}

/// A copy of the user with these changes.
pub(super) fn changed(member: &Member, edits: &[Edit<'_>], snapshot: &Snapshot) -> Member {
    let mut member = member.clone();
    for edit in edits {
        edit.apply(&mut member, snapshot);
    }
    // What was ticked and unticked counts by the roles held.
    let Member { held, extra, .. } = &mut member;
    let roles = held.roles();
    if let Some(extra) = extra {
        extra.added = added(roles, &extra.ticked, &extra.unticked, snapshot, snapshot).into();
        extra.adjusted = adjusted(roles, &extra.unticked, snapshot, snapshot).into();
    }
    member
}

fn push<T: Clone>(list: &mut Box<[T]>, item: T) {
    let mut items = std::mem::take(list).into_vec();
    items.push(item);
    *list = items.into();
}

fn retain<T>(list: &mut Box<[T]>, keep: impl Fn(&T) -> bool) {
    let mut items = std::mem::take(list).into_vec();
    items.retain(keep);
    *list = items.into();
}

fn extra(member: &mut Member) -> &mut Extra {
    member.extra.get_or_insert_default()
}

fn own_grants<'m>(member: &'m mut Member, snapshot: &Snapshot) -> &'m mut GrantSet {
    extra(member).grants.get_or_insert_with(|| GrantSet {
        plain: vec![Scope::NONE; snapshot.permissions.len()].into(),
        ..GrantSet::default()
    })
}

/// Adds a grant with all that it brings along.
fn grant(set: &mut GrantSet, id: PermissionId, holding: &Holding<'_>, snapshot: &Snapshot) {
    let place = Place { document: Document::Directory, at: Position::default() };
    for (permission, scope) in snapshot.closure(id, holding.scope, &[]) {
        if let Some(slot) = set.plain.get_mut(usize::from(permission.0)) {
            *slot = slot.union(scope);
        }
        push(&mut set.origins, Origin { permission, scope, place });
    }
    for limited in holding.limited.iter().map(Cow::as_ref) {
        for (permission, scope) in snapshot.closure(id, limited.scope, &[]) {
            let limited = LimitedGrant { permission, scope, place, ..limited.clone() };
            push(&mut set.limited, limited);
        }
    }
    set.origins.sort_by_key(|origin| origin.permission);
    set.limited.sort_by_key(|grant| grant.permission);
}

fn revoke(set: &mut GrantSet, id: PermissionId) {
    if let Some(slot) = set.plain.get_mut(usize::from(id.0)) {
        *slot = Scope::NONE;
    }
    retain(&mut set.origins, |origin| origin.permission != id);
    retain(&mut set.limited, |grant| grant.permission != id);
}
