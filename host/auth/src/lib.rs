//! Who is calling? Credentials of callers, and nothing else: no HTTP server, no engine, no SQL.
//!
//! A mistake here lets strangers in, so it is a crate that can be read alone, and everything in
//! it fails closed: what is unknown, odd or out of date is a [`Refusal`].
//!
//! ```text
//! Authorization: Bearer …  ─▶ Credential ─┬─▶ Token (pmk_…)  ─▶ key::verify ─▶ a KeyRecord
//!                                         └─▶ Jwt            ─▶ Oidc::verify ─▶ an Identity
//! ```
//!
//! - [`Credential::from_headers`] takes the one credential out of a request;
//! - [`key`] makes API keys, of which only hashes are kept, and checks tokens against them;
//! - [`Oidc`] checks tokens of OpenID Connect issuers against keys that it fetches and refreshes.
//!
//! What a caller may do is not decided here: a record names tenants, [verbs](key::Verb) and
//! roles, an identity names a user, and the host holds them against what is asked for.
//!
//! # A key, from its making to its end
//!
//! ```
//! use permesso_auth::key::{self, KeyRequest, Tenants, Verb};
//! use permesso_auth::{Credential, Refusal};
//!
//! let now = 1_790_000_000_000;
//! let request = KeyRequest {
//!     label: "the shop's backend".to_owned(),
//!     tenants: Tenants::Only(["corner".to_owned()].into()),
//!     verbs: [Verb::Decide].into(),
//!     roles: [].into(),
//!     expires_at: None,
//! };
//! // The token is shown this once; the record holds a hash, and is what a store keeps.
//! let (token, mut record) = key::generate(request, "operator", now)?;
//! let header = format!("Bearer {}", &*token.reveal());
//!
//! // A request comes in. Its record is found by the public half of its token.
//! let Ok(Credential::Key(sent)) = Credential::from_headers([header.as_bytes()]) else {
//!     panic!("this is an API key")
//! };
//! assert_eq!(sent.id(), &record.id);
//! assert_eq!(key::verify(&record, &sent, now), Ok(()));
//! assert!(record.tenants.contains("corner") && !record.tenants.contains("elsewhere"));
//!
//! key::revoke(&mut record, now);
//! assert_eq!(key::verify(&record, &sent, now), Err(Refusal::Revoked));
//! // Two credentials are none: nobody guesses which was meant.
//! let twice = [header.as_bytes(), header.as_bytes()];
//! assert_eq!(Credential::from_headers(twice).err(), Some(Refusal::Ambiguous));
//! # Ok::<(), permesso_auth::key::KeyError>(())
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod credential;
pub mod key;
pub mod oidc;
mod refusal;

pub use credential::{Credential, Jwt, MAX_TOKEN};
pub use key::{KeyId, KeyRecord, KeyView, Token};
pub use oidc::{Identity, IssuerConfig, Oidc};
pub use refusal::Refusal;

/// A point in time: milliseconds since 1970 in UTC. Callers pass the time in, so that one
/// request is judged at one instant and tests need not wait.
pub type Millis = i64;
