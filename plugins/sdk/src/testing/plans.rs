//! Plans, held against what the family answers to each resource.

use super::{Ask, specs, sweep};
use crate::bindings::exports::permesso::family::family as wit;
use crate::{Family, Name};

impl<F: Family> Ask<F> {
    /// What the family plans, and how it answers this very resource by its plan: `None` where it
    /// has no plan. Everything that is said of the resource is taken to differ from resource to
    /// resource.
    #[must_use]
    fn planned(&self) -> Option<wit::Answer> {
        use wit::Guest as _;
        let mut inputs = self.question.inputs.clone();
        let mut open = Vec::new();
        for ((index, spec), input) in (0..).zip(specs::<F>()).zip(&mut inputs) {
            if spec.path.starts_with("resource.") && spec.path != "resource.kind" {
                open.push(index);
                *input = None;
            }
        }
        let wit::Question { permission, kind, .. } = self.question;
        let asked = wit::PlanQuestion { permission, kind, inputs, open };
        let cases = crate::Component::<F>::plan(asked)?;
        let met = cases.into_iter().find(|case| holds(&case.condition, &self.question.inputs));
        Some(met.map_or(
            wit::Answer {
                effect: wit::Effect::Abstain,
                obligations: Vec::new(),
                until: None,
                note: None,
            },
            |case| case.answer,
        ))
    }
}

/// Checks on as many questions as [`sweep`] puts together that a resource is answered by the plan
/// as it is answered by itself. Answers with how many had a plan, for a test to demand some.
///
/// # Panics
///
/// If an answer differs in what it says; `until` and notes may.
pub fn plans_agree<F: Family>(words: &[&str], rounds: u32) -> u32 {
    let mut plans = 0;
    sweep::<F>(words, rounds, |question| {
        let Some(planned) = question.planned() else { return };
        let answer = question.answer().into_wit();
        assert!(
            planned.effect == answer.effect && planned.obligations == answer.obligations,
            "`{}` plans {planned:?} and answers {answer:?} to {question:?}",
            question.permission().name()
        );
        plans += 1;
    });
    plans
}

/// Whether a resource with these inputs meets a condition.
fn holds(terms: &[wit::Term], inputs: &[Option<wit::Input>]) -> bool {
    let mut stack: Vec<bool> = Vec::new();
    for term in terms {
        let value = |index: &u32| inputs.get(*index as usize).and_then(Option::as_ref);
        let holds = match term {
            wit::Term::Constant(constant) => *constant,
            wit::Term::Present(input) => value(input).is_some(),
            wit::Term::Empty(input) => matches!(value(input), Some(wit::Input::Null)),
            wit::Term::Compare(compared) => {
                value(&compared.input).is_some_and(|value| compares(value, compared))
            }
            wit::Term::Names(named) => match value(&named.input) {
                Some(wit::Input::Texts(texts)) => texts.contains(&named.text),
                Some(wit::Input::Text(text)) => *text == named.text,
                _ => false,
            },
            wit::Term::Negate => !stack.pop().expect("a value to negate"),
            wit::Term::AllOf(count) => last(&mut stack, *count).iter().all(|value| *value),
            wit::Term::AnyOf(count) => last(&mut stack, *count).iter().any(|value| *value),
        };
        stack.push(holds);
    }
    assert_eq!(stack.len(), 1, "a condition leaves one value: {terms:?}");
    stack.contains(&true)
}

fn last(stack: &mut Vec<bool>, count: u32) -> Vec<bool> {
    assert!(count > 0 && count as usize <= stack.len(), "a condition takes what is not there");
    stack.split_off(stack.len() - count as usize)
}

fn compares(value: &wit::Input, compared: &wit::Compared) -> bool {
    let ordering = match (value, &compared.value) {
        (wit::Input::Integer(a), wit::Literal::Integer(b))
        | (wit::Input::Instant(a), wit::Literal::Instant(b)) => Some(a.cmp(b)),
        (wit::Input::Decimal(a), wit::Literal::Decimal(b)) => a.partial_cmp(b),
        (wit::Input::Boolean(a), wit::Literal::Boolean(b)) => (a == b).then(|| a.cmp(b)),
        (wit::Input::Text(a), wit::Literal::Text(b)) => (a == b).then(|| a.cmp(b)),
        _ => None,
    };
    match compared.comparison {
        wit::Comparison::Equal => ordering.is_some_and(std::cmp::Ordering::is_eq),
        wit::Comparison::Less => ordering.is_some_and(std::cmp::Ordering::is_lt),
        wit::Comparison::AtMost => ordering.is_some_and(std::cmp::Ordering::is_le),
    }
}
