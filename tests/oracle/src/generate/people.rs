//! Random people.

use super::{
    CATEGORIES, CUSTOM, POLICIES, Plan, RARE, STANDARD, TAGS, TEAMS, USERS, grants, put, some_of,
    window,
};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

/// The attributes of users, and their paths.
const SUBJECTS: [(&str, &str); 4] = [
    ("level", "subject.level"),
    ("region", "subject.region"),
    ("skills", "subject.skills"),
    ("since", "subject.since"),
];

pub(super) fn people(random: &mut Random, plan: &Plan, lenient: bool) -> Json {
    let mut users = Vec::new();
    for id in USERS {
        let mut user = Map::new();
        put(&mut user, "id", id);
        // Some hold next to nothing, and two of the roles are rare.
        let often = if random.chance(if plan.delegating { 38 } else { 12 }) { 6 } else { 52 };
        let mut roles = some_of(random, often, &[&STANDARD[..2], &CUSTOM[..3]].concat());
        roles.extend(some_of(random, if id == USERS[0] { 40 } else { 8 }, &RARE));
        let roles: Vec<Json> =
            roles.into_iter().map(|role| assignment(random, plan, role)).collect();
        put(&mut user, "roles", roles);
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
        if random.chance(5) {
            put(&mut user, "invitation", "pending");
        }
        if random.chance(35) {
            let (add, remove) =
                (random.some(25, &plan.grantable()), random.some(25, &plan.grantable()));
            put(&mut user, "rights", json!({"add": add, "remove": remove}));
        }
        let mut attributes = Map::new();
        for (name, path) in SUBJECTS {
            if random.chance(75) {
                // Who is said to be what the catalog does not declare is refused.
                let said = match lenient {
                    true => super::conditions::fitting(random, plan, path),
                    false => super::conditions::proper(random, plan, path),
                };
                put(&mut attributes, name, said);
            }
        }
        put(&mut user, "attributes", attributes);
        users.push(Json::Object(user));
    }
    let mut delegations = Vec::new();
    // What cannot be delegated is refused, or let stand without effect.
    let delegable = match lenient && random.chance(50) {
        true => plan.acts.iter().map(|act| act.id.clone()).chain(plan.toggles.clone()).collect(),
        false => plan.delegable(),
    };
    for _ in 0..random.below(if plan.delegating { 16 } else { 5 }) {
        let (from, to) = (random.name(&USERS), random.name(&USERS));
        if from != to && !delegable.is_empty() {
            let mut delegation = Map::new();
            put(&mut delegation, "from", from);
            put(&mut delegation, "to", to);
            put(&mut delegation, "permissions", random.some(70, &delegable));
            put(&mut delegation, "audiences", some_of(random, 50, &CATEGORIES));
            window(random, &mut delegation);
            delegations.push(Json::Object(delegation));
        }
    }
    json!({"users": users, "delegations": delegations})
}

/// A role as it is held, now and then within limits; now and then one is held once more.
fn assignment(random: &mut Random, plan: &Plan, role: String) -> Json {
    if random.chance(54) {
        return json!(role);
    }
    let mut held = Map::new();
    put(&mut held, "role", role);
    if random.chance(75) {
        let teams = some_of(random, 45, &TEAMS);
        let teams = if teams.is_empty() { vec![random.name(&TEAMS)] } else { teams };
        put(&mut held, "teams", teams);
    }
    if random.chance(35) {
        window(random, &mut held);
    }
    if random.chance(30) {
        put(&mut held, "condition", super::conditions::condition(random, plan));
    }
    Json::Object(held)
}

/// Roles that come with a team, or to everybody.
pub(super) fn lent(random: &mut Random, plan: &Plan) -> Json {
    let roles = some_of(random, 25, &[&STANDARD[..2], &CUSTOM[..3]].concat());
    roles.into_iter().map(|role| assignment(random, plan, role)).collect()
}
