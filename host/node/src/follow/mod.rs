//! Who follows: realms as their logs have them, compiled.
//!
//! One question to the store tells which logs have moved, however many there are; of those, the
//! ones that are in memory are brought up to date, and of the others nothing is known that could
//! be too old. A tenant is loaded when it is first asked about: it is followed first and read
//! then, so that nothing that is written in between is missed.

pub(crate) mod catalogs;
pub(crate) mod documents;
mod families;
pub(crate) mod followed;
mod freshness;
pub(crate) mod keys;
pub(crate) mod listing;
pub(crate) mod load;
pub(crate) mod log;
pub(crate) mod tenants;

pub use freshness::Held;
pub use listing::{Standing, TenantListing};

use crate::edit::Candidate;
use crate::error::ChangeError;
use crate::node::{Node, now};
use followed::{Followed, State, Touched, Version};
use permesso_engine::compile::Compiled;
use permesso_engine::directory::Subjects;
use permesso_store::{Changes, Mark, Realm};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use tokio::sync::Mutex;

/// More records than this are not followed one by one: the tenant is read again.
const RECORDS: u32 = 256;
/// How often somebody else may write while documents are read.
const ATTEMPTS: u32 = 16;

/// How far all logs are followed together.
#[derive(Debug, Default)]
pub(crate) struct Following {
    /// Held by whoever asks what has moved.
    asking: Mutex<()>,
    /// Up to where that is known.
    mark: Lock<Option<Mark>>,
    /// When that was last asked, in milliseconds since 1970-01-01T00:00:00Z.
    fresh_at: AtomicI64,
    /// Those that moved and could not be brought up to date.
    behind: Lock<BTreeSet<Realm>>,
}

impl Following {
    fn behind(&self) -> MutexGuard<'_, BTreeSet<Realm>> {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mark(&self) -> MutexGuard<'_, Option<Mark>> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// A realm that is in memory, whoever looks.
    pub(crate) fn followed(&self, realm: &Realm) -> Option<Arc<Followed>> {
        match realm.tenant_id() {
            None => Some(Arc::clone(&self.platform)),
            Some(id) => self.tenants.peek(id),
        }
    }

    /// From where on what moves is noticed.
    pub(crate) async fn begin_to_follow(&self) -> Result<(), ChangeError> {
        let asked = now();
        let mark = self.store.moved(None).await?.mark;
        *self.following.mark() = Some(mark);
        self.following.fresh_at.fetch_max(asked, Ordering::AcqRel);
        Ok(())
    }

    /// Takes over everything that the store has and this node has not, of what is in memory. A
    /// tenant that cannot be taken over goes on as it was, and ages.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn catch_up_all(&self) -> Result<(), ChangeError> {
        self.notice().await?;
        let behind: Vec<Realm> = self.following.behind().iter().cloned().collect();
        let mut failed = None;
        for realm in behind {
            let caught_up = match self.followed(&realm) {
                Some(one) => self.keep_up(&one).await,
                // It went. Whoever asks for it next reads it.
                None => Ok(true),
            };
            match caught_up {
                Ok(true) => drop(self.following.behind().remove(&realm)),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(tenant = %realm, %error, "cannot follow a tenant");
                    failed = Some(error);
                }
            }
        }
        match failed {
            Some(ChangeError::Store(error)) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Asks which logs have moved. Those in memory are behind from then on.
    async fn notice(&self) -> Result<(), ChangeError> {
        let _asking = self.following.asking.lock().await;
        let asked = now();
        let mark = self.mark();
        let moved = self.store.moved(mark).await?;
        for head in &moved.heads {
            let Some(one) = self.followed(&head.realm) else { continue };
            one.is_known(head.revision);
            if !one.is_there() {
                self.following.behind().insert(head.realm.clone());
            }
        }
        *self.following.mark() = Some(moved.mark);
        self.following.fresh_at.fetch_max(asked, Ordering::AcqRel);
        Ok(())
    }

    /// Whether nothing is left to be done about it.
    async fn keep_up(&self, one: &Arc<Followed>) -> Result<bool, ChangeError> {
        // What is being read meanwhile may have been read before it moved.
        let Ok(_loading) = one.loading.try_lock() else { return Ok(false) };
        // Whoever loads it from now on reads it after it has moved.
        if one.is_loaded() && !one.is_there() {
            self.catch_up(one).await?;
        }
        Ok(true)
    }

    /// Up to where it is known which logs have moved.
    pub(super) fn mark(&self) -> Option<Mark> {
        *self.following.mark()
    }

    /// A realm that was written and could not be brought up to date.
    pub(crate) fn is_behind(&self, realm: &Realm) {
        self.following.behind().insert(realm.clone());
    }

    /// When all logs were last asked about.
    pub(crate) fn all_fresh_at(&self) -> i64 {
        self.following.fresh_at.load(Ordering::Acquire)
    }

    /// Takes over what one log has and this node has not.
    pub(crate) async fn catch_up(&self, one: &Arc<Followed>) -> Result<(), ChangeError> {
        let _following = one.following.lock().await;
        self.take_over(one, false, None).await
    }

    /// The same, where the log should have just what was tried as a change.
    pub(crate) async fn catch_up_with(
        &self,
        one: &Arc<Followed>,
        candidate: &Candidate,
    ) -> Result<(), ChangeError> {
        let _following = one.following.lock().await;
        self.take_over(one, false, Some(candidate)).await
    }

    /// A realm with its documents, as it is in memory.
    pub(crate) async fn version(&self, one: &Arc<Followed>) -> Result<Version, ChangeError> {
        one.looked_at.store(now(), Ordering::Relaxed);
        if let Some(version) = one.state.load().version() {
            return Ok(version);
        }
        let _following = one.following.lock().await;
        self.take_over(one, true, None).await?;
        one.state.load().version().ok_or_else(|| ChangeError::Busy(one.realm.clone()))
    }

    /// Takes over what the log has; with the documents where they are wanted. The caller follows
    /// it alone.
    pub(super) async fn take_over(
        &self,
        one: &Arc<Followed>,
        documents: bool,
        candidate: Option<&Candidate>,
    ) -> Result<(), ChangeError> {
        for _ in 0..ATTEMPTS {
            let asked = now();
            let was = one.state.load_full();
            let changes = self.store.since(&one.realm, was.revision, RECORDS).await?;
            let moved = changes.head.revision != was.revision;
            if !moved && (!documents || was.documents.is_some()) {
                one.is_fresh_as_of(asked);
                return Ok(());
            }
            let next = match &changes.records {
                Some(_) if was.revision > 0 || !moved => {
                    match self.after(one, &was, &changes, documents, candidate).await? {
                        Some(next) => next,
                        None => continue,
                    }
                }
                _ => self.read(&one.realm).await?,
            };
            self.install(one, next, asked);
            return Ok(());
        }
        Err(ChangeError::Busy(one.realm.clone()))
    }

    /// A realm after some changes; nothing where others wrote while its documents were read.
    async fn after(
        &self,
        one: &Arc<Followed>,
        was: &State,
        changes: &Changes,
        documents: bool,
        candidate: Option<&Candidate>,
    ) -> Result<Option<State>, ChangeError> {
        let touched = Touched::by(changes);
        let revision = changes.head.revision;
        let mut next = State { revision, keys: touched.keys_after(&was.keys), ..was.clone() };
        let candidate = candidate.filter(|candidate| candidate.is(&changes.head, self));
        next.documents = match (&was.documents, candidate) {
            (_, Some(candidate)) => Some(Arc::clone(&candidate.version.documents)),
            (Some(was), None) => Some(Arc::new(was.after(changes)?)),
            (None, None) if documents || touched.policy => {
                let contents = self.store.contents(&one.realm).await?;
                if contents.head.revision != revision {
                    return Ok(None);
                }
                Some(Arc::new(documents::Documents::of(contents)?))
            }
            (None, None) => None,
        };
        if one.realm.tenant_id().is_none() {
            // Nothing is compiled for the platform.
            return Ok(Some(next));
        }
        match (&next.documents, &was.compiled) {
            (Some(documents), _) if touched.policy => {
                next.bytes = documents.bytes;
                let subjects = was.subjects().cloned();
                let subjects =
                    subjects.unwrap_or_else(|| Arc::new(Subjects::new(self.config.subjects)));
                let tried = candidate.and_then(|candidate| candidate.version.compiled.as_ref());
                let compiled = match tried {
                    Some(tried) => tried.over(&subjects, &touched.directory),
                    None => {
                        let documents = Arc::clone(documents);
                        let (catalog, compiled) = self
                            .compile(
                                documents,
                                revision,
                                &subjects,
                                &touched.directory,
                                was.compiled.as_deref(),
                            )
                            .await?;
                        next.catalog = catalog;
                        compiled
                    }
                };
                if let Some(candidate) = candidate {
                    next.catalog = Arc::clone(&candidate.version.catalog);
                }
                next.compiled = compiled.map(Arc::new);
            }
            (_, Some(compiled)) if revision != was.revision => {
                next.compiled = compiled.after(revision, &touched.directory).map(Arc::new);
            }
            _ => {}
        }
        Ok(Some(next))
    }

    /// Has a state served from now on. The caller follows the realm alone.
    pub(super) fn install(&self, one: &Arc<Followed>, next: State, asked: i64) {
        let revision = next.revision;
        if let Some(tenant) = one.realm.tenant_id() {
            let was = one.state.load().compiled.is_some();
            match &next.compiled {
                Some(compiled) => self.authorizer.install(Arc::<Compiled>::clone(compiled)),
                None if was => {
                    self.authorizer.remove(tenant);
                    self.components().forget(tenant);
                }
                None => {}
            }
            if was != next.compiled.is_some() {
                self.forget_only_tenant();
            }
        }
        one.state.store(Arc::new(next));
        one.is_known(revision);
        one.is_fresh_as_of(asked);
        one.reached.send_replace(revision);
        if let Some(tenant) = one.realm.tenant_id() {
            self.tenants.weigh(one);
            self.tenants.make_room(&self.authorizer, tenant);
        }
    }
}
