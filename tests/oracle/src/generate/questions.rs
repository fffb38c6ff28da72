//! Random questions, with the clock at the edges of windows.

use super::{CUSTOM, IDS, KINDS, Plan, RELATIONS, STANDARD, TEAMS, USERS, edge, put};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

pub(super) fn question(random: &mut Random, plan: &Plan) -> Json {
    let mut question = Map::new();
    let subject = if random.chance(1) { "stranger".to_owned() } else { random.name(&USERS) };
    let action = match random.below(100) {
        0..1 => Some("p99".to_owned()),
        1..4 => random.pick(&plan.toggles),
        _ => random.pick(&plan.ids()),
    };
    put(&mut question, "subject", subject);
    put(&mut question, "action", action.unwrap_or_else(|| random.name(&["p0", "p1"])));
    put(&mut question, "kind", random.name(&KINDS));
    if random.chance(80) {
        let id = match random.chance(15) {
            true => random.name(&[&CUSTOM[..], &STANDARD[..]].concat()),
            false => random.name(&IDS),
        };
        put(&mut question, "id", id);
    }
    put(&mut question, "attributes", attributes(random));
    let context = if random.chance(50) { json!({"ip": value(random)}) } else { json!({}) };
    put(&mut question, "context", context);
    put(&mut question, "now", instant(random));
    Json::Object(question)
}

/// A question that differs from an earlier one in a single point: whatever keeps answers has to
/// tell the two apart if that point matters.
pub(super) fn variation(random: &mut Random, plan: &Plan, earlier: &Json) -> Json {
    let (mut varied, other) = (earlier.clone(), question(random, plan));
    let inner = random.chance(70);
    let (from, to) = match inner {
        true => (&other["attributes"], &mut varied["attributes"]),
        false => (&other, &mut varied),
    };
    let (Json::Object(from), Json::Object(to)) = (from, to) else { return other };
    let mut names: Vec<String> = from.keys().chain(to.keys()).cloned().collect();
    names.retain(|name| name != "attributes");
    let Some(name) = random.pick(&names) else { return other };
    match from.get(&name) {
        Some(value) => put(to, &name, value.clone()),
        None => drop(to.remove(&name)),
    }
    varied
}

/// An instant just before, at or after an edge.
pub(crate) fn instant(random: &mut Random) -> i64 {
    edge(random) + [-1, 0, 1, 500][random.below(4)]
}

fn attributes(random: &mut Random) -> Json {
    let mut attributes = Map::new();
    for relation in RELATIONS {
        if random.chance(50) {
            put(&mut attributes, relation, relative(random));
        }
    }
    if random.chance(65) {
        let team = if random.chance(94) { json!(random.name(&TEAMS)) } else { value(random) };
        put(&mut attributes, "team", team);
    }
    for name in ["age", "state"] {
        if random.chance(50) {
            put(&mut attributes, name, value(random));
        }
    }
    if random.chance(30) {
        put(&mut attributes, "deep", json!({"er": value(random)}));
    }
    for kind in ["shelf", "box"] {
        if random.chance(50) {
            let id = if random.chance(92) { json!(random.name(&IDS)) } else { value(random) };
            put(&mut attributes, kind, id);
        }
    }
    if random.chance(35) {
        let roles = [&CUSTOM[..], &STANDARD[..], &["no such role"]].concat();
        let role = match random.below(100) {
            0..70 => json!(random.name(&roles)),
            70..88 => json!([random.name(&roles), random.name(&roles)]),
            _ => value(random),
        };
        put(&mut attributes, "role", role);
    }
    if random.chance(6) {
        let tenant = match random.below(10) {
            0..6 => json!("acme"),
            6..8 => json!("other"),
            _ => value(random),
        };
        put(&mut attributes, "tenant", tenant);
    }
    Json::Object(attributes)
}

fn relative(random: &mut Random) -> Json {
    match random.below(100) {
        0..60 => json!(random.name(&USERS)),
        60..92 => json!([random.name(&USERS), random.name(&USERS)]),
        _ => value(random),
    }
}

/// Any value, of types that fit and of some that do not.
pub(super) fn value(random: &mut Random) -> Json {
    match random.below(10) {
        0 => Json::Null,
        1 => json!(random.chance(50)),
        2..4 => json!(random.below(4)),
        4 => json!([1.5, 2.0][random.below(2)]),
        5..7 => json!("open"),
        7 => json!(random.name(&["", " ", "shut"])),
        8 => json!(["open", "i1"]),
        _ => json!({"a": ["open"]}),
    }
}
