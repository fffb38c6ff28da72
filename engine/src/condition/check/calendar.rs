//! Functions that ask the calendar, and what they take.
//!
//! Whatever they are told besides the instant is written out, so it is read once and is wrong
//! when the condition is saved or never: a zone that there is not, an hour of 25, a 30 February.

use super::super::calendar::{self, HourRange, Weekdays};
use super::super::dates::{self, DateRange, NoDate};
use super::super::fault::Mistake;
use super::super::values::{SharedDates, SharedDays, SharedHours};
use super::calls::{Function, constant};
use super::{Boundary, Checked, Checker, Kind, Linear, Part, build, nearest};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rhai::{Expr, Position};
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn hour_in(
        &mut self,
        function: &Function,
        instant: Part<'_>,
        range: [Part<'_>; 2],
        zone: Part<'_>,
        at: Position,
    ) -> Checked {
        let instant = self.argument(function, instant, Kind::Instant);
        let range = self.hours(function, range).zip(self.zone(function, zone));
        let Some(((from, to), zone)) = range else { return Checked::wrong(at) };
        let hours = SharedHours(Arc::new(HourRange { from, to, zone }));
        self.calendar(&instant, |later| Boundary::Hours(hours.clone(), later));
        self.pure(function.name, [instant, constant(build::value(hours, at))], at)
    }

    pub(super) fn weekday_in(
        &mut self,
        function: &Function,
        instant: Part<'_>,
        days: Part<'_>,
        zone: Part<'_>,
        at: Position,
    ) -> Checked {
        let instant = self.argument(function, instant, Kind::Instant);
        let range = self.days(function, days).zip(self.zone(function, zone));
        let Some((days, zone)) = range else { return Checked::wrong(at) };
        let days = SharedDays(Arc::new(Weekdays { days, zone }));
        self.calendar(&instant, |later| Boundary::Days(days.clone(), later));
        self.pure(function.name, [instant, constant(build::value(days, at))], at)
    }

    pub(super) fn date_in(
        &mut self,
        function: &Function,
        instant: Part<'_>,
        [first, last]: [Part<'_>; 2],
        zone: Part<'_>,
        at: Position,
    ) -> Checked {
        let instant = self.argument(function, instant, Kind::Instant);
        let days = self.day(function, first).zip(self.day(function, last));
        let range = days.zip(self.zone(function, zone));
        let Some(((begins, ends), zone)) = range else { return Checked::wrong(at) };
        if ends < begins {
            let help = "write the first day before the last; both are included".to_owned();
            return self.refuse(first.at(), Mistake::Constant, Some(help));
        }
        let Some(range) = DateRange::new(begins, ends, &zone) else { return Checked::wrong(at) };
        let dates = SharedDates(Arc::new(range));
        self.calendar(&instant, |later| Boundary::Dates(dates.clone(), later));
        self.pure(function.name, [instant, constant(build::value(dates, at))], at)
    }

    /// The instant at which a day begins.
    pub(super) fn date(
        &mut self,
        function: &Function,
        text: Part<'_>,
        zone: Part<'_>,
        at: Position,
    ) -> Checked {
        let begins = self.day(function, text).zip(self.zone(function, zone));
        match begins.and_then(|(date, zone)| dates::start(date, &zone)) {
            Some(millis) => Checked { begins: true, ..written(millis, at) },
            None => Checked::wrong(at),
        }
    }

    pub(super) fn instant(&mut self, function: &Function, part: Part<'_>, at: Position) -> Checked {
        let Some(texts) = self.texts(function, part) else { return Checked::wrong(at) };
        let text = match *texts.as_slice() {
            [text] => text,
            _ => return self.no_argument(function, part, "one text", "a list"),
        };
        if let Some(millis) = calendar::instant(text) {
            return written(millis, at);
        }
        let time = "write a date, a time and a zone: `2026-07-01T09:00:00+02:00`, or `Z` for UTC \
                    in place of the zone";
        let help = match (dates::date(text), text.get(..10).map(dates::date)) {
            (Ok(_), _) => format!("{time}; a day begins at `date(\"{text}\", \"Europe/Rome\")`"),
            (Err(why @ (NoDate::Day(..) | NoDate::Month)), _)
            | (_, Some(Err(why @ (NoDate::Day(..) | NoDate::Month)))) => no_date(why),
            _ => time.to_owned(),
        };
        self.no_literal::<()>(part, text, "an instant", help);
        Checked::wrong(at)
    }

    fn day(&mut self, function: &Function, part: Part<'_>) -> Option<Date> {
        let texts = self.texts(function, part)?;
        let [text] = *texts.as_slice() else {
            self.no_argument(function, part, "one date", "a list");
            return None;
        };
        match dates::date(text) {
            Ok(date) => Some(date),
            Err(why) => self.no_literal(part, text, "a date", no_date(why)),
        }
    }

    fn hours(&mut self, function: &Function, parts: [Part<'_>; 2]) -> Option<(i64, i64)> {
        const HELP: &str = "write a whole number from 0 to 24, or hours and minutes as `\"8:30\"`";
        let mut minutes = [0_i64; 2];
        for (minute, part) in minutes.iter_mut().zip(parts) {
            let (read, written) = match part {
                Part::Expr(Expr::IntegerConstant(number, _)) => {
                    let hour = (0..=24).contains(number).then(|| number * 60);
                    (hour, number.to_string())
                }
                Part::Expr(Expr::FloatConstant(number, _)) => (None, number.to_string()),
                Part::Expr(Expr::StringConstant(text, _)) => {
                    (calendar::minute(text), text.to_string())
                }
                _ => {
                    let found = "something else";
                    self.no_argument(function, part, "an hour that is written out", found);
                    return None;
                }
            };
            match read {
                Some(read) => *minute = read,
                None => {
                    return self.no_literal(part, &written, "an hour of a day", HELP.to_owned());
                }
            }
        }
        let [from, to] = minutes;
        // From the end of a day is from its start.
        let from = from % calendar::MINUTES;
        if from == to % calendar::MINUTES {
            let [part, _] = parts;
            let help = "write two hours that differ, as in `hour_in(now, 9, 18, ...)`".to_owned();
            self.fault(part.at(), Mistake::Constant, Some(help));
            return None;
        }
        Some((from, to))
    }

    fn days(&mut self, function: &Function, part: Part<'_>) -> Option<u8> {
        let mut days = 0;
        for text in self.texts(function, part)? {
            let Some(more) = calendar::days(text) else {
                let help = "write mon, tue, wed, thu, fri, sat or sun, or a range as `mon-fri`";
                return self.no_literal(part, text, "a day of the week", help.to_owned());
            };
            days |= more;
        }
        if days == 0b111_1111 {
            let help = "leave days out, or delete this part".to_owned();
            self.fault(part.at(), Mistake::Constant, Some(help));
            return None;
        }
        Some(days)
    }

    fn zone(&mut self, function: &Function, part: Part<'_>) -> Option<TimeZone> {
        let texts = self.texts(function, part)?;
        let [text] = *texts.as_slice() else {
            self.no_argument(function, part, "one zone", "a list");
            return None;
        };
        if let Some(zone) = calendar::zone(text) {
            return Some(zone);
        }
        // There are hundreds of them: who is wrong about many zones is helped with the first.
        let few = self.faults.len() < 5;
        let names = if few { calendar::zone_names() } else { Vec::new() };
        let help = match nearest(text, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `\"{near}\"`?"),
            None => "write `\"UTC\"`, a name as `\"Europe/Rome\"`, or an offset as `\"+02:00\"`"
                .to_owned(),
        };
        self.no_literal(part, text, "a zone of time", help)
    }

    /// Notes where a function of the calendar changes.
    fn calendar(&mut self, instant: &Checked, boundary: impl FnOnce(i64) -> Boundary) {
        if instant.reads_now {
            self.boundaries.push(match instant.linear {
                Some(Linear { times: 1, offset }) => boundary(offset),
                _ => Boundary::Anywhere,
            });
        }
    }
}

/// An instant that was written out.
fn written(millis: i64, at: Position) -> Checked {
    let expr = Expr::IntegerConstant(millis, at);
    Checked::constant(Kind::Instant, expr, Some(Linear::constant(millis)))
}

/// What to do about a text that is no date.
fn no_date(why: NoDate) -> String {
    match why {
        NoDate::Unlike => {
            "write the year, the month and the day: `\"2026-12-31\"`, and a time by `instant(\"\
             2026-12-31T18:00:00+01:00\")`"
                .to_owned()
        }
        NoDate::Short(year, month, day) => format!("write `\"{year:04}-{month:02}-{day:02}\"`"),
        NoDate::Month => "a year has twelve months, and the month stands before the day: \
                          `\"2026-12-31\"`"
            .to_owned(),
        NoDate::Day(year, month, days) => {
            format!("that month has {days} days; its last one is `\"{year:04}-{month:02}-{days}\"`")
        }
        NoDate::Far => "write a year from 0001 to 9998".to_owned(),
    }
}
