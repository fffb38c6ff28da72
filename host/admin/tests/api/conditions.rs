//! Conditions that are being written.

use super::support::Server;
use serde_json::{Value, json};

#[tokio::test]
async fn a_condition_is_checked_before_it_is_saved() {
    let server = Server::start().await;
    server.tenant("acme", "cloze").await;
    let check = |body: Value| server.post("/tenants/acme/conditions/check").body(body);
    let good = check(json!({"condition": "resource.deal_stage == \"won\"", "cases": [
        {"name": "won", "inputs": {"resource.deal_stage": "won"}, "expect": true},
        {"name": "lost", "inputs": {"resource.deal_stage": "lost"}, "expect": true}]}));
    let said = good.send().await.is(200).body;
    assert_eq!((&said["ok"], &said["reads"]), (&json!(false), &json!(["resource.deal_stage"])));
    assert_eq!(
        (&said["failed"][0]["index"], &said["failed"][0]["expected"]),
        (&json!(1), &json!(true))
    );
    let bad =
        check(json!({"condition": "true &&\n resource.stage == 1"})).send().await.is(200).body;
    assert_eq!(bad["ok"], false);
    let lines: Vec<u64> = bad["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["line"].as_u64().unwrap())
        .collect();
    assert!(lines.contains(&2), "{bad}");
    let before = server.revision("acme").await;
    server
        .post("/tenants/acme/roles/manager/duplicate")
        .body(json!({"id": "m"}))
        .send()
        .await
        .is(201);
    server.user("acme", "bob", &["m"]).await;
    let attach = check(
        json!({"condition": "resource.co_listed", "attach": {"kind": "role", "id": "m", "grant": 0}}),
    );
    let said = attach.send().await.is(200).body;
    assert_eq!((&said["ok"], &said["impact"]["totals"]["losing"]), (&json!(true), &json!(1)));
    check(json!({"condition": "resource.co_listed", "attach": {"kind": "role", "id": "m", "grant": 99}}))
        .send().await.refused(422, "invalid");
    check(json!({"condition": "resource.co_listed", "attach": {"kind": "program", "id": "none"}}))
        .send()
        .await
        .refused(404, "not-found");
    assert_eq!(server.revision("acme").await, before + 3, "nothing of it was written");
}

#[tokio::test]
async fn a_condition_is_checked_by_what_it_may_read_where_it_stands() {
    let server = Server::start().await;
    server.tenant("acme", "cloze").await;
    let check = async |body: Value| {
        let said = server.post("/tenants/acme/conditions/check").body(body).send().await;
        said.is(200).body
    };
    // Attributes of kinds and the kinds themselves are known as they are when it is saved.
    for condition in ["resource.field == \"stage\"", "resource.kind == \"pick_list_value\""] {
        assert_eq!(check(json!({"condition": condition})).await["ok"], true, "{condition}");
    }
    let said = check(json!({"condition": "resource.kind == \"pick_list_valve\""})).await;
    assert_eq!(said["ok"], false, "{said}");
    let said = check(json!({"condition": "!subject.holds(\"permesso.policy.read\")", "cases": [
        {"inputs": {"subject.holds.permesso.policy.read": false}, "expect": true}]}));
    let said = said.await;
    let reads = json!(["subject.holds.permesso.policy.read"]);
    assert_eq!((&said["ok"], &said["reads"]), (&json!(true), &reads), "{said}");
    let said = check(json!({"condition": "subject.holds(\"permesso.policy.reed\")"})).await;
    assert!(said.to_string().contains("did you mean `subject.holds("), "{said}");
    server
        .post("/tenants/acme/roles/manager/duplicate")
        .body(json!({"id": "m"}))
        .send()
        .await
        .is(201);
    let said = check(json!({
        "condition": "subject.holds(\"permesso.policy.read\")",
        "attach": {"kind": "role", "id": "m", "grant": 0},
    }));
    let said = said.await;
    assert_eq!(said["ok"], false, "{said}");
    assert!(said.to_string().contains("these cannot ask for it"), "{said}");
}
