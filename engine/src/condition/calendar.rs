//! Hours and days where people are.
//!
//! Office hours are written in a zone of time, by name, because an offset in minutes is wrong
//! for half of every year. The rules of all zones are built into the program and are not taken
//! from the machine, so that two nodes, and a replay after an update of one of them, agree.

use crate::model::Instant;
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::{Offset, TimeZone};

const DAY: i64 = 86_400;
/// Minutes of a day.
pub(super) const MINUTES: i64 = 24 * 60;

/// Hours of the day, in minutes from midnight: from the first, up to and without the second. A
/// range whose end is not after its start runs over midnight.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HourRange {
    pub(super) from: i64,
    pub(super) to: i64,
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
    const STEPS: usize = 20;

    fn holds(&self, at: Timestamp) -> bool {
        let minute = shown(&self.zone, at).rem_euclid(DAY) / 60;
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }

    fn step(&self, at: Timestamp) -> Option<Timestamp> {
        next_shown(&self.zone, at, [self.from, self.to])
    }
}

impl Calendar for Weekdays {
    const STEPS: usize = 20;

    fn holds(&self, at: Timestamp) -> bool {
        self.days & bit(self.zone.to_datetime(at).weekday()) != 0
    }

    fn step(&self, at: Timestamp) -> Option<Timestamp> {
        next_shown(&self.zone, at, [0])
    }
}

/// The seconds that the clocks of a zone show, as if it were UTC.
fn shown(zone: &TimeZone, at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(1_000) + i64::from(zone.to_offset(at).seconds())
}

/// When the clocks of a zone next show one of some minutes of the day, or are put forward or
/// back, which changes the hour, and around midnight the day, as well.
pub(super) fn next_shown<const N: usize>(
    zone: &TimeZone,
    at: Timestamp,
    minutes: [i64; N],
) -> Option<Timestamp> {
    let shown = shown(zone, at);
    let until = |minute: i64| match (minute * 60 - shown).rem_euclid(DAY) {
        0 => DAY,
        until => until,
    };
    let until = minutes.into_iter().map(until).min().unwrap_or(DAY);
    let next = Timestamp::from_second(at.as_millisecond().div_euclid(1_000) + until).ok()?;
    match zone.following(at).next() {
        Some(shift) if shift.timestamp() < next => Some(shift.timestamp()),
        _ => Some(next),
    }
}

fn bit(day: Weekday) -> u8 {
    1 << day.to_monday_zero_offset()
}

/// Reads a time of day, such as `8:30`, in minutes from midnight. `24:00` is the end of a day.
pub(super) fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str, most: usize| {
        let fits = (1..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
        text.parse::<i64>().ok().filter(|_| fits)
    };
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2).filter(|_| minute.len() == 2)?);
    let fits = hour < 24 && minute < 60 || (hour, minute) == (24, 0);
    fits.then_some(hour * 60 + minute)
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

/// Reads an instant, such as `2026-07-01T09:00:00+02:00`: as it is read everywhere else, but for
/// days, which begin at another instant in each zone.
pub(super) fn instant(text: &str) -> Option<i64> {
    text.contains(':').then(|| text.parse().ok().map(Instant::millis)).flatten()
}

/// The names of the zones, for suggestions.
pub(super) fn zone_names() -> Vec<String> {
    jiff::tz::db().available().map(|name| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: i64, to: i64, name: &str) -> HourRange {
        HourRange { from: from * 60, to: to * 60, zone: zone(name).unwrap() }
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
        let clock = HourRange { from: 510, to: 525, ..hours(0, 0, "Asia/Kathmandu") };
        assert_eq!(clock.next_change(at("2026-01-15T00:00:00Z")), Some(at("2026-01-15T02:45:00Z")));
        assert_eq!(clock.next_change(at("2026-01-15T02:45:00Z")), Some(at("2026-01-15T03:00:00Z")));
        let week = Weekdays { days: days("mon-fri").unwrap(), zone: zone("Asia/Tokyo").unwrap() };
        assert_eq!(week.next_change(at("2026-01-14T12:00:00Z")), Some(at("2026-01-16T15:00:00Z")));
    }

    #[test]
    fn times_of_day_are_read_to_the_minute() {
        for (text, minutes) in [("8:30", 510), ("08:05", 485), ("0:00", 0), ("24:00", 1_440)] {
            assert_eq!(minute(text), Some(minutes), "{text}");
        }
        for text in ["", "8", "8:5", "8:60", "24:01", "25:00", "8:30:00", "8.30", " 8:30", "+8:30"]
        {
            assert_eq!(minute(text), None, "{text}");
        }
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
