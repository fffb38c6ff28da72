//! What a family says about resources that it has not seen.
//!
//! "Which of a million may she see?" costs a million answers, unless the family says for which
//! of them it answers what. A plan does: cases in order, each a condition on what differs from
//! resource to resource and the answer to those that meet it.

use super::{Answer, Family, Question};
use crate::bindings::exports::permesso::family::family as wit;
use crate::{Inputs, Name};
use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Not;

/// A question to the family `F` about all resources at once.
pub struct PlanQuestion<'q, F: Family> {
    question: Question<'q, F>,
    open: &'q [u32],
}

impl<'q, F: Family> PlanQuestion<'q, F> {
    pub(crate) fn new(question: Question<'q, F>, open: &'q [u32]) -> Self {
        Self { question, open }
    }

    /// The permission asked about.
    #[must_use]
    pub fn permission(&self) -> F::Permission {
        self.question.permission()
    }

    /// The resources' kind, `None` for any that the manifest does not list.
    #[must_use]
    pub fn kind(&self) -> Option<F::Kind> {
        self.question.kind()
    }

    /// What is the same for all resources. An input that is open reads as absent here.
    #[must_use]
    pub fn inputs(&self) -> F::Inputs<'q> {
        self.question.inputs()
    }

    /// The input at that path, if it differs from resource to resource; `None` if its value is
    /// the same for all, or unknown for all, and is read from [`inputs`](Self::inputs).
    #[must_use]
    pub fn open(&self, path: &str) -> Option<Open> {
        let specs = <F::Inputs<'q> as Inputs<'q>>::SPECS;
        let index = specs.iter().position(|spec| spec.path == path)?;
        let index = u32::try_from(index).ok()?;
        self.open.contains(&index).then_some(Open(index))
    }
}

impl<F: Family> fmt::Debug for PlanQuestion<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanQuestion")
            .field("permission", &self.permission().name())
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}

/// An input that each resource has its own value of.
///
/// What asks about one that is absent, null or of another type is false, as with
/// [`Attribute`](crate::Attribute).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open(u32);

impl Open {
    /// Whether the caller says anything about it, null included.
    pub fn is_given(self) -> Condition {
        Condition::of(wit::Term::Present(self.0))
    }

    /// Whether the caller says that there is none.
    pub fn is_null(self) -> Condition {
        Condition::of(wit::Term::Empty(self.0))
    }

    /// Whether it is that value. Texts agree byte by byte.
    pub fn is(self, value: impl Into<Literal>) -> Condition {
        self.compare(wit::Comparison::Equal, value.into())
    }

    /// Whether it is less than a number or an instant.
    pub fn is_less_than(self, value: impl Into<Literal>) -> Condition {
        self.compare(wit::Comparison::Less, value.into())
    }

    /// Whether it is at most a number or an instant.
    pub fn is_at_most(self, value: impl Into<Literal>) -> Condition {
        self.compare(wit::Comparison::AtMost, value.into())
    }

    /// Whether it is that text, or a list that holds it.
    pub fn names(self, text: &str) -> Condition {
        Condition::of(wit::Term::Names(wit::Named { input: self.0, text: text.to_owned() }))
    }

    fn compare(self, comparison: wit::Comparison, value: Literal) -> Condition {
        Condition::of(wit::Term::Compare(wit::Compared {
            input: self.0,
            comparison,
            value: value.0,
        }))
    }
}

/// A value that an open input is compared with.
#[derive(Clone, Debug)]
pub struct Literal(wit::Literal);

impl Literal {
    /// Milliseconds since 1970-01-01T00:00:00Z, for an input declared as `instant`.
    #[must_use]
    pub const fn instant(milliseconds: i64) -> Self {
        Self(wit::Literal::Instant(milliseconds))
    }
}

impl From<bool> for Literal {
    fn from(value: bool) -> Self {
        Self(wit::Literal::Boolean(value))
    }
}

impl From<i64> for Literal {
    fn from(value: i64) -> Self {
        Self(wit::Literal::Integer(value))
    }
}

impl From<f64> for Literal {
    fn from(value: f64) -> Self {
        Self(wit::Literal::Decimal(value))
    }
}

impl From<&str> for Literal {
    fn from(text: &str) -> Self {
        Self(wit::Literal::Text(text.to_owned()))
    }
}

/// A condition on a resource. `!condition` is its opposite.
#[derive(Clone, Debug)]
#[must_use]
pub struct Condition {
    /// In postfix order.
    pub(crate) terms: Vec<wit::Term>,
}

impl Condition {
    fn of(term: wit::Term) -> Self {
        Self { terms: Vec::from([term]) }
    }

    /// One that every resource meets, or none.
    pub fn constant(value: bool) -> Self {
        Self::of(wit::Term::Constant(value))
    }

    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// One of them holds, or both.
    pub fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    /// All of them hold; so do none.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::join(conditions, wit::Term::AllOf).unwrap_or_else(|| Self::constant(true))
    }

    /// One of them holds; of none, none does.
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self::join(conditions, wit::Term::AnyOf).unwrap_or_else(|| Self::constant(false))
    }

    /// How many conditions are inside one another at most.
    fn depth(&self) -> usize {
        let mut depths: Vec<usize> = Vec::new();
        for term in &self.terms {
            let taken = match term {
                wit::Term::Negate => 1,
                wit::Term::AllOf(count) | wit::Term::AnyOf(count) => *count as usize,
                _ => 0,
            };
            let kept = depths.len().saturating_sub(taken);
            let inside = depths.drain(kept..).max().unwrap_or(0);
            depths.push(inside + 1);
        }
        depths.pop().unwrap_or(0)
    }

    fn join(conditions: impl IntoIterator<Item = Self>, by: fn(u32) -> wit::Term) -> Option<Self> {
        let (mut terms, mut count) = (Vec::new(), 0);
        for condition in conditions {
            terms.extend(condition.terms);
            count += 1;
        }
        if count == 0 {
            return None;
        }
        terms.push(by(count));
        Some(Self { terms })
    }
}

impl Not for Condition {
    type Output = Self;

    fn not(mut self) -> Self {
        self.terms.push(wit::Term::Negate);
        self
    }
}

/// The cases of the family `F`, in order. A resource that meets none is answered
/// [`Answer::abstain`].
#[must_use]
pub struct Plan<F: Family> {
    pub(crate) cases: Vec<(Condition, Answer<F>)>,
}

impl<F: Family> Plan<F> {
    /// A plan that abstains for every resource.
    pub const fn new() -> Self {
        Self { cases: Vec::new() }
    }

    /// The same plan with that answer to the resources that meet the condition and none of the
    /// cases before.
    pub fn case(mut self, condition: Condition, answer: Answer<F>) -> Self {
        self.cases.push((condition, answer));
        self
    }

    /// The same plan with that answer to all resources that meet none of the cases before.
    pub fn otherwise(self, answer: Answer<F>) -> Self {
        self.case(Condition::constant(true), answer)
    }

    /// `None` for one that is too large for a host, which then asks about each resource.
    pub(crate) fn into_wit(self) -> Option<Vec<wit::PlanCase>> {
        const MAX_CASES: usize = 64;
        const MAX_TERMS: usize = 4096;
        const MAX_DEPTH: usize = 64;
        let terms: usize = self.cases.iter().map(|(condition, _)| condition.terms.len()).sum();
        let deep = |(condition, _): &(Condition, _)| condition.depth() > MAX_DEPTH;
        if self.cases.len() > MAX_CASES || terms > MAX_TERMS || self.cases.iter().any(deep) {
            return None;
        }
        let cases = self
            .cases
            .into_iter()
            .map(|(condition, answer)| wit::PlanCase {
                condition: condition.terms,
                answer: answer.into_wit(),
            })
            .collect();
        Some(cases)
    }
}

impl<F: Family> Default for Plan<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Family> fmt::Debug for Plan<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cases = self.cases.iter().map(|(condition, answer)| (&condition.terms, answer));
        f.debug_map().entries(cases).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_conditions_inside_one_another() {
        let leaf = || Open(0).is(true);
        assert_eq!(leaf().depth(), 1);
        assert_eq!(leaf().and(leaf()).depth(), 2);
        assert_eq!((!leaf().or(leaf().and(!leaf()))).depth(), 5);
        let chain = (0..100).fold(leaf(), |chain, _| chain.or(leaf()));
        assert_eq!(chain.depth(), 101);
        assert_eq!(Condition::any((0..100).map(|_| leaf())).depth(), 2);
    }
}
