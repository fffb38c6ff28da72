//! Matchers: whom a program admits and to whom a sharing rule applies.

use super::permissions::Permissions;
use super::snapshot::Clause;
use super::{Definition, PermissionId};
use crate::diagnostic::Reporter;
use crate::fast::Map;
use crate::model::{Matchers, Text};

/// Matchers as decisions read them.
#[derive(Debug, Default)]
pub(crate) struct MatcherRule {
    pub(crate) roles: Box<[Box<str>]>,
    pub(crate) teams: Box<[Box<str>]>,
    pub(crate) exact_teams: Box<[Box<str>]>,
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) condition: Option<Clause>,
}

impl MatcherRule {
    /// Whether there is no matcher at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.is_empty()
            && self.teams.is_empty()
            && self.exact_teams.is_empty()
            && self.tags.is_empty()
            && self.condition.is_none()
    }
}

/// Compiles matchers. A role that the tenant does not define is a mistake in an editor and
/// nobody's role in a world that somebody else describes.
pub(super) fn matchers(
    definition: &Definition<'_>,
    matchers: &Matchers,
    permissions: &Permissions<'_>,
    roles: &Map<u32>,
    field: &str,
    report: &mut Reporter<'_>,
) -> MatcherRule {
    if !definition.lenient {
        for role in &matchers.roles {
            if !roles.contains_key(role.as_str()) {
                let known = roles.keys().map(|id| &**id);
                report.unknown("role", role, format!("{field}.roles"), known);
            }
        }
    }
    let boxed = |names: &[Text]| names.iter().map(|name| name.as_str().into()).collect();
    MatcherRule {
        roles: boxed(&matchers.roles),
        teams: boxed(&matchers.teams),
        exact_teams: boxed(&matchers.exact_teams),
        tags: boxed(&matchers.tags),
        condition: permissions.condition(
            matchers.condition.as_ref(),
            &matchers.cases,
            field,
            report,
        ),
    }
}

/// A restricting toggle by name; any other permission is reported.
pub(super) fn toggle(
    name: &Text,
    permissions: &Permissions<'_>,
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
