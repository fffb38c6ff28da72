//! People: those of a tenant that is loaded whole, and how they are found in one that is not.

use super::kept::Broken;
use super::{Found, MemberRef, Open, Pins, Usage};
use crate::fast::Map;
use crate::model::Status;
use crate::snapshot::{Member, Snapshot};
use std::collections::HashSet;
use std::sync::Arc;

/// The users of a tenant, as decisions read them.
#[derive(Debug)]
pub(crate) enum People {
    /// All of them.
    Whole(Whole),
    /// Those who were read and are still kept.
    Open(Open),
}

/// All users of a tenant.
#[derive(Debug, Default, Clone)]
pub(crate) struct Whole {
    members: Map<Arc<Member>>,
    usage: Map<Usage>,
}

/// The people of a tenant at one of its revisions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) people: &'a People,
    pub(crate) snapshot: &'a Snapshot,
    /// Nothing is read that is newer.
    pub(crate) revision: u64,
    /// What the asker holds on to, whether it is still kept or not.
    pub(crate) pins: Option<&'a Pins>,
}

impl<'a> View<'a> {
    /// A user.
    #[inline]
    pub(crate) fn member(&self, id: &str) -> Found<'a> {
        match self.people {
            People::Whole(whole) => match whole.member(id) {
                Some(member) => Found::Known(MemberRef::Lent(member)),
                None => Found::Absent,
            },
            People::Open(open) => open.member(id, self.snapshot, self.revision, self.pins),
        }
    }

    /// How many hold a role, by its name; `None` where nobody has counted them yet.
    pub(crate) fn usage(&self, role: &str) -> Option<Usage> {
        match self.people {
            People::Whole(whole) => Some(whole.usage(role)),
            People::Open(open) => open.usage(role, self.revision, self.pins),
        }
    }

    /// Whoever asks anonymously.
    pub(crate) fn anonymous(&self) -> Found<'a> {
        let member = self.snapshot.anonymous.as_ref();
        member.map_or(Found::Absent, |member| Found::Known(MemberRef::Lent(member)))
    }

    /// A user who is in no directory, found in this snapshot whichever one they were compiled
    /// against.
    pub(crate) fn outsider(&self, member: &'a Arc<Member>) -> Found<'a> {
        if member.held.snapshot == self.snapshot.id {
            return Found::Known(MemberRef::Lent(member));
        }
        match self.people {
            People::Open(open) => open.relinked(member, self.snapshot),
            // Nobody keeps what such a member was compiled from here.
            People::Whole(_) => Found::Broken(Arc::new(Broken::of_another_policy(member))),
        }
    }
}

impl Whole {
    pub(crate) fn member(&self, id: &str) -> Option<&Arc<Member>> {
        self.members.get(id)
    }

    pub(crate) fn of(members: Vec<Member>, snapshot: &Snapshot) -> Self {
        let mut whole = Self::default();
        members.into_iter().for_each(|member| whole.put(member, snapshot));
        whole
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// The ids of all of them.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(|id| &**id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.members.values()
    }

    /// How many hold a role, by its name.
    pub(crate) fn usage(&self, role: &str) -> Usage {
        self.usage.get(role).copied().unwrap_or_default()
    }

    pub(crate) fn put(&mut self, member: Member, snapshot: &Snapshot) {
        self.count(&member, snapshot, 1);
        let id = Box::from(&*member.id);
        if let Some(old) = self.members.insert(id, Arc::new(member)) {
            self.count(&old, snapshot, -1);
        }
    }

    pub(crate) fn remove(&mut self, id: &str, snapshot: &Snapshot) {
        if let Some(old) = self.members.remove(id) {
            self.count(&old, snapshot, -1);
        }
    }

    fn count(&mut self, member: &Member, snapshot: &Snapshot, by: isize) {
        let standing: HashSet<&str> = member.role_names(snapshot).collect();
        let limited: HashSet<&str> = member.limited_names(snapshot).collect();
        for name in standing.iter().chain(&limited) {
            let usage = self.usage.entry((*name).into()).or_default();
            // Who holds it within limits is nobody to rely on.
            if member.takes_part() && standing.contains(name) {
                usage.taking_part = usage.taking_part.saturating_add_signed(by);
            }
            if member.status != Status::Deleted {
                usage.listed = usage.listed.saturating_add_signed(by);
            }
        }
    }
}
