//! What a piece of work costs: time of the processor and memory.
//!
//! Machines are shared, so the clock on the wall says more about the neighbours than about the
//! work; the clock of the thread stands still while others run. Memory is counted by the
//! allocator for the whole process, so measured work runs while no other thread does.

use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a piece of work cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Processor time of this thread.
    pub time: Duration,
    /// Bytes held at one time beyond those that were held before.
    pub bytes: usize,
}

impl Cost {
    /// The greater of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { time: self.time.max(other.time), bytes: self.bytes.max(other.bytes) }
    }
}

/// Does a piece of work and says what it cost.
pub fn measured<T>(work: impl FnOnce() -> T) -> (T, Cost) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let begun = clock();
    let result = work();
    let time = clock().saturating_sub(begun);
    (result, Cost { time, bytes: MEMORY.peak_usage().saturating_sub(before) })
}

fn clock() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_while_the_thread_works_and_not_while_it_sleeps() {
        let ((), slept) = measured(|| std::thread::sleep(Duration::from_millis(30)));
        assert!(slept.time < Duration::from_millis(20), "{slept:?}");
        let (_, worked) =
            measured(|| (0..3_000_000_u64).fold(1, |n, m| std::hint::black_box(n ^ m)));
        assert!(worked.time > Duration::from_micros(100), "{worked:?}");
    }

    #[test]
    fn memory_is_counted_at_its_peak_even_if_it_is_given_back() {
        let ((), cost) = measured(|| drop(std::hint::black_box(vec![1_u8; 3 << 20])));
        assert!(cost.bytes >= 3 << 20, "{cost:?}");
    }
}
