//! What an edit touches: which permissions can have changed for whom.
//!
//! Sources are compared before users are: an edit of one role concerns its holders and the
//! permissions in which it differs, with those that hang on them, and nobody and nothing else.

use super::matching::{MatchedPermission, Matching, same_guard, same_matchers};
use crate::directory::Compiled;
use crate::model::{InputPath, Predicate};
use crate::snapshot::{
    Clause, GuardRule, HeldRole, Member, PermissionId, PermissionRule, SharedContent, Snapshot,
};

/// What can have changed.
pub(super) struct Affected {
    /// The slots that can have changed for everybody.
    pub(super) everyone: Vec<usize>,
    /// The slots that can have changed for the holders of a role, by role before.
    pub(super) roles: Vec<Vec<usize>>,
    /// The same by policy before.
    pub(super) policies: Vec<Vec<usize>>,
    /// The programs that admit others than before.
    pub(super) programs: Vec<usize>,
}

impl Affected {
    pub(super) fn new(before: &Compiled, after: &Compiled, matching: &Matching<'_>) -> Self {
        let (was, is) = (&*before.snapshot, &*after.snapshot);
        let hanging = hanging(matching, was, is);
        let everyone = matching.slots.iter().enumerate();
        let everyone = everyone.filter(|(_, slot)| !same_rule(matching, slot, was, is));
        let everyone = closure(everyone.map(|(at, _)| at).collect(), &hanging);
        let roles = was.roles.iter().zip(&matching.roles).map(|(role, to)| {
            let after = to.and_then(|to| is.role(to));
            let affected = after.map(|after| matching.differing(&role.grants, &after.grants));
            closure(affected.unwrap_or_default(), &hanging)
        });
        let policies = was.policies.iter().zip(&matching.policies).map(|(policy, to)| {
            let after = to.and_then(|to| is.policies.get(to as usize));
            let affected = after.map(|after| matching.differing(&policy.grants, &after.grants));
            closure(affected.unwrap_or_default(), &hanging)
        });
        let programs = matching.programs.iter().enumerate().filter(|(_, slot)| {
            !matches!((slot.before, slot.after), (Some(a), Some(b))
                if same_matchers(&a.matchers, &b.matchers))
        });
        Self {
            everyone,
            roles: roles.collect(),
            policies: policies.collect(),
            programs: programs.map(|(at, _)| at).collect(),
        }
    }

    /// The roles that grant something else than before.
    pub(super) fn edited<'a>(&self, before: &'a Compiled) -> Vec<&'a str> {
        let roles = before.snapshot.roles.iter().zip(&self.roles);
        roles.filter(|(_, slots)| !slots.is_empty()).map(|(role, _)| &*role.id).collect()
    }

    /// Adds the slots that can have changed for a user who is defined as before.
    pub(super) fn of(&self, member: &Member, slots: &mut Vec<usize>) {
        slots.clear();
        slots.extend_from_slice(&self.everyone);
        for HeldRole { role, .. } in member.held_roles() {
            slots.extend_from_slice(self.roles.get(role as usize).map_or(&[], Vec::as_slice));
        }
        for policy in member.policies() {
            let affected = self.policies.get(*policy as usize);
            slots.extend_from_slice(affected.map_or(&[], Vec::as_slice));
        }
        if slots.len() > 1 {
            slots.sort_unstable();
            slots.dedup();
        }
    }
}

/// Whether what the catalog and the plan say about a permission, as far as it shows in rights,
/// is as before.
fn same_rule(
    matching: &Matching<'_>,
    slot: &MatchedPermission<'_>,
    was: &Snapshot,
    is: &Snapshot,
) -> bool {
    let (Some((_, a)), Some((_, b))) = (slot.before, slot.after) else { return false };
    let needs = |rule: &PermissionRule| rule.entitlement.clone();
    let requires_before = a.requires.iter().map(|id| matching.of_before(*id));
    let requires_after = b.requires.iter().map(|id| matching.of_after(*id));
    a.baseline == b.baseline
        && a.reach == b.reach
        && a.owner_only == b.owner_only
        && a.while_pending == b.while_pending
        && a.is_constraint == b.is_constraint
        && a.by_delegation == b.by_delegation
        && a.delegable == b.delegable
        && needs(a) == needs(b)
        && requires_before.eq(requires_after)
        && guarding(was, a).len() == guarding(is, b).len()
        && guarding(was, a).iter().zip(guarding(is, b)).all(|(a, b)| same_guard(a, b))
        && forbidding(was, a, |id| matching.of_before(id))
            .eq(forbidding(is, b, |id| matching.of_after(id)))
}

/// The guards on a permission.
fn guarding<'s>(snapshot: &'s Snapshot, rule: &PermissionRule) -> Vec<&'s GuardRule> {
    let guards = rule.guards.iter();
    guards.filter_map(|at| snapshot.catalog.guards.get(usize::from(*at))).collect()
}

/// The toggles that forbid a permission, and where they do not.
fn forbidding<'s>(
    snapshot: &'s Snapshot,
    rule: &'s PermissionRule,
    slot: impl Fn(PermissionId) -> Option<usize> + 's,
) -> impl Iterator<Item = (Option<usize>, Option<&'s Predicate>)> {
    let constraints = rule.constraints.iter();
    constraints
        .filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)))
        .filter(|constraint| constraint.forbids)
        .map(move |constraint| (slot(constraint.toggle), constraint.unless.as_ref()))
}

/// Which slots hang on each slot: what requires it, what it forbids, what it is an exemption of,
/// what a guard that asks whether it is held is on.
fn hanging(matching: &Matching<'_>, was: &Snapshot, is: &Snapshot) -> Vec<Vec<usize>> {
    let mut hanging: Vec<Vec<usize>> = vec![Vec::new(); matching.slots.len()];
    let mut hang = |on: Option<usize>, this: usize| {
        if let Some(list) = on.and_then(|on| hanging.get_mut(on)) {
            list.push(this);
        }
    };
    for (this, slot) in matching.slots.iter().enumerate() {
        if let Some((_, rule)) = slot.before {
            for on in reads(was, rule) {
                hang(matching.of_before(on), this);
            }
        }
        if let Some((_, rule)) = slot.after {
            for on in reads(is, rule) {
                hang(matching.of_after(on), this);
            }
        }
    }
    hanging
}

/// The permissions whose holding decides on the use of another one.
fn reads(snapshot: &Snapshot, rule: &PermissionRule) -> Vec<PermissionId> {
    let mut reads: Vec<PermissionId> = rule.needs.iter().map(|need| need.permission).collect();
    let ask = |predicate: &Predicate, reads: &mut Vec<PermissionId>| {
        predicate.visit_paths(&mut |path| {
            if let InputPath::SubjectHolds(name) = path {
                reads.extend(snapshot.permission_id(name));
            }
        });
    };
    let mut conditions: Vec<&Clause> = Vec::new();
    for guard in guarding(snapshot, rule) {
        guard.require.iter().for_each(|require| ask(require, &mut reads));
        conditions.extend(&guard.condition);
    }
    for content in rule.content.iter().flat_map(SharedContent::all) {
        let plan = &snapshot.sharing;
        let Some(content) = plan.contents.get(usize::from(content)) else { continue };
        let policies = content.policies.iter().filter_map(|at| plan.policies.get(usize::from(*at)));
        let overrides =
            content.overrides.iter().filter_map(|at| plan.overrides.get(usize::from(*at)));
        conditions.extend(policies.chain(overrides).filter_map(|rule| rule.condition.as_ref()));
    }
    for path in conditions.into_iter().flat_map(|clause| clause.condition.inputs()) {
        if let InputPath::SubjectHolds(name) = path {
            reads.extend(snapshot.permission_id(name));
        }
    }
    let constraints = rule.constraints.iter();
    for constraint in
        constraints.filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)))
    {
        reads.push(constraint.toggle);
        constraint.unless.iter().for_each(|unless| ask(unless, &mut reads));
    }
    reads
}

/// These and all that hang on them, by way of others too.
fn closure(mut slots: Vec<usize>, hanging: &[Vec<usize>]) -> Vec<usize> {
    let mut next = 0;
    while let Some(slot) = slots.get(next).copied() {
        for other in hanging.get(slot).map_or(&[][..], Vec::as_slice) {
            if !slots.contains(other) {
                slots.push(*other);
            }
        }
        next += 1;
    }
    slots
}
