//! Tables of a catalog, written out: what is compiled, listed, searched and explained are ordinary
//! permissions with whole names.
//!
//! This happens once, before anything else of a catalog is looked at. What is said of a table is
//! checked here and told where the table says it: once, and not for each of its permissions.

mod grid;

use super::patterns::{nothing, pattern};
use crate::diagnostic::Reporter;
use crate::load::Source;
use crate::model::{Catalog, Constraint, GrantedBy, Guard, Permission, Text};
use grid::Grid;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// More permissions no catalog holds.
const MOST_PERMISSIONS: usize = u16::MAX as usize;

/// More patterns no catalog holds: each is held against all permissions.
const MOST_PATTERNS: usize = 1_000;

/// The catalog without tables, and with whole names in all its lists of permissions.
pub(super) fn written_out(
    source: Arc<Source<Catalog>>,
    report: &mut Reporter<'_>,
) -> Arc<Source<Catalog>> {
    let mut catalog = source.value.clone();
    let patterns = count_patterns(&mut catalog);
    let tables = catalog.categories.iter().any(|category| {
        !(category.actions.is_empty() && category.except.is_empty() && category.guards.is_empty())
    });
    if patterns == 0 && !tables {
        return source;
    }
    if tables {
        write_tables(&mut catalog, report);
    }
    if patterns > MOST_PATTERNS {
        let message = format!("a catalog holds at most {MOST_PATTERNS} patterns, this {patterns}");
        report.fault(catalog.at(), "", message, Some("name a category's table".to_owned()));
    } else if patterns > 0 {
        write_patterns(&mut catalog, report);
    }
    Arc::new(Source::new(source.file.clone(), catalog))
}

fn write_tables(catalog: &mut Catalog, report: &mut Reporter<'_>) {
    let mut ids: HashSet<String> = catalog.permissions().map(|(_, it)| it.id.to_string()).collect();
    let mut room = MOST_PERMISSIONS;
    // All names have to be known before any of them is looked up.
    let mut grids: Vec<Grid> = Vec::with_capacity(catalog.categories.len());
    for category in &catalog.categories {
        grids.push(Grid::new(category, &catalog.resource_kinds, &mut ids, &mut room, report));
    }
    let label = |(name, kind): (&String, &crate::model::ResourceKind)| {
        let label = if kind.label.is_empty() { name.clone() } else { kind.label.clone() };
        (name.clone(), label)
    };
    let labels: HashMap<String, String> = catalog.resource_kinds.iter().map(label).collect();
    for (category, grid) in catalog.categories.iter_mut().zip(grids) {
        category.permissions.extend(grid.permissions(&labels, &ids, report));
        (category.actions, category.except) = (Vec::new(), Vec::new());
        let guards = std::mem::take(&mut category.guards).into_iter();
        catalog.guards.extend(guards.map(|guard| grid.guard(guard, &ids, report)));
    }
}

/// What a list of permissions in a catalog is of.
enum Of<'a> {
    Guard,
    /// A permission that requires them or takes them away.
    Permission(&'a str),
    /// A permission that brings them along: what a grant of the pattern would give.
    Implying(&'a str),
}

/// Calls `each` with every list of permissions of a catalog, what it is of, and its field.
fn lists(catalog: &mut Catalog, mut each: impl FnMut(&mut Vec<Text>, Of<'_>, String)) {
    for Guard { id, on, .. } in &mut catalog.guards {
        each(on, Of::Guard, format!("guards.{id}.on"));
    }
    let categories = catalog.categories.iter_mut();
    for permission in categories.flat_map(|category| &mut category.permissions) {
        let Permission { id, requires, implies, constraint, .. } = permission;
        each(requires, Of::Permission(id), format!("permissions.{id}.requires"));
        if implies.iter().any(|implied| implied.permission.contains('*')) {
            let mut all = Vec::with_capacity(implies.len());
            for implied in std::mem::take(implies) {
                let mut names = vec![implied.permission.clone()];
                each(&mut names, Of::Implying(id), format!("permissions.{id}.implies"));
                let one = |permission| crate::model::Implied { permission, ..implied.clone() };
                all.extend(names.into_iter().map(one));
            }
            *implies = all;
        }
        let Some(Constraint { forbids, obliges, .. }) = constraint else { continue };
        each(forbids, Of::Permission(id), format!("permissions.{id}.constraint.forbids"));
        for oblige in obliges {
            let field = format!("permissions.{id}.constraint.obliges");
            each(&mut oblige.on, Of::Permission(id), field);
        }
    }
}

fn count_patterns(catalog: &mut Catalog) -> usize {
    let mut count = 0;
    let tables = catalog.categories.iter();
    count += tables.flat_map(|it| &it.except).filter(|name| name.contains('*')).count();
    lists(catalog, |names, _, _| {
        count += names.iter().filter(|name| name.contains('*')).count();
    });
    let guards = catalog.categories.iter().flat_map(|category| &category.guards);
    count + guards.flat_map(|guard| &guard.on).filter(|name| name.contains('*')).count()
}

fn write_patterns(catalog: &mut Catalog, report: &mut Reporter<'_>) {
    // What can be handed out by naming all: see `Entry::is_swept`.
    let known: Vec<(String, bool)> = catalog
        .permissions()
        .map(|(_, it)| {
            let swept = it.granted_by == GrantedBy::Roles
                && it.constraint.is_none()
                && !it.owner_only
                && it.wildcard.unwrap_or(true);
            (it.id.to_string(), swept)
        })
        .collect();
    lists(catalog, |names, of, field| {
        if !names.iter().any(|name| name.contains('*')) {
            return;
        }
        let (own, swept_only) = match of {
            Of::Guard => (None, false),
            Of::Permission(id) => (Some(id), false),
            Of::Implying(id) => (Some(id), true),
        };
        let mut seen: HashSet<String> = HashSet::new();
        let mut all = Vec::with_capacity(names.len());
        for name in std::mem::take(names) {
            match pattern(&name, &field, report) {
                Some(Err(())) => {}
                None => {
                    if seen.insert(name.to_string()) {
                        all.push(name);
                    }
                }
                Some(Ok(pattern)) => {
                    let matching = known.iter().filter(|(id, swept)| {
                        pattern.matches_own(id)
                            && own != Some(id.as_str())
                            && (*swept || !swept_only)
                    });
                    let mut any = false;
                    for (id, _) in matching {
                        any = true;
                        if seen.insert(id.clone()) {
                            all.push(Text::new(id.clone(), name.at()));
                        }
                    }
                    if !any {
                        let ids = known.iter().map(|(id, _)| id.as_str());
                        nothing(&name, pattern, ids, &field, report);
                    }
                }
            }
        }
        *names = all;
    });
}
