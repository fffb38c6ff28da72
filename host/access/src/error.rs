//! What can go wrong with the server as a whole.

use permesso_front::ListenError;

/// Why the server does not serve, or did not stop cleanly.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// It cannot listen there, or cut somebody off.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The address clients are to know it by is none.
    #[error(
        "`public_url` is `{url}` but {fault}; write the `https` address that clients use, without \
         query, fragment and user name, or leave it out for development"
    )]
    PublicUrl {
        /// What was configured.
        url: String,
        /// What is wrong with it.
        fault: &'static str,
    },
}
