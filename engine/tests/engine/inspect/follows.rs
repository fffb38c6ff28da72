//! What follows from a change is named: whatever decisions say otherwise afterwards.
//!
//! Random tenants are asked before and after, and two users side by side: nothing may be decided
//! otherwise that was not told as opened, closed or perhaps following. What is told in single
//! cases stands in the file beside this one.

use super::worlds::{GUARDED, PERMISSIONS, ROLES, Random, TEAMS, USERS, World, name};
use super::*;
use permesso_engine::decide_alone;
use permesso_engine::decision::{Asserted, Decision, Obligation, Request};
use permesso_engine::inspect::{Impact, Less, Proposal, UserImpact, diff, impact};
use permesso_engine::model::Value;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A question about a record, but for who asks. `ME` stands for that one.
#[derive(Debug)]
struct Question {
    action: &'static str,
    kind: &'static str,
    id: String,
    attributes: Vec<(&'static str, Value<'static>)>,
    now: i64,
}

const ME: &str = "me";

impl Question {
    /// One at an instant or later.
    fn new(random: &mut Random, from: i64) -> Self {
        let mut attributes = Vec::new();
        for (relation, percent) in [("author", 40), ("owner", 50)] {
            let mine = random.chance(30);
            let who = if mine { ME.to_owned() } else { name(random.below(USERS)) };
            if random.chance(percent) {
                attributes.push((relation, Value::from(who)));
            }
        }
        if random.chance(75) {
            attributes.push(("team", Value::from(random.pick(&TEAMS))));
        }
        if random.chance(60) {
            attributes.push(("amount", Value::Int(random.pick(&[50, 500]))));
        }
        if random.chance(30) {
            attributes.push(("sso", Value::Bool(true)));
        }
        if random.chance(50) {
            attributes.push(("whole", Value::from(random.pick(&["i1", "i2"]))));
        }
        if random.chance(50) {
            attributes.push(("role", Value::from(random.pick(&ROLES))));
        }
        let all = PERMISSIONS.into_iter().chain(GUARDED).chain(GUARDED).chain(["theirs"]);
        let action = random.pick(&all.collect::<Vec<_>>());
        Self {
            action,
            kind: random.pick(&["record", "whole", "part"]),
            id: match action {
                "fire" => name(random.below(USERS)),
                "drop" => random.pick(&ROLES).to_owned(),
                _ => random.pick(&["i1", "i2", "i3"]).to_owned(),
            },
            attributes,
            now: random.pick(&[from, 1_000, 2_500, 5_000, 6_999]).max(from),
        }
    }

    fn asked(&self, tenant: &Compiled, user: &str) -> Decision {
        let own = |value: &Value<'static>| match value.as_str() {
            Some(ME) => Value::from(user.to_owned()),
            _ => value.clone(),
        };
        let attributes: Attributes<'_> =
            self.attributes.iter().map(|(name, value)| (*name, own(value))).collect();
        let resource = Resource { kind: self.kind, id: Some(&self.id), attributes: &attributes };
        let (action, now) = (self.action, self.now);
        decide_alone(
            tenant,
            &Request {
                subject: user,
                action,
                resource,
                context: EMPTY,
                asserted: Asserted::NONE,
                now,
            },
        )
    }
}

/// How two decisions differ, as far as whoever asked can tell.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Turn {
    Opens,
    Closes,
    Obliges,
}

fn turn(was: &Decision, is: &Decision) -> Option<Turn> {
    let obliged = |decision: &Decision| {
        let all = decision.obligations.iter().map(|it| Obligation::clone(it));
        let mut all: Vec<String> = all.map(|it| format!("{it:?}")).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    match (was.is_allow(), is.is_allow()) {
        (false, true) => Some(Turn::Opens),
        (true, false) => Some(Turn::Closes),
        (true, true) if obliged(was) != obliged(is) => Some(Turn::Obliges),
        _ => None,
    }
}

/// What is told of one user.
#[derive(Default)]
struct Told {
    opens: BTreeSet<String>,
    closes: BTreeSet<String>,
    /// What programs and items are about.
    exclusive: bool,
    perhaps: BTreeSet<String>,
}

impl Told {
    fn of(it: &UserImpact<'_>) -> Self {
        let mut told = Self::default();
        let rights = it.rights.iter().filter(|it| !it.restricts);
        let rights = rights.map(|it| (it.permission, it.shift));
        let handed = it.delegated.iter().map(|it| (it.permission, it.shift));
        for (permission, shift) in rights.chain(handed) {
            told.opens.extend(shift.gives().then(|| permission.to_owned()));
            told.closes.extend(shift.takes().then(|| permission.to_owned()));
        }
        told.exclusive = !it.programs.is_empty() || !it.items.is_empty();
        let follows = it.follows.listed.iter().filter(|it| !it.for_others);
        told.perhaps.extend(follows.flat_map(|it| it.governs.iter().cloned()));
        told
    }

    fn says(&self, action: &str, turn: Turn) -> bool {
        let surely = match turn {
            Turn::Opens => self.opens.contains(action),
            Turn::Closes => self.closes.contains(action),
            Turn::Obliges => false,
        };
        surely || self.perhaps.contains(action) || action.starts_with("gate.") && self.exclusive
    }
}

/// What a preview says.
struct Preview {
    users: BTreeMap<String, Told>,
    for_others: BTreeSet<String>,
    rules: usize,
    harmless: bool,
    affected: usize,
}

impl Preview {
    fn of(impact: &mut Impact<'_>) -> Self {
        let others = impact.follows().iter().filter(|it| it.follow.for_others);
        assert_eq!(impact.more_follows(), 0);
        Self {
            for_others: others.flat_map(|it| it.follow.governs.iter().cloned()).collect(),
            rules: impact.rules().len(),
            harmless: impact.is_harmless(),
            affected: impact.totals().affected,
            users: impact.by_ref().map(|it| (it.user.to_owned(), Told::of(&it))).collect(),
        }
    }

    fn says(&self, user: &str, action: &str, turn: Turn) -> bool {
        self.users.get(user).is_some_and(|told| told.says(action, turn))
            || self.for_others.contains(action)
            || self.rules > 0
    }
}

fn cases(usual: u32) -> ProptestConfig {
    let cases = std::env::var("PERMESSO_SEEDS").ok().and_then(|it| it.parse().ok());
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases.unwrap_or(usual))
    }
}

/// What is read of a user as the documents say it; nothing of what follows from those.
fn read(world: &World, user: &str, path: &str) -> Option<String> {
    let user = world.user(user)?;
    Some(match path {
        // Some come with teams.
        "subject.roles" => format!("{:?} {:?} {}", user.roles, user.teams, world.lent()),
        "subject.policies" => format!("{:?}", user.policies),
        "subject.teams" => format!("{:?}", user.teams),
        "subject.tags" => format!("{:?}", user.tags),
        "subject.owner" => format!("{:?}", user.owner),
        "subject.level" => format!("{:?}", user.attributes.at("level")),
        _ => return None,
    })
}

/// Asks as many questions before and after, most of them of whom the edit is about.
fn check(
    (world, edited, whom): (&World, &World, Option<&str>),
    random: &mut Random,
    told: &str,
) -> [usize; 3] {
    let (before, after) = (world.compile(), edited.compile());
    let now = random.pick(&[NOW, 2_500, 5_000]);
    let proposal = Proposal {
        before: &before,
        after: &after,
        now,
        acting: None,
        questions: &[],
        limit: USERS,
    };
    for it in impact(&proposal).unwrap() {
        for follow in it.follows.listed.iter().filter(|it| it.delegated_by.is_none()) {
            for path in &follow.reads {
                let sides = [world, edited].map(|world| read(world, it.user, path));
                let same = sides[0].is_some() && sides[0] == sides[1];
                assert!(!same, "{told}: {} reads {path}, which is as it was: {follow:?}", it.user);
            }
        }
    }
    let preview = Preview::of(&mut impact(&proposal).unwrap());
    let mut seen = [0; 3];
    for _ in 0..120 {
        let question = Question::new(random, now);
        let anybody = name(random.below(USERS));
        let user = whom.filter(|_| random.chance(60)).map_or(anybody, str::to_owned);
        let (was, is) = (question.asked(&before, &user), question.asked(&after, &user));
        let Some(turn) = turn(&was, &is) else { continue };
        let told = || {
            let reasons = (was.reason.code(), is.reason.code());
            format!("{told}, at {now}, {user}: {turn:?} {question:?} {reasons:?}")
        };
        assert!(preview.says(&user, question.action, turn), "{}", told());
        assert!(!preview.harmless || turn == Turn::Opens && preview.affected > 0, "{}", told());
        let by = preview.users.get(&user).is_some_and(|it| it.perhaps.contains(question.action));
        seen[0] += 1;
        seen[1] += usize::from(by);
        seen[2] += usize::from(preview.for_others.contains(question.action));
    }
    seen
}

#[test]
fn whatever_is_decided_otherwise_after_an_edit_was_told_by_its_preview() {
    let seeds = std::env::var("PERMESSO_SEEDS").ok().and_then(|it| it.parse().ok());
    let mut sum = [0; 3];
    for seed in 0..seeds.unwrap_or(200) {
        let mut random = Random(7_000 + seed);
        let world = World::new(&mut random);
        let (edited, whom) = match random.chance(70) {
            true => {
                let (edited, whom) = world.edited_slightly(&mut random);
                (edited, Some(whom))
            }
            false => (world.edited(&mut random), None),
        };
        let sides = (&world, &edited, whom.as_deref());
        let seen = check(sides, &mut random, &format!("seed {seed}"));
        sum.iter_mut().zip(seen).for_each(|(sum, seen)| *sum += seen);
    }
    assert!(sum[0] > 500 && sum[1] > 50 && sum[2] > 20, "{sum:?}");
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn whatever_is_decided_otherwise_of_another_user_was_told_by_the_comparison(seed: u64) {
        let mut random = Random(seed);
        let tenant = World::new(&mut random).compile();
        let (a, b) = (name(random.below(USERS)), name(random.below(USERS)));
        let now = random.pick(&[NOW, 2_500, 5_000]);
        let found = diff(&tenant, &a, &b, now).unwrap();
        let perhaps: BTreeSet<&str> = found
            .follows
            .listed
            .iter()
            .flat_map(|it| it.governs.iter().map(String::as_str))
            .collect();
        for _ in 0..120 {
            let question = Question::new(&mut random, now);
            // One of them is whose the record is: that is not a difference between them.
            let named = |value: &Value<'_>| value.as_str().is_some_and(|it| it == a || it == b);
            if question.attributes.iter().any(|(_, value)| named(value)) {
                continue;
            }
            let (mine, theirs) = (question.asked(&tenant, &a), question.asked(&tenant, &b));
            let Some(turn) = turn(&mine, &theirs) else { continue };
            let action = question.action;
            let lesser = |it: &Less| match turn {
                Turn::Opens => *it != Less::B,
                Turn::Closes => *it != Less::A,
                Turn::Obliges => false,
            };
            let rights = found.permissions.iter().filter(|it| lesser(&it.less));
            let handed = found.delegated.iter().filter(|it| lesser(&it.less));
            let mut named =
                rights.map(|it| it.permission).chain(handed.map(|it| it.permission));
            let exclusive = action.starts_with("gate.")
                && !(found.programs.is_empty() && found.items.is_empty());
            assert!(
                named.any(|it| it == action) || perhaps.contains(action) || exclusive,
                "{a} and {b} at {now}: {turn:?} {question:?} {:?} {:?}: {found:#?}",
                mine.reason, theirs.reason
            );
        }
    }
}
