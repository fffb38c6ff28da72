//! One run: the questions, what was answered to each in an instance of its own, and where to ask
//! more. Every check holds other ways of asking against these answers.

use super::dice::Dice;
use super::generate::Pool;
use super::table::Row;
use super::{Options, TENANT};
use permesso_engine::family::{Answer, Family as _, Fault, Manifest, Question};
use permesso_runtime::{InstanceMode, WasmFamily};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Faults after which no more is asked: each may cost a whole deadline.
const ENOUGH: usize = 8;

/// A question that was answered.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) question: Question<'static>,
    pub(super) answer: Answer,
    /// What the call took.
    pub(super) wall: Duration,
    /// Whether a table asks it.
    pub(super) is_row: bool,
}

/// The questions of a run with their answers.
#[derive(Debug)]
pub(super) struct Session<'r> {
    /// Asks each question in an instance of its own.
    pub(super) fresh: Arc<WasmFamily>,
    pub(super) rows: &'r [Row],
    /// What was answered to each row, as far as they were asked.
    pub(super) row_answers: Vec<Result<Answer, Fault>>,
    pub(super) pool: Pool,
    /// What was answered, rows first.
    pub(super) asked: Vec<Asked>,
    pub(super) faults: Vec<(Question<'static>, Fault)>,
    pub(super) cost: Cost,
    pub(super) options: &'r Options,
}

/// What asking took, each question in an instance of its own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) calls: u64,
    pub(super) fuel: u64,
    pub(super) fuel_peak: u64,
    pub(super) memory_first: u64,
    pub(super) memory_peak: u64,
}

impl<'r> Session<'r> {
    /// Puts the questions together and asks them.
    pub(super) fn new(family: &WasmFamily, rows: &'r [Row], options: &'r Options) -> Self {
        let mut session = Self {
            fresh: family.with_mode(InstanceMode::PerRequest),
            rows,
            row_answers: Vec::new(),
            pool: Pool::new(family.manifest(), rows),
            asked: Vec::new(),
            faults: Vec::new(),
            cost: Cost::default(),
            options,
        };
        for row in rows {
            if session.faults.len() >= ENOUGH {
                break;
            }
            let answer = session.ask(row.question.clone(), true);
            session.row_answers.push(answer);
        }
        let mut dice = session.dice(0);
        for _ in 0..options.rounds() {
            if session.faults.len() >= ENOUGH {
                break;
            }
            let question = session.pool.question(&mut dice, family.manifest());
            let _ = session.ask(question, false);
        }
        let stats = session.fresh.stats();
        session.cost = Cost {
            calls: stats.created.get(),
            fuel: stats.fuel.get(),
            fuel_peak: stats.fuel_peak.get(),
            memory_peak: stats.memory_peak.get(),
            ..session.cost
        };
        // What is asked from here on is not counted with it.
        session.fresh = family.with_mode(InstanceMode::PerRequest);
        session
    }

    fn ask(&mut self, question: Question<'static>, is_row: bool) -> Result<Answer, Fault> {
        let start = Instant::now();
        let result = self.fresh.evaluate(TENANT, &question);
        let wall = start.elapsed();
        if self.cost.memory_first == 0 {
            self.cost.memory_first = self.fresh.stats().memory_peak.get();
        }
        match &result {
            Ok(answer) => self.asked.push(Asked { question, answer: answer.clone(), wall, is_row }),
            Err(fault) => self.faults.push((question, fault.clone())),
        }
        result
    }

    pub(super) fn manifest(&self) -> &Manifest {
        self.fresh.manifest()
    }

    /// The family with one instance that is asked again and again.
    pub(super) fn reused(&self) -> Arc<WasmFamily> {
        self.fresh.with_mode(InstanceMode::Reuse { max_calls: NonZeroU32::MAX })
    }

    /// Chance of its own for each check, so that none depends on the others.
    pub(super) fn dice(&self, check: u64) -> Dice {
        Dice::new(self.options.seed ^ check.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }
}

/// Whether two answers say the same. What they remark does not count.
pub(super) fn agree(one: &Answer, other: &Answer) -> bool {
    one.effect == other.effect && one.obligations == other.obligations && one.until == other.until
}
