//! The bugs that are planted in how roles are held: within limits, by teams, by everybody.

use super::{Mutant, bug};

/// Those of roles within limits and of roles that come by way of others.
pub(super) const ASSIGNED: &[Mutant] = &[
    bug(
        "assignments: a sum counts a role outside of its limits",
        "evaluate/summed.rs",
        "let held = self.within(&limits.within);",
        "let held = Counts::Yes;",
    ),
    bug(
        "assignments: the limits of a role are enough for its limited grants",
        "evaluate/grants.rs",
        "self.within(&limits.within).and(|| self.within(&grant.within))",
        "self.within(&limits.within)",
    ),
    bug(
        "assignments: what cannot be known hides what is known",
        "evaluate/sources.rs",
        "(unknown, Self::Yes | Self::UnknownTeam | Self::Unknown(_)) => unknown,",
        "(unknown, _) => unknown,",
    ),
    bug(
        "assignments: a role for some teams admits to programs",
        "evaluate/held.rs",
        "limits.within.teams.is_empty() && !limits.within.is_conditional()",
        "!limits.within.is_conditional()",
    ),
    bug(
        "assignments: a role that may be held is none to a sharing rule",
        "evaluate/sharing.rs",
        "Fit::Unsettled => Err(ConditionError::Unsettled),",
        "Fit::Unsettled => Ok(false),",
    ),
    bug(
        "assignments: a condition takes a role that may be held for none",
        "condition/values.rs",
        "if self.perhaps.as_deref().is_some_and(is_in) { None } else { Some(false) }",
        "if self.perhaps.as_deref().is_some_and(is_in) { Some(false) } else { Some(false) }",
    ),
    bug(
        "assignments: a role is handed out beyond the limits of one's own",
        "evaluate/grants.rs",
        "if held.limits.is_none_or(|limits| as_wide(&limits.within)) {",
        "if held.limits.is_none_or(|limits| as_wide(&limits.within) || given.is_everything()) {",
    ),
    bug(
        "assignments: a tick counts by a role within limits",
        "compile/users.rs",
        "let standing = self.standing_roles();",
        "let standing: Vec<u32> = self.held_roles().map(|held| held.role).collect();",
    ),
    bug(
        "lending: a team lends to its own members only",
        "snapshot/assigned.rs",
        "path = above.rsplit_once('/').map(|(above, _)| above);",
        "path = None;",
    ),
    bug(
        "lending: a sum leaves out what comes with teams",
        "snapshot/member.rs",
        "let sets = roles.iter().filter_map(role).chain(lent(false));",
        "let sets = roles.iter().filter_map(role).chain(lent(false).take(0));",
    ),
    bug(
        "teams: what names none is everybody's whatever its kind",
        "snapshot/catalog.rs",
        "let of_kind = || self.everybodys_of.get(kind).copied();",
        "let of_kind = || self.everybodys_of.get(kind).copied().or(Some(true));",
    ),
    bug(
        "cache: the kind is not part of the key though it says who gets what names no team",
        "compile/reads.rs",
        "            self.path(&InputPath::ResourceKind);\n        }\n",
        "        }\n",
    ),
    bug(
        "grants: of several that do not apply the furthest is told",
        "evaluate/sources.rs",
        "unmet => Self { unmet: self.unmet.max(unmet), ..self },",
        "unmet => Self { unmet: self.unmet.or(unmet), ..self },",
    ),
];
