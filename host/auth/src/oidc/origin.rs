//! Where the keys of an issuer come from: a file, an address, or what the issuer says about
//! itself (OpenID Connect Discovery). Each attempt ends with a set of keys or a reason why not.

use super::config::{ConfigError, IssuerConfig, JwksConfig};
use super::fault::{MAX_DOCUMENT, SourceError};
use super::http::Http;
use super::keyset::KeySet;
use reqwest::Url;
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Where keys come from.
pub(super) enum Origin {
    File(PathBuf),
    Url { url: Url, http: Http },
    Discovery { issuer: String, url: Url, http: Http },
}

/// What tells one content of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    changed: SystemTime,
    length: u64,
    /// A file that is put in the place of another is another, however alike they look.
    inode: u64,
}

/// What an attempt brings.
pub(super) enum Fetched {
    /// The file is as it was.
    Same,
    /// These keys.
    Keys(KeySet, Option<Stamp>),
}

#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
}

impl Origin {
    pub(super) fn new(config: &IssuerConfig) -> Result<Self, ConfigError> {
        let fault = |source| ConfigError::Source { issuer: config.issuer.clone(), source };
        let address = |text: &str| {
            let url = address(text)?;
            let http = Http::new(url.scheme() == "http", MAX_DOCUMENT)?;
            Ok((url, http))
        };
        Ok(match &config.jwks {
            Some(JwksConfig::File(path)) => Self::File(path.clone()),
            Some(JwksConfig::Url(text)) => {
                let (url, http) = address(text).map_err(fault)?;
                Self::Url { url, http }
            }
            None => {
                let text = format!("{}{DISCOVERY}", config.issuer.trim_end_matches('/'));
                let (url, http) = address(&text).map_err(fault)?;
                Self::Discovery { issuer: config.issuer.clone(), url, http }
            }
        })
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// One attempt. `seen` is what a file was like when its keys were read.
    pub(super) async fn fetch(&self, seen: Option<Stamp>) -> Result<Fetched, SourceError> {
        let document = match self {
            Self::File(path) => {
                let path = path.clone();
                let reading = tokio::task::spawn_blocking(move || read(&path, seen));
                return reading.await.unwrap_or_else(|error| {
                    Err(SourceError::Document { detail: error.to_string() })
                });
            }
            Self::Url { url, http } => http.get(url).await?,
            Self::Discovery { issuer, url, http } => {
                let document = http.get(url).await?;
                let found: Discovered = serde_json::from_slice(&document)
                    .map_err(|error| SourceError::Document { detail: error.to_string() })?;
                if found.issuer != *issuer {
                    return Err(SourceError::OtherIssuer { found: found.issuer });
                }
                let keys = address(&found.jwks_uri)?;
                if keys.scheme() == "http" && url.scheme() == "https" {
                    let problem = "the issuer itself is only to be had with https";
                    return Err(SourceError::Address { url: found.jwks_uri, problem });
                }
                http.get(&keys).await?
            }
        };
        Ok(Fetched::Keys(KeySet::parse(&document)?, None))
    }
}

/// An address to which nobody can listen on the way.
fn address(text: &str) -> Result<Url, SourceError> {
    let fault = |problem| SourceError::Address { url: text.to_owned(), problem };
    let url: Url = text.parse().map_err(|_| fault("it cannot be read"))?;
    if !url.username().is_empty() || url.password().is_some() {
        // Not the text itself: there is a password in it.
        let problem = "it has a user or a password in it";
        return Err(SourceError::Address { url: "…".to_owned(), problem });
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(fault("anybody on the way could put in other keys")),
        _ => Err(fault("its scheme is not known")),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

fn read(path: &Path, seen: Option<Stamp>) -> Result<Fetched, SourceError> {
    let fail = |source| SourceError::File { path: path.to_owned(), source: Arc::new(source) };
    // Before it is opened: opening a pipe waits until somebody writes to it.
    if !std::fs::metadata(path).map_err(fail)?.is_file() {
        return Err(fail(io::Error::other("this is no file; name one with a set of keys")));
    }
    let file = File::open(path).map_err(fail)?;
    let about = file.metadata().map_err(fail)?;
    let changed = about.modified().map_err(fail)?;
    let stamp = Stamp { changed, length: about.len(), inode: about.ino() };
    if seen == Some(stamp) {
        return Ok(Fetched::Same);
    }
    let mut document = Vec::new();
    file.take(MAX_DOCUMENT as u64 + 1).read_to_end(&mut document).map_err(fail)?;
    if document.len() > MAX_DOCUMENT {
        return Err(SourceError::TooLarge);
    }
    Ok(Fetched::Keys(KeySet::parse(&document)?, Some(stamp)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_with_https_or_on_this_machine() {
        for good in [
            "https://id.example.com/keys",
            "http://localhost:8080/keys",
            "http://127.0.0.1/keys",
            "http://127.9.9.9/keys",
            "http://[::1]:8080/keys",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.com/keys",
            "http://localhost.example.com/keys",
            "http://127.0.0.1.example.com/keys",
            "http://10.0.0.1/keys",
            "ftp://localhost/keys",
            "file:///etc/keys",
            "keys.json",
            "",
        ] {
            assert!(matches!(address(bad), Err(SourceError::Address { .. })), "{bad}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let error = address("https://ana:hunter2@id.example.com/keys").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }

    #[test]
    fn an_issuer_that_is_no_address_needs_a_file_or_an_address_for_its_keys() {
        let mut config = IssuerConfig::new("accounts", "permesso");
        assert!(matches!(Origin::new(&config), Err(ConfigError::Source { .. })));
        config.jwks = Some(JwksConfig::File("keys.json".into()));
        assert!(Origin::new(&config).is_ok_and(|origin| origin.is_file()));
    }
}
