//! The front door: what every request meets, whichever API it is for.
//!
//! - A [`Listener`] takes connections and stops without dropping anybody; [`Readiness`] says
//!   whether requests should come here.
//! - A [`Door`] finds out who is calling: a [`Principal`], by a key or by a token of an issuer.
//! - [`Permits`] and [`TenantPermits`] bound how much is done at a time, [`body`] what is read and
//!   for how long, [`headers`] what is taken from the head of a request.
//! - A [`Problem`] is what callers are told when something is not done: problem details, RFC 9457,
//!   or one text where an API answers that.
//!
//! What an API answers when all is well is its own.
//!
//! ```
//! use permesso_front::Problem;
//! use permesso_front::headers::{REQUEST_ID, request_id};
//!
//! let mut headers = axum::http::HeaderMap::new();
//! headers.insert(&REQUEST_ID, "r-1".try_into()?);
//! assert_eq!(request_id(&headers).ok().flatten().unwrap(), "r-1");
//!
//! // Whatever is wrong has a code that never changes its meaning, and a status.
//! headers.append(&REQUEST_ID, "r-2".try_into()?);
//! let problem: Problem = request_id(&headers).unwrap_err();
//! assert_eq!((problem.code(), problem.status().as_u16()), ("bad-request", 400));
//! # Ok::<(), axum::http::header::InvalidHeaderValue>(())
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod body;
mod connection;
mod door;
mod error;
pub mod headers;
mod limits;
mod listener;
mod permits;
mod principal;
mod problem;
mod readiness;

pub use door::Door;
pub use error::ListenError;
pub use limits::{ListenConfig, RequestLimits};
pub use listener::Listener;
pub use permits::{Permit, Permits, TenantPermit, TenantPermits};
pub use principal::{Forbidden, Principal, verb_name};
pub use problem::{PROBLEM, Problem, URN, diagnostic, title};
pub use readiness::Readiness;

use std::time::{SystemTime, UNIX_EPOCH};

/// The instant, in milliseconds since 1970-01-01T00:00:00Z.
#[must_use]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
