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

use super::history::History;
use super::open::Broken;
use super::people::People;
use super::{Admitted, Compiled, Need};
use crate::snapshot::{Interner, Member, Record};
use foldhash::fast::RandomState;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// How many hold a role.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Who take part: active, with the invitation accepted.
    pub taking_part: usize,
    /// All but the deleted.
    pub listed: usize,
}

/// Something that was read.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// A user.
    User(Box<Record>),
    /// The directory has no user of this id. That is kept as well.
    Absent(String),
    /// How many hold a role.
    Usage {
        /// Its name.
        role: String,
        /// How many.
        usage: Usage,
    },
}

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

/// What is kept of one id.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    Known(Arc<Member>),
    /// There is none, as of this revision.
    Absent(u64),
    Broken(Arc<Broken>),
}

/// A count and the revision at which it was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) as_of: u64,
    pub(super) usage: Usage,
}

impl Slot {
    pub(super) fn as_of(&self) -> u64 {
        match self {
            Self::Known(member) => member.revision,
            Self::Absent(as_of) => *as_of,
            Self::Broken(broken) => broken.as_of,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(one), Self::Known(other)) => Arc::ptr_eq(one, other),
            (Self::Broken(one), Self::Broken(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

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

    /// Keeps what was read for a tenant of these subjects.
    ///
    /// `as_of` is a revision of the tenant at which all of it was as it is given here. The
    /// revision of the tenant that is decided under is best; a later one serves later decisions
    /// only.
    ///
    /// What may have changed since is not kept; nothing is, where `compiled` is not a tenant of
    /// these subjects. What was kept can be dropped again at any time, so ask while
    /// [holding](crate::Authorizer::holding) the [`Pins`] that this returns: they serve every
    /// revision at which it is certain that nothing had changed, at least `as_of` itself. A
    /// decision that turns on more users than there is room for would otherwise never be made.
    pub fn admit(&self, compiled: &Compiled, as_of: u64, loaded: Vec<Loaded>) -> Admitted {
        let open = match &compiled.people {
            People::Open(open) if std::ptr::eq(&*open.subjects, self) => open,
            _ => return Admitted::refused(loaded.iter().map(Loaded::need)),
        };
        // Compiling takes the longest by far and so is done before anybody is held up.
        let mut arrived = Vec::with_capacity(loaded.len());
        let mut counted = Vec::new();
        for loaded in loaded {
            let need = loaded.need();
            match loaded {
                Loaded::User(record) => {
                    let slot = open.compile(Arc::from(record), as_of, &compiled.snapshot);
                    arrived.push((need, slot));
                }
                Loaded::Absent(_) => arrived.push((need, Slot::Absent(as_of))),
                Loaded::Usage { usage, .. } => counted.push((need, Counted { as_of, usage })),
            }
        }
        let mut admitted = Admitted::default();
        let mut refused = Vec::new();
        let history = self.history();
        let applied = history.applied().max(as_of);
        for (need, slot) in arrived {
            let Need::User(id) = &need else { continue };
            let id: Arc<str> = match &slot {
                Slot::Known(member) => Arc::clone(&member.id),
                _ => id.as_str().into(),
            };
            let untouched = history.is_untouched(&need, as_of);
            if untouched {
                self.users.insert(Arc::clone(&id), slot.clone());
            } else {
                refused.push(need);
            }
            admitted.pins.user(id, slot, if untouched { applied } else { as_of });
        }
        for (need, counted) in counted {
            let Need::Usage(role) = &need else { continue };
            let role: Arc<str> = role.as_str().into();
            let untouched = history.is_untouched(&need, as_of);
            if untouched {
                self.usages.insert(Arc::clone(&role), counted);
            } else {
                refused.push(need);
            }
            admitted.pins.usage(role, counted, if untouched { applied } else { as_of });
        }
        drop(history);
        admitted.refused = refused.into_iter().collect();
        admitted
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

impl Loaded {
    /// What it answers.
    #[must_use]
    pub fn need(&self) -> Need {
        match self {
            Self::User(record) => Need::User(record.user.id.to_string()),
            Self::Absent(id) => Need::User(id.clone()),
            Self::Usage { role, .. } => Need::Usage(role.clone()),
        }
    }
}

fn store<V: Clone>(capacity: usize) -> Store<V> {
    let lifecycle = DefaultLifecycle::default();
    Cache::with(capacity, capacity as u64, UnitWeighter, RandomState::default(), lifecycle)
}
