//! The attributes that a catalog declares, and of which type each of them is.
//!
//! A declaration is part of a document, so what is wrong with one is found while the document is
//! read, with its line. Whoever reads attributes is checked against them: see
//! [`condition`](crate::condition).

use super::{InputPath, Value};
use crate::suggest::suggest;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// `true` or `false`.
    Boolean,
    /// A whole number of 64 bits.
    Integer,
    /// A number; whole ones are converted.
    Decimal,
    /// Text.
    Text,
    /// A list of texts; a single text counts as a list of one.
    Texts,
    /// A date, a date and a time with its zone, or milliseconds since 1970-01-01T00:00:00Z of the
    /// years 1990 to 9999: what lies before them are seconds.
    Instant,
    /// Whatever a caller sends: for families that look at it themselves. No condition reads it.
    Any,
}

impl AttributeType {
    pub(crate) const ALL: [Self; 7] = [
        Self::Boolean,
        Self::Integer,
        Self::Decimal,
        Self::Text,
        Self::Texts,
        Self::Instant,
        Self::Any,
    ];

    /// Its name in a catalog.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Text => "text",
            Self::Texts => "texts",
            Self::Instant => "instant",
            Self::Any => "any",
        }
    }

    /// The one of that name, or what to write instead.
    fn named(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let help = suggest(name, Self::ALL.iter().map(|kind| kind.name()));
            let help = help
                .as_deref()
                .unwrap_or("write boolean, integer, decimal, text, texts, instant or any");
            format!("unknown attribute type `{name}`; {help}")
        })
    }

    /// What it is, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Decimal => "a number",
            Self::Text => "a text",
            Self::Texts => "a text or a list of texts",
            Self::Instant => "an instant",
            Self::Any => "any value",
        }
    }

    /// Whether a value is of the type. 3.0 is a whole number; `null` is of no type.
    #[must_use]
    #[inline]
    pub fn accepts(self, value: &Value<'_>) -> bool {
        match self {
            Self::Boolean => matches!(value, Value::Bool(_)),
            Self::Integer => value.whole().is_some(),
            Self::Instant => value.instant().is_some(),
            Self::Any => true,
            Self::Decimal => matches!(value, Value::Int(_) | Value::Float(_)),
            Self::Text => matches!(value, Value::Text(_)),
            Self::Texts => match value {
                Value::Text(_) => true,
                Value::List(items) => items.iter().all(|item| matches!(item, Value::Text(_))),
                _ => false,
            },
        }
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> Deserialize<'de> for AttributeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(D::Error::custom)
    }
}

/// Why a path cannot be declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not under a root that conditions read.
    #[error(
        "`{0}` is not an attribute; declare `subject.<name>`, `resource.<name>`, \
         `action.<name>` or `context.<name>`"
    )]
    NotAnAttribute(String),
    /// A part of it cannot stand in a condition.
    #[error("`{0}` cannot be written in a condition; use letters, digits and `_` in its name")]
    Unwritable(String),
    /// It is built in.
    #[error("`{0}` is built in as {1}; delete this declaration")]
    BuiltIn(String, AttributeType),
    /// It is none that a kind of resources can have.
    #[error(
        "`{0}` cannot be an attribute of a kind: kind and id are asked about by themselves, and a \
         name has no empty part; choose another one"
    )]
    NotOfAKind(String),
    /// Something is said of it that means nothing there.
    #[error("`{field}` says nothing of `{path}`; delete it")]
    Misplaced {
        /// The path.
        path: String,
        /// What is said of it.
        field: &'static str,
    },
}

/// What a catalog says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttributeRule {
    /// Its type.
    pub kind: AttributeType,
    /// Whether a question has to say it. For what closes: a mark that a caller forgets would be as
    /// good as none.
    pub required: bool,
    /// The only texts that it can be; empty if it can be any.
    pub one_of: Vec<String>,
    /// Other names under which callers send it.
    pub aliases: Vec<String>,
    /// Whether a caller is believed who says it of the subject.
    pub trusted: bool,
    /// What it names: a word that names none is not taken.
    pub names: Option<Naming>,
    /// The least number that it can be.
    pub at_least: Option<i64>,
}

/// What the texts of an attribute name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    /// Roles of the tenant.
    Role,
}

impl From<AttributeType> for AttributeRule {
    fn from(kind: AttributeType) -> Self {
        Self {
            kind,
            required: false,
            one_of: Vec::new(),
            aliases: Vec::new(),
            trusted: false,
            names: None,
            at_least: None,
        }
    }
}

/// As it is written where there is more to say than a type.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    #[serde(rename = "type")]
    kind: AttributeType,
    #[serde(default)]
    required: bool,
    #[serde(default, deserialize_with = "super::some")]
    one_of: Vec<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    trusted: bool,
    #[serde(default)]
    names: Option<Naming>,
    #[serde(default)]
    at_least: Option<i64>,
}

impl<'de> Deserialize<'de> for AttributeRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = AttributeRule;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type, or a type and what else is known of the attribute")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
                AttributeType::named(name).map(AttributeRule::from).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let written = WrittenRule::deserialize(MapAccessDeserializer::new(map))?;
                let WrittenRule { kind, required, one_of, aliases, trusted, names, at_least } =
                    written;
                let is_text = matches!(kind, AttributeType::Text | AttributeType::Texts);
                if !one_of.is_empty() && !is_text {
                    return Err(A::Error::custom(format_args!(
                        "`one_of` lists texts, and this attribute is of type {kind}; make it a \
                         text or delete `one_of`"
                    )));
                }
                if names.is_some() && (!is_text || !one_of.is_empty()) {
                    return Err(A::Error::custom(
                        "`names` is said of a text, or of a list of texts, without `one_of`",
                    ));
                }
                let is_number = matches!(kind, AttributeType::Integer | AttributeType::Decimal);
                if at_least.is_some() && !is_number {
                    return Err(A::Error::custom(format_args!(
                        "`at_least` bounds a number, and this attribute is of type {kind}; make it \
                         one or delete `at_least`"
                    )));
                }
                let mut seen = HashSet::new();
                if let Some(twice) = one_of.iter().find(|value| !seen.insert(value.as_str())) {
                    return Err(A::Error::custom(format_args!(
                        "`{twice}` stands twice in `one_of`; delete one of the two"
                    )));
                }
                Ok(AttributeRule { kind, required, one_of, aliases, trusted, names, at_least })
            }
        }
        deserializer.deserialize_any(Rule)
    }
}

/// What a catalog declares: `{resource.amount: integer, context.ip: text}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeDeclarations(BTreeMap<String, AttributeRule>);

impl AttributeDeclarations {
    /// The paths with their types.
    pub fn iter(&self) -> impl Iterator<Item = (&str, AttributeType)> {
        self.rules().map(|(path, rule)| (path, rule.kind))
    }

    /// The paths with all that is said of them.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &AttributeRule)> {
        self.0.iter().map(|(path, rule)| (path.as_str(), rule))
    }

    /// Declares one more.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if the path cannot be declared, or not so.
    pub fn declare(
        &mut self,
        path: &str,
        rule: impl Into<AttributeRule>,
    ) -> Result<(), SchemaError> {
        let rule = rule.into();
        let parsed = match path.parse::<InputPath>() {
            Ok(
                parsed @ (InputPath::SubjectAttribute(_)
                | InputPath::ResourceAttribute(_)
                | InputPath::ActionAttribute(_)
                | InputPath::ContextAttribute(_)),
            ) => parsed,
            Ok(known) => {
                return Err(match built_in().find(|(built_in, _)| *built_in == path) {
                    Some((_, kind)) => SchemaError::BuiltIn(known.to_string(), kind),
                    None => SchemaError::NotAnAttribute(path.to_owned()),
                });
            }
            Err(_) => return Err(SchemaError::NotAnAttribute(path.to_owned())),
        };
        if !path.split('.').all(writable) {
            return Err(SchemaError::Unwritable(path.to_owned()));
        }
        let misplaced = match parsed {
            InputPath::ResourceAttribute(_) => rule.trusted.then_some("trusted"),
            InputPath::SubjectAttribute(_) => rule
                .required
                .then_some("required")
                .or((!rule.aliases.is_empty()).then_some("aliases"))
                .or(rule.names.map(|_| "names"))
                .or(rule.at_least.map(|_| "at_least")),
            _ => (!rule.aliases.is_empty())
                .then_some("aliases")
                .or(rule.trusted.then_some("trusted")),
        };
        if let Some(field) = misplaced {
            return Err(SchemaError::Misplaced { path: path.to_owned(), field });
        }
        self.0.insert(path.to_owned(), rule);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for AttributeDeclarations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Declarations;
        impl<'de> Visitor<'de> for Declarations {
            type Value = AttributeDeclarations;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut declared = AttributeDeclarations::default();
                while let Some((path, rule)) = map.next_entry::<String, AttributeRule>()? {
                    if declared.0.contains_key(&path) {
                        return Err(A::Error::custom(format_args!("`{path}` is declared twice")));
                    }
                    declared.declare(&path, rule).map_err(A::Error::custom)?;
                }
                Ok(declared)
            }
        }
        deserializer.deserialize_map(Declarations)
    }
}

/// What is read of an instant, where that is something else than was sent: milliseconds of a text,
/// and of a number that can be no milliseconds its text, which is no instant.
pub(crate) fn as_millis(value: &Value<'_>) -> Option<Value<'static>> {
    match (value, value.whole()) {
        (Value::Text(_), _) => value.instant().map(Value::Int),
        (_, Some(number)) if value.instant().is_none() => Some(Value::from(number.to_string())),
        _ => None,
    }
}

/// The paths that every condition may read, with their types.
pub(crate) fn built_in() -> impl Iterator<Item = (&'static str, AttributeType)> {
    use AttributeType::{Boolean, Instant, Text, Texts};
    [
        ("subject.id", Text),
        ("subject.roles", Texts),
        ("subject.policies", Texts),
        ("subject.teams", Texts),
        ("subject.tags", Texts),
        ("subject.status", Text),
        ("subject.invitation", Text),
        ("subject.owner", Boolean),
        ("resource.kind", Text),
        ("resource.id", Text),
        ("now", Instant),
    ]
    .into_iter()
}

/// Whether a part of a path can stand in a condition.
pub(crate) fn writable(part: &str) -> bool {
    rhai::is_valid_identifier(part)
        && part.is_ascii()
        && rhai::Token::lookup_symbol_from_syntax(part).is_none()
}
