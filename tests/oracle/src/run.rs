//! Many worlds on all cores.

use crate::case::{Case, Refused};
use crate::compare::{Disagreement, check};
use crate::generate;
use crate::shrink::shrink;
use crate::tally::Tally;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many questions are put to each world.
pub const QUESTIONS: u64 = 20;

/// How a run came to a bad end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The two disagree.
    #[error("{found}\n{case}\nseed {seed}: `cargo xtask oracle --cases {QUESTIONS} --seed {seed}`")]
    Disagreement {
        /// The seed of the world.
        seed: u64,
        /// What they disagree on.
        found: Box<Disagreement>,
        /// The smallest world in which they do.
        case: Box<Case>,
    },
    /// A case that was made is none.
    #[error("seed {seed}: {refused}")]
    Refused {
        /// The seed of the world.
        seed: u64,
        /// What is wrong with it.
        refused: Refused,
    },
    /// One of the two panicked.
    #[error("seed {seed}: a panic, see above")]
    Panic {
        /// The seed of the world.
        seed: u64,
    },
}

/// What is run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many questions, at least.
    pub cases: u64,
    /// The seed of the first world.
    pub seed: u64,
    /// Whether a disagreement is left as large as it was found.
    pub brief: bool,
}

/// Puts random questions to both, and calls `progress` with how many were.
///
/// # Errors
///
/// The first failure that one of the threads meets.
pub fn run(settings: Settings, progress: impl Fn(u64) + Sync) -> Result<Tally, Failure> {
    let worlds = settings.cases.div_ceil(QUESTIONS);
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let outcome = Mutex::new(Ok(Tally::default()));
    let work = || {
        let mut tally = Tally::default();
        let mut failure = None;
        while !stop.load(Ordering::Relaxed) {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= worlds {
                break;
            }
            if let Err(found) = world(settings.seed.wrapping_add(n), settings, &mut tally) {
                stop.store(true, Ordering::Relaxed);
                failure = Some(found);
            }
            progress(QUESTIONS);
        }
        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
        match (outcome.as_mut(), failure) {
            (Ok(_), Some(failure)) => *outcome = Err(failure),
            (Ok(total), None) => total.add(&tally),
            (Err(_), _) => {}
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn world(seed: u64, settings: Settings, tally: &mut Tally) -> Result<(), Failure> {
    let questions = usize::try_from(QUESTIONS).unwrap_or(usize::MAX);
    let case = generate::case(seed, questions);
    let checked = catch_unwind(AssertUnwindSafe(|| check(&case, seed, tally)));
    match checked {
        Ok(Ok(None)) => Ok(()),
        Ok(Ok(Some(found))) => {
            let (case, found) = match settings.brief {
                true => (case, found),
                false => shrink(&case, seed, found),
            };
            let (case, found) = (Box::new(case), Box::new(found));
            Err(Failure::Disagreement { seed, found, case })
        }
        Ok(Err(refused)) => Err(Failure::Refused { seed, refused }),
        Err(_) => Err(Failure::Panic { seed }),
    }
}
