//! Random questions, with the clock at the edges of windows.

use super::values::{instant, value};
use super::{About, CUSTOM, KINDS, Plan, STANDARD, TEAMS, USERS, place, put};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

pub(super) fn question(random: &mut Random, plan: &Plan) -> Json {
    let mut question = Map::new();
    let subject = if random.chance(1) { "stranger".to_owned() } else { random.name(&USERS) };
    let action = match random.below(100) {
        0..1 => Some("box.z".to_owned()),
        1..4 => random.pick(&plan.toggles),
        _ if plan.about == About::Handing && random.chance(60) => {
            random.pick(&plan.grantable().into_iter().take(2).collect::<Vec<_>>())
        }
        _ => random.pick(&plan.ids()),
    };
    put(&mut question, "subject", subject);
    if random.chance(4) {
        put(&mut question, "subject_type", "anonymous");
    }
    put(&mut question, "action", action.unwrap_or_else(|| random.name(&["box.a", "shelf.a"])));
    let known = plan.closed && random.chance(95);
    put(&mut question, "kind", random.name(if known { &KINDS[..3] } else { &KINDS }));
    if random.chance(80) {
        let about = if random.chance(60) { plan.about } else { About::Things };
        let id = match about {
            About::Things | About::Handing => super::id(random),
            About::Roles => random.name(&[&CUSTOM[..], &STANDARD[..]].concat()),
            About::Users => {
                random.name(&[&USERS[..], &USERS[..2], &USERS[..2], &["stranger"]].concat())
            }
        };
        put(&mut question, "id", id);
    }
    put(&mut question, "attributes", attributes(random, plan));
    put(&mut question, "context", context(random, plan));
    put(&mut question, "now", instant(random));
    Json::Object(question)
}

/// A question that differs from an earlier one in a single point: whatever keeps answers has to
/// tell the two apart if that point matters.
pub(super) fn variation(random: &mut Random, plan: &Plan, earlier: &Json) -> Json {
    let (mut varied, other) = (earlier.clone(), question(random, plan));
    let (from, to) = match random.below(100) {
        0..55 => (&other["attributes"], &mut varied["attributes"]),
        55..70 => (&other["context"], &mut varied["context"]),
        _ => (&other, &mut varied),
    };
    let (Json::Object(from), Json::Object(to)) = (from, to) else { return other };
    let mut names: Vec<String> = from.keys().chain(to.keys()).cloned().collect();
    names.retain(|name| name != "attributes" && name != "context");
    let Some(name) = random.pick(&names) else { return other };
    match from.get(&name) {
        Some(value) => put(to, &name, value.clone()),
        None => drop(to.remove(&name)),
    }
    varied
}

fn context(random: &mut Random, plan: &Plan) -> Json {
    let mut context = Map::new();
    for (name, path) in [("ip", "context.ip"), ("level", "context.level"), ("at", "context.at")] {
        if random.chance(70) {
            put(&mut context, name, super::conditions::fitting(random, plan, path));
        }
    }
    Json::Object(context)
}

/// A team in other words than it has.
fn reworded(random: &mut Random) -> String {
    let team = random.name(&TEAMS);
    match random.below(8) {
        0..=2 => team.to_uppercase(),
        3 => format!("{team}/"),
        4 => format!(" {team}"),
        5 => format!("{team}//x"),
        6 => format!("{team}x"),
        _ => format!("{team}/nope"),
    }
}

fn attributes(random: &mut Random, plan: &Plan) -> Json {
    let mut attributes = Map::new();
    for relation in &plan.relations {
        if random.chance(50) {
            let users = relative(random);
            place(random, &mut attributes, relation, users);
        }
    }
    if random.chance(65) {
        let team = match random.below(100) {
            0..75 => json!(random.name(&TEAMS)),
            75..82 => json!(reworded(random)),
            82..90 => json!([random.name(&TEAMS), random.name(&TEAMS)]),
            90..92 => json!([]),
            92..94 => json!([random.name(&TEAMS), value(random)]),
            _ => value(random),
        };
        place(random, &mut attributes, &plan.named("team"), team);
    }
    for (name, path) in [
        ("age", "resource.age"),
        ("price", "resource.price"),
        ("state", "resource.state"),
        ("flag", "resource.flag"),
        ("labels", "resource.labels"),
        ("due", "resource.due"),
    ] {
        if random.chance(72) {
            put(&mut attributes, name, super::conditions::fitting(random, plan, path));
        }
    }
    if random.chance(60) {
        let value = super::conditions::fitting(random, plan, "resource.deep.er");
        place(random, &mut attributes, "deep.er", value);
    }
    for kind in ["shelf", "box"] {
        if random.chance(50) {
            let id = if random.chance(92) { json!(super::id(random)) } else { value(random) };
            place(random, &mut attributes, &plan.named(kind), id);
        }
    }
    if random.chance(if plan.about == About::Handing { 85 } else { 25 }) {
        let roles = [&CUSTOM[..], &STANDARD[..], &["no such role"]].concat();
        let role = match random.below(100) {
            0..70 => json!(random.name(&roles)),
            70..80 => json!([random.name(&roles), random.name(&roles)]),
            80..92 => {
                let mut handed = Map::new();
                put(&mut handed, "role", random.name(&roles));
                if random.chance(70) {
                    put(&mut handed, "teams", super::some_of(random, 40, &TEAMS));
                }
                super::window(random, &mut handed);
                json!([handed])
            }
            _ => value(random),
        };
        place(random, &mut attributes, &plan.named("role"), role);
    }
    super::sharing::attributes(random, plan, &mut attributes);
    if plan.closed {
        rename(random, &mut attributes);
    }
    Json::Object(attributes)
}

/// Sends what has another name under that, or under both.
fn rename(random: &mut Random, attributes: &mut Map<String, Json>) {
    for (name, alias) in [("segment_type", "segment_kind"), ("private", "is_private")] {
        match random.below(10) {
            0..3 => {
                if let Some(value) = attributes.remove(name) {
                    put(attributes, alias, value);
                }
            }
            3 => put(attributes, alias, value(random)),
            _ => {}
        }
    }
}

fn relative(random: &mut Random) -> Json {
    match random.below(100) {
        0..57 => json!(random.name(&USERS)),
        57..60 => json!("anonymous"),
        60..90 => json!([random.name(&USERS), random.name(&USERS)]),
        90..93 => json!([random.name(&USERS), value(random)]),
        _ => value(random),
    }
}
