//! Permission families as the engine sees them.
//!
//! A family is a rule set that only one product knows. The engine neither knows nor cares that
//! it runs as WebAssembly: it hands over the inputs that the family declared and reads a coded
//! answer. The host implements [`Family`] with wasmtime, tests do it with a closure.

mod configuration;
mod plan;
mod source;

pub use configuration::{ConfigRefusal, check_configuration};
pub use plan::{Case, Comparison, PlanQuestion, Term, planned};
pub use source::{FamilySet, FamilySource};

use crate::model::{Attributes, InputPath, Value};
use std::borrow::Cow;
use std::fmt;

/// The type of a value that a family declares for an input. See `value-kind` in the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number; whole ones are converted.
    Decimal,
    /// Text.
    Text,
    /// A list of texts; a single text counts as a list of one.
    Texts,
    /// A map from text to texts.
    Table,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instant,
    /// Any of these.
    Any,
}

/// The value of one input, typed as declared.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<'a> {
    /// Present and null.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A finite number.
    Decimal(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Texts.
    Texts(Vec<Cow<'a, str>>),
    /// A map from text to texts.
    Table(Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)>),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

/// One declared input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputSpec {
    /// Where the value comes from.
    pub path: InputPath,
    /// The type wanted.
    pub kind: InputKind,
}

/// A reason that a family can give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonSpec {
    /// Machine-readable, in kebab case.
    pub code: String,
    /// One sentence for people.
    pub text: String,
}

/// An obligation that a family can impose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObligationSpec {
    /// Machine-readable, in kebab case.
    pub code: String,
    /// What it applies to.
    pub values: Vec<String>,
}

/// Who a family is, what it decides and what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its id, as catalogs name it.
    pub id: String,
    /// Its own semantic version.
    pub version: String,
    /// One line for people.
    pub title: String,
    /// The permissions that it can be asked about.
    pub permissions: Vec<String>,
    /// The resource kinds that it tells apart.
    pub kinds: Vec<String>,
    /// What it reads.
    pub inputs: Vec<InputSpec>,
    /// Why it can forbid or lift.
    pub reasons: Vec<ReasonSpec>,
    /// What it can oblige callers to do.
    pub obligations: Vec<ObligationSpec>,
    /// The permissions that it can demand.
    pub requires: Vec<String>,
    /// The permissions for which it can lift a missing grant.
    pub floors: Vec<String>,
    /// JSON Schema of its configuration; empty if it has none.
    pub config_schema: String,
}

/// One question to a family. Indices refer to its manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    /// The permission, as an index into [`Manifest::permissions`].
    pub permission: u32,
    /// The resource's kind, as an index into [`Manifest::kinds`]; `None` for any other.
    pub kind: Option<u32>,
    /// The values of [`Manifest::inputs`] in that order; `None` where absent.
    pub inputs: Vec<Option<Input<'a>>>,
}

/// What a family says. Indices refer to its manifest; the engine checks every one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing against it.
    Abstain,
    /// Deny, for that reason.
    Forbid(u32),
    /// Deny unless the subject holds that permission as well.
    Require(u32),
    /// Pass even without a grant, for that reason.
    Floor(u32),
}

/// The answer of a family to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer proper.
    pub effect: Effect,
    /// Obligations, as indices into [`Manifest::obligations`].
    pub obligations: Vec<u32>,
    /// When the answer could change though no input but `now` does, in milliseconds since
    /// 1970-01-01T00:00:00Z.
    pub until: Option<i64>,
    /// Detail for the trace.
    pub note: Option<String>,
}

impl Answer {
    /// Nothing against it, no obligations.
    pub const ABSTAIN: Self =
        Self { effect: Effect::Abstain, obligations: Vec::new(), until: None, note: None };
}

/// Why a family gave no answer. Every one of them denies and none is ever kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// No component of that id is installed.
    Unavailable,
    /// The call outlived its deadline.
    Timeout,
    /// The component asked for more memory or tables than its limit.
    Memory,
    /// The component trapped: a panic, a stack overflow, an unreachable instruction.
    Trap,
    /// The answer does not fit the manifest or is too large.
    BadResult,
    /// The host had no room for another instance within the deadline.
    Saturated,
    /// An input has another type than the manifest declares; the family was not called.
    InputType,
    /// It failed too often and is not asked for now.
    Quarantined,
    /// It answered the same question in two ways.
    Impure,
}

impl FaultKind {
    /// Machine-readable, in kebab case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::Trap => "trap",
            Self::BadResult => "bad-result",
            Self::Saturated => "saturated",
            Self::InputType => "input-type",
            Self::Quarantined => "quarantined",
            Self::Impure => "impure",
        }
    }
}

/// A fault with its detail for the trace and the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", kind.code())]
pub struct Fault {
    /// What kind.
    pub kind: FaultKind,
    /// Lower-case, without full stop.
    pub detail: Cow<'static, str>,
}

impl Fault {
    /// A fault of that kind.
    pub fn new(kind: FaultKind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into() }
    }
}

/// A fault that a family found in a tenant's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigDiagnostic {
    /// JSON Pointer (RFC 6901) to the value in question; empty for the whole document.
    pub pointer: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// A family that the engine can ask.
pub trait Family: Send + Sync + fmt::Debug {
    /// What the family says of itself. Always the same.
    fn manifest(&self) -> &Manifest;

    /// What identifies the code, as `sha256:<hex>` for a component: traces and cache keys
    /// carry it.
    fn digest(&self) -> &str;

    /// Whether the platform lets it see an input that it declares. One that it does not is always
    /// absent. Always the same; a tenant's configuration is never held back.
    fn may_see(&self, input: &InputPath) -> bool {
        let _ = input;
        true
    }

    /// Answers one question of a tenant. An instance of the family must never serve two
    /// tenants.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where there is no answer; the decision is then deny.
    fn evaluate(&self, tenant: &str, question: &Question<'_>) -> Result<Answer, Fault>;

    /// Answers several questions of a tenant in one go: as many answers, in the same order.
    fn evaluate_batch(
        &self,
        tenant: &str,
        questions: &[Question<'_>],
    ) -> Vec<Result<Answer, Fault>>;

    /// Says for which resources it answers what, without having seen them; `None` where its
    /// rules cannot be put this way, and each resource has to be asked about.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where there is no answer.
    fn plan(&self, tenant: &str, question: &PlanQuestion<'_>) -> Result<Option<Vec<Case>>, Fault> {
        let _ = (tenant, question);
        Ok(None)
    }

    /// What it has against a tenant's configuration of it; nothing where it accepts it. May take as
    /// long as a call takes.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where there is no answer; the configuration is then refused.
    fn check_config(
        &self,
        tenant: &str,
        config: &Attributes<'_>,
    ) -> Result<Vec<ConfigDiagnostic>, Fault> {
        let _ = (tenant, config);
        Ok(Vec::new())
    }

    /// Lets go of whatever it keeps for a tenant. For when a tenant is deleted.
    fn forget(&self, tenant: &str) {
        let _ = tenant;
    }
}

impl InputKind {
    /// The value as an input of this kind; `None` if its type is another.
    #[must_use]
    pub fn accept<'v>(self, value: &'v Value<'_>) -> Option<Input<'v>> {
        if matches!(value, Value::Null) {
            return Some(Input::Null);
        }
        match self {
            Self::Boolean => value.as_bool().map(Input::Boolean),
            Self::Integer => value.whole().map(Input::Integer),
            #[expect(clippy::cast_precision_loss, reason = "declared as a decimal")]
            Self::Decimal => match value {
                Value::Int(number) => Some(Input::Decimal(*number as f64)),
                Value::Float(number) => Some(Input::Decimal(*number)),
                _ => None,
            },
            Self::Text => value.as_str().map(|text| Input::Text(Cow::Borrowed(text))),
            Self::Texts => texts(value).map(Input::Texts),
            Self::Table => match value {
                Value::Map(map) => map
                    .iter()
                    .map(|(key, value)| Some((Cow::Borrowed(key), texts(value)?)))
                    .collect::<Option<_>>()
                    .map(Input::Table),
                _ => None,
            },
            Self::Instant => value.whole().map(Input::Instant),
            Self::Any => match value {
                Value::Null => Some(Input::Null),
                Value::Bool(value) => Some(Input::Boolean(*value)),
                Value::Int(number) => Some(Input::Integer(*number)),
                Value::Float(number) => Some(Input::Decimal(*number)),
                Value::Text(text) => Some(Input::Text(Cow::Borrowed(text))),
                Value::List(_) => Self::Texts.accept(value),
                Value::Map(_) => Self::Table.accept(value),
            },
        }
    }
}

impl Input<'_> {
    /// The same value, owning its texts.
    #[must_use]
    pub fn into_owned(self) -> Input<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Null => Input::Null,
            Self::Boolean(value) => Input::Boolean(value),
            Self::Integer(value) => Input::Integer(value),
            Self::Decimal(value) => Input::Decimal(value),
            Self::Text(text) => Input::Text(own(text)),
            Self::Texts(texts) => Input::Texts(texts.into_iter().map(own).collect()),
            Self::Table(rows) => Input::Table(
                rows.into_iter()
                    .map(|(key, texts)| (own(key), texts.into_iter().map(own).collect()))
                    .collect(),
            ),
            Self::Instant(value) => Input::Instant(value),
        }
    }

    /// The same value, borrowing its texts.
    #[must_use]
    pub fn reborrow(&self) -> Input<'_> {
        fn borrow<'b>(texts: &'b [Cow<'_, str>]) -> Vec<Cow<'b, str>> {
            texts.iter().map(|text| Cow::Borrowed(text.as_ref())).collect()
        }
        match self {
            Self::Null => Input::Null,
            Self::Boolean(value) => Input::Boolean(*value),
            Self::Integer(value) => Input::Integer(*value),
            Self::Decimal(value) => Input::Decimal(*value),
            Self::Text(text) => Input::Text(Cow::Borrowed(text)),
            Self::Texts(texts) => Input::Texts(borrow(texts)),
            Self::Table(rows) => Input::Table(
                rows.iter()
                    .map(|(key, texts)| (Cow::Borrowed(key.as_ref()), borrow(texts)))
                    .collect(),
            ),
            Self::Instant(value) => Input::Instant(*value),
        }
    }
}

fn texts<'v>(value: &'v Value<'_>) -> Option<Vec<Cow<'v, str>>> {
    match value {
        Value::Text(text) => Some(vec![Cow::Borrowed(text.as_ref())]),
        Value::List(items) => items.iter().map(|item| item.as_str().map(Cow::Borrowed)).collect(),
        _ => None,
    }
}
