//! `cargo xtask fuzz`: random conditions, in release.
//!
//! What a condition may cost is only worth checking in the build that serves: the same texts run
//! for a few seconds in the tests, where ten times the time is allowed.

use std::process::Stdio;

use crate::{
    error::{Error, Result},
    process::{line, spawn_error},
    workspace::{Workspace, cargo},
};

/// What `cargo xtask fuzz` accepts.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many texts to try.
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// How long to try [default: 60, or as long as the runs take].
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// The seed of the first text; the next texts have the numbers after it.
    #[arg(long, value_name = "K", default_value_t = 0)]
    seed: u64,
}

/// Tries random conditions until the first one that is not taken calmly.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut command = cargo();
    command.current_dir(workspace.root()).stdin(Stdio::null());
    command.args(["run", "--quiet", "--release", "--package", "permesso-fuzz", "--"]);
    let Options { runs, seconds, seed } = options;
    for (name, value) in [("--runs", *runs), ("--seconds", *seconds), ("--seed", Some(*seed))] {
        if let Some(value) = value {
            command.args([name, &value.to_string()]);
        }
    }
    let status = command.status().map_err(spawn_error(&command))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Shown { command: line(&command), status })
}
