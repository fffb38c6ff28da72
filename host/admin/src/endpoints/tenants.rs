//! Tenants, and how each stands on this node.

use crate::call::{Call, cut, page};
use crate::matching::Matching;
use crate::query::{Form, PAGED, Param};
use crate::reply::Reply;
use crate::route::{Route, RouteGate};
use crate::schema::{
    SchemaOf, changed, list as list_schema, name, object, of, page as page_schema, raw, revision,
};
use axum::http::Method;
use permesso_auth::key::Verb;
use permesso_engine::model::{Assignment, Tag, Text, User};
use permesso_front::Problem;
use permesso_node::operation::{CreateTenant, DeleteTenant, PutSettings, realm};
use permesso_node::{CatalogPin, ChangeError, DocumentKind, Settings, Standing, TenantListing};
use permesso_store::Realm;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// A tenant that is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct New {
    /// Its id.
    #[schemars(length(min = 1, max = 256))]
    id: String,
    /// The product that it uses.
    product: String,
    /// For people.
    #[serde(default)]
    title: String,
    /// The plan, one of the catalog's.
    #[serde(default)]
    plan: Option<String>,
    /// What was bought on top of the plan.
    #[serde(default)]
    addons: Vec<String>,
    /// The roles that every user holds, in place of the catalog's, where that lets a tenant say so.
    #[serde(default)]
    baseline: Option<Vec<Assignment>>,
    /// The tags that users may carry. Where they are listed there are no others.
    #[serde(default)]
    tags: Option<Vec<Tag>>,
    /// Other tenants whose ids look like this one's, and are others.
    #[serde(default)]
    distinct_from: Vec<Text>,
    /// Who is to administer it.
    #[serde(default)]
    owner: Option<User>,
}

const ALL: &str = "/tenants";
const ONE: &str = "/tenants/{tenant}";

pub(crate) fn routes() -> Vec<Route> {
    let unlist = Param {
        name: "unlist_tags",
        form: Form::Flag,
        about: "List tags no longer, where the body lists none: any word is a tag then",
    };
    vec![
        Route::new(
            Method::GET,
            ALL,
            "listTenants",
            "The tenants that the caller may see, by id",
            list,
        )
        .gate(RouteGate::Known)
        .query(PAGED)
        .answers(page_schema(shown())),
        Route::new(Method::POST, ALL, "createTenant", "Create a tenant", create)
            .takes(of::<New>())
            .creates()
            .answers(changed(Vec::new())),
        Route::new(Method::GET, ONE, "getTenant", "A tenant's settings", get)
            .reads("permesso.policy.read")
            .answers(shown()),
        Route::new(
            Method::PUT,
            ONE,
            "putTenant",
            "Change a tenant's settings. What is left out is not settled from then on, but for the \
             list of tags: left out or null it stays",
            put,
        )
        .query([unlist])
        .matching(Matching::Must)
        .takes(of::<Settings>())
        .answers(changed(Vec::new())),
        Route::new(
            Method::DELETE,
            ONE,
            "deleteTenant",
            "Delete a tenant with everything but its log",
            delete,
        )
        .gate(RouteGate::PlatformIn)
        .matching(Matching::Must)
        .answers(changed(Vec::new())),
        Route::new(
            Method::GET,
            "/standing",
            "getStanding",
            "At which revision each tenant in memory is on this node",
            standing,
        )
        .gate(RouteGate::Aged)
        .answers(object(vec![("tenants", list_schema(stands()))])),
    ]
}

/// So many tenants are read at a time.
const PORTION: u32 = 1_000;

fn stands() -> SchemaOf {
    object(vec![
        ("tenant", raw(name())),
        ("revision", raw(revision())),
        ("age_ms", raw(json!({"type": "integer", "minimum": 0}))),
    ])
}

fn shown() -> SchemaOf {
    object(vec![
        ("id", raw(name())),
        ("revision", raw(revision())),
        ("document", of::<Settings>()),
        ("catalog", of::<CatalogPin>()),
        ("tenant_revision", raw(revision())),
        ("age_ms", raw(json!({"type": "integer", "minimum": 0}))),
    ])
}

/// Those in memory that the credential is good for.
fn good_for(call: &Call) -> Result<Vec<Standing>, Problem> {
    let principal = call.principal()?;
    let mut standing = call.node().standing();
    standing.retain(|it| principal.is_good_for(&it.tenant));
    Ok(standing)
}

/// Those after an id that the credential is good for, as many as are wanted and a portion at a
/// time. One that names its tenants is not looked for among all the others.
async fn listed(call: &Call, after: &str, limit: usize) -> Result<Vec<TenantListing>, Problem> {
    let principal = call.principal()?;
    let node = call.node();
    let mut found = Vec::new();
    if let Some(mut named) = principal.tenants() {
        named.retain(|tenant| *tenant > after && principal.is_good_for(tenant));
        named.sort_unstable();
        for tenant in named.into_iter().take(limit) {
            found.extend(one(call, tenant).await?);
        }
        return Ok(found);
    }
    let mut after = after.to_owned();
    while found.len() < limit {
        let page = node.tenants(&after, PORTION).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.tenant);
        found.extend(page.into_iter().filter(|it| principal.is_good_for(&it.tenant)));
    }
    found.truncate(limit);
    Ok(found)
}

/// A tenant as it is on this node; nothing where there is none of that name.
async fn one(call: &Call, tenant: &str) -> Result<Option<TenantListing>, Problem> {
    let Ok(realm) = realm(tenant) else { return Ok(None) };
    let look = match call.node().look(&realm).await {
        Err(ChangeError::NoTenant(_)) => return Ok(None),
        look => look?,
    };
    let view = look.view(call.node());
    Ok(Some(TenantListing {
        tenant: tenant.to_owned(),
        revision: view.revision(),
        settings: view.settings()?,
        settings_revision: view.revision_of(DocumentKind::Settings, "tenant").unwrap_or(0),
        catalog: view.pin()?,
    }))
}

/// What is read from the store when it is asked for is of that moment.
fn item(listing: &TenantListing, age: u64) -> Value {
    json!({
        "id": listing.tenant,
        "revision": listing.settings_revision,
        "document": listing.settings,
        "catalog": listing.catalog,
        "tenant_revision": listing.revision,
        "age_ms": age,
    })
}

/// Whether the caller may read what a tenant is.
async fn may_read(call: &Call, tenant: &str) -> Result<bool, Problem> {
    let principal = call.principal()?;
    if principal.has(Verb::Platform) {
        return Ok(true);
    }
    let may = call.node().may(&realm(tenant)?, &principal.caller(), "permesso.policy.read").await;
    match may {
        Ok(()) => Ok(true),
        Err(ChangeError::Denied { .. } | ChangeError::NoTenant(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let limit = call.query.limit();
    let mut after = call.query.after().to_owned();
    let mut found = Vec::new();
    loop {
        let wanted = limit + 1 - found.len();
        let more = listed(&call, &after, wanted).await?;
        let ended = more.len() < wanted;
        if let Some(last) = more.last() {
            after.clone_from(&last.tenant);
        }
        for listing in more {
            if may_read(&call, &listing.tenant).await? {
                found.push(listing);
            }
        }
        if ended || found.len() > limit {
            break;
        }
    }
    let (found, next) = cut(found, limit, |listing| &listing.tenant);
    let items = found.iter().map(|listing| item(listing, 0)).collect();
    let platform = call.node().look(&Realm::platform()).await?;
    Ok(page(platform.view(call.node()).revision(), items, next))
}

async fn create(call: Call) -> Result<Reply, Problem> {
    let New { id, product, title, plan, addons, baseline, tags, distinct_from, owner } =
        call.read()?;
    let realm = realm(&id)?;
    call.principal()?.may(Verb::Platform, Some(&id))?;
    let settings = Settings { product, title, plan, addons, baseline, tags, distinct_from };
    let operation = CreateTenant { settings, owner };
    let reply = call.change_as(&realm, &call.caller()?, &operation, Vec::new()).await?;
    Ok(reply.at(&call.place(&["tenants", &id])))
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let tenant = call.part("tenant");
    let found = one(&call, tenant).await?.ok_or_else(|| Problem::no_tenant(tenant))?;
    let standing = call.node().standing_of(tenant);
    let answer = item(&found, standing.map_or(0, |standing| standing.age));
    Ok(Reply::json(&answer).revision(found.revision).etag(found.settings_revision))
}

async fn put(call: Call) -> Result<Reply, Problem> {
    let settings: Settings = call.read()?;
    let preconditions = call.matching(DocumentKind::Settings, "tenant")?.unwrap_or_default();
    let unlist_tags = call.query.flag("unlist_tags");
    call.change(&PutSettings { settings, unlist_tags }, preconditions).await
}

async fn delete(call: Call) -> Result<Reply, Problem> {
    let tenant = call.part("tenant");
    let realm = call.realm()?;
    let preconditions = call.matching(DocumentKind::Settings, "tenant")?.unwrap_or_default();
    // One that is gone already is asked for only by whoever does it again.
    if call.idempotency.is_none() && call.node().look(&realm).await.is_err() {
        return Err(Problem::no_tenant(tenant));
    }
    call.change(&DeleteTenant, preconditions).await
}

async fn standing(call: Call) -> Result<Reply, Problem> {
    let tenants: Vec<Value> = good_for(&call)?
        .iter()
        .map(|it| json!({"tenant": it.tenant, "revision": it.revision, "age_ms": it.age}))
        .collect();
    Ok(Reply::json(&json!({"tenants": tenants})))
}
