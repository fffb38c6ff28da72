//! `cargo xtask authority`: random edits by people who hold little, in release.
//!
//! The tests try some thousand; a judge that lets one in a hundred thousand through shows it here.

use std::process::Stdio;

use crate::{
    error::{Error, Result},
    process::{line, spawn_error},
    workspace::{Workspace, cargo},
};

/// What `cargo xtask authority` accepts.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many edits that are accepted.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    cases: u64,
    /// The seed of the first world; the next worlds have the numbers after it.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
}

/// Tries random edits until the first one that does more than its author could.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut command = cargo();
    command.current_dir(workspace.root()).stdin(Stdio::null());
    command.args(["run", "--quiet", "--release", "--package", "permesso-authority", "--"]);
    command.args(["--cases", &options.cases.to_string(), "--seed", &options.seed.to_string()]);
    let status = command.status().map_err(spawn_error(&command))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Shown { command: line(&command), status })
}
