//! Families that answer by chance, but the same question always in the same way.
//!
//! The answer is a function of the question's text and a seed, so the engine and the naive
//! evaluator can ask the same family as often as they like. One that reads the clock changes its
//! answer at its own edges only and may say so.

use crate::random::mix;
use permesso_engine::family::{
    Answer, Effect, Family, Fault, FaultKind, Input, InputKind, InputSpec, Manifest,
    ObligationSpec, Question, ReasonSpec,
};
use permesso_engine::model::InputPath;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A family as a case describes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Chance {
    /// What its answers depend on besides the question.
    pub seed: u64,
    /// The permissions that it can be asked about.
    pub permissions: Vec<String>,
    /// The kinds that it tells apart.
    pub kinds: Vec<String>,
    /// What it reads, as path and kind.
    pub inputs: Vec<(String, String)>,
    /// The codes of its reasons.
    pub reasons: Vec<String>,
    /// The codes of its obligations.
    pub obligations: Vec<String>,
    /// What it can demand.
    pub requires: Vec<String>,
    /// What it can lift.
    pub floors: Vec<String>,
    /// When its answers can change though no input but the clock does.
    pub edges: Vec<i64>,
}

#[derive(Debug)]
struct Installed {
    chance: Chance,
    manifest: Manifest,
}

impl Chance {
    /// The family under an id.
    ///
    /// # Errors
    ///
    /// The path or kind of an input that is none.
    pub fn install(self, id: &str) -> Result<Arc<dyn Family>, String> {
        let mut inputs = Vec::new();
        for (path, kind) in &self.inputs {
            let path = path.parse().map_err(|error| format!("{error}"))?;
            inputs.push(InputSpec { path, kind: kind_of(kind)? });
        }
        let manifest = Manifest {
            id: id.to_owned(),
            version: "1.0.0".to_owned(),
            title: "By chance".to_owned(),
            permissions: self.permissions.clone(),
            kinds: self.kinds.clone(),
            inputs,
            reasons: self
                .reasons
                .iter()
                .map(|code| ReasonSpec { code: code.clone(), text: format!("It is {code}.") })
                .collect(),
            obligations: self
                .obligations
                .iter()
                .map(|code| ObligationSpec { code: code.clone(), values: vec![code.clone()] })
                .collect(),
            requires: self.requires.clone(),
            floors: self.floors.clone(),
            config_schema: String::new(),
        };
        Ok(Arc::new(Installed { chance: self, manifest }))
    }
}

fn kind_of(name: &str) -> Result<InputKind, String> {
    Ok(match name {
        "boolean" => InputKind::Boolean,
        "integer" => InputKind::Integer,
        "decimal" => InputKind::Decimal,
        "text" => InputKind::Text,
        "texts" => InputKind::Texts,
        "table" => InputKind::Table,
        "instant" => InputKind::Instant,
        "any" => InputKind::Any,
        _ => return Err(format!("`{name}` is no kind of input")),
    })
}

impl Family for Installed {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn digest(&self) -> &str {
        "sha256:chance"
    }

    fn evaluate(&self, _: &str, question: &Question<'_>) -> Result<Answer, Fault> {
        let mut seen = question.clone();
        let mut clock = None;
        for (input, spec) in seen.inputs.iter_mut().zip(&self.manifest.inputs) {
            if spec.path == InputPath::Now
                && let Some(Input::Instant(now)) = input
            {
                clock = Some(*now);
                *now =
                    self.chance.edges.iter().copied().filter(|edge| edge <= now).max().unwrap_or(0);
            }
        }
        self.answer(question, &mut Dice(hash(self.chance.seed, &format!("{seen:?}"))), clock)
    }

    fn evaluate_batch(
        &self,
        tenant: &str,
        questions: &[Question<'_>],
    ) -> Vec<Result<Answer, Fault>> {
        questions.iter().map(|question| self.evaluate(tenant, question)).collect()
    }
}

impl Installed {
    fn answer(
        &self,
        question: &Question<'_>,
        dice: &mut Dice,
        clock: Option<i64>,
    ) -> Result<Answer, Fault> {
        const FAULTS: [FaultKind; 5] = [
            FaultKind::Timeout,
            FaultKind::Memory,
            FaultKind::Trap,
            FaultKind::Saturated,
            FaultKind::BadResult,
        ];
        let asked = usize::try_from(question.permission)
            .ok()
            .and_then(|index| self.manifest.permissions.get(index))
            .map_or("", String::as_str);
        let effect = match dice.roll(100) {
            0..34 => Effect::Abstain,
            34..52 => Effect::Forbid(dice.roll(count(&self.manifest.reasons))),
            52..70 => {
                let index = dice.roll(count(&self.manifest.requires));
                let required =
                    usize::try_from(index).ok().and_then(|n| self.manifest.requires.get(n));
                // Only in one direction, so that no two demand one another for ever.
                match required {
                    Some(required) if required.as_str() > asked => Effect::Require(index),
                    _ => Effect::Abstain,
                }
            }
            70..90 => match self.manifest.floors.iter().any(|floor| floor == asked) {
                true => Effect::Floor(dice.roll(count(&self.manifest.reasons))),
                false if dice.roll(6) == 0 => Effect::Floor(0),
                false => Effect::Abstain,
            },
            90..94 => {
                let kind = usize::try_from(dice.roll(5)).ok().and_then(|n| FAULTS.get(n).copied());
                return Err(Fault::new(kind.unwrap_or(FaultKind::Trap), "by chance"));
            }
            94 => Effect::Forbid(99),
            95 => Effect::Require(99),
            96 => Effect::Floor(99),
            _ => Effect::Abstain,
        };
        let mut obligations = Vec::new();
        for index in 0..count(&self.manifest.obligations) {
            if dice.roll(100) < 30 {
                obligations.push(index);
            }
        }
        if dice.roll(100) < 2 {
            obligations.push(99);
        }
        let next = clock
            .and_then(|now| self.chance.edges.iter().copied().filter(|edge| *edge > now).min());
        let until = match clock {
            Some(_) if dice.roll(100) < 70 => next,
            Some(_) => None,
            None if dice.roll(100) < 15 => self.chance.edges.first().copied(),
            None => None,
        };
        Ok(Answer { effect, obligations, until, note: None })
    }
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(0)
}

/// FNV-1a, for the same reason as the numbers of [`crate::random`].
fn hash(seed: u64, text: &str) -> u64 {
    text.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, end: u32) -> u32 {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        u32::try_from(self.0 % u64::from(end.max(1))).unwrap_or(0)
    }
}
