//! What a family has done, counted.
//!
//! Metrics are read by whoever serves them; counting must cost next to nothing and fail never,
//! so these are plain atomics without order among each other.

use permesso_engine::family::FaultKind;
use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Its value now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }
}

/// The largest number seen.
#[derive(Debug, Default)]
pub struct Peak(AtomicU64);

impl Peak {
    /// Its value now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn see(&self, value: u64) {
        // Mostly it is no record, and reading is cheaper than writing.
        if value > self.get() {
            self.0.fetch_max(value, Ordering::Relaxed);
        }
    }
}

/// The counters of one family.
#[derive(Debug, Default)]
pub struct FamilyStats {
    /// Questions, refused ones included.
    pub questions: Counter,
    /// Calls in an instance of their own, each with one question or a batch.
    pub created: Counter,
    /// Calls in an instance that had been asked before.
    pub reused: Counter,
    /// Instances thrown away because of a fault.
    pub discarded: Counter,
    /// Answers that were compared with those of a fresh instance.
    pub shadowed: Counter,
    /// Bytes of linear memory that an instance has had at most.
    pub memory_peak: Peak,
    /// Instructions, roughly, that its calls took together; counted only where the runtime was
    /// told to [`meter`](super::RuntimeConfig::meter).
    pub fuel: Counter,
    /// Instructions, roughly, that the dearest call took.
    pub fuel_peak: Peak,
    /// Log lines written.
    pub log_written: Counter,
    /// Log lines dropped because there were too many.
    pub log_dropped: Counter,
    timeouts: Counter,
    memory: Counter,
    traps: Counter,
    bad_results: Counter,
    saturated: Counter,
    input_types: Counter,
    quarantined: Counter,
    impure: Counter,
    unavailable: Counter,
}

impl FamilyStats {
    /// Questions that ended in a fault of that kind.
    #[must_use]
    pub fn faults(&self, kind: FaultKind) -> &Counter {
        match kind {
            FaultKind::Unavailable => &self.unavailable,
            FaultKind::Timeout => &self.timeouts,
            FaultKind::Memory => &self.memory,
            FaultKind::Trap => &self.traps,
            FaultKind::BadResult => &self.bad_results,
            FaultKind::Saturated => &self.saturated,
            FaultKind::InputType => &self.input_types,
            FaultKind::Quarantined => &self.quarantined,
            FaultKind::Impure => &self.impure,
        }
    }
}
