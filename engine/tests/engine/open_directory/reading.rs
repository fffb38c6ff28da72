//! What a decision asks to be read, and what it does until it has been.

use super::world::{World, request};
use permesso_engine::decide_alone;
use permesso_engine::decision::Request;
use permesso_engine::directory::{Need, Needs, Pins};
use permesso_engine::model::{Attributes, Value};
use std::sync::atomic::Ordering;

const PEOPLE: [&str; 5] = [
    "{id: ann, roles: [boss]}",
    "{id: bob, roles: [clerk]}",
    "{id: dis, roles: [discreet]}",
    "{id: eve, roles: [reader], teams: [north]}",
    "{id: old, roles: [boss], status: inactive}",
];

fn world(capacity: usize) -> World {
    World::new(capacity, &PEOPLE, &[])
}

fn user(id: &str) -> Need {
    Need::User(id.to_owned())
}

fn usage(role: &str) -> Need {
    Need::Usage(role.to_owned())
}

fn needs(world: &World, request: &Request<'_>) -> Vec<Need> {
    match world.authorizer.try_decide("acme", request) {
        Ok(decision) => panic!("{decision:?}"),
        Err(needs) => needs.into_iter().collect(),
    }
}

fn admit(world: &World, needs: &[Need]) {
    let needs: Needs = needs.iter().cloned().collect();
    assert!(world.admit(&needs, world.revision()).refused.is_empty());
}

fn letter<'a>(owners: &[&'a str]) -> Attributes<'a> {
    let owners = Value::List(owners.iter().map(|id| Value::from(*id)).collect());
    [("owner", owners), ("team", "north".into()), ("state", "draft".into())].into_iter().collect()
}

#[test]
fn a_user_is_asked_for_once() {
    let world = world(100);
    let attributes = Attributes::new();
    let request = request("ann", "letter.list", "letter", "l1", &attributes);
    assert_eq!(needs(&world, &request), [user("ann")]);
    admit(&world, &[user("ann")]);
    for _ in 0..3 {
        assert!(world.authorizer.try_decide("acme", &request).unwrap().is_allow());
    }
    assert!(world.authorizer.decide("acme", &request).is_allow());
    assert_eq!(world.subjects.len(), 1);
}

#[test]
fn that_there_is_no_such_user_is_kept_as_well() {
    let world = world(100);
    let attributes = Attributes::new();
    let request = request("stranger", "letter.list", "letter", "l1", &attributes);
    let (decision, rounds) = world.decide(&world.authorizer, &request);
    assert_eq!((decision.reason.code(), rounds), ("unknown-subject", 2));
    let (_, rounds) = world.decide(&world.authorizer, &request);
    assert_eq!(rounds, 1);
}

#[test]
fn an_unknown_action_needs_nobody() {
    let world = world(100);
    let attributes = Attributes::new();
    let request = request("ann", "letter.burn", "letter", "l1", &attributes);
    let decision = world.authorizer.try_decide("acme", &request).unwrap();
    assert_eq!(decision.reason.code(), "unknown-action");
}

#[test]
fn whoever_cannot_read_is_denied_and_that_is_not_kept() {
    let world = world(100);
    let attributes = letter(&["bob"]);
    let request = request("ann", "letter.read", "letter", "l1", &attributes);
    let unread = |world: &World| {
        let decision = world.authorizer.decide("acme", &request);
        assert_eq!((decision.reason.code(), decision.is_allow()), ("directory-unread", false));
        assert!(!decision.keep);
        let batch = world.authorizer.decide_batch("acme", &[request]);
        assert_eq!(batch, std::slice::from_ref(&decision));
        let explanation = world.authorizer.explain("acme", &request);
        assert_eq!(explanation.decision, decision);
        let alone = decide_alone(&world.served(), &request);
        assert_eq!(alone, decision);
    };
    unread(&world);
    admit(&world, &[user("ann")]);
    unread(&world);
    admit(&world, &[user("bob")]);
    assert!(world.authorizer.decide("acme", &request).is_allow());
    assert_eq!(world.authorizer.decide_batch("acme", &[request]).len(), 1);
}

#[test]
fn no_family_is_asked_before_everybody_has_been_read() {
    let world = world(100);
    let attributes = letter(&["bob"]);
    let waits = request("ann", "letter.read", "letter", "l1", &attributes);
    admit(&world, &[user("ann")]);
    assert_eq!(needs(&world, &waits), [user("bob")]);
    assert_eq!(world.authorizer.try_explain("acme", &waits).unwrap_err().len(), 1);
    let calls = || world.family.calls.load(Ordering::Relaxed);
    assert_eq!(calls(), 0);
    // One of the requests of a batch waits, the other one is decided.
    let own = letter(&["ann"]);
    let ready = request("ann", "letter.read", "letter", "l1", &own);
    let batch = world.authorizer.try_decide_batch("acme", &[waits, ready]);
    assert!(batch.decisions[0].is_none());
    assert!(batch.decisions[1].as_ref().unwrap().is_allow());
    assert_eq!(batch.needs.iter().collect::<Vec<_>>(), [&user("bob")]);
    assert_eq!((calls(), world.family.batches.load(Ordering::Relaxed)), (0, 1));
    let explained = world.authorizer.explain("acme", &waits);
    let trace: Vec<_> = explained.trace.iter().map(|step| step.text.as_str()).collect();
    assert!(trace.iter().any(|text| text.contains("was not asked")), "{trace:#?}");
    assert!(trace.last().unwrap().contains("user `bob`"), "{trace:#?}");
    assert_eq!(calls(), 0);
}

#[test]
fn a_family_that_demands_what_has_to_be_read_for_is_asked_again_afterwards() {
    let world = world(100);
    let mut attributes = letter(&["ann"]);
    attributes.set("state", "sealed".into());
    // The family demands `user.remove`, whose guard counts who is boss.
    let asked = Request { ..request("ann", "letter.close", "letter", "bob", &attributes) };
    let (decision, rounds) = world.decide(&world.authorizer, &asked);
    assert!(decision.is_allow(), "{decision:?}");
    assert_eq!(rounds, 3);
}

#[test]
fn owners_are_read_to_know_whether_they_redact() {
    let world = world(100);
    let redacts = |owners: &[&str]| {
        let attributes = letter(owners);
        let request = request("ann", "letter.list", "letter", "l1", &attributes);
        let (decision, rounds) = world.decide(&world.authorizer, &request);
        assert!(decision.is_allow());
        (!decision.obligations.is_empty(), rounds)
    };
    assert_eq!(redacts(&["bob", "eve"]), (false, 3));
    assert_eq!(redacts(&["bob", "dis"]), (true, 2));
    // One who is known to redact settles it, whoever else it is.
    assert_eq!(redacts(&["new", "dis"]), (true, 1));
    assert_eq!(redacts(&["nobody"]), (true, 2));
}

#[test]
fn guards_on_roles_ask_how_many_hold_them() {
    let world = world(100);
    let attributes = Attributes::new();
    let delete = |role: &'static str| request("ann", "role.delete", "role", role, &attributes);
    admit(&world, &[user("ann")]);
    assert_eq!(needs(&world, &delete("clerk")), [usage("clerk")]);
    admit(&world, &[usage("clerk"), usage("signer")]);
    let reason = |request| world.authorizer.try_decide("acme", &request).unwrap().reason;
    assert_eq!(reason(delete("clerk")).code(), "guard");
    assert_eq!(reason(delete("signer")).code(), "granted");
    let remove = |id: &'static str| request("ann", "user.remove", "user", id, &attributes);
    assert_eq!(needs(&world, &remove("old")), [user("old"), usage("boss")]);
    admit(&world, &[usage("boss"), user("old"), user("bob")]);
    assert_eq!(reason(remove("ann")).code(), "guard");
    assert_eq!(reason(remove("old")).code(), "granted");
    assert_eq!(reason(remove("bob")).code(), "granted");
}

#[test]
fn a_decision_that_turns_on_more_users_than_there_is_room_for_is_made_all_the_same() {
    for capacity in [0, 1, 2] {
        let world = world(capacity);
        let owners: Vec<String> = (0..100).map(|n| format!("nobody{n}")).collect();
        let owners: Vec<&str> =
            ["bob", "eve", "old"].into_iter().chain(owners.iter().map(String::as_str)).collect();
        let some = letter(&["bob", "eve", "old"]);
        let all = letter(&owners);
        for (attributes, redacts) in [(&some, false), (&all, true)] {
            let request = request("ann", "letter.list", "letter", "l1", attributes);
            let (decision, rounds) = world.decide(&world.authorizer, &request);
            assert!(decision.is_allow() && rounds <= 3, "{rounds} rounds");
            assert_eq!(!decision.obligations.is_empty(), redacts);
        }
        assert!(world.subjects.len() <= 2);
    }
}

#[test]
fn what_is_held_on_to_for_another_question_does_no_harm() {
    let world = world(100);
    let mut pins = Pins::default();
    for id in ["ann", "bob", "stranger"] {
        let needs: Needs = [user(id)].into_iter().collect();
        pins.join(world.admit(&needs, world.revision()).pins);
    }
    let attributes = Attributes::new();
    for (id, reason) in [("ann", "granted"), ("bob", "granted"), ("stranger", "unknown-subject")] {
        let request = request(id, "letter.list", "letter", "l1", &attributes);
        let decision = world.authorizer.holding(&pins).try_decide("acme", &request).unwrap();
        assert_eq!(decision.reason.code(), reason);
    }
}
