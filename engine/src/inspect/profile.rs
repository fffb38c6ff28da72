//! Everything that is compared of a user: what each permission comes to, which programs admit
//! them, which exclusive items are open. By position, so that two of them can be laid over one
//! another without a name being looked up.

use super::access::{Gate, Open};
use super::person::{Holding, Person};
use crate::compile::{PermissionId, Snapshot};
use serde::Serialize;

/// How a right changed, or differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// From nothing to something.
    Gained,
    /// To more.
    Widened,
    /// To less.
    Narrowed,
    /// From something to nothing.
    Lost,
    /// To something else, that is neither more nor less.
    Moved,
}

impl Shift {
    /// From one to the other; `None` where both reach the same.
    pub(super) fn between(before: &Holding<'_>, after: &Holding<'_>) -> Option<Self> {
        match (after.covers(before), before.covers(after)) {
            (true, true) => None,
            (true, false) if before.is_empty() => Some(Self::Gained),
            (true, false) => Some(Self::Widened),
            (false, true) if after.is_empty() => Some(Self::Lost),
            (false, true) => Some(Self::Narrowed),
            (false, false) => Some(Self::Moved),
        }
    }

    /// Whether something that was there is not any more.
    #[must_use]
    pub const fn takes(self) -> bool {
        matches!(self, Self::Narrowed | Self::Lost | Self::Moved)
    }

    /// Whether something is there that was not.
    #[must_use]
    pub const fn gives(self) -> bool {
        matches!(self, Self::Gained | Self::Widened | Self::Moved)
    }
}

/// What is compared of a user.
pub(super) struct Profile<'a> {
    /// By permission; a toggle's is what it is held at.
    pub(super) rights: Vec<Holding<'a>>,
    /// By program.
    pub(super) programs: Vec<Open>,
    /// By gate of the list that was given.
    pub(super) gates: Vec<Open>,
}

/// Something of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Permission(PermissionId),
    Program(usize),
    Gate(usize),
}

impl<'a> Profile<'a> {
    pub(super) fn new(person: &Person<'a>, gates: &[Gate<'_>]) -> Self {
        let snapshot = person.snapshot();
        Self {
            rights: snapshot
                .each_permission()
                .map(|(id, rule)| person.effective(id, rule))
                .collect(),
            programs: snapshot
                .programs
                .iter()
                .map(|program| person.is_member(&program.matchers))
                .collect(),
            gates: gates.iter().map(|gate| person.passes(*gate)).collect(),
        }
    }

    /// What is open in `after` and not in `self`, and the other way round. A toggle that is held
    /// closes.
    pub(super) fn changes(
        &self,
        after: &Profile<'_>,
        snapshot: &Snapshot,
    ) -> (Vec<Part>, Vec<Part>) {
        let (mut opens, mut closes) = (Vec::new(), Vec::new());
        let pairs = self.rights.iter().zip(&after.rights).zip(snapshot.each_permission());
        for ((before, after), (id, rule)) in pairs {
            let Some(shift) = Shift::between(before, after) else { continue };
            let (gives, takes) = match rule.is_constraint {
                false => (shift.gives(), shift.takes()),
                true => (shift.takes(), shift.gives()),
            };
            opens.extend(gives.then_some(Part::Permission(id)));
            closes.extend(takes.then_some(Part::Permission(id)));
        }
        let programs = self.programs.iter().zip(&after.programs).enumerate();
        let programs = programs.map(|(at, (before, after))| (Part::Program(at), before, after));
        let gates = self.gates.iter().zip(&after.gates).enumerate();
        let gates = gates.map(|(at, (before, after))| (Part::Gate(at), before, after));
        for (part, before, after) in programs.chain(gates) {
            match before.cmp(after) {
                std::cmp::Ordering::Less => opens.push(part),
                std::cmp::Ordering::Greater => closes.push(part),
                std::cmp::Ordering::Equal => {}
            }
        }
        (opens, closes)
    }
}
