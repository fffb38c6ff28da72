//! Coverage: which lines of the documents the questions of a test exercised.
//!
//! A decision table that passes says nothing about a grant on which no row of it depends. So
//! everything that a decision can look at is listed from the documents, each with where it
//! stands and what can come out of it, and each traced decision crosses off what it saw:
//!
//! | kind | what has to come out |
//! | --- | --- |
//! | grant | it counts |
//! | condition | it holds; it does not |
//! | program | it admits somebody; it keeps somebody out |
//! | guard | it holds; it fails |
//! | sharing rule | it applies; it does not |
//!
//! A decision exercises what led to it. An explanation goes on behind the first denial, to say
//! what else stands in the way, but what it looks at there could say anything and the answer
//! would be the same: that is not crossed off.
//!
//! What has no place, because a program made it, is not listed: whoever describes a world of
//! their own does not exercise the tenant's.

mod lines;

use crate::compile::Definition;
use crate::decision::{Explanation, Reason, Seen, Sight, Stage};
use crate::model::Place;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What can be exercised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A grant of a role, a policy or a user.
    Grant,
    /// A condition, wherever it is attached.
    Condition,
    /// An exclusive access program.
    Program,
    /// A guard of the catalog.
    Guard,
    /// A policy or an override of sharing.
    Sharing,
}

impl LineKind {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 5] =
        [Self::Grant, Self::Program, Self::Condition, Self::Guard, Self::Sharing];

    /// For people, in the plural.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grant => "grants",
            Self::Condition => "conditions",
            Self::Program => "programs",
            Self::Guard => "guards",
            Self::Sharing => "sharing rules",
        }
    }

    /// What can come out.
    #[must_use]
    pub const fn branches(self) -> &'static [Branch] {
        match self {
            Self::Grant => &[Branch::Counted],
            Self::Condition => &[Branch::True, Branch::False],
            Self::Program => &[Branch::Admitted, Branch::KeptOut],
            Self::Guard => &[Branch::Held, Branch::Failed],
            Self::Sharing => &[Branch::Applied, Branch::LeftAside],
        }
    }
}

/// What can come out of something that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Branch {
    /// A grant counted.
    Counted,
    /// A condition held.
    True,
    /// A condition did not hold.
    False,
    /// A program admitted the subject.
    Admitted,
    /// A program did not admit the subject.
    KeptOut,
    /// A guard held.
    Held,
    /// A guard did not hold.
    Failed,
    /// A sharing rule applied.
    Applied,
    /// A sharing rule did not apply.
    LeftAside,
}

impl Branch {
    /// What to say of something where this never came out.
    #[must_use]
    pub const fn never(self) -> &'static str {
        match self {
            Self::Counted => "never counted",
            Self::True => "never true",
            Self::False => "never false",
            Self::Admitted => "never admitted anybody",
            Self::KeptOut => "never kept anybody out",
            Self::Held => "never held",
            Self::Failed => "never failed",
            Self::Applied => "never applied",
            Self::LeftAside => "never failed to apply",
        }
    }
}

/// Everything that can be exercised in the documents of a tenant, and what was.
#[derive(Debug, Clone)]
pub struct Coverage {
    lines: BTreeMap<(Place, LineKind), Line>,
}

/// Something that can be exercised.
#[derive(Debug, Clone)]
struct Line {
    file: String,
    label: String,
    /// The step of the pipeline that looks at it.
    stage: Stage,
    exercised: BTreeSet<Branch>,
    /// For a grant of more than one permission: those, and of which it was asked.
    wide: Option<BTreeMap<String, bool>>,
}

/// What was exercised, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The sums of each kind, in the order of [`LineKind::ALL`].
    pub tallies: Vec<LineTally>,
    /// What is missing, in the order of the documents.
    pub missing: Vec<Missing>,
    /// How far the grants of more than one permission were asked about. For information: such a
    /// grant is exercised by any one of its permissions.
    pub wide: Vec<Wide>,
}

/// How much of a kind was exercised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LineTally {
    /// The kind.
    pub kind: LineKind,
    /// How many there are.
    pub total: usize,
    /// Of how many everything that can come out did.
    pub covered: usize,
    /// Of how many some of it did, but not all.
    pub partly: usize,
}

impl LineTally {
    /// The share that was exercised in full, rounded down: 100 says that nothing is missing.
    #[must_use]
    pub const fn percent(&self) -> usize {
        match self.covered.saturating_mul(100).checked_div(self.total) {
            Some(percent) => percent,
            None => 100,
        }
    }
}

/// Something of which something never came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Its kind.
    pub kind: LineKind,
    /// The file that it stands in.
    pub file: String,
    /// Where in it.
    #[serde(flatten)]
    pub place: Place,
    /// What it is, for people.
    pub label: String,
    /// What never came out.
    pub never: Vec<Branch>,
}

/// A grant of more than one permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wide {
    /// The file that it stands in.
    pub file: String,
    /// Where in it.
    #[serde(flatten)]
    pub place: Place,
    /// What it is, for people.
    pub label: String,
    /// How many permissions it gives.
    pub permissions: usize,
    /// Of how many it was asked, and counted.
    pub asked: usize,
}

impl Coverage {
    /// Lists what can be exercised. Nothing is checked: documents that do not compile have lines
    /// too.
    #[must_use]
    pub fn new(definition: &Definition<'_>) -> Self {
        Self { lines: lines::list(definition) }
    }

    /// Crosses off what a decision about a permission exercised.
    pub fn add(&mut self, action: &str, explanation: &Explanation) {
        let last = decided_at(&explanation.decision.reason) as u8;
        for Seen { place, what } in &explanation.seen {
            let Some((kind, branch)) = came_out(*what) else { continue };
            let line = self.lines.get_mut(&(*place, kind));
            let Some(line) = line.filter(|line| line.stage as u8 <= last) else { continue };
            line.exercised.insert(branch);
            if let Some(asked) = line.wide.as_mut().and_then(|wide| wide.get_mut(action)) {
                *asked = true;
            }
        }
    }

    /// What was exercised so far, and what was not.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut tallies =
            LineKind::ALL.map(|kind| LineTally { kind, total: 0, covered: 0, partly: 0 });
        let (mut missing, mut wide) = (Vec::new(), Vec::new());
        for ((place, kind), line) in &self.lines {
            let branches = kind.branches().iter().copied();
            let never: Vec<_> = branches.filter(|b| !line.exercised.contains(b)).collect();
            for tally in tallies.iter_mut().filter(|tally| tally.kind == *kind) {
                tally.total += 1;
                tally.covered += usize::from(never.is_empty());
                tally.partly += usize::from(!never.is_empty() && !line.exercised.is_empty());
            }
            let (file, label) = (line.file.clone(), line.label.clone());
            if let Some(permissions) = &line.wide {
                wide.push(Wide {
                    file: file.clone(),
                    place: *place,
                    label: label.clone(),
                    permissions: permissions.len(),
                    asked: permissions.values().filter(|asked| **asked).count(),
                });
            }
            if !never.is_empty() {
                missing.push(Missing { kind: *kind, file, place: *place, label, never });
            }
        }
        Report { tallies: tallies.into(), missing, wide }
    }
}

/// What a sight says of which kind; nothing where a condition cannot be known.
const fn came_out(what: Sight) -> Option<(LineKind, Branch)> {
    Some(match what {
        Sight::Grant(true) => (LineKind::Grant, Branch::Counted),
        Sight::Grant(false) | Sight::Condition(None) => return None,
        Sight::Condition(Some(true)) => (LineKind::Condition, Branch::True),
        Sight::Condition(Some(false)) => (LineKind::Condition, Branch::False),
        Sight::Program(true) => (LineKind::Program, Branch::Admitted),
        Sight::Program(false) => (LineKind::Program, Branch::KeptOut),
        Sight::Guard(true) => (LineKind::Guard, Branch::Held),
        Sight::Guard(false) => (LineKind::Guard, Branch::Failed),
        Sight::Sharing(true) => (LineKind::Sharing, Branch::Applied),
        Sight::Sharing(false) => (LineKind::Sharing, Branch::LeftAside),
    })
}

/// The step that settled a decision. What comes after it was looked at for information only.
const fn decided_at(reason: &Reason) -> Stage {
    match reason {
        Reason::UnknownTenant
        | Reason::UnknownAction
        | Reason::UnknownKind(_)
        | Reason::WrongKind(_)
        | Reason::Attribute { .. }
        | Reason::UnknownSubjectType(_)
        | Reason::UnknownSubject
        | Reason::DirectoryUnread
        | Reason::SubjectBroken
        | Reason::TooCostly => Stage::Catalog,
        Reason::TenantMismatch | Reason::SubjectInactive | Reason::InvitationPending => {
            Stage::Subject
        }
        Reason::Plan(_) => Stage::Plan,
        Reason::Guard { .. } => Stage::Guards,
        Reason::Private => Stage::Privacy,
        Reason::NotGranted | Reason::NotApplicable(_) | Reason::OutOfScope(_) => Stage::Grants,
        Reason::Prerequisite(_) => Stage::Prerequisites,
        Reason::Exclusive { .. } => Stage::Exclusive,
        Reason::Constraint(_) => Stage::Constraints,
        Reason::Hidden(_) | Reason::Redacted(_) => Stage::Sharing,
        // Nobody does what restricts: to ask for a toggle is to ask whether it is held.
        Reason::NotAnAction
        | Reason::Granted
        | Reason::Floor { .. }
        | Reason::Family { .. }
        | Reason::FamilyRequires { .. }
        | Reason::FamilyFault { .. } => Stage::Family,
    }
}
