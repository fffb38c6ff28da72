//! The cache under edits: whatever is edited in whatever order, while the clock moves, an answer
//! that is found is the one that would be made anew.

use crate::common::{
    self, CATALOG, Closure, EMPTY, PEOPLE, TENANT, build, change, families, family,
};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::{Answer, Effect, Input};
use permesso_engine::model::{Attributes, Value};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Forbids what is locked, and what is long once it is known who publishes.
fn docs() -> Arc<Closure> {
    family(|question| {
        let locked = question.inputs.first() == Some(&Some(Input::Text("locked".into())));
        let publishes = question.inputs.get(2) == Some(&Some(Input::Boolean(true)));
        let long = question.inputs.get(1) == Some(&Some(Input::Integer(1)));
        let effect = if locked || long && publishes { Effect::Forbid(0) } else { Effect::Abstain };
        Ok(Answer { effect, ..Answer::ABSTAIN })
    })
}

/// One of a few policies.
fn tenant(policy: usize) -> String {
    let window = [
        "valid_until: 1970-01-01T00:00:02Z",
        "valid_from: 1970-01-01T00:00:01.5Z",
        "exact_teams: [north]",
        "note: plain",
    ];
    let parent = ["", "parents: [temp], ", "parents: [brief], "];
    let until = window.get(policy % 4).unwrap_or(&"");
    let above = parent.get(policy / 4 % 3).unwrap_or(&"");
    TENANT
        .replace(
            "id: reading, grants: [{permission: doc.read, scope: all",
            &format!("id: reading, grants: [{{permission: doc.read, scope: all, {until}"),
        )
        .replace("{id: writer, grants", &format!("{{id: writer, {above}grants"))
}

/// One of a few directories: what `clerk` and `reader` hold changes.
fn people(clerk: usize, reader: usize) -> String {
    let roles = ["clerk", "boss", "writer", "brief", "publisher, lister"];
    let clerk = roles.get(clerk % 5).unwrap_or(&"clerk");
    let reader = ["policies: [reading]", "status: inactive", "roles: [early]", "tags: [collector]"]
        .get(reader % 4)
        .copied()
        .unwrap_or_default();
    PEOPLE
        .replace("{id: clerk, roles: [clerk]}", &format!("{{id: clerk, roles: [{clerk}]}}"))
        .replace("{id: reader, policies: [reading]}", &format!("{{id: reader, {reader}}}"))
}

#[derive(Debug, Clone)]
enum Act {
    Ask(usize),
    Together,
    Wait(i64),
    Policy(usize),
    Clerk(usize),
    Reader(usize),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0_usize..64).prop_map(Act::Ask),
        1 => Just(Act::Together),
        2 => (-300_i64..700).prop_map(Act::Wait),
        1 => (0_usize..12).prop_map(Act::Policy),
        1 => (0_usize..5).prop_map(Act::Clerk),
        1 => (0_usize..4).prop_map(Act::Reader),
    ]
}

struct World {
    cached: Authorizer,
    uncached: Authorizer,
    families: FamilySet,
    policy: usize,
    clerk: usize,
    reader: usize,
}

impl World {
    fn new() -> Self {
        let families = families(&docs());
        let (cached, uncached) = (Authorizer::new(1_000), Authorizer::new(0));
        let mut world = Self { cached, uncached, families, policy: 0, clerk: 0, reader: 0 };
        world.compile();
        world
    }

    /// Another policy for both.
    fn compile(&mut self) {
        let people = people(self.clerk, self.reader);
        for authorizer in [&self.cached, &self.uncached] {
            let compiled = build(CATALOG, &tenant(self.policy), &people, &self.families);
            authorizer.install(compiled.unwrap());
        }
    }

    /// A user's change: with a cache that user alone, without one everything anew.
    fn change(&mut self, user: &str) {
        let (tenant, people) = (tenant(self.policy), people(self.clerk, self.reader));
        let compiled = self.cached.tenant("acme").unwrap();
        let changed = change(&compiled, &people, &[user]);
        self.cached.install(changed);
        let compiled = build(CATALOG, &tenant, &people, &self.families);
        self.uncached.install(compiled.unwrap());
    }
}

fn attributes(n: usize) -> Attributes<'static> {
    let mut attributes = Attributes::new();
    if n & 1 != 0 {
        attributes.set("state", Value::from("locked"));
    }
    if n & 2 != 0 {
        attributes.set("words", Value::Int(1));
    }
    if n & 4 != 0 {
        attributes.set("author", Value::from("clerk"));
        attributes.set("team", Value::from("north"));
    }
    attributes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn cached_equals_uncached_under_edits_and_a_moving_clock(
        acts in proptest::collection::vec(act(), 1..60),
    ) {
        let mut world = World::new();
        let mut now = 1_000;
        let all: Vec<Attributes<'static>> = (0..8).map(attributes).collect();
        let ask = |n: usize, now: i64| Request {
            subject: ["clerk", "reader"][n / 8 % 2],
            action: ["doc.read", "doc.write", "doc.browse", "doc.list"][n / 16 % 4],
            resource: Resource { kind: "doc", id: Some("d"), attributes: &all[n % 8] },
            context: EMPTY,
            asserted: Asserted::NONE,
            now,
        };
        for act in acts {
            match act {
                Act::Ask(n) => {
                    let request = ask(n, now);
                    let anew = world.uncached.decide("acme", &request);
                    prop_assert_eq!(world.cached.decide("acme", &request), anew);
                }
                Act::Together => {
                    let requests: Vec<_> = (0..64).map(|n| ask(n, now)).collect();
                    let anew = world.uncached.decide_batch("acme", &requests);
                    prop_assert_eq!(world.cached.decide_batch("acme", &requests), anew);
                }
                Act::Wait(by) => now += by,
                Act::Policy(policy) => {
                    world.policy = policy;
                    world.compile();
                }
                Act::Clerk(clerk) => {
                    world.clerk = clerk;
                    world.change("clerk");
                }
                Act::Reader(reader) => {
                    world.reader = reader;
                    world.change("reader");
                }
            }
        }
    }

    /// Two requests that differ only in what nobody declared share one entry; two that differ in
    /// what somebody declared never do.
    #[test]
    fn requests_share_an_entry_exactly_where_they_agree_on_what_is_declared(
        one in 0_usize..8, other in 0_usize..8, noise in "[a-z]{0,4}", more in any::<bool>(),
    ) {
        let family = docs();
        let authorizer = common::authorizer(&families(&family));
        let decide = |n: usize, noise: &str| {
            let mut attributes = attributes(n);
            attributes.set("undeclared", Value::from(noise.to_owned()));
            if more {
                attributes.set(format!("more {noise}"), Value::Bool(true));
            }
            let _ = authorizer.decide("acme", &common::request("boss", "doc.read", &attributes));
        };
        decide(one, "");
        decide(other, &noise);
        let calls = family.calls.load(Ordering::Relaxed);
        prop_assert_eq!(calls, if one == other { 1 } else { 2 });
    }
}

#[test]
fn what_makes_room_for_others_is_counted() {
    let authorizer = Authorizer::new(10);
    let families = families(&docs());
    authorizer.install(build(CATALOG, TENANT, PEOPLE, &families).unwrap());
    for n in 0..2_000 {
        let state = format!("s{n}");
        let attributes = common::doc(&[("state", state.as_str().into())]);
        let _ = authorizer.decide("acme", &common::request("boss", "doc.read", &attributes));
    }
    let stats = authorizer.cache_stats();
    assert_eq!((stats.hits, stats.misses), (0, 2_000));
    assert!(stats.evictions > 1_000, "{stats:?}");
}
