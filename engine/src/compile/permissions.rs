//! Permissions: ids, references between them, and what they imply.

use super::snapshot::{PermissionId, Snapshot};
use crate::condition::AttributeSchema;
use crate::diagnostic::Reporter;
use crate::model::{Catalog, Category, GrantedBy, Permission, Scope, Text};
use std::collections::HashMap;

/// The permissions of a catalog by id and by position.
pub(super) struct Permissions<'c> {
    entries: Vec<Entry<'c>>,
    by_id: HashMap<&'c str, PermissionId>,
    by_category: HashMap<&'c str, Vec<PermissionId>>,
    /// What conditions may read.
    pub(super) schema: AttributeSchema,
}

/// One permission with its references followed.
pub(super) struct Entry<'c> {
    pub(super) category: &'c Category,
    pub(super) permission: &'c Permission,
    pub(super) reach: Scope,
    pub(super) granted_by: GrantedBy,
    pub(super) requires: Vec<PermissionId>,
    pub(super) implies: Vec<(PermissionId, Option<Scope>)>,
}

/// What follows from a grant of a permission.
pub(crate) struct Grantable<'p> {
    reach: Scope,
    granted_by: GrantedBy,
    owner_only: bool,
    implies: &'p [(PermissionId, Option<Scope>)],
}

/// Where permissions are looked up to follow what grants of them bring along: the catalog while
/// it is compiled, the snapshot afterwards.
pub(crate) trait Grantables {
    /// How many permissions there are.
    fn count(&self) -> usize;

    /// What follows from a grant of this one.
    fn grantable(&self, id: PermissionId) -> Option<Grantable<'_>>;

    /// A grant and everything that comes along with it, each cut to its own reach. What roles
    /// cannot hand out does not come along, and what only the owner holds brings nothing along:
    /// the grant of it to somebody else is none. Neither do those that are `off`.
    fn closure(
        &self,
        id: PermissionId,
        scope: Scope,
        off: &[PermissionId],
    ) -> Vec<(PermissionId, Scope)> {
        let mut found: Vec<(PermissionId, Scope)> = Vec::new();
        let mut open = vec![(id, scope)];
        while let Some((id, scope)) = open.pop() {
            let Some(entry) = self.grantable(id) else { continue };
            let scope = scope.intersection(entry.reach);
            let known = found.iter().any(|(other, reached)| *other == id && reached.covers(scope));
            let first = found.is_empty();
            let lawful = first || entry.granted_by == GrantedBy::Roles;
            if known || scope.is_none() || !lawful || off.contains(&id) {
                continue;
            }
            if entry.owner_only {
                if first {
                    found.push((id, scope));
                }
                continue;
            }
            found.push((id, scope));
            for (implied, at) in entry.implies {
                open.push((*implied, at.unwrap_or(scope)));
            }
        }
        found
    }
}

impl Grantables for Permissions<'_> {
    fn count(&self) -> usize {
        self.entries.len()
    }

    fn grantable(&self, id: PermissionId) -> Option<Grantable<'_>> {
        self.entry(id).map(|entry| Grantable {
            reach: entry.reach,
            granted_by: entry.granted_by,
            owner_only: entry.permission.owner_only,
            implies: &entry.implies,
        })
    }
}

impl Grantables for Snapshot {
    fn count(&self) -> usize {
        self.permissions.len()
    }

    fn grantable(&self, id: PermissionId) -> Option<Grantable<'_>> {
        self.permission(id).map(|rule| Grantable {
            reach: rule.reach,
            granted_by: rule.granted_by,
            owner_only: rule.owner_only,
            implies: &rule.implies,
        })
    }
}

impl<'c> Permissions<'c> {
    /// Follows every reference between permissions.
    pub(super) fn new(catalog: &'c Catalog, report: &mut Reporter<'_>) -> Self {
        let mut this = Self {
            entries: Vec::new(),
            by_id: HashMap::new(),
            by_category: HashMap::new(),
            // Conditions cannot ask which permissions are held: grants hang on conditions, and
            // the two could ask one another without end.
            schema: AttributeSchema::new(&catalog.attributes),
        };
        for category in &catalog.categories {
            if this.by_category.insert(&category.id, Vec::new()).is_some() {
                let field = format!("categories.{}", category.id);
                report.fault(category.id.at(), field, "two categories have this id", None);
            }
        }
        for (category, permission) in catalog.permissions() {
            this.add(category, permission, report);
        }
        for index in 0..this.entries.len() {
            this.link(index, report);
        }
        this.refuse_cycles(report);
        this
    }

    fn add(
        &mut self,
        category: &'c Category,
        permission: &'c Permission,
        report: &mut Reporter<'_>,
    ) {
        let field = format!("permissions.{}", permission.id);
        let Ok(number) = u16::try_from(self.entries.len()) else {
            report.fault(
                permission.id.at(),
                field,
                "a catalog holds at most 65,535 permissions",
                None,
            );
            return;
        };
        if permission.id.is_empty() || permission.id.as_str() == "*" {
            report.fault(permission.id.at(), "permissions", "a permission needs an id", None);
        }
        let id = PermissionId(number);
        if self.by_id.insert(&permission.id, id).is_some() {
            report.fault(permission.id.at(), field, "two permissions have this id", None);
        }
        self.by_category.entry(&category.id).or_default().push(id);
        self.entries.push(Entry {
            category,
            permission,
            reach: permission.reach.unwrap_or(Scope::ALL),
            granted_by: permission.granted_by,
            requires: Vec::new(),
            implies: Vec::new(),
        });
    }

    fn link(&mut self, index: usize, report: &mut Reporter<'_>) {
        let Some(permission) = self.entries.get(index).map(|entry| entry.permission) else {
            return;
        };
        let mut resolve = |names: &[Text], field: &str| {
            let mut ids = Vec::new();
            for name in names {
                match self.find(name) {
                    Some(id) => ids.push(id),
                    None => {
                        let field = format!("permissions.{}.{field}", permission.id);
                        report.unknown("permission", name, field, self.ids());
                    }
                }
            }
            ids
        };
        let requires = resolve(&permission.requires, "requires");
        let implies: Vec<_> = permission
            .implies
            .iter()
            .flat_map(|implied| {
                resolve(std::slice::from_ref(&implied.permission), "implies")
                    .into_iter()
                    .map(|id| (id, implied.scope))
            })
            .collect();
        if let Some(entry) = self.entries.get_mut(index) {
            entry.requires = requires;
            entry.implies = implies;
        }
    }

    /// A permission that requires itself in a circle could never be decided.
    fn refuse_cycles(&self, report: &mut Reporter<'_>) {
        for (index, entry) in self.entries.iter().enumerate() {
            let mut seen = vec![false; self.entries.len()];
            let mut open: Vec<PermissionId> = entry.requires.clone();
            while let Some(next) = open.pop() {
                if usize::from(next.0) == index {
                    let field = format!("permissions.{}.requires", entry.permission.id);
                    report.fault(
                        entry.permission.id.at(),
                        field,
                        "the permission requires itself, perhaps by way of others",
                        None,
                    );
                    break;
                }
                match seen.get_mut(usize::from(next.0)) {
                    Some(visited) if !*visited => *visited = true,
                    _ => continue,
                }
                if let Some(entry) = self.entry(next) {
                    open.extend_from_slice(&entry.requires);
                }
            }
        }
    }

    pub(super) fn entry(&self, id: PermissionId) -> Option<&Entry<'c>> {
        self.entries.get(usize::from(id.0))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PermissionId, &Entry<'c>)> {
        (0..=u16::MAX).map(PermissionId).zip(&self.entries)
    }

    pub(super) fn find(&self, id: &str) -> Option<PermissionId> {
        self.by_id.get(id).copied()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.permission.id.as_str())
    }

    pub(super) fn categories(&self) -> impl Iterator<Item = &str> {
        self.by_category.keys().copied()
    }

    /// What a grant of the category gives. A restricting toggle is set by name only: selecting
    /// a whole category for a role is meant to widen it.
    pub(super) fn category(&self, id: &str) -> Option<impl Iterator<Item = PermissionId> + '_> {
        Some(self.by_category.get(id)?.iter().copied().filter(|id| {
            self.entry(*id).is_some_and(|entry| {
                entry.granted_by == GrantedBy::Roles && entry.permission.constraint.is_none()
            })
        }))
    }

    /// What a grant of `*` gives.
    pub(super) fn wildcard(&self) -> impl Iterator<Item = PermissionId> + '_ {
        self.iter().filter_map(|(id, entry)| {
            let permission = entry.permission;
            let included = permission.granted_by == GrantedBy::Roles
                && permission.constraint.is_none()
                && !permission.owner_only
                && permission.wildcard.unwrap_or(true);
            included.then_some(id)
        })
    }
}
