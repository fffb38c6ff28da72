//! Values that remember where they were written.
//!
//! A mistake in a catalog or a tenant is found long after its file was parsed, when references
//! are followed. It has to point at the line all the same, so the ids in the model carry their
//! position; a model that was built by a program has none.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::Deref;

/// A position in a document, counted from 1. Zero means unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// One of the documents that a tenant is compiled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// The product's catalog.
    Catalog,
    /// The tenant.
    Tenant,
    /// Its people.
    Directory,
}

/// A place in one of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Which document.
    pub document: Document,
    /// Where in it.
    #[serde(flatten)]
    pub at: Position,
}

/// A value and where it stands.
#[derive(Debug, Clone, Default)]
pub struct Located<T> {
    value: T,
    at: Position,
}

/// A text, most often an id or a reference to one, and where it stands.
pub type Text = Located<String>;

impl<T> Located<T> {
    /// A value with its position.
    pub const fn new(value: T, at: Position) -> Self {
        Self { value, at }
    }

    /// Where it stands.
    pub const fn at(&self) -> Position {
        self.at
    }

    /// The value, without its position.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Located<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Located<T> {}

impl<T> From<T> for Located<T> {
    fn from(value: T) -> Self {
        Self { value, at: Position::default() }
    }
}

impl From<&str> for Text {
    fn from(value: &str) -> Self {
        Self::from(value.to_owned())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        let number = |n: u64| u32::try_from(n).unwrap_or(0);
        let at = Position {
            line: number(spanned.referenced.line()),
            column: number(spanned.referenced.column()),
        };
        Ok(Self { value: spanned.value, at })
    }
}

impl<T: Serialize> Serialize for Located<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}
