//! Who waits.
//!
//! A request that demands a revision which is not there yet waits for it, and keeps its place
//! among the requests in flight meanwhile. Whoever demands what will never be could have all
//! places that way, and nobody else would be answered: so of each tenant only a share may wait.

use super::problem::Problem;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Which part of all requests in flight may wait for one tenant.
const SHARE: usize = 8;

/// How many requests wait for each tenant.
#[derive(Debug)]
pub(super) struct Waiting {
    most: usize,
    by_tenant: Mutex<HashMap<String, usize>>,
}

/// A request that waits, until it is dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    waiting: &'a Waiting,
    tenant: String,
}

impl Waiting {
    pub(super) fn new(requests_in_flight: usize) -> Self {
        Self { most: (requests_in_flight / SHARE).max(1), by_tenant: Mutex::default() }
    }

    /// Lets a request wait, if not too many do.
    pub(super) fn enter(&self, tenant: &str) -> Result<Place<'_>, Problem> {
        let mut by_tenant = self.lock();
        let waiting = by_tenant.entry(tenant.to_owned()).or_default();
        if *waiting >= self.most {
            return Err(Problem::Busy);
        }
        *waiting += 1;
        Ok(Place { waiting: self, tenant: tenant.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
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
        let waiting = Waiting::new(16);
        let first = waiting.enter("acme").unwrap();
        let _second = waiting.enter("acme").unwrap();
        assert!(waiting.enter("acme").is_err());
        assert!(waiting.enter("other").is_ok());
        drop(first);
        assert!(waiting.enter("acme").is_ok());
        assert_eq!(waiting.lock().len(), 1, "who does not wait is forgotten");
        assert!(Waiting::new(1).enter("acme").is_ok());
    }
}
