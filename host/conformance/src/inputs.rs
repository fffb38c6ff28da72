//! Whether what the manifest declares is there for something.
//!
//! An input that no answer depends on is a right that the family was given for nothing, and
//! splits the answers that a host keeps. A reason that is never given is a sentence that somebody
//! translates for nobody.

use super::report::Check;
use super::session::{Asked, Session, agree};
use super::{TENANT, show};
use permesso_engine::family::{Effect, Family as _, Input, Question};
use std::collections::BTreeSet;

/// Values that each question is tried with besides absent and null.
const TRIES: usize = 4;

/// Every input matters to some answer. Says for each whether it was seen to.
pub(super) fn used(session: &Session<'_>) -> (Check, Vec<bool>) {
    let mut check = Check::new("inputs");
    let manifest = session.manifest();
    let matters: Vec<_> = (0..manifest.inputs.len()).map(|at| matter(session, at)).collect();
    for (spec, _) in manifest.inputs.iter().zip(&matters).filter(|(_, matters)| !**matters) {
        check.fail(
            format!(
                "no answer depends on `{}`: take it out of the manifest, or add a table row that \
                 shows it",
                spec.path
            ),
            None,
        );
    }
    let seen = matters.iter().filter(|matters| **matters).count();
    check.figure("inputs", matters.len());
    check.figure("used", seen);
    let summary = format!("{seen} of {} in use", matters.len());
    (check.summed(summary), matters)
}

/// Whether some answer is another one when only that input is.
fn matter(session: &Session<'_>, at: usize) -> bool {
    let Some(spec) = session.manifest().inputs.get(at) else { return false };
    let reused = session.reused();
    let mut dice = session.dice(2 + u64::try_from(at).unwrap_or(0));
    let differs = |asked: &Asked| {
        let slots = session.pool.slots(&mut dice, at, spec.kind, TRIES);
        slots.into_iter().any(|slot| {
            let mut question = asked.question.clone();
            let Some(input) = question.inputs.get_mut(at) else { return false };
            if *input == slot {
                return false;
            }
            *input = slot;
            let other = |answer| !agree(&answer, &asked.answer);
            // An instance that was asked before is quicker; a fresh one is believed.
            reused.evaluate(TENANT, &question).is_ok_and(other)
                && session.fresh.evaluate(TENANT, &question).is_ok_and(other)
        })
    };
    session.asked.iter().any(differs)
}

/// Every reason, obligation, demand and floor is given sometimes.
pub(super) fn given(session: &Session<'_>) -> Check {
    let mut check = Check::new("given");
    let manifest = session.manifest();
    let (mut reasons, mut obligations) = (BTreeSet::new(), BTreeSet::new());
    let (mut requires, mut floors) = (BTreeSet::new(), BTreeSet::new());
    for Asked { question, answer, .. } in &session.asked {
        match answer.effect {
            Effect::Abstain => {}
            Effect::Forbid(reason) => _ = reasons.insert(reason),
            Effect::Require(permission) => _ = requires.insert(permission),
            Effect::Floor(reason) => {
                reasons.insert(reason);
                let permission = usize::try_from(question.permission).ok();
                floors.extend(permission.and_then(|at| manifest.permissions.get(at)));
            }
        }
        obligations.extend(answer.obligations.iter().copied());
    }
    let mut unseen = |what: &str, names: Vec<&str>| {
        for name in names {
            check.warn(
                format!(
                    "the {what} `{name}` was never given: take it out of the manifest, or add a \
                     table row that shows it"
                ),
                None,
            );
        }
    };
    let codes = manifest.reasons.iter().map(|reason| reason.code.as_str());
    unseen("reason", missing(codes, &reasons));
    let codes = manifest.obligations.iter().map(|duty| duty.code.as_str());
    unseen("obligation", missing(codes, &obligations));
    let names = manifest.requires.iter().map(String::as_str);
    unseen("required permission", missing(names, &requires));
    let names = manifest.floors.iter().filter(|name| !floors.contains(name));
    unseen("floor for", names.map(String::as_str).collect());
    let lists = [
        manifest.reasons.len(),
        manifest.obligations.len(),
        manifest.requires.len(),
        manifest.floors.len(),
    ];
    let declared = lists.iter().sum::<usize>();
    let seen = declared - check.findings.len().min(declared);
    check.summed(format!("{seen} of {declared} reasons, obligations, demands and floors"))
}

fn missing<'n>(names: impl Iterator<Item = &'n str>, seen: &BTreeSet<u32>) -> Vec<&'n str> {
    (0..).zip(names).filter(|(index, _)| !seen.contains(index)).map(|(_, name)| name).collect()
}

/// A question with another value of an input.
pub(super) fn with(asked: &Asked, at: usize, input: Input<'static>) -> Question<'static> {
    let mut question = asked.question.clone();
    if let Some(slot) = question.inputs.get_mut(at) {
        *slot = Some(input);
    }
    question
}

/// A question as a row, with its answer.
pub(super) fn shown(session: &Session<'_>, case: &str, asked: &Asked) -> Option<String> {
    Some(show::row(session.manifest(), case, &asked.question, Some(&asked.answer)))
}
