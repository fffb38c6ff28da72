//! Exclusive access: which programs name which item.

use super::permissions::Permissions;
use super::snapshot::{KindRule, ProgramRule};
use super::{Definition, arc};
use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::fast::Map;
use crate::model::{Access, Text};

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
    let mut report = Reporter::new(&definition.tenant.file, found);
    for program in &definition.tenant.value.programs {
        let field = format!("programs.{}", program.id);
        if programs.iter().any(|other| *other.id == **program.id) {
            report.fault(program.id.at(), &field, "two programs have this id", None);
        }
        if program.matchers.is_empty() && !definition.lenient {
            report.fault(
                program.id.at(),
                format!("{field}.match"),
                "the program has no matcher and would admit nobody",
                Some("add at least one of roles, teams, tags or a condition".to_owned()),
            );
        }
        if !definition.lenient {
            for role in &program.matchers.roles {
                if !roles.contains_key(role.as_str()) {
                    let known = roles.keys().map(|id| &**id);
                    report.unknown("role", role, format!("{field}.match.roles"), known);
                }
            }
        }
        let number = u32::try_from(programs.len()).unwrap_or(u32::MAX);
        for item in &program.gives {
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
                    format!("{field}.gives"),
                    format!("a program cannot give {} of `{}`", name(item.access), item.kind),
                    suggest(&item.kind, nameable),
                );
                continue;
            };
            kind.edit |= item.access == Access::Edit;
            let rule = kind.items.entry(item.id.as_str().into()).or_default();
            // Edit implies view: an item that is named at all is exclusive to look at as well.
            rule.view.push(number);
            if item.access == Access::Edit {
                rule.edit.push(number);
            }
        }
        let boxed = |names: &[Text]| names.iter().map(|name| name.as_str().into()).collect();
        programs.push(ProgramRule {
            id: arc(&program.id),
            roles: boxed(&program.matchers.roles),
            teams: boxed(&program.matchers.teams),
            tags: boxed(&program.matchers.tags),
            condition: permissions.condition(
                program.matchers.condition.as_ref(),
                &format!("{field}.match"),
                &mut report,
            ),
        });
    }
    (kinds, programs)
}

const fn name(access: Access) -> &'static str {
    match access {
        Access::View => "view",
        Access::Edit => "edit",
    }
}

fn kinds(definition: &Definition<'_>, found: &mut Diagnostics) -> Map<KindRule> {
    let mut report = Reporter::new(&definition.catalog.file, found);
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
            edit: false,
        };
        kinds.insert(name.as_str().into(), rule);
    }
    kinds
}

/// Whether `kind` is, perhaps by way of others, a part of `whole` or the same.
fn is_part_of(catalog: &crate::model::Catalog, kind: &str, whole: &str) -> bool {
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
