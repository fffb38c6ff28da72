//! Users one by one: those that a store has, those who are checked before they are written, and
//! those who are in no directory.

use super::Compiled;
use super::users::Users;
use crate::diagnostic::{Diagnostic, Diagnostics, Reporter};
use crate::directory::{People, Whole};
use crate::load::Source;
use crate::model::{Delegation, Document, User};
use crate::snapshot::{Interner, Member, Snapshot, StoredUser, unique_revision};
use std::sync::{Arc, Mutex};

/// What messages call the document that a stored user is compiled from.
const STORED: &str = "directory";

/// Compiles a user as the store has them, leniently.
pub(super) fn stored(
    record: &StoredUser,
    snapshot: &Snapshot,
    shared: &Mutex<Interner>,
) -> Result<Member, Diagnostics> {
    compiled(record, snapshot, shared, true)
}

/// The same of somebody who may be in no directory.
fn compiled(
    record: &StoredUser,
    snapshot: &Snapshot,
    shared: &Mutex<Interner>,
    is_user: bool,
) -> Result<Member, Diagnostics> {
    let users = Users { snapshot, shared, lenient: true, is_user };
    let mut found = Diagnostics::default();
    let mut report = Reporter::new(Document::Directory, STORED, &mut found);
    let mut member = users.member(&record.user, &mut report);
    let delegations = record.delegations.iter().filter_map(|(delegation, from)| {
        // One that is wrong, or of somebody who is, counts for nothing and breaks nobody.
        let mut wrong = Diagnostics::default();
        let mut report = Reporter::new(Document::Directory, STORED, &mut wrong);
        let from = Arc::new(users.member(from, &mut report));
        let rule = users.delegated(delegation, Some(&from), &mut report);
        rule.filter(|_| wrong.is_empty())
    });
    let delegations: Box<[_]> = delegations.collect();
    if !record.delegations.is_empty() {
        member.extra.get_or_insert_default().delegations = delegations;
    }
    found.or(member)
}

impl Compiled {
    /// Compiles users for a question that the directory need not be read for: the same policy,
    /// loaded whole with these and nobody else. How many hold a role is counted among them.
    ///
    /// # Errors
    ///
    /// What is wrong with the users. They are compiled leniently.
    pub fn with_only(&self, records: &[StoredUser]) -> Result<Self, Diagnostics> {
        let shared = Mutex::new(Interner::default());
        let mut found = Diagnostics::default();
        let members: Vec<Member> = records
            .iter()
            .filter_map(|record| {
                stored(record, &self.snapshot, &shared)
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
/// [`Authorizer::decide_as`](crate::Authorizer::decide_as). A role or policy that the tenant does not have grants nothing.
///
/// # Errors
///
/// What is wrong with the grants and rights.
pub fn compile_member(compiled: &Compiled, user: &User) -> Result<Arc<Member>, Diagnostics> {
    let record = StoredUser { user: user.clone(), delegations: Vec::new() };
    let own = Mutex::default();
    let shared = compiled.open().map_or(&own, |open| &open.subjects.shared);
    let mut member = self::compiled(&record, &compiled.snapshot, shared, false)?;
    member.revision = unique_revision();
    if let Some(extra) = &mut member.extra {
        extra.record = Some(Arc::new(record));
    }
    Ok(Arc::new(member))
}

/// Checks a user as an editor would have them, by themselves. What was wrong with them before, as
/// after a change of the product, is none of an edit that leaves it as it is: somebody of whom more
/// is said than is declared can still be deactivated.
///
/// # Errors
///
/// Everything else for which a directory with this user would be refused.
pub fn check_user(
    compiled: &Compiled,
    before: Option<&User>,
    user: &Source<User>,
) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    faults(compiled, &user.file, &user.value, &mut found);
    let (Some(before), false) = (before, found.is_empty()) else { return found.or(()) };
    let mut known = Diagnostics::default();
    faults(compiled, &user.file, before, &mut known);
    let mut new = Diagnostics::default();
    for fault in found {
        let same = |old: &Diagnostic| old.field == fault.field && old.message == fault.message;
        if !known.iter().any(same) {
            new.push(fault);
        }
    }
    new.or(())
}

fn faults(compiled: &Compiled, file: &str, user: &User, found: &mut Diagnostics) {
    let mut report = Reporter::new(Document::Directory, file, found);
    if user.id.is_empty() {
        report.fault(user.id.at(), "users", "a user needs an id", None);
    }
    let shared = Mutex::default();
    let (snapshot, shared) = (&*compiled.snapshot, &shared);
    Users { snapshot, shared, lenient: false, is_user: true }.member(user, &mut report);
}

/// Checks a delegation as an editor would have it, by itself: whether the directory has both
/// users is for the caller to say.
///
/// # Errors
///
/// Everything else for which a directory with this delegation would be refused.
pub fn check_delegation(
    compiled: &Compiled,
    delegation: &Source<Delegation>,
) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    let mut report = Reporter::new(Document::Directory, &delegation.file, &mut found);
    let shared = Mutex::default();
    let (snapshot, shared) = (&*compiled.snapshot, &shared);
    let users = Users { snapshot, shared, lenient: false, is_user: true };
    users.delegable(&delegation.value, &mut report);
    found.or(())
}
