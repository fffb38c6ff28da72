//! Matchers: whom a program admits and to whom a sharing rule applies.

use super::Definition;
use super::moot::refuse_twice;
use crate::diagnostic::Reporter;
use crate::fast::Map;
use crate::model::{Matchers, Text};
use crate::snapshot::{MatcherRule, PermissionId, Permissions};

/// Refuses roles that the tenant does not define: in an editor that is a mistake, in a world that
/// somebody else describes it is nobody's role.
pub(super) fn refuse_roles(
    definition: &Definition<'_>,
    matchers: &Matchers,
    roles: &Map<u32>,
    field: &str,
    report: &mut Reporter<'_>,
) {
    if !definition.lenient {
        refuse_twice(&matchers.roles, &format!("{field}.roles"), report);
        refuse_twice(&matchers.tags, &format!("{field}.tags"), report);
    }
    for role in matchers.roles.iter().filter(|_| !definition.lenient) {
        if !roles.contains_key(role.as_str()) {
            let known = roles.keys().map(|id| &**id);
            report.unknown("role", role, format!("{field}.roles"), known);
        }
    }
}

/// Compiles matchers.
pub(super) fn matchers(
    definition: &Definition<'_>,
    matchers: &Matchers,
    field: &str,
    report: &mut Reporter<'_>,
) -> MatcherRule {
    let boxed = |names: &[Text]| names.iter().map(|name| name.as_str().into()).collect();
    let condition = matchers.condition.as_ref();
    let permissions = &definition.catalog.permissions;
    MatcherRule {
        roles: boxed(&matchers.roles),
        teams: boxed(&matchers.teams),
        exact_teams: boxed(&matchers.exact_teams),
        tags: boxed(&matchers.tags),
        condition: permissions.granting_condition(condition, &matchers.cases, field, report),
    }
}

/// A restricting toggle by name; any other permission is reported.
pub(super) fn toggle(
    name: &Text,
    permissions: &Permissions,
    field: &str,
    report: &mut Reporter<'_>,
) -> Option<PermissionId> {
    let Some(id) = permissions.find(name) else {
        report.unknown("permission", name, field, permissions.ids());
        return None;
    };
    let is_toggle =
        permissions.entry(id).is_some_and(|entry| entry.permission.constraint.is_some());
    if !is_toggle {
        let message = format!("`{name}` is no restricting toggle");
        report.fault(name.at(), field, message, Some("give it a `constraint`".to_owned()));
    }
    is_toggle.then_some(id)
}
