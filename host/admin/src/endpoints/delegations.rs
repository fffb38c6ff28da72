//! Delegations: who lets whom act for them.

use super::users::listed;
use crate::call::{Call, item};
use crate::matching::Matching;
use crate::query::PAGED;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{changed, item as item_schema, of, page as page_schema};
use axum::http::Method;
use permesso_engine::model::Delegation;
use permesso_front::Problem;
use permesso_node::operation::{Delegate, Remove};
use permesso_node::{DocumentKind, kept};
use permesso_store::Which;
use schemars::JsonSchema;
use serde::Deserialize;

/// A delegation with its id.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    /// By what it is found.
    #[schemars(length(min = 1, max = 256))]
    id: String,
    /// What is delegated, by whom and to whom.
    document: Delegation,
}

const ALL: &str = "/tenants/{tenant}/delegations";
const ONE: &str = "/tenants/{tenant}/delegations/{id}";

pub(crate) fn routes() -> Vec<Route> {
    let item = item_schema(of::<Delegation>());
    vec![
        Route::new(Method::GET, ALL, "listDelegations", "Who acts for whom, by id", list)
            .reads("permesso.users.read")
            .query(PAGED)
            .answers(page_schema(item.clone())),
        Route::new(Method::POST, ALL, "createDelegation", "Let one user act for another", create)
            .takes(of::<Named>())
            .creates()
            .answers(changed(Vec::new())),
        Route::new(Method::GET, ONE, "getDelegation", "A delegation", get)
            .reads("permesso.users.read")
            .answers(item),
        Route::new(Method::DELETE, ONE, "deleteDelegation", "End a delegation", delete)
            .matching(Matching::May)
            .answers(changed(Vec::new())),
    ]
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    listed(&call, &view, Which::All(DocumentKind::Delegation.name())).await
}

async fn create(call: Call) -> Result<Reply, Problem> {
    let Named { id, document } = call.read()?;
    let place = call.place(&["tenants", call.part("tenant"), "delegations", &id]);
    let operation = Delegate { id, delegation: document };
    Ok(call.change(&operation, Vec::new()).await?.at(&place))
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let found = view.object(DocumentKind::Delegation, call.id()).await?;
    let object = found.ok_or_else(|| view.missing(DocumentKind::Delegation, call.id()))?;
    let document = kept::value(&object.body);
    let answer = item(call.id(), object.revision, &document);
    Ok(Reply::json(&answer).revision(view.revision()).etag(object.revision))
}

async fn delete(call: Call) -> Result<Reply, Problem> {
    let id = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::Delegation, &id)?.unwrap_or_default();
    call.change(&Remove { kind: DocumentKind::Delegation, id }, preconditions).await
}
