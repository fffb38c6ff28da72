//! What roles and policies grant together, looked up in one place.
//!
//! A decision need not know which of fifty roles grants something, only how far all of them do.
//! An explanation walks the sources one by one and comes to the same scope.

use super::Ask;
use super::sources::{Counts, Granted};
use crate::model::Scope;
use crate::snapshot::{GrantSet, Limited, PermissionId, PermissionRule, RoleRule};

impl Ask<'_> {
    /// The same by what the roles and policies of the subject grant together, where that was added
    /// up. Only what is within limits is looked at one by one.
    #[inline]
    pub(super) fn summed(&self, id: PermissionId, rule: &PermissionRule) -> Option<Granted> {
        let member = self.member;
        if rule.owner_only {
            return Some(Granted::at(if member.owner { rule.reach } else { Scope::NONE }));
        }
        let (sum, extra) = (member.sum()?, member.extra.as_deref());
        // Where rights were unticked the roles grant less than what was added up.
        if extra.is_some_and(|extra| !extra.adjusted.is_empty()) {
            return None;
        }
        let mut granted = Granted::at(member.baseline(rule).union(sum.plain(id)));
        if extra.is_none() && !sum.is_limited(id) {
            return Some(granted);
        }
        let add = |granted: Granted, set: &GrantSet| {
            let limited = set.limited(id).iter();
            limited.fold(granted, |granted, it| granted.and(it.scope, &self.within(&it.within)))
        };
        if sum.is_limited(id) {
            for role in member.roles().iter().filter_map(|role| self.snapshot.role(*role)) {
                granted = add(granted, &role.grants);
            }
            for lent in member.borrowed() {
                let Some(role) = self.snapshot.role(lent.role.role) else { continue };
                granted = match &lent.role.limits {
                    None => add(granted, &role.grants),
                    Some(limits) => self.summed_within(id, role, limits, granted),
                };
            }
            let policies = member.policies().iter();
            for policy in policies.filter_map(|at| self.snapshot.policies.get(*at as usize)) {
                granted = add(granted, &policy.grants);
            }
        }
        let Some(extra) = extra else { return Some(granted) };
        for held in &extra.assigned {
            let Some(role) = held.role.and_then(|role| self.snapshot.role(role)) else { continue };
            granted = self.summed_within(id, role, &held.limits, granted);
        }
        if let Some(grants) = &extra.grants {
            granted = add(granted.and(grants.plain(id), &Counts::Yes), grants);
        }
        let ticked = extra.added.iter().filter(|(added, _)| *added == id);
        Some(ticked.fold(granted, |granted, (_, scope)| granted.and(*scope, &Counts::Yes)))
    }

    /// Adds what a role grants that is held within limits.
    fn summed_within(
        &self,
        id: PermissionId,
        role: &RoleRule,
        limits: &Limited,
        granted: Granted,
    ) -> Granted {
        let (plain, limited) = (role.grants.plain(id), role.grants.limited(id));
        if plain.is_none() && limited.is_empty() {
            return granted;
        }
        let held = self.within(&limits.within);
        limited.iter().fold(granted.and(plain, &held), |granted, it| {
            granted.and(it.scope, &held.clone().and(|| self.within(&it.within)))
        })
    }
}
