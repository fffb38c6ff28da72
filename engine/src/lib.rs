//! The Permesso engine: may this subject do this action on this resource?
//!
//! A pure library. It does no I/O, starts no thread, awaits nothing and knows neither HTTP nor
//! SQL nor WebAssembly; a family is a trait to it. Arrows between its parts point one way:
//!
//! ```text
//! model ◀─ snapshot ◀─ directory ◀─┬─ compile  ◀─┬─ Authorizer ◀─ whoever embeds it
//!   documents  policy      people    └─ evaluate ◀─┘  tenants, cache
//! ```
//!
//! - [`load`] reads documents, [`compile`](mod@compile) follows every reference in them once
//!   and finds every fault;
//! - where a directory is too large for that, its users are read as decisions turn on them: see
//!   [`directory::Subjects`];
//! - an [`Authorizer`] holds the compiled tenants and decides: [`Authorizer::decide`] on the hot
//!   path, [`Authorizer::explain`] with everything that was looked at;
//! - [`flip`] and [`inspect`] answer questions about answers: what would flip one, what a user may
//!   do, how two differ, what an edit would do. What they propose is a [`change::Edit`], and what
//!   that opens and closes is worked out by the steps that decide;
//! - what is unknown, ill-typed or broken denies, with a [`decision::Reason`].
//!
//! # A decision
//!
//! ```
//! use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
//! use permesso_engine::decision::{Asserted, Request, Resource};
//! use permesso_engine::model::Attributes;
//! use permesso_engine::{Authorizer, load};
//! use std::sync::Arc;
//!
//! // What there is to be permitted. Of a bread that somebody baked they are the baker.
//! let catalog = compile::catalog(load::catalog("product.yaml", "
//! product: bakery
//! version: 1.0.0
//! relations: [baker]
//! own_means: [baker]
//! categories:
//!   - id: oven
//!     permissions: [{id: bread.bake}, {id: bread.sell}]
//! ")?);
//! // Who gets what, and who there is.
//! let tenant = Arc::new(load::tenant("tenant.yaml", "
//! tenant: corner
//! product: bakery
//! roles:
//!   - {id: baker, grants: [{permission: bread.bake, scope: own}]}
//! ")?);
//! let directory = load::directory("people.yaml", "users: [{id: anna, roles: [baker]}]")?;
//!
//! let authorizer = Authorizer::new(10_000);
//! authorizer.install(compile(&Definition {
//!     catalog: &catalog,
//!     tenant: &tenant,
//!     people: PeopleFrom::Directory(&directory),
//!     families: &FamilySet::new(),
//!     revision: 1,
//!     lenient: false,
//!     before: None,
//! })?);
//!
//! let ask = |action, baker: &str| {
//!     let attributes: Attributes<'_> = [("baker", baker.into())].into_iter().collect();
//!     authorizer.decide("corner", &Request {
//!         subject: "anna",
//!         action,
//!         resource: Resource { kind: "bread", id: Some("rye"), attributes: &attributes },
//!         context: &Attributes::new(),
//!         asserted: Asserted::NONE,
//!         now: 1_790_000_000_000,
//!     })
//! };
//! assert!(ask("bread.bake", "anna").is_allow());
//! assert_eq!(ask("bread.bake", "otto").reason.code(), "out-of-scope");
//! assert_eq!(ask("bread.sell", "anna").reason.code(), "not-granted");
//! // A misspelt action is denied as well, and never by accident allowed.
//! assert_eq!(ask("bread.bakes", "anna").reason.code(), "unknown-action");
//! # Ok::<(), permesso_engine::diagnostic::Diagnostics>(())
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod administration;
mod authorizer;
mod cache;
pub mod change;
pub mod compile;
pub mod condition;
pub mod coverage;
pub mod decision;
pub mod diagnostic;
pub mod directory;
mod evaluate;
pub mod family;
mod fast;
pub mod flip;
pub mod inspect;
pub mod load;
pub mod model;
pub mod names;
mod profile;
mod snapshot;
mod suggest;

pub use authorizer::{Asking, Authorizer, Batch, decide_alone, explain_alone};
pub use cache::CacheStats;
pub use suggest::suggest;
