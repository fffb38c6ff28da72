//! Conditions, read and evaluated once more.
//!
//! A condition is true, false, or cannot be known. A part cannot be known where something that
//! stands in it is missing or of another type than declared, or where a calculation has no
//! result. Parts that are joined come to what they come to whatever the unknown ones would be:
//! one that holds is enough for `||`, one that does not is enough against `&&`, and everything
//! else that is made of an unknown part is unknown. What cannot be known opens nothing; each
//! place that asks says what follows from it.

mod calendar;
mod compared;
mod evaluate;
mod parse;

pub(crate) use calendar::{instant, minute, today};
pub(crate) use parse::parse;

use super::Evaluator;
use compared::compared;
use evaluate::Known;
use permesso_engine::condition::AttributeType;
use permesso_engine::decision::Request;
use permesso_engine::model::{InputPath, Text, User, Value};
use std::collections::BTreeMap;

/// Where a condition stands, with the names under which its answers are counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    holds: &'static str,
    fails: &'static str,
    unknown: &'static str,
}

pub(super) const GRANT: Place = Place {
    holds: "condition of a grant: true",
    fails: "condition of a grant: false",
    unknown: "condition of a grant: unknown",
};
pub(super) const TOGGLE: Place = Place {
    holds: "condition of a grant of a toggle: true",
    fails: "condition of a grant of a toggle: false",
    unknown: "condition of a grant of a toggle: unknown",
};
pub(super) const ASSIGNMENT: Place = Place {
    holds: "condition of an assignment, for a family: true",
    fails: "condition of an assignment, for a family: false",
    unknown: "condition of an assignment, for a family: unknown",
};
pub(super) const GUARD: Place = Place {
    holds: "condition of a guard: true",
    fails: "condition of a guard: false",
    unknown: "condition of a guard: unknown",
};
pub(super) const PROGRAM: Place = Place {
    holds: "condition of a program: true",
    fails: "condition of a program: false",
    unknown: "condition of a program: unknown",
};
pub(super) const VIEWERS: Place = Place {
    holds: "condition on viewers: true",
    fails: "condition on viewers: false",
    unknown: "condition on viewers: unknown",
};
pub(super) const SHARING: Place = Place {
    holds: "condition of a sharing rule: true",
    fails: "condition of a sharing rule: false",
    unknown: "condition of a sharing rule: unknown",
};

impl Evaluator<'_> {
    /// Whether a condition holds; `None` where that cannot be known.
    pub(super) fn condition(
        &self,
        place: Place,
        condition: &Text,
        user: &User,
        request: &Request<'_>,
    ) -> Option<bool> {
        let answer = self.evaluate(condition, user, request);
        self.seen.note(match answer {
            Some(true) => place.holds,
            Some(false) => place.fails,
            None => place.unknown,
        });
        answer
    }

    fn evaluate(&self, condition: &Text, user: &User, request: &Request<'_>) -> Option<bool> {
        let node = match parse(condition) {
            Ok(node) => node,
            Err(error) => panic!("the naive evaluator cannot read `{condition}`: {error}"),
        };
        let mut paths = Vec::new();
        evaluate::reads(&node, &mut paths);
        let mut known = BTreeMap::new();
        for path in paths {
            if path == "subject.roles" {
                let (held, perhaps) = self.roles(user, request.now);
                let names = |roles: Vec<&Text>| -> Vec<String> {
                    roles.into_iter().map(ToString::to_string).collect()
                };
                known.insert(path, Known::Roles(names(held), names(perhaps)));
                continue;
            }
            let read: InputPath = path.parse().ok()?;
            if let InputPath::ResourceAttribute(name) = &read
                && (self.is_no_team(name, request)
                    || self.resembles(name, compared(&node, &path).into_iter(), request))
            {
                self.seen.note("condition: of what is no team");
                known.insert(path, Known::NoTeam);
                continue;
            }
            let value = self.read(&read, user, request, None);
            let kind = self.declared(&path)?;
            let value = match value {
                None | Some(Value::Null) => Some(Known::Nothing),
                Some(Value::Int(now)) if path == "now" => Some(Known::Whole(now)),
                Some(value) => typed(kind, &value),
            };
            if let Some(value) = value {
                known.insert(path, value);
            }
        }
        match evaluate::value(&node, &known)? {
            Known::Truth(answer) => Some(answer),
            _ => None,
        }
    }

    fn declared(&self, path: &str) -> Option<AttributeType> {
        Some(match path {
            "subject.id" | "subject.status" | "subject.invitation" => AttributeType::Text,
            "subject.roles" | "subject.policies" | "subject.teams" | "subject.tags" => {
                AttributeType::Texts
            }
            "subject.owner" => AttributeType::Boolean,
            held if held.starts_with("subject.holds.") => AttributeType::Boolean,
            "resource.kind" | "resource.id" => AttributeType::Text,
            "now" => AttributeType::Instant,
            other => self.catalog.attributes.iter().find(|(path, _)| *path == other)?.1,
        })
    }
}

/// The milliseconds of an instant: a date, a date and a time with a zone, or a number of the years
/// 1990 to 9999.
pub(super) fn instant_of(value: &Value<'_>) -> Option<i64> {
    let years = 631_152_000_000..=253_402_300_799_999_i64;
    let millis = match value {
        Value::Text(day) if day.len() == 10 => instant(&format!("{day}T00:00:00Z"))?,
        Value::Text(text) => instant(text)?,
        Value::Int(millis) => *millis,
        Value::Float(millis) if millis.fract() == 0.0 && millis.abs() < 1e15 => *millis as i64,
        _ => return None,
    };
    (matches!(value, Value::Text(_)) || years.contains(&millis)).then_some(millis)
}

/// A value of the type that was declared.
fn typed(kind: AttributeType, value: &Value<'_>) -> Option<Known> {
    Some(match (kind, value) {
        (AttributeType::Boolean, Value::Bool(value)) => Known::Truth(*value),
        (AttributeType::Instant, value) => Known::Whole(instant_of(value)?),
        (AttributeType::Integer, Value::Int(value)) => Known::Whole(*value),
        // 3.0 is 3.
        (AttributeType::Integer, Value::Float(value))
            if value.fract() == 0.0 && value.abs() < 2_f64.powi(63) =>
        {
            Known::Whole(*value as i64)
        }
        // It is compared as it was sent, and calculated with as a decimal.
        (AttributeType::Decimal, Value::Int(value)) => Known::WholeDecimal(*value),
        (AttributeType::Decimal, Value::Float(value)) => Known::Decimal(*value),
        (AttributeType::Text, Value::Text(text)) => Known::Text(text.to_string()),
        // A single text counts as a list of one.
        (AttributeType::Texts, Value::Text(text)) => {
            Known::List(vec![Known::Text(text.to_string())])
        }
        (AttributeType::Texts, Value::List(items)) => Known::List(
            items
                .iter()
                .map(|item| Some(Known::Text(item.as_str()?.to_owned())))
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}
