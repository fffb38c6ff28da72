//! Permissions: ids, references between them, and what they imply.

use super::contract;
use crate::condition::AttributeSchema;
use crate::diagnostic::Reporter;
use crate::model::{Catalog, Category, Permission, Scope, Text};
use crate::snapshot::{Entry, MOST_NEEDED, PermissionId, Permissions};

impl Permissions {
    /// Follows every reference between permissions.
    pub(super) fn new(catalog: &Catalog, report: &mut Reporter<'_>) -> Self {
        let mut this = Self {
            entries: Vec::new(),
            by_id: Default::default(),
            by_category: Default::default(),
            wide_schema: AttributeSchema::default(),
            parts: Default::default(),
            // These cannot ask which permissions are held: grants hang on conditions, and the two
            // could ask one another without end.
            schema: AttributeSchema::new(&catalog.attributes)
                .with_kinds(&contract::of_kinds(catalog, report))
                .with_team(&catalog.teams.attribute)
                .with_values("resource.kind", contract::kinds(catalog)),
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
        this.refuse_requirements(report);
        this.wide_schema = this.schema.clone().with_permissions(this.ids());
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
        if permission.id.is_empty() || permission.id.contains('*') {
            let help = Some("give it an id without `*`, which stands for several".to_owned());
            report.fault(permission.id.at(), "permissions", "a permission needs an id", help);
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
            kinds: permission.kinds.as_ref().or(category.kinds.as_ref()).cloned(),
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

    /// A permission that requires itself in a circle could never be decided, one that requires
    /// thousands would take too long.
    fn refuse_requirements(&self, report: &mut Reporter<'_>) {
        for (id, entry) in self.iter() {
            let needs = self.needs(id);
            let message = if needs.iter().any(|need| need.permission == id) {
                "the permission requires itself, perhaps by way of others".to_owned()
            } else if needs.len() > MOST_NEEDED {
                format!("the permission requires more than {MOST_NEEDED} others, by way of others")
            } else {
                continue;
            };
            let name = &entry.permission.id;
            report.fault(name.at(), format!("permissions.{name}.requires"), message, None);
        }
    }
}
