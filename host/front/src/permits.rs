//! How many requests are worked on, and how many wait.
//!
//! A request that demands a revision which is not there yet waits for it, and keeps its place
//! among the requests in flight meanwhile. Whoever demands what will never be could have all
//! places that way, and nobody else would be answered: so of each tenant only a share may wait.

use crate::problem::Problem;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

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

/// Which part of all requests in flight may wait for one tenant.
const SHARE: usize = 8;

/// How many requests wait for each tenant.
#[derive(Debug)]
pub struct WaitingPermits {
    most: usize,
    by_tenant: Mutex<HashMap<String, usize>>,
}

/// A request that waits, until it is dropped.
#[derive(Debug)]
pub struct WaitingPermit<'a> {
    waiting: &'a WaitingPermits,
    tenant: String,
}

impl WaitingPermits {
    /// A share of so many requests for each tenant.
    #[must_use]
    pub fn new(requests_in_flight: usize) -> Self {
        Self { most: (requests_in_flight / SHARE).max(1), by_tenant: Mutex::default() }
    }

    /// Lets a request wait, if not too many do.
    ///
    /// # Errors
    ///
    /// Where too many do.
    pub fn enter(&self, tenant: &str) -> Result<WaitingPermit<'_>, Problem> {
        let mut by_tenant = self.lock();
        let waiting = by_tenant.entry(tenant.to_owned()).or_default();
        if *waiting >= self.most {
            return Err(Problem::busy());
        }
        *waiting += 1;
        Ok(WaitingPermit { waiting: self, tenant: tenant.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WaitingPermit<'_> {
    fn drop(&mut self) {
        let mut by_tenant = self.waiting.lock();
        if let Some(waiting) = by_tenant.get_mut(&self.tenant) {
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                by_tenant.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_tenant_a_share_waits_and_who_is_done_makes_room() {
        let waiting = WaitingPermits::new(16);
        let first = waiting.enter("acme").unwrap();
        let _second = waiting.enter("acme").unwrap();
        assert!(waiting.enter("acme").is_err());
        assert!(waiting.enter("other").is_ok());
        drop(first);
        assert!(waiting.enter("acme").is_ok());
        assert_eq!(waiting.lock().len(), 1, "who does not wait is forgotten");
        assert!(WaitingPermits::new(1).enter("acme").is_ok());
    }
}
