//! Roles: the tenant's own and the product's, and who holds them.

use super::users::listed;
use crate::call::{Call, cut, item, page};
use crate::matching::Matching;
use crate::query::{PAGED, Param};
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{
    changed, list as list_schema, name, named, object, of, page as page_schema, raw, revision,
};
use axum::http::Method;
use permesso_engine::model::{Role, Scope, User};
use permesso_front::Problem;
use permesso_node::operation::{DeleteRole, DuplicateRole, RenameRole, SelectCategory};
use permesso_node::{DocumentKind, View};
use permesso_store::feed::Facet;
use permesso_store::{FacetUsage, Which};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// A copy of a role.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Copy {
    /// The copy's id.
    #[schemars(length(min = 1, max = 256))]
    id: String,
    /// The copy's label; that of the original where none is said.
    #[serde(default)]
    label: String,
}

/// All of a category, as it is now.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Selection {
    /// The category, or a pattern: `invoice.*` or `*.view`.
    category: String,
    /// How far.
    scope: Scope,
}

/// Another name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewName {
    /// Its id from then on.
    #[schemars(length(min = 1, max = 256))]
    to: String,
}

const ROLES: &str = "/tenants/{tenant}/roles";
const ROLE: &str = "/tenants/{tenant}/roles/{id}";

pub(crate) fn routes() -> Vec<Route> {
    let item = object(vec![
        ("id", raw(name())),
        ("revision", raw(revision())),
        ("document", of::<Role>()),
        (
            "standard",
            raw(json!({"type": "boolean", "description": "Whether it comes with the product"})),
        ),
        ("usage", named("RoleUsage")),
    ]);
    let holder = object(vec![
        ("id", raw(name())),
        ("revision", raw(revision())),
        ("document", of::<User>()),
    ]);
    vec![
        Route::new(
            Method::GET,
            ROLES,
            "listRoles",
            "The roles of a tenant, those of the product among them, by id",
            list,
        )
        .reads("permesso.policy.read")
        .query(PAGED)
        .answers(page_schema(item.clone())),
        Route::new(Method::GET, ROLE, "getRole", "One of the roles", get)
            .reads("permesso.policy.read")
            .answers(item),
        Route::new(
            Method::DELETE,
            ROLE,
            "deleteRole",
            "Delete a role; its holders go to another one, where one is named",
            delete,
        )
        .matching(Matching::Must)
        .query([Param::text("move_to", "The role that its holders are given instead")])
        .answers(changed(vec![("moved?", raw(json!({"type": "integer", "minimum": 0})))])),
        Route::new(
            Method::POST,
            format!("{ROLE}/duplicate"),
            "duplicateRole",
            "Copy a role. Later edits of the one do not reach the other",
            duplicate,
        )
        .takes(of::<Copy>())
        .creates()
        .answers(changed(Vec::new())),
        Route::new(
            Method::POST,
            format!("{ROLE}/rename"),
            "renameRole",
            "Give a role another id. Whatever names it follows; where something does in a way \
             that cannot, nothing is changed, and the places are told",
            rename,
        )
        .matching(Matching::May)
        .takes(of::<NewName>())
        .answers(changed(vec![("users?", raw(json!({"type": "integer", "minimum": 0})))])),
        Route::new(
            Method::POST,
            format!("{ROLE}/select"),
            "selectCategory",
            "Grant all permissions that a category has, or a pattern matches, now",
            select,
        )
        .matching(Matching::Must)
        .takes(of::<Selection>())
        .answers(changed(vec![("added?", list_schema(raw(json!({"type": "string"}))))])),
        Route::new(
            Method::GET,
            format!("{ROLE}/usage"),
            "getRoleUsage",
            "How many hold a role",
            usage,
        )
        .reads("permesso.policy.read")
        .answers(named("RoleUsage")),
        Route::new(
            Method::GET,
            format!("{ROLE}/holders"),
            "listRoleHolders",
            "Who holds a role, by id; pending invitations included",
            holders,
        )
        .reads("permesso.users.read")
        .query(PAGED)
        .answers(page_schema(holder)),
    ]
}

/// How many users hold each of these roles, and how many keys act with it, as it is shown.
async fn counted(view: &View<'_>, roles: &[&Role]) -> Result<Vec<Value>, Problem> {
    let facets: Vec<(Facet, String)> =
        roles.iter().map(|role| (Facet::Role, role.id.to_string())).collect();
    let usage = view.usage(&facets).await?;
    let keys = view.keys_by_role().await?;
    let shown = facets.iter().map(|facet| {
        let FacetUsage { listed, taking_part } = usage.get(facet).copied().unwrap_or_default();
        match keys.get(&facet.1) {
            Some(keys) => json!({"listed": listed, "taking_part": taking_part, "keys": keys}),
            None => json!({"listed": listed, "taking_part": taking_part}),
        }
    });
    Ok(shown.collect())
}

fn shown(view: &View<'_>, role: &Role, usage: Value) -> Value {
    let revision = view.revision_of(DocumentKind::Role, &role.id).unwrap_or(0);
    let standard = view.catalog().value.standard_roles.iter().any(|it| *it.id == *role.id);
    let mut shown = item(&role.id, revision, role);
    if let Value::Object(shown) = &mut shown {
        shown.insert("standard".to_owned(), standard.into());
        shown.insert("usage".to_owned(), usage);
    }
    shown
}

fn find<'v>(view: &'v View<'_>, id: &str) -> Result<&'v Role, Problem> {
    Ok(view.role(id).ok_or_else(|| view.missing(DocumentKind::Role, id))?)
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let mut roles: Vec<&Role> =
        view.roles().filter(|role| role.id.as_str() > call.query.after()).collect();
    roles.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
    let (roles, next) = cut(roles, call.query.limit(), |role| &role.id);
    let usage = counted(&view, &roles).await?;
    let items = roles.iter().zip(usage).map(|(role, usage)| shown(&view, role, usage)).collect();
    Ok(page(view.revision(), items, next))
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let role = find(&view, call.id())?;
    let usage = counted(&view, &[role]).await?.pop().unwrap_or_default();
    let revision = view.revision_of(DocumentKind::Role, call.id()).unwrap_or(0);
    let answer = shown(&view, role, usage);
    Ok(Reply::json(&answer).revision(view.revision()).etag(revision))
}

async fn delete(call: Call) -> Result<Reply, Problem> {
    let id = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::Role, &id)?.unwrap_or_default();
    let move_to = call.query.text("move_to").map(str::to_owned);
    call.change(&DeleteRole { id, move_to }, preconditions).await
}

async fn duplicate(call: Call) -> Result<Reply, Problem> {
    let Copy { id, label } = call.read()?;
    let place = call.place(&["tenants", call.part("tenant"), "roles", &id]);
    let operation = DuplicateRole { from: call.id().to_owned(), id, label };
    Ok(call.change(&operation, Vec::new()).await?.at(&place))
}

async fn rename(call: Call) -> Result<Reply, Problem> {
    let NewName { to } = call.read()?;
    let from = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::Role, &from)?.unwrap_or_default();
    call.change(&RenameRole { from, to }, preconditions).await
}

async fn select(call: Call) -> Result<Reply, Problem> {
    let Selection { category, scope } = call.read()?;
    let role = call.id().to_owned();
    let preconditions = call.matching(DocumentKind::Role, &role)?.unwrap_or_default();
    call.change(&SelectCategory { role, category, scope }, preconditions).await
}

async fn usage(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let usage = counted(&view, &[find(&view, call.id())?]).await?.pop().unwrap_or_default();
    Ok(Reply::json(&usage).revision(view.revision()))
}

async fn holders(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    find(&view, call.id())?;
    listed(&call, &view, Which::Having(Facet::Role, call.id())).await
}
