//! Roles and policies: the standard ones of the catalog under those of the tenant.

use super::grants::Granting;
use super::permissions::Permissions;
use super::snapshot::{PermissionId, PolicyRule, RoleRule};
use super::{Definition, arc};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::fast::Map;
use crate::model::{Policy, Role, Scope, Text};
use std::collections::HashMap;

/// The policies of a tenant, with their grants before and after they were compiled.
pub(super) struct Policies {
    pub(super) ids: Map<u32>,
    pub(super) rules: Vec<PolicyRule>,
    granting: Vec<Granting>,
}

pub(super) fn policies(
    policies: &[Policy],
    permissions: &Permissions<'_>,
    report: &mut Reporter<'_>,
) -> Policies {
    let mut this = Policies { ids: Map::default(), rules: Vec::new(), granting: Vec::new() };
    for policy in policies {
        let field = format!("policies.{}", policy.id);
        let number = u32::try_from(this.rules.len()).unwrap_or(u32::MAX);
        if this.ids.insert(policy.id.as_str().into(), number).is_some() {
            report.fault(policy.id.at(), &field, "two policies have this id", None);
        }
        let mut granting = Granting::default();
        granting.add(permissions, &policy.grants, &format!("{field}.grants"), report);
        this.rules.push(PolicyRule { id: arc(&policy.id), grants: granting.finish(permissions) });
        this.granting.push(granting);
    }
    this
}

/// The roles of a tenant: those of the catalog, those that the tenant edited in their place,
/// and its own.
pub(super) fn roles(
    definition: &Definition<'_>,
    permissions: &Permissions<'_>,
    policies: &Policies,
    found: &mut Diagnostics,
) -> (Map<u32>, Vec<RoleRule>) {
    let mut standard: HashMap<&str, &Role> = HashMap::new();
    let mut report = Reporter::new(&definition.catalog.file, found);
    for role in &definition.catalog.value.standard_roles {
        if standard.insert(&role.id, role).is_some() {
            let field = format!("standard_roles.{}", role.id);
            report.fault(role.id.at(), field, "two roles have this id", None);
        }
    }
    let mut own: HashMap<&str, &Role> = HashMap::new();
    let mut report = Reporter::new(&definition.tenant.file, found);
    for role in &definition.tenant.value.roles {
        let field = format!("roles.{}", role.id);
        if role.id.is_empty() {
            report.fault(role.id.at(), "roles", "a role needs an id", None);
        }
        if own.insert(&role.id, role).is_some() {
            let help = Some("rename one of them, or delete it".to_owned());
            report.fault(role.id.at(), &field, "two roles have this id", help);
        }
        if let Some(original) = standard.get(role.id.as_str())
            && original.editable != Some(true)
            && !definition.lenient
        {
            report.fault(
                role.id.at(),
                field,
                format!("`{}` is a standard role that cannot be edited", role.id),
                Some("give your role another id".to_owned()),
            );
        }
    }

    let (mut ids, mut rules) = (Map::default(), Vec::new());
    let mut report = Reporter::new(&definition.catalog.file, found);
    for role in &definition.catalog.value.standard_roles {
        if !own.contains_key(role.id.as_str()) {
            let rule = rule(role, Some(role), permissions, policies, &mut report);
            push(&mut ids, &mut rules, rule);
        }
    }
    let mut report = Reporter::new(&definition.tenant.file, found);
    for role in &definition.tenant.value.roles {
        let original = standard.get(role.id.as_str()).copied();
        let rule = rule(role, original, permissions, policies, &mut report);
        push(&mut ids, &mut rules, rule);
    }
    (ids, rules)
}

fn push(ids: &mut Map<u32>, rules: &mut Vec<RoleRule>, rule: RoleRule) {
    let number = u32::try_from(rules.len()).unwrap_or(u32::MAX);
    ids.insert((&*rule.id).into(), number);
    rules.push(rule);
}

/// One role. `original` is the standard role that it is, edited or not: whether that can be
/// edited, deleted and ticked does not change by editing it.
fn rule(
    role: &Role,
    original: Option<&Role>,
    permissions: &Permissions<'_>,
    policies: &Policies,
    report: &mut Reporter<'_>,
) -> RoleRule {
    let field = format!("roles.{}", role.id);
    let mut granting = Granting::default();
    granting.add(permissions, &role.grants, &format!("{field}.grants"), report);
    for name in &role.policies {
        match policies.ids.get(name.as_str()) {
            Some(id) => {
                if let Some(other) = policies.granting.get(*id as usize) {
                    granting.include(other);
                }
            }
            None => report.unknown(
                "policy",
                name,
                format!("{field}.policies"),
                policies.ids.keys().map(|id| &**id),
            ),
        }
    }
    let shape = original.unwrap_or(role);
    // A standard role may be edited or deleted only if its catalog says so; a custom one may
    // unless the tenant says otherwise.
    let custom = original.is_none();
    RoleRule {
        id: arc(&role.id),
        editable: shape.editable.unwrap_or(custom),
        deletable: shape.deletable.unwrap_or(custom),
        reach: shape.reach.unwrap_or(Scope::NONE),
        adjustable: adjustable(&shape.adjustable, permissions, &field, report),
        grants: granting.finish(permissions),
        granting: (!shape.adjustable.is_empty()).then(|| Box::new(granting)),
    }
}

fn adjustable(
    categories: &[Text],
    permissions: &Permissions<'_>,
    field: &str,
    report: &mut Reporter<'_>,
) -> Box<[PermissionId]> {
    let mut ids = Vec::new();
    for name in categories {
        match permissions.category(name) {
            Some(found) => ids.extend(found),
            None => {
                let field = format!("{field}.adjustable");
                report.unknown("category", name, field, permissions.categories());
            }
        }
    }
    ids.sort_unstable();
    ids.into()
}
