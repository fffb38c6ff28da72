//! What was seen: a comparison that never meets a rule says nothing about it.

use crate::reference::{Ruling, Seen};
use std::collections::BTreeMap;
use std::fmt;

/// The codes that a healthy run meets. `unknown-tenant` needs no world and is asked apart.
pub const CODES: [&str; 28] = [
    "unknown-subject-type",
    "granted",
    "floor",
    "unknown-action",
    "not-an-action",
    "unknown-subject",
    "unknown-kind",
    "wrong-kind",
    "mistyped-attribute",
    "missing-attribute",
    "unknown-value",
    "ambiguous-attribute",
    "subject-inactive",
    "invitation-pending",
    "plan",
    "guard",
    "not-granted",
    "not-applicable",
    "out-of-scope",
    "private",
    "prerequisite",
    "exclusive",
    "constraint",
    "hidden",
    "redacted",
    "family-forbids",
    "family-requires",
    "family-fault",
];

/// What a healthy run comes across on the way to its answers.
pub const SEEN: [&str; 79] = [
    "grant: by a pattern",
    "grant: by a part of a table",
    "subject: anonymous",
    "subject: anonymous, and allowed",
    "contract: an attribute under another name",
    "roles: by a team or the baseline",
    "grant: by a role within limits only",
    "grant: for teams of a grant and of an assignment",
    "matchers: by a role within limits only",
    "family: a role may be held here or not",
    "covered: asked about a role within limits",
    "condition of an assignment, for a family: true",
    "condition of an assignment, for a family: false",
    "condition of an assignment, for a family: unknown",
    "grant: for a record of a list of teams",
    "team: unassigned by its kind",
    "team: what is none of the tenant's",
    "toggle: held for want of a team",
    "grant: left out though another permission brings it along",
    "grant: by a parent of a role only",
    "grant: within exact teams only",
    "matchers: in exactly a team",
    "closed item: nothing opens it",
    "closed item: open to a member of a program",
    "contract: the permission wants to be told more",
    "covered: any role",
    "covered: not every role",
    "covered: yes",
    "covered: no",
    "delegation: outside its window",
    "condition of a grant: true",
    "condition of a grant: false",
    "condition of a grant: unknown",
    "condition of a grant of a toggle: true",
    "condition of a grant of a toggle: false",
    "condition of a grant of a toggle: unknown",
    "toggle: held for want of knowledge only",
    "holds: whether a permission is held cannot be known",
    "condition of a guard: true",
    "condition of a guard: false",
    "condition of a guard: unknown",
    "condition of a program: true",
    "condition of a program: false",
    "condition of a program: unknown",
    "condition on viewers: true",
    "condition on viewers: false",
    "condition on viewers: unknown",
    "condition of a sharing rule: true",
    "condition of a sharing rule: false",
    "condition of a sharing rule: unknown",
    "delegation: a guard does not hold of the delegator",
    "delegation: not the delegator's to give",
    "delegation: the delegator could",
    "delegation: the delegator lacks a prerequisite",
    "delegation: the item is closed to the delegator",
    "delegation: a toggle binds the delegator",
    "delegation: the record is not shared with the delegator",
    "keeps holder: another is left",
    "keeps holder: it is none who goes",
    "keeps holder: nobody is left",
    "unused: no",
    "unused: yes",
    "private: open to a sharer",
    "redaction: by a toggle of the viewer",
    "redaction: by a toggle of the sharer",
    "redaction: by an attribute of the account",
    "redaction: no sharer is named",
    "redaction: the sharer cannot be told",
    "redaction: the sharer is unknown",
    "sharing: open to a sharer",
    "sharing: all is shown",
    "sharing: shown without what is withheld",
    "sharing: the record has its own choice",
    "sharing: an overridable policy applies",
    "sharing: an overridable policy is unknown",
    "sharing: an override applies",
    "sharing: an override is unknown",
    "sharing: a policy applies",
    "sharing: a policy is unknown",
];

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// How often each reason was given.
    pub reasons: BTreeMap<&'static str, u64>,
    /// How often the naive evaluator came across something.
    pub seen: BTreeMap<&'static str, u64>,
    /// How many allows carried obligations.
    pub obliged: u64,
    /// How often an answer was asked again with a cache.
    pub rechecked: u64,
    /// How many of these came out of the cache.
    pub hits: u64,
    /// How often an answer was another one when the clock was moved on.
    pub turned: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, ruling: &Ruling) {
        *self.reasons.entry(ruling.reason.code()).or_default() += 1;
        self.obliged += u64::from(ruling.is_allow() && !ruling.duties.is_empty());
    }

    pub(crate) fn have_seen(&mut self, seen: &Seen) {
        add(&mut self.seen, &seen.counts());
    }

    /// How many cases were compared.
    #[must_use]
    pub fn cases(&self) -> u64 {
        self.reasons.values().sum()
    }

    /// How often a reason was given, or something was come across.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        let count = self.reasons.get(name).or_else(|| self.seen.get(name));
        count.copied().unwrap_or_default()
    }

    /// What a healthy run meets and this one did not meet so often.
    #[must_use]
    pub fn rarer_than(&self, times: u64) -> Vec<&'static str> {
        CODES.into_iter().chain(SEEN).filter(|name| self.of(name) < times).collect()
    }

    /// How many were allowed.
    #[must_use]
    pub fn allows(&self) -> u64 {
        self.of("granted") + self.of("floor")
    }

    /// Adds what another has seen.
    pub fn add(&mut self, other: &Self) {
        add(&mut self.reasons, &other.reasons);
        add(&mut self.seen, &other.seen);
        self.obliged += other.obliged;
        self.rechecked += other.rechecked;
        self.hits += other.hits;
        self.turned += other.turned;
    }
}

fn add(counts: &mut BTreeMap<&'static str, u64>, others: &BTreeMap<&'static str, u64>) {
    for (name, count) in others {
        *counts.entry(name).or_default() += count;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for code in CODES {
            writeln!(f, "  {:>9}  {code}", self.of(code))?;
        }
        writeln!(f, "on the way, as often as looked at:")?;
        for (name, count) in &self.seen {
            writeln!(f, "  {count:>9}  {name}")?;
        }
        writeln!(f, "and:")?;
        writeln!(f, "  {:>9}  allows with obligations", self.obliged)?;
        writeln!(f, "  {:>9}  answers that another instant turned", self.turned)?;
        write!(f, "  {:>9}  asked again with a cache, {} found in it", self.rechecked, self.hits)
    }
}
