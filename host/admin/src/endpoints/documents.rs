//! The documents of a tenant's policy. They differ in what they say and in nothing else, so
//! their endpoints are made from one table.

use crate::call::{self, Call, cut, item, page};
use crate::matching::Matching;
use crate::query::PAGED;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{
    SchemaOf, changed, item as item_schema, name, object, of, page as page_schema, raw,
};
use axum::http::{Method, StatusCode};
use permesso_engine::model::{Access, FamilySettings, Item, Policy, Program, Role, SharingRule};
use permesso_front::Problem;
use permesso_node::operation::{Put, Remove, body};
use permesso_node::{DocumentKind, SharingDefault, Team, kept};
use permesso_store::Body;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A kind of documents.
struct Documents {
    kind: DocumentKind,
    /// Below the tenant.
    path: &'static str,
    one: &'static str,
    many: &'static str,
    schema: fn() -> SchemaOf,
    /// Reads one: its id, where it says one itself, and its text.
    parse: fn(DocumentKind, &[u8]) -> Result<Parsed, Problem>,
    /// Whether it says its id itself.
    says_id: bool,
}

/// All kinds but roles, which are the product's as well.
static DOCUMENTS: [Documents; 8] = [
    Documents {
        kind: DocumentKind::Policy,
        path: "policies",
        one: "Policy",
        many: "Policies",
        schema: of::<Policy>,
        parse: |kind, text| parse(kind, text, |it: &Policy| Some(it.id.to_string())),
        says_id: true,
    },
    Documents {
        kind: DocumentKind::Program,
        path: "programs",
        one: "Program",
        many: "Programs",
        schema: of::<Program>,
        parse: |kind, text| parse(kind, text, |it: &Program| Some(it.id.to_string())),
        says_id: true,
    },
    Documents {
        kind: DocumentKind::Team,
        path: "teams",
        one: "Team",
        many: "Teams",
        schema: of::<Team>,
        parse: |kind, text| parse(kind, text, |_: &Team| None),
        says_id: false,
    },
    Documents {
        kind: DocumentKind::Closed,
        path: "closed",
        one: "ClosedItem",
        many: "ClosedItems",
        schema: of::<Item>,
        parse: |kind, text| parse(kind, text, |it: &Item| Some(closed_id(it))),
        says_id: true,
    },
    Documents {
        kind: DocumentKind::SharingDefault,
        path: "sharing/defaults",
        one: "SharingDefault",
        many: "SharingDefaults",
        schema: of::<SharingDefault>,
        parse: |kind, text| parse(kind, text, |_: &SharingDefault| None),
        says_id: false,
    },
    Documents {
        kind: DocumentKind::SharingPolicy,
        path: "sharing/policies",
        one: "SharingPolicy",
        many: "SharingPolicies",
        schema: of::<SharingRule>,
        parse: |kind, text| parse(kind, text, |it: &SharingRule| Some(it.id.to_string())),
        says_id: true,
    },
    Documents {
        kind: DocumentKind::SharingOverride,
        path: "sharing/overrides",
        one: "SharingOverride",
        many: "SharingOverrides",
        schema: of::<SharingRule>,
        parse: |kind, text| parse(kind, text, |it: &SharingRule| Some(it.id.to_string())),
        says_id: true,
    },
    Documents {
        kind: DocumentKind::Family,
        path: "families",
        one: "FamilySettings",
        many: "Families",
        schema: of::<FamilySettings>,
        parse: |kind, text| parse(kind, text, |_: &FamilySettings| None),
        says_id: false,
    },
];

/// Roles are written like the others.
static ROLE: Documents = Documents {
    kind: DocumentKind::Role,
    path: "roles",
    one: "Role",
    many: "Roles",
    schema: of::<Role>,
    parse: |kind, text| parse(kind, text, |it: &Role| Some(it.id.to_string())),
    says_id: true,
};

/// By what an item that stays closed is found.
fn closed_id(item: &Item) -> String {
    let access = match item.access {
        Access::View => "view",
        Access::Edit => "edit",
    };
    format!("{}/{}/{access}", item.kind, item.id)
}

/// The id that a document says, where it says one, and its text.
type Parsed = (Option<String>, Body);

/// Reads a document, and writes it as it is kept.
fn parse<T: DeserializeOwned + Serialize>(
    kind: DocumentKind,
    text: &[u8],
    id: impl Fn(&T) -> Option<String>,
) -> Result<Parsed, Problem> {
    let value: T = call::read(text)?;
    let id = id(&value);
    let written = body(kind, id.as_deref().unwrap_or_default(), &value)?;
    Ok((id, written))
}

/// A document that does not say its id itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named<'a> {
    id: String,
    #[serde(borrow)]
    document: &'a RawValue,
}

pub(crate) fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = DOCUMENTS.iter().flat_map(reading).collect();
    routes.extend(DOCUMENTS.iter().chain([&ROLE]).flat_map(writing));
    let removing = DOCUMENTS.iter().map(|of| {
        Route::new(
            Method::DELETE,
            one_path(of),
            format!("delete{}", of.one),
            format!("Delete one of the {}", of.path),
            move |call| remove(of, call),
        )
        .matching(Matching::Must)
        .answers(changed(Vec::new()))
    });
    routes.extend(removing);
    routes
}

fn path(of: &Documents) -> String {
    format!("/tenants/{{tenant}}/{}", of.path)
}

fn one_path(of: &Documents) -> String {
    format!("{}/{{id}}", path(of))
}

fn reading(of: &'static Documents) -> Vec<Route> {
    let item = item_schema((of.schema)());
    vec![
        Route::new(
            Method::GET,
            path(of),
            format!("list{}", of.many),
            format!("The {} of a tenant, by id", of.path),
            move |call| list(of, call),
        )
        .reads("permesso.policy.read")
        .query(PAGED)
        .answers(page_schema(item.clone())),
        Route::new(
            Method::GET,
            one_path(of),
            format!("get{}", of.one),
            format!("One of the {}", of.path),
            move |call| get(of, call),
        )
        .reads("permesso.policy.read")
        .answers(item),
    ]
}

fn writing(of: &'static Documents) -> Vec<Route> {
    let taken = match of.says_id {
        true => (of.schema)(),
        false => object(vec![("id", raw(name())), ("document", (of.schema)())]),
    };
    vec![
        Route::new(
            Method::POST,
            path(of),
            format!("create{}", of.one),
            format!("Create one of the {}", of.path),
            move |call| create(of, call),
        )
        .takes(taken)
        .creates()
        .answers(changed(Vec::new())),
        Route::new(
            Method::PUT,
            one_path(of),
            format!("put{}", of.one),
            format!("Write one of the {}: another revision of it, or a new one", of.path),
            move |call| put(of, call),
        )
        .matching(Matching::MustOrCreate)
        .takes((of.schema)())
        .answers(changed(Vec::new())),
    ]
}

async fn list(of: &'static Documents, call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let (after, limit) = (call.query.after(), call.query.limit());
    let found: Vec<_> =
        view.documents(of.kind).skip_while(|(id, _)| *id <= after).take(limit + 1).collect();
    let (found, next) = cut(found, limit, |(id, _)| id);
    let items = found.into_iter().map(|(id, object)| {
        let document = kept::value(&object.body);
        item(id, object.revision, &document)
    });
    Ok(page(view.revision(), items.collect(), next))
}

async fn get(of: &'static Documents, call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let found = view.object(of.kind, call.id()).await?;
    let object = found.ok_or_else(|| view.missing(of.kind, call.id()))?;
    let document = kept::value(&object.body);
    let answer = item(call.id(), object.revision, &document);
    Ok(Reply::json(&answer).revision(view.revision()).etag(object.revision))
}

async fn create(of: &'static Documents, call: Call) -> Result<Reply, Problem> {
    let (id, body) = match of.says_id {
        true => (of.parse)(of.kind, &call.body)?,
        false => {
            let named: Named<'_> = call::read_borrowed(&call.body)?;
            let (_, body) = (of.parse)(of.kind, named.document.get().as_bytes())?;
            (Some(named.id), body)
        }
    };
    let id = id.unwrap_or_default();
    let place = call.place(&["tenants", call.part("tenant")]);
    let place = format!("{place}/{}/{}", of.path, call::encoded(&id));
    let operation = Put { kind: of.kind, id, body, create: true };
    Ok(call.change(&operation, Vec::new()).await?.at(&place))
}

async fn put(of: &'static Documents, call: Call) -> Result<Reply, Problem> {
    let id = call.id().to_owned();
    let (says, body) = (of.parse)(of.kind, &call.body)?;
    if let Some(says) = says.filter(|says| *says != id) {
        let message = format!("the path says `{id}` and the document `{says}`; write one of them");
        return Err(Problem::invalid("id", message));
    }
    let preconditions = call.matching(of.kind, &id)?;
    let create = preconditions.is_none();
    let operation = Put { kind: of.kind, id, body, create };
    let reply = call.change(&operation, preconditions.unwrap_or_default()).await?;
    let done = create && !call.query.flag("dry_run");
    Ok(if done { reply.status(StatusCode::CREATED).at(&call.own_place()) } else { reply })
}

async fn remove(of: &'static Documents, call: Call) -> Result<Reply, Problem> {
    let id = call.id().to_owned();
    let preconditions = call.matching(of.kind, &id)?.unwrap_or_default();
    call.change(&Remove { kind: of.kind, id }, preconditions).await
}
