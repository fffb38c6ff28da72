//! Questions and answers.

mod reason;

pub use reason::{AttributeFault, Reason, Unmet};

use crate::model::{Attributes, Place};
use serde::Serialize;
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
    /// What the caller says of the subject and of the action besides their names.
    pub asserted: Asserted<'a>,
    /// The instant of the decision, in milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
}

/// What a caller says of the subject and of the action. The directory is the authority over
/// subjects: only what a catalog declares, and of the subject only what it declares as `trusted`,
/// is listened to.
#[derive(Debug, Clone, Copy)]
pub struct Asserted<'a> {
    /// The type of the subject: `user`, or one that the catalog declares.
    pub subject_type: &'a str,
    /// Attributes of the subject.
    pub subject: &'a Attributes<'a>,
    /// Attributes of the action.
    pub action: &'a Attributes<'a>,
}

impl Asserted<'static> {
    /// Nothing: the subject is a user, and the directory knows all about it.
    pub const NONE: Self = {
        const EMPTY: &Attributes<'static> = &Attributes::new();
        Self { subject_type: SUBJECT_TYPE, subject: EMPTY, action: EMPTY }
    };
}

/// The type of the directory's users, which every catalog has.
pub const SUBJECT_TYPE: &str = "user";

/// The type of a subject of whom nobody knows who it is. A catalog that knows it says which role
/// it holds; whatever id a question gives it, it is nobody of the directory.
pub const ANONYMOUS: &str = "anonymous";

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

/// A step of the pipeline, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Is the action a permission of the catalog, and the question one that it knows?
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
