//! The component's exports, written once for all families.

use crate::bindings::exports::permesso::family::family as wit;
use crate::{Answer, Family, Inputs, Name, Obligation, Plan, PlanQuestion, Question, Reason};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

/// The exports of a component that is the family `F`. Made by [`export!`](crate::export).
#[derive(Debug)]
pub struct Component<F>(PhantomData<F>);

impl<F: Family> wit::Guest for Component<F> {
    fn describe() -> wit::Manifest {
        wit::Manifest {
            id: F::ID.to_owned(),
            version: F::VERSION.to_owned(),
            title: F::TITLE.to_owned(),
            permissions: owned(F::Permission::NAMES),
            kinds: owned(F::Kind::NAMES),
            inputs: <F::Inputs<'_> as Inputs<'_>>::SPECS
                .iter()
                .map(|spec| wit::InputSpec { path: spec.path.to_owned(), kind: spec.kind.to_wit() })
                .collect(),
            reasons: F::Reason::SPECS
                .iter()
                .map(|spec| wit::ReasonSpec {
                    code: spec.code.to_owned(),
                    text: spec.text.to_owned(),
                })
                .collect(),
            obligations: F::Obligation::SPECS
                .iter()
                .map(|spec| wit::ObligationSpec {
                    code: spec.code.to_owned(),
                    values: owned(spec.values),
                })
                .collect(),
            requires: owned(F::Require::NAMES),
            floors: F::FLOORS.iter().map(|permission| permission.name().to_owned()).collect(),
            config_schema: F::CONFIG_SCHEMA.to_owned(),
        }
    }

    fn validate(config: String) -> Vec<wit::Diagnostic> {
        F::validate(&config)
            .into_iter()
            .map(|found| wit::Diagnostic { pointer: found.pointer, message: found.message })
            .collect()
    }

    fn evaluate(question: wit::Question) -> wit::Answer {
        answer::<F>(&question).into_wit()
    }

    fn evaluate_batch(questions: Vec<wit::Question>) -> Vec<wit::Answer> {
        questions.iter().map(|question| answer::<F>(question).into_wit()).collect()
    }

    fn plan(asked: wit::PlanQuestion) -> Option<Vec<wit::PlanCase>> {
        let wit::PlanQuestion { permission, kind, inputs, open } = asked;
        let question = wit::Question { permission, kind, inputs };
        F::plan(&PlanQuestion::new(Question::new(&question), &open)).and_then(Plan::into_wit)
    }
}

pub(crate) fn answer<F: Family>(question: &wit::Question) -> Answer<F> {
    F::evaluate(&Question::new(question))
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}
