//! What callers are told when something is not done: problem details, RFC 9457.
//!
//! Each has a code that never changes its meaning, a text that says what to do, and whatever a
//! program needs to go on: which documents are wrong and where, who wrote in between, how many
//! users stand in the way.

use crate::body::BodyError;
use crate::principal::{Forbidden, verb_name};
use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use permesso_auth::Refusal;
use permesso_engine::diagnostic::Diagnostic;
use permesso_engine::model::{Instant, Position};
use permesso_node::{ChangeError, Unserved};
use permesso_store::{Record, StoreError};
use serde_json::{Map, Value, json};

/// The content type of every problem.
pub const PROBLEM: &str = "application/problem+json";

/// Before the code of each problem.
pub const URN: &str = "urn:permesso:problem:";

/// The longest text of an answer that is one; texts of the caller may stand in it.
const MAX_TEXT: usize = 400;

/// Why a request was not done.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: String,
    detail: String,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of that code, and what to do about it.
    pub fn new(status: StatusCode, code: impl Into<String>, detail: impl Into<String>) -> Self {
        let (code, detail) = (code.into(), detail.into());
        Self { status, code, detail, members: Map::new(), headers: Vec::new() }
    }

    /// The request makes no sense as it stands.
    pub fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// There is no such tenant, or none that is shown.
    #[must_use]
    pub fn no_tenant(tenant: &str) -> Self {
        let detail = format!("there is no tenant `{tenant}`");
        Self::new(StatusCode::NOT_FOUND, "no-tenant", detail)
    }

    /// It is asked in another way.
    #[must_use]
    pub fn method(allow: &str) -> Self {
        let detail = format!("this is not asked in that way: use {allow}");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail);
        problem.header(ALLOW, allow)
    }

    /// One thing is wrong with what was sent.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let diagnostic = Diagnostic {
            file: "body".to_owned(),
            at: Position::default(),
            field: field.to_owned(),
            message: message.into(),
            help: None,
        };
        Self::diagnosed([&diagnostic])
    }

    /// What was sent is wrong in these ways.
    pub fn diagnosed<'a>(found: impl IntoIterator<Item = &'a Diagnostic>) -> Self {
        let found: Vec<&Diagnostic> = found.into_iter().collect();
        let detail = match found.as_slice() {
            [one] => one.message.clone(),
            several => format!("{} things are wrong; see `diagnostics`", several.len()),
        };
        let found: Vec<Value> = found.into_iter().map(diagnostic).collect();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
            .with("diagnostics", Value::Array(found))
    }

    /// It changed since the caller read it, to revision `is`.
    fn stale(detail: String, is: u64, by: &str, change: Option<&Record>) -> Self {
        let conflict = match change {
            Some(change) => json!({
                "revision": change.revision,
                "actor": change.actor,
                "at": Instant::from_millis(change.at),
                "operation": change.operation,
            }),
            None => json!({"revision": is, "actor": by, "at": null, "operation": null}),
        };
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition-failed", detail)
            .with("conflict", conflict)
    }

    /// A fault of this server.
    #[must_use]
    pub fn internal() -> Self {
        let detail = "an error in this server kept it from answering; its log says more";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// Not now; in a second perhaps.
    pub fn unavailable(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).header(RETRY_AFTER, "1")
    }

    /// More at a time than this server takes.
    #[must_use]
    pub fn busy() -> Self {
        Self::unavailable(
            "busy",
            "more requests at a time than this server takes: try again in a second",
        )
    }

    /// The same in other words.
    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// With a member more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// With a header more.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Its name for machines.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// As an answer.
    #[must_use]
    pub fn response(self) -> Response {
        let mut body = json!({
            "type": format!("{URN}{}", self.code),
            "title": title(self.status),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        if let Value::Object(body) = &mut body {
            body.extend(self.members);
        }
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }

    /// As an answer of an API whose errors are one text each: a JSON string for the developer at
    /// the other end.
    #[must_use]
    pub fn text_response(self) -> Response {
        let end = self.detail.floor_char_boundary(MAX_TEXT);
        let text = Value::from(self.detail.get(..end).unwrap_or_default());
        let mut response = Response::new(Body::from(text.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}

/// One text for each status: what differs is in the detail.
#[must_use]
pub fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "the request cannot be understood",
        StatusCode::UNAUTHORIZED => "who calls is not known",
        StatusCode::FORBIDDEN => "whoever calls may not do this",
        StatusCode::NOT_FOUND => "there is no such thing",
        StatusCode::METHOD_NOT_ALLOWED => "it is not asked in that way",
        StatusCode::REQUEST_TIMEOUT => "the request did not come in time",
        StatusCode::CONFLICT => "it would break what has to stay",
        StatusCode::PRECONDITION_FAILED => "it changed since it was read",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "the body is of another type",
        StatusCode::UNPROCESSABLE_ENTITY => "what was sent is wrong",
        StatusCode::PRECONDITION_REQUIRED => "it is not said what is edited",
        StatusCode::SERVICE_UNAVAILABLE => "it cannot be done right now",
        _ => "an error in this server",
    }
}

/// A diagnostic as callers see it.
#[must_use]
pub fn diagnostic(found: &Diagnostic) -> Value {
    json!({
        "file": found.file,
        "line": found.at.line,
        "column": found.at.column,
        "field": found.field,
        "message": found.message,
        "help": found.help,
    })
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        tracing::debug!(code = refusal.code(), "a caller was not let in");
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let code = match status {
            StatusCode::BAD_REQUEST => "ambiguous-credential",
            StatusCode::SERVICE_UNAVAILABLE => {
                return Self::unavailable("issuer-unavailable", refusal.to_string());
            }
            _ => "unauthenticated",
        };
        let problem = Self::new(status, code, refusal.to_string());
        match refusal.challenge() {
            Some(challenge) => problem.header(WWW_AUTHENTICATE, &challenge),
            None => problem,
        }
    }
}

impl From<Forbidden> for Problem {
    fn from(forbidden: Forbidden) -> Self {
        let detail = forbidden.to_string();
        match forbidden {
            Forbidden::NoTenant(tenant) => Self::no_tenant(&tenant),
            Forbidden::Verb(verb) => Self::new(StatusCode::FORBIDDEN, "denied", detail)
                .with("permission", verb_name(verb))
                .with("reason", "verb"),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict { .. } => {
                Self::new(StatusCode::CONFLICT, "conflict", error.to_string())
            }
            StoreError::Unknown(_) => Self::unavailable("outcome-unknown", error.to_string()),
            StoreError::Name(name) => Self::invalid("id", name.to_string()),
            error if error.is_outage() => {
                tracing::warn!(%error, "the store did not answer");
                Self::unavailable("store-unavailable", "the store cannot be reached; try again")
            }
            error => {
                tracing::error!(%error, "the store refused");
                Self::internal()
            }
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let (status, code) = match error {
            BodyError::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large"),
            BodyError::Broken => (StatusCode::BAD_REQUEST, "bad-request"),
            BodyError::Slow(_) => (StatusCode::REQUEST_TIMEOUT, "timeout"),
        };
        let problem = Self::new(status, code, error.to_string());
        match error {
            // What still comes of it would be taken for another request.
            BodyError::Slow(_) => problem.header(CONNECTION, "close"),
            _ => problem,
        }
    }
}

impl From<Unserved> for Problem {
    fn from(unserved: Unserved) -> Self {
        let problem = Self::unavailable(unserved.code(), unserved.to_string());
        match unserved {
            Unserved::Stale { age, .. } => {
                problem.with("age_ms", u64::try_from(age.as_millis()).unwrap_or(u64::MAX))
            }
            Unserved::Behind { is, .. } => problem.with("revision", is),
            Unserved::Unloaded { .. } | Unserved::Unread { .. } => problem,
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeError::Store(error) => error.into(),
            ChangeError::Unserved(unserved) => unserved.into(),
            ChangeError::Invalid(found) => Self::diagnosed(found.iter()),
            ChangeError::Document { kind, id, why } => Self::invalid(&format!("{kind}.{id}"), why),
            ChangeError::Request { field, message } => Self::invalid(&field, message),
            ChangeError::Name(name) => Self::invalid("id", name.to_string()),
            ChangeError::Missing { .. } => Self::not_found(detail),
            ChangeError::NoTenant(tenant) => Self::no_tenant(&tenant),
            ChangeError::Exists { .. } => Self::new(StatusCode::CONFLICT, "exists", detail),
            ChangeError::Denied { permission, reason, .. } => {
                Self::new(StatusCode::FORBIDDEN, "denied", detail)
                    .with("permission", permission)
                    .with("reason", reason)
            }
            ChangeError::Guarded { guard, users, .. } => {
                let problem = Self::new(StatusCode::CONFLICT, guard, detail);
                match users {
                    Some(users) => problem.with("users", users),
                    None => problem,
                }
            }
            ChangeError::Stale { is, by, change, .. } => {
                Self::stale(detail, is, &by, change.as_deref())
            }
            ChangeError::Moved { is, change, .. } => {
                Self::stale(detail, is, "nobody", change.as_deref())
            }
            ChangeError::NoRevision { .. } => Self::not_found(detail),
            ChangeError::Unconditional { .. } => {
                Self::new(StatusCode::PRECONDITION_REQUIRED, "unconditional", detail)
            }
            ChangeError::OtherRequest => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
            }
            ChangeError::Busy(_) => Self::unavailable("busy", detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_store::Realm;

    #[test]
    fn a_tenant_that_is_hidden_reads_like_one_that_is_not_there() {
        let hidden = Problem::from(Forbidden::NoTenant("a".to_owned()));
        let missing = Problem::from(ChangeError::NoTenant("a".to_owned()));
        assert_eq!(
            (hidden.status, hidden.code, hidden.detail),
            (missing.status, missing.code, missing.detail)
        );
    }

    #[test]
    fn whoever_should_try_again_is_told_when() {
        let busy = Problem::from(ChangeError::Busy(Realm::platform())).response();
        assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(busy.headers().get(RETRY_AFTER).unwrap(), "1");
    }
}
