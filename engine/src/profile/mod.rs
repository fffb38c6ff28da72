//! What a user has, as far as it can be said without a record: what each permission comes to,
//! what others delegated to them, which programs admit them, which exclusive items are open.
//!
//! Whoever asks about people, lays two users side by side or wonders what an edit would do asks
//! here, so that all of them mean the same by "more" and "less". Everything stands by position:
//! two profiles can be laid over one another without a name being looked up.

mod changed;
mod following;
mod follows;
mod handed;
mod holding;
mod limits;
mod person;
mod programs;
mod readers;
mod shift;

pub use follows::{Follow, Follows, Reader};
pub(crate) use follows::{LISTED, READS_OF_ROLES};
pub(crate) use handed::Handed;
pub use holding::{Aside, Void};
pub(crate) use holding::{Contribution, Holding};
pub use limits::{Limits, Required};
pub(crate) use person::Person;
pub use programs::{Gate, Openness};
pub(crate) use programs::{gates, is_closed, is_exclusive, item_of, wholes};
pub(crate) use readers::Readers;
pub use shift::Shift;

use crate::model::Status;
use crate::snapshot::{PermissionId, Snapshot};
use std::cmp::Ordering;

/// What is compared of a user.
pub(crate) struct Profile<'a> {
    /// Whether the user is active. To who is not no program and no item is open, and no toggle
    /// means anything.
    is_active: bool,
    /// By permission; a toggle's is what it is held at.
    pub(crate) rights: Vec<Holding<'a>>,
    /// What was delegated to the user.
    delegated: Vec<(Handed<'a>, Holding<'a>)>,
    /// By program.
    pub(crate) programs: Vec<Openness>,
    /// By gate of the list that was given.
    pub(crate) gates: Vec<Openness>,
}

/// Something of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Permission(PermissionId),
    Delegated { permission: PermissionId, from: Box<str> },
    Program(usize),
    Gate(usize),
}

/// What is open to a user after a change and was not before, and the other way round. A toggle
/// that is held closes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    pub(crate) opens: Vec<Entry>,
    pub(crate) closes: Vec<Entry>,
    /// What may follow besides.
    pub(crate) follows: Vec<Follow>,
}

impl<'a> Profile<'a> {
    pub(crate) fn new(person: &Person<'a>, gates: &[Gate<'_>]) -> Self {
        let snapshot = person.snapshot();
        let rights = snapshot.each_permission().map(|(id, rule)| person.effective(id, rule));
        let programs = snapshot.programs.iter();
        Self {
            is_active: person.member.status == Status::Active,
            rights: rights.collect(),
            delegated: person.delegations(),
            programs: programs.map(|program| person.is_member(&program.matchers)).collect(),
            gates: Vec::new(),
        }
        .with_gates(person, gates)
    }

    /// The same with what these gates are to the user.
    pub(crate) fn with_gates(self, person: &Person<'_>, gates: &[Gate<'_>]) -> Self {
        Self { gates: gates.iter().map(|gate| person.passes(*gate)).collect(), ..self }
    }

    /// What is open to the user, where this is what they would be admitted to.
    pub(crate) fn opens(&self, admitted: Openness) -> Openness {
        if self.is_active { admitted } else { Openness::No }
    }

    /// Whether gates are, as far as programs decide on that, to one what they are to the other.
    pub(crate) fn is_admitted_alike(&self, other: &Profile<'_>) -> bool {
        self.is_active == other.is_active && self.programs == other.programs
    }

    /// What differs after a change.
    pub(crate) fn effect(&self, after: &Profile<'_>, snapshot: &Snapshot) -> Effect {
        let mut effect = Effect::default();
        let pairs = self.rights.iter().zip(&after.rights).zip(snapshot.each_permission());
        for ((before, after_), (id, rule)) in pairs {
            if rule.is_constraint && !(self.is_active && after.is_active) {
                continue;
            }
            let Some(shift) = Shift::between(before, after_) else { continue };
            effect.shifts(Entry::Permission(id), shift, rule.is_constraint);
        }
        self.delegated(after, &mut effect);
        let programs = self.programs.iter().zip(&after.programs).enumerate();
        let programs = programs.map(|(at, (was, is))| (Entry::Program(at), *was, *is));
        let gates = self.gates.iter().zip(&after.gates).enumerate();
        let gates = gates.map(|(at, (was, is))| (Entry::Gate(at), *was, *is));
        for (entry, was, is) in programs.chain(gates) {
            match self.opens(was).cmp(&after.opens(is)) {
                Ordering::Less => effect.opens.push(entry),
                Ordering::Greater => effect.closes.push(entry),
                Ordering::Equal => {}
            }
        }
        effect
    }

    fn delegated(&self, after: &Profile<'_>, effect: &mut Effect) {
        let none = Holding::default();
        let find = |list: &[(Handed<'_>, Holding<'_>)], handed: &Handed<'_>| {
            list.iter().position(|(known, _)| known == handed)
        };
        for (handed, was) in &self.delegated {
            let is = find(&after.delegated, handed).and_then(|at| after.delegated.get(at));
            effect.hands(handed, was, is.map_or(&none, |(_, is)| is));
        }
        for (handed, is) in &after.delegated {
            if find(&self.delegated, handed).is_none() {
                effect.hands(handed, &none, is);
            }
        }
    }
}

impl Effect {
    fn hands(&mut self, handed: &Handed<'_>, was: &Holding<'_>, is: &Holding<'_>) {
        let Some(shift) = Shift::between(was, is) else { return };
        let entry = Entry::Delegated { permission: handed.id, from: handed.from.into() };
        self.shifts(entry, shift, false);
    }

    fn shifts(&mut self, entry: Entry, shift: Shift, restricts: bool) {
        let (gives, takes) = match restricts {
            false => (shift.gives(), shift.takes()),
            true => (shift.takes(), shift.gives()),
        };
        // Delegated for several audiences it is told once.
        for (list, concerned) in [(&mut self.opens, gives), (&mut self.closes, takes)] {
            if concerned && !list.contains(&entry) {
                list.push(entry.clone());
            }
        }
    }
}
