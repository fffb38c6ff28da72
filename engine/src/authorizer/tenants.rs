//! The tenants that are served, by id.
//!
//! A decision takes no lock to find its tenant, and a tenant that comes or goes must not cost
//! more the more there are. So they lie on shelves: one that comes or goes makes one shelf anew,
//! and a revision that follows another replaces it where it lies.

use crate::directory::Compiled;
use arc_swap::{ArcSwap, Guard};
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::Arc;

/// How many shelves: with a hundred thousand tenants each holds some four hundred.
const SHELVES: usize = 256;

/// The tenants by id.
#[derive(Debug)]
pub(super) struct Tenants {
    hasher: foldhash::fast::RandomState,
    shelves: Box<[ArcSwap<Shelf>]>,
}

type Shelf = HashTable<Arc<Served>>;

/// One tenant, whichever revision of it is served.
#[derive(Debug)]
struct Served {
    id: Box<str>,
    hash: u64,
    current: ArcSwap<Compiled>,
}

impl Default for Tenants {
    fn default() -> Self {
        Self {
            hasher: foldhash::fast::RandomState::default(),
            shelves: (0..SHELVES).map(|_| ArcSwap::default()).collect(),
        }
    }
}

impl Tenants {
    /// A tenant as it is served now.
    #[inline]
    pub(super) fn find(&self, id: &str) -> Option<Guard<Arc<Compiled>>> {
        let hash = self.hasher.hash_one(id);
        let shelf = self.shelf(hash)?.load();
        Some(shelf.find(hash, |served| *served.id == *id)?.current.load())
    }

    /// Adds a tenant, or puts another revision in the place of the one that is served.
    pub(super) fn put(&self, tenant: Arc<Compiled>) {
        let id: Box<str> = tenant.snapshot.tenant().into();
        let hash = self.hasher.hash_one(&*id);
        let Some(shelf) = self.shelf(hash) else { return };
        loop {
            let known = shelf.load().find(hash, |served| served.id == id).cloned();
            if let Some(served) = known {
                served.current.store(Arc::clone(&tenant));
                // Gone meanwhile, it is not to be found there.
                let kept = shelf.load().find(hash, |it| Arc::ptr_eq(it, &served)).is_some();
                if kept {
                    return;
                }
                continue;
            }
            let current = ArcSwap::new(Arc::clone(&tenant));
            let new = Arc::new(Served { id: id.clone(), hash, current });
            let mut put = false;
            shelf.rcu(|shelf| {
                // Whoever was quicker has made a place that others may use already.
                put = shelf.find(hash, |served| served.id == id).is_none();
                if !put {
                    return Arc::clone(shelf);
                }
                let mut shelf = Shelf::clone(shelf);
                shelf.insert_unique(hash, Arc::clone(&new), |served| served.hash);
                Arc::new(shelf)
            });
            if put {
                return;
            }
        }
    }

    /// Takes a tenant out.
    pub(super) fn remove(&self, id: &str) {
        let hash = self.hasher.hash_one(id);
        let Some(shelf) = self.shelf(hash) else { return };
        shelf.rcu(|shelf| {
            let mut shelf = Shelf::clone(shelf);
            if let Ok(served) = shelf.find_entry(hash, |served| *served.id == *id) {
                served.remove();
            }
            shelf
        });
    }

    /// All tenants, in no order.
    pub(super) fn all(&self) -> Vec<Arc<Compiled>> {
        let shelves = self.shelves.iter().map(ArcSwap::load);
        shelves
            .flat_map(|shelf| {
                shelf.iter().map(|served| served.current.load_full()).collect::<Vec<_>>()
            })
            .collect()
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
