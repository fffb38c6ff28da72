//! Random roles: standard ones of a catalog, and those of a tenant.

use super::{ANYBODY, CATEGORIES, CUSTOM, POLICIES, Plan, STANDARD, grants, put, scope, some_of};
use crate::random::Random;
use serde_json::{Map, Value as Json};

/// The role of whoever asks anonymously, who has no records and no teams.
pub(super) fn of_anybody(random: &mut Random, plan: &Plan) -> Json {
    let mut grants = grants(random, plan, 4);
    for grant in grants.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
        put(grant, "scope", "all");
    }
    let mut role = Map::new();
    put(&mut role, "id", ANYBODY);
    put(&mut role, "grants", grants);
    Json::Object(role)
}

/// A role, with flags so many times in a hundred.
pub(super) fn role(random: &mut Random, plan: &Plan, id: &str, flags: usize) -> Json {
    let mut role = Map::new();
    put(&mut role, "id", id);
    for flag in ["editable", "deletable"] {
        if random.chance(flags) {
            put(&mut role, flag, random.chance(75));
        }
    }
    if random.chance(60) {
        put(&mut role, "adjustable", some_of(random, 60, &CATEGORIES));
        put(&mut role, "reach", scope(random));
    }
    if CUSTOM.contains(&id) && random.chance(30) {
        put(&mut role, "policies", some_of(random, 60, &POLICIES));
    }
    if random.chance(30) {
        // What is inherited stands later in this order, so that nothing inherits from itself.
        let all: Vec<&str> = CUSTOM.iter().chain(&STANDARD).copied().collect();
        let later = all.iter().position(|other| *other == id).map_or(all.len(), |n| n + 1);
        put(&mut role, "parents", some_of(random, 35, &all[later..]));
    }
    put(&mut role, "grants", grants(random, plan, 4));
    Json::Object(role)
}
