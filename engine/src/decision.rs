//! Questions and answers.

use crate::model::{Attributes, Place, Scope};
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// May this subject do this action on this resource?
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The subject's id in the tenant's directory.
    pub subject: &'a str,
    /// A permission of the product's catalog.
    pub action: &'a str,
    /// What it is done to.
    pub resource: Resource<'a>,
    /// What else the caller knows.
    pub context: &'a Attributes<'a>,
    /// The instant of the decision, in milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
}

/// A resource as the caller describes it.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its id, where it has one.
    pub id: Option<&'a str>,
    /// Its attributes. One that is left out is unknown.
    pub attributes: &'a Attributes<'a>,
}

/// Yes or no. There is nothing between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// May proceed, under the obligations of the decision.
    Allow,
    /// Must not proceed.
    Deny,
}

/// The answer to a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Yes or no.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What the caller has to do if it proceeds. Empty on a denial.
    pub obligations: Vec<Arc<Obligation>>,
    /// The revision of the tenant that it was made under.
    pub revision: u64,
    /// When the answer may change though nothing is edited, in milliseconds since
    /// 1970-01-01T00:00:00Z; `None` if never.
    pub until: Option<i64>,
    /// Whether the answer may be kept. An answer that follows from a fault may not.
    pub keep: bool,
}

impl Decision {
    /// Whether the subject may proceed.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// The same decision at a revision under which it still holds.
    #[inline]
    pub(crate) fn as_of(&self, revision: u64) -> Self {
        Self {
            verdict: self.verdict,
            reason: self.reason.clone(),
            obligations: self.obligations.clone(),
            revision,
            until: self.until,
            keep: self.keep,
        }
    }

    /// A denial that holds as long as nothing is edited.
    #[inline]
    #[must_use]
    pub fn deny(reason: Reason, revision: u64) -> Self {
        Self {
            verdict: Verdict::Deny,
            keep: !matches!(
                reason,
                Reason::FamilyFault { .. }
                    | Reason::DirectoryUnread
                    | Reason::SubjectBroken
                    | Reason::TooCostly
            ),
            reason,
            obligations: Vec::new(),
            revision,
            until: None,
        }
    }
}

/// Something that the caller has to do when it lets the subject pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// Machine-readable, in kebab case: `redact`.
    pub code: String,
    /// What it applies to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The constraint or family that imposes it.
    pub source: String,
}

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
            Self::UnknownSubject => "unknown-subject",
            Self::DirectoryUnread => "directory-unread",
            Self::SubjectBroken => "subject-broken",
            Self::TenantMismatch => "tenant-mismatch",
            Self::SubjectInactive => "subject-inactive",
            Self::InvitationPending => "invitation-pending",
            Self::Plan(_) => "plan",
            Self::Guard { .. } => "guard",
            Self::NotGranted => "not-granted",
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
            | Self::Redacted(id) => Some(id),
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

/// A step of the pipeline, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Is the action a permission of the catalog?
    Catalog,
    /// Is the subject known, active, invited and of this tenant?
    Subject,
    /// Does the plan include it?
    Plan,
    /// Do the catalog's guards hold?
    Guards,
    /// Is the record private, and not the subject's?
    Privacy,
    /// Does anything grant it as far as this resource?
    Grants,
    /// Are the other permissions that it requires held?
    Prerequisites,
    /// Do exclusive access programs admit the subject?
    Exclusive,
    /// Do restricting toggles bind the subject?
    Constraints,
    /// How much of the content is shared with the subject?
    Sharing,
    /// What does the family say?
    Family,
}

/// What a step of the trace did to the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// In favour, or nothing against it.
    Pass,
    /// Denies.
    Deny,
    /// Was looked at and did not count.
    Skip,
}

/// One line of a trace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The step.
    pub stage: Stage,
    /// What it did.
    pub outcome: Outcome,
    /// What was looked at and why it counted or did not.
    pub text: String,
    /// Where that stands in the documents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// The family that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilyStep>,
}

/// The call of a family in a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FamilyStep {
    /// The family.
    pub id: String,
    /// Its own version; empty if it is not installed.
    pub version: String,
    /// What identifies its code; empty if it is not installed.
    pub digest: String,
    /// How long the call took, in nanoseconds.
    pub nanos: u64,
}

/// Something of the documents that a decision looked at, for those who want to know what their
/// tests exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seen {
    /// Where it stands.
    pub place: Place,
    /// What it is and what came out.
    pub what: Sight,
}

/// What was looked at, and what came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// A grant: whether it counted.
    Grant(bool),
    /// A condition: what it said; `None` where that cannot be known.
    Condition(Option<bool>),
    /// A program: whether it admitted the subject.
    Program(bool),
    /// A guard: whether it held.
    Guard(bool),
    /// A policy or override of sharing: whether it applied.
    Sharing(bool),
}

/// A decision with everything that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// Every step, those after the first denial included: they say what else stands against it.
    pub trace: Vec<Step>,
    /// Which lines of the documents were looked at.
    pub seen: Vec<Seen>,
}
