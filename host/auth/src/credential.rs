//! The one credential of a request. `Authorization` headers are read here and nowhere else, so
//! that two parts of a host never disagree about who called.

use crate::key::PREFIX;
use crate::{Refusal, Token};
use std::fmt;

/// The largest token, in bytes. A header of that size is refused before anything reads it.
pub const MAX_TOKEN: usize = 8 * 1024;

/// What a caller showed. Neither kind has been checked.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An API key, for [`key::verify`](crate::key::verify).
    Key(Token),
    /// A token of an issuer, for [`Oidc::verify`](crate::Oidc::verify).
    Jwt(Jwt),
}

/// The text of a JSON Web Token. It opens doors until it expires, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwt(String);

impl Jwt {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwt(…)")
    }
}

impl Credential {
    /// The credential of a request, of which these are all the `Authorization` headers.
    ///
    /// # Errors
    ///
    /// [`Refusal::Missing`], [`Refusal::Ambiguous`] where there are several, and those of
    /// [`Credential::from_header`].
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Refusal> {
        let mut headers = headers.into_iter();
        let header = headers.next().ok_or(Refusal::Missing)?;
        if headers.next().is_some() {
            return Err(Refusal::Ambiguous);
        }
        Self::from_header(header)
    }

    /// The credential of one `Authorization` header: `Bearer`, in any case, and a token.
    ///
    /// # Errors
    ///
    /// [`Refusal::Scheme`], [`Refusal::Malformed`], [`Refusal::TooLarge`], and
    /// [`Refusal::Checksum`] for a damaged API key.
    pub fn from_header(header: &[u8]) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(header).map_err(|_| Refusal::Malformed)?.trim_matches(' ');
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(if text.is_empty() { Refusal::Missing } else { Refusal::Scheme });
        }
        let token = token.trim_start_matches(' ');
        if token.len() > MAX_TOKEN {
            return Err(Refusal::TooLarge);
        }
        // RFC 6750's `b64token`. A comma or a space would be a second credential.
        let body = token.trim_end_matches('=');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        if body.is_empty() || !body.bytes().all(fits) {
            return Err(Refusal::Malformed);
        }
        if token.starts_with(PREFIX) {
            return token.parse().map(Self::Key);
        }
        // A signed token has three parts; one of five is encrypted, and one of one is opaque.
        if body.split('.').count() != 3 {
            return Err(Refusal::Malformed);
        }
        Ok(Self::Jwt(Jwt(token.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(header: &str) -> Refusal {
        Credential::from_header(header.as_bytes()).unwrap_err()
    }

    #[test]
    fn the_scheme_is_read_in_any_case_and_spaces_around_the_token_do_not_count() {
        for header in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", " Bearer a.b.c "] {
            let Ok(Credential::Jwt(jwt)) = Credential::from_header(header.as_bytes()) else {
                panic!("{header} is a token");
            };
            assert_eq!(jwt.as_str(), "a.b.c");
        }
    }

    #[test]
    fn what_begins_like_an_api_key_is_never_taken_for_another_token() {
        assert_eq!(refused("Bearer pmk_a.b.c"), Refusal::Malformed);
        let token = Token::generate().unwrap();
        let header = format!("Bearer {}", token.reveal().as_str());
        let Ok(Credential::Key(read)) = Credential::from_header(header.as_bytes()) else {
            panic!("an API key");
        };
        assert_eq!(read.id(), token.id());
    }

    #[test]
    fn exactly_one_credential_is_taken() {
        let of = |headers: &[&'static str]| {
            Credential::from_headers(headers.iter().map(|header| header.as_bytes())).err()
        };
        assert_eq!(of(&[]), Some(Refusal::Missing));
        assert_eq!(of(&["Bearer a.b.c"]), None);
        assert_eq!(of(&["Bearer a.b.c", "Bearer a.b.c"]), Some(Refusal::Ambiguous));
        assert_eq!(refused("Bearer a.b.c, Bearer d.e.f"), Refusal::Malformed);
        assert_eq!(refused("Bearer a.b.c d.e.f"), Refusal::Malformed);
    }

    #[test]
    fn what_is_no_credential_is_refused() {
        assert_eq!(refused(""), Refusal::Missing);
        assert_eq!(refused("Basic dXNlcjpwYXNz"), Refusal::Scheme);
        assert_eq!(refused("Bearera.b.c"), Refusal::Scheme);
        for header in
            ["Bearer", "Bearer ", "Bearer =", "Bearer a", "Bearer a.b", "Bearer a.b.c.d.e"]
        {
            assert_eq!(refused(header), Refusal::Malformed, "{header}");
        }
        assert_eq!(refused("Bearer a.b.ç"), Refusal::Malformed);
        assert_eq!(Credential::from_header(b"Bearer \xff.b.c").unwrap_err(), Refusal::Malformed);
        assert_eq!(refused(&format!("Bearer a.b.{}", "c".repeat(MAX_TOKEN))), Refusal::TooLarge);
    }

    #[test]
    fn a_credential_is_never_printed() {
        let credential = Credential::from_header(b"Bearer head.body.seal").unwrap();
        assert_eq!(format!("{credential:?}"), "Jwt(Jwt(…))");
    }
}
