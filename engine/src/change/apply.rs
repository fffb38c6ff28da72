//! Applying an edit to a copy.

use super::Edit;
use super::edit::GrantWithin;
use crate::decision::{Request, Resource};
use crate::evaluate::Supposed;
use crate::model::{
    Attributes, Document, Exposure, Invitation, Place, Position, Scope, Status, Value,
};
use crate::snapshot::{
    DelegationRule, Extra, GrantOf, LimitedGrant, Member, PermissionId, Snapshot, WrittenGrant,
};
use std::sync::Arc;

/// A user and what is asked about, as they would be after some edits.
#[derive(Debug, Clone)]
pub(crate) struct World<'a> {
    /// The user as they are.
    was: &'a Member,
    pub(crate) member: Arc<Member>,
    pub(crate) attributes: Attributes<'static>,
    pub(crate) context: Attributes<'static>,
    pub(crate) now: i64,
    entitlement: Option<String>,
}

impl<'a> World<'a> {
    /// A user as they are, with nothing asked about them.
    pub(crate) fn new(member: &'a Member, now: i64) -> Self {
        Self {
            was: member,
            member: Arc::new(member.clone()),
            attributes: Attributes::new(),
            context: Attributes::new(),
            now,
            entitlement: None,
        }
    }

    /// A user and a request about them, as they are.
    pub(crate) fn about(member: &'a Member, request: &Request<'_>) -> Self {
        Self {
            attributes: request.resource.attributes.clone().into_owned(),
            context: request.context.clone().into_owned(),
            ..Self::new(member, request.now)
        }
    }

    /// What is other than it is.
    pub(crate) fn supposed(&self) -> Supposed<'_> {
        let entitlement = self.entitlement.as_deref();
        Supposed { was: self.was, is: &self.member, entitlement }
    }

    /// A request as it would be.
    pub(crate) fn request<'r>(&'r self, request: &Request<'r>) -> Request<'r> {
        Request {
            resource: Resource { attributes: &self.attributes, ..request.resource },
            context: &self.context,
            now: self.now,
            ..*request
        }
    }
}

impl Edit {
    /// Makes the edit; `false` where it would change nothing.
    pub(crate) fn apply(&self, world: &mut World<'_>, snapshot: &Snapshot) -> bool {
        match self {
            Self::Relate { relation } => {
                let user = Value::from(world.member.id.to_string());
                world.attributes.set(relation.clone(), user);
            }
            Self::Set { path, typed, .. } => match path.split_once('.') {
                Some(("resource", name)) => world.attributes.set(name.to_owned(), typed.0.clone()),
                Some(("context", name)) => world.context.set(name.to_owned(), typed.0.clone()),
                _ => return false,
            },
            Self::Share { content } => {
                let share = Value::from(Exposure::Share.name());
                world.attributes.set(format!("sharing.{content}"), share);
            }
            Self::Entitle { entitlement } => world.entitlement = Some(entitlement.clone()),
            Self::Wait { until } => world.now = *until,
            edit => {
                let member = Arc::make_mut(&mut world.member);
                let changed = edit.apply_to(member, snapshot).unwrap_or(false);
                if changed {
                    settle(member, snapshot);
                }
                return changed;
            }
        }
        true
    }

    /// Makes an edit of a user; `None` where it names what does not exist.
    fn apply_to(&self, member: &mut Member, snapshot: &Snapshot) -> Option<bool> {
        let permission = |name: &str| snapshot.permission_id(name);
        Some(match self {
            Self::GiveRole { role } => {
                let id = *snapshot.role_ids.get(&**role)?;
                member.change_roles(|roles| add(roles, id))
            }
            Self::TakeRole { role } => {
                let id = *snapshot.role_ids.get(&**role)?;
                let limited = keep(&mut extra(member).assigned, |held| held.role != Some(id));
                member.change_roles(|roles| keep(roles, |held| *held != id)) || limited
            }
            Self::AttachPolicy { policy } => {
                let id = *snapshot.policy_ids.get(&**policy)?;
                member.change_policies(|policies| add(policies, id))
            }
            Self::DetachPolicy { policy } => {
                let id = *snapshot.policy_ids.get(&**policy)?;
                member.change_policies(|policies| keep(policies, |held| *held != id))
            }
            Self::Grant { permission: name, scope, limited } => {
                grant(extra(member), permission(name)?, *scope, limited);
                granted(member, snapshot)
            }
            Self::Revoke { permission: name } => {
                let of = match &**name {
                    "*" => GrantOf::Everything,
                    name => match permission(name) {
                        Some(id) => GrantOf::Permission(id),
                        None => GrantOf::Several(name.into()),
                    },
                };
                keep(&mut extra(member).written, |written| written.of != of)
                    && granted(member, snapshot)
            }
            Self::RevokeCategory { category } => {
                let of = GrantOf::Category(category.as_str().into());
                keep(&mut extra(member).written, |written| written.of != of)
                    && granted(member, snapshot)
            }
            Self::Tick { permission: name } => add(&mut extra(member).ticked, permission(name)?),
            Self::Untick { permission: name } => {
                let id = permission(name)?;
                keep(&mut extra(member).ticked, |ticked| *ticked != id)
            }
            Self::TickAgain { permission: name } => {
                let id = permission(name)?;
                keep(&mut extra(member).unticked, |unticked| *unticked != id)
            }
            Self::EndDelegation { from } => {
                keep(&mut extra(member).delegations, |rule| *rule.from.id != **from)
            }
            // What a resource names need not be one.
            Self::JoinTeam { team } if !snapshot.is_team(team) => return None,
            Self::JoinTeam { team } => {
                member.change_teams(|teams| add(teams, team.as_str().into()))
            }
            Self::AddTag { tag } => member.change_tags(|tags| add(tags, tag.as_str().into())),
            Self::Activate => replace(&mut member.status, Status::Active),
            Self::Deactivate => replace(&mut member.status, Status::Inactive),
            Self::Accept => replace(&mut member.invitation, Invitation::Accepted),
            Self::MakeOwner => replace(&mut member.owner, true),
            Self::Relate { .. }
            | Self::Set { .. }
            | Self::Share { .. }
            | Self::Entitle { .. }
            | Self::Wait { .. } => return None,
        })
    }
}

/// Adds the lines of a grant.
fn grant(extra: &mut Extra, id: PermissionId, scope: Scope, limited: &[GrantWithin]) {
    let place = Place { document: Document::Directory, at: Position::default() };
    let plain = (!scope.is_none()).then(|| WrittenGrant::plain(id, scope, place));
    let limited = limited.iter().map(|within| {
        WrittenGrant::within(LimitedGrant { permission: id, place, ..within.0.as_ref().clone() })
    });
    let mut written = std::mem::take(&mut extra.written).into_vec();
    written.extend(plain.into_iter().chain(limited));
    extra.written = written.into();
}

/// Works out anew what the lines grant.
fn granted(member: &mut Member, snapshot: &Snapshot) -> bool {
    let extra = extra(member);
    extra.grants = Some(WrittenGrant::total(&extra.written, &snapshot.catalog.permissions));
    true
}

/// What was ticked and unticked counts by the roles held, and what one delegates to oneself is
/// what one holds.
fn settle(member: &mut Member, snapshot: &Snapshot) {
    member.borrow_again(snapshot);
    member.settle_ticks(snapshot);
    let Member { id, extra, .. } = &mut *member;
    let (id, Some(extra)) = (Arc::clone(id), extra) else { return };
    let own = |rule: &DelegationRule| rule.from.id == id;
    if !extra.delegations.iter().any(own) {
        return;
    }
    let mut from = member.clone();
    if let Some(extra) = &mut from.extra {
        extra.delegations = Box::default();
    }
    let from = Arc::new(from);
    let delegations = member.extra.iter_mut().flat_map(|extra| &mut extra.delegations);
    delegations.filter(|rule| own(rule)).for_each(|rule| rule.from = Arc::clone(&from));
}

fn extra(member: &mut Member) -> &mut Extra {
    member.extra.get_or_insert_default()
}

fn add<T: PartialEq>(list: &mut Box<[T]>, item: T) -> bool {
    if list.contains(&item) {
        return false;
    }
    let mut items = std::mem::take(list).into_vec();
    items.push(item);
    *list = items.into();
    true
}

fn keep<T>(list: &mut Box<[T]>, wanted: impl FnMut(&T) -> bool) -> bool {
    let mut items = std::mem::take(list).into_vec();
    let before = items.len();
    items.retain(wanted);
    let changed = items.len() != before;
    *list = items.into();
    changed
}

fn replace<T: PartialEq>(slot: &mut T, value: T) -> bool {
    let changed = *slot != value;
    *slot = value;
    changed
}
