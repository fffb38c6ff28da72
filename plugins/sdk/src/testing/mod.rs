//! Asking a family in a unit test, natively and without a host.
//!
//! ```
//! # use permesso_sdk::{Answer, Family, Nothing, Question};
//! # permesso_sdk::names! { pub enum Permission { View = "doc.view" } }
//! # permesso_sdk::reasons! { pub enum Reason { Private = "private" => "It is private." } }
//! # permesso_sdk::inputs! {
//! #     pub struct Inputs { me: text = "subject.id", owner: texts = "resource.owner" }
//! # }
//! # pub struct Docs;
//! # impl Family for Docs {
//! #     type Permission = Permission;
//! #     type Kind = Nothing;
//! #     type Inputs<'q> = Inputs<'q>;
//! #     type Reason = Reason;
//! #     type Obligation = Nothing;
//! #     type Require = Nothing;
//! #     const ID: &'static str = "docs";
//! #     const VERSION: &'static str = "1.0.0";
//! #     const TITLE: &'static str = "Documents";
//! #     fn evaluate(question: &Question<'_, Self>) -> Answer<Self> {
//! #         let inputs = question.inputs();
//! #         if inputs.owner().names(inputs.me()) {
//! #             Answer::abstain()
//! #         } else {
//! #             Answer::forbid(Reason::Private)
//! #         }
//! #     }
//! # }
//! use permesso_sdk::testing::{ask, sweep};
//!
//! let question = ask::<Docs>(Permission::View).with("subject.id", "ann");
//! assert_eq!(question.clone().with("resource.owner", "ann").answer(), Answer::abstain());
//! assert_eq!(question.null("resource.owner").answer(), Answer::forbid(Reason::Private));
//!
//! // And what nobody thought of: not knowing the subject never opens anything.
//! sweep::<Docs>(&["ann", "bob"], 1000, |question| {
//!     let unknown = question.clone().without("subject.id");
//!     assert!(unknown.answer().forbids() || !question.answer().forbids(), "{question:?}");
//! });
//! ```
//!
//! The question takes the way that a real one takes: values are converted as a host converts
//! them, and what a host would refuse fails the test.

#![allow(clippy::panic, clippy::expect_used, reason = "a test that finds a fault has to fail")]

mod plans;

pub use plans::plans_agree;

use crate::bindings::exports::permesso::family::family as wit;
use crate::component::{Component, answer};
use crate::{Answer, Family, Inputs, Listed, Name, Obligation, Reason, ValueKind, reads};
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// A question about that permission on a resource of which nothing is known.
pub fn ask<F: Family>(permission: F::Permission) -> Ask<F> {
    let inputs = vec![None; specs::<F>().len()];
    let question = wit::Question { permission: permission.index(), kind: None, inputs };
    Ask { permission, question, family: PhantomData }
}

/// Checks `rounds` questions that are put together at random, the same in every run: any
/// permission and kind, and for each input nothing, null, or a value of its type made of these
/// words and a few that are no words. Name ids, states and modes that the rules know, so that
/// they meet. A rule that panics on any of them fails the test.
pub fn sweep<F: Family>(words: &[&str], rounds: u32, mut check: impl FnMut(Ask<F>)) {
    let mut dice = Dice(0x5_DEEC_E66D);
    for _ in 0..rounds {
        let Some(&permission) = dice.pick(F::Permission::ALL) else { return };
        let mut question = ask::<F>(permission);
        if let Some(&kind) = dice.pick(F::Kind::ALL).filter(|_| dice.roll(2) == 0) {
            question = question.kind(kind);
        }
        for spec in specs::<F>() {
            question = match dice.roll(5) {
                0 => question.null(spec.path),
                1 | 2 => question.with(spec.path, dice.value(spec.kind, words)),
                _ => question,
            };
        }
        check(question);
    }
}

/// What the manifest lists in vain, as far as a [`sweep`] of that many rounds finds: inputs that
/// no rule reads, and reasons, obligations and demands that no answer gives. Compare it with an
/// empty list in a test.
#[must_use]
pub fn unused<F: Family>(words: &[&str], rounds: u32) -> Vec<&'static str> {
    reads::forget();
    let (mut reasons, mut obligations, mut requires) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    sweep::<F>(words, rounds, |question| {
        let answer = question.answer().into_wit();
        match answer.effect {
            wit::Effect::Abstain => {}
            wit::Effect::Forbid(reason) | wit::Effect::Floor(reason) => _ = reasons.insert(reason),
            wit::Effect::Require(permission) => _ = requires.insert(permission),
        }
        obligations.extend(answer.obligations);
    });
    let read = (0..64).filter(|index| reads::was_read(*index)).collect();
    let mut unused = Vec::new();
    unused.extend(missing(specs::<F>().iter().map(|spec| spec.path), &read));
    unused.extend(missing(F::Reason::SPECS.iter().map(|spec| spec.code), &reasons));
    unused.extend(missing(F::Obligation::SPECS.iter().map(|spec| spec.code), &obligations));
    unused.extend(missing(F::Require::NAMES.iter().copied(), &requires));
    unused
}

fn missing(
    listed: impl Iterator<Item = &'static str>,
    seen: &BTreeSet<u32>,
) -> impl Iterator<Item = &'static str> {
    (0..).zip(listed).filter(|(index, _)| !seen.contains(index)).map(|(_, name)| name)
}

/// A linear congruential generator: nothing here has to be more random than that.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        of.get(self.roll(of.len().max(1)))
    }

    fn text(&mut self, words: &[&str]) -> String {
        const NO_WORDS: [&str; 4] = ["", " ", "-", "?"];
        let from = if self.roll(8) == 0 { &NO_WORDS } else { words };
        self.pick(from).copied().unwrap_or_default().to_owned()
    }

    fn texts(&mut self, words: &[&str]) -> Vec<String> {
        (0..self.roll(4)).map(|_| self.text(words)).collect()
    }

    fn value(&mut self, kind: ValueKind, words: &[&str]) -> Given {
        const NUMBERS: [i64; 6] = [0, 1, 2, -1, i64::MIN, i64::MAX];
        match kind {
            ValueKind::Boolean => Given::Boolean(self.roll(2) == 0),
            ValueKind::Integer | ValueKind::Instant => {
                Given::Integer(self.pick(&NUMBERS).copied().unwrap_or_default())
            }
            ValueKind::Decimal => Given::Decimal(self.roll(5) as f64 / 2.0 - 1.0),
            ValueKind::Text => Given::Text(self.text(words)),
            ValueKind::Texts => Given::Texts(self.texts(words)),
            ValueKind::Table => Given::Table(
                (0..self.roll(3)).map(|_| (self.text(words), self.texts(words))).collect(),
            ),
            ValueKind::Any => {
                const KINDS: [ValueKind; 6] = [
                    ValueKind::Boolean,
                    ValueKind::Integer,
                    ValueKind::Decimal,
                    ValueKind::Text,
                    ValueKind::Texts,
                    ValueKind::Table,
                ];
                let kind = self.pick(&KINDS).copied().unwrap_or(ValueKind::Text);
                self.value(kind, words)
            }
        }
    }
}

/// A question in the making. See [`ask`].
#[must_use]
pub struct Ask<F: Family> {
    permission: F::Permission,
    question: wit::Question,
    family: PhantomData<F>,
}

impl<F: Family> Ask<F> {
    /// The same question about a resource of that kind.
    pub fn kind(mut self, kind: F::Kind) -> Self {
        self.question.kind = Some(kind.index());
        self
    }

    /// The same question with that value at a declared path, such as `resource.owner`. A later
    /// value replaces an earlier one.
    ///
    /// # Panics
    ///
    /// If the family does not declare the path, or declares it with another type.
    pub fn with(mut self, path: &str, value: impl Into<Given>) -> Self {
        let mut slots = specs::<F>().iter().zip(&mut self.question.inputs);
        let Some((spec, slot)) = slots.find(|(spec, _)| spec.path == path) else {
            panic!("`{}` does not declare the input `{path}`", F::ID)
        };
        let value = value.into();
        let Some(input) = value.clone().convert(spec.kind) else {
            panic!(
                "`{path}` is declared as {:?}; a host denies with `input-type` on {value:?}",
                spec.kind
            )
        };
        *slot = Some(input);
        self
    }

    /// The same question with null, known to be empty, at a declared path.
    ///
    /// # Panics
    ///
    /// If the family does not declare the path.
    pub fn null(self, path: &str) -> Self {
        self.with(path, Given::Null)
    }

    /// The same question with a declared path absent, unknown, as all are to begin with.
    ///
    /// # Panics
    ///
    /// If the family does not declare the path.
    pub fn without(self, path: &str) -> Self {
        let mut question = self.null(path);
        for (spec, slot) in specs::<F>().iter().zip(&mut question.question.inputs) {
            if spec.path == path {
                *slot = None;
            }
        }
        question
    }

    /// The permission asked about.
    #[must_use]
    pub fn permission(&self) -> F::Permission {
        self.permission
    }

    /// What the family answers.
    ///
    /// # Panics
    ///
    /// If it answers differently when asked again or in a batch, or with a floor that the
    /// manifest does not list: hosts take both as faults.
    pub fn answer(&self) -> Answer<F> {
        use wit::Guest as _;
        let given: Answer<F> = answer(&self.question);
        let alone = Component::<F>::evaluate(self.question.clone());
        assert_eq!(alone, given.clone().into_wit(), "not a pure function");
        let batch = Component::<F>::evaluate_batch(vec![self.question.clone(); 2]);
        assert_eq!(batch, [alone.clone(), alone.clone()], "not a pure function");
        assert!(
            !matches!(alone.effect, wit::Effect::Floor(_)) || F::FLOORS.contains(&self.permission),
            "a floor for `{}`, which is not among the manifest's floors",
            self.permission.name()
        );
        given
    }
}

impl<F: Family> Clone for Ask<F> {
    fn clone(&self) -> Self {
        Self { permission: self.permission, question: self.question.clone(), family: PhantomData }
    }
}

impl<F: Family> std::fmt::Debug for Ask<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let given = specs::<F>().iter().zip(&self.question.inputs);
        let given = given.filter_map(|(spec, value)| Some((spec.path, value.as_ref()?)));
        f.debug_struct(self.permission.name()).field("inputs", &given.collect::<Vec<_>>()).finish()
    }
}

fn specs<F: Family>() -> &'static [crate::InputSpec] {
    <F::Inputs<'static> as Inputs<'static>>::SPECS
}

/// An attribute as a caller gives it.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Known to be empty.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Decimal(f64),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A map from text to lists of texts.
    Table(Vec<(String, Vec<String>)>),
}

impl Given {
    /// A map from text to lists of texts.
    pub fn table<const N: usize>(rows: [(&str, &[&str]); N]) -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self::Table(rows.map(|(key, values)| (key.to_owned(), owned(values))).into())
    }

    /// What a host makes of it for an input of that type; `None` if it would deny instead.
    fn convert(self, kind: ValueKind) -> Option<wit::Input> {
        Some(match (kind, self) {
            (_, Self::Null) => wit::Input::Null,
            (ValueKind::Boolean | ValueKind::Any, Self::Boolean(value)) => {
                wit::Input::Boolean(value)
            }
            (ValueKind::Integer | ValueKind::Any, Self::Integer(value)) => {
                wit::Input::Integer(value)
            }
            (ValueKind::Instant, Self::Integer(value)) => wit::Input::Instant(value),
            (ValueKind::Decimal, Self::Integer(value)) => wit::Input::Decimal(value as f64),
            (ValueKind::Decimal | ValueKind::Any, Self::Decimal(value)) => {
                wit::Input::Decimal(value)
            }
            (ValueKind::Text | ValueKind::Any, Self::Text(text)) => wit::Input::Text(text),
            (ValueKind::Texts, Self::Text(text)) => wit::Input::Texts(vec![text]),
            (ValueKind::Texts | ValueKind::Any, Self::Texts(texts)) => wit::Input::Texts(texts),
            (ValueKind::Table | ValueKind::Any, Self::Table(rows)) => wit::Input::Table(
                rows.into_iter().map(|(key, values)| wit::Row { key, values }).collect(),
            ),
            _ => return None,
        })
    }
}

impl From<bool> for Given {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Given {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Given {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Given {
    fn from(value: f64) -> Self {
        Self::Decimal(value)
    }
}

impl From<&str> for Given {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<const N: usize> From<[&str; N]> for Given {
    fn from(texts: [&str; N]) -> Self {
        Self::Texts(texts.map(ToOwned::to_owned).into())
    }
}
