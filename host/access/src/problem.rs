//! What callers are told when they get no decision.
//!
//! These are about the call, never about the decision: a denial is a 200. The body is a JSON
//! string for the developer at the other end, so each says what to do about it.

use super::json::Json;
use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use permesso_auth::Refusal;
use permesso_node::Unserved;
use std::fmt::Write as _;
use std::time::Duration;

/// The content type of every body.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A part of a request that is not as it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("`{0}` is missing: send it as {1}")]
    Missing(&'static str, &'static str),
    #[error("`{0}` is empty: send it as {1}")]
    Empty(&'static str, &'static str),
    #[error("`{0}` has the wrong type: send it as {1}")]
    Type(&'static str, &'static str),
}

/// Why there is no decision.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error(
        "there is no such endpoint: POST to `/access/v1/evaluation` or `/access/v1/evaluations`, \
         with `/` and a tenant in front where there are several"
    )]
    NoEndpoint,
    #[error("no tenant of that name is served: check the last part of the path")]
    NoTenant,
    #[error("this endpoint is not asked in that way: use {0}")]
    Method(&'static str),
    #[error(
        "`X-Request-ID` is not usable: send it once, as 1 to {} visible ASCII characters",
        super::headers::MAX_REQUEST_ID
    )]
    RequestId,
    #[error("the body has to be JSON in UTF-8: send `Content-Type: application/json`")]
    ContentType,
    #[error("the body is too large: send at most {0} bytes, a large batch in several requests")]
    TooLarge(usize),
    #[error("the body broke off: send as many bytes as `Content-Length` says")]
    BrokenBody,
    #[error("the body took longer than {0:?}: send it in one go")]
    SlowBody(Duration),
    #[error("the body is empty: send a JSON object with `subject`, `action` and `resource`")]
    EmptyBody,
    #[error("the body cannot be read: send one JSON object, each member once ({0})")]
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
    #[error("more requests at a time than this server takes: try again in a second")]
    Busy,
    #[error("deciding took longer than {0:?}: send fewer items in one request")]
    SlowDecision(Duration),
    #[error("this server does not take requests at the moment: try another or try again")]
    NotReady,
    #[error("an error in this server kept it from deciding: its log says more")]
    Panic,
    #[error(transparent)]
    Refused(Refusal),
    #[error("the credential does not let ask for decisions: use a key with the verb `decide`")]
    Verb,
    #[error(
        "`Permesso-At-Least` is no revision: send it once, as the number that a write answered"
    )]
    AtLeast,
    #[error(transparent)]
    Unserved(Unserved),
    #[error("the users that this turns on cannot be read: try again")]
    Unread,
}

/// The longest message; texts of the caller may stand in one.
const MAX_MESSAGE: usize = 400;

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoEndpoint | Self::NoTenant => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::SlowBody(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Busy
            | Self::SlowDecision(_)
            | Self::NotReady
            | Self::Unserved(_)
            | Self::Unread => StatusCode::SERVICE_UNAVAILABLE,
            Self::Refused(refusal) => {
                StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED)
            }
            Self::Verb => StatusCode::FORBIDDEN,
            Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
            Self::RequestId
            | Self::ContentType
            | Self::TooLarge(_)
            | Self::BrokenBody
            | Self::EmptyBody
            | Self::Malformed(_)
            | Self::Fault(_)
            | Self::Semantic
            | Self::AtLeast
            | Self::TenantEncoding => StatusCode::BAD_REQUEST,
        }
    }

    #[cold]
    pub(super) fn response(&self) -> Response {
        let mut message = String::new();
        let _ = write!(message, "{self}");
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        let mut json = Json::with_capacity(message.len() + 2);
        json.str(&message);
        let mut response = json_response(json.into_bytes());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self {
            Self::Method(allow) => {
                headers.insert(ALLOW, HeaderValue::from_static(allow));
            }
            Self::Busy
            | Self::SlowDecision(_)
            | Self::NotReady
            | Self::Unserved(_)
            | Self::Unread => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::Refused(refusal) => {
                let challenge = refusal.challenge().map(HeaderValue::try_from);
                if let Some(Ok(challenge)) = challenge {
                    headers.insert(WWW_AUTHENTICATE, challenge);
                }
            }
            Self::SlowBody(_) => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

/// A 200 with that JSON.
pub(super) fn json_response(json: impl Into<Body>) -> Response {
    let mut response = Response::new(json.into());
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
