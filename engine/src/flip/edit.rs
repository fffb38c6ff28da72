//! One small edit, and the world that it is tried on.

use crate::compile::{Compiled, Extra, GrantSet, Member};
use crate::decision::Request;
use crate::model::{Attributes, Exposure, Invitation, Scope, Status, Value};
use serde::Serialize;
use std::fmt;

/// One edit of a user, a resource, a plan or the hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Edit {
    /// Give the user a role.
    GiveRole {
        /// Which.
        role: String,
    },
    /// Take a role away.
    TakeRole {
        /// Which.
        role: String,
    },
    /// Attach a policy to the user.
    AttachPolicy {
        /// Which.
        policy: String,
    },
    /// Detach one.
    DetachPolicy {
        /// Which.
        policy: String,
    },
    /// Grant a permission to the user alone.
    Grant {
        /// Which.
        permission: String,
        /// How far.
        scope: Scope,
    },
    /// Take what is granted to the user alone away.
    Revoke {
        /// Which.
        permission: String,
    },
    /// Tick a right for the user.
    Tick {
        /// Which.
        permission: String,
        /// As far as the role lets it reach.
        scope: Scope,
    },
    /// Tick again what was unticked in a role.
    TickAgain {
        /// The role.
        role: String,
    },
    /// Untick a right.
    Untick {
        /// Which.
        permission: String,
    },
    /// End a delegation to the user.
    EndDelegation {
        /// From whom.
        from: String,
    },
    /// Put the user into a team.
    JoinTeam {
        /// Its path.
        team: String,
    },
    /// Put a tag on the user.
    AddTag {
        /// Which.
        tag: String,
    },
    /// Make the user active.
    Activate,
    /// Deactivate the user.
    Deactivate,
    /// Have the user accept the invitation.
    Accept,
    /// Have the resource name the user.
    Relate {
        /// In which relation.
        relation: String,
    },
    /// Have the resource, or the request's context, say something else.
    Set {
        /// The path: `resource.private`.
        path: String,
        /// What it says then.
        value: String,
        /// The same as a value.
        #[serde(skip)]
        typed: Setting,
    },
    /// Let the record share a kind of content.
    Share {
        /// Which.
        content: String,
    },
    /// Buy what the plan does not include.
    Entitle {
        /// Which entitlement.
        entitlement: String,
    },
    /// Do nothing until then.
    Wait {
        /// Milliseconds since 1970-01-01T00:00:00Z.
        until: i64,
    },
}

/// A value that an attribute is set to.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting(pub(super) Value<'static>);

impl Eq for Setting {}

impl Edit {
    /// Sets an attribute.
    pub(super) fn set(path: String, value: Value<'static>) -> Self {
        let text = match &value {
            Value::Text(text) => text.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Null => "nothing".to_owned(),
            Value::List(_) | Value::Map(_) => "something else".to_owned(),
        };
        Self::Set { path, value: text, typed: Setting(value) }
    }

    /// Makes the edit; `false` where it would change nothing.
    pub(super) fn apply(&self, world: &mut World<'_>, tenant: &Compiled) -> bool {
        let snapshot = &*tenant.snapshot;
        let permission = |name: &str| snapshot.permission_ids.get(name).copied();
        let member = &mut world.member;
        match self {
            Self::GiveRole { role } => {
                let id = snapshot.role_ids.get(&**role).copied();
                id.is_some_and(|id| member.change_roles(|roles| add(roles, id)))
            }
            Self::TakeRole { role } => {
                let id = snapshot.role_ids.get(&**role).copied();
                id.is_some_and(|id| member.change_roles(|roles| keep(roles, |held| *held != id)))
            }
            Self::AttachPolicy { policy } => {
                let id = snapshot.policy_ids.get(&**policy).copied();
                id.is_some_and(|id| member.change_policies(|policies| add(policies, id)))
            }
            Self::DetachPolicy { policy } => {
                let id = snapshot.policy_ids.get(&**policy).copied();
                id.is_some_and(|id| {
                    member.change_policies(|policies| keep(policies, |held| *held != id))
                })
            }
            Self::Grant { permission: name, scope } => {
                let Some(id) = permission(name) else { return false };
                let grants = extra(member).grants.get_or_insert_default();
                let mut plain = std::mem::take(&mut grants.plain).into_vec();
                plain.resize(snapshot.permissions.len(), Scope::NONE);
                if let Some(slot) = plain.get_mut(usize::from(id.0)) {
                    *slot = slot.union(*scope);
                }
                grants.plain = plain.into();
                true
            }
            Self::Revoke { permission: name } => {
                let Some(id) = permission(name) else { return false };
                let Some(grants) = extra(member).grants.as_mut() else { return false };
                let GrantSet { plain, origins, limited } = grants;
                if let Some(slot) = plain.get_mut(usize::from(id.0)) {
                    *slot = Scope::NONE;
                }
                keep(origins, |origin| origin.permission != id);
                keep(limited, |grant| grant.permission != id);
                true
            }
            Self::Tick { permission: name, scope } => {
                let Some(id) = permission(name) else { return false };
                add(&mut extra(member).added, (id, *scope))
            }
            Self::TickAgain { role } => {
                let Some(id) = snapshot.role_ids.get(&**role).copied() else { return false };
                keep(&mut extra(member).adjusted, |(adjusted, _)| *adjusted != id)
            }
            Self::Untick { permission: name } => {
                let Some(id) = permission(name) else { return false };
                keep(&mut extra(member).added, |(added, _)| *added != id)
            }
            Self::EndDelegation { from } => {
                keep(&mut extra(member).delegations, |rule| *rule.from.id != **from)
            }
            Self::JoinTeam { team } => {
                member.change_teams(|teams| add(teams, team.as_str().into()))
            }
            Self::AddTag { tag } => member.change_tags(|tags| add(tags, tag.as_str().into())),
            Self::Activate => {
                std::mem::replace(&mut member.status, Status::Active) != Status::Active
            }
            Self::Deactivate => {
                std::mem::replace(&mut member.status, Status::Inactive) != Status::Inactive
            }
            Self::Accept => {
                let accepted = Invitation::Accepted;
                std::mem::replace(&mut member.invitation, accepted) != accepted
            }
            Self::Relate { relation } => {
                let user = Value::from(member.id.to_string());
                world.attributes.set(relation.clone(), user);
                true
            }
            Self::Set { path, typed, .. } => match path.split_once('.') {
                Some(("resource", name)) => {
                    world.attributes.set(name.to_owned(), typed.0.clone());
                    true
                }
                Some(("context", name)) => {
                    world.context.set(name.to_owned(), typed.0.clone());
                    true
                }
                _ => false,
            },
            Self::Share { content } => {
                let share = Value::from(Exposure::Share.name());
                world.attributes.set(format!("sharing.{content}"), share);
                true
            }
            Self::Entitle { entitlement } => {
                world.entitlement = Some(entitlement.clone());
                true
            }
            Self::Wait { until } => {
                world.now = *until;
                true
            }
        }
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GiveRole { role } => write!(f, "give the user the role `{role}`"),
            Self::TakeRole { role } => write!(f, "take the role `{role}` from the user"),
            Self::AttachPolicy { policy } => write!(f, "attach the policy `{policy}` to the user"),
            Self::DetachPolicy { policy } => {
                write!(f, "detach the policy `{policy}` from the user")
            }
            Self::Grant { permission, scope } => {
                write!(f, "grant `{permission}` to the user alone, at scope {scope}")
            }
            Self::Revoke { permission } => {
                write!(f, "take `{permission}` away, which is granted to the user alone")
            }
            Self::Tick { permission, .. } => write!(f, "tick `{permission}` for the user"),
            Self::TickAgain { role } => {
                write!(f, "tick again what was unticked for the user in the role `{role}`")
            }
            Self::Untick { permission } => write!(f, "untick `{permission}` for the user"),
            Self::EndDelegation { from } => write!(f, "end the delegation from `{from}`"),
            Self::JoinTeam { team } => write!(f, "put the user into the team `{team}`"),
            Self::AddTag { tag } => write!(f, "put the tag `{tag}` on the user"),
            Self::Activate => f.write_str("make the user active"),
            Self::Deactivate => f.write_str("deactivate the user"),
            Self::Accept => f.write_str("have the user accept the invitation"),
            Self::Relate { relation } => {
                write!(f, "have `resource.{relation}` name the user")
            }
            Self::Set { path, value, .. } => write!(f, "have `{path}` be {value}"),
            Self::Share { content } => write!(f, "let the record share its {content}"),
            Self::Entitle { entitlement } => {
                write!(f, "have the plan include `{entitlement}`")
            }
            Self::Wait { until } => match jiff::Timestamp::from_millisecond(*until) {
                Ok(instant) => write!(f, "wait until {instant}"),
                Err(_) => write!(f, "wait until {until}"),
            },
        }
    }
}

/// A user and a request that can be edited.
#[derive(Clone)]
pub(super) struct World<'a> {
    pub(super) member: Member,
    pub(super) attributes: Attributes<'a>,
    pub(super) context: Attributes<'a>,
    pub(super) now: i64,
    pub(super) entitlement: Option<String>,
}

impl World<'static> {
    pub(super) fn new(member: &Member, request: &Request<'_>) -> Self {
        Self {
            member: member.clone(),
            attributes: super::owned(request.resource.attributes),
            context: super::owned(request.context),
            now: request.now,
            entitlement: None,
        }
    }
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
