//! Following a depot while requests are answered.
//!
//! A change of the depot is a new set of families. What has not changed in it stays the very same
//! instance of the runtime, with its idle instances and its counters; what has is loaded beside
//! the old one, which goes on answering until the new set is handed over whole. What does not
//! load is reported and changes nothing, with two exceptions that close: a family that is
//! switched off, and one whose publisher is no longer trusted, are gone at once.

use super::depot::{Depot, DepotError};
use super::digest::Digest;
use super::state::{FamilyState, Generation};
use permesso_runtime::{Cache, Runtime, WasmFamily};
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

/// Follows a depot.
#[derive(Debug)]
pub struct Follower {
    depot: Depot,
    cache: Cache,
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
pub struct Swap {
    /// The families that answer now, by their ids.
    pub families: BTreeMap<String, Arc<WasmFamily>>,
    /// Those that differ from before.
    pub changed: Vec<String>,
    /// What could not be done.
    pub problems: Vec<DepotError>,
}

impl Follower {
    /// Follows that depot. Nothing is loaded yet.
    ///
    /// # Errors
    ///
    /// [`DepotError`] where compiled code cannot be kept in it.
    pub fn new(depot: Depot) -> Result<Self, DepotError> {
        let cache = depot.cache()?;
        Ok(Self { depot, cache, seen: None, live: BTreeMap::new() })
    }

    /// The depot.
    #[must_use]
    pub fn depot(&self) -> &Depot {
        &self.depot
    }

    /// Loads what has changed since the last time; `None` where nothing has. Compiles for up to
    /// some seconds: not for a thread that answers requests.
    ///
    /// # Errors
    ///
    /// Where the depot itself cannot be read; the families stay what they are.
    pub fn poll(&mut self, runtime: &Runtime) -> Result<Option<Swap>, DepotError> {
        let files = [self.depot.state_file(), self.depot.trust_file()];
        let found = files.map(|path| fs::read(path).ok().map(|bytes| Digest::of(&bytes)));
        if self.seen == Some(found) {
            return Ok(None);
        }
        let state = self.depot.state()?;
        let mut swap = Swap::default();
        let mut live = BTreeMap::new();
        for (id, family) in &state.families {
            let before = self.live.remove(id);
            if family.disabled {
                if before.is_some() {
                    swap.changed.push(id.clone());
                }
                continue;
            }
            match self.bring_up(runtime, id, family, before, &mut swap) {
                Some(up) => drop(live.insert(id.clone(), up)),
                None => swap.changed.push(id.clone()),
            }
        }
        // What is left was removed.
        swap.changed.extend(std::mem::replace(&mut self.live, live).into_keys());
        swap.families =
            self.live.iter().map(|(id, live)| (id.clone(), Arc::clone(&live.family))).collect();
        self.seen = Some(found);
        Ok(Some(swap))
    }

    /// Whether a component that a family was before may still answer for it, where the newer one
    /// does not fit: it is kept, and its publisher is trusted.
    #[must_use]
    pub fn may_answer(&self, id: &str, digest: &str) -> bool {
        let Ok(state) = self.depot.state() else { return true };
        let Some(family) = state.families.get(id).filter(|family| !family.disabled) else {
            return false;
        };
        let earlier = family.generations.iter().find(|one| one.digest.to_string() == digest);
        let then = |one: &Generation| FamilyState { current: one.number, ..family.clone() };
        earlier.is_some_and(|one| self.is_trusted(id, &then(one), &mut Swap::default()))
    }

    fn bring_up(
        &self,
        runtime: &Runtime,
        id: &str,
        family: &FamilyState,
        before: Option<Live>,
        swap: &mut Swap,
    ) -> Option<Live> {
        let same = before.as_ref().is_some_and(|before| before.state == *family);
        if !same {
            match self.depot.load(runtime, Some(&self.cache), id, family) {
                Ok(loaded) => {
                    swap.changed.push(id.to_owned());
                    return Some(Live { state: family.clone(), family: loaded });
                }
                Err(error) => swap.problems.push(error),
            }
        }
        // What answered before, if it may still answer.
        before.filter(|before| self.is_trusted(id, &before.state, swap))
    }

    /// Whether a family that answers may go on. A trust file that cannot be read takes nobody's
    /// trust away: it is reported, and everything stays as it was.
    fn is_trusted(&self, id: &str, family: &FamilyState, swap: &mut Swap) -> bool {
        let Some(generation) = family.generation() else { return false };
        let Some(signature) = &generation.signature else { return true };
        let trust = |source| DepotError::Trust { family: id.to_owned(), source };
        let trusted = match self.depot.trust() {
            Ok(trusted) => trusted,
            Err(error) => {
                swap.problems.push(trust(error));
                return true;
            }
        };
        let checked = trusted.check(generation.digest, Some(signature), None);
        checked.map_err(|error| swap.problems.push(trust(error))).is_ok()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::install::{Candidate, InstallOptions, Installed};
    use super::super::key::SecretKey;
    use super::super::signature::{Signature, Validity};
    use super::*;
    use jiff::Timestamp;
    use permesso_runtime::RuntimeConfig;
    use std::collections::BTreeSet;
    use std::time::Duration;

    const FAMILY: &[u8] = include_bytes!("../../../tests/fixtures/family-1.0.0.wasm");
    pub(crate) const ID: &str = "scheduler-events";

    /// A depot in which one family is installed, signed by a publisher who is trusted.
    pub(crate) struct Bench {
        folder: tempfile::TempDir,
        key: SecretKey,
        pub(crate) runtime: Runtime,
        pub(crate) follower: Follower,
    }

    impl Bench {
        pub(crate) fn new() -> Self {
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
            let follower = Follower::new(depot).unwrap();
            let this = Self { folder, key, runtime, follower };
            this.trust("");
            this.install();
            this
        }

        fn install(&self) -> Installed {
            let now = Timestamp::now();
            let validity = Validity::days(now, 1).unwrap();
            let candidate = Candidate {
                bytes: FAMILY.to_vec(),
                source: "test".to_owned(),
                signature: Some(Signature::new(&self.key, FAMILY, ID, validity)),
            };
            let options = InstallOptions::default();
            self.follower.depot().install(&self.runtime, &candidate, &options, now).unwrap()
        }

        pub(crate) fn trust(&self, rest: &str) {
            let key = self.key.public();
            let text =
                format!("publishers:\n- id: vendor\n  key: {key}\n  families: [{ID}]\n{rest}");
            fs::write(self.folder.path().join("depot/trust.yaml"), text).unwrap();
        }

        pub(crate) fn poll(&mut self) -> Option<Swap> {
            self.follower.poll(&self.runtime).unwrap()
        }
    }

    #[test]
    fn what_has_not_changed_stays_the_very_same_instance() {
        let mut bench = Bench::new();
        let first = bench.poll().unwrap();
        assert_eq!(first.changed, [ID]);
        assert!(bench.poll().is_none());
        bench.trust("# a remark\n");
        let second = bench.poll().unwrap();
        assert!(second.changed.is_empty() && second.problems.is_empty());
        assert!(Arc::ptr_eq(&first.families[ID], &second.families[ID]));
    }

    #[test]
    fn a_publisher_who_is_no_longer_trusted_is_gone_at_once() {
        let mut bench = Bench::new();
        assert_eq!(bench.poll().unwrap().families.len(), 1);
        bench.trust("  revoked: true\n");
        let swap = bench.poll().unwrap();
        assert!(swap.families.is_empty());
        assert_eq!(swap.changed, [ID]);
        assert!(swap.problems[0].to_string().contains("is revoked"));
        bench.trust("");
        assert_eq!(bench.poll().unwrap().families.len(), 1);
        fs::remove_file(bench.folder.path().join("depot/trust.yaml")).unwrap();
        assert!(bench.poll().unwrap().families.is_empty());
    }

    #[test]
    fn a_component_that_is_signed_anew_takes_the_new_signature() {
        let mut bench = Bench::new();
        bench.poll();
        let old = std::mem::replace(&mut bench.key, SecretKey::generate().unwrap());
        bench.trust("");
        assert!(bench.poll().unwrap().families.is_empty(), "the old key is not known any more");
        let installed = bench.install();
        assert!(installed.unchanged && installed.generation == 1);
        assert_eq!(bench.poll().unwrap().families.len(), 1);
        let state = bench.follower.depot().state().unwrap();
        let signature = state.families[ID].generation().unwrap().signature.as_ref().unwrap();
        assert_ne!(signature.key_id, old.public().id());
    }

    #[test]
    fn a_trust_file_with_a_mistake_is_reported_and_changes_nothing() {
        let mut bench = Bench::new();
        assert_eq!(bench.poll().unwrap().families.len(), 1);
        bench.trust("  revokked: true\n");
        let swap = bench.poll().unwrap();
        assert_eq!(swap.families.len(), 1);
        assert!(swap.changed.is_empty() && swap.problems.len() == 1);
    }

    #[test]
    fn a_component_that_was_changed_on_disk_is_not_run() {
        let mut bench = Bench::new();
        let blob = bench.folder.path().join("depot/blobs").join(Digest::of(FAMILY).hex());
        let mut bytes = FAMILY.to_vec();
        bytes[100] ^= 1;
        fs::write(&blob, bytes).unwrap();
        let swap = bench.poll().unwrap();
        assert!(swap.families.is_empty());
        assert!(swap.problems[0].to_string().contains("was changed on disk"));
    }

    #[test]
    fn ten_generations_are_kept_and_what_nothing_refers_to_is_swept_away() {
        let mut bench = Bench::new();
        let depot = bench.follower.depot().clone();
        depot.disable(ID, true).unwrap();
        assert!(bench.poll().unwrap().families.is_empty());
        depot.remove(ID).unwrap();
        let blobs = fs::read_dir(bench.folder.path().join("depot/blobs")).unwrap().count();
        assert_eq!(blobs, 0);
        assert!(depot.disable(ID, true).is_err());
        let mut state = FamilyState::default();
        for number in 1..=15 {
            state.current = number;
            state.generations.push(super::super::state::Generation {
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
