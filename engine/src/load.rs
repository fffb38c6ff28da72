//! Reading documents.
//!
//! The engine does no I/O: whoever calls it has read the text and says what it is called.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::{Catalog, Directory, Position, Tenant};
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
    document(file, text)
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
    serde_saphyr::from_str(text).map(|value| Source::new(file, value)).map_err(|error| {
        let at = error.location().map_or_else(Position::default, |location| Position {
            line: u32::try_from(location.line()).unwrap_or(0),
            column: u32::try_from(location.column()).unwrap_or(0),
        });
        // The library's text goes on with the position, which the diagnostic names already, and
        // with options that its caller could set.
        let text = error.without_snippet().to_string();
        let end =
            [" at line ", ", set DuplicateKeyPolicy"].iter().filter_map(|tail| text.find(tail));
        let message = text.get(..end.min().unwrap_or(text.len())).unwrap_or(&text).to_owned();
        Diagnostic { file: file.to_owned(), at, field: String::new(), message, help: None }.into()
    })
}
