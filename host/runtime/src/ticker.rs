//! The clock of deadlines.
//!
//! Compiled code compares a counter with its deadline at every loop and call; this thread moves
//! the counter. It runs from the moment there is an engine, whatever limits are set: a clock
//! that starts with the first deadline is one that some path forgets to start.

use super::error::RuntimeError;
use std::thread;
use std::time::Duration;
use wasmtime::Engine;

/// Moves the engine's epoch every `tick` for as long as anything holds the engine.
///
/// # Errors
///
/// [`RuntimeError::Ticker`] where the system grants no thread.
pub(super) fn start(engine: &Engine, tick: Duration) -> Result<(), RuntimeError> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("permesso-epoch".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(tick);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })
        .map(drop)
        .map_err(RuntimeError::Ticker)
}
