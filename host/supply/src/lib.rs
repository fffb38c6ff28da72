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
//!
//! ```
//! use jiff::Timestamp;
//! use permesso_engine::family::FamilySource;
//! use permesso_runtime::{Component, Runtime, RuntimeConfig};
//! use permesso_supply::{
//!     Candidate, Depot, InstallOptions, SecretKey, Signature, Supply, Validity,
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path().join("depot");
//! # let setup_deadline = std::time::Duration::from_secs(10);
//! # let config = RuntimeConfig { setup_deadline, ..RuntimeConfig::default() };
//! // A vendor signs a component; the operator trusts their key for that family.
//! let component = Component::new(std::fs::read("../../tests/fixtures/family-1.0.0.wasm")?);
//! let key = SecretKey::generate()?;
//! let validity = Validity::days(Timestamp::now(), 365)?;
//! let signature = Signature::new(&key, component.digest(), "scheduler-events", validity);
//! let depot = Depot::open(&folder)?;
//! let trust = format!(
//!     "publishers: [{{id: vendor, key: {}, families: [scheduler-events]}}]",
//!     key.public()
//! );
//! std::fs::write(folder.join("trust.yaml"), trust)?;
//!
//! // What passes every check is installed, and answers.
//! let runtime = Runtime::new(config.clone())?;
//! let (digest, source) = (component.digest(), "a file".to_owned());
//! let candidate = Candidate { component, source, signature: Some(signature) };
//! depot.install(&runtime, &candidate, &InstallOptions::default(), Timestamp::now())?;
//! let supply = Supply::builder().runtime(config).depot(&folder).build()?;
//! let families = supply.installation().families();
//! assert_eq!(families["scheduler-events"].digest(), digest.to_string());
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod depot;
mod error;
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
pub use error::SupplyError;
pub use install::{Candidate, InstallError, InstallOptions, Installed};
pub use installation::Installation;
pub use key::{KeyError, KeyId, PublicKey, SecretKey};
pub use oci::{Progress, Reference, Registry, RegistryError};
pub use signature::{Signature, SignatureError, Validity};
pub use state::{FamilyLimits, FamilyState, Generation, State};
pub use supply::{Supply, SupplyBuilder, SupplyUpdate};
pub use trust::{Publisher, Trust, TrustError};
