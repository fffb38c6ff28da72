//! Listening, and stopping without dropping anybody.
//!
//! A stop has three steps. `/readyz` says no while requests are still taken, so that load
//! balancers look elsewhere; then the port closes and connections end as soon as their request
//! is answered; what is not done when the grace period ends is cut off, and counted.

use super::app::App;
use super::config::{Limits, ServerConfig};
use super::connection;
use super::error::ServeError;
use super::metadata::PublicUrl;
use super::readiness::Readiness;
use super::routes::router;
use axum::Router;
use axum::body::Body;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The HTTP server.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Checks the configuration and takes the port. Nobody is answered before
    /// [`Bound::run`].
    ///
    /// # Errors
    ///
    /// A [`ServeError`] where the configuration is unsafe or the port cannot be had.
    pub async fn bind(config: ServerConfig) -> Result<Bound, ServeError> {
        let anybody = config.admin.is_none() && !config.allow_unauthenticated_remote;
        if anybody && !config.listen.ip().is_loopback() {
            return Err(ServeError::NotLoopback(config.listen));
        }
        check(&config.limits)?;
        let url = config.public_url.as_deref().map(PublicUrl::parse).transpose()?;
        let bind = |source| ServeError::Bind { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let readiness = Readiness::default();
        let url = url.unwrap_or_else(|| PublicUrl::of_address(address));
        let app = Arc::new(App::new(&config, url, readiness.clone()));
        let mut router = router(app);
        if let Some(admin) = &config.admin {
            let path = format!("{}/{{*rest}}", permesso_admin::PREFIX);
            let admin = permesso_admin::router(Arc::clone(admin)).into_service::<Body>();
            router = router.route_service(&path, admin);
        }
        Ok(Bound { listener, address, readiness, router, config })
    }
}

fn check(limits: &Limits) -> Result<(), ServeError> {
    for (name, zero) in [
        ("limits.body_bytes", limits.body_bytes == 0),
        ("limits.batch_items", limits.batch_items == 0),
        ("limits.requests_in_flight", limits.requests_in_flight == 0),
        ("limits.request_time", limits.request_time.is_zero()),
        ("limits.connections", limits.connections == 0),
        ("limits.idle", limits.idle.is_zero()),
    ] {
        if zero {
            return Err(ServeError::Limit(name));
        }
    }
    Ok(())
}

/// A server that has its port.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    readiness: Readiness,
    router: Router,
    config: ServerConfig,
}

impl Bound {
    /// Where it listens, with the port that was found.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The switch behind `/readyz`. It is off until somebody turns it on.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// The router, for tests and for programs that serve it themselves. Limits on connections
    /// and a clean stop come with [`run`](Self::run) only.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Serves until `shutdown` is done and everybody who was being served has been answered.
    ///
    /// # Errors
    ///
    /// [`ServeError::CutOff`] where requests outlived the grace period.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let (stop, stopping) = watch::channel(());
        let mut connections = JoinSet::new();
        let accept = Accept {
            listener: &self.listener,
            router: &self.router,
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
        Err(ServeError::CutOff { connections: busy, grace: self.config.grace })
    }
}

struct Accept<'a> {
    listener: &'a TcpListener,
    router: &'a Router,
    limits: &'a Limits,
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
