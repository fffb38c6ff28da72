//! The types that parts of a condition have: those of attributes, and what comes of calculating
//! with them.

use crate::model::AttributeType;

/// The type of a part of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Integer,
    Decimal,
    Text,
    Texts,
    Integers,
    Instant,
    Duration,
    /// Of a part that is wrong already; nothing more is said about it.
    Unknown,
}

impl From<AttributeType> for Kind {
    fn from(kind: AttributeType) -> Self {
        match kind {
            AttributeType::Boolean => Self::Boolean,
            AttributeType::Integer => Self::Integer,
            AttributeType::Decimal => Self::Decimal,
            AttributeType::Text => Self::Text,
            AttributeType::Texts => Self::Texts,
            AttributeType::Instant => Self::Instant,
            AttributeType::Any => Self::Unknown,
        }
    }
}

impl Kind {
    /// How it is called to people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::Decimal => "a number",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Integers => "a list of whole numbers",
            Self::Instant => "an instant",
            Self::Duration => "a length of time",
            Self::Unknown => "something else",
        }
    }
}
