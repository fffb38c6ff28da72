//! Functions, and what they take.

use super::super::calendar::{self, HourRange, Weekdays};
use super::super::fault::Mistake;
use super::super::values::{Network, Networks, SharedDays, SharedHours};
use super::{Boundary, Checked, Checker, Kind, Linear, Part, build, nearest};
use jiff::tz::TimeZone;
use rhai::{Expr, Position};
use std::sync::Arc;

/// A function that conditions have: its name, how many arguments it takes, in words as well,
/// and how it is written.
pub(super) struct Function {
    name: &'static str,
    takes: usize,
    words: &'static str,
    usage: &'static str,
}

const fn function(
    name: &'static str,
    takes: usize,
    words: &'static str,
    usage: &'static str,
) -> Function {
    Function { name, takes, words, usage }
}

const ONE: &str = "one argument";
const TWO: &str = "two arguments";

const FUNCTIONS: [Function; 14] = [
    function("contains", 2, TWO, "contains(text, part)"),
    function("starts_with", 2, TWO, "starts_with(text, start)"),
    function("ends_with", 2, TWO, "ends_with(text, end)"),
    function("in_cidr", 2, TWO, "in_cidr(context.ip, \"10.0.0.0/8\")"),
    function("hour_in", 4, "four arguments", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    function("weekday_in", 3, "three arguments", "weekday_in(now, \"mon-fri\", \"Europe/Rome\")"),
    function("has_role", 1, ONE, "has_role(\"manager\")"),
    function("has_tag", 1, ONE, "has_tag(\"vip\")"),
    function("in_team", 1, ONE, "in_team(\"sales/east\")"),
    function("instant", 1, ONE, "instant(\"2026-07-01T09:00:00Z\")"),
    function("days", 1, ONE, "days(30)"),
    function("hours", 1, ONE, "hours(2)"),
    function("is_set", 1, ONE, "is_set(resource.amount)"),
    function("minutes", 1, ONE, "minutes(15)"),
];

const MINUTE: i64 = 60_000;

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &str, args: &[Part<'_>], at: Position) -> Checked {
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            let help = match nearest(name, FUNCTIONS.iter().map(|function| function.name)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let names: Vec<_> = FUNCTIONS.iter().map(|function| function.name).collect();
                    format!("there are: {}", names.join(", "))
                }
            };
            return self.refuse(at, Mistake::UnknownFunction(name.to_owned()), Some(help));
        };
        if args.len() != function.takes {
            let (function, wanted, usage) = (function.name, function.words, function.usage);
            let mistake = Mistake::Arguments { function, wanted, found: args.len() };
            return self.refuse(at, mistake, Some(format!("write `{usage}`")));
        }
        match (function.name, args) {
            ("contains", [list, item]) => {
                let (list, item) = (self.part(*list), self.part(*item));
                self.contains(list, item, self.tokens.is_in(at), at)
            }
            ("starts_with" | "ends_with", [text, part]) => {
                let text = self.argument(function, *text, Kind::Text);
                let part = self.argument(function, *part, Kind::Text);
                self.pure(function.name, [text, part], at)
            }
            ("in_cidr", [address, networks]) => {
                let address = self.argument(function, *address, Kind::Text);
                let networks = self.networks(function, *networks);
                self.pure(function.name, [address, networks], at)
            }
            ("hour_in", [instant, from, to, zone]) => {
                let instant = self.argument(function, *instant, Kind::Instant);
                let range = self.hours(function, [*from, *to]).zip(self.zone(function, *zone));
                let Some(((from, to), zone)) = range else { return Checked::wrong(at) };
                let hours = SharedHours(Arc::new(HourRange { from, to, zone }));
                self.calendar(&instant, |later| Boundary::Hours(hours.clone(), later));
                let hours = constant(build::value(hours, at));
                self.pure(function.name, [instant, hours], at)
            }
            ("weekday_in", [instant, days, zone]) => {
                let instant = self.argument(function, *instant, Kind::Instant);
                let range = self.days(function, *days).zip(self.zone(function, *zone));
                let Some((days, zone)) = range else { return Checked::wrong(at) };
                let days = SharedDays(Arc::new(Weekdays { days, zone }));
                self.calendar(&instant, |later| Boundary::Days(days.clone(), later));
                let days = constant(build::value(days, at));
                self.pure(function.name, [instant, days], at)
            }
            ("is_set", [attribute]) => self.is_set(*attribute, at),
            ("has_role", [id]) => self.among("contains", "roles", function, *id, at),
            ("has_tag", [id]) => self.among("contains", "tags", function, *id, at),
            ("in_team", [team]) => self.among("in_team", "teams", function, *team, at),
            ("instant", [text]) => self.instant(function, *text, at),
            ("days", [number]) => self.length(function, 24 * 60 * MINUTE, *number, at),
            ("hours", [number]) => self.length(function, 60 * MINUTE, *number, at),
            ("minutes", [number]) => self.length(function, MINUTE, *number, at),
            _ => Checked::wrong(at),
        }
    }

    /// A function of these arguments.
    fn pure(&mut self, name: &str, args: [Checked; 2], at: Position) -> Checked {
        let [first, second] = &args;
        if !first.known() || !second.known() {
            return Checked::wrong(at);
        }
        let expr = self.natives.call(name, [first.expr.clone(), second.expr.clone()], at);
        Checked::of(Kind::Boolean, expr, &[first, second])
    }

    /// A function that looks through a list of the subject.
    fn among(
        &mut self,
        native: &str,
        list: &str,
        function: &Function,
        id: Part<'_>,
        at: Position,
    ) -> Checked {
        let id = self.argument(function, id, Kind::Text);
        let list = self.path(&["subject", list], at);
        self.naming(&list, &id);
        self.pure(native, [list, id], at)
    }

    /// An argument of a type.
    fn argument(&mut self, function: &Function, part: Part<'_>, wanted: Kind) -> Checked {
        let checked = self.part(part);
        if checked.kind == wanted || !checked.known() {
            return checked;
        }
        self.no_argument(function, part, wanted.words(), checked.kind.words())
    }

    fn no_argument(
        &mut self,
        function: &Function,
        part: Part<'_>,
        wanted: &'static str,
        found: &'static str,
    ) -> Checked {
        let mistake = Mistake::Argument { function: function.name, wanted, found };
        self.refuse(part.at(), mistake, Some(format!("write `{}`", function.usage)))
    }

    /// The texts of an argument that has to be written out.
    fn texts<'e>(&mut self, function: &Function, part: Part<'e>) -> Option<Vec<&'e str>> {
        let texts = match part {
            Part::Expr(Expr::StringConstant(text, _)) => Some(vec![text.as_str()]),
            Part::Expr(Expr::Array(items, _)) if !items.is_empty() => items
                .iter()
                .map(|item| match item {
                    Expr::StringConstant(text, _) => Some(text.as_str()),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        if texts.is_none() {
            self.no_argument(function, part, "a text that is written out", "something else");
        }
        texts
    }

    /// Says that a text of an argument is not what it has to be.
    fn no_literal<T>(
        &mut self,
        part: Part<'_>,
        value: &str,
        wanted: &'static str,
        help: String,
    ) -> Option<T> {
        let mistake = Mistake::Literal { value: value.to_owned(), wanted };
        self.fault(part.at(), mistake, Some(help));
        None
    }

    fn networks(&mut self, function: &Function, part: Part<'_>) -> Checked {
        let Some(texts) = self.texts(function, part) else { return Checked::wrong(part.at()) };
        let mut networks = Vec::with_capacity(texts.len());
        for text in texts {
            let Some(network) = Network::parse(text) else {
                let help = "write the first address and the length of the prefix: \
                            `10.0.0.0/8` or `2001:db8::/32`";
                let wanted = "a range of addresses";
                self.no_literal::<()>(part, text, wanted, help.to_owned());
                return Checked::wrong(part.at());
            };
            networks.push(network);
        }
        constant(build::value(Networks(networks.into()), part.at()))
    }

    fn hours(&mut self, function: &Function, parts: [Part<'_>; 2]) -> Option<(i8, i8)> {
        let mut hours = [0_i8; 2];
        for (hour, part) in hours.iter_mut().zip(parts) {
            let Part::Expr(Expr::IntegerConstant(number, _)) = part else {
                self.no_argument(function, part, "an hour that is written out", "something else");
                return None;
            };
            match i8::try_from(*number) {
                Ok(number @ 0..=24) => *hour = number,
                _ => {
                    let help = "write a whole number from 0 to 24".to_owned();
                    return self.no_literal(part, &number.to_string(), "an hour of a day", help);
                }
            }
        }
        let [from, to] = hours;
        // From the end of a day is from its start.
        let from = from % 24;
        if from == to % 24 {
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

    fn instant(&mut self, function: &Function, part: Part<'_>, at: Position) -> Checked {
        let Some(texts) = self.texts(function, part) else { return Checked::wrong(at) };
        let text = match *texts.as_slice() {
            [text] => text,
            _ => return self.no_argument(function, part, "one text", "a list"),
        };
        let Some(millis) = calendar::instant(text) else {
            let help = "write a date, a time and a zone: `2026-07-01T09:00:00+02:00`, or `Z` for \
                        UTC in place of the zone";
            self.no_literal::<()>(part, text, "an instant", help.to_owned());
            return Checked::wrong(at);
        };
        let expr = Expr::IntegerConstant(millis, at);
        Checked::constant(Kind::Instant, expr, Some(Linear::constant(millis)))
    }

    fn length(&mut self, function: &Function, unit: i64, part: Part<'_>, at: Position) -> Checked {
        let number = self.argument(function, part, Kind::Integer);
        if number.known() { self.duration(unit, &number, at) } else { Checked::wrong(at) }
    }
}

/// A value that a function takes and that has no type in a condition.
fn constant(expr: Expr) -> Checked {
    Checked::constant(Kind::Boolean, expr, None)
}
