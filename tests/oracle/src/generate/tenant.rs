//! Random tenants.

use super::{CUSTOM, IDS, KINDS, POLICIES, Plan, TAGS, TEAMS, grants, put, some_of};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

pub(super) fn tenant(
    random: &mut Random,
    plan: &Plan,
    catalog: &Json,
    settings: Json,
    lenient: bool,
) -> Json {
    let mut roles: Vec<Json> =
        CUSTOM.iter().map(|id| super::catalog::role(random, plan, id, 30)).collect();
    let standard = catalog.get("standard_roles").and_then(Json::as_array);
    let editable: Vec<&str> = standard
        .into_iter()
        .flatten()
        .filter(|role| role.get("editable") == Some(&Json::Bool(true)))
        .filter_map(|role| role.get("id")?.as_str())
        .collect();
    for edited in random.some(40, &editable) {
        roles.push(super::catalog::role(random, plan, edited, 60));
    }
    let policies: Vec<Json> =
        POLICIES.iter().map(|id| json!({"id": id, "grants": grants(random, plan, 2)})).collect();
    let mut tenant = Map::new();
    put(&mut tenant, "tenant", "acme");
    put(&mut tenant, "product", "oracle");
    if random.chance(90) {
        let plan = random.name(&["small", "large"]);
        let offered = catalog["plans"][&plan]["addons"].as_array().cloned().unwrap_or_default();
        put(&mut tenant, "plan", plan);
        put(&mut tenant, "addons", random.some(40, &offered));
    }
    put(&mut tenant, "teams", json!(TEAMS));
    put(&mut tenant, "roles", roles);
    put(&mut tenant, "policies", policies);
    put(&mut tenant, "programs", programs(random, catalog, lenient));
    put(&mut tenant, "families", settings);
    Json::Object(tenant)
}

fn programs(random: &mut Random, catalog: &Json, lenient: bool) -> Json {
    let mut programs = Vec::new();
    for n in 0..random.below(5) {
        let mut matchers = Map::new();
        let roles = some_of(random, 15, &["std0", "std1", "r0", "r1", "r2"]);
        let (teams, tags) = (some_of(random, 30, &TEAMS[..2]), some_of(random, 20, &TAGS));
        if roles.is_empty() && teams.is_empty() && tags.is_empty() && !lenient {
            put(&mut matchers, "teams", [random.name(&TEAMS)].as_slice());
        } else {
            put(&mut matchers, "teams", teams);
        }
        put(&mut matchers, "roles", roles);
        put(&mut matchers, "tags", tags);
        let mut gives = Vec::new();
        for _ in 0..=random.below(3) {
            let (kind, access) = (random.name(&KINDS[..3]), random.name(&["view", "edit"]));
            let can_be_given = catalog["resource_kinds"][&kind]["exclusive"]
                .as_array()
                .is_some_and(|given| given.contains(&json!(access)));
            if can_be_given {
                gives.push(json!({"kind": kind, "id": random.name(&IDS), "access": access}));
            }
        }
        programs.push(json!({"id": format!("prog{n}"), "match": matchers, "gives": gives}));
    }
    programs.into()
}
