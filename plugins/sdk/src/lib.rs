//! Write a Permesso permission family in Rust.
//!
//! A *family* knows the rules of one product that the engine does not know: "a draft is not
//! shown before it is published", "a host needs working hours". It is a WebAssembly component
//! and a pure function: a question in, an answer out, no state, no clock, no network.
//!
//! The engine comes first. It has found the permission in the catalog, the subject active, a
//! grant with its scope and own relations; the family then *narrows*: it abstains, forbids for
//! a reason, requires another permission, or obliges the caller to something.
//!
//! # A whole family
//!
//! ```
//! use permesso_sdk::{Answer, Family, Nothing, Question, forbid_if};
//!
//! permesso_sdk::names! {
//!     /// What the family is asked about.
//!     pub enum Permission {
//!         View = "doc.view",
//!         Share = "doc.share",
//!     }
//! }
//!
//! permesso_sdk::inputs! {
//!     /// What the rules read, and nothing else is ever sent.
//!     pub struct Inputs {
//!         me: text = "subject.id",
//!         owner: texts = "resource.owner",
//!         published: boolean = "resource.published",
//!         label: text = "resource.label",
//!     }
//! }
//!
//! permesso_sdk::reasons! {
//!     /// Why not.
//!     pub enum Reason {
//!         Draft = "draft" => "The document is not published yet.",
//!     }
//! }
//!
//! permesso_sdk::obligations! {
//!     /// What callers do when they show a document.
//!     pub enum Duty {
//!         Watermark = "watermark" => ["pages"],
//!     }
//! }
//!
//! /// Documents that have drafts and labels.
//! pub struct Docs;
//!
//! impl Family for Docs {
//!     type Permission = Permission;
//!     type Kind = Nothing;
//!     type Inputs<'q> = Inputs<'q>;
//!     type Reason = Reason;
//!     type Obligation = Duty;
//!     type Require = Nothing;
//!
//!     const ID: &'static str = "docs";
//!     const VERSION: &'static str = "1.0.0";
//!     const TITLE: &'static str = "Documents: drafts and labels";
//!
//!     fn evaluate(question: &Question<'_, Self>) -> Answer<Self> {
//!         match question.permission() {
//!             Permission::View => view(question.inputs()).unwrap_or_else(Answer::forbid),
//!             Permission::Share => Answer::abstain(),
//!         }
//!     }
//! }
//!
//! fn view(inputs: Inputs<'_>) -> Result<Answer<Docs>, Reason> {
//!     let is_mine = inputs.owner().names(inputs.me());
//!     forbid_if(inputs.published().is(false) && !is_mine, Reason::Draft)?;
//!     if inputs.label().is_word("confidential") {
//!         return Ok(Answer::abstain().oblige(Duty::Watermark));
//!     }
//!     Ok(Answer::abstain())
//! }
//!
//! permesso_sdk::export!(Docs);
//! # use permesso_sdk::testing::ask;
//! # let draft = ask::<Docs>(Permission::View).with("resource.published", false);
//! # assert_eq!(draft.answer(), Answer::forbid(Reason::Draft));
//! # let own = draft.with("subject.id", "ann").with("resource.owner", "ann");
//! # assert_eq!(own.answer(), Answer::abstain());
//! # let label = own.with("resource.label", "Confidential");
//! # assert_eq!(label.answer(), Answer::abstain().oblige(Duty::Watermark));
//! ```
//!
//! # What has to be true of a rule
//!
//! - **It is pure.** Hosts keep answers, ask twice, and throw instances away between calls.
//! - **It reads little.** Declare an input only if a rule reads it: answers are shared between
//!   all questions that agree on the inputs.
//! - **It does not open by accident.** Absent is not `false`, and a word that the rule does not
//!   know is not the good one. Ask for what you need to see (`is(true)`, `is_one_of(..)`,
//!   `names(..)`), and mind what the rest falls through to.
//! - **It does not panic.** A panic denies and throws the instance away. Lists are bounded by
//!   the host, so plain loops are fine.
//!
//! # What a component gets without asking
//!
//! - [`export!`] makes the component's exports, `evaluate-batch` included, and checks the
//!   manifest when the family is compiled.
//! - An allocator that suits short calls: blocks follow each other in a fixed range and start
//!   over when none is alive, so an instance may be reused forever and a fresh one touches few
//!   pages. **Nothing that is allocated may outlive a call**: one block kept in a `static` stops
//!   the memory from starting over.
//! - A panic that traps at once, without the code that would format its message. That needs a
//!   family without the standard library: let it begin with
//!   `#![cfg_attr(target_arch = "wasm32", no_std)]` and take `Vec`, `String` and `format!` from
//!   `extern crate alloc`. One that needs `std` turns on the feature `std` of this crate.
//!
//! Optimisation, stack size and `panic = "abort"` belong to the workspace; copy them from the
//! README.
//!
//! # Testing
//!
//! Rules are tested natively with [`testing`]; no component and no host is needed.

#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

#[cfg(any(target_arch = "wasm32", test))]
mod arena;
mod attribute;
#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod check;
mod component;
pub mod config;
mod family;
#[cfg(target_arch = "wasm32")]
mod heap;
mod input;
mod json;
pub mod log;
#[cfg(not(target_arch = "wasm32"))]
mod reads;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod vocabulary;

pub use attribute::{Attribute, Table, Texts, Value, same_word};
#[doc(hidden)]
pub use component::Component;
pub use config::Diagnostic;
pub use family::{
    Answer, Condition, Family, Literal, Open, Plan, PlanQuestion, Question, forbid_if,
};
#[doc(hidden)]
pub use input::Values;
pub use input::{InputSpec, Inputs, ValueKind};
pub use vocabulary::{Listed, Name, Nothing, Obligation, ObligationSpec, Reason, ReasonSpec};

/// Makes a crate the component of that family. Once in a crate of type `cdylib`; in native
/// builds it only checks the manifest.
#[macro_export]
macro_rules! export {
    ($family:ty) => {
        const _: () = $crate::check::family::<$family>();

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::Component<$family>;
    $crate::bindings::export_component!(Exported with_types_in $crate::bindings);
        };
    };
}

/// Ends the call: what the host sent cannot be. In a component that is a trap, which denies,
/// without the code that would format a message nobody reads.
#[allow(clippy::panic, reason = "in a native test the message helps")]
#[cold]
fn fault(message: &str) -> ! {
    #[cfg(target_arch = "wasm32")]
    {
        let _ = message;
        core::arch::wasm32::unreachable()
    }
    #[cfg(not(target_arch = "wasm32"))]
    panic!("{message}")
}

/// A panic ends the call in the same way.
#[cfg(all(target_arch = "wasm32", not(feature = "std")))]
#[panic_handler]
fn panicked(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
