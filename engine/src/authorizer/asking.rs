//! From a request to a decision, by way of the cache, or to what has to be read first.

use super::Authorizer;
use crate::cache::KeyRef;
use crate::decision::{Decision, Explanation, Outcome, Reason, Request, Stage};
use crate::directory::{Compiled, Found, MemberRef, View};
use crate::directory::{Needs, Pins};
use crate::evaluate::{Ask, Asked, Horizon, Progress, Recorder, Silent, Tracing, begin, find, run};
use crate::family::{Family, Fault, FaultKind, Question};
use crate::snapshot::{Member, PermissionId};
use std::sync::Arc;

/// Asks an authorizer, holding on to what was read for the question. However little room there
/// is for users, what is held on to is found, and so a question comes to its decision.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    authorizer: &'a Authorizer,
    pins: Option<&'a Pins>,
}

/// What became of several requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// One for each request, in their order; `None` where something has to be read first.
    pub decisions: Vec<Option<Decision>>,
    /// What has to be read for those that are missing.
    pub needs: Needs,
}

/// A decision that could not be made.
pub(super) struct Unread {
    needs: Needs,
    revision: u64,
}

impl Unread {
    /// What is said instead where nobody can read.
    pub(super) fn denial(&self) -> Decision {
        Decision::deny(Reason::DirectoryUnread, self.revision)
    }
}

/// Somebody about whom is asked, by being in no directory.
type Outsider<'a> = Option<&'a Arc<Member>>;

impl<'a> Asking<'a> {
    pub(super) fn new(authorizer: &'a Authorizer, pins: Option<&'a Pins>) -> Self {
        Self { authorizer, pins }
    }

    /// Decides one request.
    ///
    /// # Errors
    ///
    /// What has to be read first. Nothing was decided then and no family was asked for nothing;
    /// there may be more to read once this was.
    pub fn try_decide(&self, tenant: &str, request: &Request<'_>) -> Result<Decision, Needs> {
        self.one(tenant, request, None).map_err(|unread| unread.needs)
    }

    /// Decides several independent requests of one tenant, each as
    /// [`try_decide`](Self::try_decide) would. A family is asked once for all of them that are
    /// decided.
    #[must_use]
    pub fn try_decide_batch(&self, tenant: &str, requests: &[Request<'_>]) -> Batch {
        let (decisions, needs, _) = self.several(tenant, requests);
        Batch { decisions, needs }
    }

    /// Decides one request and writes down everything that was looked at. Neither reads nor
    /// fills the cache of decisions.
    ///
    /// # Errors
    ///
    /// What has to be read first.
    pub fn try_explain(&self, tenant: &str, request: &Request<'_>) -> Result<Explanation, Needs> {
        let (explanation, needs) = self.explained(tenant, request, None);
        if needs.is_empty() { Ok(explanation) } else { Err(needs) }
    }

    /// Decides one request about somebody who is in no directory, such as a service that acts by
    /// an API key. `request.subject` is not looked at: the id is the member's. The decision is
    /// not kept.
    ///
    /// A member who was [compiled](crate::compile::compile_member) under another policy of the
    /// tenant is compiled again for this one, each time, so do that once when the policy changes.
    /// In a tenant that is loaded whole that cannot be done here: they are denied until it was.
    ///
    /// # Errors
    ///
    /// What has to be read first.
    pub fn decide_as(
        &self,
        tenant: &str,
        member: &Arc<Member>,
        request: &Request<'_>,
    ) -> Result<Decision, Needs> {
        self.one(tenant, request, Some(member)).map_err(|unread| unread.needs)
    }

    /// Explains what [`decide_as`](Self::decide_as) decides.
    ///
    /// # Errors
    ///
    /// What has to be read first.
    pub fn explain_as(
        &self,
        tenant: &str,
        member: &Arc<Member>,
        request: &Request<'_>,
    ) -> Result<Explanation, Needs> {
        let (explanation, needs) = self.explained(tenant, request, Some(member));
        if needs.is_empty() { Ok(explanation) } else { Err(needs) }
    }

    pub(super) fn one(
        &self,
        tenant: &str,
        request: &Request<'_>,
        outsider: Outsider<'_>,
    ) -> Result<Decision, Unread> {
        let Some(tenant) = self.authorizer.tenants.find(tenant) else {
            return Ok(Decision::deny(Reason::UnknownTenant, 0));
        };
        let view = tenant.view(self.pins);
        let horizon = Horizon::default();
        let decision = match prepare(&view, request, outsider, &horizon, &mut Silent) {
            Err(decision) => decision,
            Ok((id, member)) => {
                let ask = ask(&view, &member, request, &horizon);
                self.through_the_cache(ask, id, outsider.is_none())
            }
        };
        let revision = view.revision;
        horizon.settle(decision).map_err(|needs| Unread { needs, revision })
    }

    fn through_the_cache(&self, ask: Ask<'_>, id: PermissionId, keeps: bool) -> Decision {
        let cache = &self.authorizer.cache;
        let key = if keeps { cache.key(ask, id) } else { None };
        // A key that could not be known is none.
        let Some(key) = key.filter(|_| !ask.horizon.is_unread()) else {
            return run(ask, id, 0, &mut Silent);
        };
        if let Some(kept) = cache.get(&key) {
            return Decision { revision: ask.people.revision, ..kept };
        }
        let decision = run(ask, id, 0, &mut Silent);
        cache.put(&key, &decision, ask.horizon);
        decision
    }

    /// The decisions, what has to be read for those that are missing, and under which revision.
    pub(super) fn several(
        &self,
        tenant: &str,
        requests: &[Request<'_>],
    ) -> (Vec<Option<Decision>>, Needs, u64) {
        let Some(tenant) = self.authorizer.tenants.find(tenant) else {
            let unknown = || Some(Decision::deny(Reason::UnknownTenant, 0));
            return (requests.iter().map(|_| unknown()).collect(), Needs::default(), 0);
        };
        let view = tenant.view(self.pins);
        let horizons: Vec<Horizon> = requests.iter().map(|_| Horizon::default()).collect();
        let prepared: Vec<_> = requests
            .iter()
            .zip(&horizons)
            .map(|(request, horizon)| prepare(&view, request, None, horizon, &mut Silent))
            .collect();
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        let mut decisions: Vec<Option<Decision>> = Vec::with_capacity(requests.len());
        for (place, prepared) in prepared.iter().enumerate() {
            let (Some(request), Some(horizon)) = (requests.get(place), horizons.get(place)) else {
                continue;
            };
            decisions.push(match prepared {
                Err(decision) => Some(decision.clone()),
                Ok((id, member)) => {
                    match self.until_family(ask(&view, member, request, horizon), *id) {
                        Begun::Decided(decision) => Some(decision),
                        Begun::Waiting(asked, key) => {
                            waiting.push(Waiting { place, asked, key, horizon });
                            None
                        }
                    }
                }
            });
        }
        while let Some(first) = waiting.first() {
            let family = Arc::clone(first.asked.family());
            let (these, rest): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|waiting| Arc::ptr_eq(waiting.asked.family(), &family));
            waiting = rest;
            for (place, decision) in self.ask_together(family.as_ref(), these) {
                if let Some(slot) = decisions.get_mut(place) {
                    *slot = Some(decision);
                }
            }
        }
        let mut needs = Vec::new();
        let decisions = decisions.into_iter().zip(&horizons).map(|(decision, horizon)| {
            let lost = || Decision::deny(Reason::UnknownAction, view.revision);
            let settled = horizon.settle(decision.unwrap_or_else(lost));
            settled.map_err(|unread| needs.extend(unread)).ok()
        });
        (decisions.collect(), needs.into_iter().collect(), view.revision)
    }

    fn until_family<'q>(&self, ask: Ask<'q>, id: PermissionId) -> Begun<'q> {
        let cache = &self.authorizer.cache;
        let key = cache.key(ask, id).filter(|_| !ask.horizon.is_unread());
        if let Some(kept) = key.as_ref().and_then(|key| cache.get(key)) {
            return Begun::Decided(Decision { revision: ask.people.revision, ..kept });
        }
        match begin(ask, id, 0, &mut Silent) {
            Progress::Decided(decision) => {
                if let Some(key) = &key {
                    cache.put(key, &decision, ask.horizon);
                }
                Begun::Decided(decision)
            }
            Progress::Ask(asked) => Begun::Waiting(asked, key),
        }
    }

    fn ask_together(
        &self,
        family: &dyn Family,
        mut waiting: Vec<Waiting<'_>>,
    ) -> Vec<(usize, Decision)> {
        let Some(tenant) = waiting.first().map(|waiting| waiting.asked.tenant().to_owned()) else {
            return Vec::new();
        };
        let questions: Vec<Question<'_>> =
            waiting.iter_mut().map(|waiting| waiting.asked.take_question()).collect();
        let mut answers = family.evaluate_batch(&tenant, &questions).into_iter();
        waiting
            .into_iter()
            .map(|waiting| {
                let answer = answers.next().unwrap_or_else(|| Err(missing_answer()));
                let decision = waiting.asked.finish(answer, &mut Silent);
                if let Some(key) = &waiting.key {
                    self.authorizer.cache.put(key, &decision, waiting.horizon);
                }
                (waiting.place, decision)
            })
            .collect()
    }

    pub(super) fn explained(
        &self,
        tenant: &str,
        request: &Request<'_>,
        outsider: Outsider<'_>,
    ) -> (Explanation, Needs) {
        let Some(served) = self.authorizer.tenants.find(tenant) else {
            let mut record = Tracing::default();
            let text = format!("no tenant `{tenant}` is served");
            record.step(Stage::Catalog, Outcome::Deny, || text);
            let decision = Decision::deny(Reason::UnknownTenant, 0);
            let explanation = Explanation { decision, trace: record.trace, seen: record.seen };
            return (explanation, Needs::default());
        };
        explained(served.view(self.pins), tenant, request, outsider)
    }
}

/// Decides without a cache.
pub(super) fn alone(tenant: &Compiled, request: &Request<'_>) -> Decision {
    let (view, horizon) = (tenant.view(None), Horizon::default());
    let decision = match prepare(&view, request, None, &horizon, &mut Silent) {
        Ok((id, member)) => run(ask(&view, &member, request, &horizon), id, 0, &mut Silent),
        Err(decision) => decision,
    };
    let unread = |_| Decision::deny(Reason::DirectoryUnread, view.revision);
    horizon.settle(decision).unwrap_or_else(unread)
}

/// Decides without a cache and writes everything down. What has to be read first is told too.
pub(super) fn explained(
    view: View<'_>,
    tenant: &str,
    request: &Request<'_>,
    outsider: Outsider<'_>,
) -> (Explanation, Needs) {
    let (mut record, horizon) = (Tracing::default(), Horizon::default());
    let decision = match prepare(&view, request, outsider, &horizon, &mut record) {
        Ok((id, member)) => run(ask(&view, &member, request, &horizon), id, 0, &mut record),
        Err(decision) => decision,
    };
    let (decision, needs) = match horizon.settle(decision) {
        Ok(decision) => (decision, Needs::default()),
        Err(needs) => {
            record.step(Stage::Subject, Outcome::Deny, || {
                format!("the directory of `{tenant}` has to be read first: {needs}")
            });
            (Decision::deny(Reason::DirectoryUnread, view.revision), needs)
        }
    };
    (Explanation { decision, trace: record.trace, seen: record.seen }, needs)
}

#[expect(clippy::large_enum_variant, reason = "lives on the stack for one step, never in a list")]
enum Begun<'a> {
    Decided(Decision),
    Waiting(Asked<'a>, Option<KeyRef<'a>>),
}

struct Waiting<'a> {
    place: usize,
    asked: Asked<'a>,
    key: Option<KeyRef<'a>>,
    horizon: &'a Horizon,
}

fn missing_answer() -> Fault {
    Fault::new(FaultKind::BadResult, "fewer answers than questions")
}

fn ask<'a>(
    people: &'a View<'a>,
    member: &'a Member,
    request: &'a Request<'a>,
    horizon: &'a Horizon,
) -> Ask<'a> {
    let snapshot = people.snapshot;
    Ask { snapshot, people, member, request, horizon, alone: false, supposed: None }
}

/// Finds the permission and the user.
fn prepare<'a, R: Recorder>(
    view: &View<'a>,
    request: &Request<'_>,
    outsider: Option<&'a Arc<Member>>,
    horizon: &Horizon,
    record: &mut R,
) -> Result<(PermissionId, MemberRef<'a>), Decision> {
    let deny = |reason| Decision::deny(reason, view.revision);
    let id = find(view.snapshot, request.action, record).map_err(deny)?;
    let found = match outsider {
        Some(member) => view.outsider(member),
        None => view.member(request.subject),
    };
    match found {
        Found::Known(member) => Ok((id, member)),
        Found::Absent => {
            record.step(Stage::Subject, Outcome::Deny, || {
                let tenant = view.snapshot.tenant();
                format!("`{}` is not in the directory of `{tenant}`", request.subject)
            });
            Err(deny(Reason::UnknownSubject))
        }
        Found::Broken(broken) => {
            record.step(Stage::Subject, Outcome::Deny, || {
                format!("what is stored of the subject is wrong: {}", broken.fault)
            });
            Err(deny(Reason::SubjectBroken))
        }
        Found::Unread => {
            horizon.need(crate::directory::Need::User(request.subject.to_owned()));
            Err(deny(Reason::DirectoryUnread))
        }
    }
}
