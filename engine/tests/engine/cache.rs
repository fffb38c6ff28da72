//! The cache never answers for another question, and never keeps what is not an answer.

use crate::common::{self, Closure, EMPTY, authorizer, build, doc, families, family, request};
use permesso_engine::Authorizer;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::{
    Answer, Effect, Fault, FaultKind, Input, InputKind, InputSpec, Question,
};
use permesso_engine::model::{Attributes, Value};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Forbids what is locked.
fn by_state(question: &Question<'_>) -> Result<Answer, Fault> {
    let locked = question.inputs.first() == Some(&Some(Input::Text("locked".into())));
    let effect = if locked { Effect::Forbid(0) } else { Effect::Abstain };
    Ok(Answer { effect, ..Answer::ABSTAIN })
}

fn calls(family: &Arc<Closure>) -> usize {
    family.calls.load(Ordering::Relaxed)
}

#[test]
fn a_question_asked_again_is_answered_without_the_family() {
    let family = family(by_state);
    let authorizer = authorizer(&families(&family));
    let attributes = doc(&[("state", "draft".into()), ("note", "a".into())]);
    assert!(authorizer.decide("acme", &request("boss", "doc.read", &attributes)).is_allow());
    // It differs only in what nobody declared.
    let attributes = doc(&[("note", "b".into()), ("state", "draft".into())]);
    assert!(authorizer.decide("acme", &request("boss", "doc.read", &attributes)).is_allow());
    assert_eq!(calls(&family), 1);
    let stats = authorizer.cache_stats();
    assert_eq!((stats.hits, stats.misses), (1, 1));
}

#[test]
fn a_question_that_differs_in_a_declared_input_is_another() {
    let family = family(by_state);
    let authorizer = authorizer(&families(&family));
    let ask = |user: &str, attributes: &[(&str, Value<'_>)]| {
        let attributes = attributes.iter().cloned().collect();
        authorizer.decide("acme", &request(user, "doc.read", &attributes)).is_allow()
    };
    assert!(ask("boss", &[("state", "draft".into())]));
    assert!(!ask("boss", &[("state", "locked".into())]));
    assert!(ask("boss", &[]), "absent is not a text");
    assert!(ask("boss", &[("state", Value::Null)]), "nor is null");
    assert!(ask("boss", &[("state", "".into())]), "nor is empty");
    assert!(!ask("nobody", &[("state", "draft".into())]), "another subject");
    assert!(ask("clerk", &[("author", "clerk".into())]));
    assert!(!ask("clerk", &[("author", "boss".into())]), "a relation decides too");
}

/// Parts of a key that are joined without their lengths.
#[test]
fn neighbouring_values_do_not_run_together() {
    let family = family(|question| {
        let effect = match question.inputs.first() {
            Some(Some(Input::Text(text))) if text == "ab" => Effect::Forbid(0),
            _ => Effect::Abstain,
        };
        Ok(Answer { effect, ..Answer::ABSTAIN })
    });
    let authorizer = authorizer(&families(&family));
    let ask = |author: &'static str, state: &'static str| {
        let attributes = doc(&[("author", author.into()), ("state", state.into())]);
        authorizer.decide("acme", &request("boss", "doc.read", &attributes)).is_allow()
    };
    assert!(ask("ca", "b"));
    assert!(!ask("c", "ab"));
}

#[test]
fn a_fault_is_never_kept() {
    let broken = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&broken);
    let family = family(move |_| {
        if switch.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Timeout, "on purpose"));
        }
        Ok(Answer::ABSTAIN)
    });
    let authorizer = authorizer(&families(&family));
    let question = request("boss", "doc.read", EMPTY);
    assert_eq!(authorizer.decide("acme", &question).reason.code(), "family-fault");
    broken.store(false, Ordering::Relaxed);
    assert!(authorizer.decide("acme", &question).is_allow());
}

#[test]
fn a_denial_that_follows_from_a_fault_further_down_is_not_kept_either() {
    let broken = Arc::new(AtomicBool::new(true));
    let switch = Arc::clone(&broken);
    // Writing requires publishing; here publishing is governed by the family too and faults.
    let family = family(move |question| match question.permission {
        0 => Ok(Answer { effect: Effect::Require(0), ..Answer::ABSTAIN }),
        _ if switch.load(Ordering::Relaxed) => Err(Fault::new(FaultKind::Trap, "on purpose")),
        _ => Ok(Answer::ABSTAIN),
    });
    let catalog = common::CATALOG
        .replace("{id: doc.publish, requires: [doc.list]}", "{id: doc.publish, family: docs}");
    let mut manifest = family.manifest.clone();
    manifest.permissions.push("doc.publish".to_owned());
    let family = Arc::new(Closure {
        manifest,
        rule: Box::new({
            let family = Arc::clone(&family);
            move |question| (family.rule)(question)
        }),
        calls: 0.into(),
        batches: 0.into(),
    });
    let authorizer = Authorizer::new(100);
    let families = families(&family);
    authorizer.install(build(&catalog, common::TENANT, common::PEOPLE, &families).unwrap());
    let question = request("boss", "doc.read", EMPTY);
    assert_eq!(authorizer.decide("acme", &question).reason.code(), "family-requires");
    broken.store(false, Ordering::Relaxed);
    assert!(authorizer.decide("acme", &question).is_allow());
}

#[test]
fn an_answer_is_kept_until_the_instant_that_the_family_names() {
    let family = family(|_| Ok(Answer { until: Some(2_000), ..Answer::ABSTAIN }));
    let authorizer = authorizer(&families(&family));
    let at = |now| {
        let _ = authorizer.decide("acme", &Request { now, ..request("boss", "doc.read", EMPTY) });
        calls(&family)
    };
    assert_eq!([at(1_000), at(1_999), at(2_000), at(2_001)], [1, 1, 2, 3]);
}

#[test]
fn a_family_that_reads_the_clock_and_names_no_instant_is_asked_each_time() {
    let original = family(|_| Ok(Answer::ABSTAIN));
    let mut manifest = original.manifest.clone();
    manifest.inputs.push(InputSpec { path: "now".parse().unwrap(), kind: InputKind::Instant });
    let family = Arc::new(Closure {
        manifest,
        rule: Box::new(|_| Ok(Answer::ABSTAIN)),
        calls: 0.into(),
        batches: 0.into(),
    });
    let authorizer = authorizer(&families(&family));
    for _ in 0..3 {
        let _ = authorizer.decide("acme", &request("boss", "doc.read", EMPTY));
    }
    assert_eq!(calls(&family), 3);
}

#[test]
fn an_edit_of_the_policy_takes_effect_with_the_next_decision() {
    let family = family(by_state);
    let families = families(&family);
    let authorizer = authorizer(&families);
    let question = request("reader", "doc.read", EMPTY);
    assert!(authorizer.decide("acme", &question).is_allow());
    let narrowed = common::TENANT
        .replace("permission: doc.read, scope: all", "permission: doc.read, scope: own");
    authorizer.install(build(common::CATALOG, &narrowed, common::PEOPLE, &families).unwrap());
    assert_eq!(authorizer.decide("acme", &question).reason.code(), "out-of-scope");
}

#[test]
fn items_of_a_batch_are_told_apart_by_their_properties_not_by_their_ids() {
    let family = family(by_state);
    let authorizer = authorizer(&families(&family));
    let (draft, locked) = (doc(&[("state", "draft".into())]), doc(&[("state", "locked".into())]));
    let requests = [
        request("boss", "doc.read", &draft),
        request("boss", "doc.read", &locked),
        request("nobody", "doc.read", &draft),
        request("boss", "doc.list", EMPTY),
        request("boss", "doc.read", &draft),
    ];
    let decisions = authorizer.decide_batch("acme", &requests);
    let allowed: Vec<bool> = decisions.iter().map(|decision| decision.is_allow()).collect();
    assert_eq!(allowed, [true, false, false, true, true]);
    assert_eq!((calls(&family), family.batches.load(Ordering::Relaxed)), (0, 1));
}

#[test]
fn decisions_without_a_family_are_made_and_not_looked_up() {
    let authorizer = authorizer(&families(&family(by_state)));
    for _ in 0..3 {
        assert!(authorizer.decide("acme", &request("boss", "doc.list", EMPTY)).is_allow());
    }
    let stats = authorizer.cache_stats();
    assert_eq!((stats.hits, stats.misses, stats.bypasses), (0, 0, 0));
}

fn value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-2_i64..3).prop_map(Value::Int),
        prop_oneof![Just(0.0), Just(-0.0), Just(1.5)].prop_map(Value::Float),
        "[ab]{0,2}".prop_map(Value::from),
        Just(Value::from("clerk")),
        proptest::collection::vec("[ab]{0,2}".prop_map(Value::from), 0..3).prop_map(Value::List),
    ]
}

fn attributes() -> impl Strategy<Value = Attributes<'static>> {
    let names = prop_oneof![
        Just("state"),
        Just("words"),
        Just("author"),
        Just("editors"),
        Just("team"),
        Just("tenant"),
        Just("undeclared"),
    ];
    proptest::collection::vec((names, value()), 0..5).prop_map(|pairs| {
        let mut attributes = Attributes::new();
        for (name, value) in pairs {
            attributes.set(name, value);
        }
        attributes
    })
}

proptest! {
    /// Whatever is asked in whatever order, one by one or together, the cache changes nothing.
    #[test]
    fn cached_equals_uncached(
        questions in proptest::collection::vec(
            (
                prop_oneof![Just("boss"), Just("clerk"), Just("reader"), Just("nobody")],
                prop_oneof![Just("doc.read"), Just("doc.write"), Just("doc.browse"), Just("doc.list")],
                prop_oneof![Just("doc"), Just("shelf")],
                attributes(),
            ),
            1..40,
        ),
    ) {
        let families = families(&family(by_state));
        let cached = authorizer(&families);
        let uncached = Authorizer::new(0);
        uncached.install(
            build(common::CATALOG, common::TENANT, common::PEOPLE, &families).unwrap(),
        );
        let requests: Vec<Request<'_>> = questions
            .iter()
            .map(|(subject, action, kind, attributes)| Request {
                subject,
                action,
                resource: Resource { kind, id: None, attributes },
                context: EMPTY,
                asserted: Asserted::NONE,
                now: 1_000,
            })
            .collect();
        for request in &requests {
            prop_assert_eq!(cached.decide("acme", request), uncached.decide("acme", request));
        }
        let alone: Vec<_> = requests.iter().map(|r| uncached.decide("acme", r)).collect();
        prop_assert_eq!(&cached.decide_batch("acme", &requests), &alone);
        prop_assert_eq!(&uncached.decide_batch("acme", &requests), &alone);
    }
}

#[test]
fn a_decision_that_rests_on_a_window_is_kept_until_its_next_edge() {
    let family = family(|_| Ok(Answer::ABSTAIN));
    let families = families(&family);
    let tenant = common::TENANT.replace(
        "permission: doc.list, scope: all, valid_from",
        "permission: doc.read, scope: all, valid_from",
    );
    let authorizer = Authorizer::new(100);
    authorizer.install(build(common::CATALOG, &tenant, common::PEOPLE, &families).unwrap());
    let at =
        |now| authorizer.decide("acme", &Request { now, ..request("temp", "doc.read", EMPTY) });
    assert_eq!(at(500).until, Some(1_000));
    assert!(!at(999).is_allow() && at(1_000).is_allow());
    assert_eq!(at(1_500).until, Some(2_000));
    assert!(at(1_999).is_allow() && !at(2_000).is_allow());
    assert!(!at(500).is_allow(), "nor is it given before it was made: clocks step back");
    assert_eq!(calls(&family), 1, "it was asked once, inside the window");
}

#[test]
fn what_a_condition_reads_is_part_of_the_key() {
    let family = family(|_| Ok(Answer::ABSTAIN));
    let authorizer = authorizer(&families(&family));
    for user in ["brief", "personal"] {
        let ask = |words| {
            let attributes = doc(&[("words", Value::Int(words))]);
            authorizer.decide("acme", &request(user, "doc.read", &attributes)).is_allow()
        };
        assert_eq!([ask(100), ask(101), ask(99), ask(101)], [true, false, true, false], "{user}");
    }
}

#[test]
fn a_decision_under_a_condition_on_time_is_kept_until_that_can_change() {
    let family = family(|_| Ok(Answer::ABSTAIN));
    let authorizer = authorizer(&families(&family));
    let at =
        |now| authorizer.decide("acme", &Request { now, ..request("early", "doc.read", EMPTY) });
    assert_eq!(at(1_000).until, Some(2_000));
    assert!(at(1_999).is_allow() && !at(2_000).is_allow());
    assert_eq!(calls(&family), 1);
}
