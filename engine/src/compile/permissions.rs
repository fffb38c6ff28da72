//! Permissions: ids, references between them, and what they imply.

use crate::condition::AttributeSchema;
use crate::diagnostic::Reporter;
use crate::model::{Catalog, Category, Permission, Scope, Text};
use crate::snapshot::{Entry, PermissionId, Permissions};

impl Permissions {
    /// Follows every reference between permissions.
    pub(super) fn new(catalog: &Catalog, report: &mut Reporter<'_>) -> Self {
        let mut this = Self {
            entries: Vec::new(),
            by_id: Default::default(),
            by_category: Default::default(),
            // Conditions cannot ask which permissions are held: grants hang on conditions, and
            // the two could ask one another without end.
            schema: AttributeSchema::new(&catalog.attributes),
        };
        for category in &catalog.categories {
            if this.by_category.insert(category.id.as_str().into(), Vec::new()).is_some() {
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

    fn add(&mut self, category: &Category, permission: &Permission, report: &mut Reporter<'_>) {
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
        if self.by_id.insert(permission.id.as_str().into(), id).is_some() {
            report.fault(permission.id.at(), field, "two permissions have this id", None);
        }
        self.by_category.entry(category.id.as_str().into()).or_default().push(id);
        self.entries.push(Entry {
            category: category.id.clone(),
            family: permission
                .family
                .as_ref()
                .or(category.family.as_ref())
                .filter(|name| name.as_str() != "none")
                .cloned(),
            permission: permission.clone(),
            reach: permission.reach.unwrap_or(Scope::ALL),
            granted_by: permission.granted_by,
            requires: Vec::new(),
            implies: Vec::new(),
        });
    }

    fn link(&mut self, index: usize, report: &mut Reporter<'_>) {
        let Some(permission) = self.entries.get(index).map(|entry| &entry.permission) else {
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
}
