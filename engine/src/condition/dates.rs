//! Days of the calendar where people are.
//!
//! Which days some instants belong to is known when a condition is saved: the rules of all zones
//! are in the program. So the instants at which a span of days begins and ends are found once;
//! a decision compares with them, and they say until when its answer holds. There may be more
//! than two: where clocks are put back over midnight, the day before comes back with them.

use super::calendar::next_shown;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Days from the first to the last, both included.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DateRange {
    /// The milliseconds at which they begin and end by turns, in order.
    edges: Box<[i64]>,
}

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoDate {
    /// It is not written as one.
    Unlike,
    /// Digits are missing: the date as it is written here.
    Short(i16, i8, i8),
    /// There are not so many months.
    Month,
    /// The month of that year has only so many days.
    Day(i16, i8, i8),
    /// The calendar does not reach so far.
    Far,
}

/// The years with days that begin and end within the calendar, wherever people are.
const YEARS: std::ops::RangeInclusive<i16> = 1..=9_998;

/// Reads a date, such as `2026-12-31`.
pub(super) fn date(text: &str) -> Result<Date, NoDate> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = *parts.as_slice() else { return Err(NoDate::Unlike) };
    let whole = year.len() == 4 && month.len() == 2 && day.len() == 2;
    let year = digits(year, 5)?.parse::<i16>().map_err(|_| NoDate::Far)?;
    let month = digits(month, 2)?.parse::<i8>().map_err(|_| NoDate::Unlike)?;
    let day = digits(day, 2)?.parse::<i8>().map_err(|_| NoDate::Unlike)?;
    if !YEARS.contains(&year) {
        return Err(NoDate::Far);
    }
    let first = Date::new(year, month, 1).map_err(|_| NoDate::Month)?;
    let date = Date::new(year, month, day);
    let date = date.map_err(|_| NoDate::Day(year, month, first.days_in_month()))?;
    // A year of two digits is none that anybody means.
    if whole {
        Ok(date)
    } else if year > 99 {
        Err(NoDate::Short(year, month, day))
    } else {
        Err(NoDate::Unlike)
    }
}

/// A text that is some digits and nothing else.
fn digits(text: &str, most: usize) -> Result<&str, NoDate> {
    let fits = (1..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    fits.then_some(text).ok_or(NoDate::Unlike)
}

/// The instant at which a day begins in a zone.
pub(super) fn start(date: Date, zone: &TimeZone) -> Option<i64> {
    let begins = date.to_zoned(zone.clone()).ok()?.start_of_day().ok()?;
    Some(begins.timestamp().as_millisecond())
}

impl DateRange {
    /// The days from the first to the last; `None` beyond the calendar.
    pub(super) fn new(first: Date, last: Date, zone: &TimeZone) -> Option<Self> {
        let is_in = |at: Timestamp| (first..=last).contains(&zone.to_datetime(at).date());
        let midnight = |date: Date, later: i64| {
            let begins = start(date.checked_add(later.days()).ok()?, zone)?;
            Timestamp::from_millisecond(begins).ok()
        };
        let mut at = midnight(first, -2)?;
        let (begun, ends, ended) = (midnight(first, 2)?, midnight(last, -1)?, midnight(last, 3)?);
        let mut edges = Vec::new();
        let mut held = is_in(at);
        while at < ended {
            // Nothing happens between the first days and the last.
            at = if (begun..ends).contains(&at) { ends } else { next_shown(zone, at, [0])? };
            if is_in(at) != held {
                held = !held;
                edges.push(at.as_millisecond());
            }
        }
        Some(Self { edges: edges.into() })
    }

    /// Whether an instant is on one of the days; `None` beyond the calendar.
    pub(super) fn holds_at(&self, millis: i64) -> Option<bool> {
        Timestamp::from_millisecond(millis).ok()?;
        Some(self.edges.iter().filter(|edge| **edge <= millis).count() % 2 == 1)
    }

    /// The first millisecond after this one at which that changes; the end of the calendar where
    /// it does not, and `None` beyond.
    pub(super) fn next_change(&self, millis: i64) -> Option<i64> {
        Timestamp::from_millisecond(millis).ok()?;
        let next = self.edges.iter().copied().find(|edge| *edge > millis);
        // The last second is not there to the end.
        let end = Timestamp::MAX.as_second().saturating_mul(1_000);
        Some(next.unwrap_or_else(|| end.max(millis.saturating_add(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::calendar::{instant, zone};

    fn at(text: &str) -> i64 {
        instant(text).unwrap()
    }

    fn days(first: &str, last: &str, name: &str) -> DateRange {
        let zone = zone(name).unwrap();
        DateRange::new(date(first).unwrap(), date(last).unwrap(), &zone).unwrap()
    }

    #[test]
    fn days_begin_and_end_at_midnight_where_people_are() {
        let holidays = days("2026-12-24", "2027-01-06", "Europe/Rome");
        assert_eq!(*holidays.edges, [at("2026-12-23T23:00:00Z"), at("2027-01-06T23:00:00Z")]);
        let spring = days("2026-03-29", "2026-03-29", "Europe/Rome");
        assert_eq!(*spring.edges, [at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")]);
        let far = days("2026-01-01", "2126-12-31", "Asia/Kathmandu");
        assert_eq!(*far.edges, [at("2025-12-31T18:15:00Z"), at("2126-12-31T18:15:00Z")]);
    }

    #[test]
    fn a_day_that_the_clocks_come_back_to_comes_back() {
        // At a minute past midnight the clocks were put back by an hour.
        let day = days("2006-10-28", "2006-10-28", "America/St_Johns");
        let edges = [
            "2006-10-28T02:30:00Z",
            "2006-10-29T02:30:00Z",
            "2006-10-29T02:31:00Z",
            "2006-10-29T03:30:00Z",
        ];
        assert_eq!(*day.edges, edges.map(at));
    }

    #[test]
    fn a_day_that_was_left_out_never_was() {
        assert!(days("2011-12-30", "2011-12-30", "Pacific/Apia").edges.is_empty());
        assert_eq!(days("2011-12-29", "2011-12-31", "Pacific/Apia").edges.len(), 2);
    }

    #[test]
    fn a_day_that_does_not_exist_is_told_from_one_that_is_written_otherwise() {
        for (text, why) in [
            ("2026-02-30", NoDate::Day(2026, 2, 28)),
            ("2028-02-30", NoDate::Day(2028, 2, 29)),
            ("2026-04-31", NoDate::Day(2026, 4, 30)),
            ("2026-01-00", NoDate::Day(2026, 1, 31)),
            ("2026-13-01", NoDate::Month),
            ("2026-1-5", NoDate::Short(2026, 1, 5)),
            ("31-12-2026", NoDate::Unlike),
            ("31.12.2026", NoDate::Unlike),
            ("2026-12-31T00:00:00Z", NoDate::Unlike),
            ("2026-12", NoDate::Unlike),
            ("", NoDate::Unlike),
            ("0000-01-01", NoDate::Far),
            ("9999-12-31", NoDate::Far),
        ] {
            assert_eq!(date(text), Err(why), "{text}");
        }
        for text in ["2028-02-29", "0001-01-01", "9998-12-31"] {
            let date = date(text).unwrap();
            for name in ["UTC", "Pacific/Kiritimati", "-14:00"] {
                assert!(DateRange::new(date, date, &zone(name).unwrap()).is_some(), "{text}");
            }
        }
    }
}
