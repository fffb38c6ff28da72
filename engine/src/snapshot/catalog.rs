//! What a catalog says, with every reference followed.
//!
//! A catalog changes with a release of its product, and any number of tenants are on one version
//! of it. So it is compiled once, and they share what came of it: a tenant costs what it says
//! itself.

use super::{
    AllowedKinds, ConstraintRule, Contract, Declared, DeclaredAttribute, Governed, Granting,
    GuardRule, KindRule, PermissionId, PermissionRule, Redaction, RoleRule,
};
use crate::condition::AttributeSchema;
use crate::diagnostic::Diagnostics;
use crate::fast::Map;
use crate::load::Source;
use crate::model::{Catalog, GrantedBy, InputPath, Kinds, Pattern, Permission, Scope, Text};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

/// A catalog, ready for tenants to be compiled on it: see
/// [`compile::catalog`](crate::compile::catalog).
#[derive(Debug, Default)]
pub struct CompiledCatalog {
    pub(crate) source: Arc<Source<Catalog>>,
    /// What is wrong with it. No tenant of a catalog with faults compiles.
    pub(crate) faults: Diagnostics,
    pub(crate) product: Arc<str>,
    pub(crate) permissions: Permissions,
    /// The permissions as every tenant has them, before anything that a tenant says.
    pub(crate) rules: Box<[PermissionRule]>,
    pub(crate) guards: Box<[GuardRule]>,
    pub(crate) constraints: Box<[ConstraintRule]>,
    /// What a question has to be.
    pub(crate) contract: Contract,
    /// The kinds of resources, without any item.
    pub(crate) kinds: Map<KindRule>,
    /// The toggles that redact each kind of content, for the viewer and for the sharer.
    pub(crate) redactions: Box<[(Option<Redaction>, Option<Redaction>)]>,
    pub(crate) standard_roles: Box<[StandardRole]>,
    pub(crate) teams: TeamRule,
    /// The permissions as some tenant has them. Most tenants differ in few of them, if in any.
    pub(crate) variants: Variants,
}

/// How resources lie in teams.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TeamRule {
    /// The attribute that says so.
    pub(crate) attribute: Box<str>,
    /// Whether what names no team is everybody's.
    pub(crate) everybodys: bool,
    /// The same of the kinds of which something else is said.
    pub(crate) everybodys_of: Map<bool>,
}

impl TeamRule {
    /// Whether a resource of a kind is everybody's where it names no team.
    pub(crate) fn is_everybodys(&self, kind: &str) -> bool {
        let of_kind = || self.everybodys_of.get(kind).copied();
        (!self.everybodys_of.is_empty()).then(of_kind).flatten().unwrap_or(self.everybodys)
    }
}

impl CompiledCatalog {
    /// The catalog as it was written.
    #[must_use]
    pub fn source(&self) -> &Arc<Source<Catalog>> {
        &self.source
    }

    /// The kinds that a permission is about, in the catalog's order; none where it has no such
    /// permission. Of a catalog that is not closed there are none.
    #[must_use]
    pub fn kinds_of(&self, permission: &str) -> Option<Vec<&str>> {
        let id = self.permissions.find(permission)?;
        let kinds = &self.rules.get(usize::from(id.0))?.kinds;
        let of = |at: &u16| self.contract.kinds.get(usize::from(*at)).map(|kind| &*kind.name);
        Some(match kinds {
            AllowedKinds::Open => Vec::new(),
            AllowedKinds::Any => self.contract.kinds.iter().map(|kind| &*kind.name).collect(),
            AllowedKinds::Only(only) => only.iter().filter_map(of).collect(),
        })
    }

    /// What a condition may read. One that grants, or that says for whom something is, may not ask
    /// which permissions are held: that hangs on what such conditions say.
    #[must_use]
    pub fn schema(&self, grants: bool) -> &AttributeSchema {
        if grants { &self.permissions.schema } else { &self.permissions.wide_schema }
    }

    /// The attributes of a kind of resource; none where the catalog is not closed or has no such
    /// kind.
    pub fn attributes_of(&self, kind: &str) -> Option<impl Iterator<Item = DeclaredAttribute<'_>>> {
        let at = self.contract.ids.get(kind)?;
        Some(self.contract.kinds.get(usize::from(*at))?.attributes.attributes())
    }

    /// The same, as a question about a permission sends them: what the permission has to be told
    /// is required as well.
    pub fn attributes_asked(
        &self,
        permission: &str,
        kind: &str,
    ) -> Option<impl Iterator<Item = DeclaredAttribute<'_>>> {
        let id = self.permissions.find(permission)?;
        let wanted = &self.rules.get(usize::from(id.0))?.required;
        let wants = |name: &str| wanted.iter().any(|wanted| **wanted == *name);
        Some(self.attributes_of(kind)?.map(move |attribute| DeclaredAttribute {
            required: attribute.required || wants(attribute.name),
            ..attribute
        }))
    }

    /// What is declared below `context`, `action` or `subject`; of the subject what callers are
    /// trusted to say.
    pub fn declared(&self, root: &str) -> impl Iterator<Item = DeclaredAttribute<'_>> {
        let declared = match root {
            "context" => Some(&self.contract.context),
            "action" => Some(&self.contract.action),
            "subject" => Some(&self.contract.subject),
            _ => None,
        };
        declared.into_iter().flat_map(Declared::attributes)
    }

    /// The types that subjects can be of, by any of their names, sorted.
    pub fn subject_types(&self) -> impl Iterator<Item = &str> {
        self.contract.subject_types.keys().map(|name| &**name).collect::<BTreeSet<_>>().into_iter()
    }

    /// The permissions that a grant of a pattern, or of `*`, gives as the catalog is now; none where
    /// the name is no pattern.
    #[must_use]
    pub fn given_by(&self, pattern: &str) -> Option<Vec<&str>> {
        let pattern = Pattern::of(pattern).filter(|pattern| *pattern != Pattern::Lookalike)?;
        let given = self
            .permissions
            .entries
            .iter()
            .filter(|entry| entry.is_swept() && pattern.matches_own(&entry.permission.id));
        Some(given.map(|entry| entry.permission.id.as_str()).collect())
    }

    /// What is wrong with it.
    #[must_use]
    pub fn faults(&self) -> &Diagnostics {
        &self.faults
    }
}

/// A standard role, as far as its tenants do not matter to it.
#[derive(Debug)]
pub(crate) struct StandardRole {
    /// What it grants by itself.
    pub(crate) granting: Granting,
    pub(crate) editable: bool,
    pub(crate) deletable: bool,
    pub(crate) reach: Scope,
    pub(crate) adjustable: Box<[PermissionId]>,
    /// The finished role. A tenant that defines policies or parents of it finishes another.
    pub(crate) rule: Arc<RoleRule>,
}

/// What a permission requires, perhaps by way of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) permission: PermissionId,
    /// Which of those that it requires itself brought it, the first where several do.
    pub(crate) by: PermissionId,
}

/// More than this a permission may not require, those counted that the required ones require.
pub(crate) const MOST_NEEDED: usize = 1_024;

/// The permissions of a catalog by id and by position.
#[derive(Debug, Default)]
pub(crate) struct Permissions {
    pub(crate) entries: Vec<Entry>,
    pub(crate) by_id: Map<PermissionId>,
    pub(crate) by_category: BTreeMap<Box<str>, Vec<PermissionId>>,
    /// What the conditions of grants may read.
    pub(crate) schema: AttributeSchema,
    /// What other conditions may read, which grant nothing: which permissions are held as well.
    pub(crate) wide_schema: AttributeSchema,
    /// What patterns stand for, worked out for the first that is looked up.
    pub(crate) parts: OnceLock<Parts>,
}

/// The permissions by the parts of their names, in the order of permissions.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// By what stands before one of the dots.
    before: Map<Vec<PermissionId>>,
    /// By what stands behind one of the dots.
    behind: Map<Vec<PermissionId>>,
}

/// One permission with its references followed.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) category: Text,
    /// The family that governs it, whether the category or the permission itself names it.
    pub(crate) family: Option<Text>,
    /// The kinds that it is about, whether the category or the permission itself names them.
    pub(crate) kinds: Option<Kinds>,
    pub(crate) permission: Permission,
    pub(crate) reach: Scope,
    pub(crate) granted_by: GrantedBy,
    pub(crate) requires: Vec<PermissionId>,
    pub(crate) implies: Vec<(PermissionId, Option<Scope>)>,
}

impl Entry {
    /// Whether a grant of `*` or of a pattern gives it: what is given by name only is not.
    pub(crate) fn is_swept(&self) -> bool {
        let permission = &self.permission;
        permission.granted_by == GrantedBy::Roles
            && permission.constraint.is_none()
            && !permission.owner_only
            && permission.wildcard.unwrap_or(true)
    }
}

impl Permissions {
    /// How many permissions there are.
    pub(crate) fn count(&self) -> usize {
        self.entries.len()
    }

    /// A grant and everything that comes along with it, each cut to its own reach. What roles
    /// cannot hand out does not come along, and what only the owner holds brings nothing along:
    /// the grant of it to somebody else is none. Neither do those that are `off`, nor what only
    /// they would bring along.
    pub(crate) fn closure(
        &self,
        id: PermissionId,
        scope: Scope,
        off: impl Fn(PermissionId) -> bool,
    ) -> Vec<(PermissionId, Scope)> {
        let mut found: Vec<(PermissionId, Scope)> = Vec::new();
        if let Some(entry) = self.entry(id).filter(|entry| entry.implies.is_empty()) {
            let scope = scope.intersection(entry.reach);
            found.extend((!scope.is_none() && !off(id)).then_some((id, scope)));
            return found;
        }
        // How far each came along already: many ways may lead to one, and it is walked on from
        // only as far as it is new.
        let mut reached = vec![Scope::NONE; self.count()];
        let mut open = vec![(id, scope)];
        while let Some((id, scope)) = open.pop() {
            let Some(entry) = self.entry(id) else { continue };
            let scope = scope.intersection(entry.reach);
            let first = found.is_empty();
            let lawful = first || entry.granted_by == GrantedBy::Roles;
            if scope.is_none() || !lawful || off(id) {
                continue;
            }
            if let Some(reached) = reached.get_mut(usize::from(id.0)) {
                if reached.covers(scope) {
                    continue;
                }
                *reached = reached.union(scope);
            }
            if entry.permission.owner_only {
                if first {
                    found.push((id, scope));
                }
                continue;
            }
            found.push((id, scope));
            for (implied, at) in &entry.implies {
                open.push((*implied, at.unwrap_or(scope)));
            }
        }
        found
    }

    /// Everything that a permission requires, by way of others too: each once, in the order in
    /// which they come up, so that whoever finds the first that is missing finds the first of the
    /// permission's own requirements that is not met. One more than is allowed is the end.
    pub(crate) fn needs(&self, id: PermissionId) -> Vec<Needed> {
        let (mut needs, mut seen) = (Vec::new(), HashSet::new());
        let own = self.entry(id).map_or(&[][..], |entry| &entry.requires);
        for by in own {
            let mut open = vec![*by];
            while let Some(next) = open.pop() {
                if needs.len() > MOST_NEEDED {
                    return needs;
                }
                if seen.insert(next) {
                    needs.push(Needed { permission: next, by: *by });
                    let further = self.entry(next).map_or(&[][..], |entry| &entry.requires);
                    open.extend(further.iter().rev());
                }
            }
        }
        needs
    }

    pub(crate) fn entry(&self, id: PermissionId) -> Option<&Entry> {
        self.entries.get(usize::from(id.0))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (PermissionId, &Entry)> {
        (0..=u16::MAX).map(PermissionId).zip(&self.entries)
    }

    pub(crate) fn find(&self, id: &str) -> Option<PermissionId> {
        self.by_id.get(id).copied()
    }

    /// What a pattern stands for, whatever else would keep it from that, in the order of
    /// permissions. A thousand grants of patterns are not held against each permission.
    pub(crate) fn matching(&self, pattern: Pattern<'_>) -> &[PermissionId] {
        let parts = self.parts.get_or_init(|| {
            let mut parts = Parts::default();
            for (id, entry) in self.iter() {
                let name = entry.permission.id.as_str();
                for (at, _) in name.match_indices('.') {
                    let (before, behind) = (name.get(..at), name.get(at + 1..));
                    parts.before.entry(before.unwrap_or_default().into()).or_default().push(id);
                    parts.behind.entry(behind.unwrap_or_default().into()).or_default().push(id);
                }
            }
            parts
        });
        let found = match pattern {
            Pattern::Of(kind) => parts.before.get(kind),
            Pattern::Doing(action) => parts.behind.get(action),
            Pattern::Everything | Pattern::Lookalike => None,
        };
        found.map_or(&[], Vec::as_slice)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.permission.id.as_str())
    }

    pub(crate) fn categories(&self) -> impl Iterator<Item = &str> {
        self.by_category.keys().map(|id| &**id)
    }

    /// What a grant of the category gives. A restricting toggle is set by name only: selecting
    /// a whole category for a role is meant to widen it.
    pub(crate) fn category(&self, id: &str) -> Option<impl Iterator<Item = PermissionId> + '_> {
        Some(self.by_category.get(id)?.iter().copied().filter(|id| {
            self.entry(*id).is_some_and(|entry| {
                entry.granted_by == GrantedBy::Roles && entry.permission.constraint.is_none()
            })
        }))
    }

    /// What a grant of `*` gives.
    pub(crate) fn wildcard(&self) -> impl Iterator<Item = PermissionId> + '_ {
        self.iter().filter_map(|(id, entry)| entry.is_swept().then_some(id))
    }

    /// Whether the permission is handed on from user to user and by nothing else.
    pub(crate) fn by_delegation(&self, id: PermissionId) -> bool {
        self.entry(id).is_some_and(|entry| {
            entry.granted_by == GrantedBy::Delegation && entry.permission.constraint.is_none()
        })
    }

    /// Whether one who holds the permission can let another user do it in their place.
    pub(crate) fn delegable(&self, id: PermissionId) -> bool {
        self.entry(id).is_some_and(|entry| {
            let permission = &entry.permission;
            entry.granted_by == GrantedBy::Roles
                && permission.delegable
                && permission.constraint.is_none()
                && !permission.owner_only
        })
    }
}

/// What a tenant adds to what the catalog says of a permission.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variant {
    /// Whether the tenant has what it needs.
    pub(crate) entitled: bool,
    pub(crate) family: Option<Governed>,
    pub(crate) reads: Box<[InputPath]>,
    pub(crate) sharers: Box<[u16]>,
    pub(crate) cacheable: bool,
}

impl Variant {
    /// Whether a rule is what comes of this.
    pub(crate) fn is_of(&self, rule: &PermissionRule) -> bool {
        let entitled = rule.entitlement.as_ref().is_none_or(|(_, held)| *held == self.entitled);
        entitled
            && rule.family == self.family
            && rule.cacheable == self.cacheable
            && rule.reads == self.reads
            && rule.sharers == self.sharers
    }

    fn apply(self, rule: &PermissionRule) -> PermissionRule {
        let mut rule = rule.clone();
        if let Some((_, held)) = &mut rule.entitlement {
            *held = self.entitled;
        }
        rule.family = self.family;
        rule.reads = self.reads;
        rule.sharers = self.sharers;
        rule.cacheable = self.cacheable;
        rule
    }
}

/// The rules that tenants of a catalog share with one another.
#[derive(Debug, Default)]
pub(crate) struct Variants(Mutex<Vec<Vec<Weak<PermissionRule>>>>);

/// Of more variants of one permission than this, those that come later are kept by nobody but
/// their tenants.
const SHARED_VARIANTS: usize = 64;

impl Variants {
    /// The rule of a permission for a tenant, shared with those that have the same.
    pub(crate) fn rule(
        &self,
        id: PermissionId,
        base: &PermissionRule,
        variant: Variant,
    ) -> Arc<PermissionRule> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() <= usize::from(id.0) {
            all.resize_with(usize::from(id.0) + 1, Vec::new);
        }
        let Some(known) = all.get_mut(usize::from(id.0)) else {
            return Arc::new(variant.apply(base));
        };
        let found = known.iter().filter_map(Weak::upgrade).find(|rule| variant.is_of(rule));
        found.unwrap_or_else(|| {
            let rule = Arc::new(variant.apply(base));
            if known.len() >= SHARED_VARIANTS {
                known.retain(|rule| rule.strong_count() > 0);
            }
            if known.len() < SHARED_VARIANTS {
                known.push(Arc::downgrade(&rule));
            }
            rule
        })
    }
}
