//! Policy as code: a tenant as one text of YAML, and one text of YAML as the tenant.
//!
//! The text says everything that there is, so whoever exports one has to be allowed to read
//! everything in it, and whoever applies one to read what it replaces: that something is the same
//! already is told by nothing happening. What else is needed for it follows from the documents
//! that become something else, as with any other change.

use crate::call::Call;
use crate::matching::Matching;
use crate::media::{SCHEMA, YAML};
use crate::query::{Form, Param};
use crate::reply::Reply;
use crate::route::{Route, RouteGate, Taken};
use crate::schema::{changed, list as list_schema, object, raw};
use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::stream::try_unfold;
use permesso_front::Problem;
use permesso_node::ChangeError;
use permesso_node::bundle::{Apply, Bundle, Compare, Export, ExportPart, schema, schemas};
use serde_json::{Value, json};
use std::sync::Arc;

/// What has to be held to read users, and with them whatever names them.
const USERS: &str = "permesso.users.read";
/// What has to be held to move a tenant to another product.
const PLAN: &str = "permesso.tenant.plan";

pub(crate) fn routes() -> Vec<Route> {
    let text = || raw(json!({"type": "string"}));
    let part = Param {
        name: "part",
        form: Form::Choice(&["all", "tenant", "people"]),
        about: "What of it: `tenant` for the policy, `people` for users and delegations; all \
                where nothing is said",
    };
    let prune = Param {
        name: "prune",
        form: Form::Flag,
        about: "Whether users and delegations go that are not in a list which is given",
    };
    let any_tenant = Param {
        name: "any_tenant",
        form: Form::Flag,
        about: "Whether the text may be one of a tenant with another name",
    };
    let taken = Taken { media: vec![(YAML, text())], required: true };
    vec![
        Route::new(
            Method::GET,
            "/schemas",
            "listSchemas",
            "The JSON Schemas of the files in which a tenant and a product are written, by name",
            list,
        )
        .gate(RouteGate::Known)
        .answers(object(vec![("items", list_schema(text()))])),
        Route::new(
            Method::GET,
            "/schemas/{name}",
            "getSchema",
            "A JSON Schema, for editors: `bundle` is that of what is exported and applied",
            get,
        )
        .gate(RouteGate::Known)
        .answers_as(SCHEMA, raw(json!({"type": "object"}))),
        Route::new(
            Method::GET,
            "/tenants/{tenant}/export",
            "exportTenant",
            "A tenant as one text of YAML, of one revision, which ETag names. All but `tenant` \
             needs the permission `permesso.users.read` as well. API keys and invitations are not \
             in it",
            export,
        )
        .reads("permesso.policy.read")
        .query([part])
        .tagged()
        .answers_as(YAML, raw(json!({"type": "object"}))),
        Route::new(
            Method::POST,
            "/tenants/{tenant}/apply",
            "applyTenant",
            "Make a tenant what a text of YAML says, as one change: all of it or nothing. The \
             policy becomes what the text says; people whom it does not list stay, where `prune` \
             says nothing else. What a text with people does needs the permission \
             `permesso.users.read` as well, and each document what editing it alone needs. \
             If-Match takes the ETag of an export. A larger text than a body may hold, or one \
             that changes more than 2,000 documents, is for `permesso import` on the command line",
            apply,
        )
        .reads("permesso.policy.read")
        .query([prune, any_tenant])
        .matching(Matching::May)
        .taken(taken)
        .answers(changed(vec![("documents?", raw(json!({"type": "integer", "minimum": 0})))])),
    ]
}

async fn list(_: Call) -> Result<Reply, Problem> {
    let names: Vec<&str> = schemas().into_keys().collect();
    Ok(Reply::json(&json!({"items": names})))
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let schema: Value =
        schema(call.part("name")).map_err(|error| Problem::not_found(error.to_string()))?;
    Ok(Reply::schema(&schema))
}

async fn export(call: Call) -> Result<Reply, Problem> {
    let part = match call.query.text("part") {
        Some("tenant") => ExportPart::Tenant,
        Some("people") => ExportPart::People,
        _ => ExportPart::All,
    };
    if part != ExportPart::Tenant {
        call.may(USERS).await?;
    }
    let mut export = Export::of(call.node(), &call.realm()?, part).await?;
    let revision = export.so_far().revision;
    // Whatever is wrong with the first piece can still be answered.
    let first = export.next().await?;
    Ok(Reply::yaml(stream(first, export)).revision(revision).etag(revision))
}

/// The pieces of an export. An error cuts the connection, so that nobody takes a part for the
/// whole.
fn stream(first: Option<String>, export: Export) -> Body {
    Body::from_stream(try_unfold((first, export), |(piece, mut export)| async move {
        let Some(piece) = piece else { return Ok::<_, ChangeError>(None) };
        let next = export.next().await?;
        Ok(Some((Bytes::from(piece), (next, export))))
    }))
}

async fn apply(call: Call) -> Result<Reply, Problem> {
    let how = Compare {
        prune: call.query.flag("prune"),
        any_tenant: call.query.flag("any_tenant"),
        expected: call.expected()?,
    };
    let text = call.text()?;
    let parsed = tokio::task::spawn_blocking(move || Bundle::parse("body", text)).await;
    let bundle = parsed.map_err(|_| Problem::internal())?;
    let bundle = bundle.map_err(|found| Problem::diagnosed(found.iter()))?;
    if !bundle.people.is_none() {
        call.may(USERS).await?;
    }
    let is = call.look().await?.view(call.node()).settings()?.product;
    if *bundle.tenant.value.product != *is {
        // What is wrong with it under another product's catalog would tell what is in that.
        call.may(PLAN).await?;
    }
    call.change(&Apply { bundle: Arc::new(bundle), how }, Vec::new()).await
}
