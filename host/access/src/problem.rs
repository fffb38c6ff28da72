//! What callers are told when they get no decision.
//!
//! These are about the call, never about the decision: a denial is a 200. The body is a JSON
//! string for the developer at the other end, so each says what to do about it.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use permesso_engine::load::plain;
use permesso_front::Problem;
use permesso_front::body::BodyError;
use std::fmt;
use std::time::Duration;

/// The content type of every body.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A part of a request that is not as it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    what: Wrong,
    path: &'static str,
    wanted: &'static str,
    /// The item of a batch that it is in, from 0.
    item: Option<usize>,
}

/// What is wrong with a part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Missing,
    Empty,
    Null,
    Type,
}

impl Fault {
    /// That part is wrong in that way; it has to be sent as what is wanted.
    pub(super) const fn new(what: Wrong, path: &'static str, wanted: &'static str) -> Self {
        Self { what, path, wanted, item: None }
    }

    /// The same, in an item of a batch.
    pub(super) const fn of_item(self, item: usize) -> Self {
        Self { item: Some(item), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, path, wanted, item } = *self;
        f.write_str("`")?;
        match item {
            Some(item) if path.is_empty() => write!(f, "evaluations[{item}]")?,
            Some(item) => write!(f, "evaluations[{item}].{path}")?,
            None => f.write_str(path)?,
        }
        let what = match what {
            Wrong::Missing => "is missing",
            Wrong::Empty => "is empty",
            Wrong::Null => "is null, which is not the same as left out",
            Wrong::Type => "has the wrong type",
        };
        write!(f, "` {what}: send it as {wanted}")
    }
}

impl std::error::Error for Fault {}

/// Why there is no decision, as far as only this API knows of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum Undecided {
    #[error(
        "there is no such endpoint: POST to `/access/v1/evaluation` or `/access/v1/evaluations`, \
         with `/` and a tenant in front where there are several"
    )]
    NoEndpoint,
    #[error("no tenant of that name is served: check the last part of the path")]
    NoTenant,
    #[error("this endpoint is not asked in that way: use {0}")]
    Method(&'static str),
    #[error("the body has to be JSON in UTF-8: send `Content-Type: application/json`")]
    ContentType,
    #[error("the body is too large: send at most {0} bytes, a large batch in several requests")]
    TooLarge(usize),
    #[error("the body is empty: send a JSON object with `subject`, `action` and `resource`")]
    EmptyBody,
    #[error("the body cannot be read: send one JSON object, each member once ({})", told(.0))]
    Malformed(serde_json::Error),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(
        "`options.evaluations_semantic` is unknown: send `execute_all`, `deny_on_first_deny` or \
         `permit_on_first_permit`, or leave it out"
    )]
    Semantic,
    #[error("the tenant in the path is no UTF-8: percent-encode its UTF-8 bytes")]
    TenantEncoding,
    #[error("deciding took longer than {0:?}: send fewer items in one request")]
    SlowDecision(Duration),
    #[error("this server does not take requests at the moment: try another or try again")]
    NotReady,
    #[error("the credential does not let ask for decisions: use a key with the verb `decide`")]
    Verb,
    #[error(
        "`Permesso-At-Least` is no revision: send it once, as the number that a write answered"
    )]
    AtLeast,
    #[error("the users that this turns on cannot be read: try again")]
    Unread,
}

impl From<Undecided> for Problem {
    #[cold]
    fn from(undecided: Undecided) -> Self {
        let detail = undecided.to_string();
        match undecided {
            Undecided::NoEndpoint => Self::new(StatusCode::NOT_FOUND, "no-endpoint", detail),
            Undecided::NoTenant => Self::new(StatusCode::NOT_FOUND, "no-tenant", detail),
            Undecided::Method(allow) => Self::method(allow).saying(detail),
            Undecided::SlowDecision(_) => Self::unavailable("slow", detail),
            Undecided::NotReady => Self::unavailable("not-ready", detail),
            Undecided::Unread => Self::unavailable("unread", detail),
            Undecided::Verb => Self::new(StatusCode::FORBIDDEN, "denied", detail),
            Undecided::Malformed(_) => Self::new(StatusCode::BAD_REQUEST, "malformed", detail),
            Undecided::ContentType
            | Undecided::TooLarge(_)
            | Undecided::EmptyBody
            | Undecided::Fault(_)
            | Undecided::Semantic
            | Undecided::AtLeast
            | Undecided::TenantEncoding => Self::bad(detail),
        }
    }
}

/// What is wrong with JSON and where, in plain words.
fn told(error: &serde_json::Error) -> String {
    let told = plain(&error.to_string()).in_json();
    format!("{told}, at line {} column {}", error.line(), error.column())
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Undecided::from(fault).into()
    }
}

/// The standard knows no other status than 400 for a body that is not taken as it is.
pub(super) fn of_body(error: BodyError) -> Problem {
    match error {
        BodyError::TooLarge(limit) => Undecided::TooLarge(limit).into(),
        error => error.into(),
    }
}

/// A 200 with that JSON.
pub(super) fn json_response(json: impl Into<Body>) -> Response {
    let mut response = Response::new(json.into());
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
