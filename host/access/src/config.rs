//! What an operator can set about the server.
//!
//! Every default is safe on a machine of any size: whatever a caller does, the memory and the
//! time that it costs are bounded by these numbers.

use axum::Router;
use permesso_engine::Authorizer;
use permesso_front::{Door, RequestLimits};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Items in a batch, where nothing is said.
pub const BATCH_ITEMS: usize = 1000;

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Who decides.
    pub authorizer: Arc<Authorizer>,
    /// Who lets callers in, where a store is followed. They then need a credential, whatever they
    /// ask.
    pub door: Option<Arc<Door>>,
    /// What else is served on the same port.
    pub beside: Router,
    /// Where to listen; port 0 for any that is free. A loopback address, unless
    /// [`allow_unauthenticated_remote`](Self::allow_unauthenticated_remote) says otherwise.
    pub listen: SocketAddr,
    /// Lets the server listen on an address that other machines reach though callers are not
    /// authenticated, as they are not where no store is followed: whoever reaches the port
    /// learns who may do what, and for every tenant. Only for a network where something else decides who gets that far.
    pub allow_unauthenticated_remote: bool,
    /// The `https` address that clients know the server by, exactly as they write it; the
    /// metadata repeats it. A path in it is for the proxy in front to take off. Where there is
    /// none the metadata names `http://127.0.0.1:PORT`, which serves development only.
    pub public_url: Option<String>,
    /// For how long clients may keep the metadata. Default: an hour.
    pub metadata_max_age: Duration,
    /// What callers can use up. A body that is too large is answered 400, as the standard has it.
    pub limits: RequestLimits,
    /// Items in a batch. More is answered 400. Default: 1000.
    pub batch_items: usize,
    /// How long the server still takes requests after it was told to stop, while `/readyz`
    /// already says no: the time that a load balancer needs to notice. Default: none.
    pub drain: Duration,
    /// How long requests in flight may take to finish after that. Default: 10 s.
    pub grace: Duration,
}

impl ServerConfig {
    /// The defaults, on any free port of the loopback address.
    #[must_use]
    pub fn new(authorizer: Arc<Authorizer>) -> Self {
        Self {
            authorizer,
            door: None,
            beside: Router::new(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_unauthenticated_remote: false,
            public_url: None,
            metadata_max_age: Duration::from_secs(3600),
            limits: RequestLimits::default(),
            batch_items: BATCH_ITEMS,
            drain: Duration::ZERO,
            grace: Duration::from_secs(10),
        }
    }
}
