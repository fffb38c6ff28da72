//! One realm that is followed, as it is kept in memory.
//!
//! What decisions need stays: the compiled tenant, its keys, where its log stands. The documents
//! are there while somebody looks at them or edits them, and are read again when the next one
//! does.

use super::documents::Documents;
use crate::error::Unserved;
use arc_swap::ArcSwap;
use permesso_auth::KeyRecord;
use permesso_engine::compile::Compiled;
use permesso_engine::compile::CompiledCatalog;
use permesso_engine::directory::{Need, Subjects};
use permesso_store::{Changes, DocumentEdit, Realm, feed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// A realm with its documents, at one revision: as it is, as it was or as it would be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version {
    pub(crate) revision: u64,
    pub(crate) documents: Arc<Documents>,
    pub(crate) catalog: Arc<CompiledCatalog>,
    /// None for the platform, and for a tenant that is not there yet or was deleted.
    pub(crate) compiled: Option<Arc<Compiled>>,
}

/// What is kept of a realm.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    pub(crate) revision: u64,
    /// None where nobody has looked at them for a while.
    pub(crate) documents: Option<Arc<Documents>>,
    pub(crate) keys: Arc<BTreeMap<String, Arc<KeyRecord>>>,
    pub(crate) catalog: Arc<CompiledCatalog>,
    pub(crate) compiled: Option<Arc<Compiled>>,
    /// Bytes of the documents that it was compiled from.
    pub(crate) bytes: usize,
}

/// A realm that is followed.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) realm: Realm,
    pub(crate) state: ArcSwap<State>,
    /// Held by whoever changes it, so that writers of one process wait for one another instead of
    /// trying again.
    pub(crate) writing: Mutex<()>,
    /// Held by whoever takes over what the log says.
    pub(crate) following: Mutex<()>,
    /// Held by whoever loads it.
    pub(crate) loading: Mutex<()>,
    /// The revision that is decided on.
    pub(crate) reached: watch::Sender<u64>,
    /// The revision that it is known to have.
    known: AtomicU64,
    is_loaded: AtomicBool,
    /// When the log was last known to be no further, in milliseconds since 1970-01-01T00:00:00Z.
    fresh_at: AtomicI64,
    /// When somebody last asked, and when somebody last looked at its documents.
    pub(super) used_at: AtomicI64,
    pub(super) looked_at: AtomicI64,
    /// What it was last taken to weigh, in bytes.
    pub(super) weight: AtomicU64,
    /// Until when it is not tried again, and why not.
    failed: Lock<Option<(Instant, String)>>,
}

/// A tenant that could not be loaded is not tried again for so many times as long as that took,
/// and so long at least and at most.
const TRY_AGAIN: u32 = 10;
const AT_LEAST: Duration = Duration::from_millis(20);
const AT_MOST: Duration = Duration::from_secs(2);

/// What a tenant weighs beside what is in proportion to its documents, in bytes.
const WEIGHT: u64 = 6 * 1024;
/// And for each byte of them: compiled, and as they are.
const COMPILED: u64 = 3;
const DOCUMENTED: u64 = 6;
/// And for each user who is kept.
const USER: u64 = 1024;

impl Followed {
    pub(crate) fn new(realm: Realm, now: i64) -> Self {
        Self {
            realm,
            state: ArcSwap::default(),
            writing: Mutex::default(),
            following: Mutex::default(),
            loading: Mutex::default(),
            reached: watch::channel(0).0,
            known: AtomicU64::new(0),
            is_loaded: AtomicBool::new(false),
            fresh_at: AtomicI64::new(0),
            used_at: AtomicI64::new(now),
            looked_at: AtomicI64::new(now),
            weight: AtomicU64::new(0),
            failed: Lock::default(),
        }
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::Acquire)
    }

    pub(crate) fn loaded(&self, is: bool) {
        self.is_loaded.store(is, Ordering::Release);
    }

    /// Why it could not be loaded a moment ago.
    pub(crate) fn failed(&self) -> Option<Unserved> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, why) = failed.as_ref()?;
        let tenant = self.realm.to_string();
        (Instant::now() < *until).then(|| Unserved::Unloaded { tenant, why: why.clone() })
    }

    pub(crate) fn fails(&self, begun: Instant, why: String) -> Unserved {
        let pause = begun.elapsed().saturating_mul(TRY_AGAIN).clamp(AT_LEAST, AT_MOST);
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = Some((Instant::now() + pause, why.clone()));
        Unserved::Unloaded { tenant: self.realm.to_string(), why }
    }

    /// Its log is at this revision at least.
    pub(crate) fn is_known(&self, revision: u64) {
        self.known.fetch_max(revision, Ordering::AcqRel);
    }

    /// Whether it is where its log is known to be.
    pub(crate) fn is_there(&self) -> bool {
        self.is_loaded() && *self.reached.borrow() >= self.known.load(Ordering::Acquire)
    }

    pub(crate) fn is_fresh_as_of(&self, at: i64) {
        self.fresh_at.fetch_max(at, Ordering::AcqRel);
    }

    /// When its log was last known to be no further. All logs are, at `all`, that are not known
    /// to have moved.
    pub(crate) fn fresh_at(&self, all: i64) -> i64 {
        let own = self.fresh_at.load(Ordering::Acquire);
        if self.is_there() { own.max(all) } else { own }
    }

    /// What it weighs now, roughly, in bytes.
    pub(super) fn weigh(&self) -> u64 {
        let state = self.state.load();
        let bytes = u64::try_from(state.bytes).unwrap_or(u64::MAX);
        let each = if state.documents.is_some() { COMPILED + DOCUMENTED } else { COMPILED };
        let users = state.subjects().map_or(0, |subjects| subjects.len());
        let users = u64::try_from(users).unwrap_or(u64::MAX).saturating_mul(USER);
        WEIGHT.saturating_add(bytes.saturating_mul(each)).saturating_add(users)
    }
}

impl State {
    /// What is kept of a version; `keys` where they are what they were.
    pub(crate) fn of(
        version: Version,
        keys: Option<Arc<BTreeMap<String, Arc<KeyRecord>>>>,
    ) -> Self {
        let Version { revision, documents, catalog, compiled } = version;
        let keys = keys.unwrap_or_else(|| Arc::new(documents.keys()));
        let bytes = documents.bytes;
        Self { revision, documents: Some(documents), keys, catalog, compiled, bytes }
    }

    /// With the documents, where they are there.
    pub(crate) fn version(&self) -> Option<Version> {
        let documents = Arc::clone(self.documents.as_ref()?);
        let (catalog, compiled) = (Arc::clone(&self.catalog), self.compiled.clone());
        Some(Version { revision: self.revision, documents, catalog, compiled })
    }

    pub(crate) fn subjects(&self) -> Option<&Arc<Subjects>> {
        self.compiled.as_ref().and_then(|compiled| compiled.subjects())
    }
}

/// What changes of documents touch.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Whether the policy has to be compiled again.
    pub(crate) policy: bool,
    /// The keys that came, changed or went.
    pub(crate) keys: BTreeMap<String, Option<Arc<KeyRecord>>>,
    /// What of the directory is no longer what it was.
    pub(crate) directory: Vec<Need>,
}

impl Touched {
    pub(crate) fn by(changes: &Changes) -> Self {
        let mut touched = Self::default();
        let mut directory = BTreeSet::new();
        for edit in changes.records.iter().flatten().flat_map(|record| &record.edits) {
            touched.note(edit, &mut directory);
        }
        directory.extend(changes.delegates.iter().cloned().map(Need::User));
        touched.directory = directory.into_iter().collect();
        touched
    }

    fn note(&mut self, edit: &DocumentEdit, directory: &mut BTreeSet<Need>) {
        use crate::kind::DocumentKind;
        let Some(kind) = DocumentKind::from_name(&edit.kind) else { return };
        self.policy |= kind.is_policy();
        let bodies = [&edit.before, &edit.after].into_iter().flatten();
        match kind {
            DocumentKind::Key => {
                let key = edit.after.as_ref().and_then(|body| body.read().ok()).map(Arc::new);
                self.keys.insert(edit.id.clone(), key);
            }
            DocumentKind::User => {
                directory.insert(Need::User(edit.id.clone()));
                directory.extend(bodies.flat_map(feed::roles).map(Need::Usage));
            }
            DocumentKind::Delegation => {
                let to = bodies.filter_map(feed::delegation).map(|(_, to)| to);
                directory.extend(to.map(Need::User));
            }
            _ => {}
        }
    }

    /// The keys after this.
    pub(crate) fn keys_after(
        &self,
        keys: &Arc<BTreeMap<String, Arc<KeyRecord>>>,
    ) -> Arc<BTreeMap<String, Arc<KeyRecord>>> {
        if self.keys.is_empty() {
            return Arc::clone(keys);
        }
        let mut next = BTreeMap::clone(keys);
        for (id, key) in &self.keys {
            match key {
                Some(key) => drop(next.insert(id.clone(), Arc::clone(key))),
                None => drop(next.remove(id)),
            }
        }
        Arc::new(next)
    }
}
