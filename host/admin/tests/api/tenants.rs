//! That nothing of one tenant is seen or touched from another.

use super::support::{Said, Server};
use permesso_store::Realm;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// Stands in every document of the other tenant, and nowhere else.
const MARK: &str = "zebra";

/// One way to call an endpoint of a tenant.
#[derive(Debug, Clone)]
struct Step {
    method: Method,
    path: String,
    /// Whether it takes YAML.
    yaml: bool,
    id: usize,
    body: usize,
    matching: usize,
}

const IDS: [&str; 6] = ["night", "ann", "bob", "p", "US%2FSouth", "segment%2Fs%2Fview"];

fn bodies(mark: &str) -> Vec<Value> {
    let grants = json!([{"permission": "content.view_contact", "scope": "all"}]);
    vec![
        json!({}),
        json!({"id": "night", "label": mark, "grants": grants}),
        json!({"id": "p", "label": mark, "grants": grants}),
        json!({"id": "p", "name": mark, "match": {"tags": ["vip"]}}),
        json!({"id": "US/South", "document": {"title": mark}}),
        json!({"title": mark}),
        json!({"kind": "segment", "id": "s", "access": "view"}),
        json!({"id": "note", "document": {"outcome": "hide"}}),
        json!({"outcome": "hide"}),
        json!({"id": "p", "outcome": "redact", "content": ["note"], "note": mark}),
        json!({"user": {"id": "bob", "name": mark, "roles": ["night"]}}),
        json!({"id": "bob", "name": mark, "roles": ["night"]}),
        json!({"roles": ["night"]}),
        json!({"grants": grants}),
        json!({"id": "copy", "label": mark}),
        json!({"category": "content", "scope": "all"}),
        json!({"id": "d", "document": {"from": "ann", "to": "bob",
            "permissions": ["delegate.read_everything"]}}),
        json!({"label": mark, "verbs": ["read"], "roles": ["night"]}),
        json!({"condition": "resource.co_listed"}),
        json!({"to": 2}),
        json!({"overlap_seconds": 5}),
        json!({"token": "nothing"}),
        json!({"product": "cloze", "title": mark}),
        json!({"days": 2}),
        json!({"revision": 2, "at": "2026-07-01", "subject": {"type": "user", "id": "ann"},
            "action": {"name": "content.view_contact"},
            "resource": {"type": "contact", "id": "c"}}),
    ]
}

fn texts(mark: &str) -> [String; 4] {
    let policy = |tenant| {
        format!(
            "tenant: {tenant}\nproduct: cloze\nroles:\n  - {{id: night, label: {mark}, grants: \
             [{{permission: content.view_contact, scope: all}}]}}\n"
        )
    };
    let users = "users:\n  - {id: ann, roles: [administrator]}\n  - {id: bob, roles: [night]}\n";
    [
        format!("{}{users}", policy("one")),
        policy("one"),
        policy("other"),
        "tenant: other\nproduct: atender\n".to_owned(),
    ]
}

/// Every endpoint of a tenant, and whether it takes YAML.
fn endpoints(server: &Server) -> Vec<(Method, String, bool)> {
    let document: Value = serde_json::from_slice(server.admin.document()).unwrap();
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/admin/v1").filter(|it| it.contains("{tenant}")) else {
            continue;
        };
        for (method, operation) in operations.as_object().unwrap() {
            let yaml = operation["requestBody"]["content"]["application/yaml"].is_object();
            found.push((method.to_uppercase().parse().unwrap(), path.to_owned(), yaml));
        }
    }
    found
}

async fn fill(server: &Server, tenant: &str, mark: &str) {
    server.tenant(tenant, "cloze").await;
    let base = format!("/tenants/{tenant}");
    let role = &bodies(mark)[1];
    server.post(&format!("{base}/roles")).body(role.clone()).send().await.is(201);
    let policy = &bodies(mark)[2];
    server.post(&format!("{base}/policies")).body(policy.clone()).send().await.is(201);
    let team = &bodies(mark)[4];
    server.post(&format!("{base}/teams")).body(team.clone()).send().await.is(201);
    let user = &bodies(mark)[10];
    server.post(&format!("{base}/users")).body(user.clone()).send().await.is(201);
}

async fn send(server: &Server, key: &str, tenant: &str, step: &Step) -> Said {
    let path = step
        .path
        .replace("{tenant}", tenant)
        .replace("{id}", IDS[step.id % IDS.len()])
        .replace("{revision}", &(step.id + 1).to_string());
    let ask = server.ask(key, step.method.clone(), &path);
    let ask = match step.matching % 3 {
        0 => ask.if_match("*"),
        1 => ask.header("if-none-match", "*"),
        _ => ask.if_match(&format!("\"{}\"", step.body)),
    };
    if step.yaml {
        let texts = texts("plain");
        return ask.text("application/yaml", &*texts[step.body % texts.len()]).send().await;
    }
    let bodies = bodies("plain");
    ask.body(bodies[step.body % bodies.len()].clone()).send().await
}

#[test]
fn a_key_of_one_tenant_sees_and_changes_nothing_of_another() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let server = runtime.block_on(Server::start());
    let endpoints = endpoints(&server);
    let (key, before, head) = runtime.block_on(async {
        fill(&server, "one", "plain").await;
        fill(&server, "other", MARK).await;
        let key = server
            .key("one", &["decide", "read", "write"], &["permesso.administrator", "administrator"])
            .await;
        let realm = Realm::tenant("other").unwrap();
        let head = server.node.store().head(&realm).await.unwrap();
        (key, server.contents("other").await, head)
    });
    assert!(before.iter().any(|(_, _, text)| text.contains(MARK)), "there is something to see");
    let all = endpoints.len();
    let step = (0..all, 0..8_usize, 0..30_usize, 0..3_usize).prop_map({
        let endpoints = endpoints.clone();
        move |(at, id, body, matching)| {
            let (method, path, yaml) = endpoints[at].clone();
            Step { method, path, yaml, id, body, matching }
        }
    });
    let each: Vec<Step> = endpoints
        .into_iter()
        .map(|(method, path, yaml)| Step { method, path, yaml, id: 0, body: 1, matching: 0 })
        .collect();
    assert!(each.iter().any(|step| step.yaml), "texts are applied");
    let check = |steps: &[Step]| {
        runtime.block_on(async {
            for step in steps {
                let said = send(&server, &key, "one", step).await;
                assert!(!said.text.contains(MARK), "{step:?}: {}", said.text);
                let there = send(&server, &key, "other", step).await;
                let nowhere = send(&server, &key, "none", step).await;
                let texts = [&there, &nowhere].map(|said| (said.status, said.text.clone()));
                let expected = texts[0].1.replace("`other`", "`none`");
                assert_eq!((texts[0].0, &expected), (404, &texts[1].1), "{step:?}");
                assert_eq!(there.body["code"], "no-tenant", "{step:?}");
            }
            let realm = Realm::tenant("other").unwrap();
            assert_eq!(server.node.store().head(&realm).await.unwrap(), head);
            assert_eq!(server.contents("other").await, before);
        });
    };
    check(&each);
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let steps = proptest::collection::vec(step, 1..40);
    runner
        .run(&steps, |steps| {
            check(&steps);
            Ok(())
        })
        .unwrap();
    // By other ways in: lists over tenants, and the platform.
    runtime.block_on(async {
        for path in ["/tenants", "/standing"] {
            let said = server.ask(&key, Method::GET, path).send().await.is(200);
            assert!(said.text.contains("\"one\"") && !said.text.contains("other"), "{}", said.text);
        }
        for path in ["/products", "/keys"] {
            server.ask(&key, Method::GET, path).send().await.refused(403, "denied");
        }
        let tenant = json!({"id": "third", "product": "cloze"});
        server.ask(&key, Method::POST, "/tenants").body(tenant).send().await.refused(403, "denied");
    });
}

#[tokio::test]
async fn a_key_of_the_platform_is_believed_no_longer_than_the_platforms_log_is_followed() {
    let server = Server::believing(Duration::from_secs(4)).await;
    server.get("/tenants/acme/roles").send().await.is(200);
    // Nothing has this node follow its store. A write reads the log of its tenant, and no other.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    server
        .post("/tenants/acme/teams")
        .body(json!({"id": "a", "document": {}}))
        .send()
        .await
        .is(201);
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    server.node.fresh("acme", None).await.unwrap();
    server.get("/tenants/acme/roles").send().await.is(503);
    server.get("/standing").send().await.is(200);
    server.node.catch_up_all().await.unwrap();
    server.get("/tenants/acme/roles").send().await.is(200);
}
