//! `permesso family bench`: what a component costs.

use super::super::{print_pretty, written};
use super::test::{Subject, rows};
use super::transfer::spin;
use super::{Failure, failure};
use clap::Args;
use permesso_conformance::bench::Bencher;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// What to measure.
#[derive(Debug, Args)]
pub(super) struct Bench {
    #[command(flatten)]
    subject: Subject,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        let component = self.subject.target.read()?;
        let (options, tables) = self.subject.settings(None)?;
        let name = component.name();
        let load = || Bencher::load(&component.component, &name, &options);
        let bencher = spin("compiling", load).map_err(|error| failure(&error))?;
        let rows = rows(&tables, bencher.manifest())?;
        let bench = spin("measuring", || bencher.run(&rows)).map_err(|error| failure(&error))?;
        if self.json {
            print_pretty(&bench)?;
        } else {
            written(io::stdout().lock().write_all(bench.to_string().as_bytes()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
