//! Does anything grant it, and as far as this resource?
//!
//! Every source of a grant is walked by one function. A decision adds their scopes up, an
//! explanation writes each one down; neither can see a source that the other does not.

use super::Ask;
use super::held::Names;
use super::recorder::{Recorder, Silent};
use super::sources::{Counts, Granted, Source, Via, describe, each_source, note};
use super::teams::{in_limits, lies_in};
use crate::condition::ConditionError;
use crate::decision::{Obligation, Outcome, Reason, Sight, Stage};
use crate::model::{InputPath, Scope, Value};
use crate::snapshot::{Clause, GrantSet, Member, PermissionId, PermissionRule, TeamLimits, Within};
use std::sync::Arc;

impl<'a> Ask<'a> {
    /// The step of the pipeline.
    pub(super) fn grants<R: Recorder>(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        obligations: &mut Vec<Arc<Obligation>>,
        record: &mut R,
    ) -> Result<(), Reason> {
        let granted = self.granted(id, rule, record);
        let scope = granted.scope;
        if let Some(how) = self.reaches(scope, rule) {
            record.step(Stage::Grants, Outcome::Pass, || how.to_owned());
            return Ok(());
        }
        if let Some(delegation) = self.delegation(id, rule) {
            record.step(Stage::Grants, Outcome::Pass, || {
                format!("`{}` delegated it, and could do it", delegation.rule.from.id)
            });
            obligations.extend(delegation.obligations);
            return Ok(());
        }
        if scope.is_none() {
            let Some(unmet) = granted.unmet.max(self.undelegated(id, rule)) else {
                record
                    .step(Stage::Grants, Outcome::Deny, || format!("nothing grants `{}`", rule.id));
                return Err(Reason::NotGranted);
            };
            record.step(Stage::Grants, Outcome::Deny, || {
                format!("what grants `{}` does not apply here: {unmet}", rule.id)
            });
            return Err(Reason::NotApplicable(unmet));
        }
        record.step(Stage::Grants, Outcome::Deny, || {
            let own = if scope.has_own() {
                format!("; own means {}", rule.own.join(", "))
            } else {
                String::new()
            };
            format!("granted at scope {scope}, which does not reach this resource{own}")
        });
        Err(Reason::OutOfScope(scope))
    }

    /// Whether the permission by itself is held on this resource, by grant and plan: what the
    /// pipeline asks about each of the prerequisites.
    pub(super) fn is_held_here(&self, id: PermissionId) -> bool {
        let Some(rule) = self.snapshot.permission(id) else { return false };
        self.entitled(rule) && self.grants(id, rule, &mut Vec::new(), &mut Silent).is_ok()
    }

    /// Whether the permission is held at any scope, with what it requires.
    pub(super) fn holds(&self, id: PermissionId) -> bool {
        let is_held = |id: PermissionId| {
            self.snapshot.permission(id).is_some_and(|rule| {
                self.entitled(rule) && !self.granted(id, rule, &mut Silent).scope.is_none()
            })
        };
        let rule = self.snapshot.permission(id).filter(|_| is_held(id));
        rule.is_some_and(|rule| rule.needs.iter().all(|need| is_held(need.permission)))
    }

    /// How far all sources together grant the permission.
    pub(super) fn granted<R: Recorder>(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        record: &mut R,
    ) -> Granted {
        if !R::ON
            && let Some(sum) = self.summed(id, rule)
        {
            return sum;
        }
        let mut sum = Granted::at(Scope::NONE);
        self.each_source(id, rule, |source, via, scope, counts| {
            sum = sum.and(scope, &counts);
            if R::ON {
                note(via, id, &counts, record);
            }
            let outcome = if counts == Counts::Yes { Outcome::Pass } else { Outcome::Skip };
            record.step(Stage::Grants, outcome, || describe(source, scope, &counts, rule));
        });
        sum
    }

    /// Whether the subject holds a restricting toggle, or might: one under a condition that
    /// cannot be known binds, and so does one for some teams where nobody knows of which the
    /// resource is. How far it was granted does not matter.
    pub(super) fn may_hold<R: Recorder>(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        record: &mut R,
    ) -> bool {
        let mut may = false;
        self.each_source(id, rule, |_, via, scope, counts| {
            may |= !scope.is_none()
                && match counts {
                    Counts::Yes | Counts::Unknown(_) => true,
                    Counts::UnknownTeam => !self.is_ruled_out(via),
                    _ => false,
                };
            if R::ON {
                note(via, id, &counts, record);
            }
        });
        may
    }

    /// The scope at which the permission is held under limits no narrower than the given ones,
    /// which may be none: whoever holds something for a while may not hand it out
    /// for good.
    pub(super) fn held_as_wide(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        given: &Within,
    ) -> Scope {
        let (snapshot, member) = (self.snapshot, self.member);
        if rule.owner_only {
            return if member.owner { rule.reach } else { Scope::NONE };
        }
        let as_wide = |mine: &Within| is_as_wide(mine, given);
        let mut sum = member.baseline(rule);
        let mut add = |set: &GrantSet| {
            let limited = set.limited(id).iter().filter(|mine| as_wide(&mine.within));
            sum = limited.fold(sum.union(set.plain(id)), |sum, mine| sum.union(mine.scope));
        };
        let extra = member.extra.as_deref();
        for held in member.held_roles() {
            let Some(role) = snapshot.role(held.role) else { continue };
            let adjusted = extra.and_then(|extra| extra.adjusted(held.role));
            if held.limits.is_none_or(|limits| as_wide(&limits.within)) {
                add(adjusted.unwrap_or(&role.grants));
            }
        }
        for policy in member.policies() {
            if let Some(policy) = snapshot.policies.get(*policy as usize) {
                add(&policy.grants);
            }
        }
        extra.and_then(|extra| extra.grants.as_ref()).into_iter().for_each(add);
        let ticked = extra.into_iter().flat_map(|extra| &extra.added);
        let ticked = ticked.filter(|(added, _)| *added == id);
        ticked.fold(sum, |sum, (_, scope)| sum.union(*scope))
    }

    /// Calls `each` with every source that grants the permission, and whether it counts here.
    #[inline]
    pub(super) fn each_source(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        mut each: impl FnMut(Source<'a>, Via<'a>, Scope, Counts),
    ) {
        each_source(self.snapshot, self.member, id, rule, |source, via, scope| {
            each(source, via, scope, self.counts(via));
        });
    }

    /// Whether a grant does not count for any team, since its condition does not hold.
    fn is_ruled_out(&self, via: Via<'_>) -> bool {
        let mut clauses = via.limits().filter_map(|within| within.condition.as_ref());
        clauses.any(|clause| self.under(clause) == Counts::Condition)
    }

    #[inline]
    fn counts(&self, via: Via<'_>) -> Counts {
        match via {
            Via::Limited(grant) => self.within(&grant.within),
            Via::Assigned(limits, _) => self.within(&limits.within),
            Via::AssignedLimited(limits, grant) => {
                self.within(&limits.within).and(|| self.within(&grant.within))
            }
            Via::Unticked => Counts::Unticked,
            Via::Plain(_) | Via::Standing => Counts::Yes,
        }
    }

    /// Whether a source by itself reaches the resource.
    pub(crate) fn reaches_by(&self, via: Via<'_>, scope: Scope, rule: &PermissionRule) -> bool {
        self.counts(via) == Counts::Yes && self.reaches(scope, rule).is_some()
    }

    /// Whether what is limited counts for this resource at this instant. A window includes its
    /// beginning and not its end.
    pub(super) fn within(&self, within: &Within) -> Counts {
        let counts = self.within_part(within);
        match &within.and {
            None => counts,
            Some(and) => counts.and(|| self.within(and)),
        }
    }

    fn within_part(&self, within: &Within) -> Counts {
        if !self.is_within(within.from, within.until) {
            return Counts::NotNow;
        }
        match self.is_in_teams(&within.teams) {
            Some(true) => {}
            Some(false) => return Counts::OtherTeams,
            // One limit that is known not to hold is enough, whatever the others are.
            None => {
                return match within.condition.as_ref().map(|clause| self.under(clause)) {
                    Some(Counts::Condition) => Counts::Condition,
                    _ => Counts::UnknownTeam,
                };
            }
        }
        within.condition.as_ref().map_or(Counts::Yes, |clause| self.under(clause))
    }

    /// Whether it is neither before nor after a window, noting until when. The window includes
    /// its beginning and not its end.
    pub(super) fn is_within(&self, from: Option<i64>, until: Option<i64>) -> bool {
        let now = self.request.now;
        if from.is_some() || until.is_some() {
            self.horizon.looked();
        }
        for edge in [from, until].into_iter().flatten().filter(|edge| now < *edge) {
            self.horizon.note(edge);
        }
        from.is_none_or(|from| from <= now) && until.is_none_or(|until| now < until)
    }

    /// Whether a condition holds. What cannot be known does not.
    fn under(&self, clause: &Clause) -> Counts {
        match self.clause_holds(clause, &mut Silent) {
            Ok(true) => Counts::Yes,
            Ok(false) => Counts::Condition,
            Err(error) => Counts::Unknown(error),
        }
    }

    /// Whether a condition holds, noting until when.
    pub(crate) fn clause_holds<R: Recorder>(
        &self,
        clause: &Clause,
        record: &mut R,
    ) -> Result<bool, ConditionError> {
        if clause.condition.reads_now() {
            self.horizon.looked();
        }
        if let Some(instant) = clause.condition.next_change(self.request.now) {
            self.horizon.note(instant);
        }
        // Beyond what may be spent nothing is known any more, and the decision is a denial.
        if self.horizon.is_exhausted() {
            return Err(ConditionError::TooManySteps);
        }
        self.horizon.spend(1);
        let reads_roles = || clause.condition.inputs().contains(&InputPath::SubjectRoles);
        let unsettled: Names<'_> = match self.member.holds_within_limits() && reads_roles() {
            true => self.unsettled_roles(),
            false => Names::new(),
        };
        let value = |path: &InputPath| {
            let value = self.value(path);
            if let Some(Value::List(items)) = value.as_deref() {
                self.horizon.spend(items.len() / 16);
            }
            if clause.condition.folds() {
                let bytes = value.as_deref().map_or(0, bytes);
                self.horizon.spend(bytes / FOLDED);
            }
            value
        };
        let unknown = |path: &InputPath| self.unknown(path, &clause.condition);
        let holds = clause.condition.evaluate_unsettled(value, unknown, &unsettled);
        record.saw(clause.place, Sight::Condition(holds.as_ref().ok().copied()));
        holds
    }

    /// Whether the plan includes what the permission needs, or is taken to.
    pub(super) fn entitled(&self, rule: &PermissionRule) -> bool {
        entitled(rule) || self.supposed.is_some_and(|supposed| supposed.entitles(rule))
    }

    /// How a scope reaches the resource; `None` if it does not.
    pub(super) fn reaches(&self, scope: Scope, rule: &PermissionRule) -> Option<&'static str> {
        if scope.is_all() {
            return Some("reaches every resource of the tenant");
        }
        if scope.has_own() && self.is_own(&rule.own, self.member) {
            return Some("the resource is the subject's own");
        }
        if scope.has_team() && self.is_of_team() {
            return Some("the resource is of a team that the subject is in");
        }
        if scope.has_below() && self.is_below() {
            return Some("the resource is of a team below one that the subject is in");
        }
        None
    }

    /// Whether one of the relations of the resource names the user. Nothing is whose nobody knows.
    pub(super) fn is_own<S: AsRef<str>>(&self, relations: &[S], user: &Member) -> bool {
        let attributes = self.request.resource.attributes;
        let names = |value: &Value<'_>| value.names(&user.id);
        !user.anonymous
            && relations.iter().any(|relation| attributes.at(relation.as_ref()).is_some_and(names))
    }
}

/// How many bytes of text are folded in about the time that a condition takes.
const FOLDED: usize = 64;

/// How long a text is, or the texts of a list.
fn bytes(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::List(items) => items.iter().map(bytes).sum(),
        _ => 0,
    }
}

/// Whether some limits leave at least as much as others.
pub(crate) fn is_as_wide(mine: &Within, given: &Within) -> bool {
    mine.parts().all(|mine| {
        let any = |holds: &dyn Fn(&Within) -> bool| given.parts().any(holds);
        (mine.teams.is_empty() || any(&|given| lie_within(&given.teams, &mine.teams)))
            && mine.from.is_none_or(|mine| any(&|it| it.from.is_some_and(|it| mine <= it)))
            && mine.until.is_none_or(|mine| any(&|it| it.until.is_some_and(|it| it <= mine)))
            && mine.condition.as_ref().is_none_or(|mine| {
                let same = |it: &Clause| it.condition.source() == mine.condition.source();
                any(&|given| given.condition.as_ref().is_some_and(same))
            })
    })
}

/// Whether there are teams among these limits, and all of them lie within others.
fn lie_within(given: &TeamLimits, mine: &TeamLimits) -> bool {
    let branch = |team: &str| mine.branches.iter().any(|listed| lies_in(team, listed));
    !given.is_empty()
        && given.branches.iter().all(|team| branch(team))
        && given.exact.iter().all(|team| in_limits(team, mine))
}

/// Whether the plan includes what the permission needs.
pub(crate) fn entitled(rule: &PermissionRule) -> bool {
    rule.entitlement.as_ref().is_none_or(|(_, held)| *held)
}

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn a_team_lies_in_itself_and_in_those_above_it() {
        assert!(lies_in("US/South", "US/South"));
        assert!(lies_in("US/South/GA", "US"));
        assert!(!lies_in("US/Southwest", "US/South"));
        assert!(!lies_in("US", "US/South"));
    }
}
