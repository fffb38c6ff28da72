//! Tenants as they are edited and followed: between the log and the engine.
//!
//! The [store](permesso_store) knows records and JSON, the [engine](permesso_engine) knows
//! policies and decisions; here is what a document of the log means to the engine. A [`Node`]
//!
//! - **follows**: a tenant comes into memory when it is first asked about, compiled at its
//!   revision, and goes when nobody asks and memory is wanted. One question to the store tells
//!   which logs have moved;
//! - **decides**: what a decision turns on is read when that is found out (see [`Inquiry`]);
//! - **edits**: a change is settled against one revision, checked as a whole, and appended only
//!   if the log is still there.
//!
//! ```text
//! store ─▶ documents ─▶ tenant ─▶ engine ─▶ decision
//!   ▲                      │
//!   └── append ◀── checks ◀┴── operation, in somebody's name
//! ```
//!
//! Neither HTTP nor WebAssembly is known here: families come in through
//! [`FamilySource`](permesso_engine::family::FamilySource).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use permesso_engine::Authorizer;
//! use permesso_engine::decision::{Asserted, Request, Resource};
//! use permesso_engine::family::FamilySet;
//! use permesso_engine::model::{Attributes, User};
//! use permesso_node::operation::{CreateTenant, PublishProduct};
//! use permesso_node::{Caller, Node, NodeConfig, Options, Settings};
//! use permesso_store::{Location, Realm, open};
//! use std::sync::Arc;
//!
//! let folder = tempfile::tempdir()?;
//! let store = open(&Location::Sqlite(folder.path().join("permesso.db"))).await?;
//! let (engine, families) = (Arc::new(Authorizer::new(1_000)), Arc::new(FamilySet::new()));
//! let node = Node::start(store, engine, families, NodeConfig::default()).await?;
//!
//! // A product, a tenant of it, and somebody who may do everything there.
//! let (operator, plain) = (Caller::Operator("ann".to_owned()), Options::default());
//! let text = "
//! product: desk
//! version: 1.0.0
//! categories: [{id: tickets, permissions: [{id: tickets.read}]}]
//! standard_roles: [{id: owner, grants: [{permission: \"*\", scope: all}]}]
//! ";
//! let publish = PublishProduct { text: text.to_owned() };
//! node.perform(&Realm::platform(), &operator, &publish, &plain).await?;
//! let owner = User { id: "bob".into(), roles: vec!["owner".into()], ..User::default() };
//! let settings = Settings { product: "desk".to_owned(), ..Settings::default() };
//! let create = CreateTenant { settings, owner: Some(owner) };
//! let done = node.perform(&Realm::tenant("acme")?, &operator, &create, &plain).await?;
//!
//! let nothing = Attributes::new();
//! let ticket = Resource { kind: "ticket", id: Some("1"), attributes: &nothing };
//! let ask = |subject| Request {
//!     subject,
//!     action: "tickets.read",
//!     resource: ticket,
//!     context: &nothing,
//!     asserted: Asserted::NONE,
//!     now: 0,
//! };
//! let decision = node.decide("acme", &ask("bob")).await?;
//! assert!(decision.is_allow());
//! assert_eq!(decision.revision, done.revision);
//! assert!(!node.decide("acme", &ask("mallory")).await?.is_allow());
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod bundle;
mod caller;
mod decide;
mod document;
mod edit;
mod error;
mod follow;
pub mod kept;
mod kind;
mod node;
pub mod operation;
mod view;

pub use caller::Caller;
pub use decide::inquiry::{Inquiry, inquire};
pub use decide::replay::{Replay, ReplayedFamily};
pub use document::{CatalogPin, CatalogText, Settings, SharingDefault, Team};
pub use edit::administration;
pub use edit::keepers::check_left;
pub use edit::{Concerned, Done, DryRun, Edited, Options, Precondition};
pub use error::{ChangeError, Unserved};
pub use follow::log::follow;
pub use follow::{Held, Standing, TenantListing};
pub use kind::DocumentKind;
pub use node::{Look, Node, NodeConfig};
pub use operation::{Operation, Plan};
pub use view::View;
