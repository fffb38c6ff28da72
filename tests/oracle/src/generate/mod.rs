//! Random products, tenants, people and questions.
//!
//! The documents are made as JSON, which is YAML too: a disagreement is printed as documents
//! that anyone can load, and what is loaded has gone through the real reader. Name spaces are
//! small on purpose, so that grants, guards, programs and questions meet.

mod catalog;
mod conditions;
mod families;
mod matchers;
mod people;
mod questions;
mod roles;
mod several;
mod sharing;
mod tenant;
mod tidy;
mod values;

pub(crate) use values::{instant, instants};

use crate::case::Case;
use crate::random::Random;
use permesso_engine::model::Instant;
use serde_json::{Map, Value as Json};

const KINDS: [&str; 4] = ["shelf", "box", "page", "note"];
const IDS: [&str; 5] = ["i1", "i2", "i3", "i1/i2", "i2/i3"];
const TEAMS: [&str; 5] = ["n", "n/c", "n/c/x", "nc", "s"];
const CONTENTS: [&str; 2] = ["timeline", "memo"];
const TAGS: [&str; 2] = ["red", "blue"];
const USERS: [&str; 6] = ["ann", "bob", "cid", "dee", "eve", "fay"];
const STANDARD: [&str; 3] = ["std0", "std1", "std2"];
const CUSTOM: [&str; 4] = ["r0", "r1", "r2", "r3"];
/// The role of whoever asks anonymously.
const ANYBODY: &str = "anybody";
/// Roles that next to nobody holds.
const RARE: [&str; 2] = ["std2", "r3"];
const POLICIES: [&str; 2] = ["pol0", "pol1"];
const ENTITLEMENTS: [&str; 3] = ["basic", "extra", "top"];
/// Where windows open and close, where families that read the clock change their mind, and
/// where an hour, a day or a summer begins or ends in one of the zones of conditions.
const EDGES: [i64; 8] = [
    1_774_630_800_000, // 2026-03-27T17:00:00Z: the end of a Friday's office hours in Rome
    1_774_636_200_000, // 2026-03-27T18:30:00Z: midnight in Kolkata
    1_774_652_400_000, // 2026-03-27T23:00:00Z: midnight in Rome
    1_774_746_000_000, // 2026-03-29T01:00:00Z: clocks are put forward in Rome
    1_774_821_600_000, // 2026-03-29T22:00:00Z: midnight in Rome, an hour earlier by now
    1_774_854_000_000, // 2026-03-30T07:00:00Z: nine on a Monday in Rome
    1_792_890_000_000, // 2026-10-25T01:00:00Z: clocks are put back in Rome
    1_792_893_600_000, // 2026-10-25T02:00:00Z: the next hour there
];

/// What is decided before anything is written: which permissions there are.
struct Plan {
    /// The permissions that can be exercised; a later one may be required by an earlier one.
    acts: Vec<Act>,
    /// The restricting toggles.
    toggles: Vec<String>,
    families: Vec<&'static str>,
    /// What conditions may read besides what is built in.
    attributes: Vec<conditions::Attribute>,
    /// The kinds of content that are shared.
    contents: Vec<&'static str>,
    /// What the questions are about, for the most part.
    about: About,
    /// A condition that several grants have.
    condition: String,
    /// The attributes that can name users.
    relations: Vec<String>,
    /// Whether questions have to be about kinds, and say what the catalog declares.
    closed: bool,
    /// Whether some attributes lie within another one.
    nested: bool,
    /// Whether people act for one another more than anything else.
    delegating: bool,
}

/// What is done something to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Things,
    /// Roles that are edited and deleted.
    Roles,
    /// Users who leave.
    Users,
    /// Roles that are handed out, of few grants that are much alike.
    Handing,
}

struct Act {
    id: String,
    category: &'static str,
    granted_by: &'static str,
    owner_only: bool,
    family: Option<&'static str>,
    /// Whether one who holds it can let another do it.
    delegable: bool,
    /// The content that it shows.
    content: Option<&'static str>,
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

    /// What an attribute is called. What conditions read is never within another.
    fn named(&self, name: &str) -> String {
        match self.nested && !matches!(name, "owner" | "hosts") {
            true => format!("at.{name}"),
            false => name.to_owned(),
        }
    }

    /// The kinds that the catalog may name.
    fn kinds(&self) -> &'static [&'static str] {
        if self.closed { &KINDS[..3] } else { &KINDS }
    }

    /// The type of an attribute, where conditions read it.
    fn kind_of(&self, path: &str) -> Option<&'static str> {
        self.attributes.iter().find(|attribute| attribute.path == path).map(|it| it.kind)
    }

    /// What a delegation may name.
    fn delegable(&self) -> Vec<String> {
        let acts = self.acts.iter().filter(|act| act.granted_by == "delegation" || act.delegable);
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
    let mut catalog = catalog::catalog(random, &plan);
    if plan.closed {
        several::tables(random, &plan, &mut catalog);
    }
    several::in_catalog(random, &mut catalog);
    let mut tenant = tenant::tenant(random, &plan, &catalog, settings, lenient);
    let mut people = people::people(random, &plan, lenient);
    several::in_documents(random, &catalog, [&mut tenant, &mut people]);
    tidy::tidy([&mut catalog, &mut tenant, &mut people]);
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
    let contents = random.some(65, &CONTENTS);
    let delegating = random.chance(25);
    let mut acts = Vec::new();
    for n in 0..5 + random.below(4) {
        let family = match random.below(100) {
            0..55 => None,
            55..85 => Some(FAMILIES[0]),
            _ => Some(FAMILIES[1]),
        };
        let granted_by = match random.below(100) {
            0..70 => "roles",
            70..88 if !delegating => "roles",
            88..96 => "delegation",
            70..88 => "delegation",
            _ => "nobody",
        };
        let owner_only = granted_by == "roles" && random.chance(6);
        let delegable =
            granted_by == "roles" && !owner_only && random.chance(if delegating { 80 } else { 30 });
        let id = format!("{}.{}", several::OF[n % 2], ["a", "b", "c", "d"][n / 2 % 4]);
        // Two kinds are often much alike.
        let twin = acts.last().filter(|_| n % 2 == 1 && random.chance(45));
        if let Some(twin) = twin.map(|other: &Act| Act { id: id.clone(), ..*other }) {
            acts.push(twin);
            continue;
        }
        acts.push(Act {
            id,
            category: CATEGORIES[random.below(2)],
            granted_by,
            owner_only,
            family,
            delegable,
            content: random.pick(&contents).filter(|_| random.chance(55)),
        });
    }
    let toggles = (0..random.below(4)).map(|n| format!("box.t{n}")).collect();
    // A family that is not installed is rare: it denies all that it governs.
    let governs = |id: &str| acts.iter().any(|act: &Act| act.family == Some(id));
    let families = FAMILIES.into_iter().filter(|id| governs(id) && random.chance(92)).collect();
    let attributes = conditions::attributes(random);
    let about = random.pick(&[
        About::Things,
        About::Things,
        About::Things,
        About::Roles,
        About::Users,
        About::Handing,
    ]);
    let about = about.unwrap_or(About::Things);
    let mut plan = Plan {
        acts,
        toggles,
        families,
        attributes,
        contents,
        about,
        relations: Vec::new(),
        closed: random.chance(18),
        nested: random.chance(30),
        condition: String::new(),
        delegating,
    };
    plan.relations = ["author", "owner", "hosts"].map(|name| plan.named(name)).to_vec();
    plan.condition = conditions::condition(random, &plan);
    plan
}

/// A grant, or what replaces one in the small.
fn grant(random: &mut Random, plan: &Plan) -> Json {
    if plan.about == About::Handing && random.chance(85) {
        return small_grant(random, plan);
    }
    let mut grant = Map::new();
    let named = random.pick(&plan.grantable());
    match (random.below(100), named) {
        (0..26, _) => put(&mut grant, "permission", "*"),
        (26..42, _) => put(&mut grant, "category", random.name(&CATEGORIES)),
        (_, Some(named)) => put(&mut grant, "permission", named),
        (_, None) => put(&mut grant, "permission", "*"),
    }
    let whole = grant.contains_key("category")
        || grant.get("permission").and_then(Json::as_str) == Some("*");
    if random.chance(if whole { 30 } else { 10 }) {
        put(&mut grant, "except", random.some(25, &plan.ids()));
    }
    put(&mut grant, "scope", scope(random));
    if random.chance(12) {
        put(&mut grant, "teams", some_of(random, 45, &TEAMS));
    }
    if random.chance(10) {
        put(&mut grant, "exact_teams", some_of(random, 40, &TEAMS));
    }
    window(random, &mut grant);
    if random.chance(14) {
        put(&mut grant, "condition", conditions::condition(random, plan));
    }
    Json::Object(grant)
}

/// A grant of next to nothing, so that one is often as wide as another.
fn small_grant(random: &mut Random, plan: &Plan) -> Json {
    let named = plan.grantable().into_iter().take(2).collect::<Vec<_>>();
    let mut grant = Map::new();
    put(&mut grant, "permission", random.pick(&named).unwrap_or_else(|| "*".to_owned()));
    put(&mut grant, "scope", ["all", "all", "all", "branch", "own"][random.below(5)]);
    if random.chance(45) {
        put(&mut grant, "teams", some_of(random, 25, &TEAMS[..3]));
    }
    if random.chance(40) {
        put(&mut grant, "exact_teams", some_of(random, 35, &TEAMS[..3]));
    }
    if random.chance(30) {
        window(random, &mut grant);
    }
    if random.chance(25) {
        put(&mut grant, "condition", plan.condition.as_str());
    }
    Json::Object(grant)
}

fn dated(millis: i64) -> String {
    Instant::from_millis(millis).to_string()
}

/// From when on and before when something holds, sometimes.
fn window(random: &mut Random, it: &mut Map<String, Json>) {
    let first = random.below(EDGES.len());
    if random.chance(12) {
        put(it, "valid_from", dated(EDGES[first]));
    }
    if random.chance(12) {
        // An edge later, so that it ends after it begins; sometimes a millisecond is enough.
        let later = EDGES.get(first + 1 + random.below(4)).copied();
        let end = later.filter(|_| random.chance(90)).unwrap_or(EDGES[first] + 1);
        put(it, "valid_until", dated(end));
    }
}

fn grants(random: &mut Random, plan: &Plan, most: usize) -> Json {
    let most = if plan.about == About::Handing { most.min(2) } else { most };
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

/// An id; one of them often, so that what has one meets.
fn id(random: &mut Random) -> String {
    if random.chance(30) { IDS[0].to_owned() } else { random.name(&IDS) }
}

fn edge(random: &mut Random) -> i64 {
    EDGES[random.below(EDGES.len())]
}

fn some_of(random: &mut Random, percent: usize, names: &[&str]) -> Vec<String> {
    random.some(percent, names).into_iter().map(str::to_owned).collect()
}

/// Sets an attribute by its path, either in a map or by a name that holds the dot.
fn place(random: &mut Random, attributes: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        Some((outer, inner)) if random.chance(75) => match attributes.get_mut(outer) {
            Some(Json::Object(map)) => put(map, inner, value),
            _ => put(attributes, outer, serde_json::json!({inner: value})),
        },
        _ => put(attributes, path, value),
    }
}

fn put(map: &mut Map<String, Json>, key: &str, value: impl Into<Json>) {
    map.insert(key.to_owned(), value.into());
}
