//! The command line.
//!
//! Thin on purpose: each command reads its arguments, calls the library, and prints. Exit codes
//! are for scripts: 0 for yes, allowed or passed, 1 for no, denied or failed, 2 for a mistake in
//! the arguments or the documents.

mod ask;
mod report;
mod serve;
mod test;

use crate::pdp::{Pdp, SetupError};
use clap::{Args, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// May this subject do this action on this resource?
#[derive(Debug, Parser)]
#[command(name = "permesso", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the tenants of one or several folders over HTTP
    Serve(serve::Serve),
    /// Answer one question: exit code 0 if allowed, 1 if denied
    Check(ask::Ask),
    /// Answer one question and show everything that was looked at
    Explain(ask::Ask),
    /// Run decision tables: exit code 0 only if every row passes
    Test(test::Test),
}

/// The folders and components to work with.
#[derive(Debug, Args)]
struct Sources {
    /// A folder with product.yaml, tenant.yaml and people.yaml; may be given several times
    #[arg(long = "example", value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    /// The folder of the components [default: $PERMESSO_FAMILIES, or `families` beside the
    /// binary, above it, or in ./target]
    #[arg(long, value_name = "DIR", env = "PERMESSO_FAMILIES")]
    families: Option<PathBuf>,
    /// Leave this family out, as if its component were not installed
    #[arg(long = "without-family", value_name = "ID")]
    without: Vec<String>,
}

impl Sources {
    fn build(&self) -> Result<Pdp, SetupError> {
        let mut builder = Pdp::builder();
        if let Some(families) = self.families.clone().or_else(default_families) {
            builder = builder.families(families);
        }
        for folder in &self.folders {
            builder = builder.folder(folder);
        }
        for family in &self.without {
            builder = builder.without_family(family);
        }
        builder.build()
    }
}

/// The first folder of components that exists in the usual places.
fn default_families() -> Option<PathBuf> {
    let binary = std::env::current_exe().ok();
    let beside = binary.as_deref().and_then(Path::parent);
    let candidates = [
        beside.map(|folder| folder.join("families")),
        beside.and_then(Path::parent).map(|folder| folder.join("families")),
        Some(PathBuf::from("target/families")),
    ];
    candidates.into_iter().flatten().find(|path| path.is_dir())
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("PERMESSO_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,permesso_host=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let result = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Check(ask) => ask.check(),
        Command::Explain(ask) => ask.explain(),
        Command::Test(test) => test.run(),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        ExitCode::from(2)
    })
}

/// Why a command could not do its work, as it is printed.
#[derive(Debug)]
struct Failure(String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        Self(report::setup(&error))
    }
}

/// Now, in milliseconds since 1970-01-01T00:00:00Z.
fn now() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    elapsed.ok().and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok()).unwrap_or(0)
}
