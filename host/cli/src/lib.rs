//! The command line.
//!
//! Thin on purpose: each command reads its arguments, calls the library, and prints. Exit codes
//! are for scripts: 0 for yes, allowed or passed, 1 for no, denied or failed, 2 for a mistake in
//! the arguments or the documents.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod ask;
mod assign;
mod audit;
mod code;
mod coverage;
mod diff;
mod explain;
mod family;
mod impact;
mod key;
mod refresh;
mod replay;
mod report;
mod schema;
mod serve;
mod stored;
mod test;
mod what_can;
mod who_can;
mod wording;

use clap::{Args, Parser, Subcommand};
use permesso_engine::compile::Compiled;
use permesso_engine::inspect::Unasked;
use permesso_folders::{DecisionPoint, DecisionPointBuilder, SetupError, TenantFolder};
use permesso_runtime::RuntimeConfig;
use permesso_store::Location;
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

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
    Check(ask::QuestionArgs),
    /// Answer one question, show everything that was looked at and what would flip the answer
    Explain(explain::Explain),
    /// Show what a user may do, in general or with one resource
    WhatCan(what_can::WhatCan),
    /// List everybody who may do something: exit code 1 if nobody may
    WhoCan(who_can::WhoCan),
    /// Show how two users differ and what would make them equal, or with --store how a tenant
    /// differs from YAML: exit code 1 if they do
    Diff(diff::Compare),
    /// Show what an edit changes for whom before it is saved: exit code 1 if something is lost
    /// or there is something to look at first
    Impact(impact::Impact),
    /// Run decision tables: exit code 0 only if every row passes
    Test(test::Test),
    /// Make, list and revoke API keys, with the store in hand
    Key(key::Key),
    /// Publish a product's catalog into a store; its tenants move with it
    Publish(code::Publish),
    /// Write a tenant of a store as YAML
    Export(code::Export),
    /// Make a tenant of a store from YAML, with as many users as there are
    Import(code::Import),
    /// Make a tenant of a store what YAML says, as one change
    Apply(code::Apply),
    /// Let a user hold a role, within limits or at once, or take it away: in a folder, on a running
    /// server or in a store
    Assign(assign::Assign),
    /// Print the JSON Schemas of the documents, for editors, or of a question
    Schema(schema::Schema),
    /// Read and verify the log of a tenant
    Audit(audit::Audit),
    /// Decide a question as it would have been decided at a past revision
    Replay(replay::Replay),
    /// Write, test, ship and install permission families
    Family(family::Family),
}

/// The folders and components to work with.
#[derive(Debug, Args)]
struct Sources {
    /// A folder with product.yaml, tenant.yaml and people.yaml; may be given several times
    #[arg(long = "example", value_name = "DIR", required = true)]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    components: Components,
}

/// Where the tenants are, and in whose name they are changed from here.
#[derive(Debug, Args)]
struct Stored {
    /// The store: `sqlite:FILE` or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL", env = "PERMESSO_STORE")]
    store: Location,
}

/// The components to work with.
#[derive(Debug, Args)]
struct Components {
    /// The folder of the components [default: $PERMESSO_FAMILIES, or `families` beside the
    /// binary, above it, or in ./target]
    #[arg(long, value_name = "DIR", env = "PERMESSO_FAMILIES")]
    families: Option<PathBuf>,
    /// Also run what `permesso family install` installed in this depot
    #[arg(long, value_name = "DIR", env = "PERMESSO_DEPOT")]
    depot: Option<PathBuf>,
    /// Leave this family out, as if its component were not installed
    #[arg(long = "without-family", value_name = "ID")]
    without: Vec<String>,
}

impl Sources {
    fn build(&self) -> Result<DecisionPoint, SetupError> {
        self.components.build(&self.folders)
    }
}

/// How long a tool waits for a family. Nobody else waits behind it, and what it says of a policy
/// should not depend on what else the machine is doing; how long a family may take is for the
/// server and for `permesso family test` to say.
const PATIENCE: Duration = Duration::from_secs(2);

impl Components {
    /// For a tool.
    fn build(&self, folders: &[PathBuf]) -> Result<DecisionPoint, SetupError> {
        let limits = RuntimeConfig::default();
        self.builder(folders)
            .runtime(RuntimeConfig { deadline: PATIENCE, setup_deadline: PATIENCE, ..limits })
            .build()
    }

    /// For a server.
    fn serve(&self, folders: &[PathBuf]) -> Result<DecisionPoint, SetupError> {
        self.builder(folders).build()
    }

    fn builder(&self, folders: &[PathBuf]) -> DecisionPointBuilder {
        let mut builder = DecisionPoint::builder();
        if let Some(families) = self.families.clone().or_else(default_families) {
            builder = builder.families(families);
        }
        if let Some(depot) = &self.depot {
            builder = builder.depot(depot);
        }
        for folder in folders {
            builder = builder.folder(folder);
        }
        for family in &self.without {
            builder = builder.without_family(family);
        }
        builder
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
    let filter = tracing_subscriber::EnvFilter::try_from_env("PERMESSO_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new("warn,permesso_cli=info,permesso_node=info")
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let result = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Check(ask) => ask.check(),
        Command::Explain(explain) => explain.run(),
        Command::WhatCan(what) => what.run(),
        Command::WhoCan(who) => who.run(),
        Command::Diff(diff) => diff.run(),
        Command::Impact(impact) => impact.run(),
        Command::Test(test) => test.run(),
        Command::Key(key) => key.run(),
        Command::Publish(publish) => publish.run(),
        Command::Export(export) => export.run(),
        Command::Import(import) => import.run(),
        Command::Apply(apply) => apply.run(),
        Command::Assign(assign) => assign.run(),
        Command::Schema(schema) => schema.run(),
        Command::Audit(audit) => audit.run(),
        Command::Replay(replay) => replay.run(),
        Command::Family(family) => family.run(),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        ExitCode::from(2)
    })
}

/// The tenant of a folder, ready to be asked.
fn compiled(point: &DecisionPoint, folder: &TenantFolder) -> Result<Arc<Compiled>, Failure> {
    let id = folder.tenant.value.tenant.as_str();
    let compiled = point.authorizer().tenant(id);
    compiled.ok_or_else(|| Failure(format!("error: no tenant `{id}` is served")))
}

/// Prints JSON for people to read as well.
fn print_pretty(value: &impl Serialize) -> Result<(), Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure(format!("error: {error}")))?;
    let mut out = io::stdout().lock();
    written(writeln!(out, "{text}"))
}

/// What became of printing. Whoever closes the pipe has seen enough.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure(format!("error: cannot print: {error}"))),
        Ok(()) => Ok(()),
    }
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

impl From<Unasked> for Failure {
    fn from(error: Unasked) -> Self {
        Self(format!("error: {error}"))
    }
}

/// Now, in milliseconds since 1970-01-01T00:00:00Z.
fn now() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    elapsed.ok().and_then(|elapsed| i64::try_from(elapsed.as_millis()).ok()).unwrap_or(0)
}
