//! One user, as far as anything can be said of them without a record to look at.
//!
//! What they hold is gathered from the sources that decisions walk, by the function that
//! decisions walk them with. Where a decision would have to look at a record, nothing is
//! guessed: the limit, the condition or the toggle stays what it is and is told.

use super::holding::{Also, Aside, Contribution, Holding, Void};
use crate::decision::{Asserted, Request, Resource};
use crate::directory::Compiled;
use crate::evaluate::{Ask, Horizon, Silent, Source, Supposed, Via, each_source, entitled};
use crate::model::{Attributes, InputPath, Invitation, Predicate, Scope, Status};
use crate::snapshot::{
    Clause, ConstraintRule, GuardRule, LimitedGrant, Member, PermissionId, PermissionRule,
    Snapshot, Within,
};
use std::borrow::Cow;
use std::sync::Arc;

/// A user of a tenant at an instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person<'a> {
    pub(crate) tenant: &'a Compiled,
    pub(crate) member: &'a Member,
    pub(crate) now: i64,
    /// What is taken to be otherwise than it is.
    pub(crate) supposed: Option<&'a Supposed<'a>>,
}

/// What is left of limits once what is known is taken out of them.
enum Left {
    /// Nothing can be within them.
    Aside(Aside),
    /// They are as they were.
    Same,
    /// Everything is within them.
    Nothing,
    Limits(Within),
}

impl<'a> Person<'a> {
    pub(crate) fn new(tenant: &'a Compiled, member: &'a Member, now: i64) -> Self {
        Self { tenant, member, now, supposed: None }
    }

    pub(crate) fn snapshot(&self) -> &'a Snapshot {
        &self.tenant.snapshot
    }

    /// Answers something about the user and a resource of which nothing else is known.
    pub(crate) fn ask<T>(
        &self,
        kind: &str,
        id: Option<&str>,
        answer: impl FnOnce(Ask<'_>) -> T,
    ) -> T {
        static NONE: Attributes<'static> = Attributes::new();
        let request = Request {
            subject: self.member.id(),
            action: "",
            resource: Resource { kind, id, attributes: &NONE },
            context: &NONE,
            asserted: Asserted::NONE,
            now: self.now,
        };
        self.ask_about(&request, |ask| answer(Ask { open: true, ..ask }))
    }

    /// Answers something about the user and a request.
    pub(crate) fn ask_about<T>(
        &self,
        request: &Request<'_>,
        answer: impl FnOnce(Ask<'_>) -> T,
    ) -> T {
        let horizon = Horizon::default();
        answer(Ask {
            snapshot: self.snapshot(),
            people: &self.tenant.view(None),
            member: self.member,
            request,
            horizon: &horizon,
            alone: false,
            open: false,
            supposed: self.supposed,
        })
    }

    /// Calls `each` with every source of a permission and what it adds.
    pub(crate) fn each_contribution(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        mut each: impl FnMut(Source<'a>, Via<'a>, Contribution<'a>),
    ) {
        each_source(self.snapshot(), self.member, id, rule, |source, via, scope| {
            let part = match via {
                Via::Limited(grant) => self.weigh(grant, rule.is_constraint),
                Via::Assigned(limits, _) => {
                    let (within, place) = (Arc::clone(&limits.within), limits.place);
                    let grant = LimitedGrant { permission: id, scope, within, place };
                    self.weigh_own(grant, rule.is_constraint)
                }
                Via::AssignedLimited(limits, grant) => {
                    let within = Arc::new(grant.within.and(&limits.within));
                    let grant = LimitedGrant { within, ..grant.clone() };
                    self.weigh_own(grant, rule.is_constraint)
                }
                Via::Unticked => Contribution::Aside(Aside::Unticked),
                Via::Plain(_) | Via::Standing => Contribution::Standing(scope),
            };
            each(source, via, part);
        });
    }

    /// What a limited grant adds, once what is known of the user and the time is taken out of
    /// its limits.
    /// A toggle under a condition that cannot be known binds, anything else does not count.
    pub(crate) fn weigh(&self, grant: &'a LimitedGrant, restricts: bool) -> Contribution<'a> {
        match self.left(&grant.within, restricts) {
            Left::Aside(why) => Contribution::Aside(why),
            Left::Same => Contribution::Limited(Cow::Borrowed(grant)),
            Left::Nothing => Contribution::Standing(grant.scope),
            Left::Limits(within) => Contribution::Limited(Cow::Owned(LimitedGrant {
                within: Arc::new(within),
                ..grant.clone()
            })),
        }
    }

    /// The same of one that was put together for this.
    fn weigh_own(&self, grant: LimitedGrant, restricts: bool) -> Contribution<'a> {
        match self.left(&grant.within, restricts) {
            Left::Aside(why) => Contribution::Aside(why),
            Left::Same => Contribution::Limited(Cow::Owned(grant)),
            Left::Nothing => Contribution::Standing(grant.scope),
            Left::Limits(within) => {
                let grant = LimitedGrant { within: Arc::new(within), ..grant };
                Contribution::Limited(Cow::Owned(grant))
            }
        }
    }

    /// What is left of some limits.
    fn left(&self, within: &Within, restricts: bool) -> Left {
        let mut left = within.clone();
        let mut touched = false;
        let mut part = Some(&mut left);
        while let Some(limits) = part {
            let window = (limits.from, limits.until);
            if window.1.is_some_and(|until| until <= self.now)
                || matches!(window, (Some(from), Some(until)) if from >= until)
            {
                return Left::Aside(Aside::Ended);
            }
            let begun = limits.from.is_some_and(|from| from <= self.now);
            let settled = limits.condition.as_ref().and_then(|it| self.settled(it, restricts));
            if settled == Some(false) {
                return Left::Aside(Aside::Condition);
            }
            limits.from = limits.from.filter(|_| !begun);
            limits.condition = limits.condition.take().filter(|_| settled.is_none());
            touched |= begun || settled.is_some();
            part = limits.and.as_mut().map(Arc::make_mut);
        }
        match (touched, left.is_everything()) {
            (_, true) => Left::Nothing,
            (false, false) => Left::Same,
            (true, false) => Left::Limits(left),
        }
    }

    /// Whether a condition holds, where it is about the user alone; `unknown` where it cannot be
    /// known.
    pub(crate) fn settled(&self, clause: &Clause, unknown: bool) -> Option<bool> {
        let about_them = clause.condition.inputs().iter().all(|path| self.is_of_subject(path));
        let holds = || self.ask("", None, |ask| ask.clause_holds(clause, &mut Silent));
        about_them.then(|| holds().unwrap_or(unknown))
    }

    /// What all sources of a permission come to.
    pub(crate) fn holding(&self, id: PermissionId, rule: &'a PermissionRule) -> Holding<'a> {
        let mut sum = Holding { teams: &self.member.teams, own: &rule.own, ..Holding::default() };
        self.each_contribution(id, rule, |_, _, part| match part {
            Contribution::Standing(scope) => sum.scope = sum.scope.union(scope),
            Contribution::Limited(grant) => sum.limited.push(grant),
            Contribution::Aside(_) => {}
        });
        sum
    }

    /// The same as far as what it requires is held on the same record, and nothing where it is of
    /// no use.
    pub(crate) fn effective(&self, id: PermissionId, rule: &'a PermissionRule) -> Holding<'a> {
        if rule.is_constraint {
            // A toggle that is held at any scope binds everywhere.
            return self.everywhere(id, rule);
        }
        let mut holding = self.holding(id, rule);
        // Who holds nothing need not be asked why it would be of no use.
        if holding.is_empty() || self.void(rule, false).is_some() {
            return Holding::default();
        }
        holding.also = self.required(rule, &holding, false);
        holding.settled()
    }

    /// What all sources come to where it does not matter how far each goes.
    pub(super) fn everywhere(&self, id: PermissionId, rule: &'a PermissionRule) -> Holding<'a> {
        let mut holding = self.holding(id, rule);
        holding.scope = everywhere(holding.scope);
        for grant in &mut holding.limited {
            if !grant.scope.is_all() {
                grant.to_mut().scope = everywhere(grant.scope);
            }
        }
        holding
    }

    /// What a permission requires, as far as it does not reach everything that is held of that.
    /// `alone` leaves what was delegated to the user aside.
    pub(crate) fn required(
        &self,
        rule: &'a PermissionRule,
        holding: &Holding<'_>,
        alone: bool,
    ) -> Vec<Also<'a>> {
        let needs = rule.needs.iter();
        let rules = needs.filter_map(|need| {
            Some((need.permission, self.snapshot().permission(need.permission)?))
        });
        let held = rules.map(|(id, rule)| (id, rule, self.holding(id, rule)));
        let short = held.filter(|(_, _, own)| !own.spans(holding));
        short
            .map(|(id, rule, own)| {
                let handed = if alone { Vec::new() } else { self.handed_of(id, rule) };
                Also { name: &rule.id, own, handed }
            })
            .collect()
    }

    /// What was delegated of one permission, by whom.
    fn handed_of(&self, id: PermissionId, rule: &'a PermissionRule) -> Vec<(&'a str, Holding<'a>)> {
        let delegations = self.handed().filter(|(_, handed)| *handed == id);
        let held = delegations.filter_map(|(delegation, _)| {
            let holding = self.handed_holding(delegation, id, rule).ok()?;
            let holding = self.while_open(delegation, id, holding);
            Some((&*delegation.from.id, holding)).filter(|(_, holding)| !holding.is_empty())
        });
        held.collect()
    }

    /// Whether a permission is of any use, be it in their own right, by a delegation or by a
    /// family that lifts what is missing.
    pub(super) fn is_of_use(
        &self,
        id: PermissionId,
        rule: &'a PermissionRule,
        alone: bool,
    ) -> bool {
        if !self.effective(id, rule).is_empty() {
            return true;
        }
        let lifts = rule.family.is_some_and(|governed| governed.floor);
        let handed = !alone && self.handed().any(|(_, handed)| handed == id);
        (lifts || handed) && self.void(rule, alone).is_none()
    }

    /// Why the permission would be of no use, however it was granted. `alone` leaves what was
    /// delegated to the user aside.
    pub(crate) fn void(&self, rule: &'a PermissionRule, alone: bool) -> Option<Void<'a>> {
        if self.member.status != Status::Active {
            return Some(Void::Status(self.member.status));
        }
        if self.member.invitation == Invitation::Pending && !rule.while_pending {
            return Some(Void::Pending);
        }
        if let Some((name, _)) = rule.entitlement.as_ref().filter(|_| !self.entitled(rule)) {
            return Some(Void::Plan(name));
        }
        let snapshot = self.snapshot();
        let mut guards =
            rule.guards.iter().filter_map(|at| snapshot.catalog.guards.get(usize::from(*at)));
        if let Some(guard) = guards.find(|guard| self.guard(guard) == Some(false)) {
            return Some(Void::Guard(&guard.id));
        }
        let missing = rule.needs.iter().find(|need| !self.could_be_held(need.permission, alone));
        if let Some(missing) = missing.and_then(|need| snapshot.permission(need.by)) {
            return Some(Void::Requires(&missing.id));
        }
        let mut constraints = rule.constraints.iter();
        constraints.find_map(|at| {
            let constraint = snapshot.catalog.constraints.get(usize::from(*at))?;
            let toggle = snapshot.permission(constraint.toggle)?;
            (constraint.forbids && self.binds(constraint) == Some(true))
                .then_some(Void::BoundBy(&toggle.id))
        })
    }

    /// Whether a guard holds, as far as it is about the user.
    pub(crate) fn guard(&self, guard: &GuardRule) -> Option<bool> {
        let required = guard.require.as_ref().map(|require| self.settle(require));
        // What cannot be known of the user does not hold.
        let condition = guard.condition.as_ref().map(|clause| self.settled(clause, false));
        let checked = guard.check.as_ref().map(|_| None);
        let mut sum = Some(true);
        for part in [required, condition, checked].into_iter().flatten() {
            match part {
                Some(false) => return Some(false),
                Some(true) => {}
                None => sum = None,
            }
        }
        sum
    }

    /// Whether the plan includes what the permission needs, or is taken to.
    pub(super) fn entitled(&self, rule: &PermissionRule) -> bool {
        entitled(rule) || self.supposed.is_some_and(|supposed| supposed.entitles(rule))
    }

    /// Whether the permission can be held on some record, with what it requires: what the
    /// prerequisites of another one ask for.
    pub(crate) fn could_hold(&self, id: PermissionId, alone: bool) -> bool {
        let Some(rule) = self.snapshot().permission(id) else { return false };
        self.could_be_held(id, alone)
            && rule.needs.iter().all(|need| self.could_be_held(need.permission, alone))
    }

    /// The same of a permission by itself.
    fn could_be_held(&self, id: PermissionId, alone: bool) -> bool {
        let Some(rule) = self.snapshot().permission(id) else { return false };
        self.entitled(rule)
            && (!self.holding(id, rule).is_empty()
                || !alone
                    && self.handed().any(|(delegation, handed)| {
                        handed == id && self.hands_on(delegation, id, rule)
                    }))
    }

    /// Whether a restricting toggle binds the user; `None` where the record decides.
    pub(crate) fn binds(&self, constraint: &ConstraintRule) -> Option<bool> {
        self.is_bound(constraint.toggle, constraint.unless.as_ref())
    }

    /// The same of a toggle that does not bind where a predicate holds.
    pub(crate) fn is_bound(
        &self,
        toggle: PermissionId,
        unless: Option<&Predicate>,
    ) -> Option<bool> {
        let rule = self.snapshot().permission(toggle)?;
        let holding = self.holding(toggle, rule);
        if holding.is_empty() {
            return Some(false);
        }
        let lifted = unless.map_or(Some(false), |it| self.settle(it));
        match lifted {
            Some(true) => Some(false),
            Some(false) if !holding.scope.is_none() => Some(true),
            _ => None,
        }
    }

    /// Whether a predicate holds, as far as it is about the user.
    pub(crate) fn settle(&self, predicate: &Predicate) -> Option<bool> {
        match predicate {
            Predicate::All(parts) => self.settle_each(parts, true),
            Predicate::Any(parts) => self.settle_each(parts, false),
            Predicate::Own(_) => None,
            Predicate::Compare { path: InputPath::SubjectHolds(name), test } => {
                let held = self.anywhere(self.snapshot().permission_id(name)?)?;
                Some(test.passes(Some(&held.into())))
            }
            Predicate::Compare { path, .. } => self
                .is_of_subject(path)
                .then(|| self.ask("", None, |ask| ask.holds_that(predicate))),
        }
    }

    /// All of them (`every`) or any: one that differs from that settles it.
    fn settle_each(&self, parts: &[Predicate], every: bool) -> Option<bool> {
        let mut sum = Some(every);
        for part in parts {
            match self.settle(part) {
                Some(settled) if settled != every => return Some(settled),
                Some(_) => {}
                None => sum = None,
            }
        }
        sum
    }

    /// Whether the permission is held at all; `None` where the record decides.
    pub(super) fn anywhere(&self, id: PermissionId) -> Option<bool> {
        match self.holds_anywhere(id) {
            true => Some(true),
            false if self.could_hold(id, true) => None,
            false => Some(false),
        }
    }

    /// Whether the permission is held at any scope, whatever the record is.
    fn holds_anywhere(&self, id: PermissionId) -> bool {
        let is_held = |id: PermissionId| {
            self.snapshot()
                .permission(id)
                .is_some_and(|rule| self.entitled(rule) && !self.holding(id, rule).scope.is_none())
        };
        let rule = self.snapshot().permission(id).filter(|_| is_held(id));
        rule.is_some_and(|rule| rule.needs.iter().all(|need| is_held(need.permission)))
    }
}

const fn everywhere(scope: Scope) -> Scope {
    if scope.is_none() { Scope::NONE } else { Scope::ALL }
}

impl Person<'_> {
    /// Whether a path reads what is known of a user without a question. Which permissions are held
    /// is not, since a record can decide on that, and neither is what callers are trusted to say.
    fn is_of_subject(&self, path: &InputPath) -> bool {
        let trusted = &self.snapshot().catalog.contract.subject;
        match path {
            InputPath::SubjectAttribute(name) => trusted.attribute(name).is_none(),
            // Of a role for a time the instant decides.
            InputPath::SubjectRoles => !self.awaits_roles(None),
            path => is_in_the_directory(path),
        }
    }
}

fn is_in_the_directory(path: &InputPath) -> bool {
    matches!(
        path,
        InputPath::SubjectId
            | InputPath::SubjectRoles
            | InputPath::SubjectPolicies
            | InputPath::SubjectTeams
            | InputPath::SubjectTags
            | InputPath::SubjectStatus
            | InputPath::SubjectInvitation
            | InputPath::SubjectOwner
    )
}
