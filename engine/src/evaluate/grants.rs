//! Does anything grant it, and as far as this resource?
//!
//! Every source of a grant is walked by one function. A decision adds their scopes up, an
//! explanation writes each one down; neither can see a source that the other does not.

use super::Ask;
use super::recorder::{Recorder, Silent};
use crate::compile::{DelegationRule, GrantSet, LimitedGrant, PermissionId, PermissionRule};
use crate::decision::{Outcome, Reason, Stage};
use crate::model::{Scope, Value};

/// Where a grant comes from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Role(&'a str),
    Policy(&'a str),
    User,
    Ticked,
    Baseline,
    AccountOwner,
}

/// Whether a grant counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Yes,
    /// It has not begun or has ended.
    NotNow,
    /// It is limited to other teams.
    OtherTeams,
    /// The right was unticked for this user.
    Unticked,
}

impl<'a> Ask<'a> {
    /// The step of the pipeline.
    pub(super) fn grants<R: Recorder>(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        record: &mut R,
    ) -> Result<(), Reason> {
        let scope = self.granted(id, rule, record);
        if let Some(how) = self.reaches(scope, rule) {
            record.step(Stage::Grants, Outcome::Pass, || how.to_owned());
            return Ok(());
        }
        if let Some(delegation) = self.delegation(id, rule) {
            record.step(Stage::Grants, Outcome::Pass, || {
                format!("`{}` delegated it", delegation.from)
            });
            return Ok(());
        }
        if scope.is_none() {
            record.step(Stage::Grants, Outcome::Deny, || format!("nothing grants `{}`", rule.id));
            return Err(Reason::NotGranted);
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

    /// Whether the permission is held on this resource: by grant and plan, with what it
    /// requires. What the pipeline asks about prerequisites.
    pub(super) fn holds_here(&self, id: PermissionId) -> bool {
        let Some(rule) = self.snapshot.permission(id) else { return false };
        entitled(rule)
            && self.grants(id, rule, &mut Silent).is_ok()
            && rule.requires.iter().all(|required| self.holds_here(*required))
    }

    /// Whether the permission is held at any scope, with what it requires.
    pub(super) fn holds(&self, id: PermissionId) -> bool {
        let Some(rule) = self.snapshot.permission(id) else { return false };
        entitled(rule)
            && !self.granted(id, rule, &mut Silent).is_none()
            && rule.requires.iter().all(|required| self.holds(*required))
    }

    /// The scope at which all sources together grant the permission.
    pub(super) fn granted<R: Recorder>(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        record: &mut R,
    ) -> Scope {
        let mut sum = Scope::NONE;
        self.each_source(id, rule, |source, scope, counts| {
            if counts == Counts::Yes {
                sum = sum.union(scope);
            }
            let outcome = if counts == Counts::Yes { Outcome::Pass } else { Outcome::Skip };
            record.step(Stage::Grants, outcome, || describe(source, scope, counts, rule));
        });
        if R::ON {
            for by in
                rule.implied_by.iter().filter_map(|by| Some((*by, self.snapshot.permission(*by)?)))
            {
                if !self.granted(by.0, by.1, &mut Silent).is_none() {
                    record.step(Stage::Grants, Outcome::Skip, || {
                        format!("`{}`, which is held, brings it along", by.1.id)
                    });
                }
            }
        }
        sum
    }

    /// Calls `each` with every source that grants the permission.
    #[inline]
    fn each_source(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
        mut each: impl FnMut(Source<'a>, Scope, Counts),
    ) {
        let (snapshot, member) = (self.snapshot, self.member);
        if rule.owner_only {
            if member.owner {
                each(Source::AccountOwner, rule.reach, Counts::Yes);
            }
            return;
        }
        if !rule.baseline.is_none() {
            each(Source::Baseline, rule.baseline, Counts::Yes);
        }
        let extra = member.extra.as_deref();
        let unticked = extra.is_some_and(|extra| extra.removed.contains(&id));
        for role in member.roles.iter().filter_map(|role| snapshot.role(*role)) {
            let off = unticked && role.adjustable.binary_search(&id).is_ok();
            self.each_grant(&role.grants, id, |scope, counts| {
                let counts = if off { Counts::Unticked } else { counts };
                each(Source::Role(&role.id), scope, counts);
            });
        }
        for policy in &member.policies {
            if let Some(policy) = snapshot.policies.get(*policy as usize) {
                self.each_grant(&policy.grants, id, |scope, counts| {
                    each(Source::Policy(&policy.id), scope, counts);
                });
            }
        }
        if let Some(extra) = extra {
            if let Some(grants) = &extra.grants {
                self.each_grant(grants, id, |scope, counts| each(Source::User, scope, counts));
            }
            for (_, scope) in extra.added.iter().filter(|(added, _)| *added == id) {
                each(Source::Ticked, *scope, Counts::Yes);
            }
        }
    }

    #[inline]
    fn each_grant(&self, set: &GrantSet, id: PermissionId, mut each: impl FnMut(Scope, Counts)) {
        let plain = set.plain(id);
        if !plain.is_none() {
            each(plain, Counts::Yes);
        }
        for grant in set.limited(id) {
            each(grant.scope, self.within(grant));
        }
    }

    /// Whether a limited grant counts for this resource at this instant. A window includes its
    /// beginning and not its end.
    fn within(&self, grant: &LimitedGrant) -> Counts {
        let now = self.request.now;
        for edge in [grant.from, grant.until].into_iter().flatten().filter(|edge| now < *edge) {
            self.horizon.note(edge);
        }
        if grant.from.is_some_and(|from| now < from)
            || grant.until.is_some_and(|until| now >= until)
        {
            return Counts::NotNow;
        }
        if grant.teams.is_empty() {
            return Counts::Yes;
        }
        match self.resource_team() {
            Some(team) if grant.teams.iter().any(|listed| lies_in(team, listed)) => Counts::Yes,
            _ => Counts::OtherTeams,
        }
    }

    /// How a scope reaches the resource; `None` if it does not.
    fn reaches(&self, scope: Scope, rule: &PermissionRule) -> Option<&'static str> {
        if scope.is_all() {
            return Some("reaches every resource of the tenant");
        }
        if scope.has_own() && self.is_own(&rule.own, &self.member.id) {
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

    /// Whether one of the relations of the resource names the user.
    pub(super) fn is_own<S: AsRef<str>>(&self, relations: &[S], user: &str) -> bool {
        let attributes = self.request.resource.attributes;
        relations.iter().any(|relation| {
            attributes.get(relation.as_ref()).is_some_and(|value| value.names(user))
        })
    }

    fn resource_team(&self) -> Option<&'a str> {
        self.request.resource.attributes.get(&self.snapshot.team_attribute).and_then(Value::as_str)
    }

    fn is_of_team(&self) -> bool {
        let attribute = self.request.resource.attributes.get(&self.snapshot.team_attribute);
        match attribute {
            None | Some(Value::Null) => self.snapshot.unassigned_is_everybodys,
            Some(Value::Text(team)) => self.member.teams.iter().any(|own| **own == **team),
            Some(_) => false,
        }
    }

    fn is_below(&self) -> bool {
        self.resource_team().is_some_and(|team| {
            self.member.teams.iter().any(|own| **own != *team && lies_in(team, own))
        })
    }

    /// The delegation under which the subject may act: the permission is one of those
    /// delegated, and the resource is the delegator's own.
    pub(super) fn delegation(
        &self,
        id: PermissionId,
        rule: &PermissionRule,
    ) -> Option<&'a DelegationRule> {
        if !rule.delegable {
            return None;
        }
        self.member.extra.as_deref()?.delegations.iter().find(|delegation| {
            delegation.permissions.contains(&id) && self.is_own(&rule.own, &delegation.from)
        })
    }
}

fn entitled(rule: &PermissionRule) -> bool {
    rule.entitlement.as_ref().is_none_or(|(_, held)| *held)
}

/// Whether a team is another one or lies below it: `US/South` lies in `US`, `US/Southwest` does
/// not lie in `US/South`.
pub(super) fn lies_in(team: &str, branch: &str) -> bool {
    team.strip_prefix(branch).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn describe(source: Source<'_>, scope: Scope, counts: Counts, rule: &PermissionRule) -> String {
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
        Counts::Unticked => format!("{from}, but it was unticked for the user"),
    }
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
