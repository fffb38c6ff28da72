//! Whether an answer fits the manifest.
//!
//! A family is asked by index and answers by index, so a mistake in it would name a wrong
//! reason rather than none; and a lifted grant that was never declared would be an allow that
//! nobody accepted. What does not fit is a fault.

use super::config::RuntimeConfig;
use permesso_engine::family::{Answer, Effect, Fault, FaultKind, Manifest, Question};

/// What answers of one family have to fit.
#[derive(Debug)]
pub(super) struct AnswerCheck {
    reasons: usize,
    requires: usize,
    obligations: usize,
    /// For each permission of the manifest, whether it is listed under `floors`.
    floors: Vec<bool>,
    max_obligations: usize,
    max_note: usize,
}

impl AnswerCheck {
    pub(super) fn new(manifest: &Manifest, config: &RuntimeConfig) -> Self {
        Self {
            reasons: manifest.reasons.len(),
            requires: manifest.requires.len(),
            obligations: manifest.obligations.len(),
            floors: manifest
                .permissions
                .iter()
                .map(|permission| manifest.floors.contains(permission))
                .collect(),
            max_obligations: config.obligations,
            max_note: config.note,
        }
    }

    /// The answer, if it fits.
    ///
    /// # Errors
    ///
    /// [`FaultKind::BadResult`] with what does not.
    pub(super) fn check(&self, question: &Question<'_>, answer: Answer) -> Result<Answer, Fault> {
        match answer.effect {
            Effect::Abstain => {}
            Effect::Forbid(reason) => in_range("reason", reason, self.reasons)?,
            Effect::Require(permission) => {
                in_range("required permission", permission, self.requires)?;
            }
            Effect::Floor(reason) => {
                in_range("reason", reason, self.reasons)?;
                let permission = usize::try_from(question.permission).ok();
                let declared = permission.and_then(|index| self.floors.get(index).copied());
                if declared != Some(true) {
                    return bad_result("a floor for a permission that the manifest lists none for");
                }
            }
        }
        if answer.obligations.len() > self.max_obligations {
            return bad_result(format!(
                "{} obligations, at most {} are allowed",
                answer.obligations.len(),
                self.max_obligations
            ));
        }
        for &obligation in &answer.obligations {
            in_range("obligation", obligation, self.obligations)?;
        }
        match &answer.note {
            Some(note) if note.len() > self.max_note => bad_result(format!(
                "a note of {} bytes, at most {} are allowed",
                note.len(),
                self.max_note
            )),
            _ => Ok(answer),
        }
    }
}

fn in_range(what: &str, index: u32, count: usize) -> Result<(), Fault> {
    if usize::try_from(index).is_ok_and(|index| index < count) {
        return Ok(());
    }
    bad_result(format!("{what} {index}, the manifest has {count}"))
}

fn bad_result<T>(detail: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, Fault> {
    Err(Fault::new(FaultKind::BadResult, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_engine::family::{ObligationSpec, ReasonSpec};

    fn manifest() -> Manifest {
        let text = str::to_owned;
        Manifest {
            id: text("demo"),
            version: text("1.0.0"),
            title: String::new(),
            permissions: vec![text("read"), text("write")],
            kinds: Vec::new(),
            inputs: Vec::new(),
            reasons: vec![ReasonSpec { code: text("closed"), text: text("It is closed.") }],
            obligations: vec![ObligationSpec { code: text("redact"), values: Vec::new() }],
            requires: vec![text("read")],
            floors: vec![text("write")],
            config_schema: String::new(),
        }
    }

    fn check(permission: u32, answer: Answer) -> Result<(), String> {
        let question = Question { permission, kind: None, inputs: Vec::new() };
        AnswerCheck::new(&manifest(), &RuntimeConfig::default())
            .check(&question, answer)
            .map(drop)
            .map_err(|fault| fault.to_string())
    }

    fn effect(effect: Effect) -> Answer {
        Answer { effect, ..Answer::ABSTAIN }
    }

    #[test]
    fn an_answer_that_fits_passes() {
        assert_eq!(check(0, Answer::ABSTAIN), Ok(()));
        assert_eq!(check(0, effect(Effect::Forbid(0))), Ok(()));
        assert_eq!(check(0, effect(Effect::Require(0))), Ok(()));
        assert_eq!(check(1, effect(Effect::Floor(0))), Ok(()));
        assert_eq!(check(0, Answer { obligations: vec![0; 64], ..Answer::ABSTAIN }), Ok(()));
    }

    #[test]
    fn an_index_out_of_range_is_a_bad_result() {
        for answer in [
            effect(Effect::Forbid(1)),
            effect(Effect::Require(1)),
            effect(Effect::Floor(u32::MAX)),
            Answer { obligations: vec![0, 1], ..Answer::ABSTAIN },
        ] {
            let text = check(1, answer).unwrap_err();
            assert!(text.starts_with("bad-result: "), "{text}");
            assert!(text.ends_with("the manifest has 1"), "{text}");
        }
    }

    #[test]
    fn a_floor_that_is_not_declared_is_a_bad_result() {
        assert_eq!(
            check(0, effect(Effect::Floor(0))).unwrap_err(),
            "bad-result: a floor for a permission that the manifest lists none for"
        );
    }

    #[test]
    fn an_answer_that_is_too_large_is_a_bad_result() {
        let note = Some("x".repeat(1025));
        assert!(check(0, Answer { note, ..Answer::ABSTAIN }).is_err());
        assert!(check(0, Answer { obligations: vec![0; 65], ..Answer::ABSTAIN }).is_err());
    }
}
