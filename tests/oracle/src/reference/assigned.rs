//! Which roles a user holds, where somebody asks for one by its name.
//!
//! A role that is held for some teams or under a condition may be held or not, as far as anybody
//! can tell who does not look at a record. One that is held for a time is held at that time.

use super::{Evaluator, condition, is_within};
use permesso_engine::decision::Request;
use permesso_engine::model::{Assignment, Text, User, Value};

/// Whether an assignment counts by itself; `None` where only a record can say.
fn stands(assignment: &Assignment, now: i64) -> Option<bool> {
    if !is_within(assignment.valid_from, assignment.valid_until, now) {
        return Some(false);
    }
    let bare = assignment.teams.is_none() && assignment.condition.is_none();
    bare.then_some(true)
}

/// Whether a user holds a role; `None` where that cannot be known.
pub(super) fn holds_role(user: &User, role: &Text, now: i64) -> Option<bool> {
    let all: Vec<Option<bool>> = user
        .roles
        .iter()
        .filter(|assignment| assignment.role == *role)
        .map(|assignment| stands(assignment, now))
        .collect();
    match all.contains(&Some(true)) {
        true => Some(true),
        false if all.contains(&None) => None,
        false => Some(false),
    }
}

/// The roles that a user holds, first those without limits, and those that they may hold.
pub(super) fn roles(user: &User, now: i64) -> (Vec<&Text>, Vec<&Text>) {
    let at_once = user.roles.iter().filter(|assignment| !assignment.is_limited());
    let at_once: Vec<&Text> = at_once.map(|assignment| &assignment.role).collect();
    let limited = |wanted: Option<bool>| {
        let limited = user.roles.iter().filter(move |it| it.is_limited());
        limited.filter(move |it| stands(it, now) == wanted).map(|it| &it.role)
    };
    let mut held = at_once.clone();
    held.extend(limited(Some(true)).filter(|role| !at_once.contains(role)));
    let perhaps = limited(None).filter(|role| !held.contains(role)).collect();
    (held, perhaps)
}

impl Evaluator<'_> {
    /// The roles that a family is told of: those that are held where the record is. `None` where
    /// that cannot be known of one of them.
    pub(super) fn roles_here(&self, user: &User, request: &Request<'_>) -> Option<Value<'static>> {
        let (held, perhaps) = roles(user, request.now);
        let (mut here, mut seen) = (Vec::new(), Vec::new());
        for role in perhaps {
            if seen.contains(&role) {
                continue;
            }
            seen.push(role);
            let all: Vec<Option<bool>> = user
                .roles
                .iter()
                .filter(|assignment| assignment.role == *role)
                .map(|assignment| self.is_held_here(assignment, user, request))
                .collect();
            if all.contains(&Some(true)) {
                here.push(role);
            } else if all.contains(&None) {
                self.seen.note("family: a role may be held here or not");
                return None;
            }
        }
        here.sort_by_key(|role| role.to_string());
        let here = held.into_iter().chain(here);
        Some(Value::List(here.map(|it| Value::text(it.to_string())).collect()))
    }

    fn is_held_here(
        &self,
        assignment: &Assignment,
        user: &User,
        request: &Request<'_>,
    ) -> Option<bool> {
        let now = is_within(assignment.valid_from, assignment.valid_until, request.now);
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
