//! Users, invitations, delegations and seats.

use super::support::{Server, on_both};
use reqwest::Method;
use serde_json::json;

const USERS: &str = "/tenants/acme/users";

fn at(path: &str) -> String {
    format!("{USERS}{path}")
}

on_both! {
    an_invitation_is_accepted_once_and_an_old_link_is_dead,
    whoever_has_the_link_accepts_with_any_key_that_may_write,
    a_user_is_edited_found_deactivated_and_deleted,
    there_is_always_somebody_left_to_edit_roles,
}

async fn an_invitation_is_accepted_once_and_an_old_link_is_dead(server: Server) {
    let invitee = json!({"user": {"id": "bob", "name": "Bob", "roles": ["agent"]}, "days": 3});
    let sent = server.post(USERS).body(invitee.clone()).send().await.is(201);
    assert_eq!(sent.header("location"), "/admin/v1/tenants/acme/users/bob");
    let read = server.get(&at("/bob")).send().await.is(200);
    assert_eq!(read.body["invitation"]["state"], "pending");
    assert_eq!(read.body["invitation"]["times"], 1);
    assert!(read.body["invitation"].get("token").is_none());
    assert_eq!(server.get("/tenants/acme/seats").send().await.body["pending"], 1);
    server.post(USERS).body(invitee).send().await.refused(409, "exists");
    let again = server.post(&at("/bob/resend")).send().await.is(200);
    let accept =
        |token: &serde_json::Value| server.post(&at("/bob/accept")).body(json!({"token": token}));
    let wrong = accept(&sent.body["token"]).send().await.refused(403, "denied");
    assert_eq!(wrong["reason"], "wrong-token");
    accept(&again.body["token"]).send().await.is(200);
    accept(&again.body["token"]).send().await.refused(403, "denied");
    let read = server.get(&at("/bob")).send().await.is(200);
    assert_eq!(read.body["invitation"], json!({"state": "accepted"}));
    server.post(&at("/bob/resend")).send().await.refused(409, "wrong-state");
    let seats = server.get("/tenants/acme/seats").send().await.is(200);
    assert_eq!(seats.body, json!({"active": 2, "pending": 0, "inactive": 0, "total": 2}));
}

async fn whoever_has_the_link_accepts_with_any_key_that_may_write(server: Server) {
    let sent = server.post(USERS).body(json!({"user": {"id": "bob"}})).send().await.is(201);
    let body = json!({"token": sent.body["token"]});
    let (reads, writes) =
        (server.key("acme", &["read"], &[]).await, server.key("acme", &["write"], &[]).await);
    let accept = |key: &str| server.ask(key, Method::POST, &at("/bob/accept")).body(body.clone());
    accept("").send().await.refused(401, "unauthenticated");
    assert_eq!(accept(&reads).send().await.refused(403, "denied")["reason"], "verb");
    accept(&writes).send().await.is(200);
}

async fn a_user_is_edited_found_deactivated_and_deleted(server: Server) {
    server
        .put("/tenants/acme/teams/US%2FSouth")
        .header("if-none-match", "*")
        .body(json!({}))
        .send()
        .await
        .is(201);
    server.user("acme", "bob", &["agent"]).await;
    let read = server.get(&at("/bob")).send().await.is(200);
    let user = json!({"id": "bob", "roles": ["agent"], "teams": ["US/South"], "tags": ["vip"]});
    server.put(&at("/bob")).body(user.clone()).send().await.refused(428, "unconditional");
    server.put(&at("/bob")).if_match(&read.etag()).body(user.clone()).send().await.is(200);
    let late = server.put(&at("/bob")).if_match(&read.etag()).body(user);
    assert_eq!(
        late.send().await.refused(412, "precondition-failed")["conflict"]["operation"],
        "user.update"
    );
    for filter in ["team=US%2FSouth", "tag=vip", "role=agent", "status=active&after=ann"] {
        let found = server.get(&at(&format!("?{filter}"))).send().await.is(200);
        assert_eq!(found.body["items"].as_array().unwrap().len(), 1, "{filter}");
        assert_eq!(found.body["items"][0]["id"], "bob", "{filter}");
    }
    server.get(&at("?team=a&tag=b")).send().await.refused(400, "bad-request");
    server.put(&at("/bob/roles")).body(json!({"roles": ["reader"]})).send().await.is(200);
    let grants = json!({"grants": [{"permission": "contacts.edit", "scope": "all",
        "valid_from": "2026-07-01", "valid_until": "2033-05-18T05:33:20+02:00"}]});
    server.put(&at("/bob/grants")).body(grants).send().await.is(200);
    let read = server.get(&at("/bob")).send().await.is(200);
    assert_eq!(read.body["document"]["grants"][0]["valid_from"], "2026-07-01T00:00:00Z");
    assert_eq!(read.body["document"]["grants"][0]["valid_until"], "2033-05-18T03:33:20Z");
    let number = json!({"grants": [{"permission": "contacts.edit", "scope": "all",
        "valid_until": 1_767_225_600}]});
    let refused = server.put(&at("/bob/grants")).body(number).send().await;
    let refused = refused.refused(422, "invalid");
    let told = refused["diagnostics"][0]["message"].as_str().unwrap();
    assert!(told.contains("is a number and no date; write a date such as 2026-12-31"), "{told}");
    assert!(told.contains("2026-01-01T00:00:00Z"), "{told}");
    server.post(&at("/bob/deactivate")).send().await.is(200);
    assert_eq!(server.get("/tenants/acme/seats").send().await.body["inactive"], 1);
    server.post(&at("/bob/reactivate")).send().await.is(200);
    server
        .delete(&at("/bob"))
        .if_match(&read.etag())
        .send()
        .await
        .refused(412, "precondition-failed");
    server.delete(&at("/bob")).send().await.is(200);
    let read = server.get(&at("/bob")).send().await.is(200);
    assert_eq!(read.body["document"]["status"], "deleted");
    server.post(&at("/bob/reactivate")).send().await.refused(409, "wrong-state");
    server.get(&at("/nobody")).send().await.refused(404, "not-found");
}

async fn there_is_always_somebody_left_to_edit_roles(server: Server) {
    server.user("acme", "bob", &["owner"]).await;
    server.post(&at("/ann/deactivate")).send().await.is(200);
    for refused in [
        server.post(&at("/bob/deactivate")),
        server.delete(&at("/bob")),
        server.put(&at("/bob/roles")).body(json!({"roles": ["agent"]})),
    ] {
        let said = refused.send().await;
        assert_eq!(said.status, 409, "{}", said.text);
        let code = said.body["code"].as_str().unwrap();
        assert!(["last-holder", "last-administrator"].contains(&code), "{code}");
    }
}

#[tokio::test]
async fn one_user_lets_another_act_for_them() {
    let server = Server::start().await;
    server.tenant("acme", "cloze").await;
    server.user("acme", "bob", &["member"]).await;
    let lent = "delegate.read_everything";
    let body =
        json!({"id": "d/1", "document": {"from": "ann", "to": "bob", "permissions": [lent]}});
    let path = "/tenants/acme/delegations";
    let made = server.post(path).body(body.clone()).send().await.is(201);
    assert_eq!(made.header("location"), "/admin/v1/tenants/acme/delegations/d%2F1");
    server.post(path).body(body).send().await.refused(409, "exists");
    let read = server.get(&format!("{path}/d%2F1")).send().await.is(200);
    assert_eq!(read.body["document"]["to"], "bob");
    assert_eq!(server.get(path).send().await.body["items"][0]["id"], "d/1");
    server.delete(&format!("{path}/d%2F1")).send().await.is(200);
    server.get(&format!("{path}/d%2F1")).send().await.refused(404, "not-found");
    let nobody =
        json!({"id": "d", "document": {"from": "ann", "to": "zoe", "permissions": [lent]}});
    server.post(path).body(nobody).send().await.refused(404, "not-found");
}
