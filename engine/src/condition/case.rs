//! The cases that are saved with a condition.
//!
//! Whoever writes a condition knows somebody to whom it applies and somebody to whom it does
//! not. Both are written down beside it, and a condition that gets one of them wrong is not
//! saved, neither today nor after the next edit.

use super::calendar;
use super::evaluate::{Condition, ConditionError};
use super::schema::AttributeType;
use crate::model::{Attributes, InputPath, Value};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;

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

/// A case that a condition gets wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("case {} ({name}) expects {expected}, but {}", .index + 1, told(.outcome))]
pub struct TestFailure {
    /// Its place among the cases, from 0.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// What it expects.
    pub expected: bool,
    /// What the condition says.
    pub outcome: Result<bool, ConditionError>,
}

fn told(outcome: &Result<bool, ConditionError>) -> String {
    match outcome {
        Ok(answer) => format!("the condition says {answer}"),
        Err(error) => error.to_string(),
    }
}

impl Condition {
    /// The cases that the condition gets wrong.
    #[must_use]
    pub fn run_tests(&self, tests: &[ConditionTest]) -> Vec<TestFailure> {
        tests
            .iter()
            .enumerate()
            .filter_map(|(index, test)| {
                let outcome = self.evaluate(|path| self.given(&test.inputs, path));
                (outcome != Ok(test.expect)).then(|| TestFailure {
                    index,
                    name: test.name.clone(),
                    expected: test.expect,
                    outcome,
                })
            })
            .collect()
    }

    fn given<'t>(
        &self,
        inputs: &'t Attributes<'static>,
        path: &InputPath,
    ) -> Option<Cow<'t, Value<'static>>> {
        let value = inputs.at(&path.to_string())?;
        let written = match (value, self.kind(path)) {
            (Value::Text(text), Some(AttributeType::Instant)) => calendar::instant(text),
            _ => None,
        };
        Some(written.map_or(Cow::Borrowed(value), |millis| Cow::Owned(Value::Int(millis))))
    }
}
