//! What holds of every change, and of every answer.

use super::support::{ATENDER, Server, on_both};
use permesso_store::{Append, Body, NewRecord, Realm, Stamp};
use reqwest::Method;
use serde_json::{Value, json};

const ROLES: &str = "/tenants/acme/roles";

fn viewer(id: &str) -> Value {
    json!({"id": id, "grants": [{"permission": "contacts.view", "scope": "all"}]})
}

on_both! {
    whoever_calls_has_to_say_who_they_are,
    what_makes_no_sense_is_refused_with_what_to_do,
    the_id_of_a_request_comes_back_and_stands_in_the_log,
    a_change_that_is_sent_twice_is_made_once,
    a_dry_run_says_what_would_change_for_whom_and_writes_nothing,
    of_a_large_tenant_those_are_looked_at_whom_the_edit_reaches,
    what_was_done_is_read_streamed_undone_and_rolled_back,
    no_hash_of_a_secret_is_shown_anywhere,
    keys_are_made_shown_rotated_and_revoked,
    products_and_tenants_come_change_and_go,
}

async fn whoever_calls_has_to_say_who_they_are(server: Server) {
    for key in ["", "pmk_nonsense", "a.b.c"] {
        let said = server.ask(key, Method::GET, ROLES).send().await;
        assert!(said.header("www-authenticate").starts_with("Bearer"));
        said.refused(401, "unauthenticated");
    }
    server.ask("", Method::GET, "/openapi.json").send().await.is(200);
    let twice = server.get(ROLES).header("authorization", "Bearer a.b.c");
    twice.send().await.refused(400, "ambiguous-credential");
}

async fn what_makes_no_sense_is_refused_with_what_to_do(server: Server) {
    server.get(&format!("{ROLES}?limt=3")).send().await.refused(400, "bad-request");
    server.get(&format!("{ROLES}?limit=0")).send().await.refused(400, "bad-request");
    server.get("/nothing").send().await.refused(404, "no-endpoint");
    server.get("/tenants/nobody/roles").send().await.refused(404, "no-tenant");
    server.get("/tenants/%FF/roles").send().await.refused(400, "bad-request");
    let method = server.ask(&server.root, Method::PATCH, ROLES).send().await;
    assert_eq!(method.header("allow"), "GET, POST");
    method.refused(405, "method");
    let post = || server.post(ROLES);
    post().send().await.refused(400, "bad-request");
    post().text("text/plain", "{}").send().await.refused(415, "media-type");
    post().text("application/json", "{").send().await.refused(400, "malformed");
    post().text("application/json", r#"{"id":"a\u0000"}"#).send().await.refused(400, "bad-request");
    post()
        .text("application/json", " ".repeat(1024 * 1024 + 1))
        .send()
        .await
        .refused(413, "too-large");
    let unknown = post().text("application/json", "{\"id\": \"a\",\n \"grant\": []}");
    let problem = unknown.send().await.refused(422, "invalid");
    assert_eq!(problem["diagnostics"][0]["line"], 2);
    assert!(
        problem["diagnostics"][0]["message"]
            .as_str()
            .unwrap()
            .contains("`grant` is not known here")
    );
    let nowhere = json!({"id": "a", "grants": [{"permission": "contacts.veiw", "scope": "all"}]});
    let problem = post().body(nowhere).send().await.refused(422, "invalid");
    assert_eq!(problem["diagnostics"][0]["help"], "did you mean `contacts.view`?");
    post().body(json!({"id": "", "grants": []})).send().await.refused(422, "invalid");
    post().body(json!({"id": "x".repeat(257)})).send().await.refused(422, "invalid");
    let tag = server.put(&format!("{ROLES}/agent")).if_match("0").body(viewer("agent"));
    tag.send().await.refused(400, "bad-request");
    let other = server.put(&format!("{ROLES}/agent")).if_match("\"0\"").body(viewer("reader"));
    other.send().await.refused(422, "invalid");
}

async fn the_id_of_a_request_comes_back_and_stands_in_the_log(server: Server) {
    let made = server.post(ROLES).header("x-request-id", "r-17").body(viewer("a")).send().await;
    assert_eq!(made.header("x-request-id"), "r-17");
    let path = format!("/tenants/acme/audit/{}", made.header("permesso-revision"));
    assert_eq!(server.get(&path).send().await.is(200).body["request"], "r-17");
    let long = "x".repeat(129);
    server.get(ROLES).header("x-request-id", &long).send().await.refused(400, "bad-request");
    let refused = server.get("/nothing").header("x-request-id", "r-18").send().await;
    assert_eq!(refused.header("x-request-id"), "r-18", "of a problem too");
}

async fn a_change_that_is_sent_twice_is_made_once(server: Server) {
    let post =
        |key: &str, id: &str| server.post(ROLES).header("idempotency-key", key).body(viewer(id));
    let first = post("k1", "a").send().await.is(201);
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = post("k1", "a").send().await.is(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!((&again.body, again.header("location")), (&first.body, first.header("location")));
    post("k1", "b").send().await.refused(422, "idempotency-key-reused");
    post("", "b").send().await.refused(400, "bad-request");
    let other = server.key("acme", &["write"], &["permesso.administrator", "owner"]).await;
    let theirs =
        server.ask(&other, Method::POST, ROLES).header("idempotency-key", "k1").body(viewer("b"));
    theirs.send().await.is(201);

    let keys = || {
        server
            .post("/keys")
            .header("idempotency-key", "k2")
            .body(json!({"label": "x", "tenants": "*", "verbs": ["read"]}))
    };
    let (made, again) = (keys().send().await.is(201), keys().send().await.is(201));
    assert!(made.body["token"].is_string() && again.body.get("token").is_none(), "shown once");
    assert_eq!(made.header("location"), again.header("location"));

    let delete = || server.delete("/tenants/acme").if_match("*").header("idempotency-key", "k3");
    delete().send().await.is(200);
    assert_eq!(delete().send().await.is(200).header("idempotency-replayed"), "true");
    server.delete("/tenants/acme").if_match("*").send().await.refused(404, "no-tenant");
}

async fn a_dry_run_says_what_would_change_for_whom_and_writes_nothing(server: Server) {
    server
        .post(&format!("{ROLES}/agent/duplicate"))
        .body(json!({"id": "night"}))
        .send()
        .await
        .is(201);
    for user in ["bob", "eve"] {
        server.user("acme", user, &["night"]).await;
    }
    let before = server.revision("acme").await;
    let less =
        server.put(&format!("{ROLES}/night?dry_run=true")).if_match("*").body(viewer("night"));
    let told = less.send().await.is(200).body;
    assert_eq!(told["revision"], before);
    assert_eq!(told["edited"][0]["after"]["grants"].as_array().unwrap().len(), 1);
    let impact = &told["impact"];
    assert_eq!(
        (&impact["examined"], &impact["cut"], &impact["harmless"]),
        (&json!(3), &json!(false), &json!(false))
    );
    assert_eq!((&impact["totals"]["losing"], &impact["totals"]["gaining"]), (&json!(2), &json!(0)));
    assert_eq!(impact["users"][0]["user"], "bob");
    assert_eq!(
        impact["touched"][0],
        json!({"what": "role", "id": "night", "how": "changed", "holders": 2})
    );

    let joins = server
        .post("/tenants/acme/users?dry_run=true")
        .body(json!({"user": {"id": "kim", "roles": ["night"]}}));
    let told = joins.send().await.is(200).body;
    assert_eq!(told["edited"].as_array().unwrap().len(), 2);
    assert!(!told.to_string().contains("token"), "{told}");
    let key = server
        .post("/tenants/acme/keys?dry_run=true")
        .body(json!({"label": "k", "verbs": ["read"]}));
    let told = key.send().await.is(200);
    assert!(!told.text.contains("hash") && !told.text.contains("pmk_"), "{}", told.text);
    assert_eq!(server.revision("acme").await, before);

    // Whoever may not see users is told how many, and not who.
    let key = server.key("acme", &["write"], &["permesso.administrator", "owner"]).await;
    let role = json!({"id": "blind", "grants": [
        {"permission": "settings.roles", "scope": "all"},
        {"category": "contacts", "scope": "all"}, {"category": "conversations", "scope": "all"},
        {"category": "notes", "scope": "all"}]});
    server.ask(&key, Method::POST, ROLES).body(role).send().await.is(201);
    let blind = server.key("acme", &["write"], &["blind"]).await;
    let less = server
        .ask(&blind, Method::PUT, &format!("{ROLES}/night?dry_run=true"))
        .if_match("*")
        .body(viewer("night"));
    let told = less.send().await.is(200).body;
    assert_eq!(
        (&told["impact"]["totals"]["losing"], &told["impact"]["users"]),
        (&json!(2), &json!([]))
    );
    let edited = &told["edited"][0];
    assert!(edited.get("before").is_none() && edited.get("after").is_none(), "{edited}");
}

async fn of_a_large_tenant_those_are_looked_at_whom_the_edit_reaches(server: Server) {
    server
        .post(&format!("{ROLES}/agent/duplicate"))
        .body(json!({"id": "night"}))
        .send()
        .await
        .is(201);
    let realm = Realm::tenant("acme").unwrap();
    let expected = server.node.store().head(&realm).await.unwrap().revision;
    let edits = (0..6_000).map(|n| {
        let id = format!("u{n:05}");
        let role = if n < 7 { "night" } else { "agent" };
        let body = Body::of(&json!({"id": id, "roles": [role]})).unwrap();
        ("user".to_owned(), id, Some(body))
    });
    let change = NewRecord { operation: "test".to_owned(), edits: edits.collect() };
    let stamp = Stamp { actor: "test".to_owned(), request: String::new(), at: 0 };
    let mut changes = [change].into_iter();
    let batch = Append { realm, expected, stamp, changes: &mut changes };
    server.node.store().append(vec![batch], None).await.unwrap();
    server.node.catch_up_all().await.unwrap();
    let less =
        server.put(&format!("{ROLES}/night?dry_run=true")).if_match("*").body(viewer("night"));
    let impact = &less.send().await.is(200).body["impact"];
    assert_eq!((&impact["cut"], &impact["examined"]), (&json!(true), &json!(7)));
    assert_eq!(impact["totals"]["losing"], 7);
}

async fn what_was_done_is_read_streamed_undone_and_rolled_back(server: Server) {
    let start = server.revision("acme").await;
    for id in ["a", "b", "c"] {
        server.post(ROLES).body(viewer(id)).send().await.is(201);
    }
    server.delete(&format!("{ROLES}/b")).if_match("*").send().await.is(200);
    let audit = |query: &str| server.get(&format!("/tenants/acme/audit{query}"));
    let newest = audit("?limit=2&operation=role.*").send().await.is(200).body;
    assert_eq!(newest["items"][0]["operation"], "role.delete");
    assert_eq!(newest["items"][0]["edits"][0]["before"]["id"], "b");
    let next = newest["next"].as_u64().unwrap();
    let older = audit(&format!("?before={next}&operation=role.*")).send().await.is(200).body;
    assert_eq!(older["items"].as_array().unwrap().len(), 2);
    let of_b = audit("?kind=role&id=b&order=oldest").send().await.is(200).body;
    assert_eq!(of_b["items"].as_array().unwrap().len(), 2);
    assert_eq!(of_b["items"][0]["operation"], "role.create");
    audit("?id=b").send().await.refused(400, "bad-request");
    audit("/9999").send().await.refused(404, "not-found");
    audit("/x").send().await.refused(400, "bad-request");
    let lines =
        audit("?order=oldest").header("accept", "application/x-ndjson").send().await.is(200);
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let revisions: Vec<u64> = lines
        .text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["revision"].as_u64().unwrap())
        .collect();
    assert_eq!(revisions, (1..=start + 4).collect::<Vec<_>>());

    let gone = newest["items"][0]["revision"].as_u64().unwrap();
    let undone = server.post(&format!("/tenants/acme/audit/{gone}/undo")).send().await.is(200);
    assert_eq!(undone.body["undone"], gone);
    server.get(&format!("{ROLES}/b")).send().await.is(200);
    server
        .post(&format!("/tenants/acme/audit/{gone}/undo"))
        .send()
        .await
        .refused(412, "precondition-failed");
    server.post("/tenants/acme/rollback").body(json!({"to": start})).send().await.is(200);
    for id in ["a", "b", "c"] {
        server.get(&format!("{ROLES}/{id}")).send().await.refused(404, "not-found");
    }
    server
        .post("/tenants/acme/rollback")
        .body(json!({"to": 0}))
        .send()
        .await
        .refused(422, "invalid");

    let key = server.key("acme", &["write"], &["owner"]).await;
    let role = json!({"id": "editor", "grants": [
        {"permission": "permesso.roles.create", "scope": "all"},
        {"permission": "permesso.roles.delete", "scope": "all"}]});
    server.ask(&key, Method::POST, ROLES).body(role).send().await.is(201);
    let editor = server.key("acme", &["write"], &["editor"]).await;
    let last = server.revision("acme").await;
    let undo = server.ask(&editor, Method::POST, &format!("/tenants/acme/audit/{}/undo", last - 1));
    assert_eq!(undo.send().await.refused(403, "denied")["permission"], "permesso.history.restore");
}

async fn no_hash_of_a_secret_is_shown_anywhere(server: Server) {
    server.key("acme", &["read"], &[]).await;
    let sent = server
        .post("/tenants/acme/users")
        .body(json!({"user": {"id": "bob"}}))
        .send()
        .await
        .is(201);
    server.post("/tenants/acme/users/bob/resend").send().await.is(200);
    let token = sent.body["token"].as_str().unwrap();
    for path in ["/tenants/acme/audit", "/tenants/acme/keys", "/tenants/acme/users/bob", "/keys"] {
        let said = server.get(path).send().await.is(200);
        assert!(!said.text.contains(token), "{path}");
        let mut bare = said.body.clone();
        // The log's own hashes are no secrets.
        for item in bare["items"].as_array_mut().into_iter().flatten() {
            if let Value::Object(item) = item {
                item.remove("hash");
                item.remove("previous");
            }
        }
        let bare = bare.to_string();
        assert!(!bare.contains("hash") && !bare.contains("\"token\""), "{path}: {bare}");
    }
}

async fn keys_are_made_shown_rotated_and_revoked(server: Server) {
    for base in ["/keys", "/tenants/acme/keys"] {
        let mut body = json!({"label": "deploy", "verbs": ["read"], "roles": ["permesso.auditor"]});
        if base == "/keys" {
            body["tenants"] = json!(["acme"]);
        }
        let made = server.post(base).body(body).send().await.is(201);
        let (token, id) =
            (made.body["token"].as_str().unwrap(), made.body["key"]["id"].as_str().unwrap());
        assert_eq!(made.header("location"), format!("/admin/v1{base}/{id}"));
        let reads = async |token: &str| server.ask(token, Method::GET, ROLES).send().await.status;
        assert_eq!(reads(token).await, 200);
        let shown = server.get(&format!("{base}/{id}")).send().await.is(200);
        assert_eq!(shown.body["key"]["label"], "deploy");
        let listed = server.get(base).send().await.is(200);
        assert!(listed.body["items"].as_array().unwrap().iter().any(|it| it["key"]["id"] == id));
        let rotate =
            server.post(&format!("{base}/{id}/rotate")).body(json!({"overlap_seconds": 60}));
        let second = rotate.send().await.is(200).body["token"].as_str().unwrap().to_owned();
        assert_eq!((reads(token).await, reads(&second).await), (200, 200));
        let third = server.post(&format!("{base}/{id}/rotate")).send().await.is(200);
        let third = third.body["token"].as_str().unwrap();
        assert_eq!((reads(token).await, reads(&second).await, reads(third).await), (401, 401, 200));
        server.delete(&format!("{base}/{id}")).send().await.is(200);
        assert_eq!(reads(third).await, 401);
        server.post(&format!("{base}/{id}/rotate")).send().await.refused(422, "invalid");
        server.get(&format!("{base}/0000000000000000")).send().await.refused(404, "not-found");
    }
    let platform = json!({"label": "x", "verbs": ["platform"]});
    server.post("/tenants/acme/keys").body(platform).send().await.refused(422, "invalid");
}

async fn products_and_tenants_come_change_and_go(server: Server) {
    let product = server.get("/products/atender").send().await.is(200);
    assert_eq!(product.body["version"], "1.0.0");
    let yaml =
        server.get("/products/atender").header("accept", "application/yaml").send().await.is(200);
    assert_eq!((yaml.header("content-type"), yaml.text.as_str()), ("application/yaml", ATENDER));
    let next = ATENDER.replace("version: 1.0.0", "version: 1.1.0");
    let put = server.put("/products/atender").text("application/yaml", &next).send().await.is(200);
    assert_eq!(put.body["version"], "1.1.0");
    let tenant = server.get("/tenants/acme").send().await.is(200);
    assert_eq!(tenant.body["catalog"]["version"], "1.1.0", "its tenants move with it");
    server.put("/products/other").body(json!({"text": next})).send().await.refused(422, "invalid");
    server
        .put("/products/atender")
        .text("application/yaml", "product: [")
        .send()
        .await
        .refused(422, "invalid");
    server.delete("/products/atender").send().await.refused(409, "in-use");
    assert_eq!(server.get("/products?limit=1").send().await.body["next"], "atender");

    let settings = json!({"product": "atender", "title": "Acme"});
    server.put("/tenants/acme").body(settings.clone()).send().await.refused(428, "unconditional");
    server.put("/tenants/acme").if_match(&tenant.etag()).body(settings).send().await.is(200);
    let again = json!({"id": "acme", "product": "atender"});
    server.post("/tenants").body(again).send().await.refused(409, "exists");
    server
        .post("/tenants")
        .body(json!({"id": "b", "product": "none"}))
        .send()
        .await
        .refused(404, "not-found");
    server.tenant("b/c", "cloze").await;
    let listed = server.get("/tenants").send().await.is(200);
    assert_eq!(listed.body["items"][0]["document"]["title"], "Acme");
    assert_eq!(listed.body["items"][1]["id"], "b/c");
    assert_eq!(server.get("/standing").send().await.body["tenants"][1]["tenant"], "b/c");
    server.delete("/tenants/b%2Fc").if_match("*").send().await.is(200);
    server.get("/tenants/b%2Fc").send().await.refused(404, "no-tenant");
    server.delete("/products/cloze").send().await.is(200);
}

#[tokio::test]
async fn every_kind_of_document_is_written_and_read_alike() {
    let server = Server::start().await;
    server.tenant("acme", "cloze").await;
    let kinds = [
        ("policies", "p", json!({"id": "p", "label": "P"}), None),
        (
            "programs",
            "gold",
            json!({"id": "gold", "match": {"tags": ["vip"]},
            "gives": [{"kind": "segment", "id": "s", "access": "view"}]}),
            None,
        ),
        ("teams", "US/South", json!({"title": "South"}), Some("US/South")),
        ("closed", "segment/s/view", json!({"kind": "segment", "id": "s", "access": "view"}), None),
        ("sharing/defaults", "note", json!({"outcome": "hide"}), Some("note")),
        (
            "sharing/policies",
            "p",
            json!({"id": "p", "outcome": "redact", "content": ["note"]}),
            None,
        ),
        (
            "sharing/overrides",
            "o",
            json!({"id": "o", "outcome": "hide", "content": ["note"],
            "condition": "resource.co_listed"}),
            None,
        ),
    ];
    for (path, id, document, named) in kinds {
        let all = format!("/tenants/acme/{path}");
        let one = format!("{all}/{}", id.replace('/', "%2F"));
        let body = match named {
            Some(id) => json!({"id": id, "document": document}),
            None => document.clone(),
        };
        let made = server.post(&all).body(body.clone()).send().await.is(201);
        assert_eq!(made.header("location"), format!("/admin/v1{one}"));
        server.post(&all).body(body).send().await.refused(409, "exists");
        let read = server.get(&one).send().await.is(200);
        assert_eq!((&read.body["id"], &read.body["document"]), (&json!(id), &document), "{path}");
        let listed = server.get(&all).send().await.is(200);
        assert_eq!(listed.body["items"], json!([read.body]), "{path}");
        server.put(&one).if_match(&read.etag()).body(document.clone()).send().await.is(200);
        server
            .put(&one)
            .if_match("\"1\"")
            .body(document.clone())
            .send()
            .await
            .refused(412, "precondition-failed");
        server.delete(&one).if_match(&read.etag()).send().await.is(200);
        server.get(&one).send().await.refused(404, "not-found");
        server.put(&one).header("if-none-match", "*").body(document).send().await.is(201);
    }
    let all = server.get("/tenants/acme/conditions").send().await.is(200);
    let found = all.body["items"].as_array().unwrap().iter().find(|it| it["attached"]["id"] == "o");
    assert_eq!(found.unwrap()["condition"], "resource.co_listed");
    let families = server.get("/tenants/acme/families").send().await.is(200);
    assert_eq!(families.body["items"], json!([]));
    let family = server
        .put("/tenants/acme/families/nowhere")
        .header("if-none-match", "*")
        .body(json!({"config": {"a": 1}}));
    assert!([201, 422].contains(&family.send().await.status));
}
