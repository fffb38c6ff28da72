//! The engine's front: tenants by name, the cache before the pipeline.

use crate::cache::{CacheStats, DecisionCache};
use crate::compile::{Compiled, Member, PermissionId};
use crate::decision::{Decision, Explanation, Outcome, Reason, Request, Stage};
use crate::evaluate::{Ask, Asked, Horizon, Progress, Recorder, Silent, Tracing, begin, find, run};
use crate::family::{Family, Question};
use crate::fast::Map;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// Decides for any number of tenants. Shared between threads; deciding takes no lock and does
/// no I/O.
#[derive(Debug)]
pub struct Authorizer {
    tenants: ArcSwap<Map<Arc<Compiled>>>,
    cache: DecisionCache,
}

impl Authorizer {
    /// An authorizer without tenants that keeps at most `cache_capacity` decisions of families.
    #[must_use]
    pub fn new(cache_capacity: u64) -> Self {
        Self { tenants: ArcSwap::default(), cache: DecisionCache::new(cache_capacity) }
    }

    /// Adds a tenant, or puts another policy in the place of the one it has. The next decision
    /// is made under it; those under way finish on the old one.
    pub fn install(&self, tenant: Compiled) {
        let tenant = Arc::new(tenant);
        self.tenants.rcu(|tenants| {
            let mut tenants = Map::clone(tenants);
            tenants.insert(tenant.snapshot.tenant().into(), Arc::clone(&tenant));
            tenants
        });
    }

    /// Takes a tenant out.
    pub fn remove(&self, tenant: &str) {
        self.tenants.rcu(|tenants| {
            let mut tenants = Map::clone(tenants);
            tenants.remove(tenant);
            tenants
        });
    }

    /// The tenants, sorted by id.
    #[must_use]
    pub fn tenants(&self) -> Vec<Arc<Compiled>> {
        let mut tenants: Vec<_> = self.tenants.load().values().cloned().collect();
        tenants.sort_by(|a, b| a.snapshot.tenant().cmp(b.snapshot.tenant()));
        tenants
    }

    /// A tenant.
    #[must_use]
    pub fn tenant(&self, id: &str) -> Option<Arc<Compiled>> {
        self.tenants.load().get(id).cloned()
    }

    /// The tenant, where exactly one is served.
    #[must_use]
    pub fn only_tenant(&self) -> Option<Arc<Compiled>> {
        let tenants = self.tenants.load();
        let mut all = tenants.values();
        all.next().filter(|_| all.len() == 0).cloned()
    }

    /// How the cache fared.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// Decides one request.
    #[must_use]
    pub fn decide(&self, tenant: &str, request: &Request<'_>) -> Decision {
        let tenants = self.tenants.load();
        let Some(tenant) = tenants.get(tenant) else {
            return Decision::deny(Reason::UnknownTenant, 0);
        };
        let horizon = Horizon::default();
        let (ask, id) = match prepare(tenant, request, &horizon, &mut Silent) {
            Ok(prepared) => prepared,
            Err(decision) => return decision,
        };
        let Some(key) = self.cache.key(ask, id) else {
            return run(ask, id, 0, &mut Silent);
        };
        if let Some(kept) = self.cache.get(&key) {
            return kept;
        }
        let decision = run(ask, id, 0, &mut Silent);
        self.cache.put(&key, &decision, &horizon);
        decision
    }

    /// Decides several independent requests of one tenant: as many decisions, in the same
    /// order, each the one that [`decide`](Self::decide) would make. A family is asked once for
    /// all of them.
    #[must_use]
    pub fn decide_batch(&self, tenant: &str, requests: &[Request<'_>]) -> Vec<Decision> {
        let tenants = self.tenants.load();
        let Some(tenant) = tenants.get(tenant) else {
            return requests.iter().map(|_| Decision::deny(Reason::UnknownTenant, 0)).collect();
        };
        let horizons: Vec<Horizon> = requests.iter().map(|_| Horizon::default()).collect();
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        let mut decisions: Vec<Option<Decision>> = Vec::with_capacity(requests.len());
        for (place, (request, horizon)) in requests.iter().zip(&horizons).enumerate() {
            decisions.push(match self.until_family(tenant, request, horizon) {
                Begun::Decided(decision) => Some(decision),
                Begun::Waiting(asked, key) => {
                    waiting.push(Waiting { place, asked, key, horizon });
                    None
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
        let revision = tenant.snapshot.revision();
        decisions
            .into_iter()
            .map(|decision| {
                decision.unwrap_or_else(|| Decision::deny(Reason::UnknownAction, revision))
            })
            .collect()
    }

    fn until_family<'a>(
        &self,
        tenant: &'a Compiled,
        request: &'a Request<'a>,
        horizon: &'a Horizon,
    ) -> Begun<'a> {
        let (ask, id) = match prepare(tenant, request, horizon, &mut Silent) {
            Ok(prepared) => prepared,
            Err(decision) => return Begun::Decided(decision),
        };
        let key = self.cache.key(ask, id);
        if let Some(kept) = key.as_ref().and_then(|key| self.cache.get(key)) {
            return Begun::Decided(kept);
        }
        match begin(ask, id, 0, &mut Silent) {
            Progress::Decided(decision) => {
                if let Some(key) = &key {
                    self.cache.put(key, &decision, horizon);
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
                    self.cache.put(key, &decision, waiting.horizon);
                }
                (waiting.place, decision)
            })
            .collect()
    }

    /// Decides one request and writes down everything that was looked at. Neither reads nor
    /// fills the cache.
    #[must_use]
    pub fn explain(&self, tenant: &str, request: &Request<'_>) -> Explanation {
        let mut record = Tracing::default();
        let tenants = self.tenants.load();
        let decision = match tenants.get(tenant) {
            None => {
                let text = format!("no tenant `{tenant}` is served");
                record.step(Stage::Catalog, Outcome::Deny, || text);
                Decision::deny(Reason::UnknownTenant, 0)
            }
            Some(tenant) => explain(tenant, request, &mut record),
        };
        Explanation { decision, trace: record.trace, seen: record.seen }
    }
}

/// Decides one request of a tenant that stands by itself, without a cache.
#[must_use]
pub fn decide_alone(tenant: &Compiled, request: &Request<'_>) -> Decision {
    match prepare(tenant, request, &Horizon::default(), &mut Silent) {
        Ok((ask, id)) => run(ask, id, 0, &mut Silent),
        Err(decision) => decision,
    }
}

/// Decides one request of a tenant that stands by itself, with its trace.
#[must_use]
pub fn explain_alone(tenant: &Compiled, request: &Request<'_>) -> Explanation {
    let mut record = Tracing::default();
    let decision = explain(tenant, request, &mut record);
    Explanation { decision, trace: record.trace, seen: record.seen }
}

fn explain(tenant: &Compiled, request: &Request<'_>, record: &mut Tracing) -> Decision {
    match prepare(tenant, request, &Horizon::default(), record) {
        Ok((ask, id)) => run(ask, id, 0, record),
        Err(decision) => decision,
    }
}

#[expect(clippy::large_enum_variant, reason = "lives on the stack for one step, never in a list")]
enum Begun<'a> {
    Decided(Decision),
    Waiting(Asked<'a>, Option<crate::cache::KeyRef<'a>>),
}

struct Waiting<'a> {
    place: usize,
    asked: Asked<'a>,
    key: Option<crate::cache::KeyRef<'a>>,
    horizon: &'a Horizon,
}

fn missing_answer() -> crate::family::Fault {
    crate::family::Fault::new(crate::family::FaultKind::BadResult, "fewer answers than questions")
}

/// Finds the permission and the user.
fn prepare<'a, R: Recorder>(
    tenant: &'a Compiled,
    request: &'a Request<'a>,
    horizon: &'a Horizon,
    record: &mut R,
) -> Result<(Ask<'a>, PermissionId), Decision> {
    let snapshot = &*tenant.snapshot;
    let id = find(snapshot, request.action, record)
        .map_err(|reason| Decision::deny(reason, snapshot.revision()))?;
    let Some(member) = tenant.people.member(request.subject) else {
        record.step(Stage::Subject, Outcome::Deny, || {
            format!("`{}` is not in the directory of `{}`", request.subject, snapshot.tenant())
        });
        return Err(Decision::deny(Reason::UnknownSubject, snapshot.revision()));
    };
    let (member, people): (&Member, _) = (member, &tenant.people);
    Ok((Ask { snapshot, people, member, request, horizon, alone: false, assumed: None }, id))
}
