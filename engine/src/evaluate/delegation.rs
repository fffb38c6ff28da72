//! Delegation: what one user lets another do in their place.
//!
//! A delegation never opens more than the one who delegates could do at that moment: the same
//! steps are taken in their name, and what would bind them binds whoever acts for them.

use super::{Ask, Findings, Silent};
use crate::decision::{Obligation, Unmet};
use crate::snapshot::{DelegationRule, PermissionId, PermissionRule};
use std::sync::Arc;

/// A delegation that counts, and what the one who delegated would be obliged to.
pub(crate) struct Delegated<'a> {
    pub(crate) rule: &'a DelegationRule,
    pub(crate) obligations: Vec<Arc<Obligation>>,
}

impl<'a> Ask<'a> {
    /// The delegation under which the subject may act.
    pub(crate) fn delegation(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
    ) -> Option<Delegated<'a>> {
        // Nobody hands on what was handed to them.
        if self.alone || !(rule.by_delegation || rule.delegable) {
            return None;
        }
        let delegations = self.member.extra.as_deref()?.delegations.iter();
        delegations
            .filter(|delegation| delegation.permissions.contains(&id) && self.is_open(delegation))
            .find_map(|delegation| {
                let obligations = self.in_the_name_of(delegation, id, rule)?;
                Some(Delegated { rule: delegation, obligations })
            })
    }

    /// The delegation under which the subject acts: none where they can act in their own right.
    pub(super) fn acts_under(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
    ) -> Option<Delegated<'a>> {
        let delegation = self.delegation(id, rule)?;
        let scope = self.granted(id, rule, &mut Silent).scope;
        self.reaches(scope, rule).is_none().then_some(delegation)
    }

    /// Why nothing that was delegated to the subject applies here, where something was.
    pub(super) fn undelegated(&self, id: PermissionId, rule: &PermissionRule) -> Option<Unmet> {
        let can_be = rule.by_delegation || rule.delegable;
        if self.alone || !can_be {
            return None;
        }
        let delegations = self.member.extra.as_deref()?.delegations.iter();
        let named = delegations.filter(|delegation| delegation.permissions.contains(&id));
        named
            .map(|delegation| match self.is_open(delegation) {
                true => Unmet::Delegation,
                false => Unmet::Time,
            })
            .max()
    }

    /// Whether the delegation has begun and not ended, noting until when.
    fn is_open(&self, delegation: &DelegationRule) -> bool {
        self.is_within(delegation.valid_from, delegation.valid_until)
    }

    /// What the one who delegates would be obliged to; `None` if they could not do it.
    fn in_the_name_of(
        &self,
        delegation: &'a DelegationRule,
        id: PermissionId,
        rule: &PermissionRule,
    ) -> Option<Vec<Arc<Obligation>>> {
        if rule.by_delegation {
            // It is theirs to give for whatever is their own.
            let own = rule.reach.has_own() && self.is_own(&rule.own, &delegation.from);
            return own.then(Vec::new);
        }
        let ask = Ask { member: &delegation.from, alone: true, ..*self };
        let mut found = Findings::default();
        ask.steps(id, rule, &mut found, &mut Silent).ok()?;
        found.ungranted.is_none().then_some(found.obligations)
    }
}
