//! What random products and tenants share, and what questions say of it.

use super::{Plan, conditions, place, put, some_of};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

fn exposure(random: &mut Random) -> &'static str {
    ["share", "share", "redact", "redact", "hide"][random.below(5)]
}

/// The sharing of a catalog.
pub(super) fn product(random: &mut Random, plan: &Plan) -> Json {
    let mut sharing = Map::new();
    put(&mut sharing, "by", random.some(55, &plan.relations));
    if random.chance(60) {
        put(&mut sharing, "unnamed", random.name(&["close", "ignore", "ignore"]));
    }
    let marks = [
        json!({"attribute": "private"}),
        json!({"attribute": "segment_type", "is": ["personal", "secret"]}),
        json!({"attribute": "deep.er", "is": ["open"]}),
    ];
    let marks = random.some(20, &marks);
    put(&mut sharing, "private", marks);
    let mut contents = Map::new();
    for kind in &plan.contents {
        let mut content = Map::new();
        put(&mut content, "default", exposure(random));
        put(&mut content, "withhold", some_of(random, 60, &["subject", "body"]));
        let mut redact = Map::new();
        for origin in ["viewer", "sharer"] {
            if let Some(toggle) = random.pick(&plan.toggles).filter(|_| random.chance(65)) {
                put(&mut redact, origin, toggle);
            }
        }
        if random.chance(40) {
            put(&mut redact, "account", "account_redacted");
        }
        put(&mut content, "redact", redact);
        put(&mut contents, kind, content);
    }
    put(&mut sharing, "contents", contents);
    Json::Object(sharing)
}

/// What a permission shows.
pub(super) fn shows(random: &mut Random, plan: &Plan, kind: &str) -> Json {
    let mut shows = Map::new();
    put(&mut shows, "kind", kind);
    if random.chance(35) {
        let mut kinds = Map::new();
        for of in random.some(35, plan.kinds()) {
            put(&mut kinds, of, random.name(&plan.contents));
        }
        put(&mut shows, "kinds", kinds);
    }
    if random.chance(50) {
        put(&mut shows, "redacted", random.name(&["withhold", "deny"]));
    }
    Json::Object(shows)
}

/// The sharing of a tenant.
pub(super) fn tenant(random: &mut Random, plan: &Plan) -> Json {
    let mut sharing = Map::new();
    let mut defaults = Map::new();
    for kind in &plan.contents {
        if random.chance(40) {
            put(&mut defaults, kind, exposure(random));
        }
    }
    put(&mut sharing, "defaults", defaults);
    for layer in ["policies", "overrides"] {
        let rules: Vec<Json> = (0..random.below(4)).map(|n| rule(random, plan, layer, n)).collect();
        put(&mut sharing, layer, rules);
    }
    Json::Object(sharing)
}

fn rule(random: &mut Random, plan: &Plan, layer: &str, n: usize) -> Json {
    let mut rule = Map::new();
    put(&mut rule, "id", format!("{layer}{n}"));
    put(&mut rule, "outcome", exposure(random));
    if random.chance(50) {
        put(&mut rule, "content", random.some(60, &plan.contents));
    }
    if random.chance(60) {
        put(&mut rule, "for", super::matchers::matchers(random, plan));
    }
    if random.chance(35) {
        put(&mut rule, "condition", conditions::asking(random, plan));
    }
    if layer == "policies" && random.chance(55) {
        put(&mut rule, "overridable", random.chance(85));
    }
    Json::Object(rule)
}

/// What a question says of a record's sharing.
pub(super) fn attributes(random: &mut Random, plan: &Plan, attributes: &mut Map<String, Json>) {
    let value = super::values::value;
    if random.chance(35) {
        let private = random.chance(30);
        put(attributes, "private", if random.chance(80) { json!(private) } else { value(random) });
    }
    if random.chance(45) {
        let text = random.name(&["personal", "team", "team", "secret"]);
        let segment = match random.below(10) {
            0..7 => json!(text),
            7 => json!([text, "team"]),
            8 => json!(["team"]),
            9 if random.chance(60) => json!(["team", value(random)]),
            _ => value(random),
        };
        put(attributes, "segment_type", segment);
    }
    if random.chance(35) {
        let redacted = random.chance(40);
        let set = if random.chance(75) { json!(redacted) } else { value(random) };
        put(attributes, "account_redacted", set);
    }
    if random.chance(2) {
        put(attributes, "sharing", value(random));
    }
    for kind in &plan.contents {
        if random.chance(75) {
            continue;
        }
        let choice = match random.chance(85) {
            true => json!(exposure(random)),
            false => value(random),
        };
        place(random, attributes, &format!("sharing.{kind}"), choice);
    }
}
