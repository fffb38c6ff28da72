//! What a family costs, beside the least that any family costs.
//!
//! Figures of one machine say little about another. So a family that does nothing is measured in
//! the same run by the same loop, and what travels is the ratio.

mod floor;

use super::dice::Dice;
use super::generate::Pool;
use super::report::{counted, size, time};
use super::table::Row;
use super::{Options, TENANT};
use permesso_engine::family::{Family as _, Manifest, Question};
use permesso_runtime::{
    Cache, Component, FamilyConfig, InstanceMode, LoadError, Runtime, RuntimeError, WasmFamily,
};
use serde::Serialize;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Questions of a batch.
const BATCH: usize = 100;
/// Questions that are put together where there is no table.
const GENERATED: u32 = 100;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A number is out of range, or the machine cannot run WebAssembly.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The host refuses the component.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// No folder for compiled code.
    #[error("cannot keep compiled code in a folder for temporary files: {0}")]
    Folder(String),
    /// The family that does nothing cannot be made, which is a fault of this program.
    #[error("cannot make the family to compare with: {0}")]
    Floor(String),
    /// Every question ended in a fault.
    #[error("the family answers none of the questions; run `permesso family test` first")]
    Unanswered,
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct BenchReport {
    /// The family's id.
    pub family: String,
    /// Its version.
    pub version: String,
    /// Bytes of the component.
    pub bytes: usize,
    /// How many questions were asked in turn.
    pub questions: usize,
    /// Whether they are those of tables, or were put together.
    pub from_tables: bool,
    /// Each figure.
    pub lines: Vec<Line>,
}

/// One figure of the family and of one that does nothing.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// What.
    pub what: &'static str,
    /// Of the family.
    pub family: Sample,
    /// Of the one that does nothing.
    pub floor: Sample,
    /// How many times as long the family takes, by the medians.
    pub ratio: f64,
}

/// The spread of a figure.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sample {
    /// How often it was measured.
    pub count: usize,
    /// The median, in nanoseconds.
    pub p50_ns: f64,
    /// What one of a hundred exceeds, in nanoseconds.
    pub p99_ns: f64,
}

/// A family, loaded to be measured.
#[derive(Debug)]
pub struct Bencher<'b> {
    runtime: Runtime,
    cache: Cache,
    _folder: tempfile::TempDir,
    component: &'b Component,
    name: &'b str,
    family: Arc<WasmFamily>,
    seed: u64,
}

impl<'b> Bencher<'b> {
    /// Loads a component; `name` stands for it in errors.
    ///
    /// # Errors
    ///
    /// [`BenchError`] where it is refused, or where this machine cannot measure.
    pub fn load(
        component: &'b Component,
        name: &'b str,
        options: &Options,
    ) -> Result<Self, BenchError> {
        let runtime = Runtime::new(options.config())?;
        let unusable = |error: &dyn fmt::Display| BenchError::Folder(error.to_string());
        let folder = tempfile::tempdir().map_err(|error| unusable(&error))?;
        let cache = Cache::open(folder.path()).map_err(|error| unusable(&error))?;
        let family = runtime.load_with(component, name, &FamilyConfig::default(), Some(&cache))?;
        let seed = options.seed;
        Ok(Self { runtime, cache, _folder: folder, component, name, family, seed })
    }

    /// What the family says of itself, which tables are read by.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.family.manifest()
    }

    /// Measures, on the questions of these rows or, without any, on questions put together.
    ///
    /// # Errors
    ///
    /// [`BenchError`] where it answers no question.
    pub fn run(&self, rows: &[Row]) -> Result<BenchReport, BenchError> {
        let manifest = self.manifest();
        let mut questions: Vec<_> = rows.iter().map(|row| row.question.clone()).collect();
        if questions.is_empty() {
            let (pool, mut dice) = (Pool::new(manifest, rows), Dice::new(self.seed));
            questions = (0..GENERATED).map(|_| pool.question(&mut dice, manifest)).collect();
        }
        questions.retain(|question| self.family.evaluate(TENANT, question).is_ok());
        if questions.is_empty() {
            return Err(BenchError::Unanswered);
        }
        let floor = Component::new(floor::component().map_err(BenchError::Floor)?);
        let nothing = [Question { permission: 0, kind: None, inputs: Vec::new() }];
        let of_floor = self.measure(&floor, "floor", &nothing)?;
        let of_family = self.measure(self.component, self.name, &questions)?;
        let lines = of_family
            .into_iter()
            .zip(of_floor)
            .map(|((what, family), (_, floor))| {
                let ratio = family.p50_ns / floor.p50_ns.max(1.0);
                Line { what, family, floor, ratio }
            })
            .collect();
        Ok(BenchReport {
            family: manifest.id.clone(),
            version: manifest.version.clone(),
            bytes: self.component.bytes().len(),
            questions: questions.len(),
            from_tables: !rows.is_empty(),
            lines,
        })
    }

    fn measure(
        &self,
        component: &Component,
        name: &str,
        questions: &[Question<'_>],
    ) -> Result<Vec<(&'static str, Sample)>, BenchError> {
        let settings = FamilyConfig::default();
        let load = |cache| self.runtime.load_with(component, name, &settings, cache);
        let compile = Sample::of(5, Duration::from_secs(2), 1, |_| drop(load(None)));
        let family = load(Some(&self.cache))?;
        let reload = Sample::of(20, Duration::from_secs(1), 1, |_| drop(load(Some(&self.cache))));

        let mut firsts = Vec::new();
        for question in questions.iter().cycle().take(20) {
            let family = load(Some(&self.cache))?;
            let start = Instant::now();
            let _ = family.evaluate(TENANT, question);
            firsts.push(start.elapsed());
        }
        let first = Sample::from(firsts, 1);

        let second = Duration::from_millis(700);
        let reused = family.with_mode(InstanceMode::Reuse { max_calls: NonZeroU32::MAX });
        let one = |family: &WasmFamily, at: usize| {
            if let Some(question) = questions.get(at % questions.len()) {
                let _ = family.evaluate(TENANT, question);
            }
        };
        let fresh = Sample::of(20_000, second, 1, |at| one(&family, at));
        one(&reused, 0);
        let kept = Sample::of(50_000, second, 1, |at| one(&reused, at));
        let batch: Vec<_> = questions.iter().cloned().cycle().take(BATCH).collect();
        let batches = Sample::of(1_000, second, BATCH, |_| {
            let _ = reused.evaluate_batch(TENANT, &batch);
        });
        Ok(vec![
            ("compiled anew", compile),
            ("compiled before", reload),
            ("first call", first),
            ("fresh instance", fresh),
            ("reused instance", kept),
            ("of a batch of 100", batches),
        ])
    }
}

impl Sample {
    /// Makes so many calls, or as many as there is time for, of so many items each.
    fn of(most: usize, budget: Duration, items: usize, mut call: impl FnMut(usize)) -> Self {
        let begin = Instant::now();
        let mut times = Vec::new();
        while times.len() < most && (times.is_empty() || begin.elapsed() < budget) {
            let start = Instant::now();
            call(times.len());
            times.push(start.elapsed());
        }
        Self::from(times, items)
    }

    fn from(mut times: Vec<Duration>, items: usize) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let index = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            let time = times.get(index).copied().unwrap_or_default();
            #[expect(clippy::cast_precision_loss, reason = "a hundred at most")]
            let items = items as f64;
            time.as_secs_f64() * 1e9 / items
        };
        Self { count: times.len(), p50_ns: at(50), p99_ns: at(99) }
    }
}

impl fmt::Display for BenchReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = if self.from_tables { "of its tables" } else { "put together" };
        writeln!(
            f,
            "{} {} ({}), on {} {source}; the floor is a family that does nothing\n",
            self.family,
            self.version,
            size(self.bytes),
            counted(self.questions, "question", "questions"),
        )?;
        writeln!(
            f,
            "{:<18} {:>9} {:>9}   {:>9} {:>9}   {:>7}",
            "", "p50", "p99", "floor p50", "p99", "ratio"
        )?;
        for Line { what, family, floor, ratio } in &self.lines {
            let [a, b, c, d] = [family.p50_ns, family.p99_ns, floor.p50_ns, floor.p99_ns]
                .map(|nanos| time(Duration::from_secs_f64(nanos / 1e9)));
            writeln!(f, "{what:<18} {a:>9} {b:>9}   {c:>9} {d:>9}   {ratio:>6.1}×")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_a_sample_is_that_of_one_item() {
        let sample = Sample::from((1..=200).map(Duration::from_micros).collect(), 10);
        assert_eq!((sample.count, sample.p50_ns, sample.p99_ns), (200, 10_100.0, 19_900.0));
    }

    #[test]
    fn the_family_that_does_nothing_is_one() {
        let component = Component::new(floor::component().unwrap());
        let options = Options { seed: 1, ..Options::default() };
        let bencher = Bencher::load(&component, "floor", &options).unwrap();
        let bench = bencher.run(&[]).unwrap();
        assert_eq!((bench.lines.len(), bench.questions), (6, 100));
        assert!(bench.to_string().contains("reused instance"), "{bench}");
    }
}
