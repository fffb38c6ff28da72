//! What families log, on its way into the log of the platform.
//!
//! A family of a stranger must not be able to fill a disk, so its lines are limited per call,
//! where they are kept, and per second, here.

use super::store::{Level, LogBuffer};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many lines a family may still write in the second under way.
#[derive(Debug)]
pub(super) struct LogRate {
    start: Instant,
    per_second: u32,
    /// The second, counted from `start`, in the upper half; the lines written in the lower.
    window: AtomicU64,
}

impl LogRate {
    pub(super) fn new(per_second: u32) -> Self {
        Self { start: Instant::now(), per_second, window: AtomicU64::new(0) }
    }

    /// Writes the lines of one call and empties the buffer. Answers with how many lines were
    /// written and how many were dropped.
    pub(super) fn write(&self, family: &str, tenant: &str, log: &mut LogBuffer) -> (u64, u64) {
        let (mut written, mut dropped) = (0, std::mem::take(&mut log.dropped).0);
        for (level, line) in log.lines.drain(..) {
            if self.admits(self.start.elapsed().as_secs()) {
                event(family, tenant, level, &line);
                written += 1;
            } else {
                dropped += 1;
            }
        }
        (written, dropped)
    }

    fn admits(&self, second: u64) -> bool {
        let next = |window: u64| {
            let written = if window >> 32 == second { window & u64::from(u32::MAX) } else { 0 };
            (written < u64::from(self.per_second)).then_some((second << 32) | (written + 1))
        };
        self.window.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }
}

fn event(family: &str, tenant: &str, level: Level, line: &str) {
    // The macros want level and target as constants.
    match level {
        Level::Debug => tracing::debug!(target: "permesso::family", family, tenant, "{line}"),
        Level::Info => tracing::info!(target: "permesso::family", family, tenant, "{line}"),
        Level::Warn => tracing::warn!(target: "permesso::family", family, tenant, "{line}"),
        Level::Error => tracing::error!(target: "permesso::family", family, tenant, "{line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_has_its_own_lines() {
        let rate = LogRate::new(2);
        assert!(rate.admits(0) && rate.admits(0));
        assert!(!rate.admits(0));
        assert!(rate.admits(1) && rate.admits(1));
        assert!(!rate.admits(1));
    }
}
