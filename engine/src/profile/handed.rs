//! What others delegated to a user: never more than they could do themselves.

use super::holding::{Holding, Void};
use super::person::Person;
use crate::model::{Document, Place, Position, Scope};
use crate::snapshot::{DelegationRule, LimitedGrant, PermissionId, PermissionRule, Within};
use std::borrow::Cow;
use std::sync::Arc;

/// What somebody delegated to the user, for some audiences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handed<'a> {
    pub(crate) from: &'a str,
    pub(crate) id: PermissionId,
    pub(crate) audiences: &'a [Box<str>],
}

impl<'a> Person<'a> {
    /// What was delegated to the user and has not ended, with each permission of it that the
    /// catalog lets be.
    pub(crate) fn handed(&self) -> impl Iterator<Item = (&'a DelegationRule, PermissionId)> {
        let (snapshot, now) = (self.snapshot(), self.now);
        let delegations = self.member.extra.iter().flat_map(|extra| &extra.delegations);
        delegations
            .filter(move |rule| rule.valid_until.is_none_or(|until| now < until))
            .flat_map(|rule| rule.permissions.iter().map(move |id| (rule, *id)))
            .filter(move |(_, id)| {
                let rule = snapshot.permission(*id);
                rule.is_some_and(|rule| rule.by_delegation || rule.delegable)
            })
    }

    pub(super) fn hands_on(
        &self,
        delegation: &'a DelegationRule,
        id: PermissionId,
        rule: &'a PermissionRule,
    ) -> bool {
        self.handed_holding(delegation, id, rule).is_ok_and(|holding| !holding.is_empty())
    }

    /// What a delegation of one permission comes to: what the one who delegated could do.
    pub(crate) fn handed_holding(
        &self,
        delegation: &'a DelegationRule,
        id: PermissionId,
        rule: &'a PermissionRule,
    ) -> Result<Holding<'a>, Void<'a>> {
        if rule.by_delegation {
            let holding = Holding { scope: Scope::OWN, own: &rule.own, ..Holding::default() };
            return match rule.reach.has_own() {
                true => Ok(Holding { of_delegator: true, ..holding }),
                false => Err(Void::NobodysOwn),
            };
        }
        let from = Person { member: &delegation.from, ..*self };
        if let Some(void) = from.void(rule, true) {
            return Err(void);
        }
        let mut holding = from.holding(id, rule);
        holding.also = from.required(rule, &holding, true);
        holding.of_delegator = true;
        holding.also.iter_mut().for_each(|also| also.own.of_delegator = true);
        Ok(holding)
    }

    /// What each delegation comes to, its window counted among the limits.
    pub(crate) fn delegations(&self) -> Vec<(Handed<'a>, Holding<'a>)> {
        let mut sum: Vec<(Handed<'a>, Holding<'a>)> = Vec::new();
        for (delegation, id) in self.handed() {
            let Some(rule) = self.snapshot().permission(id) else { continue };
            let mut holding = match self.void(rule, false) {
                Some(_) => Holding::default(),
                None => self.handed_holding(delegation, id, rule).unwrap_or_default(),
            };
            if !holding.is_empty() {
                let required = self.required(rule, &holding, false);
                holding.also.extend(required);
            }
            let holding = self.while_open(delegation, id, holding);
            let (from, audiences) = (&*delegation.from.id, &*delegation.audiences);
            let handed = Handed { from, id, audiences };
            match sum.iter_mut().find(|(known, _)| *known == handed) {
                Some((_, known)) => {
                    known.scope = known.scope.union(holding.scope);
                    known.limited.extend(holding.limited);
                    for also in holding.also {
                        if !known.also.iter().any(|it| it.is(&also)) {
                            known.also.push(also);
                        }
                    }
                }
                None => sum.push((handed, holding)),
            }
        }
        sum.into_iter().map(|(handed, holding)| (handed, holding.settled())).collect()
    }

    /// What is held under a delegation within the window of the delegation.
    pub(super) fn while_open(
        &self,
        delegation: &DelegationRule,
        id: PermissionId,
        mut holding: Holding<'a>,
    ) -> Holding<'a> {
        let from = delegation.valid_from.filter(|from| self.now < *from);
        let until = delegation.valid_until;
        if from.or(until).is_none() {
            return holding;
        }
        let place = Place { document: Document::Directory, at: Position::default() };
        let standing = (!holding.scope.is_none()).then(|| LimitedGrant {
            permission: id,
            scope: holding.scope,
            within: Arc::new(Within { from, until, ..Within::default() }),
            place,
        });
        let within = std::mem::take(&mut holding.limited).into_iter().map(|grant| {
            let mut grant = grant.into_owned();
            let within = Arc::make_mut(&mut grant.within);
            within.from = within.from.max(from);
            within.until = match (within.until, until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            grant
        });
        let limited = standing.into_iter().chain(within).map(Cow::Owned).collect();
        Holding { scope: Scope::NONE, limited, ..holding }
    }
}
