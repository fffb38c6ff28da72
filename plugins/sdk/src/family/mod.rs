//! What a family implements: the trait, and what it is asked and answers. Each of them is made of
//! the family's own lists, so they are one thing and stand in one place.

mod answer;
mod plan;
mod question;

pub use answer::{Answer, forbid_if};
pub use plan::{Condition, Literal, Open, Plan, PlanQuestion};
pub use question::Question;

use crate::{Diagnostic, Inputs, Name, Obligation, Reason, config};
use alloc::vec::Vec;

/// A permission family: the rules of one product.
///
/// Every list of the manifest is a type of its own, declared by a macro, so that rules name
/// what they mean and the compiler finds what is misspelt, missing or never used:
///
/// | type | declared with | holds |
/// | --- | --- | --- |
/// | [`Permission`](Self::Permission), [`Kind`](Self::Kind), [`Require`](Self::Require) | [`names!`](crate::names) | names of the catalog |
/// | [`Inputs`](Self::Inputs) | [`inputs!`](crate::inputs) | what the rules read, with its type |
/// | [`Reason`](Self::Reason) | [`reasons!`](crate::reasons) | why the family forbids or lifts |
/// | [`Obligation`](Self::Obligation) | [`obligations!`](crate::obligations) | what callers have to do |
///
/// A list that is empty is [`Nothing`](crate::Nothing).
pub trait Family: Sized + 'static {
    /// The permissions that the family can be asked about, those without a rule included.
    type Permission: Name;
    /// The resource kinds that its rules tell apart. All others arrive as `None`.
    type Kind: Name;
    /// What it reads.
    type Inputs<'q>: Inputs<'q>;
    /// Why it forbids or lifts.
    type Reason: Reason;
    /// What it obliges callers to do.
    type Obligation: Obligation;
    /// The permissions that it demands besides the one asked about.
    type Require: Name;

    /// The family's id in kebab case, as catalogs name it.
    const ID: &'static str;
    /// Its semantic version; mostly `env!("CARGO_PKG_VERSION")`.
    const VERSION: &'static str;
    /// One line for people.
    const TITLE: &'static str;
    /// The permissions for which it can answer [`Answer::floor`].
    const FLOORS: &'static [Self::Permission] = &[];
    /// JSON Schema of a tenant's configuration; empty if there is none. Mostly
    /// `include_str!("../config.schema.json")`.
    const CONFIG_SCHEMA: &'static str = "";

    /// Answers one question. A pure function: no state, no clock, the same answer each time.
    ///
    /// It is asked after the engine has found the grant, with its scope and own relations, and
    /// it can only narrow. Where a caller wants to know why, it is also asked about what the
    /// engine has denied already; it need not tell the two apart.
    fn evaluate(question: &Question<'_, Self>) -> Answer<Self>;

    /// Says for which resources it answers what, without having seen them, so that "which of them
    /// may she see?" can be asked of a database. The plan has to give each resource the answer
    /// that [`evaluate`](Self::evaluate) gives it; `testing::plans_agree` holds that. `None`, the
    /// default, is always right: each resource is asked about then.
    #[must_use]
    fn plan(question: &PlanQuestion<'_, Self>) -> Option<Plan<Self>> {
        let _ = question;
        None
    }

    /// Checks a tenant's configuration, a JSON document, before it is accepted; an empty list
    /// accepts it. [`config::check`] does most of it. A family without
    /// [`CONFIG_SCHEMA`](Self::CONFIG_SCHEMA) accepts none.
    #[must_use]
    fn validate(config: &str) -> Vec<Diagnostic> {
        if Self::CONFIG_SCHEMA.is_empty() { config::check(config, |_| {}) } else { Vec::new() }
    }
}
