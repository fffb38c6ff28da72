//! Exclusive access of a user: whether programs admit them, and whether items are open to them.
//!
//! Both are asked of the step that decisions take, with a request that names the item and
//! nothing else. What a condition or a whole would have to know of the record stays open.

use super::person::Person;
use crate::decision::Reason;
use crate::evaluate::{Fit, Silent, programs};
use crate::model::Access;
use crate::snapshot::{ItemRule, KindRule, MatcherRule, Snapshot};
use serde::Serialize;

/// Whether something is so, where a record may have to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Openness {
    /// It is not.
    No,
    /// The record decides.
    Depends,
    /// It is.
    Yes,
}

/// One access to one exclusive item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Gate<'a> {
    /// The item's kind.
    pub kind: &'a str,
    /// Its id.
    pub id: &'a str,
    /// What is asked for.
    pub access: Access,
}

/// Every access that a program or the tenant's own list makes exclusive, sorted.
pub(crate) fn gates(snapshot: &Snapshot) -> Vec<Gate<'_>> {
    let mut gates: Vec<Gate<'_>> = Vec::new();
    for kind in snapshot.kinds.values() {
        for (id, item) in &kind.items {
            for access in [Access::View, Access::Edit] {
                if is_exclusive(item, access) {
                    gates.push(Gate { kind: &kind.name, id, access });
                }
            }
        }
    }
    gates.sort_unstable();
    gates
}

/// Whether an access to an item is for members only.
pub(crate) fn is_exclusive(item: &ItemRule, access: Access) -> bool {
    !programs(item, access).is_empty() || is_closed(item, access)
}

pub(crate) fn is_closed(item: &ItemRule, access: Access) -> bool {
    match access {
        Access::View => item.closed_view,
        Access::Edit => item.closed_edit,
    }
}

pub(crate) fn item_of<'s>(snapshot: &'s Snapshot, gate: Gate<'_>) -> Option<&'s ItemRule> {
    snapshot.kinds.get(gate.kind)?.items.get(gate.id)
}

/// The kinds that something of this kind can be a part of, nearest first.
pub(crate) fn wholes<'s>(snapshot: &'s Snapshot, kind: &str) -> Vec<&'s KindRule> {
    let (mut found, mut open) = (Vec::new(), vec![kind]);
    while let Some(next) = open.pop() {
        let parts = snapshot.kinds.get(next).into_iter().flat_map(|kind| &kind.part_of);
        for whole in parts.filter_map(|(name, _)| snapshot.kinds.get(name)) {
            let known = found.iter().any(|other: &&KindRule| other.name == whole.name);
            if !known {
                found.push(whole);
                open.push(&whole.name);
            }
        }
    }
    found
}

impl Person<'_> {
    /// Whether a program admits the user.
    pub(crate) fn is_member(&self, matchers: &MatcherRule) -> Openness {
        if self.member.anonymous {
            return Openness::No;
        }
        // What is about the user alone and not known is known to be missing.
        let settled = || matchers.condition.as_ref().and_then(|clause| self.settled(clause, false));
        match self.ask("", None, |ask| ask.fits(matchers, &mut Silent)) {
            Fit::By(_) => Openness::Yes,
            Fit::Unknown(_) if settled().is_none() => Openness::Depends,
            Fit::Unknown(_) | Fit::Unsettled | Fit::No => Openness::No,
        }
    }

    /// Whether an access is open to the user.
    pub(crate) fn passes(&self, gate: Gate<'_>) -> Openness {
        let admitted =
            self.ask(gate.kind, Some(gate.id), |ask| ask.admitted(gate.access, &mut Silent));
        let Err(reason) = admitted else { return Openness::Yes };
        let Reason::Exclusive { kind, id } = reason else { return Openness::No };
        if id.is_empty() {
            // The whole is not identified without the record.
            return Openness::Depends;
        }
        let snapshot = self.snapshot();
        let itself = (&*kind, &*id) == (gate.kind, gate.id);
        let access = if itself { gate.access } else { Access::View };
        let item = item_of(snapshot, Gate { kind: &kind, id: &id, access });
        let mut given = item.into_iter().flat_map(|item| programs(item, access));
        let undecided = given.any(|at| {
            let program = snapshot.programs.get(*at as usize);
            program.is_some_and(|it| self.is_member(&it.matchers) == Openness::Depends)
        });
        if undecided { Openness::Depends } else { Openness::No }
    }
}
