//! Looking users up in a directory that is not loaded, and compiling them as they come.

use super::subjects::Slot;
use super::{Found, MemberRef, Subjects, Usage, View};
use crate::diagnostic::Diagnostics;
use crate::snapshot::{Interner, Member, Record, Snapshot};
use std::sync::{Arc, Mutex};

/// Compiles a user as the store has them, leniently. It comes from above: whoever decides finds
/// users, and does not know how one is made of what is written.
pub(crate) type UserCompiler =
    fn(&Record, &Snapshot, &Mutex<Interner>) -> Result<Member, Diagnostics>;

/// The people of a tenant whose directory is read as it is needed.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) subjects: Arc<Subjects>,
    pub(crate) compiler: UserCompiler,
}

/// A user whose record does not compile under a policy.
#[derive(Debug)]
pub(crate) struct Broken {
    /// `None` where nothing is known of the user but that they are broken.
    record: Option<Arc<Record>>,
    snapshot: u64,
    pub(super) as_of: u64,
    /// The first fault.
    pub(crate) fault: String,
}

impl Broken {
    /// Somebody in no directory, of whom it is not known what they were compiled from.
    pub(crate) fn of_another_policy(member: &Member) -> Self {
        let fault = "compiled for another policy than the one that is served".to_owned();
        Self { record: None, snapshot: 0, as_of: member.revision, fault }
    }
}

impl Open {
    /// A user.
    #[inline]
    pub(crate) fn member(&self, id: &str, view: &View<'_>) -> Found<'static> {
        match self.subjects.users.get(id) {
            Some(Slot::Known(member))
                if member.revision <= view.revision && member.held.snapshot == view.snapshot.id =>
            {
                Found::Known(MemberRef::Shared(member))
            }
            slot => self.settle(id, slot, view),
        }
    }

    /// A user who is not simply there.
    #[cold]
    fn settle(&self, id: &str, kept: Option<Slot>, view: &View<'_>) -> Found<'static> {
        let kept = kept.filter(|slot| slot.as_of() <= view.revision);
        let pinned = || view.pins?.find_user(id, view.revision, &self.subjects);
        let (slot, is_kept) = match kept {
            Some(slot) => (slot, true),
            None => match pinned() {
                Some(slot) => (slot, false),
                None => return Found::Unread,
            },
        };
        match self.linked(&slot, view.snapshot) {
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
                let held = self.subjects.shared().relinked(&member.held, snapshot);
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

    /// How many hold a role.
    pub(crate) fn usage(&self, role: &str, view: &View<'_>) -> Option<Usage> {
        let kept = self.subjects.usages.get(role);
        kept.filter(|counted| counted.as_of <= view.revision)
            .map(|counted| counted.usage)
            .or_else(|| view.pins?.find_usage(role, view.revision, &self.subjects))
    }

    /// Compiles a user as the store has them. What an edit of the policy left behind grants
    /// nothing; what cannot be understood breaks the user.
    pub(super) fn compile(&self, record: Arc<Record>, as_of: u64, snapshot: &Snapshot) -> Slot {
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

impl From<Slot> for Found<'_> {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Known(member) => Self::Known(MemberRef::Shared(member)),
            Slot::Absent(_) => Self::Absent,
            Slot::Broken(broken) => Self::Broken(broken),
        }
    }
}
