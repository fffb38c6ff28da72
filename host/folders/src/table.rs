//! Decision tables: what must come out, row by row.
//!
//! A table holds one JSON object a line. A row asks one question and says what the answer has to
//! be. It may bring a world of its own (its subject with roles and attributes, roles, policies,
//! programs, a plan, a delegation), which is laid over the tenant of the folder:
//!
//! - the row's subject takes the place of a user of that id; a subject of which the row says
//!   nothing but the id, `{"user": "anna"}`, is the user whom the directory has, with everything
//!   that is known of them and delegated to them;
//! - roles and policies of the row take the place of those of that id;
//! - `eaps`, where given, are *all* the programs there are, so that a table stays true whatever
//!   programs the tenant has;
//! - the plan takes the place of the tenant's.
//!
//! What a row leaves out stays as the folder has it, so a row about the tenant itself names
//! somebody of its people and brings nothing. `now` in the context of a row is the instant at
//! which it asks, as `2026-03-01T00:00:00Z` or a date; without it a row asks about the present.
//!
//! A row that names an action, a role, a policy, a user or a member that does not exist is a
//! mistake and fails, whatever it expects, and so are two rows of one id: a misspelt name would
//! be denied for ever.
//!
//! Every row is decided twice, silently and with a trace, and a difference between the two is a
//! failure as well.

mod names;
mod overlay;
mod row;

pub use row::{Expect, Row, RowError};

use crate::folder::TenantFolder;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Explanation, Verdict};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// A table that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is no row.
    #[error("{}:{line}: {error}", path.display())]
    Row {
        /// The table.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: RowError,
    },
}

/// What came out of one row.
#[derive(Debug)]
pub struct RowOutcome {
    /// The row.
    pub row: Row,
    /// The line that it stands on, from 1.
    pub line: usize,
    /// What came out, or why nothing could.
    pub result: Result<Explanation, RowError>,
}

impl RowOutcome {
    /// Whether what came out is what had to.
    #[must_use]
    pub fn passed(&self) -> bool {
        let wanted = match self.row.expect {
            Expect::Allow => Verdict::Allow,
            Expect::Deny => Verdict::Deny,
        };
        self.result.as_ref().is_ok_and(|found| found.decision.verdict == wanted)
    }
}

/// Runs a table against a folder.
///
/// # Errors
///
/// A file or a line that cannot be read. A row whose world cannot be built is an [`RowOutcome`]
/// that failed.
pub fn run(
    folder: &TenantFolder,
    families: &FamilySet,
    table: &Path,
    now: i64,
) -> Result<Vec<RowOutcome>, TableError> {
    let text = fs::read_to_string(table)
        .map_err(|source| TableError::Read { path: table.to_owned(), source })?;
    let mut outcomes = Vec::new();
    let mut lines: HashMap<String, usize> = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |error| TableError::Row { path: table.to_owned(), line: index + 1, error };
        let row = Row::parse(line).map_err(wrong)?;
        if let Some(line) = lines.insert(row.id.clone(), index + 1) {
            return Err(wrong(RowError::Twice { id: row.id, line }));
        }
        let result = overlay::decide(folder, families, &row, now);
        outcomes.push(RowOutcome { row, line: index + 1, result });
    }
    Ok(outcomes)
}
