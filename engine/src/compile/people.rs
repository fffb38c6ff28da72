//! People: from what the directory says to what a decision reads.

use super::grants::Granting;
use super::permissions::{Grantables, Permissions};
use super::snapshot::{DelegationRule, Extra, GrantSet, Member, PermissionId, RoleRule, Snapshot};
use super::{Compiled, Definition};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::fast::Map;
use crate::model::{Delegation, Document, Invitation, Scope, Status, Text, User};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The users of a tenant, as decisions read them.
#[derive(Debug, Default, Clone)]
pub(crate) struct People {
    members: Map<Arc<Member>>,
    usage: Map<Usage>,
}

/// How many hold a role.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Who take part: active, with the invitation accepted.
    pub(crate) taking_part: usize,
    /// All but the deleted.
    pub(crate) listed: usize,
}

impl People {
    pub(crate) fn member(&self, id: &str) -> Option<&Arc<Member>> {
        self.members.get(id)
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

impl Member {
    /// Whether the user is active and has accepted the invitation.
    pub(crate) fn takes_part(&self) -> bool {
        self.status == Status::Active && self.invitation == Invitation::Accepted
    }
}

/// The users of a tenant.
pub(super) fn compile(
    definition: &Definition<'_>,
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
    found: &mut Diagnostics,
) -> People {
    let directory = definition.directory;
    let mut people = People::default();
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
        people.put(member(definition, user, permissions, snapshot, &mut report), snapshot);
    }
    let all = |_: &Delegation| true;
    delegate(definition, permissions, snapshot, &mut people, all, &mut report);
    people
}

/// Compiles some users anew, against the policy as it is. Everybody else keeps what is cached.
///
/// `definition.directory` is the directory after the change and `changed` the ids of the users
/// who were added, changed or taken out. The other documents have to be those that `compiled`
/// was compiled from; they are not looked at for changes.
///
/// # Errors
///
/// What is wrong with the users who changed and with delegations from or to them.
pub fn recompile_users(
    compiled: &Compiled,
    definition: &Definition<'_>,
    changed: &[&str],
) -> Result<Compiled, Diagnostics> {
    static REVISION: AtomicU64 = AtomicU64::new(1);

    let mut found = Diagnostics::default();
    let snapshot = &compiled.snapshot;
    let catalog = &definition.catalog.value;
    let permissions =
        Permissions::new(catalog, &mut definition.reporter(Document::Catalog, &mut found));
    let mut people = compiled.people.clone();
    // Whoever acts for somebody who changed may now do more or less.
    let mut touched: HashSet<&str> = changed.iter().copied().collect();
    let delegations = &definition.directory.value.delegations;
    touched.extend(
        delegations
            .iter()
            .filter(|delegation| changed.contains(&delegation.from.as_str()))
            .map(|delegation| delegation.to.as_str()),
    );
    touched.extend(compiled.people.iter().filter_map(|member| {
        let mut delegations = member.extra.iter().flat_map(|extra| &extra.delegations);
        delegations.any(|rule| changed.contains(&&*rule.from.id)).then_some(&*member.id)
    }));
    let mut report = definition.reporter(Document::Directory, &mut found);
    let users = definition.directory.value.users.iter();
    let users: HashMap<&str, &User> = users.map(|user| (user.id.as_str(), user)).collect();
    for id in &touched {
        match users.get(id) {
            Some(user) => {
                let mut member = member(definition, user, &permissions, snapshot, &mut report);
                member.revision = REVISION.fetch_add(1, Ordering::Relaxed);
                people.put(member, snapshot);
            }
            None => people.remove(id, snapshot),
        }
    }
    let theirs = |delegation: &Delegation| touched.contains(delegation.to.as_str());
    delegate(definition, &permissions, snapshot, &mut people, theirs, &mut report);
    found.or(Compiled { snapshot: Arc::clone(snapshot), people })
}

/// Gives those to whom something is delegated what is.
fn delegate(
    definition: &Definition<'_>,
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
    people: &mut People,
    wanted: impl Fn(&Delegation) -> bool,
    report: &mut Reporter<'_>,
) {
    let mut given: HashMap<&str, Vec<DelegationRule>> = HashMap::new();
    for delegation in definition.directory.value.delegations.iter().filter(|d| wanted(d)) {
        if let Some(rule) = delegated(definition, delegation, people, permissions, report) {
            given.entry(&delegation.to).or_default().push(rule);
        }
    }
    for (to, delegations) in given {
        let Some(member) = people.member(to) else { continue };
        let mut member = Member::clone(member);
        let extra = member.extra.get_or_insert_default();
        extra.delegations = delegations.into();
        people.put(member, snapshot);
    }
}

fn member(
    definition: &Definition<'_>,
    user: &User,
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
    report: &mut Reporter<'_>,
) -> Member {
    let field = format!("users.{}", user.id);
    let (mut roles, mut unknown_roles) = (Vec::new(), Vec::new());
    for name in &user.roles {
        match snapshot.role_ids.get(name.as_str()) {
            Some(id) => roles.push(*id),
            None => {
                unknown_roles.push(name.as_str().into());
                if !definition.lenient {
                    let known = snapshot.role_ids.keys().map(|id| &**id);
                    report.unknown("role", name, format!("{field}.roles"), known);
                }
            }
        }
    }
    let mut policies = Vec::new();
    for name in &user.policies {
        match snapshot.policy_ids.get(name.as_str()) {
            Some(id) => policies.push(*id),
            None if definition.lenient => {}
            None => {
                let known = snapshot.policy_ids.keys().map(|id| &**id);
                report.unknown("policy", name, format!("{field}.policies"), known);
            }
        }
    }
    let boxed = |names: &[Text]| names.iter().map(|name| name.as_str().into()).collect();
    Member {
        id: user.id.as_str().into(),
        revision: 0,
        extra: extra(user, &roles, permissions, snapshot, report),
        roles: roles.into(),
        unknown_roles: unknown_roles.into(),
        policies: policies.into(),
        teams: boxed(&user.teams),
        tags: boxed(&user.tags),
        owner: user.owner,
        status: user.status,
        invitation: user.invitation,
        attributes: user.attributes.clone(),
    }
}

fn extra(
    user: &User,
    roles: &[u32],
    permissions: &Permissions<'_>,
    snapshot: &Snapshot,
    report: &mut Reporter<'_>,
) -> Option<Box<Extra>> {
    let field = format!("users.{}", user.id);
    let grants = (!user.grants.is_empty()).then(|| {
        let mut granting = Granting::default();
        granting.add(permissions, &user.grants, &format!("{field}.grants"), report);
        granting.finish(permissions)
    });
    let mut resolve = |names: &[Text], part: &str| {
        let mut ids = Vec::new();
        for name in names {
            match permissions.find(name) {
                Some(id) => ids.push(id),
                None => {
                    let field = format!("{field}.rights.{part}");
                    report.unknown("permission", name, field, permissions.ids());
                }
            }
        }
        ids
    };
    let ticked = resolve(&user.rights.add, "add");
    let removed = resolve(&user.rights.remove, "remove");
    let added = added(roles, &ticked, &removed, permissions, snapshot);
    let adjusted = adjusted(roles, &removed, permissions, snapshot);
    // What has no effect with these roles may have one with others.
    let nothing = grants.is_none() && ticked.is_empty() && removed.is_empty();
    (!nothing).then(|| {
        Box::new(Extra {
            grants,
            added: added.into(),
            adjusted: adjusted.into(),
            ticked: ticked.into(),
            unticked: removed.into(),
            delegations: Box::default(),
        })
    })
}

/// What the ticked rights add. A tick counts only where one of the roles lets it be set, and
/// reaches as far as that role.
pub(crate) fn added(
    roles: &[u32],
    ticked: &[PermissionId],
    removed: &[PermissionId],
    permissions: &impl Grantables,
    snapshot: &Snapshot,
) -> Vec<(PermissionId, Scope)> {
    let ticked = ticked.iter().filter(|id| !removed.contains(id));
    ticked
        .flat_map(|id| {
            let roles = roles.iter().filter_map(|role| snapshot.role(*role));
            roles
                .filter(|role| role.adjustable.binary_search(id).is_ok())
                .flat_map(|role| permissions.closure(*id, role.reach, &unticked(role, removed)))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Those of the removed rights that the role lets be unticked.
fn unticked(role: &RoleRule, removed: &[PermissionId]) -> Vec<PermissionId> {
    let adjustable = |right: &PermissionId| role.adjustable.binary_search(right).is_ok();
    removed.iter().copied().filter(adjustable).collect()
}

/// What each role grants without the rights of it that were unticked.
pub(crate) fn adjusted(
    roles: &[u32],
    removed: &[PermissionId],
    permissions: &impl Grantables,
    snapshot: &Snapshot,
) -> Vec<(u32, GrantSet)> {
    let mut adjusted = Vec::new();
    for (id, role) in roles.iter().filter_map(|id| Some((*id, snapshot.role(*id)?))) {
        let unticked = unticked(role, removed);
        if let Some(granting) = role.granting.as_ref().filter(|_| !unticked.is_empty()) {
            adjusted.push((id, granting.finish_without(permissions, &unticked)));
        }
    }
    adjusted
}

/// A delegation, as far as it counts: the one who delegates has to take part, and a permission
/// that cannot be delegated is refused when the directory is read.
fn delegated(
    definition: &Definition<'_>,
    delegation: &Delegation,
    people: &People,
    permissions: &Permissions<'_>,
    report: &mut Reporter<'_>,
) -> Option<DelegationRule> {
    let field = format!("delegations.{}", delegation.from);
    for name in [&delegation.from, &delegation.to] {
        if people.member(name).is_none() {
            let known = people.members.keys().map(|id| &**id);
            report.unknown("user", name, &field, known);
        }
    }
    let mut ids = Vec::new();
    for name in &delegation.permissions {
        match permissions.find(name) {
            None => report.unknown("permission", name, &field, permissions.ids()),
            Some(id) if permissions.by_delegation(id) || permissions.delegable(id) => ids.push(id),
            Some(_) if definition.lenient => {}
            Some(_) => {
                let message = format!("`{name}` cannot be delegated");
                report.fault(name.at(), &field, message, None);
            }
        }
    }
    if let (Some(from), Some(until)) = (delegation.valid_from, delegation.valid_until)
        && from >= until
    {
        let help = Some("valid_from is included, valid_until is not".to_owned());
        report.fault(delegation.from.at(), &field, "the delegation ends before it begins", help);
    }
    let from = people.member(&delegation.from)?;
    (from.status == Status::Active).then(|| DelegationRule {
        from: Arc::clone(from),
        permissions: ids.into(),
        audiences: delegation.audiences.iter().map(|name| name.as_str().into()).collect(),
        valid_from: delegation.valid_from,
        valid_until: delegation.valid_until,
    })
}
