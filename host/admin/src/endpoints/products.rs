//! Products: the catalogs that tenants are on.

use crate::call::{Call, cut, page};
use crate::matching::Matching;
use crate::media::{JSON, YAML};
use crate::query::{PAGED, Param};
use crate::reply::Reply;
use crate::route::{Route, Taken};
use crate::schema::{SchemaOf, changed, name, object, of, page as page_schema, raw, revision};
use axum::http::Method;
use permesso_front::Problem;
use permesso_node::operation::{PublishMoving, PublishProduct, WithdrawProduct};
use permesso_node::{CatalogPin, CatalogText, DocumentKind};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A catalog.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Published {
    /// The YAML, word for word.
    text: String,
}

const ALL: &str = "/products";
const ONE: &str = "/products/{product}";

pub(crate) fn routes() -> Vec<Route> {
    let yaml = || raw(json!({"type": "string"}));
    let taken = Taken { media: vec![(YAML, yaml()), (JSON, of::<Published>())], required: true };
    let text = || raw(json!({"type": "string"}));
    vec![
        Route::new(Method::GET, ALL, "listProducts", "The products, by id", list)
            .query(PAGED)
            .answers(page_schema(shown())),
        Route::new(
            Method::GET,
            ONE,
            "getProduct",
            "The version of a product's catalog; its text where YAML is accepted",
            get,
        )
        .answers(shown())
        .answers_as(YAML, yaml()),
        Route::new(
            Method::PUT,
            ONE,
            "putProduct",
            "Publish a product's catalog. Its tenants move with it, all or none: where one holds or \
             names what the catalog has no longer, nothing is changed, and it is told which do",
            put,
        )
        .query([Param::text(
            "move_to",
            "Where the holders of roles go that the catalog has no longer: `rep:seller`, several \
             with commas between them",
        )])
        .matching(Matching::May)
        .taken(taken)
        .answers(changed(vec![
            ("product?", text()),
            ("version?", text()),
            ("digest?", text()),
            ("moved?", raw(json!({"type": "integer", "minimum": 0}))),
        ])),
        Route::new(
            Method::DELETE,
            ONE,
            "deleteProduct",
            "Withdraw a product that no tenant uses",
            delete,
        )
        .matching(Matching::May)
        .answers(changed(Vec::new())),
    ]
}

fn shown() -> SchemaOf {
    object(vec![
        ("product", raw(name())),
        ("revision", raw(revision())),
        ("version", raw(json!({"type": "string"}))),
        ("digest", raw(json!({"type": "string"}))),
    ])
}

fn item(product: &str, revision: u64, pin: &CatalogPin) -> Value {
    json!({
        "product": product,
        "revision": revision,
        "version": pin.version,
        "digest": pin.digest,
    })
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let (after, limit) = (call.query.after(), call.query.limit());
    let found: Vec<_> = view
        .documents(DocumentKind::Product)
        .skip_while(|(id, _)| *id <= after)
        .take(limit + 1)
        .collect();
    let (found, next) = cut(found, limit, |(id, _)| id);
    let items = found.into_iter().filter_map(|(id, object)| {
        Some(item(id, object.revision, &object.body.read::<CatalogPin>().ok()?))
    });
    Ok(page(view.revision(), items.collect(), next))
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let product = call.part("product");
    let pin: CatalogPin = view.policy(DocumentKind::Product, product)?;
    let at = view.revision_of(DocumentKind::Product, product).unwrap_or(0);
    let reply = match call.accepts(YAML) {
        true => {
            let text: CatalogText = view.policy(DocumentKind::CatalogText, &pin.digest)?;
            Reply::yaml(text.text)
        }
        false => Reply::json(&item(product, at, &pin)),
    };
    Ok(reply.revision(view.revision()).etag(at))
}

async fn put(call: Call) -> Result<Reply, Problem> {
    let text = match call.is_yaml {
        true => call.text()?,
        false => call.read::<Published>()?.text,
    };
    let product = call.part("product");
    let (_, catalog) =
        call.node().parse_catalog(&text).map_err(|found| Problem::diagnosed(found.iter()))?;
    let says = &catalog.source().value.product;
    if says.as_str() != product {
        let message =
            format!("the path says `{product}` and the catalog `{says}`; write one of them");
        return Err(Problem::invalid("product", message));
    }
    let preconditions = call.matching(DocumentKind::Product, product)?.unwrap_or_default();
    match moves(&call)? {
        Some(move_to) => call.change(&PublishMoving { text, move_to }, preconditions).await,
        None => call.change(&PublishProduct { text }, preconditions).await,
    }
}

/// Where the holders of roles go, if anywhere.
fn moves(call: &Call) -> Result<Option<BTreeMap<String, String>>, Problem> {
    let Some(text) = call.query.text("move_to") else { return Ok(None) };
    let moves = text.split(',').map(|one| {
        let (from, to) = one.split_once(':')?;
        (!from.is_empty() && !to.is_empty()).then(|| (from.to_owned(), to.to_owned()))
    });
    let moves: Option<BTreeMap<String, String>> = moves.collect();
    let wrong = || Problem::bad("`move_to` is `from:to`, with commas between several");
    moves.map(Some).ok_or_else(wrong)
}

async fn delete(call: Call) -> Result<Reply, Problem> {
    let product = call.part("product").to_owned();
    let preconditions = call.matching(DocumentKind::Product, &product)?.unwrap_or_default();
    call.change(&WithdrawProduct { product }, preconditions).await
}
