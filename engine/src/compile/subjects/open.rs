//! Looking users up in a directory that is not loaded, and compiling them as they come.

use super::{Record, Slot, Subjects, Usage};
use crate::compile::member::{Interner, Member};
use crate::compile::people::{Found, MemberRef, View};
use crate::compile::permissions::Permissions;
use crate::compile::snapshot::Snapshot;
use crate::compile::users::Users;
use crate::diagnostic::{Diagnostics, Reporter};
use crate::load::Source;
use crate::model::{Catalog, Document};
use std::cell::OnceCell;
use std::sync::{Arc, Mutex};

/// What messages call the document that a stored user is compiled from.
pub(in crate::compile) const STORED: &str = "directory";

/// The people of a tenant whose directory is read as it is needed.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(in crate::compile) subjects: Arc<Subjects>,
    /// For users with grants, rights or delegations of their own, who name permissions.
    pub(in crate::compile) catalog: Arc<Source<Catalog>>,
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
        let compiled = compile(&record, &self.catalog, snapshot, &self.subjects.shared, STORED);
        match compiled {
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

/// Calls `use_them` with what users are compiled against.
pub(in crate::compile) fn with_users<T>(
    catalog: &Source<Catalog>,
    snapshot: &Snapshot,
    shared: &Mutex<Interner>,
    lenient: bool,
    use_them: impl FnOnce(Users<'_>) -> T,
) -> T {
    let permissions = OnceCell::new();
    let permissions = || {
        permissions.get_or_init(|| {
            // The policy was compiled with this catalog, so all of its faults are known.
            let mut known = Diagnostics::default();
            let mut report = Reporter::new(Document::Catalog, &catalog.file, &mut known);
            Permissions::new(&catalog.value, &mut report)
        })
    };
    use_them(Users { snapshot, permissions: &permissions, shared, lenient })
}

/// Compiles a user leniently.
pub(in crate::compile) fn compile(
    record: &Record,
    catalog: &Source<Catalog>,
    snapshot: &Snapshot,
    shared: &Mutex<Interner>,
    file: &str,
) -> Result<Member, Diagnostics> {
    with_users(catalog, snapshot, shared, true, |users| {
        let mut found = Diagnostics::default();
        let mut member =
            users.member(&record.user, &mut Reporter::new(Document::Directory, file, &mut found));
        let delegations = record.delegations.iter().filter_map(|(delegation, from)| {
            // One that is wrong, or of somebody who is, counts for nothing and breaks nobody.
            let mut wrong = Diagnostics::default();
            let mut report = Reporter::new(Document::Directory, file, &mut wrong);
            let from = Arc::new(users.member(from, &mut report));
            let rule = users.delegated(delegation, Some(&from), &mut report);
            rule.filter(|_| wrong.is_empty())
        });
        let delegations: Box<[_]> = delegations.collect();
        if !record.delegations.is_empty() {
            member.extra.get_or_insert_default().delegations = delegations;
        }
        found.or(member)
    })
}
