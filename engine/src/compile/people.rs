//! The users of a tenant that is loaded whole.

use super::Compiled;
use super::users::Users;
use crate::diagnostic::{Diagnostics, Reporter};
use crate::directory::{People, Whole};
use crate::load::Source;
use crate::model::{Delegation, Directory, Document, Position, User};
use crate::snapshot::{Interner, Member, Snapshot, unique_revision};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// The users of a tenant.
pub(super) fn compile(
    directory: &Source<Directory>,
    lenient: bool,
    snapshot: &Snapshot,
    found: &mut Diagnostics,
) -> Whole {
    let shared = Mutex::new(Interner::default());
    let users = Users { snapshot, shared: &shared, lenient, is_user: true };
    let mut people = Whole::default();
    let mut report = Reporter::new(Document::Directory, &directory.file, found);
    let mut seen: HashSet<&str> = HashSet::new();
    for user in &directory.value.users {
        if user.id.is_empty() {
            report.fault(user.id.at(), "users", "a user needs an id", None);
        }
        if !seen.insert(&user.id) {
            let field = format!("users.{}", user.id);
            report.fault(user.id.at(), field, "two users have this id", None);
        }
        people.put(users.member(user, &mut report), snapshot);
    }
    let all = |_: &Delegation| true;
    delegate(directory, users, &mut people, all, &mut report);
    people
}

/// Compiles some users of a tenant that is loaded whole anew, against the policy as it is.
/// Everybody else keeps what is cached.
///
/// `directory` is the directory after the change and `changed` the ids of the users who were
/// added, changed or taken out.
///
/// # Errors
///
/// What is wrong with the users who changed and with delegations from or to them; or that the
/// tenant is not loaded whole.
pub fn recompile_users(
    compiled: &Compiled,
    directory: &Source<Directory>,
    revision: u64,
    changed: &[&str],
) -> Result<Compiled, Diagnostics> {
    let mut found = Diagnostics::default();
    let snapshot = &compiled.snapshot;
    let shared = Mutex::new(Interner::default());
    let (shared, lenient) = (&shared, snapshot.lenient);
    let compile = Users { snapshot, shared, lenient, is_user: true };
    let mut report = Reporter::new(Document::Directory, &directory.file, &mut found);
    let Some(whole) = compiled.whole() else {
        let help = Some("compile it with all of its directory".to_owned());
        report.fault(Position::default(), "users", "the tenant is not loaded whole", help);
        return Err(found);
    };
    let mut people = whole.clone();
    // Whoever acts for somebody who changed may now do more or less.
    let mut touched: HashSet<&str> = changed.iter().copied().collect();
    let delegations = &directory.value.delegations;
    touched.extend(
        delegations
            .iter()
            .filter(|delegation| changed.contains(&delegation.from.as_str()))
            .map(|delegation| delegation.to.as_str()),
    );
    touched.extend(whole.iter().filter_map(|member| {
        let mut delegations = member.extra.iter().flat_map(|extra| &extra.delegations);
        delegations.any(|rule| changed.contains(&&*rule.from.id)).then_some(&*member.id)
    }));
    let users = directory.value.users.iter();
    let users: HashMap<&str, &User> = users.map(|user| (user.id.as_str(), user)).collect();
    for id in &touched {
        match users.get(id) {
            Some(user) => {
                let mut member = compile.member(user, &mut report);
                member.revision = unique_revision();
                people.put(member, snapshot);
            }
            None => people.remove(id, snapshot),
        }
    }
    let theirs = |delegation: &Delegation| touched.contains(delegation.to.as_str());
    delegate(directory, compile, &mut people, theirs, &mut report);
    found.or(Compiled { snapshot: Arc::clone(snapshot), people: People::Whole(people), revision })
}

/// Gives those to whom something is delegated what is.
fn delegate(
    directory: &Source<Directory>,
    users: Users<'_>,
    people: &mut Whole,
    wanted: impl Fn(&Delegation) -> bool,
    report: &mut Reporter<'_>,
) {
    let mut given: HashMap<&str, Vec<_>> = HashMap::new();
    for delegation in directory.value.delegations.iter().filter(|d| wanted(d)) {
        for name in [&delegation.from, &delegation.to] {
            if people.member(name).is_none() {
                let known = people.ids();
                let field = format!("delegations.{}", delegation.from);
                report.unknown("user", name, field, known);
            }
        }
        let from = people.member(&delegation.from);
        if let Some(rule) = users.delegated(delegation, from, report) {
            given.entry(&delegation.to).or_default().push(rule);
        }
    }
    for (to, delegations) in given {
        let Some(member) = people.member(to) else { continue };
        let mut member = Member::clone(member);
        let extra = member.extra.get_or_insert_default();
        extra.delegations = delegations.into();
        people.put(member, users.snapshot);
    }
}
