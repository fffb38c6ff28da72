//! Roles that are held within limits: from what is written to what a decision looks at.

use super::about::About;
use super::names;
use super::users::Users;
use crate::diagnostic::Reporter;
use crate::model::{Assignment, Instant, Text};
use crate::snapshot::{Assigned, Limited, Permissions, TeamLimits, Within};
use std::sync::Arc;

/// Under how many conditions one user may hold roles: a decision looks at each of them.
const MOST_CONDITIONS: usize = 64;

impl Users<'_> {
    /// The roles of a user that are held within limits.
    pub(super) fn assigned(
        &self,
        roles: &[Assignment],
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Box<[Assigned]> {
        refuse_costly(roles, field, report);
        let snapshot = self.snapshot;
        let limited = roles.iter().filter(|held| held.is_limited());
        let assigned = limited.filter_map(|held| {
            if !self.lenient {
                refuse_teams(held, &snapshot.teams, field, report);
            }
            let limits = limits(held, self.permissions(), field, report)?;
            let role = snapshot.role_ids.get(held.role.as_str()).copied();
            if !self.lenient {
                let clause = limits.within.condition.iter();
                names::refuse_names(clause.clone(), self.known(), field, report);
                let about = About::of(&snapshot.catalog);
                let kinds = role.and_then(|role| snapshot.role(role)).map(|it| about.role(it));
                for clause in clause {
                    about.refuse(clause, &kinds.clone().unwrap_or_default(), field, report);
                }
            }
            Some(Assigned { role, name: held.role.as_str().into(), limits })
        });
        assigned.collect()
    }
}

/// The limits of an assignment; none where they cannot be read, which is reported.
pub(super) fn limits(
    held: &Assignment,
    permissions: &Permissions,
    field: &str,
    report: &mut Reporter<'_>,
) -> Option<Limited> {
    let at = held.role.at();
    if let (Some(from), Some(until)) = (held.valid_from, held.valid_until)
        && from >= until
    {
        let message = format!("`{}` would end before it begins", held.role);
        let help = Some("valid_from is included, valid_until is not".to_owned());
        report.fault(at, field, message, help);
        return None;
    }
    if held.teams.as_ref().is_some_and(Vec::is_empty) {
        let message = format!("`{}` would be held for no team at all", held.role);
        let help = Some("name teams, or leave `teams` out to have it for all".to_owned());
        report.fault(at, field, message, help);
        return None;
    }
    let condition = permissions.granting_condition(held.condition.as_ref(), &[], field, report);
    // Where a condition cannot be read the role is not held, rather than without it.
    if held.condition.is_some() != condition.is_some() {
        return None;
    }
    let boxed = |teams: &[Text]| teams.iter().map(|team| team.as_str().into()).collect();
    let branches = held.teams.as_deref().map(boxed).unwrap_or_default();
    let teams = TeamLimits { branches, exact: Box::default() };
    let millis = |instant: Option<Instant>| instant.map(Instant::millis);
    let (from, until) = (millis(held.valid_from), millis(held.valid_until));
    let within = Arc::new(Within { teams, from, until, condition, and: None });
    Some(Limited { within, place: report.place(at) })
}

/// Refuses teams that the tenant does not have.
pub(super) fn refuse_teams(
    held: &Assignment,
    teams: &[Box<str>],
    field: &str,
    report: &mut Reporter<'_>,
) {
    let names = held.teams.as_deref().unwrap_or_default();
    names::refuse_teams(teams, names, &format!("{field}.{}.teams", held.role), report);
}

/// Refuses more conditions than a decision should have to look at.
pub(super) fn refuse_costly(roles: &[Assignment], field: &str, report: &mut Reporter<'_>) {
    let mut conditional = roles.iter().filter(|held| held.condition.is_some());
    let count = conditional.clone().count();
    if count > MOST_CONDITIONS {
        let at = conditional.next().map(|held| held.role.at()).unwrap_or_default();
        report.fault(
            at,
            field,
            format!("roles are held under {count} conditions, which takes too long"),
            Some(format!("join some of them by `||`: {MOST_CONDITIONS} is the most")),
        );
    }
}
