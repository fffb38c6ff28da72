//! Following a depot while requests are answered.
//!
//! A change of the depot is a new set of families. What has not changed in it stays the very same
//! instance of the runtime, with its idle instances and its counters; what has is loaded beside
//! the old one, which goes on answering until the new set is handed over whole. What does not
//! load is reported and changes nothing, with two exceptions that close: a family that is
//! switched off, and one whose publisher is no longer trusted, are gone at once.

use super::depot::{Depot, DepotError};
use super::state::FamilyState;
use permesso_runtime::Digest;
use permesso_runtime::{Cache, Runtime, WasmFamily};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

/// Follows a depot.
#[derive(Debug)]
pub(super) struct DepotFollower {
    depot: Depot,
    cache: Arc<Cache>,
    /// What the files were when they were last read.
    seen: Option<[Option<Digest>; 2]>,
    live: BTreeMap<String, Live>,
}

/// A family that answers.
#[derive(Debug)]
struct Live {
    state: FamilyState,
    family: Arc<WasmFamily>,
}

/// What following came to.
#[derive(Debug, Default)]
pub(super) struct DepotUpdate {
    /// The families that answer now, by their ids.
    pub(super) families: BTreeMap<String, Arc<WasmFamily>>,
    /// Those that differ from before.
    pub(super) changed: Vec<String>,
    /// What could not be done.
    pub(super) problems: Vec<DepotError>,
}

impl DepotFollower {
    /// Follows that depot. Nothing is loaded yet.
    ///
    /// # Errors
    ///
    /// [`DepotError`] where compiled code cannot be kept in it.
    pub(super) fn new(depot: Depot) -> Result<Self, DepotError> {
        let cache = Arc::new(depot.cache()?);
        Ok(Self { depot, cache, seen: None, live: BTreeMap::new() })
    }

    /// The depot.
    pub(super) fn depot(&self) -> &Depot {
        &self.depot
    }

    /// The folder of compiled code.
    pub(super) fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }

    /// Loads what has changed since the last time; `None` where nothing has. Compiles for up to
    /// some seconds: not for a thread that answers requests.
    ///
    /// # Errors
    ///
    /// Where the depot itself cannot be read; the families stay what they are.
    pub(super) fn poll(&mut self, runtime: &Runtime) -> Result<Option<DepotUpdate>, DepotError> {
        let files = [self.depot.state_file(), self.depot.trust_file()];
        let found = files.map(|path| fs::read(path).ok().map(|bytes| Digest::of(&bytes)));
        if self.seen == Some(found) {
            return Ok(None);
        }
        let state = self.depot.state()?;
        let mut update = DepotUpdate::default();
        let mut live = BTreeMap::new();
        for (id, family) in &state.families {
            let before = self.live.remove(id);
            if family.disabled {
                if before.is_some() {
                    update.changed.push(id.clone());
                }
                continue;
            }
            match self.bring_up(runtime, id, family, before, &mut update) {
                Some(up) => drop(live.insert(id.clone(), up)),
                None => update.changed.push(id.clone()),
            }
        }
        // What is left was removed.
        update.changed.extend(std::mem::replace(&mut self.live, live).into_keys());
        update.families =
            self.live.iter().map(|(id, live)| (id.clone(), Arc::clone(&live.family))).collect();
        self.seen = Some(found);
        Ok(Some(update))
    }

    fn bring_up(
        &self,
        runtime: &Runtime,
        id: &str,
        family: &FamilyState,
        before: Option<Live>,
        update: &mut DepotUpdate,
    ) -> Option<Live> {
        let same = before.as_ref().is_some_and(|before| before.state == *family);
        if !same {
            match self.depot.load(runtime, Some(&self.cache), id, family) {
                Ok(loaded) => {
                    update.changed.push(id.to_owned());
                    return Some(Live { state: family.clone(), family: loaded });
                }
                Err(error) => update.problems.push(error),
            }
        }
        // What answered before, if it may still answer.
        before.filter(|before| {
            let generation = before.state.generation();
            generation.is_some_and(|one| self.depot.keeps_trusting(id, one, &mut update.problems))
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::install::{Candidate, InstallOptions, Installed};
    use super::super::key::SecretKey;
    use super::super::signature::{Signature, Validity};
    use super::super::state::Generation;
    use super::*;
    use jiff::Timestamp;
    use permesso_runtime::{Component, RuntimeConfig};
    use std::collections::BTreeSet;
    use std::time::Duration;

    const FAMILY: &[u8] = include_bytes!("../../../tests/fixtures/family-1.0.0.wasm");
    pub(in super::super) const ID: &str = "scheduler-events";

    /// A depot in which one family is installed, signed by a publisher who is trusted.
    pub(in super::super) struct TestDepot {
        folder: tempfile::TempDir,
        key: SecretKey,
        pub(in super::super) runtime: Runtime,
        pub(in super::super) follower: DepotFollower,
    }

    impl TestDepot {
        pub(in super::super) fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let patience = Duration::from_secs(10);
            let config = RuntimeConfig {
                setup_deadline: patience,
                instances: 16,
                idle: 4,
                ..RuntimeConfig::default()
            };
            let (key, runtime) = (SecretKey::generate().unwrap(), Runtime::new(config).unwrap());
            let depot = Depot::open(folder.path().join("depot")).unwrap();
            let follower = DepotFollower::new(depot).unwrap();
            let this = Self { folder, key, runtime, follower };
            this.trust("");
            this.install();
            this
        }

        fn install(&self) -> Installed {
            let now = Timestamp::now();
            let validity = Validity::days(now, 1).unwrap();
            let candidate = Candidate {
                component: Component::new(FAMILY),
                source: "test".to_owned(),
                signature: Some(Signature::new(&self.key, Digest::of(FAMILY), ID, validity)),
            };
            let options = InstallOptions::default();
            self.follower.depot().install(&self.runtime, &candidate, &options, now).unwrap()
        }

        pub(in super::super) fn trust(&self, rest: &str) {
            let key = self.key.public();
            let text =
                format!("publishers:\n- id: vendor\n  key: {key}\n  families: [{ID}]\n{rest}");
            fs::write(self.folder.path().join("depot/trust.yaml"), text).unwrap();
        }

        pub(in super::super) fn poll(&mut self) -> Option<DepotUpdate> {
            self.follower.poll(&self.runtime).unwrap()
        }
    }

    #[test]
    fn what_has_not_changed_stays_the_very_same_instance() {
        let mut test = TestDepot::new();
        let first = test.poll().unwrap();
        assert_eq!(first.changed, [ID]);
        assert!(test.poll().is_none());
        test.trust("# a remark\n");
        let second = test.poll().unwrap();
        assert!(second.changed.is_empty() && second.problems.is_empty());
        assert!(Arc::ptr_eq(&first.families[ID], &second.families[ID]));
    }

    #[test]
    fn a_publisher_who_is_no_longer_trusted_is_gone_at_once() {
        let mut test = TestDepot::new();
        assert_eq!(test.poll().unwrap().families.len(), 1);
        test.trust("  revoked: true\n");
        let update = test.poll().unwrap();
        assert!(update.families.is_empty());
        assert_eq!(update.changed, [ID]);
        assert!(update.problems[0].to_string().contains("is revoked"));
        test.trust("");
        assert_eq!(test.poll().unwrap().families.len(), 1);
        fs::remove_file(test.folder.path().join("depot/trust.yaml")).unwrap();
        assert!(test.poll().unwrap().families.is_empty());
    }

    #[test]
    fn a_component_that_is_signed_anew_takes_the_new_signature() {
        let mut test = TestDepot::new();
        test.poll();
        let old = std::mem::replace(&mut test.key, SecretKey::generate().unwrap());
        test.trust("");
        assert!(test.poll().unwrap().families.is_empty(), "the old key is not known any more");
        let installed = test.install();
        assert!(installed.unchanged && installed.generation == 1);
        assert_eq!(test.poll().unwrap().families.len(), 1);
        let state = test.follower.depot().state().unwrap();
        let signature = state.families[ID].generation().unwrap().signature.as_ref().unwrap();
        assert_ne!(signature.key_id, old.public().id());
    }

    #[test]
    fn a_trust_file_with_a_mistake_is_reported_and_changes_nothing() {
        let mut test = TestDepot::new();
        assert_eq!(test.poll().unwrap().families.len(), 1);
        test.trust("  revokked: true\n");
        let update = test.poll().unwrap();
        assert_eq!(update.families.len(), 1);
        assert!(update.changed.is_empty() && update.problems.len() == 1);
    }

    #[test]
    fn a_component_that_was_changed_on_disk_is_not_run() {
        let mut test = TestDepot::new();
        let blob = test.folder.path().join("depot/blobs").join(Digest::of(FAMILY).hex());
        let mut bytes = FAMILY.to_vec();
        bytes[100] ^= 1;
        fs::write(&blob, bytes).unwrap();
        let update = test.poll().unwrap();
        assert!(update.families.is_empty());
        assert!(update.problems[0].to_string().contains("was changed on disk"));
    }

    #[test]
    fn ten_generations_are_kept_and_what_nothing_refers_to_is_swept_away() {
        let mut test = TestDepot::new();
        let depot = test.follower.depot().clone();
        depot.disable(ID, true).unwrap();
        assert!(test.poll().unwrap().families.is_empty());
        depot.remove(ID).unwrap();
        let blobs = fs::read_dir(test.folder.path().join("depot/blobs")).unwrap().count();
        assert_eq!(blobs, 0);
        assert!(depot.disable(ID, true).is_err());
        let mut state = FamilyState::default();
        for number in 1..=15 {
            state.current = number;
            state.generations.push(Generation {
                number,
                digest: Digest::of(&[0]),
                size: 0,
                version: number.to_string(),
                interface: String::new(),
                source: String::new(),
                granted: BTreeSet::new(),
                withheld: BTreeSet::new(),
                installed_at: Timestamp::UNIX_EPOCH,
                publisher: None,
                signature: None,
            });
            state.prune();
        }
        assert_eq!(state.generations.len(), 10);
        assert_eq!(state.previous().unwrap().number, 14);
    }
}
