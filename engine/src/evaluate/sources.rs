//! The sources of grants: one function walks them for decisions, explanations and inspections.

use super::recorder::Recorder;
use crate::condition::ConditionError;
use crate::decision::Sight;
use crate::model::Scope;
use crate::snapshot::{GrantSet, LimitedGrant, Member, PermissionId, PermissionRule, Snapshot};

/// Where a grant comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Role(&'a str),
    Policy(&'a str),
    User,
    Ticked,
    Baseline,
    AccountOwner,
}

/// Whether a grant counts.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Counts {
    Yes,
    /// It has not begun or has ended.
    NotNow,
    /// It is limited to other teams.
    OtherTeams,
    /// It is limited to teams, and whether the resource is of them cannot be known.
    UnknownTeam,
    /// Its condition does not hold.
    Condition,
    /// Whether its condition holds cannot be known.
    Unknown(ConditionError),
    /// The right was unticked for this user.
    Unticked,
}

/// What a source grants by.
#[derive(Clone, Copy)]
pub(crate) enum Via<'a> {
    /// All its grants without limits.
    Plain(&'a GrantSet),
    /// One grant within limits.
    Limited(&'a LimitedGrant),
    /// No line of its own.
    Standing,
    /// Nothing any more: the right was unticked for this user.
    Unticked,
}

/// Calls `each` with every source that grants the permission to a user, whatever it is done to.
#[inline]
pub(crate) fn each_source<'a>(
    snapshot: &'a Snapshot,
    member: &'a Member,
    id: PermissionId,
    rule: &PermissionRule,
    mut each: impl FnMut(Source<'a>, Via<'a>, Scope),
) {
    if rule.owner_only {
        if member.owner {
            each(Source::AccountOwner, Via::Standing, rule.reach);
        }
        return;
    }
    if !rule.baseline.is_none() {
        each(Source::Baseline, Via::Standing, rule.baseline);
    }
    let extra = member.extra.as_deref();
    for (number, role) in member.roles().iter().filter_map(|n| Some((*n, snapshot.role(*n)?))) {
        let adjusted = extra.and_then(|extra| extra.adjusted(number));
        let source = Source::Role(&role.id);
        each_grant(adjusted.unwrap_or(&role.grants), id, source, &mut each);
        let lost = adjusted.is_some_and(|adjusted| adjusted.plain(id) != role.grants.plain(id));
        if lost {
            each(source, Via::Unticked, role.grants.plain(id));
        }
    }
    for policy in member.policies() {
        if let Some(policy) = snapshot.policies.get(*policy as usize) {
            each_grant(&policy.grants, id, Source::Policy(&policy.id), &mut each);
        }
    }
    if let Some(extra) = extra {
        if let Some(grants) = &extra.grants {
            each_grant(grants, id, Source::User, &mut each);
        }
        for (_, scope) in extra.added.iter().filter(|(added, _)| *added == id) {
            each(Source::Ticked, Via::Standing, *scope);
        }
    }
}

#[inline]
fn each_grant<'a>(
    set: &'a GrantSet,
    id: PermissionId,
    source: Source<'a>,
    each: &mut impl FnMut(Source<'a>, Via<'a>, Scope),
) {
    let plain = set.plain(id);
    if !plain.is_none() {
        each(source, Via::Plain(set), plain);
    }
    for grant in set.limited(id) {
        each(source, Via::Limited(grant), grant.scope);
    }
}

/// Notes which lines were looked at.
pub(super) fn note<R: Recorder>(via: Via<'_>, id: PermissionId, counts: &Counts, record: &mut R) {
    match via {
        Via::Plain(set) => {
            for origin in set.origins(id).iter().filter(|origin| !origin.scope.is_none()) {
                record.saw(origin.place, Sight::Grant(true));
            }
        }
        Via::Limited(grant) => {
            record.saw(grant.place, Sight::Grant(*counts == Counts::Yes));
            let said = match counts {
                Counts::Yes => Some(true),
                Counts::Condition => Some(false),
                Counts::Unknown(_) => None,
                _ => return,
            };
            if let Some(clause) = &grant.within.condition {
                record.saw(clause.place, Sight::Condition(said));
            }
        }
        Via::Standing | Via::Unticked => {}
    }
}

pub(super) fn describe(
    source: Source<'_>,
    scope: Scope,
    counts: &Counts,
    rule: &PermissionRule,
) -> String {
    let from = match source {
        Source::Role(id) => format!("role `{id}` grants it at scope {scope}"),
        Source::Policy(id) => format!("policy `{id}` grants it at scope {scope}"),
        Source::User => format!("granted to the user at scope {scope}"),
        Source::Ticked => format!("ticked for the user, at scope {scope}"),
        Source::Baseline => format!("every active member holds `{}` at scope {scope}", rule.id),
        Source::AccountOwner => "the subject is the account's owner".to_owned(),
    };
    match counts {
        Counts::Yes => from,
        Counts::NotNow => format!("{from}, but not at this time"),
        Counts::OtherTeams => format!("{from}, but for other teams"),
        Counts::UnknownTeam => {
            format!("{from}, but for some teams, and of which the resource is cannot be known")
        }
        Counts::Condition => format!("{from}, but its condition does not hold"),
        Counts::Unknown(error) => {
            format!("{from}, but whether its condition holds cannot be known: {error}")
        }
        Counts::Unticked => format!("{from}, but it was unticked for the user"),
    }
}
