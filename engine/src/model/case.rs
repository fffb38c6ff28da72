//! The cases that are saved with a condition.
//!
//! Whoever writes a condition knows somebody to whom it applies and somebody to whom it does
//! not. Both are written down beside it, and a condition that gets one of them wrong is not
//! saved, neither today nor after the next edit.

use super::Attributes;
use serde::{Deserialize, Deserializer, Serialize};

/// A case: what is known, and whether the condition holds.
///
/// ```yaml
/// {name: a small deal, inputs: {resource.amount: 900, now: "2026-07-01T09:00:00Z"}, expect: true}
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ConditionTest {
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What is known, by path, or in maps within each other. An instant may be written as a
    /// text.
    #[serde(deserialize_with = "owned")]
    pub inputs: Attributes<'static>,
    /// Whether the condition holds. An error is neither.
    pub expect: bool,
}

fn owned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Attributes<'static>, D::Error> {
    Attributes::deserialize(deserializer).map(Attributes::into_owned)
}
