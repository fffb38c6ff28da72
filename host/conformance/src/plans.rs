//! Whether a plan says of each resource what `evaluate` says: a host that filters a million
//! records by a plan asks about none of them.

use super::inputs::shown;
use super::report::{Check, counted, grouped};
use super::session::{Asked, Session};
use super::{TENANT, show};
use permesso_engine::family::{
    Answer, Family as _, FaultKind, Input, PlanQuestion, Question, planned,
};
use permesso_engine::model::InputPath;
use permesso_runtime::WasmFamily;
use std::collections::BTreeSet;

/// Resources of other questions that each plan is tried on.
const OTHERS: usize = 3;
/// Texts that are many for a plan: a host takes conditions of some hundred steps.
const LONG: usize = 100;

/// What is planned for a resource is what is answered to it.
pub(super) fn agree(session: &Session<'_>) -> Check {
    let mut check = Check::new("plan");
    let inputs = &session.manifest().inputs;
    let open: Vec<usize> = inputs
        .iter()
        .enumerate()
        .filter(|(_, spec)| {
            matches!(spec.path, InputPath::ResourceId | InputPath::ResourceAttribute(_))
        })
        .map(|(at, _)| at)
        .collect();
    let mut dice = session.dice(1_000);
    let (mut plans, mut resources) = (0_usize, 0_usize);
    let mut too_large = None;
    for asked in &session.asked {
        if check.is_clear() {
            break;
        }
        let question = closed(&asked.question, &open);
        let cases = match session.fresh.plan(TENANT, &question) {
            Ok(Some(cases)) => cases,
            Ok(None) => continue,
            Err(fault) if fault.kind == FaultKind::BadResult && is_long(&asked.question) => {
                too_large.get_or_insert((asked, fault));
                continue;
            }
            Err(fault) => {
                check.fail(
                    format!("`plan` fails: {fault}; answer with none where there is no plan"),
                    shown(session, "a plan for the resources of this question", asked),
                );
                continue;
            }
        };
        plans += 1;
        resources += 1;
        compare(session, &mut check, asked, planned(&cases, &asked.question.inputs));
        for _ in 0..OTHERS {
            let Some(other) = dice.pick(&session.asked) else { break };
            let Some(asked) = about(&session.fresh, asked, other, &open) else { continue };
            resources += 1;
            compare(session, &mut check, &asked, planned(&cases, &asked.question.inputs));
        }
    }
    if let Some((asked, fault)) = too_large {
        check.warn(
            format!(
                "`plan` fails where lists are long: {fault}; answer with none instead of a plan \
                 that grows with them"
            ),
            shown(session, "a plan for long lists", asked),
        );
    }
    check.figure("plans", plans);
    check.figure("resources", resources);
    let asked = counted(session.asked.len(), "question", "questions");
    match plans {
        0 => check.summed("it plans nothing; hosts ask about each resource"),
        plans => check.summed(format!(
            "for {} of {asked} there is one, compared on {}",
            grouped(plans),
            counted(resources, "resource", "resources")
        )),
    }
}

/// Whether a list is longer than any condition of a plan may be.
fn is_long(question: &Question<'_>) -> bool {
    let long = |length: usize| length > LONG;
    question.inputs.iter().flatten().any(|input| match input {
        Input::Texts(texts) => long(texts.len()),
        Input::Table(rows) => {
            long(rows.len() + rows.iter().map(|(_, texts)| texts.len()).sum::<usize>())
        }
        _ => false,
    })
}

/// The question about all resources.
fn closed<'q>(question: &Question<'q>, open: &[usize]) -> PlanQuestion<'q> {
    let mut question = question.clone();
    for at in open {
        if let Some(slot) = question.inputs.get_mut(*at) {
            *slot = None;
        }
    }
    let open = open.iter().filter_map(|at| u32::try_from(*at).ok()).collect();
    PlanQuestion { question, open }
}

/// The question about the resource of another one, answered.
fn about(family: &WasmFamily, asked: &Asked, other: &Asked, open: &[usize]) -> Option<Asked> {
    let mut question = asked.question.clone();
    for at in open {
        let of = other.question.inputs.get(*at)?;
        *question.inputs.get_mut(*at)? = of.clone();
    }
    let answer = family.evaluate(TENANT, &question).ok()?;
    Some(Asked { question, answer, ..asked.clone() })
}

fn compare(session: &Session<'_>, check: &mut Check, asked: &Asked, planned: &Answer) {
    let set = |answer: &Answer| answer.obligations.iter().copied().collect::<BTreeSet<_>>();
    if planned.effect == asked.answer.effect && set(planned) == set(&asked.answer) {
        return;
    }
    if !check.is_clear() {
        let message = format!(
            "the plan gives {} to a resource to which `evaluate` answers otherwise",
            show::answer(session.manifest(), planned)
        );
        check.fail(message, shown(session, "planned as it is answered", asked));
    }
}
