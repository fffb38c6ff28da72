//! Random tenants of one product that has a little of everything that reads people.

use permesso_oracle::random::Random;
use serde_json::{Value as Json, json};

/// The product.
pub const CATALOG: &str = r#"
product: desk
version: 1.0.0
relations: [owner]
own_means: [owner]
attributes: {subject.level: integer, subject.city: text, resource.city: text}
resource_kinds: {page: {exclusive: [view]}}
categories:
  - id: deals
    permissions:
      - {id: deal.read}
      - {id: deal.edit}
      - {id: deal.close}
      - {id: deal.audit}
      - {id: deal.sign, requires: [deal.read]}
      - {id: deal.lock, constraint: {forbids: [deal.close], unless: {subject.level: 3}}}
      - {id: deal.mute, constraint: {forbids: [deal.edit]}}
      - {id: deal.bind, constraint: {forbids: [deal.sign], unless: {resource.city: rome}}}
      - {id: page.view, exclusive: view}
guards:
  - {id: town, on: [deal.audit], condition: resource.city == subject.city, message: elsewhere}
standard_roles:
  - {id: owner, editable: false, deletable: false, keeps_holder: true, grants: [{permission: "*", scope: all, except: [deal.lock, deal.mute, deal.bind]}]}
"#;

/// What there is to be granted, toggles included.
pub const PERMISSIONS: [&str; 9] = [
    "deal.read",
    "deal.edit",
    "deal.close",
    "deal.audit",
    "deal.sign",
    "page.view",
    "deal.lock",
    "deal.mute",
    "deal.bind",
];
/// What lets somebody edit.
pub const EDITING: [&str; 10] = [
    "permesso.users.edit",
    "permesso.users.assign",
    "permesso.users.invite",
    "permesso.users.deactivate",
    "permesso.roles.create",
    "permesso.roles.edit",
    "permesso.policies.edit",
    "permesso.programs.edit",
    "permesso.teams.edit",
    "permesso.history.restore",
];
/// Roles that anybody may hold.
pub const ROLES: [&str; 5] = ["r0", "r1", "r2", "r3", "r4"];
/// The people besides the owner; the first of them makes the edits.
pub const USERS: [&str; 5] = ["author", "u1", "u2", "u3", "u4"];
/// Teams.
pub const TEAMS: [&str; 3] = ["a", "a/b", "c"];
/// Tags.
pub const TAGS: [&str; 3] = ["vip", "old", "plain"];
/// Exclusive pages, and one that is not.
pub const PAGES: [&str; 3] = ["x", "y", "z"];

/// A grant of something.
pub fn grant(random: &mut Random) -> Json {
    let scope = random.name(&["own", "team", "all", "all"]);
    let mut grant = json!({"permission": random.name(&PERMISSIONS), "scope": scope});
    if random.chance(15) {
        grant["teams"] = json!([random.name(&TEAMS)]);
    }
    if random.chance(15) {
        let conditions = ["subject.level == 2", "has_tag(\"vip\")", "resource.city == \"rome\""];
        grant["condition"] = json!(random.name(&conditions));
    }
    grant
}

fn grants(random: &mut Random, most: usize) -> Vec<Json> {
    (0..=random.below(most)).map(|_| grant(random)).collect()
}

/// A role, with parents among those before it.
pub fn role(random: &mut Random, id: &str) -> Json {
    let at = ROLES.iter().position(|role| *role == id).unwrap_or(0);
    let parents = random.some(20, &ROLES[..at]);
    let grants = if random.chance(15) { Vec::new() } else { grants(random, 3) };
    json!({"id": id, "grants": grants, "parents": parents})
}

/// A program.
pub fn program(random: &mut Random, id: &str) -> Json {
    let matcher = match random.below(3) {
        0 => json!({"tags": [random.name(&TAGS)]}),
        1 => json!({"roles": [random.name(&ROLES)]}),
        _ => json!({"teams": [random.name(&TEAMS)]}),
    };
    let gives: Vec<Json> = random
        .some(60, &PAGES[..2])
        .into_iter()
        .map(|page| json!({"kind": "page", "id": page, "access": "view"}))
        .collect();
    let gives = if gives.is_empty() {
        vec![json!({"kind": "page", "id": "x", "access": "view"})]
    } else {
        gives
    };
    json!({"id": id, "match": matcher, "gives": gives})
}

/// What somebody has besides their name.
pub fn person(random: &mut Random, id: &str) -> Json {
    let mut user = json!({
        "id": id,
        "roles": random.some(35, &ROLES),
        "teams": random.some(30, &TEAMS),
        "tags": random.some(30, &TAGS),
    });
    let mut attributes = json!({});
    if random.chance(40) {
        attributes["level"] = json!(random.below(4));
    }
    if random.chance(40) {
        attributes["city"] = json!(random.name(&["rome", "oslo"]));
    }
    user["attributes"] = attributes;
    if random.chance(15) {
        user["grants"] = json!([grant(random)]);
    }
    if random.chance(15) {
        user["policies"] = json!(["pol"]);
    }
    user
}

/// A tenant and its people, as documents.
pub fn tenant(random: &mut Random) -> (Json, Json) {
    let mut roles: Vec<Json> = ROLES.iter().map(|id| role(random, id)).collect();
    // Most of those who edit hold something of what they edit.
    let mut editor: Vec<Json> = random
        .some(60, &EDITING)
        .into_iter()
        .map(|permission| json!({"permission": permission, "scope": "all"}))
        .collect();
    for permission in random.some(40, &PERMISSIONS[..6]) {
        editor.push(json!({"permission": permission, "scope": "all"}));
    }
    roles.push(json!({"id": "editor", "grants": editor}));
    let teams = TEAMS.map(|path| match random.chance(20) {
        true => json!({"path": path, "roles": [random.name(&ROLES)]}),
        false => json!({"path": path}),
    });
    let programs: Vec<Json> =
        random.some(60, &["g0", "g1"]).into_iter().map(|id| program(random, id)).collect();
    let tenant = json!({
        "tenant": "acme",
        "product": "desk",
        "teams": teams,
        "roles": roles,
        "policies": [{"id": "pol", "grants": grants(random, 2)}],
        "programs": programs,
    });
    let mut users: Vec<Json> = vec![json!({"id": "ann", "roles": ["owner"]})];
    for id in USERS {
        let mut user = person(random, id);
        if id == "author"
            && let Some(roles) = user["roles"].as_array_mut()
        {
            roles.push(json!("editor"));
        }
        users.push(user);
    }
    (tenant, json!({"users": users}))
}
