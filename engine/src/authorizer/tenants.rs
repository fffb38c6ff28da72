//! The tenants that are served, by name.
//!
//! There may be a hundred thousand, of which one comes or goes at any time: so they lie in parts,
//! and only that part is made anew which has it. A look-up takes no lock.

use crate::compile::Compiled;
use crate::fast::Map;
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// One tenant, whichever revision of it is served.
pub(super) type Slot = ArcSwap<Compiled>;
type Part = Map<Arc<Slot>>;

/// How many parts there are.
const PARTS: usize = 256;

/// The tenants that are served.
#[derive(Debug)]
pub(super) struct Tenants(Box<[ArcSwap<Part>]>);

impl Default for Tenants {
    fn default() -> Self {
        Self((0..PARTS).map(|_| ArcSwap::default()).collect())
    }
}

impl Tenants {
    /// The part that has a tenant, if any does.
    pub(super) fn part(&self, id: &str) -> Guard<Arc<Part>> {
        self.of(id).map_or_else(|| Guard::from_inner(Arc::default()), ArcSwap::load)
    }

    fn of(&self, id: &str) -> Option<&ArcSwap<Part>> {
        // Names that are counted differ at their end.
        let mixed =
            id.bytes().rev().take(8).fold(id.len(), |mixed, byte| {
                mixed.wrapping_mul(31).wrapping_add(usize::from(byte))
            });
        self.0.get(mixed % PARTS)
    }

    /// A tenant, as it is served now.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Compiled>> {
        self.part(id).get(id).map(|slot| slot.load_full())
    }

    /// Adds a tenant, or puts another revision in its place.
    pub(super) fn put(&self, tenant: Arc<Compiled>) {
        let id = tenant.snapshot.tenant();
        let slot = || self.part(id).get(id).cloned();
        let slot = slot().or_else(|| {
            let new = Arc::new(Slot::new(Arc::clone(&tenant)));
            self.of(id)?.rcu(|part| {
                // Whoever was quicker has made a slot that others may use already.
                if part.contains_key(id) {
                    return Arc::clone(part);
                }
                let mut part = Map::clone(part);
                part.insert(id.into(), Arc::clone(&new));
                Arc::new(part)
            });
            slot()
        });
        if let Some(slot) = slot {
            slot.store(tenant);
        }
    }

    pub(super) fn remove(&self, id: &str) {
        let Some(part) = self.of(id) else { return };
        part.rcu(|part| {
            let mut part = Map::clone(part);
            part.remove(id);
            part
        });
    }

    /// All of them, in no order.
    pub(super) fn all(&self) -> Vec<Arc<Compiled>> {
        let parts = self.0.iter().map(ArcSwap::load);
        parts
            .flat_map(|part| part.values().map(|slot| slot.load_full()).collect::<Vec<_>>())
            .collect()
    }

    /// The one that there is, where there are no others.
    pub(super) fn only(&self) -> Option<Arc<Compiled>> {
        let mut found = None;
        for part in &self.0 {
            let part = part.load();
            for slot in part.values() {
                if found.replace(Arc::clone(slot)).is_some() {
                    return None;
                }
            }
        }
        found.map(|slot| slot.load_full())
    }
}
