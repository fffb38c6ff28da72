//! What conditions may read, and of which type each of it is.
//!
//! A script language answers a misspelt attribute with nothing and a comparison of a text with a
//! number with `false`, so that `!(subject.level > 5)` holds for everybody whose level is a text.
//! An attribute schema ends both: a condition that reads what is not in the schema, or compares
//! it with what it can never be, is refused when it is saved.

use crate::diagnostic::suggest;
use crate::model::InputPath;
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
                f.write_str("a map from paths to attribute types")
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
fn built_in() -> impl Iterator<Item = (&'static str, AttributeType)> {
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

/// The paths that conditions may read.
#[derive(Debug, Clone)]
pub struct AttributeSchema {
    paths: BTreeMap<String, Attribute>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    pub(super) path: InputPath,
    pub(super) kind: AttributeType,
    /// The only values it can have; empty if it can have any.
    pub(super) values: Vec<String>,
}

impl Default for AttributeSchema {
    fn default() -> Self {
        Self::new(&AttributeDeclarations::default())
    }
}

impl AttributeSchema {
    /// What is built in, and what a catalog declares besides.
    #[must_use]
    pub fn new(declared: &AttributeDeclarations) -> Self {
        let mut schema = Self { paths: BTreeMap::new() };
        built_in().for_each(|(path, kind)| schema.add(path, kind));
        declared.iter().for_each(|(path, kind)| schema.add(path, kind));
        schema
            .with_values("subject.status", ["active", "inactive", "deleted"])
            .with_values("subject.invitation", ["pending", "accepted"])
    }

    /// Lets conditions read `subject.holds.<permission>` of these permissions. Those whose id
    /// cannot be written in a condition are left out.
    #[must_use]
    pub fn with_permissions<'p>(mut self, ids: impl IntoIterator<Item = &'p str>) -> Self {
        for id in ids.into_iter().filter(|id| id.split('.').all(writable)) {
            self.add(&format!("subject.holds.{id}"), AttributeType::Boolean);
        }
        self
    }

    /// Says that a path has one of these values and no other, so that a condition that compares
    /// it with another one is refused. A path that the schema does not have is left alone.
    #[must_use]
    pub fn with_values<'v>(
        mut self,
        path: &str,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Self {
        if let Some(attribute) = self.paths.get_mut(path) {
            attribute.values = values.into_iter().map(str::to_owned).collect();
        }
        self
    }

    /// The type of a path; `None` if conditions may not read it.
    #[must_use]
    pub fn kind(&self, path: &str) -> Option<AttributeType> {
        self.get(path).map(|attribute| attribute.kind)
    }

    /// The paths with their types, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, AttributeType)> {
        self.paths.iter().map(|(path, attribute)| (path.as_str(), attribute.kind))
    }

    pub(super) fn get(&self, path: &str) -> Option<&Attribute> {
        self.paths.get(path)
    }

    fn add(&mut self, path: &str, kind: AttributeType) {
        // Every path that gets here has been parsed or is built in.
        if let Ok(parsed) = path.parse() {
            let attribute = Attribute { path: parsed, kind, values: Vec::new() };
            self.paths.insert(path.to_owned(), attribute);
        }
    }
}

/// Whether a part of a path can stand in a condition.
fn writable(part: &str) -> bool {
    rhai::is_valid_identifier(part)
        && part.is_ascii()
        && rhai::Token::lookup_symbol_from_syntax(part).is_none()
}
