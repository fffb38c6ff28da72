//! Why the keys of an issuer cannot be had.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// The largest document, in bytes. Sets of keys have a few thousand.
pub(super) const MAX_DOCUMENT: usize = 256 * 1024;

/// Keys that cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// An address that must not be asked.
    #[error(
        "`{url}` is no address for keys: {problem}; write an https address, or http on this machine"
    )]
    Address {
        /// Which.
        url: String,
        /// Why not.
        problem: &'static str,
    },
    /// No client can be made.
    #[error("no TLS can be had on this machine: {0}")]
    Tls(String),
    /// The server, or the way there.
    #[error("{url}: {detail}")]
    Transfer {
        /// What was asked.
        url: String,
        /// What came of it.
        detail: String,
    },
    /// Too slow.
    #[error("{url}: no answer within {seconds} s; look whether the issuer is up")]
    Late {
        /// What was asked.
        url: String,
        /// How long it may take.
        seconds: u64,
    },
    /// More bytes than are taken.
    #[error("the document has more than {MAX_DOCUMENT} bytes; this is no set of keys")]
    TooLarge,
    /// No set of keys.
    #[error("the document is not what it should be ({detail}); look at what is published there")]
    Document {
        /// Why not.
        detail: String,
    },
    /// The issuer says it is another.
    #[error("the issuer calls itself `{found}`; write `issuer` exactly like that if it is meant")]
    OtherIssuer {
        /// What it says.
        found: String,
    },
    /// The system says no.
    #[error("cannot read the file `{}`: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
}
