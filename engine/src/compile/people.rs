//! People: those of a tenant that is loaded whole, and how they are found in one that is not.

use super::member::{Interner, Member, unique_revision};
use super::permissions::Permissions;
use super::snapshot::Snapshot;
use super::subjects::{Broken, Open, Pins, Usage};
use super::users::Users;
use super::{Compiled, Definition};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::fast::Map;
use crate::model::{Delegation, Document, Position, Status, User};
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

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

impl<'a> View<'a> {
    /// A user.
    #[inline]
    pub(crate) fn member(&self, id: &str) -> Found<'a> {
        match self.people {
            People::Whole(whole) => match whole.member(id) {
                Some(member) => Found::Known(MemberRef::Lent(member)),
                None => Found::Absent,
            },
            People::Open(open) => open.member(id, self),
        }
    }

    /// How many hold a role, by its name; `None` where nobody has counted them yet.
    pub(crate) fn usage(&self, role: &str) -> Option<Usage> {
        match self.people {
            People::Whole(whole) => Some(whole.usage(role)),
            People::Open(open) => open.usage(role, self),
        }
    }

    /// A user who is in no directory, found in this snapshot whichever one they were compiled
    /// against.
    pub(crate) fn outsider(&self, member: &'a Arc<Member>) -> Found<'a> {
        if member.held.snapshot == self.snapshot.id {
            return Found::Known(MemberRef::Lent(member));
        }
        match self.people {
            People::Open(open) => open.relinked(member, self.snapshot),
            // Without the catalog nobody knows what the numbers mean here.
            People::Whole(_) => Found::Broken(Arc::new(Broken::of_another_policy(member))),
        }
    }
}

impl Whole {
    pub(crate) fn member(&self, id: &str) -> Option<&Arc<Member>> {
        self.members.get(id)
    }

    pub(super) fn of(members: Vec<Member>, snapshot: &Snapshot) -> Self {
        let mut whole = Self::default();
        members.into_iter().for_each(|member| whole.put(member, snapshot));
        whole
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Member>> {
        self.members.values()
    }

    /// How many hold a role, by its name.
    pub(crate) fn usage(&self, role: &str) -> Usage {
        self.usage.get(role).copied().unwrap_or_default()
    }

    fn put(&mut self, member: Member, snapshot: &Snapshot) {
        self.count(&member, snapshot, 1);
        let id = Box::from(&*member.id);
        if let Some(old) = self.members.insert(id, Arc::new(member)) {
            self.count(&old, snapshot, -1);
        }
    }

    fn remove(&mut self, id: &str, snapshot: &Snapshot) {
        if let Some(old) = self.members.remove(id) {
            self.count(&old, snapshot, -1);
        }
    }

    fn count(&mut self, member: &Member, snapshot: &Snapshot, by: isize) {
        let names: HashSet<&str> = member.role_names(snapshot).collect();
        for name in names {
            let usage = self.usage.entry(name.into()).or_default();
            if member.takes_part() {
                usage.taking_part = usage.taking_part.saturating_add_signed(by);
            }
            if member.status != Status::Deleted {
                usage.listed = usage.listed.saturating_add_signed(by);
            }
        }
    }
}

/// The users of a tenant.
pub(super) fn compile<'a>(
    definition: &Definition<'_>,
    permissions: &'a Permissions<'a>,
    snapshot: &'a Snapshot,
    found: &mut Diagnostics,
) -> Whole {
    let directory = definition.directory;
    let shared = Mutex::new(Interner::default());
    let (permissions, lenient) = (&|| permissions, definition.lenient);
    let users = Users { snapshot, permissions, shared: &shared, lenient };
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
    delegate(definition, users, &mut people, all, &mut report);
    people
}

/// Compiles some users of a tenant that is loaded whole anew, against the policy as it is.
/// Everybody else keeps what is cached.
///
/// `definition.directory` is the directory after the change and `changed` the ids of the users
/// who were added, changed or taken out. The other documents have to be those that `compiled`
/// was compiled from; they are not looked at for changes.
///
/// # Errors
///
/// What is wrong with the users who changed and with delegations from or to them; or that the
/// tenant is not loaded whole.
pub fn recompile_users(
    compiled: &Compiled,
    definition: &Definition<'_>,
    changed: &[&str],
) -> Result<Compiled, Diagnostics> {
    let mut found = Diagnostics::default();
    let snapshot = &compiled.snapshot;
    let catalog = &definition.catalog.value;
    let permissions =
        Permissions::new(catalog, &mut definition.reporter(Document::Catalog, &mut found));
    let shared = Mutex::new(Interner::default());
    let (permissions, lenient) = (&|| &permissions, definition.lenient);
    let compile = Users { snapshot, permissions, shared: &shared, lenient };
    let Some(whole) = compiled.whole() else {
        let help = Some("compile it with all of its directory".to_owned());
        let mut report = definition.reporter(Document::Directory, &mut found);
        report.fault(Position::default(), "users", "the tenant is not loaded whole", help);
        return Err(found);
    };
    let mut people = whole.clone();
    // Whoever acts for somebody who changed may now do more or less.
    let mut touched: HashSet<&str> = changed.iter().copied().collect();
    let delegations = &definition.directory.value.delegations;
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
    let mut report = definition.reporter(Document::Directory, &mut found);
    let users = definition.directory.value.users.iter();
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
    delegate(definition, compile, &mut people, theirs, &mut report);
    found.or(Compiled {
        snapshot: Arc::clone(snapshot),
        people: People::Whole(people),
        revision: definition.revision,
    })
}

/// Gives those to whom something is delegated what is.
fn delegate(
    definition: &Definition<'_>,
    users: Users<'_>,
    people: &mut Whole,
    wanted: impl Fn(&Delegation) -> bool,
    report: &mut Reporter<'_>,
) {
    let mut given: HashMap<&str, Vec<_>> = HashMap::new();
    for delegation in definition.directory.value.delegations.iter().filter(|d| wanted(d)) {
        for name in [&delegation.from, &delegation.to] {
            if people.member(name).is_none() {
                let known = people.members.keys().map(|id| &**id);
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
