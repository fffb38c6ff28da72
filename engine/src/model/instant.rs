//! Instants as people write them: a date, or a date and a time with its zone.
//!
//! A number says neither its unit nor its beginning: seconds read as milliseconds are a day in
//! January 1970, and what should begin next week is allowed now. So nobody writes one.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, datetime};
use jiff::tz::Offset;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The last millisecond of the year 9999.
const LAST: i64 = 253_402_300_799_999;
/// The first millisecond of the year 1990.
const FIRST_SENT: i64 = 631_152_000_000;
const BEGINNING: DateTime = datetime(1970, 1, 1, 0, 0, 0, 0);
const DAY: i64 = 24 * 60 * 60 * 1000;
const FORMS: &str = "write a date such as 2026-12-31, or a date and a time with its zone such as \
                     2026-12-31T18:00:00+01:00";

/// An instant of the years 1970 to 9999, to the millisecond.
///
/// It is written as a date (`2026-12-31`: where it begins, in UTC) or as a date and a time with
/// its zone (`2026-12-31T18:00:00+01:00`, `2026-12-31T17:00:00Z`), and kept as the latter in UTC.
/// Where something ends *until* a date, that day still belongs to it: see [`Instant::until`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// What is wrong with an instant, and what to write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoInstant(String);

impl Instant {
    /// The milliseconds that a question may send: seconds of our days would lie before them.
    pub const SENT: RangeInclusive<i64> = FIRST_SENT..=LAST;

    /// So many milliseconds after 1970-01-01T00:00:00Z. What lies outside of the years 1970 to
    /// 9999 is taken for the nearest instant that does not.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < 0 {
            0
        } else if millis > LAST {
            LAST
        } else {
            millis
        })
    }

    /// How many milliseconds it is after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads where something ends: a date means the end of that day.
    ///
    /// # Errors
    ///
    /// What to write instead.
    pub fn until(text: &str) -> Result<Self, NoInstant> {
        let begins: Self = text.parse()?;
        Ok(if is_date(text) { Self::from_millis(begins.0 + DAY) } else { begins })
    }
}

/// Whether a text has the form of a date, with no time.
fn is_date(text: &str) -> bool {
    let form = text.bytes().map(|byte| if byte.is_ascii_digit() { b'9' } else { byte });
    form.eq(*b"9999-99-99")
}

impl FromStr for Instant {
    type Err = NoInstant;

    fn from_str(text: &str) -> Result<Self, NoInstant> {
        let wrong = |why: &str| NoInstant(format!("`{}` {why}; {FORMS}", shortened(text)));
        let (day, rest) = text.split_at_checked(10).unwrap_or((text, ""));
        if !is_date(day) {
            return Err(wrong("is no date"));
        }
        let date: Date = day.parse().map_err(|_| wrong("is a day that no calendar has"))?;
        if date.year() < 1970 {
            return Err(wrong("is before 1970"));
        }
        let (time, offset) = if rest.is_empty() {
            (Time::midnight(), Offset::UTC)
        } else {
            let rest = rest.strip_prefix(['T', 't', ' ']).ok_or_else(|| wrong("is no date"))?;
            time_and_offset(rest).map_err(|why| wrong(&why))?
        };
        let local = date.to_datetime(time).duration_since(BEGINNING).as_millis();
        let millis = i64::try_from(local).unwrap_or(i64::MAX) - i64::from(offset.seconds()) * 1000;
        match (0..=LAST).contains(&millis) {
            true => Ok(Self(millis)),
            false => Err(wrong("is outside of the years 1970 to 9999")),
        }
    }
}

/// The time and the zone behind a date.
fn time_and_offset(text: &str) -> Result<(Time, Offset), String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.');
    let Some((time, zone)) = end.and_then(|end| text.split_at_checked(end)) else {
        return Err(format!("has a time without a zone; add `Z` for UTC, as in `{}Z`", {
            shortened(text)
        }));
    };
    let numbers: Vec<&str> = time.split([':', '.']).collect();
    let two = |n: usize| {
        let digits = numbers.get(n).copied().unwrap_or("00");
        if digits.len() == 2 { digits.parse::<i8>().ok() } else { None }
    };
    let form = time.bytes().map(|byte| if byte.is_ascii_digit() { b'9' } else { byte });
    let form: Vec<u8> = form.take(9).collect();
    let known = [&b"99:99"[..], b"99:99:99", b"99:99:99."].contains(&form.as_slice());
    let (Some(hour), Some(minute), Some(second)) = (two(0), two(1), two(2)) else {
        return Err("has no time of a day".to_owned());
    };
    let fraction = numbers.get(3).copied().unwrap_or("0");
    if !known || numbers.len() > 4 || fraction.is_empty() || fraction.len() > 9 {
        return Err("has no time of a day".to_owned());
    }
    if hour == 24 {
        return Err("has the hour 24, which is 00:00 of the next day".to_owned());
    }
    if second == 60 {
        return Err("has a leap second, which no clock here counts; say the second 59".to_owned());
    }
    let nanos = format!("{fraction:0<9}").parse::<i32>().unwrap_or(0);
    let time =
        Time::new(hour, minute, second, nanos).map_err(|_| "has no time of a day".to_owned())?;
    Ok((time, offset(zone)?))
}

/// `Z`, or hours and minutes east or west of it.
fn offset(zone: &str) -> Result<Offset, String> {
    if matches!(zone, "Z" | "z") {
        return Ok(Offset::UTC);
    }
    let wrong = || {
        format!("ends in `{}`, which is no zone; say `Z`, or hours and minutes", shortened(zone))
    };
    let (east, rest) = match (zone.strip_prefix('+'), zone.strip_prefix('-')) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(wrong)?;
    let part = |text: &str, most: i32| match text.parse::<i32>() {
        Ok(n) if text.len() == 2 && !text.starts_with('+') && n <= most => Ok(n),
        _ => Err(wrong()),
    };
    let seconds = part(hours, 23)? * 3600 + part(minutes, 59)? * 60;
    Offset::from_seconds(east * seconds).map_err(|_| wrong())
}

/// As much of a text as a message can hold.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The last day of 9999 is beyond what the library's own instants reach.
        match BEGINNING.checked_add(SignedDuration::from_millis(self.0)) {
            Ok(instant) => write!(f, "{instant}Z"),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written { read: Self::from_str })
    }
}

/// Reads where something ends that may have no end: a date means the end of that day.
///
/// # Errors
///
/// What to write instead.
pub fn instant_until<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Instant>, D::Error> {
    struct End(Instant);
    impl<'de> Deserialize<'de> for End {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Written { read: Instant::until }).map(Self)
        }
    }
    End::deserialize(deserializer).map(|End(end)| Some(end))
}

struct Written {
    read: fn(&str) -> Result<Instant, NoInstant>,
}

impl Written {
    /// A number, with what it may have been meant to be.
    fn number<E: Error>(number: impl fmt::Display, whole: Option<i64>) -> E {
        let meant = whole.and_then(|n| match n {
            100_000_000..100_000_000_000 => Some(("seconds", n * 1000)),
            100_000_000_000..=LAST => Some(("milliseconds", n)),
            _ => None,
        });
        let hint = meant.map_or_else(String::new, |(unit, millis)| {
            format!(" (if {unit} since 1970 are meant, {})", Instant(millis))
        });
        E::custom(format_args!("`{number}` is a number and no date; {FORMS}{hint}"))
    }
}

impl Visitor<'_> for Written {
    type Value = Instant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date such as 2026-12-31, or a date and a time with its zone")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
        (self.read)(text).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Instant, E> {
        Err(Self::number(number, Some(number)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Instant, E> {
        Err(Self::number(number, i64::try_from(number).ok()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Instant, E> {
        Err(Self::number(number, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_where_it_begins_and_an_end_is_where_it_is_over() {
        let at = |text: &str| text.parse::<Instant>().unwrap().to_string();
        let until = |text: &str| Instant::until(text).unwrap().to_string();
        assert_eq!(at("2026-12-31"), "2026-12-31T00:00:00Z");
        assert_eq!(until("2026-12-31"), "2027-01-01T00:00:00Z");
        for (text, means) in [
            ("2026-12-31T18:00:00+01:00", "2026-12-31T17:00:00Z"),
            ("2026-12-31 18:00:00-09:30", "2027-01-01T03:30:00Z"),
            ("2026-12-31t18:00z", "2026-12-31T18:00:00Z"),
            ("2026-12-31T18:00:00.25Z", "2026-12-31T18:00:00.25Z"),
            ("2026-12-31T18:00:00.123456789Z", "2026-12-31T18:00:00.123Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
        ] {
            assert_eq!(at(text), means, "{text}");
            assert_eq!(until(text), means, "{text}");
        }
        assert_eq!(until("9999-12-31"), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn what_is_no_instant_is_told_what_to_write() {
        for (text, told) in [
            ("", "is no date"),
            ("tomorrow", "is no date"),
            ("31.12.2026", "is no date"),
            ("2026-12-3", "is no date"),
            ("20261231", "is no date"),
            ("+002026-12-31", "is no date"),
            ("２０２６-12-31", "is no date"),
            ("2026-02-29", "no calendar has"),
            ("2026-13-01", "no calendar has"),
            ("1969-12-31", "before 1970"),
            ("1970-01-01T00:00:00+01:00", "years 1970 to 9999"),
            ("2026-12-31T18:00:00", "add `Z`"),
            ("2026-12-31T18:00", "add `Z`"),
            ("2026-12-31T24:00:00Z", "00:00 of the next day"),
            ("2026-12-31T23:59:60Z", "leap second"),
            ("2026-12-31T25:00:00Z", "no time of a day"),
            ("2026-12-31T18:61:00Z", "no time of a day"),
            ("2026-12-31T18Z", "no time of a day"),
            ("2026-12-31T18:00:00.Z", "no time of a day"),
            ("2026-12-31T18:00:00:00Z", "no time of a day"),
            ("2026-12-31TZ", "no time of a day"),
            ("2026-12-31T18:00:00 Z", "no zone"),
            ("2026-12-31T18:00:00CET", "no zone"),
            ("2026-12-31T18:00:00+1", "no zone"),
            ("2026-12-31T18:00:00+24:00", "no zone"),
            ("2026-12-31T18:00:00Z[Europe/Rome]", "no zone"),
            ("2026-12-31Z", "is no date"),
        ] {
            let error = text.parse::<Instant>().unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
            assert!(error.contains("2026-12-31T18:00:00+01:00"), "{text}: {error}");
            assert_eq!(Instant::until(text).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn numbers_are_refused_with_what_they_may_mean() {
        let read = |yaml: &str| serde_saphyr::from_str::<Instant>(yaml).unwrap_err().to_string();
        assert!(read("1767225600").contains("seconds since 1970 are meant, 2026-01-01T00:00:00Z"));
        assert!(read("1767225600000").contains("milliseconds since 1970 are meant, 2026-01-01"));
        assert!(read("2026").contains("`2026` is a number and no date; write a date"));
        assert!(read("1.5").contains("is a number and no date"));
    }
}
