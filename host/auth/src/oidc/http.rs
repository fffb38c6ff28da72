//! Fetching small documents, with bounds on all that a server could make go on: time, size and
//! redirects. A redirect stays with its server: one that leaves it could be somebody else's.

use super::fault::SourceError;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Url, header};
use std::error::Error as _;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
const REDIRECTS: usize = 3;

/// A client for documents.
pub(super) struct Http {
    client: Client,
    limit: usize,
}

impl Http {
    /// `plain` speaks without TLS, and to this machine only, which no proxy stands before.
    pub(super) fn new(plain: bool, limit: usize) -> Result<Self, SourceError> {
        // Already set where another client was made before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .timeout(TIMEOUT)
            .redirect(Policy::custom(follow))
            .referer(false)
            .https_only(!plain)
            .user_agent(concat!("permesso/", env!("CARGO_PKG_VERSION")));
        if plain {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| SourceError::Tls(error.to_string()))?;
        Ok(Self { client, limit })
    }

    /// The document at an address.
    pub(super) async fn get(&self, url: &Url) -> Result<Vec<u8>, SourceError> {
        let late = || SourceError::Late { url: url.to_string(), seconds: TIMEOUT.as_secs() };
        tokio::time::timeout(TIMEOUT, self.load(url)).await.map_err(|_| late())?.map_err(|error| {
            match error {
                Fault::Client(error) if error.is_timeout() => late(),
                Fault::Client(error) => {
                    let mut detail = error.to_string();
                    let mut source = error.source();
                    while let Some(error) = source {
                        detail = format!("{detail}: {error}");
                        source = error.source();
                    }
                    SourceError::Transfer { url: url.to_string(), detail }
                }
                Fault::TooLarge => SourceError::TooLarge,
            }
        })
    }

    async fn load(&self, url: &Url) -> Result<Vec<u8>, Fault> {
        let request = self.client.get(url.clone()).header(header::ACCEPT, "application/json");
        let mut response = request.send().await?.error_for_status()?;
        let mut document = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if document.len() + chunk.len() > self.limit {
                return Err(Fault::TooLarge);
            }
            document.extend_from_slice(&chunk);
        }
        Ok(document)
    }
}

enum Fault {
    Client(reqwest::Error),
    TooLarge,
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        Self::Client(error.without_url())
    }
}

fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let asked = attempt.previous();
    if asked.len() > REDIRECTS {
        return attempt.error("too many redirects; name the address where the document is");
    }
    if asked.first().is_none_or(|first| first.origin() != attempt.url().origin()) {
        return attempt.error("a redirect to another server; name the address it leads to");
    }
    attempt.follow()
}
