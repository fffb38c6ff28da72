//! What was seen: a comparison that never meets a rule says nothing about it.

use crate::reference::Ruling;
use std::collections::BTreeMap;
use std::fmt;

/// The codes that a healthy run meets. `unknown-tenant` needs no world and is asked apart.
pub const CODES: [&str; 18] = [
    "granted",
    "floor",
    "unknown-action",
    "not-an-action",
    "unknown-subject",
    "tenant-mismatch",
    "subject-inactive",
    "invitation-pending",
    "plan",
    "guard",
    "not-granted",
    "out-of-scope",
    "prerequisite",
    "exclusive",
    "constraint",
    "family-forbids",
    "family-requires",
    "family-fault",
];

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How often each reason was given.
    pub reasons: BTreeMap<&'static str, u64>,
    /// How many allows carried obligations.
    pub obliged: u64,
    /// How often an answer was asked again with a cache.
    pub rechecked: u64,
    /// How many of these came out of the cache.
    pub hits: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, ruling: &Ruling) {
        *self.reasons.entry(ruling.reason.code()).or_default() += 1;
        self.obliged += u64::from(ruling.is_allow() && !ruling.duties.is_empty());
    }

    /// How many cases were compared.
    #[must_use]
    pub fn cases(&self) -> u64 {
        self.reasons.values().sum()
    }

    /// How often a reason was given.
    #[must_use]
    pub fn of(&self, code: &str) -> u64 {
        self.reasons.get(code).copied().unwrap_or_default()
    }

    /// How many were allowed.
    #[must_use]
    pub fn allows(&self) -> u64 {
        self.of("granted") + self.of("floor")
    }

    /// Adds what another has seen.
    pub fn add(&mut self, other: &Self) {
        for (code, count) in &other.reasons {
            *self.reasons.entry(code).or_default() += count;
        }
        self.obliged += other.obliged;
        self.rechecked += other.rechecked;
        self.hits += other.hits;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for code in CODES {
            writeln!(f, "  {:>9}  {code}", self.of(code))?;
        }
        writeln!(f, "  {:>9}  allows with obligations", self.obliged)?;
        writeln!(f, "  {:>9}  asked again with a cache, {} found in it", self.rechecked, self.hits)
    }
}
