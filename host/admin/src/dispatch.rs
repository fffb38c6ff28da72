//! What every request goes through before an endpoint sees it, and after.

use crate::call::Call;
use crate::media::{JSON, YAML};
use crate::query::Query;
use crate::reply::Reply;
use crate::route::{Route, RouteGate};
use crate::{Admin, MAX_BODY, PATIENCE};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures_util::FutureExt as _;
use permesso_auth::key::Verb;
use permesso_engine::model::{Status, User};
use permesso_front::{Principal, Problem, body, headers, now};
use permesso_node::{Caller, DocumentKind, kept};
use permesso_store::{Realm, check_name};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::task::AbortHandle;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Answers a request to a path that has these endpoints, whatever it is.
pub(crate) async fn respond(
    admin: Arc<Admin>,
    routes: Arc<Vec<Arc<Route>>>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let id = match headers::request_id(&parts.headers) {
        Ok(id) => id,
        Err(problem) => return problem.response(),
    };
    let answer = answer(admin, &routes, &mut parts, body, id.as_ref());
    // Nothing that is shared is left half changed by a panic: what is shared is replaced whole.
    let mut response = match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(reply)) => reply.response(),
        Ok(Err(problem)) => problem.response(),
        Err(_) => {
            tracing::error!(path = parts.uri.path(), "a panic kept a request from being answered");
            Problem::internal().response()
        }
    };
    if let Some(id) = id {
        response.headers_mut().insert(&headers::REQUEST_ID, id);
    }
    response
}

async fn answer(
    admin: Arc<Admin>,
    routes: &[Arc<Route>],
    parts: &mut Parts,
    body: Body,
    id: Option<&HeaderValue>,
) -> Result<Reply, Problem> {
    let route = Arc::clone(find(routes, &parts.method)?);
    let path = path(parts).await?;
    let now = now();
    let principal = match route.gate {
        RouteGate::Open => None,
        _ => Some(admin.door.authenticate(&parts.headers, now).await?),
    };
    if let Some(principal) = &principal {
        gate(&admin, &route, principal, path.get("tenant").map(String::as_str)).await?;
    }
    let query = Query::parse(parts.uri.query().unwrap_or_default(), &route.query)?;
    let key = match route.changes {
        true => {
            let key = headers::visible(&parts.headers, &IDEMPOTENCY_KEY, "Idempotency-Key")?;
            key.and_then(|key| key.to_str().ok())
        }
        false => None,
    };
    let (body, is_yaml) = taken(&route, &parts.headers, body).await?;
    let idempotency = principal
        .as_ref()
        .zip(key)
        .map(|(principal, key)| (format!("{}/{key}", principal.name()), fingerprint(parts, &body)));
    let call = Call {
        admin,
        template: route.path.clone(),
        matching: route.matching,
        status: route.status,
        principal,
        path,
        query,
        headers: parts.headers.clone(),
        body,
        is_yaml,
        idempotency,
        request: id.and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned(),
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
            check_name(value).map_err(|why| Problem::bad(why.to_string()))?;
        }
    }
    Ok(path)
}

/// Whether whoever shows these credentials may read of a tenant what it takes a permission for.
///
/// # Errors
///
/// Why they may not.
pub(crate) async fn admitted(
    admin: &Admin,
    headers: &HeaderMap,
    tenant: &str,
    permission: &'static str,
    now: i64,
) -> Result<(), Problem> {
    let principal = admin.door.authenticate(headers, now).await?;
    admin.door.is_current(&principal)?;
    principal.may(Verb::Read, Some(tenant))?;
    of_tenant(admin, &principal, tenant, Some(permission)).await
}

/// Whether the caller gets as far as the endpoint.
async fn gate(
    admin: &Admin,
    route: &Route,
    principal: &Principal,
    tenant: Option<&str>,
) -> Result<(), Problem> {
    let verb = route.verb().unwrap_or(Verb::Read);
    if !matches!(route.gate, RouteGate::Open | RouteGate::Aged) {
        admin.door.is_current(principal)?;
    }
    match route.gate {
        RouteGate::Open => Ok(()),
        RouteGate::Known | RouteGate::Aged if principal.has(Verb::Platform) => Ok(()),
        RouteGate::Known | RouteGate::Aged | RouteGate::Platform => Ok(principal.may(verb, None)?),
        RouteGate::PlatformIn => Ok(principal.may(verb, tenant)?),
        RouteGate::Tenant => {
            let tenant = tenant.unwrap_or_default();
            principal.may(verb, Some(tenant))?;
            of_tenant(admin, principal, tenant, route.permission).await
        }
    }
}

/// Whether somebody is known in a tenant, and holds what they need.
async fn of_tenant(
    admin: &Admin,
    principal: &Principal,
    tenant: &str,
    permission: Option<&'static str>,
) -> Result<(), Problem> {
    let none = || Problem::no_tenant(tenant);
    let realm = Realm::tenant(tenant).map_err(|_| none())?;
    admin.node().fresh(tenant, None).await?;
    let look = admin.node().look(&realm).await?;
    if let Caller::User { id, .. } = principal.caller() {
        // A stranger is told no more of a tenant than whoever has no business with it.
        let user = look.view(admin.node()).object(DocumentKind::User, &id).await?;
        let user = user.and_then(|object| kept::read::<User>(&object.body).ok());
        user.filter(|user| user.status != Status::Deleted).ok_or_else(none)?;
    }
    match permission {
        Some(permission) => Ok(admin.node().may(&realm, &principal.caller(), permission).await?),
        None => Ok(()),
    }
}

/// The body, if the endpoint takes one, and whether it is YAML.
async fn taken(route: &Route, head: &HeaderMap, body: Body) -> Result<(Bytes, bool), Problem> {
    let Some(taken) = &route.taken else { return Ok((Bytes::new(), false)) };
    let media = media(headers::once(head, &CONTENT_TYPE)?);
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
    let body = body::read(body, MAX_BODY, PATIENCE).await?;
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

/// The type of content that is taken, in one spelling; an empty one for any other.
fn media(value: Option<&str>) -> Option<&'static str> {
    let value = value.filter(|value| !value.is_empty())?;
    let Some(media) = headers::media_type(value) else { return Some("") };
    let yaml = ["application/yaml", "application/x-yaml", "text/yaml"];
    if media.eq_ignore_ascii_case(JSON) {
        Some(JSON)
    } else if yaml.iter().any(|yaml| media.eq_ignore_ascii_case(yaml)) {
        Some(YAML)
    } else {
        Some("")
    }
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
