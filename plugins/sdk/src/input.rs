//! What a family reads, with its types.

use crate::bindings::exports::permesso::family::family as wit;
use crate::{Attribute, Table, Texts, Value, fault};

/// One thing that a family reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputSpec {
    /// Where the value comes from.
    pub path: &'static str,
    /// The type wanted.
    pub kind: ValueKind,
}

/// The type of a declared input. In [`inputs!`](crate::inputs) written in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `true` or `false`, read as `bool`.
    Boolean,
    /// A whole number, read as `i64`.
    Integer,
    /// A finite number, read as `f64`; whole numbers are converted.
    Decimal,
    /// A text, read as `&str`.
    Text,
    /// A list of texts, read as [`Texts`]; a single text arrives as a list of one.
    Texts,
    /// A map from text to lists of texts, read as [`Table`].
    Table,
    /// Milliseconds since 1970-01-01T00:00:00Z, read as `i64`.
    Instant,
    /// Any of these, read as [`Value`].
    Any,
}

impl ValueKind {
    pub(crate) const fn to_wit(self) -> wit::ValueKind {
        match self {
            Self::Boolean => wit::ValueKind::Boolean,
            Self::Integer => wit::ValueKind::Integer,
            Self::Decimal => wit::ValueKind::Decimal,
            Self::Text => wit::ValueKind::Text,
            Self::Texts => wit::ValueKind::Texts,
            Self::Table => wit::ValueKind::Table,
            Self::Instant => wit::ValueKind::Instant,
            Self::Any => wit::ValueKind::Any,
        }
    }
}

/// The inputs of a family. Declared with [`inputs!`](crate::inputs).
pub trait Inputs<'q>: Copy {
    /// What is read, in order.
    const SPECS: &'static [InputSpec];

    /// The inputs of one question.
    fn new(values: Values<'q>) -> Self;
}

/// The values of one question, by position. What [`inputs!`](crate::inputs) builds on.
#[derive(Clone, Copy, Debug)]
pub struct Values<'q>(&'q [Option<wit::Input>]);

/// A host never passes another type than the one declared: it denies instead.
const WRONG_TYPE: &str = "the host sent an input of another type than the manifest declares";

macro_rules! reader {
    ($name:ident, $type:ty, $($pattern:pat => $value:expr),+) => {
        #[doc = concat!("An input declared as `", stringify!($name), "`.")]
        #[must_use]
        pub fn $name(self, index: usize) -> Attribute<$type> {
            #[cfg(not(target_arch = "wasm32"))]
            crate::reads::note(index);
            match self.0.get(index) {
                None | Some(None) => Attribute::Absent,
                Some(Some(wit::Input::Null)) => Attribute::Null,
                $(Some(Some($pattern)) => Attribute::Present($value),)+
                #[allow(unreachable_patterns, reason = "`any` takes all of them")]
                Some(Some(_)) => fault(WRONG_TYPE),
            }
        }
    };
}

impl<'q> Values<'q> {
    pub(crate) const fn new(values: &'q [Option<wit::Input>]) -> Self {
        Self(values)
    }

    reader!(boolean, bool, wit::Input::Boolean(value) => *value);
    reader!(integer, i64, wit::Input::Integer(value) => *value);
    reader!(decimal, f64, wit::Input::Decimal(value) => *value);
    reader!(text, &'q str, wit::Input::Text(value) => value);
    reader!(texts, Texts<'q>, wit::Input::Texts(value) => Texts::new(value));
    reader!(table, Table<'q>, wit::Input::Table(value) => Table::new(value));
    reader!(instant, i64, wit::Input::Instant(value) => *value);
    reader!(any, Value<'q>,
        wit::Input::Boolean(value) => Value::Boolean(*value),
        wit::Input::Integer(value) => Value::Integer(*value),
        wit::Input::Decimal(value) => Value::Decimal(*value),
        wit::Input::Text(value) => Value::Text(value),
        wit::Input::Texts(value) => Value::Texts(Texts::new(value)),
        wit::Input::Table(value) => Value::Table(Table::new(value)),
        wit::Input::Instant(value) => Value::Instant(*value)
    );
}

/// Declares what a family reads: a name for the rules, a type, and the path that the value
/// comes from.
///
/// A family sees exactly what it declares, and answers are kept under it, so declare no more
/// than the rules read. [`testing::unused`](crate::testing::unused) finds what none reads.
///
/// ```
/// permesso_sdk::inputs! {
///     /// What the rules read.
///     pub struct Inputs {
///         me: text = "subject.id",
///         owner: texts = "resource.owner",
///         published: boolean = "resource.published",
///     }
/// }
///
/// fn draft_of_another(inputs: Inputs<'_>) -> bool {
///     inputs.published().is(false) && !inputs.owner().names(inputs.me())
/// }
/// ```
///
/// The types are those of [`ValueKind`] in lower case. Each accessor returns an [`Attribute`],
/// which keeps *absent* (unknown) apart from *null* (known to be empty). Paths:
///
/// - `subject.id`, `subject.roles`, `subject.policies`, `subject.teams`, `subject.tags`,
///   `subject.status`, `subject.invitation`, `subject.owner` (of the account), or
///   `subject.<attribute>` of the directory
/// - `subject.holds.<permission>`: whether the subject holds it at any scope, a boolean; absent
///   where that cannot be known
/// - `delegation.from`, `delegation.permissions`, `delegation.audiences`: absent unless the
///   subject acts under a delegation
/// - `resource.kind`, `resource.id`, `resource.<attribute>`
/// - `context.<attribute>` of the request
/// - `config.<attribute>` of the tenant's configuration of the family
/// - `now`, an instant
///
/// A path that no host knows does not compile:
///
/// ```compile_fail
/// permesso_sdk::inputs! { pub struct Inputs { me: text = "user.id" } }
/// ```
#[macro_export]
macro_rules! inputs {
    ($(#[$meta:meta])* $vis:vis struct $inputs:ident {
        $($(#[$doc:meta])* $name:ident: $kind:ident = $path:literal),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $inputs<'q>($crate::Values<'q>);

        const _: () = {
            #[allow(non_camel_case_types, reason = "named as the inputs are")]
            enum Position { $($name),* }

            impl<'q> $inputs<'q> {
                $(
                    #[doc = concat!("`", $path, "`")]
                    $(#[$doc])*
                    pub(crate) fn $name(self) -> $crate::Attribute<$crate::__input!($kind, 'q)> {
                        self.0.$kind(Position::$name as usize)
                    }
                )*
            }

            impl<'q> $crate::Inputs<'q> for $inputs<'q> {
                const SPECS: &'static [$crate::InputSpec] = &[$(
                    $crate::InputSpec { path: $path, kind: $crate::__input!($kind) },
                )*];

                fn new(values: $crate::Values<'q>) -> Self {
                    Self(values)
                }
            }

            $crate::check::inputs(<$inputs<'_> as $crate::Inputs<'_>>::SPECS);
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __input {
    (boolean) => { $crate::ValueKind::Boolean };
    (integer) => { $crate::ValueKind::Integer };
    (decimal) => { $crate::ValueKind::Decimal };
    (text) => { $crate::ValueKind::Text };
    (texts) => { $crate::ValueKind::Texts };
    (table) => { $crate::ValueKind::Table };
    (instant) => { $crate::ValueKind::Instant };
    (any) => { $crate::ValueKind::Any };
    (boolean, $q:lifetime) => { bool };
    (integer, $q:lifetime) => { i64 };
    (decimal, $q:lifetime) => { f64 };
    (text, $q:lifetime) => { &$q str };
    (texts, $q:lifetime) => { $crate::Texts<$q> };
    (table, $q:lifetime) => { $crate::Table<$q> };
    (instant, $q:lifetime) => { i64 };
    (any, $q:lifetime) => { $crate::Value<$q> };
    ($other:ident $(, $q:lifetime)?) => {
        compile_error!(concat!(
            "`", stringify!($other), "` is no type of an input; write boolean, integer, \
             decimal, text, texts, table, instant or any"
        ))
    };
}
