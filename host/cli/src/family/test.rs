//! `permesso family test`: whether a component keeps to its contract.

use super::super::{print_pretty, written};
use super::project::Project;
use super::transfer::spin;
use super::{Failure, Target, failure};
use clap::Args;
use permesso_conformance::table::{self, Row, TableError};
use permesso_conformance::{ConformanceReport, Kit, KitError, Options};
use permesso_engine::family::Manifest;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to test, and with which questions.
#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    subject: Subject,
    /// How many questions to put together [default: 2000; 200 for interpreted families]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    rounds: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A component with its tables, and how it runs.
#[derive(Debug, Args)]
pub(super) struct Subject {
    #[command(flatten)]
    pub(super) target: Target,
    /// A decision table; may be given several times [default: those that family.toml names]
    #[arg(long = "table", value_name = "FILE")]
    tables: Vec<PathBuf>,
    /// What the questions are put together from: the same seed asks the same
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Memory of one instance in MiB, for interpreted families [default: what family.toml says]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=4095))]
    memory_mib: Option<u32>,
}

impl Test {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let component = self.subject.target.read()?;
        let (options, tables) = self.subject.settings(self.rounds)?;
        let load = || Kit::load(&component.component, &component.name(), &options);
        let kit = match spin("compiling", load) {
            Ok(kit) => kit,
            Err(KitError::Refused(report)) => return self.print(&report),
            Err(error) => return Err(failure(&error)),
        };
        let rows = rows(&tables, kit.manifest())?;
        self.print(&spin("asking", || kit.run(&rows)))
    }

    fn print(&self, report: &ConformanceReport) -> Result<ExitCode, Failure> {
        if self.json {
            print_pretty(report)?;
        } else {
            written(io::stdout().lock().write_all(report.to_string().as_bytes()))?;
        }
        Ok(if report.passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Subject {
    /// How to run it, and its tables. A project says both of itself.
    pub(super) fn settings(&self, rounds: Option<u32>) -> Result<(Options, Vec<PathBuf>), Failure> {
        let path = &self.target.path;
        let project = if path.is_dir() { Some(Project::read(path)?) } else { None };
        let says = project.as_ref().map(|project| &project.says);
        let tables = match &project {
            Some(project) if self.tables.is_empty() => project.tables()?,
            _ => self.tables.clone(),
        };
        let options = Options {
            rounds,
            seed: self.seed,
            memory_mib: self.memory_mib.or(says.and_then(|says| says.memory_mib)),
            interpreted: self.memory_mib.is_some() || says.is_some_and(|says| says.interpreted),
            ..Options::default()
        };
        Ok((options, tables))
    }
}

/// The rows of the tables; every mistake in them is told.
pub(super) fn rows(tables: &[PathBuf], manifest: &Manifest) -> Result<Vec<Row>, Failure> {
    let told = |errors: Vec<TableError>| {
        let lines: Vec<_> = errors.iter().map(|error| format!("error: {error}")).collect();
        Failure(lines.join("\n"))
    };
    table::read(tables, manifest).map_err(told)
}
