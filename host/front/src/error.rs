//! What can go wrong with listening.

use std::net::SocketAddr;
use std::time::Duration;

/// Why nobody can be let in, or why somebody was cut off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Other machines could reach it.
    #[error(
        "refusing to listen on `{0}`: callers are not authenticated, so whoever reaches this \
         address learns who may do what in every tenant; listen on a loopback address behind a \
         proxy that authenticates callers and speaks TLS, or set `allow_unauthenticated_remote` \
         if the network itself keeps strangers out"
    )]
    NotLoopback(SocketAddr),
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
