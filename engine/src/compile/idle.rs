//! What a grant says without effect: `except` of what it does not give, or of all that it gives.
//!
//! Whoever wrote the first meant another name, and may believe that something is left out.

use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::model::{Document, Grant, Pattern, Scope, Several, Text};
use crate::snapshot::{PermissionId, Permissions};
use std::collections::BTreeSet;

/// Refuses grants that leave out nothing by a name, or everything.
pub(super) fn refuse(
    permissions: &Permissions,
    grants: &[Grant],
    field: &str,
    report: &mut Reporter<'_>,
) {
    for grant in grants.iter().filter(|grant| !grant.except.is_empty()) {
        // What is wrong with the names themselves is told where they are followed.
        let mut said = Diagnostics::default();
        let mut silent = Reporter::new(Document::Tenant, "", &mut said);
        let named = super::grants::expand(permissions, grant, field, &mut silent);
        let mut out = BTreeSet::new();
        let mut given: Option<BTreeSet<PermissionId>> = None;
        for name in &grant.except {
            let ids = permissions.left_out(name, field, &mut silent);
            let given = given.get_or_insert_with(|| brought(permissions, grant, &named));
            if !ids.is_empty() && !ids.iter().any(|id| given.contains(id)) {
                let names = given.iter().filter_map(|id| permissions.entry(*id));
                let near = suggest(name, names.map(|entry| entry.permission.id.as_str()));
                let help = near.unwrap_or_else(|| "delete it, or name what is meant".to_owned());
                let message = format!("the grant does not give `{name}`, which it leaves out");
                report.fault(name.at(), format!("{field}.except"), message, Some(help));
            }
            out.extend(ids);
        }
        if !named.is_empty() && named.iter().all(|id| out.contains(id)) {
            let at = grant.except.first().map(Text::at).unwrap_or_default();
            let help = Some("delete the grant, or leave out less".to_owned());
            let message = "the grant leaves out everything that it gives";
            report.fault(at, format!("{field}.except"), message, help);
        }
    }
}

/// All that a grant may be thought to give: what it names, what its patterns match though they do
/// not give it, and what comes along with that.
fn brought(
    permissions: &Permissions,
    grant: &Grant,
    named: &[PermissionId],
) -> BTreeSet<PermissionId> {
    let names = grant.permission.iter().chain(match grant.permissions.as_deref() {
        Some(Several::List(names)) => names.as_slice(),
        _ => &[],
    });
    let patterns: Vec<Pattern<'_>> = names.filter_map(|name| Pattern::of(name)).collect();
    let category = grant.category.as_ref();
    let matched = permissions.iter().filter(|(_, entry)| {
        let id = &entry.permission.id;
        patterns.iter().any(|pattern| match pattern {
            Pattern::Everything => true,
            pattern => pattern.matches(id),
        }) || category.is_some_and(|category| *category == entry.category)
    });
    let mut all: BTreeSet<PermissionId> = matched.map(|(id, _)| id).collect();
    all.extend(named);
    for id in named {
        if permissions.entry(*id).is_some_and(|entry| !entry.implies.is_empty()) {
            let along = permissions.closure(*id, Scope::ALL, |_| false);
            all.extend(along.into_iter().map(|(id, _)| id));
        }
    }
    all
}
