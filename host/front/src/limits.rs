//! What an operator can set about how requests come in.
//!
//! Every default is safe on a machine of any size: whatever a caller does, the memory and the
//! time that it costs are bounded by these numbers.

use crate::error::ListenError;
use std::net::SocketAddr;
use std::time::Duration;

/// Where and how to listen.
#[derive(Debug, Clone, Copy)]
pub struct ListenConfig {
    /// Where to listen; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Whether the address may be one that other machines reach: callers are authenticated, or
    /// something else decides who gets that far.
    pub allow_remote: bool,
    /// What callers can use up.
    pub limits: RequestLimits,
    /// How long the server still takes requests after it was told to stop, while it is no longer
    /// ready: the time that a load balancer needs to notice.
    pub drain: Duration,
    /// How long requests in flight may take to finish after that.
    pub grace: Duration,
}

/// What callers can use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    /// Bytes in a body. Default: 1 MiB.
    pub body_bytes: usize,
    /// Requests that are worked on at a time. More is answered 503. Default: 512.
    pub requests_in_flight: usize,
    /// Time for a body to arrive (408), and for what can stop early to be done (503). Default:
    /// 10 s.
    pub request_time: Duration,
    /// Open connections. More have to wait for one to close. Default: 4096.
    pub connections: usize,
    /// How long a connection may stay open without a new request; it is closed between this and
    /// twice this. Bounds clients that send their headers slowly or never read their answers.
    /// Default: 75 s.
    pub idle: Duration,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            requests_in_flight: 512,
            request_time: Duration::from_secs(10),
            connections: 4096,
            idle: Duration::from_secs(75),
        }
    }
}

impl RequestLimits {
    /// Whether they let anything through.
    ///
    /// # Errors
    ///
    /// [`ListenError::Limit`] where one does not.
    pub fn check(&self) -> Result<(), ListenError> {
        for (name, zero) in [
            ("limits.body_bytes", self.body_bytes == 0),
            ("limits.requests_in_flight", self.requests_in_flight == 0),
            ("limits.request_time", self.request_time.is_zero()),
            ("limits.connections", self.connections == 0),
            ("limits.idle", self.idle.is_zero()),
        ] {
            if zero {
                return Err(ListenError::Limit(name));
            }
        }
        Ok(())
    }
}
