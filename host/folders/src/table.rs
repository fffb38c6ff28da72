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
//! A row that names an action, a role, a policy, a user, a team or a member that does not exist is
//! a mistake and fails, whatever it expects: a misspelt name would be denied for ever. Whom a
//! record names (its owner, its author) has to be somebody where the row is about the tenant as it
//! is, and a subject that it describes is in no team, has no tag and no attribute that is nearly
//! one that there is. With [`Beyond::Refused`] neither says anything that the catalog does not
//! declare. A line that says a name twice, two rows of one id and two rows that ask the same, be it
//! in two tables of one run, are mistakes of the table, of which nothing is run.
//!
//! Every row is decided twice, silently and with a trace, and a difference between the two is a
//! failure as well.

mod names;
mod overlay;
mod question;
mod row;
mod worlds;

pub use names::Beyond;
pub use row::{Expect, Row, RowError};

use crate::folder::TenantFolder;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Explanation, Verdict};
use question::Strict;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};
use worlds::{Brought, Worlds};

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
    let mut outcomes = Vec::new();
    Tables::new(folder, families).run(table, now, |outcome| outcomes.push(outcome))?;
    Ok(outcomes)
}

/// The tables of a folder, run one after the other: what one asks, no other asks again.
pub struct Tables<'a> {
    worlds: Worlds<'a>,
    asked: HashMap<String, Known>,
}

/// A question that a row has asked.
struct Known {
    table: Arc<Path>,
    line: usize,
    expect: Expect,
    because: Option<String>,
}

impl<'a> Tables<'a> {
    /// Those of a folder, with the families that are installed.
    #[must_use]
    pub fn new(folder: &'a TenantFolder, families: &'a FamilySet) -> Self {
        Self { worlds: Worlds::new(folder, families), asked: HashMap::new() }
    }

    /// With what becomes of a row that tells more than the catalog declares.
    #[must_use]
    pub fn with(mut self, beyond: Beyond) -> Self {
        self.worlds.beyond(beyond);
        self
    }

    /// Runs a table, and hands over what came of each row as it comes: the traces of a large table
    /// are more than one wants to keep.
    ///
    /// # Errors
    ///
    /// As of [`run`]. Nothing is handed over then.
    pub fn run(
        &mut self,
        table: &Path,
        now: i64,
        mut each: impl FnMut(RowOutcome),
    ) -> Result<(), TableError> {
        for Asked { row, line, brought } in self.read(table)? {
            let result = self.worlds.decide(&row, &brought, now);
            each(RowOutcome { row, line, result });
        }
        Ok(())
    }

    /// The rows of a table.
    fn read(&mut self, table: &Path) -> Result<Vec<Asked>, TableError> {
        let text = fs::read_to_string(table)
            .map_err(|source| TableError::Read { path: table.to_owned(), source })?;
        // Some editors begin a file with a mark that nobody sees.
        let text = text.trim_start_matches('\u{feff}');
        let path: Arc<Path> = table.into();
        let mut rows = Vec::new();
        let mut ids: HashMap<String, usize> = HashMap::new();
        for (index, text) in text.lines().enumerate() {
            if text.trim().is_empty() {
                continue;
            }
            let line = index + 1;
            let wrong = |error| TableError::Row { path: table.to_owned(), line, error };
            let Strict(value) = row::read(text).map_err(wrong)?;
            let row = Row::parse(text).map_err(wrong)?;
            if let Some(line) = ids.insert(row.id.clone(), line) {
                return Err(wrong(RowError::Twice { id: row.id, line }));
            }
            let because = reason(&value);
            match self.asked.entry(question::asked(&value)) {
                Entry::Occupied(known) => {
                    let known = known.get();
                    let contradicts = known.expect != row.expect;
                    // What two documents state for reasons of their own is asked for both.
                    let copied = known.because.is_none() || known.because == because;
                    if contradicts || copied {
                        let elsewhere = (*known.table != *path).then(|| known.table.to_path_buf());
                        let line = known.line;
                        return Err(wrong(RowError::Again { line, elsewhere, contradicts }));
                    }
                }
                Entry::Vacant(free) => {
                    let table = Arc::clone(&path);
                    free.insert(Known { table, line, expect: row.expect, because });
                }
            }
            rows.push(Asked { row, line, brought: Brought::by(&value) });
        }
        Ok(rows)
    }
}

/// A row, and in which world it asks.
struct Asked {
    row: Row,
    line: usize,
    brought: Brought,
}

/// Why the row of a line expects what it does, where it says so.
fn reason(line: &serde_json::Value) -> Option<String> {
    line.get("because")?.as_str().map(str::to_owned)
}
