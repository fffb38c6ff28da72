//! Whether what a node knows is new enough to answer.
//!
//! A node goes on without its store, for a while: then what it knows is too old for anybody. A
//! caller who has just written wants to see that at once: then the node waits for it, and rather
//! gives no answer than an older one.

use super::followed::Followed;
use super::load::LoadFor;
use crate::error::Unserved;
use crate::node::{Node, now};
use permesso_store::Realm;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A tenant that is held on to: as long as it is, it stays in memory and is followed.
#[derive(Debug, Clone)]
pub struct Held(pub(super) Arc<Followed>);

impl Held {
    /// The revision that is decided on.
    #[must_use]
    pub fn revision(&self) -> u64 {
        *self.0.reached.borrow()
    }

    /// The same, and whatever revision is reached from now on.
    #[must_use]
    pub fn reached(&self) -> watch::Receiver<u64> {
        self.0.reached.subscribe()
    }
}

impl Node {
    /// For how long nothing newer has been known.
    pub(crate) fn age(&self, one: &Followed) -> Duration {
        Self::since(one.fresh_at(self.all_fresh_at()))
    }

    fn since(at: i64) -> Duration {
        Duration::from_millis(now().saturating_sub(at).try_into().unwrap_or(0))
    }

    /// Whether what is known of a tenant is new enough for this node. A tenant that nobody here
    /// has heard of is for the engine to refuse.
    ///
    /// # Errors
    ///
    /// Where it is not.
    pub fn is_current(&self, held: &Held) -> Result<(), Unserved> {
        self.is_fresh(&held.0)
    }

    /// The same of a tenant that is not held, or of the platform. One that is not in memory is
    /// read when it is asked about, so it is as old as what is known of all.
    ///
    /// # Errors
    ///
    /// Where what is known is not new enough.
    pub fn is_current_realm(&self, realm: &Realm) -> Result<(), Unserved> {
        match self.followed(realm).filter(|one| one.is_loaded()) {
            Some(one) => self.is_fresh(&one),
            None => self.is_bounded(realm, Self::since(self.all_fresh_at())),
        }
    }

    /// Whether a tenant may be decided on: what is known of it is new enough for this node, and
    /// for the caller. Waits a while for a revision that is not there yet.
    ///
    /// # Errors
    ///
    /// Where it may not, or cannot be loaded.
    pub async fn fresh(&self, tenant: &str, at_least: Option<u64>) -> Result<(), Unserved> {
        // What is no name is for the engine to refuse.
        let Ok(realm) = Realm::tenant(tenant) else { return Ok(()) };
        let one = self.follow_realm(&realm, LoadFor::Decisions).await?;
        self.is_fresh(&one)?;
        match at_least {
            Some(wanted) if *one.reached.borrow() < wanted => self.wait(&one, wanted).await,
            _ => Ok(()),
        }
    }

    pub(crate) fn is_fresh(&self, one: &Followed) -> Result<(), Unserved> {
        self.is_bounded(&one.realm, self.age(one))
    }

    fn is_bounded(&self, realm: &Realm, age: Duration) -> Result<(), Unserved> {
        let bound = self.config.staleness;
        if age > bound {
            return Err(Unserved::Stale { tenant: realm.to_string(), age, bound });
        }
        Ok(())
    }

    async fn wait(&self, one: &Arc<Followed>, wanted: u64) -> Result<(), Unserved> {
        let mut reached = one.reached.subscribe();
        let waited = tokio::time::timeout(self.config.patience, async {
            // Not only until somebody says so: whoever wants it now has it fetched now.
            let _ = self.catch_up(one).await;
            reached.wait_for(|revision| *revision >= wanted).await.is_ok()
        });
        match waited.await {
            Ok(true) => Ok(()),
            _ => {
                let is = *one.reached.borrow();
                Err(Unserved::Behind { tenant: one.realm.to_string(), is, wanted })
            }
        }
    }
}
