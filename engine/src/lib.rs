//! The Permesso engine: may this subject do this action on this resource?
//!
//! A pure library. It does no I/O, starts no thread, awaits nothing and knows neither HTTP nor
//! SQL nor WebAssembly; a family is a trait to it. Arrows between its parts point one way:
//!
//! ```text
//! model ◀─ compile ◀─ evaluate ◀─ Authorizer ◀─ whoever embeds it
//!   documents   snapshot    one decision   tenants, cache
//! ```
//!
//! - [`load`] reads documents, [`compile`](mod@compile) follows every reference in them once
//!   and finds every fault;
//! - where a directory is too large for that, its users are read as decisions turn on them: see
//!   [`compile::subjects`];
//! - an [`Authorizer`] holds the compiled tenants and decides: [`Authorizer::decide`] on the hot
//!   path, [`Authorizer::explain`] with everything that was looked at;
//! - [`flip`] and [`inspect`] answer questions about answers: what would flip one, what a user may
//!   do, how two differ, what an edit would do. What they propose is a [`change::Edit`], and what
//!   that opens and closes is worked out by the steps that decide;
//! - what is unknown, ill-typed or broken denies, with a [`decision::Reason`].
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod authorizer;
mod cache;
pub mod change;
pub mod compile;
pub mod condition;
pub mod coverage;
pub mod decision;
pub mod diagnostic;
mod evaluate;
pub mod family;
mod fast;
pub mod flip;
pub mod inspect;
pub mod load;
pub mod model;
mod profile;

pub use authorizer::{Asking, Authorizer, Batch, decide_alone, explain_alone};
pub use cache::CacheStats;
