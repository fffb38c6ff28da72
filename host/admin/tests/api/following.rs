//! Whoever follows what becomes of a tenant.

use super::support::Server;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CHANGES: &str = "/tenants/acme/changes";

/// The events of a stream that has ended: id, name, data.
fn events(text: &str) -> Vec<(u64, String, Value)> {
    let field = |event: &str, name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name));
        line.map(|rest| rest.trim_start().to_owned())
    };
    text.split("\n\n")
        .filter_map(|event| {
            let data = field(event, "data:")?;
            let id = field(event, "id:").unwrap().parse().unwrap();
            Some((id, field(event, "event:").unwrap(), serde_json::from_str(&data).unwrap()))
        })
        .collect()
}

#[tokio::test]
async fn every_change_is_told_once_and_in_order_wherever_it_is_taken_up_again() {
    let server = Server::acme().await;
    let before = server.revision("acme").await;
    for n in 0..130 {
        let role = json!({"id": format!("role-{n}")});
        server.post("/tenants/acme/roles").body(role).send().await.is(201);
    }
    server.key("acme", &["read"], &["owner"]).await;
    let last = server.revision("acme").await;

    let all = server.get(&format!("{CHANGES}?after=0&wait=0")).send().await.is(200);
    assert_eq!(all.header("content-type"), "text/event-stream");
    assert!(all.text.starts_with("retry: "), "{}", all.text);
    let all = events(&all.text);
    let ids: Vec<u64> = all.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, (1..=last).collect::<Vec<_>>());
    assert!(all.iter().all(|(id, _, data)| data["revision"] == *id));
    let (_, name, data) = all.last().unwrap();
    assert_eq!(name, "key.create");
    assert!(!data["edits"].to_string().contains("hash"), "{data}");

    // The header counts before what is said in the address, which stays as it was.
    let resumed = server.get(&format!("{CHANGES}?after=0&wait=0"));
    let resumed = resumed.header("last-event-id", &(before + 100).to_string()).send().await;
    let resumed = events(&resumed.is(200).text);
    assert_eq!(resumed, all[usize::try_from(before + 100).unwrap()..]);
    let now = server.get(&format!("{CHANGES}?wait=0")).send().await.is(200);
    assert_eq!(events(&now.text), []);
}

#[tokio::test]
async fn what_is_written_while_somebody_follows_is_told_at_once() {
    let server = Server::acme().await;
    let client = reqwest::Client::new();
    let address = format!("{}/admin/v1{CHANGES}", server.url);
    let bearer = format!("Bearer {}", server.root);
    let mut stream = client.get(address).header("authorization", bearer).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().unwrap().starts_with(b"retry: "));
    let begun = Instant::now();
    let body = json!({"user": {"id": "bea", "roles": ["agent"]}});
    let invited = server.post("/tenants/acme/users").body(body).send().await.is(201);
    let told = stream.chunk().await.unwrap().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let told = events(std::str::from_utf8(&told).unwrap());
    let [(id, name, data)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((*id, name.as_str()), (server.revision("acme").await, "user.invite"));
    assert_eq!(data["edits"].as_array().unwrap().len(), 2, "{data}");
    // The link is mailed by whoever invites, and is in no log.
    assert!(!data.to_string().contains(invited.body["token"].as_str().unwrap()));
    // It ends by itself.
    while stream.chunk().await.unwrap().is_some() {}
}

#[tokio::test]
async fn whose_key_is_withdrawn_is_told_no_more() {
    let server = Server::acme().await;
    let key = server.key("acme", &["read"], &["owner"]).await;
    let keys = server.get("/tenants/acme/keys").send().await.is(200);
    let id = keys.body["items"][0]["key"]["id"].as_str().unwrap().to_owned();
    let address = format!("{}/admin/v1{CHANGES}", server.url);
    let ask = reqwest::Client::new().get(address);
    let mut stream = ask.header("authorization", format!("Bearer {key}")).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    server.delete(&format!("/tenants/acme/keys/{id}")).send().await.is(200);
    server.post("/tenants/acme/roles").body(json!({"id": "after"})).send().await.is(201);
    let mut told = Vec::new();
    while let Some(chunk) = stream.chunk().await.unwrap() {
        told.extend(chunk);
    }
    assert_eq!(events(std::str::from_utf8(&told).unwrap()), []);
}

#[tokio::test]
async fn of_one_tenant_sixteen_follow_at_a_time_and_of_another_one_others_do() {
    let server = Server::acme().await;
    server.tenant("other", "atender").await;
    let client = reqwest::Client::new();
    let follow = |tenant: &str| {
        let address = format!("{}/admin/v1/tenants/{tenant}/changes", server.url);
        client.get(address).header("authorization", format!("Bearer {}", server.root)).send()
    };
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(follow("acme").await.unwrap());
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    server.get(CHANGES).send().await.refused(503, "busy");
    assert_eq!(follow("other").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_log_is_followed_by_whoever_may_read_it_and_from_where_it_has_been() {
    let server = Server::acme().await;
    let agent = server.key("acme", &["read"], &["agent"]).await;
    server.ask(&agent, Method::GET, CHANGES).send().await.refused(403, "denied");
    server.ask("", Method::GET, CHANGES).send().await.is(401);
    let ahead = server.get(&format!("{CHANGES}?after=9999")).send().await;
    ahead.refused(409, "other-history");
    for id in ["x", "-1", "1.0", "99999999999999999999"] {
        let said = server.get(CHANGES).header("last-event-id", id).send().await;
        said.refused(400, "bad-request");
    }
    server.get(&format!("{CHANGES}?wait=51")).send().await.refused(400, "bad-request");
}
