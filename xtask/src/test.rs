//! One command decides whether a change may land, on a laptop as in CI. The
//! stages run from the one that takes seconds to the one that takes longest,
//! as far as one does not need what another builds, and stop at the first that
//! fails, so that its message is the last thing on the screen.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};

use crate::{
    error::{Error, Result},
    families,
    process::{answers, line, spawn_error, tools_required},
    reproducible, vendors,
    workspace::{Workspace, cargo},
};

/// What `cargo deny` is asked about; `deny.toml` says why not about more.
const DENIED: [&str; 3] = ["licenses", "bans", "sources"];

/// Which stages to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run only this stage; may be given more than once.
    #[arg(long, value_name = "STAGE", conflicts_with = "skip_lint")]
    only: Vec<Stage>,
    /// Leave out the stages `fmt`, `deny` and `clippy`.
    #[arg(long)]
    skip_lint: bool,
}

/// The stages, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stage {
    /// `cargo fmt --check` in both workspaces.
    Fmt,
    /// `cargo deny` in both workspaces: licences, bans and sources of what is linked.
    Deny,
    /// Build every family; the tests load them.
    Families,
    /// `cargo test` in the guests' workspace and in a vendor's, natively.
    Plugins,
    /// Build the families from other folders: the bytes have to be the same.
    Reproducible,
    /// `cargo clippy` in both workspaces, warnings are errors.
    Clippy,
    /// Build the vendors' families, in every language that there are tools for.
    Vendors,
    /// `cargo test` in the host's workspace.
    Test,
}

impl Options {
    /// Whether `stage` was asked for.
    fn wants(&self, stage: Stage) -> bool {
        if self.only.is_empty() {
            !(self.skip_lint && matches!(stage, Stage::Fmt | Stage::Deny | Stage::Clippy))
        } else {
            self.only.contains(&stage)
        }
    }
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Fmt => "fmt",
            Self::Deny => "deny",
            Self::Families => "families",
            Self::Plugins => "plugins",
            Self::Reproducible => "reproducible",
            Self::Clippy => "clippy",
            Self::Vendors => "vendors",
            Self::Test => "test",
        }
    }

    /// The commands that make up this stage. Everything is built in release,
    /// so that one set of artifacts serves clippy's dependencies, the tests and
    /// the benchmarks.
    fn commands(self, workspace: &Workspace) -> Vec<Command> {
        let host = |words: &str| {
            let mut command = cargo();
            command.args(words.split_whitespace()).current_dir(workspace.root());
            command
        };
        let guests = |words: &str| {
            let mut command = host(words);
            command
                .current_dir(workspace.plugins())
                .env("CARGO_TARGET_DIR", workspace.native_target());
            command
        };
        // The vendors' example in Rust is a workspace of its own, as a vendor's is.
        let vendor = |words: &str| {
            let mut command = guests(words);
            command.current_dir(workspace.root().join("examples/vendor/data-residency"));
            command
        };
        match self {
            Self::Families | Self::Vendors | Self::Reproducible => Vec::new(),
            Self::Fmt => {
                let words = "fmt --all --check";
                vec![host(words), guests(words), vendor("fmt --check")]
            }
            Self::Deny => {
                let mut guests = guests("deny --config ../deny.toml");
                // They are linked with little of what the list allows.
                guests.args(["check", "--allow", "license-not-encountered"]);
                guests.args(["--allow", "license-exception-not-encountered"]).args(DENIED);
                let mut host = host("deny check");
                host.args(DENIED);
                vec![host, guests]
            }
            Self::Plugins => {
                vec![guests("test --workspace --release"), vendor("test --release")]
            }
            Self::Clippy => {
                let words = "clippy --workspace --all-targets --release -- -D warnings";
                vec![host(words), guests(words), vendor(words)]
            }
            Self::Test => vec![host("test --workspace --release")],
        }
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Families => families::print(&families::build(workspace, &workspace.families())?),
            Self::Deny if !answers(&["cargo", "deny", "--version"]) => {
                if tools_required() {
                    return Err(Error::NoDeny);
                }
                println!("SKIPPED the dependencies: {}", Error::NoDeny);
                return Ok(());
            }
            Self::Vendors => vendors::build(workspace)?,
            Self::Reproducible => {
                let built = families::build(workspace, &workspace.families())?;
                reproducible::check(workspace, &built)?;
            }
            _ => {}
        }
        for mut command in self.commands(workspace) {
            let shown = shown(&command, workspace);
            println!("$ {shown}");
            let status = command.stdin(Stdio::null()).status().map_err(spawn_error(&command))?;
            if !status.success() {
                return Err(Error::Stage { stage: self.name(), command: shown, status });
            }
        }
        Ok(())
    }
}

/// `command` as a person at the top of the checkout would type it.
fn shown(command: &Command, workspace: &Workspace) -> String {
    let words = line(command);
    let program = line(&Command::new(command.get_program()));
    let words = words.replacen(&program, "cargo", 1);
    match command.get_current_dir().and_then(|folder| folder.strip_prefix(workspace.root()).ok()) {
        Some(folder) if folder.as_os_str().is_empty() => words,
        Some(folder) => format!("cd {} && {words}", folder.display()),
        None => words,
    }
}

/// Runs the stages that `options` ask for, then says how long each took.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut times = Vec::new();
    let mut outcome = Ok(());
    for stage in Stage::value_variants() {
        if !options.wants(*stage) {
            continue;
        }
        println!("\n=== {} ===", stage.name());
        let start = Instant::now();
        outcome = stage.run(workspace);
        times.push((stage.name(), start.elapsed(), outcome.is_ok()));
        if outcome.is_err() {
            break;
        }
    }
    println!("\n=== summary ===\n{}", summary(&times));
    outcome
}

/// The times of the stages that ran, one a line.
fn summary(times: &[(&str, Duration, bool)]) -> String {
    times
        .iter()
        .map(|(name, time, passed)| {
            let verdict = if *passed { "ok" } else { "failed" };
            format!("{name:12} {verdict:6} {:>7.1} s", time.as_secs_f64())
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(only: &[Stage], skip_lint: bool) -> Vec<&'static str> {
        let options = Options { only: only.to_vec(), skip_lint };
        Stage::value_variants()
            .iter()
            .filter(|stage| options.wants(**stage))
            .map(|stage| stage.name())
            .collect()
    }

    #[test]
    fn without_flags_every_stage_runs_in_order() {
        assert_eq!(
            wanted(&[], false),
            ["fmt", "deny", "families", "plugins", "reproducible", "clippy", "vendors", "test"]
        );
    }

    #[test]
    fn the_lints_can_be_left_out() {
        assert_eq!(wanted(&[], true), ["families", "plugins", "reproducible", "vendors", "test"]);
    }

    #[test]
    fn a_single_stage_can_be_chosen() {
        assert_eq!(wanted(&[Stage::Fmt], false), ["fmt"]);
    }

    #[test]
    fn the_summary_names_the_stage_that_failed() {
        let times = [
            ("families", Duration::from_millis(1_240), true),
            ("test", Duration::from_secs(61), false),
        ];
        assert_eq!(summary(&times), "families     ok         1.2 s\ntest         failed    61.0 s");
    }
}
