//! Predicates: what a catalog demands of attributes.
//!
//! A guard or an exemption of a catalog is a small total statement: compare, and, or. There is
//! no negation on purpose. One rule holds for all comparisons: an attribute that is missing, or
//! of another type than what it is compared with, is neither equal nor different, neither more
//! nor less, and so passes none, `is_not` as little as `is`. A predicate can only be true because
//! of what is known; whatever is unknown ends in a denial, in a guard as in an exemption.
//!
//! All numbers are of one type, and compared exactly: 3.0 is 3.
//!
//! ```yaml
//! require: {resource.invitation: pending}
//! require: {resource.age_days: {at_most: 7}}
//! require: {any: [{subject.owner: true}, {resource.role: {is_not: super_admin}}]}
//! unless: {own: [owner]}
//! ```

use super::compare::BEYOND_WHOLE;
use super::{Attributes, InputPath, Number, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::cmp::Ordering;

/// A statement about attributes.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// All of them hold. Nothing at all holds.
    All(Vec<Predicate>),
    /// At least one of them holds.
    Any(Vec<Predicate>),
    /// The attribute compares.
    Compare {
        /// What is read.
        path: InputPath,
        /// How it compares.
        test: Test,
    },
    /// The subject is named by one of these relations of the resource.
    Own(Vec<String>),
}

/// How an attribute compares. None is passed by an attribute that is absent or of another type.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equals.
    Is(Value<'static>),
    /// Is a text, number or boolean, as what it is compared with is, and differs.
    IsNot(Value<'static>),
    /// Equals one of them.
    In(Vec<Value<'static>>),
    /// A number that is at most.
    AtMost(Number),
    /// A number that is at least.
    AtLeast(Number),
    /// A text that is not empty, or any other value but null.
    Present,
}

impl Test {
    /// Whether the value passes. What cannot be told does not.
    #[must_use]
    pub fn passes(&self, value: Option<&Value<'_>>) -> bool {
        self.says(value) == Some(true)
    }

    /// What the comparison comes to; `None` where it cannot be told, for want of a value of the
    /// same type. That is the same for a comparison and for its opposite.
    #[must_use]
    pub fn says(&self, value: Option<&Value<'_>>) -> Option<bool> {
        let value = value?;
        let order = |limit: &Number| value.number()?.compare(*limit);
        match self {
            Self::Is(wanted) => value.equals(wanted),
            Self::IsNot(other) => match value {
                Value::Null | Value::List(_) | Value::Map(_) => None,
                value => value.equals(other).map(|equal| !equal),
            },
            Self::In(wanted) => {
                let mut told = None;
                for equal in wanted.iter().filter_map(|wanted| value.equals(wanted)) {
                    told = Some(told.unwrap_or(false) || equal);
                }
                told
            }
            Self::AtMost(limit) => order(limit).map(Ordering::is_le),
            Self::AtLeast(limit) => order(limit).map(Ordering::is_ge),
            Self::Present => Some(match value {
                Value::Null => false,
                Value::Text(text) => !text.trim().is_empty(),
                _ => true,
            }),
        }
    }

    /// The texts that an attribute is compared with.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let wanted = match self {
            Self::Is(wanted) | Self::IsNot(wanted) => std::slice::from_ref(wanted),
            Self::In(wanted) => wanted,
            Self::AtMost(_) | Self::AtLeast(_) | Self::Present => &[],
        };
        wanted.iter().filter_map(Value::as_str)
    }
}

impl Predicate {
    /// Calls `each` with every path that is read. Relations of `own` are resource attributes.
    pub fn visit_paths(&self, each: &mut impl FnMut(&InputPath)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.visit_paths(each));
            }
            Self::Compare { path, .. } => each(path),
            Self::Own(relations) => {
                for relation in relations {
                    each(&InputPath::ResourceAttribute(relation.as_str().into()));
                }
            }
        }
    }

    /// Calls `each` with every comparison.
    pub(crate) fn visit_tests(&self, each: &mut impl FnMut(&InputPath, &Test)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.visit_tests(each));
            }
            Self::Compare { path, test } => each(path, test),
            Self::Own(_) => {}
        }
    }

    /// Calls `each` with every relation that may name the subject.
    pub(crate) fn visit_relations(&self, each: &mut impl FnMut(&str)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.visit_relations(each));
            }
            Self::Compare { .. } => {}
            Self::Own(relations) => relations.iter().for_each(|relation| each(relation)),
        }
    }

    fn parse(map: &Attributes<'_>) -> Result<Self, String> {
        let mut parts = Vec::new();
        for (key, value) in map.iter() {
            parts.push(match key {
                "any" => Self::Any(list(key, value)?),
                "all" => Self::All(list(key, value)?),
                "own" => Self::Own(relations(value)?),
                path => Self::Compare {
                    path: path.parse().map_err(|error| format!("{error}"))?,
                    test: test(path, value)?,
                },
            });
        }
        match (parts.pop(), parts.is_empty()) {
            (None, _) => Err("a predicate has to say something".to_owned()),
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                parts.push(last);
                Ok(Self::All(parts))
            }
        }
    }
}

fn list(key: &str, value: &Value<'_>) -> Result<Vec<Predicate>, String> {
    match value {
        Value::List(items) if !items.is_empty() => items
            .iter()
            .map(|item| match item {
                Value::Map(map) => Predicate::parse(map),
                other => Err(format!("`{key}` lists predicates, not a {}", other.type_name())),
            })
            .collect(),
        _ => Err(format!("`{key}` needs a list of predicates")),
    }
}

fn relations(value: &Value<'_>) -> Result<Vec<String>, String> {
    match value {
        Value::List(items) if !items.is_empty() => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(|| "`own` lists names of relations".to_owned()),
        _ => Err("`own` needs a list of relations".to_owned()),
    }
}

fn test(path: &str, value: &Value<'_>) -> Result<Test, String> {
    let owned = |value: &Value<'_>| exact(path, value).map(|()| value.clone().into_owned());
    let limit = |value: &Value<'_>| {
        exact(path, value)?;
        value.number().ok_or_else(|| {
            let found = value.type_name();
            format!("the limit of `{path}` has to be a number, not a {found}; write one")
        })
    };
    match value {
        Value::Map(map) => {
            let mut entries = map.iter();
            let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
                return Err(format!("`{path}` needs exactly one comparison"));
            };
            match (operator, operand) {
                ("is", value) => Ok(Test::Is(owned(value)?)),
                ("is_not", Value::Null) => Err(format!(
                    "`is_not: null` never holds, as nothing differs from what is not there; write \
                     `{path}: {{present: true}}`"
                )),
                ("is_not", Value::List(_) | Value::Map(_)) => Err(format!(
                    "`is_not` of `{path}` compares with a text, a number, true or false; write \
                     `all: [...]` with one `is_not` for each of several values"
                )),
                ("is_not", value) => Ok(Test::IsNot(owned(value)?)),
                ("in", Value::List(items)) if items.is_empty() => Err(format!(
                    "`in` of `{path}` lists nothing, and so never holds; list at least one value"
                )),
                ("in", Value::List(items)) => {
                    Ok(Test::In(items.iter().map(owned).collect::<Result<_, _>>()?))
                }
                ("at_most", value) => Ok(Test::AtMost(limit(value)?)),
                ("at_least", value) => Ok(Test::AtLeast(limit(value)?)),
                ("present", Value::Bool(true)) => Ok(Test::Present),
                (operator, _) => Err(format!(
                    "`{operator}` does not compare; write is, is_not, in: [...], at_most, \
                     at_least or present: true"
                )),
            }
        }
        Value::List(_) => Err(format!("write `{path}: {{in: [...]}}` for one of several values")),
        value => Ok(Test::Is(owned(value)?)),
    }
}

/// Refuses numbers that are not what was written: one beyond 64 bits is only near to it.
fn exact(path: &str, value: &Value<'_>) -> Result<(), String> {
    match value {
        Value::Float(number) if number.abs() >= BEYOND_WHOLE && *number != -BEYOND_WHOLE => {
            Err(format!(
                "`{path}` is compared with {number}, which is beyond what is compared exactly; \
                 write a number between -9223372036854775808 and 9223372036854775807"
            ))
        }
        Value::List(items) => items.iter().try_for_each(|item| exact(path, item)),
        Value::Map(map) => map.iter().try_for_each(|(_, item)| exact(path, item)),
        _ => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Predicate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Attributes::deserialize(deserializer)?;
        Self::parse(&map).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tests() -> Vec<Test> {
        vec![
            Test::Is("a".into()),
            Test::IsNot("a".into()),
            Test::Is(true.into()),
            Test::IsNot(true.into()),
            Test::Is(3.into()),
            Test::IsNot(3.into()),
            Test::In(vec!["a".into(), 3.into()]),
            Test::AtMost(Number::Whole(3)),
            Test::AtLeast(Number::Decimal(0.5)),
        ]
    }

    #[test]
    fn a_comparison_with_a_missing_attribute_is_neither_true_nor_false() {
        for test in tests() {
            for value in [None, Some(&Value::Null), Some(&Value::List(vec!["a".into()]))] {
                assert_eq!(test.says(value), None, "{test:?} {value:?}");
            }
        }
        assert!(!Test::Present.passes(None) && !Test::Present.passes(Some(&Value::Null)));
    }

    #[test]
    fn a_comparison_with_another_type_is_neither_true_nor_false() {
        let others: [Value<'_>; 6] = [
            "true".into(),
            "3".into(),
            1.into(),
            Value::Float(0.5),
            false.into(),
            Value::Map([("a", Value::Bool(true))].into_iter().collect()),
        ];
        for value in &others {
            let kind = |value: &Value<'_>| match value.type_name() {
                "decimal" => "integer",
                other => other,
            };
            for test in tests() {
                let comparable = match &test {
                    Test::Is(with) | Test::IsNot(with) => kind(with) == kind(value),
                    Test::In(with) => with.iter().any(|with| kind(with) == kind(value)),
                    _ => kind(value) == "integer",
                };
                assert_eq!(test.says(Some(value)).is_some(), comparable, "{test:?} {value:?}");
            }
        }
    }

    #[test]
    fn a_comparison_and_its_opposite_never_both_hold_nor_both_fail() {
        let mut values: Vec<Value<'_>> =
            ["", "a", "3", "true"].into_iter().map(Value::from).collect();
        values.extend([true.into(), false.into(), 3.into(), Value::Float(3.0), Value::Null]);
        values.extend([Value::Float(2.5), Value::List(vec![3.into()])]);
        for with in values.iter().filter(|with| !matches!(with, Value::Null | Value::List(_))) {
            let with = with.clone().into_owned();
            let (is, is_not) = (Test::Is(with.clone()), Test::IsNot(with));
            for value in &values {
                let said = is.says(Some(value));
                assert_eq!(is_not.says(Some(value)), said.map(|it| !it), "{is:?} {value:?}");
            }
        }
    }

    #[test]
    fn numbers_are_one_type_and_compared_exactly() {
        let three = Test::Is(3.into());
        assert!(three.passes(Some(&Value::Float(3.0))) && three.passes(Some(&3.into())));
        assert!(!Test::IsNot(3.into()).passes(Some(&Value::Float(3.0))));
        assert!(Test::In(vec![Value::Float(3.0)]).passes(Some(&3.into())));
        let large = Value::Int(9_007_199_254_740_993);
        for limit in
            [Number::Whole(9_007_199_254_740_992), Number::Decimal(9_007_199_254_740_992.0)]
        {
            assert!(!Test::AtMost(limit).passes(Some(&large)), "{limit:?}");
            assert!(Test::AtLeast(limit).passes(Some(&large)), "{limit:?}");
            assert!(!Test::Is(limit.into()).passes(Some(&large)), "{limit:?}");
            assert!(Test::IsNot(limit.into()).passes(Some(&large)), "{limit:?}");
        }
        assert!(!Test::AtMost(Number::Whole(i64::MAX)).passes(Some(&Value::Float(1e19))));
    }

    #[test]
    fn a_limit_stays_the_number_that_was_written() {
        let limit = |yaml: &str| match serde_saphyr::from_str::<Predicate>(yaml) {
            Ok(Predicate::Compare { test: Test::AtMost(limit), .. }) => Ok(limit),
            other => Err(format!("{other:?}")),
        };
        let exact = Number::Whole(9_007_199_254_740_993);
        assert_eq!(limit("{resource.age: {at_most: 9007199254740993}}"), Ok(exact));
        assert_eq!(limit("{resource.age: {at_most: 2.5}}"), Ok(Number::Decimal(2.5)));
        for wrong in ["18446744073709551615", "9223372036854775808", "1e300", "'3'", "true"] {
            assert!(limit(&format!("{{resource.age: {{at_most: {wrong}}}}}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_comparison_that_never_holds_is_refused() {
        for wrong in ["is_not: null", "is_not: [a, b]", "is_not: {a: b}", "is: 9223372036854775808"]
        {
            let written = format!("{{resource.age: {{{wrong}}}}}");
            assert!(serde_saphyr::from_str::<Predicate>(&written).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_predicate_reads_as_it_is_written() {
        let parse = |yaml: &str| serde_saphyr::from_str::<Predicate>(yaml);
        assert_eq!(
            parse("{resource.invitation: pending}").unwrap(),
            Predicate::Compare {
                path: InputPath::ResourceAttribute("invitation".into()),
                test: Test::Is(Value::from("pending")),
            }
        );
        assert!(matches!(
            parse("{any: [{subject.owner: true}, {own: [owner]}]}").unwrap(),
            Predicate::Any(parts) if parts.len() == 2
        ));
        for wrong in ["{}", "{any: []}", "{resource.age: {below: 3}}", "{size: 3}", "{own: owner}"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
