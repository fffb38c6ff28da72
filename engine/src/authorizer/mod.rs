//! The engine's front: tenants by name, the cache before the pipeline.
//!
//! Of a tenant whose directory is read as it is needed a decision may turn on users whom nobody
//! has read. Whoever can read them asks by `try_decide` and its like, reads what these say is
//! needed, [admits](crate::directory::Subjects::admit) it, and asks again, holding on to
//! what was admitted. Whoever cannot is denied by `decide`.

mod anywhere;
mod asking;
mod tenants;

pub use asking::{Asking, Batch};

use crate::cache::{CacheStats, DecisionCache};
use crate::decision::{Decision, Explanation, Reason, Request};
use crate::directory::Compiled;
use crate::directory::{Needs, Pins};
use crate::snapshot::Member;
use std::sync::Arc;
use tenants::Tenants;

/// Decides for any number of tenants. Shared between threads; deciding does no I/O and waits for
/// none. In a tenant that is loaded whole it takes no lock; where users are read as they are
/// needed it takes those that a look-up among them takes, for an instant.
#[derive(Debug)]
pub struct Authorizer {
    tenants: Tenants,
    cache: DecisionCache,
}

impl Authorizer {
    /// An authorizer without tenants that keeps at most `cache_capacity` decisions of families.
    #[must_use]
    pub fn new(cache_capacity: u64) -> Self {
        Self { tenants: Tenants::default(), cache: DecisionCache::new(cache_capacity) }
    }

    /// Adds a tenant, or puts another revision in the place of the one it has. The next decision
    /// is made under it; those under way finish on the old one. That costs the same however many
    /// tenants there are.
    pub fn install(&self, tenant: impl Into<Arc<Compiled>>) {
        self.tenants.put(&tenant.into());
    }

    /// Takes a tenant out.
    pub fn remove(&self, tenant: &str) {
        self.tenants.remove(tenant);
    }

    /// The tenants, sorted by id.
    #[must_use]
    pub fn tenants(&self) -> Vec<Arc<Compiled>> {
        let mut tenants = self.tenants.all();
        tenants.sort_by(|a, b| a.snapshot.tenant().cmp(b.snapshot.tenant()));
        tenants
    }

    /// A tenant.
    #[must_use]
    pub fn tenant(&self, id: &str) -> Option<Arc<Compiled>> {
        self.tenants.with(id, |tenant| tenant.cloned())
    }

    /// The tenant, where exactly one is served.
    #[must_use]
    pub fn only_tenant(&self) -> Option<Arc<Compiled>> {
        let only = self.tenants.count(2) == 1;
        self.tenants.all().pop().filter(|_| only)
    }

    /// How the cache fared.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.cache.stats()
    }

    /// Decides one request. Where something has to be read first, that denies with
    /// [`Reason::DirectoryUnread`].
    #[must_use]
    pub fn decide(&self, tenant: &str, request: &Request<'_>) -> Decision {
        let asking = Asking::new(self, None);
        asking.one(tenant, request, None).unwrap_or_else(|unread| unread.denial())
    }

    /// Decides several independent requests of one tenant: as many decisions, in the same
    /// order, each the one that [`decide`](Self::decide) would make. A family is asked once for
    /// all of them.
    #[must_use]
    pub fn decide_batch(&self, tenant: &str, requests: &[Request<'_>]) -> Vec<Decision> {
        let (decisions, _, revision) = Asking::new(self, None).several(tenant, requests);
        decisions
            .into_iter()
            .map(|decision| {
                decision.unwrap_or_else(|| Decision::deny(Reason::DirectoryUnread, revision))
            })
            .collect()
    }

    /// Decides one request and writes down everything that was looked at. Neither reads nor
    /// fills the cache of decisions. Where something has to be read first, that denies with
    /// [`Reason::DirectoryUnread`].
    #[must_use]
    pub fn explain(&self, tenant: &str, request: &Request<'_>) -> Explanation {
        Asking::new(self, None).explained(tenant, request, None).0
    }

    /// Asks while holding on to what was read.
    #[must_use]
    pub fn holding<'a>(&'a self, pins: &'a Pins) -> Asking<'a> {
        Asking::new(self, Some(pins))
    }

    /// Decides one request. See [`Asking::try_decide`].
    ///
    /// # Errors
    ///
    /// What has to be read first.
    pub fn try_decide(&self, tenant: &str, request: &Request<'_>) -> Result<Decision, Needs> {
        Asking::new(self, None).try_decide(tenant, request)
    }

    /// Decides several requests. See [`Asking::try_decide_batch`].
    #[must_use]
    pub fn try_decide_batch(&self, tenant: &str, requests: &[Request<'_>]) -> Batch {
        Asking::new(self, None).try_decide_batch(tenant, requests)
    }

    /// Decides one request and explains it. See [`Asking::try_explain`].
    ///
    /// # Errors
    ///
    /// What has to be read first.
    pub fn try_explain(&self, tenant: &str, request: &Request<'_>) -> Result<Explanation, Needs> {
        Asking::new(self, None).try_explain(tenant, request)
    }

    /// Decides one request about somebody who is in no directory. See [`Asking::decide_as`].
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
        Asking::new(self, None).decide_as(tenant, member, request)
    }

    /// Explains one request about somebody who is in no directory. See [`Asking::explain_as`].
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
        Asking::new(self, None).explain_as(tenant, member, request)
    }
}

/// Decides one request of a tenant that stands by itself, without a cache.
#[must_use]
pub fn decide_alone(tenant: &Compiled, request: &Request<'_>) -> Decision {
    asking::alone(tenant, request)
}

/// Decides one request of a tenant that stands by itself, with its trace.
#[must_use]
pub fn explain_alone(tenant: &Compiled, request: &Request<'_>) -> Explanation {
    asking::explained(tenant.view(None), tenant.snapshot.tenant(), request, None).0
}
