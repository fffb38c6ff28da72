//! Tenants as they are edited and followed: between the log and the engine.
//!
//! The [store](permesso_store) knows records and JSON, the [engine](permesso_engine) knows
//! policies and decisions; here is what a document of the log means to the engine. A [`Node`]
//! follows the log and keeps every tenant compiled at its revision, reads users when a decision
//! turns on them, and makes changes: each is settled against one revision, checked as a whole,
//! and appended only if the log is still there.
//!
//! ```text
//! store ─▶ documents ─▶ tenant ─▶ engine ─▶ decision
//!   ▲                      │
//!   └── append ◀── checks ◀┴── operation, in somebody's name
//! ```
//!
//! Neither HTTP nor WebAssembly is known here: families come in through [`Components`].
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod bundle;
mod caller;
mod components;
mod decide;
mod document;
mod edit;
mod error;
mod follow;
mod kind;
mod node;
pub mod operation;
mod view;

pub use caller::Caller;
pub use components::{Components, NoComponents, Pointed};
pub use decide::inquiry::{Inquiry, inquire};
pub use decide::replay::{Answered, Replayed};
pub use document::{CatalogPin, CatalogText, Settings, SharingDefault, Team};
pub use edit::administration;
pub use edit::{Done, DryRun, Edited, Options, Precondition};
pub use error::{ChangeError, Unserved};
pub use follow::log::follow;
pub use follow::{Held, Standing, TenantListing};
pub use kind::Kind;
pub use node::{Look, Node, NodeConfig};
pub use operation::{Operation, Plan};
pub use view::View;
