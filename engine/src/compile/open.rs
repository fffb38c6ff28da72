//! Tenants whose directory is read as it is needed.

use super::member::{Interner, Member, unique_revision};
use super::people::{People, Whole};
use super::subjects::{Need, Open, Record, STORED, Subjects, compile, with_users};
use super::{Compiled, Definition, FamilySet, policy};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::load::Source;
use crate::model::{Catalog, Delegation, Document, Tenant, User};
use std::sync::{Arc, Mutex};

/// What a tenant is compiled from whose directory is read as it is needed.
#[derive(Debug, Clone, Copy)]
pub struct OpenDefinition<'a> {
    /// The product's catalog.
    pub catalog: &'a Arc<Source<Catalog>>,
    /// The tenant.
    pub tenant: &'a Source<Tenant>,
    /// The families that are installed.
    pub families: &'a FamilySet,
    /// The revision of the tenant: it counts every change, of the policy or of the directory.
    pub revision: u64,
    /// See [`Definition::lenient`].
    pub lenient: bool,
    /// Its users, as far as they are kept; the same for all revisions of the tenant.
    pub subjects: &'a Arc<Subjects>,
    /// What changed in the directory since the revision that was applied to `subjects` before.
    /// See [`Compiled::after`].
    pub touched: &'a [Need],
}

/// Compiles a tenant whose directory is read as it is needed. Users who are kept stay so, and
/// are found in the new policy when they are next asked about.
///
/// # Errors
///
/// Everything that is wrong with the catalog and the tenant. Nothing is dropped then.
pub fn compile_open(definition: &OpenDefinition<'_>) -> Result<Compiled, Diagnostics> {
    let nobody = Source::default();
    let whole = Definition {
        catalog: definition.catalog,
        tenant: definition.tenant,
        directory: &nobody,
        families: definition.families,
        revision: definition.revision,
        lenient: definition.lenient,
    };
    let mut found = Diagnostics::default();
    let (snapshot, _) = policy(&whole, &mut found);
    let snapshot = found.or(snapshot)?;
    definition.subjects.apply(definition.revision, definition.touched);
    let subjects = Arc::clone(definition.subjects);
    Ok(Compiled {
        snapshot: Arc::new(snapshot),
        people: People::Open(Open { subjects, catalog: Arc::clone(definition.catalog) }),
        revision: definition.revision,
    })
}

impl Compiled {
    /// The same policy at a later revision, after some of the directory changed. `None` where
    /// the directory is not read as it is needed: see [`recompile_users`](super::recompile_users)
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
        let (subjects, catalog) = (Arc::clone(subjects), Arc::clone(&open.catalog));
        Some(Self {
            snapshot: Arc::clone(&self.snapshot),
            people: People::Open(Open { subjects, catalog }),
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

    fn open(&self) -> Option<&Open> {
        match &self.people {
            People::Open(open) => Some(open),
            People::Whole(_) => None,
        }
    }

    /// Compiles users for a question that the directory need not be read for: the same policy,
    /// loaded whole with these and nobody else. How many hold a role is counted among them.
    ///
    /// # Errors
    ///
    /// What is wrong with the users. They are compiled leniently.
    pub fn with_only(
        &self,
        catalog: &Source<Catalog>,
        records: &[Record],
    ) -> Result<Self, Diagnostics> {
        let shared = Mutex::new(Interner::default());
        let mut found = Diagnostics::default();
        let members: Vec<Member> = records
            .iter()
            .filter_map(|record| {
                compile(record, catalog, &self.snapshot, &shared, STORED)
                    .map(|member| Member { revision: unique_revision(), ..member })
                    .map_err(|faults| found.extend(faults))
                    .ok()
            })
            .collect();
        let whole = Whole::of(members, &self.snapshot);
        found.or(Self {
            snapshot: Arc::clone(&self.snapshot),
            people: People::Whole(whole),
            revision: self.revision,
        })
    }
}

/// Compiles somebody who is in no directory, such as a service that acts by an API key: see
/// [`Authorizer::decide_as`](crate::Authorizer::decide_as). `catalog` is the one that the tenant
/// was compiled from. A role or policy that the tenant does not have grants nothing.
///
/// # Errors
///
/// What is wrong with the grants and rights.
pub fn compile_member(
    compiled: &Compiled,
    catalog: &Source<Catalog>,
    user: &User,
) -> Result<Arc<Member>, Diagnostics> {
    let record = Record { user: user.clone(), delegations: Vec::new() };
    let own = Mutex::default();
    let shared = compiled.open().map_or(&own, |open| &open.subjects.shared);
    let mut member = compile(&record, catalog, &compiled.snapshot, shared, STORED)?;
    member.revision = unique_revision();
    if let Some(extra) = &mut member.extra {
        extra.record = Some(Arc::new(record));
    }
    Ok(Arc::new(member))
}

/// Checks a user as an editor would have them, by themselves. `catalog` is the one that the
/// tenant was compiled from.
///
/// # Errors
///
/// Everything for which a directory with this user would be refused.
pub fn check_user(
    compiled: &Compiled,
    catalog: &Source<Catalog>,
    user: &Source<User>,
) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    let mut report = Reporter::new(Document::Directory, &user.file, &mut found);
    if user.value.id.is_empty() {
        report.fault(user.value.id.at(), "users", "a user needs an id", None);
    }
    with_users(catalog, &compiled.snapshot, &Mutex::default(), false, |users| {
        users.member(&user.value, &mut report);
    });
    found.or(())
}

/// Checks a delegation as an editor would have it, by itself: whether the directory has both
/// users is for the caller to say. `catalog` is the one that the tenant was compiled from.
///
/// # Errors
///
/// Everything else for which a directory with this delegation would be refused.
pub fn check_delegation(
    compiled: &Compiled,
    catalog: &Source<Catalog>,
    delegation: &Source<Delegation>,
) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    let mut report = Reporter::new(Document::Directory, &delegation.file, &mut found);
    with_users(catalog, &compiled.snapshot, &Mutex::default(), false, |users| {
        users.delegable(&delegation.value, &mut report);
    });
    found.or(())
}
