//! What a decision reads.
//!
//! A snapshot is a catalog and a tenant with every reference followed and every question that
//! does not depend on the request answered beforehand. It never changes: an edit makes another
//! one, and decisions that are under way finish on the one they began with.

use super::grants::Granting;
use super::matchers::MatcherRule;
use super::sharing::{SharedContent, SharingPlan};
use crate::condition::Condition;
use crate::decision::Obligation;
use crate::family::{Family, Input};
use crate::fast::Map;
use crate::model::{Access, GrantedBy, InputPath, PartBy, Place, Predicate, Scope};
use std::sync::Arc;

/// A permission's place in the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermissionId(pub(crate) u16);

/// The compiled policy of one tenant.
#[derive(Debug)]
pub struct Snapshot {
    /// Unique in this process: no two snapshots ever share cached decisions.
    pub(crate) id: u64,
    pub(crate) revision: u64,
    pub(crate) tenant: Arc<str>,
    pub(crate) product: Arc<str>,
    pub(crate) permission_ids: Map<PermissionId>,
    pub(crate) permissions: Box<[PermissionRule]>,
    pub(crate) role_ids: Map<u32>,
    pub(crate) roles: Box<[RoleRule]>,
    pub(crate) policy_ids: Map<u32>,
    pub(crate) policies: Box<[PolicyRule]>,
    pub(crate) guards: Box<[GuardRule]>,
    pub(crate) constraints: Box<[ConstraintRule]>,
    pub(crate) kinds: Map<KindRule>,
    pub(crate) programs: Box<[ProgramRule]>,
    pub(crate) sharing: SharingPlan,
    pub(crate) families: Box<[FamilyRule]>,
    pub(crate) team_attribute: Box<str>,
    pub(crate) unassigned_is_everybodys: bool,
}

/// What is known of one permission.
#[derive(Debug)]
pub(crate) struct PermissionRule {
    pub(crate) id: Arc<str>,
    pub(crate) category: Arc<str>,
    pub(crate) reach: Scope,
    pub(crate) own: Box<[Box<str>]>,
    pub(crate) baseline: Scope,
    pub(crate) granted_by: GrantedBy,
    /// What comes along with a grant of it, and at which scope if not at the grant's.
    pub(crate) implies: Box<[(PermissionId, Option<Scope>)]>,
    pub(crate) requires: Box<[PermissionId]>,
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

/// Which family governs a permission, and how it asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Governed {
    pub(crate) family: u16,
    /// The permission in the family's manifest; `None` where the family is not installed.
    pub(crate) permission: Option<u32>,
    /// Whether the manifest declares a floor on it and the tenant consents.
    pub(crate) floor: bool,
}

/// What a role, a policy or a user is granted.
#[derive(Debug, Default, Clone)]
pub(crate) struct GrantSet {
    /// The scope of each permission that is granted without limits, by permission.
    pub(crate) plain: Box<[Scope]>,
    /// Where those come from, sorted by permission.
    pub(crate) origins: Box<[Origin]>,
    /// Grants within limits, sorted by permission.
    pub(crate) limited: Box<[LimitedGrant]>,
}

/// Where a grant without limits comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) permission: PermissionId,
    pub(crate) scope: Scope,
    pub(crate) place: Place,
}

/// A condition and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    pub(crate) condition: Condition,
    pub(crate) place: Place,
}

/// The teams that a grant is limited to. None at all: it is not.
#[derive(Debug, Clone, Default)]
pub(crate) struct TeamLimits {
    /// These and the teams below them.
    pub(crate) branches: Box<[Box<str>]>,
    /// Exactly these.
    pub(crate) exact: Box<[Box<str>]>,
}

impl TeamLimits {
    /// Whether there is no limit.
    pub(crate) fn is_empty(&self) -> bool {
        self.branches.is_empty() && self.exact.is_empty()
    }
}

/// A grant that holds for some teams, for some time, or under a condition.
#[derive(Debug, Clone)]
pub(crate) struct LimitedGrant {
    pub(crate) permission: PermissionId,
    pub(crate) scope: Scope,
    pub(crate) teams: TeamLimits,
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) condition: Option<Clause>,
    pub(crate) place: Place,
}

#[derive(Debug)]
pub(crate) struct RoleRule {
    pub(crate) id: Arc<str>,
    pub(crate) editable: bool,
    pub(crate) deletable: bool,
    /// The scope of rights ticked for one holder.
    pub(crate) reach: Scope,
    /// Which permissions can be ticked and unticked for one holder.
    pub(crate) adjustable: Box<[PermissionId]>,
    /// Its own grants and those of its policies, with all that they imply.
    pub(crate) grants: GrantSet,
    /// The same before that, for holders with unticked rights; only where rights are adjustable.
    pub(crate) granting: Option<Box<Granting>>,
}

#[derive(Debug)]
pub(crate) struct PolicyRule {
    pub(crate) id: Arc<str>,
    pub(crate) grants: GrantSet,
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

/// What is known of a kind of resource.
#[derive(Debug, Default)]
pub(crate) struct KindRule {
    pub(crate) name: Arc<str>,
    pub(crate) part_of: Box<[(Box<str>, PartBy)]>,
    /// The programs that name an item of this kind, by the item's id.
    pub(crate) items: Map<ItemRule>,
    /// Whether any item is exclusive to look at.
    pub(crate) view: bool,
    /// Whether any item is exclusive to change.
    pub(crate) edit: bool,
}

/// The programs that give one item. A program that gives edit stands in both lists.
#[derive(Debug, Default)]
pub(crate) struct ItemRule {
    pub(crate) view: Vec<u32>,
    pub(crate) edit: Vec<u32>,
    /// Exclusive to look at though no program may give it.
    pub(crate) closed_view: bool,
    /// Exclusive to change though no program may give it.
    pub(crate) closed_edit: bool,
}

#[derive(Debug)]
pub(crate) struct ProgramRule {
    pub(crate) id: Arc<str>,
    pub(crate) place: Place,
    pub(crate) matchers: MatcherRule,
}

/// A family as the tenant uses it.
#[derive(Debug)]
pub(crate) struct FamilyRule {
    pub(crate) id: Arc<str>,
    /// `None` where no component of that id is installed: what it governs is denied.
    pub(crate) installed: Option<Installed>,
}

#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) family: Arc<dyn Family>,
    pub(crate) kinds: Map<u32>,
    pub(crate) inputs: Box<[InputRule]>,
    pub(crate) reasons: Box<[(Arc<str>, Arc<str>)]>,
    pub(crate) obligations: Box<[Arc<Obligation>]>,
    /// Whether it reads `now`: an answer without an end is then never kept.
    pub(crate) reads_now: bool,
    /// The permissions that it can demand; `None` for one that this catalog does not have.
    pub(crate) requires: Box<[Option<PermissionId>]>,
}

/// One declared input, with what can be known of it beforehand.
#[derive(Debug)]
pub(crate) struct InputRule {
    pub(crate) path: InputPath,
    pub(crate) kind: crate::family::InputKind,
    /// The value, where it comes from the tenant's configuration.
    pub(crate) config: Option<Input<'static>>,
    /// Whether the platform does not let the family see it.
    pub(crate) withheld: bool,
    /// The permission, where it asks whether one is held.
    pub(crate) holds: Option<PermissionId>,
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
        &self.product
    }

    /// The revision at which the policy was compiled. A tenant's people change without it; the
    /// revision that a decision names is that of the [`Compiled`](super::Compiled).
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
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
        let id = self.permission_ids.get(permission).copied();
        let grants = move |role: &&RoleRule| {
            id.is_some_and(|id| {
                !role.grants.plain(id).is_none() || !role.grants.limited(id).is_empty()
            })
        };
        self.roles.iter().filter(grants).map(|role| &*role.id)
    }

    /// The families that govern permissions of the product: id, the digest of the component
    /// that is installed, `None` where none is.
    pub fn families(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.families
            .iter()
            .map(|rule| (&*rule.id, rule.installed.as_ref().map(|i| i.family.digest())))
    }

    pub(crate) fn permission(&self, id: PermissionId) -> Option<&PermissionRule> {
        self.permissions.get(usize::from(id.0))
    }

    pub(crate) fn each_permission(&self) -> impl Iterator<Item = (PermissionId, &PermissionRule)> {
        (0..=u16::MAX).map(PermissionId).zip(&self.permissions)
    }

    pub(crate) fn role(&self, id: u32) -> Option<&RoleRule> {
        self.roles.get(id as usize)
    }
}

impl GrantSet {
    /// The scope granted without limits.
    pub(crate) fn plain(&self, permission: PermissionId) -> Scope {
        self.plain.get(usize::from(permission.0)).copied().unwrap_or(Scope::NONE)
    }

    /// Where the grants without limits come from.
    pub(crate) fn origins(&self, permission: PermissionId) -> &[Origin] {
        let from = self.origins.partition_point(|origin| origin.permission < permission);
        let to = self.origins.partition_point(|origin| origin.permission <= permission);
        self.origins.get(from..to).unwrap_or(&[])
    }

    /// The grants within limits.
    pub(crate) fn limited(&self, permission: PermissionId) -> &[LimitedGrant] {
        if self.limited.is_empty() {
            return &[];
        }
        let from = self.limited.partition_point(|grant| grant.permission < permission);
        let to = self.limited.partition_point(|grant| grant.permission <= permission);
        self.limited.get(from..to).unwrap_or(&[])
    }
}
