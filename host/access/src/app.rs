//! What every request goes through.
//!
//! The frame around the endpoints is plain code and not a stack of layers: a layer costs a boxed
//! future and a few copies of the request, each as dear as a good part of a decision. One
//! function sees to the request id, one to the methods, one to limits, panics and time.

use super::config::ServerConfig;
use super::decide::Call;
use super::gate::{CallGate, Stop};
use super::metadata::PublicUrl;
use super::problem::{Undecided, json_response, of_body};
use super::tenancy::Tenancy;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use permesso_engine::Authorizer;
use permesso_front::{
    Door, Permits, Problem, Readiness, RequestLimits, TenantPermits, body, headers, now,
};
use permesso_node::{Inquiry, inquire};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What the router leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Evaluation,
    Evaluations,
    Metadata,
    Live,
    Ready,
    Unknown,
}

/// The server's state.
#[derive(Debug)]
pub(super) struct App {
    authorizer: Arc<Authorizer>,
    door: Option<Arc<Door>>,
    limits: RequestLimits,
    batch_items: usize,
    permits: Permits,
    waiting: TenantPermits,
    readiness: Readiness,
    url: PublicUrl,
    metadata: Bytes,
    cache_control: HeaderValue,
}

impl App {
    pub(super) fn new(config: &ServerConfig, url: PublicUrl, readiness: Readiness) -> Self {
        let max_age = format!("max-age={}", config.metadata_max_age.as_secs());
        Self {
            authorizer: Arc::clone(&config.authorizer),
            door: config.door.clone(),
            limits: config.limits,
            batch_items: config.batch_items,
            permits: Permits::new(config.limits.requests_in_flight),
            waiting: TenantPermits::share_of(config.limits.requests_in_flight),
            readiness,
            metadata: url.metadata().into(),
            url,
            cache_control: HeaderValue::try_from(max_age)
                .unwrap_or_else(|_| HeaderValue::from_static("no-cache")),
        }
    }

    /// Answers a request, whatever it is.
    pub(super) async fn respond(&self, endpoint: Endpoint, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let id = match headers::request_id(&parts.headers) {
            Ok(id) => id,
            Err(problem) => return problem.text_response(),
        };
        let answer = match endpoint {
            Endpoint::Evaluation | Endpoint::Evaluations => {
                self.access(endpoint, &parts, body).await
            }
            _ => self.about(endpoint, &parts),
        };
        let mut response = answer.unwrap_or_else(|problem| problem.text_response());
        if let Some(id) = id {
            response.headers_mut().insert(&headers::REQUEST_ID, id);
        }
        response
    }

    async fn access(
        &self,
        endpoint: Endpoint,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, Problem> {
        if parts.method != Method::POST {
            return Err(Undecided::Method("POST").into());
        }
        content_type(&parts.headers)?;
        let _permit = self.permits.enter()?;
        let gate = CallGate::enter(self.door.as_ref(), &parts.headers, now()).await?;
        let patience = self.limits.request_time;
        let body = body::read(body, self.limits.body_bytes, patience).await.map_err(of_body)?;
        if body.is_empty() {
            return Err(Undecided::EmptyBody.into());
        }
        let tenant = tenant_of(parts.uri.path())?;
        let asked = Asked { app: self, endpoint, tenant, body: &body, gate };
        Ok(json_response(inquire(asked).await?))
    }

    /// The answer, or what has to be done before there can be one.
    fn decided(
        &self,
        endpoint: Endpoint,
        tenant: Option<Cow<'_, str>>,
        body: &[u8],
        gate: &CallGate,
    ) -> Result<Vec<u8>, Stop> {
        let call = Call {
            authorizer: &self.authorizer,
            tenancy: Tenancy::new(&self.authorizer, tenant),
            gate,
            now: now(),
            patience: self.limits.request_time,
        };
        let span = tracing::debug_span!("access", ?endpoint, bytes = body.len());
        let _entered = span.enter();
        // Nothing that is shared is left half changed by a panic: the engine's tables are
        // replaced whole, and a family's instance that panicked is thrown away.
        let decided = catch_unwind(AssertUnwindSafe(|| match endpoint {
            Endpoint::Evaluations => call.batch(body, self.batch_items),
            _ => call.single(body),
        }));
        decided.unwrap_or_else(|_| {
            tracing::error!(?endpoint, "a panic kept a request from being decided");
            Err(Problem::internal().into())
        })
    }

    /// What is known without a decision.
    fn about(&self, endpoint: Endpoint, parts: &Parts) -> Result<Response, Problem> {
        if endpoint != Endpoint::Unknown && !matches!(parts.method, Method::GET | Method::HEAD) {
            return Err(Undecided::Method("GET, HEAD").into());
        }
        match endpoint {
            Endpoint::Metadata => self.metadata(parts.uri.path()),
            Endpoint::Live => Ok(json_response("\"live\"")),
            Endpoint::Ready if self.readiness.is_ready() => Ok(json_response("\"ready\"")),
            Endpoint::Ready => Err(Undecided::NotReady.into()),
            _ => Err(Undecided::NoEndpoint.into()),
        }
    }

    fn metadata(&self, path: &str) -> Result<Response, Problem> {
        let tenant = path.strip_prefix("/.well-known/authzen-configuration/");
        let mut response = match tenant.map(decoded).transpose()? {
            None => json_response(self.metadata.clone()),
            // Where callers need a credential nobody learns here which tenants there are.
            Some(tenant) if self.door.is_some() || self.authorizer.tenant(&tenant).is_some() => {
                json_response(self.url.metadata_of(&tenant))
            }
            Some(_) => return Err(Undecided::NoTenant.into()),
        };
        response.headers_mut().insert(CACHE_CONTROL, self.cache_control.clone());
        Ok(response)
    }
}

/// A call that is being answered.
struct Asked<'a> {
    app: &'a App,
    endpoint: Endpoint,
    tenant: Option<Cow<'a, str>>,
    body: &'a [u8],
    gate: CallGate,
}

impl Inquiry for Asked<'_> {
    type Answer = Vec<u8>;
    type Lack = Stop;
    type Error = Problem;

    fn ask(&mut self) -> Result<Vec<u8>, Stop> {
        self.app.decided(self.endpoint, self.tenant.clone(), self.body, &self.gate)
    }

    async fn bring(&mut self, stop: Stop) -> Result<(), Problem> {
        let _place = match &stop {
            Stop::Behind(tenant, _) => Some(self.app.waiting.enter(tenant)?),
            _ => None,
        };
        self.gate.go_on(stop).await
    }

    fn endless(&self) -> Problem {
        Undecided::Unread.into()
    }
}

/// Refuses a body that is not declared as JSON. Browsers cannot declare that without asking
/// first, which is refused: no page can make its reader's browser ask for decisions.
fn content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let is_json = |value: &HeaderValue| {
        // As nearly all write it.
        value == "application/json"
            || value
                .to_str()
                .ok()
                .and_then(headers::media_type)
                .is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
    };
    match (types.next(), types.next()) {
        (Some(only), None) if is_json(only) => Ok(()),
        _ => Err(Undecided::ContentType.into()),
    }
}

/// The tenant in front of `/access/v1/…`.
fn tenant_of(path: &str) -> Result<Option<Cow<'_, str>>, Problem> {
    if path.starts_with("/access/v1/") {
        return Ok(None);
    }
    match path.strip_prefix('/').and_then(|path| path.split('/').next()) {
        None | Some("") => Err(Undecided::NoEndpoint.into()),
        Some(tenant) => decoded(tenant).map(Some),
    }
}

fn decoded(segment: &str) -> Result<Cow<'_, str>, Problem> {
    percent_decode_str(segment).decode_utf8().map_err(|_| Undecided::TenantEncoding.into())
}
