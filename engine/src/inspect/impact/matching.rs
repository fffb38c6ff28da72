//! Two snapshots side by side: what has the same name in both is the same thing.

use crate::directory::Compiled;
use crate::fast::Map;
use crate::snapshot::{
    Assigned, Borrowed, Clause, GrantSet, GuardRule, LimitedGrant, MatcherRule, Member,
    PermissionId, PermissionRule, ProgramRule, Snapshot,
};
use std::sync::Arc;

/// A permission of one snapshot or of both.
#[derive(Debug, Clone, Copy)]
pub(super) struct MatchedPermission<'a> {
    pub(super) name: &'a str,
    pub(super) before: Option<(PermissionId, &'a PermissionRule)>,
    pub(super) after: Option<(PermissionId, &'a PermissionRule)>,
}

impl MatchedPermission<'_> {
    /// Whether it restricts those who hold it. Where that changed it counts as what it is after.
    pub(super) fn restricts(&self) -> bool {
        self.after.or(self.before).is_some_and(|(_, rule)| rule.is_constraint)
    }
}

/// A program of one snapshot or of both.
#[derive(Debug, Clone, Copy)]
pub(super) struct MatchedProgram<'a> {
    pub(super) name: &'a str,
    pub(super) before: Option<&'a ProgramRule>,
    pub(super) after: Option<&'a ProgramRule>,
}

/// What is what in the other snapshot.
pub(super) struct Matching<'a> {
    pub(super) slots: Vec<MatchedPermission<'a>>,
    /// The slot of each permission.
    of_before: Vec<usize>,
    of_after: Vec<usize>,
    /// Whether the permissions are the same ones in the same order.
    pub(super) aligned: bool,
    /// The role after of each role before.
    pub(super) roles: Vec<Option<u32>>,
    pub(super) policies: Vec<Option<u32>>,
    pub(super) programs: Vec<MatchedProgram<'a>>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(before: &'a Compiled, after: &'a Compiled) -> Self {
        let (before, after) = (&*before.snapshot, &*after.snapshot);
        let mut slots: Vec<MatchedPermission<'a>> = after
            .each_permission()
            .map(|(id, rule)| MatchedPermission {
                name: &rule.id,
                before: None,
                after: Some((id, rule)),
            })
            .collect();
        let of_after = (0..slots.len()).collect();
        let mut of_before = Vec::with_capacity(before.permissions.len());
        for (id, rule) in before.each_permission() {
            let known = after.permission_id(&rule.id).map(|id| usize::from(id.0));
            let at = known.unwrap_or(slots.len());
            match slots.get_mut(at) {
                Some(slot) => slot.before = Some((id, rule)),
                None => slots.push(MatchedPermission {
                    name: &rule.id,
                    before: Some((id, rule)),
                    after: None,
                }),
            }
            of_before.push(at);
        }
        let aligned = before.permissions.len() == after.permissions.len()
            && of_before.iter().enumerate().all(|(at, slot)| at == *slot);
        let by_name = |ids: &Map<u32>, name: &str| ids.get(name).copied();
        let roles = before.roles.iter().map(|rule| by_name(&after.role_ids, &rule.id)).collect();
        let policies = before.policies.iter();
        let policies = policies.map(|rule| by_name(&after.policy_ids, &rule.id)).collect();
        Self {
            slots,
            of_before,
            of_after,
            aligned,
            roles,
            policies,
            programs: programs(before, after),
        }
    }

    pub(super) fn of_before(&self, id: PermissionId) -> Option<usize> {
        self.of_before.get(usize::from(id.0)).copied()
    }

    pub(super) fn of_after(&self, id: PermissionId) -> Option<usize> {
        self.of_after.get(usize::from(id.0)).copied()
    }

    /// The slots in which two sets of grants differ.
    pub(super) fn differing(&self, before: &GrantSet, after: &GrantSet) -> Vec<usize> {
        if self.aligned && before.limited.is_empty() && after.limited.is_empty() {
            let pairs = before.plain.iter().zip(&after.plain).enumerate();
            return pairs.filter(|(_, (a, b))| a != b).map(|(slot, _)| slot).collect();
        }
        let slots = self.slots.iter().enumerate();
        let differing = slots.filter(|(_, slot)| {
            let (was, is) = (slot.before.map(|(id, _)| id), slot.after.map(|(id, _)| id));
            let plain = |set: &GrantSet, id: Option<PermissionId>| {
                id.map(|id| set.plain(id)).unwrap_or_default()
            };
            fn limited(set: &GrantSet, id: Option<PermissionId>) -> &[LimitedGrant] {
                id.map(|id| set.limited(id)).unwrap_or_default()
            }
            plain(before, was) != plain(after, is)
                || !same_limited(limited(before, was), limited(after, is))
        });
        differing.map(|(slot, _)| slot).collect()
    }

    /// Whether a user is defined as before.
    pub(super) fn is_same(&self, before: &Member, after: &Member) -> bool {
        let mapped = |were: &[u32], are: &[u32], to: &[Option<u32>]| {
            were.len() == are.len()
                && were
                    .iter()
                    .zip(are)
                    .all(|(was, is)| to.get(*was as usize).copied().flatten() == Some(*is))
        };
        before.status == after.status
            && before.invitation == after.invitation
            && before.owner == after.owner
            && mapped(before.roles(), after.roles(), &self.roles)
            && self.is_borrowed_alike(before.borrowed(), after.borrowed())
            && before.unknown_roles() == after.unknown_roles()
            && mapped(before.policies(), after.policies(), &self.policies)
            && before.teams == after.teams
            && before.tags == after.tags
            && self.is_same_extra(before, after)
            && before.attributes == after.attributes
    }

    /// Whether the same roles are held within the same limits.
    fn is_assigned_alike(&self, before: &[Assigned], after: &[Assigned]) -> bool {
        let is_role = |was: Option<u32>, is: Option<u32>| match was {
            Some(was) => self.roles.get(was as usize).copied().flatten() == is && is.is_some(),
            None => is.is_none(),
        };
        let mut pairs = before.iter().zip(after);
        before.len() == after.len()
            && pairs.all(|(was, is)| {
                is_role(was.role, is.role)
                    && was.name == is.name
                    && was.limits.within.says(&is.limits.within)
            })
    }

    /// Whether the same roles come to both without being given to them.
    fn is_borrowed_alike(&self, before: &[Borrowed], after: &[Borrowed]) -> bool {
        let within = |it: &Borrowed| it.role.limits.as_ref().map(|it| Arc::clone(&it.within));
        let mut pairs = before.iter().zip(after);
        before.len() == after.len()
            && pairs.all(|(was, is)| {
                let to = self.roles.get(was.role.role as usize).copied().flatten();
                let same = match (within(was), within(is)) {
                    (None, None) => true,
                    (Some(was), Some(is)) => was.says(&is),
                    _ => false,
                };
                to == Some(is.role.role) && was.team == is.team && same
            })
    }

    /// Whether what few users have is as before. Delegations are compared elsewhere.
    fn is_same_extra(&self, before: &Member, after: &Member) -> bool {
        match (before.extra.as_deref(), after.extra.as_deref()) {
            (None, None) => true,
            (Some(before), Some(after)) if self.aligned => {
                let grants = match (&before.grants, &after.grants) {
                    (None, None) => true,
                    (Some(before), Some(after)) => same_set(before, after),
                    _ => false,
                };
                let mut adjusted = before.adjusted.iter().zip(&after.adjusted);
                grants
                    && self.is_assigned_alike(&before.assigned, &after.assigned)
                    && before.added == after.added
                    && before.adjusted.len() == after.adjusted.len()
                    && adjusted.all(|((was, before), (is, after))| {
                        self.roles.get(*was as usize).copied().flatten() == Some(*is)
                            && same_set(before, after)
                    })
            }
            _ => false,
        }
    }
}

fn programs<'a>(before: &'a Snapshot, after: &'a Snapshot) -> Vec<MatchedProgram<'a>> {
    let mut slots: Vec<MatchedProgram<'a>> = after
        .programs
        .iter()
        .map(|rule| MatchedProgram { name: &rule.id, before: None, after: Some(rule) })
        .collect();
    let mut by_name: Map<usize> =
        slots.iter().enumerate().map(|(at, slot)| (slot.name.into(), at)).collect();
    for rule in before.programs.iter() {
        match by_name.get(&*rule.id).and_then(|at| slots.get_mut(*at)) {
            Some(slot) => slot.before = Some(rule),
            None => {
                by_name.insert((&*rule.id).into(), slots.len());
                slots.push(MatchedProgram { name: &rule.id, before: Some(rule), after: None });
            }
        }
    }
    slots
}

/// Whether two sets of grants of one catalog grant the same.
fn same_set(a: &GrantSet, b: &GrantSet) -> bool {
    let permission = |grant: &LimitedGrant| grant.permission;
    a.plain == b.plain
        && a.limited.iter().map(permission).eq(b.limited.iter().map(permission))
        && same_limited(&a.limited, &b.limited)
}

fn same_limited(a: &[LimitedGrant], b: &[LimitedGrant]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.scope == b.scope && a.within.says(&b.within))
}

pub(super) fn same_clause(a: Option<&Clause>, b: Option<&Clause>) -> bool {
    let source =
        |clause: Option<&Clause>| clause.map(|clause| clause.condition.source().to_owned());
    source(a) == source(b)
}

pub(super) fn same_guard(a: &GuardRule, b: &GuardRule) -> bool {
    a.require == b.require
        && same_clause(a.condition.as_ref(), b.condition.as_ref())
        && a.check == b.check
}

pub(super) fn same_matchers(a: &MatcherRule, b: &MatcherRule) -> bool {
    a.roles == b.roles
        && a.teams == b.teams
        && a.exact_teams == b.exact_teams
        && a.tags == b.tags
        && same_clause(a.condition.as_ref(), b.condition.as_ref())
}
