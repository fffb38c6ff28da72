//! What can go wrong with the server as a whole.

use std::net::SocketAddr;
use std::time::Duration;

/// Why the server does not serve, or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Other machines could reach it.
    #[error(
        "refusing to listen on `{0}`: callers are not authenticated, so whoever reaches this \
         address learns who may do what in every tenant; listen on a loopback address behind a \
         proxy that authenticates callers and speaks TLS, or set `allow_unauthenticated_remote` \
         if the network itself keeps strangers out"
    )]
    NotLoopback(SocketAddr),
    /// The address clients are to know it by is none.
    #[error(
        "`public_url` is `{url}` but {fault}; write the `https` address that clients use, without \
         query, fragment and user name, or leave it out for development"
    )]
    PublicUrl {
        /// What was configured.
        url: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A limit that would let nothing through.
    #[error("`{0}` is 0, which would refuse every request; set it to at least 1")]
    Limit(&'static str),
    /// The address is taken, or not of this machine.
    #[error("cannot listen on `{address}`: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// Requests were cut off.
    #[error("{connections} connections were still busy {grace:?} after the stop and were cut off")]
    CutOff {
        /// How many connections.
        connections: usize,
        /// The time that they had.
        grace: Duration,
    },
}
