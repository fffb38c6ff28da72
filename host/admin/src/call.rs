//! One request, as an endpoint sees it: everything that can be checked without knowing what the
//! endpoint does has been.

use crate::matching::Matching;
use crate::query::Query;
use crate::reply::Reply;
use crate::{Admin, PREFIX, impact, redaction};
use axum::body::Bytes;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use permesso_engine::diagnostic::Diagnostic;
use permesso_engine::load;
use permesso_engine::model::Position;
use permesso_front::{Principal, Problem};
use permesso_node::{
    Caller, DocumentKind, Done, DryRun, Look, Node, Operation, Options, Precondition, kept,
    operation,
};
use permesso_store::Realm;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) admin: Arc<Admin>,
    /// The path of its endpoint, with the names of its parts in braces.
    pub(crate) template: String,
    /// What it demands of the document that is edited.
    pub(crate) matching: Matching,
    /// The status of what it answers when all is well.
    pub(crate) status: StatusCode,
    pub(crate) principal: Option<Principal>,
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) query: Query,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body is YAML.
    pub(crate) is_yaml: bool,
    /// The caller's own key for the request, and what the request is.
    pub(crate) idempotency: Option<(String, String)>,
    pub(crate) request: String,
    pub(crate) now: i64,
}

impl Call {
    pub(crate) fn node(&self) -> &Arc<Node> {
        self.admin.node()
    }

    /// A part of the path.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    pub(crate) fn id(&self) -> &str {
        self.part("id")
    }

    /// The tenant of the path; else the platform.
    pub(crate) fn realm(&self) -> Result<Realm, Problem> {
        match self.path.get("tenant") {
            Some(tenant) => operation::realm(tenant).map_err(|_| Problem::no_tenant(tenant)),
            None => Ok(Realm::platform()),
        }
    }

    pub(crate) async fn look(&self) -> Result<Look, Problem> {
        Ok(self.node().look(&self.realm()?).await?)
    }

    pub(crate) fn principal(&self) -> Result<&Principal, Problem> {
        self.principal.as_ref().ok_or_else(Problem::internal)
    }

    pub(crate) fn caller(&self) -> Result<Caller, Problem> {
        Ok(self.principal()?.caller())
    }

    /// Whether the caller holds a permission in the tenant of the path.
    pub(crate) async fn may(&self, permission: &str) -> Result<(), Problem> {
        let (realm, caller) = (self.realm()?, self.caller()?);
        Ok(self.node().may(&realm, &caller, permission).await?)
    }

    /// What the body says.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        read(&self.body)
    }

    /// What the body says, where there is one.
    pub(crate) fn read_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        if self.body.is_empty() { Ok(T::default()) } else { self.read() }
    }

    /// The body as it is.
    pub(crate) fn text(&self) -> Result<String, Problem> {
        String::from_utf8(self.body.to_vec())
            .map_err(|_| Problem::bad("the body is no UTF-8; write it as such"))
    }

    /// Whether the caller wants that type of content.
    pub(crate) fn accepts(&self, media: &str) -> bool {
        let accepted = self.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut types = accepted.flat_map(|value| value.split(','));
        types.any(|one| one.split(';').next().is_some_and(|one| one.trim() == media))
    }

    /// Where a part of this API is.
    pub(crate) fn place(&self, parts: &[&str]) -> String {
        parts.iter().fold(PREFIX.to_owned(), |place, part| format!("{place}/{}", encoded(part)))
    }

    /// Where this request went.
    pub(crate) fn own_place(&self) -> String {
        let parts = self.template.split('/').filter(|part| !part.is_empty());
        parts.fold(PREFIX.to_owned(), |place, part| {
            let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            match name {
                Some(name) => format!("{place}/{}", encoded(self.part(name))),
                None => format!("{place}/{part}"),
            }
        })
    }

    /// What is demanded of the document that is edited. `None` where it is to be made.
    pub(crate) fn matching(
        &self,
        kind: DocumentKind,
        id: &str,
    ) -> Result<Option<Vec<Precondition>>, Problem> {
        self.matching.preconditions(&self.headers, kind, id)
    }

    /// At which revision the tenant as a whole has to be, where the caller says so.
    pub(crate) fn expected(&self) -> Result<Option<u64>, Problem> {
        let wanted = self.matching(DocumentKind::Settings, "tenant")?.unwrap_or_default();
        Ok(wanted.first().and_then(|wanted| wanted.revision))
    }

    /// Makes a change in the caller's name.
    pub(crate) async fn change(
        &self,
        operation: &dyn Operation,
        preconditions: Vec<Precondition>,
    ) -> Result<Reply, Problem> {
        let realm = self.realm()?;
        self.change_as(&realm, &self.caller()?, operation, preconditions).await
    }

    /// Makes a change.
    pub(crate) async fn change_as(
        &self,
        realm: &Realm,
        caller: &Caller,
        operation: &dyn Operation,
        preconditions: Vec<Precondition>,
    ) -> Result<Reply, Problem> {
        let options = Options {
            dry_run: self.query.flag("dry_run"),
            preconditions,
            idempotency: self.idempotency.clone(),
            request: self.request.clone(),
        };
        let done = self.node().perform(realm, caller, operation, &options).await?;
        if let Some(tried) = &done.tried {
            let impact = self.impact(realm, &done, tried).await?;
            let mut edited = Vec::with_capacity(done.edited.len());
            for edit in &done.edited {
                // What somebody may edit and not read is not read by trying to edit it.
                let caller = self.caller()?;
                let may = self.node().may(realm, &caller, redaction::permission(edit.kind));
                edited.push(redaction::edited(edit, may.await.is_ok()));
            }
            let answer = json!({"revision": done.revision, "edited": edited, "impact": impact});
            return Ok(Reply::json(&answer).revision(done.revision));
        }
        let edited: Vec<(DocumentKind, String)> =
            done.edited.iter().map(|edit| (edit.kind, edit.id.clone())).collect();
        let reply = Reply::json(&changed(&done)).revision(done.revision).edited(edited);
        let reply = reply.status(self.status);
        Ok(if done.repeated { reply.replayed() } else { reply })
    }

    /// What a change that was tried does to people, as far as the caller may see them.
    pub(crate) async fn impact(
        &self,
        realm: &Realm,
        done: &Done,
        tried: &DryRun,
    ) -> Result<Value, Problem> {
        impact::of(self.node(), realm, &self.caller()?, self.now, done, tried).await
    }
}

/// A part of a path.
pub(crate) fn encoded(part: &str) -> String {
    const KEPT: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(part, &KEPT).to_string()
}

/// What a body says.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    read_borrowed(body)
}

/// What a body says. Its form is told from what it says: the one is a bad request, the other has
/// a place.
pub(crate) fn read_borrowed<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Problem> {
    let error = match kept::json(body) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let at = |n: usize| u32::try_from(n).unwrap_or(0);
    let (line, column) = (error.line(), error.column());
    let told = load::plain(&error.to_string()).in_json();
    // Of JSON that says something else than is wanted readers say so in more than one way.
    if !error.is_data() && serde_json::from_slice::<IgnoredAny>(body).is_err() {
        let detail = format!("the body is no JSON: line {line}, column {column}: {told}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "malformed", detail));
    }
    let load::Plain { message, help } = told;
    let found = Diagnostic {
        file: "body".to_owned(),
        at: Position { line: at(line), column: at(column) },
        field: String::new(),
        message,
        help,
    };
    Err(Problem::diagnosed([&found]))
}

fn changed(done: &Done) -> Value {
    let edited = done.edited.iter().map(|edit| json!({"kind": edit.kind.name(), "id": edit.id}));
    let edited: Vec<Value> = edited.collect();
    let mut answer = json!({"revision": done.revision, "edited": edited});
    if let (Value::Object(answer), Value::Object(says)) = (&mut answer, &done.answer) {
        answer.extend(says.clone());
    }
    answer
}

/// A page of a list.
pub(crate) fn page(revision: u64, items: Vec<Value>, next: Option<String>) -> Reply {
    let mut answer = json!({"revision": revision, "items": items});
    if let (Value::Object(answer), Some(next)) = (&mut answer, next) {
        answer.insert("next".to_owned(), next.into());
    }
    Reply::json(&answer).revision(revision)
}

/// As many as were asked for, and after which one to go on where there are more.
pub(crate) fn cut<T>(
    mut found: Vec<T>,
    limit: usize,
    id: impl Fn(&T) -> &str,
) -> (Vec<T>, Option<String>) {
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| id(last).to_owned());
    (found, next)
}

/// One document.
pub(crate) fn item(id: &str, revision: u64, document: &impl Serialize) -> Value {
    json!({"id": id, "revision": revision, "document": document})
}
