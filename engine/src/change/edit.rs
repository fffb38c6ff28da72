//! What can be edited, one thing at a time.

use crate::fast::Map;
use crate::model::{Scope, Value};
use crate::profile::Limits;
use crate::snapshot::{LimitedGrant, Snapshot};
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

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
        /// How far without limits; nowhere where it is granted within limits only.
        scope: Scope,
        /// How far within limits.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        limited: Vec<GrantWithin>,
    },
    /// Delete the grants to the user alone that name a permission, or several.
    Revoke {
        /// Which; `*` for those that name all. Several are named as they are written: a pattern,
        /// a list, actions on kinds.
        permission: String,
    },
    /// Delete the grants to the user alone that name a category.
    RevokeCategory {
        /// Which.
        category: String,
    },
    /// Tick a right for the user: as far as the roles let it reach.
    Tick {
        /// Which.
        permission: String,
    },
    /// Tick a right again that was unticked for the user.
    TickAgain {
        /// Which.
        permission: String,
    },
    /// Take a tick back that was set for the user.
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
    /// Make the user the account's owner.
    MakeOwner,
    /// Have the resource name the user.
    Relate {
        /// In which relation.
        relation: String,
    },
    /// Have the resource, or the request's context, say something else.
    Set {
        /// The path: `resource.private`.
        path: String,
        /// What it says then, for people: a text stands in quotes, so that it is told from a
        /// number.
        #[serde(skip)]
        value: String,
        /// The same as a value.
        #[serde(rename = "value")]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Setting(pub(super) Value<'static>);

impl Eq for Setting {}

/// A grant within limits, as somebody else holds it.
#[derive(Debug, Clone)]
pub struct GrantWithin(pub(super) Arc<LimitedGrant>);

impl GrantWithin {
    pub(crate) fn new(grant: LimitedGrant) -> Self {
        Self(Arc::new(grant))
    }

    /// How far it goes, and within what.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits::from(&*self.0)
    }
}

impl PartialEq for GrantWithin {
    fn eq(&self, other: &Self) -> bool {
        self.limits() == other.limits()
    }
}

impl Eq for GrantWithin {}

impl Serialize for GrantWithin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.limits().serialize(serializer)
    }
}

impl Edit {
    /// Sets an attribute.
    pub(crate) fn set(path: String, value: Value<'static>) -> Self {
        let text = match &value {
            Value::Text(text) => format!("{text:?}"),
            Value::Bool(value) => value.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Null => "nothing".to_owned(),
            Value::List(_) | Value::Map(_) => "something else".to_owned(),
        };
        Self::Set { path, value: text, typed: Setting(value) }
    }

    /// Tells the edits of one user apart, and puts those first that change least: by kind, by
    /// place in the tenant, by name. Grants of one permission are one.
    pub(crate) fn key(&self, snapshot: &Snapshot) -> (u8, u32, String) {
        let permission = |name: &str| {
            let id = snapshot.permission_id(name);
            id.map_or(u32::MAX, |id| u32::from(id.0))
        };
        let number = |ids: &Map<u32>, name: &str| ids.get(name).copied().unwrap_or(u32::MAX);
        let (kind, at, name) = match self {
            Self::AddTag { tag } => (0, 0, &**tag),
            Self::JoinTeam { team } => (1, 0, &**team),
            Self::Tick { permission: name } => (2, permission(name), &**name),
            Self::TickAgain { permission: name } => (3, permission(name), &**name),
            Self::Untick { permission: name } => (4, permission(name), &**name),
            Self::Revoke { permission: name } => (5, permission(name), &**name),
            Self::RevokeCategory { category } => (6, 0, &**category),
            Self::Grant { permission: name, .. } => (7, permission(name), &**name),
            Self::AttachPolicy { policy } => (8, number(&snapshot.policy_ids, policy), &**policy),
            Self::DetachPolicy { policy } => (9, number(&snapshot.policy_ids, policy), &**policy),
            Self::GiveRole { role } => (10, number(&snapshot.role_ids, role), &**role),
            Self::TakeRole { role } => (11, number(&snapshot.role_ids, role), &**role),
            Self::Accept => (12, 0, ""),
            Self::Activate => (13, 0, ""),
            Self::Deactivate => (14, 0, ""),
            Self::MakeOwner => (15, 0, ""),
            Self::EndDelegation { from } => (16, 0, &**from),
            Self::Relate { relation } => (17, 0, &**relation),
            Self::Set { path, .. } => (18, 0, &**path),
            Self::Share { content } => (19, 0, &**content),
            Self::Entitle { entitlement } => (20, 0, &**entitlement),
            Self::Wait { .. } => (21, 0, ""),
        };
        (kind, at, name.to_owned())
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
            Self::Grant { permission, scope, limited } => {
                write!(f, "grant `{permission}` to the user alone, at scope {scope}")?;
                let more = limited.len();
                if more > 0 { write!(f, " and within limits ({more})") } else { Ok(()) }
            }
            Self::Revoke { permission } => {
                write!(f, "take `{permission}` away, which is granted to the user alone")
            }
            Self::RevokeCategory { category } => {
                write!(f, "take the category `{category}` away, which is granted to the user alone")
            }
            Self::Tick { permission } => write!(f, "tick `{permission}` for the user"),
            Self::TickAgain { permission } => {
                write!(f, "tick `{permission}` again, which was unticked for the user")
            }
            Self::Untick { permission } => write!(f, "untick `{permission}` for the user"),
            Self::EndDelegation { from } => write!(f, "end the delegation from `{from}`"),
            Self::JoinTeam { team } => write!(f, "put the user into the team `{team}`"),
            Self::AddTag { tag } => write!(f, "put the tag `{tag}` on the user"),
            Self::Activate => f.write_str("make the user active"),
            Self::Deactivate => f.write_str("deactivate the user"),
            Self::Accept => f.write_str("have the user accept the invitation"),
            Self::MakeOwner => f.write_str("make the user the account's owner"),
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
