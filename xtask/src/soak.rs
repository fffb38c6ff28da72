//! `cargo xtask soak`: a server full of hostile families, and a neighbour that must not notice.
//!
//! Ten minutes on a machine of its own judge latencies as well; seconds of it, without that, are
//! part of the tests.

use std::process::Stdio;

use crate::{
    error::{Error, Result},
    families,
    process::{line, spawn_error},
    workspace::{Workspace, cargo},
};

/// What `cargo xtask soak` accepts.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How long, in seconds.
    #[arg(long, value_name = "S", default_value_t = 600)]
    seconds: u64,
    /// Print latencies without judging them, on a machine that others work on as well.
    #[arg(long)]
    shared_machine: bool,
}

/// Builds what takes part, then soaks.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    // The server looks for its usual components.
    families::build(workspace, &workspace.families())?;
    let build = workspace.build_permesso();
    let mut soak = cargo();
    soak.args(["run", "--quiet", "--release", "--package", "permesso-hostile", "--"]);
    soak.args(["--seconds", &options.seconds.to_string()]);
    if options.shared_machine {
        soak.arg("--shared-machine");
    }
    for mut command in [build, soak] {
        command.current_dir(workspace.root()).stdin(Stdio::null());
        let status = command.status().map_err(spawn_error(&command))?;
        if !status.success() {
            return Err(Error::Shown { command: line(&command), status });
        }
    }
    Ok(())
}
