//! Exclusive access: which programs name which item.

use super::matchers::matchers;
use super::permissions::Permissions;
use super::snapshot::{ItemRule, KindRule, ProgramRule};
use super::{Definition, arc};
use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::fast::Map;
use crate::model::{Access, Catalog, Document, Item};

/// The kinds of the catalog with the programs that name their items.
pub(super) fn compile(
    definition: &Definition<'_>,
    permissions: &Permissions<'_>,
    roles: &Map<u32>,
    found: &mut Diagnostics,
) -> (Map<KindRule>, Vec<ProgramRule>) {
    let mut kinds = kinds(definition, found);
    let mut programs: Vec<ProgramRule> = Vec::new();
    let catalog = &definition.catalog.value;
    let mut report = definition.reporter(Document::Tenant, found);
    for program in &definition.tenant.value.programs {
        let field = format!("programs.{}", program.id);
        if programs.iter().any(|other| *other.id == **program.id) {
            report.fault(program.id.at(), &field, "two programs have this id", None);
        }
        let within = format!("{field}.match");
        if program.matchers.is_empty() && !definition.lenient {
            report.fault(
                program.id.at(),
                &within,
                "the program has no matcher and would admit nobody",
                Some("add at least one of roles, teams, tags or a condition".to_owned()),
            );
        }
        let matchers =
            matchers(definition, &program.matchers, permissions, roles, &within, &mut report);
        let number = u32::try_from(programs.len()).unwrap_or(u32::MAX);
        for item in &program.gives {
            let given = give(catalog, &mut kinds, item, &format!("{field}.gives"), &mut report);
            let Some(rule) = given else { continue };
            // Edit implies view: an item that is named at all is exclusive to look at as well.
            rule.view.push(number);
            if item.access == Access::Edit {
                rule.edit.push(number);
            }
        }
        let place = report.place(program.id.at());
        programs.push(ProgramRule { id: arc(&program.id), place, matchers });
    }
    for item in &definition.tenant.value.closed {
        if let Some(rule) = give(catalog, &mut kinds, item, "closed", &mut report) {
            // What is closed to look at is closed to change as well.
            rule.closed_view |= item.access == Access::View;
            rule.closed_edit = true;
        }
    }
    for kind in kinds.values_mut() {
        kind.view = kind.items.values().any(|item| item.closed_view || !item.view.is_empty());
        kind.edit = kind.items.values().any(|item| item.closed_edit || !item.edit.is_empty());
    }
    (kinds, programs)
}

/// What is known of an item that a program gives; `None` if no program can give it.
fn give<'k>(
    catalog: &Catalog,
    kinds: &'k mut Map<KindRule>,
    item: &Item,
    field: &str,
    report: &mut Reporter<'_>,
) -> Option<&'k mut ItemRule> {
    let given = catalog.resource_kinds.get(item.kind.as_str());
    let known = given.is_some_and(|kind| kind.exclusive.contains(&item.access));
    let Some(kind) = kinds.get_mut(item.kind.as_str()).filter(|_| known) else {
        let nameable = catalog
            .resource_kinds
            .iter()
            .filter(|(_, kind)| !kind.exclusive.is_empty())
            .map(|(name, _)| name.as_str());
        report.fault(
            item.kind.at(),
            field,
            format!("a program cannot give {} of `{}`", name(item.access), item.kind),
            suggest(&item.kind, nameable),
        );
        return None;
    };
    Some(kind.items.entry(item.id.as_str().into()).or_default())
}

const fn name(access: Access) -> &'static str {
    match access {
        Access::View => "view",
        Access::Edit => "edit",
    }
}

fn kinds(definition: &Definition<'_>, found: &mut Diagnostics) -> Map<KindRule> {
    let mut report = definition.reporter(Document::Catalog, found);
    let catalog = &definition.catalog.value;
    let mut kinds = Map::default();
    for (name, kind) in &catalog.resource_kinds {
        let field = format!("resource_kinds.{name}.part_of");
        for whole in &kind.part_of {
            if !catalog.resource_kinds.contains_key(whole.kind.as_str()) {
                let known = catalog.resource_kinds.keys().map(String::as_str);
                report.unknown("resource kind", &whole.kind, &field, known);
            } else if is_part_of(catalog, &whole.kind, name) {
                let message = format!("`{name}` would be a part of itself");
                report.fault(whole.kind.at(), &field, message, None);
            }
        }
        let rule = KindRule {
            name: name.as_str().into(),
            part_of: kind
                .part_of
                .iter()
                .map(|whole| (whole.kind.as_str().into(), whole.by.clone()))
                .collect(),
            items: Map::default(),
            view: false,
            edit: false,
        };
        kinds.insert(name.as_str().into(), rule);
    }
    kinds
}

/// Whether `kind` is, perhaps by way of others, a part of `whole` or the same.
fn is_part_of(catalog: &Catalog, kind: &str, whole: &str) -> bool {
    let (mut open, mut seen) = (vec![kind], Vec::new());
    while let Some(next) = open.pop() {
        if next == whole {
            return true;
        }
        if seen.contains(&next) {
            continue;
        }
        seen.push(next);
        if let Some(kind) = catalog.resource_kinds.get(next) {
            open.extend(kind.part_of.iter().map(|part| part.kind.as_str()));
        }
    }
    false
}
