//! The endpoints, by what they are about.

mod audit;
mod changes;
mod code;
mod conditions;
mod delegations;
mod documents;
mod keys;
mod products;
mod replay;
mod roles;
mod tags;
mod teams;
mod tenants;
mod users;

use crate::call::Call;
use crate::reply::Reply;
use crate::route::{Route, RouteGate};
use crate::schema::raw;
use axum::http::Method;
use permesso_front::Problem;
use serde_json::json;

/// All of them.
pub(crate) fn all() -> Vec<Route> {
    let mut routes = vec![
        Route::new(
            Method::GET,
            "/openapi.json",
            "getOpenApi",
            "The description of this API",
            description,
        )
        .gate(RouteGate::Open)
        .answers(raw(json!({"type": "object"}))),
    ];
    routes.extend(products::routes());
    routes.extend(tenants::routes());
    routes.extend(keys::routes());
    routes.extend(documents::routes());
    routes.extend(roles::routes());
    routes.extend(teams::routes());
    routes.extend(tags::routes());
    routes.extend(users::routes());
    routes.extend(delegations::routes());
    routes.extend(conditions::routes());
    routes.extend(audit::routes());
    routes.extend(changes::routes());
    routes.extend(replay::routes());
    routes.extend(code::routes());
    routes
}

async fn description(call: Call) -> Result<Reply, Problem> {
    Ok(Reply::raw(call.admin.document.clone()))
}
