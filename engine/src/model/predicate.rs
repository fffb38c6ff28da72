//! Predicates: what a catalog demands of attributes.
//!
//! A guard or an exemption of a catalog is a small total statement: compare, and, or. There is
//! no negation on purpose. An attribute that is missing or of another type makes a comparison
//! false, so a predicate can only be true because of what is known; whatever is unknown ends in
//! a denial, in a guard as in an exemption.
//!
//! ```yaml
//! require: {resource.invitation: pending}
//! require: {resource.age_days: {at_most: 7}}
//! require: {any: [{subject.owner: true}, {resource.role: {is_not: super_admin}}]}
//! unless: {own: [owner]}
//! ```

use super::{Attributes, InputPath, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

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

/// How an attribute compares. Each is false where the attribute is absent or of another type.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Equals.
    Is(Value<'static>),
    /// Is there, is a text, number or boolean, and differs.
    IsNot(Value<'static>),
    /// Is one of.
    In(Vec<Value<'static>>),
    /// A number that is at most.
    AtMost(f64),
    /// A number that is at least.
    AtLeast(f64),
    /// A text that is not empty, or any other value but null.
    Present,
}

impl Test {
    /// Whether the value passes.
    #[must_use]
    pub fn passes(&self, value: Option<&Value<'_>>) -> bool {
        let Some(value) = value else { return false };
        match self {
            Self::Is(wanted) => value == wanted,
            Self::IsNot(other) => {
                !matches!(value, Value::Null | Value::List(_) | Value::Map(_)) && value != other
            }
            Self::In(wanted) => wanted.contains(value),
            Self::AtMost(limit) => number(value).is_some_and(|number| number <= *limit),
            Self::AtLeast(limit) => number(value).is_some_and(|number| number >= *limit),
            Self::Present => match value {
                Value::Null => false,
                Value::Text(text) => !text.trim().is_empty(),
                _ => true,
            },
        }
    }
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "limits of catalogs are small")]
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
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
    let owned = |value: &Value<'_>| value.clone().into_owned();
    let limit = |value: &Value<'_>| {
        number(value).ok_or_else(|| format!("the limit of `{path}` has to be a number"))
    };
    match value {
        Value::Map(map) => {
            let mut entries = map.iter();
            let (Some((operator, operand)), None) = (entries.next(), entries.next()) else {
                return Err(format!("`{path}` needs exactly one comparison"));
            };
            match (operator, operand) {
                ("is", value) => Ok(Test::Is(owned(value))),
                ("is_not", value) => Ok(Test::IsNot(owned(value))),
                ("in", Value::List(items)) => Ok(Test::In(items.iter().map(owned).collect())),
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
        value => Ok(Test::Is(owned(value))),
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

    #[test]
    fn a_comparison_with_a_missing_or_ill_typed_attribute_is_false() {
        let tests = [
            Test::Is(Value::from("pending")),
            Test::IsNot(Value::from("pending")),
            Test::In(vec![Value::from("pending")]),
            Test::AtMost(7.0),
            Test::AtLeast(0.0),
            Test::Present,
        ];
        for test in tests {
            assert!(!test.passes(None), "{test:?}");
            assert!(!test.passes(Some(&Value::Null)), "{test:?}");
        }
        assert!(!Test::AtMost(7.0).passes(Some(&Value::from("6"))));
        assert!(!Test::IsNot(Value::from("a")).passes(Some(&Value::List(vec![]))));
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
