//! Random people.

use super::{
    CATEGORIES, CUSTOM, POLICIES, Plan, STANDARD, TAGS, TEAMS, USERS, grants, put, some_of,
};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

pub(super) fn people(random: &mut Random, plan: &Plan) -> Json {
    let mut users = Vec::new();
    for id in USERS {
        let mut user = Map::new();
        put(&mut user, "id", id);
        let roles: Vec<&str> = STANDARD.iter().chain(&CUSTOM).copied().collect();
        put(&mut user, "roles", some_of(random, 40, &roles));
        put(&mut user, "teams", some_of(random, 25, &TEAMS));
        put(&mut user, "tags", some_of(random, 35, &TAGS));
        if random.chance(20) {
            put(&mut user, "policies", some_of(random, 60, &POLICIES));
        }
        if random.chance(25) {
            put(&mut user, "grants", grants(random, plan, 2));
        }
        put(&mut user, "owner", random.chance(15));
        if random.chance(4) {
            put(&mut user, "status", random.name(&["inactive", "deleted"]));
        }
        if random.chance(7) {
            put(&mut user, "invitation", "pending");
        }
        if random.chance(35) {
            let (add, remove) =
                (random.some(25, &plan.grantable()), random.some(25, &plan.grantable()));
            put(&mut user, "rights", json!({"add": add, "remove": remove}));
        }
        if random.chance(60) {
            let level = super::questions::value(random);
            put(&mut user, "attributes", json!({"level": level}));
        }
        users.push(Json::Object(user));
    }
    let mut delegations = Vec::new();
    let delegable = plan.delegable();
    for _ in 0..random.below(4) {
        let (from, to) = (random.name(&USERS), random.name(&USERS));
        if from != to && !delegable.is_empty() {
            delegations.push(json!({
                "from": from,
                "to": to,
                "permissions": random.some(70, &delegable),
                "audiences": some_of(random, 50, &CATEGORIES),
            }));
        }
    }
    json!({"users": users, "delegations": delegations})
}
