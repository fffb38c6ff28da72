//! Writing down what was looked at, or not.
//!
//! A decision on the hot path writes nothing: the recorder is a type parameter, so the silent
//! one compiles to nothing and the texts are never made.

use crate::decision::{FamilyStep, Outcome, Seen, Sight, Stage, Step};
use crate::model::Place;

pub(crate) trait Recorder {
    /// Whether anything is written down. Without it the pipeline stops at the first denial.
    const ON: bool;

    /// Writes a step down.
    fn step(&mut self, stage: Stage, outcome: Outcome, text: impl FnOnce() -> String);

    /// Writes the call of a family down.
    fn family(&mut self, outcome: Outcome, step: FamilyStep, text: impl FnOnce() -> String);

    /// Notes that something of the documents was looked at. The next step is about it.
    fn saw(&mut self, place: Place, what: Sight);
}

/// Writes nothing.
pub(crate) struct Silent;

impl Recorder for Silent {
    const ON: bool = false;

    fn step(&mut self, _: Stage, _: Outcome, _: impl FnOnce() -> String) {}

    fn family(&mut self, _: Outcome, _: FamilyStep, _: impl FnOnce() -> String) {}

    fn saw(&mut self, _: Place, _: Sight) {}
}

/// Writes everything.
#[derive(Default)]
pub(crate) struct Tracing {
    pub(crate) trace: Vec<Step>,
    pub(crate) seen: Vec<Seen>,
    /// The lines that the next step is about.
    places: Vec<Place>,
}

impl Recorder for Tracing {
    const ON: bool = true;

    fn step(&mut self, stage: Stage, outcome: Outcome, text: impl FnOnce() -> String) {
        let places = std::mem::take(&mut self.places);
        self.trace.push(Step { stage, outcome, text: text(), places, family: None });
    }

    fn family(&mut self, outcome: Outcome, step: FamilyStep, text: impl FnOnce() -> String) {
        let (stage, places) = (Stage::Family, Vec::new());
        self.trace.push(Step { stage, outcome, text: text(), places, family: Some(step) });
    }

    fn saw(&mut self, place: Place, what: Sight) {
        if !matches!(what, Sight::Condition(_)) {
            self.places.push(place);
        }
        self.seen.push(Seen { place, what });
    }
}
