//! The tenants that are served, by id.
//!
//! A decision takes no lock to find its tenant, and a tenant that comes, goes or changes must not
//! cost more the more there are. So they lie on shelves, and one that changes makes its shelf anew:
//! some four hundred pointers, where there are a hundred thousand tenants.

use crate::directory::Compiled;
use arc_swap::ArcSwap;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::Arc;

/// How many shelves.
const SHELVES: usize = 256;

/// The tenants by id, each as it is served now.
#[derive(Debug)]
pub(super) struct Tenants {
    hasher: foldhash::fast::RandomState,
    shelves: Box<[ArcSwap<Shelf>]>,
}

type Shelf = HashTable<Arc<Compiled>>;

impl Default for Tenants {
    fn default() -> Self {
        Self {
            hasher: foldhash::fast::RandomState::default(),
            shelves: (0..SHELVES).map(|_| ArcSwap::default()).collect(),
        }
    }
}

impl Tenants {
    /// Does something with a tenant as it is served now, without a count of who else does that
    /// would make threads wait for each other.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "what is done is a decision, which is not moved twice"
    )]
    pub(super) fn with<T>(&self, id: &str, what: impl FnOnce(Option<&Arc<Compiled>>) -> T) -> T {
        let hash = self.hasher.hash_one(id);
        let Some(shelf) = self.shelf(hash) else { return what(None) };
        what(shelf.load().find(hash, |tenant| tenant.snapshot.tenant() == id))
    }

    /// Adds a tenant, or puts another revision in the place of the one that is served.
    pub(super) fn put(&self, tenant: &Arc<Compiled>) {
        let id = tenant.snapshot.tenant();
        let hash = self.hasher.hash_one(id);
        let Some(shelf) = self.shelf(hash) else { return };
        shelf.rcu(|shelf| {
            let mut shelf = Shelf::clone(shelf);
            match shelf.find_mut(hash, |served| served.snapshot.tenant() == id) {
                Some(served) => *served = Arc::clone(tenant),
                None => {
                    let again = |one: &Arc<Compiled>| self.hasher.hash_one(one.snapshot.tenant());
                    shelf.insert_unique(hash, Arc::clone(tenant), again);
                }
            }
            shelf
        });
    }

    /// Takes a tenant out.
    pub(super) fn remove(&self, id: &str) {
        let hash = self.hasher.hash_one(id);
        let Some(shelf) = self.shelf(hash) else { return };
        shelf.rcu(|shelf| {
            let mut shelf = Shelf::clone(shelf);
            if let Ok(served) = shelf.find_entry(hash, |served| served.snapshot.tenant() == id) {
                served.remove();
            }
            shelf
        });
    }

    /// All tenants, in no order.
    pub(super) fn all(&self) -> Vec<Arc<Compiled>> {
        let shelves = self.shelves.iter().map(ArcSwap::load);
        shelves.flat_map(|shelf| shelf.iter().map(Arc::clone).collect::<Vec<_>>()).collect()
    }

    /// How many there are, up to `most`.
    pub(super) fn count(&self, most: usize) -> usize {
        let mut count = 0;
        for shelf in &self.shelves {
            count += shelf.load().len();
            if count >= most {
                return most;
            }
        }
        count
    }

    #[inline]
    fn shelf(&self, hash: u64) -> Option<&ArcSwap<Shelf>> {
        // The lower bits are those that the shelf itself looks at first.
        let place = usize::try_from(hash >> 48).unwrap_or_default();
        self.shelves.get(place % SHELVES)
    }
}
