//! Building this project takes more than `cargo build`: families are compiled
//! for another machine, by a compiler that may have to be made first, and the
//! checks run in two workspaces. Doing that in Rust, started by cargo itself,
//! keeps every step the same on a laptop and in CI, with nothing to install.
//!
//! Run `cargo xtask help`.

mod authority;
mod component;
mod demo;
mod error;
mod families;
mod fuzz;
mod oracle;
mod process;
mod reproducible;
mod soak;
mod test;
mod toolchain;
mod vendors;
mod workspace;

use std::{error::Error as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The repository's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Cmd,
}

#[derive(Debug, Subcommand)]
enum Cmd {
    /// Have people who hold little edit random tenants: nobody may do more by it than they could.
    Authority(authority::Options),
    /// Build every family in `plugins/` into a WebAssembly component.
    Families {
        /// Where to put the components [default: target/families].
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Also build from two copies in other folders, and fail unless all
        /// three builds give the same bytes.
        #[arg(long)]
        check_reproducible: bool,
    },
    /// Build everything, serve the four example products and ask each a handful of questions.
    Demo(demo::Options),
    /// Try random conditions: none may panic, run long, grow or change its mind.
    Fuzz(fuzz::Options),
    /// Compare the engine with a second, naive evaluator on random questions.
    Oracle(oracle::Options),
    /// Put a server under load with every hostile family, beside a tenant that must not notice.
    Soak(soak::Options),
    /// Build the families, then run every check of both workspaces.
    Test(test::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("  because: {cause}");
                source = cause.source();
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Cmd) -> Result<(), oracle::Failure> {
    let workspace = Workspace::find()?;
    match command {
        Cmd::Families { out, check_reproducible } => {
            let out = out.unwrap_or_else(|| workspace.families());
            let built = families::build(&workspace, &out)?;
            families::print(&built);
            if check_reproducible {
                reproducible::check(&workspace, &built)?;
            }
            Ok(())
        }
        Cmd::Authority(options) => Ok(authority::run(&workspace, &options)?),
        Cmd::Demo(options) => Ok(demo::run(&workspace, &options)?),
        Cmd::Fuzz(options) => Ok(fuzz::run(&workspace, &options)?),
        Cmd::Oracle(options) => oracle::run(&workspace, &options),
        Cmd::Soak(options) => Ok(soak::run(&workspace, &options)?),
        Cmd::Test(options) => Ok(test::run(&workspace, &options)?),
    }
}
