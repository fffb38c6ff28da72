//! What cannot be supplied, wherever families come from.

use super::depot::DepotError;
use permesso_runtime::{LoadError, RuntimeError};
use std::io;
use std::path::PathBuf;

/// What cannot be supplied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupplyError {
    /// The WebAssembly runtime does not start.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A component is refused.
    #[error(transparent)]
    Component(#[from] LoadError),
    /// The depot cannot be used, or a family in it cannot be run.
    #[error(transparent)]
    Depot(#[from] DepotError),
    /// Two components say that they are the same family.
    #[error("`{first}` and `{second}` are both the family `{id}`; keep one of them")]
    TwoComponents {
        /// The family.
        id: String,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
}
