//! API keys, by their id, whoever's they are.
//!
//! A key is believed as the log of its realm has it. So the realm is found by the key's id and
//! then followed like any other that is asked about; only which realm it is is remembered.

use super::load::LoadFor;
use crate::error::{ChangeError, Unserved};
use crate::node::Node;
use moka::sync::Cache;
use permesso_auth::KeyRecord;
use permesso_store::Realm;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Of so many keys it is remembered whose they are.
const REMEMBERED: u64 = 100_000;
/// So many are looked for at a time: whoever makes ids up is not to keep others from reading.
const LOOKED_FOR: usize = 2;

/// Whose the keys are.
#[derive(Debug)]
pub(crate) struct Keys {
    realms: Cache<String, Realm>,
    looking: Semaphore,
}

impl Default for Keys {
    fn default() -> Self {
        Self { realms: Cache::new(REMEMBERED), looking: Semaphore::new(LOOKED_FOR) }
    }
}

impl Node {
    /// The API key of an id, and the realm whose it is.
    ///
    /// # Errors
    ///
    /// Where it cannot be found out.
    pub async fn key(&self, id: &str) -> Result<Option<(Realm, Arc<KeyRecord>)>, Unserved> {
        if let Some(key) = self.platform.state.load().keys.get(id) {
            return Ok(Some((Realm::platform(), Arc::clone(key))));
        }
        if let Some(realm) = self.keys.realms.get(id)
            && let Some(key) = self.key_of(&realm, id).await?
        {
            return Ok(Some((realm, key)));
        }
        for realm in self.realms_of_key(id).await? {
            if let Some(key) = self.key_of(&realm, id).await? {
                self.keys.realms.insert(id.to_owned(), realm.clone());
                return Ok(Some((realm, key)));
            }
        }
        Ok(None)
    }

    async fn realms_of_key(&self, id: &str) -> Result<Vec<Realm>, Unserved> {
        let unread = |why: String| Unserved::Unread { tenant: "the keys".to_owned(), why };
        let looking = self.keys.looking.acquire().await;
        let _looking = looking.map_err(|error| unread(error.to_string()))?;
        self.store.realms_of_key(id).await.map_err(|error| unread(error.to_string()))
    }

    /// A key as its realm has it.
    async fn key_of(&self, realm: &Realm, id: &str) -> Result<Option<Arc<KeyRecord>>, Unserved> {
        let one = self.follow_realm(realm, LoadFor::Decisions).await?;
        Ok(one.state.load().keys.get(id).cloned())
    }

    /// The keys of the platform, as the store has them now.
    pub(crate) async fn platform_keys(
        &self,
    ) -> Result<Arc<BTreeMap<String, Arc<KeyRecord>>>, ChangeError> {
        self.catch_up(&self.platform).await?;
        Ok(Arc::clone(&self.platform.state.load().keys))
    }

    /// Whether there is any key at all: an installation begins without.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn has_keys(&self) -> Result<bool, ChangeError> {
        Ok(self.store.has_keys().await?)
    }
}
