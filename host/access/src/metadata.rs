//! Who this server says it is.
//!
//! Clients compare what they find here with the address that they were given, so it comes from
//! the configuration and never from a header of the request, which anybody can write.

use super::error::ServeError;
use super::json::Json;
use axum::http::Uri;
use std::net::{IpAddr, SocketAddr};

/// The address that clients know this server by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicUrl(String);

impl PublicUrl {
    /// The one of the configuration.
    pub(super) fn parse(text: &str) -> Result<Self, ServeError> {
        let refuse = |fault| ServeError::PublicUrl { url: text.to_owned(), fault };
        let url: Uri = text.parse().map_err(|_| refuse("it is no URL"))?;
        let (Some(scheme), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return Err(refuse("it has no scheme or no host"));
        };
        if url.query().is_some() || text.contains('#') {
            return Err(refuse("it has a query or a fragment"));
        }
        if authority.as_str().contains('@') {
            return Err(refuse("it has a user name"));
        }
        match scheme {
            "https" => {}
            "http" if is_loopback(authority.host()) => {}
            _ => {
                return Err(refuse("it is not `https`, which only a loopback address need not be"));
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The one for development, where none was configured.
    pub(super) fn of_address(address: SocketAddr) -> Self {
        Self(format!("http://127.0.0.1:{}", address.port()))
    }

    /// The metadata of the server.
    pub(super) fn metadata(&self) -> Vec<u8> {
        document(&self.0)
    }

    /// The metadata of the server as one tenant's.
    pub(super) fn metadata_of(&self, tenant: &str) -> Vec<u8> {
        let mut url = self.0.trim_end_matches('/').to_owned();
        url.push('/');
        for byte in tenant.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                url.push(char::from(byte));
            } else {
                url.push_str(&format!("%{byte:02X}"));
            }
        }
        document(&url)
    }
}

fn document(url: &str) -> Vec<u8> {
    let base = url.trim_end_matches('/');
    let mut json = Json::with_capacity(256 + 3 * url.len());
    json.raw("{\"policy_decision_point\":").str(url);
    json.raw(",\"access_evaluation_endpoint\":");
    json.text(format_args!("{base}/access/v1/evaluation"));
    json.raw(",\"access_evaluations_endpoint\":");
    json.text(format_args!("{base}/access/v1/evaluations"));
    json.raw("}");
    json.into_bytes()
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_https_without_query_fragment_or_user() {
        for good in [
            "https://pdp.example.com",
            "https://pdp.example.com:8443/base/",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:8080",
        ] {
            assert!(PublicUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "pdp.example.com",
            "/path",
            "http://pdp.example.com",
            "ftp://pdp.example.com",
            "https://pdp.example.com?x=1",
            "https://pdp.example.com/#x",
            "https://me@pdp.example.com",
            "https://pdp example.com",
        ] {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_url_is_repeated_as_it_was_configured() {
        let url = PublicUrl::parse("https://pdp.example.com/").unwrap();
        let text = String::from_utf8(url.metadata()).unwrap();
        assert_eq!(
            text,
            "{\"policy_decision_point\":\"https://pdp.example.com/\",\
             \"access_evaluation_endpoint\":\"https://pdp.example.com/access/v1/evaluation\",\
             \"access_evaluations_endpoint\":\"https://pdp.example.com/access/v1/evaluations\"}"
        );
        let text = String::from_utf8(url.metadata_of("a b/ü")).unwrap();
        assert!(text.contains("\"https://pdp.example.com/a%20b%2F%C3%BC\""), "{text}");
    }
}
