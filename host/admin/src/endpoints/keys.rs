//! API keys: those of the platform and those of each tenant. They are made, rotated and revoked
//! in the same way; a tenant's key is good for that tenant alone.

use crate::call::{Call, cut, page};
use crate::query::PAGED;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{SchemaOf, changed, object, of, page as page_schema, raw, revision};
use axum::http::Method;
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_auth::{KeyRecord, KeyView};
use permesso_engine::model::{Instant, instant_until};
use permesso_front::Problem;
use permesso_node::DocumentKind;
use permesso_node::operation::{CreateKey, RevokeKey, RotateKey};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A key of a tenant.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TenantKey {
    /// What people call it.
    #[schemars(length(min = 1, max = 200))]
    label: String,
    /// What it may do.
    #[schemars(length(min = 1))]
    verbs: BTreeSet<Verb>,
    /// The roles that it acts with.
    #[serde(default)]
    roles: BTreeSet<String>,
    /// When it ends, if it does; a date is where that day ends.
    #[serde(default, deserialize_with = "instant_until")]
    expires_at: Option<Instant>,
}

/// A key of the platform.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlatformKey {
    /// What people call it.
    #[schemars(length(min = 1, max = 200))]
    label: String,
    /// The tenants that it is good for.
    tenants: Tenants,
    /// What it may do.
    #[schemars(length(min = 1))]
    verbs: BTreeSet<Verb>,
    /// The roles that it acts with inside of tenants.
    #[serde(default)]
    roles: BTreeSet<String>,
    /// When it ends, if it does; a date is where that day ends.
    #[serde(default, deserialize_with = "instant_until")]
    expires_at: Option<Instant>,
}

/// Another secret for a key.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// For how long the old secret goes on; it ends at once where nothing is said.
    #[serde(default)]
    #[schemars(range(max = 31_536_000))]
    overlap_seconds: u32,
}

/// A year.
const LONGEST_OVERLAP: u32 = 31_536_000;

pub(crate) fn routes() -> Vec<Route> {
    let mut routes = Vec::new();
    for (base, of_whom, name) in
        [("/keys", "the platform", ""), ("/tenants/{tenant}/keys", "a tenant", "Tenant")]
    {
        let is_tenant = !name.is_empty();
        let one = format!("{base}/{{id}}");
        let taken: SchemaOf = if is_tenant { of::<TenantKey>() } else { of::<PlatformKey>() };
        let reads = |route: Route| {
            if is_tenant { route.reads("permesso.keys.read") } else { route }
        };
        routes.extend([
            reads(Route::new(
                Method::GET,
                base,
                format!("list{name}Keys"),
                format!("The API keys of {of_whom}, by id"),
                list,
            ))
            .query(PAGED)
            .answers(page_schema(shown())),
            Route::new(
                Method::POST,
                base,
                format!("create{name}Key"),
                format!(
                    "Make an API key of {of_whom}. Its token is in this answer and in no other"
                ),
                create,
            )
            .takes(taken)
            .creates()
            .answers(made()),
            reads(Route::new(
                Method::GET,
                one.clone(),
                format!("get{name}Key"),
                "An API key, without anything that is kept of its secret",
                get,
            ))
            .answers(shown()),
            Route::new(
                Method::POST,
                format!("{one}/rotate"),
                format!("rotate{name}Key"),
                "Give an API key another secret",
                rotate,
            )
            .may_take(of::<Rotation>())
            .answers(made()),
            Route::new(
                Method::DELETE,
                one,
                format!("revoke{name}Key"),
                "Revoke an API key, for good",
                revoke,
            )
            .answers(changed(Vec::new())),
        ]);
    }
    routes
}

fn shown() -> SchemaOf {
    object(vec![("revision", raw(revision())), ("key", of::<KeyView>())])
}

fn made() -> SchemaOf {
    let token = json!({"type": "string", "description": "Shown once"});
    changed(vec![("token?", raw(token)), ("key?", of::<KeyView>())])
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let (after, limit) = (call.query.after(), call.query.limit());
    let found: Vec<_> = view
        .documents(DocumentKind::Key)
        .skip_while(|(id, _)| *id <= after)
        .take(limit + 1)
        .collect();
    let (found, next) = cut(found, limit, |(id, _)| id);
    let items = found.into_iter().filter_map(|(_, object)| {
        let record: KeyRecord = object.body.read().ok()?;
        Some(json!({"revision": object.revision, "key": KeyView::from(&record)}))
    });
    Ok(page(view.revision(), items.collect::<Vec<Value>>(), next))
}

async fn create(call: Call) -> Result<Reply, Problem> {
    let tenant = call.path.get("tenant");
    let request = match tenant {
        Some(tenant) => {
            let TenantKey { label, verbs, roles, expires_at } = call.read()?;
            let tenants = Tenants::Only([tenant.clone()].into());
            KeyRequest { label, tenants, verbs, roles, expires_at: expires_at.map(Instant::millis) }
        }
        None => {
            let PlatformKey { label, tenants, verbs, roles, expires_at } = call.read()?;
            KeyRequest { label, tenants, verbs, roles, expires_at: expires_at.map(Instant::millis) }
        }
    };
    let operation = CreateKey { request, by: call.principal()?.name() };
    let reply = call.change(&operation, Vec::new()).await?;
    let id = reply.edited_id(DocumentKind::Key).unwrap_or_default().to_owned();
    let place = match tenant {
        Some(tenant) => call.place(&["tenants", tenant, "keys", &id]),
        None => call.place(&["keys", &id]),
    };
    Ok(reply.at(&place))
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let record: KeyRecord = view.policy(DocumentKind::Key, call.id())?;
    let revision = view.revision_of(DocumentKind::Key, call.id()).unwrap_or(0);
    let answer = json!({"revision": revision, "key": KeyView::from(&record)});
    Ok(Reply::json(&answer).revision(view.revision()).etag(revision))
}

async fn rotate(call: Call) -> Result<Reply, Problem> {
    let Rotation { overlap_seconds } = call.read_or_default()?;
    if overlap_seconds > LONGEST_OVERLAP {
        let message = format!("say at most {LONGEST_OVERLAP} seconds");
        return Err(Problem::invalid("overlap_seconds", message));
    }
    let overlap = i64::from(overlap_seconds) * 1000;
    call.change(&RotateKey { id: call.id().to_owned(), overlap }, Vec::new()).await
}

async fn revoke(call: Call) -> Result<Reply, Problem> {
    call.change(&RevokeKey { id: call.id().to_owned() }, Vec::new()).await
}
