//! How a component becomes a family.
//!
//! Loading goes from cheap to dear and from outside to inside: size, format, interface, imports,
//! code, what the code says of itself. A vendor's mistake is thus found by the check that can
//! explain it best, and nothing is compiled that would be refused anyway.

use super::answer::AnswerCheck;
use super::component::Component;
use super::config::{FamilyConfig, RuntimeConfig};
use super::error::{LoadError, Refusal, RuntimeError};
use super::family::{Loaded, Settings, WasmFamily};
use super::log::LogRate;
use super::probe::{Probe, probe};
use super::shared::Shared;
use super::store::InstanceLimits;
use super::v1::Linked;
use permesso_engine::family::{Fault, FaultKind};
use permesso_precompiled::{Cache, Kept};
use semver::Version;
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component;

/// Runs permission families. Made once for a process; clones share everything.
///
/// A family holds on to the runtime that loaded it; the thread that counts deadlines ends when
/// the last of them is dropped.
#[derive(Debug, Clone)]
pub struct Runtime {
    shared: Arc<Shared>,
}

impl Runtime {
    /// A runtime with those limits.
    ///
    /// Where the pool of instances cannot be had, for want of address space, it says so in the
    /// log and goes on with instances made on demand, which take about three times as long.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`] for a number out of range, for a machine that cannot run WebAssembly, or
    /// where the thread that enforces deadlines cannot be started.
    pub fn new(config: RuntimeConfig) -> Result<Self, RuntimeError> {
        Ok(Self { shared: Arc::new(Shared::new(config)?) })
    }

    /// The limits in force.
    #[must_use]
    pub fn config(&self) -> &RuntimeConfig {
        &self.shared.config
    }

    /// Whether instances come from a pool, and not made on demand for want of address space.
    #[must_use]
    pub fn is_pooled(&self) -> bool {
        self.shared.pooled
    }

    /// Loads a component. `name` stands for it in errors; usually it is its file.
    ///
    /// Compiles for up to some seconds: not for a thread that answers requests.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the [`Refusal`] that says what is wrong and what to do.
    pub fn load(&self, bytes: &[u8], name: &str) -> Result<Arc<WasmFamily>, LoadError> {
        self.load_with(&Component::new(bytes), name, &FamilyConfig::default(), None)
    }

    /// Loads a component under limits of its own, and takes compiled code from `cache` or leaves
    /// it there.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_with(
        &self,
        component: &Component,
        name: &str,
        config: &FamilyConfig,
        cache: Option<&Cache>,
    ) -> Result<Arc<WasmFamily>, LoadError> {
        let limits = self.shared.limits.of(&self.shared.config, config);
        let loaded = self
            .prepare(component, name, &limits, cache)
            .map_err(|refusal| LoadError::new(name, refusal))?;
        let mode = config.mode.unwrap_or(self.shared.config.mode);
        let settings = Settings { mode, limits, granted: config.granted.clone() };
        Ok(Arc::new(WasmFamily::new(Arc::clone(&self.shared), Arc::new(loaded), settings)))
    }

    /// What a file is, without compiling it: the interface that it speaks, and the names of what
    /// it imports.
    ///
    /// # Errors
    ///
    /// [`LoadError`] for what is no family for this host.
    pub fn inspect(&self, bytes: &[u8], name: &str) -> Result<ComponentInfo, LoadError> {
        self.outside(bytes)
            .map(|Probe { version, imports, .. }| ComponentInfo { interface: version, imports })
            .map_err(|refusal| LoadError::new(name, refusal))
    }

    fn outside(&self, bytes: &[u8]) -> Result<Probe, Refusal> {
        let limit = self.shared.config.component;
        if bytes.len() > limit {
            return Err(Refusal::TooLarge { size: bytes.len(), limit });
        }
        probe(bytes)
    }

    fn prepare(
        &self,
        component: &Component,
        name: &str,
        limits: &InstanceLimits,
        cache: Option<&Cache>,
    ) -> Result<Loaded, Refusal> {
        let Shared { engine, config, running, .. } = &*self.shared;
        let Probe { version, .. } = self.outside(component.bytes())?;
        let compiled = compiled(engine, component, name, cache)?;
        let linked = Linked::new(engine, &compiled, &version)?;

        let deadline = limits.setup_deadline;
        let _permit = running.acquire(deadline.wall).ok_or_else(|| {
            let detail = "no instance became free within the deadline";
            Refusal::Describe(Fault::new(FaultKind::Saturated, detail))
        })?;
        let mut instance = linked.start(limits, deadline).map_err(Refusal::Describe)?;
        let differs = |detail| Refusal::Interface { version: version.clone(), detail };
        instance.check_types().map_err(differs)?;
        let described = instance.describe();
        let (_, memory) = instance.used();
        LogRate::new(config.log_lines_per_second).write(name, "", instance.log());
        let manifest = described.map_err(Refusal::Describe)?.check().map_err(Refusal::Manifest)?;
        let check = AnswerCheck::new(&manifest, config);
        let digest = component.digest().to_string();
        Ok(Loaded { linked, manifest, interface: version, digest, memory, check })
    }
}

/// What can be known of a component from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentInfo {
    /// The version of the interface that it was built against.
    pub interface: Version,
    /// What it imports, with versions.
    pub imports: Vec<String>,
}

/// The component as machine code: kept from an earlier start, or compiled now and kept for the
/// next.
fn compiled(
    engine: &Engine,
    component: &Component,
    name: &str,
    cache: Option<&Cache>,
) -> Result<component::Component, Refusal> {
    let (digest, bytes) = (component.digest(), component.bytes());
    match cache.map(|cache| cache.find(engine, digest.bytes())) {
        Some(Kept::Component(compiled)) => return Ok(compiled),
        Some(Kept::Refused(why)) => {
            tracing::warn!(component = name, why, "the compiled code is not used");
        }
        Some(Kept::Nothing) | None => {}
    }
    let compiled = component::Component::new(engine, bytes)
        .map_err(|error| Refusal::Compile(format!("{error:#}")))?;
    if let Some(Err(error)) = cache.map(|cache| cache.keep(engine, digest.bytes(), &compiled)) {
        tracing::warn!(component = name, %error, "the compiled code cannot be kept");
    }
    Ok(compiled)
}
