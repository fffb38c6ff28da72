//! Instances that wait for the next call of their tenant.
//!
//! An instance that has seen one tenant's values is never given to another, whatever the
//! family's code says about keeping no state. How many wait is bounded; under pressure the one
//! that has waited longest makes way, so that busy tenants keep theirs.

use super::permits::{Permit, Permits};
use super::v1::Instance;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An instance that belongs to one tenant.
pub(super) struct Owned {
    pub(super) instance: Instance,
    tenant: Box<str>,
    calls_left: u32,
    /// Room to be kept, once granted held to the end, and given back after the instance is gone.
    room: Option<Permit<Arc<Permits>>>,
}

/// The idle instances of one family.
pub(super) struct Idle {
    /// The one that became idle last is at the back.
    waiting: Mutex<VecDeque<Box<Owned>>>,
    limit: usize,
    max_calls: NonZeroU32,
    /// Room for the kept instances of all families.
    room: Arc<Permits>,
}

impl Idle {
    pub(super) fn new(limit: usize, max_calls: NonZeroU32, room: Arc<Permits>) -> Self {
        Self { waiting: Mutex::default(), limit, max_calls, room }
    }

    /// Makes a fresh instance that of a tenant.
    pub(super) fn own(&self, instance: Instance, tenant: &str) -> Box<Owned> {
        Box::new(Owned {
            instance,
            tenant: tenant.into(),
            calls_left: self.max_calls.get(),
            room: None,
        })
    }

    /// An idle instance of that tenant.
    pub(super) fn take(&self, tenant: &str) -> Option<Box<Owned>> {
        let mut waiting = self.lock();
        // From the back: busy tenants are found at once.
        let index = waiting.iter().rposition(|owned| *owned.tenant == *tenant)?;
        waiting.remove(index)
    }

    /// Keeps an instance after a call without fault, unless it has served long enough.
    pub(super) fn put(&self, mut owned: Box<Owned>) {
        owned.calls_left -= 1;
        if owned.calls_left == 0 || self.limit == 0 {
            return;
        }
        if owned.room.is_none() {
            owned.room = Permits::try_acquire(Arc::clone(&self.room));
        }
        let mut waiting = self.lock();
        let mut oldest = None;
        if owned.room.is_none() || waiting.len() >= self.limit {
            oldest = waiting.pop_front();
            if let (None, Some(oldest)) = (&owned.room, &mut oldest) {
                owned.room = oldest.room.take();
            }
        }
        if owned.room.is_some() {
            waiting.push_back(owned);
        }
        drop(waiting);
        // Taking an instance down takes its time: not while others wait for the lock.
        drop(oldest);
    }

    /// Takes down the idle instances of a tenant.
    pub(super) fn forget(&self, tenant: &str) {
        self.lock().retain(|owned| *owned.tenant != *tenant);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Box<Owned>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
