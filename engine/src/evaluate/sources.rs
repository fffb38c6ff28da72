//! The sources of grants: one function walks them for decisions, explanations and inspections.

use super::recorder::Recorder;
use crate::condition::ConditionError;
use crate::decision::{Sight, Unmet};
use crate::model::Scope;
use crate::snapshot::{
    By, GrantSet, HeldRole, Limited, LimitedGrant, Member, PermissionId, PermissionRule, Snapshot,
    Within,
};

/// Where a grant comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Role(&'a str),
    /// A role that is held within limits, or by way of others.
    Held(&'a str, HeldRole<'a>),
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

impl Counts {
    /// What stands against it; `None` if it counts.
    pub(super) const fn unmet(&self) -> Option<Unmet> {
        Some(match self {
            Self::Yes => return None,
            Self::NotNow => Unmet::Time,
            Self::OtherTeams => Unmet::Teams,
            Self::UnknownTeam => Unmet::UnknownTeam,
            Self::Condition => Unmet::Condition,
            Self::Unknown(_) => Unmet::UnknownCondition,
            Self::Unticked => Unmet::Unticked,
        })
    }

    /// What it comes to where something else has to count as well. What is known not to count
    /// settles it, whatever cannot be known of the other.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        if !matches!(self, Self::Yes | Self::UnknownTeam | Self::Unknown(_)) {
            return self;
        }
        match (self, other()) {
            (Self::Yes, other) => other,
            (unknown, Self::Yes | Self::UnknownTeam | Self::Unknown(_)) => unknown,
            (_, settled) => settled,
        }
    }
}

/// How far something is granted, and what is nearest to widening that.
#[derive(Clone, Copy)]
pub(super) struct Granted {
    /// The scope of all sources that count.
    pub(super) scope: Scope,
    /// Why those that do not count do not; the nearest to counting of them.
    pub(super) unmet: Option<Unmet>,
}

impl Granted {
    pub(super) const fn at(scope: Scope) -> Self {
        Self { scope, unmet: None }
    }

    /// With a source of its own.
    pub(super) fn and(self, scope: Scope, counts: &Counts) -> Self {
        match counts.unmet() {
            None => Self { scope: self.scope.union(scope), ..self },
            // A grant that reaches nothing stands for nothing.
            Some(_) if scope.is_none() => self,
            unmet => Self { unmet: self.unmet.max(unmet), ..self },
        }
    }
}

/// What a source grants by.
#[derive(Clone, Copy)]
pub(crate) enum Via<'a> {
    /// All its grants without limits.
    Plain(&'a GrantSet),
    /// One grant within limits.
    Limited(&'a LimitedGrant),
    /// All grants without limits of a role that is held within some.
    Assigned(&'a Limited, &'a GrantSet),
    /// One grant within limits of such a role.
    AssignedLimited(&'a Limited, &'a LimitedGrant),
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
    let baseline = member.baseline(rule);
    if !baseline.is_none() {
        each(Source::Baseline, Via::Standing, baseline);
    }
    let extra = member.extra.as_deref();
    for held in member.held_roles() {
        let Some(role) = snapshot.role(held.role) else { continue };
        let adjusted = extra.and_then(|extra| extra.adjusted(held.role));
        let source = match (held.by, held.limits) {
            (By::Own, None) => Source::Role(&role.id),
            _ => Source::Held(&role.id, held),
        };
        each_grant(adjusted.unwrap_or(&role.grants), id, source, held.limits, &mut each);
        let lost = adjusted.map_or(Scope::NONE, |adjusted| lost(&role.grants, adjusted, id));
        if !lost.is_none() {
            each(source, Via::Unticked, lost);
        }
    }
    for policy in member.policies() {
        if let Some(policy) = snapshot.policies.get(*policy as usize) {
            each_grant(&policy.grants, id, Source::Policy(&policy.id), None, &mut each);
        }
    }
    if let Some(extra) = extra {
        if let Some(grants) = &extra.grants {
            each_grant(grants, id, Source::User, None, &mut each);
        }
        for (_, scope) in extra.added.iter().filter(|(added, _)| *added == id) {
            each(Source::Ticked, Via::Standing, *scope);
        }
    }
}

/// How far a role grants what was unticked of it.
fn lost(grants: &GrantSet, adjusted: &GrantSet, id: PermissionId) -> Scope {
    let limited = grants.limited(id);
    let plain = grants.plain(id);
    match plain != adjusted.plain(id) || limited.len() != adjusted.limited(id).len() {
        true => limited.iter().fold(plain, |scope, grant| scope.union(grant.scope)),
        false => Scope::NONE,
    }
}

/// What a set grants, whose holder may hold it within limits.
#[inline]
fn each_grant<'a>(
    set: &'a GrantSet,
    id: PermissionId,
    source: Source<'a>,
    limits: Option<&'a Limited>,
    each: &mut impl FnMut(Source<'a>, Via<'a>, Scope),
) {
    let plain = set.plain(id);
    if !plain.is_none() {
        let via = limits.map_or(Via::Plain(set), |limits| Via::Assigned(limits, set));
        each(source, via, plain);
    }
    for grant in set.limited(id) {
        let via = limits.map_or(Via::Limited(grant), |limits| Via::AssignedLimited(limits, grant));
        each(source, via, grant.scope);
    }
}

impl<'a> Via<'a> {
    /// The limits within which it counts.
    pub(super) fn limits(self) -> impl Iterator<Item = &'a Within> {
        let (first, second) = match self {
            Self::Limited(grant) => (Some(&*grant.within), None),
            Self::Assigned(limits, _) => (Some(&*limits.within), None),
            Self::AssignedLimited(limits, grant) => (Some(&*limits.within), Some(&*grant.within)),
            Self::Plain(_) | Self::Standing | Self::Unticked => (None, None),
        };
        first.into_iter().chain(second).flat_map(Within::parts)
    }
}

/// Notes which lines were looked at.
pub(super) fn note<R: Recorder>(via: Via<'_>, id: PermissionId, counts: &Counts, record: &mut R) {
    let counted = *counts == Counts::Yes;
    match via {
        Via::Plain(set) => saw_plain(set, id, true, record),
        Via::Assigned(limits, set) => {
            saw_plain(set, id, counted, record);
            record.saw(limits.place, Sight::Grant(counted));
        }
        Via::Limited(grant) => record.saw(grant.place, Sight::Grant(counted)),
        Via::AssignedLimited(limits, grant) => {
            record.saw(grant.place, Sight::Grant(counted));
            record.saw(limits.place, Sight::Grant(counted));
        }
        Via::Standing | Via::Unticked => {}
    }
    let said = match counts {
        Counts::Yes => Some(true),
        Counts::Condition => Some(false),
        Counts::Unknown(_) => None,
        _ => return,
    };
    let mut clauses = via.limits().filter_map(|within| within.condition.as_ref());
    match (clauses.next(), clauses.next()) {
        (Some(clause), None) => record.saw(clause.place, Sight::Condition(said)),
        // Of several, one that does not hold or cannot be known does not say which.
        (Some(first), Some(second)) if counted => {
            record.saw(first.place, Sight::Condition(said));
            record.saw(second.place, Sight::Condition(said));
        }
        _ => {}
    }
}

fn saw_plain<R: Recorder>(set: &GrantSet, id: PermissionId, counted: bool, record: &mut R) {
    for origin in set.origins(id).iter().filter(|origin| !origin.scope.is_none()) {
        record.saw(origin.place, Sight::Grant(counted));
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
        Source::Held(id, held) => format!("role `{id}`, held{held}, grants it at scope {scope}"),
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
