//! A short share of the fuzzing, and what it would notice. Memory is counted for the whole
//! process, so only one test runs at a time.

mod bounds;
mod short;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Waits until nobody else allocates.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
