//! Exclusive access: which programs name which item.

use super::matchers::{matchers, refuse_roles};
use super::roles::{Roles, same};
use super::{Before, Definition, arc};
use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::fast::Map;
use crate::model::{Access, Catalog, Document, Item, Program};
use crate::snapshot::{CompiledCatalog, ItemRule, KindRule, ProgramRule};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The exclusive access of a tenant.
pub(super) struct Exclusive {
    pub(super) kinds: Arc<Map<KindRule>>,
    pub(super) programs: Arc<[Arc<ProgramRule>]>,
    /// Whether it is what it was.
    pub(super) same: bool,
}

/// The kinds of the catalog with the programs that name their items.
pub(super) fn compile(
    definition: &Definition<'_>,
    roles: &Roles,
    before: Option<Before<'_>>,
    found: &mut Diagnostics,
) -> Exclusive {
    let (catalog, tenant) = (definition.catalog, &definition.tenant.value);
    let mut report = definition.reporter(Document::Tenant, found);
    if !roles.same_ids {
        for program in &tenant.programs {
            let within = format!("programs.{}.match", program.id);
            refuse_roles(definition, &program.matchers, &roles.ids, &within, &mut report);
        }
    }
    if let Some(before) = before
        && same(&tenant.programs, &before.tenant.programs)
        && tenant.closed == before.tenant.closed
    {
        let (kinds, programs) =
            (Arc::clone(&before.snapshot.kinds), Arc::clone(&before.snapshot.programs));
        return Exclusive { kinds, programs, same: true };
    }
    let earlier: HashMap<*const Program, &Arc<ProgramRule>> = before
        .iter()
        .flat_map(|before| before.snapshot.programs.iter())
        .map(|rule| (rule.document.as_ptr(), rule))
        .collect();
    let mut kinds = catalog.kinds.clone();
    let mut programs: Vec<Arc<ProgramRule>> = Vec::with_capacity(tenant.programs.len());
    let mut ids = HashSet::new();
    for program in &tenant.programs {
        let field = format!("programs.{}", program.id);
        if !ids.insert(program.id.as_str()) {
            report.fault(program.id.at(), &field, "two programs have this id", None);
        }
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
        let kept = earlier.get(&Arc::as_ptr(program)).map(|kept| Arc::clone(kept));
        programs.push(kept.unwrap_or_else(|| {
            let within = format!("{field}.match");
            if program.matchers.is_empty() && !definition.lenient {
                report.fault(
                    program.id.at(),
                    &within,
                    "the program has no matcher and would admit nobody",
                    Some("add at least one of roles, teams, tags or a condition".to_owned()),
                );
            }
            if roles.same_ids {
                refuse_roles(definition, &program.matchers, &roles.ids, &within, &mut report);
            }
            let matchers = matchers(definition, &program.matchers, &within, &mut report);
            let (id, place) = (arc(&program.id), report.place(program.id.at()));
            Arc::new(ProgramRule { id, place, matchers, document: Arc::downgrade(program) })
        }));
    }
    for item in &tenant.closed {
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
    Exclusive { kinds: Arc::new(kinds), programs: programs.into(), same: false }
}

/// What is known of an item that a program gives; `None` if no program can give it.
fn give<'k>(
    catalog: &CompiledCatalog,
    kinds: &'k mut Map<KindRule>,
    item: &Item,
    field: &str,
    report: &mut Reporter<'_>,
) -> Option<&'k mut ItemRule> {
    let catalog = &catalog.source.value;
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
    let (at, id) = (item.id.at(), item.id.as_str());
    if id.is_empty() {
        let help = Some("name the item".to_owned());
        report.fault(at, field, "an item without an id is none", help);
    } else if let Err(unseen) = permesso_names::check(id) {
        report.fault(at, field, format!("the id `{}` {unseen}", id.escape_debug()), None);
    } else if id == "*" {
        let help = Some("list the items one by one".to_owned());
        report.fault(at, field, "`*` stands for no item but one that is called so", help);
    }
    Some(kind.items.entry(id.into()).or_default())
}

const fn name(access: Access) -> &'static str {
    match access {
        Access::View => "view",
        Access::Edit => "edit",
    }
}

/// The kinds of a catalog, without any item.
pub(super) fn kinds(catalog: &Catalog, report: &mut Reporter<'_>) -> Map<KindRule> {
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
    let (mut open, mut seen) = (vec![kind], HashSet::new());
    while let Some(next) = open.pop() {
        if next == whole {
            return true;
        }
        if !seen.insert(next) {
            continue;
        }
        if let Some(kind) = catalog.resource_kinds.get(next) {
            open.extend(kind.part_of.iter().map(|part| part.kind.as_str()));
        }
    }
    false
}
