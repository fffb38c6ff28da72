//! Catalogs: what no tenant changes, worked out once a version.

use super::about::About;
use super::{
    administering, arc, contract, exclusive, lending, moot, readers, roles, rules, sharing, tables,
};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::load::Source;
use crate::model::{Catalog, Document, Unassigned};
use crate::snapshot::{CompiledCatalog, PermissionRule, Permissions, StandardRole, TeamRule};
use std::collections::HashSet;
use std::sync::Arc;

/// Compiles a catalog, for any number of tenants. Its tables are written out: what was compiled has
/// all permissions one by one, as has its [`CompiledCatalog::source`]. What is wrong with it is kept with it and
/// refuses every tenant: see [`CompiledCatalog::faults`].
#[must_use]
pub fn catalog(source: impl Into<Arc<Source<Catalog>>>) -> Arc<CompiledCatalog> {
    let source: Arc<Source<Catalog>> = source.into();
    let mut faults = Diagnostics::default();
    let file = source.file.clone();
    let mut report = Reporter::new(Document::Catalog, &file, &mut faults);
    let source = tables::written_out(source, &mut report);
    let catalog = &source.value;
    let permissions = Permissions::new(catalog, &mut report);
    let standard_roles: Box<[StandardRole]> = catalog
        .standard_roles
        .iter()
        .map(|role| roles::standard(role, &permissions, &mut report))
        .collect();
    let mut seen = HashSet::new();
    for role in &catalog.standard_roles {
        if !seen.insert(role.id.as_str()) {
            let field = format!("standard_roles.{}", role.id);
            report.fault(role.id.at(), field, "two roles have this id", None);
        }
    }
    let kinds = exclusive::kinds(catalog, &mut report);
    lending::catalog(catalog, &mut report);
    let redactions = sharing::catalog(catalog, &permissions, &mut report);
    let guards = rules::guards(catalog, &permissions, &mut report);
    let constraints = rules::constraints(&permissions, &mut report);
    // Each is known by a number, and one without would bind nobody.
    for (field, count) in [("guards", guards.len()), ("constraints", constraints.len())] {
        if count > usize::from(u16::MAX) {
            let message = match field {
                "guards" => format!("a catalog holds at most 65,535 guards, this {count}"),
                _ => format!("toggles bind at most 65,535 times in a catalog, in this {count}"),
            };
            report.fault(catalog.at(), field, message, None);
        }
    }
    rules::relations(catalog, &mut report);
    let contract = contract::contract(catalog, &mut report);
    let mut rules: Vec<PermissionRule> = permissions
        .iter()
        .map(|(id, entry)| {
            let kinds = contract::allowed(catalog, &contract, entry, &mut report);
            PermissionRule { kinds, ..rules::permission(catalog, &permissions, id, entry) }
        })
        .collect();
    readers::check(catalog, &contract, &permissions, &rules, &mut report);
    administering::check(catalog, &contract, &permissions, &rules, &mut report);
    let about = About { contract: &contract, rules: &rules };
    moot::refuse(catalog, &permissions, about, &mut report);
    readers::conditions(about, &guards, &standard_roles, &mut report);
    let (guards, constraints) = rules::attach(&mut rules, guards, constraints);
    Arc::new(CompiledCatalog {
        faults,
        product: arc(&catalog.product),
        permissions,
        rules: rules.into(),
        guards,
        constraints,
        contract,
        kinds,
        redactions,
        standard_roles,
        teams: teams(catalog),
        variants: Default::default(),
        source,
    })
}

fn teams(catalog: &Catalog) -> TeamRule {
    let everybodys = catalog.teams.unassigned == Unassigned::Everybody;
    let kinds = catalog.resource_kinds.iter();
    let said =
        kinds.filter_map(|(kind, rule)| Some((kind, rule.unassigned? == Unassigned::Everybody)));
    TeamRule {
        attribute: catalog.teams.attribute.as_str().into(),
        everybodys,
        everybodys_of: said
            .filter(|(_, of_kind)| *of_kind != everybodys)
            .map(|(kind, of_kind)| (kind.as_str().into(), of_kind))
            .collect(),
    }
}
