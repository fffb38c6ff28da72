//! What is refused over HTTP, and in which words, where somebody reaches further than they may.

use super::support::{ATENDER, Server, on_both};
use reqwest::Method;
use serde_json::json;

on_both! {
    a_key_without_rights_is_told_one_thing_whatever_is_there,
    a_status_is_not_dropped_and_tags_are_not_ended_by_saying_nothing,
    a_catalog_keeps_the_roles_that_are_held_or_moves_their_holders,
    keys_of_the_platform_are_for_what_there_is_and_count_as_holders,
    with_a_user_go_their_delegations_in_both_directions,
}

async fn a_key_without_rights_is_told_one_thing_whatever_is_there(server: Server) {
    server.user("acme", "bob", &["agent"]).await;
    let key = server.key("acme", &["read", "write"], &[]).await;
    let asks = |path: &str, bodies: Vec<serde_json::Value>| {
        let mut asks = Vec::new();
        for body in bodies {
            for tag in ["*", "\"1\"", "\"7000\""] {
                asks.push(
                    server
                        .ask(&key, Method::PUT, &format!("/tenants/acme{path}"))
                        .if_match(tag)
                        .body(body.clone()),
                );
            }
        }
        asks
    };
    for (path, bodies) in [
        (
            "/users/bob/roles",
            vec![
                json!({"roles": ["agent"]}),
                json!({"roles": ["owner"]}),
                json!({"roles": ["agnet"]}),
            ],
        ),
        (
            "/users/bob",
            vec![
                json!({"id": "bob", "roles": ["agent"]}),
                json!({"id": "bob", "status": "inactive"}),
            ],
        ),
        (
            "/roles/night",
            vec![json!({"id": "night"}), json!({"id": "night", "parents": ["agnet"]})],
        ),
        ("/roles/agent", vec![json!({"id": "agent", "parents": ["agnet"]})]),
    ] {
        let mut told = Vec::new();
        for ask in asks(path, bodies) {
            told.push(ask.send().await.refused(403, "denied").to_string());
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{path}: {told:?}");
    }
    let post = async |body| {
        let ask = server.ask(&key, Method::POST, "/tenants/acme/roles").body(body);
        ask.send().await.refused(403, "denied").to_string()
    };
    let first = post(json!({"id": "agent"})).await;
    assert_eq!(post(json!({"id": "new"})).await, first);
    assert_eq!(post(json!({"id": "new", "parents": ["agnet"]})).await, first);
}

async fn a_status_is_not_dropped_and_tags_are_not_ended_by_saying_nothing(server: Server) {
    server.user("acme", "bob", &["agent"]).await;
    server.post("/tenants/acme/users/bob/deactivate").send().await.is(200);
    let put =
        async |body| server.put("/tenants/acme/users/bob").if_match("*").body(body).send().await;
    put(json!({"id": "bob", "name": "Bob", "roles": ["agent"]})).await.is(200);
    let read = server.get("/tenants/acme/users/bob").send().await.is(200);
    assert_eq!(
        (&read.body["document"]["status"], &read.body["document"]["name"]),
        (&json!("inactive"), &json!("Bob"))
    );
    put(read.body["document"].clone()).await.is(200);
    put(json!({"id": "bob", "status": "active"})).await.refused(422, "invalid");
    put(json!({"id": "bob", "status": "odd"})).await.refused(422, "invalid");

    let put = async |query: &str, tags| {
        let mut body = json!({"product": "atender"});
        if let Some(tags) = tags {
            body["tags"] = tags;
        }
        let path = format!("/tenants/acme{query}");
        server.put(&path).if_match("*").body(body).send().await
    };
    let tags = async || {
        let read = server.get("/tenants/acme").send().await.is(200);
        read.body["document"]["tags"].clone()
    };
    put("", Some(json!(["vip"]))).await.is(200);
    for said in [None, Some(json!(null))] {
        put("", said).await.is(200);
        assert_eq!(tags().await, json!(["vip"]));
    }
    put("?unlist_tags=true", Some(json!(["vip"]))).await.refused(422, "invalid");
    put("?unlist_tags=true", None).await.is(200);
    assert_eq!(tags().await, json!(null));
}

async fn a_catalog_keeps_the_roles_that_are_held_or_moves_their_holders(server: Server) {
    server.user("acme", "bob", &["agent"]).await;
    let begin = ATENDER.find("  - id: agent\n    label: Agent\n").unwrap();
    let rest = &ATENDER[begin + 4..];
    let end = begin + 4 + rest.find("\n  - id: ").unwrap_or(rest.find("\n\n").unwrap());
    let text = format!("{}{}", &ATENDER[..begin], ATENDER[end..].trim_start_matches('\n'));
    let text = text.replace("version: 1.0.0", "version: 1.0.1");
    let put = async |query: &str| {
        let path = format!("/products/atender{query}");
        server.put(&path).text("application/yaml", text.clone()).send().await
    };
    let problem = put("").await.refused(409, "in-use");
    let told = problem["detail"].as_str().unwrap();
    assert!(
        told.contains("`agent`") && told.contains("1 users") && told.contains("`acme`"),
        "{told}"
    );
    assert_eq!(problem["users"], 1);
    assert_eq!(server.get("/products/atender").send().await.body["version"], "1.0.0");
    put("?move_to=agent").await.refused(400, "bad-request");
    let moved = put("?move_to=agent:team_lead").await.is(200);
    assert_eq!(moved.body["moved"], 1);
    let read = server.get("/tenants/acme/users/bob").send().await.is(200);
    assert_eq!(read.body["document"]["roles"], json!(["team_lead"]));
}

async fn keys_of_the_platform_are_for_what_there_is_and_count_as_holders(server: Server) {
    let key = |tenants, verbs, roles| {
        let body = json!({"label": "k", "tenants": tenants, "verbs": verbs, "roles": roles});
        server.post("/keys").body(body).send()
    };
    let acme = || json!(["acme"]);
    key(json!(["acm"]), ["read"], ["agent"]).await.refused(422, "invalid");
    let problem = key(acme(), ["read"], ["agnet"]).await.refused(422, "invalid");
    assert!(problem.to_string().contains("did you mean `agent`"), "{problem}");
    key(acme(), ["platform"], ["agent"]).await.refused(422, "invalid");
    let night = json!({"id": "night"});
    server.post("/tenants/acme/roles").body(night).send().await.is(201);
    key(acme(), ["read"], ["night"]).await.is(201);
    let usage = server.get("/tenants/acme/roles/night/usage").send().await.is(200);
    assert_eq!(usage.body, json!({"listed": 0, "taking_part": 0, "keys": 1}));
    let at = "/tenants/acme/roles/night";
    server.delete(at).if_match("*").send().await.refused(409, "in-use");
    server.delete(&format!("{at}?move_to=agent")).if_match("*").send().await.is(200);
    let usage = server.get("/tenants/acme/roles/agent/usage").send().await.is(200);
    assert_eq!(usage.body["keys"], 1);
}

async fn with_a_user_go_their_delegations_in_both_directions(server: Server) {
    server.tenant("lent", "cloze").await;
    server.user("lent", "bob", &["member"]).await;
    server.user("lent", "carl", &["member"]).await;
    let path = "/tenants/lent/delegations";
    for (id, from, to) in [("out", "bob", "carl"), ("in", "ann", "bob"), ("stays", "ann", "carl")] {
        let document = json!({"from": from, "to": to, "permissions": ["delegate.read_everything"]});
        server.post(path).body(json!({"id": id, "document": document})).send().await.is(201);
    }
    server.delete("/tenants/lent/users/bob").send().await.is(200);
    server.user("lent", "bob", &["member"]).await;
    let left = server.get(path).send().await.is(200);
    let left = left.body["items"].as_array().unwrap().iter().map(|it| it["id"].clone());
    assert_eq!(left.collect::<Vec<_>>(), ["stays"]);
}
