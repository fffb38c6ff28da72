//! What has to hold of every text, whatever it is.

use crate::measure::{Cost, measured};
use crate::random::{Random, mix};
use crate::world::{CALENDAR, ENGINE, SCHEMA, Temper, World, instant};
use permesso_engine::condition::{Condition, ConditionError, Mistake};
use permesso_engine::model::{InputPath, Value};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// What one step may cost. A build that was not optimised gets ten times the time: it is there
/// to find wrong answers, and what takes long is found in release.
pub const BOUND: Cost = Cost {
    time: Duration::from_millis(if cfg!(debug_assertions) { 50 } else { 5 }),
    bytes: 8 << 20,
};
/// How often a step that took long is done again: memory that is touched first, or a zone of
/// time that is read first, is not what a step costs.
const AGAIN: usize = 3;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What happens when a condition is saved.
    Compile,
    /// What happens in a decision.
    Evaluate,
}

/// The answer of a condition.
pub type Answer = Result<bool, ConditionError>;

/// What was seen of a text that stands the test.
#[derive(Debug, Default)]
pub struct Seen {
    /// What is wrong with it; nothing if it is a condition.
    pub mistakes: Vec<Mistake>,
    /// What it cost to compile.
    pub compile: Cost,
    /// What the dearest evaluation cost.
    pub evaluate: Cost,
    /// The answers in different worlds.
    pub answers: Vec<Answer>,
    /// At how many instants the answer had to be, and was, the same as before.
    pub instants: u64,
}

/// What is wrong with the engine.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// It panicked.
    #[error("{step:?}: a panic: {message}")]
    Panic {
        /// Doing what.
        step: Step,
        /// What it said.
        message: String,
    },
    /// It took long, again and again.
    #[error("{step:?}: took {time:?}, allowed are {:?}", BOUND.time)]
    Slow {
        /// What took long.
        step: Step,
        /// How long.
        time: Duration,
    },
    /// It took much memory.
    #[error("{step:?}: held {bytes} bytes, allowed are {}", BOUND.bytes)]
    Large {
        /// What took it.
        step: Step,
        /// How much.
        bytes: usize,
    },
    /// A refusal does not say where or what.
    #[error("a refusal without place or words: {0:?}")]
    Speechless(String),
    /// It asked for what it does not list, or twice.
    #[error("`{0}` was read, but `inputs()` does not list it, or lists it for one reading")]
    Stray(InputPath),
    /// It said that the checker should have found something.
    #[error("the checker let something through, with inputs that are {0:?}")]
    Unchecked(Temper),
    /// The inputs were in order and it says they are not, or the opposite.
    #[error("with inputs that are {temper:?}, one of them missing: {missing}, it says {answer:?}")]
    Misjudged {
        /// What the inputs were like.
        temper: Temper,
        /// Whether one was missing.
        missing: bool,
        /// What it says of them.
        answer: Answer,
    },
    /// It changed its mind.
    #[error("asked twice, it says {:?} and {:?}", .0[0], .0[1])]
    Unsteady(Box<[Answer; 2]>),
    /// The next change is not after now, or there is one without the time being read.
    #[error("at {now} it says that the next change is at {next}")]
    Backwards {
        /// When it was asked.
        now: i64,
        /// What it says.
        next: i64,
    },
    /// The answer changed before it should.
    #[error("at {now} it says {:?} until {next:?}, but at {later} {:?}", .said[0], .said[1])]
    Moved {
        /// When it was asked first.
        now: i64,
        /// Until when it said it would be the same.
        next: Option<i64>,
        /// When it was asked again.
        later: i64,
        /// What it said first, and then.
        said: Box<[Answer; 2]>,
    },
}

impl Failure {
    /// Whether two failures are the same but for numbers and names.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let step = |failure: &Self| match failure {
            Self::Panic { step, .. } | Self::Slow { step, .. } | Self::Large { step, .. } => {
                Some(*step)
            }
            _ => None,
        };
        std::mem::discriminant(self) == std::mem::discriminant(other) && step(self) == step(other)
    }
}

/// Tries a text. What it finds when it runs follows from the seed.
///
/// # Errors
///
/// The first [`Failure`].
pub fn check(source: &str, seed: u64) -> Result<Seen, Failure> {
    let (compiled, compile) = bounded(Step::Compile, || ENGINE.compile(source, &SCHEMA))?;
    let condition = match compiled {
        Ok(condition) => condition,
        Err(faults) => {
            if faults.is_empty() {
                return Err(Failure::Speechless(String::new()));
            }
            for fault in &faults {
                let words = fault.message();
                if fault.at.line == 0 || fault.at.column == 0 || words.is_empty() {
                    return Err(Failure::Speechless(format!("{:?} {words}", fault.at)));
                }
            }
            let mistakes = faults.into_iter().map(|fault| fault.mistake).collect();
            return Ok(Seen { mistakes, compile, ..Seen::default() });
        }
    };
    let mut seen = Seen { compile, ..Seen::default() };
    for (n, temper) in (0..).zip(Temper::ALL.into_iter().chain([Temper::Good])) {
        let world = World { seed: mix(seed ^ n), temper };
        let values = Values::of(&condition, world);
        let first = in_world(&condition, &values, &mut seen.evaluate)?;
        if let Some(Value::Int(now)) = values.get(&InputPath::Now).as_deref() {
            let mut random = Random::new(world.seed);
            seen.instants += stands_still(&condition, &values, *now, &first, &mut random)?;
        } else if let Some(next) = condition.next_change(0).filter(|_| !condition.reads_now()) {
            return Err(Failure::Backwards { now: 0, next });
        }
        seen.answers.push(first);
    }
    Ok(seen)
}

/// Does a step within its bounds.
///
/// # Errors
///
/// [`Failure::Panic`], [`Failure::Slow`] or [`Failure::Large`].
pub fn bounded<T>(step: Step, work: impl Fn() -> T) -> Result<(T, Cost), Failure> {
    let attempt = || measured(|| catch_unwind(AssertUnwindSafe(&work)));
    let (result, mut cost) = attempt();
    let result = result.map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Failure::Panic { step, message: text.unwrap_or("without words").to_owned() }
    })?;
    for _ in 0..AGAIN {
        if cost.time > BOUND.time {
            cost.time = cost.time.min(attempt().1.time);
        }
    }
    if cost.time > BOUND.time {
        return Err(Failure::Slow { step, time: cost.time });
    }
    if cost.bytes > BOUND.bytes {
        return Err(Failure::Large { step, bytes: cost.bytes });
    }
    Ok((result, cost))
}

/// The inputs of a condition in a world.
struct Values {
    world: World,
    known: Vec<(InputPath, Option<Cow<'static, Value<'static>>>)>,
    asked: Vec<Cell<bool>>,
    stray: RefCell<Option<InputPath>>,
}

impl Values {
    fn of(condition: &Condition, world: World) -> Self {
        let inputs = condition.inputs().iter();
        let known: Vec<_> =
            inputs.map(|path| (path.clone(), world.value(&path.to_string()))).collect();
        let asked = known.iter().map(|_| Cell::new(false)).collect();
        Self { world, known, asked, stray: RefCell::new(None) }
    }

    fn get(&self, path: &InputPath) -> Option<Cow<'_, Value<'static>>> {
        let (_, value) = self.known.iter().find(|(known, _)| known == path)?;
        value.as_deref().map(Cow::Borrowed)
    }

    /// Hands out a value once.
    fn take(&self, path: &InputPath) -> Option<Cow<'_, Value<'static>>> {
        let place = self.known.iter().position(|(known, _)| known == path);
        let again = place.and_then(|place| self.asked.get(place)).is_none_or(|a| a.replace(true));
        if again {
            self.stray.replace(Some(path.clone()));
        }
        self.get(path)
    }

    /// Whether the answer stays with something in order for each input that is missing. A
    /// machine that stands still says nothing about that.
    fn keep_to(&self, condition: &Condition, answer: bool) -> bool {
        // These ask for what is missing.
        if ["??", "is_set"].iter().any(|asks| condition.source().contains(asks)) {
            return true;
        }
        let good = World { temper: Temper::Good, ..self.world };
        let all =
            condition.evaluate(|path| self.get(path).or_else(|| good.value(&path.to_string())));
        all == Ok(answer) || all == Err(ConditionError::OutOfTime)
    }

    /// Asks the condition, at another instant if one is given.
    fn ask(&self, condition: &Condition, now: Option<i64>) -> Answer {
        // The deadline is measured on the wall. A machine that stands still again and again may
        // pass it, but not each time.
        let mut answer = Err(ConditionError::OutOfTime);
        for _ in 0..=AGAIN {
            self.asked.iter().for_each(|asked| asked.set(false));
            answer = condition.evaluate(|path| match (path, now) {
                (InputPath::Now, Some(now)) => Some(Cow::Owned(Value::Int(now))),
                _ => self.take(path),
            });
            if answer != Err(ConditionError::OutOfTime) {
                break;
            }
        }
        answer
    }
}

/// Asks a condition twice.
fn in_world(condition: &Condition, values: &Values, most: &mut Cost) -> Result<Answer, Failure> {
    let (first, cost) = bounded(Step::Evaluate, || values.ask(condition, None))?;
    *most = most.max(cost);
    if let Some(path) = values.stray.take() {
        return Err(Failure::Stray(path));
    }
    let World { temper, .. } = values.world;
    let missing = values.known.iter().any(|(_, value)| value.is_none());
    let complains = matches!(
        first,
        Err(ConditionError::Missing(_) | ConditionError::Type { .. } | ConditionError::TooLarge(_))
    );
    match first {
        Err(ConditionError::Failed) => return Err(Failure::Unchecked(temper)),
        // All that was left over after several attempts.
        Err(ConditionError::OutOfTime) => {
            return Err(Failure::Slow { step: Step::Evaluate, time: cost.time });
        }
        answer if complains && matches!(temper, Temper::Good | Temper::Full) => {
            return Err(Failure::Misjudged { temper, missing, answer });
        }
        // What is missing made no difference, so it makes none once it is there.
        Ok(answer) if missing && !values.keep_to(condition, answer) => {
            return Err(Failure::Misjudged { temper, missing, answer: Ok(answer) });
        }
        _ => {}
    }
    let second = values.ask(condition, None);
    if first != second {
        return Err(Failure::Unsteady(Box::new([first, second])));
    }
    Ok(first)
}

/// Whether the answer is the same at instants up to the next change. Says at how many it was.
fn stands_still(
    condition: &Condition,
    values: &Values,
    now: i64,
    first: &Answer,
    random: &mut Random,
) -> Result<u64, Failure> {
    // Nobody decides in a year that calendars do not know.
    if !in_calendar(now) {
        return Ok(0);
    }
    let (next, _) = bounded(Step::Evaluate, || condition.next_change(now))?;
    if let Some(next) = next.filter(|next| *next < now) {
        return Err(Failure::Backwards { now, next });
    }
    let end = match next {
        Some(next) => next,
        None => instant(random).max(now.saturating_add(40_000_000_000)),
    };
    let mut instants = vec![now.saturating_add(1), end.saturating_sub(1)];
    for _ in 0..4 {
        let length = usize::try_from(end.saturating_sub(now)).unwrap_or_default();
        let later = now.saturating_add(i64::try_from(random.below(length)).unwrap_or_default());
        let hour = later - later.rem_euclid(1_800_000);
        instants.extend([later, hour, hour.saturating_sub(1)]);
    }
    instants.retain(|later| now < *later && *later < end && in_calendar(*later));
    for later in &instants {
        let second = values.ask(condition, Some(*later));
        if second != *first {
            let said = Box::new([first.clone(), second]);
            return Err(Failure::Moved { now, next, later: *later, said });
        }
    }
    Ok(instants.len() as u64)
}

/// Whether calendars know the instant.
fn in_calendar(millis: i64) -> bool {
    (CALENDAR[0]..=CALENDAR[1]).contains(&millis)
}
