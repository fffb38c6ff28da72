//! In whose name something is done.

use permesso_auth::KeyRecord;
use std::sync::Arc;

/// In whose name something is done.
#[derive(Debug, Clone)]
pub enum Caller {
    /// A service, by its API key. It acts with the key's roles.
    Key(Arc<KeyRecord>),
    /// A user of the tenant, by a token of an issuer that is trusted.
    User {
        /// The user's id in the tenant's directory.
        id: String,
        /// Who vouches for it.
        issuer: String,
    },
    /// Whoever holds the database in their hands, such as an operator at the command line. Nothing
    /// is asked of them but what holds for everybody.
    Operator(String),
    /// This program itself.
    System,
}

impl Caller {
    /// As the log names them.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Key(key) => format!("key:{}", key.id),
            Self::User { id, .. } => format!("user:{id}"),
            Self::Operator(name) => format!("operator:{name}"),
            Self::System => "system".to_owned(),
        }
    }

    /// Whether anything is asked of them.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        matches!(self, Self::Key(_) | Self::User { .. })
    }
}
