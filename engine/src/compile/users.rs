//! One user: from what the directory says to what a decision reads.

use super::about::About;
use super::names::{Known, refuse_names, refuse_tags, refuse_teams, refuse_twice};
use super::{idle, moot};
use crate::decision::{ANONYMOUS, SUBJECT_TYPE};
use crate::diagnostic::Reporter;
use crate::model::{
    Assignment, AttributeType, Attributes, Delegation, Instant, Scope, Status, Text, User, Value,
    as_millis,
};
use crate::snapshot::{
    Check, DelegationRule, Extra, GrantSet, HoldsNamed, Interner, Member, PermissionId,
    Permissions, RoleRule, Snapshot, WrittenGrant, boxed,
};
use std::sync::{Arc, Mutex, PoisonError};

/// What users are compiled against.
#[derive(Clone, Copy)]
pub(super) struct Users<'a> {
    pub(super) snapshot: &'a Snapshot,
    /// What they share with one another.
    pub(super) shared: &'a Mutex<Interner>,
    /// See [`Definition::lenient`](super::Definition::lenient).
    pub(super) lenient: bool,
    /// Whether they are users: who is in no directory is none.
    pub(super) is_user: bool,
}

impl<'a> Users<'a> {
    pub(super) fn permissions(&self) -> &'a Permissions {
        &self.snapshot.catalog.permissions
    }

    /// The names that the tenant has.
    pub(super) fn known(&self) -> Known<'a> {
        let Snapshot { role_ids, policy_ids, teams, tags, .. } = self.snapshot;
        Known { roles: role_ids, policies: policy_ids, teams, tags: tags.as_ref() }
    }

    /// A user, without what others delegate to them.
    pub(super) fn member(&self, user: &User, report: &mut Reporter<'_>) -> Member {
        // Whoever was deleted has nothing, and may name what is long gone.
        let strict = !self.lenient && user.status != Status::Deleted;
        if strict {
            self.names(user, report);
            self.contract(user, report);
        }
        let User { roles, policies, teams, .. } = user;
        let holds = HoldsNamed { roles, policies, teams, is_user: self.is_user };
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let (held, teams) = (shared.held(holds, self.snapshot), shared.names(teams));
        let tags = shared.names(&user.tags);
        drop(shared);
        let extra = self.extra(user, report);
        if let Some(grants) = extra.as_ref().and_then(|extra| extra.grants.as_ref())
            && strict
        {
            let clauses = grants.limited.iter().filter_map(|grant| grant.within.condition.as_ref());
            let field = format!("users.{}.grants", user.id);
            refuse_names(clauses, self.known(), &field, report);
            let about = About::of(&self.snapshot.catalog);
            about.refuse_grants(&grants.limited, |_| true, &field, report);
        }
        let mut member = Member {
            id: user.id.as_str().into(),
            revision: 0,
            held,
            teams,
            tags,
            owner: user.owner,
            anonymous: false,
            status: user.status,
            invitation: user.invitation,
            extra,
            attributes: self.attributes(user),
        };
        if let Some(kind) = user.kind.as_deref().filter(|kind| *kind != SUBJECT_TYPE) {
            member.extra.get_or_insert_default().kind = Some(kind.as_str().into());
        }
        member.settle_ticks(self.snapshot);
        member
    }

    /// What is said of a user, with instants in milliseconds.
    fn attributes(&self, user: &User) -> Attributes<'static> {
        let mut attributes = user.attributes.clone();
        for (path, rule) in self.snapshot.catalog.source.value.attributes.rules() {
            if let (AttributeType::Instant, Some(name)) = (rule.kind, path.strip_prefix("subject."))
            {
                attributes.change_at(name, &|value| {
                    if let Some(millis) = as_millis(value) {
                        *value = millis;
                    }
                });
            }
        }
        attributes
    }

    /// Refuses roles and policies that nobody knows.
    fn names(&self, user: &User, report: &mut Reporter<'_>) {
        let Snapshot { role_ids, policy_ids, .. } = self.snapshot;
        refuse_twice(&user.roles, &format!("users.{}.roles", user.id), report);
        moot::refuse_twice(&user.tags, &format!("users.{}.tags", user.id), report);
        moot::refuse_twice(&user.policies, &format!("users.{}.policies", user.id), report);
        let roles: Vec<&Text> = user.roles.iter().map(|held| &held.role).collect();
        for (what, part, names, known) in [
            ("role", "roles", roles, role_ids),
            ("policy", "policies", user.policies.iter().collect(), policy_ids),
        ] {
            for name in names.into_iter().filter(|name| !known.contains_key(name.as_str())) {
                let field = format!("users.{}.{part}", user.id);
                report.unknown(what, name, field, known.keys().map(|id| &**id));
            }
        }
    }

    /// Refuses teams and tags that the tenant does not list, and attributes that are not what the catalog
    /// declares.
    fn contract(&self, user: &User, report: &mut Reporter<'_>) {
        let teams = &self.snapshot.teams;
        let field = format!("users.{}", user.id);
        refuse_teams(teams, &user.teams, &format!("{field}.teams"), report);
        refuse_tags(self.snapshot.tags.as_ref(), &user.tags, &format!("{field}.tags"), report);
        idle::refuse(self.permissions(), &user.grants, &format!("{field}.grants"), report);
        for grant in &user.grants {
            refuse_teams(teams, &grant.teams, &format!("{field}.grants"), report);
            refuse_teams(teams, &grant.exact_teams, &format!("{field}.grants"), report);
        }
        for (path, rule) in self.snapshot.catalog.source.value.attributes.rules() {
            let Some(name) = path.strip_prefix("subject.") else { continue };
            let Some(value) = user.attributes.at(name) else { continue };
            let check = Check::new(rule.kind, &rule.one_of);
            let fits = *value == Value::Null || (rule.kind.accepts(value) && check.lists(value));
            if !fits {
                let message = match &*rule.one_of {
                    [] if rule.kind == AttributeType::Instant => format!(
                        "`{name}` has to be a date such as 2026-12-31, or a date and a time with \
                         its zone such as 2026-12-31T18:00:00+01:00"
                    ),
                    [] => format!("`{name}` has to be {}", rule.kind.words()),
                    values => format!("`{name}` has to be one of: {}", values.join(", ")),
                };
                report.fault(user.id.at(), format!("{field}.attributes"), message, None);
            }
        }
        super::own::refuse(user, self.snapshot, report);
        if let Some(kind) = user.kind.as_ref().filter(|kind| kind.as_str() == ANONYMOUS) {
            let message = "nobody in a directory is anonymous";
            let help = Some("leave the type out, or choose another one".to_owned());
            report.fault(kind.at(), format!("{field}.type"), message, help);
        } else if let Some(kind) = &user.kind
            && self.snapshot.catalog.contract.population(kind).is_none()
        {
            let types = &self.snapshot.catalog.contract.subject_types;
            let own = types.iter().filter(|(name, base)| name == base && ***name != *ANONYMOUS);
            let own = own.map(|(name, _)| &**name);
            report.unknown("type of subject", kind, format!("{field}.type"), own);
        }
    }

    fn extra(&self, user: &User, report: &mut Reporter<'_>) -> Option<Box<Extra>> {
        // What has no effect with these roles may have one with others.
        let ticks = !user.rights.add.is_empty() || !user.rights.remove.is_empty();
        let limited = user.roles.iter().any(Assignment::is_limited);
        if user.grants.is_empty() && !ticks && !limited {
            return None;
        }
        let permissions = self.permissions();
        let field = format!("users.{}", user.id);
        let written = user.grants.iter().filter_map(|grant| {
            WrittenGrant::new(permissions, grant, &format!("{field}.grants"), report)
        });
        let written: Box<[WrittenGrant]> = written.collect();
        let grants = (!user.grants.is_empty()).then(|| WrittenGrant::total(&written, permissions));
        if let Some(grants) = &grants {
            grants.refuse_costly(permissions, user.id.at(), &format!("{field}.grants"), report);
        }
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
        let assigned = self.assigned(&user.roles, &format!("{field}.roles"), report);
        let nothing = grants.is_none() && ticked.is_empty() && removed.is_empty();
        (!nothing || !assigned.is_empty()).then(|| {
            Box::new(Extra {
                assigned,
                grants,
                written,
                added: Box::default(),
                adjusted: Box::default(),
                ticked: ticked.into(),
                unticked: removed.into(),
                delegations: Box::default(),
                kind: None,
                record: None,
            })
        })
    }

    /// The permissions that a delegation hands on, and whether its window is one.
    pub(super) fn delegable(
        &self,
        delegation: &Delegation,
        report: &mut Reporter<'_>,
    ) -> Vec<PermissionId> {
        let permissions = self.permissions();
        let field = format!("delegations.{}", delegation.from);
        let mut ids = Vec::new();
        for name in &delegation.permissions {
            match permissions.find(name) {
                None => report.unknown("permission", name, &field, permissions.ids()),
                Some(id) if permissions.by_delegation(id) || permissions.delegable(id) => {
                    ids.push(id);
                }
                Some(_) if self.lenient => {}
                Some(_) => {
                    let message = format!("`{name}` cannot be delegated");
                    report.fault(name.at(), &field, message, None);
                }
            }
        }
        if let (Some(from), Some(until)) = (delegation.valid_from, delegation.valid_until)
            && from >= until
        {
            let message = "the delegation ends before it begins";
            let help = Some("valid_from is included, valid_until is not".to_owned());
            report.fault(delegation.from.at(), &field, message, help);
        }
        ids
    }

    /// A delegation, as far as it counts: the one who delegates has to take part, and a
    /// permission that cannot be delegated is refused when the directory is read.
    pub(super) fn delegated(
        &self,
        delegation: &Delegation,
        from: Option<&Arc<Member>>,
        report: &mut Reporter<'_>,
    ) -> Option<DelegationRule> {
        let permissions = self.delegable(delegation, report);
        // What somebody delegated to themself is theirs again once they take part.
        let own = delegation.from == delegation.to;
        let from = from.filter(|from| own || from.status == Status::Active)?;
        Some(DelegationRule {
            from: Arc::clone(from),
            permissions: permissions.into(),
            audiences: boxed(&delegation.audiences),
            valid_from: delegation.valid_from.map(Instant::millis),
            valid_until: delegation.valid_until.map(Instant::millis),
        })
    }
}

impl Member {
    /// Works out what was ticked and unticked, by the roles held.
    pub(crate) fn settle_ticks(&mut self, snapshot: &Snapshot) {
        let Some(extra) = &self.extra else { return };
        let nothing = extra.ticked.is_empty() && extra.unticked.is_empty();
        if nothing && extra.added.is_empty() && extra.adjusted.is_empty() {
            return;
        }
        let permissions = &snapshot.catalog.permissions;
        let standing = self.standing_roles();
        let all: Vec<u32> = self.held_roles().map(|held| held.role).collect();
        let (ticked, off) = (&extra.ticked, &extra.unticked);
        let added = added(&standing, ticked, off, permissions, snapshot).into();
        let adjusted = adjusted(&all, off, permissions, snapshot).into();
        if let Some(extra) = &mut self.extra {
            (extra.added, extra.adjusted) = (added, adjusted);
        }
    }
}

/// What the ticked rights add. A tick counts only where one of the roles held without limits lets
/// it be set, and reaches as far as that role.
pub(crate) fn added(
    roles: &[u32],
    ticked: &[PermissionId],
    removed: &[PermissionId],
    permissions: &Permissions,
    snapshot: &Snapshot,
) -> Vec<(PermissionId, Scope)> {
    let ticked = ticked.iter().filter(|id| !removed.contains(id));
    ticked
        .flat_map(|id| {
            let roles = roles.iter().filter_map(|role| snapshot.role(*role));
            roles
                .filter(|role| role.adjustable.binary_search(id).is_ok())
                .flat_map(|role| {
                    let unticked = unticked(role, removed);
                    permissions.closure(*id, role.reach, |it| unticked.contains(&it))
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Those of the removed rights that the role lets be unticked.
fn unticked(role: &RoleRule, removed: &[PermissionId]) -> Vec<PermissionId> {
    let adjustable = |right: &PermissionId| role.adjustable.binary_search(right).is_ok();
    removed.iter().copied().filter(adjustable).collect()
}

/// What each role grants without the rights of it that were unticked, however it is held.
fn adjusted(
    roles: &[u32],
    removed: &[PermissionId],
    permissions: &Permissions,
    snapshot: &Snapshot,
) -> Vec<(u32, GrantSet)> {
    let mut adjusted = Vec::new();
    for (id, role) in roles.iter().filter_map(|id| Some((*id, snapshot.role(*id)?))) {
        if adjusted.iter().any(|(known, _)| *known == id) {
            continue;
        }
        let unticked = unticked(role, removed);
        if let Some(granting) = role.granting.as_ref().filter(|_| !unticked.is_empty()) {
            adjusted.push((id, granting.finish_without(permissions, &unticked)));
        }
    }
    adjusted
}
