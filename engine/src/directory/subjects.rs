//! Users that are read when they are asked about, and dropped when they change.
//!
//! A directory may hold millions of users, so it is never loaded whole. Whoever embeds the
//! engine reads the few whom a decision turns on, and they are kept until there is no room for
//! them or the change feed names them.
//!
//! Every decision is made from one revision of the tenant, though users are read at different
//! times. Two rules see to it:
//!
//! - What is kept was read at some revision, its `as_of`, and has not changed since: a change
//!   drops exactly what it touched before the revision that it makes is served, and what was
//!   being read meanwhile is kept only if it is known not to have changed on the way.
//! - A decision under a revision uses only what was read at it or before. So whatever it uses
//!   was the same at that revision.

use super::Need;
use super::history::History;
use super::kept::{Counted, Slot};
use crate::snapshot::Interner;
use foldhash::fast::RandomState;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// The users of a tenant whose directory is read as it is needed, as far as they are kept. All
/// revisions of the tenant share them.
pub struct Subjects {
    pub(super) users: Store<Slot>,
    pub(super) usages: Store<Counted>,
    /// Held while anything comes in or goes out. A decision takes it only to ask whether what
    /// its asker holds on to has changed.
    history: Mutex<History>,
    /// Held while names are looked up in it, for a new user or a new policy.
    pub(crate) shared: Mutex<Interner>,
}

type Store<V> = Cache<Arc<str>, V, UnitWeighter, RandomState, DefaultLifecycle<Arc<str>, V>>;

impl fmt::Debug for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subjects").field("users", &self.len()).finish_non_exhaustive()
    }
}

/// Only guards ask how many hold a role: one count is kept for this many users.
const USERS_PER_COUNT: usize = 64;
/// And this many at least.
const COUNTS: usize = 64;

impl Subjects {
    /// Keeps at most `capacity` users, and a few counts of who holds a role.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            users: store(capacity),
            usages: store((capacity / USERS_PER_COUNT).max(COUNTS)),
            history: Mutex::default(),
            shared: Mutex::default(),
        }
    }

    /// How many users are kept, those included of whom it is known that there are none.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// How many users are kept at most.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.users.capacity()
    }

    /// Drops what changed on the way to a revision, before anybody decides under it.
    pub(super) fn apply(&self, revision: u64, touched: &[Need]) {
        let mut history = self.history();
        history.apply(revision, touched.iter());
        // What was read at the revision or after it has the change already.
        for need in touched {
            match need {
                Need::User(id) => {
                    self.users.remove_if(id.as_str(), |slot| slot.as_of() < revision);
                }
                Need::Usage(role) => {
                    self.usages.remove_if(role.as_str(), |counted| counted.as_of < revision);
                }
            }
        }
    }

    /// Puts what was compiled for another policy in the place of what it was compiled from,
    /// unless that is gone or somebody is busy: then it is compiled once more.
    pub(super) fn put_back(&self, id: &Arc<str>, old: &Slot, new: Slot) {
        let history = match self.history.try_lock() {
            Ok(history) => history,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        // Nothing comes in or goes out meanwhile, and where it is gone it must stay so.
        if self.users.peek(&**id).is_some_and(|kept| kept.is(old)) {
            let _gone = self.users.replace(Arc::clone(id), new, true);
        }
        drop(history);
    }

    pub(super) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn shared(&self) -> MutexGuard<'_, Interner> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn store<V: Clone>(capacity: usize) -> Store<V> {
    let lifecycle = DefaultLifecycle::default();
    Cache::with(capacity, capacity as u64, UnitWeighter, RandomState::default(), lifecycle)
}
