//! Whether the answers are the right ones, there at all, and the same however they are asked for.

use super::report::{Check, counted, grouped};
use super::session::{Asked, Session, agree};
use super::table::Expected;
use super::{TENANT, show};
use permesso_engine::family::{Answer, Effect, Family as _, Fault, FaultKind, Input, Question};
use permesso_runtime::WasmFamily;
use std::collections::BTreeMap;

/// Bytes of texts of one batch.
const BATCH_BYTES: usize = 64 << 10;
/// Faults that are told.
const TOLD: usize = 3;

/// Every row of the tables is answered as it says.
pub(super) fn tables(session: &Session<'_>) -> Check {
    let mut check = Check::new("tables");
    let manifest = session.manifest();
    let mut passed = 0;
    for (row, result) in session.rows.iter().zip(&session.row_answers) {
        if result.as_ref().is_ok_and(|answer| row.expected.is(answer)) {
            passed += 1;
            continue;
        }
        check.fail(
            format!(
                "{}:{}: {}\nanswered {}\nwanted   {}",
                row.file,
                row.line,
                row.case,
                show::outcome(manifest, result),
                show::answer(manifest, &wanted(&row.expected))
            ),
            None,
        );
    }
    let unasked = session.rows.len() - session.row_answers.len();
    if unasked > 0 {
        let rows = counted(unasked, "row was", "rows were");
        check.fail(format!("{rows} not asked after so many faults"), None);
    }
    if session.rows.is_empty() {
        check.warn(
            "there is no table: write one, so that the rules can be read and the questions that \
             are put together are made of words that the rules know",
            None,
        );
    }
    check.figure("rows", session.rows.len());
    check.figure("passed", passed);
    check.summed(format!("{passed} of {} pass", counted(session.rows.len(), "row", "rows")))
}

fn wanted(expected: &Expected) -> Answer {
    Answer {
        effect: expected.effect,
        obligations: expected.obligations.iter().copied().collect(),
        until: expected.until.flatten(),
        note: None,
    }
}

/// No question makes it fail, and every answer fits the manifest.
pub(super) fn total(session: &Session<'_>) -> Check {
    let mut check = Check::new("total");
    let mut told: Vec<String> = Vec::new();
    for (question, fault) in session.faults.iter().take(TOLD) {
        let least = show::shrunk(question, |question| {
            let again = session.fresh.evaluate(TENANT, question);
            again.is_err_and(|again| again.kind == fault.kind)
        });
        let row = show::row(session.manifest(), advice(fault), &least, None);
        if !told.contains(&row) {
            told.push(row.clone());
            check.fail(fault.to_string(), Some(row));
        }
    }
    let (answered, faults) = (session.asked.len(), session.faults.len());
    check.figure("answered", answered);
    check.figure("faults", faults);
    let after = if faults > told.len() { ", then no more was asked" } else { "" };
    match faults {
        0 => check.summed(format!("{} answered", counted(answered, "question", "questions"))),
        faults => check.summed(format!(
            "{} after {}{after}",
            counted(faults, "fault", "faults"),
            counted(answered, "answer", "answers")
        )),
    }
}

/// What a row that shows a fault is about, until somebody says it better.
fn advice(fault: &Fault) -> &'static str {
    match fault.kind {
        FaultKind::Trap => "it traps; correct the answer",
        FaultKind::Timeout => "it takes too long; correct the answer",
        FaultKind::Memory => "it takes too much memory; correct the answer",
        FaultKind::BadResult => "its answer does not fit the manifest; correct the answer",
        _ => "it fails; correct the answer",
    }
}

/// The same question gets the same answer: in a fresh instance and in one that was asked before,
/// alone and in a batch, once and again.
pub(super) fn same(session: &Session<'_>) -> Check {
    let mut comparison = Comparison { session, check: Check::new("same"), compared: 0 };
    let reused = session.reused();
    let mut dice = session.dice(1);
    let mut order: Vec<&Asked> = session.asked.iter().collect();

    comparison.one_by_one(&session.fresh, &order, "again, in a fresh instance");
    for asked in &order {
        let way = "twice in a row, in an instance that was asked before";
        comparison.one_by_one(&reused, &[asked, asked], way);
    }
    dice.shuffle(&mut order);
    comparison.one_by_one(
        &reused,
        &order,
        "in another order, in an instance that was asked before",
    );
    for (family, way) in [
        (&session.fresh, "in a batch, in a fresh instance"),
        (&reused, "in a batch, in an instance that was asked before"),
    ] {
        dice.shuffle(&mut order);
        let mut left = order.as_slice();
        while !left.is_empty() && !comparison.check.is_clear() {
            let (batch, rest) = left.split_at(batch_of(left, 1 + dice.roll(40)));
            comparison.batch(family, batch, way);
            left = rest;
        }
    }
    let Comparison { mut check, compared, .. } = comparison;
    check.figure("comparisons", compared);
    check.summed(format!(
        "fresh and reused, alone and in batches: {}",
        counted(compared, "comparison", "comparisons")
    ))
}

/// How many questions make a batch: so many, or fewer large ones.
fn batch_of(left: &[&Asked], most: usize) -> usize {
    let mut bytes = 0;
    let fits = left.iter().take(most).take_while(|asked| {
        bytes += weight(&asked.question);
        bytes <= BATCH_BYTES
    });
    fits.count().max(1)
}

fn weight(question: &Question<'_>) -> usize {
    let of = |input: &Input<'_>| match input {
        Input::Text(text) => text.len(),
        Input::Texts(texts) => texts.iter().map(|text| text.len() + 8).sum(),
        Input::Table(rows) => rows
            .iter()
            .map(|(key, texts)| {
                key.len() + 16 + texts.iter().map(|text| text.len() + 8).sum::<usize>()
            })
            .sum(),
        _ => 16,
    };
    question.inputs.iter().flatten().map(of).sum()
}

struct Comparison<'s> {
    session: &'s Session<'s>,
    check: Check,
    compared: usize,
}

impl Comparison<'_> {
    fn one_by_one(&mut self, family: &WasmFamily, asked: &[&Asked], way: &str) {
        for asked in asked {
            if self.check.is_clear() {
                return;
            }
            let result = family.evaluate(TENANT, &asked.question);
            self.compare(asked, &result, way);
        }
    }

    fn batch(&mut self, family: &WasmFamily, asked: &[&Asked], way: &str) {
        let questions: Vec<_> = asked.iter().map(|asked| asked.question.clone()).collect();
        let results = family.evaluate_batch(TENANT, &questions);
        for (asked, result) in asked.iter().zip(&results) {
            if self.check.is_clear() {
                return;
            }
            self.compare(asked, result, way);
        }
    }

    fn compare(&mut self, asked: &Asked, result: &Result<Answer, Fault>, way: &str) {
        self.compared += 1;
        if result.as_ref().is_ok_and(|answer| agree(answer, &asked.answer)) {
            return;
        }
        let manifest = self.session.manifest();
        let message = format!(
            "asked {way}, it gives {} and not what it gives in a fresh instance",
            show::outcome(manifest, result)
        );
        let case = "the same answer however it is asked for";
        let row = show::row(manifest, case, &asked.question, Some(&asked.answer));
        self.check.fail(message, Some(row));
    }
}

/// Every denial has a reason, which the runtime enforces; here they are counted.
pub(super) fn reasons(session: &Session<'_>) -> Check {
    let mut check = Check::new("reasons");
    let manifest = session.manifest();
    let mut denials: BTreeMap<&str, usize> = BTreeMap::new();
    let mut denied = 0_usize;
    for asked in &session.asked {
        let Effect::Forbid(reason) = asked.answer.effect else { continue };
        denied += 1;
        let reason = usize::try_from(reason).ok().and_then(|at| manifest.reasons.get(at));
        match reason.filter(|reason| !reason.text.trim().is_empty()) {
            Some(reason) => *denials.entry(&reason.code).or_default() += 1,
            None if check.is_clear() => {}
            None => {
                let row = show::row(manifest, "denied", &asked.question, Some(&asked.answer));
                check.fail("a denial without a reason that has a text", Some(row));
            }
        }
    }
    let by_reason: Vec<_> =
        denials.iter().map(|(code, count)| format!("{code} {}", grouped(*count))).collect();
    check.figure("denials", denied);
    check.figure("by_reason", serde_json::json!(denials));
    let denied = counted(denied, "denial", "denials");
    match by_reason.is_empty() {
        true => check.summed(denied),
        false => check.summed(format!("{denied}: {}", by_reason.join(", "))),
    }
}
