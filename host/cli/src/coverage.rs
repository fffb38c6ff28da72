//! What the rows of the tables exercised in the documents of each folder.

use super::Failure;
use comfy_table::{CellAlignment, Table, presets};
use permesso_engine::compile::{Definition, FamilySet, PeopleFrom};
use permesso_engine::coverage::{Branch, Coverage, LineKind, LineTally, Report};
use permesso_folders::TenantFolder;
use permesso_folders::table::RowOutcome;
use serde::Serialize;

/// The coverage of each folder of which a table was run.
#[derive(Debug, Default)]
pub(super) struct Measured<'a>(Vec<(&'a TenantFolder, Coverage)>);

/// The coverage of a folder as programs read it.
#[derive(Serialize)]
struct View<'a> {
    coverage: String,
    kinds: Vec<KindView>,
    #[serde(flatten)]
    report: &'a Report,
}

#[derive(Serialize)]
struct KindView {
    #[serde(flatten)]
    tally: LineTally,
    percent: usize,
}

impl<'a> Measured<'a> {
    /// Crosses off what a row of a folder exercised.
    pub(super) fn add(&mut self, folder: &'a TenantFolder, outcome: &RowOutcome) {
        let known = self.0.iter().position(|(of, _)| std::ptr::eq(*of, folder));
        if known.is_none() {
            self.0.push((folder, list(folder)));
        }
        let coverage = match known {
            Some(known) => self.0.get_mut(known),
            None => self.0.last_mut(),
        };
        if let (Some((_, coverage)), Ok(explanation)) = (coverage, &outcome.result) {
            coverage.add(&outcome.row.action, explanation);
        }
    }

    /// Prints what was exercised and what was not.
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        for (folder, coverage) in &self.0 {
            let report = coverage.report();
            let path = folder.path.display().to_string();
            if json {
                print_json(path, &report)?;
            } else {
                println!("coverage of {path}");
                print_report(&report);
            }
        }
        Ok(())
    }

    /// The folders and kinds of which less than this share was exercised in full: of grants and
    /// of programs, the lines that every tenant can put to the test.
    pub(super) fn below(&self, percent: u8) -> Vec<String> {
        let mut below = Vec::new();
        for (folder, coverage) in &self.0 {
            for tally in coverage.report().tallies {
                let asked = matches!(tally.kind, LineKind::Grant | LineKind::Program);
                if asked && tally.percent() < usize::from(percent) {
                    below.push(format!(
                        "{}: {} of {} {} are covered, which is less than {percent} %",
                        folder.path.display(),
                        tally.covered,
                        tally.total,
                        tally.kind.name(),
                    ));
                }
            }
        }
        below
    }
}

/// What can be exercised in a folder.
fn list(folder: &TenantFolder) -> Coverage {
    Coverage::new(&Definition {
        catalog: &folder.catalog,
        tenant: &folder.tenant,
        people: PeopleFrom::Directory(&folder.directory),
        families: &FamilySet::new(),
        revision: 1,
        lenient: true,
        before: None,
    })
}

fn print_report(report: &Report) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["kind", "covered", "partly", "total", "percent"]);
    for tally in report.tallies.iter().filter(|tally| tally.total > 0) {
        let LineTally { kind, total, covered, partly } = tally;
        let numbers = [*covered, *partly, *total, tally.percent()];
        let numbers = numbers.iter().map(ToString::to_string);
        table.add_row(std::iter::once(kind.name().to_owned()).chain(numbers));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    for missing in &report.missing {
        let at = missing.place.at;
        let never: Vec<_> = missing.never.iter().copied().map(Branch::never).collect();
        let never = never.join(", ");
        println!("{}:{}:{}: {}: {never}", missing.file, at.line, at.column, missing.label);
    }
    for wide in report.wide.iter().filter(|wide| wide.asked < wide.permissions) {
        println!(
            "{}:{}:{}: {}: asked for {} of {} permissions",
            wide.file,
            wide.place.at.line,
            wide.place.at.column,
            wide.label,
            wide.asked,
            wide.permissions
        );
    }
}

fn print_json(coverage: String, report: &Report) -> Result<(), Failure> {
    let kinds = report.tallies.iter();
    let kinds = kinds.map(|tally| KindView { tally: *tally, percent: tally.percent() }).collect();
    let text = serde_json::to_string(&View { coverage, kinds, report })
        .map_err(|error| Failure(format!("error: {error}")))?;
    println!("{text}");
    Ok(())
}
