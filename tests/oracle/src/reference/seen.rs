//! What was come across on the way to an answer.
//!
//! Two evaluators that agree on what neither of them was asked prove nothing, and a reason alone
//! does not tell which rules led to it. So the naive evaluator counts them.

use std::cell::RefCell;
use std::collections::BTreeMap;

/// How often something was come across, by name.
#[derive(Debug, Default)]
pub struct Seen(RefCell<BTreeMap<&'static str, u64>>);

impl Seen {
    pub(super) fn note(&self, what: &'static str) {
        *self.0.borrow_mut().entry(what).or_default() += 1;
    }

    /// All of it.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.0.borrow().clone()
    }
}
