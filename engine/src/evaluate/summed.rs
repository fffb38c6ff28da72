//! What roles and policies grant together, looked up in one place.
//!
//! A decision need not know which of fifty roles grants something, only how far all of them do.
//! An explanation walks the sources one by one and comes to the same scope.

use super::Ask;
use super::sources::Counts;
use crate::model::Scope;
use crate::snapshot::{GrantSet, Limited, PermissionId, PermissionRule, RoleRule};

impl Ask<'_> {
    /// The same by what the roles and policies of the subject grant together, where that was added
    /// up. Only what is within limits is looked at one by one.
    #[inline]
    pub(super) fn summed(&self, id: PermissionId, rule: &PermissionRule) -> Option<Scope> {
        let member = self.member;
        if rule.owner_only {
            return Some(if member.owner { rule.reach } else { Scope::NONE });
        }
        let (sum, extra) = (member.sum()?, member.extra.as_deref());
        // Where rights were unticked the roles grant less than what was added up.
        if extra.is_some_and(|extra| !extra.adjusted.is_empty()) {
            return None;
        }
        let scope = member.baseline(rule).union(sum.plain(id));
        if extra.is_none() && !sum.is_limited(id) {
            return Some(scope);
        }
        let add = |scope: Scope, set: &GrantSet| {
            let limited = set.limited(id).iter();
            let limited = limited.filter(|grant| self.within(&grant.within) == Counts::Yes);
            limited.fold(scope, |scope, grant| scope.union(grant.scope))
        };
        let mut scope = scope;
        if sum.is_limited(id) {
            for role in member.roles().iter().filter_map(|role| self.snapshot.role(*role)) {
                scope = add(scope, &role.grants);
            }
            for lent in member.borrowed() {
                let Some(role) = self.snapshot.role(lent.role.role) else { continue };
                scope = match &lent.role.limits {
                    None => add(scope, &role.grants),
                    Some(limits) => self.summed_within(id, role, limits, scope, add),
                };
            }
            let policies = member.policies().iter();
            for policy in policies.filter_map(|at| self.snapshot.policies.get(*at as usize)) {
                scope = add(scope, &policy.grants);
            }
        }
        let Some(extra) = extra else { return Some(scope) };
        for held in &extra.assigned {
            let Some(role) = held.role.and_then(|role| self.snapshot.role(role)) else { continue };
            scope = self.summed_within(id, role, &held.limits, scope, add);
        }
        if let Some(grants) = &extra.grants {
            scope = add(scope.union(grants.plain(id)), grants);
        }
        let ticked = extra.added.iter().filter(|(added, _)| *added == id);
        Some(ticked.fold(scope, |scope, (_, ticked)| scope.union(*ticked)))
    }

    /// Adds what a role grants that is held within limits.
    fn summed_within(
        &self,
        id: PermissionId,
        role: &RoleRule,
        limits: &Limited,
        scope: Scope,
        add: impl Fn(Scope, &GrantSet) -> Scope,
    ) -> Scope {
        let plain = role.grants.plain(id);
        let grants = !plain.is_none() || !role.grants.limited(id).is_empty();
        match grants && self.within(&limits.within) == Counts::Yes {
            true => add(scope.union(plain), &role.grants),
            false => scope,
        }
    }
}
