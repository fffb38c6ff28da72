//! The two headers of a request that count.

use super::problem::Problem;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header by which callers find their request again in logs.
pub(super) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest request id that is echoed.
pub(super) const MAX_REQUEST_ID: usize = 128;

/// The request id, if there is one. What comes back goes into logs and other programs' headers,
/// so nothing but visible ASCII does.
pub(super) fn request_id(headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    let mut ids = headers.get_all(&REQUEST_ID).iter();
    let Some(id) = ids.next() else { return Ok(None) };
    let bytes = id.as_bytes();
    let fits = (1..=MAX_REQUEST_ID).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic)
        && ids.next().is_none();
    if fits { Ok(Some(id.clone())) } else { Err(Problem::RequestId) }
}

/// Refuses a body that is not declared as JSON. Browsers cannot declare that without asking
/// first, which is refused: no page can make its reader's browser ask for decisions.
pub(super) fn content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(only), None) if is_json(only.as_bytes()) => Ok(()),
        _ => Err(Problem::ContentType),
    }
}

fn is_json(value: &[u8]) -> bool {
    if value == b"application/json" {
        return true;
    }
    let mut parts = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    parts.next().is_some_and(|media| media.eq_ignore_ascii_case(b"application/json"))
        && parts.all(|parameter| {
            [&b""[..], b"charset=utf-8", b"charset=\"utf-8\""]
                .iter()
                .any(|known| parameter.eq_ignore_ascii_case(known))
        })
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn json_may_name_its_charset_and_nothing_else_passes() {
        for good in [
            "application/json",
            "Application/JSON",
            "application/json;charset=utf-8",
            "application/json; charset=UTF-8",
            "application/json ; charset=\"utf-8\"",
            "application/json;",
        ] {
            assert!(is_json(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json; charset=latin-1",
            "application/json, text/plain",
            "text/plain; application/json",
            "application/vnd.api+json",
        ] {
            assert!(!is_json(bad.as_bytes()), "{bad}");
        }
    }
}
