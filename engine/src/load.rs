//! Reading documents.
//!
//! The engine does no I/O: whoever calls it has read the text and says what it is called.

mod exported;
mod objects;
mod plain;
mod yaml;

pub use objects::Objects;
pub use plain::{Plain, plain};
pub use yaml::{fault, options};

use crate::diagnostic::Diagnostics;
use crate::model::{Catalog, Directory, Tenant};
use serde::de::DeserializeOwned;

/// A document and what it is called in messages.
#[derive(Debug, Clone, Default)]
pub struct Source<T> {
    /// Its name, most often a path.
    pub file: String,
    /// What it says.
    pub value: T,
}

impl<T> Source<T> {
    /// A document made by a program.
    pub fn new(file: impl Into<String>, value: T) -> Self {
        Self { file: file.into(), value }
    }
}

/// Reads a product catalog.
///
/// # Errors
///
/// The place and the fault where the text is no YAML or no catalog. References inside it are
/// followed when it is compiled.
pub fn catalog(file: &str, text: &str) -> Result<Source<Catalog>, Diagnostics> {
    document(file, text)
}

/// Reads a tenant.
///
/// # Errors
///
/// As [`catalog`].
pub fn tenant(file: &str, text: &str) -> Result<Source<Tenant>, Diagnostics> {
    let read: Source<exported::Exported> = document(file, text)?;
    Ok(Source::new(file, read.value.0))
}

/// Reads the people of a tenant.
///
/// # Errors
///
/// As [`catalog`].
pub fn directory(file: &str, text: &str) -> Result<Source<Directory>, Diagnostics> {
    document(file, text)
}

/// Reads any other document.
///
/// # Errors
///
/// As [`catalog`].
pub fn document<T: DeserializeOwned>(file: &str, text: &str) -> Result<Source<T>, Diagnostics> {
    serde_saphyr::from_str_with_options(text, yaml::options())
        .map(|value| Source::new(file, value))
        .map_err(|error| yaml::fault(file, &error).into())
}
