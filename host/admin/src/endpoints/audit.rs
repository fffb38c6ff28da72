//! The log: who changed what, and going back.

use crate::call::Call;
use crate::media::LINES;
use crate::query::{Form, LARGEST, LIMIT, Param};
use crate::redaction;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{changed, list as list_schema, named, object, of, raw, revision};
use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::stream::try_unfold;
use permesso_front::Problem;
use permesso_node::Node;
use permesso_node::operation::{Rollback, Undo};
use permesso_store::{LogQuery, Realm, Record, StoreError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A tenant that is to be as it was.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Back {
    /// After which revision.
    #[schemars(range(min = 1))]
    to: u64,
}

const LOG: &str = "/tenants/{tenant}/audit";
const ONE: &str = "/tenants/{tenant}/audit/{revision}";

/// What has to be held to go back, besides what the single edits need.
const RESTORE: &str = "permesso.history.restore";

/// Records that are read at a time where all are streamed.
const AT_ONCE: u32 = 200;

pub(crate) fn routes() -> Vec<Route> {
    let filters = [
        Param::number("after", "After this revision"),
        Param::number("before", "Before this revision"),
        Param { name: "since", form: Form::From, about: "Written then or later" },
        Param {
            name: "until",
            form: Form::Until,
            about: "Written before; of a date, before that day ends",
        },
        Param::text("actor", "By whom, such as `user:grace`"),
        Param::text("operation", "Which operation; `role.*` for all that begin so"),
        Param::text("kind", "On documents of this kind"),
        Param::text("id", "On the document of this id; only together with `kind`"),
        Param {
            name: "order",
            form: Form::Choice(&["newest", "oldest"]),
            about: "Which come first; the newest where nothing is said",
        },
        LIMIT,
    ];
    vec![
        Route::new(
            Method::GET,
            LOG,
            "listAudit",
            "The log. As lines of JSON all that fit are streamed; else `next` goes into `before`, \
             or into `after` where the oldest come first",
            list,
        )
        .reads("permesso.audit.read")
        .query(filters)
        .answers(object(vec![
            ("revision", raw(revision())),
            ("items", list_schema(named("LogRecord"))),
            ("next?", raw(revision())),
        ]))
        .answers_as(LINES, raw(json!({"type": "string"}))),
        Route::new(Method::GET, ONE, "getAudit", "One record of the log", get)
            .reads("permesso.audit.read")
            .answers(named("LogRecord")),
        Route::new(
            Method::POST,
            format!("{ONE}/undo"),
            "undo",
            "Undo a change, where nothing that it wrote was written since",
            undo,
        )
        .answers(changed(vec![("undone?", raw(revision()))])),
        Route::new(
            Method::POST,
            "/tenants/{tenant}/rollback",
            "rollback",
            "Make a tenant what it was after a revision, as a new change",
            rollback,
        )
        .takes(of::<Back>())
        .answers(changed(vec![("to?", raw(revision()))])),
    ]
}

fn query(call: &Call) -> Result<LogQuery, Problem> {
    let text = |name: &str| call.query.text(name).map(str::to_owned);
    if call.query.text("id").is_some() && call.query.text("kind").is_none() {
        return Err(Problem::bad("`id` is taken only together with `kind`; say both"));
    }
    Ok(LogQuery {
        after: call.query.number("after"),
        before: call.query.number("before"),
        since: call.query.from("since"),
        until: call.query.until("until"),
        actor: text("actor"),
        operation: text("operation"),
        kind: text("kind"),
        id: text("id"),
        newest_first: call.query.text("order") != Some("oldest"),
        limit: 0,
    })
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let mut query = query(&call)?;
    if call.accepts(LINES) {
        // What is written while it is read is left for the next time.
        let end = view.revision().saturating_add(1);
        query.before = Some(query.before.map_or(end, |before| before.min(end)));
        query.limit = AT_ONCE;
        let body = stream(Arc::clone(call.node()), view.realm().clone(), query);
        return Ok(Reply::lines(body).revision(view.revision()));
    }
    let limit = call.query.limit();
    query.limit = u32::try_from(limit + 1).unwrap_or(AT_ONCE);
    let mut records = view.store().log(view.realm(), &query).await?;
    let more = records.len() > limit;
    records.truncate(limit);
    let items: Vec<Value> = records.iter().map(redaction::record).collect();
    let mut answer = json!({"revision": view.revision(), "items": items});
    if let (Value::Object(answer), Some(last), true) = (&mut answer, records.last(), more) {
        answer.insert("next".to_owned(), last.revision.into());
    }
    Ok(Reply::json(&answer).revision(view.revision()))
}

/// All records that fit, page by page. An error cuts the connection, so that nobody takes a part
/// for the whole.
fn stream(node: Arc<Node>, realm: Realm, query: LogQuery) -> Body {
    Body::from_stream(try_unfold(Some(query), move |query| {
        let (node, realm) = (Arc::clone(&node), realm.clone());
        async move {
            let Some(mut query) = query else { return Ok::<_, StoreError>(None) };
            let records = node.store().log(&realm, &query).await?;
            let Some(last) = records.last() else { return Ok(None) };
            match query.newest_first {
                true => query.before = Some(last.revision),
                false => query.after = Some(last.revision),
            }
            let full = records.len() >= usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
            let lines: String =
                records.iter().map(|record| format!("{}\n", redaction::record(record))).collect();
            Ok(Some((Bytes::from(lines), full.then_some(query))))
        }
    }))
}

/// The revision in the path.
fn number(call: &Call) -> Result<u64, Problem> {
    let text = call.part("revision");
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (1..=LARGEST).contains(number));
    number.ok_or_else(|| Problem::bad("a revision is a whole number from 1; read it in the log"))
}

async fn get(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let revision = number(&call)?;
    let query = LogQuery {
        after: Some(revision - 1),
        before: Some(revision + 1),
        limit: 1,
        ..LogQuery::default()
    };
    let found: Option<Record> = view.store().log(view.realm(), &query).await?.pop();
    let record = found.ok_or_else(|| {
        Problem::not_found(format!("there is no revision {revision} in {}", view.realm()))
    })?;
    Ok(Reply::json(&redaction::record(&record)).revision(view.revision()))
}

async fn undo(call: Call) -> Result<Reply, Problem> {
    let revision = number(&call)?;
    call.may(RESTORE).await?;
    call.change(&Undo { revision }, Vec::new()).await
}

async fn rollback(call: Call) -> Result<Reply, Problem> {
    let Back { to } = call.read()?;
    call.may(RESTORE).await?;
    call.change(&Rollback { to }, Vec::new()).await
}
