//! Many texts on one thread, so that what is measured is of one text.

use crate::check::{Failure, check};
use crate::corpus;
use crate::generate::{self, Kind};
use crate::random::Random;
use crate::shrink::shrink;
use crate::tally::Tally;
use std::cell::Cell;
use std::fmt;
use std::sync::Once;
use std::time::{Duration, Instant};
use std::{io, panic, thread};

/// Half of what a thread of a server has. Whoever overflows it ends the process; the progress
/// bar then shows how far it came.
const STACK: usize = 1 << 20;

/// How many characters of a text are shown; its seed makes all of it again.
const SHOWN: usize = 500;

/// What is run: texts until one of the two is reached.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many texts.
    pub runs: u64,
    /// How long.
    pub time: Duration,
    /// The seed of the first text; the next texts have the numbers after it.
    pub seed: u64,
}

/// How a run came to a bad end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The engine is at fault.
    #[error(transparent)]
    Found(Box<Finding>),
    /// The corpus cannot be read, or there is no thread to be had.
    #[error("cannot begin: {0}")]
    Io(#[from] io::Error),
}

/// A text that does not stand the test.
#[derive(Debug, thiserror::Error)]
pub struct Finding {
    /// What is wrong.
    pub failure: Failure,
    /// What is wrong with the smallest text.
    pub smallest_failure: Failure,
    /// How the text was made.
    pub kind: Kind,
    /// Its seed.
    pub seed: u64,
    /// The text.
    pub text: String,
    /// The smallest text that fails in the same way.
    pub smallest: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { failure, smallest_failure, kind, seed, text, smallest } = self;
        writeln!(f, "{failure}")?;
        writeln!(f, "seed {seed}, {}: `cargo xtask fuzz --runs 1 --seed {seed}`", kind.name())?;
        let length = text.char_indices().nth(SHOWN).map_or(text.len(), |(at, _)| at);
        let (shown, rest) = text.split_at(length);
        let more = if rest.is_empty() { "" } else { " and more" };
        writeln!(f, "found: {shown:?}{more}")?;
        writeln!(f, "small: {smallest:?}")?;
        write!(f, "       {smallest_failure}")
    }
}

/// Tries random texts, and calls `progress` with how many after each.
///
/// # Errors
///
/// The first text that fails.
pub fn run(settings: Settings, progress: impl FnMut(u64) + Send) -> Result<Tally, Stopped> {
    let corpus = corpus::read()?;
    thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(STACK);
        let worker = worker.spawn_scoped(scope, || work(settings, &corpus, progress))?;
        worker.join().unwrap_or_else(|payload| panic::resume_unwind(payload))
    })
}

fn work(
    settings: Settings,
    corpus: &[String],
    mut progress: impl FnMut(u64),
) -> Result<Tally, Stopped> {
    let begun = Instant::now();
    let mut tally = Tally::default();
    for n in 0..settings.runs {
        if begun.elapsed() > settings.time {
            break;
        }
        let seed = settings.seed.wrapping_add(n);
        let (kind, text) = generate::text(&mut Random::new(seed), corpus);
        let seen = check(&text, seed)
            .map_err(|failure| Stopped::Found(Box::new(find(failure, kind, seed, text))))?;
        tally.add(kind, &seen);
        progress(n + 1);
    }
    Ok(tally)
}

fn find(failure: Failure, kind: Kind, seed: u64, text: String) -> Finding {
    quietly(|| {
        let fails = |fewer: &str| check(fewer, seed).is_err_and(|other| other.is_like(&failure));
        let smallest = shrink(&text, fails);
        let smallest_failure = check(&smallest, seed).err().unwrap_or_else(|| failure.clone());
        Finding { failure, smallest_failure, kind, seed, text, smallest }
    })
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does something without a report of each panic: the first one was reported already.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                report(info);
            }
        }));
    });
    QUIET.set(true);
    let result = work();
    QUIET.set(false);
    result
}
