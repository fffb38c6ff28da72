//! One process that follows the logs of a store, decides, and makes changes.

use crate::error::ChangeError;
use crate::follow::Following;
use crate::follow::catalogs::Catalogs;
use crate::follow::followed::{Followed, Version};
use crate::follow::keys::Keys;
use crate::follow::listing::OnlyTenant;
use crate::follow::tenants::Tenants;
use crate::view::View;
use permesso_engine::Authorizer;
use permesso_engine::family::FamilySource;
use permesso_store::{Realm, Store};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How a node behaves.
#[derive(Debug, Clone, Copy)]
pub struct NodeConfig {
    /// How many users of each tenant are kept.
    pub subjects: usize,
    /// How many bytes the tenants in memory may take, roughly. Those that nobody has asked about
    /// for the longest are let go where it is more.
    pub memory: u64,
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
            memory: 2 * 1024 * 1024 * 1024,
            staleness: Duration::from_mins(5),
            patience: Duration::from_secs(2),
            poll: Duration::from_millis(250),
        }
    }
}

/// A tenant as it was when it was looked at.
#[derive(Debug, Clone)]
pub struct Look {
    pub(crate) realm: Realm,
    pub(crate) version: Arc<Version>,
    pub(crate) now: i64,
}

impl Look {
    /// As an operation sees it.
    #[must_use]
    pub fn view<'a>(&'a self, node: &'a Node) -> View<'a> {
        View { node, realm: &self.realm, version: &self.version, now: self.now }
    }
}

/// One process that follows the logs of a store, decides, and makes changes.
#[derive(Debug)]
pub struct Node {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) authorizer: Arc<Authorizer>,
    pub(crate) config: NodeConfig,
    pub(crate) components: RwLock<Arc<dyn FamilySource>>,
    /// How often other families were installed.
    pub(crate) installed: AtomicU64,
    /// Whether it is written down which components answer.
    pub(crate) records_components: AtomicBool,
    pub(crate) catalogs: Catalogs,
    pub(crate) following: Following,
    pub(crate) platform: Arc<Followed>,
    pub(crate) tenants: Tenants,
    pub(crate) keys: Keys,
    pub(crate) only: OnlyTenant,
}

impl Node {
    /// A node that follows a store. It has read what is the platform's; a tenant is read when
    /// somebody asks about it.
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
            config,
            components: RwLock::new(components),
            installed: AtomicU64::new(0),
            records_components: AtomicBool::new(false),
            catalogs: Catalogs::default(),
            following: Following::default(),
            platform: Arc::new(Followed::new(Realm::platform(), now())),
            tenants: Tenants::new(config.memory),
            keys: Keys::default(),
            only: OnlyTenant::default(),
        });
        node.begin_to_follow().await?;
        node.version(&node.platform).await?;
        node.platform.loaded(true);
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
}

/// The instant, in milliseconds since 1970-01-01T00:00:00Z.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
