//! A short share of the fuzzing, in every run of the tests.

use crate::alone;
use permesso_fuzz::run::{Settings, run};
use std::time::Duration;

/// In a build that was not optimised each step may take ten times as long.
#[test]
fn five_seconds_of_random_conditions_are_taken_calmly() {
    let _alone = alone();
    let settings = Settings { runs: u64::MAX, time: Duration::from_secs(5), seed: 0 };
    let tally = run(settings, |_| {}).unwrap_or_else(|stopped| panic!("{stopped}"));
    let (texts, compiled) = (tally.texts(), tally.compiled());
    assert!(texts > 500, "{tally}");
    assert!((20..=80).contains(&(compiled * 100 / texts)), "{tally}");
    assert!(tally.instants > texts, "{tally}");
    assert!(tally.mistakes().len() >= 20 && tally.errors().len() >= 5, "{tally}");
}
