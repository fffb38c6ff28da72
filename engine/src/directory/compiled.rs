//! A tenant at one revision: its policy and its people.

use super::{Need, Open, People, Pins, Subjects, Usage, View, Whole};
use crate::snapshot::{Member, Snapshot};
use std::sync::Arc;

/// A tenant, ready to be asked.
#[derive(Debug)]
pub struct Compiled {
    /// Its policy.
    pub snapshot: Arc<Snapshot>,
    /// Its people.
    pub(crate) people: People,
    pub(crate) revision: u64,
}

impl Compiled {
    /// The revision of the tenant, which counts every change of its policy and its directory.
    /// Every decision names the one that it was made under.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// A user of a tenant that is loaded whole; nobody where it [is open](Self::is_open).
    #[must_use]
    pub fn member(&self, id: &str) -> Option<&Arc<Member>> {
        self.whole()?.member(id)
    }

    /// How many users there are in memory: all, unless the tenant [is open](Self::is_open).
    #[must_use]
    pub fn member_count(&self) -> usize {
        match &self.people {
            People::Whole(whole) => whole.len(),
            People::Open(open) => open.subjects.len(),
        }
    }

    pub(crate) fn whole(&self) -> Option<&Whole> {
        match &self.people {
            People::Whole(whole) => Some(whole),
            People::Open(_) => None,
        }
    }

    /// All users of a tenant that is loaded whole.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.whole().into_iter().flat_map(Whole::iter)
    }

    /// How many hold a role, in a tenant that is loaded whole.
    pub(crate) fn usage(&self, role: &str) -> Usage {
        self.whole().map(|whole| whole.usage(role)).unwrap_or_default()
    }

    /// The people at this revision. `pins` is what the asker holds on to.
    pub(crate) fn view<'a>(&'a self, pins: Option<&'a Pins>) -> View<'a> {
        View { people: &self.people, snapshot: &self.snapshot, revision: self.revision, pins }
    }

    /// The same policy at a later revision, after some of the directory changed. `None` where
    /// the directory is not read as it is needed: see [`recompile_users`](crate::compile::recompile_users)
    /// instead.
    ///
    /// `touched` names everything that changed on the way from the last revision applied to
    /// this one: users who were added, changed or taken out, those to whom one of these
    /// delegates or a delegation was given or taken, and roles that more or fewer hold. It is
    /// dropped here, so install what this returns, and apply changes in their order.
    #[must_use]
    pub fn after(&self, revision: u64, touched: &[Need]) -> Option<Self> {
        let open = self.open()?;
        open.subjects.apply(revision, touched);
        Some(Self {
            snapshot: Arc::clone(&self.snapshot),
            people: People::Open(open.clone()),
            revision: revision.max(self.revision),
        })
    }

    /// The policy of this one over other users who are kept: what was compiled to be looked at,
    /// such as an edit before it is made, is served as it was looked at. `None` where the
    /// directory is not read as it is needed. See [`after`](Self::after) for `touched`, which is
    /// dropped here.
    #[must_use]
    pub fn over(&self, subjects: &Arc<Subjects>, touched: &[Need]) -> Option<Self> {
        let open = self.open()?;
        subjects.apply(self.revision, touched);
        let (subjects, compiler) = (Arc::clone(subjects), open.compiler);
        Some(Self {
            snapshot: Arc::clone(&self.snapshot),
            people: People::Open(Open { subjects, compiler }),
            revision: self.revision,
        })
    }

    /// Whether the directory is read as it is needed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open().is_some()
    }

    /// The users as far as they are kept, where the directory is read as it is needed.
    #[must_use]
    pub fn subjects(&self) -> Option<&Arc<Subjects>> {
        self.open().map(|open| &open.subjects)
    }

    pub(crate) fn open(&self) -> Option<&Open> {
        match &self.people {
            People::Open(open) => Some(open),
            People::Whole(_) => None,
        }
    }
}
