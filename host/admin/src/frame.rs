//! What every request goes through before an endpoint sees it, and after.

use crate::call::{Call, header};
use crate::principal::Principal;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::Reply;
use crate::route::{Gate, JSON, Route, YAML};
use crate::{Admin, MAX_BODY, PATIENCE};
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use permesso_auth::key::Verb;
use permesso_engine::model::{Status, User};
use permesso_node::{Caller, DocumentKind as Kind};
use permesso_store::Realm;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::task::AbortHandle;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest id of a request, and the longest idempotency key.
pub(crate) const MAX_ID: usize = 128;

/// How many times the limit of a body is read and thrown away, so that a caller who is still
/// sending sees why it was refused.
const DISCARDED: usize = 8;

/// Answers a request to a path that has these endpoints, whatever it is.
pub(crate) async fn respond(
    admin: Arc<Admin>,
    routes: Arc<Vec<Arc<Route>>>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let id = match visible(&parts.headers, &REQUEST_ID) {
        Ok(id) => id,
        Err(problem) => return problem.response(),
    };
    let answer = answer(admin, &routes, &mut parts, body, id.clone());
    // Nothing that is shared is left half changed by a panic: what is shared is replaced whole.
    let mut response = match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(reply)) => reply.response(),
        Ok(Err(problem)) => problem.response(),
        Err(_) => {
            tracing::error!(path = parts.uri.path(), "a panic kept a request from being answered");
            Problem::internal().response()
        }
    };
    if let Some(id) = id.and_then(|id| HeaderValue::try_from(id).ok()) {
        response.headers_mut().insert(&REQUEST_ID, id);
    }
    response
}

async fn answer(
    admin: Arc<Admin>,
    routes: &[Arc<Route>],
    parts: &mut Parts,
    body: Body,
    id: Option<String>,
) -> Result<Reply, Problem> {
    let route = Arc::clone(find(routes, &parts.method)?);
    let path = path(parts).await?;
    let now = now();
    let principal = match route.gate {
        Gate::Open => None,
        _ => Some(admin.authenticate(&parts.headers, now).await?),
    };
    if let Some(principal) = &principal {
        gate(&admin, &route, principal, path.get("tenant").map(String::as_str)).await?;
    }
    let query = Query::parse(parts.uri.query().unwrap_or_default(), &route.query)?;
    let key = match route.changes {
        true => visible(&parts.headers, &IDEMPOTENCY_KEY)?,
        false => None,
    };
    let (body, is_yaml) = taken(&route, &parts.headers, body).await?;
    let idempotency = principal
        .as_ref()
        .zip(key)
        .map(|(principal, key)| (format!("{}/{key}", principal.name()), fingerprint(parts, &body)));
    let call = Call {
        admin,
        route: Arc::clone(&route),
        principal,
        path,
        query,
        headers: parts.headers.clone(),
        body,
        is_yaml,
        idempotency,
        request: id.unwrap_or_default(),
        now,
    };
    run(&route, call).await
}

fn find<'a>(routes: &'a [Arc<Route>], method: &Method) -> Result<&'a Arc<Route>, Problem> {
    if routes.is_empty() {
        let detail = "there is no such endpoint; see `/admin/v1/openapi.json` for what there is";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-endpoint", detail));
    }
    // What HEAD is answered is what GET is, without the body.
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    routes.iter().find(|route| route.method == *method).ok_or_else(|| {
        let mut methods: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
        methods.sort_unstable();
        Problem::method(&methods.join(", "))
    })
}

async fn path(parts: &mut Parts) -> Result<BTreeMap<String, String>, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let params = params.map_err(|_| {
        Problem::bad("a part of the path is no UTF-8: percent-encode its UTF-8 bytes")
    })?;
    let path: BTreeMap<String, String> =
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (name, value) in &path {
        // Of a tenant it is told no more than of any other that is not there.
        if name != "tenant" && name != "rest" {
            permesso_store::check_name(value).map_err(|why| Problem::bad(why.to_string()))?;
        }
    }
    Ok(path)
}

/// Whether the caller gets as far as the endpoint.
async fn gate(
    admin: &Admin,
    route: &Route,
    principal: &Principal,
    tenant: Option<&str>,
) -> Result<(), Problem> {
    let verb = route.verb().unwrap_or(Verb::Read);
    if !matches!(route.gate, Gate::Open | Gate::Aged) {
        admin.is_current(principal)?;
    }
    match route.gate {
        Gate::Open => Ok(()),
        Gate::Known | Gate::Aged if principal.has(Verb::Platform) => Ok(()),
        Gate::Known | Gate::Aged | Gate::Platform => Ok(principal.may(verb, None)?),
        Gate::PlatformIn => Ok(principal.may(verb, tenant)?),
        Gate::Tenant => {
            let tenant = tenant.unwrap_or_default();
            principal.may(verb, Some(tenant))?;
            let none = || Problem::no_tenant(tenant);
            let realm = Realm::tenant(tenant).map_err(|_| none())?;
            admin.node.fresh(tenant, None).await?;
            let look = admin.node.look(&realm).await?;
            if let Caller::User { id, .. } = principal.caller() {
                // A stranger is told no more of a tenant than whoever has no business with it.
                let user = look.view(&admin.node).object(Kind::User, &id).await?;
                let user = user.and_then(|object| object.body.read::<User>().ok());
                user.filter(|user| user.status != Status::Deleted).ok_or_else(none)?;
            }
            match route.permission {
                Some(permission) => {
                    Ok(admin.node.may(&realm, &principal.caller(), permission).await?)
                }
                None => Ok(()),
            }
        }
    }
}

/// A header of visible ASCII that may come once.
fn visible(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let Some(text) = header(headers, name)? else { return Ok(None) };
    let fits = (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(Some(text.to_owned()));
    }
    Err(Problem::bad(format!("`{name}` has to be 1 to {MAX_ID} visible ASCII characters")))
}

/// The body, if the endpoint takes one, and whether it is YAML.
async fn taken(route: &Route, headers: &HeaderMap, body: Body) -> Result<(Bytes, bool), Problem> {
    let Some(taken) = &route.taken else { return Ok((Bytes::new(), false)) };
    let media = media(header(headers, &CONTENT_TYPE)?);
    let known = |media: &str| taken.media.iter().any(|(known, _)| *known == media);
    let wrong = || {
        let known: Vec<&str> = taken.media.iter().map(|(media, _)| *media).collect();
        let detail = format!("the body has to be {}; say so in Content-Type", known.join(" or "));
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail)
    };
    let is_known = media.is_some_and(known);
    if media.is_some() && !is_known {
        return Err(wrong());
    }
    let slow = || {
        let detail = format!("the body took longer than {PATIENCE:?}; send it in one go");
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail)
    };
    let body = tokio::time::timeout(PATIENCE, whole(body)).await.map_err(|_| slow())??;
    if body.is_empty() && taken.required {
        return Err(Problem::bad("the body is empty; send what the endpoint takes"));
    }
    if !body.is_empty() && !is_known {
        return Err(wrong());
    }
    if nul(&body) {
        return Err(Problem::bad("a text in the body holds U+0000; leave it out"));
    }
    Ok((body, media == Some(YAML)))
}

/// The type of content, without parameters that change nothing.
fn media(value: Option<&str>) -> Option<&'static str> {
    let value = value.filter(|value| !value.is_empty())?;
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let plain = parts.all(|parameter| {
        parameter.is_empty() || parameter.to_ascii_lowercase().replace('"', "") == "charset=utf-8"
    });
    let yaml = ["application/yaml", "application/x-yaml", "text/yaml"];
    if plain && media.eq_ignore_ascii_case(JSON) {
        Some(JSON)
    } else if plain && yaml.iter().any(|yaml| media.eq_ignore_ascii_case(yaml)) {
        Some(YAML)
    } else {
        Some("")
    }
}

async fn whole(mut body: Body) -> Result<Bytes, Problem> {
    let large = || {
        let detail = format!("the body is larger than {MAX_BODY} bytes; send it in parts");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    };
    let (mut all, mut size) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let broken = |_| Problem::bad("the body broke off; send it again");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        size = size.saturating_add(data.len());
        if size > MAX_BODY.saturating_mul(DISCARDED) {
            break;
        }
        if size <= MAX_BODY {
            all.extend_from_slice(&data);
        }
        if body.is_end_stream() {
            break;
        }
    }
    if size > MAX_BODY { Err(large()) } else { Ok(all.into()) }
}

/// Whether a text of a JSON body holds U+0000, which not every store can keep.
fn nul(body: &[u8]) -> bool {
    let mut escaped = false;
    for (at, byte) in body.iter().copied().enumerate() {
        if byte == 0 {
            return true;
        }
        if escaped {
            escaped = false;
            if byte == b'u' && body.get(at + 1..at + 5) == Some(b"0000") {
                return true;
            }
        } else {
            escaped = byte == b'\\';
        }
    }
    false
}

/// What a request is, so that another one under the same key is told apart.
fn fingerprint(parts: &Parts, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    for part in [parts.method.as_str().as_bytes(), target.as_bytes(), body] {
        // Of no two requests the parts run into one another.
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Ends what nobody waits for any more.
struct Abandoned(Option<AbortHandle>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// Runs the endpoint, on a task of its own: a panic ends there, and a change is made to its end
/// though the caller hangs up.
async fn run(route: &Route, call: Call) -> Result<Reply, Problem> {
    let task = tokio::spawn((route.run)(call));
    let _abandoned = Abandoned((!route.changes).then(|| task.abort_handle()));
    match tokio::time::timeout(PATIENCE, task).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            tracing::error!(%error, ?route, "a panic kept a request from being answered");
            Err(Problem::internal())
        }
        Err(_) if route.changes => Err(Problem::unavailable(
            "outcome-unknown",
            "the change takes long, and may yet be made; send it again with the same idempotency \
             key, or read what it changes",
        )),
        Err(_) => Err(Problem::unavailable("slow", "that took too long; ask for less")),
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_found_however_it_is_written() {
        for body in [&br#"{"a":"\u0000"}"#[..], br#"{"a":"\\\u0000"}"#, b"{\"a\":\"\0\"}"] {
            assert!(nul(body), "{}", String::from_utf8_lossy(body));
        }
        for body in [&br#"{"a":"\\u0000"}"#[..], br#"{"a":"\u0001"}"#, br#""\\""#, b""] {
            assert!(!nul(body), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_type_of_content_may_name_its_charset_and_nothing_else_passes() {
        assert_eq!(media(Some("application/json")), Some(JSON));
        assert_eq!(media(Some("Application/JSON; charset=\"UTF-8\"")), Some(JSON));
        assert_eq!(media(Some("text/yaml")), Some(YAML));
        assert_eq!(media(None), None);
        for odd in ["application/json; charset=latin-1", "text/plain", "application/jsonp"] {
            assert_eq!(media(Some(odd)), Some(""), "{odd}");
        }
    }
}
