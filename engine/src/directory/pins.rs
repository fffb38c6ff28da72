//! What an asker holds on to until a decision is made.

use super::history::History;
use super::kept::{Counted, Slot};
use super::{Need, Usage};
use std::collections::HashMap;
use std::sync::{Arc, MutexGuard};

/// Users and counts that a decision finds though there was no room to keep them. Each counts
/// only as long as it is known not to have changed.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    users: HashMap<Arc<str>, Pinned<Slot>>,
    usages: HashMap<Arc<str>, Pinned<Counted>>,
}

#[derive(Debug, Clone)]
struct Pinned<T> {
    value: T,
    /// The revision up to which it was known not to have changed when it arrived; of what may
    /// have, the one at which it was read.
    upto: u64,
}

impl Pins {
    /// Holds on to what others hold as well. Where both hold the same, the other's counts.
    pub fn join(&mut self, other: Self) {
        self.users.extend(other.users);
        self.usages.extend(other.usages);
    }

    pub(super) fn user(&mut self, id: Arc<str>, value: Slot, upto: u64) {
        self.users.insert(id, Pinned { value, upto });
    }

    pub(super) fn usage(&mut self, role: Arc<str>, value: Counted, upto: u64) {
        self.usages.insert(role, Pinned { value, upto });
    }

    /// A user, if they were the same at that revision. What changed lately is looked at only where
    /// it has to be.
    pub(super) fn find_user<'h>(
        &self,
        id: &str,
        revision: u64,
        history: impl FnOnce() -> MutexGuard<'h, History>,
    ) -> Option<Slot> {
        let pinned = self.users.get(id)?;
        let as_of = pinned.value.as_of();
        let holds = holds(as_of, pinned.upto, revision, || {
            is_untouched(&history(), Need::User(id.to_owned()), as_of)
        });
        holds.then(|| pinned.value.clone())
    }

    /// How many hold a role, if as many did at that revision.
    pub(super) fn find_usage<'h>(
        &self,
        role: &str,
        revision: u64,
        history: impl FnOnce() -> MutexGuard<'h, History>,
    ) -> Option<Usage> {
        let pinned = self.usages.get(role)?;
        let as_of = pinned.value.as_of;
        let holds = holds(as_of, pinned.upto, revision, || {
            is_untouched(&history(), Need::Usage(role.to_owned()), as_of)
        });
        holds.then_some(pinned.value.usage)
    }
}

fn holds(as_of: u64, upto: u64, revision: u64, untouched: impl FnOnce() -> bool) -> bool {
    as_of <= revision && (revision <= upto || untouched())
}

fn is_untouched(history: &History, need: Need, as_of: u64) -> bool {
    history.is_untouched(&need, as_of)
}
