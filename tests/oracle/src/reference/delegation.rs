//! Acting for somebody who could do it themself.

use super::{Duty, Evaluator, is_within};
use permesso_engine::decision::Request;
use permesso_engine::model::{
    Delegation, GrantedBy, Instant, Invitation, Permission, Status, Text, User,
};
use std::collections::BTreeSet;

impl Evaluator<'_> {
    /// The first delegation by which somebody lets the user do in their place what they could do
    /// here. None is looked for by those who hold it in person as far as this resource.
    pub(super) fn acts_for_another(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Option<&Delegation> {
        if !is_delegable(permission) || self.granted_in_person(permission, user, request) {
            return None;
        }
        self.directory.delegations.iter().find(|delegation| {
            let within = is_within(
                delegation.valid_from.map(Instant::millis),
                delegation.valid_until.map(Instant::millis),
                request.now,
            );
            let listed =
                delegation.to == user.id && delegation.permissions.contains(&permission.id);
            if listed && !within {
                self.seen.note("delegation: outside its window");
            }
            listed
                && within
                && self
                    .user(&delegation.from)
                    .is_some_and(|from| self.could_do_it(permission, from, request))
        })
    }

    /// What a delegation lists, without what has no effect there.
    pub(super) fn delegated<'d>(&self, delegation: &'d Delegation) -> Vec<&'d Text> {
        let counts = |permission: &Permission| {
            is_delegable(permission) || permission.granted_by == GrantedBy::Delegation
        };
        let listed = delegation.permissions.iter();
        listed.filter(|id| self.permission(id).is_some_and(|(_, it)| counts(it))).collect()
    }

    /// Whether every step but the family's would let a delegator do it in person: what is
    /// delegated to them does not count.
    fn could_do_it(&self, permission: &Permission, from: &User, request: &Request<'_>) -> bool {
        let here = from.status == Status::Active
            && (from.invitation == Invitation::Accepted || permission.while_pending)
            && permission.entitlement.as_ref().is_none_or(|name| self.entitled(name))
            && self.granted_in_person(permission, from, request);
        let steps = [
            (!here, "delegation: not the delegator's to give"),
            (
                !permission.requires.iter().all(|id| self.held_in_person(id, from, request)),
                "delegation: the delegator lacks a prerequisite",
            ),
            (
                self.exclusive(permission, from, request).is_err(),
                "delegation: the item is closed to the delegator",
            ),
            (
                self.is_forbidden(permission, from, request),
                "delegation: a toggle binds the delegator",
            ),
            (
                self.guards(permission, from, request).is_err(),
                "delegation: a guard does not hold of the delegator",
            ),
            (
                self.is_withheld(permission, from, request),
                "delegation: the record is not shared with the delegator",
            ),
        ];
        let mut could = true;
        for (_, why) in steps.iter().filter(|(missing, _)| *missing) {
            self.seen.note(why);
            could = false;
        }
        if could {
            self.seen.note("delegation: the delegator could");
        }
        could
    }

    /// What the delegator is obliged to do falls to the user who acts for them.
    pub(super) fn duties_of_delegator(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
        duties: &mut BTreeSet<Duty>,
    ) {
        let delegation = self.acts_for_another(permission, user, request);
        if let Some(from) = delegation.and_then(|delegation| self.user(&delegation.from)) {
            let _ = self.constraints(permission, from, request, duties);
            let _ = self.sharing(permission, from, request, duties);
        }
    }

    fn is_withheld(&self, permission: &Permission, user: &User, request: &Request<'_>) -> bool {
        self.privacy(permission, user, request).is_err()
            || self.sharing(permission, user, request, &mut BTreeSet::new()).is_err()
    }

    fn held_in_person(&self, id: &str, user: &User, request: &Request<'_>) -> bool {
        self.permission(id).is_some_and(|(_, permission)| {
            permission.entitlement.as_ref().is_none_or(|name| self.entitled(name))
                && self.granted_in_person(permission, user, request)
                && permission.requires.iter().all(|id| self.held_in_person(id, user, request))
        })
    }

    fn is_forbidden(&self, permission: &Permission, user: &User, request: &Request<'_>) -> bool {
        self.catalog.permissions().any(|(_, toggle)| {
            toggle.constraint.as_ref().is_some_and(|constraint| {
                constraint.forbids.contains(&permission.id)
                    && self.binds(toggle, constraint, user, request)
            })
        })
    }
}

fn is_delegable(permission: &Permission) -> bool {
    permission.delegable
        && permission.granted_by == GrantedBy::Roles
        && permission.constraint.is_none()
        && !permission.owner_only
}
