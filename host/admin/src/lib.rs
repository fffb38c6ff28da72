//! The admin API: everything that is administered, over HTTP, below `/admin/v1`.
//!
//! There is one table of [routes](route::Route). The router is built from it, and so is the
//! `OpenAPI` document, so what is served and what is described are one thing. An endpoint says
//! what it needs and what it answers; credentials, bounds, content types, time and panics are
//! seen to by one dispatch around all of them.
//!
//! ```text
//! request ─▶ dispatch: id, credential, tenant, parameters, body ─▶ endpoint ─▶ Node ─▶ log
//!                                                                   │
//!                         problem (RFC 9457) ◀── whatever goes wrong ┘
//! ```
//!
//! Whether a change may be made is not decided here: the [node](permesso_node::Node) asks the
//! engine, by the documents that change.
//!
//! ```
//! use permesso_admin::{Admin, router};
//! use permesso_engine::{Authorizer, family::FamilySet};
//! use permesso_front::Door;
//! use permesso_node::{Node, NodeConfig};
//! use std::sync::Arc;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let location = permesso_store::Location::Sqlite(folder.path().join("permesso.db"));
//! let store = permesso_store::open(&location).await?;
//! let authorizer = Arc::new(Authorizer::new(1000));
//! let families = Arc::new(FamilySet::new());
//! let node = Node::start(store, authorizer, families, NodeConfig::default()).await?;
//!
//! let admin = Arc::new(Admin::new(Arc::new(Door::new(node, None))));
//! let document: serde_json::Value = serde_json::from_slice(admin.document())?;
//! assert!(document["paths"].get("/admin/v1/tenants").is_some());
//! let _app: axum::Router = router(admin);
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod call;
mod dispatch;
mod endpoints;
mod impact;
mod matching;
mod media;
mod openapi;
mod query;
mod redaction;
mod reply;
mod route;
mod schema;
mod streams;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::routing::any;
use permesso_front::Door;
use permesso_node::Node;
use route::Route;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use streams::Streams;
use tokio::sync::watch;

/// Before every path of this API.
pub const PREFIX: &str = "/admin/v1";

/// Bytes that a body may have.
pub const MAX_BODY: usize = 1024 * 1024;

/// How long a request may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the admin API leads to.
#[derive(Debug)]
pub struct Admin {
    door: Arc<Door>,
    document: Bytes,
    streams: Streams,
}

impl Admin {
    /// Of whoever lets callers in.
    #[must_use]
    pub fn new(door: Arc<Door>) -> Self {
        let document = openapi::document(&endpoints::all());
        Self { door, document: document.to_string().into(), streams: Streams::default() }
    }

    /// The same, of a server that says when it stops: answers that go on end then.
    #[must_use]
    pub fn until(self, stopping: watch::Receiver<bool>) -> Self {
        Self { streams: self.streams.until(stopping), ..self }
    }

    /// The same, with answers that go on for at most that long. Default: 50 s.
    #[must_use]
    pub fn lasting(mut self, lasts: Duration) -> Self {
        self.streams.lasts = lasts;
        self
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        self.door.node()
    }

    /// The description of this API, as `OpenAPI` 3.1 in JSON.
    #[must_use]
    pub fn document(&self) -> &Bytes {
        &self.document
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
            dispatch::respond(Arc::clone(&admin), Arc::clone(&routes), request)
        })
    };
    let mut router = Router::new();
    for (path, routes) in paths {
        router = router.route(&format!("{PREFIX}{path}"), serve(routes));
    }
    router.route(PREFIX, serve(Vec::new())).route(&format!("{PREFIX}/{{*rest}}"), serve(Vec::new()))
}
