//! What was read of a directory: the answers to what is [needed](super::Need).

use super::Need;
use crate::snapshot::StoredUser;

/// How many hold a role.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Who take part: active, with the invitation accepted.
    pub taking_part: usize,
    /// All but the deleted.
    pub listed: usize,
}

/// Something that was read.
#[derive(Debug, Clone)]
pub enum Loaded {
    /// A user.
    User(Box<StoredUser>),
    /// The directory has no user of this id. That is kept as well.
    Absent(String),
    /// How many hold a role.
    Usage {
        /// Its name.
        role: String,
        /// How many.
        usage: Usage,
    },
}

impl Loaded {
    /// What it answers.
    #[must_use]
    pub fn need(&self) -> Need {
        match self {
            Self::User(record) => Need::User(record.user.id.to_string()),
            Self::Absent(id) => Need::User(id.clone()),
            Self::Usage { role, .. } => Need::Usage(role.clone()),
        }
    }
}
