//! What is proposed comes true: every change that would flip a decision or make two users equal,
//! once it is written into the documents and compiled anew, does exactly what was said of it.

use super::worlds::{GUARDED, PERMISSIONS, ROLES, Random, TEAMS, USERS, World, name};
use super::*;
use permesso_engine::decide_alone;
use permesso_engine::decision::{Asserted, Request};
use permesso_engine::flip::{Flip, flips};
use permesso_engine::inspect::{Besides, Gate, Less, Proposal, Way, diff, impact};
use permesso_engine::model::{Access, Value};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What is open after a change and was not before, and the other way round, by name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Effect {
    opens: BTreeSet<String>,
    closes: BTreeSet<String>,
    follows: Vec<Follow>,
}

impl Effect {
    fn add(&mut self, name: &str, opens: bool, closes: bool) {
        self.opens.extend(opens.then(|| name.to_owned()));
        self.closes.extend(closes.then(|| name.to_owned()));
    }

    /// What a preview of the written edit says of one user.
    fn of(before: &Compiled, after: &Compiled, user: &str, now: i64) -> Self {
        let proposal = Proposal { before, after, now, acting: None, questions: &[], limit: USERS };
        let mut effect = Self::default();
        for it in impact(&proposal).unwrap().filter(|it| it.user == user) {
            for right in &it.rights {
                let (gives, takes) = (right.shift.gives(), right.shift.takes());
                match right.restricts {
                    false => effect.add(right.permission, gives, takes),
                    true => effect.add(&format!("restriction {}", right.permission), takes, gives),
                }
            }
            for it in &it.delegated {
                let name = format!("{} delegated by {}", it.permission, it.from);
                effect.add(&name, it.shift.gives(), it.shift.takes());
            }
            for it in &it.programs {
                let name = format!("program {}", it.program);
                effect.add(&name, it.before < it.after, it.before > it.after);
            }
            effect.follows = it.follows.listed.clone();
            for it in &it.items {
                effect.add(&item(&it.gate), it.before < it.after, it.before > it.after);
            }
        }
        effect
    }
}

fn item(gate: &Gate<'_>) -> String {
    let access = if gate.access == Access::View { "view" } else { "edit" };
    format!("{access} {}:{}", gate.kind, gate.id)
}

/// A record, and what is asked about it.
struct Question {
    user: String,
    action: &'static str,
    kind: &'static str,
    id: String,
    attributes: Attributes<'static>,
    now: i64,
}

impl Question {
    fn new(random: &mut Random) -> Self {
        let mut attributes = Attributes::new();
        let mut set = |name: &'static str, value: Value<'static>| attributes.set(name, value);
        let user = name(random.below(USERS));
        if random.chance(50) {
            let author = if random.chance(50) { user.clone() } else { name(random.below(USERS)) };
            set("author", Value::from(author));
        }
        if random.chance(70) {
            set("team", Value::from(random.pick(&TEAMS)));
        }
        if random.chance(50) {
            set("amount", Value::Int(random.pick(&[50, 500])));
        }
        if random.chance(30) {
            set("sso", Value::Bool(true));
        }
        if random.chance(50) {
            set("whole", Value::from(random.pick(&["i1", "i2"])));
        }
        if random.chance(40) {
            set("owner", Value::from(name(random.below(USERS))));
        }
        for (mark, percent) in [("private", 15), ("muted", 15)] {
            if random.chance(percent) {
                set(mark, Value::Bool(true));
            }
        }
        if random.chance(20) {
            set("sharing.note", Value::from(random.pick(&["hide", "redact"])));
        }
        let actions: Vec<&str> =
            PERMISSIONS.into_iter().chain(GUARDED).chain(GUARDED).chain(["theirs"]).collect();
        let action = random.pick(&actions);
        Self {
            kind: random.pick(&["record", "whole", "part"]),
            id: match action {
                "fire" => name(random.below(USERS)),
                "drop" => random.pick(&ROLES).to_owned(),
                _ => random.pick(&["i1", "i2", "i3"]).to_owned(),
            },
            user,
            action,
            attributes,
            now: random.pick(&[NOW, 2_500, 5_000]),
        }
    }

    fn request<'q>(&'q self, attributes: &'q Attributes<'q>, now: i64) -> Request<'q> {
        let resource = Resource { kind: self.kind, id: Some(&self.id), attributes };
        Request {
            subject: &self.user,
            action: self.action,
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now,
        }
    }

    /// Whether it is allowed after these edits, made in the documents and the question.
    fn allowed(&self, world: &World, edits: &[Edit]) -> (bool, Compiled) {
        let (mut attributes, mut now) = (self.attributes.clone(), self.now);
        let mut written = Vec::new();
        for edit in edits {
            match edit {
                Edit::Relate { relation } => {
                    attributes.set(relation.clone(), Value::from(self.user.clone()));
                }
                Edit::Set { path, value, .. } => {
                    let value = match value.as_str() {
                        "true" => Value::Bool(true),
                        "false" => Value::Bool(false),
                        "nothing" => Value::Null,
                        other => panic!("{path} {other}"),
                    };
                    let name = path.strip_prefix("resource.").unwrap();
                    attributes.set(name.to_owned(), value);
                }
                Edit::Share { content } => {
                    attributes.set(format!("sharing.{content}"), Value::from("share"));
                }
                Edit::Wait { until } => now = *until,
                edit => written.push(edit.clone()),
            }
        }
        let world = world.written(&self.user, &written);
        let tenant = world.unwrap_or_else(|| panic!("{edits:?}")).compile();
        (decide_alone(&tenant, &self.request(&attributes, now)).is_allow(), tenant)
    }

    /// Whether a change does what is said of it.
    fn check(&self, world: &World, before: &Compiled, was: bool, flip: &Flip) {
        let told = format!(
            "{} {} {}:{} {:?}",
            self.user, self.action, self.kind, self.id, self.attributes
        );
        let (is, after) = self.allowed(world, &flip.edits);
        assert_ne!(is, was, "{told} at {}: {flip:#?}", self.now);
        if flip.edits.len() > 1 {
            for at in 0..flip.edits.len() {
                let mut fewer = flip.edits.clone();
                fewer.remove(at);
                let (is, _) = self.allowed(world, &fewer);
                assert_eq!(is, was, "{told}: edit {at} need not be made: {flip:#?}");
            }
        }
        if flip.edits.iter().any(|edit| matches!(edit, Edit::Wait { .. })) {
            return;
        }
        let mut effect = Effect::of(before, &after, &self.user, self.now);
        let meant = if was { &mut effect.closes } else { &mut effect.opens };
        let delegated = format!("{} delegated by ", self.action);
        meant.retain(|name| name != self.action && !name.starts_with(&delegated));
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        let follows = flip.follows.listed.clone();
        let said = Effect { opens: set(&flip.opens), closes: set(&flip.closes), follows };
        assert_eq!(said, effect, "{told} at {}: {flip:#?}", self.now);
    }
}

fn names(it: &Besides<'_>) -> BTreeSet<String> {
    let permissions = it.permissions.iter().map(|name| (*name).to_owned());
    let delegated = it.delegated.iter();
    let delegated = delegated.map(|it| format!("{} delegated by {}", it.permission, it.from));
    let restrictions = it.restrictions.iter().map(|name| format!("restriction {name}"));
    let programs = it.programs.iter().map(|name| format!("program {name}"));
    let items = it.items.iter().map(item);
    permissions.chain(delegated).chain(restrictions).chain(programs).chain(items).collect()
}

/// Whether a way does what is said of it. `less` says who has less of the target.
fn check(
    world: &World,
    before: &Compiled,
    (a, b): (&str, &str),
    way: &Way<'_>,
    target: &str,
    now: i64,
    less: impl Fn(&Compiled) -> Option<Less>,
) {
    let written = world.written(way.user, &way.changes);
    let after = written.unwrap_or_else(|| panic!("{way:?}")).compile();
    let effect = Effect::of(before, &after, way.user, now);
    let told = format!("{a} and {b}, {target} at {now}: {way:#?} {effect:#?}");
    let theirs = if way.user == a { Less::A } else { Less::B };
    let still = less(&after);
    assert!(still.is_none() || still != Some(theirs) && still != Some(Less::Both), "{told}");
    let mut opens = effect.opens.clone();
    opens.remove(target);
    assert_eq!(way.opens.count(), opens.len(), "{told}");
    assert!(names(&way.opens).is_subset(&opens), "{told}");
    assert_eq!(way.closes.count(), effect.closes.len(), "{told}");
    assert!(names(&way.closes).is_subset(&effect.closes), "{told}");
    assert_eq!(way.follows.listed, effect.follows, "{told}");
}

/// How many worlds are looked at; more on demand.
fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var("PERMESSO_SEEDS").ok().and_then(|it| it.parse().ok());
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases.unwrap_or(usual))
    }
}

/// What an edit is, without what it is about.
fn kind(edit: &Edit) -> String {
    let text = format!("{edit:?}");
    text.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn every_kind_of_edit_is_proposed_to_somebody() {
    let mut kinds = BTreeSet::new();
    for seed in 0..400 {
        let mut random = Random(seed);
        let tenant = World::new(&mut random).compile();
        for _ in 0..8 {
            let question = Question::new(&mut random);
            let request = question.request(&question.attributes, question.now);
            let found = flips(&tenant, &request, 50).flips;
            kinds.extend(found.iter().flat_map(|flip| &flip.edits).map(kind));
        }
        let found = diff(&tenant, "u00", "u01", NOW).unwrap();
        let ways = found.permissions.iter().flat_map(|it| &it.ways);
        kinds.extend(ways.flat_map(|way| &way.changes).map(kind));
    }
    let all = "Accept Activate AddTag AttachPolicy Deactivate DetachPolicy EndDelegation Entitle \
               GiveRole Grant JoinTeam MakeOwner Relate Revoke RevokeCategory Set Share TakeRole \
               Tick TickAgain Untick Wait";
    assert_eq!(kinds.into_iter().collect::<Vec<_>>().join(" "), all);
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn what_would_flip_a_decision_flips_it_and_does_nothing_that_is_not_said(seed: u64) {
        let mut random = Random(seed);
        let world = World::new(&mut random);
        let tenant = world.compile();
        for _ in 0..8 {
            let question = Question::new(&mut random);
            let request = question.request(&question.attributes, question.now);
            let was = decide_alone(&tenant, &request).is_allow();
            for flip in flips(&tenant, &request, 12).flips {
                question.check(&world, &tenant, was, &flip);
            }
        }
    }

    #[test]
    fn what_would_make_two_users_equal_does_and_does_nothing_that_is_not_said(seed: u64) {
        let mut random = Random(seed);
        let world = World::new(&mut random);
        let tenant = world.compile();
        let (a, b) = (name(random.below(USERS)), name(random.below(USERS)));
        let (a, b) = (a.as_str(), b.as_str());
        let now = random.pick(&[NOW, 2_500, 5_000]);
        let found = diff(&tenant, a, b, now).unwrap();
        for it in &found.permissions {
            let target = match it.restricts {
                true => format!("restriction {}", it.permission),
                false => it.permission.to_owned(),
            };
            let less = |after: &Compiled| {
                let found = diff(after, a, b, now).unwrap();
                found.permissions.iter().find(|other| other.permission == it.permission).map(|it| it.less)
            };
            it.ways.iter().for_each(|way| check(&world, &tenant, (a, b), way, &target, now, less));
        }
        for it in &found.programs {
            let target = format!("program {}", it.a.program);
            let less = |after: &Compiled| {
                let found = diff(after, a, b, now).unwrap();
                found.programs.iter().find(|other| other.a.program == it.a.program).map(|it| it.less)
            };
            it.ways.iter().for_each(|way| check(&world, &tenant, (a, b), way, &target, now, less));
        }
        for it in &found.items {
            let target = item(&it.gate);
            let less = |after: &Compiled| {
                let found = diff(after, a, b, now).unwrap();
                found.items.iter().find(|other| other.gate == it.gate).map(|it| it.less)
            };
            it.ways.iter().for_each(|way| check(&world, &tenant, (a, b), way, &target, now, less));
        }
    }
}
