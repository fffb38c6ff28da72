//! The naive evaluator: the specification, read aloud.
//!
//! Nothing here is prepared, kept or shared with the engine beyond the words of the model: each
//! question walks the documents from the top with plain loops. What is slow is easy to check
//! against the doc comments of the model, and a mistake here is unlikely to be the engine's too.

mod anonymous;
mod assigned;
pub(crate) mod condition;
mod contract;
mod delegation;
mod exclusive;
mod family;
mod grants;
mod guards;
mod holding;
mod inputs;
mod matchers;
mod predicate;
mod seen;
mod sharing;
mod tables;
mod teams;
mod unmet;

pub use seen::Seen;
pub(crate) use tables::written_out;

use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Reason, Request, Resource};
use permesso_engine::model::{
    Catalog, Category, Constraint, Directory, Invitation, Permission, Role, Status, Tenant, User,
};
use std::collections::BTreeSet;

/// The naive evaluator: one product, one tenant of it, its people and the families that are
/// installed.
#[derive(Debug)]
pub struct Evaluator<'a> {
    /// The product.
    pub catalog: &'a Catalog,
    /// The tenant.
    pub tenant: &'a Tenant,
    /// Its people.
    pub directory: &'a Directory,
    /// What is installed.
    pub families: &'a FamilySet,
    /// What was come across so far.
    pub seen: Seen,
}

/// How far a family's demand for another permission is followed; deeper is denied.
const MAX_DEPTH: u8 = 3;

/// An obligation without its order: code, values, source.
pub type Duty = (String, Vec<String>, String);

/// What the naive evaluator answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// Why; [`Reason::Granted`] and [`Reason::Floor`] allow.
    pub reason: Reason,
    /// What travels with an allow.
    pub duties: BTreeSet<Duty>,
}

impl Ruling {
    /// Whether the subject may proceed.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        matches!(self.reason, Reason::Granted | Reason::Floor { .. })
    }

    fn deny(reason: Reason) -> Self {
        Self { reason, duties: BTreeSet::new() }
    }
}

impl<'a> Evaluator<'a> {
    /// Decides one request.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Ruling {
        let Some((category, permission)) = self.permission(request.action) else {
            return Ruling::deny(Reason::UnknownAction);
        };
        match self.contract(category, permission, request) {
            Ok(attributes) => {
                let resource = Resource { attributes: &attributes, ..request.resource };
                self.decide_at(&Request { resource, ..*request }, 0)
            }
            Err(reason) => Ruling::deny(reason),
        }
    }

    /// Decides a request that so many families have led to.
    fn decide_at(&self, request: &Request<'_>, depth: u8) -> Ruling {
        let Some((category, permission)) = self.permission(request.action) else {
            return Ruling::deny(Reason::UnknownAction);
        };
        let nobody;
        let user = match self.asks_anonymously(request) {
            Some(Ok(user)) => {
                nobody = user;
                &nobody
            }
            Some(Err(())) => return Ruling::deny(Reason::UnknownSubjectType("anonymous".into())),
            None => match self.user(request.subject) {
                Some(user) => user,
                None => return Ruling::deny(Reason::UnknownSubject),
            },
        };
        if user.status != Status::Active {
            return Ruling::deny(Reason::SubjectInactive);
        }
        match self.judge(category, permission, user, request, depth) {
            Ok(ruling) => {
                if anonymous::is_nobody(user) && ruling.is_allow() {
                    self.seen.note("subject: anonymous, and allowed");
                }
                ruling
            }
            Err(reason) => Ruling::deny(reason),
        }
    }

    /// What comes after the subject was found, step by step.
    fn judge(
        &self,
        category: &Category,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
        depth: u8,
    ) -> Result<Ruling, Reason> {
        if user.invitation == Invitation::Pending && !permission.while_pending {
            return Err(Reason::InvitationPending);
        }
        if permission.constraint.is_some() {
            return Err(Reason::NotAnAction);
        }
        if let Some(entitlement) = &permission.entitlement
            && !self.entitled(entitlement)
        {
            return Err(Reason::Plan(entitlement.as_str().into()));
        }
        self.guards(permission, user, request)?;
        self.privacy(permission, user, request)?;
        let granted = self.granted(permission, user, request);
        if let Err(reason) = &granted
            && !self.may_lift(category, permission)
        {
            return Err(reason.clone());
        }
        // What only a floor could lift is denied for its missing grant, whatever else is missing.
        let or_ungranted = |reason: Reason| granted.clone().err().unwrap_or(reason);
        for required in &permission.requires {
            if !self.held_here(required, user, request) {
                return Err(or_ungranted(Reason::Prerequisite(required.as_str().into())));
            }
        }
        self.exclusive(permission, user, request).map_err(or_ungranted)?;
        let mut duties = BTreeSet::new();
        self.constraints(permission, user, request, &mut duties).map_err(or_ungranted)?;
        self.sharing(permission, user, request, &mut duties).map_err(or_ungranted)?;
        self.duties_of_delegator(permission, user, request, &mut duties);
        let asked = family::Asked { category, permission, user, request, depth };
        let reason = self.ask(asked, granted, &mut duties)?;
        Ok(Ruling { reason, duties })
    }

    /// Whether a permission is held as far as this resource, with the plan that it needs and
    /// the permissions that it requires in turn.
    fn held_here(&self, id: &str, user: &User, request: &Request<'_>) -> bool {
        self.permission(id).is_some_and(|(_, permission)| {
            permission.entitlement.as_ref().is_none_or(|name| self.entitled(name))
                && self.granted(permission, user, request).is_ok()
                && permission.requires.iter().all(|id| self.held_here(id, user, request))
        })
    }

    /// The restricting toggles that the subject holds here.
    fn constraints(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
        duties: &mut BTreeSet<Duty>,
    ) -> Result<(), Reason> {
        for (_, toggle) in self.catalog.permissions() {
            let Some(constraint) = &toggle.constraint else { continue };
            if !self.binds(toggle, constraint, user, request) {
                continue;
            }
            if constraint.forbids.contains(&permission.id) {
                return Err(Reason::Constraint(toggle.id.as_str().into()));
            }
            for oblige in &constraint.obliges {
                if oblige.on.contains(&permission.id) {
                    let (code, values) = (oblige.code.clone(), oblige.values.clone());
                    duties.insert((code, values, toggle.id.to_string()));
                }
            }
        }
        Ok(())
    }

    fn binds(
        &self,
        toggle: &Permission,
        constraint: &Constraint,
        user: &User,
        request: &Request<'_>,
    ) -> bool {
        // Whoever holds it is bound, however far it was granted, and so is whoever might.
        self.may_hold(toggle, user, request)
            && !constraint
                .unless
                .as_ref()
                .is_some_and(|predicate| self.holds_true(predicate, user, request))
    }

    fn entitled(&self, entitlement: &str) -> bool {
        let plan = self.tenant.plan.as_ref().and_then(|plan| self.catalog.plans.get(plan.as_str()));
        plan.is_some_and(|plan| plan.entitlements.iter().any(|id| id.as_str() == entitlement))
            || self.tenant.addons.iter().any(|id| id.as_str() == entitlement)
    }

    fn permission(&self, id: &str) -> Option<(&'a Category, &'a Permission)> {
        self.catalog.permissions().find(|(_, permission)| permission.id.as_str() == id)
    }

    fn user(&self, id: &str) -> Option<&'a User> {
        self.directory.users.iter().find(|user| user.id.as_str() == id)
    }

    /// A role of the tenant: its own, or else a standard one that it did not edit.
    fn role(&self, id: &str) -> Option<&'a Role> {
        let custom = self.tenant.roles.iter().find(|role| role.id.as_str() == id);
        custom.map(|role| &**role).or_else(|| self.standard(id))
    }

    fn every_role(&self) -> impl Iterator<Item = &'a Role> {
        let custom = self.tenant.roles.iter().map(|role| &**role);
        let custom_ids = self.tenant.roles.iter();
        let standard = self.catalog.standard_roles.iter();
        custom.chain(standard.filter(move |role| !custom_ids.clone().any(|it| it.id == role.id)))
    }

    fn standard(&self, id: &str) -> Option<&'a Role> {
        self.catalog.standard_roles.iter().find(|role| role.id.as_str() == id)
    }
}

/// Whether an instant lies in a window; the end is not part of it.
fn is_within(from: Option<i64>, until: Option<i64>, now: i64) -> bool {
    from.is_none_or(|from| from <= now) && until.is_none_or(|until| now < until)
}

/// Whether a team is another or lies below it.
fn in_branch(team: &str, top: &str) -> bool {
    team == top || is_below(team, top)
}

/// Whether a team lies below another.
fn is_below(team: &str, top: &str) -> bool {
    team.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'))
}
