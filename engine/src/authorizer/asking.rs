//! From a request to a decision, by way of the cache, or to what has to be read first.

use super::Authorizer;
use crate::cache::{Kept, KeyRef, Room};
use crate::decision::{ANONYMOUS, Decision, Explanation, Outcome, Reason, Request, Stage};
use crate::directory::{Compiled, Found, MemberRef, View};
use crate::directory::{Needs, Pins};
use crate::evaluate::{
    Ask, Asked, Findings, Horizon, Progress, Recorder, Silent, Tracing, admit, begin, find,
    renamed, run, short, through, with_attributes,
};
use crate::family::{Family, Fault, FaultKind, Question};
use crate::snapshot::{Member, PermissionId};
use std::sync::Arc;

/// Asks an authorizer, holding on to what was read for the question. However little room there
/// is for users, what is held on to is found, and so a question comes to its decision.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    pub(super) authorizer: &'a Authorizer,
    pub(super) pins: Option<&'a Pins>,
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

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "handing a decision on takes longer than its steps")]
    pub(super) fn one(
        &self,
        tenant: &str,
        request: &Request<'_>,
        outsider: Outsider<'_>,
    ) -> Result<Decision, Unread> {
        self.authorizer.tenants.with(tenant, |tenant| match tenant {
            Some(tenant) => self.one_of(tenant, request, outsider),
            None => Ok(Decision::deny(Reason::UnknownTenant, 0)),
        })
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the same")]
    fn one_of(
        &self,
        tenant: &Compiled,
        request: &Request<'_>,
        outsider: Outsider<'_>,
    ) -> Result<Decision, Unread> {
        let view = tenant.view(self.pins);
        let (horizon, mut found) = (Horizon::default(), Findings::default());
        let (attributes, named);
        let request = match renamed(view.snapshot, request) {
            None => request,
            Some(under_their_names) => {
                attributes = under_their_names;
                named = with_attributes(request, &attributes);
                &named
            }
        };
        let made = match prepare(&view, request, outsider, &horizon, &mut Silent) {
            Err(reason) => {
                found.deny(reason);
                Made::Found
            }
            Ok((id, member)) => {
                let ask = ask(&view, &member, request, &horizon);
                self.through_the_cache(&ask, id, outsider.is_none(), &mut found)
            }
        };
        if horizon.is_unread() {
            return Err(Unread { needs: horizon.needs(), revision: view.revision });
        }
        Ok(match made {
            Made::Found => found.decide(&horizon, view.revision),
            Made::Kept(kept) => kept.decision.as_of(view.revision),
            Made::Asked(decision) => decision,
        })
    }

    fn through_the_cache(
        &self,
        ask: &Ask<'_>,
        id: PermissionId,
        keeps: bool,
        found: &mut Findings,
    ) -> Made {
        let cache = &self.authorizer.cache;
        let mut room = Room::new();
        let key = if keeps { cache.key(ask, id, &mut room) } else { None };
        // A key that could not be known is none.
        let key = key.filter(|_| ask.horizon.is_known());
        if let Some(kept) = key.as_ref().and_then(|key| cache.get(key)) {
            return Made::Kept(kept);
        }
        let asked = through(ask, id, 0, found, &mut Silent);
        let Some(key) = key else { return asked.map_or(Made::Found, Made::Asked) };
        let found = || found.decide(ask.horizon, ask.people.revision);
        let decision = asked.unwrap_or_else(found);
        cache.put(&key, &decision, ask.horizon);
        Made::Asked(decision)
    }

    /// The decisions, what has to be read for those that are missing, and under which revision.
    pub(super) fn several(
        &self,
        tenant: &str,
        requests: &[Request<'_>],
    ) -> (Vec<Option<Decision>>, Needs, u64) {
        self.authorizer.tenants.with(tenant, |tenant| match tenant {
            Some(tenant) => self.several_of(tenant, requests),
            None => {
                let unknown = || Some(Decision::deny(Reason::UnknownTenant, 0));
                (requests.iter().map(|_| unknown()).collect(), Needs::default(), 0)
            }
        })
    }

    fn several_of(
        &self,
        tenant: &Compiled,
        requests: &[Request<'_>],
    ) -> (Vec<Option<Decision>>, Needs, u64) {
        let view = tenant.view(self.pins);
        let attributes: Vec<_>;
        let named: Vec<Request<'_>>;
        let requests = if view.snapshot.catalog.contract.aliased
            || view.snapshot.catalog.contract.timed
        {
            attributes = requests.iter().map(|it| renamed(view.snapshot, it)).collect::<Vec<_>>();
            let pairs = requests.iter().zip(&attributes);
            named = pairs
                .map(|(it, of)| of.as_ref().map_or(*it, |of| with_attributes(it, of)))
                .collect();
            named.as_slice()
        } else {
            requests
        };
        let horizons: Vec<Horizon> = requests.iter().map(|_| Horizon::default()).collect();
        let prepared: Vec<_> = requests
            .iter()
            .zip(&horizons)
            .map(|(request, horizon)| prepare(&view, request, None, horizon, &mut Silent))
            .collect();
        let mut rooms: Vec<Room<'_>> = requests.iter().map(|_| Room::new()).collect();
        let mut rooms = rooms.iter_mut();
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        let mut decisions: Vec<Option<Decision>> = Vec::with_capacity(requests.len());
        for (place, prepared) in prepared.iter().enumerate() {
            let (Some(request), Some(horizon), Some(room)) =
                (requests.get(place), horizons.get(place), rooms.next())
            else {
                continue;
            };
            decisions.push(match prepared {
                Err(reason) => Some(Decision::deny(reason.clone(), view.revision)),
                Ok((id, member)) => {
                    match self.until_family(ask(&view, member, request, horizon), *id, room) {
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

    fn until_family<'k, 'q: 'k>(
        &self,
        ask: Ask<'q>,
        id: PermissionId,
        room: &'k mut Room<'q>,
    ) -> Begun<'k> {
        let cache = &self.authorizer.cache;
        let key = cache.key(&ask, id, room).filter(|_| ask.horizon.is_known());
        if let Some(kept) = key.as_ref().and_then(|key| cache.get(key)) {
            return Begun::Decided(kept.decision.as_of(ask.people.revision));
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
        let served = self.authorizer.tenants.with(tenant, |served| served.cloned());
        let Some(served) = served else {
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
    let attributes = renamed(view.snapshot, request);
    let named = attributes.as_ref().map(|attributes| with_attributes(request, attributes));
    let request = named.as_ref().unwrap_or(request);
    let decision = match prepare(&view, request, None, &horizon, &mut Silent) {
        Ok((id, member)) => run(ask(&view, &member, request, &horizon), id, 0, &mut Silent),
        Err(reason) => Decision::deny(reason, view.revision),
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
    let attributes = renamed(view.snapshot, request);
    let named = attributes.as_ref().map(|attributes| with_attributes(request, attributes));
    let request = named.as_ref().unwrap_or(request);
    // What is written down goes on where a decision ends. Whether that is too much is for the
    // decision to say.
    let (mut record, bounded) = (Tracing::default(), Horizon::default());
    if let Ok((id, member)) = prepare(&view, request, outsider, &bounded, &mut Silent) {
        let _ = begin(ask(&view, &member, request, &bounded), id, 0, &mut Silent);
        if bounded.is_exhausted() && !bounded.is_unread() {
            let decision = Findings::default().decide(&bounded, view.revision);
            record.step(Stage::Grants, Outcome::Deny, || decision.reason.to_string());
            let explanation = Explanation { decision, trace: record.trace, seen: record.seen };
            return (explanation, Needs::default());
        }
    }
    let horizon = Horizon::unbounded();
    let decision = match prepare(&view, request, outsider, &horizon, &mut record) {
        Ok((id, member)) => run(ask(&view, &member, request, &horizon), id, 0, &mut record),
        Err(reason) => Decision::deny(reason, view.revision),
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

/// By what a decision was made.
enum Made {
    /// What was found.
    Found,
    /// It had been made before.
    Kept(Arc<Kept>),
    /// A family was asked.
    Asked(Decision),
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
    Ask { snapshot, people, member, request, horizon, alone: false, open: false, supposed: None }
}

#[cold]
fn unknown_type<R: Recorder>(view: &View<'_>, request: &Request<'_>, record: &mut R) -> Reason {
    let known = view.snapshot.catalog.contract.subject_type(request.asserted.subject_type);
    let (kind, subject) = (request.asserted.subject_type, request.subject);
    record.step(Stage::Subject, Outcome::Deny, || match known {
        Some(_) => format!("`{subject}` is not of type `{kind}`"),
        None => format!("the catalog knows no type of subject `{kind}`"),
    });
    match known {
        Some(_) => Reason::UnknownSubject,
        None => Reason::UnknownSubjectType(short(kind).into()),
    }
}

/// Finds the permission and the user.
#[inline]
fn prepare<'a, R: Recorder>(
    view: &View<'a>,
    request: &Request<'_>,
    outsider: Option<&'a Arc<Member>>,
    horizon: &Horizon,
    record: &mut R,
) -> Result<(PermissionId, MemberRef<'a>), Reason> {
    let id = find(view.snapshot, request.action, record)?;
    if let Some(rule) = view.snapshot.permission(id) {
        admit(view.snapshot, rule, request, record)?;
    }
    let contract = &view.snapshot.catalog.contract;
    let Some(kind) = contract.subject_type(request.asserted.subject_type) else {
        return Err(unknown_type(view, request, record));
    };
    let found = match outsider {
        Some(member) => view.outsider(member),
        None if kind == ANONYMOUS => view.anonymous(),
        None => view.member(request.subject),
    };
    match found {
        // Type and id together are the identity: somebody of another type is somebody else.
        Found::Known(member) if member.kind() != kind => Err(unknown_type(view, request, record)),
        Found::Known(member) => Ok((id, member)),
        Found::Absent => {
            record.step(Stage::Subject, Outcome::Deny, || {
                let tenant = view.snapshot.tenant();
                format!("`{}` is not in the directory of `{tenant}`", request.subject)
            });
            Err(Reason::UnknownSubject)
        }
        Found::Broken(broken) => {
            record.step(Stage::Subject, Outcome::Deny, || {
                format!("what is stored of the subject is wrong: {}", broken.fault)
            });
            Err(Reason::SubjectBroken)
        }
        Found::Unread => {
            horizon.need(crate::directory::Need::User(request.subject.to_owned()));
            Err(Reason::DirectoryUnread)
        }
    }
}
