//! A fuzzer that could not notice anything would find nothing either.

use crate::alone;
use permesso_engine::condition::Mistake;
use permesso_fuzz::check::{Failure, Step, bounded, check};
use std::hint::black_box;

#[test]
fn work_beyond_its_bounds_is_noticed_and_work_within_is_not() {
    let _alone = alone();
    let large = bounded(Step::Compile, || drop(black_box(vec![1_u8; 9 << 20])));
    assert!(matches!(large, Err(Failure::Large { bytes, .. }) if bytes > 8 << 20));
    let long = bounded(Step::Evaluate, || (0..60_000_000_u64).fold(1, |n, m| black_box(n ^ m)));
    assert!(matches!(long, Err(Failure::Slow { step: Step::Evaluate, .. })));
    let panic = bounded(Step::Compile, || std::panic::resume_unwind(Box::new("on purpose")));
    assert!(matches!(panic, Err(Failure::Panic { message, .. }) if message == "on purpose"));

    let seen = check("hour_in(now, 9, 18, \"UTC\") || resource.shared", 1).unwrap();
    assert_eq!(seen.answers.len(), 5);
    assert!(seen.instants > 5, "{seen:?}");
    assert!(seen.mistakes.is_empty() && seen.compile.bytes > 0 && !seen.compile.time.is_zero());
    let seen = check("resource.shared = true", 1).unwrap();
    assert!(matches!(seen.mistakes[..], [Mistake::Assignment(_)]));
}
