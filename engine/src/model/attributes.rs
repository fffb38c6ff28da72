//! The attributes that a catalog declares, and of which type each of them is.
//!
//! A declaration is part of a document, so what is wrong with one is found while the document is
//! read, with its line. Whoever reads attributes is checked against them: see
//! [`condition`](crate::condition).

use super::InputPath;
use crate::suggest::suggest;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
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
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instant,
}

impl AttributeType {
    pub(crate) const ALL: [Self; 6] =
        [Self::Boolean, Self::Integer, Self::Decimal, Self::Text, Self::Texts, Self::Instant];

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
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let help = suggest(&name, Self::ALL.iter().map(|kind| kind.name()));
            D::Error::custom(format_args!(
                "unknown attribute type `{name}`; {}",
                help.as_deref()
                    .unwrap_or("write boolean, integer, decimal, text, texts or instant")
            ))
        })
    }
}

/// Why a path cannot be declared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// It is not under a root that conditions read.
    #[error(
        "`{0}` is not an attribute; declare `subject.<name>`, `resource.<name>` or \
         `context.<name>`"
    )]
    NotAnAttribute(String),
    /// A part of it cannot stand in a condition.
    #[error("`{0}` cannot be written in a condition; use letters, digits and `_` in its name")]
    Unwritable(String),
    /// It is built in.
    #[error("`{0}` is built in as {1}; delete this declaration")]
    BuiltIn(String, AttributeType),
}

/// What a catalog declares: `{resource.amount: integer, context.ip: text}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeDeclarations(BTreeMap<String, AttributeType>);

impl AttributeDeclarations {
    /// The paths with their types.
    pub fn iter(&self) -> impl Iterator<Item = (&str, AttributeType)> {
        self.0.iter().map(|(path, kind)| (path.as_str(), *kind))
    }

    /// Declares one more.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if the path cannot be declared.
    pub fn declare(&mut self, path: &str, kind: AttributeType) -> Result<(), SchemaError> {
        match path.parse::<InputPath>() {
            Ok(
                InputPath::SubjectAttribute(_)
                | InputPath::ResourceAttribute(_)
                | InputPath::ContextAttribute(_),
            ) => {}
            Ok(known) => {
                return Err(match built_in().find(|(built_in, _)| *built_in == path) {
                    Some((_, kind)) => SchemaError::BuiltIn(known.to_string(), kind),
                    None => SchemaError::NotAnAttribute(path.to_owned()),
                });
            }
            Err(_) => return Err(SchemaError::NotAnAttribute(path.to_owned())),
        }
        if !path.split('.').all(writable) {
            return Err(SchemaError::Unwritable(path.to_owned()));
        }
        self.0.insert(path.to_owned(), kind);
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
                while let Some((path, kind)) = map.next_entry::<String, AttributeType>()? {
                    if declared.0.contains_key(&path) {
                        return Err(A::Error::custom(format_args!("`{path}` is declared twice")));
                    }
                    declared.declare(&path, kind).map_err(A::Error::custom)?;
                }
                Ok(declared)
            }
        }
        deserializer.deserialize_map(Declarations)
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
