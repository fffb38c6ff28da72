//! `permesso family`: everything that a vendor and a platform do with families.
//!
//! A vendor works from left to right (new, build, test, inspect, bench, sign, publish), a platform
//! from there on (verify, install, list, disable, rollback). A component is given as a file or as
//! the folder of its project; what comes out of one command goes into the next without being
//! named again.

mod bench;
mod build;
mod depot;
mod inspect;
mod new;
mod project;
mod publish;
mod sign;
mod test;
mod transfer;

use super::Failure;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use permesso_runtime::{
    Component, FamilyConfig, InstanceMode, QuarantineConfig, Runtime, RuntimeConfig, WasmFamily,
};
use permesso_supply::{Depot, Signature};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// What to do with which family.
#[derive(Debug, Args)]
pub(super) struct Family {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a family: a project that builds, with a decision table and a README
    New(new::New),
    /// Build a project into a component, with the tools that its family.toml names
    Build(build::Build),
    /// Test whether a component keeps to its contract and its decision tables: exit code 0 only if
    /// nothing fails
    Test(test::Test),
    /// Measure what a component costs, beside one that does nothing
    Bench(bench::Bench),
    /// Show what a component is: manifest, inputs, floors, imports, sizes, interface
    Inspect(inspect::Inspect),
    /// Make a key to sign with
    Keygen(sign::Keygen),
    /// Sign a component
    Sign(sign::Sign),
    /// Check a component's signature against a trust file
    Verify(sign::Verify),
    /// Put a component and its signature into a registry
    Publish(publish::Publish),
    /// Install a component from a file or a registry
    Install(depot::Install),
    /// List what is installed
    List(depot::List),
    /// Switch a family off at once: what it governs is denied
    Disable(depot::Disable),
    /// Switch a family on again
    Enable(depot::Enable),
    /// Go back to the component that a family was before
    Rollback(depot::Rollback),
    /// Take a family out with all its generations
    Remove(depot::Remove),
}

impl Family {
    pub(super) fn run(&self) -> Result<ExitCode, Failure> {
        match &self.command {
            Command::New(new) => new.run(),
            Command::Build(build) => build.run(),
            Command::Test(test) => test.run(),
            Command::Bench(bench) => bench.run(),
            Command::Inspect(inspect) => inspect.run(),
            Command::Keygen(keygen) => keygen.run(),
            Command::Sign(sign) => sign.run(),
            Command::Verify(verify) => verify.run(),
            Command::Publish(publish) => publish.run(),
            Command::Install(install) => install.run(),
            Command::List(list) => list.run(),
            Command::Disable(disable) => disable.run(),
            Command::Enable(enable) => enable.run(),
            Command::Rollback(rollback) => rollback.run(),
            Command::Remove(remove) => remove.run(),
        }
    }
}

/// A component, by its file or by its project.
#[derive(Debug, Args)]
struct Target {
    /// A component, or the folder of a project that has been built
    #[arg(value_name = "COMPONENT", default_value = ".")]
    path: PathBuf,
}

/// A component that was read.
struct ComponentFile {
    component: Component,
    path: PathBuf,
}

impl Target {
    fn read(&self) -> Result<ComponentFile, Failure> {
        let path = if self.path.is_dir() {
            project::Project::read(&self.path)?.component()
        } else {
            self.path.clone()
        };
        match fs::read(&path) {
            Ok(bytes) => Ok(ComponentFile { component: Component::new(bytes), path }),
            Err(error) if self.path.is_dir() && error.kind() == io::ErrorKind::NotFound => {
                Err(Failure(format!(
                    "error: `{}` is not there; build it with `permesso family build {}`",
                    path.display(),
                    self.path.display()
                )))
            }
            Err(error) => Err(Failure(format!("error: cannot read `{}`: {error}", path.display()))),
        }
    }
}

impl ComponentFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The family that it is.
    fn load(&self, runtime: &Runtime) -> Result<Arc<WasmFamily>, Failure> {
        let (config, name) = (FamilyConfig::default(), self.name());
        let loaded = runtime.load_with(&self.component, &name, &config, None);
        loaded.map_err(|error| failure(&error))
    }

    /// Where its signature lies.
    fn signature_path(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".sig");
        path.into()
    }

    /// The signature beside it, or the one that was named; none where there is none.
    fn signature(&self, named: Option<&Path>) -> Result<Option<Signature>, Failure> {
        let path = named.map_or_else(|| self.signature_path(), Path::to_owned);
        match fs::read_to_string(&path) {
            Ok(text) => Signature::parse(&text).map(Some).map_err(|error| failure(&error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => Ok(None),
            Err(error) => Err(Failure(format!("error: cannot read `{}`: {error}", path.display()))),
        }
    }
}

/// A runtime for looking at components one at a time. Its patience is that of a tool: what a
/// family may take of a request is for the server to say.
fn workbench(component_limit: Option<usize>) -> Result<Runtime, Failure> {
    let defaults = RuntimeConfig::default();
    Runtime::new(RuntimeConfig {
        setup_deadline: Duration::from_secs(5),
        instances: 16,
        idle: 4,
        mode: InstanceMode::PerRequest,
        memory: defaults.memory_ceiling,
        component: component_limit.unwrap_or(defaults.component),
        quarantine: QuarantineConfig { faults: u32::MAX, ..QuarantineConfig::default() },
        ..defaults
    })
    .map_err(|error| failure(&error))
}

/// Where families are installed.
#[derive(Debug, Args)]
pub(super) struct DepotAt {
    /// The folder of installed families
    #[arg(long, value_name = "DIR", env = "PERMESSO_DEPOT", default_value = "permesso-depot")]
    depot: PathBuf,
}

impl DepotAt {
    fn open(&self) -> Result<Depot, Failure> {
        Depot::open(&self.depot).map_err(|error| failure(&error))
    }
}

fn clock() -> Timestamp {
    Timestamp::now()
}

fn failure(error: &dyn std::error::Error) -> Failure {
    Failure(format!("error: {error}"))
}

/// Bytes as people read them.
fn size(bytes: usize) -> String {
    indicatif::HumanBytes(bytes as u64).to_string()
}
