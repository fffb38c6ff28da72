//! Many at once.

use super::support::{Server, on_both};
use serde_json::{Value, json};
use std::sync::Arc;

on_both! {
    of_many_who_edit_at_once_nobodys_edit_is_lost,
    of_the_last_two_owners_one_is_left,
    nobody_is_ever_left_with_a_role_that_is_gone,
}

async fn of_many_who_edit_at_once_nobodys_edit_is_lost(server: Server) {
    let server = Arc::new(server);
    server
        .post("/tenants/acme/policies")
        .body(json!({"id": "p", "label": ""}))
        .send()
        .await
        .is(201);
    let editors: Vec<_> = (0..16)
        .map(|editor| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                loop {
                    let read = server.get("/tenants/acme/policies/p").send().await.is(200);
                    let mut document = read.body["document"].clone();
                    let label = document["label"].as_str().unwrap_or_default();
                    document["label"] = json!(format!("{label}{editor},"));
                    let put = server.put("/tenants/acme/policies/p").if_match(&read.etag());
                    let said = put.body(document).send().await;
                    match said.status {
                        200 => return,
                        412 => assert!(said.body["conflict"]["revision"].is_u64()),
                        status => panic!("{status}: {}", said.text),
                    }
                }
            })
        })
        .collect();
    for editor in editors {
        editor.await.unwrap();
    }
    let read = server.get("/tenants/acme/policies/p").send().await.is(200);
    let label = read.body["document"]["label"].as_str().unwrap();
    let mut found: Vec<u32> = label.split_terminator(',').map(|one| one.parse().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, (0..16).collect::<Vec<_>>());
}

async fn of_the_last_two_owners_one_is_left(server: Server) {
    let server = Arc::new(server);
    for _ in 0..3 {
        server.user("acme", "bob", &["owner"]).await;
        let attempts: Vec<_> = (0..8)
            .map(|n| {
                let server = Arc::clone(&server);
                let user = if n % 2 == 0 { "ann" } else { "bob" };
                let path = format!("/tenants/acme/users/{user}/deactivate");
                tokio::spawn(async move { server.post(&path).send().await.status })
            })
            .collect();
        for attempt in attempts {
            let status = attempt.await.unwrap();
            assert!([200, 409].contains(&status), "{status}");
        }
        let seats = server.get("/tenants/acme/seats").send().await.is(200);
        assert_eq!((&seats.body["active"], &seats.body["inactive"]), (&json!(1), &json!(1)));
        server.post("/tenants/acme/users/ann/reactivate").send().await.is(200);
        server.delete("/tenants/acme/users/bob").send().await.is(200);
    }
}

async fn nobody_is_ever_left_with_a_role_that_is_gone(server: Server) {
    let server = Arc::new(server);
    server.user("acme", "bob", &["agent"]).await;
    for round in 0..10 {
        let duplicate = server.post("/tenants/acme/roles/agent/duplicate");
        duplicate.body(json!({"id": "night"})).send().await.is(201);
        let (one, other) = (Arc::clone(&server), Arc::clone(&server));
        let delete = tokio::spawn(async move {
            one.delete("/tenants/acme/roles/night").if_match("*").send().await.status
        });
        let assign = tokio::spawn(async move {
            let put = other.put("/tenants/acme/users/bob/roles").body(json!({"roles": ["night"]}));
            put.send().await.status
        });
        let (deleted, assigned) = (delete.await.unwrap(), assign.await.unwrap());
        assert!(
            [(200, 422), (409, 200)].contains(&(deleted, assigned)),
            "{round}: {deleted} {assigned}"
        );
        let bob = server.get("/tenants/acme/users/bob").send().await.is(200);
        let held: Vec<Value> = bob.body["document"]["roles"].as_array().unwrap().clone();
        for role in held {
            let path = format!("/tenants/acme/roles/{}", role.as_str().unwrap());
            server.get(&path).send().await.is(200);
        }
        let back = server.put("/tenants/acme/users/bob/roles").body(json!({"roles": ["agent"]}));
        back.send().await.is(200);
        if deleted == 409 {
            server.delete("/tenants/acme/roles/night").if_match("*").send().await.is(200);
        }
    }
}
