//! The families of this machine, as tenants of a store are told of them.
//!
//! Which component answered is written into each tenant's log by its digest. So it has to be
//! found by its digest as well: what was decided is decided again with the code of that time, and
//! a tenant that a newer version does not fit goes on with the one before. Both come out of the
//! depot, which keeps them, and both only as long as the operator lets them run.

use crate::Families;
use crate::{Depot, FamilyState};
use permesso_engine::family::{Family, FamilySet, FamilySource};
use permesso_runtime::{Cache, Runtime, WasmFamily};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is installed, and what was.
#[derive(Debug)]
pub struct Local {
    families: Families,
    without: Vec<String>,
    depot: Option<(Depot, Cache, Runtime)>,
    /// Those that were asked for by a digest that is not the newest, by family and digest.
    earlier: Mutex<HashMap<(String, String), Arc<WasmFamily>>>,
}

impl Local {
    /// Of these families and those of a depot, without some that are left out.
    #[must_use]
    pub fn new(
        families: Families,
        without: Vec<String>,
        depot: Option<(Depot, Cache, Runtime)>,
    ) -> Self {
        Self { families, without, depot, earlier: Mutex::default() }
    }

    /// One that the depot has kept, if it may run.
    fn kept(&self, family: &str, digest: &str) -> Option<Arc<WasmFamily>> {
        let (depot, cache, runtime) = self.depot.as_ref()?;
        let state = depot.state().ok()?;
        let installed = state.families.get(family).filter(|family| !family.disabled)?;
        let mut generations = installed.generations.iter();
        let generation = generations.find(|one| one.digest.to_string() == digest)?;
        let then = FamilyState { current: generation.number, ..installed.clone() };
        // Whether its publisher is trusted is looked at each time, also of one that is loaded.
        if let Err(error) = depot.is_trusted(family, generation) {
            tracing::warn!(family, digest, %error, "an earlier component may no longer answer");
            return None;
        }
        let key = (family.to_owned(), digest.to_owned());
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = earlier.get(&key) {
            return Some(Arc::clone(loaded));
        }
        match depot.load(runtime, Some(cache), family, &then) {
            Ok(loaded) => {
                earlier.insert(key, Arc::clone(&loaded));
                Some(loaded)
            }
            Err(error) => {
                tracing::warn!(family, digest, %error, "an earlier component cannot be loaded");
                None
            }
        }
    }
}

impl FamilySource for Local {
    fn families(&self) -> FamilySet {
        self.families.as_set()
    }

    fn by_digest(&self, family: &str, digest: &str) -> Option<Arc<dyn Family>> {
        if self.without.iter().any(|left_out| left_out == family) {
            return None;
        }
        match self.families.get(family).filter(|newest| newest.digest() == digest) {
            Some(newest) => Some(Arc::clone(newest) as Arc<dyn Family>),
            None => Some(self.kept(family, digest)? as Arc<dyn Family>),
        }
    }

    fn forget(&self, tenant: &str) {
        self.families.iter().for_each(|(_, family)| family.forget(tenant));
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.values().for_each(|family| family.forget(tenant));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Bench, ID};

    fn local(bench: &Bench, families: Families, without: &[&str]) -> Local {
        let depot = bench.follower.depot().clone();
        let cache = depot.cache().unwrap();
        let without = without.iter().map(|id| (*id).to_owned()).collect();
        Local::new(families, without, Some((depot, cache, bench.runtime.clone())))
    }

    #[test]
    fn what_the_depot_has_kept_is_found_by_its_digest_unless_it_may_no_longer_run() {
        let mut bench = Bench::new();
        let digest = bench.poll().unwrap().families[ID].digest().to_owned();
        // Another version answers now, or none.
        let local = local(&bench, Families::default(), &[]);
        let found = local.by_digest(ID, &digest).unwrap();
        assert_eq!(found.digest(), digest);
        let again = local.by_digest(ID, &digest).unwrap();
        assert!(Arc::ptr_eq(&found, &again), "loaded once");
        assert!(local.by_digest(ID, "sha256:0").is_none());
        assert!(local.by_digest("other", &digest).is_none());
        // Also what is loaded already is asked about again.
        bench.trust("  revoked: true\n");
        assert!(local.by_digest(ID, &digest).is_none());
        bench.trust("");
        assert!(local.by_digest(ID, &digest).is_some());
        bench.follower.depot().disable(ID, true).unwrap();
        assert!(local.by_digest(ID, &digest).is_none());
        bench.follower.depot().disable(ID, false).unwrap();
        assert!(local.by_digest(ID, &digest).is_some());
        bench.follower.depot().remove(ID).unwrap();
        assert!(local.by_digest(ID, &digest).is_none());
    }

    #[test]
    fn what_is_left_out_is_not_found_by_its_digest_either() {
        let mut bench = Bench::new();
        let digest = bench.poll().unwrap().families[ID].digest().to_owned();
        assert!(local(&bench, Families::default(), &[ID]).by_digest(ID, &digest).is_none());
    }
}
