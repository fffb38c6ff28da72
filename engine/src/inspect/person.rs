//! One user, as far as anything can be said of them without a record to look at.
//!
//! What they hold is gathered from the sources that decisions walk, by the function that
//! decisions walk them with. Where a decision would have to look at a record, nothing is
//! guessed: the limit, the condition or the toggle stays what it is and is told.

use crate::compile::{
    Clause, Compiled, ConstraintRule, DelegationRule, LimitedGrant, Member, PermissionId,
    PermissionRule, Snapshot, TeamLimits,
};
use crate::decision::{Request, Resource};
use crate::evaluate::{
    Ask, Horizon, Silent, Source, Via, each_source, entitled, is_as_wide, lies_in,
};
use crate::model::{
    Attributes, Document, InputPath, Invitation, Place, Position, Predicate, Scope, Status,
};
use serde::Serialize;
use std::borrow::Cow;

/// A user of a tenant at an instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person<'a> {
    pub(super) tenant: &'a Compiled,
    pub(super) member: &'a Member,
    pub(super) now: i64,
}

/// What the sources of one permission come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Holding<'a> {
    /// What those without limits add up to.
    pub(super) scope: Scope,
    /// Those within limits.
    pub(super) limited: Vec<Cow<'a, LimitedGrant>>,
    /// The teams that the scopes are about.
    pub(super) teams: &'a [Box<str>],
}

/// What a source adds, whatever it is done to.
pub(super) enum Part<'a> {
    /// It counts for every record that the scope reaches.
    Standing(Scope),
    /// It counts within limits that a record or a later time decides on.
    Limited(Cow<'a, LimitedGrant>),
    /// It counts for none.
    Aside(Aside),
}

/// Why a source of a right counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aside {
    /// The right was unticked for this user.
    Unticked,
    /// It has ended.
    Ended,
    /// Its condition is about the user alone and does not hold.
    Condition,
}

/// Why a permission that is granted is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Void<'a> {
    /// The user was deactivated or deleted.
    Status(Status),
    /// The invitation has not been accepted.
    Pending,
    /// The plan does not include this.
    Plan(&'a str),
    /// It requires this permission, which is held nowhere.
    Requires(&'a str),
    /// This restricting toggle is held and forbids it everywhere.
    BoundBy(&'a str),
    /// Only what is the delegator's own can be handed on, and nothing is.
    NobodysOwn,
}

impl Holding<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.scope.is_none() && self.limited.is_empty()
    }

    /// Whether everything that the other one reaches is reached.
    pub(super) fn covers(&self, other: &Holding<'_>) -> bool {
        self.reaches(self.scope, other.scope, other.teams)
            && other.limited.iter().all(|given| {
                let wide = self.limited.iter().filter(|mine| is_as_wide(mine, given));
                let wide = wide.fold(self.scope, |sum, mine| sum.union(mine.scope));
                self.reaches(wide, given.scope, other.teams)
            })
    }

    /// Whether a scope, of these teams, reaches everything that one of other teams does.
    fn reaches(&self, mine: Scope, given: Scope, teams: &[Box<str>]) -> bool {
        if !mine.covers(given) || mine.is_all() {
            return mine.covers(given);
        }
        let of_team = |team: &str| {
            self.teams.iter().any(|own| **own == *team || mine.has_below() && lies_in(team, own))
        };
        let below = |team: &str| self.teams.iter().any(|own| lies_in(team, own));
        teams
            .iter()
            .all(|team| (!given.has_team() || of_team(team)) && (!given.has_below() || below(team)))
    }

    /// Whether it matters which teams the user is in.
    pub(super) fn is_of_teams(&self) -> bool {
        let of_teams = |scope: Scope| !scope.is_all() && (scope.has_team() || scope.has_below());
        of_teams(self.scope) || self.limited.iter().any(|grant| of_teams(grant.scope))
    }

    /// The teams, where it matters which.
    pub(super) fn named_teams(&self) -> Vec<String> {
        let teams = self.teams.iter().filter(|_| self.is_of_teams());
        teams.map(|team| (**team).to_owned()).collect()
    }
}

impl<'a> Person<'a> {
    pub(super) fn new(tenant: &'a Compiled, member: &'a Member, now: i64) -> Self {
        Self { tenant, member, now }
    }

    pub(super) fn snapshot(&self) -> &'a Snapshot {
        &self.tenant.snapshot
    }

    /// Answers something about the user and a resource of which nothing else is known.
    pub(super) fn ask<T>(
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
            now: self.now,
        };
        self.ask_about(&request, answer)
    }

    /// Answers something about the user and a request.
    pub(super) fn ask_about<T>(
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
            assumed: None,
        })
    }

    /// Calls `each` with every source of a permission and what it adds.
    pub(super) fn each_part(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        mut each: impl FnMut(Source<'a>, Via<'a>, Part<'a>),
    ) {
        each_source(self.snapshot(), self.member, id, rule, |source, via, scope| {
            let part = match via {
                Via::Limited(grant) => self.weigh(grant, rule.is_constraint),
                Via::Unticked => Part::Aside(Aside::Unticked),
                Via::Plain(_) | Via::Standing => Part::Standing(scope),
            };
            each(source, via, part);
        });
    }

    /// What a limited grant adds, once what is known of the user and the time is taken out of
    /// its limits.
    /// A toggle under a condition that cannot be known binds, anything else does not count.
    fn weigh(&self, grant: &'a LimitedGrant, restricts: bool) -> Part<'a> {
        if grant.until.is_some_and(|until| until <= self.now) {
            return Part::Aside(Aside::Ended);
        }
        let begun = grant.from.is_some_and(|from| from <= self.now);
        let settled = grant.condition.as_ref().and_then(|it| self.settled(it, restricts));
        if settled == Some(false) {
            return Part::Aside(Aside::Condition);
        }
        if !begun && settled.is_none() {
            return Part::Limited(Cow::Borrowed(grant));
        }
        let from = grant.from.filter(|_| !begun);
        let condition = grant.condition.clone().filter(|_| settled.is_none());
        if grant.teams.is_empty() && from.or(grant.until).is_none() && condition.is_none() {
            return Part::Standing(grant.scope);
        }
        Part::Limited(Cow::Owned(LimitedGrant { from, condition, ..grant.clone() }))
    }

    /// Whether a condition holds, where it is about the user alone; `unknown` where it cannot be
    /// known.
    pub(super) fn settled(&self, clause: &Clause, unknown: bool) -> Option<bool> {
        let about_them = clause.condition.inputs().iter().all(is_of_subject);
        let holds = || self.ask("", None, |ask| ask.clause_holds(clause, &mut Silent));
        about_them.then(|| holds().unwrap_or(unknown))
    }

    /// What all sources of a permission come to.
    pub(super) fn holding(&self, id: PermissionId, rule: &PermissionRule) -> Holding<'a> {
        let mut sum = Holding { teams: &self.member.teams, ..Holding::default() };
        self.each_part(id, rule, |_, _, part| match part {
            Part::Standing(scope) => sum.scope = sum.scope.union(scope),
            Part::Limited(grant) => sum.limited.push(grant),
            Part::Aside(_) => {}
        });
        sum
    }

    /// The same, and nothing where it is of no use.
    pub(super) fn effective(&self, id: PermissionId, rule: &PermissionRule) -> Holding<'a> {
        let mut holding = self.holding(id, rule);
        if rule.is_constraint {
            // A toggle that is held at any scope binds everywhere.
            holding.scope = everywhere(holding.scope);
            for grant in &mut holding.limited {
                if !grant.scope.is_all() {
                    grant.to_mut().scope = everywhere(grant.scope);
                }
            }
            return holding;
        }
        // Who holds nothing need not be asked why it would be of no use.
        if holding.is_empty() || self.void(rule, false).is_none() {
            holding
        } else {
            Holding::default()
        }
    }

    /// Why the permission would be of no use, however it was granted. `alone` leaves what was
    /// delegated to the user aside.
    pub(super) fn void(&self, rule: &'a PermissionRule, alone: bool) -> Option<Void<'a>> {
        if self.member.status != Status::Active {
            return Some(Void::Status(self.member.status));
        }
        if self.member.invitation == Invitation::Pending && !rule.while_pending {
            return Some(Void::Pending);
        }
        if let Some((name, false)) = &rule.entitlement {
            return Some(Void::Plan(name));
        }
        let snapshot = self.snapshot();
        let missing = rule.requires.iter().find(|id| !self.could_hold(**id, alone));
        if let Some(missing) = missing.and_then(|id| snapshot.permission(*id)) {
            return Some(Void::Requires(&missing.id));
        }
        let mut constraints = rule.constraints.iter();
        constraints.find_map(|at| {
            let constraint = snapshot.constraints.get(usize::from(*at))?;
            let toggle = snapshot.permission(constraint.toggle)?;
            (constraint.forbids && self.binds(constraint) == Some(true))
                .then_some(Void::BoundBy(&toggle.id))
        })
    }

    /// Whether the permission can be held on some record, with what it requires: what the
    /// prerequisites of another one ask for.
    pub(super) fn could_hold(&self, id: PermissionId, alone: bool) -> bool {
        let Some(rule) = self.snapshot().permission(id) else { return false };
        entitled(rule)
            && (!self.holding(id, rule).is_empty()
                || !alone
                    && self.handed().any(|(delegation, handed)| {
                        handed == id && self.hands_on(delegation, id, rule)
                    }))
            && rule.requires.iter().all(|required| self.could_hold(*required, alone))
    }

    /// Whether a restricting toggle binds the user; `None` where the record decides.
    pub(super) fn binds(&self, constraint: &ConstraintRule) -> Option<bool> {
        let toggle = self.snapshot().permission(constraint.toggle)?;
        let holding = self.holding(constraint.toggle, toggle);
        if holding.is_empty() {
            return Some(false);
        }
        let lifted = constraint.unless.as_ref().map_or(Some(false), |it| self.settle(it));
        match lifted {
            Some(true) => Some(false),
            Some(false) if !holding.scope.is_none() => Some(true),
            _ => None,
        }
    }

    /// Whether a predicate holds, as far as it is about the user.
    pub(super) fn settle(&self, predicate: &Predicate) -> Option<bool> {
        match predicate {
            Predicate::All(parts) => self.settle_each(parts, true),
            Predicate::Any(parts) => self.settle_each(parts, false),
            Predicate::Own(_) => None,
            Predicate::Compare { path: InputPath::SubjectHolds(name), test } => {
                let id = *self.snapshot().permission_ids.get(&**name)?;
                let held = if self.holds_anywhere(id) {
                    true
                } else if self.could_hold(id, true) {
                    return None;
                } else {
                    false
                };
                Some(test.passes(Some(&held.into())))
            }
            Predicate::Compare { path, .. } => {
                is_of_subject(path).then(|| self.ask("", None, |ask| ask.holds_that(predicate)))
            }
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

    /// Whether the permission is held at any scope, whatever the record is.
    fn holds_anywhere(&self, id: PermissionId) -> bool {
        self.snapshot().permission(id).is_some_and(|rule| {
            entitled(rule)
                && !self.holding(id, rule).scope.is_none()
                && rule.requires.iter().all(|required| self.holds_anywhere(*required))
        })
    }

    /// What was delegated to the user and has not ended, with each permission of it that the
    /// catalog lets be.
    pub(super) fn handed(&self) -> impl Iterator<Item = (&'a DelegationRule, PermissionId)> {
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

    fn hands_on(
        &self,
        delegation: &'a DelegationRule,
        id: PermissionId,
        rule: &'a PermissionRule,
    ) -> bool {
        self.handed_holding(delegation, id, rule).is_ok_and(|holding| !holding.is_empty())
    }

    /// What a delegation of one permission comes to: what the one who delegated could do.
    pub(super) fn handed_holding(
        &self,
        delegation: &'a DelegationRule,
        id: PermissionId,
        rule: &'a PermissionRule,
    ) -> Result<Holding<'a>, Void<'a>> {
        if rule.by_delegation {
            return match rule.reach.has_own() {
                true => Ok(Holding { scope: Scope::OWN, ..Holding::default() }),
                false => Err(Void::NobodysOwn),
            };
        }
        let from = Person { member: &delegation.from, ..*self };
        match from.void(rule, true) {
            Some(void) => Err(void),
            None => Ok(from.holding(id, rule)),
        }
    }
}

const fn everywhere(scope: Scope) -> Scope {
    if scope.is_none() { Scope::NONE } else { Scope::ALL }
}

/// What somebody delegated to the user, for some audiences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handed<'a> {
    pub(super) from: &'a str,
    pub(super) id: PermissionId,
    pub(super) audiences: &'a [Box<str>],
}

impl<'a> Person<'a> {
    /// What each delegation comes to, its window counted among the limits.
    pub(super) fn delegations(&self) -> Vec<(Handed<'a>, Holding<'a>)> {
        let mut sum: Vec<(Handed<'a>, Holding<'a>)> = Vec::new();
        for (delegation, id) in self.handed() {
            let Some(rule) = self.snapshot().permission(id) else { continue };
            let holding = match self.void(rule, false) {
                Some(_) => Holding::default(),
                None => self.handed_holding(delegation, id, rule).unwrap_or_default(),
            };
            let holding = self.while_open(delegation, id, holding);
            let (from, audiences) = (&*delegation.from.id, &*delegation.audiences);
            let handed = Handed { from, id, audiences };
            match sum.iter_mut().find(|(known, _)| *known == handed) {
                Some((_, known)) => {
                    known.scope = known.scope.union(holding.scope);
                    known.limited.extend(holding.limited);
                }
                None => sum.push((handed, holding)),
            }
        }
        sum
    }

    /// What is held under a delegation within the window of the delegation.
    fn while_open(
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
            teams: TeamLimits::default(),
            from,
            until,
            condition: None,
            place,
        });
        let within = std::mem::take(&mut holding.limited).into_iter().map(|grant| {
            let until = match (grant.until, until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            LimitedGrant { from: grant.from.max(from), until, ..grant.into_owned() }
        });
        let limited = standing.into_iter().chain(within).map(Cow::Owned).collect();
        Holding { scope: Scope::NONE, limited, ..holding }
    }
}

/// Whether a path reads what is known of a user without a record. Which permissions are held is
/// not: a record can decide on that.
fn is_of_subject(path: &InputPath) -> bool {
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
            | InputPath::SubjectAttribute(_)
    )
}
