//! What an operator can set about the server.
//!
//! Every default is safe on a machine of any size: whatever a caller does, the memory and the
//! time that it costs are bounded by these numbers.

use permesso_admin::Admin;
use permesso_engine::Authorizer;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Who decides.
    pub authorizer: Arc<Authorizer>,
    /// Who administers, where a store is followed. Callers then need a credential, whatever they
    /// ask.
    pub admin: Option<Arc<Admin>>,
    /// Where to listen; port 0 for any that is free. A loopback address, unless
    /// [`allow_unauthenticated_remote`](Self::allow_unauthenticated_remote) says otherwise.
    pub listen: SocketAddr,
    /// Lets the server listen on an address that other machines reach though callers are not
    /// authenticated, as they are not where no store is followed: whoever reaches the port learns who may do what, and for every tenant. Only
    /// for a network where something else decides who gets that far.
    pub allow_unauthenticated_remote: bool,
    /// The `https` address that clients know the server by, exactly as they write it; the
    /// metadata repeats it. A path in it is for the proxy in front to take off. Where there is
    /// none the metadata names `http://127.0.0.1:PORT`, which serves development only.
    pub public_url: Option<String>,
    /// For how long clients may keep the metadata. Default: an hour.
    pub metadata_max_age: Duration,
    /// What callers can use up.
    pub limits: Limits,
    /// How long the server still takes requests after it was told to stop, while `/readyz`
    /// already says no: the time that a load balancer needs to notice. Default: none.
    pub drain: Duration,
    /// How long requests in flight may take to finish after that. Default: 10 s.
    pub grace: Duration,
}

/// What callers can use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in a body. More is answered 400. Default: 1 MiB.
    pub body_bytes: usize,
    /// Items in a batch. More is answered 400. Default: 1000.
    pub batch_items: usize,
    /// Requests to the access endpoints at a time. More is answered 503. Default: 512.
    pub requests_in_flight: usize,
    /// Time for a body to arrive (408), and for a batch that can stop early to be decided (503).
    /// Default: 10 s.
    pub request_time: Duration,
    /// Open connections. More have to wait for one to close. Default: 4096.
    pub connections: usize,
    /// How long a connection may stay open without a new request; it is closed between this and
    /// twice this. Bounds clients that send their headers slowly or never read their answers.
    /// Default: 75 s.
    pub idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            batch_items: 1000,
            requests_in_flight: 512,
            request_time: Duration::from_secs(10),
            connections: 4096,
            idle: Duration::from_secs(75),
        }
    }
}

impl ServerConfig {
    /// The defaults, on any free port of the loopback address.
    #[must_use]
    pub fn new(authorizer: Arc<Authorizer>) -> Self {
        Self {
            authorizer,
            admin: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            allow_unauthenticated_remote: false,
            public_url: None,
            metadata_max_age: Duration::from_secs(3600),
            limits: Limits::default(),
            drain: Duration::ZERO,
            grace: Duration::from_secs(10),
        }
    }
}
