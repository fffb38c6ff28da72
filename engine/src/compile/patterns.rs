//! Names that stand for several permissions, in grants and in the lists of a catalog.

use crate::diagnostic::{Reporter, suggest};
use crate::model::{Cells, GrantedBy, Pattern, Text};
use crate::snapshot::{Entry, PermissionId, Permissions};
use std::collections::{BTreeSet, HashSet};

/// The pattern that a name is, where it is one that can stand there; what cannot is reported.
/// `None` where it is a whole name.
pub(super) fn pattern<'n>(
    name: &'n Text,
    field: &str,
    report: &mut Reporter<'_>,
) -> Option<Result<Pattern<'n>, ()>> {
    let pattern = Pattern::of(name)?;
    let message = match pattern {
        Pattern::Lookalike => format!("`{name}` stands for no permissions"),
        Pattern::Everything => "`*` stands for everything, and cannot stand here".to_owned(),
        Pattern::Of(_) | Pattern::Doing(_) => return Some(Ok(pattern)),
    };
    let help = "write `invoice.*` for all of a kind, `*.view` for an action of all kinds, or whole \
                names";
    report.fault(name.at(), field, message, Some(help.to_owned()));
    Some(Err(()))
}

/// Reports a pattern that stands for nothing, with the nearest one that does not.
pub(super) fn nothing<'i>(
    name: &Text,
    pattern: Pattern<'_>,
    ids: impl Iterator<Item = &'i str>,
    field: &str,
    report: &mut Reporter<'_>,
) {
    let parts: BTreeSet<&str> = ids
        .flat_map(|id| {
            let dots = id.match_indices('.').map(|(at, _)| at);
            dots.filter_map(move |at| match pattern {
                Pattern::Doing(_) => id.get(at + 1..),
                _ => id.get(..at),
            })
        })
        .collect();
    let (what, near) = match pattern {
        Pattern::Doing(action) => (action, suggest(action, parts.into_iter())),
        Pattern::Of(kind) => (kind, suggest(kind, parts.into_iter())),
        _ => ("", None),
    };
    let ends = if matches!(pattern, Pattern::Doing(_)) { "ends" } else { "begins" };
    let message = format!("`{name}` stands for nothing: no permission {ends} with `{what}`");
    report.fault(name.at(), field, message, near);
}

impl Permissions {
    /// The permissions that a name in a grant gives. What a pattern matches and only a name gives
    /// is not among them.
    pub(super) fn given(
        &self,
        name: &Text,
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Vec<PermissionId> {
        match pattern(name, field, report) {
            None => self.by_name(name, field, report).into_iter().collect(),
            Some(Err(())) => Vec::new(),
            Some(Ok(pattern)) => {
                let own = |entry: &&Entry| pattern.matches_own(&entry.permission.id);
                let matching = self.matching(pattern).iter();
                let mut all = matching
                    .filter_map(|id| Some((*id, self.entry(*id).filter(own)?.is_swept())))
                    .peekable();
                let none = all.peek().is_none();
                let given: Vec<_> = all.filter(|(_, swept)| *swept).map(|(id, _)| id).collect();
                if none {
                    nothing(name, pattern, self.ids(), field, report);
                } else if given.is_empty() {
                    let message =
                        format!("`{name}` gives nothing: all of it is given by name only");
                    let help = Some("name the permissions that are meant".to_owned());
                    report.fault(name.at(), field, message, help);
                }
                given
            }
        }
    }

    /// The permissions that a name in `except` leaves out: whatever it matches, so that nothing is
    /// left in that somebody took for left out.
    pub(super) fn left_out(
        &self,
        name: &Text,
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Vec<PermissionId> {
        match pattern(name, field, report) {
            None => match self.find(name) {
                Some(id) => vec![id],
                None => {
                    report.unknown("permission", name, field, self.ids());
                    Vec::new()
                }
            },
            Some(Err(())) => Vec::new(),
            Some(Ok(pattern)) => {
                let ids = self.matching(pattern).to_vec();
                if ids.is_empty() {
                    nothing(name, pattern, self.ids(), field, report);
                }
                ids
            }
        }
    }

    /// Each of some actions on each of some kinds. All of them have to be there: a table is no
    /// pattern.
    pub(super) fn cells(
        &self,
        cells: &Cells,
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Vec<PermissionId> {
        let kinds = once(&cells.kinds, &format!("{field}.kinds"), report);
        let actions = once(&cells.actions, &format!("{field}.actions"), report);
        let (mut given, mut missing) = (Vec::new(), Vec::new());
        for kind in kinds {
            for action in &actions {
                let name = Text::new(format!("{kind}.{action}"), kind.at());
                if self.find(&name).is_some() {
                    given.extend(self.by_name(&name, field, report));
                    continue;
                }
                // Many may be missing, and one of a kind tells enough.
                missing.push((kind, *action));
                break;
            }
        }
        if !missing.is_empty() {
            self.refuse_cells(&missing, &actions, field, report);
        }
        given
    }

    /// Tells why there is nothing where kinds and actions meet.
    fn refuse_cells(
        &self,
        missing: &[(&Text, &Text)],
        actions: &[&Text],
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        let (mut before, mut behind) = (BTreeSet::new(), BTreeSet::new());
        for id in self.ids() {
            for (at, _) in id.match_indices('.') {
                before.extend(id.get(..at));
                behind.extend(id.get(at + 1..));
            }
        }
        for action in actions.iter().filter(|action| !behind.contains(action.as_str())) {
            let field = format!("{field}.actions");
            report.unknown("action", action, field, behind.iter().copied());
        }
        for (kind, action) in missing {
            if !before.contains(kind.as_str()) {
                let field = format!("{field}.kinds");
                report.unknown("kind", kind, field, before.iter().copied());
            } else if behind.contains(action.as_str()) {
                let help = format!("grant what `{kind}` has by a grant of its own");
                let message = format!("`{kind}` has no `{action}`");
                report.fault(kind.at(), field, message, Some(help));
            }
        }
    }

    /// A permission that is granted by its whole name, which has to be one that can be.
    fn by_name(&self, name: &Text, field: &str, report: &mut Reporter<'_>) -> Option<PermissionId> {
        let Some(id) = self.find(name) else {
            report.unknown("permission", name, field, self.ids());
            return None;
        };
        match self.entry(id).map(|entry| entry.granted_by) {
            Some(GrantedBy::Roles) | None => {}
            Some(GrantedBy::Delegation) => report.fault(
                name.at(),
                field,
                format!("`{name}` cannot be granted by a role or a policy"),
                Some("it is handed out by a delegation from user to user".to_owned()),
            ),
            Some(GrantedBy::Nobody) => {
                report.fault(name.at(), field, format!("`{name}` cannot be granted at all"), None);
            }
        }
        Some(id)
    }
}

/// The names of a list, each once; what stands there twice is reported.
fn once<'n>(names: &'n [Text], field: &str, report: &mut Reporter<'_>) -> Vec<&'n Text> {
    let mut seen = HashSet::new();
    let (first, twice): (Vec<&Text>, Vec<&Text>) =
        names.iter().partition(|name| seen.insert(name.as_str()));
    for name in twice {
        let help = Some("delete one of the two".to_owned());
        report.fault(name.at(), field, format!("`{name}` stands here twice"), help);
    }
    first
}
