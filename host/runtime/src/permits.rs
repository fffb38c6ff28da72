//! Room for instances.
//!
//! The pool of instances fails at once when it is full. Under a burst that would deny requests
//! that a millisecond later could have been answered, so calls queue here first, for a bounded
//! time, and the pool is never asked for more than it has.

use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A counting semaphore whose fast path is one atomic instruction.
#[derive(Debug)]
pub(super) struct Permits {
    free: AtomicU32,
    waiting: AtomicU32,
    /// Guards nothing but the moment between looking and falling asleep.
    gate: Mutex<()>,
    freed: Condvar,
}

/// Room for one instance, given back when dropped. Borrows or shares what it came from.
#[derive(Debug)]
pub(super) struct Permit<P: Deref<Target = Permits>>(P);

impl Permits {
    pub(super) const fn new(count: u32) -> Self {
        Self {
            free: AtomicU32::new(count),
            waiting: AtomicU32::new(0),
            gate: Mutex::new(()),
            freed: Condvar::new(),
        }
    }

    /// Room, if there is any now.
    pub(super) fn try_acquire<P: Deref<Target = Self>>(permits: P) -> Option<Permit<P>> {
        permits.take_one().then_some(permits).map(Permit)
    }

    /// Room, if there is any within `patience`.
    pub(super) fn acquire(&self, patience: Duration) -> Option<Permit<&Self>> {
        (self.take_one() || self.wait(patience)).then(|| Permit(self))
    }

    /// The same for permits that others may drop in the meantime.
    pub(super) fn acquire_shared<P: Deref<Target = Self>>(
        permits: P,
        patience: Duration,
    ) -> Option<Permit<P>> {
        (permits.take_one() || permits.wait(patience)).then_some(permits).map(Permit)
    }

    fn take_one(&self) -> bool {
        self.free
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |free| free.checked_sub(1))
            .is_ok()
    }

    #[cold]
    fn wait(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        // Announced before looking once more: who frees a permit either is seen by that look or
        // sees the announcement.
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let taken = loop {
            if self.take_one() {
                break true;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { break false };
            gate = self.freed.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner).0;
        };
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        taken
    }
}

impl<P: Deref<Target = Permits>> Drop for Permit<P> {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::SeqCst);
        if self.0.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.0.gate.lock().unwrap_or_else(PoisonError::into_inner));
            self.0.freed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn who_finds_no_room_waits_and_gives_up() {
        let permits = Permits::new(1);
        let held = permits.acquire(Duration::ZERO).unwrap();
        let start = Instant::now();
        assert!(permits.acquire(Duration::from_millis(20)).is_none());
        assert!(start.elapsed() >= Duration::from_millis(20));
        drop(held);
        assert!(permits.acquire(Duration::ZERO).is_some());
    }

    #[test]
    fn many_threads_share_few_permits_and_none_is_lost() {
        let permits = Permits::new(2);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        assert!(permits.acquire(Duration::from_secs(60)).is_some());
                    }
                });
            }
        });
        assert_eq!(permits.free.load(Ordering::SeqCst), 2);
        assert_eq!(permits.waiting.load(Ordering::SeqCst), 0);
    }
}
