//! Tables and patterns, written out by hand: every action on every kind, every name that fits.

use permesso_engine::model::{
    Action, Catalog, Category, Grant, GrantedBy, Guard, Implied, Kinds, Permission, Several, Text,
};

/// A catalog as it had to be written without tables and patterns.
pub(crate) fn written_out(catalog: &Catalog) -> Catalog {
    let mut all = catalog.clone();
    let mut guards = Vec::new();
    for category in &mut all.categories {
        let table = cells(category);
        for guard in std::mem::take(&mut category.guards) {
            let named = |action: &str| guard.on.iter().any(|name| **name == *action);
            let on = table.iter().filter(|(_, action, _)| named(action));
            let mut on: Vec<Text> = on.map(|(_, _, cell)| cell.id.clone()).collect();
            let whole = guard.on.iter().filter(|name| !is_action(category, name));
            on.extend(whole.cloned());
            guards.push(Guard { on, ..guard });
        }
        category.permissions.extend(table.into_iter().map(|(_, _, cell)| cell));
        (category.actions, category.except) = (Vec::new(), Vec::new());
    }
    all.guards.extend(guards);
    let known: Vec<Permission> = all.permissions().map(|(_, it)| it.clone()).collect();
    let whole = |names: &[Text], own: &str| -> Vec<Text> {
        let mut whole = Vec::new();
        for name in names {
            match name.contains('*') {
                false => whole.push(name.clone()),
                true => {
                    let fit = known.iter().filter(|it| fits(name, &it.id) && *it.id != *own);
                    whole.extend(fit.map(|it| it.id.clone()));
                }
            }
        }
        whole
    };
    for guard in &mut all.guards {
        guard.on = whole(&guard.on, "");
    }
    for permission in all.categories.iter_mut().flat_map(|it| &mut it.permissions) {
        let id = permission.id.to_string();
        permission.requires = whole(&permission.requires, &id);
        let mut implies = Vec::new();
        for implied in &permission.implies {
            let star = implied.permission.contains('*');
            for name in whole(std::slice::from_ref(&implied.permission), &id) {
                let to_be_swept = known.iter().any(|it| it.id == name && is_swept(it));
                if !star || to_be_swept {
                    implies.push(Implied { permission: name, scope: implied.scope });
                }
            }
        }
        permission.implies = implies;
        if let Some(constraint) = &mut permission.constraint {
            constraint.forbids = whole(&constraint.forbids, &id);
            for oblige in &mut constraint.obliges {
                oblige.on = whole(&oblige.on, &id);
            }
        }
    }
    all
}

/// Every cell of a table, by kind and by action.
fn cells(category: &Category) -> Vec<(String, String, Permission)> {
    let mut cells = Vec::new();
    let Some(Kinds::Only(kinds)) = &category.kinds else { return cells };
    for kind in kinds {
        for Action(action) in &category.actions {
            if is_on(category, action, kind) {
                let here = |name: &Text| match is_action(category, name) {
                    true => Text::from(format!("{kind}.{name}")),
                    false => name.clone(),
                };
                let there = |name: &Text| {
                    let of = category.actions.iter().find(|Action(it)| it.id == *name);
                    of.is_none_or(|Action(it)| is_on(category, it, kind))
                };
                let mut cell = action.clone();
                cell.id = format!("{kind}.{}", action.id).into();
                cell.kinds = Some(Kinds::Only(vec![kind.clone()]));
                cell.requires = action.requires.iter().map(here).collect();
                let implies = action.implies.iter().filter(|it| there(&it.permission));
                let implies =
                    implies.map(|it| Implied { permission: here(&it.permission), ..it.clone() });
                cell.implies = implies.collect();
                cells.push((kind.to_string(), action.id.to_string(), cell));
            }
        }
    }
    cells
}

fn is_action(category: &Category, name: &str) -> bool {
    category.actions.iter().any(|Action(action)| *action.id == *name)
}

fn is_on(category: &Category, action: &Permission, kind: &Text) -> bool {
    let name = format!("{kind}.{}", action.id);
    let out = category.except.iter().any(|out| **out == name || fits(out, &name));
    let on = match &action.kinds {
        Some(Kinds::Only(some)) => some.contains(kind),
        _ => true,
    };
    on && !out
}

/// Whether a name with a star stands for a permission.
fn fits(name: &str, id: &str) -> bool {
    match (name.strip_suffix('*'), name.strip_prefix('*')) {
        (Some(begin), _) => id.starts_with(begin),
        (_, Some(end)) => id.ends_with(end),
        _ => false,
    }
}

fn is_swept(permission: &Permission) -> bool {
    permission.granted_by == GrantedBy::Roles
        && permission.constraint.is_none()
        && !permission.owner_only
        && permission.wildcard.unwrap_or(true)
}

/// By what a grant gives a permission that it does not leave out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    Name,
    Star,
    Pattern,
    Category,
    Table,
    Nothing,
}

pub(super) fn gives(grant: &Grant, category: &Category, permission: &Permission) -> Gives {
    let had = permission.granted_by == GrantedBy::Roles;
    let by = |name: &Text| match name.as_str() {
        "*" if is_swept(permission) => Gives::Star,
        it if it.contains('*') && fits(it, &permission.id) && is_swept(permission) => {
            Gives::Pattern
        }
        it if *it == **permission.id && had => Gives::Name,
        _ => Gives::Nothing,
    };
    if let Some(name) = &grant.permission {
        return by(name);
    }
    match grant.permissions.as_deref() {
        Some(Several::List(names)) => {
            let found = names.iter().map(by).find(|by| *by != Gives::Nothing);
            found.unwrap_or(Gives::Nothing)
        }
        Some(Several::Table(cells)) => {
            let named = |kind: &Text| {
                cells.actions.iter().any(|action| format!("{kind}.{action}") == **permission.id)
            };
            if had && cells.kinds.iter().any(named) { Gives::Table } else { Gives::Nothing }
        }
        // A toggle is given by its name only: whoever selects all means to widen.
        None if grant.category.as_ref() == Some(&category.id) => {
            if had && permission.constraint.is_none() { Gives::Category } else { Gives::Nothing }
        }
        None => Gives::Nothing,
    }
}

/// Whether a grant leaves a permission out.
pub(super) fn leaves_out(grant: &Grant, id: &str) -> bool {
    grant.except.iter().any(|name| **name == *id || fits(name, id))
}
