//! The lists of a manifest as enums: declared once, used by name, checked when compiled.

use core::fmt::Debug;

/// One list of a manifest: an enum whose variants stand for its entries, in order.
///
/// Implemented by [`names!`](crate::names), [`reasons!`](crate::reasons) and
/// [`obligations!`](crate::obligations).
pub trait Listed: Copy + Eq + Debug + 'static {
    /// All entries, in the order of the manifest.
    const ALL: &'static [Self];

    /// The position in the manifest.
    fn index(self) -> u32;

    /// The entry at that position.
    #[must_use]
    fn at(index: u32) -> Option<Self> {
        Self::ALL.get(index as usize).copied()
    }
}

/// A list of names. See [`names!`](crate::names).
pub trait Name: Listed {
    /// The names, in the order of [`ALL`](Listed::ALL).
    const NAMES: &'static [&'static str];

    /// The name, as catalogs write it.
    fn name(self) -> &'static str {
        Self::NAMES.get(self.index() as usize).copied().unwrap_or_default()
    }
}

/// A list of reasons. See [`reasons!`](crate::reasons).
pub trait Reason: Listed {
    /// The reasons, in the order of [`ALL`](Listed::ALL).
    const SPECS: &'static [ReasonSpec];

    /// The code and the sentence.
    fn spec(self) -> ReasonSpec {
        const NONE: ReasonSpec = ReasonSpec { code: "", text: "" };
        Self::SPECS.get(self.index() as usize).copied().unwrap_or(NONE)
    }
}

/// A list of obligations. See [`obligations!`](crate::obligations).
pub trait Obligation: Listed {
    /// The obligations, in the order of [`ALL`](Listed::ALL).
    const SPECS: &'static [ObligationSpec];

    /// The code and what it applies to.
    fn spec(self) -> ObligationSpec {
        const NONE: ObligationSpec = ObligationSpec { code: "", values: &[] };
        Self::SPECS.get(self.index() as usize).copied().unwrap_or(NONE)
    }
}

/// Why a family forbids or lifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReasonSpec {
    /// Machine-readable, in kebab case. Callers rely on it.
    pub code: &'static str,
    /// One sentence in plain language for the person who was denied.
    pub text: &'static str,
}

/// What a family obliges callers to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObligationSpec {
    /// Machine-readable, in kebab case. Callers rely on it.
    pub code: &'static str,
    /// What it applies to, such as the names of fields to withhold.
    pub values: &'static [&'static str],
}

/// The empty list, for a family that has no kinds, no obligations or demands nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {}

impl Listed for Nothing {
    const ALL: &'static [Self] = &[];
    fn index(self) -> u32 {
        match self {}
    }
}

impl Name for Nothing {
    const NAMES: &'static [&'static str] = &[];
}

impl Reason for Nothing {
    const SPECS: &'static [ReasonSpec] = &[];
}

impl Obligation for Nothing {
    const SPECS: &'static [ObligationSpec] = &[];
}

/// Declares names of the catalog: permissions, resource kinds, permissions demanded.
///
/// ```
/// permesso_sdk::names! {
///     /// What the family can be asked about.
///     pub enum Permission {
///         View = "doc.view",
///         Publish = "doc.publish",
///     }
/// }
/// # use permesso_sdk::{Listed, Name};
/// assert_eq!(Permission::Publish.name(), "doc.publish");
/// assert_eq!(Permission::at(1), Some(Permission::Publish));
/// ```
///
/// A name that is used twice or is not written like one does not compile:
///
/// ```compile_fail
/// permesso_sdk::names! { pub enum Permission { View = "doc.view", See = "doc.view" } }
/// ```
#[macro_export]
macro_rules! names {
    ($(#[$meta:meta])* $vis:vis enum $list:ident {
        $($(#[$doc:meta])* $entry:ident = $name:literal),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $list { $(#[doc = concat!("`", $name, "`")] $(#[$doc])* $entry,)* }
        $crate::__listed!($list { $($entry),* });
        impl $crate::Name for $list {
            const NAMES: &'static [&'static str] = &[$($name),*];
        }
        const _: () = $crate::check::names(<$list as $crate::Name>::NAMES);
    };
}

/// Declares why a family forbids or lifts: a code for callers, a sentence for people.
///
/// ```
/// permesso_sdk::reasons! {
///     /// Why not.
///     pub enum Reason {
///         Draft = "draft" => "The document is not published yet.",
///     }
/// }
/// # use permesso_sdk::Reason as _;
/// assert_eq!(Reason::Draft.spec().code, "draft");
/// ```
///
/// Codes are in kebab case and differ; the text is a sentence:
///
/// ```compile_fail
/// permesso_sdk::reasons! { pub enum Reason { Draft = "Draft" => "It is a draft." } }
/// ```
#[macro_export]
macro_rules! reasons {
    ($(#[$meta:meta])* $vis:vis enum $list:ident {
        $($(#[$doc:meta])* $entry:ident = $code:literal => $text:literal),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $list { $(#[doc = $text] $(#[$doc])* $entry,)* }
        $crate::__listed!($list { $($entry),* });
        impl $crate::Reason for $list {
            const SPECS: &'static [$crate::ReasonSpec] =
                &[$($crate::ReasonSpec { code: $code, text: $text }),*];
        }
        const _: () = $crate::check::reasons(<$list as $crate::Reason>::SPECS);
    };
}

/// Declares what a family obliges callers to do when they let a subject pass.
///
/// ```
/// permesso_sdk::obligations! {
///     /// What callers do.
///     pub enum Duty {
///         Redact = "redact" => ["subject", "body"],
///     }
/// }
/// # use permesso_sdk::Obligation as _;
/// assert_eq!(Duty::Redact.spec().values, ["subject", "body"]);
/// ```
#[macro_export]
macro_rules! obligations {
    ($(#[$meta:meta])* $vis:vis enum $list:ident {
        $($(#[$doc:meta])* $entry:ident = $code:literal => [$($value:literal),* $(,)?]),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $list { $(#[doc = concat!("`", $code, "`")] $(#[$doc])* $entry,)* }
        $crate::__listed!($list { $($entry),* });
        impl $crate::Obligation for $list {
            const SPECS: &'static [$crate::ObligationSpec] =
                &[$($crate::ObligationSpec { code: $code, values: &[$($value),*] }),*];
        }
        const _: () = $crate::check::obligations(<$list as $crate::Obligation>::SPECS);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __listed {
    ($list:ident { $($entry:ident),* }) => {
        impl $crate::Listed for $list {
            const ALL: &'static [Self] = &[$(Self::$entry),*];
            fn index(self) -> u32 {
                self as u32
            }
        }
    };
}
