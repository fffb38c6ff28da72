//! Reasons: why a decision came out as it did, for programs and for people.

use crate::model::{AttributeType, Scope};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Why a decision came out as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A grant reaches the resource and nothing stands against it.
    Granted,
    /// No grant, but a family's floor, to which the tenant consented.
    Floor {
        /// The family.
        family: Arc<str>,
        /// Its reason.
        code: Arc<str>,
    },
    /// No tenant of that name is served.
    UnknownTenant,
    /// The catalog has no such permission.
    UnknownAction,
    /// The permission is a toggle that restricts; nobody can exercise it.
    NotAnAction,
    /// The catalog knows no such type of subject, or the subject is not of it.
    UnknownSubjectType(Arc<str>),
    /// The catalog knows no such kind of resource.
    UnknownKind(Arc<str>),
    /// The permission is not about this kind of resource.
    WrongKind(Arc<str>),
    /// An attribute of the question is not what the catalog declares.
    Attribute {
        /// Its path, such as `resource.private`.
        path: Arc<str>,
        /// What is wrong with it.
        fault: AttributeFault,
    },
    /// The directory has no such user.
    UnknownSubject,
    /// Somebody whom the decision turns on has not been read from the directory. It is no
    /// answer: once they have been there may be another one.
    DirectoryUnread,
    /// The user's record does not compile under the policy, so nothing is known of the user.
    SubjectBroken,
    /// The resource belongs to another tenant.
    TenantMismatch,
    /// The user was deactivated or deleted.
    SubjectInactive,
    /// The user has not accepted the invitation.
    InvitationPending,
    /// The tenant's plan does not include it.
    Plan(Arc<str>),
    /// A guard of the catalog does not hold.
    Guard {
        /// The guard.
        id: Arc<str>,
        /// Its text for people.
        message: Arc<str>,
    },
    /// Nothing grants the permission.
    NotGranted,
    /// Something grants the permission, but not here: what stands against it, of several sources
    /// that which is nearest to being met.
    NotApplicable(Unmet),
    /// The permission is granted, but not as far as this resource.
    OutOfScope(Scope),
    /// The record is private, and the subject is not one of those whose it is.
    Private,
    /// Another permission is required and not held here.
    Prerequisite(Arc<str>),
    /// An exclusive access program keeps the item from the subject.
    Exclusive {
        /// The item's kind.
        kind: Arc<str>,
        /// Its id; empty if unknown.
        id: Arc<str>,
    },
    /// A restricting toggle binds the subject.
    Constraint(Arc<str>),
    /// The record does not share content of this kind with the subject.
    Hidden(Arc<str>),
    /// Content of this kind is redacted here, and nothing else is asked for.
    Redacted(Arc<str>),
    /// The family forbids it.
    Family {
        /// The family.
        family: Arc<str>,
        /// Its reason.
        code: Arc<str>,
        /// The reason's text for people.
        message: Arc<str>,
    },
    /// The family demands another permission that is not held here.
    FamilyRequires {
        /// The family.
        family: Arc<str>,
        /// What it demands.
        permission: Arc<str>,
    },
    /// To decide it, more would have to be looked at than may be for one question.
    TooCostly,
    /// The family gave no answer.
    FamilyFault {
        /// The family.
        family: Arc<str>,
        /// The kind of fault.
        kind: crate::family::FaultKind,
    },
}

impl Reason {
    /// Machine-readable, in kebab case. Callers rely on it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Floor { .. } => "floor",
            Self::UnknownTenant => "unknown-tenant",
            Self::UnknownAction => "unknown-action",
            Self::NotAnAction => "not-an-action",
            Self::UnknownSubjectType(_) => "unknown-subject-type",
            Self::UnknownKind(_) => "unknown-kind",
            Self::WrongKind(_) => "wrong-kind",
            Self::Attribute { fault, .. } => fault.code(),
            Self::UnknownSubject => "unknown-subject",
            Self::DirectoryUnread => "directory-unread",
            Self::SubjectBroken => "subject-broken",
            Self::TenantMismatch => "tenant-mismatch",
            Self::SubjectInactive => "subject-inactive",
            Self::InvitationPending => "invitation-pending",
            Self::Plan(_) => "plan",
            Self::Guard { .. } => "guard",
            Self::NotGranted => "not-granted",
            Self::NotApplicable(_) => "not-applicable",
            Self::OutOfScope(_) => "out-of-scope",
            Self::Private => "private",
            Self::Prerequisite(_) => "prerequisite",
            Self::Exclusive { .. } => "exclusive",
            Self::Constraint(_) => "constraint",
            Self::Hidden(_) => "hidden",
            Self::Redacted(_) => "redacted",
            Self::Family { .. } => "family-forbids",
            Self::FamilyRequires { .. } => "family-requires",
            Self::TooCostly => "too-costly",
            Self::FamilyFault { .. } => "family-fault",
        }
    }

    /// What exactly: the guard, the constraint, the entitlement, the family's own code.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Plan(id)
            | Self::Constraint(id)
            | Self::Prerequisite(id)
            | Self::Hidden(id)
            | Self::Redacted(id)
            | Self::UnknownSubjectType(id)
            | Self::UnknownKind(id)
            | Self::WrongKind(id) => Some(id),
            Self::Attribute { path, .. } => Some(path),
            Self::NotApplicable(unmet) => Some(unmet.code()),
            Self::Guard { id, .. } => Some(id),
            Self::Exclusive { id, .. } => Some(id),
            Self::Floor { code, .. } | Self::Family { code, .. } => Some(code),
            Self::FamilyRequires { permission, .. } => Some(permission),
            Self::FamilyFault { kind, .. } => Some(kind.code()),
            _ => None,
        }
    }

    /// The family that decided, if one did.
    #[must_use]
    pub fn family(&self) -> Option<&str> {
        match self {
            Self::Floor { family, .. }
            | Self::Family { family, .. }
            | Self::FamilyRequires { family, .. }
            | Self::FamilyFault { family, .. } => Some(family),
            _ => None,
        }
    }
}

/// Why a grant does not apply where it was asked for; the later ones are nearer to applying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unmet {
    /// The right was unticked for this user.
    Unticked,
    /// It was delegated by somebody who could not do it here either.
    Delegation,
    /// It has not begun or has ended.
    Time,
    /// It is for other teams.
    Teams,
    /// Its condition does not hold.
    Condition,
    /// It is for some teams, and whether the resource is of them cannot be known.
    UnknownTeam,
    /// Whether its condition holds cannot be known.
    UnknownCondition,
}

impl Unmet {
    /// Machine-readable, in kebab case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unticked => "unticked",
            Self::Delegation => "delegation",
            Self::Time => "time",
            Self::Teams => "teams",
            Self::Condition => "condition",
            Self::UnknownTeam => "unknown-team",
            Self::UnknownCondition => "unknown-condition",
        }
    }
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unticked => "it was unticked for this user",
            Self::Delegation => "who delegated it could not do it here either",
            Self::Time => "its time has not come or is over",
            Self::Teams => "it is for other teams",
            Self::Condition => "its condition does not hold",
            Self::UnknownTeam => {
                "it is for some teams, and of which the resource is cannot be known"
            }
            Self::UnknownCondition => "whether its condition holds cannot be known",
        })
    }
}

/// What is wrong with an attribute of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeFault {
    /// It has to be sent and is not.
    Missing,
    /// It is of another type than this one.
    Mistyped(AttributeType),
    /// It is a single value where a map of attributes is declared.
    NoMap,
    /// It is none of the values that it can have.
    Value,
    /// It is sent under two names that say different things.
    Twice,
}

impl AttributeFault {
    /// Machine-readable, in kebab case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing-attribute",
            Self::Mistyped(_) | Self::NoMap => "mistyped-attribute",
            Self::Value => "unknown-value",
            Self::Twice => "ambiguous-attribute",
        }
    }
}

impl fmt::Display for AttributeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("has to be sent"),
            Self::Mistyped(AttributeType::Instant) => f.write_str(
                "has to be an instant: a text with its zone such as `2026-12-31T18:00:00+01:00`, \
                 or milliseconds since 1970; are these seconds?",
            ),
            Self::Mistyped(kind) => write!(f, "has to be {}", kind.words()),
            Self::NoMap => f.write_str("has to be a map of attributes"),
            Self::Value => f.write_str("is none of the values that it can have"),
            Self::Twice => f.write_str("is sent under two names that disagree"),
        }
    }
}

/// As programs read it: its code, what exactly, and a text for people.
impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut reason = serializer.serialize_struct("Reason", 3)?;
        reason.serialize_field("code", self.code())?;
        match self.detail() {
            Some(detail) => reason.serialize_field("detail", detail)?,
            None => reason.skip_field("detail")?,
        }
        reason.serialize_field("message", &self.to_string())?;
        reason.end()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted => f.write_str("granted"),
            Self::Floor { family, code } => {
                write!(f, "granted to everyone by the floor `{code}` of family `{family}`")
            }
            Self::UnknownTenant => f.write_str("no such tenant is served"),
            Self::UnknownAction => f.write_str("the catalog has no such permission"),
            Self::NotAnAction => f.write_str("this toggle restricts and cannot be exercised"),
            Self::UnknownSubjectType(kind) => {
                write!(f, "the subject is not of type `{kind}`, or the catalog has no such type")
            }
            Self::UnknownKind(kind) => {
                write!(f, "the catalog has no such kind of resource as `{kind}`")
            }
            Self::WrongKind(kind) => write!(f, "the permission is not about a {kind}"),
            Self::Attribute { path, fault } => write!(f, "`{path}` {fault}"),
            Self::UnknownSubject => f.write_str("the directory has no such user"),
            Self::DirectoryUnread => f.write_str("the directory has not been read"),
            Self::SubjectBroken => {
                f.write_str("what the directory says of the user is wrong under this policy")
            }
            Self::TenantMismatch => f.write_str("the resource belongs to another tenant"),
            Self::SubjectInactive => f.write_str("the user is not active"),
            Self::InvitationPending => f.write_str("the invitation has not been accepted"),
            Self::Plan(entitlement) => write!(f, "the plan does not include `{entitlement}`"),
            Self::Guard { message, .. } => f.write_str(message),
            Self::NotGranted => f.write_str("no role, policy or other source grants it"),
            Self::NotApplicable(unmet) => {
                write!(f, "what grants it does not apply here: {unmet}")
            }
            Self::OutOfScope(scope) => {
                write!(f, "it is granted at scope {scope}, which does not reach this resource")
            }
            Self::Private => f.write_str("the record is private"),
            Self::Prerequisite(permission) => write!(f, "it also needs `{permission}` here"),
            Self::Exclusive { kind, id } if id.is_empty() => {
                write!(f, "some {kind} are exclusive and this one is not identified")
            }
            Self::Exclusive { kind, id } => {
                write!(f, "the {kind} `{id}` is exclusive to programs that the user is not in")
            }
            Self::Constraint(id) => write!(f, "the user is bound by `{id}`"),
            Self::Hidden(kind) => write!(f, "the {kind} is not shared with the user"),
            Self::Redacted(kind) => write!(f, "the {kind} is shared without its content"),
            Self::Family { message, .. } => f.write_str(message),
            Self::FamilyRequires { permission, .. } => {
                write!(f, "here it also needs `{permission}`")
            }
            Self::TooCostly => f.write_str("there are too many conditions to look at"),
            Self::FamilyFault { family, kind } => {
                write!(f, "the family `{family}` gave no answer ({})", kind.code())
            }
        }
    }
}
