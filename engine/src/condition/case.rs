//! Tries a condition on the cases that were saved with it.

use super::evaluate::{Condition, ConditionError};
use crate::model::{AttributeType, Attributes, ConditionTest, InputPath, Instant, Value};
use std::borrow::Cow;

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
            (Value::Text(text), Some(AttributeType::Instant)) => {
                text.parse().map(Instant::millis).ok()
            }
            _ => None,
        };
        Some(written.map_or(Cow::Borrowed(value), |millis| Cow::Owned(Value::Int(millis))))
    }
}
