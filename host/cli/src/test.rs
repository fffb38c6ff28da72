//! `permesso test`: decision tables.

mod junit;

use self::junit::{Case, Junit};
use super::ask::verdict;
use super::coverage::Measured;
use super::explain::tree;
use super::{Failure, Sources, now};
use clap::Args;
use permesso_engine::family::FamilySource as _;
use permesso_folders::DecisionPoint;
use permesso_folders::TenantFolder;
use permesso_folders::table::{Beyond, Expect, RowOutcome, Tables};
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Which tables to run.
#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    sources: Sources,
    /// The tables [default: tables/*.jsonl of each folder]
    #[arg(value_name = "TABLE")]
    tables: Vec<PathBuf>,
    /// Print every row as JSON, one a line, with its trace, and a summary on the last line
    #[arg(long)]
    json: bool,
    /// Write what came of each row into a file, as the JUnit XML that CI systems read
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Refuse a row that says more of a record, a subject or the context than the catalog
    /// declares: without, only what is nearly declared is a mistake
    #[arg(long)]
    strict: bool,
    /// Say which grants, programs, conditions, guards and sharing rules of the documents no row
    /// exercised
    #[arg(long)]
    coverage: bool,
    /// Fail if less than this share of the grants or of the programs is covered
    #[arg(long, value_name = "PERCENT", requires = "coverage")]
    #[arg(value_parser = clap::value_parser!(u8).range(..=100))]
    min_coverage: Option<u8>,
}

impl Test {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let point = self.sources.build()?;
        let (mut passed, mut failed) = (0_u64, 0_u64);
        let (mut measured, mut junit) = (Measured::default(), Junit::default());
        let families = point.installation().families();
        let beyond = if self.strict { Beyond::Refused } else { Beyond::Told };
        let mut tables: HashMap<&Path, Tables<'_>> = HashMap::new();
        for (folder, table) in pair(&point, &self.tables)? {
            let begun = Instant::now();
            let mut cases = Vec::new();
            let of_folder = || Tables::new(folder, &families).with(beyond);
            let asking = tables.entry(&*folder.path).or_insert_with(of_folder);
            let ran = asking.run(&table, now(), |outcome| {
                let counter = if outcome.passed() { &mut passed } else { &mut failed };
                *counter += 1;
                if self.coverage {
                    measured.add(folder, &outcome);
                }
                if self.junit.is_some() {
                    cases.push(Case::of(&table, &outcome));
                }
                if self.json {
                    println!("{}", as_json(&table, &outcome));
                } else if !outcome.passed() {
                    print_mismatch(&table, &outcome);
                }
            });
            if let Err(error) = ran {
                // CI reads the file, and not why there is none.
                junit.unreadable(&table, &error);
                self.write(&junit)?;
                return Err(Failure(format!("error: {error}")));
            }
            junit.table(&table, cases, begun.elapsed());
        }
        if passed + failed == 0 {
            let what = "error: there is no row in these tables; nothing was tested";
            junit.empty();
            self.write(&junit)?;
            return Err(Failure(what.to_owned()));
        }
        measured.print(self.json)?;
        let below = self.min_coverage.map(|percent| measured.below(percent)).unwrap_or_default();
        junit.uncovered(&below);
        self.write(&junit)?;
        if self.json {
            println!("{}", json!({"passed": passed, "failed": failed, "below": below}));
        } else {
            below.iter().for_each(|line| println!("{line}"));
            println!("{passed} passed, {failed} failed");
        }
        let good = failed == 0 && below.is_empty();
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn write(&self, junit: &Junit) -> Result<(), Failure> {
        self.junit.as_ref().map_or(Ok(()), |path| junit.write(path))
    }
}

/// Each table with the folder that it is about: its own tables where none is named, else the
/// folder whose product the table's rows name, or the only one.
fn pair<'a>(
    point: &'a DecisionPoint,
    tables: &[PathBuf],
) -> Result<Vec<(&'a TenantFolder, PathBuf)>, Failure> {
    let mut pairs = Vec::new();
    if tables.is_empty() {
        for folder in point.folders() {
            for table in own_tables(&folder.path)? {
                pairs.push((folder, table));
            }
        }
        return Ok(pairs);
    }
    for table in tables {
        let folder = match point.folders() {
            [only] => only,
            folders => {
                let product = product_of(table);
                let found = folders.iter().find(|folder| {
                    product.as_deref() == Some(folder.catalog.source().value.product.as_str())
                });
                found.ok_or_else(|| {
                    let table = table.display();
                    Failure(format!("error: none of the folders is about the product of `{table}`"))
                })?
            }
        };
        pairs.push((folder, table.clone()));
    }
    Ok(pairs)
}

fn own_tables(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folder = folder.join("tables");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| Failure(format!("error: cannot read `{}`: {error}", folder.display())))?;
    let mut tables: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    tables.sort();
    Ok(tables)
}

/// The product that the first row of a table names.
fn product_of(table: &Path) -> Option<String> {
    let text = std::fs::read_to_string(table).ok()?;
    let row: serde_json::Value = serde_json::from_str(text.lines().next()?).ok()?;
    Some(row.get("product")?.as_str()?.to_owned())
}

fn print_mismatch(table: &Path, outcome: &RowOutcome) {
    let row = &outcome.row;
    let wanted = match row.expect {
        Expect::Allow => "ALLOW",
        Expect::Deny => "DENY",
    };
    println!(
        "{}:{}: {} should be {wanted}: {}",
        table.display(),
        outcome.line,
        row.id,
        row.because
    );
    println!("  may `{}` do `{}` on {}?", row.subject.user, row.action, row.resource.kind);
    match &outcome.result {
        Ok(found) => println!("{}{}\n", tree(&found.trace, None), verdict(&found.decision)),
        Err(error) => println!("  {error}\n"),
    }
}

fn as_json(table: &Path, outcome: &RowOutcome) -> serde_json::Value {
    let (decision, reason, trace, error) = match &outcome.result {
        Ok(found) => (
            Some(found.decision.is_allow()),
            Some(json!({
                "code": found.decision.reason.code(),
                "detail": found.decision.reason.detail(),
                "message": found.decision.reason.to_string(),
            })),
            Some(&found.trace),
            None,
        ),
        Err(error) => (None, None, None, Some(error.to_string())),
    };
    json!({
        "table": table.display().to_string(),
        "line": outcome.line,
        "id": outcome.row.id,
        "passed": outcome.passed(),
        "decision": decision,
        "reason": reason,
        "trace": trace,
        "error": error,
    })
}
