//! What is known of one id, and as of which revision: the same whether it is kept for all who ask
//! or held on to by one of them.

use super::Usage;
use crate::snapshot::{Member, StoredUser};
use std::sync::Arc;

/// What is kept of one id.
#[derive(Debug, Clone)]
pub(super) enum Slot {
    Known(Arc<Member>),
    /// There is none, as of this revision.
    Absent(u64),
    Broken(Arc<Broken>),
}

/// A count and the revision at which it was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) as_of: u64,
    pub(super) usage: Usage,
}

/// A user whose record does not compile under a policy.
#[derive(Debug)]
pub(crate) struct Broken {
    /// `None` where nothing is known of the user but that they are broken.
    pub(super) record: Option<Arc<StoredUser>>,
    pub(super) snapshot: u64,
    pub(super) as_of: u64,
    /// The first fault.
    pub(crate) fault: String,
}

impl Slot {
    pub(super) fn as_of(&self) -> u64 {
        match self {
            Self::Known(member) => member.revision,
            Self::Absent(as_of) => *as_of,
            Self::Broken(broken) => broken.as_of,
        }
    }

    /// Whether it is the very same.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(one), Self::Known(other)) => Arc::ptr_eq(one, other),
            (Self::Broken(one), Self::Broken(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Broken {
    /// Somebody in no directory, of whom it is not known what they were compiled from.
    pub(crate) fn of_another_policy(member: &Member) -> Self {
        let fault = "compiled for another policy than the one that is served".to_owned();
        Self { record: None, snapshot: 0, as_of: member.revision, fault }
    }
}
