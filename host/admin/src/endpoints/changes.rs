//! What becomes of a tenant, told while it happens: for whoever mails invitations, counts seats or
//! drops answers that no longer hold.
//!
//! The records are those of the log, in its order, none left out and none twice. A revision is the
//! id of an event, so whoever was cut off goes on from the last one that they have seen.

use crate::call::Call;
use crate::media::EVENTS;
use crate::query::{Form, LARGEST, Param};
use crate::redaction;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{SchemaOf, raw};
use crate::{Admin, dispatch};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use futures_util::stream::unfold;
use permesso_front::{Problem, TenantPermit, headers, now};
use permesso_node::Held;
use permesso_store::{LogQuery, Realm, Record};
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What has to be held to be told.
const READ: &str = "permesso.audit.read";

/// Records that are read at a time.
const AT_ONCE: u32 = 20;

/// How often something is said though nothing happens, so that whoever is on the way does not take
/// the connection for dead.
const QUIET: Duration = Duration::from_secs(15);

/// After how many milliseconds whoever was cut off asks again.
const RETRY: u32 = 1000;

static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::new(
            Method::GET,
            "/tenants/{tenant}/changes",
            "followChanges",
            "What becomes of a tenant, as server-sent events: each is a record of the log, its id \
             the revision, its name the operation. An answer ends after a while; it is taken up \
             again with the header `Last-Event-ID`, which counts before `after`. Without both it \
             begins with what is written from now on",
            follow,
        )
        .reads(READ)
        .query([
            Param::number("after", "After this revision"),
            Param {
                name: "wait",
                form: Form::Integer { min: 0, max: 50 },
                about: "How many seconds to go on; 50 where nothing is said",
            },
        ])
        .answers_as(EVENTS, event_schema()),
    ]
}

/// One event, as whoever reads a stream of them has it.
fn event_schema() -> SchemaOf {
    raw(json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "The revision"},
            "event": {"type": "string", "description": "The operation"},
            "data": {"type": "string", "description": "The record of the log, as JSON"},
        },
    }))
}

/// Somebody who is told.
struct Following {
    admin: Arc<Admin>,
    headers: HeaderMap,
    realm: Realm,
    tenant: String,
    held: Held,
    after: u64,
    /// What was there when it began is told whole.
    begun_at: u64,
    ends: Instant,
    begun: bool,
    _permit: TenantPermit,
}

async fn follow(call: Call) -> Result<Reply, Problem> {
    let tenant = call.part("tenant").to_owned();
    let held = call.node().hold(&tenant).await?;
    let reached = held.revision();
    let after = last(&call)?.or(call.query.number("after")).unwrap_or(reached);
    if after > reached {
        let detail = format!(
            "the log ends with the revision {reached} and not with {after}: another one was put \
             in its place; read the tenant anew and go on from there"
        );
        return Err(Problem::new(StatusCode::CONFLICT, "other-history", detail));
    }
    let lasts = call.admin.streams.lasts;
    let lasts =
        call.query.number("wait").map_or(lasts, |wait| lasts.min(Duration::from_secs(wait)));
    let following = Following {
        _permit: call.admin.streams.permits.enter(&tenant)?,
        admin: Arc::clone(&call.admin),
        headers: call.headers.clone(),
        realm: call.realm()?,
        tenant,
        held,
        after,
        begun_at: reached,
        ends: Instant::now() + lasts,
        begun: false,
    };
    let body = Body::from_stream(unfold(Some(following), |following| async move {
        let (said, following) = next(following?).await?;
        Some((Ok::<_, std::io::Error>(Bytes::from(said)), following))
    }));
    Ok(Reply::events(body).revision(reached))
}

/// The revision of the last event that the caller has seen, where they say so.
fn last(call: &Call) -> Result<Option<u64>, Problem> {
    let Some(value) = headers::once(&call.headers, &LAST_EVENT_ID)? else { return Ok(None) };
    let number = value.parse().ok().filter(|number| *number <= LARGEST);
    let wrong = || Problem::bad("`Last-Event-ID` is the id of an event: a revision");
    number.map(Some).ok_or_else(wrong)
}

/// What is said next. Whoever may not be told any more, or could not be told all, is told nothing
/// more, and asks again.
async fn next(mut following: Following) -> Option<(String, Option<Following>)> {
    if !following.begun {
        following.begun = true;
        return Some((format!("retry: {RETRY}\n\n"), Some(following)));
    }
    let quiet = Instant::now() + QUIET;
    loop {
        let mut reached = following.held.reached();
        if *reached.borrow_and_update() > following.after {
            return told(following).await;
        }
        let until = quiet.min(following.ends);
        let stops = tokio::select! {
            changed = tokio::time::timeout_at(until, reached.changed()) => match changed {
                Ok(Ok(())) => continue,
                Ok(Err(_)) => true,
                Err(_) => until == following.ends,
            },
            () = following.admin.streams.stopped() => true,
        };
        return (!stops).then(|| (":\n\n".to_owned(), Some(following)));
    }
}

/// What has been written since.
async fn told(mut following: Following) -> Option<(String, Option<Following>)> {
    let Following { admin, headers, realm, tenant, .. } = &following;
    // A key may have been withdrawn meanwhile, or a role.
    if let Err(problem) = dispatch::admitted(admin, headers, tenant, READ, now()).await {
        tracing::debug!(tenant, ?problem, "somebody is told no more");
        return None;
    }
    let query = LogQuery { after: Some(following.after), limit: AT_ONCE, ..LogQuery::default() };
    let records = match admin.node().store().log(realm, &query).await {
        Ok(records) => records,
        Err(error) => {
            tracing::warn!(%error, tenant, "the log cannot be told");
            return None;
        }
    };
    let last = records.last()?.revision;
    let mut said = String::new();
    for record in &records {
        event(&mut said, record);
    }
    following.after = last;
    let goes_on = last < following.begun_at || Instant::now() < following.ends;
    Some((said, goes_on.then_some(following)))
}

fn event(said: &mut String, record: &Record) {
    // One line: JSON holds no end of a line but as an escape.
    let data = redaction::record(record);
    let _ = write!(said, "id: {}\nevent: {}\ndata: {data}\n\n", record.revision, record.operation);
}
