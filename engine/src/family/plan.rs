//! What a family says about resources that it has not seen.
//!
//! "On which of them may she?" is asked about a million records at once. A family that can say
//! so answers with a list of cases instead of a million answers: the first case whose condition
//! a resource meets gives the answer to it.

use super::{Answer, Input, Question};

/// A question about all resources of a kind.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanQuestion<'a> {
    /// The question; what is [`open`](Self::open) is absent from its inputs.
    pub question: Question<'a>,
    /// The inputs that each resource has its own value of, as ascending indices into
    /// [`Manifest::inputs`](super::Manifest::inputs).
    pub open: Vec<u32>,
}

/// What is answered to the resources that meet a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Which resources.
    pub condition: Term,
    /// The answer to each of them.
    pub answer: Answer,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same value.
    Equal,
    /// Less than; of numbers and instants.
    Less,
    /// Less than or equal; of numbers and instants.
    AtMost,
}

/// A condition on the open inputs of a resource, as the interface calls it. Indices refer to
/// [`Manifest::inputs`](super::Manifest::inputs). What asks about an input that is absent, null
/// or of another type is false.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// That truth value.
    Constant(bool),
    /// The input is there, null included.
    Present(u32),
    /// The input is there and null.
    Empty(u32),
    /// The comparison holds.
    Compare {
        /// The input.
        input: u32,
        /// How it is compared.
        comparison: Comparison,
        /// With what: a boolean, a number, a text or an instant.
        value: Input<'static>,
    },
    /// The input, a list of texts or a single one, holds the text.
    Names {
        /// The input.
        input: u32,
        /// The text.
        text: String,
    },
    /// The opposite.
    Not(Box<Term>),
    /// All of them hold.
    All(Vec<Term>),
    /// One of them holds.
    Any(Vec<Term>),
}

impl Term {
    /// Whether a resource with these inputs meets it.
    #[must_use]
    pub fn holds(&self, inputs: &[Option<Input<'_>>]) -> bool {
        let value = |index: &u32| {
            usize::try_from(*index)
                .ok()
                .and_then(|index| inputs.get(index))
                .and_then(Option::as_ref)
        };
        match self {
            Self::Constant(constant) => *constant,
            Self::Present(input) => value(input).is_some(),
            Self::Empty(input) => matches!(value(input), Some(Input::Null)),
            Self::Compare { input, comparison, value: with } => {
                value(input).is_some_and(|value| comparison.holds(value, with))
            }
            Self::Names { input, text } => match value(input) {
                Some(Input::Texts(texts)) => texts.iter().any(|one| one == text),
                Some(Input::Text(one)) => one == text,
                _ => false,
            },
            Self::Not(condition) => !condition.holds(inputs),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(inputs)),
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(inputs)),
        }
    }
}

impl Comparison {
    fn holds(self, value: &Input<'_>, with: &Input<'_>) -> bool {
        use std::cmp::Ordering;
        let ordering = match (value, with) {
            (Input::Integer(a), Input::Integer(b)) | (Input::Instant(a), Input::Instant(b)) => {
                Some(a.cmp(b))
            }
            (Input::Decimal(a), Input::Decimal(b)) => a.partial_cmp(b),
            (Input::Boolean(a), Input::Boolean(b)) => {
                return self == Self::Equal && a == b;
            }
            (Input::Text(a), Input::Text(b)) => return self == Self::Equal && a == b,
            _ => None,
        };
        match self {
            Self::Equal => ordering == Some(Ordering::Equal),
            Self::Less => ordering == Some(Ordering::Less),
            Self::AtMost => ordering.is_some_and(Ordering::is_le),
        }
    }
}

/// The answer to a resource with these inputs: that of the first case that it meets.
#[must_use]
pub fn planned<'c>(cases: &'c [Case], inputs: &[Option<Input<'_>>]) -> &'c Answer {
    const NOTHING: &Answer = &Answer::ABSTAIN;
    cases.iter().find(|case| case.condition.holds(inputs)).map_or(NOTHING, |case| &case.answer)
}

#[cfg(test)]
mod tests {
    use super::super::Effect;
    use super::*;

    fn holds(condition: &Term, input: Option<Input<'static>>) -> bool {
        condition.holds(&[input])
    }

    fn compare(comparison: Comparison, value: Input<'static>) -> Term {
        Term::Compare { input: 0, comparison, value }
    }

    #[test]
    fn a_comparison_with_nothing_null_or_another_type_is_false() {
        let at_most = compare(Comparison::AtMost, Input::Integer(5));
        assert!(holds(&at_most, Some(Input::Integer(5))));
        assert!(!holds(&at_most, Some(Input::Integer(6))));
        for other in [None, Some(Input::Null), Some(Input::Decimal(1.0)), Some(Input::Instant(1))] {
            assert!(!holds(&at_most, other));
        }
    }

    #[test]
    fn texts_and_truth_values_are_equal_or_not_and_nothing_else() {
        let text = || Input::Text("a".into());
        assert!(holds(&compare(Comparison::Equal, text()), Some(text())));
        assert!(!holds(&compare(Comparison::AtMost, text()), Some(text())));
        assert!(!holds(
            &compare(Comparison::Less, Input::Boolean(true)),
            Some(Input::Boolean(false))
        ));
    }

    #[test]
    fn absent_and_null_are_told_apart() {
        assert!(!holds(&Term::Present(0), None) && !holds(&Term::Empty(0), None));
        assert!(holds(&Term::Present(0), Some(Input::Null)));
        assert!(holds(&Term::Empty(0), Some(Input::Null)));
        assert!(!Term::Present(7).holds(&[]));
    }

    #[test]
    fn the_first_case_that_is_met_answers_and_none_abstains() {
        let forbid = |reason| Answer { effect: Effect::Forbid(reason), ..Answer::ABSTAIN };
        let named = Term::Names { input: 0, text: "ann".to_owned() };
        let cases = [
            Case { condition: Term::Not(Box::new(Term::Present(0))), answer: forbid(0) },
            Case { condition: named, answer: forbid(1) },
        ];
        assert_eq!(planned(&cases, &[None]), &forbid(0));
        assert_eq!(planned(&cases, &[Some(Input::Texts(vec!["ann".into()]))]), &forbid(1));
        assert_eq!(planned(&cases, &[Some(Input::Texts(vec!["bob".into()]))]), &Answer::ABSTAIN);
    }
}
