//! Random tenants.

use super::{CUSTOM, KINDS, POLICIES, Plan, TEAMS, grants, put};
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
        CUSTOM.iter().map(|id| super::roles::role(random, plan, id, 30)).collect();
    let standard = catalog.get("standard_roles").and_then(Json::as_array);
    let editable: Vec<&str> = standard
        .into_iter()
        .flatten()
        .filter(|role| role.get("editable") == Some(&Json::Bool(true)))
        .filter_map(|role| role.get("id")?.as_str())
        .collect();
    for edited in random.some(40, &editable) {
        roles.push(super::roles::role(random, plan, edited, 60));
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
    let lends = random.chance(40);
    let teams = TEAMS.map(|path| match lends && random.chance(35) {
        true => json!({"path": path, "roles": super::people::lent(random, plan)}),
        false => json!(path),
    });
    // Of some nobody says which there are.
    if lends || random.chance(80) {
        put(&mut tenant, "teams", json!(teams));
    }
    if random.chance(12) {
        put(&mut tenant, "baseline", super::people::lent(random, plan));
    }
    put(&mut tenant, "roles", roles);
    put(&mut tenant, "policies", policies);
    put(&mut tenant, "programs", programs(random, plan, catalog, lenient));
    let closed: Vec<Json> = (0..random.below(4)).filter_map(|_| item(random, catalog)).collect();
    put(&mut tenant, "closed", closed);
    put(&mut tenant, "sharing", super::sharing::tenant(random, plan));
    put(&mut tenant, "families", settings);
    Json::Object(tenant)
}

fn programs(random: &mut Random, plan: &Plan, catalog: &Json, lenient: bool) -> Json {
    let mut programs = Vec::new();
    for n in 0..random.below(6) {
        let mut matchers = super::matchers::matchers(random, plan);
        let none = matchers.as_object().is_none_or(|matchers| {
            matchers.values().all(|it| it.as_array().is_some_and(Vec::is_empty))
        });
        if none && !lenient {
            matchers = json!({"teams": [random.name(&TEAMS)]});
        }
        let mut gives = Vec::new();
        for _ in 0..=random.below(3) {
            gives.extend(item(random, catalog));
        }
        programs.push(json!({"id": format!("prog{n}"), "match": matchers, "gives": gives}));
    }
    programs.into()
}

/// An item that can be exclusive, if the one that was picked can.
fn item(random: &mut Random, catalog: &Json) -> Option<Json> {
    let (kind, access) = (random.name(&KINDS[..3]), random.name(&["view", "edit"]));
    let given = catalog["resource_kinds"][&kind]["exclusive"].as_array()?;
    given
        .contains(&json!(access))
        .then(|| json!({"kind": kind, "id": super::id(random), "access": access}))
}
