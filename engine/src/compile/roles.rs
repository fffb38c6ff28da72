//! Roles and policies: the standard ones of the catalog under those of the tenant.

use super::grants::Granting;
use super::permissions::Permissions;
use super::snapshot::{PermissionId, PolicyRule, RoleRule};
use super::{Definition, arc};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::fast::Map;
use crate::model::{Document, Policy, Role, Scope, Text};
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
    let mut report = definition.reporter(Document::Catalog, found);
    for role in &definition.catalog.value.standard_roles {
        if standard.insert(&role.id, role).is_some() {
            let field = format!("standard_roles.{}", role.id);
            report.fault(role.id.at(), field, "two roles have this id", None);
        }
    }
    let mut own: HashMap<&str, &Role> = HashMap::new();
    let mut report = definition.reporter(Document::Tenant, found);
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

    let mut report = definition.reporter(Document::Catalog, found);
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for role in &definition.catalog.value.standard_roles {
        if !own.contains_key(role.id.as_str()) {
            drafts.push(draft(role, Some(role), permissions, policies, &mut report));
        }
    }
    let mut report = definition.reporter(Document::Tenant, found);
    for role in &definition.tenant.value.roles {
        let original = standard.get(role.id.as_str()).copied();
        drafts.push(draft(role, original, permissions, policies, &mut report));
    }
    let ids: Map<u32> =
        (0..).zip(&drafts).map(|(n, draft)| (draft.role.id.as_str().into(), n)).collect();
    let ancestors = ancestors(&drafts, &ids, definition, found);
    let rules = drafts.iter().zip(&ancestors).map(|(draft, above)| {
        let mut granting = draft.granting.clone();
        for parent in above.iter().filter_map(|parent| drafts.get(*parent as usize)) {
            granting.include(&parent.granting);
        }
        draft.rule(granting, permissions)
    });
    (ids, rules.collect())
}

/// A role before what its parents grant is added to it.
struct Draft<'a> {
    role: &'a Role,
    document: Document,
    editable: bool,
    deletable: bool,
    reach: Scope,
    adjustable: Box<[PermissionId]>,
    /// Its own grants and those of its policies.
    granting: Granting,
}

impl Draft<'_> {
    fn rule(&self, granting: Granting, permissions: &Permissions<'_>) -> RoleRule {
        RoleRule {
            id: arc(&self.role.id),
            editable: self.editable,
            deletable: self.deletable,
            reach: self.reach,
            adjustable: self.adjustable.clone(),
            grants: granting.finish(permissions),
            granting: (!self.adjustable.is_empty()).then(|| Box::new(granting)),
        }
    }
}

/// One role. `original` is the standard role that it is, edited or not: whether that can be
/// edited, deleted and ticked does not change by editing it.
fn draft<'a>(
    role: &'a Role,
    original: Option<&'a Role>,
    permissions: &Permissions<'_>,
    policies: &Policies,
    report: &mut Reporter<'_>,
) -> Draft<'a> {
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
    Draft {
        role,
        document: report.place(role.id.at()).document,
        editable: shape.editable.unwrap_or(custom),
        deletable: shape.deletable.unwrap_or(custom),
        reach: shape.reach.unwrap_or(Scope::NONE),
        adjustable: adjustable(&shape.adjustable, permissions, &field, report),
        granting,
    }
}

/// The roles above each role, itself left out. A circle is reported at each of its roles.
fn ancestors(
    drafts: &[Draft<'_>],
    ids: &Map<u32>,
    definition: &Definition<'_>,
    found: &mut Diagnostics,
) -> Vec<Vec<u32>> {
    let parents: Vec<Vec<u32>> = drafts
        .iter()
        .map(|draft| {
            let known = |name: &Text| {
                let id = ids.get(name.as_str()).copied();
                if id.is_none() {
                    let field = format!("roles.{}.parents", draft.role.id);
                    let names = ids.keys().map(|id| &**id);
                    let mut report = definition.reporter(draft.document, found);
                    report.unknown("role", name, field, names);
                }
                id
            };
            draft.role.parents.iter().filter_map(known).collect()
        })
        .collect();
    (0..)
        .zip(drafts)
        .map(|(number, draft)| {
            let (mut above, mut open) = (Vec::new(), parents_of(&parents, number));
            while let Some(next) = open.pop() {
                if next == number {
                    let field = format!("roles.{}.parents", draft.role.id);
                    let message = "the role would be a parent of itself, perhaps by way of others";
                    let mut report = definition.reporter(draft.document, found);
                    report.fault(draft.role.id.at(), field, message, None);
                    break;
                }
                if !above.contains(&next) {
                    above.push(next);
                    open.extend(parents_of(&parents, next));
                }
            }
            above
        })
        .collect()
}

fn parents_of(parents: &[Vec<u32>], role: u32) -> Vec<u32> {
    parents.get(role as usize).cloned().unwrap_or_default()
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
