//! Tenants in folders: read, compiled with the families that are installed, and decided on inside
//! of one's own process.
//!
//! A [`TenantFolder`] holds a product's catalog, a tenant and its people; a [`DecisionPoint`] puts
//! folders, families and the engine together; [`table`] holds what has to come out against what
//! does. There is no port, no database and no second process: this is what an application
//! embeds, and what a product's tests run.
//!
//! ```
//! use permesso_engine::decision::{Asserted, Request, Resource};
//! use permesso_engine::model::Attributes;
//! use permesso_folders::DecisionPoint;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! std::fs::write(folder.join("product.yaml"), "
//! product: bakery
//! version: 1.0.0
//! relations: [owner]
//! own_means: [owner]
//! categories:
//! - {id: bread, permissions: [{id: bread.bake}]}
//! ")?;
//! std::fs::write(folder.join("tenant.yaml"), "
//! tenant: corner
//! product: bakery
//! roles:
//! - {id: baker, grants: [{permission: bread.bake, scope: all}]}
//! ")?;
//! std::fs::write(folder.join("people.yaml"), "users: [{id: ann, roles: [baker]}]")?;
//!
//! let decision_point = DecisionPoint::builder().folder(folder).build()?;
//! let nothing = Attributes::new();
//! let bread = Resource { kind: "bread", id: Some("b-1"), attributes: &nothing };
//! let may = |subject| {
//!     let request =
//!         Request { subject, action: "bread.bake", resource: bread, context: &nothing, asserted: Asserted::NONE, now: 0 };
//!     decision_point.decide("corner", &request)
//! };
//! assert!(may("ann").is_allow());
//! assert_eq!(may("bob").reason.code(), "unknown-subject");
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod decision_point;
mod folder;
pub mod table;

pub use decision_point::{DecisionPoint, DecisionPointBuilder, SetupError, Update};
pub use folder::{FolderError, TenantFolder};
