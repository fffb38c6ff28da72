//! Random products, tenants, people and questions.
//!
//! The documents are made as JSON, which is YAML too: a disagreement is printed as documents
//! that anyone can load, and what is loaded has gone through the real reader. Name spaces are
//! small on purpose, so that grants, guards, programs and questions meet.

mod catalog;
mod families;
mod people;
mod questions;
mod tenant;

pub(crate) use questions::instant;

use crate::case::Case;
use crate::random::Random;
use serde_json::{Map, Value as Json};

const RELATIONS: [&str; 3] = ["author", "owner", "hosts"];
const KINDS: [&str; 4] = ["shelf", "box", "page", "note"];
const IDS: [&str; 5] = ["i1", "i2", "i3", "i1/i2", "i2/i3"];
const TEAMS: [&str; 5] = ["n", "n/c", "n/c/x", "nc", "s"];
const TAGS: [&str; 2] = ["red", "blue"];
const USERS: [&str; 6] = ["ann", "bob", "cid", "dee", "eve", "fay"];
const STANDARD: [&str; 3] = ["std0", "std1", "std2"];
const CUSTOM: [&str; 4] = ["r0", "r1", "r2", "r3"];
const POLICIES: [&str; 2] = ["pol0", "pol1"];
const ENTITLEMENTS: [&str; 3] = ["basic", "extra", "top"];
/// Where windows open and close, and where families that read the clock change their mind.
const EDGES: [i64; 4] = [1_000, 2_000, 3_000, 4_000];

/// What is decided before anything is written: which permissions there are.
struct Plan {
    /// The permissions that can be exercised; a later one may be required by an earlier one.
    acts: Vec<Act>,
    /// The restricting toggles.
    toggles: Vec<String>,
    families: Vec<&'static str>,
}

struct Act {
    id: String,
    category: &'static str,
    granted_by: &'static str,
    owner_only: bool,
    family: Option<&'static str>,
}

impl Plan {
    fn ids(&self) -> Vec<String> {
        self.acts.iter().map(|act| act.id.clone()).collect()
    }

    /// What a grant may name.
    fn grantable(&self) -> Vec<String> {
        let acts = self.acts.iter().filter(|act| act.granted_by == "roles");
        acts.map(|act| act.id.clone()).chain(self.toggles.iter().cloned()).collect()
    }

    fn delegable(&self) -> Vec<String> {
        let acts = self.acts.iter().filter(|act| act.granted_by == "delegation");
        acts.map(|act| act.id.clone()).collect()
    }
}

const CATEGORIES: [&str; 3] = ["first", "second", "limits"];
const FAMILIES: [&str; 2] = ["alpha", "beta"];

/// The case of a seed, with that many questions.
#[must_use]
pub fn case(seed: u64, questions: usize) -> Case {
    let random = &mut Random::new(seed);
    let plan = plan(random);
    let (families, settings) = families::families(random, &plan);
    let lenient = random.chance(15);
    let catalog = catalog::catalog(random, &plan);
    let tenant = tenant::tenant(random, &plan, &catalog, settings, lenient);
    let people = people::people(random, &plan);
    let mut asked: Vec<Json> = Vec::with_capacity(questions);
    for _ in 0..questions {
        let earlier = random.pick(&asked).filter(|_| random.chance(50));
        asked.push(match earlier {
            Some(earlier) => questions::variation(random, &plan, &earlier),
            None => questions::question(random, &plan),
        });
    }
    Case { lenient, catalog, tenant, people, families, questions: asked }
}

fn plan(random: &mut Random) -> Plan {
    let mut acts = Vec::new();
    for n in 0..5 + random.below(4) {
        let family = match random.below(100) {
            0..55 => None,
            55..85 => Some(FAMILIES[0]),
            _ => Some(FAMILIES[1]),
        };
        let granted_by = match random.below(100) {
            0..88 => "roles",
            88..96 => "delegation",
            _ => "nobody",
        };
        acts.push(Act {
            id: format!("p{n}"),
            category: CATEGORIES[random.below(2)],
            granted_by,
            owner_only: granted_by == "roles" && random.chance(6),
            family,
        });
    }
    let toggles = (0..random.below(3)).map(|n| format!("t{n}")).collect();
    // A family that is not installed is rare: it denies all that it governs.
    let governs = |id: &str| acts.iter().any(|act: &Act| act.family == Some(id));
    let families = FAMILIES.into_iter().filter(|id| governs(id) && random.chance(92)).collect();
    Plan { acts, toggles, families }
}

/// A grant, or what replaces one in the small.
fn grant(random: &mut Random, plan: &Plan) -> Json {
    let mut grant = Map::new();
    let named = random.pick(&plan.grantable());
    match (random.below(100), named) {
        (0..18, _) => put(&mut grant, "permission", "*"),
        (18..36, _) => put(&mut grant, "category", random.name(&CATEGORIES)),
        (_, Some(named)) => put(&mut grant, "permission", named),
        (_, None) => put(&mut grant, "permission", "*"),
    }
    let whole = grant.contains_key("category")
        || grant.get("permission").and_then(Json::as_str) == Some("*");
    if whole && random.chance(30) {
        put(&mut grant, "except", random.some(25, &plan.ids()));
    }
    put(&mut grant, "scope", scope(random));
    if random.chance(15) {
        put(&mut grant, "teams", some_of(random, 35, &TEAMS));
    }
    let from = edge(random);
    if random.chance(12) {
        put(&mut grant, "valid_from", from);
    }
    if random.chance(12) {
        // An edge later, so that it ends after it begins; sometimes a millisecond is enough.
        let lasts = if random.chance(10) { 1 } else { 1_000 };
        put(&mut grant, "valid_until", from + lasts);
    }
    Json::Object(grant)
}

fn grants(random: &mut Random, plan: &Plan, most: usize) -> Json {
    (0..=random.below(most)).map(|_| grant(random, plan)).collect()
}

fn scope(random: &mut Random) -> &'static str {
    match random.below(100) {
        0..2 => "none",
        2..20 => "own",
        20..34 => "team",
        34..42 => "below",
        42..52 => "branch",
        _ => "all",
    }
}

fn edge(random: &mut Random) -> i64 {
    EDGES[random.below(EDGES.len())]
}

fn some_of(random: &mut Random, percent: usize, names: &[&str]) -> Vec<String> {
    random.some(percent, names).into_iter().map(str::to_owned).collect()
}

fn put(map: &mut Map<String, Json>, key: &str, value: impl Into<Json>) {
    map.insert(key.to_owned(), value.into());
}
