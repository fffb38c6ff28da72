//! What a condition says of values that are known.

use super::super::in_branch;
use super::calendar;
use super::parse::{Node, Part};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A value that is known. Instants and lengths of time are milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    Truth(bool),
    Whole(i64),
    /// A decimal that was sent as a whole number.
    WholeDecimal(i64),
    Decimal(f64),
    /// What was calculated with decimals.
    Rounded(f64),
    Text(String),
    List(Vec<Known>),
    /// The roles that are held, and those that may be.
    Roles(Vec<String>, Vec<String>),
    /// It is known that it is not there.
    Nothing,
    /// It is there, as a team that is none.
    NoTeam,
}

/// Every path that stands in a condition, the lists that functions look through included.
pub(super) fn reads(node: &Node, paths: &mut Vec<String>) {
    match &node.part {
        Part::Path(path) => paths.push(path.clone()),
        Part::Not(inner) | Part::Minus(inner) => reads(inner, paths),
        Part::Both(left, _, right) => {
            reads(left, paths);
            reads(right, paths);
        }
        Part::List(items) => items.iter().for_each(|item| reads(item, paths)),
        Part::Call(name, items) if name == "holds" => paths.extend(asked(items)),
        Part::Call(name, items) => {
            items.iter().for_each(|item| reads(item, paths));
            paths.extend(looks_through(name).map(str::to_owned));
        }
        Part::Truth(_) | Part::Whole(_) | Part::Decimal(_) | Part::Text(_) => {}
    }
}

/// The path of a permission that is asked for: `subject.holds("id")`.
fn asked(items: &[Node]) -> Option<String> {
    match items {
        [Node { part: Part::Path(subject), .. }, Node { part: Part::Text(id), .. }]
            if subject == "subject" =>
        {
            Some(format!("subject.holds.{id}"))
        }
        _ => None,
    }
}

fn looks_through(function: &str) -> Option<&'static str> {
    match function {
        "has_role" => Some("subject.roles"),
        "has_tag" => Some("subject.tags"),
        "in_team" => Some("subject.teams"),
        _ => None,
    }
}

/// The value of a part; `None` where it has none.
pub(super) fn value(node: &Node, known: &BTreeMap<String, Known>) -> Option<Known> {
    Some(match &node.part {
        Part::Truth(value) => Known::Truth(*value),
        Part::Whole(value) => Known::Whole(*value),
        Part::Decimal(value) => Known::Decimal(*value),
        Part::Text(text) => Known::Text(text.clone()),
        Part::Path(path) => match known.get(path)? {
            Known::Nothing | Known::NoTeam => return None,
            there => there.clone(),
        },
        Part::List(items) => {
            Known::List(items.iter().map(|item| value(item, known)).collect::<Option<_>>()?)
        }
        Part::Not(inner) => Known::Truth(!truth(inner, known)?),
        Part::Minus(inner) => match value(inner, known)? {
            Known::Whole(number) => Known::Whole(number.checked_neg()?),
            Known::WholeDecimal(number) => Known::WholeDecimal(number.checked_neg()?),
            Known::Decimal(number) => Known::Decimal(-number),
            Known::Rounded(number) => Known::Rounded(-number),
            _ => return None,
        },
        Part::Both(left, "??", right) => match &left.part {
            Part::Path(path) if known.get(path) == Some(&Known::Nothing) => value(right, known)?,
            _ => value(left, known)?,
        },
        // One side can settle it, whichever it is and whatever the other would be.
        Part::Both(left, operator @ ("&&" | "||"), right) => {
            let settles = *operator == "||";
            let sides = [truth(left, known), truth(right, known)];
            if sides.contains(&Some(settles)) {
                Known::Truth(settles)
            } else {
                Known::Truth(if sides.contains(&None) { return None } else { !settles })
            }
        }
        // Of a list that was written here one that is known can settle it.
        Part::Both(left, operator @ ("in" | "!in"), right) => {
            let (list, whole) = members(right, known)?;
            let among = holds(&list, &value(left, known)?)?;
            Known::Truth((among || whole).then_some(among == (*operator == "in"))?)
        }
        Part::Both(left, operator, right) => {
            both(value(left, known)?, operator, value(right, known)?)?
        }
        Part::Call(name, items) if name == "holds" => match known.get(&asked(items)?)? {
            Known::Nothing => return None,
            there => there.clone(),
        },
        Part::Call(name, items) if name == "is_set" => match items.as_slice() {
            [Node { part: Part::Path(path), .. }] => match known.get(path) {
                Some(Known::NoTeam) => return None,
                value => Known::Truth(value != Some(&Known::Nothing)),
            },
            _ => return None,
        },
        Part::Call(name, items) if matches!(name.as_str(), "contains" | "overlaps") => {
            let items =
                items.iter().map(|item| members(item, known)).collect::<Option<Vec<_>>>()?;
            let whole = items.iter().all(|(_, whole)| *whole);
            let items: Vec<Known> = items.into_iter().map(|(item, _)| item).collect();
            match call(name, &items)? {
                Known::Truth(false) if !whole => return None,
                answer => answer,
            }
        }
        Part::Call(name, items) => {
            let mut arguments =
                items.iter().map(|item| value(item, known)).collect::<Option<Vec<_>>>()?;
            if let Some(path) = looks_through(name) {
                arguments.insert(0, known.get(path)?.clone());
            }
            call(name, &arguments)?
        }
    })
}

/// The value of a part; of a list that was written here what is known of it, and whether that is
/// all.
fn members(node: &Node, known: &BTreeMap<String, Known>) -> Option<(Known, bool)> {
    match &node.part {
        Part::List(items) => {
            let values: Vec<_> = items.iter().filter_map(|item| value(item, known)).collect();
            let whole = values.len() == items.len();
            Some((Known::List(values), whole))
        }
        _ => Some((value(node, known)?, true)),
    }
}

fn truth(node: &Node, known: &BTreeMap<String, Known>) -> Option<bool> {
    match value(node, known)? {
        Known::Truth(value) => Some(value),
        _ => None,
    }
}

fn both(left: Known, operator: &str, right: Known) -> Option<Known> {
    Some(match operator {
        "+" | "-" | "*" | "/" | "%" => match (&left, &right) {
            (Known::Whole(left), Known::Whole(right)) => Known::Whole(match operator {
                "+" => left.checked_add(*right)?,
                "-" => left.checked_sub(*right)?,
                "*" => left.checked_mul(*right)?,
                "/" => left.checked_div(*right)?,
                _ => left.checked_rem(*right)?,
            }),
            _ => {
                let (left, right) = (decimal(&left)?, decimal(&right)?);
                let result = match operator {
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    "/" => left / right,
                    _ => left % right,
                };
                // A number that has left its range, or that was divided by zero.
                Known::Rounded(result.is_finite().then_some(result)?)
            }
        },
        "==" => Known::Truth(order(&left, &right)? == Ordering::Equal),
        "!=" => Known::Truth(order(&left, &right)? != Ordering::Equal),
        "<" => Known::Truth(order(&left, &right)? == Ordering::Less),
        "<=" => Known::Truth(order(&left, &right)? != Ordering::Greater),
        ">" => Known::Truth(order(&left, &right)? == Ordering::Greater),
        _ => Known::Truth(order(&left, &right)? != Ordering::Less),
    })
}

fn decimal(value: &Known) -> Option<f64> {
    match value {
        Known::Whole(number) | Known::WholeDecimal(number) => Some(*number as f64),
        Known::Decimal(number) | Known::Rounded(number) => Some(*number),
        _ => None,
    }
}

fn order(left: &Known, right: &Known) -> Option<Ordering> {
    match (left, right) {
        (Known::Truth(left), Known::Truth(right)) => Some(left.cmp(right)),
        (Known::Text(left), Known::Text(right)) => Some(left.cmp(right)),
        (Known::Whole(left), Known::Whole(right)) => Some(left.cmp(right)),
        // What was sent or written is what it is, to the last digit.
        (left, right)
            if !matches!((left, right), (Known::Rounded(_), _) | (_, Known::Rounded(_))) =>
        {
            let (left, right) = (on_paper(left)?, on_paper(right)?);
            Some(left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)))
        }
        _ => {
            let (left, right) = (decimal(left)?, decimal(right)?);
            // Decimals are equal where they differ by rounding only.
            let large = if left == 0.0 || right == 0.0 { 1.0 } else { left.abs().max(right.abs()) };
            match (left - right).abs() <= f64::EPSILON * large {
                true => Some(Ordering::Equal),
                false => left.partial_cmp(&right),
            }
        }
    }
}

/// A whole part, and what is left over.
fn on_paper(value: &Known) -> Option<(i128, f64)> {
    match value {
        Known::Whole(number) | Known::WholeDecimal(number) => Some((i128::from(*number), 0.0)),
        Known::Decimal(number) => Some((number.floor() as i128, (number - number.floor()).abs())),
        _ => None,
    }
}

fn holds(list: &Known, item: &Known) -> Option<bool> {
    match list {
        Known::List(items) => Some(items.contains(item)),
        Known::Roles(held, perhaps) => {
            let Known::Text(item) = item else { return None };
            let held = held.contains(item);
            (held || !perhaps.contains(item)).then_some(held)
        }
        _ => None,
    }
}

fn call(name: &str, arguments: &[Known]) -> Option<Known> {
    Some(match (name, arguments) {
        ("contains", [Known::Text(text), Known::Text(part)]) => {
            Known::Truth(text.contains(part.as_str()))
        }
        ("contains" | "has_role" | "has_tag", [list, item]) => Known::Truth(holds(list, item)?),
        ("starts_with", [Known::Text(text), Known::Text(part)]) => {
            Known::Truth(text.starts_with(part.as_str()))
        }
        ("ends_with", [Known::Text(text), Known::Text(part)]) => {
            Known::Truth(text.ends_with(part.as_str()))
        }
        ("in_team", [Known::List(teams), Known::Text(top)]) => Known::Truth(
            teams.iter().any(|team| matches!(team, Known::Text(team) if in_branch(team, top))),
        ),
        ("in_cidr", [Known::Text(address), ranges]) => {
            let address = address.parse().ok()?;
            let mut inside = false;
            for range in written(ranges)? {
                inside |= lies_in(address, range)?;
            }
            Known::Truth(inside)
        }
        ("overlaps", [one, other]) => {
            // One of which all is known and that something is in is enough.
            let (mut some, mut unknown) = (false, false);
            for item in &items(one)? {
                match (holds(one, item), holds(other, item)) {
                    (Some(true), Some(true)) => some = true,
                    (Some(false), _) | (_, Some(false)) => {}
                    _ => unknown = true,
                }
            }
            if !some && unknown {
                return None;
            }
            Known::Truth(some)
        }
        ("lower", [Known::Text(text)]) => Known::Text(text.to_lowercase()),
        ("lower", [Known::List(items)]) => {
            let lower = items.iter().map(|item| call(name, std::slice::from_ref(item)));
            Known::List(lower.collect::<Option<_>>()?)
        }
        ("hour_in", [Known::Whole(at), from, to, Known::Text(zone)]) => {
            let minute = calendar::minute(*at, zone)?;
            let written = |time: &Known| match time {
                Known::Whole(hour) => Some(hour * 60),
                Known::Text(time) => calendar::time(time),
                _ => None,
            };
            // From the end of a day is from its start.
            let (from, to) = (written(from)? % (24 * 60), written(to)?);
            // A range whose end is not after its start runs over midnight.
            Known::Truth(match from < to {
                true => from <= minute && minute < to,
                false => from <= minute || minute < to,
            })
        }
        (
            "date_in",
            [Known::Whole(at), Known::Text(first), Known::Text(last), Known::Text(zone)],
        ) => {
            let today = calendar::today(*at, zone)?;
            Known::Truth(calendar::date(first)? <= today && today <= calendar::date(last)?)
        }
        ("date", [Known::Text(date), Known::Text(zone)]) => {
            Known::Whole(calendar::start(calendar::date(date)?, zone)?)
        }
        ("weekday_in", [Known::Whole(at), days, Known::Text(zone)]) => {
            let today = calendar::weekday(*at, zone)?;
            let mut among = false;
            for range in written(days)? {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                let (first, last) = (calendar::day(first)?, calendar::day(last)?);
                let mut day = first;
                among |= day == today;
                while day != last {
                    day = (day + 1) % 7;
                    among |= day == today;
                }
            }
            Known::Truth(among)
        }
        ("instant", [Known::Text(text)]) => Known::Whole(calendar::instant(text)?),
        ("days", [Known::Whole(n)]) => Known::Whole(n.checked_mul(24 * 60 * 60_000)?),
        ("hours", [Known::Whole(n)]) => Known::Whole(n.checked_mul(60 * 60_000)?),
        ("minutes", [Known::Whole(n)]) => Known::Whole(n.checked_mul(60_000)?),
        _ => return None,
    })
}

/// What is in a list, and what may be.
fn items(list: &Known) -> Option<Vec<Known>> {
    match list {
        Known::List(items) => Some(items.clone()),
        Known::Roles(held, perhaps) => {
            Some(held.iter().chain(perhaps).cloned().map(Known::Text).collect())
        }
        _ => None,
    }
}

/// One text, or a list of them.
fn written(texts: &Known) -> Option<Vec<&str>> {
    match texts {
        Known::Text(text) => Some(vec![text]),
        Known::List(items) => items
            .iter()
            .map(|item| match item {
                Known::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

/// Whether an address has the first bits of a range.
fn lies_in(address: IpAddr, range: &str) -> Option<bool> {
    let (first, length) = match range.split_once('/') {
        Some((first, length)) => (first, Some(length.parse::<usize>().ok()?)),
        None => (range, None),
    };
    let (address, first) = (bits(address), bits(first.parse().ok()?));
    let length = length.unwrap_or(first.len());
    Some(
        address.len() == first.len()
            && address.iter().zip(&first).take(length).all(|(a, b)| a == b),
    )
}

/// An address bit by bit. One of IPv4 that is written as IPv6 is one of IPv4.
fn bits(address: IpAddr) -> Vec<bool> {
    let octets = match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    octets.iter().flat_map(|octet| (0..8).map(move |n| octet & (0x80 >> n) != 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn says(text: &str, known: &[(&str, Known)]) -> Option<bool> {
        let known = known.iter().map(|(path, it)| ((*path).to_owned(), it.clone())).collect();
        let node = parse(text).unwrap_or_else(|error| panic!("{error}"));
        truth(&node, &known)
    }

    #[test]
    fn lists_overlap_where_it_is_known_that_they_do() {
        let roles = |held: &[&str], perhaps: &[&str]| {
            let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
            [("r", Known::Roles(names(held), names(perhaps)))]
        };
        let text = "overlaps(r, [\"a\", \"b\"])";
        assert_eq!(says(text, &roles(&["a"], &["b"])), Some(true));
        assert_eq!(says(text, &roles(&["c"], &["b"])), None);
        assert_eq!(says(text, &roles(&["c"], &["d"])), Some(false));
    }

    #[test]
    fn what_is_unknown_does_not_count_where_the_rest_settles_it() {
        let n = |n| [("n", Known::Whole(n))];
        assert_eq!(says("n != 0 && 6 / n > 1", &n(0)), Some(false));
        assert_eq!(says("n != 0 && 6 / n > 1", &n(3)), Some(true));
        assert_eq!(says("6 / n > 1", &n(0)), None);
        assert_eq!(says("!(6.0 / n > 1)", &n(0)), None);
        assert_eq!(says("n + 9223372036854775807 > 0", &n(1)), None);
        assert_eq!(says("6 / n > 1 && n != 0", &n(0)), Some(false));
        assert_eq!(says("m || n > 1", &n(3)), Some(true));
        assert_eq!(says("m || n > 1", &n(1)), None);
        assert_eq!(says("!(m && n > 1)", &n(1)), Some(true));
        assert_eq!(says("!(m || n > 1)", &n(1)), None);
    }

    #[test]
    fn numbers_compare_across_their_kinds_and_rounding() {
        let numbers = [("w", Known::Whole(2)), ("d", Known::Decimal(0.1))];
        assert_eq!(says("w == 2.0 && w < 2.5 && d + 0.2 == 0.3", &numbers), Some(true));
        assert_eq!(says("d + 0.2 > 0.3 || -w / 2 * 2 != -2", &numbers), Some(false));
    }

    #[test]
    fn addresses_hours_and_days_are_looked_up() {
        let ip = |text: &str| [("ip", Known::Text(text.to_owned()))];
        let ranges = "ip.in_cidr([\"10.0.0.0/8\", \"2001:db8::/32\"])";
        assert_eq!(says(ranges, &ip("::ffff:10.1.2.3")), Some(true));
        assert_eq!(says(ranges, &ip("2001:db9::1")), Some(false));
        assert_eq!(says(ranges, &ip("nowhere")), None);
        let friday = calendar::instant("2026-03-27T17:30:00Z").map(Known::Whole);
        let friday = [("now", friday.unwrap_or(Known::Whole(0)))];
        assert_eq!(says("hour_in(now, 18, 24, \"Europe/Rome\")", &friday), Some(true));
        assert_eq!(says("hour_in(now, 24, 18, \"Europe/Rome\")", &friday), Some(false));
        assert_eq!(says("hour_in(now, 22, 18, \"UTC\")", &friday), Some(true));
        assert_eq!(says("weekday_in(now, \"sat-mon\", \"+07:00\")", &friday), Some(true));
        assert_eq!(says("weekday_in(now, [\"thu\", \"sat\"], \"UTC\")", &friday), Some(false));
    }
}
