//! Looking users up in a directory that is not loaded, and compiling them as they come.

use super::kept::{Broken, Slot};
use super::{Found, MemberRef, Pins, Subjects, Usage};
use crate::diagnostic::Diagnostics;
use crate::snapshot::{Interner, Member, Snapshot, StoredUser};
use std::sync::{Arc, Mutex};

/// Compiles a user as the store has them, leniently. It comes from above: whoever decides finds
/// users, and does not know how one is made of what is written.
pub(crate) type UserCompiler =
    fn(&StoredUser, &Snapshot, &Mutex<Interner>) -> Result<Member, Diagnostics>;

/// The people of a tenant whose directory is read as it is needed.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) subjects: Arc<Subjects>,
    pub(crate) compiler: UserCompiler,
}

impl Open {
    /// A user at a revision, for the policy of that snapshot. `pins` is what the asker holds on to.
    #[inline]
    pub(super) fn member(
        &self,
        id: &str,
        snapshot: &Snapshot,
        revision: u64,
        pins: Option<&Pins>,
    ) -> Found<'static> {
        match self.subjects.users.get(id) {
            Some(Slot::Known(member))
                if member.revision <= revision && member.held.snapshot == snapshot.id =>
            {
                Found::Known(MemberRef::Shared(member))
            }
            slot => self.settle(id, slot, snapshot, revision, pins),
        }
    }

    /// A user who is not simply there.
    #[cold]
    fn settle(
        &self,
        id: &str,
        kept: Option<Slot>,
        snapshot: &Snapshot,
        revision: u64,
        pins: Option<&Pins>,
    ) -> Found<'static> {
        let kept = kept.filter(|slot| slot.as_of() <= revision);
        let pinned = || pins?.find_user(id, revision, || self.subjects.history());
        let (slot, is_kept) = match kept {
            Some(slot) => (slot, true),
            None => match pinned() {
                Some(slot) => (slot, false),
                None => return Found::Unread,
            },
        };
        match self.linked(&slot, snapshot) {
            None => slot.into(),
            Some(linked) => {
                if is_kept {
                    self.subjects.put_back(&id.into(), &slot, linked.clone());
                }
                linked.into()
            }
        }
    }

    /// The same for another policy; `None` where it is for this one.
    fn linked(&self, slot: &Slot, snapshot: &Snapshot) -> Option<Slot> {
        match slot {
            Slot::Absent(_) => None,
            Slot::Known(member) if member.held.snapshot == snapshot.id => None,
            Slot::Known(member) => Some(self.link(member, snapshot)),
            Slot::Broken(broken) if broken.snapshot == snapshot.id => None,
            Slot::Broken(broken) => {
                let record = broken.record.as_ref()?;
                Some(self.compile(Arc::clone(record), broken.as_of, snapshot))
            }
        }
    }

    fn link(&self, member: &Arc<Member>, snapshot: &Snapshot) -> Slot {
        match &member.extra {
            None => {
                let held = self.subjects.shared().relinked(member, snapshot);
                Slot::Known(Arc::new(Member { held, ..Member::clone(member) }))
            }
            // It names permissions by their place in a catalog that may be another one now.
            Some(extra) => match &extra.record {
                Some(record) => self.compile(Arc::clone(record), member.revision, snapshot),
                None => Slot::Broken(Arc::new(Broken::of_another_policy(member))),
            },
        }
    }

    /// A user who is in no directory, for another policy than they were compiled for.
    pub(crate) fn relinked(&self, member: &Arc<Member>, snapshot: &Snapshot) -> Found<'static> {
        self.link(member, snapshot).into()
    }

    /// How many hold a role at a revision. `pins` is what the asker holds on to.
    pub(super) fn usage(&self, role: &str, revision: u64, pins: Option<&Pins>) -> Option<Usage> {
        let kept = self.subjects.usages.get(role);
        kept.filter(|counted| counted.as_of <= revision)
            .map(|counted| counted.usage)
            .or_else(|| pins?.find_usage(role, revision, || self.subjects.history()))
    }

    /// Compiles a user as the store has them. What an edit of the policy left behind grants
    /// nothing; what cannot be understood breaks the user.
    pub(super) fn compile(&self, record: Arc<StoredUser>, as_of: u64, snapshot: &Snapshot) -> Slot {
        match (self.compiler)(&record, snapshot, &self.subjects.shared) {
            Ok(mut member) => {
                member.revision = as_of;
                if let Some(extra) = &mut member.extra {
                    extra.record = Some(record);
                }
                Slot::Known(Arc::new(member))
            }
            Err(faults) => Slot::Broken(Arc::new(Broken {
                record: Some(record),
                snapshot: snapshot.id,
                as_of,
                fault: faults.iter().next().map(ToString::to_string).unwrap_or_default(),
            })),
        }
    }
}
