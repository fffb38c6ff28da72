//! Permissions, guards, constraints and plans as the pipeline reads them.

use super::{Definition, arc};
use crate::decision::Obligation;
use crate::diagnostic::{Diagnostics, Reporter};
use crate::model::{Catalog, Document, GrantedBy, Predicate, RoleCheck, Scope, Text};
use crate::snapshot::{
    AllowedKinds, ConstraintRule, Entry, GuardRule, PermissionId, PermissionRule, Permissions,
};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What the tenant's plan and add-ons include.
pub(super) fn entitlements(
    definition: &Definition<'_>,
    found: &mut Diagnostics,
) -> HashSet<String> {
    let (catalog, tenant) = (&definition.catalog.source.value, &definition.tenant.value);
    let mut report = definition.reporter(Document::Tenant, found);
    if tenant.product != catalog.product {
        report.fault(
            tenant.product.at(),
            "product",
            format!(
                "the tenant is of product `{}`, the catalog of `{}`",
                tenant.product, catalog.product
            ),
            None,
        );
    }
    let Some(name) = &tenant.plan else {
        if let Some(addon) = tenant.addons.first() {
            report.fault(addon.at(), "addons", "add-ons need a plan that offers them", None);
        }
        return HashSet::new();
    };
    let Some(plan) = catalog.plans.get(name.as_str()) else {
        // Nothing is included in a plan that nobody knows.
        if !definition.lenient {
            report.unknown("plan", name, "plan", catalog.plans.keys().map(String::as_str));
        }
        return HashSet::new();
    };
    let mut held: HashSet<String> = plan.entitlements.iter().map(|e| e.to_string()).collect();
    for addon in &tenant.addons {
        if plan.addons.contains(addon) {
            held.insert(addon.to_string());
        } else if !definition.lenient {
            let offered = plan.addons.iter().map(|addon| addon.as_str());
            report.unknown("add-on of this plan", addon, "addons", offered);
        }
    }
    held
}

/// Refuses relations that the catalog does not declare.
pub(super) fn relations(catalog: &Catalog, report: &mut Reporter<'_>) {
    let known: BTreeSet<&str> = catalog.relations.iter().map(|name| name.as_str()).collect();
    let mut check = |names: &[Text], field: String| {
        for name in names {
            if !known.contains(name.as_str()) {
                report.unknown("relation", name, &field, known.iter().copied());
            }
        }
    };
    check(&catalog.own_means, "own_means".to_owned());
    for (_, permission) in catalog.permissions() {
        check(&permission.own_means, format!("permissions.{}.own_means", permission.id));
    }
    for (_, permission) in catalog.permissions().filter(|(_, permission)| permission.delegable) {
        let by_roles = permission.granted_by == GrantedBy::Roles;
        if !by_roles || permission.owner_only || permission.constraint.is_some() {
            report.fault(
                permission.id.at(),
                format!("permissions.{}.delegable", permission.id),
                "only what roles grant can be delegable",
                Some("delete `delegable`".to_owned()),
            );
        }
    }
}

/// One permission as the pipeline reads it, before anything that a tenant says. Guards and
/// constraints are attached later.
pub(super) fn permission(
    catalog: &Catalog,
    permissions: &Permissions,
    id: PermissionId,
    entry: &Entry,
) -> PermissionRule {
    let permission = &entry.permission;
    let own =
        if permission.own_means.is_empty() { &catalog.own_means } else { &permission.own_means };
    PermissionRule {
        id: arc(&permission.id),
        category: arc(&entry.category),
        kinds: AllowedKinds::Open,
        required: permission.required.iter().map(|name| name.as_str().into()).collect(),
        reach: entry.reach,
        own: own.iter().map(|name| name.as_str().into()).collect(),
        baseline: permission.baseline.unwrap_or(Scope::NONE).intersection(entry.reach),
        granted_by: entry.granted_by,
        requires: entry.requires.as_slice().into(),
        needs: permissions.needs(id).into(),
        entitlement: permission.entitlement.as_ref().map(|name| (arc(name), false)),
        owner_only: permission.owner_only,
        grantable: entry.granted_by == GrantedBy::Roles && !permission.owner_only,
        while_pending: permission.while_pending,
        is_constraint: permission.constraint.is_some(),
        by_delegation: permissions.by_delegation(id),
        delegable: permissions.delegable(id),
        guards: Box::default(),
        constraints: Box::default(),
        exclusive: permission.exclusive,
        content: super::sharing::content(catalog, permission),
        family: None,
        reads: Box::default(),
        sharers: Box::default(),
        cacheable: false,
    }
}

/// The guards with the permissions that each is on.
pub(super) fn guards(
    catalog: &Catalog,
    permissions: &Permissions,
    report: &mut Reporter<'_>,
) -> Vec<(GuardRule, Vec<PermissionId>)> {
    let mut seen = HashSet::new();
    let mut rules = Vec::new();
    for guard in &catalog.guards {
        let field = format!("guards.{}", guard.id);
        if !seen.insert(guard.id.as_str()) {
            report.fault(guard.id.at(), &field, "two guards have this id", None);
        }
        if guard.require.is_none() && guard.condition.is_none() && guard.check.is_none() {
            report.fault(
                guard.id.at(),
                &field,
                "the guard demands nothing",
                Some("give it `require`, `condition` or `check`".to_owned()),
            );
        }
        if let Some(RoleCheck::KeepsHolder(role)) = &guard.check {
            let roles = &catalog.standard_roles;
            if !roles.iter().any(|known| known.id == *role) {
                let known = roles.iter().map(|known| known.id.as_str());
                report.unknown("standard role", role, format!("{field}.check"), known);
            }
        }
        if matches!(&guard.check, Some(RoleCheck::Covered(names)) if names.is_empty()) {
            let help = Some("list at least one attribute that names roles".to_owned());
            let field = format!("{field}.check");
            report.fault(guard.id.at(), field, "`covered` lists nothing, and checks nothing", help);
        }
        let rule = GuardRule {
            id: arc(&guard.id),
            message: guard.message.as_str().into(),
            place: report.place(guard.id.at()),
            require: guard.require.clone(),
            condition: permissions.condition(
                guard.condition.as_ref(),
                &guard.cases,
                &field,
                report,
            ),
            check: guard.check.clone(),
        };
        rules.push((rule, resolve(&guard.on, permissions, &format!("{field}.on"), report)));
    }
    rules
}

/// What restricting toggles do, with the permission that each rule is about.
pub(super) fn constraints(
    permissions: &Permissions,
    report: &mut Reporter<'_>,
) -> Vec<(ConstraintRule, PermissionId)> {
    let mut rules = Vec::new();
    for (toggle, entry) in permissions.iter() {
        let Some(constraint) = &entry.permission.constraint else { continue };
        let name = &entry.permission.id;
        let field = format!("permissions.{name}.constraint");
        let unless: Option<Predicate> = constraint.unless.clone();
        for target in resolve(&constraint.forbids, permissions, &field, report) {
            let rule = ConstraintRule {
                toggle,
                forbids: true,
                obligations: Box::default(),
                unless: unless.clone(),
            };
            rules.push((rule, target));
        }
        for oblige in &constraint.obliges {
            let obligation = Arc::new(Obligation {
                code: oblige.code.clone(),
                values: oblige.values.clone(),
                source: name.to_string(),
            });
            for target in resolve(&oblige.on, permissions, &field, report) {
                let rule = ConstraintRule {
                    toggle,
                    forbids: false,
                    obligations: [Arc::clone(&obligation)].into(),
                    unless: unless.clone(),
                };
                rules.push((rule, target));
            }
        }
    }
    rules
}

/// Attaches guards and constraints to the permissions that they are about.
pub(super) fn attach(
    rules: &mut [PermissionRule],
    guards: Vec<(GuardRule, Vec<PermissionId>)>,
    constraints: Vec<(ConstraintRule, PermissionId)>,
) -> (Box<[GuardRule]>, Box<[ConstraintRule]>) {
    let mut on_guards: Vec<Vec<u16>> = vec![Vec::new(); rules.len()];
    let mut on_constraints: Vec<Vec<u16>> = vec![Vec::new(); rules.len()];
    let mut kept_guards = Vec::new();
    for (number, (guard, targets)) in (0..=u16::MAX).zip(guards) {
        for target in targets {
            if let Some(list) = on_guards.get_mut(usize::from(target.0)) {
                list.push(number);
            }
        }
        kept_guards.push(guard);
    }
    let mut kept_constraints = Vec::new();
    for (number, (constraint, target)) in (0..=u16::MAX).zip(constraints) {
        if let Some(list) = on_constraints.get_mut(usize::from(target.0)) {
            list.push(number);
        }
        kept_constraints.push(constraint);
    }
    for ((rule, guards), constraints) in rules.iter_mut().zip(on_guards).zip(on_constraints) {
        rule.guards = guards.into();
        rule.constraints = constraints.into();
    }
    (kept_guards.into(), kept_constraints.into())
}

fn resolve(
    names: &[Text],
    permissions: &Permissions,
    field: &str,
    report: &mut Reporter<'_>,
) -> Vec<PermissionId> {
    let mut ids = Vec::new();
    for name in names {
        match permissions.find(name) {
            Some(id) => ids.push(id),
            None => report.unknown("permission", name, field, permissions.ids()),
        }
    }
    ids
}
