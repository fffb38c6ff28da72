//! The repository holds two cargo workspaces: the host's, and the guests' in
//! `plugins/`, which is compiled for another machine. Commands need both, and
//! must not depend on the folder they were started in; so all paths come from
//! here.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::error::{Error, Result};

/// The package that holds the binary `permesso`.
pub(crate) const BINARY: &str = "permesso-cli";

/// A checkout of the repository.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout: the one that cargo started this xtask from, else
    /// the one around the current folder.
    pub(crate) fn find() -> Result<Self> {
        let start = env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .map_or_else(env::current_dir, Ok)
            .map_err(Error::io("read", "."))?;
        start
            .ancestors()
            .find(|folder| {
                folder.join("Cargo.toml").is_file() && folder.join("xtask/Cargo.toml").is_file()
            })
            .map(|root| Self { root: root.into() })
            .ok_or(Error::NotInCheckout { start })
    }

    /// The top folder of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The guests' workspace.
    pub(crate) fn plugins(&self) -> PathBuf {
        self.root.join("plugins")
    }

    /// Where the guests' build products go, apart from the host's so that the
    /// two never wait for each other's lock.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.root.join("target/wasm")
    }

    /// Where the guests' build products go when their tests run natively.
    pub(crate) fn native_target(&self) -> PathBuf {
        self.root.join("target/plugins-native")
    }

    /// Where the host's build products go.
    pub(crate) fn host_target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |folder| self.root.join(folder))
    }

    /// The command that builds the host's binary, [`permesso`](Self::permesso), and nothing that
    /// only tests need. What it builds serves the tests too, as a test below holds.
    pub(crate) fn build_permesso(&self) -> Command {
        let mut command = cargo();
        command.args(["build", "--release", "--package", BINARY, "--bin", "permesso"]);
        command.current_dir(&self.root);
        command
    }

    /// The host's binary, once it is built.
    pub(crate) fn permesso(&self) -> PathBuf {
        self.host_target().join("release/permesso")
    }

    /// Where projects fresh from the templates are put.
    pub(crate) fn vendors(&self) -> PathBuf {
        self.root.join("target/vendor")
    }

    /// Where finished families are put unless the caller says otherwise.
    pub(crate) fn families(&self) -> PathBuf {
        self.root.join("target/families")
    }
}

/// The cargo that started this xtask, or the one on `PATH`.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // Facts about the xtask's own package that `cargo run` leaves behind; a
    // build script must not take them for those of the crate it builds.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Cargo's own folder: its registry, and so the sources of all dependencies.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process;
    use std::collections::BTreeSet;

    /// What is built for these packages, each with its features.
    fn built(packages: &[&str], kinds: &str) -> BTreeSet<String> {
        let mut tree = cargo();
        tree.args(["tree", "--quiet", "--prefix", "none", "--format", "{p} [{f}]"]);
        tree.args(["--edges", kinds]).args(packages);
        tree.current_dir(Workspace::find().unwrap().root());
        let tree = process::output(&mut tree).unwrap();
        tree.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
    }

    #[test]
    fn what_only_runs_in_the_compiler_is_not_optimised_for_working() {
        let manifest = Workspace::find().unwrap().root().join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        let all = built(&["--workspace"], "normal,build,dev");
        let macros = all.iter().filter(|line| line.contains(" (proc-macro)"));
        let names: BTreeSet<_> = macros.filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains("serde_derive"), "{names:?}");
        for name in names {
            let line = format!("\n{name} = {{ opt-level = 0 }}\n");
            assert!(manifest.contains(&line), "Cargo.toml has no `{}`", line.trim());
        }
    }

    #[test]
    fn what_is_built_for_the_binary_alone_is_what_is_built_for_all_tests() {
        let all = built(&["--workspace"], "normal,build,dev");
        let binary = built(&["--package", BINARY], "normal,build");
        let twice: Vec<_> = binary.difference(&all).collect();
        assert!(
            twice.is_empty(),
            "with other features than the tests want, each of these and all that depends on it is \
             built twice; ask for the same in the manifest of `{BINARY}`: {twice:#?}"
        );
        assert!(binary.iter().any(|line| line.starts_with("wasmtime v")), "{binary:?}");
    }
}
