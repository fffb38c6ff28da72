//! The admin API: everything that is administered, over HTTP, below `/admin/v1`.
//!
//! There is one table of [routes](route::Route). The router is built from it, and so is the
//! `OpenAPI` document, so what is served and what is described are one thing. An endpoint says
//! what it needs and what it answers; credentials, bounds, content types, time and panics are
//! seen to in one frame around all of them.
//!
//! ```text
//! request ─▶ frame: id, credential, tenant, parameters, body ─▶ endpoint ─▶ Node ─▶ log
//!                                                                   │
//!                         problem (RFC 9457) ◀── whatever goes wrong ┘
//! ```
//!
//! Whether a change may be made is not decided here: the [node](permesso_node::Node) asks the
//! engine, by the documents that change.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod call;
mod endpoints;
mod frame;
mod impact;
mod openapi;
mod principal;
mod problem;
mod query;
mod reply;
mod route;
mod schema;
mod shown;

pub use principal::{Forbidden, Principal};
pub use problem::Problem;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::routing::any;
use permesso_auth::{Credential, Millis, Oidc, Refusal, key};
use permesso_node::{Node, Unserved};
use route::Route;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Before every path of this API.
pub const PREFIX: &str = "/admin/v1";

/// Bytes that a body may have.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a request may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the admin API leads to.
#[derive(Debug)]
pub struct Admin {
    node: Arc<Node>,
    oidc: Option<Arc<Oidc>>,
    document: Bytes,
}

impl Admin {
    /// Of a node, for keys and for people whom these issuers vouch for.
    #[must_use]
    pub fn new(node: Arc<Node>, oidc: Option<Arc<Oidc>>) -> Self {
        let document = openapi::document(&endpoints::all());
        Self { node, oidc, document: document.to_string().into() }
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Whether what is known of a credential is new enough to believe it: a key may have been
    /// withdrawn where this node cannot hear of it, in a log that none of its requests follows.
    ///
    /// # Errors
    ///
    /// Where it is not.
    pub fn is_current(&self, principal: &Principal) -> Result<(), Unserved> {
        match principal {
            Principal::Key { realm, .. } => self.node.is_current_realm(realm),
            // Their issuer says for how long to believe them.
            Principal::User(_) => Ok(()),
        }
    }

    /// The description of this API, as `OpenAPI` 3.1 in JSON.
    #[must_use]
    pub fn document(&self) -> &Bytes {
        &self.document
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
                let (realm, record) = found?.ok_or(Refusal::UnknownKey)?;
                key::verify(&record, &token, now)?;
                Ok(Principal::Key { record, realm })
            }
            Credential::Jwt(token) => {
                let oidc = self.oidc.as_ref().ok_or(Refusal::UnknownIssuer)?;
                Ok(Principal::User(oidc.verify(token.as_str(), now).await?))
            }
        }
    }
}

/// Serves everything below [`PREFIX`], and nothing else.
pub fn router(admin: Arc<Admin>) -> Router {
    let mut paths: BTreeMap<String, Vec<Arc<Route>>> = BTreeMap::new();
    for route in endpoints::all() {
        paths.entry(route.path.clone()).or_default().push(Arc::new(route));
    }
    let serve = |routes: Vec<Arc<Route>>| {
        let (admin, routes) = (Arc::clone(&admin), Arc::new(routes));
        any(move |request: Request| {
            frame::respond(Arc::clone(&admin), Arc::clone(&routes), request)
        })
    };
    let mut router = Router::new();
    for (path, routes) in paths {
        router = router.route(&format!("{PREFIX}{path}"), serve(routes));
    }
    router.route(PREFIX, serve(Vec::new())).route(&format!("{PREFIX}/{{*rest}}"), serve(Vec::new()))
}
