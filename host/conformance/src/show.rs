//! Questions and answers as people read them, which is as rows of a table: what a check found
//! can be pasted into one and stays found.

use jiff::Timestamp;
use permesso_engine::family::{Answer, Effect, Fault, Input, Manifest, Question};
use permesso_engine::model::{Attributes, Value};
use std::time::{Duration, Instant};

/// The question with that answer as a row. One that got no answer is a row that abstains, for
/// whoever pastes it to correct.
pub(super) fn row(
    manifest: &Manifest,
    case: &str,
    question: &Question<'_>,
    answer: Option<&Answer>,
) -> String {
    let mut row = Attributes::new();
    row.push("case", Value::text(case.to_owned()));
    row.push("permission", named(question.permission, &manifest.permissions));
    if let Some(kind) = question.kind {
        row.push("kind", named(kind, &manifest.kinds));
    }
    let inputs = manifest.inputs.iter().zip(&question.inputs);
    let inputs: Attributes<'_> = inputs
        .filter_map(|(spec, input)| Some((spec.path.to_string(), value(input.as_ref()?))))
        .collect();
    row.push("inputs", Value::Map(inputs));
    push(&mut row, manifest, answer.unwrap_or(&Answer::ABSTAIN));
    serde_json::to_string(&row).unwrap_or_default()
}

/// An answer, as the end of a row says it.
pub(super) fn answer(manifest: &Manifest, answer: &Answer) -> String {
    let mut said = Attributes::new();
    push(&mut said, manifest, answer);
    serde_json::to_string(&said).unwrap_or_default()
}

/// An answer or why there was none.
pub(super) fn outcome(manifest: &Manifest, result: &Result<Answer, Fault>) -> String {
    match result {
        Ok(given) => answer(manifest, given),
        Err(fault) => format!("a fault ({fault})"),
    }
}

fn push(row: &mut Attributes<'_>, manifest: &Manifest, answer: &Answer) {
    let reason = |index: u32| {
        let reason = usize::try_from(index).ok().and_then(|at| manifest.reasons.get(at));
        Value::text(reason.map_or_else(|| index.to_string(), |reason| reason.code.clone()))
    };
    let (said, detail) = match answer.effect {
        Effect::Abstain => ("abstain", None),
        Effect::Forbid(index) => ("forbid", Some(("reason", reason(index)))),
        Effect::Floor(index) => ("floor", Some(("reason", reason(index)))),
        Effect::Require(index) => ("require", Some(("requires", named(index, &manifest.requires)))),
    };
    row.push("answer", Value::text(said));
    if let Some((field, value)) = detail {
        row.push(field, value);
    }
    if !answer.obligations.is_empty() {
        let code = |index: &u32| {
            let spec = usize::try_from(*index).ok().and_then(|at| manifest.obligations.get(at));
            Value::text(spec.map_or_else(|| index.to_string(), |spec| spec.code.clone()))
        };
        row.push("obligations", Value::List(answer.obligations.iter().map(code).collect()));
    }
    if let Some(until) = answer.until {
        row.push("until", instant(until));
    }
}

fn named(index: u32, names: &[String]) -> Value<'static> {
    let name = usize::try_from(index).ok().and_then(|at| names.get(at));
    Value::text(name.cloned().unwrap_or_else(|| index.to_string()))
}

fn instant(milliseconds: i64) -> Value<'static> {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(timestamp) => Value::text(timestamp.to_string()),
        Err(_) => Value::Int(milliseconds),
    }
}

fn value(input: &Input<'_>) -> Value<'static> {
    let text = |text: &std::borrow::Cow<'_, str>| Value::text(text.to_string());
    match input {
        Input::Null => Value::Null,
        Input::Boolean(value) => Value::Bool(*value),
        Input::Integer(value) => Value::Int(*value),
        Input::Decimal(value) => Value::Float(*value),
        Input::Text(value) => text(value),
        Input::Texts(texts) => Value::List(texts.iter().map(text).collect()),
        Input::Table(rows) => Value::Map(
            rows.iter()
                .map(|(key, texts)| {
                    (key.to_string(), Value::List(texts.iter().map(text).collect()))
                })
                .collect(),
        ),
        Input::Instant(value) => instant(*value),
    }
}

/// The same failure from a question with less in it, so that what matters shows. Gives up after
/// a second.
pub(super) fn shrunk(
    question: &Question<'static>,
    mut fails: impl FnMut(&Question<'static>) -> bool,
) -> Question<'static> {
    let start = Instant::now();
    let mut least = question.clone();
    for at in 0..least.inputs.len() {
        loop {
            let mut shrank = false;
            for smaller in smaller(least.inputs.get(at).and_then(Option::as_ref)) {
                if start.elapsed() > Duration::from_secs(1) {
                    return least;
                }
                let mut tried = least.clone();
                if let Some(slot) = tried.inputs.get_mut(at) {
                    *slot = smaller;
                }
                if fails(&tried) {
                    least = tried;
                    shrank = true;
                    break;
                }
            }
            if !shrank {
                break;
            }
        }
    }
    least
}

/// Less than that input.
fn smaller(input: Option<&Input<'static>>) -> Vec<Option<Input<'static>>> {
    let half = |length: usize| (length > 1).then_some(length / 2);
    let mut smaller = match input {
        None => return Vec::new(),
        Some(Input::Text(text)) => half(text.len())
            .map(|length| {
                let cut = text.get(..text.floor_char_boundary(length)).unwrap_or_default();
                vec![Some(Input::Text(cut.to_owned().into()))]
            })
            .unwrap_or_default(),
        Some(Input::Texts(texts)) => half(texts.len())
            .map(|length| halves(texts, length).map(|half| Some(Input::Texts(half))).to_vec())
            .unwrap_or_default(),
        Some(Input::Table(rows)) => half(rows.len())
            .map(|length| halves(rows, length).map(|half| Some(Input::Table(half))).to_vec())
            .unwrap_or_default(),
        Some(_) => Vec::new(),
    };
    smaller.insert(0, None);
    smaller
}

fn halves<T: Clone>(items: &[T], length: usize) -> [Vec<T>; 2] {
    [items.iter().take(length).cloned().collect(), items.iter().skip(length).cloned().collect()]
}

#[cfg(test)]
mod tests {
    use super::super::dice::Dice;
    use super::super::generate::Pool;
    use super::super::sample::manifest;
    use super::super::table::parse;
    use super::*;
    use std::path::Path;

    #[test]
    fn what_is_shown_can_be_pasted() {
        let manifest = manifest();
        let (pool, mut dice) = (Pool::new(&manifest, &[]), Dice::new(7));
        for number in 0..500 {
            let question = pool.question(&mut dice, &manifest);
            let effect = [Effect::Abstain, Effect::Forbid(0), Effect::Require(0), Effect::Floor(0)]
                [dice.roll(4)];
            let answer = Answer { effect, obligations: vec![0], until: Some(number), note: None };
            let text = row(&manifest, "c", &question, Some(&answer));
            let rows = parse(Path::new("t"), &text, &manifest).unwrap();
            assert_eq!(rows[0].question, question, "{text}");
            assert!(rows[0].expected.is(&answer), "{text}");
        }
    }

    #[test]
    fn what_does_not_matter_is_left_out() {
        let manifest = manifest();
        let mut inputs = vec![None; 6];
        inputs[0] = Some(Input::Text("x".repeat(4096).into()));
        inputs[1] = Some(Input::Texts((0..1000).map(|n| n.to_string().into()).collect()));
        inputs[2] = Some(Input::Boolean(true));
        let question = Question { permission: 0, kind: None, inputs };
        let least = shrunk(&question, |question| {
            matches!(&question.inputs[0], Some(Input::Text(text)) if text.len() > 20)
                && matches!(&question.inputs[1], Some(Input::Texts(texts)) if texts.contains(&"700".into()))
        });
        insta::assert_snapshot!(row(&manifest, "c", &least, None), @r#"{"case":"c","permission":"doc.view","inputs":{"subject.id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","resource.owner":["700"]},"answer":"abstain"}"#);
    }
}
