//! Who comes in.

use crate::principal::Principal;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use permesso_auth::{Credential, Millis, Oidc, Refusal, key};
use permesso_node::{Node, Unserved};
use std::sync::Arc;

/// Lets callers in by their credentials: keys that a node knows, and tokens of people whom issuers
/// vouch for.
#[derive(Debug)]
pub struct Door {
    node: Arc<Node>,
    oidc: Option<Arc<Oidc>>,
}

impl Door {
    /// Of a node, for its keys and for people whom these issuers vouch for.
    #[must_use]
    pub fn new(node: Arc<Node>, oidc: Option<Arc<Oidc>>) -> Self {
        Self { node, oidc }
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Who is calling.
    ///
    /// # Errors
    ///
    /// Why they are not let in.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        now: Millis,
    ) -> Result<Principal, Refusal> {
        let shown = headers.get_all(AUTHORIZATION).iter().map(|value| value.as_bytes());
        match Credential::from_headers(shown)? {
            Credential::Key(token) => {
                let found = self.node.key(token.id().as_str()).await.map_err(|error| {
                    tracing::warn!(%error, "an API key cannot be looked for");
                    Refusal::KeyUnread
                });
                let (owner, record) = found?.ok_or(Refusal::UnknownKey)?;
                key::verify(&record, &token, now)?;
                Ok(Principal::Key { record, owner })
            }
            Credential::Jwt(token) => {
                let oidc = self.oidc.as_ref().ok_or(Refusal::UnknownIssuer)?;
                Ok(Principal::User(oidc.verify(token.as_str(), now).await?))
            }
        }
    }

    /// Whether what is known of a credential is new enough to believe it: a key may have been
    /// withdrawn where this node cannot hear of it, in a log that none of its requests follows.
    ///
    /// # Errors
    ///
    /// Where it is not.
    pub fn is_current(&self, principal: &Principal) -> Result<(), Unserved> {
        match principal {
            Principal::Key { owner, .. } => self.node.is_current_realm(owner),
            // Their issuer says for how long to believe them.
            Principal::User(_) => Ok(()),
        }
    }
}
