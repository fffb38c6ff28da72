//! How many requests are worked on, and how many wait.
//!
//! A request that demands a revision which is not there yet waits for it, and keeps its place
//! among the requests in flight meanwhile. Whoever demands what will never be could have all
//! places that way, and nobody else would be answered: so of each tenant only a share may wait.

use crate::problem::Problem;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many requests at a time.
#[derive(Debug)]
pub struct Permits {
    most: usize,
    in_flight: AtomicUsize,
}

/// One request, counted out when it is dropped.
#[derive(Debug)]
pub struct Permit<'a>(&'a AtomicUsize);

impl Permits {
    /// At most so many.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self { most, in_flight: AtomicUsize::new(0) }
    }

    /// Counts a request in, if there is room.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub fn enter(&self) -> Result<Permit<'_>, Problem> {
        let permit = Permit(&self.in_flight);
        if self.in_flight.fetch_add(1, Ordering::Relaxed) < self.most {
            Ok(permit)
        } else {
            Err(Problem::busy())
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// So many things at a time for each tenant, whatever the others do.
#[derive(Debug, Clone)]
pub struct TenantPermits {
    most: usize,
    by_tenant: Arc<Mutex<HashMap<String, usize>>>,
}

/// One thing of a tenant, counted out when it is dropped.
#[derive(Debug)]
pub struct TenantPermit {
    permits: TenantPermits,
    tenant: String,
}

/// Which part of all requests in flight may wait for one tenant.
const SHARE: usize = 8;

impl TenantPermits {
    /// At most so many for each tenant.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, by_tenant: Arc::default() }
    }

    /// The share of each tenant in so many requests that may wait.
    #[must_use]
    pub fn share_of(requests_in_flight: usize) -> Self {
        Self::new((requests_in_flight / SHARE).max(1))
    }

    /// Counts one in, if not too many of the tenant are.
    ///
    /// # Errors
    ///
    /// Where too many are.
    pub fn enter(&self, tenant: &str) -> Result<TenantPermit, Problem> {
        let mut by_tenant = self.lock();
        let going = by_tenant.entry(tenant.to_owned()).or_default();
        if *going >= self.most {
            return Err(Problem::busy());
        }
        *going += 1;
        drop(by_tenant);
        Ok(TenantPermit { permits: self.clone(), tenant: tenant.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TenantPermit {
    fn drop(&mut self) {
        let mut by_tenant = self.permits.lock();
        if let Some(going) = by_tenant.get_mut(&self.tenant) {
            *going = going.saturating_sub(1);
            if *going == 0 {
                by_tenant.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_tenant_a_share_is_let_in_and_who_is_done_makes_room() {
        let permits = TenantPermits::share_of(16);
        let first = permits.enter("acme").unwrap();
        let _second = permits.enter("acme").unwrap();
        assert!(permits.enter("acme").is_err());
        assert!(permits.enter("other").is_ok());
        drop(first);
        assert!(permits.enter("acme").is_ok());
        assert_eq!(permits.lock().len(), 1, "who is done is forgotten");
        assert!(TenantPermits::share_of(1).enter("acme").is_ok());
    }
}
