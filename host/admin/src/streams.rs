//! Answers that go on: whoever follows a tenant's log is told of what is written as it is.
//!
//! A stream holds a connection for as long as it goes on, so each ends after a while and is taken
//! up again from where it ended, of each tenant only some go on at a time, and all end at once
//! when the server stops.

use permesso_front::Problem;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How long one goes on: less than an idle connection is kept.
const LASTS: Duration = Duration::from_secs(50);

/// How many of one tenant go on at a time.
const OF_A_TENANT: usize = 16;

/// What streams may use.
#[derive(Debug, Clone)]
pub(crate) struct Streams {
    pub(crate) lasts: Duration,
    stopping: watch::Receiver<bool>,
    by_tenant: Arc<Mutex<HashMap<String, usize>>>,
}

/// A stream that goes on, until it is dropped.
#[derive(Debug)]
pub(crate) struct Going {
    streams: Streams,
    tenant: String,
}

impl Default for Streams {
    fn default() -> Self {
        Self { lasts: LASTS, stopping: watch::channel(false).1, by_tenant: Arc::default() }
    }
}

impl Streams {
    /// The same that end when the server stops.
    pub(crate) fn until(self, stopping: watch::Receiver<bool>) -> Self {
        Self { stopping, ..self }
    }

    /// Counts one in, where there is room.
    ///
    /// # Errors
    ///
    /// Where too many of the tenant go on.
    pub(crate) fn begin(&self, tenant: &str) -> Result<Going, Problem> {
        let mut by_tenant = self.lock();
        let going = by_tenant.entry(tenant.to_owned()).or_default();
        if *going >= OF_A_TENANT {
            return Err(Problem::busy());
        }
        *going += 1;
        drop(by_tenant);
        Ok(Going { streams: self.clone(), tenant: tenant.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Going {
    /// Done when the server stops, and never where nobody says so.
    pub(crate) async fn stopped(&self) {
        let mut stopping = self.streams.stopping.clone();
        if stopping.wait_for(|stops| *stops).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let mut by_tenant = self.streams.lock();
        if let Some(going) = by_tenant.get_mut(&self.tenant) {
            *going = going.saturating_sub(1);
            if *going == 0 {
                by_tenant.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_tenant_some_go_on_and_who_ends_makes_room() {
        let streams = Streams::default();
        let mut going: Vec<Going> =
            (0..OF_A_TENANT).map(|_| streams.begin("acme").unwrap()).collect();
        assert!(streams.begin("acme").is_err());
        assert!(streams.begin("other").is_ok());
        going.pop();
        assert!(streams.begin("acme").is_ok());
        going.clear();
        assert!(streams.lock().is_empty(), "who does not go on is forgotten");
    }
}
