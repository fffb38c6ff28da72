//! The endpoints on a port.

use super::app::App;
use super::config::ServerConfig;
use super::error::ServeError;
use super::metadata::PublicUrl;
use super::routes::router;
use axum::Router;
use permesso_front::{ListenConfig, ListenError, Listener, Readiness};
use std::net::SocketAddr;
use std::sync::Arc;

/// The HTTP server.
#[derive(Debug)]
pub struct Server;

/// A server that has its port.
#[derive(Debug)]
pub struct Bound {
    listener: Listener,
    router: Router,
}

impl Server {
    /// Checks the configuration and takes the port. Nobody is answered before
    /// [`Bound::run`].
    ///
    /// # Errors
    ///
    /// A [`ServeError`] where the configuration is unsafe or the port cannot be had.
    pub async fn bind(mut config: ServerConfig) -> Result<Bound, ServeError> {
        let url = config.public_url.as_deref().map(PublicUrl::parse).transpose()?;
        if config.batch_items == 0 {
            return Err(ListenError::Limit("batch_items").into());
        }
        let listener = Listener::bind(ListenConfig {
            listen: config.listen,
            allow_remote: config.door.is_some() || config.allow_unauthenticated_remote,
            limits: config.limits,
            drain: config.drain,
            grace: config.grace,
        })
        .await?;
        let url = url.unwrap_or_else(|| PublicUrl::of_address(listener.address()));
        let beside = std::mem::take(&mut config.beside);
        let app = Arc::new(App::new(&config, url, listener.readiness()));
        Ok(Bound { listener, router: router(app).merge(beside) })
    }
}

impl Bound {
    /// Where it listens, with the port that was found.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// The switch behind `/readyz`. It is off until somebody turns it on.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.listener.readiness()
    }

    /// Serves until `shutdown` is done and everybody who was being served has been answered.
    ///
    /// # Errors
    ///
    /// [`ListenError::CutOff`] where requests outlived the grace period.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        Ok(self.listener.serve(self.router, shutdown).await?)
    }
}
