//! Random catalogs.

use super::{
    ANYBODY, About, Act, CATEGORIES, ENTITLEMENTS, FAMILIES, KINDS, Plan, STANDARD, put, scope,
    sharing, some_of,
};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

pub(super) fn catalog(random: &mut Random, plan: &Plan) -> Json {
    let own_means = random.some(60, &plan.relations);
    let unassigned = if random.chance(40) { "everybody" } else { "nobody" };
    let categories: Vec<Json> = CATEGORIES.iter().map(|id| category(random, plan, id)).collect();
    let mut standard: Vec<Json> =
        STANDARD.iter().map(|id| super::roles::role(random, plan, id, 45)).collect();
    standard.push(super::roles::of_anybody(random, plan));
    let types = match random.chance(70) {
        true => json!({"anonymous": {"role": ANYBODY}}),
        false => json!({}),
    };
    json!({
        "product": "oracle",
        "version": "1.0.0",
        "teams": {"attribute": plan.named("team"), "unassigned": unassigned},
        "relations": plan.relations,
        "own_means": own_means,
        "attributes": super::conditions::declarations(plan),
        "resource_kinds": kinds(random, plan),
        "sharing": sharing::product(random, plan),
        "categories": categories,
        "guards": guards(random, plan),
        "plans": plans(random),
        "baseline": {"roles": super::some_of(random, 10, &STANDARD[..2]), "editable": true},
        "subject_types": types,
        "standard_roles": standard,
    })
}

fn category(random: &mut Random, plan: &Plan, id: &str) -> Json {
    let mut permissions: Vec<Json> = Vec::new();
    // A family of the category stands for what its permissions would name one by one.
    let acts: Vec<&Act> = plan.acts.iter().filter(|act| act.category == id).collect();
    let common = FAMILIES
        .into_iter()
        .find(|family| acts.iter().any(|act| act.family == Some(family)) && random.chance(40));
    for act in acts {
        permissions.push(permission(random, plan, act, common));
    }
    if id == "limits" {
        permissions.extend(plan.toggles.iter().map(|id| toggle(random, plan, id)));
    }
    let mut category = Map::new();
    put(&mut category, "id", id);
    if plan.closed {
        put(&mut category, "kinds", about(random));
    }
    put(&mut category, "permissions", permissions);
    if let Some(family) = common {
        put(&mut category, "family", family);
    }
    Json::Object(category)
}

fn permission(random: &mut Random, plan: &Plan, act: &Act, common: Option<&str>) -> Json {
    let mut it = Map::new();
    put(&mut it, "id", act.id.as_str());
    if plan.closed && random.chance(20) {
        put(&mut it, "kinds", about(random));
    }
    if plan.closed && random.chance(6) {
        put(
            &mut it,
            "required",
            json!([random.name(&["private", "segment_type", &plan.named("team")])]),
        );
    }
    if act.family != common {
        put(&mut it, "family", act.family.unwrap_or("none"));
    }
    if random.chance(12) {
        put(&mut it, "reach", scope(random));
    }
    if random.chance(35) {
        put(&mut it, "own_means", random.some(50, &plan.relations));
    }
    if random.chance(12) && !act.owner_only {
        put(&mut it, "baseline", scope(random));
    }
    let later: Vec<String> = plan.ids().into_iter().filter(|id| *id > act.id).collect();
    if random.chance(25) {
        put(&mut it, "requires", random.some(30, &later));
    }
    if random.chance(25) {
        put(&mut it, "implies", implies(random, plan, &act.id));
    }
    if random.chance(10) {
        put(&mut it, "entitlement", random.name(&ENTITLEMENTS));
    }
    if act.owner_only {
        put(&mut it, "owner_only", true);
    }
    if act.granted_by != "roles" {
        put(&mut it, "granted_by", act.granted_by);
    }
    if act.delegable {
        put(&mut it, "delegable", true);
    }
    if let Some(kind) = act.content {
        put(&mut it, "content", sharing::shows(random, plan, kind));
    }
    if random.chance(20) {
        put(&mut it, "while_pending", true);
    }
    if random.chance(15) {
        put(&mut it, "wildcard", random.chance(30));
    }
    if random.chance(55) {
        put(&mut it, "exclusive", random.name(&["view", "view", "edit"]));
    }
    Json::Object(it)
}

/// What a permission is about: most often every kind.
fn about(random: &mut Random) -> Json {
    match random.below(10) {
        0..6 => json!("any"),
        n => {
            let mut kinds = some_of(random, 60, &KINDS[..3]);
            kinds.push(KINDS[n % 3].to_owned());
            kinds.sort_unstable();
            kinds.dedup();
            json!(kinds)
        }
    }
}

fn implies(random: &mut Random, plan: &Plan, id: &str) -> Json {
    let all = plan.ids().into_iter().chain(plan.toggles.iter().cloned());
    let others: Vec<String> = all.filter(|other| other != id).collect();
    let mut implied = Vec::new();
    for other in random.some(20, &others) {
        let mut it = Map::new();
        put(&mut it, "permission", other);
        if random.chance(40) {
            put(&mut it, "scope", scope(random));
        }
        implied.push(Json::Object(it));
    }
    implied.into()
}

fn toggle(random: &mut Random, plan: &Plan, id: &str) -> Json {
    let mut constraint = Map::new();
    put(&mut constraint, "forbids", random.some(25, &plan.ids()));
    let mut obliges = Vec::new();
    for code in ["redact", "hide"] {
        if random.chance(60) {
            let values = some_of(random, 50, &["body", "title"]);
            obliges
                .push(json!({"on": random.some(40, &plan.ids()), "code": code, "values": values}));
        }
    }
    put(&mut constraint, "obliges", obliges);
    if random.chance(50) {
        put(&mut constraint, "unless", predicate(random, plan, 2));
    }
    let mut it = Map::new();
    put(&mut it, "id", id);
    put(&mut it, "constraint", constraint);
    if random.chance(20) {
        put(&mut it, "wildcard", random.chance(70));
    }
    if random.chance(8) {
        put(&mut it, "baseline", scope(random));
    }
    if random.chance(15) {
        put(&mut it, "reach", scope(random));
    }
    Json::Object(it)
}

fn kinds(random: &mut Random, plan: &Plan) -> Json {
    let mut kinds = Map::new();
    let access = |random: &mut Random| match random.below(4) {
        // What a permission asks for some program has to be able to give.
        0 if plan.closed => json!(["edit"]),
        0 => json!(["view"]),
        1 if !plan.closed => json!([]),
        _ => json!(["view", "edit"]),
    };
    put(&mut kinds, "shelf", json!({"exclusive": ["view", "edit"]}));
    let ways = |random: &mut Random, kind: &str| {
        let ways = [json!("id"), json!("path"), json!({"attribute": plan.named(kind)})];
        let ways = random.some(50, &ways);
        ways.into_iter().map(|by| json!({"kind": kind, "by": by})).collect::<Vec<_>>()
    };
    put(&mut kinds, "box", json!({"exclusive": access(random), "part_of": ways(random, "shelf")}));
    let mut of_page = ways(random, "box");
    if random.chance(40) {
        of_page.extend(ways(random, "shelf"));
    }
    random.shuffle(&mut of_page);
    put(&mut kinds, "page", json!({"exclusive": access(random), "part_of": of_page}));
    for kind in KINDS {
        if let (true, Some(Json::Object(kind))) = (random.chance(15), kinds.get_mut(kind)) {
            let unassigned = if random.chance(50) { "everybody" } else { "nobody" };
            put(kind, "unassigned", json!(unassigned));
        }
    }
    if plan.closed {
        // One name is of one type, whichever kind has it.
        let declared = of_kinds(random, plan);
        for kind in &KINDS[..3] {
            let mut declared = declared.clone();
            declared["private"]["required"] = json!(random.chance(8));
            if let Some(Json::Object(kind)) = kinds.get_mut(*kind) {
                put(kind, "attributes", declared);
            }
        }
    }
    Json::Object(kinds)
}

/// What a closed catalog declares of each kind, besides what every one has.
fn of_kinds(random: &mut Random, plan: &Plan) -> Json {
    let mut all = Map::new();
    let private = json!({
        "type": if random.chance(60) { "boolean" } else { "any" },
        "aliases": ["is_private"],
    });
    put(&mut all, "private", private);
    let segment = match random.below(3) {
        0 => json!({"type": "any", "aliases": ["segment_kind"]}),
        1 => json!({"type": "texts", "aliases": ["segment_kind"]}),
        _ => json!({
            "type": "texts",
            "one_of": ["personal", "team", "secret"],
            "aliases": ["segment_kind"],
        }),
    };
    put(&mut all, "segment_type", segment);
    put(&mut all, "account_redacted", if random.chance(50) { "boolean" } else { "any" });
    for name in ["role", "shelf", "box"] {
        put(&mut all, &plan.named(name), if random.chance(30) { "texts" } else { "any" });
    }
    Json::Object(all)
}

/// A comparison with something that an attribute of a type can be.
fn fitting_test(random: &mut Random, kind: &str) -> Json {
    match (kind, random.below(4)) {
        (_, 0) => json!({"present": true}),
        ("boolean", n) => json!({["is", "is_not", "is"][n - 1]: random.chance(50)}),
        ("integer" | "instant", 1) => json!({"at_most": 2}),
        ("integer" | "instant", 2) => json!({"is_not": random.pick(&[json!(2), json!(2.0)])}),
        ("integer" | "instant", _) => json!({"is": 2}),
        ("decimal", 1) => json!({"at_least": 1.5}),
        ("decimal", _) => json!({"in": [2, 1.5, 0]}),
        (_, 1) => json!("open"),
        (_, 2) => json!({"is_not": "open"}),
        _ => json!({"in": ["open", "shut"]}),
    }
}

fn guards(random: &mut Random, plan: &Plan) -> Json {
    let mut guards = Vec::new();
    let check = match plan.about {
        About::Things => None,
        About::Roles => Some(json!("unused")),
        About::Users => Some(json!({"keeps_holder": random.name(&["std2", "std1", "std2"])})),
        About::Handing => Some(json!({"covered": [plan.named("role")]})),
    };
    if let Some(check) = check {
        let on = random.some(35, &plan.ids());
        guards.push(json!({"id": "about", "on": on, "message": "not this one", "check": check}));
    }
    for n in 0..random.below(if plan.about == About::Things { 3 } else { 2 }) {
        let mut guard = Map::new();
        put(&mut guard, "id", format!("g{n}"));
        put(&mut guard, "on", random.some(20, &plan.ids()));
        put(&mut guard, "message", format!("guard {n} does not hold"));
        let (require, check, stated) = (random.chance(35), random.chance(55), random.chance(45));
        if require || !check && !stated {
            let some = json!({"subject.id": {"in": some_of(random, 60, &super::USERS)}});
            let about_people = plan.delegating && random.chance(60);
            put(
                &mut guard,
                "require",
                if about_people { some } else { predicate(random, plan, 2) },
            );
        }
        if stated {
            put(&mut guard, "condition", super::conditions::asking(random, plan));
        }
        if check {
            let check = match random.below(10) {
                0..4 => json!({"covered": [plan.named("role")]}),
                4..6 => json!("editable"),
                6 => json!("editable_if_named"),
                7 => json!("deletable"),
                8 => json!({"keeps_holder": random.name(&STANDARD)}),
                _ => json!("unused"),
            };
            put(&mut guard, "check", check);
        }
        guards.push(Json::Object(guard));
    }
    guards.into()
}

fn predicate(random: &mut Random, plan: &Plan, depth: usize) -> Json {
    match random.below(100) {
        0..15 if depth > 0 => {
            json!({"any": [predicate(random, plan, depth - 1), predicate(random, plan, depth - 1)]})
        }
        15..30 if depth > 0 => {
            json!({"all": [predicate(random, plan, depth - 1), predicate(random, plan, depth - 1)]})
        }
        0..40 => json!({"own": [random.pick(&plan.relations)]}),
        40..50 => {
            let held = random.pick(&plan.grantable()).unwrap_or_default();
            json!({format!("subject.holds.{held}"): random.chance(80)})
        }
        50..58 => json!({"subject.owner": random.chance(30)}),
        58..64 => json!({"subject.id": {"is_not": random.name(&super::USERS)}}),
        64..68 => json!({"now": {"at_least": super::edge(random)}}),
        68..72 if !plan.closed => {
            json!({"resource.kind": {"in": some_of(random, 50, plan.kinds())}})
        }
        72..76 => json!({"resource.id": {"present": true}}),
        76..80 => json!({"subject.status": "active"}),
        80..84 => json!({"subject.invitation": "accepted"}),
        84..92 => {
            let team = random.name(&super::TEAMS);
            let test = match random.below(4) {
                0 => json!(team),
                1 => json!({"in": [team, random.name(&super::TEAMS)]}),
                _ => json!({"is_not": team}),
            };
            json!({format!("resource.{}", plan.named("team")): test})
        }
        _ => {
            let path = random.name(&[
                "resource.age",
                "resource.state",
                "resource.deep.er",
                "context.ip",
                "subject.level",
            ]);
            // What can never be is refused where a type is declared.
            if plan.closed || !path.starts_with("resource.") {
                let test = fitting_test(random, plan.kind_of(&path).unwrap_or("text"));
                return json!({path: test});
            }
            let test = match random.below(9) {
                0 => json!("open"),
                1 => json!({"is_not": "open"}),
                7 => {
                    let with = random.pick(&[json!(2), json!(2.0), json!(true)]);
                    json!({"is_not": with})
                }
                8 => {
                    let with = random.pick(&[json!(2.0), json!(1.5), json!(true)]);
                    json!({"is": with})
                }
                2 => json!({"in": ["open", 1, true]}),
                3 => json!({"at_most": 2}),
                4 => json!({"at_least": 1.5}),
                5 => json!({"is": 2}),
                _ => json!({"present": true}),
            };
            json!({path: test})
        }
    }
}

fn plans(random: &mut Random) -> Json {
    let mut plans = Map::new();
    let mut left: Vec<String> = ENTITLEMENTS.map(str::to_owned).to_vec();
    for plan in ["small", "large"] {
        let entitlements = some_of(random, 60, &ENTITLEMENTS);
        let mut addons: Vec<String> = some_of(random, 60, &ENTITLEMENTS);
        left.retain(|name| !entitlements.contains(name) && !addons.contains(name));
        // What no plan has nobody could ever have, and is refused.
        if plan == "large" {
            addons.append(&mut left);
        }
        put(&mut plans, plan, json!({"entitlements": entitlements, "addons": addons}));
    }
    Json::Object(plans)
}
