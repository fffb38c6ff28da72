//! Whether `until` is true: a host gives a kept answer until then without asking.

use super::inputs::{shown, with};
use super::report::{Check, counted, grouped};
use super::session::{Asked, Session};
use super::{TENANT, show};
use permesso_engine::family::{Family as _, Input, InputKind};
use permesso_engine::model::InputPath;

/// The last instant of the year 9999: no host's clock is past it.
const LAST: i64 = 253_402_300_799_999;

/// An answer's end lies ahead, and until then the answer stays what it is.
pub(super) fn until(session: &Session<'_>, matters: &[bool]) -> Check {
    let mut check = Check::new("until");
    let inputs = &session.manifest().inputs;
    let now = inputs
        .iter()
        .position(|spec| spec.path == InputPath::Now && spec.kind == InputKind::Instant);
    let ending: Vec<_> =
        session.asked.iter().filter(|asked| asked.answer.until.is_some()).collect();
    check.figure("answers", ending.len());
    let Some(at) = now else {
        if let Some(asked) = ending.first() {
            check.warn(
                "an answer has an end and `now` is no input: leave `until` out, or declare `now`",
                shown(session, "no end", asked),
            );
        }
        return check.summed("`now` is no input");
    };
    let mut held = 0;
    for asked in &ending {
        if check.is_clear() {
            break;
        }
        let now = match asked.question.inputs.get(at) {
            Some(Some(Input::Instant(now))) if (0..=LAST).contains(now) => *now,
            _ => continue,
        };
        held += 1;
        hold(session, &mut check, asked, at, now);
    }
    if ending.is_empty() && matters.get(at) == Some(&true) {
        check.warn(
            "answers depend on `now` and none says until when it holds, so that no host keeps \
             one: give `until`, the next instant at which the answer could change",
            None,
        );
    }
    check.figure("followed", held);
    let ends = counted(ending.len(), "answer has an end", "answers have an end");
    check.summed(format!("{ends}, {} were followed to it", grouped(held)))
}

fn hold(session: &Session<'_>, check: &mut Check, asked: &Asked, at: usize, now: i64) {
    let Some(until) = asked.answer.until else { return };
    if until <= now {
        check.fail(
            "the answer ends at or before `now`: give the next instant at which it could change",
            shown(session, "an end ahead", asked),
        );
        return;
    }
    let last = until.saturating_sub(1).min(LAST);
    let middle = now.saturating_add(last.saturating_sub(now) / 2);
    for later in [last, middle] {
        if later <= now {
            continue;
        }
        let question = with(asked, at, Input::Instant(later));
        let result = session.fresh.evaluate(TENANT, &question);
        let same = result.as_ref().is_ok_and(|answer| {
            answer.effect == asked.answer.effect && answer.obligations == asked.answer.obligations
        });
        if !same {
            let manifest = session.manifest();
            let later = show::row(manifest, "before the end", &question, result.as_ref().ok());
            check.fail(
                format!(
                    "the answer changes before it ends: it is {} later on, to\n{later}",
                    show::outcome(manifest, &result)
                ),
                shown(session, "an end that holds", asked),
            );
            return;
        }
    }
}
