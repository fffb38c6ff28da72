//! What is installed, as one document.

use super::signature::Signature;
use jiff::Timestamp;
use permesso_runtime::Digest;
use permesso_runtime::{FamilyConfig, InstanceMode};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

/// What the document says it is.
pub(super) const FORMAT: &str = "permesso-depot/1";

/// Generations of one family that are kept for going back.
pub(super) const KEPT: usize = 10;

/// Everything that is installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    pub(super) format: String,
    /// Grows with each change.
    pub revision: u64,
    /// By the families' ids.
    pub families: BTreeMap<String, FamilyState>,
}

/// One family.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyState {
    /// The generation that answers: a [`Generation::number`].
    pub current: u32,
    /// Whether it is switched off: what it governs is denied.
    #[serde(default)]
    pub disabled: bool,
    /// FamilyLimits of its own.
    #[serde(default)]
    pub limits: FamilyLimits,
    /// The newest last.
    pub generations: Vec<Generation>,
}

/// FamilyLimits of one family; what is absent is as the runtime has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyLimits {
    /// Memory of one instance in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u32>,
    /// Wall-clock time of one call in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u32>,
    /// Its instances are kept for so many calls; a fresh one for each call where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reuse: Option<NonZeroU32>,
}

impl FamilyLimits {
    /// These, and where they say nothing, those.
    #[must_use]
    pub fn or(self, those: Self) -> Self {
        Self {
            memory_mib: self.memory_mib.or(those.memory_mib),
            deadline_ms: self.deadline_ms.or(those.deadline_ms),
            reuse: self.reuse.or(those.reuse),
        }
    }

    /// As the runtime takes them.
    #[must_use]
    pub fn config(self) -> FamilyConfig {
        let Self { memory_mib, deadline_ms, reuse } = self;
        FamilyConfig {
            memory: memory_mib.and_then(|mib| usize::try_from(mib).ok()?.checked_mul(1 << 20)),
            deadline: deadline_ms.map(|ms| Duration::from_millis(u64::from(ms))),
            mode: reuse.map(|max_calls| InstanceMode::Reuse { max_calls }),
            granted: None,
        }
    }
}

/// One component that a family was or is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generation {
    /// Counted from 1.
    pub number: u32,
    /// The component.
    pub digest: Digest,
    /// Bytes of the component.
    pub size: u64,
    /// The family's own version.
    pub version: String,
    /// The version of the interface that it was built against.
    pub interface: String,
    /// The file or the registry that it came from.
    pub source: String,
    /// When it was installed.
    pub installed_at: Timestamp,
    /// The inputs that it may see. They are this generation's own: what another one declares or
    /// may see says nothing about what this one needs.
    pub granted: BTreeSet<String>,
    /// What it declares besides, which is always absent to it.
    pub withheld: BTreeSet<String>,
    /// Who answers for it.
    pub publisher: Option<String>,
    /// Their signature. Where there is none, the operator has said that none is needed.
    pub signature: Option<Signature>,
}

impl Default for State {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), revision: 0, families: BTreeMap::new() }
    }
}

impl FamilyState {
    /// The generation that answers.
    #[must_use]
    pub fn generation(&self) -> Option<&Generation> {
        self.generations.iter().find(|generation| generation.number == self.current)
    }

    /// The generation of that component, whether it answers or not.
    #[must_use]
    pub fn with(&self, digest: Digest) -> Option<&Generation> {
        self.generations.iter().find(|generation| generation.digest == digest)
    }

    /// The generation that was installed before the one that answers.
    #[must_use]
    pub fn previous(&self) -> Option<&Generation> {
        let earlier = self.generations.iter().filter(|one| one.number < self.current);
        earlier.max_by_key(|one| one.number)
    }

    /// As the runtime takes it; without a generation it may see nothing.
    #[must_use]
    pub fn config(&self) -> FamilyConfig {
        let granted = self.generation().map(|generation| generation.granted.clone());
        FamilyConfig { granted: Some(granted.unwrap_or_default()), ..self.limits.config() }
    }

    /// Drops the oldest generations beyond those that are kept.
    pub(super) fn prune(&mut self) {
        while self.generations.len() > KEPT {
            let oldest = self.generations.iter().position(|one| one.number != self.current);
            match oldest {
                Some(oldest) => drop(self.generations.remove(oldest)),
                None => return,
            }
        }
    }
}

impl State {
    /// Whether any family refers to a component.
    pub(super) fn refers_to(&self, digest: Digest) -> bool {
        let mut generations = self.families.values().flat_map(|family| &family.generations);
        generations.any(|generation| generation.digest == digest)
    }
}
