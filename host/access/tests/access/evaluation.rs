//! One question at a time: what is decided, what is refused, and in which words.

use super::support::{Served, read, request, tenant, write};
use permesso_access::MAX_DEPTH;

#[test]
fn an_allow_is_short() {
    let served = Served::start();
    let reply = served.evaluate(request("ann", "records.edit"));
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.body,
        r#"{"decision":true,"context":{"reason":{"code":"granted"},"revision":7}}"#
    );
}

#[test]
fn a_denial_says_why() {
    let served = Served::start();
    let reply = served.evaluate(request("bob", "records.edit"));
    assert_eq!(
        reply.body,
        r#"{"decision":false,"context":{"reason":{"code":"not-granted","message":"no role, policy or other source grants it"},"revision":7}}"#
    );
}

#[test]
fn obligations_travel_with_an_allow() {
    let served = Served::start();
    let reply = served.evaluate(request("ann", "records.view"));
    assert_eq!(reply.decisions(), [true]);
    assert_eq!(
        reply.json()["context"]["obligations"],
        serde_json::json!([
            {"code": "redact", "values": ["subject", "body"], "source": "privacy.redact"}
        ])
    );
    let reply = served.evaluate(request("bob", "records.view"));
    assert!(reply.json()["context"].get("obligations").is_none());
}

#[test]
fn the_reason_of_a_family_is_passed_on() {
    let served = Served::start();
    let reply = served.evaluate(
        r#"{"subject":{"type":"user","id":"bob"},"action":{"name":"scored.view"},
            "resource":{"type":"lead","id":"1","properties":{"level":0}}}"#,
    );
    assert_eq!(
        reply.json()["context"]["reason"],
        serde_json::json!(
            {"code": "family-forbids", "detail": "low", "message": "the level is too low"}
        )
    );
}

#[test]
fn what_is_unknown_is_denied_and_not_refused() {
    let served = Served::start();
    for (subject, action, code) in
        [("nobody", "records.view", "unknown-subject"), ("ann", "records.fly", "unknown-action")]
    {
        let reply = served.evaluate(request(subject, action));
        assert_eq!(reply.decisions(), [false]);
        assert_eq!(reply.reason(), code);
    }
    let planet = request("bob", "records.edit").replace(r#""type":"record""#, r#""type":"planet""#);
    assert_eq!(served.evaluate(planet).decisions(), [false]);
}

#[test]
fn only_users_are_subjects() {
    let served = Served::start();
    let robot = request("ann", "records.edit").replace(r#""type":"user""#, r#""type":"robot""#);
    let reply = served.evaluate(robot);
    assert_eq!(reply.decisions(), [false]);
    assert_eq!(reply.reason(), "unknown-subject-type");
    assert_eq!(reply.json()["context"]["revision"], 7);
}

#[test]
fn whoever_asks_anonymously_holds_the_role_of_a_visitor_whatever_id_it_bears() {
    let served = Served::start();
    let ask = |subject: &str, action: &str| {
        let body = request("ID", action).replace(r#"{"type":"user","id":"ID"}"#, subject);
        served.evaluate(body)
    };
    for subject in [
        r#"{"type":"anonymous","id":"kiosk"}"#,
        r#"{"type":"anonymous","id":"anonymous"}"#,
        // Not what `ann` holds, and not the properties that somebody claims.
        r#"{"type":"anonymous","id":"ann"}"#,
        r#"{"type":"anonymous","id":"x","properties":{"roles":["editor"],"owner":true}}"#,
    ] {
        assert_eq!(ask(subject, "records.view").decisions(), [true], "{subject}");
        for action in ["records.edit", "records.delete", "records.fly"] {
            let reply = ask(subject, action);
            assert_eq!(reply.decisions(), [false], "{subject} {action}");
        }
    }
    // A user whom nobody knows is not anonymous.
    assert_eq!(
        ask(r#"{"type":"user","id":"anonymous"}"#, "records.view").reason(),
        "unknown-subject"
    );
    // It needs an id as everybody does, and may stand in a batch beside others.
    ask(r#"{"type":"anonymous"}"#, "records.view").refusal(400);
    let body = r#"{"subject":{"type":"anonymous","id":"k"},"action":{"name":"records.edit"},
                   "resource":{"type":"record","id":"r1","properties":{"owner":"ann"}},
                   "evaluations":[{},{"action":{"name":"records.view"}},
                                  {"subject":{"type":"user","id":"ann"}}]}"#;
    assert_eq!(served.evaluations(body).decisions(), [false, true, true]);
}

#[test]
fn a_caller_is_not_believed_about_the_subject() {
    let served = Served::start();
    for claimed in [r#"{"roles":["editor"]}"#, r#"{"owner":true,"status":"active"}"#] {
        let body = request("bob", "records.edit")
            .replace(r#""id":"bob""#, &format!(r#""id":"bob","properties":{claimed}"#));
        assert_eq!(served.evaluate(body).decisions(), [false]);
    }
    let body = request("ann", "records.edit")
        .replace(r#""id":"ann""#, r#""id":"ann","properties":{"status":"deleted"}"#);
    assert_eq!(served.evaluate(body).decisions(), [true]);
}

#[test]
fn unknown_members_change_nothing_at_any_level() {
    let served = Served::start();
    let plain = served.evaluate(request("ann", "records.edit"));
    let noted = served.evaluate(
        r#"{"_note":{"a":[1,{"b":null}]},"subject":{"_note":"x","type":"user","id":"ann","name":5},
            "action":{"type":7,"id":[],"name":"records.edit","properties":{"x":[1.5e3,true]}},
            "resource":{"_note":false,"type":"record","id":"r1",
                        "properties":{"owner":"ann","colour":"red","n":null}},
            "context":{"weather":"fair"},"evaluations":"not here","options":3,"page":{}}"#,
    );
    assert_eq!(plain.body, noted.body);
}

#[test]
fn null_inside_of_a_member_counts_as_absent() {
    let served = Served::start();
    let body = r#"{"subject":{"type":"user","id":"ann","properties":null},
                   "action":{"name":"records.delete","properties":null},
                   "resource":{"type":"record","id":"r1","properties":null}}"#;
    assert_eq!(served.evaluate(body).decisions(), [true]);
    let refusal = served.evaluate(body.replace(r#""id":"ann""#, r#""id":null"#)).refusal(400);
    assert_eq!(
        refusal,
        "`subject.id` is null, which is not the same as left out: send it as a text that is not empty"
    );
}

#[test]
fn null_is_neither_a_member_nor_one_left_out() {
    let served = Served::start();
    let good: serde_json::Value = serde_json::from_str(&request("ann", "records.edit")).unwrap();
    for member in ["subject", "action", "resource", "context"] {
        let mut body = good.clone();
        body[member] = serde_json::Value::Null;
        let told = served.evaluate(body.to_string()).refusal(400);
        assert!(told.starts_with(&format!("`{member}` is null")), "{told}");
    }
}

#[test]
fn escapes_mean_what_they_stand_for() {
    let served = Served::start();
    let body = r#"{"\u0073ubject":{"type":"us\u0065r","id":"zo\u00eb"},
                   "action":{"name":"records\u002eedit"},
                   "resource":{"type":"record","id":"r1","properties":{"own\u0065r":"zoë"}}}"#;
    assert_eq!(served.evaluate(body).decisions(), [true]);
}

#[test]
fn a_missing_empty_or_ill_typed_member_is_refused_with_advice() {
    let served = Served::start();
    let body = request("ann", "records.edit");
    for (there, instead, refusal) in [
        (r#""subject":{"type":"user","id":"ann"},"#, "", "`subject` is missing"),
        (r#"{"type":"user","id":"ann"}"#, "null", "`subject` is null"),
        (r#"{"type":"user","id":"ann"}"#, r#""ann""#, "`subject` has the wrong type"),
        (r#"{"type":"user","id":"ann"}"#, "[]", "`subject` has the wrong type"),
        (r#"{"type":"user","id":"ann"}"#, "{}", "`subject.type` is missing"),
        (r#""type":"user","#, "", "`subject.type` is missing"),
        (r#""type":"user""#, r#""type":"""#, "`subject.type` is empty"),
        (r#""type":"user""#, r#""type":{}"#, "`subject.type` has the wrong type"),
        (r#","id":"ann""#, "", "`subject.id` is missing"),
        (r#""id":"ann""#, r#""id":"""#, "`subject.id` is empty"),
        (r#""id":"ann""#, r#""id":17"#, "`subject.id` has the wrong type"),
        (r#""id":"ann""#, r#""id":"ann","properties":1"#, "`subject.properties` has the wrong"),
        (r#""action":{"name":"records.edit"},"#, "", "`action` is missing"),
        (r#"{"name":"records.edit"}"#, "{}", "`action.name` is missing"),
        (r#""name":"records.edit""#, r#""name":"""#, "`action.name` is empty"),
        (r#""name":"records.edit""#, r#""name":1.5"#, "`action.name` has the wrong type"),
        (r#""name":"records.edit""#, r#""name":"x","properties":[]"#, "`action.properties` has"),
        (r#"{"type":"record","#, "{", "`resource.type` is missing"),
        (r#""type":"record""#, r#""type":"""#, "`resource.type` is empty"),
        (r#""type":"record""#, r#""type":true"#, "`resource.type` has the wrong type"),
        (r#""id":"r1","#, "", "`resource.id` is missing"),
        (r#""id":"r1""#, r#""id":"""#, "`resource.id` is empty"),
        (r#""id":"r1""#, r#""id":-1"#, "`resource.id` has the wrong type"),
        (r#"{"owner":"ann"}"#, "[1]", "`resource.properties` has the wrong type"),
        (r#"{"subject""#, r#"{"context":"x","subject""#, "`context` has the wrong type"),
    ] {
        assert!(body.contains(there), "{there}");
        let message = served.evaluate(body.replacen(there, instead, 1)).refusal(400);
        assert!(message.starts_with(refusal) && message.contains(": send "), "{message}");
    }
    let message = served.evaluate("{}").refusal(400);
    assert!(message.starts_with("`subject` is missing"), "{message}");
}

#[test]
fn what_is_no_json_object_is_refused() {
    let served = Served::start();
    for body in [
        &b"[]"[..],
        b"\"text\"",
        b"3",
        b"null",
        b"{",
        b"{\"subject\":}",
        b"{} {}",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b"{'subject':1}",
        b"{\"a\":NaN}",
        b"{\"a\":1e999}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\n\"}",
        b"subject=ann",
    ] {
        let message = served.evaluate(body).refusal(400);
        assert!(message.starts_with("the body cannot be read: send one JSON object"), "{message}");
    }
    let message = served.evaluate("").refusal(400);
    assert!(message.starts_with("the body is empty: send"), "{message}");
}

#[test]
fn a_member_that_occurs_twice_is_refused_wherever_it_stands() {
    let served = Served::start();
    let body = request("ann", "records.edit");
    for (there, instead) in [
        (r#"{"subject""#, r#"{"subject":null,"subject""#),
        (r#"{"subject""#, r#"{"context":{},"context":{},"subject""#),
        (r#"{"subject""#, r#"{"_note":1,"_note":2,"subject""#),
        (r#"{"subject""#, r#"{"_note":[{"a":1,"a":2}],"subject""#),
        (r#""id":"ann""#, r#""id":"bob","id":"ann""#),
        (r#""id":"ann""#, r#""id":"bob","\u0069d":"ann""#),
        (r#""id":"ann""#, r#""id":"ann","x":1,"x":1"#),
        (r#""type":"user""#, r#""type":"user","type":"user""#),
        (r#""name":"#, r#""name":"records.view","name":"#),
        (r#""owner":"#, r#""owner":"bob","owner":"#),
        (r#""owner":"#, r#""address":{"city":1,"city":2},"owner":"#),
        (r#""properties":"#, r#""properties":null,"properties":"#),
    ] {
        assert!(body.contains(there), "{there}");
        let message = served.evaluate(body.replacen(there, instead, 1)).refusal(400);
        assert!(message.contains("duplicate member"), "{message}");
    }
}

#[test]
fn values_nest_so_deep_and_no_deeper() {
    let served = Served::start();
    let nested = |open: &str, close: &str, depth: usize| {
        format!("{}{}", open.repeat(depth), close.repeat(depth))
    };
    let max = MAX_DEPTH;
    let places = [
        (r#"{"subject""#, r#"{"_note":N,"subject""#, 0),
        (r#"{"subject""#, r#"{"context":{"x":N},"subject""#, 1),
        (r#""owner":"#, r#""x":N,"owner":"#, 1),
        (r#""id":"ann""#, r#""id":"ann","properties":{"x":N}"#, 1),
    ];
    for (there, instead, around) in places {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let body = |depth| {
                let value = match open {
                    "[" => nested(open, close, depth),
                    _ => format!("{}1{}", open.repeat(depth), close.repeat(depth)),
                };
                request("ann", "records.edit").replacen(there, &instead.replace('N', &value), 1)
            };
            assert_eq!(served.evaluate(body(max - around)).decisions(), [true], "{instead}");
            let message = served.evaluate(body(max - around + 1)).refusal(400);
            assert!(message.contains("nested deeper than 32 levels"), "{message}");
            served.evaluate(body(100_000)).refusal(400);
        }
    }
}

#[test]
fn floods_of_members_are_refused() {
    let served = Served::start();
    let many =
        |count: usize| (0..count).map(|n| format!(r#""m{n}":0"#)).collect::<Vec<_>>().join(",");
    let body = |members: String| format!(r#"{{{members},{}"#, &request("ann", "records.edit")[1..]);
    assert_eq!(served.evaluate(body(many(64))).decisions(), [true]);
    let message = served.evaluate(body(many(65))).refusal(400);
    assert!(message.contains("more than 64 unknown members"), "{message}");
    let context = |count| body(format!(r#""context":{{{}}}"#, many(count)));
    assert_eq!(served.evaluate(context(256)).decisions(), [true]);
    served.evaluate(context(257)).refusal(400);
}

#[test]
fn identical_requests_have_identical_bodies() {
    let served = Served::start();
    for body in [
        request("ann", "records.view"),
        request("bob", "records.edit"),
        request("nobody", "records.edit"),
        "{}".to_owned(),
    ] {
        let first = served.evaluate(&body);
        for _ in 0..3 {
            let again = served.evaluate(&body);
            assert_eq!((first.status, &first.body), (again.status, &again.body));
        }
    }
}

#[test]
fn a_new_policy_holds_from_the_next_request_on() {
    let served = Served::start();
    assert_eq!(served.evaluate(request("ann", "records.edit")).json()["context"]["revision"], 7);
    served.authorizer.install(tenant("acme", 8, &served.probe));
    assert_eq!(served.evaluate(request("ann", "records.edit")).json()["context"]["revision"], 8);
}

#[test]
fn no_slip_of_one_byte_turns_a_denial_into_an_allow_or_an_error_of_the_server() {
    let served = Served::start();
    let mut stream = served.connect();
    let body = request("bob", "records.edit").into_bytes();
    let headers = "content-type: application/json\r\n";
    for place in 0..body.len() {
        for byte in [None, Some(b'"'), Some(b'{'), Some(b']'), Some(b','), Some(b'\\'), Some(0xc3)]
        {
            let mut slipped = body.clone();
            slipped.splice(place..=place, byte);
            write(&mut stream, "POST", "/access/v1/evaluation", headers, &slipped);
            let reply = read(&mut stream);
            match reply.status {
                200 => assert_eq!(reply.decisions(), [false]),
                _ => drop(reply.refusal(400)),
            }
        }
    }
}
