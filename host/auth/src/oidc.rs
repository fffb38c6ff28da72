//! Tokens of OpenID Connect issuers: how people show who they are, with the login they have.
//!
//! Nothing in a token is believed before its signature is: not the algorithm it names, which
//! must be on a list, nor where it says its keys are, which is never looked at. Keys come from
//! where the configuration says, are kept while an issuer is away, and are not believed for ever.
//!
//! ```text
//! token ─▶ header, iss (read, not believed) ─▶ IssuerConfig ─▶ Cache: the key by kid and alg
//!       ─▶ signature ─▶ claims: iss, aud, exp, nbf, iat, user, tenant ─▶ Identity
//! ```

mod cache;
mod claims;
mod config;
mod fault;
mod http;
mod keyset;
mod origin;
mod signature;

pub use cache::SourceState;
pub use claims::Identity;
pub use config::{Algorithm, ConfigError, IssuerConfig, JwksConfig, TokenType};
pub use fault::SourceError;

use crate::{MAX_TOKEN, Millis, Refusal};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cache::Cache;
use jsonwebtoken::dangerous::insecure_decode_claims;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// What checks tokens, of every issuer that is configured.
pub struct Oidc {
    issuers: HashMap<String, Issuer>,
}

struct Issuer {
    config: IssuerConfig,
    keys: Arc<Cache>,
}

/// The parts of a header that matter. Others, such as those that say where keys are, are not
/// even read.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Named {
    iss: String,
}

impl Oidc {
    /// What checks tokens of these issuers. Nothing is fetched yet: see [`Oidc::warm`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where an issuer is configured twice, or so that its tokens could not be
    /// checked with certainty.
    pub fn new(issuers: Vec<IssuerConfig>) -> Result<Self, ConfigError> {
        if !issuers.is_empty() && !signature::install() {
            return Err(ConfigError::Provider);
        }
        let mut known = HashMap::with_capacity(issuers.len());
        for config in issuers {
            config.check()?;
            let issuer = config.issuer.clone();
            let keys = Arc::new(Cache::new(&config)?);
            if known.insert(issuer.clone(), Issuer { config, keys }).is_some() {
                return Err(ConfigError::Twice { issuer });
            }
        }
        Ok(Self { issuers: known })
    }

    /// Gets the keys of each issuer, so that the first caller need not wait and mistakes show
    /// when a server starts. An issuer that is away is tried again when its tokens come.
    ///
    /// Like [`Oidc::verify`] it wants to run on tokio, with timers and I/O.
    pub async fn warm(&self, now: Millis) -> Vec<SourceState> {
        for issuer in self.issuers.values() {
            issuer.keys.warm(now).await;
        }
        self.sources()
    }

    /// How each issuer's keys are doing, in the order of the issuers.
    #[must_use]
    pub fn sources(&self) -> Vec<SourceState> {
        let state = |(name, issuer): (&String, &Issuer)| issuer.keys.state(name);
        let mut states: Vec<_> = self.issuers.iter().map(state).collect();
        states.sort_by(|one, other| one.issuer.cmp(&other.issuer));
        states
    }

    /// Whose token that is, if it is good now.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that applies first.
    pub async fn verify(&self, token: &str, now: Millis) -> Result<Identity, Refusal> {
        if token.len() > MAX_TOKEN {
            return Err(Refusal::TooLarge);
        }
        let header = Header::of(token)?;
        let algorithm = header.alg.parse::<Algorithm>().map_err(|_| Refusal::Algorithm)?;
        let Named { iss } = insecure_decode_claims(token).map_err(|_| Refusal::Malformed)?;
        let Issuer { config, keys } = self.issuers.get(&iss).ok_or(Refusal::UnknownIssuer)?;
        if !config.algorithms.contains(&algorithm) {
            return Err(Refusal::Algorithm);
        }
        if header.crit.is_some() {
            return Err(Refusal::Critical);
        }
        if !TokenType::accepts(&config.token_types, header.typ.as_deref()) {
            return Err(Refusal::TokenType);
        }
        let key = keys.key(header.kid.as_deref(), algorithm, now).await?;
        let claims: Map<String, Value> = signature::open(token, &key, algorithm)?;
        claims::check(&claims, config, now)
    }
}

impl Header {
    fn of(token: &str) -> Result<Self, Refusal> {
        let mut parts = token.split('.');
        let (Some(header), Some(_), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Malformed);
        };
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| Refusal::Malformed)?;
        serde_json::from_slice(&header).map_err(|_| Refusal::Malformed)
    }
}

impl fmt::Debug for Oidc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.issuers.keys()).finish()
    }
}
