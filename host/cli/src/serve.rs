//! `permesso serve`: the tenants of folders, or of a store, over HTTP.
//!
//! What is installed in the depot is followed while it serves. Folders are read again on a
//! SIGHUP; a store is followed by itself.

use super::refresh::Refresher;
use super::stored::{issuers, node};
use super::{Components, Failure, Stored};
use clap::Args;
use permesso_access::{BATCH_ITEMS, ServeError, Server, ServerConfig};
use permesso_admin::Admin;
use permesso_folders::DecisionPoint;
use permesso_front::{Door, ListenError, RequestLimits};
use permesso_node::{Node, NodeConfig, follow};
use permesso_store::Location;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::runtime::{Builder, Handle};
use tokio::sync::watch;

/// What to serve and where.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// A folder with product.yaml, tenant.yaml and people.yaml; may be given several times
    #[arg(long = "example", value_name = "DIR")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    components: Components,
    /// More folders
    #[arg(value_name = "DIR")]
    more: Vec<PathBuf>,
    #[command(flatten)]
    following: Following,
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
    #[arg(long, value_name = "BYTES", default_value_t = RequestLimits::default().body_bytes)]
    max_body: usize,
    /// The most questions in one batch
    #[arg(long, value_name = "COUNT", default_value_t = BATCH_ITEMS)]
    max_batch: usize,
    /// The most requests at a time; more are answered 503
    #[arg(long, value_name = "COUNT", default_value_t = RequestLimits::default().requests_in_flight)]
    max_requests: usize,
    /// How long to go on answering after a signal to stop while /readyz says no, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    drain: u64,
    /// How long requests in flight may take to finish after that, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u64,
}

/// Serving a store instead of folders.
#[derive(Debug, Args)]
struct Following {
    /// Serve the tenants of this store, follow it and let it be administered:
    /// `sqlite:FILE` or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL", env = "PERMESSO_STORE")]
    store: Option<Location>,
    /// A file with the issuers whose tokens let people administer
    ///
    /// YAML: a list `issuers`, each with `issuer` and `audience`, and with `tenant` or
    /// `tenant_claim`, which say for which tenant its tokens are good. Its keys are found as
    /// OpenID Connect Discovery says, or at `jwks: {url: …}` or `jwks: {file: …}`.
    #[arg(long, value_name = "FILE", requires = "store")]
    issuers: Option<PathBuf>,
    /// How long to go on deciding without news from the store, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = NodeConfig::default().staleness.as_secs())]
    max_staleness: u64,
    /// How many users of each tenant are kept in memory
    #[arg(long, value_name = "COUNT", default_value_t = NodeConfig::default().subjects)]
    subjects: usize,
    /// How many MiB the tenants in memory may take, roughly; those that nobody has asked about
    /// for the longest are let go where it is more
    #[arg(long, value_name = "MIB", default_value_t = NodeConfig::default().memory >> 20)]
    tenant_memory: u64,
    /// How long to wait for the store when starting, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    store_patience: u64,
}

impl Serve {
    pub(super) fn run(mut self) -> Result<ExitCode, Failure> {
        self.folders.append(&mut self.more);
        // What is said on the command line counts for more than the environment.
        if !self.folders.is_empty() {
            if std::env::var_os("PERMESSO_STORE").is_none() && self.following.store.is_some() {
                return Err(Failure("error: serve either folders or a store".to_owned()));
            }
            self.following.store = None;
        } else if self.following.store.is_none() {
            return Err(Failure(
                "error: nothing to serve: give folders with --example, or --store".to_owned(),
            ));
        }
        let point = self.components.serve(&self.folders)?;
        let failure = |error: &dyn std::fmt::Display| Failure(format!("error: {error}"));
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(|e| failure(&e))?;
        runtime.block_on(async {
            let door = match &self.following.store {
                Some(store) => Some(self.following.start(store, &point).await?),
                None => None,
            };
            let (stopping, stops) = watch::channel(false);
            let config = self.config(&point, door.clone(), stops);
            let bound = Server::bind(config).await.map_err(|error| match error {
                ServeError::Listen(ListenError::NotLoopback(address)) => Failure(format!(
                    "error: refusing to listen on `{address}`: callers are not authenticated, so \
                     whoever reaches it learns who may do what, in every tenant; listen on a \
                     loopback address behind a proxy that authenticates callers, or give \
                     --allow-unauthenticated-remote if the network itself keeps strangers out"
                )),
                error => failure(&error),
            })?;
            for tenant in point.authorizer().tenants() {
                let users = match &door {
                    Some(_) => format!("revision {}", tenant.revision()),
                    None => format!("{} users", tenant.member_count()),
                };
                println!(
                    "tenant {} of {}: {} roles, {users}, {} permissions",
                    tenant.snapshot.tenant(),
                    tenant.snapshot.product(),
                    tenant.snapshot.role_count(),
                    tenant.snapshot.permission_count(),
                );
            }
            if let Some(door) = &door
                && !door.node().has_keys().await?
            {
                println!("nobody has a key yet: make one with `permesso key create`");
            }
            println!("listening on http://{}", bound.address());
            let node = door.as_ref().map(|door| Arc::clone(door.node()));
            let (handle, families) = (Handle::current(), node.clone());
            let refresher = Refresher::start(point, move |point| {
                if let Some(node) = &families {
                    handle.block_on(reinstalled(node, point));
                }
            })?;
            let rereading = tokio::spawn(hung_up(refresher.reread()));
            let following = node.as_ref().map(|node| tokio::spawn(follow(Arc::downgrade(node))));
            bound.readiness().set(true);
            let served = bound
                .run(async {
                    stopped().await;
                    stopping.send_replace(true);
                })
                .await;
            rereading.abort();
            let _ = rereading.await;
            if let Some(following) = following {
                following.abort();
                let _ = following.await;
            }
            refresher.stop();
            if let Some(node) = &node {
                node.store().close().await;
            }
            served.map_err(|e| failure(&e))?;
            println!("stopped");
            Ok(ExitCode::SUCCESS)
        })
    }

    fn config(
        &self,
        point: &DecisionPoint,
        door: Option<Arc<Door>>,
        stops: watch::Receiver<bool>,
    ) -> ServerConfig {
        let limits = RequestLimits {
            body_bytes: self.max_body,
            requests_in_flight: self.max_requests,
            ..RequestLimits::default()
        };
        let admin = door.clone().map(|door| Arc::new(Admin::new(door).until(stops)));
        let beside = admin.map(permesso_admin::router);
        ServerConfig {
            listen: self.listen,
            allow_unauthenticated_remote: self.allow_unauthenticated_remote,
            public_url: self.public_url.clone(),
            limits,
            batch_items: self.max_batch,
            drain: Duration::from_secs(self.drain),
            grace: Duration::from_secs(self.grace),
            door,
            beside: beside.unwrap_or_default(),
            ..ServerConfig::new(Arc::clone(point.authorizer()))
        }
    }
}

impl Following {
    /// Reads everything that there is in the store.
    async fn start(&self, store: &Location, point: &DecisionPoint) -> Result<Arc<Door>, Failure> {
        let stored = Stored { store: store.clone() };
        let store = stored.wait(Duration::from_secs(self.store_patience)).await?;
        let config = NodeConfig {
            subjects: self.subjects,
            memory: self.tenant_memory.saturating_mul(1 << 20),
            staleness: Duration::from_secs(self.max_staleness),
            ..NodeConfig::default()
        };
        let node = node(store, point, config).await?;
        for (tenant, error) in node.record_components().await {
            tracing::warn!(tenant, %error, "cannot write down which components answer");
        }
        let issuers = issuers(self.issuers.as_deref())?;
        Ok(Arc::new(Door::new(node, issuers)))
    }
}

/// Takes over other families.
async fn reinstalled(node: &Arc<Node>, point: &DecisionPoint) {
    let failed = node.recompile(point.installation().clone()).await;
    let failed = failed.into_iter().chain(node.record_components().await);
    for (tenant, error) in failed {
        tracing::error!(tenant, %error, "a change of families was not taken over");
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
