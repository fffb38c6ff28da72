//! The administration of a tenant, as a part of every product's catalog.
//!
//! A store puts it into each catalog that it serves. Whoever checks the files of a tenant does the
//! same, so that they are decided on alike.

mod operations;

pub use operations::{About, Fact, OPERATIONS, OperationRule, asked, facts, finer, operation};

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::load::{self, Source};
use crate::model::{
    ADMINISTRATION, AttributeRule, AttributeType, Catalog, Category, Guard, KindAttributes, Kinds,
    ResourceKind, Role, Text,
};

/// With what the ids of the administration begin.
pub const PREFIX: &str = ADMINISTRATION;
/// The kind of the resources that administration is about.
pub const RESOURCE: &str = "permesso";

/// A product's catalog with the administration in it.
///
/// # Errors
///
/// Where the catalog has ids of its own that begin with `permesso.`.
pub fn with_administration(mut catalog: Source<Catalog>) -> Result<Source<Catalog>, Diagnostics> {
    let mut found = Diagnostics::default();
    let value = &catalog.value;
    let ids = value.categories.iter().map(|category| (&category.id, "categories"));
    let ids = ids.chain(value.permissions().map(|(_, permission)| (&permission.id, "categories")));
    // Of a table a kind is what its permissions begin with.
    let tables = value.categories.iter().filter(|category| !category.actions.is_empty());
    let kinds = tables.filter_map(|category| match &category.kinds {
        Some(Kinds::Only(kinds)) => Some(kinds),
        _ => None,
    });
    let ids = ids.chain(kinds.flatten().map(|kind| (kind, "categories")));
    let guards = value.categories.iter().flat_map(|category| &category.guards);
    let guards = guards.chain(&value.guards);
    let ids = ids.chain(guards.map(|guard| (&guard.id, "guards")));
    let ids = ids.chain(value.standard_roles.iter().map(|role| (&role.id, "standard_roles")));
    let kind = Text::from(RESOURCE);
    let kinds = value.resource_kinds.keys().filter(|name| *name == RESOURCE);
    let ids = ids.chain(kinds.map(|_| (&kind, "resource_kinds")));
    for (id, field) in ids.filter(|(id, _)| id.starts_with(PREFIX) || id.as_str() == RESOURCE) {
        found.push(Diagnostic {
            file: catalog.file.clone(),
            at: id.at(),
            field: field.to_owned(),
            message: format!(
                "`{id}` begins with `{PREFIX}`, which administration keeps for itself"
            ),
            help: Some("choose another id".to_owned()),
        });
    }
    found.or(())?;
    let own: Source<Administration> =
        load::document("administration.yaml", include_str!("administration.yaml"))?;
    let mut own = own.value;
    // Where questions have to be about kinds that there are, those about administration are too.
    if catalog.value.is_closed() {
        // Roles are handed out by name, or within limits.
        let mut attributes = KindAttributes::from_iter([("roles", AttributeType::Any)]);
        // What is required of every kind is required of the product's own.
        for (path, rule) in catalog.value.attributes.rules() {
            if let Some(name) = path.strip_prefix("resource.").filter(|_| rule.required) {
                let free = AttributeRule { required: false, ..rule.clone() };
                // It was declared so already, and is left as it is where it cannot be.
                let _ = attributes.declare(name, free);
            }
        }
        let kind = ResourceKind { attributes, ..ResourceKind::default() };
        catalog.value.resource_kinds.insert(RESOURCE.to_owned(), kind);
        for category in &mut own.categories {
            category.kinds = Some(Kinds::Only(vec![RESOURCE.into()]));
        }
    }
    catalog.value.categories.extend(own.categories);
    catalog.value.guards.extend(own.guards);
    catalog.value.standard_roles.extend(own.standard_roles);
    Ok(catalog)
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Administration {
    categories: Vec<Category>,
    guards: Vec<Guard>,
    standard_roles: Vec<Role>,
}
