//! How families get here, and whom that takes.
//!
//! A component decides who may do what, so where it comes from matters as much as what it does.
//! The modules follow a component on its way in.
//!
//! - A vendor makes a `key` and a `signature`: over the component's digest, for one family, for a
//!   time.
//! - It travels as a file, or as an artifact of a registry (`oci`).
//! - The platform says in its `trust` file whose signatures it takes, and for which families.
//! - `install` looks at everything that can be looked at before anything is compiled, and a
//!   `depot` keeps what passed: each generation of each family, so that one command goes back.
//! - A running server follows the depot (`follow`) without dropping a request.
//!
//! A precompiled file of a vendor is never taken: native code is confined by nothing. What this
//! installation compiled itself is kept beside the components (`permesso-precompiled`).
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod depot;
mod follow;
mod install;
mod installation;
mod key;
mod oci;
mod signature;
mod state;
mod supply;
mod trust;

pub use depot::{Depot, DepotError};
pub use install::{Candidate, InstallError, InstallOptions, Installed};
pub use installation::Installation;
pub use key::{KeyError, KeyId, PublicKey, SecretKey};
pub use oci::{Progress, Reference, Registry, RegistryError};
pub use signature::{Signature, SignatureError, Validity};
pub use state::{FamilyLimits, FamilyState, Generation, State};
pub use supply::{Supply, SupplyBuilder, SupplyError, SupplyUpdate};
pub use trust::{Publisher, Trust, TrustError};
