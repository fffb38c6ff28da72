//! Hours and days where people are.
//!
//! Office hours are written in a zone of time, by name, because an offset in minutes is wrong
//! for half of every year. The rules of all zones are built into the program and are not taken
//! from the machine, so that two nodes, and a replay after an update of one of them, agree.

use jiff::civil::Weekday;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

const HOUR: i64 = 3_600;

/// Hours of the day: from the first, up to and without the second. A range whose end is not
/// after its start runs over midnight.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HourRange {
    pub(super) from: i8,
    pub(super) to: i8,
    pub(super) zone: TimeZone,
}

/// Days of the week, a bit each from Monday.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weekdays {
    pub(super) days: u8,
    pub(super) zone: TimeZone,
}

/// What is asked of the calendar.
pub(super) trait Calendar {
    /// Whether it holds at an instant.
    fn holds(&self, at: Timestamp) -> bool;
    /// An instant after `at`, before which it cannot change.
    fn step(&self, at: Timestamp) -> Option<Timestamp>;
    /// More steps than it can take to change.
    const STEPS: usize;

    /// Whether it holds at a number of milliseconds; `None` beyond the calendar.
    fn holds_at(&self, millis: i64) -> Option<bool> {
        Timestamp::from_millisecond(millis).ok().map(|at| self.holds(at))
    }

    /// The first millisecond after this one at which it may hold where it did not, or the
    /// opposite; `None` beyond the calendar.
    fn next_change(&self, millis: i64) -> Option<i64> {
        let mut at = Timestamp::from_millisecond(millis).ok()?;
        let held = self.holds(at);
        for _ in 0..Self::STEPS {
            at = self.step(at)?;
            if self.holds(at) != held {
                break;
            }
        }
        Some(at.as_millisecond().max(millis.saturating_add(1)))
    }
}

impl Calendar for HourRange {
    const STEPS: usize = 50;

    fn holds(&self, at: Timestamp) -> bool {
        let hour = self.zone.to_datetime(at).hour();
        if self.from < self.to {
            (self.from..self.to).contains(&hour)
        } else {
            hour >= self.from || hour < self.to
        }
    }

    fn step(&self, at: Timestamp) -> Option<Timestamp> {
        let local = self.zone.to_datetime(at);
        let past = i64::from(local.minute()) * 60 + i64::from(local.second());
        let next =
            Timestamp::from_second(at.as_millisecond().div_euclid(1_000) + HOUR - past).ok()?;
        Some(shift_before(&self.zone, at, next))
    }
}

/// Clocks that are put forward or back change the hour, and around midnight the day, as well.
fn shift_before(zone: &TimeZone, at: Timestamp, next: Timestamp) -> Timestamp {
    match zone.following(at).next() {
        Some(shift) if shift.timestamp() < next => shift.timestamp(),
        _ => next,
    }
}

impl Calendar for Weekdays {
    const STEPS: usize = 9;

    fn holds(&self, at: Timestamp) -> bool {
        self.days & bit(self.zone.to_datetime(at).weekday()) != 0
    }

    fn step(&self, at: Timestamp) -> Option<Timestamp> {
        let tomorrow = self.zone.to_datetime(at).date().checked_add(1.day()).ok()?;
        let next = tomorrow.to_zoned(self.zone.clone()).ok()?.timestamp();
        Some(shift_before(&self.zone, at, next))
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

/// Reads a zone: `UTC`, an offset as `+02:00`, or a name as `Europe/Rome`.
pub(super) fn zone(text: &str) -> Option<TimeZone> {
    if let Some(digits) = text.strip_prefix(['+', '-']) {
        let (hours, minutes) = digits.split_once(':')?;
        if hours.len() != 2 || minutes.len() != 2 || !digits.is_ascii() {
            return None;
        }
        let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
        let seconds = (hours * 60 + minutes) * 60;
        let seconds = if text.starts_with('-') { -seconds } else { seconds };
        let sane = hours <= 14 && minutes < 60;
        return Offset::from_seconds(seconds).ok().filter(|_| sane).map(TimeZone::fixed);
    }
    TimeZone::get(text).ok()
}

/// Reads days: `mon`, or `mon-fri`.
pub(super) fn days(text: &str) -> Option<u8> {
    let day = |name: &str| {
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().position(|day| *day == name)
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (day(first.trim())?, day(last.trim())?),
        None => (day(text)?, day(text)?),
    };
    // A range that ends before it starts runs over Sunday: `sat-mon`.
    let length = (last + 7 - first) % 7;
    Some((0..=length).fold(0, |days, n| days | 1 << ((first + n) % 7)))
}

/// Reads an instant, such as `2026-07-01T09:00:00+02:00`.
pub(super) fn instant(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// The names of the zones, for suggestions.
pub(super) fn zone_names() -> Vec<String> {
    jiff::tz::db().available().map(|name| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: i8, to: i8, name: &str) -> HourRange {
        HourRange { from, to, zone: zone(name).unwrap() }
    }

    fn at(text: &str) -> i64 {
        instant(text).unwrap()
    }

    #[test]
    fn office_hours_follow_the_clocks_of_their_zone() {
        let office = hours(9, 18, "Europe/Rome");
        assert_eq!(office.holds_at(at("2026-01-15T08:00:00Z")), Some(true));
        assert_eq!(office.holds_at(at("2026-07-15T07:00:00Z")), Some(true));
        assert_eq!(office.holds_at(at("2026-01-15T07:59:59Z")), Some(false));
        let night = hours(22, 6, "UTC");
        assert_eq!(night.holds_at(at("2026-01-15T23:00:00Z")), Some(true));
        assert_eq!(night.holds_at(at("2026-01-15T06:00:00Z")), Some(false));
    }

    #[test]
    fn the_next_change_is_the_edge_where_it_flips() {
        let office = hours(9, 18, "Europe/Rome");
        assert_eq!(
            office.next_change(at("2026-01-15T12:30:10.5Z")),
            Some(at("2026-01-15T17:00:00Z"))
        );
        assert_eq!(
            office.next_change(at("2026-01-15T17:00:00Z")),
            Some(at("2026-01-16T08:00:00Z"))
        );
        // Over the night in which the clocks are put forward.
        assert_eq!(
            office.next_change(at("2026-03-28T17:30:00Z")),
            Some(at("2026-03-29T07:00:00Z"))
        );
        // Hours that begin within the one that is skipped.
        let early = hours(2, 3, "Europe/Rome");
        assert_eq!(early.next_change(at("2026-03-28T12:00:00Z")), Some(at("2026-03-30T00:00:00Z")));
        let half = hours(9, 18, "Asia/Kolkata");
        assert_eq!(half.next_change(at("2026-01-15T00:00:00Z")), Some(at("2026-01-15T03:30:00Z")));
        let week = Weekdays { days: days("mon-fri").unwrap(), zone: zone("Asia/Tokyo").unwrap() };
        assert_eq!(week.next_change(at("2026-01-14T12:00:00Z")), Some(at("2026-01-16T15:00:00Z")));
    }

    #[test]
    fn days_and_zones_are_read_as_people_write_them() {
        assert_eq!(days("mon-fri"), Some(0b001_1111));
        assert_eq!(days("sat-mon"), Some(0b110_0001));
        assert_eq!(days("sun"), Some(0b100_0000));
        assert_eq!(days("monday"), None);
        assert!(zone("Europe/Rome").is_some() && zone("UTC").is_some() && zone("-03:30").is_some());
        assert!(zone("Europe/Roma").is_none() && zone("+2").is_none() && zone("+99:00").is_none());
    }
}
