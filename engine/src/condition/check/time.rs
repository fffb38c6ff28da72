//! When the answer of a condition can change without any of its inputs changing.
//!
//! A decision that rests on `now` may be kept until the next such instant. It is told from how
//! the condition is written; where that cannot be told, the decision is not kept at all.

use super::super::calendar::Calendar;
use super::super::values::{SharedDates, SharedDays, SharedHours};

/// `now * times + offset`, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::condition) struct Linear {
    pub(super) times: i64,
    pub(super) offset: i64,
}

impl Linear {
    pub(super) const NOW: Self = Self { times: 1, offset: 0 };

    pub(super) const fn constant(offset: i64) -> Self {
        Self { times: 0, offset }
    }

    /// Lengths beyond all calendars leave the range of a number at an instant that is no
    /// boundary.
    fn near(times: i64, offset: i64) -> Option<Self> {
        (offset.unsigned_abs() < 1 << 60).then_some(Self { times, offset })
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        Self::near(self.times.checked_add(other.times)?, self.offset.checked_add(other.offset)?)
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        Self::near(self.times.checked_sub(other.times)?, self.offset.checked_sub(other.offset)?)
    }
}

/// Where a part of a condition can change.
#[derive(Debug, Clone)]
pub(in crate::condition) enum Boundary {
    /// At this instant.
    At(i64),
    /// At the edges of hours, that much later than `now`.
    Hours(SharedHours, i64),
    /// At the edges of days, that much later than `now`.
    Days(SharedDays, i64),
    /// Where days of the calendar begin and end, that much later than `now`.
    Dates(SharedDates, i64),
    /// It cannot be told.
    Anywhere,
}

impl Boundary {
    /// The boundaries of a comparison of what grows as `difference` with zero.
    pub(super) fn of_comparison(difference: Option<Linear>) -> Vec<Self> {
        match difference {
            Some(Linear { times: 0, .. }) => Vec::new(),
            Some(Linear { times: 1, offset }) => match offset.checked_neg() {
                Some(zero) => vec![Self::At(zero), Self::At(zero.saturating_add(1))],
                None => vec![Self::Anywhere],
            },
            Some(Linear { times: -1, offset }) => {
                vec![Self::At(offset), Self::At(offset.saturating_add(1))]
            }
            _ => vec![Self::Anywhere],
        }
    }

    /// The next instant after `now` at which the part can change; `None` if there is none.
    pub(in crate::condition) fn next(&self, now: i64) -> Option<i64> {
        // Beyond the calendar the function itself refuses, so nothing is kept of it either.
        let edge = |calendar: &dyn Fn(i64) -> Option<i64>, later: i64| {
            now.checked_add(later)
                .and_then(calendar)
                .and_then(|edge| edge.checked_sub(later))
                .unwrap_or(now)
        };
        match self {
            Self::At(at) => Some(*at).filter(|at| *at > now),
            Self::Hours(hours, later) => Some(edge(&|at| hours.0.next_change(at), *later)),
            Self::Days(days, later) => Some(edge(&|at| days.0.next_change(at), *later)),
            Self::Dates(dates, later) => Some(edge(&|at| dates.0.next_change(at), *later)),
            Self::Anywhere => Some(now),
        }
    }
}
