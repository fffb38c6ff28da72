//! What a condition may cost: how long it may be, what it may read, how many steps it may take,
//! and for how long.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// Bytes that a condition may be long.
pub(super) const MAX_SOURCE: usize = 4_096;
/// Bytes of one text.
pub(super) const MAX_TEXT: usize = 4_096;
/// Items of one list.
pub(super) const MAX_ITEMS: usize = 1_000;
/// Bytes of all texts of one list. A scan of it has to be over before the clock is looked at.
pub(super) const MAX_LIST_BYTES: usize = 65_536;
/// Parts within each other, or in a row.
pub(super) const MAX_DEPTH: usize = 32;
/// Steps of one evaluation.
pub(super) const MAX_OPERATIONS: u64 = 1_000;
/// How long one evaluation may take.
const DEADLINE: Duration = Duration::from_millis(5);
/// Every how many steps the clock is looked at. Most conditions are over before the first time.
pub(super) const CLOCK_EVERY: u64 = 16;
/// Every how many parts the clock is looked at where a condition is asked part by part.
pub(super) const LOOK_EVERY: u32 = 4;
/// What counts at most between two looks at the clock. Steps are bounded, so more than this is
/// a machine that was busy elsewhere, and nobody is denied for that.
const PAUSE: Duration = Duration::from_millis(1);

thread_local! {
    /// When the clock was last looked at in the evaluation of this thread, and what has counted
    /// until then.
    static CLOCK: Cell<(Option<Instant>, Duration)> = const { Cell::new((None, Duration::ZERO)) };
}

/// Starts the clock of an evaluation, which is read only if it takes many steps.
pub(super) fn begin() {
    CLOCK.set((None, Duration::ZERO));
}

/// Whether an evaluation has taken too long. Looks at the clock.
pub(super) fn overdue() -> bool {
    let now = Instant::now();
    let (last, counted) = CLOCK.get();
    let passed = last.map_or(Duration::ZERO, |last| now.duration_since(last).min(PAUSE));
    let counted = counted + passed;
    CLOCK.set((Some(now), counted));
    counted >= DEADLINE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stops_slow_steps_and_forgives_a_pause_of_the_machine() {
        let looks = |pause: u64, times: usize| {
            (0..times).any(|_| {
                std::thread::sleep(Duration::from_millis(pause));
                overdue()
            })
        };
        begin();
        assert!(!looks(0, 1) && !looks(30, 1), "one pause");
        assert!(looks(2, 4), "slow again and again");
        begin();
        assert!(!looks(0, 1), "the next evaluation starts anew");
    }
}
