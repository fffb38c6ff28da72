//! Whether what a node knows is new enough to answer.
//!
//! A node goes on without its store, for a while: then what it knows is too old for anybody. A
//! caller who has just written wants to see that at once: then the node waits for it, and rather
//! gives no answer than an older one.

use crate::error::Unserved;
use crate::node::{Node, now};
use crate::tenant::Live;
use permesso_store::Realm;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

impl Node {
    /// For how long nothing newer has been known.
    pub(crate) fn age(&self, live: &Live) -> Duration {
        let age = now().saturating_sub(live.fresh_at.load(Ordering::Relaxed));
        Duration::from_millis(age.try_into().unwrap_or(0))
    }

    /// Whether what is known of a tenant is new enough for this node. A tenant that nobody here
    /// has heard of is for the engine to refuse.
    ///
    /// # Errors
    ///
    /// Where it is not.
    pub fn is_current(&self, tenant: &str) -> Result<(), Unserved> {
        match self.realms.load().get(tenant) {
            Some(live) => self.is_fresh(tenant, live),
            None => Ok(()),
        }
    }

    /// The same of a tenant or of the platform.
    ///
    /// # Errors
    ///
    /// Where what is known is not new enough.
    pub fn is_current_realm(&self, realm: &Realm) -> Result<(), Unserved> {
        match self.live(realm) {
            Some(live) => self.is_fresh(realm.tenant_id().unwrap_or("the platform"), &live),
            None => Ok(()),
        }
    }

    /// Whether a tenant may be decided on: what is known of it is new enough for this node, and
    /// for the caller. Waits a while for a revision that is not there yet.
    ///
    /// # Errors
    ///
    /// Where it may not.
    pub async fn fresh(&self, tenant: &str, at_least: Option<u64>) -> Result<(), Unserved> {
        let live = self.realms.load().get(tenant).cloned();
        let Some(live) = live else {
            return match at_least {
                Some(wanted) => self.unknown(tenant, wanted).await,
                None => Ok(()),
            };
        };
        self.is_fresh(tenant, &live)?;
        match at_least {
            Some(wanted) if *live.reached.borrow() < wanted => {
                self.wait(&live, tenant, wanted).await
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn is_fresh(&self, tenant: &str, live: &Live) -> Result<(), Unserved> {
        let (age, bound) = (self.age(live), self.config.staleness);
        if age > bound {
            return Err(Unserved::Stale { tenant: tenant.to_owned(), age, bound });
        }
        Ok(())
    }

    async fn wait(&self, live: &Arc<Live>, tenant: &str, wanted: u64) -> Result<(), Unserved> {
        let behind = |is| Unserved::Behind { tenant: tenant.to_owned(), is, wanted };
        let mut reached = live.reached.subscribe();
        let waited = tokio::time::timeout(self.config.patience, async {
            // Not only until somebody says so: whoever wants it now has it fetched now.
            let _ = self.catch_up(live).await;
            reached.wait_for(|revision| *revision >= wanted).await.is_ok()
        });
        match waited.await {
            Ok(true) => Ok(()),
            _ => Err(behind(*live.reached.borrow())),
        }
    }

    /// A tenant that nobody here has heard of may have been made on another node just now.
    async fn unknown(&self, tenant: &str, wanted: u64) -> Result<(), Unserved> {
        let _ = tokio::time::timeout(self.config.patience, self.catch_up_all()).await;
        let is = self.realms.load().get(tenant).map_or(0, |live| *live.reached.borrow());
        if is >= wanted {
            return Ok(());
        }
        Err(Unserved::Behind { tenant: tenant.to_owned(), is, wanted })
    }
}
