//! Random families and what the tenant sets of them.

use super::{EDGES, KINDS, Plan, put};
use crate::family::Chance;
use crate::random::Random;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The families that are installed, and the tenant's settings of each.
pub(super) fn families(random: &mut Random, plan: &Plan) -> (BTreeMap<String, Chance>, Json) {
    let mut families = BTreeMap::new();
    let mut settings = Map::new();
    for id in &plan.families {
        let governed: Vec<String> = plan
            .acts
            .iter()
            .filter(|act| act.family == Some(id))
            .map(|act| act.id.clone())
            .collect();
        let mut requires = random.some(50, &plan.ids());
        requires.push("zz.elsewhere".to_owned());
        let floors = random.some(50, &governed);
        let mut setting = Map::new();
        put(&mut setting, "floors", random.some(60, &floors));
        if random.chance(70) {
            put(&mut setting, "config", json!({"house": random.name(&["main", "side"])}));
        }
        settings.insert((*id).to_owned(), Json::Object(setting));
        let chance = Chance {
            seed: random.bits() >> 12,
            permissions: governed,
            kinds: random.some(60, &KINDS.map(str::to_owned)),
            inputs: inputs(random, plan),
            reasons: vec!["locked".to_owned(), "open-house".to_owned()],
            obligations: vec!["watch".to_owned(), "blur".to_owned()],
            requires,
            floors,
            edges: EDGES.to_vec(),
        };
        families.insert((*id).to_owned(), chance);
    }
    (families, Json::Object(settings))
}

fn inputs(random: &mut Random, plan: &Plan) -> Vec<(String, String)> {
    let mut all = vec![
        ("subject.id", "text"),
        ("subject.roles", "texts"),
        ("subject.policies", "texts"),
        ("subject.teams", "texts"),
        ("subject.tags", "texts"),
        ("subject.status", "text"),
        ("subject.invitation", "text"),
        ("subject.owner", "boolean"),
        ("subject.level", "any"),
        ("delegation.from", "text"),
        ("delegation.permissions", "texts"),
        ("delegation.audiences", "texts"),
        ("resource.kind", "text"),
        ("resource.id", "text"),
        ("resource.team", "any"),
        ("resource.deep.er", "any"),
        ("context.ip", "any"),
        ("config.house", "text"),
    ];
    // What is often of another type is seldom read so: a fault hides everything else.
    match random.below(6) {
        0 => all.push(("resource.state", "text")),
        1 => all.push(("resource.age", "integer")),
        2 => all.push(("resource.age", "decimal")),
        3 => all.push(("resource.hosts", "texts")),
        _ => all.push(("resource.age", "any")),
    }
    let mut inputs: Vec<(String, String)> = random
        .some(16, &all)
        .into_iter()
        // What a closed catalog declares as something else is refused.
        .map(|(path, kind)| match plan.kind_of(path).filter(|_| plan.closed && kind != "any") {
            Some(declared) => (path.to_owned(), declared.to_owned()),
            None => (path.to_owned(), kind.to_owned()),
        })
        .collect();
    if random.chance(20) {
        inputs.push(("now".to_owned(), "instant".to_owned()));
    }
    if random.chance(40) {
        for held in random.some(25, &plan.ids()) {
            inputs.push((format!("subject.holds.{held}"), "boolean".to_owned()));
        }
    }
    inputs
}
