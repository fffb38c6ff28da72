//! What is wrong with a document, and where.
//!
//! Bad input changes nothing and is refused with everything that is wrong with it, not with the
//! first fault only: whoever fixes a catalog wants to fix it once.

use crate::model::{Document, Place, Position, Text};
pub(crate) use crate::suggest::suggest;
use std::fmt;

/// One fault of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The document, as the loader named it; most often a path.
    pub file: String,
    /// Where in it; zeros where unknown.
    pub at: Position,
    /// Which field, such as `roles.closer.grants`; empty for the whole document.
    pub field: String,
    /// What is wrong: lower-case, without full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.at.line > 0 {
            write!(f, ":{}:{}", self.at.line, self.at.column)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// The faults in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many faults there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a fault.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// The value if nothing is wrong.
    ///
    /// # Errors
    ///
    /// The faults.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, iter: I) {
        self.0.extend(iter);
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, diagnostic) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// What is told holds names from documents, of which none need end.
pub(crate) fn bounded(text: String) -> String {
    const LONGEST: usize = 600;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// For so many faults the nearest name is looked for.
const SUGGESTED: usize = 64;

/// Collects the faults of one document.
pub(crate) struct Reporter<'a> {
    document: Document,
    file: &'a str,
    pub(crate) found: &'a mut Diagnostics,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(document: Document, file: &'a str, found: &'a mut Diagnostics) -> Self {
        Self { document, file, found }
    }

    /// A place in the document.
    pub(crate) fn place(&self, at: Position) -> Place {
        Place { document: self.document, at }
    }

    /// A fault at a position.
    pub(crate) fn fault(
        &mut self,
        at: Position,
        field: impl Into<String>,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.found.push(Diagnostic {
            file: self.file.to_owned(),
            at,
            field: bounded(field.into()),
            message: bounded(message.into()),
            help: help.map(bounded),
        });
    }

    /// A reference to something that does not exist, with the nearest name that does. Of very many
    /// faults only the first are told that: the rest come of the same mistake, and each would be
    /// held against every name that there is.
    pub(crate) fn unknown<'k>(
        &mut self,
        what: &str,
        name: &Text,
        field: impl Into<String>,
        known: impl Iterator<Item = &'k str>,
    ) {
        let near = (self.found.len() < SUGGESTED).then(|| suggest(name, known)).flatten();
        self.fault(name.at(), field, format!("unknown {what} `{name}`"), near);
    }
}
