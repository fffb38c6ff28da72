//! What an endpoint answers when all is well.

use crate::media::{EVENTS, JSON, LINES, SCHEMA, YAML};
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use permesso_node::DocumentKind;
use serde_json::Value;

/// The revision of the tenant that an answer is of.
pub(crate) static REVISION: HeaderName = HeaderName::from_static("permesso-revision");

/// Whether a change had been made before, under the same idempotency key.
pub(crate) static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    media: &'static str,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Body,
    edited: Vec<(DocumentKind, String)>,
}

impl Reply {
    fn new(media: &'static str, body: Body) -> Self {
        let (headers, edited) = (Vec::new(), Vec::new());
        Self { status: StatusCode::OK, media, headers, body, edited }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::new(JSON, Body::from(value.to_string()))
    }

    /// What is JSON already.
    pub(crate) fn raw(json: impl Into<Body>) -> Self {
        Self::new(JSON, json.into())
    }

    pub(crate) fn yaml(text: impl Into<Body>) -> Self {
        Self::new(YAML, text.into())
    }

    /// A JSON Schema.
    pub(crate) fn schema(schema: &Value) -> Self {
        Self::new(SCHEMA, Body::from(schema.to_string()))
    }

    pub(crate) fn lines(body: Body) -> Self {
        Self::new(LINES, body)
    }

    /// Events, as they happen.
    pub(crate) fn events(body: Body) -> Self {
        Self::new(EVENTS, body)
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Of which revision of the tenant it is.
    pub(crate) fn revision(self, revision: u64) -> Self {
        self.header(REVISION.clone(), &revision.to_string())
    }

    /// Of which revision the document is.
    pub(crate) fn etag(self, revision: u64) -> Self {
        self.header(ETAG, &format!("\"{revision}\""))
    }

    pub(crate) fn replayed(self) -> Self {
        self.header(REPLAYED.clone(), "true")
    }

    /// Which documents were changed.
    pub(crate) fn edited(mut self, edited: Vec<(DocumentKind, String)>) -> Self {
        self.edited = edited;
        self
    }

    /// The document of a kind that was changed.
    pub(crate) fn edited_id(&self, kind: DocumentKind) -> Option<&str> {
        self.edited.iter().find(|(of, _)| *of == kind).map(|(_, id)| id.as_str())
    }

    /// Where to find what was made, if something was.
    pub(crate) fn at(self, place: &str) -> Self {
        match self.status {
            StatusCode::CREATED => self.header(LOCATION, place),
            _ => self,
        }
    }

    pub(crate) fn response(self) -> Response {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media));
        // Tokens that are shown once are kept by nobody on the way.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(self.headers);
        response
    }
}
