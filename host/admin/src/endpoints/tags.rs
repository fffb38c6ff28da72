//! Tags get other names. Which there are stands in the settings of a tenant.

use crate::call::Call;
use crate::matching::Matching;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{changed, of, raw};
use axum::http::Method;
use permesso_front::Problem;
use permesso_node::DocumentKind;
use permesso_node::operation::RenameTag;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// What a tag is called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TagName {
    /// From then on.
    #[schemars(length(min = 1, max = 256))]
    to: String,
}

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/tenants/{tenant}/tags/{id}/rename",
            "renameTag",
            "Call a tag otherwise. Users, programs, sharing rules and conditions follow; where \
             something names it in a way that cannot, nothing is changed, and the places are told",
            rename,
        )
        .matching(Matching::May)
        .takes(of::<TagName>())
        .answers(changed(vec![("users?", raw(json!({"type": "integer", "minimum": 0})))])),
    ]
}

async fn rename(call: Call) -> Result<Reply, Problem> {
    let TagName { to } = call.read()?;
    let from = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::Settings, "tenant")?.unwrap_or_default();
    call.change(&RenameTag { from, to }, preconditions).await
}
