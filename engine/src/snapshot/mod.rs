//! What a decision reads.
//!
//! A snapshot is a catalog and a tenant with every reference followed and every question that
//! does not depend on the request answered beforehand. It never changes: an edit makes another
//! one, and decisions that are under way finish on the one they began with.

mod assigned;
mod catalog;
mod contract;
mod exclusive;
mod families;
mod grants;
mod holds;
mod member;
mod sharing;

pub(crate) use assigned::{
    Assigned, Borrowed, By, HeldRole, Lending, LendingTeam, LentRole, Limited,
};
pub use catalog::CompiledCatalog;
pub(crate) use catalog::{
    Entry, MOST_NEEDED, Needed, Permissions, StandardRole, TeamRule, Variant,
};
pub use contract::DeclaredAttribute;
pub(crate) use contract::{
    AllowedKinds, Breach, Check, Contract, Declared, KindContract, MOST_REQUIRED, Name,
};
pub(crate) use exclusive::{ItemRule, KindRule, MatcherRule, ProgramRule};
pub(crate) use families::{FamilyRule, Governed, InputRule, Installed};
pub(crate) use grants::{
    Clause, Except, GrantOf, GrantReads, GrantSet, Granting, LimitedGrant, Origin, PolicyRule,
    RoleRule, TeamLimits, Within, WrittenGrant,
};
pub(crate) use member::{DelegationRule, Extra, HoldsNamed, Interner, boxed, unique_revision};
pub use member::{Member, StoredUser};
pub(crate) use sharing::{
    ContentRule, MarkRule, Redaction, SharedContent, SharingPlan, SharingRule,
};

use crate::decision::Obligation;
use crate::fast::Map;
use crate::load::Source;
use crate::model::{Access, GrantedBy, InputPath, Place, Predicate, Scope, Tenant};
use permesso_names::check_path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// A permission's place in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermissionId(pub(crate) u16);

/// The compiled policy of one tenant. What an edit leaves as it was, the snapshot after it shares
/// with the one before.
#[derive(Debug)]
pub struct Snapshot {
    /// Unique in this process: no two snapshots ever share cached decisions.
    pub(crate) id: u64,
    pub(crate) revision: u64,
    pub(crate) tenant: Arc<str>,
    pub(crate) catalog: Arc<CompiledCatalog>,
    /// What it was compiled from, as long as somebody else keeps it.
    pub(crate) source: Weak<Source<Tenant>>,
    /// Whether what nobody knows was let stand.
    pub(crate) lenient: bool,
    pub(crate) permissions: Arc<[Arc<PermissionRule>]>,
    pub(crate) role_ids: Arc<Map<u32>>,
    pub(crate) roles: Box<[Arc<RoleRule>]>,
    /// The teams that the tenant lists, sorted; none where it lists none, and any name is one.
    pub(crate) teams: Arc<[Box<str>]>,
    /// Whoever asks anonymously, where the catalog knows that.
    pub(crate) anonymous: Option<Arc<Member>>,
    /// The tags that the tenant lists, sorted; none where any word is one.
    pub(crate) tags: Option<Arc<[Box<str>]>>,
    /// The roles of teams, and those that everybody holds.
    pub(crate) lending: Arc<Lending>,
    pub(crate) policy_ids: Arc<Map<u32>>,
    pub(crate) policies: Arc<[Arc<PolicyRule>]>,
    /// What the conditions of its grants read.
    pub(crate) grant_reads: Arc<GrantReads>,
    pub(crate) kinds: Arc<Map<KindRule>>,
    pub(crate) programs: Arc<[Arc<ProgramRule>]>,
    pub(crate) sharing: Arc<SharingPlan>,
    pub(crate) families: Arc<[FamilyRule]>,
}

/// What is known of one permission.
#[derive(Debug, Clone)]
pub(crate) struct PermissionRule {
    pub(crate) id: Arc<str>,
    pub(crate) category: Arc<str>,
    /// What a question about it can be about.
    pub(crate) kinds: AllowedKinds,
    /// The attributes of the resource that a question has to say, where its kind declares them.
    pub(crate) required: Box<[Box<str>]>,
    pub(crate) reach: Scope,
    pub(crate) own: Box<[Box<str>]>,
    pub(crate) baseline: Scope,
    pub(crate) granted_by: GrantedBy,
    pub(crate) requires: Box<[PermissionId]>,
    /// The same with all that those require in turn.
    pub(crate) needs: Box<[Needed]>,
    /// The entitlement it needs and whether the tenant has it.
    pub(crate) entitlement: Option<(Arc<str>, bool)>,
    pub(crate) owner_only: bool,
    /// Whether a role, a policy or a grant to a user can hand it out.
    pub(crate) grantable: bool,
    pub(crate) while_pending: bool,
    pub(crate) is_constraint: bool,
    /// Whether it is handed on from user to user and by nothing else.
    pub(crate) by_delegation: bool,
    /// Whether one who holds it can let another user do it in their place.
    pub(crate) delegable: bool,
    pub(crate) guards: Box<[u16]>,
    pub(crate) constraints: Box<[u16]>,
    pub(crate) exclusive: Option<Access>,
    /// What it shows, where sharing settles how much of it.
    pub(crate) content: Option<SharedContent>,
    pub(crate) family: Option<Governed>,
    /// Every attribute of the resource and the context that its decision can depend on: the
    /// part of the cache key that comes from the request.
    pub(crate) reads: Box<[InputPath]>,
    /// The kinds of content whose sharers may redact what it shows.
    pub(crate) sharers: Box<[u16]>,
    /// Whether its decision may be kept in the cache at all.
    pub(crate) cacheable: bool,
}

#[derive(Debug)]
pub(crate) struct GuardRule {
    pub(crate) id: Arc<str>,
    pub(crate) message: Arc<str>,
    pub(crate) place: Place,
    pub(crate) require: Option<Predicate>,
    pub(crate) condition: Option<Clause>,
    pub(crate) check: Option<crate::model::RoleCheck>,
}

/// What a restricting toggle does to one permission.
#[derive(Debug)]
pub(crate) struct ConstraintRule {
    /// The toggle.
    pub(crate) toggle: PermissionId,
    pub(crate) forbids: bool,
    pub(crate) obligations: Box<[Arc<Obligation>]>,
    pub(crate) unless: Option<Predicate>,
}

impl Snapshot {
    /// The tenant's id.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The product's id.
    #[must_use]
    pub fn product(&self) -> &str {
        &self.catalog.product
    }

    /// The revision at which the policy was compiled. A tenant's people change without it; the
    /// revision that a decision names is that of the [`Compiled`](crate::compile::Compiled).
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The catalog that it is on.
    #[must_use]
    pub fn catalog(&self) -> &Arc<CompiledCatalog> {
        &self.catalog
    }

    /// How many permissions the catalog has.
    #[must_use]
    pub fn permission_count(&self) -> usize {
        self.permissions.len()
    }

    /// How many roles the tenant has.
    #[must_use]
    pub fn role_count(&self) -> usize {
        self.roles.len()
    }

    /// The roles that grant a permission, at any scope and within any limits.
    pub fn roles_granting(&self, permission: &str) -> impl Iterator<Item = &str> {
        let id = self.permission_id(permission);
        let grants = move |role: &&Arc<RoleRule>| {
            id.is_some_and(|id| {
                !role.grants.plain(id).is_none() || !role.grants.limited(id).is_empty()
            })
        };
        self.roles.iter().filter(grants).map(|role| &*role.id)
    }

    /// The roles that let somebody do what a permission names: they grant it and all that it
    /// requires, as far as not everybody has that anyway, at any scope and within any limits.
    pub fn roles_letting(&self, permission: &str) -> impl Iterator<Item = &str> {
        let id = self.permission_id(permission);
        let rule = id.and_then(|id| self.permission(id));
        let needs = rule.map(|rule| rule.needs.iter().map(|need| need.permission));
        let all: Vec<PermissionId> = id.into_iter().chain(needs.into_iter().flatten()).collect();
        let grants = |role: &RoleRule, id: PermissionId| {
            !role.grants.plain(id).is_none() || !role.grants.limited(id).is_empty()
        };
        let everybodys =
            |id: PermissionId| self.permission(id).is_some_and(|rule| !rule.baseline.is_none());
        let lets = move |role: &&Arc<RoleRule>| {
            all.iter().any(|id| grants(role, *id))
                && all.iter().all(|id| grants(role, *id) || everybodys(*id))
        };
        self.roles.iter().filter(lets).map(|role| &*role.id)
    }

    /// The families that govern permissions of the product: id, the digest of the component
    /// that is installed, `None` where none is.
    pub fn families(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.families
            .iter()
            .map(|rule| (&*rule.id, rule.installed.as_ref().map(|i| i.family.digest())))
    }

    pub(crate) fn permission(&self, id: PermissionId) -> Option<&PermissionRule> {
        self.permissions.get(usize::from(id.0)).map(|rule| &**rule)
    }

    /// A permission by its id.
    #[inline]
    pub(crate) fn permission_id(&self, id: &str) -> Option<PermissionId> {
        self.catalog.permissions.find(id)
    }

    pub(crate) fn each_permission(&self) -> impl Iterator<Item = (PermissionId, &PermissionRule)> {
        let rules = self.permissions.iter().map(|rule| &**rule);
        (0..=u16::MAX).map(PermissionId).zip(rules)
    }

    pub(crate) fn role(&self, id: u32) -> Option<&RoleRule> {
        self.roles.get(id as usize).map(|rule| &**rule)
    }

    /// Whether a text is a team of the tenant, or one above those.
    pub(crate) fn is_team(&self, path: &str) -> bool {
        match &*self.teams {
            [] => check_path(path).is_ok(),
            listed => has_team(listed, path),
        }
    }

    /// A number that no other snapshot of this process has.
    pub(crate) fn unique_id() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }
}

/// Whether a sorted list has a team, or one below it.
pub(crate) fn has_team(teams: &[Box<str>], path: &str) -> bool {
    let from = |path: &str| teams.get(teams.partition_point(|team| **team < *path));
    if from(path).is_some_and(|team| **team == *path) {
        return true;
    }
    let below = format!("{path}/");
    from(&below).is_some_and(|team| team.starts_with(&below))
}
