//! What is taken from the head of a request.

use crate::problem::Problem;
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header by which callers find their request again in logs.
pub static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that a caller may send: of a request, or of a change that is made once.
pub const MAX_ID: usize = 128;

/// The request id, if there is one.
///
/// # Errors
///
/// As [`visible`].
pub fn request_id(headers: &HeaderMap) -> Result<Option<HeaderValue>, Problem> {
    visible(headers, &REQUEST_ID, "X-Request-ID").map(|id| id.cloned())
}

/// A header that may come once. What comes back goes into logs and other programs' headers, so
/// nothing but visible ASCII does. `name` is how people write it.
///
/// # Errors
///
/// One that is not usable.
pub fn visible<'h>(
    headers: &'h HeaderMap,
    header: &HeaderName,
    name: &str,
) -> Result<Option<&'h HeaderValue>, Problem> {
    let mut values = headers.get_all(header).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let bytes = value.as_bytes();
    let fits = (1..=MAX_ID).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_graphic)
        && values.next().is_none();
    if fits {
        return Ok(Some(value));
    }
    Err(Problem::bad(format!(
        "`{name}` is not usable: send it once, as 1 to {MAX_ID} visible ASCII characters"
    )))
}

/// A header of text that may come once.
///
/// # Errors
///
/// One that is not usable.
pub fn once<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    let Some(first) = first else { return Ok(None) };
    match (first.to_str(), second) {
        (Ok(text), None) => Ok(Some(text.trim())),
        _ => Err(Problem::bad(format!("the header `{name}` is usable once, in visible ASCII"))),
    }
}

/// The type of content without its parameters, as it was written; `None` where one of them could
/// change what the content means. UTF-8 is what is read in any case.
#[must_use]
pub fn media_type(value: &str) -> Option<&str> {
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next()?;
    let plain = parts.all(|parameter| {
        ["", "charset=utf-8", "charset=\"utf-8\""]
            .iter()
            .any(|known| parameter.eq_ignore_ascii_case(known))
    });
    plain.then_some(media)
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn a_type_of_content_may_name_its_charset_and_nothing_else_passes() {
        for good in [
            "application/json",
            "application/json;charset=utf-8",
            "application/json; charset=UTF-8",
            "application/json ; charset=\"utf-8\"",
            "application/json;",
        ] {
            assert_eq!(media_type(good), Some("application/json"), "{good}");
        }
        for bad in ["application/json; charset=latin-1", "text/plain; application/json"] {
            assert_eq!(media_type(bad), None, "{bad}");
        }
        assert_eq!(
            media_type("application/json, text/plain"),
            Some("application/json, text/plain")
        );
    }
}
