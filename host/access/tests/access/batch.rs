//! Many questions at a time: defaults, bad items, and the three ways to stop.

use super::support::{Served, request};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

/// A batch about the records of `ann`, with one permission to an item.
fn actions(semantic: Option<&str>, actions: &[&str]) -> String {
    let mut body = json!({
        "subject": {"type": "user", "id": "ann"},
        "resource": {"type": "record", "id": "r1", "properties": {"owner": "ann"}},
        "evaluations":
            actions.iter().map(|name| json!({"action": {"name": name}})).collect::<Vec<_>>(),
    });
    if let Some(semantic) = semantic {
        body["options"] = json!({"evaluations_semantic": semantic});
    }
    body.to_string()
}

/// Permissions that `ann` holds and does not hold.
const YES: &str = "records.edit";
const NO: &str = "scored.view";

#[test]
fn every_item_is_answered_in_its_place() {
    let served = Served::start();
    let reply = served.evaluations(actions(None, &[YES, NO, YES, "records.fly"]));
    assert_eq!(reply.decisions(), [true, false, true, false]);
    assert_eq!(
        reply.json()["evaluations"][0],
        served.evaluate(request("ann", YES)).json(),
        "an item is answered as if it were alone"
    );
    let explicit = served.evaluations(actions(Some("execute_all"), &[YES, NO, YES, "records.fly"]));
    assert_eq!(reply.body, explicit.body);
}

#[test]
fn an_item_takes_each_member_whole_or_from_the_defaults() {
    let served = Served::start();
    let body = json!({
        "subject": {"type": "user", "id": "ann"},
        "action": {"name": "records.edit"},
        "resource": {"type": "record", "id": "r1", "properties": {"owner": "ann"}},
        "evaluations": [
            {},
            {"subject": {"type": "user", "id": "bob"}},
            {"action": {"name": "records.fly"}},
            // The owner of the default does not leak into it.
            {"resource": {"type": "record", "id": "r1"}},
            // Nor does its type.
            {"resource": {"id": "r1", "properties": {"owner": "ann"}}},
        ],
    });
    let reply = served.evaluations(body.to_string());
    assert_eq!(reply.decisions(), [true, false, false, false, false]);
    let items = reply.json();
    assert_eq!(items["evaluations"][3]["context"]["reason"]["code"], "out-of-scope");
    assert_eq!(
        items["evaluations"][4]["context"]["error"],
        json!({
            "status": 400,
            "message": "`evaluations[4].resource.type` is missing: send it as a text that is not empty",
        })
    );
}

#[test]
fn an_item_that_says_null_does_not_get_the_default_for_it() {
    let served = Served::start();
    let good = request("ann", "records.edit");
    let defaults = &good[1..good.len() - 1];
    for semantic in ["execute_all", "deny_on_first_deny"] {
        for member in ["subject", "action", "resource", "context"] {
            let body = format!(
                r#"{{{defaults},"options":{{"evaluations_semantic":"{semantic}"}},
                    "evaluations":[{{}},{{"{member}":null}}]}}"#
            );
            let reply = served.evaluations(body);
            assert_eq!(reply.decisions(), [true, false], "{member}");
            let error = &reply.json()["evaluations"][1]["context"]["error"];
            assert_eq!(error["status"], 400);
            let told = error["message"].as_str().unwrap();
            let wanted = format!("`evaluations[1].{member}` is null");
            assert!(told.starts_with(&wanted) && told.contains(": send it as an object"), "{told}");
        }
    }
}

#[test]
fn a_default_that_is_null_is_no_default() {
    let served = Served::start();
    let good: Value = serde_json::from_str(&request("ann", "records.edit")).unwrap();
    for member in ["subject", "action", "resource", "context"] {
        let mut body = good.clone();
        let own = body[member].take();
        // For who brings their own it does not matter, as no other default does.
        let own = if own.is_null() { json!({}) } else { own };
        body["evaluations"] = json!([{}, {member: own}]);
        let reply = served.evaluations(body.to_string());
        assert_eq!(reply.decisions(), [false, true], "{member}");
        let told = reply.json()["evaluations"][0]["context"]["error"]["message"].to_string();
        assert!(told.contains(&format!("`evaluations[0].{member}` is null")), "{told}");
        // Without items it is one question, and that is refused.
        body["evaluations"] = json!([]);
        let told = served.evaluations(body.to_string()).refusal(400);
        assert!(told.starts_with(&format!("`{member}` is null")), "{told}");
    }
}

#[test]
fn what_is_wrong_in_an_item_names_its_place() {
    let served = Served::start();
    let good = request("ann", "records.edit");
    for (bad, told) in [
        ("null", "`evaluations[2]` is null"),
        ("7", "`evaluations[2]` has the wrong type: send it as an object"),
        (r#"{"subject":7}"#, "`evaluations[2].subject` has the wrong type"),
        ("{}", "`evaluations[2].subject` is missing"),
    ] {
        let body = format!(r#"{{"evaluations":[{good},{good},{bad}]}}"#);
        let reply = served.evaluations(body).json();
        let message = reply["evaluations"][2]["context"]["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(told), "{message}");
    }
    // What spoils the whole body.
    for bad in [r#"{"subject":{"id":"a","id":"b"}}"#, r#"{"x":1,"x":2}"#, "{,}"] {
        let told = served.evaluations(format!(r#"{{"evaluations":[{good},{bad}]}}"#)).refusal(400);
        assert!(told.contains("in `evaluations[1]`: ") && told.contains("line 1 column"), "{told}");
    }
}

#[test]
fn a_context_replaces_the_default_whole() {
    let served = Served::with(&["acme", "beta"], |_| {});
    let item = |context: Value| json!({"context": context});
    let body = json!({
        "subject": {"type": "user", "id": "ann"},
        "action": {"name": "records.edit"},
        "resource": {"type": "record", "id": "r1", "properties": {"owner": "ann"}},
        "context": {"tenant": "acme"},
        "evaluations": [{}, item(json!({})), item(json!({"tenant": "beta"})), {}],
    });
    assert_eq!(served.evaluations(body.to_string()).decisions(), [true, false, true, true]);
}

#[test]
fn a_default_that_no_item_uses_may_be_incomplete() {
    let served = Served::start();
    for resource in [json!({}), json!({"type": "record"}), json!("r1"), json!({"id": 1})] {
        let body = json!({
            "subject": {"type": "user", "id": "ann"},
            "action": {"name": "records.delete"},
            "resource": resource,
            "evaluations": [{"resource": {"type": "record", "id": "r1"}}],
        });
        assert_eq!(served.evaluations(body.to_string()).decisions(), [true]);
    }
}

#[test]
fn without_items_it_is_one_question() {
    let served = Served::start();
    let single = request("ann", "records.edit");
    let alone = served.evaluate(&single);
    for evaluations in ["[]", "null"] {
        let body = format!(r#"{{"evaluations":{evaluations},{}"#, &single[1..]);
        let reply = served.evaluations(body);
        assert_eq!(reply.body, alone.body);
    }
    assert_eq!(served.evaluations(&single).body, alone.body);
    served.evaluations(r#"{"evaluations":[]}"#).refusal(400);
}

#[test]
fn a_bad_item_spoils_nothing_but_itself() {
    let served = Served::start();
    let good = request("ann", "records.edit");
    for bad in [
        r#""text""#,
        "17",
        "null",
        "[]",
        "{}",
        r#"{"subject":"ann"}"#,
        r#"{"subject":{"type":"user"}}"#,
        r#"{"subject":{"type":"user","id":""},"action":{"name":"x"},"resource":{"type":"r","id":"1"}}"#,
    ] {
        let reply = served.evaluations(format!(r#"{{"evaluations":[{good},{bad},{good}]}}"#));
        assert_eq!(reply.decisions(), [true, false, true], "{bad}");
        let error = &reply.json()["evaluations"][1]["context"]["error"];
        assert_eq!(error["status"], 400);
        assert!(error["message"].as_str().unwrap().contains(": send "), "{error}");
        let alone = served.evaluations(format!(r#"{{"evaluations":[{bad}]}}"#));
        assert_eq!(alone.decisions(), [false], "{bad}");
    }
}

#[test]
fn a_bad_batch_is_refused_whole() {
    let served = Served::start();
    for evaluations in ["{}", "{\"a\":1}", "\"text\"", "1", "true"] {
        let message =
            served.evaluations(format!(r#"{{"evaluations":{evaluations}}}"#)).refusal(400);
        assert!(message.starts_with("`evaluations` has the wrong type"), "{message}");
    }
    for body in [
        r#"{"evaluations":[{}],"evaluations":[{}]}"#,
        r#"{"evaluations":[{"subject":{"id":"a","id":"b"}}]}"#,
        r#"{"evaluations":[{},]}"#,
        r#"{"evaluations":[{"subject":{"id":"a"}"#,
        r#"[{"evaluations":[]}]"#,
    ] {
        served.evaluations(body).refusal(400);
    }
}

#[test]
fn it_stops_after_the_first_denial_if_told_to() {
    let served = Served::start();
    let stop =
        |list: &[&str]| served.evaluations(actions(Some("deny_on_first_deny"), list)).decisions();
    assert_eq!(stop(&[NO, YES, YES]), [false]);
    assert_eq!(stop(&[YES, NO, YES]), [true, false]);
    assert_eq!(stop(&[YES, YES, YES, YES]), [true; 4]);
    for length in 0..12 {
        let mut list = vec![YES; 12];
        list[length] = NO;
        let mut expected = vec![true; length];
        expected.push(false);
        assert_eq!(stop(&list), expected);
    }
}

#[test]
fn an_error_counts_as_a_denial() {
    let served = Served::start();
    let body = |semantic: &str| {
        let good = request("ann", "records.edit");
        format!(
            r#"{{"options":{{"evaluations_semantic":"{semantic}"}},"evaluations":[{good},{{}},{good}]}}"#
        )
    };
    assert_eq!(served.evaluations(body("deny_on_first_deny")).decisions(), [true, false]);
    assert_eq!(served.evaluations(body("permit_on_first_permit")).decisions(), [true]);
}

#[test]
fn it_stops_after_the_first_permit_if_told_to() {
    let served = Served::start();
    let stop = |list: &[&str]| {
        served.evaluations(actions(Some("permit_on_first_permit"), list)).decisions()
    };
    assert_eq!(stop(&[YES, NO]), [true]);
    assert_eq!(stop(&[NO, NO, YES, NO]), [false, false, true]);
    assert_eq!(stop(&[NO, NO, NO]), [false; 3]);
}

#[test]
fn options_that_nobody_knows_are_ignored_and_unknown_semantics_are_not() {
    let served = Served::start();
    let body = |options: Value| {
        let mut body: Value = serde_json::from_str(&actions(None, &[YES, NO])).unwrap();
        body["options"] = options;
        body.to_string()
    };
    for good in [
        json!(null),
        json!({}),
        json!({"speed": "high", "x": [1]}),
        json!({"evaluations_semantic": null}),
    ] {
        assert_eq!(served.evaluations(body(good)).decisions(), [true, false]);
    }
    for bad in [
        json!({"evaluations_semantic": "execute_some"}),
        json!({"evaluations_semantic": "Execute_All"}),
        json!({"evaluations_semantic": ""}),
        json!({"evaluations_semantic": 1}),
        json!("execute_all"),
        json!([]),
    ] {
        let message = served.evaluations(body(bad)).refusal(400);
        assert!(message.contains("options"), "{message}");
    }
}

#[test]
fn a_batch_has_a_limit() {
    let served = Served::with(&["acme"], |config| config.batch_items = 5);
    assert_eq!(served.evaluations(actions(None, &[YES; 5])).decisions(), [true; 5]);
    let message = served.evaluations(actions(None, &[YES; 6])).refusal(400);
    assert!(message.contains("more than 5 items in `evaluations`"), "{message}");
}

#[test]
fn a_batch_of_a_thousand_is_answered_whole() {
    let served = Served::start();
    let list = |n: usize| if n.is_multiple_of(3) { NO } else { YES };
    let asked: Vec<_> = (0..1000).map(list).collect();
    let expected: Vec<_> = asked.iter().map(|action| *action == YES).collect();
    assert_eq!(served.evaluations(actions(None, &asked)).decisions(), expected);
    served.evaluations(actions(None, &[YES; 1001])).refusal(400);
}

#[test]
fn the_same_ids_with_other_properties_are_other_questions() {
    let served = Served::start();
    let item = |owner: &str| json!({"resource": {"type": "record", "id": "r1", "properties": {"owner": owner}}});
    let body = json!({
        "subject": {"type": "user", "id": "ann"},
        "action": {"name": "records.edit"},
        "evaluations": [item("ann"), item("bob"), item("ann"), item("bob")],
    });
    assert_eq!(served.evaluations(body.to_string()).decisions(), [true, false, true, false]);
    let item = |level: i64| json!({"resource": {"type": "lead", "id": "r1", "properties": {"level": level}}});
    let body = json!({
        "subject": {"type": "user", "id": "bob"},
        "action": {"name": "scored.view"},
        "evaluations": [item(0), item(1), item(0), item(2)],
    });
    assert_eq!(served.evaluations(body.to_string()).decisions(), [false, true, false, true]);
}

#[test]
fn a_family_is_asked_once_for_a_whole_batch() {
    let served = Served::start();
    let items: Vec<Value> = (0..50)
        .map(|n| json!({"resource": {"type": "lead", "id": n.to_string(), "properties": {"level": n}}}))
        .collect();
    let body = json!({
        "subject": {"type": "user", "id": "bob"},
        "action": {"name": "scored.view"},
        "evaluations": items,
    });
    let decisions = served.evaluations(body.to_string()).decisions();
    assert_eq!(decisions.iter().filter(|decision| **decision).count(), 49);
    assert_eq!(served.probe.calls.load(Ordering::SeqCst), 1);
}

#[test]
fn identical_batches_have_identical_bodies() {
    let served = Served::start();
    let body = actions(None, &[YES, NO, "records.fly", "records.view"]);
    let first = served.evaluations(&body);
    for _ in 0..3 {
        assert_eq!(served.evaluations(&body).body, first.body);
    }
}
