//! Tenants come into memory when somebody asks about them.

use super::documents::Documents;
use super::followed::{Followed, State, Version};
use super::freshness::Held;
use crate::error::{ChangeError, Unserved};
use crate::node::{Node, now};
use permesso_engine::compile::{Compiled, CompiledCatalog, Definition, PeopleFrom, compile};
use permesso_engine::directory::{Need, Subjects};
use permesso_store::Realm;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// For so long documents stay that nobody looks at.
const LOOKED_AT: Duration = Duration::from_mins(5);

/// Why something is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadFor {
    /// To decide; the documents are not needed after it.
    Decisions,
    /// To look at its documents.
    Documents,
}

impl Node {
    /// A tenant that is in memory, to be held on to while it is asked about: what is held stays.
    #[must_use]
    pub fn held(&self, tenant: &str) -> Option<Held> {
        let one = self.tenants.get(tenant, now()).filter(|one| one.is_loaded())?;
        Some(Held(one))
    }

    /// A tenant to be held on to while it is asked about. It is loaded where it is not in memory.
    /// One that nobody has heard of can be held as well: the engine refuses to decide of it.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or does not compile.
    pub async fn hold(&self, tenant: &str) -> Result<Held, Unserved> {
        let realm = Realm::tenant(tenant).map_err(|error| Unserved::Unloaded {
            tenant: tenant.to_owned(),
            why: error.to_string(),
        })?;
        self.follow_realm(&realm, LoadFor::Decisions).await.map(Held)
    }

    /// A realm that is followed, and loaded.
    pub(crate) async fn follow_realm(
        &self,
        realm: &Realm,
        to: LoadFor,
    ) -> Result<Arc<Followed>, Unserved> {
        let Some(tenant) = realm.tenant_id() else { return Ok(Arc::clone(&self.platform)) };
        let one = self.tenants.get_or_begin(realm, tenant, now());
        if one.is_loaded() {
            return Ok(one);
        }
        let loading = one.loading.lock().await;
        if !one.is_loaded() {
            if let Some(failed) = one.failed() {
                return Err(failed);
            }
            let begun = Instant::now();
            let loaded = self.load(&one, to).await;
            loaded.map_err(|error| one.fails(begun, error.to_string()))?;
        }
        drop(loading);
        Ok(one)
    }

    async fn load(&self, one: &Arc<Followed>, to: LoadFor) -> Result<(), ChangeError> {
        {
            let _following = one.following.lock().await;
            let asked = now();
            let state = self.read(&one.realm).await?;
            self.install(one, state, asked);
        }
        self.record_components_at_load(one).await;
        one.loaded(true);
        if to == LoadFor::Decisions {
            let _following = one.following.lock().await;
            self.put_documents_away(one);
        }
        Ok(())
    }

    /// A realm as the store has it, read in one transaction.
    pub(super) async fn read(&self, realm: &Realm) -> Result<State, ChangeError> {
        let contents = self.store.contents(realm).await?;
        let revision = contents.head.revision;
        let documents = Arc::new(Documents::of(contents)?);
        let mut version = Version { revision, documents, ..Version::default() };
        if realm.tenant_id().is_some() {
            let subjects = Arc::new(Subjects::new(self.config.subjects));
            let documents = Arc::clone(&version.documents);
            let (catalog, compiled) =
                self.compile(documents, revision, &subjects, &[], None).await?;
            version.catalog = catalog;
            version.compiled = compiled.map(Arc::new);
        }
        Ok(State::of(version, None))
    }

    /// A realm as it is, whether it is in memory or not. Where it is not it does not come there.
    pub(crate) async fn version_of(&self, realm: &Realm) -> Result<Version, ChangeError> {
        let held = realm.tenant_id().and_then(|tenant| self.held(tenant));
        match held {
            Some(Held(one)) => {
                self.catch_up(&one).await?;
                self.version(&one).await
            }
            None => {
                let state = self.read(realm).await?;
                state.version().ok_or_else(|| ChangeError::Busy(realm.clone()))
            }
        }
    }

    /// Compiles documents, with the families that are installed now; nothing where they are no
    /// tenant.
    pub(super) async fn compile(
        &self,
        documents: Arc<Documents>,
        revision: u64,
        subjects: &Arc<Subjects>,
        touched: &[Need],
        before: Option<&Compiled>,
    ) -> Result<(Arc<CompiledCatalog>, Option<Compiled>), ChangeError> {
        let Some(pin) = documents.pin()? else { return Ok((Arc::default(), None)) };
        let catalog = self.catalog(&pin).await?;
        let compiled = self.with_families(&documents, &[], |families| {
            compile(&Definition {
                catalog: &catalog,
                tenant: &documents.tenant,
                people: PeopleFrom::Subjects(subjects),
                families,
                revision,
                lenient: false,
                before,
            })
        })?;
        let compiled = compiled.after(revision, touched);
        Ok((catalog, compiled))
    }

    /// Lets go of documents. The caller follows the realm alone.
    fn put_documents_away(&self, one: &Arc<Followed>) {
        let state = one.state.load_full();
        if state.documents.is_some() {
            one.state.store(Arc::new(State { documents: None, ..State::clone(&state) }));
            self.tenants.weigh(one);
        }
    }

    /// Lets go of documents that nobody has looked at for a while, weighs what is in memory, and
    /// makes room where it has become too much.
    pub(super) fn tidy(&self) {
        let before = now().saturating_sub(i64::try_from(LOOKED_AT.as_millis()).unwrap_or(i64::MAX));
        for one in self.tenants.all() {
            if one.looked_at.load(Ordering::Relaxed) < before
                && let Ok(_following) = one.following.try_lock()
            {
                self.put_documents_away(&one);
            }
            self.tenants.weigh(&one);
        }
        self.tenants.make_room(&self.authorizer, "");
    }
}
