//! Every number that bounds a family, in one place.
//!
//! Limits are only as good as the operator's idea of what they add up to, so each one carries
//! its unit, and what the pool reserves follows from one number, `instances`. The translation
//! into wasmtime's own configuration is here as well: a family is a pure function, so whatever
//! could make two runs differ (threads, NaN bits, relaxed SIMD) is off or made deterministic.

use super::error::RuntimeError;
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Pages of WebAssembly memory have this many bytes.
const PAGE: usize = 64 << 10;

/// How long the instances of a family live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InstanceMode {
    /// A fresh instance for each call, whether it carries one question or a batch: nothing of
    /// one question can leak into another. Costs a few microseconds.
    #[default]
    PerRequest,
    /// Instances are kept and asked again by the same tenant. For families that are trusted to
    /// be pure, and for interpreted ones, which take long to start.
    Reuse {
        /// After so many calls an instance is thrown away.
        max_calls: NonZeroU32,
    },
}

/// The limits under which families run. The defaults suit families of compiled languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// Wall-clock time of one call of `evaluate` or `evaluate-batch`, start of the instance
    /// included. A call that finds no room waits as long again before it is refused. At least
    /// one `tick`, at most an hour.
    pub deadline: Duration,
    /// Wall-clock time of `describe` and `validate`, which no request waits for.
    pub setup_deadline: Duration,
    /// How often deadlines are looked at: a call may outlive its deadline by two of these. At
    /// least 100 µs, at most a second.
    pub tick: Duration,
    /// Linear memory of one instance in bytes, unless a family is given another limit; whole
    /// pages of 64 KiB.
    pub memory: usize,
    /// The most that a family can be given, in bytes: whole pages of 64 KiB. Interpreted
    /// languages want some 20 to 60 MiB.
    pub memory_ceiling: usize,
    /// Elements of each table of an instance; each takes 8 bytes.
    pub table_elements: usize,
    /// Core modules that one component may consist of, the glue of component tools included.
    /// Compiled languages need 3, interpreted ones up to 41. It is no share of anything that is
    /// scarce, so one number does for both.
    pub core_instances: u32,
    /// Tables of one instance. Compiled languages need 2.
    pub tables: u32,
    /// Stack of a call in bytes; the thread that calls needs as much and some more.
    pub stack: usize,
    /// Bytes that one call may hand to the host, results and log lines counted each.
    pub result: usize,
    /// Bytes of the note of an answer.
    pub note: usize,
    /// Obligations of an answer.
    pub obligations: usize,
    /// Bytes of one text that is passed to a family.
    pub text: usize,
    /// Questions of one call; a larger batch is asked in several calls.
    pub batch: usize,
    /// Log lines of one call.
    pub log_lines: usize,
    /// Log lines of one family in one second.
    pub log_lines_per_second: u32,
    /// Bytes of one log line; longer ones are cut.
    pub log_line: usize,
    /// Bytes of a component file.
    pub component: usize,
    /// Instances alive at once in this process, idle ones included. At least 4, at most 4,096:
    /// each takes four of the 65,530 memory mappings that Linux grants a process.
    pub instances: u32,
    /// Idle instances of all families with [`InstanceMode::Reuse`] together.
    pub idle: u32,
    /// Idle instances of one family; beyond, the one unused for longest makes way.
    pub idle_per_family: usize,
    /// Bytes of an instance's memory that are cleaned by copying rather than given back to the
    /// kernel and faulted in again. Should cover what a batch writes to: stack, arena and
    /// statics. With a kernel that tells which pages were written (Linux 6.7) more costs next
    /// to nothing: a fresh call measured 5.3 µs whatever the size, and after a batch had
    /// written to 150 KiB 7.5 µs with 192 KiB and 13 µs with 64 KiB. Other kernels clean all of
    /// it each time, so that there 64 KiB at most are used.
    pub keep_resident: usize,
    /// How long instances live unless a family is given another mode.
    pub mode: InstanceMode,
    /// Calls of one tenant that may run at once: a bulkhead, so that one tenant's slow family
    /// leaves room for the others. At least 1.
    pub running_per_tenant: u32,
    /// One of so many answers of a reused instance is compared with that of a fresh one; 0 for
    /// none. Instances are reused only where a family is taken to be pure, and this is how it is
    /// found out if it is not.
    pub shadow_every: u32,
    /// When a family that fails is not asked any more.
    pub quarantine: QuarantineConfig,
    /// Counts what calls cost in instructions (see [`FamilyStats`](super::FamilyStats)). For
    /// tools that measure families: it costs about a tenth of their speed.
    pub meter: bool,
}

/// When a family that fails is not asked any more, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineConfig {
    /// Faults within `window` after which it is not asked for the tenant. At least 1.
    pub faults: u32,
    /// The time in which they are counted.
    pub window: Duration,
    /// The first pause. After it one question is let through; if that fails, too, the next pause
    /// is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// How long a question that was let through may take to come back before another one is.
    pub probe_patience: Duration,
    /// Tenants for which it is not asked at once, after which it is not asked for any. At
    /// least 1.
    pub tenants: u32,
}

impl Default for QuarantineConfig {
    fn default() -> Self {
        Self {
            faults: 5,
            window: Duration::from_secs(10),
            first: Duration::from_secs(1),
            longest: Duration::from_secs(300),
            probe_patience: Duration::from_secs(10),
            tenants: 3,
        }
    }
}

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    pub(super) wall: Duration,
    pub(super) ticks: u64,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        Self {
            deadline: Duration::from_millis(10),
            setup_deadline: Duration::from_millis(250),
            tick: Duration::from_millis(1),
            memory: 16 << 20,
            memory_ceiling: 64 << 20,
            table_elements: 10_000,
            core_instances: 48,
            tables: 4,
            stack: 512 << 10,
            result: 1 << 20,
            note: 1 << 10,
            obligations: 64,
            text: 4 << 10,
            batch: 256,
            log_lines: 16,
            log_lines_per_second: 256,
            log_line: 1 << 10,
            component: 32 << 20,
            instances: 256,
            idle: 96,
            idle_per_family: 32,
            keep_resident: 192 << 10,
            mode: InstanceMode::PerRequest,
            running_per_tenant: 36,
            shadow_every: 1_000,
            quarantine: QuarantineConfig::default(),
            meter: false,
        }
    }
}

/// What one family is given that others are not. What is `None` is as the runtime has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FamilyConfig {
    /// Linear memory of one instance in bytes: at most the runtime's
    /// [`memory_ceiling`](RuntimeConfig::memory_ceiling).
    pub memory: Option<usize>,
    /// Wall-clock time of one call.
    pub deadline: Option<Duration>,
    /// How long its instances live.
    pub mode: Option<InstanceMode>,
    /// The inputs that it may see, as its manifest names them. What it declares and is not here
    /// is always absent to it; its configuration by a tenant is its own and always there.
    pub granted: Option<BTreeSet<String>>,
}

impl RuntimeConfig {
    /// Calls that may run at once. With the idle instances they stay below the pool's size, so
    /// that a call waits for room here, where waiting is bounded, and never fails in the pool:
    /// 256 slots = 144 running + 96 idle + 16 spare.
    #[must_use]
    pub const fn running(&self) -> u32 {
        let spare = self.instances / 16;
        let running = self.instances.saturating_sub(self.idle).saturating_sub(spare);
        if running == 0 { 1 } else { running }
    }

    /// A deadline in ticks, rounded so that no call is cut off early.
    pub(super) fn in_ticks(&self, wall: Duration) -> Deadline {
        let ticks = wall.as_nanos().div_ceil(self.tick.as_nanos().max(1));
        // The tick under way is partly over already.
        Deadline { wall, ticks: u64::try_from(ticks).unwrap_or(u64::MAX / 2).saturating_add(1) }
    }

    pub(super) fn check(&self) -> Result<(), RuntimeError> {
        let hour = Duration::from_secs(3600);
        let fault = |field, advice| Err(RuntimeError::Config { field, advice });
        if self.tick < Duration::from_micros(100) || self.tick > Duration::from_secs(1) {
            return fault("tick", "write 100 µs to 1 s");
        }
        if self.deadline < self.tick || self.deadline > hour {
            return fault("deadline", "write at least one `tick` and at most an hour");
        }
        if self.setup_deadline < self.deadline || self.setup_deadline > hour {
            return fault("setup_deadline", "write at least `deadline` and at most an hour");
        }
        let pages = |bytes: usize| bytes > 0 && bytes.is_multiple_of(PAGE);
        if !pages(self.memory_ceiling) || self.memory_ceiling > 1 << 32 {
            return fault("memory_ceiling", "write a multiple of 65536 bytes, at most 4 GiB");
        }
        if !pages(self.memory) || self.memory > self.memory_ceiling {
            return fault("memory", "write a multiple of 65536 bytes, at most `memory_ceiling`");
        }
        if self.stack < PAGE || self.stack > 1 << 20 {
            return fault("stack", "write 64 KiB to 1 MiB; threads have 2 MiB");
        }
        if !(4..=4096).contains(&self.instances) {
            return fault("instances", "write 4 to 4096");
        }
        if self.idle > self.instances / 2 {
            return fault("idle", "write at most half of `instances`");
        }
        if self.batch == 0 {
            return fault("batch", "write at least 1");
        }
        if self.running_per_tenant == 0 {
            return fault("running_per_tenant", "write at least 1");
        }
        if self.quarantine.faults == 0 || self.quarantine.tenants == 0 {
            return fault("quarantine", "write at least 1 for `faults` and for `tenants`");
        }
        if self.quarantine.first.is_zero() || self.quarantine.longest < self.quarantine.first {
            return fault("quarantine", "write a `first` pause, and no shorter `longest` one");
        }
        Ok(())
    }

    /// Instances made on demand, and what is the same with a pool.
    pub(super) fn on_demand(&self) -> Config {
        let mut config = Config::new();
        config
            // Limits.
            .epoch_interruption(true)
            .consume_fuel(self.meter)
            .max_wasm_stack(self.stack)
            // The same question, the same answer.
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true)
            // What no family needs is not there to be attacked. Reference types and bulk memory
            // stay: compilers emit their encodings by default.
            .concurrency_support(false)
            .gc_support(false)
            .wasm_gc(false)
            .wasm_memory64(false)
            .wasm_multi_memory(false)
            .wasm_tail_call(false)
            .shared_memory(false)
            // A trap names the functions it went through, for whoever wrote the family; the
            // offsets of instructions are not kept.
            .wasm_backtrace_max_frames(const { std::num::NonZeroUsize::new(8) })
            .generate_address_map(false);
        config
    }

    /// The pool. One number sizes it: for 256 instances, 256 memories of 4 GiB of address space
    /// and a guard page each (1 TiB of the 128 TiB there are; only what is written to takes
    /// memory: at most its limit each while in use, `keep_resident` each, 48 MiB, in between),
    /// 4 tables of 80 KB each, and 1,024 memory mappings.
    pub(super) fn pooled(&self) -> Config {
        let scans = PoolingAllocationConfig::is_pagemap_scan_available();
        let keep_resident =
            if scans { self.keep_resident } else { self.keep_resident.min(64 << 10) };
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(self.instances)
            .total_core_instances(self.instances.saturating_mul(self.core_instances))
            .max_core_instances_per_component(self.core_instances)
            .total_memories(self.instances)
            .max_memories_per_component(1)
            .max_memories_per_module(1)
            .total_tables(self.instances.saturating_mul(self.tables))
            .max_tables_per_component(self.tables)
            .max_tables_per_module(self.tables)
            .table_elements(self.table_elements)
            .max_memory_size(self.memory_ceiling)
            .linear_memory_keep_resident(keep_resident)
            .table_keep_resident(4 << 10)
            .pagemap_scan(Enabled::Auto);
        let mut config = self.on_demand();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_and_idle_instances_together_stay_below_the_pool() {
        for instances in [4, 16, 256, 4096] {
            let config =
                RuntimeConfig { instances, idle: instances / 2, ..RuntimeConfig::default() };
            assert!(config.check().is_ok());
            assert!(config.running() >= 1);
            assert!(config.running() + config.idle <= config.instances, "{instances}");
        }
    }

    #[test]
    fn a_deadline_is_never_shorter_than_asked_for() {
        let config = RuntimeConfig::default();
        assert_eq!(config.in_ticks(Duration::from_millis(10)).ticks, 11);
        assert_eq!(config.in_ticks(Duration::from_micros(1500)).ticks, 3);
    }

    #[test]
    fn a_number_out_of_range_is_named() {
        let config = RuntimeConfig { memory: 100, ..RuntimeConfig::default() };
        assert_eq!(
            config.check().unwrap_err().to_string(),
            "`memory` is out of range; write a multiple of 65536 bytes, at most `memory_ceiling`"
        );
    }
}
