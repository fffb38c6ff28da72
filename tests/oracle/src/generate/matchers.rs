//! Random matchers: of programs, and of sharing rules.

use super::{Plan, TAGS, TEAMS, conditions, put, some_of};
use crate::random::Random;
use serde_json::{Map, Value as Json};

/// Whom something is for; perhaps nobody in particular.
pub(super) fn matchers(random: &mut Random, plan: &Plan) -> Json {
    let mut matchers = Map::new();
    put(
        &mut matchers,
        "roles",
        some_of(random, 12, &["std0", "std1", "r0", "r1", "r2", "anybody"]),
    );
    let (branch, exact) = match random.chance(20) {
        true => ("sub_teams", "exact_sub_teams"),
        false => ("teams", "exact_teams"),
    };
    put(&mut matchers, branch, some_of(random, 20, &TEAMS[..2]));
    put(&mut matchers, exact, some_of(random, 12, &TEAMS));
    put(&mut matchers, "tags", some_of(random, 16, &TAGS));
    if random.chance(45) {
        put(&mut matchers, "condition", conditions::condition(random, plan));
    }
    Json::Object(matchers)
}
