//! Which roles a user holds, where somebody asks for one by its name.
//!
//! A role that is held for some teams or under a condition may be held or not, as far as anybody
//! can tell who does not look at a record. One that is held for a time is held at that time.

use super::anonymous::is_nobody;
use super::{Evaluator, condition, in_branch, is_within};
use permesso_engine::decision::Request;
use permesso_engine::model::{Assignment, Instant, Text, User, Value};

fn from(assignment: &Assignment) -> Option<i64> {
    assignment.valid_from.map(Instant::millis)
}

fn until(assignment: &Assignment) -> Option<i64> {
    assignment.valid_until.map(Instant::millis)
}

/// Whether an assignment counts by itself; `None` where only a record can say.
fn stands(assignment: &Assignment, now: i64) -> Option<bool> {
    if !is_within(from(assignment), until(assignment), now) {
        return Some(false);
    }
    let bare = assignment.teams.is_none() && assignment.condition.is_none();
    bare.then_some(true)
}

/// What several come to of which one is enough.
fn any(all: &[Option<bool>]) -> Option<bool> {
    match all.contains(&Some(true)) {
        true => Some(true),
        false if all.contains(&None) => None,
        false => Some(false),
    }
}

impl Evaluator<'_> {
    /// Every assignment by which a user holds a role: their own, what everybody has, and those of
    /// their teams and of the teams above.
    pub(super) fn assignments<'h>(&'h self, user: &'h User) -> Vec<&'h Assignment> {
        if is_nobody(user) {
            return user.roles.iter().collect();
        }
        let baseline = self.tenant.baseline.as_ref().unwrap_or(&self.catalog.baseline.roles);
        let teams = self.tenant.teams.iter();
        let teams =
            teams.filter(|lender| user.teams.iter().any(|team| in_branch(team, &lender.path)));
        let lent = baseline.iter().chain(teams.flat_map(|team| &team.roles));
        let lent: Vec<&Assignment> =
            lent.filter(|assignment| self.role(&assignment.role).is_some()).collect();
        if !lent.is_empty() {
            self.seen.note("roles: by a team or the baseline");
        }
        user.roles.iter().chain(lent).collect()
    }

    /// Whether a user holds a role; `None` where that cannot be known.
    pub(super) fn holds_role(&self, user: &User, role: &Text, now: i64) -> Option<bool> {
        let all = self.assignments(user).into_iter();
        let of_it = all.filter(|assignment| assignment.role == *role);
        any(&of_it.map(|assignment| stands(assignment, now)).collect::<Vec<_>>())
    }

    /// The roles that a user holds, first those given to them at once, and those that they may
    /// hold.
    pub(super) fn roles<'h>(&'h self, user: &'h User, now: i64) -> (Vec<&'h Text>, Vec<&'h Text>) {
        let at_once = user.roles.iter().filter(|assignment| !assignment.is_limited());
        let mut held: Vec<&Text> = at_once.map(|assignment| &assignment.role).collect();
        let all = self.assignments(user);
        let mut names: Vec<&Text> = all.iter().map(|assignment| &assignment.role).collect();
        names.sort_by_key(|name| name.to_string());
        names.dedup();
        let others: Vec<&Text> = names.iter().copied().filter(|it| !held.contains(it)).collect();
        let is = |wanted: Option<bool>| {
            others.iter().copied().filter(move |it| self.holds_role(user, it, now) == wanted)
        };
        held.extend(is(Some(true)));
        (held, is(None).collect())
    }

    /// The roles that a family is told of: those that are held where the record is. `None` where
    /// that cannot be known of one of them.
    pub(super) fn roles_here(&self, user: &User, request: &Request<'_>) -> Option<Value<'static>> {
        let (mut here, perhaps) = self.roles(user, request.now);
        for role in perhaps {
            let all = self.assignments(user).into_iter();
            let of_it = all.filter(|assignment| assignment.role == *role);
            let of_it: Vec<Option<bool>> =
                of_it.map(|it| self.is_held_here(it, user, request)).collect();
            match any(&of_it) {
                Some(true) => here.push(role),
                Some(false) => {}
                None => {
                    self.seen.note("family: a role may be held here or not");
                    return None;
                }
            }
        }
        Some(Value::List(here.into_iter().map(|it| Value::text(it.to_string())).collect()))
    }

    fn is_held_here(
        &self,
        assignment: &Assignment,
        user: &User,
        request: &Request<'_>,
    ) -> Option<bool> {
        let now = is_within(from(assignment), until(assignment), request.now);
        let here = match &assignment.teams {
            None => Some(true),
            Some(teams) => self.is_of(teams, &[], request),
        };
        let under = match &assignment.condition {
            None => Some(true),
            Some(it) => self.condition(condition::ASSIGNMENT, it, user, request),
        };
        match [Some(now), here, under] {
            all if all.contains(&Some(false)) => Some(false),
            all if all.contains(&None) => None,
            _ => Some(true),
        }
    }
}
