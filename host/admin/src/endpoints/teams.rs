//! Teams get other paths. They are written and deleted like the other documents.

use crate::call::Call;
use crate::matching::Matching;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{changed, of, raw};
use axum::http::Method;
use permesso_front::Problem;
use permesso_node::DocumentKind;
use permesso_node::operation::MoveTeam;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Where a team goes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Destination {
    /// Its path from then on: another name, or a place below another team.
    #[schemars(length(min = 1, max = 256))]
    to: String,
}

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/tenants/{tenant}/teams/{id}/move",
            "moveTeam",
            "Give a team another path. The teams below it go along, and whatever names one of them \
             follows; where a condition does, nothing is changed, and the places are told",
            relocate,
        )
        .matching(Matching::May)
        .takes(of::<Destination>())
        .answers(changed(vec![("users?", raw(json!({"type": "integer", "minimum": 0})))])),
    ]
}

async fn relocate(call: Call) -> Result<Reply, Problem> {
    let Destination { to } = call.read()?;
    let from = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::Team, &from)?.unwrap_or_default();
    call.change(&MoveTeam { from, to }, preconditions).await
}
