//! What conditions ask of the clock and the calendar.

use super::super::edge;
use super::{MINUTE, Writer, quote};
use crate::random::Random;
use crate::reference::condition::{instant, minute, today};

const ZONES: [&str; 6] =
    ["UTC", "Europe/Rome", "America/New_York", "Asia/Kolkata", "+02:00", "-03:30"];

/// An instant as people write it, within quotes.
fn written(random: &mut Random, millis: i64) -> String {
    quote(&instant_in_a_zone(random, millis))
}

/// An instant as people write it.
pub(super) fn instant_in_a_zone(random: &mut Random, millis: i64) -> String {
    let shift = [0, 0, 120, -210][random.below(4)];
    let local = millis + shift * MINUTE;
    let (date, rest) = (date(local.div_euclid(86_400_000)), local.rem_euclid(86_400_000));
    let (hours, minutes) = (rest / 3_600_000, rest / MINUTE % 60);
    let seconds = format!("{:02}.{:03}", rest / 1_000 % 60, rest % 1_000);
    let seconds = seconds.trim_end_matches(".000");
    let zone = match shift {
        0 => "Z".to_owned(),
        shift => {
            let sign = if shift < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", shift.abs() / 60, shift.abs() % 60)
        }
    };
    format!("{date}T{hours:02}:{minutes:02}:{seconds}{zone}")
}

/// A day of 2026 as people write it.
fn date(days: i64) -> String {
    let start = instant("2026-01-01T00:00:00Z").unwrap_or_default();
    let (mut month, mut day) = (1, days - start / 86_400_000 + 1);
    for length in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day > length {
            (month, day) = (month + 1, day - length);
        }
    }
    format!("2026-{month:02}-{day:02}")
}

impl Writer<'_> {
    /// A length of time that is written out, and its milliseconds.
    fn length(&mut self) -> (String, i64) {
        match self.random.below(5) {
            0 => ("days(1)".to_owned(), 24 * 60 * MINUTE),
            1 => ("days(2)".to_owned(), 48 * 60 * MINUTE),
            2 => ("hours(5)".to_owned(), 5 * 60 * MINUTE),
            3 => ("minutes(90)".to_owned(), 90 * MINUTE),
            _ => ("hours(1) + minutes(30)".to_owned(), 90 * MINUTE),
        }
    }

    /// A comparison of instants or of lengths of time.
    pub(super) fn clock(&mut self) -> String {
        const ORDER: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
        let edge = edge(self.random);
        let (length, millis) = self.length();
        let at = |random: &mut Random, millis| format!("instant({})", written(random, millis));
        let (left, right) = match self.random.below(12) {
            0..3 => ("now".to_owned(), at(self.random, edge)),
            3 => (format!("now + {length}"), at(self.random, edge + millis)),
            4 => (format!("now - ({length})"), at(self.random, edge - millis)),
            5 => (format!("now - {}", at(self.random, edge - millis)), length),
            6 => (format!("{} - now", at(self.random, edge + millis)), length),
            // How far now is from itself says nothing, and is refused.
            7 => (self.instant(), format!("{} + {length}", self.path(&["instant"]))),
            8 => (format!("now - {}", self.instant()), length),
            9 => {
                let number =
                    if self.has("integer") { self.path(&["integer"]) } else { "2".to_owned() };
                let unit = self.one(&["days", "hours", "minutes"]);
                (self.instant(), format!("now - {unit}({number})"))
            }
            10 => (format!("now + (now - {})", self.path(&["instant"])), at(self.random, edge)),
            _ => (self.path(&["instant"]), at(self.random, edge)),
        };
        self.compared(&left, &right, &ORDER)
    }

    /// What is asked of the calendar, the milliseconds that it lies after now, and a zone.
    fn looked_up(&mut self) -> (String, i64, String) {
        let (length, millis) = self.length();
        let zone = self.one(&ZONES);
        match self.random.below(20) {
            0..10 => ("now".to_owned(), 0, zone),
            10..13 => (format!("now + {length}"), millis, zone),
            13..15 => (format!("now - ({length})"), -millis, zone),
            15 => ("now + days(4000000)".to_owned(), 0, zone),
            _ => (self.path(&["instant"]), 0, zone),
        }
    }

    pub(super) fn hours(&mut self) -> String {
        let (at, later, zone) = self.looked_up();
        // One end of the range is where the hour changes at an edge.
        let one = minute(edge(self.random) + later, &zone).unwrap_or(9 * 60);
        let later = [60, 120, 360, 720, 1_380, 1, 90][self.random.below(7)];
        let other = (one + later) % (24 * 60);
        let (from, to) = if self.random.chance(50) { (one, other) } else { (other, one) };
        let to = if to == 0 && self.random.chance(50) { 24 * 60 } else { to };
        let (from, to) = (self.time(from), self.time(to));
        self.call("hour_in", &at, &[from, to, quote(&zone)])
    }

    /// A time of day as people write it.
    fn time(&mut self, minutes: i64) -> String {
        let (hour, minute) = (minutes / 60, minutes % 60);
        match minute == 0 && self.random.chance(50) {
            true => hour.to_string(),
            false => quote(&format!("{hour}:{minute:02}")),
        }
    }

    pub(super) fn dates(&mut self) -> String {
        let (at, later, zone) = self.looked_up();
        let day = today(edge(self.random) + later, &zone).unwrap_or(20_540);
        if self.random.chance(30) {
            let begins = format!("date({}, {})", quote(&date(day)), quote(&zone));
            return self.compared(&at, &begins, &["<", "<=", ">", ">="]);
        }
        let length = [0, 0, 1, 3][self.random.below(4)];
        let first = if self.random.chance(50) { day } else { day - length - 1 };
        let (first, last) = (quote(&date(first)), quote(&date(first + length)));
        self.call("date_in", &at, &[first, last, quote(&zone)])
    }

    pub(super) fn weekdays(&mut self) -> String {
        let (at, _, zone) = self.looked_up();
        let days = self.one(&[
            "\"sat-sun\"",
            "\"mon-fri\"",
            "\"fri\"",
            "\"sun\"",
            "\"sat-mon\"",
            "[\"mon\", \"sat\"]",
            "[\"thu-fri\", \"sun\"]",
        ]);
        self.call("weekday_in", &at, &[days, quote(&zone)])
    }
}
