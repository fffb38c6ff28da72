//! Answers that go on: whoever follows a tenant's log is told of what is written as it is.
//!
//! A stream holds a connection for as long as it goes on, so each ends after a while and is taken
//! up again from where it ended, of each tenant only some go on at a time, and all end at once
//! when the server stops.

use permesso_front::TenantPermits;
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
    pub(crate) permits: TenantPermits,
    stopping: watch::Receiver<bool>,
}

impl Default for Streams {
    fn default() -> Self {
        let permits = TenantPermits::new(OF_A_TENANT);
        Self { lasts: LASTS, permits, stopping: watch::channel(false).1 }
    }
}

impl Streams {
    /// The same that end when the server stops.
    pub(crate) fn until(self, stopping: watch::Receiver<bool>) -> Self {
        Self { stopping, ..self }
    }

    /// Done when the server stops, and never where nobody says so.
    pub(crate) async fn stopped(&self) {
        let mut stopping = self.stopping.clone();
        if stopping.wait_for(|stops| *stops).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
