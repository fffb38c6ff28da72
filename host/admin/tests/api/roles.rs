//! Roles, from being made to being gone.

use super::support::{Server, on_both};
use reqwest::Method;
use serde_json::json;

const ROLES: &str = "/tenants/acme/roles";

fn at(path: &str) -> String {
    format!("{ROLES}{path}")
}

on_both! {
    a_role_is_created_read_edited_and_deleted,
    the_products_roles_are_listed_with_the_tenants_own,
    a_standard_role_is_edited_from_its_first_state_on,
    the_owners_role_is_protected,
    a_role_that_is_held_goes_only_with_its_holders_moved,
    nobody_hands_out_more_than_they_hold,
}

async fn a_role_is_created_read_edited_and_deleted(server: Server) {
    let role = json!({"id": "qa/lead", "label": "QA", "grants": [
        {"permission": "conversations.view_list", "scope": "all"}]});
    let made = server.post(ROLES).body(role.clone()).send().await.is(201);
    assert_eq!(made.header("location"), "/admin/v1/tenants/acme/roles/qa%2Flead");
    let read = server.get(&at("/qa%2Flead")).send().await.is(200);
    assert_eq!(read.body["document"]["label"], "QA");
    assert_eq!(read.body["standard"], false);
    assert_eq!(read.etag(), format!("\"{}\"", made.body["revision"]));
    assert_eq!(read.header("permesso-revision"), made.header("permesso-revision"));

    let mut other = role.clone();
    other["label"] = json!("Quality");
    server.put(&at("/qa%2Flead")).body(other.clone()).send().await.refused(428, "unconditional");
    let put = server.put(&at("/qa%2Flead")).if_match(&read.etag()).body(other.clone());
    let put = put.send().await.is(200);
    let stale = server.put(&at("/qa%2Flead")).if_match(&read.etag()).body(role.clone());
    let problem = stale.send().await.refused(412, "precondition-failed");
    assert_eq!(problem["conflict"]["revision"], put.body["revision"]);
    assert_eq!(problem["conflict"]["operation"], "role.update");
    assert!(problem["conflict"]["actor"].as_str().unwrap().starts_with("key:"));

    server.post(ROLES).body(role.clone()).send().await.refused(409, "exists");
    let new = server.put(&at("/qa%2Flead")).header("if-none-match", "*").body(role);
    new.send().await.refused(409, "exists");
    server.delete(&at("/qa%2Flead")).send().await.refused(428, "unconditional");
    server.delete(&at("/qa%2Flead")).if_match("*").send().await.is(200);
    server.get(&at("/qa%2Flead")).send().await.refused(404, "not-found");
}

async fn the_products_roles_are_listed_with_the_tenants_own(server: Server) {
    server
        .post(&at("/agent/duplicate"))
        .body(json!({"id": "night", "label": "Night"}))
        .send()
        .await
        .is(201);
    server.user("acme", "bob", &["night"]).await;
    let first = server.get(&at("?limit=2")).send().await.is(200);
    assert_eq!(first.body["items"].as_array().unwrap().len(), 2);
    let after = first.body["next"].as_str().unwrap();
    let rest = server.get(&at(&format!("?after={after}&limit=100"))).send().await.is(200);
    assert!(rest.body.get("next").is_none());
    let all = server.get(ROLES).send().await.is(200);
    let ids = |of: &serde_json::Value| -> Vec<String> {
        let items = of["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    };
    let mut both = ids(&first.body);
    both.extend(ids(&rest.body));
    assert_eq!(both, ids(&all.body));
    let one = |id: &str| {
        all.body["items"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap().clone()
    };
    assert_eq!(one("owner")["standard"], true);
    assert_eq!(one("owner")["usage"], json!({"listed": 1, "taking_part": 1}));
    assert_eq!(one("night")["standard"], false);
    assert_eq!(one("night")["document"]["duplicate_of"], "agent");
    assert_eq!(one("night")["usage"]["taking_part"], 1);
}

async fn a_standard_role_is_edited_from_its_first_state_on(server: Server) {
    let read = server.get(&at("/agent")).send().await.is(200);
    assert_eq!(read.etag(), "\"0\"");
    let selected = server
        .post(&at("/agent/select"))
        .if_match("\"0\"")
        .body(json!({"category": "contacts", "scope": "all"}))
        .send()
        .await
        .is(200);
    assert!(selected.body["added"].as_array().unwrap().iter().any(|it| it == "contacts.delete"));
    let again = server
        .post(&at("/agent/select"))
        .if_match("\"0\"")
        .body(json!({"category": "contacts", "scope": "all"}));
    again.send().await.refused(412, "precondition-failed");
    let read = server.get(&at("/agent")).send().await.is(200);
    assert_eq!(read.body["standard"], true);
    assert_eq!(read.body["revision"], selected.body["revision"]);
    // Whatever it is, it is there.
    let any = server.post(&at("/team_lead/select")).if_match("*");
    any.body(json!({"category": "contacts", "scope": "all"})).send().await.is(200);
    server
        .post(&at("/agent/select"))
        .if_match("*")
        .body(json!({"category": "nothing", "scope": "all"}))
        .send()
        .await
        .refused(422, "invalid");
}

async fn the_owners_role_is_protected(server: Server) {
    let key = server.key("acme", &["read", "write"], &["permesso.administrator", "owner"]).await;
    for asked in [&server.root, &key] {
        let role = json!({"id": "owner", "grants": []});
        let put = server.ask(asked, Method::PUT, &at("/owner")).if_match("\"0\"").body(role);
        let status = put.send().await.status;
        assert!([403, 422].contains(&status), "{status}");
    }
    let delete = server.delete(&at("/owner")).if_match("\"0\"").send().await;
    assert_eq!(delete.refused(409, "standard-role")["code"], "standard-role");
}

async fn a_role_that_is_held_goes_only_with_its_holders_moved(server: Server) {
    server.post(&at("/agent/duplicate")).body(json!({"id": "night"})).send().await.is(201);
    for user in ["bob", "eve", "kim"] {
        server.user("acme", user, &["night"]).await;
    }
    let usage = server.get(&at("/night/usage")).send().await.is(200);
    assert_eq!(usage.body, json!({"listed": 3, "taking_part": 3}));
    let holders = server.get(&at("/night/holders?limit=2")).send().await.is(200);
    assert_eq!(holders.body["next"], "eve");
    let rest = server.get(&at("/night/holders?after=eve")).send().await.is(200);
    assert_eq!(rest.body["items"][0]["id"], "kim");
    let problem = server.delete(&at("/night")).if_match("*").send().await.refused(409, "in-use");
    assert_eq!(problem["users"], 3);
    let moved = server.delete(&at("/night?move_to=agent")).if_match("*").send().await.is(200);
    assert_eq!(moved.body["moved"], 3);
    let bob = server.get("/tenants/acme/users/bob").send().await.is(200);
    assert_eq!(bob.body["document"]["roles"], json!(["agent"]));
}

async fn nobody_hands_out_more_than_they_hold(server: Server) {
    server.user("acme", "bob", &["agent"]).await;
    // The product's own rights to administer, and the administration's for what it has none for.
    let people = json!({"id": "people", "grants": [
        {"category": "users", "scope": "all"},
        {"permission": "settings.roles", "scope": "all"},
        {"permission": "settings.integrations", "scope": "all"},
    ]});
    server.post(ROLES).body(people).send().await.is(201);
    let roles = ["permesso.administrator", "people", "reader"];
    let key = server.key("acme", &["read", "write"], &roles).await;
    let ask = |method, path: &str| server.ask(&key, method, path);
    let more = json!({"id": "more", "grants": [{"permission": "contacts.delete", "scope": "all"}]});
    let denied = [
        ask(Method::POST, ROLES).body(more.clone()),
        ask(Method::PUT, "/tenants/acme/users/bob/roles").body(json!({"roles": ["owner"]})),
        ask(Method::PUT, "/tenants/acme/users/bob/grants").body(json!({"grants": more["grants"]})),
        ask(Method::POST, "/tenants/acme/policies").body(more.clone()),
        ask(Method::POST, "/tenants/acme/users")
            .body(json!({"user": {"id": "x", "roles": ["owner"]}})),
        ask(Method::POST, "/tenants/acme/users")
            .body(json!({"user": {"id": "x"}, "same_as": "ann"})),
        ask(Method::POST, "/tenants/acme/keys")
            .body(json!({"label": "k", "verbs": ["read"], "roles": ["owner"]})),
        ask(Method::POST, "/tenants/acme/users/ann/deactivate"),
    ];
    for request in denied {
        let problem = request.send().await.refused(403, "denied");
        assert_eq!(problem["reason"], "guard", "{problem}");
    }
    let less = json!({"id": "less", "grants": [{"permission": "contacts.view", "scope": "all"}]});
    ask(Method::POST, ROLES).body(less).send().await.is(201);
    ask(Method::POST, "/tenants/acme/users")
        .body(json!({"user": {"id": "x", "roles": ["less"]}}))
        .send()
        .await
        .is(201);
}
