//! Why something was not changed, or not decided.

use crate::kind::DocumentKind;
use permesso_engine::diagnostic::Diagnostics;
use permesso_store::{InvalidName, Realm, Record, StoreError};
use std::time::Duration;

/// Why a change was not made. Nothing was written, but for the one case of
/// [`StoreError::Unknown`].
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The documents would be wrong.
    #[error("{0}")]
    Invalid(Diagnostics),
    /// A document that cannot be read.
    #[error("the {kind} `{id}` cannot be read: {why}")]
    Document {
        /// Its kind.
        kind: DocumentKind,
        /// Its id.
        id: String,
        /// What is wrong.
        why: String,
    },
    /// A name that nothing can have.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// There is no such thing.
    #[error("there is no {kind} `{id}` in {realm}")]
    Missing {
        /// Where.
        realm: Realm,
        /// Its kind.
        kind: DocumentKind,
        /// Its id.
        id: String,
    },
    /// There is one already.
    #[error("there is a {kind} `{id}` in {realm} already; edit that one, or choose another id")]
    Exists {
        /// Where.
        realm: Realm,
        /// Its kind.
        kind: DocumentKind,
        /// Its id.
        id: String,
    },
    /// No tenant of that name.
    #[error("there is no tenant `{0}`")]
    NoTenant(String),
    /// Whoever asks may not.
    #[error("{message}")]
    Denied {
        /// The permission that was asked about.
        permission: String,
        /// Why, for machines: the code of the decision's reason.
        reason: String,
        /// Why, for people.
        message: String,
    },
    /// Something has to stay as it is, whoever asks.
    #[error("{message}")]
    Guarded {
        /// Which guard, for machines.
        guard: &'static str,
        /// Why, and what to do, for people.
        message: String,
        /// How many users stand in the way, where it is about users.
        users: Option<u64>,
    },
    /// The document has changed since the caller read it.
    #[error(
        "the {kind} `{id}` is at revision {is}, not at {expected}: {by} changed it; read it again"
    )]
    Stale {
        /// Its kind.
        kind: DocumentKind,
        /// Its id.
        id: String,
        /// What the caller had read.
        expected: u64,
        /// What it is at; 0 where it is gone.
        is: u64,
        /// Who changed it.
        by: String,
        /// The change.
        change: Option<Box<Record>>,
    },
    /// The tenant has changed since the caller read it.
    #[error("{realm} is at revision {is}, not at {expected}; read it again")]
    Moved {
        /// Which tenant.
        realm: Realm,
        /// What the caller had read.
        expected: u64,
        /// What it is at.
        is: u64,
        /// The change that led there.
        change: Option<Box<Record>>,
    },
    /// The log has nothing of that revision.
    #[error("{realm} has no revision {revision}: {why}")]
    NoRevision {
        /// Whose log.
        realm: Realm,
        /// The revision that was asked for.
        revision: u64,
        /// Why there is nothing of it.
        why: String,
    },
    /// The caller did not say which revision it edits.
    #[error("say which revision of the {kind} `{id}` this edits: If-Match, or `revision`")]
    Unconditional {
        /// Its kind.
        kind: DocumentKind,
        /// Its id.
        id: String,
    },
    /// The request makes no sense.
    #[error("{field}: {message}")]
    Request {
        /// Which part of it.
        field: String,
        /// What is wrong, and what to do.
        message: String,
    },
    /// The key was used for another request.
    #[error("the idempotency key was used for another request; choose a new one")]
    OtherRequest,
    /// Others kept writing.
    #[error("others keep changing {0}; try again")]
    Busy(Realm),
    /// This node cannot follow the log.
    #[error("{0}")]
    Unserved(#[from] Unserved),
}

impl From<Diagnostics> for ChangeError {
    fn from(found: Diagnostics) -> Self {
        Self::Invalid(found)
    }
}

/// Why a node does not answer for a tenant right now.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unserved {
    /// It has not heard from the store for too long.
    #[error(
        "what is known of `{tenant}` is {} s old and may be {} s at most; the store cannot be \
         reached or followed",
        age.as_secs(), bound.as_secs()
    )]
    Stale {
        /// The tenant.
        tenant: String,
        /// How old it is.
        age: Duration,
        /// How old it may be.
        bound: Duration,
    },
    /// It has not seen the revision that the caller wants.
    #[error("`{tenant}` is at revision {is} here and {wanted} was asked for; try again")]
    Behind {
        /// The tenant.
        tenant: String,
        /// Where it is.
        is: u64,
        /// What the caller wants.
        wanted: u64,
    },
    /// It is not in memory, and cannot be read or does not compile.
    #[error("`{tenant}` cannot be loaded: {why}")]
    Unloaded {
        /// The tenant.
        tenant: String,
        /// Why.
        why: String,
    },
    /// What a decision turns on cannot be read.
    #[error("the directory of `{tenant}` cannot be read: {why}")]
    Unread {
        /// The tenant.
        tenant: String,
        /// Why.
        why: String,
    },
}

impl Unserved {
    /// For machines.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Stale { .. } => "stale",
            Self::Behind { .. } => "behind",
            Self::Unloaded { .. } => "tenant-unread",
            Self::Unread { .. } => "directory-unread",
        }
    }
}
