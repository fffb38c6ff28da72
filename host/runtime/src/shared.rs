//! The one wasmtime engine of the process, and the room in it that all families share.

use super::bulkhead::Bulkhead;
use super::config::RuntimeConfig;
use super::error::RuntimeError;
use super::permits::Permits;
use super::store::InstanceLimits;
use super::ticker;
use std::fmt;
use std::sync::Arc;
use wasmtime::Engine;

/// What all families of a runtime share.
pub(super) struct Shared {
    pub(super) engine: Engine,
    /// Whether instances come from a pool.
    pub(super) pooled: bool,
    pub(super) config: RuntimeConfig,
    pub(super) limits: InstanceLimits,
    /// Room for calls under way.
    pub(super) running: Permits,
    /// Each tenant's share of that room.
    pub(super) bulkhead: Bulkhead,
    /// Room for instances that are kept.
    pub(super) idle: Arc<Permits>,
}

impl Shared {
    /// An engine with those limits, and the thread that counts its deadlines. Where there is no
    /// pool to be had, instances are made on demand.
    pub(super) fn new(config: RuntimeConfig) -> Result<Self, RuntimeError> {
        config.check()?;
        let (engine, pooled) = match Engine::new(&config.pooled()) {
            Ok(engine) => (engine, true),
            Err(error) => {
                tracing::warn!(
                    instances = config.instances,
                    error = format!("{error:#}"),
                    "no pool for the instances of families, they are made on demand and start \
                     more slowly; lower `instances` or raise the limit of address space"
                );
                let engine = Engine::new(&config.on_demand())
                    .map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
                (engine, false)
            }
        };
        ticker::start(&engine, config.tick)?;
        let limits = InstanceLimits::new(&config);
        let running = Permits::new(config.running());
        let bulkhead = Bulkhead::new(config.running_per_tenant);
        let idle = Arc::new(Permits::new(config.idle));
        Ok(Self { engine, pooled, config, limits, running, bulkhead, idle })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("pooled", &self.pooled)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
