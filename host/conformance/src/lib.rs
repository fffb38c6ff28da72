//! Whether a family keeps to its contract: what a vendor runs before shipping it, and a platform
//! before installing it.
//!
//! The interface promises more than types can hold: that the same question gets the same answer
//! wherever it is asked, that no input makes a family fail, that a plan says what `evaluate`
//! says, that nothing is declared in vain. A host finds breaches of that one by one, in
//! production, and denies; here they are looked for, with the vendor's own decision tables and
//! with questions put together from them. What is found is shown as a row of a table, and a seed
//! makes every run repeat itself.
//!
//! The component runs as it does in a host, confined and through the same runtime, except that
//! instructions are counted and that deadlines are long enough for a busy machine.
//!
//! ```
//! use permesso_conformance::{Kit, Options};
//! use permesso_runtime::Component;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let component = Component::new(std::fs::read("../../tests/fixtures/family-1.0.0.wasm")?);
//! let options = Options { rounds: Some(50), ..Options::default() };
//! let report = Kit::load(&component, "scheduler-events.wasm", &options)?.run(&[]);
//! assert!(report.checks.iter().any(|check| check.name == "total"), "{report}");
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod answers;
pub mod bench;
mod bounds;
mod dice;
mod document;
mod generate;
mod inputs;
mod plans;
mod report;
#[cfg(test)]
mod sample;
mod session;
mod show;
pub mod table;
mod time;

pub use report::{About, Check, ConformanceReport, Finding, Verdict};

use self::session::Session;
use self::table::Row;
use permesso_engine::family::{Family as _, Manifest};
use permesso_runtime::{
    Cache, Component, FamilyConfig, InstanceMode, QuarantineConfig, Runtime, RuntimeConfig,
    RuntimeError, WasmFamily,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The tenant for whom everything is asked.
const TENANT: &str = "conformance";

/// How to test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Questions to put together [default: 2,000; 200 where code is interpreted].
    pub rounds: Option<u32>,
    /// What they are put together from.
    pub seed: u64,
    /// Memory of one instance in MiB [default: as the runtime has it; 64 where code is
    /// interpreted].
    pub memory_mib: Option<u32>,
    /// Whether the component carries an interpreter: its instances start slowly, need more
    /// memory and are kept.
    pub interpreted: bool,
    /// What a call may take.
    pub deadline: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rounds: None,
            seed: 1,
            memory_mib: None,
            interpreted: false,
            deadline: RuntimeConfig::default().deadline,
        }
    }
}

impl Options {
    fn rounds(&self) -> u32 {
        self.rounds.unwrap_or(if self.interpreted { 200 } else { 2_000 })
    }

    /// The runtime to test in. A call is cut off late, so that a busy machine is not taken for a
    /// slow family; what it took is measured.
    fn config(&self) -> RuntimeConfig {
        let defaults = RuntimeConfig::default();
        let mib = self.memory_mib.map(|mib| report::count(mib) << 20);
        let memory = mib.unwrap_or(if self.interpreted { 64 << 20 } else { defaults.memory });
        let patience = Duration::from_millis(if self.interpreted { 2_000 } else { 250 });
        let deadline = self.deadline.max(patience);
        RuntimeConfig {
            deadline,
            setup_deadline: deadline.max(Duration::from_secs(10)),
            memory,
            memory_ceiling: defaults.memory_ceiling.max(memory),
            instances: 16,
            idle: 8,
            component: defaults.component.max(256 << 20),
            mode: InstanceMode::PerRequest,
            // The checks compare for themselves, and go on after a failure.
            shadow_every: 0,
            quarantine: QuarantineConfig { faults: u32::MAX, ..defaults.quarantine.clone() },
            ..defaults
        }
    }
}

/// Why nothing could be tested.
#[derive(Debug, thiserror::Error)]
pub enum KitError {
    /// A number is out of range, or the machine cannot run WebAssembly.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// No folder for compiled code.
    #[error("cannot keep compiled code in a folder for temporary files: {0}")]
    Folder(String),
    /// The host refuses the component. The report says why.
    #[error("the host refuses `{}`", .0.component)]
    Refused(Box<ConformanceReport>),
}

/// A family, loaded to be tested.
#[derive(Debug)]
pub struct Kit {
    family: Arc<WasmFamily>,
    /// What it says of itself in another instance.
    again: Result<Manifest, String>,
    options: Options,
    /// The report so far.
    begun: ConformanceReport,
}

impl Kit {
    /// Loads a component. `name` stands for it in the report.
    ///
    /// # Errors
    ///
    /// [`KitError::Refused`] with a report where the host would refuse it as well; the others
    /// are about this machine or the options.
    pub fn load(component: &Component, name: &str, options: &Options) -> Result<Self, KitError> {
        let runtime = Runtime::new(RuntimeConfig { meter: true, ..options.config() })?;
        let folder = |error: &dyn std::fmt::Display| KitError::Folder(error.to_string());
        let temporary = tempfile::tempdir().map_err(|error| folder(&error))?;
        let cache = Cache::open(temporary.path()).map_err(|error| folder(&error))?;
        let mut begun = ConformanceReport {
            passed: true,
            host: env!("CARGO_PKG_VERSION").to_owned(),
            component: name.to_owned(),
            digest: component.digest().to_string(),
            bytes: component.bytes().len(),
            family: None,
            rounds: options.rounds(),
            seed: options.seed,
            rows: 0,
            interpreted: options.interpreted,
            checks: Vec::new(),
        };
        let load = || runtime.load_with(component, name, &FamilyConfig::default(), Some(&cache));
        let mut check = Check::new("load");
        let start = Instant::now();
        let family = match load() {
            Ok(family) => family,
            Err(error) => {
                check.fail(error.to_string(), None);
                begun.push(check.summed("the host refuses it"));
                return Err(KitError::Refused(Box::new(begun)));
            }
        };
        let manifest = family.manifest();
        begun.family = Some(About {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            interface: family.interface().to_string(),
            compile_ms: start.elapsed().as_secs_f64() * 1e3,
        });
        let limit = RuntimeConfig::default().component;
        let size = component.bytes().len();
        if size > limit {
            check.warn(
                format!(
                    "it has {}, and hosts take no more than {} unless they are told to",
                    report::size(size),
                    report::size(limit)
                ),
                None,
            );
        }
        begun.push(check.summed("imports, exports and manifest are as the interface wants them"));
        let again = load().map(|family| family.manifest().clone()).map_err(|e| e.to_string());
        Ok(Self { family, again, options: options.clone(), begun })
    }

    /// What the family says of itself, which tables are read by.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        self.family.manifest()
    }

    /// Runs every check.
    #[must_use]
    pub fn run(&self, rows: &[Row]) -> ConformanceReport {
        let mut report = ConformanceReport { rows: rows.len(), ..self.begun.clone() };
        report.push(document::described(self.manifest(), &self.again));
        report.push(document::schema(self.manifest()));
        report.push(document::validated(&self.family));
        let session = Session::new(&self.family, rows, &self.options);
        report.push(answers::tables(&session));
        report.push(answers::total(&session));
        if session.asked.is_empty() {
            for name in ["same", "reasons", "bounded", "memory", "inputs", "given", "until", "plan"]
            {
                report.push(Check::skipped(name, "no question was answered"));
            }
            return report;
        }
        report.push(answers::same(&session));
        report.push(answers::reasons(&session));
        report.push(bounds::bounded(&session));
        report.push(bounds::memory(&session));
        let (check, matters) = inputs::used(&session);
        report.push(check);
        report.push(inputs::given(&session));
        report.push(time::until(&session, &matters));
        report.push(plans::agree(&session));
        report
    }
}
