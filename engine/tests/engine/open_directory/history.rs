//! Whatever is edited, dropped, read late and decided in whatever order: each decision is the
//! one that an engine makes which has everything of the decision's revision in memory.

use super::world::{TENANTS, World, delegation, request};
use permesso_engine::decide_alone;
use permesso_engine::decision::{Decision, Request};
use permesso_engine::directory::{Loaded, Need};
use permesso_engine::model::{Attributes, Value};
use proptest::prelude::*;

const IDS: [&str; 5] = ["ann", "bob", "cid", "dot", "eve"];

/// What a user can be.
const SHAPES: [&str; 14] = [
    "roles: [clerk]",
    "roles: [boss]",
    "roles: [boss], status: inactive",
    "roles: [boss], invitation: pending",
    "roles: [reader, discreet], teams: [north]",
    "roles: [signer]",
    "roles: [ghost, clerk], tags: [collector]",
    "policies: [reading, signing], teams: [south]",
    "grants: [{permission: letter.read, scope: all, condition: resource.words <= 5}]",
    "grants: [{permission: letter.list, scope: all, valid_until: 1970-01-01T00:00:01.5Z}], roles: [discreet]",
    "roles: [clerk], rights: {add: [letter.sign], remove: [letter.list]}",
    "roles: [clerk], status: deleted",
    "attributes: {level: 3}",
    "grants: [{permission: letter.sign, scope: own}, {permission: limit.discreet, scope: all}]",
];

#[derive(Debug, Clone)]
enum Act {
    Ask {
        question: Question,
        behind: bool,
    },
    /// The last question once more, of which the answer may have been kept.
    Again,
    Together(Vec<Question>),
    User(usize, usize),
    Gone(usize),
    Delegate(usize, usize, usize),
    Policy(usize),
    CatchUp,
    /// Something is read and arrives later.
    Read(Need),
    Arrives(usize),
}

#[derive(Debug, Clone)]
struct Question {
    subject: usize,
    action: usize,
    resource: usize,
    owners: Vec<usize>,
    now: i64,
}

const ACTIONS: [&str; 9] = [
    "letter.close",
    "letter.read",
    "letter.list",
    "letter.send",
    "letter.sign",
    "letter.open",
    "letter.shelve",
    "role.delete",
    "user.remove",
];

impl Question {
    fn attributes(&self) -> Attributes<'static> {
        let name = |at: &usize| Value::from(*IDS.get(*at).unwrap_or(&"nobody"));
        let owners = match self.owners.as_slice() {
            [] => Value::Null,
            [one] => name(one),
            several => Value::List(several.iter().map(name).collect()),
        };
        let state = ["draft", "locked", "sealed", "filed"][self.resource % 4];
        [
            ("owner", owners),
            ("author", Value::from(IDS[self.resource % 5])),
            ("state", Value::from(state)),
            ("team", Value::from(["north", "south"][self.resource % 2])),
            ("words", Value::Int(i64::try_from(self.resource).unwrap())),
        ]
        .into_iter()
        .collect()
    }

    fn request<'a>(&self, attributes: &'a Attributes<'a>) -> Request<'a> {
        let action = ACTIONS[self.action % ACTIONS.len()];
        let (kind, id) = match action {
            "letter.shelve" => ("shelf", "rare"),
            "role.delete" => ("role", ["clerk", "ghost", "discreet"][self.resource % 3]),
            "user.remove" => ("user", IDS[self.resource % 5]),
            _ => ("letter", "l1"),
        };
        let subject = IDS.get(self.subject).unwrap_or(&"stranger");
        Request { now: self.now, ..request(subject, action, kind, id, attributes) }
    }
}

fn question() -> impl Strategy<Value = Question> {
    let owners = prop::collection::vec(0_usize..6, 0..4);
    let now = prop_oneof![Just(1_000), Just(1_700), Just(2_500)];
    (0_usize..6, 0..ACTIONS.len(), 0_usize..8, owners, now).prop_map(
        |(subject, action, resource, owners, now)| Question {
            subject,
            action,
            resource,
            owners,
            now,
        },
    )
}

fn need() -> impl Strategy<Value = Need> {
    prop_oneof![
        4 => (0_usize..5).prop_map(|at| Need::User(IDS[at].to_owned())),
        1 => prop_oneof![Just("boss"), Just("clerk"), Just("ghost")]
            .prop_map(|role| Need::Usage(role.to_owned())),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => (question(), prop::bool::weighted(0.3))
            .prop_map(|(question, behind)| Act::Ask { question, behind }),
        5 => Just(Act::Again),
        1 => prop::collection::vec(question(), 1..6).prop_map(Act::Together),
        4 => (0_usize..5, 0..SHAPES.len()).prop_map(|(at, shape)| Act::User(at, shape)),
        1 => (0_usize..5).prop_map(Act::Gone),
        1 => (0_usize..5, 0_usize..5, 0_usize..3).prop_map(|(a, b, c)| Act::Delegate(a, b, c)),
        1 => (0..TENANTS.len()).prop_map(Act::Policy),
        1 => Just(Act::CatchUp),
        4 => need().prop_map(Act::Read),
        4 => (0_usize..8).prop_map(Act::Arrives),
    ]
}

/// The decision has to be the one of an engine that has all of its revision in memory.
fn check(world: &mut World, decision: &Decision, request: &Request<'_>) {
    let expected = decide_alone(world.reference(decision.revision), request);
    assert_eq!(*decision, expected, "{request:?}");
}

fn ask(world: &mut World, question: &Question, behind: bool) {
    let attributes = question.attributes();
    let request = question.request(&attributes);
    let authorizer = if behind { &world.behind } else { &world.authorizer };
    let (decision, _) = world.decide(authorizer, &request);
    assert_eq!(decision.revision, authorizer.tenant("acme").unwrap().revision());
    check(world, &decision, &request);
}

fn play(capacity: usize, acts: Vec<Act>) {
    let people: Vec<String> =
        (0..4).map(|at| format!("{{id: {}, {}}}", IDS[at], SHAPES[at])).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let mut world = World::new(
        capacity,
        &people,
        &["{from: bob, to: ann, permissions: [letter.sign, letter.send]}"],
    );
    let mut under_way: Vec<(u64, Loaded)> = Vec::new();
    let mut last = None;
    for act in acts {
        match act {
            Act::Ask { question, behind } => {
                ask(&mut world, &question, behind);
                last = Some(question);
            }
            Act::Again => {
                if let Some(question) = &last {
                    ask(&mut world, question, false);
                }
            }
            Act::Together(questions) => {
                let attributes: Vec<_> = questions.iter().map(Question::attributes).collect();
                let pairs = questions.iter().zip(&attributes);
                let requests: Vec<_> =
                    pairs.map(|(it, attributes)| it.request(attributes)).collect();
                let batch = world.authorizer.try_decide_batch("acme", &requests);
                let missing = batch.decisions.iter().any(Option::is_none);
                assert_eq!(missing, !batch.needs.is_empty());
                for (decision, request) in batch.decisions.iter().zip(&requests) {
                    if let Some(decision) = decision {
                        check(&mut world, decision, request);
                    }
                }
            }
            Act::User(at, shape) => {
                world.set_user(&format!("{{id: {}, {}}}", IDS[at], SHAPES[shape]));
            }
            Act::Gone(at) => world.remove_user(IDS[at]),
            Act::Delegate(from, to, how) => {
                let window = [
                    "",
                    ", valid_until: 1970-01-01T00:00:01.5Z",
                    ", valid_from: 1970-01-01T00:00:01.5Z",
                ][how];
                let text = format!(
                    "{{from: {}, to: {}, permissions: [letter.sign, letter.send]{window}}}",
                    IDS[from], IDS[to],
                );
                world.edit(|directory| {
                    let has =
                        |at: usize| directory.users.iter().any(|it| it.id.as_str() == IDS[at]);
                    if has(from) && has(to) {
                        directory.delegations.retain(|it| it.from.as_str() != IDS[from]);
                        directory.delegations.push(delegation(&text));
                    }
                });
            }
            Act::Policy(at) => world.set_policy(TENANTS[at]),
            Act::CatchUp => world.catch_up(),
            Act::Read(need) => {
                let revision = world.revision();
                under_way.push((revision, world.read(&need, revision)));
            }
            Act::Arrives(at) => {
                if at < under_way.len() {
                    let (revision, loaded) = under_way.swap_remove(at);
                    world.subjects.admit(&world.served(), revision, vec![loaded]);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_decision_is_that_of_an_engine_with_all_of_its_revision_in_memory(
        capacity in prop_oneof![Just(1_usize), Just(2), Just(3), Just(100)],
        acts in prop::collection::vec(act(), 1..120),
    ) {
        play(capacity, acts);
    }
}
