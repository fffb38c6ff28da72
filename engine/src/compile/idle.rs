//! What a grant says without effect: `except` of what it does not give, or of all that it gives.
//!
//! Whoever wrote the first meant another name, and may believe that something is left out.

use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::model::{Document, Grant, Pattern, Scope, Several, Text};
use crate::snapshot::{Entry, PermissionId, Permissions};
use std::collections::HashSet;

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
        let mut out = HashSet::new();
        let brought = Brought::by(permissions, grant, &named);
        for name in &grant.except {
            let ids = permissions.left_out(name, field, &mut silent);
            if !ids.is_empty() && !ids.iter().any(|id| brought.gives(*id)) {
                let help = brought.nearest(name);
                let help = help.unwrap_or_else(|| "delete it, or name what is meant".to_owned());
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

/// What a grant may be thought to give: what it names, what its patterns match though they do not
/// give it, and what comes along with that.
struct Brought<'a> {
    permissions: &'a Permissions,
    patterns: Vec<Pattern<'a>>,
    category: Option<&'a Text>,
    named: HashSet<PermissionId>,
    along: HashSet<PermissionId>,
}

impl<'a> Brought<'a> {
    fn by(permissions: &'a Permissions, grant: &'a Grant, named: &[PermissionId]) -> Self {
        let names = grant.permission.iter().chain(match grant.permissions.as_deref() {
            Some(Several::List(names)) => names.as_slice(),
            _ => &[],
        });
        let implying = named
            .iter()
            .filter(|id| permissions.entry(**id).is_some_and(|entry| !entry.implies.is_empty()));
        let along = implying.flat_map(|id| permissions.closure(*id, Scope::ALL, |_| false));
        Self {
            permissions,
            patterns: names.filter_map(|name| Pattern::of(name)).collect(),
            category: grant.category.as_ref(),
            named: named.iter().copied().collect(),
            along: along.map(|(id, _)| id).collect(),
        }
    }

    fn gives(&self, id: PermissionId) -> bool {
        let matches = |entry: &Entry| {
            let matches = |pattern: &Pattern<'_>| match pattern {
                Pattern::Everything => true,
                pattern => pattern.matches(&entry.permission.id),
            };
            self.patterns.iter().any(matches) || self.category == Some(&entry.category)
        };
        self.named.contains(&id)
            || self.along.contains(&id)
            || self.permissions.entry(id).is_some_and(matches)
    }

    /// The one whose name is nearest to another.
    fn nearest(&self, name: &str) -> Option<String> {
        let given = self.permissions.iter().filter(|(id, _)| self.gives(*id));
        suggest(name, given.map(|(_, entry)| entry.permission.id.as_str()))
    }
}
