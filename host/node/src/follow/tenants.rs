//! The tenants that are in memory.
//!
//! A store may hold far more tenants than are asked about, so one comes when somebody asks and
//! goes when nobody has for the longest and memory is wanted. Whoever asks holds on to it: what
//! is held does not go, so a decision is never made of a tenant that is no longer followed.
//!
//! INVARIANT: a tenant that somebody holds is in here, and in the authorizer what was last put
//! there for it. It comes in here before its log is read: whatever moves after that is noticed by
//! whoever follows, and what had moved before is read.

use super::followed::Followed;
use foldhash::fast::FixedState;
use permesso_engine::Authorizer;
use permesso_store::Realm;
use std::collections::HashMap;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

type Shard = RwLock<HashMap<Box<str>, Arc<Followed>>>;

/// So many parts, each with a lock of its own.
const SHARDS: usize = 64;

/// The tenants that are in memory.
#[derive(Debug)]
pub(crate) struct Tenants {
    shards: Vec<Shard>,
    /// What they weigh together, roughly, in bytes.
    weight: AtomicU64,
    most: u64,
    count: AtomicUsize,
}

impl Tenants {
    /// That weigh so many bytes at most, roughly, but for those that are held.
    pub(crate) fn new(most: u64) -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self { shards, weight: AtomicU64::new(0), most, count: AtomicUsize::new(0) }
    }

    fn place(tenant: &str) -> usize {
        let hash = FixedState::default().hash_one(tenant);
        usize::try_from(hash % SHARDS as u64).unwrap_or(0)
    }

    fn shard(&self, tenant: &str) -> Option<&Shard> {
        self.shards.get(Self::place(tenant))
    }

    /// A tenant that is in memory. It counts as asked about.
    pub(crate) fn get(&self, tenant: &str, now: i64) -> Option<Arc<Followed>> {
        let found = self.peek(tenant)?;
        found.used_at.store(now, Ordering::Relaxed);
        Some(found)
    }

    /// The same, without anybody asking.
    pub(crate) fn peek(&self, tenant: &str) -> Option<Arc<Followed>> {
        let shard = self.shard(tenant)?.read().unwrap_or_else(PoisonError::into_inner);
        shard.get(tenant).cloned()
    }

    /// A tenant that is followed from now on, loaded or not.
    pub(crate) fn get_or_begin(&self, realm: &Realm, tenant: &str, now: i64) -> Arc<Followed> {
        if let Some(found) = self.get(tenant, now) {
            return found;
        }
        let new = Arc::new(Followed::new(realm.clone(), now));
        let Some(shard) = self.shard(tenant) else { return new };
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        let begun = shard.entry(tenant.into()).or_insert_with(|| {
            self.count.fetch_add(1, Ordering::Relaxed);
            new
        });
        Arc::clone(begun)
    }

    /// All of them. They are held meanwhile.
    pub(crate) fn all(&self) -> Vec<Arc<Followed>> {
        let mut all = Vec::with_capacity(self.len());
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            all.extend(shard.values().cloned());
        }
        all
    }

    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// One weighs something else by now.
    pub(crate) fn weigh(&self, one: &Followed) {
        let is = one.weigh();
        let was = one.weight.swap(is, Ordering::AcqRel);
        self.weight.fetch_add(is.wrapping_sub(was), Ordering::AcqRel);
    }

    /// Lets go of those that nobody holds and nobody has asked about for the longest, until the
    /// rest is light enough.
    pub(crate) fn make_room(&self, authorizer: &Authorizer, beside: &str) {
        let first = Self::place(beside);
        let mut in_vain = 0;
        for turn in 0.. {
            if self.weight.load(Ordering::Acquire) <= self.most || in_vain == SHARDS {
                return;
            }
            let Some(shard) = self.shards.get((first + turn) % SHARDS) else { return };
            if self.let_go(shard, authorizer, beside) { in_vain = 0 } else { in_vain += 1 }
        }
    }

    fn let_go(&self, shard: &Shard, authorizer: &Authorizer, beside: &str) -> bool {
        let mut shard = shard.write().unwrap_or_else(PoisonError::into_inner);
        // Nobody can begin to hold one while the shard is locked.
        let idle = shard.iter().filter(|(id, one)| Arc::strong_count(one) == 1 && &***id != beside);
        let longest = idle.min_by_key(|(_, one)| one.used_at.load(Ordering::Relaxed));
        let Some(id) = longest.map(|(id, _)| id.clone()) else { return false };
        if let Some(gone) = shard.remove(&id) {
            self.count.fetch_sub(1, Ordering::Relaxed);
            let weight = gone.weight.load(Ordering::Acquire);
            self.weight.fetch_sub(weight, Ordering::AcqRel);
            authorizer.remove(&id);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(tenants: &Tenants, id: &str, now: i64) -> Arc<Followed> {
        let one = tenants.get_or_begin(&Realm::tenant(id).unwrap(), id, now);
        tenants.weigh(&one);
        one
    }

    fn names(tenants: &Tenants) -> Vec<String> {
        let mut names: Vec<_> = tenants.all().iter().map(|one| one.realm.to_string()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_held_stays_and_of_the_rest_what_was_asked_about_last() {
        let authorizer = Authorizer::new(0);
        let weight = Followed::new(Realm::platform(), 0).weigh();
        let tenants = Tenants::new(3 * weight);
        let held = begin(&tenants, "held", 0);
        for (id, now) in [("a", 3), ("b", 1), ("c", 2)] {
            begin(&tenants, id, now);
        }
        assert_eq!(names(&tenants), ["a", "b", "c", "held"]);
        // One shard after another: which of those that nobody holds goes depends on where it lies.
        tenants.make_room(&authorizer, "a");
        assert_eq!(tenants.len(), 3);
        assert!(names(&tenants).contains(&"held".to_owned()));
        assert!(names(&tenants).contains(&"a".to_owned()), "room is made beside it");
        drop(held);
        begin(&tenants, "d", 4);
        tenants.make_room(&authorizer, "d");
        assert_eq!(tenants.len(), 3);
    }

    #[test]
    fn nothing_is_waited_for_where_everything_is_held() {
        let authorizer = Authorizer::new(0);
        let tenants = Tenants::new(1);
        let held: Vec<_> = (0..100).map(|n| begin(&tenants, &format!("t{n}"), n)).collect();
        tenants.make_room(&authorizer, "t0");
        assert_eq!(tenants.len(), held.len());
        drop(held);
        tenants.make_room(&authorizer, "t0");
        assert_eq!(names(&tenants), ["t0"]);
    }
}
