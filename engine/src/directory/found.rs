//! What became of a look-up, whichever way the people of a tenant are held.

use super::kept::{Broken, Slot};
use crate::snapshot::Member;
use std::ops::Deref;
use std::sync::Arc;

/// What became of a look-up.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    /// The user.
    Known(MemberRef<'a>),
    /// The directory has no such user.
    Absent,
    /// The record does not compile under this policy: nothing is known of what it grants or
    /// takes.
    Broken(Arc<Broken>),
    /// Nobody has read the user yet.
    Unread,
}

/// A user, lent by a tenant that is loaded whole or shared with the cache.
#[derive(Debug, Clone)]
pub(crate) enum MemberRef<'a> {
    Lent(&'a Arc<Member>),
    Shared(Arc<Member>),
}

impl Deref for MemberRef<'_> {
    type Target = Member;

    #[inline]
    fn deref(&self) -> &Member {
        match self {
            Self::Lent(member) => member,
            Self::Shared(member) => member,
        }
    }
}

impl From<Slot> for Found<'_> {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Known(member) => Self::Known(MemberRef::Shared(member)),
            Slot::Absent(_) => Self::Absent,
            Slot::Broken(broken) => Self::Broken(broken),
        }
    }
}
