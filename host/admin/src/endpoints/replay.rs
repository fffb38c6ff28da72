//! What was decided in the past, and why: a question put to a tenant as it was at a revision.

use crate::call::Call;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{SchemaOf, instant, list, name, object, of, raw, revision};
use axum::http::{Method, StatusCode};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, Instant, Value};
use permesso_front::Problem;
use permesso_node::{CatalogPin, Replay, ReplayedFamily};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::json;

/// A question as it was put to an access endpoint, with when that was.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Past {
    /// Under which revision, as the decision named it.
    #[schemars(range(min = 1))]
    revision: u64,
    /// When it was asked. What is granted for a time turns on it.
    at: Instant,
    /// Who asked.
    subject: Subject,
    /// What for.
    action: Action,
    /// About what.
    resource: About,
    /// What else the caller knew.
    #[serde(default, deserialize_with = "attributes")]
    context: Attributes<'static>,
}

/// Somebody.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Subject {
    /// What they are: `user`, or a type that the catalog declares.
    #[serde(rename = "type")]
    kind: String,
    /// Their id in the tenant's directory.
    id: String,
    /// What was said of them. What the catalog does not trust callers to say decides nothing.
    #[serde(default, deserialize_with = "attributes")]
    properties: Attributes<'static>,
}

/// Something that is done.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Action {
    /// A permission of the product's catalog.
    name: String,
    /// What was said of it. What the catalog does not declare decides nothing.
    #[serde(default, deserialize_with = "attributes")]
    properties: Attributes<'static>,
}

/// Something that it is done to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct About {
    /// Its kind.
    #[serde(rename = "type")]
    kind: String,
    /// Its id, where it has one.
    #[serde(default)]
    id: Option<String>,
    /// What was known of it.
    #[serde(default, deserialize_with = "attributes")]
    properties: Attributes<'static>,
}

fn attributes<'de, D: Deserializer<'de>>(from: D) -> Result<Attributes<'static>, D::Error> {
    Attributes::deserialize(from).map(Attributes::into_owned)
}

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::POST,
            "/tenants/{tenant}/replay",
            "replay",
            "What was decided at a revision that is past, with everything that was looked at and \
             the components that answered. Where one of them is not installed any more there is \
             no answer",
            replay,
        )
        .only_looks()
        .reads("permesso.audit.read")
        .takes(of::<Past>())
        .answers(replayed()),
    ]
}

fn replayed() -> SchemaOf {
    let text = || raw(json!({"type": "string"}));
    let flag = || raw(json!({"type": "boolean"}));
    let reason = object(vec![("code", text()), ("detail?", text()), ("message", text())]);
    let obligation = object(vec![("code", text()), ("values?", list(text())), ("source", text())]);
    object(vec![
        ("tenant", raw(name())),
        ("revision", raw(revision())),
        ("at", raw(instant())),
        ("catalog", of::<CatalogPin>()),
        ("families", list(of::<ReplayedFamily>())),
        ("decision", flag()),
        ("reason", reason),
        ("obligations", list(obligation)),
        ("trace", list(raw(json!({"type": "object"})))),
    ])
}

async fn replay(call: Call) -> Result<Reply, Problem> {
    let past: Past = call.read()?;
    let tenant = call.part("tenant");
    // Where it was asked, such a contradiction was denied before anything was looked at.
    match past.context.get("tenant") {
        None | Some(Value::Null) => {}
        Some(named) if named.as_str() == Some(tenant) => {}
        Some(_) => {
            let message = format!("the path says `{tenant}`; say the same, or leave it out");
            return Err(Problem::invalid("context.tenant", message));
        }
    }
    let request = Request {
        subject: &past.subject.id,
        action: &past.action.name,
        resource: Resource {
            kind: &past.resource.kind,
            id: past.resource.id.as_deref(),
            attributes: &past.resource.properties,
        },
        context: &past.context,
        asserted: Asserted {
            subject_type: &past.subject.kind,
            subject: &past.subject.properties,
            action: &past.action.properties,
        },
        now: past.at.millis(),
    };
    let replayed = call.node().replay(&call.realm()?, past.revision, &request).await?;
    if let Some(missing) = replayed.missing() {
        return Err(gone(&replayed, missing));
    }
    let answer = serde_json::to_value(&replayed).map_err(|_| Problem::internal())?;
    Ok(Reply::json(&answer).revision(replayed.revision))
}

/// A component that answered then is not here to answer again. Trying again does not help.
fn gone(replayed: &Replay, missing: &ReplayedFamily) -> Problem {
    let ReplayedFamily { family, digest, .. } = missing;
    let digest = digest.as_deref().unwrap_or_default();
    let detail = format!(
        "at revision {} the component `{digest}` answered for the family `{family}`, and it is \
         not installed here; install it and ask again",
        replayed.revision
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "component-missing", detail)
        .with("family", family.as_str())
        .with("digest", digest)
}
