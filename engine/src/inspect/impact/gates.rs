//! The exclusive items of two snapshots, and which of them an edit can have opened or closed.
//!
//! Items that the same programs give in the same way are open to the same people. They are
//! asked about once: a program that gives a hundred items costs no more than one that gives one.

use super::matching::Matching;
use crate::evaluate::programs;
use crate::profile::{Gate, gates, is_closed, is_exclusive, item_of, wholes};
use crate::snapshot::{ItemRule, Snapshot};
use std::collections::HashMap;

/// Items that stand or fall together.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// What they are; any one speaks for all.
    pub(super) gates: Vec<Gate<'a>>,
    /// Whether they were exclusive.
    pub(super) before: bool,
    /// Whether they are.
    pub(super) after: bool,
    pub(super) concern: Concern,
}

/// How an edit can have changed who gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Concern {
    /// Not at all, for users who are as before.
    Clean,
    /// Only for those whom a program admits or no longer does.
    Members,
    /// Other programs give it, or it was opened or closed: for anybody.
    Anybody,
}

/// By which programs an access is given, in numbers that both snapshots share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Given {
    programs: Vec<usize>,
    closed: bool,
}

/// All groups, in the order of their first item.
pub(super) fn groups<'a>(
    was: &'a Snapshot,
    is: &'a Snapshot,
    matching: &Matching<'a>,
    affected_programs: &[usize],
) -> Vec<Group<'a>> {
    let numbers: HashMap<&str, usize> =
        matching.programs.iter().enumerate().map(|(at, slot)| (slot.name, at)).collect();
    let affected = |given: &Given| given.programs.iter().any(|at| affected_programs.contains(at));
    let mut all = gates(was);
    all.extend(gates(is));
    all.sort_unstable();
    all.dedup();
    let given = |snapshot: &Snapshot, gate: Gate<'_>| {
        item_of(snapshot, gate)
            .filter(|item| is_exclusive(item, gate.access))
            .map(|item| given(snapshot, item, gate, &numbers))
    };
    // What changed about any item of a kind can concern the parts of it.
    let mut by_kind: HashMap<&str, Concern> = HashMap::new();
    let mut known: Vec<(Gate<'a>, Option<Given>, Option<Given>, Concern)> = Vec::new();
    for gate in all {
        let (before, after) = (given(was, gate), given(is, gate));
        let concern = if before != after {
            Concern::Anybody
        } else if after.as_ref().is_some_and(affected) {
            Concern::Members
        } else {
            Concern::Clean
        };
        let kind = by_kind.entry(gate.kind).or_insert(Concern::Clean);
        *kind = (*kind).max(concern);
        known.push((gate, before, after, concern));
    }
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut alike: HashMap<(Option<Given>, Option<Given>), usize> = HashMap::new();
    for (gate, before, after, own) in known {
        let (whole, parted) = of_wholes(was, is, gate.kind, &by_kind);
        let group = Group {
            gates: vec![gate],
            before: before.is_some(),
            after: after.is_some(),
            concern: own.max(whole),
        };
        if parted {
            // Its whole has another id than that of the next one: it stands by itself.
            groups.push(group);
            continue;
        }
        let at = *alike.entry((before, after)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.gates.push(gate),
            None => groups.push(group),
        }
    }
    groups
}

/// What the wholes of a kind have changed for its items, and whether it has any.
fn of_wholes(
    was: &Snapshot,
    is: &Snapshot,
    kind: &str,
    by_kind: &HashMap<&str, Concern>,
) -> (Concern, bool) {
    let parts = |snapshot: &Snapshot| {
        let kind = snapshot.kinds.get(kind);
        kind.map(|kind| kind.part_of.to_vec()).unwrap_or_default()
    };
    let (before, after) = (wholes(was, kind), wholes(is, kind));
    if before.is_empty() && after.is_empty() {
        return (Concern::Clean, false);
    }
    let names = before.iter().chain(&after).map(|whole| &*whole.name);
    let moved = parts(was) != parts(is)
        || before.len() != after.len()
        || before.iter().any(|whole| parts_differ(was, is, &whole.name));
    let concern = names.filter_map(|name| by_kind.get(name).copied()).max();
    let concern = concern.unwrap_or(Concern::Clean);
    (if moved { Concern::Anybody } else { concern }, true)
}

fn parts_differ(was: &Snapshot, is: &Snapshot, kind: &str) -> bool {
    match (was.kinds.get(kind), is.kinds.get(kind)) {
        (Some(a), Some(b)) => a.part_of != b.part_of,
        (None, None) => false,
        _ => true,
    }
}

fn given(
    snapshot: &Snapshot,
    item: &ItemRule,
    gate: Gate<'_>,
    numbers: &HashMap<&str, usize>,
) -> Given {
    let rules = programs(item, gate.access).iter();
    let rules = rules.filter_map(|at| snapshot.programs.get(*at as usize));
    let mut programs: Vec<usize> =
        rules.filter_map(|rule| numbers.get(&*rule.id).copied()).collect();
    programs.sort_unstable();
    programs.dedup();
    Given { programs, closed: is_closed(item, gate.access) }
}
