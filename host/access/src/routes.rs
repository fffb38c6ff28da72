//! The paths.

use super::app::{App, Endpoint};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use std::sync::Arc;

/// The router of a server. Every path takes every method: which one it wants is said by the
/// answer, so that refusals too carry the request id.
pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/access/v1/evaluation", any(evaluation))
        .route("/access/v1/evaluations", any(evaluations))
        .route("/{tenant}/access/v1/evaluation", any(evaluation))
        .route("/{tenant}/access/v1/evaluations", any(evaluations))
        .route("/.well-known/authzen-configuration", any(metadata))
        .route("/.well-known/authzen-configuration/{tenant}", any(metadata))
        .route("/livez", any(live))
        .route("/readyz", any(ready))
        .fallback(unknown)
        .with_state(app)
}

async fn evaluation(State(app): State<Arc<App>>, request: Request) -> Response {
    app.respond(Endpoint::Evaluation, request).await
}

async fn evaluations(State(app): State<Arc<App>>, request: Request) -> Response {
    app.respond(Endpoint::Evaluations, request).await
}

async fn metadata(State(app): State<Arc<App>>, request: Request) -> Response {
    app.respond(Endpoint::Metadata, request).await
}

async fn live(State(app): State<Arc<App>>, request: Request) -> Response {
    app.respond(Endpoint::Live, request).await
}

async fn ready(State(app): State<Arc<App>>, request: Request) -> Response {
    app.respond(Endpoint::Ready, request).await
}

async fn unknown(State(app): State<Arc<App>>, request: Request) -> Response {
    app.respond(Endpoint::Unknown, request).await
}
