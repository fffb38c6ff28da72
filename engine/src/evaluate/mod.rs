//! The pipeline: from a request to a decision.
//!
//! Deny is the default and every step can only add a denial; the order of the steps settles
//! which reason is given, not whether access is. A decision without a trace stops at its first
//! denial. An explanation goes on to the end, to say what else stands in the way, and comes to
//! the same verdict by the same code: only what is written down differs.
//!
//! Families are asked last and outside: [`begin`] leads up to the question and [`Asked::finish`]
//! takes the answer, so that a batch can ask a family once for many requests.

mod anywhere;
mod attributes;
mod contract;
mod delegation;
mod exclusive;
mod family;
mod grants;
mod guards;
mod held;
mod recorder;
mod roles;
mod sharing;
mod sources;
mod summed;
mod supposed;
mod teams;

pub(crate) use attributes::{Projected, ProjectedRef, project, projected_equals};
pub(crate) use contract::{admit, renamed, short, with_attributes};
pub(crate) use exclusive::{Fit, programs};
pub(crate) use family::Asked;
pub(crate) use grants::{entitled, is_as_wide};
pub(crate) use recorder::{Recorder, Silent, Tracing};
pub(crate) use sources::{Source, Via, each_source};
pub(crate) use supposed::Supposed;
pub(crate) use teams::lies_in;

use crate::decision::{Decision, Obligation, Outcome, Reason, Request, Stage, Verdict};
use crate::directory::{Found, MemberRef, Need, Needs, Usage, View};
use crate::model::{Invitation, Status};
use crate::snapshot::{By, Governed, Member, PermissionId, PermissionRule, Snapshot};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// How far a family's demand for another permission is followed. Deeper is denied.
const MAX_DEPTH: u8 = 3;

/// What every step reads.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) people: &'a View<'a>,
    pub(crate) member: &'a Member,
    pub(crate) request: &'a Request<'a>,
    pub(crate) horizon: &'a Horizon,
    /// Whether delegations to the member are left aside.
    pub(crate) alone: bool,
    /// Whether the request says nothing of the record but what it names: what is not there may
    /// well be.
    pub(crate) open: bool,
    /// What is taken to be otherwise than it is, to see what that would change.
    pub(crate) supposed: Option<&'a Supposed<'a>>,
}

/// What there is to know of a decision besides what it says: until when it holds, and whether
/// it could be made at all.
#[derive(Debug, Default)]
pub(crate) struct Horizon {
    /// The next instant at which something that was looked at begins or ends: until then, and no
    /// longer, the decision holds though nobody edits anything.
    next: Cell<Option<i64>>,
    timed: Cell<bool>,
    /// What has to be read first. Where there is anything, the decision says nothing.
    needs: RefCell<Vec<Need>>,
    /// What was spent on conditions, and on comparing lists of teams.
    spent: Cell<usize>,
    /// Where the names of a record's teams stand that were looked at, and whether all are teams.
    teams: Cell<Option<(usize, bool)>>,
    /// Whether it does not matter how much.
    unbounded: bool,
}

/// How much may be spent on the conditions of one decision: 1 for a condition, which takes about
/// a microsecond, and as much again for every sixteen items of a list that it reads. A condition
/// on a list of a thousand takes about 64 µs, so this is a matter of four milliseconds. Where a
/// record is of several teams, comparing them counts as well.
const MOST_SPENT: usize = 4_096;

impl Horizon {
    /// One that knows no bound on what is spent: for writing down what was decided within it.
    pub(crate) fn unbounded() -> Self {
        Self { unbounded: true, ..Self::default() }
    }

    /// A decision begins.
    fn begin(&self) {
        self.teams.set(None);
        self.spent.set(0);
    }

    /// Counts what was spent.
    fn spend(&self, cost: usize) {
        self.spent.set(self.spent.get().saturating_add(cost));
    }

    /// Whether more was spent than may be. What was found by then says nothing: it is denied.
    pub(crate) fn is_exhausted(&self) -> bool {
        !self.unbounded && self.spent.get() > MOST_SPENT
    }

    /// Takes over what a decision on the way rested on.
    fn absorb(&self, other: &Self) {
        self.timed.set(self.timed.get() || other.timed.get());
        self.needs.borrow_mut().append(&mut other.needs.borrow_mut());
    }

    /// An instant in the future at which the decision could change.
    fn note(&self, instant: i64) {
        self.next.set(Some(self.next.get().map_or(instant, |known| known.min(instant))));
    }

    /// The hour was looked at.
    fn looked(&self) {
        self.timed.set(true);
    }

    /// Whether the hour was looked at: what came out then says nothing about earlier hours.
    pub(crate) fn is_timed(&self) -> bool {
        self.timed.get()
    }

    /// Something was looked for that nobody has read yet.
    pub(crate) fn need(&self, need: Need) {
        self.needs.borrow_mut().push(need);
    }

    /// Whether something has to be read first.
    pub(crate) fn is_unread(&self) -> bool {
        !self.needs.borrow().is_empty()
    }

    /// Whether what was looked at so far could be known: nobody has to be read first, and it was
    /// not given up as too costly.
    pub(crate) fn is_known(&self) -> bool {
        !self.is_unread() && !self.is_exhausted()
    }

    /// What has to be read first.
    #[cold]
    pub(crate) fn needs(&self) -> Needs {
        self.needs.take().into_iter().collect()
    }

    /// The decision, if everything that it turns on was there.
    pub(crate) fn settle(&self, decision: Decision) -> Result<Decision, Needs> {
        if self.is_unread() { Err(self.needs()) } else { Ok(decision) }
    }
}

/// How far the pipeline came without asking a family.
pub(crate) enum Progress<'a> {
    /// To the end.
    Decided(Decision),
    /// To the question.
    Ask(Asked<'a>),
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The first denial.
    denial: Option<Reason>,
    /// Nothing grants it, but a family may lift that.
    ungranted: Option<Reason>,
    obligations: Vec<Arc<Obligation>>,
}

impl Findings {
    #[inline]
    pub(crate) fn deny(&mut self, reason: Reason) {
        if self.denial.is_none() {
            self.denial = Some(reason);
        }
    }

    /// A family gave no answer. That is the reason even where a grant is missing: nobody knows
    /// whether the family would have lifted that, so the denial must not be kept.
    fn fault(&mut self, reason: Reason) {
        if self.denial.is_none() {
            self.ungranted = None;
        }
        self.deny(reason);
    }

    /// The decision, where no family lifts what is missing.
    #[inline]
    pub(crate) fn decide(&mut self, horizon: &Horizon, revision: u64) -> Decision {
        let until = horizon.next.get();
        if horizon.is_exhausted() {
            return Decision { until, ..Decision::deny(Reason::TooCostly, revision) };
        }
        // A missing grant came before whatever else denies, so it is the reason.
        if let Some(reason) = self.ungranted.take().or_else(|| self.denial.take()) {
            return Decision { until, ..Decision::deny(reason, revision) };
        }
        Decision {
            verdict: Verdict::Allow,
            reason: Reason::Granted,
            obligations: std::mem::take(&mut self.obligations),
            revision,
            until,
            keep: true,
        }
    }

    /// The decision, where a family sets a floor below what is granted.
    fn decide_above(mut self, floor: Option<Reason>, ask: Ask<'_>) -> Decision {
        let known = !ask.horizon.is_exhausted();
        let lifts = floor.is_some() && self.denial.is_none() && known;
        if lifts {
            self.ungranted = None;
        }
        let decision = self.decide(ask.horizon, ask.people.revision);
        match floor {
            Some(floor) if lifts => Decision { reason: floor, ..decision },
            _ => decision,
        }
    }
}

/// Finds the permission that a request names.
pub(crate) fn find<R: Recorder>(
    snapshot: &Snapshot,
    action: &str,
    record: &mut R,
) -> Result<PermissionId, Reason> {
    let Some(id) = snapshot.permission_id(action) else {
        record.step(Stage::Catalog, Outcome::Deny, || {
            format!("`{action}` is not a permission of {}", snapshot.catalog.product)
        });
        return Err(Reason::UnknownAction);
    };
    record.step(Stage::Catalog, Outcome::Pass, || match snapshot.permission(id) {
        Some(rule) => format!("`{action}` is a permission of category `{}`", rule.category),
        None => String::new(),
    });
    Ok(id)
}

/// Takes every step up to the family.
pub(crate) fn begin<'a, R: Recorder>(
    ask: Ask<'a>,
    id: PermissionId,
    depth: u8,
    record: &mut R,
) -> Progress<'a> {
    let mut found = Findings::default();
    if depth == 0 {
        ask.horizon.begin();
    }
    match before_family(&ask, id, &mut found, record) {
        Some(governed) => family::ask(ask, id, governed, found, depth, record),
        None => Progress::Decided(found.decide(ask.horizon, ask.people.revision)),
    }
}

/// Takes every step, asking the family on the way. The decision, where a family was asked; where
/// none was, what was found makes it. (It is not made here: to hand it on takes longer than many
/// a step.)
#[inline]
pub(crate) fn through<R: Recorder>(
    ask: &Ask<'_>,
    id: PermissionId,
    depth: u8,
    found: &mut Findings,
    record: &mut R,
) -> Option<Decision> {
    if depth == 0 {
        ask.horizon.begin();
    }
    let governed = before_family(ask, id, found, record)?;
    let found = std::mem::take(found);
    Some(match family::ask(*ask, id, governed, found, depth, record) {
        Progress::Decided(decision) => decision,
        Progress::Ask(mut asked) => {
            let answer = asked.call(record);
            asked.finish(answer, record)
        }
    })
}

/// The same, with the decision in any case.
pub(crate) fn run<R: Recorder>(
    ask: Ask<'_>,
    id: PermissionId,
    depth: u8,
    record: &mut R,
) -> Decision {
    let mut found = Findings::default();
    through(&ask, id, depth, &mut found, record)
        .unwrap_or_else(|| found.decide(ask.horizon, ask.people.revision))
}

/// Takes every step that needs no family. The family, where it is to be asked.
#[inline]
fn before_family<R: Recorder>(
    ask: &Ask<'_>,
    id: PermissionId,
    found: &mut Findings,
    record: &mut R,
) -> Option<Governed> {
    let Some(rule) = ask.snapshot.permission(id) else {
        found.deny(Reason::UnknownAction);
        return None;
    };
    let steps = ask.steps(id, rule, found, record);
    rule.family.filter(|_| steps.is_ok() && !ask.horizon.is_exhausted())
}

/// Something denies, and nothing is written down.
pub(crate) struct Denied;

impl<'a> Ask<'a> {
    /// Somebody else than the subject. Whoever is told that they are unread says so, if it
    /// matters.
    pub(crate) fn look_up(&self, id: &str) -> Found<'a> {
        match self.supposed.filter(|supposed| *supposed.is.id == *id) {
            Some(supposed) => Found::Known(MemberRef::Lent(supposed.is)),
            None => self.people.member(id),
        }
    }

    /// Notes that the decision cannot be made before a user was read.
    pub(crate) fn need_user(&self, id: &str) {
        self.horizon.need(Need::User(id.to_owned()));
    }

    /// How many hold a role; `None`, which is noted, where it has to be read first.
    pub(crate) fn usage(&self, role: &str) -> Option<Usage> {
        let usage = self.people.usage(role);
        if usage.is_none() {
            self.horizon.need(Need::Usage(role.to_owned()));
        }
        match self.supposed {
            Some(supposed) => usage.map(|it| supposed.usage(role, self.snapshot, it)),
            None => usage,
        }
    }

    /// Every step but the family. Without a trace the first denial is the end; with one it is
    /// only noted.
    fn steps<R: Recorder>(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        found: &mut Findings,
        record: &mut R,
    ) -> Result<(), Denied> {
        macro_rules! step {
            ($denial:expr) => {
                if let Err(reason) = $denial {
                    found.deny(reason);
                    if !R::ON {
                        return Err(Denied);
                    }
                }
            };
        }
        step!(self.subject(rule, record));
        step!(self.plan(rule, record));
        step!(self.guards(rule, record));
        step!(self.privacy(rule, record));
        if let Err(reason) = self.grants(id, rule, &mut found.obligations, record) {
            let liftable = rule.family.is_some_and(|governed| governed.floor);
            if liftable && found.denial.is_none() {
                found.ungranted = Some(reason);
            } else if !liftable {
                step!(Err::<(), Reason>(reason));
            }
        }
        step!(self.prerequisites(rule, record));
        step!(self.exclusive(rule, record));
        step!(self.constraints(rule, &mut found.obligations, record));
        step!(self.sharing(rule, &mut found.obligations, record));
        Ok(())
    }

    fn subject<R: Recorder>(&self, rule: &PermissionRule, record: &mut R) -> Result<(), Reason> {
        let member = self.member;
        if member.status != Status::Active {
            record.step(Stage::Subject, Outcome::Deny, || {
                format!("`{}` is {}", member.id, member.status.name())
            });
            return Err(Reason::SubjectInactive);
        }
        if member.invitation == Invitation::Pending && !rule.while_pending {
            record.step(Stage::Subject, Outcome::Deny, || {
                format!("`{}` has not accepted the invitation", member.id)
            });
            return Err(Reason::InvitationPending);
        }
        if rule.is_constraint {
            record.step(Stage::Catalog, Outcome::Deny, || {
                format!("`{}` restricts and cannot be exercised", rule.id)
            });
            return Err(Reason::NotAnAction);
        }
        record.step(Stage::Subject, Outcome::Pass, || {
            let mut roles: Vec<String> =
                member.role_names(self.snapshot).map(str::to_owned).collect();
            let others = member.held_roles().filter(|it| it.by != By::Own || it.limits.is_some());
            roles.extend(others.filter_map(|held| {
                let role = self.snapshot.role(held.role)?;
                Some(format!("{}{held}", role.id))
            }));
            let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
            match member.anonymous {
                true => format!("whoever asks is anonymous and holds {roles}"),
                false => format!("`{}` is active and holds {roles}", member.id),
            }
        });
        Ok(())
    }

    fn plan<R: Recorder>(&self, rule: &PermissionRule, record: &mut R) -> Result<(), Reason> {
        match &rule.entitlement {
            None => Ok(()),
            Some((name, _)) if self.entitled(rule) => {
                record.step(Stage::Plan, Outcome::Pass, || format!("the plan includes `{name}`"));
                Ok(())
            }
            Some((name, _)) => {
                record.step(Stage::Plan, Outcome::Deny, || {
                    format!("the plan does not include `{name}`")
                });
                Err(Reason::Plan(Arc::clone(name)))
            }
        }
    }
}
