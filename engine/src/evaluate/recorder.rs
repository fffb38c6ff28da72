//! Writing down what was looked at, or not.
//!
//! A decision on the hot path writes nothing: the recorder is a type parameter, so the silent
//! one compiles to nothing and the texts are never made.

use crate::decision::{FamilyStep, Outcome, Stage, Step};

pub(crate) trait Recorder {
    /// Whether anything is written down. Without it the pipeline stops at the first denial.
    const ON: bool;

    /// Writes a step down.
    fn step(&mut self, stage: Stage, outcome: Outcome, text: impl FnOnce() -> String);

    /// Writes the call of a family down.
    fn family(&mut self, outcome: Outcome, step: FamilyStep, text: impl FnOnce() -> String);
}

/// Writes nothing.
pub(crate) struct Silent;

impl Recorder for Silent {
    const ON: bool = false;

    fn step(&mut self, _: Stage, _: Outcome, _: impl FnOnce() -> String) {}

    fn family(&mut self, _: Outcome, _: FamilyStep, _: impl FnOnce() -> String) {}
}

/// Writes everything.
#[derive(Default)]
pub(crate) struct Tracing(pub(crate) Vec<Step>);

impl Recorder for Tracing {
    const ON: bool = true;

    fn step(&mut self, stage: Stage, outcome: Outcome, text: impl FnOnce() -> String) {
        self.0.push(Step { stage, outcome, text: text(), family: None });
    }

    fn family(&mut self, outcome: Outcome, step: FamilyStep, text: impl FnOnce() -> String) {
        self.0.push(Step { stage: Stage::Family, outcome, text: text(), family: Some(step) });
    }
}
