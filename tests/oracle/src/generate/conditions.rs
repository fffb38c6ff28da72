//! Random conditions.
//!
//! They are well-typed by the attributes that the catalog declares, and about things that the
//! questions and the people have; whether a question sends what one reads is left to chance.
//! Parts are joined with and without parentheses, so that what binds more tightly counts, and
//! whatever reads the clock turns over at the edges at which the questions are asked.

mod calendar;

use super::{CUSTOM, IDS, POLICIES, Plan, STANDARD, TAGS, TEAMS, USERS};
use crate::random::Random;
use permesso_engine::model::Instant;
use serde_json::{Map, Value as Json, json};

/// What conditions may read besides what is built in, and of which types it can be declared.
const ATTRIBUTES: [(&str, &[&str]); 17] = [
    ("subject.level", &["integer", "integer", "decimal"]),
    ("subject.region", &["text"]),
    ("subject.skills", &["texts"]),
    ("subject.since", &["instant"]),
    ("resource.age", &["integer", "integer", "decimal"]),
    ("resource.price", &["decimal"]),
    ("resource.state", &["text"]),
    ("resource.flag", &["boolean"]),
    ("resource.labels", &["texts"]),
    ("resource.due", &["instant"]),
    ("resource.team", &["text"]),
    ("resource.owner", &["texts", "text"]),
    ("resource.hosts", &["texts"]),
    ("resource.deep.er", &["text", "integer"]),
    ("context.ip", &["text"]),
    ("context.level", &["integer", "decimal"]),
    ("context.at", &["instant"]),
];

const MINUTE: i64 = 60_000;

/// An attribute and its type.
pub(super) struct Attribute {
    pub(super) path: &'static str,
    pub(super) kind: &'static str,
}

pub(super) fn attributes(random: &mut Random) -> Vec<Attribute> {
    ATTRIBUTES
        .into_iter()
        .filter_map(|(path, kinds)| Some(Attribute { path, kind: random.pick(kinds)? }))
        .collect()
}

/// The declarations of a catalog.
pub(super) fn declarations(plan: &Plan) -> Json {
    let declared = plan.attributes.iter();
    declared.map(|it| (it.path.to_owned(), json!(it.kind))).collect::<Map<_, _>>().into()
}

/// A condition.
pub(super) fn condition(random: &mut Random, plan: &Plan) -> String {
    let depth = random.below(3);
    Writer { random, plan }.truth(depth)
}

/// A condition of something that grants nothing, which may ask what is held.
pub(super) fn asking(random: &mut Random, plan: &Plan) -> String {
    let condition = condition(random, plan);
    let acts = plan.acts.iter().map(|act| act.id.as_str());
    let ids: Vec<&str> = acts.chain(plan.toggles.iter().map(String::as_str)).collect();
    let Some(id) = random.pick(&ids).filter(|_| random.chance(25)) else { return condition };
    let held = match random.chance(50) {
        true => format!("subject.holds(\"{id}\")"),
        false => format!("subject.holds.{id}"),
    };
    match random.below(4) {
        0 => held,
        1 => format!("!{held}"),
        2 => format!("{held} || {condition}"),
        _ => format!("({condition}) && !{held}"),
    }
}

/// A value of the type that was declared, most of the time.
pub(super) fn fitting(random: &mut Random, plan: &Plan, path: &str) -> Json {
    match random.below(100) {
        0..12 => super::values::value(random),
        // Seconds, which are no instant.
        12..16 if plan.kind_of(path) == Some("instant") => {
            json!(super::instant(random) / 1_000)
        }
        _ => proper(random, plan, path),
    }
}

/// A value of the type that was declared.
pub(super) fn proper(random: &mut Random, plan: &Plan, path: &str) -> Json {
    let declared = plan.attributes.iter().find(|attribute| attribute.path == path);
    match (path, declared.map_or("text", |attribute| attribute.kind)) {
        ("context.ip", _) => json!(random.name(&[
            "10.1.2.3",
            "10.128.0.1",
            "192.168.0.7",
            "2001:db8::7",
            "2001:db9::7",
            "::ffff:10.0.0.1",
            "nowhere"
        ])),
        (_, "boolean") => json!(random.chance(50)),
        (_, "integer") => json!(random.below(5)),
        (_, "decimal") => match random.below(9) {
            0..3 => json!(random.below(4)),
            7 => json!(9_007_199_254_740_992_i64 + random.below(3) as i64),
            8 => json!(9_007_199_254_740_992.0),
            n => json!([0.1, 0.1, 1.5, 2.0][n - 3]),
        },
        (_, "texts") => match random.chance(30) {
            true => json!(word(random)),
            false => (0..random.below(4)).map(|_| json!(word(random))).collect(),
        },
        (_, "instant") => {
            let later = random.below(5);
            let days = [0, 1, 2, -1, -2][later] * 24 * 60 * MINUTE;
            let millis = super::instant(random) + days;
            match random.below(7) {
                0..4 => json!(millis),
                4 => json!(Instant::from_millis(millis).to_string()),
                5 => json!(calendar::instant_in_a_zone(random, millis)),
                _ => json!("2026-03-28"),
            }
        }
        _ if random.chance(8) => json!(word(random).to_uppercase()),
        _ => json!(word(random)),
    }
}

/// A word that many attributes have.
fn word(random: &mut Random) -> String {
    match random.below(10) {
        0..4 => random.name(&["open", "shut", "reopen", "i1"]),
        4..6 => random.name(&USERS),
        6..8 => random.name(&TEAMS),
        _ => random.name(&TAGS),
    }
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

struct Writer<'w> {
    random: &'w mut Random,
    plan: &'w Plan,
}

impl Writer<'_> {
    fn one(&mut self, of: &[&str]) -> String {
        self.random.name(of)
    }

    /// Some attribute of one of these types, or what is built in of it.
    fn path(&mut self, kinds: &[&str]) -> String {
        let mut paths: Vec<&str> = self
            .plan
            .attributes
            .iter()
            .filter(|attribute| kinds.contains(&attribute.kind))
            .map(|attribute| attribute.path)
            .collect();
        if kinds.contains(&"text") {
            paths.extend(["subject.id", "resource.id"]);
            // Which kinds a permission is about is drawn later, and no other one may be named.
            paths.extend((!self.plan.closed).then_some("resource.kind"));
        }
        if kinds.contains(&"texts") {
            paths.extend(["subject.teams", "subject.tags", "subject.roles", "subject.policies"]);
        }
        if kinds.contains(&"boolean") {
            paths.push("subject.owner");
        }
        if kinds.contains(&"instant") {
            paths.extend(["now"; 6]);
        }
        self.random.name(&paths)
    }

    /// Anything that may be missing.
    fn some_attribute(&mut self) -> String {
        let paths: Vec<&str> =
            self.plan.attributes.iter().map(|attribute| attribute.path).collect();
        self.random.name(&paths)
    }

    /// An attribute of one of these types, and what is taken where it is missing.
    fn or_else(&mut self, kinds: &[&str]) -> String {
        let fits = self.plan.attributes.iter().filter(|it| kinds.contains(&it.kind));
        let fits: Vec<_> = fits.map(|it| (it.path, it.kind)).collect();
        let Some((path, kind)) = self.random.pick(&fits) else { return self.path(kinds) };
        let value = match kind {
            "integer" => self.one(&["0", "2", "-1"]),
            "decimal" => self.one(&["0.5", "2.0", "-1.5"]),
            "boolean" => self.one(&["true", "false"]),
            _ => self.text(path),
        };
        format!("({path} ?? {value})")
    }

    /// An attribute that is an instant.
    fn instant(&mut self) -> String {
        let own = self.plan.attributes.iter().filter(|it| it.kind == "instant");
        let own: Vec<&str> = own.map(|it| it.path).collect();
        self.random.name(&own)
    }

    fn has(&self, kind: &str) -> bool {
        self.plan.attributes.iter().any(|attribute| attribute.kind == kind)
    }

    /// Something that is true or false.
    fn truth(&mut self, depth: usize) -> String {
        match self.random.below(100) {
            0..30 if depth > 0 => {
                let operator = self.one(&["&&", "||"]);
                let (left, right) = (self.truth(depth - 1), self.truth(depth - 1));
                let joined = format!("{left} {operator} {right}");
                if self.random.chance(50) { format!("({joined})") } else { joined }
            }
            30..38 if depth > 0 => format!("!({})", self.truth(depth - 1)),
            0..16 => self.numbers(),
            16..26 => self.texts(),
            26..36 => self.among(),
            36..44 => self.parts_of_text(),
            44..52 => self.truths(),
            52..66 => self.clock(),
            66..74 => self.hours(),
            74..79 => self.weekdays(),
            79..82 => self.dates(),
            82..86 => self.addresses(),
            86..89 => self.overlapping(),
            89..92 => self.lower(),
            _ => self.memberships(),
        }
    }

    /// A function, on its first argument or with it, and perhaps denied.
    fn call(&mut self, name: &str, path: &str, rest: &[String]) -> String {
        // What is compared with itself says nothing, and is refused.
        if rest.iter().any(|other| other == path) {
            return "subject.owner".to_owned();
        }
        let is_path = path.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let rest = rest.join(", ");
        let not = if self.random.chance(15) { "!" } else { "" };
        match is_path && self.random.chance(40) {
            true => format!("{not}{path}.{name}({rest})"),
            false => format!("{not}{name}({path}, {rest})"),
        }
    }

    fn compared(&mut self, left: &str, right: &str, operators: &[&str]) -> String {
        if left == right {
            return "!subject.owner".to_owned();
        }
        let operator = self.one(operators);
        match self.random.chance(25) {
            true => format!("{right} {operator} {left}"),
            false => format!("{left} {operator} {right}"),
        }
    }

    fn numbers(&mut self) -> String {
        if self.random.chance(8) {
            // What differs by rounding only is equal.
            let sum = format!("{} + 0.2", self.path(&["decimal"]));
            return self.compared(&sum, "0.3", &["==", "!=", "<", "<=", ">", ">="]);
        }
        let left = self.number(2);
        if self.random.chance(35) {
            // A whole number is never compared with what it can never be.
            let right = match self.random.chance(70) {
                true => self.one(&["0", "1", "2", "3", "2.0", "-1"]),
                false => self.path(&["integer", "decimal"]),
            };
            return self.compared(&left, &right, &["==", "!="]);
        }
        let right = match self.random.below(10) {
            0..6 => self.one(&["0", "1", "2", "3", "1.5", "0.3", "-1"]),
            6 => self.one(&["9223372036854775807", "9007199254740993"]),
            _ => self.number(1),
        };
        self.compared(&left, &right, &["<", "<=", ">", ">="])
    }

    /// A number that depends on what is read.
    fn number(&mut self, depth: usize) -> String {
        let path = match self.random.chance(15) {
            true => self.or_else(&["integer", "decimal"]),
            false => self.path(&["integer", "decimal"]),
        };
        if depth == 0 || self.random.chance(50) {
            return path;
        }
        match self.random.below(10) {
            0 => format!("-{path}"),
            1 => format!("({} + {path})", self.number(depth - 1)),
            2 => format!("{} * ({path} - 1)", self.number(depth - 1)),
            3 => format!("{} / {}", self.number(depth - 1), self.number(depth - 1)),
            4 => format!("{} % {path}", self.number(depth - 1)),
            5 => format!("9223372036854775807 - {} + {path}", self.number(depth - 1)),
            6 => format!("{path} + 0.2"),
            7 => format!("1 - {} * 2", self.number(depth - 1)),
            _ => format!("{} - {} + 1", self.number(depth - 1), self.number(depth - 1)),
        }
    }

    fn text(&mut self, path: &str) -> String {
        let text = match path {
            "subject.id" => self.one(&USERS),
            "resource.kind" => self.one(self.plan.kinds()),
            "resource.id" => self.one(&IDS),
            "resource.team" => self.one(&TEAMS),
            _ if self.random.chance(4) => "a \"quoted\" \\ word".to_owned(),
            _ => word(self.random),
        };
        quote(&text)
    }

    fn texts(&mut self) -> String {
        match self.random.below(10) {
            0 => {
                let status = quote(&self.one(&["active", "inactive"]));
                self.compared("subject.status", &status, &["==", "!="])
            }
            1 => self.compared("subject.invitation", "\"accepted\"", &["==", "!="]),
            n => {
                let left = self.path(&["text"]);
                let right = if n < 8 { self.text(&left) } else { self.path(&["text"]) };
                self.compared(&left, &right, &["==", "!="])
            }
        }
    }

    /// Something in a list.
    fn among(&mut self) -> String {
        let (item, list) = match self.random.below(10) {
            0..2 if self.has("integer") => {
                let item = self.path(&["integer"]);
                let other =
                    if self.random.chance(50) { self.path(&["integer"]) } else { "4".into() };
                (item, format!("[1, 2, {other}]"))
            }
            0..5 => {
                let item = self.path(&["text"]);
                let (one, other) = (self.text(&item), self.path(&["text"]));
                let other = if self.random.chance(25) { other } else { self.text(&item) };
                (item, format!("[{one}, {other}]"))
            }
            5..7 => (self.path(&["text"]), self.path(&["texts"])),
            _ => {
                let list = self.path(&["texts"]);
                let item = match list.as_str() {
                    "subject.tags" => quote(&self.one(&TAGS)),
                    "subject.teams" => quote(&self.one(&TEAMS)),
                    "subject.roles" => quote(&self.one(&CUSTOM)),
                    "subject.policies" => quote(&self.one(&POLICIES)),
                    _ => quote(&word(self.random)),
                };
                (item, list)
            }
        };
        match self.random.below(10) {
            0..5 => format!("{item} in {list}"),
            5..7 => format!("{item} !in {list}"),
            // It binds more tightly than `==`.
            7 => format!("{} == {item} in {list}", self.path(&["boolean"])),
            _ => self.call("contains", &list, &[item]),
        }
    }

    fn parts_of_text(&mut self) -> String {
        let name = self.one(&["contains", "starts_with", "ends_with"]);
        let path = match self.random.chance(15) {
            true => self.or_else(&["text"]),
            false => self.path(&["text"]),
        };
        let part = match self.random.below(10) {
            0..2 => self.path(&["text"]),
            // What no name is like is refused.
            _ if path.contains("resource.team") => self.text("resource.team"),
            _ if path.contains("resource.kind") && self.plan.closed => {
                return "subject.owner".to_owned();
            }
            _ if path.contains("resource.kind") => self.text("resource.kind"),
            2..5 => self.text(&path),
            _ => quote(&self.one(&["o", "open", "n", "/", "i", "i1", "1", "s", "e"])),
        };
        self.call(&name, &path, &[part])
    }

    fn truths(&mut self) -> String {
        let path = self.path(&["boolean"]);
        match self.random.below(8) {
            5 => format!("is_set({})", self.some_attribute()),
            6 => format!("!is_set({})", self.some_attribute()),
            7 => self.or_else(&["boolean"]),
            0 => format!("!{path}"),
            1 => self.compared(&path, "true", &["==", "!="]),
            2 => self.compared(&path, "false", &["==", "!="]),
            3 => format!("{path} == {} < {} + 1", self.number(0), self.number(0)),
            _ => path,
        }
    }

    /// Two lists that may have something in common.
    fn overlapping(&mut self) -> String {
        let list = self.path(&["texts"]);
        let other = match self.random.chance(40) {
            true => self.path(&["texts"]),
            false => {
                let items = [(); 2].map(|()| match list.as_str() {
                    "subject.tags" => quote(&self.one(&TAGS)),
                    "subject.teams" => quote(&self.one(&TEAMS)),
                    "subject.roles" => quote(&self.one(&CUSTOM)),
                    "subject.policies" => quote(&self.one(&POLICIES)),
                    _ => quote(&word(self.random)),
                });
                format!("[{}]", items.join(", "))
            }
        };
        self.call("overlaps", &list, &[other])
    }

    /// Texts in which capitals do not count.
    fn lower(&mut self) -> String {
        let declared = self.plan.attributes.iter();
        let texts = |kind: &str| -> Vec<&str> {
            declared.clone().filter(|it| it.kind == kind).map(|it| it.path).collect()
        };
        let (texts, lists) = (texts("text"), texts("texts"));
        let (Some(text), Some(other)) = (self.random.pick(&texts), self.random.pick(&texts)) else {
            return self.memberships();
        };
        let of_team = text == "resource.team";
        let literal = if of_team { self.one(&TEAMS) } else { word(self.random).to_lowercase() };
        let literal = quote(&literal);
        match (self.random.below(6), self.random.pick(&lists)) {
            (0, _) => {
                self.compared(&format!("lower({text})"), &format!("lower({other})"), &["==", "!="])
            }
            (1, _) => format!("lower({text}) in [{literal}, lower({other})]"),
            (2, _) => format!("contains(lower({text}), {literal})"),
            (3, Some(list)) => format!("{literal} in lower({list})"),
            (4, Some(list)) => format!("overlaps(lower({list}), [{literal}, \"open\"])"),
            _ => self.compared(&format!("lower({text})"), &literal, &["==", "!="]),
        }
    }

    fn addresses(&mut self) -> String {
        let ranges = self.one(&[
            "\"10.0.0.0/8\"",
            "\"10.128.0.0/9\"",
            "\"192.168.0.7\"",
            "\"2001:db8::/32\"",
            "[\"192.168.0.0/16\", \"2001:db8::/31\"]",
            "[\"10.1.2.0/30\", \"0.0.0.0/0\"]",
        ]);
        let path = if self.random.chance(90) { "context.ip".into() } else { self.path(&["text"]) };
        self.call("in_cidr", &path, &[ranges])
    }

    fn memberships(&mut self) -> String {
        let not = if self.random.chance(25) { "!" } else { "" };
        // Of an attribute of any text a closed catalog cannot tell whether it names anything.
        let read = (!self.plan.closed && self.random.chance(20)).then(|| self.path(&["text"]));
        let (name, literal) = match self.random.below(3) {
            0 => ("has_role", self.random.name(&[&CUSTOM[..], &STANDARD[..]].concat())),
            1 => ("has_tag", self.one(&TAGS)),
            _ => ("in_team", self.one(&TEAMS)),
        };
        format!("{not}{name}({})", read.unwrap_or_else(|| quote(&literal)))
    }
}
