//! Whether requests should come here.
//!
//! Being alive and being ready are two things: a server that still loads its tenants, or that
//! was told to stop, lives and must not be sent anything new.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The switch that says so: off at first, off again for good once the server stops.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Switches>);

#[derive(Debug, Default)]
struct Switches {
    ready: AtomicBool,
    stopping: AtomicBool,
}

impl Readiness {
    /// Says whether requests can be answered: `true` once every tenant is loaded.
    pub fn set(&self, ready: bool) {
        self.0.ready.store(ready, Ordering::Release);
    }

    /// Whether requests should come here.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire) && !self.0.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
    }
}
