//! What the host keeps beside each instance: its limits, and what it logged.
//!
//! A refused growth of memory is not an error that can be told from others afterwards: the
//! guest sees -1 and does what it likes, most often it traps. So the limiter remembers that it
//! refused, and [`fault`](super::fault) reads it.

use super::config::{Deadline, FamilyConfig, RuntimeConfig};
use std::num::Saturating;
use wasmtime::{Engine, ResourceLimiter, Store};

/// The limits of one instance.
#[derive(Debug, Clone, Copy)]
pub(super) struct InstanceLimits {
    /// Of `evaluate` and `evaluate-batch`.
    pub(super) deadline: Deadline,
    /// Of `describe` and `validate`.
    pub(super) setup_deadline: Deadline,
    pub(super) memory: usize,
    pub(super) table_elements: usize,
    core_instances: usize,
    tables: usize,
    result: usize,
    meter: bool,
    log_lines: usize,
    log_line: usize,
}

impl InstanceLimits {
    pub(super) fn new(config: &RuntimeConfig) -> Self {
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            deadline: config.in_ticks(config.deadline),
            setup_deadline: config.in_ticks(config.setup_deadline),
            memory: config.memory,
            table_elements: config.table_elements,
            core_instances: count(config.core_instances),
            tables: count(config.tables),
            result: config.result,
            meter: config.meter,
            log_lines: config.log_lines,
            log_line: config.log_line,
        }
    }

    /// The same limits with those of one family in their place.
    pub(super) fn of(&self, runtime: &RuntimeConfig, family: &FamilyConfig) -> Self {
        let deadline = family.deadline.map(|deadline| runtime.in_ticks(deadline));
        Self {
            memory: family.memory.unwrap_or(self.memory).min(runtime.memory_ceiling),
            deadline: deadline.unwrap_or(self.deadline),
            ..*self
        }
    }

    /// A store for one instance that has so much time.
    pub(super) fn store(&self, engine: &Engine, deadline: Deadline) -> Store<StoreData> {
        let log = LogBuffer::default();
        let data = StoreData { limits: *self, refused: None, peak_memory: 0, log };
        let mut store = Store::new(engine, data);
        store.limiter(|data| data);
        store.set_hostcall_fuel(self.result);
        store.set_epoch_deadline(deadline.ticks);
        self.refuel(&mut store);
        store
    }
}

impl InstanceLimits {
    /// Fills the tank of a store whose fuel is counted.
    pub(super) fn refuel(&self, store: &mut Store<StoreData>) {
        if self.meter {
            // Fails only where fuel is not counted.
            let _ = store.set_fuel(TANK);
        }
    }

    /// How much a store has used since it was last filled up, where it is counted.
    pub(super) fn used(&self, store: &Store<StoreData>) -> u64 {
        if self.meter { TANK.saturating_sub(store.get_fuel().unwrap_or(TANK)) } else { 0 }
    }
}

/// More fuel than any deadline leaves time to use.
const TANK: u64 = 1 << 60;

/// The host's side of one instance.
#[derive(Debug)]
pub(super) struct StoreData {
    pub(super) limits: InstanceLimits,
    /// What the call under way was refused.
    pub(super) refused: Option<Refused>,
    /// Bytes of linear memory that it has had at most.
    pub(super) peak_memory: usize,
    pub(super) log: LogBuffer,
}

/// What an instance can ask for and not get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Memory,
    Table,
}

impl StoreData {
    /// `desired` is measured against the platform's limit and that of the module itself.
    fn allow(&mut self, what: Refused, desired: usize, maximum: Option<usize>) -> bool {
        let limit = match what {
            Refused::Memory => self.limits.memory,
            Refused::Table => self.limits.table_elements,
        };
        let allowed = desired <= limit && maximum.is_none_or(|maximum| desired <= maximum);
        if !allowed {
            self.refused = Some(what);
        }
        allowed
    }
}

impl ResourceLimiter for StoreData {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = self.allow(Refused::Memory, desired, maximum);
        if allowed {
            self.peak_memory = self.peak_memory.max(desired);
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.allow(Refused::Table, desired, maximum))
    }

    fn instances(&self) -> usize {
        self.limits.core_instances
    }

    fn tables(&self) -> usize {
        self.limits.tables
    }

    fn memories(&self) -> usize {
        1
    }
}

/// The importance of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// The lines of one call. They are written after it: writing takes its time, which is not the
/// family's to spend, and by then the host knows for whom the call was.
#[derive(Debug, Default)]
pub(super) struct LogBuffer {
    pub(super) lines: Vec<(Level, String)>,
    pub(super) dropped: Saturating<u64>,
}

impl LogBuffer {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.dropped.0 == 0
    }
}

impl StoreData {
    /// Whether the call may log another line; counts one that is dropped.
    pub(super) fn may_log(&mut self) -> bool {
        let may = self.log.lines.len() < self.limits.log_lines;
        if !may {
            self.log.dropped += 1;
        }
        may
    }

    /// Keeps a line, cut to the limit and free of control characters, which could pass for
    /// other lines.
    pub(super) fn log(&mut self, level: Level, line: &str) {
        let end = line.floor_char_boundary(self.limits.log_line);
        let line = line.get(..end).unwrap_or_default();
        let line = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.log.lines.push((level, line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data() -> StoreData {
        let limits = InstanceLimits::new(&RuntimeConfig::default());
        StoreData { limits, refused: None, peak_memory: 0, log: LogBuffer::default() }
    }

    #[test]
    fn a_line_is_cut_between_characters_and_keeps_to_one_line() {
        let mut data = data();
        data.log(Level::Info, &"é".repeat(1000));
        data.log(Level::Info, "a\nb\u{1b}[31m");
        assert_eq!(data.log.lines[0].1.len(), 1024);
        assert_eq!(data.log.lines[1].1, "a b [31m");
    }

    #[test]
    fn a_refused_growth_is_remembered() {
        let mut data = data();
        assert!(data.memory_growing(0, 16 << 20, None).unwrap());
        assert_eq!(data.refused, None);
        assert!(!data.memory_growing(0, (16 << 20) + 65536, None).unwrap());
        assert_eq!(data.refused, Some(Refused::Memory));
    }
}
