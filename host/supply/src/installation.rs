//! The families that are installed, as they are at one moment.
//!
//! Where they come from (folders of components, a product's folder, a depot) is settled before;
//! whoever compiles a tenant only sees which family answers to which id.
//!
//! Which component answered is written into each tenant's log by its digest. So it has to be
//! found by its digest as well: what was decided is decided again with the component of that
//! time, and a tenant that a newer version does not fit goes on with the one before. Both come out
//! of the depot, which keeps them, and both only as long as the operator lets them run.

use super::depot::Depot;
use super::error::SupplyError;
use super::state::FamilyState;
use permesso_engine::family::{Family, FamilySet, FamilySource};
use permesso_runtime::Digest;
use permesso_runtime::{Cache, Runtime, WasmFamily};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The families that are installed.
#[derive(Debug, Default)]
pub struct Installation {
    families: Families,
    /// Left out, whatever is installed.
    without: Vec<String>,
    depot: Option<Earlier>,
}

/// Families by id, each with the file or the depot that it came from.
#[derive(Debug, Default, Clone)]
pub(super) struct Families(BTreeMap<String, (String, Arc<WasmFamily>)>);

/// What a depot has kept.
#[derive(Debug)]
pub(super) struct Earlier {
    pub(super) depot: Depot,
    pub(super) cache: Arc<Cache>,
    pub(super) runtime: Runtime,
    /// Those that were asked for by a digest that is not the newest, by family.
    loaded: Mutex<HashMap<(String, Digest), Arc<WasmFamily>>>,
}

impl Installation {
    /// These without some, and what a depot has kept of before.
    pub(super) fn new(mut families: Families, without: &[String], depot: Option<Earlier>) -> Self {
        for id in without {
            families.0.remove(id);
        }
        Self { families, without: without.to_vec(), depot }
    }

    /// What a tenant goes on with that the newest families do not fit: of those that it `had`, the
    /// ones that have not been taken out since, by whoever installs or by whoever trusts.
    #[must_use]
    pub fn left_of(&self, had: &FamilySet) -> FamilySet {
        let now = self.families();
        let stays = |id: &str, family: &Arc<dyn Family>| {
            now.get(id).is_some_and(|newest| Arc::ptr_eq(newest, family))
                || now.contains_key(id)
                    && self.depot.as_ref().is_some_and(|kept| kept.allows(id, family.digest()))
        };
        let had = had.iter().filter(|(id, family)| stays(id, family));
        had.map(|(id, family)| (id.clone(), Arc::clone(family))).collect()
    }
}

impl FamilySource for Installation {
    fn families(&self) -> FamilySet {
        let families = self.families.0.iter();
        families
            .map(|(id, (_, family))| (id.clone(), Arc::clone(family) as Arc<dyn Family>))
            .collect()
    }

    fn by_digest(&self, family: &str, digest: &str) -> Option<Arc<dyn Family>> {
        if self.without.iter().any(|left_out| left_out == family) {
            return None;
        }
        let newest = self.families.0.get(family).map(|(_, newest)| newest);
        match newest.filter(|newest| newest.digest() == digest) {
            Some(newest) => Some(Arc::clone(newest) as Arc<dyn Family>),
            None => Some(self.depot.as_ref()?.load(family, digest)? as Arc<dyn Family>),
        }
    }

    fn forget(&self, tenant: &str) {
        self.families.0.values().for_each(|(_, family)| family.forget(tenant));
        if let Some(kept) = &self.depot {
            let loaded = kept.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            loaded.values().for_each(|family| family.forget(tenant));
        }
    }
}

impl Families {
    /// Loads every `*.wasm` of a folder; a folder that does not exist holds none.
    ///
    /// # Errors
    ///
    /// A component that is refused, or two of one family.
    pub(super) fn load(&mut self, runtime: &Runtime, folder: &Path) -> Result<(), SupplyError> {
        let read = |path: &Path, source| SupplyError::Read { path: path.to_owned(), source };
        if !folder.is_dir() {
            return Ok(());
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| read(folder, error))? {
            let path = entry.map_err(|error| read(folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let bytes = fs::read(&path).map_err(|error| read(&path, error))?;
            let name = path.display().to_string();
            let family = runtime.load(&bytes, &name)?;
            let id = family.manifest().id.clone();
            if let Some((first, _)) = self.0.get(&id) {
                return Err(SupplyError::TwoComponents { id, first: first.clone(), second: name });
            }
            self.0.insert(id, (name, family));
        }
        Ok(())
    }

    /// Adds families of a depot. One that a folder holds as well stays that of the folder, and is
    /// answered as [`SupplyError::TwoComponents`].
    pub(super) fn extend(
        &mut self,
        depot: &Path,
        families: &BTreeMap<String, Arc<WasmFamily>>,
    ) -> Vec<SupplyError> {
        let name = depot.display().to_string();
        let mut conflicts = Vec::new();
        for (id, family) in families {
            match self.0.get(id) {
                Some((first, _)) => {
                    let (id, first) = (id.clone(), first.clone());
                    conflicts.push(SupplyError::TwoComponents { id, first, second: name.clone() });
                }
                None => {
                    self.0.insert(id.clone(), (name.clone(), Arc::clone(family)));
                }
            }
        }
        conflicts
    }
}

impl Earlier {
    pub(super) fn new(depot: Depot, cache: Arc<Cache>, runtime: Runtime) -> Self {
        Self { depot, cache, runtime, loaded: Mutex::default() }
    }

    /// Whether a component that a family was before may still answer for it, where the newer one
    /// does not fit: it is kept, and its publisher is trusted.
    fn allows(&self, id: &str, digest: &str) -> bool {
        let Ok(state) = self.depot.state() else { return true };
        let Some(family) = state.families.get(id).filter(|family| !family.disabled) else {
            return false;
        };
        let kept = digest.parse().ok().and_then(|digest| family.with(digest));
        kept.is_some_and(|generation| self.depot.keeps_trusting(id, generation, &mut Vec::new()))
    }

    /// One that the depot has kept, if it may run.
    fn load(&self, family: &str, digest: &str) -> Option<Arc<WasmFamily>> {
        let digest: Digest = digest.parse().ok()?;
        let state = self.depot.state().ok()?;
        let installed = state.families.get(family).filter(|family| !family.disabled)?;
        let generation = installed.with(digest)?;
        let then = FamilyState { current: generation.number, ..installed.clone() };
        // Whether its publisher is trusted is looked at each time, also of one that is loaded.
        if let Err(error) = self.depot.is_trusted(family, generation) {
            tracing::warn!(family, %digest, %error, "an earlier component may no longer answer");
            return None;
        }
        let key = (family.to_owned(), digest);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = loaded.get(&key) {
            return Some(Arc::clone(loaded));
        }
        match self.depot.load(&self.runtime, Some(&self.cache), family, &then) {
            Ok(family) => {
                loaded.insert(key, Arc::clone(&family));
                Some(family)
            }
            Err(error) => {
                tracing::warn!(family, %digest, %error, "an earlier component cannot be loaded");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::follow::tests::{ID, TestDepot};
    use super::*;

    fn installation(test: &TestDepot, families: Families, without: &[&str]) -> Installation {
        let depot = test.follower.depot().clone();
        let cache = Arc::new(depot.cache().unwrap());
        let without: Vec<String> = without.iter().map(|id| (*id).to_owned()).collect();
        let earlier = Earlier::new(depot, cache, test.runtime.clone());
        Installation::new(families, &without, Some(earlier))
    }

    #[test]
    fn what_the_depot_has_kept_is_found_by_its_digest_unless_it_may_no_longer_run() {
        let mut test = TestDepot::new();
        let digest = test.poll().unwrap().families[ID].digest().to_owned();
        // Another version answers now, or none.
        let installation = installation(&test, Families::default(), &[]);
        let found = installation.by_digest(ID, &digest).unwrap();
        assert_eq!(found.digest(), digest);
        let again = installation.by_digest(ID, &digest).unwrap();
        assert!(Arc::ptr_eq(&found, &again), "loaded once");
        assert!(installation.by_digest(ID, "sha256:0").is_none());
        assert!(installation.by_digest("other", &digest).is_none());
        // Also what is loaded already is asked about again.
        test.trust("  revoked: true\n");
        assert!(installation.by_digest(ID, &digest).is_none());
        test.trust("");
        assert!(installation.by_digest(ID, &digest).is_some());
        test.follower.depot().disable(ID, true).unwrap();
        assert!(installation.by_digest(ID, &digest).is_none());
        test.follower.depot().disable(ID, false).unwrap();
        assert!(installation.by_digest(ID, &digest).is_some());
        test.follower.depot().remove(ID).unwrap();
        assert!(installation.by_digest(ID, &digest).is_none());
    }

    #[test]
    fn what_is_left_out_is_not_found_by_its_digest_either() {
        let mut test = TestDepot::new();
        let digest = test.poll().unwrap().families[ID].digest().to_owned();
        assert!(installation(&test, Families::default(), &[ID]).by_digest(ID, &digest).is_none());
    }

    #[test]
    fn a_tenant_goes_on_with_what_it_had_unless_that_was_taken_out_or_is_no_longer_trusted() {
        let mut test = TestDepot::new();
        let had = test.poll().unwrap().families;
        let set: FamilySet = had
            .iter()
            .map(|(id, family)| (id.clone(), Arc::clone(family) as Arc<dyn Family>))
            .collect();
        // The same component, loaded again: what a newer version would be.
        let again = test.follower.depot().state().unwrap().families[ID].clone();
        let newer = test.follower.depot().load(&test.runtime, None, ID, &again).unwrap();
        let mut families = Families::default();
        assert!(families.extend(Path::new("depot"), &[(ID.to_owned(), newer)].into()).is_empty());
        let installation = |families: &Families, without: &[&str], test: &TestDepot| {
            installation(test, families.clone(), without)
        };
        assert_eq!(installation(&families, &[], &test).left_of(&set).len(), 1);
        assert!(installation(&Families::default(), &[], &test).left_of(&set).is_empty());
        assert!(installation(&families, &[ID], &test).left_of(&set).is_empty());
        test.trust("  revoked: true\n");
        assert!(installation(&families, &[], &test).left_of(&set).is_empty());
    }
}
