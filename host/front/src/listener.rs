//! Listening, and stopping without dropping anybody.
//!
//! A stop has three steps. It is no longer ready while requests are still taken, so that load
//! balancers look elsewhere; then the port closes and connections end as soon as their request
//! is answered; what is not done when the grace period ends is cut off, and counted.

use crate::connection;
use crate::error::ListenError;
use crate::limits::{ListenConfig, RequestLimits};
use crate::readiness::Readiness;
use axum::Router;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Whoever has the port.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    readiness: Readiness,
    config: ListenConfig,
}

impl Listener {
    /// Checks the configuration and takes the port. Nobody is answered before
    /// [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// A [`ListenError`] where the configuration is unsafe or the port cannot be had.
    pub async fn bind(config: ListenConfig) -> Result<Self, ListenError> {
        if !config.allow_remote && !config.listen.ip().is_loopback() {
            return Err(ListenError::NotLoopback(config.listen));
        }
        config.limits.check()?;
        let bind = |source| ListenError::Bind { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        Ok(Self { listener, address, readiness: Readiness::default(), config })
    }

    /// Where it listens, with the port that was found.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The switch that says whether requests should come here. It is off until somebody turns it on.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Serves until `shutdown` is done and everybody who was being served has been answered.
    ///
    /// # Errors
    ///
    /// [`ListenError::CutOff`] where requests outlived the grace period.
    pub async fn serve(
        self,
        router: Router,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ListenError> {
        let (stop, stopping) = watch::channel(());
        let mut connections = JoinSet::new();
        let accept = Accept {
            listener: &self.listener,
            router: &router,
            limits: &self.config.limits,
            stopping,
        };
        accept.until(shutdown, &mut connections).await;
        self.readiness.stop();
        tracing::debug!(drain = ?self.config.drain, "stopping");
        if !self.config.drain.is_zero() {
            accept.until(sleep(self.config.drain), &mut connections).await;
        }
        drop(accept);
        drop(self.listener);
        drop(stop);
        let finished = async { while connections.join_next().await.is_some() {} };
        if timeout(self.config.grace, finished).await.is_ok() {
            return Ok(());
        }
        let busy = connections.len();
        connections.shutdown().await;
        Err(ListenError::CutOff { connections: busy, grace: self.config.grace })
    }
}

struct Accept<'a> {
    listener: &'a TcpListener,
    router: &'a Router,
    limits: &'a RequestLimits,
    /// Closes when connections are to end.
    stopping: watch::Receiver<()>,
}

impl Accept<'_> {
    /// Takes connections until `end` is done.
    async fn until(&self, end: impl Future<Output = ()>, connections: &mut JoinSet<()>) {
        let mut end = pin!(end);
        loop {
            let room = connections.len() < self.limits.connections;
            tokio::select! {
                biased;
                () = &mut end => return,
                Some(_) = connections.join_next() => {}
                accepted = self.listener.accept(), if room => match accepted {
                    Ok((stream, _)) => {
                        let router = self.router.clone();
                        let stopping = self.stopping.clone();
                        connections
                            .spawn(connection::serve(stream, router, self.limits.idle, stopping));
                    }
                    Err(error) => refused(&error).await,
                },
            }
        }
    }
}

/// Waits a moment where the system is out of something, most often of file descriptors; a
/// connection that broke before it was taken is nobody's trouble.
async fn refused(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::warn!(%error, "cannot take a connection");
    sleep(Duration::from_millis(100)).await;
}
