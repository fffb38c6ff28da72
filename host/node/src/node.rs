//! One process that follows the log: every tenant compiled at its revision.

use crate::caller::Caller;
use crate::catalogs::Catalogs;
use crate::change::Options;
use crate::document::{CatalogPin, CatalogText};
use crate::error::ChangeError;
use crate::kind::Kind;
use crate::operation::serving::{Component, Serve};
use crate::tenant::{Live, State};
use crate::view::View;
use arc_swap::ArcSwap;
use permesso_auth::KeyRecord;
use permesso_engine::Authorizer;
use permesso_engine::compile::subjects::{Need, Subjects};
use permesso_engine::compile::{Compiled, FamilySet, OpenDefinition, compile_open};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::family::{ConfigRefusal, FamilySource, check_configuration};
use permesso_engine::load::Source;
use permesso_engine::model::{Catalog, Tenant};
use permesso_store::{Realm, Store};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How a node behaves.
#[derive(Debug, Clone, Copy)]
pub struct NodeConfig {
    /// How many users of each tenant are kept.
    pub subjects: usize,
    /// For how long a node goes on deciding without news from the store.
    pub staleness: Duration,
    /// How long a caller who demands a revision waits for it.
    pub patience: Duration,
    /// How often it looks at the store, whether the bell rang or not.
    pub poll: Duration,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            subjects: 100_000,
            staleness: Duration::from_mins(5),
            patience: Duration::from_secs(2),
            poll: Duration::from_millis(250),
        }
    }
}

/// More records than this are not followed one by one: the tenant is read again.
const RECORDS: u32 = 256;

/// How a tenant stands on this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The tenant.
    pub tenant: String,
    /// The revision that is decided on.
    pub revision: u64,
    /// For how long nothing newer has been known, in milliseconds.
    pub age: u64,
}

/// A tenant as it was when it was looked at.
#[derive(Debug, Clone)]
pub struct Look {
    realm: Realm,
    state: Arc<State>,
    now: i64,
}

impl Look {
    /// As an operation sees it.
    #[must_use]
    pub fn view<'a>(&'a self, node: &'a Node) -> View<'a> {
        View { node, realm: &self.realm, state: &self.state, now: self.now }
    }
}

/// The keys of a node: by id, with the realm whose they are.
type Keys = HashMap<String, (Realm, Arc<KeyRecord>)>;

/// One process that follows the log.
#[derive(Debug)]
pub struct Node {
    store: Arc<dyn Store>,
    authorizer: Arc<Authorizer>,
    components: RwLock<Arc<dyn FamilySource>>,
    pub(crate) config: NodeConfig,
    catalogs: Catalogs,
    pub(crate) realms: ArcSwap<HashMap<String, Arc<Live>>>,
    platform: Arc<Live>,
    keys: ArcSwap<Keys>,
}

impl Node {
    /// A node that has read everything that there is. A tenant that does not compile with these
    /// families is left out, and said so in the log.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn start(
        store: Arc<dyn Store>,
        authorizer: Arc<Authorizer>,
        components: Arc<dyn FamilySource>,
        config: NodeConfig,
    ) -> Result<Arc<Self>, ChangeError> {
        let node = Arc::new(Self {
            store,
            authorizer,
            components: RwLock::new(components),
            config,
            catalogs: Catalogs::default(),
            realms: ArcSwap::default(),
            platform: Arc::new(Live::new(Realm::platform(), now())),
            keys: ArcSwap::default(),
        });
        node.catch_up_all().await?;
        Ok(node)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The engine.
    #[must_use]
    pub fn authorizer(&self) -> &Arc<Authorizer> {
        &self.authorizer
    }

    /// How it behaves.
    #[must_use]
    pub fn config(&self) -> &NodeConfig {
        &self.config
    }

    /// How each tenant stands.
    #[must_use]
    pub fn standing(&self) -> Vec<Standing> {
        let realms = self.realms.load();
        let mut standing: Vec<Standing> = realms
            .iter()
            .filter(|(_, live)| live.state.load().compiled.is_some())
            .map(|(tenant, live)| Standing {
                tenant: tenant.clone(),
                revision: *live.reached.borrow(),
                age: self.age(live).as_millis().try_into().unwrap_or(u64::MAX),
            })
            .collect();
        standing.sort_by(|a, b| a.tenant.cmp(&b.tenant));
        standing
    }

    /// The API key of an id, and the realm whose it is.
    #[must_use]
    pub fn key(&self, id: &str) -> Option<(Realm, Arc<KeyRecord>)> {
        self.keys.load().get(id).cloned()
    }

    /// Whether there is any key at all: an installation begins without.
    #[must_use]
    pub fn has_keys(&self) -> bool {
        !self.keys.load().is_empty()
    }

    pub(crate) fn live(&self, realm: &Realm) -> Option<Arc<Live>> {
        match realm.tenant_id() {
            None => Some(Arc::clone(&self.platform)),
            Some(id) => self.realms.load().get(id).cloned(),
        }
    }

    /// That realm, followed from now on.
    pub(crate) fn live_or_new(&self, realm: &Realm) -> Arc<Live> {
        if let Some(live) = self.live(realm) {
            return live;
        }
        let Some(id) = realm.tenant_id() else { return Arc::clone(&self.platform) };
        let new = Arc::new(Live::new(realm.clone(), now()));
        self.realms.rcu(|realms| {
            let mut realms = HashMap::clone(realms);
            realms.entry(id.to_owned()).or_insert_with(|| Arc::clone(&new));
            realms
        });
        self.live(realm).unwrap_or(new)
    }

    /// Takes over everything that the store has and this node has not. A tenant that cannot be
    /// taken over goes on as it was, and ages.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn catch_up_all(&self) -> Result<(), ChangeError> {
        let asked = now();
        let heads = self.store.heads().await?;
        let platform = heads.iter().find(|head| head.realm.tenant_id().is_none());
        self.catch_up_to(&self.platform, platform.map_or(0, |head| head.revision), asked).await?;
        let mut failed = None;
        for head in heads.iter().filter(|head| head.realm.tenant_id().is_some()) {
            let live = self.live_or_new(&head.realm);
            if let Err(error) = self.catch_up_to(&live, head.revision, asked).await {
                tracing::error!(tenant = %head.realm, %error, "cannot follow a tenant");
                failed = Some(error);
            }
        }
        match failed {
            Some(ChangeError::Store(error)) => Err(error.into()),
            _ => Ok(()),
        }
    }

    async fn catch_up_to(
        &self,
        live: &Arc<Live>,
        revision: u64,
        asked: i64,
    ) -> Result<(), ChangeError> {
        if *live.reached.borrow() < revision {
            return self.catch_up(live).await;
        }
        live.is_fresh_as_of(asked);
        Ok(())
    }

    /// Takes over what one log has and this node has not.
    pub(crate) async fn catch_up(&self, live: &Arc<Live>) -> Result<(), ChangeError> {
        let _following = live.following.lock().await;
        let asked = now();
        let was = live.state.load_full();
        let changes = self.store.since(&live.realm, was.revision, RECORDS).await?;
        if changes.head.revision == was.revision {
            live.is_fresh_as_of(asked);
            return Ok(());
        }
        let next = match &changes.records {
            Some(_) if was.revision > 0 => {
                let (mut next, touched) = was.after(&changes)?;
                let directory: Vec<Need> = touched.directory.into_iter().collect();
                if live.realm.tenant_id().is_none() {
                    // Nothing is compiled for the platform.
                } else if touched.policy {
                    let subjects = was.subjects().cloned();
                    self.compile(&mut next, subjects, &directory).await?;
                } else if let Some(compiled) = &was.compiled {
                    let after = compiled.after(next.revision, &directory);
                    self.serve(&mut next, after);
                }
                (next, touched.keys)
            }
            _ => {
                let mut next = State::of(self.store.contents(&live.realm).await?)?;
                if live.realm.tenant_id().is_some() {
                    self.compile(&mut next, None, &[]).await?;
                }
                (next, true)
            }
        };
        let (next, keys) = next;
        if keys {
            self.index_keys(&live.realm, &next);
        }
        let revision = next.revision;
        live.state.store(Arc::new(next));
        live.is_fresh_as_of(asked);
        live.reached.send_replace(revision);
        Ok(())
    }

    /// Compiles a tenant and has it served from now on.
    async fn compile(
        &self,
        state: &mut State,
        subjects: Option<Arc<Subjects>>,
        touched: &[Need],
    ) -> Result<(), ChangeError> {
        let Some(pin) = state.pin()? else {
            self.authorizer.remove(&state.tenant.value.tenant);
            self.components().forget(&state.tenant.value.tenant);
            state.compiled = None;
            return Ok(());
        };
        state.catalog = self.catalog(&pin).await?;
        let subjects = subjects.unwrap_or_else(|| Arc::new(Subjects::new(self.config.subjects)));
        let compiled = self.with_families(state, &[], |families| {
            compile_open(&OpenDefinition {
                catalog: &state.catalog,
                tenant: &state.tenant,
                families,
                revision: state.revision,
                lenient: false,
                subjects: &subjects,
                touched,
            })
        })?;
        self.serve(state, Some(compiled));
        Ok(())
    }

    /// Compiles a tenant with the families that are installed now. Where one of them does not fit
    /// the tenant, or refuses its configuration, the tenant goes on with those that its log names,
    /// as far as they may still answer: what was taken out or revoked may not. Those whose
    /// configuration was `edited` have to accept it, as they are installed now.
    pub(crate) fn with_families(
        &self,
        state: &State,
        edited: &[&str],
        compile: impl Fn(&FamilySet) -> Result<Compiled, Diagnostics>,
    ) -> Result<Compiled, ChangeError> {
        let components = self.components();
        let mut families = components.families();
        let mut changed = state.served()?;
        changed
            .retain(|(id, digest)| families.get(id).map(|one| one.digest()) != digest.as_deref());
        if changed.is_empty() && edited.is_empty() {
            // They have been asked about this configuration, when it was written.
            return Ok(compile(&families)?);
        }
        let newest = self.validate(&state.tenant, |_| true).and_then(|()| Ok(compile(&families)?));
        let refused = match newest {
            Ok(compiled) => return Ok(compiled),
            Err(refused) => refused,
        };
        for (family, digest) in changed {
            if edited.contains(&&*family) {
                continue;
            }
            let earlier = digest.filter(|_| families.contains_key(&family));
            match earlier.and_then(|digest| components.by_digest(&family, &digest)) {
                Some(earlier) => drop(families.insert(family, earlier)),
                None => drop(families.remove(&family)),
            }
        }
        self.validate(&state.tenant, |family| edited.contains(&family))?;
        let Ok(compiled) = compile(&families) else { return Err(refused) };
        let tenant = &*state.tenant.value.tenant;
        tracing::error!(tenant, %refused, "a tenant goes on without a change of families");
        Ok(compiled)
    }

    fn serve(&self, state: &mut State, compiled: Option<Compiled>) {
        if let Some(compiled) = compiled {
            self.authorizer.install(compiled);
            state.compiled = self.authorizer.tenant(&state.tenant.value.tenant);
        }
    }

    /// Compiles every tenant again, with the families that are installed now. One that does not
    /// compile with what is left to it is no longer served, and answered here.
    pub async fn recompile(&self, components: Arc<dyn FamilySource>) -> Vec<(String, ChangeError)> {
        *self.components.write().unwrap_or_else(PoisonError::into_inner) = components;
        let mut failed = Vec::new();
        for (tenant, live) in self.realms.load_full().iter() {
            let _following = live.following.lock().await;
            let mut next = State::clone(&live.state.load());
            let subjects = next.subjects().cloned();
            match self.compile(&mut next, subjects, &[]).await {
                Ok(()) => {}
                Err(error) => {
                    self.authorizer.remove(tenant);
                    next.compiled = None;
                    failed.push((tenant.clone(), error));
                }
            }
            live.state.store(Arc::new(next));
        }
        failed
    }

    /// Writes into the log of each tenant which components answer for it here, where the log
    /// says otherwise.
    pub async fn record_components(self: &Arc<Self>) -> Vec<(String, ChangeError)> {
        let mut failed = Vec::new();
        for (tenant, live) in self.realms.load_full().iter() {
            let state = live.state.load_full();
            let Some(compiled) = &state.compiled else { continue };
            let components = compiled.snapshot.families().map(|(family, digest)| {
                (family.to_owned(), Component { digest: digest.map(str::to_owned) })
            });
            let serve = Serve { components: components.collect() };
            if serve.components.is_empty() {
                continue;
            }
            let (caller, options) = (Caller::System, Options::default());
            if let Err(error) = self.perform(&live.realm, &caller, &serve, &options).await {
                failed.push((tenant.clone(), error));
            }
        }
        failed
    }

    /// The families of this node.
    pub(crate) fn components(&self) -> Arc<dyn FamilySource> {
        Arc::clone(&self.components.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A version of a catalog.
    pub(crate) async fn catalog(
        &self,
        pin: &CatalogPin,
    ) -> Result<Arc<Source<Catalog>>, ChangeError> {
        if let Some(catalog) = self.catalogs.get(&pin.digest) {
            return Ok(catalog);
        }
        let (realm, kind) = (Realm::platform(), Kind::CatalogText);
        let found = self.store.object(&realm, kind.name(), &pin.digest).await?;
        let missing = || ChangeError::Missing { realm, kind, id: pin.digest.clone() };
        let text: CatalogText =
            crate::document::read(kind, &pin.digest, &found.ok_or_else(missing)?.body)?;
        Ok(self.parse_catalog(&text.text)?.1)
    }

    /// Reads a catalog, with the administration in it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse_catalog(
        &self,
        text: &str,
    ) -> Result<(CatalogPin, Arc<Source<Catalog>>), Diagnostics> {
        self.catalogs.parse(text)
    }

    /// The current version of a product's catalog.
    ///
    /// # Errors
    ///
    /// Where there is no such product.
    pub fn product(&self, product: &str) -> Result<CatalogPin, ChangeError> {
        let state = self.platform.state.load();
        let found = state.document(Kind::Product, product).ok_or_else(|| ChangeError::Missing {
            realm: Realm::platform(),
            kind: Kind::Product,
            id: product.to_owned(),
        })?;
        crate::document::read(Kind::Product, product, &found.body)
    }

    /// The tenants of a product.
    pub(crate) fn tenants_of(&self, product: &str) -> Vec<(Realm, Arc<State>)> {
        let realms = self.realms.load();
        let mut tenants: Vec<(Realm, Arc<State>)> = realms
            .values()
            .map(|live| (live.realm.clone(), live.state.load_full()))
            .filter(|(_, state)| state.compiled.is_some() && *state.tenant.value.product == product)
            .collect();
        tenants.sort_by(|(a, _), (b, _)| a.cmp(b));
        tenants
    }

    /// Looks at a tenant, or at the platform, as it is on this node.
    ///
    /// # Errors
    ///
    /// Where there is no such tenant.
    pub fn look(&self, realm: &Realm) -> Result<Look, ChangeError> {
        let none = || ChangeError::NoTenant(realm.tenant_id().unwrap_or_default().to_owned());
        let live = self.live(realm).ok_or_else(none)?;
        let state = live.state.load_full();
        if realm.tenant_id().is_some() && state.compiled.is_none() {
            return Err(none());
        }
        Ok(Look { realm: realm.clone(), state, now: now() })
    }

    /// Asks families about their configuration by a tenant.
    pub(crate) fn validate(
        &self,
        tenant: &Source<Tenant>,
        which: impl Fn(&str) -> bool,
    ) -> Result<(), ChangeError> {
        check_configuration(&self.components().families(), tenant, which).map_err(|refusal| {
            match refusal {
                ConfigRefusal::Refused(found) => ChangeError::Invalid(found),
                ConfigRefusal::Unanswered { family, fault } => ChangeError::Request {
                    field: format!("families.{family}"),
                    message: format!("the family gave no answer about its configuration: {fault}"),
                },
            }
        })
    }

    fn index_keys(&self, realm: &Realm, state: &State) {
        let theirs: Vec<KeyRecord> = state.keys().collect();
        self.keys.rcu(|keys| {
            let mut keys = Keys::clone(keys);
            keys.retain(|_, (whose, _)| whose != realm);
            for key in &theirs {
                let id = key.id.to_string();
                // No tenant can take the place of another's key by using its id.
                keys.entry(id).or_insert_with(|| (realm.clone(), Arc::new(key.clone())));
            }
            keys
        });
    }
}

/// The instant, in milliseconds since 1970-01-01T00:00:00Z.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
