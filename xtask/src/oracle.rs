//! `cargo xtask oracle`: the engine against a second, naive evaluator.
//!
//! A comparison that finds nothing may be one that could find nothing. With `--mutants`, bugs are
//! planted in a copy of the engine, one at a time and at least one for each step of the pipeline,
//! and the comparison has to notice every one of them. The list is text to look for and text to
//! put in its place: when the engine has moved on, the command fails and says which entry is old.

mod mutants;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use self::mutants::Mutant;
use crate::{
    error::Error,
    process::{Progress, line, spawn_error, watched},
    workspace::{Workspace, cargo},
};

/// How many cases a planted bug has to be found in.
const CASES: u64 = 20_000;

/// Why the comparison or the check of it came to a bad end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A program or a file is in the way.
    #[error(transparent)]
    Xtask(#[from] Error),
    /// The engine was changed where a bug would be planted.
    #[error("`{name}` does not fit `{file}` any more: its text has to stand there exactly once")]
    Unfit {
        /// The mutant.
        name: &'static str,
        /// The file in `engine/src`.
        file: &'static str,
    },
    /// Nothing can be learned from bugs while there are others.
    #[error("the engine as it is disagrees: run `cargo xtask oracle` first")]
    Disagrees,
    /// Planted bugs went unnoticed.
    #[error("not noticed: {}; let the generator meet them", .0.join("; "))]
    Survived(Vec<&'static str>),
}

impl Failure {
    /// The exit code for the caller's shell.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Xtask(error) => error.exit_code(),
            _ => 1,
        }
    }
}

type Result<T> = std::result::Result<T, Failure>;

/// What `cargo xtask oracle` accepts.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many random questions to put to both.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    cases: u64,
    /// The seed of the first world; the next worlds have the numbers after it.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Plant bugs in a copy of the engine instead and see whether each is noticed.
    #[arg(long, conflicts_with_all = ["cases", "seed"])]
    mutants: bool,
}

/// Compares, or checks that comparing would notice.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.mutants {
        return plant(workspace);
    }
    let mut command = cargo();
    command.current_dir(workspace.root()).stdin(Stdio::null()).args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "permesso-oracle",
        "--",
    ]);
    command.args(["--cases", &options.cases.to_string(), "--seed", &options.seed.to_string()]);
    let status = command.status().map_err(spawn_error(&command))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Shown { command: line(&command), status }.into())
}

/// How a planted bug fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Caught,
    Survived,
}

fn plant(workspace: &Workspace) -> Result<()> {
    // Before anything is built: every entry still fits.
    for mutant in mutants::all() {
        mutant.apply(&read(&mutant.path(workspace.root()))?)?;
    }
    let copy = tempfile::tempdir().map_err(Error::io("create", "a temporary folder"))?;
    let root = copy.path();
    for folder in ["engine", "tests/oracle"] {
        copy_folder(&workspace.root().join(folder), &root.join(folder))?;
    }
    let manifest = manifest(&read(&workspace.root().join("Cargo.toml"))?);
    write(&root.join("Cargo.toml"), &manifest)?;
    let lock = root.join("Cargo.lock");
    fs::copy(workspace.root().join("Cargo.lock"), &lock).map_err(Error::io("copy", &lock))?;
    // The dependencies are built once and stay for the next time.
    let target = workspace.host_target().join("mutants");

    let progress = Progress::start(mutants::all().count() as u64 + 1);
    progress.step("the engine as it is");
    build(root, &target, &progress)?;
    if compare(&target)? == Fate::Caught {
        return Err(Failure::Disagrees);
    }
    let mut survivors = Vec::new();
    for mutant in mutants::all() {
        progress.step(mutant.name);
        let start = Instant::now();
        let path = mutant.path(root);
        let original = read(&path)?;
        write(&path, &mutant.apply(&original)?)?;
        build(root, &target, &progress)?;
        let fate = compare(&target)?;
        write(&path, &original)?;
        let verdict = match (fate, mutant.accepted) {
            (Fate::Caught, _) => "caught".to_owned(),
            (Fate::Survived, Some(reason)) => format!("survived, accepted: {reason}"),
            (Fate::Survived, None) => {
                survivors.push(mutant.name);
                "SURVIVED".to_owned()
            }
        };
        println!("{:52} {:>5.1} s  {verdict}", mutant.name, start.elapsed().as_secs_f64());
    }
    if survivors.is_empty() {
        return Ok(());
    }
    Err(Failure::Survived(survivors))
}

impl Mutant {
    fn path(&self, root: &Path) -> PathBuf {
        root.join("engine/src").join(self.file)
    }

    /// The source with the bug in it.
    fn apply(&self, source: &str) -> Result<String> {
        if source.matches(self.from).count() == 1 {
            return Ok(source.replacen(self.from, self.to, 1));
        }
        Err(Failure::Unfit { name: self.name, file: self.file })
    }
}

fn build(root: &Path, target: &Path, progress: &Progress) -> Result<()> {
    let mut command = cargo();
    command
        .current_dir(root)
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "--cap-lints allow")
        .args(["build", "--quiet", "--offline", "--package", "permesso-oracle"]);
    Ok(watched(&mut command, progress)?)
}

fn compare(target: &Path) -> Result<Fate> {
    let mut command = Command::new(target.join("debug/permesso-oracle"));
    command
        .args(["--brief", "--cases", &CASES.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = command.status().map_err(spawn_error(&command))?;
    match status.code() {
        Some(0) => Ok(Fate::Survived),
        Some(1) => Ok(Fate::Caught),
        _ => Err(Error::Shown { command: line(&command), status }.into()),
    }
}

/// The manifest of a workspace of just these two crates.
fn manifest(original: &str) -> String {
    original
        .lines()
        .map(|text| match text.starts_with("members = ") {
            true => "members = [\"engine\", \"tests/oracle\"]",
            false => text,
        })
        .map(|text| format!("{text}\n"))
        .collect()
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_folder(&source, &copy)?;
        } else {
            fs::copy(&source, &copy).map_err(Error::io("copy", &source))?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    Ok(fs::read_to_string(path).map_err(Error::io("read", path))?)
}

fn write(path: &Path, text: &str) -> Result<()> {
    Ok(fs::write(path, text).map_err(Error::io("write", path))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_fits_the_engine_as_it_is() {
        let workspace = Workspace::find().unwrap();
        for mutant in mutants::all() {
            let source = read(&mutant.path(workspace.root())).unwrap();
            assert_ne!(mutant.apply(&source).unwrap(), source, "{}", mutant.name);
        }
    }

    #[test]
    fn the_copied_workspace_has_two_members() {
        let text = manifest("[workspace]\nmembers = [\"engine\", \"host\"]\n");
        assert_eq!(text, "[workspace]\nmembers = [\"engine\", \"tests/oracle\"]\n");
    }
}
