//! `permesso serve`: the tenants of folders over HTTP.
//!
//! What is installed in the depot is followed while it serves; the folders are read again on a
//! SIGHUP.

use super::keep_up::KeepUp;
use super::{Failure, Sources};
use crate::http::{Limits, ServeError, Server, ServerConfig};
use crate::pdp::Pdp;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::runtime::Builder;

/// What to serve and where.
#[derive(Debug, Args)]
pub(super) struct Serve {
    #[command(flatten)]
    sources: Sources,
    /// More folders
    #[arg(value_name = "DIR")]
    more: Vec<PathBuf>,
    /// Where to listen; port 0 for any that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8181")]
    listen: SocketAddr,
    /// Listen on an address that other machines reach, although callers are not authenticated:
    /// whoever reaches the port learns who may do what, in every tenant
    #[arg(long)]
    allow_unauthenticated_remote: bool,
    /// The https address that clients know the server by, for the metadata
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The largest body that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body_bytes)]
    max_body: usize,
    /// The most questions in one batch
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().batch_items)]
    max_batch: usize,
    /// The most requests at a time; more are answered 503
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().requests_in_flight)]
    max_requests: usize,
    /// How long to go on answering after a signal to stop while /readyz says no, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    drain: u64,
    /// How long requests in flight may take to finish after that, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u64,
}

impl Serve {
    pub(super) fn run(mut self) -> Result<ExitCode, Failure> {
        self.sources.folders.append(&mut self.more);
        let pdp = self.sources.build()?;
        let failure = |error: &dyn std::fmt::Display| Failure(format!("error: {error}"));
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(|e| failure(&e))?;
        runtime.block_on(async {
            let bound = Server::bind(self.config(&pdp)).await.map_err(|error| match error {
                ServeError::NotLoopback(address) => Failure(format!(
                    "error: refusing to listen on `{address}`: callers are not authenticated, so \
                     whoever reaches it learns who may do what, in every tenant; listen on a \
                     loopback address behind a proxy that authenticates callers, or give \
                     --allow-unauthenticated-remote if the network itself keeps strangers out"
                )),
                error => failure(&error),
            })?;
            for tenant in pdp.authorizer().tenants() {
                println!(
                    "tenant {} of {}: {} roles, {} users, {} permissions",
                    tenant.snapshot.tenant(),
                    tenant.snapshot.product(),
                    tenant.snapshot.role_count(),
                    tenant.member_count(),
                    tenant.snapshot.permission_count(),
                );
            }
            println!("listening on http://{}", bound.address());
            let keep_up = KeepUp::start(pdp)?;
            let rereading = tokio::spawn(hung_up(keep_up.reread()));
            bound.readiness().set(true);
            let served = bound.run(stopped()).await;
            rereading.abort();
            let _ = rereading.await;
            keep_up.stop();
            served.map_err(|e| failure(&e))?;
            println!("stopped");
            Ok(ExitCode::SUCCESS)
        })
    }

    fn config(&self, pdp: &Pdp) -> ServerConfig {
        let limits = Limits {
            body_bytes: self.max_body,
            batch_items: self.max_batch,
            requests_in_flight: self.max_requests,
            ..Limits::default()
        };
        ServerConfig {
            listen: self.listen,
            allow_unauthenticated_remote: self.allow_unauthenticated_remote,
            public_url: self.public_url.clone(),
            limits,
            drain: Duration::from_secs(self.drain),
            grace: Duration::from_secs(self.grace),
            ..ServerConfig::new(Arc::clone(pdp.authorizer()))
        }
    }
}

/// Has the folders read again each time the process is told that they changed.
async fn hung_up(reread: SyncSender<()>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hang_up) = signal(SignalKind::hangup()) else { return };
    while hang_up.recv().await.is_some() {
        // Where one is waiting already, that one will do.
        let _ = reread.try_send(());
    }
}

/// Ends when the process is told to stop.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        // Without a handler the signal ends the process anyway.
        Err(_) => {
            let _ = interrupt.await;
        }
    }
}
