//! A bulkhead for each tenant.
//!
//! Room for calls is shared by everybody, so one tenant whose family is slow could take all of
//! it. Each tenant has a share of its own that it cannot go beyond: its calls wait for one
//! another, and nobody else's wait for them.

use super::permits::{Permit, Permits};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The shares of all tenants.
#[derive(Debug)]
pub(super) struct Bulkhead {
    share: u32,
    tenants: RwLock<HashMap<Box<str>, Arc<Permits>, RandomState>>,
}

impl Bulkhead {
    pub(super) fn new(share: u32) -> Self {
        Self { share, tenants: RwLock::default() }
    }

    /// Room within the tenant's share, if there is any within `patience`.
    pub(super) fn acquire(&self, tenant: &str, patience: Duration) -> Option<Permit<Arc<Permits>>> {
        Permits::acquire_shared(self.share_of(tenant), patience)
    }

    fn share_of(&self, tenant: &str) -> Arc<Permits> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = tenants.get(tenant) {
            return Arc::clone(share);
        }
        drop(tenants);
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Permits::new(self.share));
        Arc::clone(tenants.entry(tenant.into()).or_insert_with(new))
    }

    /// Forgets a tenant. Its calls under way keep their room until they end.
    pub(super) fn forget(&self, tenant: &str) {
        self.tenants.write().unwrap_or_else(PoisonError::into_inner).remove(tenant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_uses_up_its_share_leaves_that_of_others() {
        let bulkhead = Bulkhead::new(2);
        let held: Vec<_> = (0..2).map(|_| bulkhead.acquire("a", Duration::ZERO)).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(bulkhead.acquire("a", Duration::from_millis(5)).is_none());
        assert!(bulkhead.acquire("b", Duration::ZERO).is_some());
        drop(held);
        assert!(bulkhead.acquire("a", Duration::ZERO).is_some());
    }
}
