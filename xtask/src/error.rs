//! Whoever runs an xtask wants to know what to do next, not which line failed.
//! So every way a command can end badly is one variant here, and its message
//! names the remedy.

use std::{fmt, io, path::PathBuf, process::ExitStatus};

/// What every fallible function of this crate answers with.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a command of the xtask did not finish.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The xtask was started outside the repository.
    #[error(
        "no checkout of this repository at or above `{start}`: run `cargo xtask` inside the checkout"
    )]
    NotInCheckout {
        /// Where the search began.
        start: PathBuf,
    },

    /// The guest workspace is not there.
    #[error("`{manifest}` does not exist: check out the whole repository, guests included")]
    NoGuests {
        /// The manifest that was looked for.
        manifest: PathBuf,
    },

    /// The guest workspace has no crate that builds a component.
    #[error(
        "no crate of `{manifest}` is a family: a family has `crate-type = [\"cdylib\"]` under `[lib]`"
    )]
    NoFamilies {
        /// The guest workspace's manifest.
        manifest: PathBuf,
    },

    /// The demonstration came to an end before its time.
    #[error("the demonstration failed: {0}")]
    Demo(String),

    /// A file or folder could not be read, written, moved or removed.
    #[error("cannot {action} `{path}`: check that it exists and that you may write there")]
    Io {
        /// What was attempted, as a verb.
        action: &'static str,
        /// What it was attempted on.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// The tools of a language are missing where they have to be there.
    #[error("no tools to build families in {language}: `{missing}` does not work; install it")]
    NoTools {
        /// The language.
        language: &'static str,
        /// What was tried.
        missing: String,
    },

    /// What checks the dependencies is missing where it has to be there.
    #[error("`cargo deny` does not work: install it with `cargo install --locked cargo-deny`")]
    NoDeny,

    /// A program is missing.
    #[error("cannot start `{program}`: install it, or add it to `PATH`")]
    Spawn {
        /// The program's name.
        program: String,
        /// What the system said.
        source: io::Error,
    },

    /// A program whose output was hidden ended with a failure.
    #[error("`{command}` ended with {status}; repeat it by hand to see all it says\n{tail}")]
    Captured {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// The last lines it wrote.
        tail: String,
    },

    /// A program that wrote straight to the terminal ended with a failure.
    #[error("`{command}` ended with {status}: see its messages above")]
    Shown {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },

    /// A program answered with something that this xtask does not understand.
    #[error("cannot read the answer of `{command}`: {expected} was expected; update `{program}`")]
    Answer {
        /// The command line.
        command: String,
        /// Which program to update.
        program: &'static str,
        /// What the answer should have held.
        expected: &'static str,
    },

    /// Nothing on this machine can compile to WebAssembly.
    #[error(
        "no compiler here can build for `wasm32-unknown-unknown`:\n{tried}\
         install the target with `rustup target add wasm32-unknown-unknown`, \
         then run the command again"
    )]
    NoToolchain {
        /// Each way that was tried, and why it was refused.
        tried: Tried,
    },

    /// The way that needs Debian's packages was tried elsewhere.
    #[error("this system has no apt: install Rust with rustup instead")]
    NoApt,

    /// There is nowhere to keep a toolchain.
    #[error("no cache folder: set `XDG_CACHE_HOME` to one that you may write to")]
    NoCache,

    /// A Debian package that the second compiler needs is not on offer.
    #[error("{what}: run `apt-get update` as root, then run the command again")]
    Packages {
        /// Which package is missing or too old.
        what: String,
    },

    /// The unpacked compiler does not work on this machine.
    #[error(
        "the unpacked compiler in `{path}` does not work ({reason}): remove that folder and run the command again"
    )]
    Unusable {
        /// The compiler's folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },

    /// Cargo built a family but named no WebAssembly file.
    #[error(
        "cargo built `{family}` but named no `.wasm` file: its `[lib]` must keep `crate-type = [\"cdylib\"]`"
    )]
    NoArtifact {
        /// The family's package name.
        family: String,
    },

    /// A built file is not a component.
    #[error(
        "`{family}` is not a component ({reason}): export a world with `wit_bindgen::generate!` and build it with `cargo xtask families`"
    )]
    NotAComponent {
        /// The family's package name.
        family: String,
        /// What the parser said.
        reason: String,
    },

    /// A component asks for the outside world.
    #[error(
        "`{family}` imports `{import}`, and a family must be a pure function: remove the dependency that pulls in WASI"
    )]
    Wasi {
        /// The family's package name.
        family: String,
        /// The forbidden import.
        import: String,
    },

    /// Two builds of the same source differ.
    #[error(
        "not reproducible: {}; look for a path, a time or a random number that reaches the output",
        families.join(", ")
    )]
    NotReproducible {
        /// The families whose bytes differ.
        families: Vec<String>,
    },

    /// A stage of `cargo xtask test` failed.
    #[error("stage `{stage}` failed: `{command}` ended with {status}")]
    Stage {
        /// The stage's name.
        stage: &'static str,
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
}

impl Error {
    /// Wraps an [`io::Error`] together with what was attempted, for `map_err`.
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// The exit code that tells the caller's shell what happened: the failing
    /// program's own where there is one, else 1.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Captured { status, .. }
            | Self::Shown { status, .. }
            | Self::Stage { status, .. } => status
                .code()
                .and_then(|code| u8::try_from(code).ok())
                .filter(|code| *code != 0)
                .unwrap_or(1),
            _ => 1,
        }
    }
}

/// The ways that were tried and why each was refused, one line each.
#[derive(Debug, Default)]
pub(crate) struct Tried(Vec<(&'static str, String)>);

impl Tried {
    /// Notes that `way` was refused because of `reason`.
    pub(crate) fn refused(&mut self, way: &'static str, reason: impl fmt::Display) {
        self.0.push((way, reason.to_string()));
    }
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (way, reason) in &self.0 {
            writeln!(f, "  {way}: {}", reason.replace('\n', "\n    "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refused_way_has_its_own_line() {
        let mut tried = Tried::default();
        tried.refused("the toolchain's own target", "not installed");
        tried.refused("rustup", "no network\nsecond line");
        let error = Error::NoToolchain { tried };
        assert_eq!(
            error.to_string(),
            "no compiler here can build for `wasm32-unknown-unknown`:\n  \
             the toolchain's own target: not installed\n  \
             rustup: no network\n    second line\n\
             install the target with `rustup target add wasm32-unknown-unknown`, \
             then run the command again"
        );
    }

    #[cfg(unix)]
    #[test]
    fn the_exit_code_of_a_failed_stage_is_that_of_its_command() {
        use std::os::unix::process::ExitStatusExt as _;
        let failed = |raw| Error::Stage {
            stage: "test",
            command: "cargo test".into(),
            status: ExitStatus::from_raw(raw),
        };
        assert_eq!(failed(101 << 8).exit_code(), 101);
        assert_eq!(failed(9).exit_code(), 1, "killed by a signal");
    }
}
