//! What a catalog says that can be known to mean nothing: a permission that nobody can ever have,
//! access that no program can ever give.

use super::about::About;
use crate::diagnostic::{Reporter, suggest};
use crate::model::{Access, Catalog, Text};
use crate::snapshot::{AllowedKinds, Entry, PermissionId, Permissions};
use std::collections::{BTreeSet, HashSet};

/// Refuses what never has an effect.
pub(super) fn refuse(
    catalog: &Catalog,
    permissions: &Permissions,
    about: About<'_>,
    report: &mut Reporter<'_>,
) {
    let plans = catalog.plans.values();
    let included: BTreeSet<&str> = plans
        .flat_map(|plan| plan.entitlements.iter().chain(&plan.addons))
        .map(|it| &***it)
        .collect();
    for (id, entry) in permissions.iter() {
        let permission = &entry.permission;
        if let Some(name) = permission.entitlement.as_ref()
            // Where no plan includes anything yet, the plans are still to be written.
            && !included.is_empty()
            && !included.contains(name.as_str())
        {
            let field = format!("permissions.{}.entitlement", permission.id);
            let message = format!("no plan includes `{name}`, and no add-on is called so");
            let help = suggest(name, included.iter().copied()).unwrap_or_else(|| {
                "list it in the `entitlements` or `addons` of a plan, or leave it out".to_owned()
            });
            report.fault(name.at(), field, message, Some(help));
        }
        requirements(permissions, about, (id, entry), report);
        exclusive(catalog, about, (id, entry), report);
    }
    for (name, plan) in &catalog.plans {
        for (part, names) in [("entitlements", &plan.entitlements), ("addons", &plan.addons)] {
            refuse_twice(names, &format!("plans.{name}.{part}"), report);
        }
    }
}

/// A permission that requires one that is never about the same kind could never be used.
fn requirements(
    permissions: &Permissions,
    about: About<'_>,
    (id, entry): (PermissionId, &Entry),
    report: &mut Reporter<'_>,
) {
    let kinds = |id: PermissionId| match about.rules.get(usize::from(id.0)).map(|it| &it.kinds) {
        Some(AllowedKinds::Only(kinds)) if !kinds.is_empty() => Some(kinds),
        _ => None,
    };
    let Some(own) = kinds(id) else { return };
    for needed in &entry.requires {
        let Some(other) = kinds(*needed).filter(|of| !of.iter().any(|kind| own.contains(kind)))
        else {
            continue;
        };
        let Some(other_entry) = permissions.entry(*needed) else { continue };
        let names = |kinds: &[u16]| {
            let contracts = about.contracts(&kinds.iter().copied().collect());
            contracts.iter().map(|kind| kind.name.to_string()).collect::<Vec<_>>().join(", ")
        };
        let (name, needed) = (&entry.permission.id, &other_entry.permission.id);
        let written = entry.permission.requires.iter().find(|it| it.as_str() == needed.as_str());
        let at = written.map_or(name.at(), Text::at);
        let message = format!(
            "`{name}` is about {}, and requires `{needed}`, which is about {} only: nobody could \
             ever use it",
            names(own),
            names(other)
        );
        let help = "require a permission that is about the same kind, or say both of one kind";
        let field = format!("permissions.{name}.requires");
        report.fault(at, field, message, Some(help.to_owned()));
    }
}

/// The gate of exclusive access, of kinds that no program can name.
fn exclusive(
    catalog: &Catalog,
    about: About<'_>,
    (id, entry): (PermissionId, &Entry),
    report: &mut Reporter<'_>,
) {
    let Some(access) = entry.permission.exclusive else { return };
    let kinds: Vec<&str> = match about.contract.closed {
        true => {
            let kinds = about.contracts(&about.kinds([id]));
            kinds.into_iter().map(|kind| &*kind.name).collect()
        }
        false => catalog.resource_kinds.keys().map(String::as_str).collect(),
    };
    if kinds.is_empty() || kinds.iter().any(|kind| can_be_given(catalog, kind, access)) {
        return;
    }
    let name = &entry.permission.id;
    let access = match access {
        Access::View => "view",
        Access::Edit => "edit",
    };
    let message = format!("`{name}` asks for exclusive access, which no program can give here");
    let shown: Vec<&str> = kinds.into_iter().take(3).collect();
    let help = format!(
        "say `exclusive: [{access}]` of one of {} in `resource_kinds`, or leave it out",
        shown.join(", ")
    );
    report.fault(name.at(), format!("permissions.{name}.exclusive"), message, Some(help));
}

/// Whether a program can give one of a kind, or a whole that it is a part of.
fn can_be_given(catalog: &Catalog, kind: &str, access: Access) -> bool {
    let (mut open, mut seen) = (vec![kind], HashSet::new());
    while let Some(next) = open.pop() {
        let Some(kind) = catalog.resource_kinds.get(next).filter(|_| seen.insert(next)) else {
            continue;
        };
        // Who may change it may see it.
        if kind.exclusive.iter().any(|given| *given >= access) {
            return true;
        }
        open.extend(kind.part_of.iter().map(|whole| whole.kind.as_str()));
    }
    false
}

/// Refuses a name that stands twice in a list: taking one of the two out would take nothing.
pub(super) fn refuse_twice(names: &[Text], field: &str, report: &mut Reporter<'_>) {
    let mut seen = HashSet::new();
    for name in names.iter().filter(|name| !seen.insert(name.as_str())) {
        let help = Some("delete one of the two".to_owned());
        report.fault(name.at(), field, format!("`{name}` stands here twice"), help);
    }
}
