//! A tenant as one text, one text as the tenant, and what was decided in the past.

use super::support::{CLOZE, Said, Server, on_both};
use permesso_admin::MAX_BODY;
use permesso_engine::compile::FamilySet;
use permesso_engine::family::{Answer, Family, Fault, Manifest, Question};
use permesso_node::Caller;
use permesso_node::bundle::{Bundle, ImportOptions, People, import};
use permesso_store::Realm;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;

const YAML: &str = "application/yaml";
const EXPORT: &str = "/tenants/acme/export";
const APPLY: &str = "/tenants/acme/apply";
const REPLAY: &str = "/tenants/acme/replay";

on_both! {
    an_export_is_applied_as_a_whole_and_exported_again_byte_by_byte,
    a_mistake_changes_nothing_and_is_told_with_its_line,
    a_dry_run_says_what_a_text_would_do_and_writes_nothing,
    a_text_is_applied_to_the_revision_that_it_was_made_of,
    a_question_of_the_past_is_answered_as_it_was_then,
}

fn role(grants: &[&str]) -> String {
    let grants = grants.iter().map(|it| format!("      - {{permission: {it}, scope: all}}\n"));
    format!("roles:\n  - id: night\n    grants:\n{}", grants.collect::<String>())
}

fn acme(rest: &str) -> String {
    format!("tenant: acme\nproduct: atender\n{rest}")
}

async fn export(server: &Server, tenant: &str) -> Said {
    server.get(&format!("/tenants/{tenant}/export")).send().await.is(200)
}

async fn apply(server: &Server, query: &str, text: &str) -> Said {
    server.post(&format!("{APPLY}{query}")).text(YAML, text).send().await
}

/// What happens to which documents.
fn edited(said: &Said) -> Vec<String> {
    let edited = said.body["edited"].as_array().unwrap().iter();
    edited.map(|it| format!("{} {}", it["kind"], it["id"]).replace('"', "")).collect()
}

async fn an_export_is_applied_as_a_whole_and_exported_again_byte_by_byte(server: Server) {
    let example = concat!(
        include_str!("../../../../examples/cloze/tenant.yaml"),
        include_str!("../../../../examples/cloze/people.yaml"),
    );
    server.tenant("harborlight", "cloze").await;
    server.tenant("copy", "cloze").await;
    let path = "/tenants/harborlight/apply?prune=true";
    let first = server.post(path).text(YAML, example).send().await.is(200);
    assert_eq!(first.body["documents"], first.body["edited"].as_array().unwrap().len());
    let exported = export(&server, "harborlight").await;
    assert_eq!(exported.header("content-type"), YAML);
    assert_eq!(exported.etag(), format!("\"{}\"", first.body["revision"]));
    assert_eq!(exported.header("permesso-revision"), first.header("permesso-revision"));
    assert!(exported.text.contains("grace.holloway") && !exported.text.contains("id: ann,"));

    let again = server.post(path).text(YAML, &*exported.text).send().await.is(200);
    assert_eq!(edited(&again), [""; 0], "it is that already");
    assert_eq!(again.body["revision"], first.body["revision"], "and nothing was written");

    let copy = |query: &str| {
        let path = format!("/tenants/copy/apply?prune=true{query}");
        server.post(&path).text(YAML, &*exported.text).send()
    };
    let refused = copy("").await.refused(422, "invalid");
    assert_eq!(refused["diagnostics"][0]["line"], 1, "the wrong file would replace everything");
    copy("&any_tenant=true").await.is(200);
    let copied = export(&server, "copy").await.text;
    assert_eq!(copied.replacen("tenant: copy\n", "tenant: harborlight\n", 1), exported.text);
    let part = async |part: &str| {
        let path = format!("/tenants/copy/export?part={part}");
        server.get(&path).send().await.is(200).text
    };
    assert_eq!([part("tenant").await, part("people").await].concat(), copied);
    assert_eq!(part("all").await, copied);
    server.get(&format!("{EXPORT}?part=keys")).send().await.refused(400, "bad-request");
}

async fn a_mistake_changes_nothing_and_is_told_with_its_line(server: Server) {
    let (before, at) = (server.contents("acme").await, server.revision("acme").await);
    // Of many documents only the last is wrong.
    let wrong = acme(&format!("teams: [US]\n{}", role(&["contacts.view", "contacts.veiw"])));
    let problem = apply(&server, "", &wrong).await.refused(422, "invalid");
    let told = &problem["diagnostics"][0];
    assert_eq!(
        (&told["file"], &told["line"], &told["column"]),
        (&json!("body"), &json!(8), &json!(22))
    );
    assert!(told["field"].as_str().unwrap().starts_with("roles.night.grants"), "{told}");
    assert_eq!(told["help"], "did you mean `contacts.view`?");
    let users = "users:\n  - {id: ann, roles: [owner]}\n  - {id: bob, roles: [nigth]}\n";
    let problem = apply(&server, "", &acme(&(role(&["contacts.view"]) + users))).await;
    let problem = problem.refused(422, "invalid");
    assert_eq!(problem["diagnostics"][0]["line"], 9, "{problem}");
    for (text, line) in [
        ("rolls: []\n", 3),
        ("roles: [\n", 3),
        ("roles:\n  - {id: a, label: [b]}\n", 4),
        ("teams: [US, US]\n", 3),
        ("roles: [{id: a}, {id: a}]\n", 3),
    ] {
        let problem = apply(&server, "", &acme(text)).await.refused(422, "invalid");
        assert_eq!(problem["diagnostics"][0]["line"], line, "{text}: {problem}");
        assert_eq!(problem["diagnostics"][0]["file"], "body");
    }
    apply(&server, "", "tenant: acme\nproduct: nothing\n").await.refused(404, "not-found");
    apply(&server, "", "").await.refused(400, "bad-request");
    apply(&server, "?prnue=true", &acme("")).await.refused(400, "bad-request");
    apply(&server, "?prune=true", &acme("users: []\n")).await.refused(409, "last-holder");
    let json = server.post(APPLY).body(json!({"tenant": "acme", "product": "atender"}));
    json.send().await.refused(415, "media-type");
    let large = format!("{}# {}", acme(""), "x".repeat(MAX_BODY));
    apply(&server, "", &large).await.refused(413, "too-large");
    let many: String = (0..2_001).map(|n| format!("  - US/{n:04}\n")).collect();
    apply(&server, "", &acme(&format!("teams:\n{many}"))).await.refused(409, "too-many");
    assert_eq!((server.contents("acme").await, server.revision("acme").await), (before, at));
}

async fn a_dry_run_says_what_a_text_would_do_and_writes_nothing(server: Server) {
    apply(&server, "", &acme(&role(&["contacts.view", "contacts.edit"]))).await.is(200);
    server.user("acme", "bob", &["night"]).await;
    let invited = json!({"user": {"id": "eve", "roles": ["night"]}});
    server.post("/tenants/acme/users").body(invited).send().await.is(201);
    let (before, at) = (server.contents("acme").await, server.revision("acme").await);
    let users = "users:\n  - {id: ann, roles: [owner]}\n  - {id: bob, roles: [night]}\n";
    let text = acme(&(role(&["contacts.view"]) + users));
    let told = apply(&server, "?dry_run=true&prune=true", &text).await.is(200);
    assert_eq!(edited(&told), ["role night", "user eve", "invitation eve"]);
    assert_eq!(told.body["edited"][0]["after"]["grants"].as_array().unwrap().len(), 1);
    assert_eq!(told.body["edited"][1]["after"], Value::Null);
    assert!(told.body["edited"][2]["before"].get("token").is_none(), "{}", told.text);
    assert_eq!(told.body["impact"]["users"][0]["user"], "bob", "{}", told.text);
    assert_eq!(told.body["impact"]["totals"]["losing"], 1);
    assert_eq!((told.body["revision"].as_u64(), server.revision("acme").await), (Some(at), at));
    assert_eq!(server.contents("acme").await, before);
    let done = apply(&server, "?prune=true", &text).await.is(200);
    assert_eq!(edited(&done), edited(&told));
    let record = server.get(&format!("/tenants/acme/audit/{}", done.body["revision"]));
    assert_eq!(record.send().await.is(200).body["operation"], "code.apply", "it is one change");
    server.get("/tenants/acme/users/eve").send().await.refused(404, "not-found");
}

async fn a_text_is_applied_to_the_revision_that_it_was_made_of(server: Server) {
    let read = export(&server, "acme").await;
    let text = read.text.clone() + "teams: [US]\n";
    let at = |tag: &str| server.post(APPLY).if_match(tag).text(YAML, &*text);
    let other = json!({"id": "a", "grants": []});
    let other = server.post("/tenants/acme/roles").body(other).send().await.is(201);
    let problem = at(&read.etag()).send().await.refused(412, "precondition-failed");
    assert_eq!(problem["conflict"]["revision"], other.body["revision"]);
    assert_eq!(problem["conflict"]["operation"], "role.create");
    at("\"9999\"").send().await.refused(412, "precondition-failed");
    at("1").send().await.refused(400, "bad-request");
    at("*").header("if-none-match", "*").send().await.refused(400, "bad-request");
    let now = format!("\"{}\"", other.body["revision"]);
    let once = || at(&now).header("idempotency-key", "k");
    let done = once().send().await.is(200);
    assert_eq!(edited(&done), ["team US", "role a"]);
    let again = once().send().await.is(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body["revision"], done.body["revision"]);
    at("*").header("idempotency-key", "k").send().await.is(200);
    let another = server.post(APPLY).header("idempotency-key", "k").text(YAML, acme(""));
    another.send().await.refused(422, "idempotency-key-reused");
}

/// A server whose tenant has a bounded administrator: they edit everything, and hold little.
async fn bounded() -> (Server, String) {
    let server = Server::acme().await;
    let held = [
        "permesso.policy.read",
        "permesso.users.read",
        "settings.roles",
        "users.assign_roles",
        "users.invite",
        "contacts.view",
    ];
    let grants = held.map(|it| json!({"permission": it, "scope": "all"}));
    let role = json!({"id": "desk", "grants": grants});
    server.post("/tenants/acme/roles").body(role).send().await.is(201);
    let key = server.key("acme", &["read", "write"], &["desk"]).await;
    (server, key)
}

#[tokio::test]
async fn nobody_applies_what_they_may_not_edit_one_by_one() {
    let (server, key) = bounded().await;
    let is = export(&server, "acme").await.text;
    let asked = |text: String| server.ask(&key, Method::POST, APPLY).text(YAML, text).send();
    let (head, tail) = is.split_once("roles:\n").unwrap();
    let with = |roles: &str, rest: &str| format!("{head}roles:\n{roles}{tail}{rest}");
    let night = |permission: &str| {
        format!("  - id: night\n    grants: [{{permission: {permission}, scope: all}}]\n")
    };
    let users = "  - {id: bob, roles: [owner]}\n";
    let at = server.revision("acme").await;
    let refused: [(String, &str); 7] = [
        // A role that reaches further than their own rights, by itself or by its parents.
        (with(&night("contacts.delete"), ""), "permesso.bounds.hand_out"),
        (with("  - {id: night, parents: [owner]}\n", ""), "permesso.bounds.hand_out"),
        // More for themselves.
        (is.replacen("contacts.view", "contacts.delete", 1), "permesso.bounds.hand_out"),
        // Another right for somebody, among much that they may.
        (with(&night("contacts.view"), users), "users.invite"),
        (is.replacen("roles: [owner]", "roles: [desk]", 1), "users.assign_roles"),
        // What they have no permission for at all.
        (with("", "policies: [{id: p}]\n"), "permesso.policies.edit"),
        (with("", "title: Ours\n"), "settings.workspace"),
    ];
    for (text, permission) in refused {
        for query in ["", "?dry_run=true"] {
            let path = format!("{APPLY}{query}");
            let said = server.ask(&key, Method::POST, &path).text(YAML, &*text).send().await;
            let said = said.refused(403, "denied");
            assert_eq!(said["permission"], permission, "{said}\n{text}");
        }
    }
    let elsewhere =
        "tenant: acme\nproduct: cloze\nroles: [{id: a, grants: [{permission: b, scope: all}]}]\n";
    let said = asked(elsewhere.to_owned()).await.refused(403, "denied");
    assert_eq!(said["permission"], "permesso.tenant.plan", "before anything is looked up in it");
    assert_eq!(server.revision("acme").await, at);
    // As one by one: what they hold they may hand out.
    let single =
        json!({"id": "night", "grants": [{"permission": "contacts.delete", "scope": "all"}]});
    let single = server.ask(&key, Method::POST, "/tenants/acme/roles").body(single);
    single.send().await.refused(403, "denied");
    let done = asked(with(&night("contacts.view"), "")).await.is(200);
    assert_eq!(edited(&done), ["role night"]);
}

#[tokio::test]
async fn whoever_may_not_read_something_finds_it_in_no_export_and_by_no_applying() {
    let server = Server::acme().await;
    server.user("acme", "bob", &["agent"]).await;
    for (id, permissions) in [
        ("policy_reader", &["permesso.policy.read"][..]),
        ("role_writer", &["permesso.roles.edit", "permesso.users.assign"]),
        ("user_lister", &["permesso.users.read"]),
    ] {
        let grants = permissions.iter().map(|it| json!({"permission": it, "scope": "all"}));
        let role = json!({"id": id, "grants": grants.collect::<Vec<_>>()});
        server.post("/tenants/acme/roles").body(role).send().await.is(201);
    }
    let verbs = ["read", "write"];
    let reader = server.key("acme", &verbs, &["policy_reader"]).await;
    let writer = server.key("acme", &verbs, &["role_writer"]).await;
    let lister = server.key("acme", &verbs, &["user_lister"]).await;
    let get =
        |key: &str, query: &str| server.ask(key, Method::GET, &format!("{EXPORT}{query}")).send();
    let policy = get(&reader, "?part=tenant").await.is(200).text;
    assert!(
        policy.contains("id: policy_reader")
            && !policy.contains("bob")
            && !policy.contains("\nusers")
    );
    for query in ["", "?part=all", "?part=people"] {
        let said = get(&reader, query).await.refused(403, "denied");
        assert_eq!(said["permission"], "permesso.users.read");
        for key in [&writer, &lister] {
            let said = get(key, query).await.refused(403, "denied");
            assert_eq!(said["permission"], "permesso.policy.read");
        }
    }
    // Whether somebody is what a text says is not found out by nothing happening.
    let bob =
        policy.clone() + "users:\n  - {id: ann, roles: [owner]}\n  - {id: bob, roles: [agent]}\n";
    let post = |key: &str, text: &str| {
        server.ask(key, Method::POST, APPLY).text(YAML, text.to_owned()).send()
    };
    let said = post(&reader, &bob).await.refused(403, "denied");
    assert_eq!(said["permission"], "permesso.users.read");
    let said = post(&writer, &policy).await.refused(403, "denied");
    assert_eq!(said["permission"], "permesso.policy.read");
    assert_eq!(edited(&post(&reader, &policy).await.is(200)), [""; 0]);
    let reads = server.key("acme", &["read"], &["permesso.administrator"]).await;
    assert_eq!(post(&reads, &policy).await.refused(403, "denied")["reason"], "verb");
}

#[tokio::test]
async fn an_export_of_many_people_comes_whole() {
    let server = Server::acme().await;
    let mut people = String::from("{\"id\":\"ann\",\"roles\":[\"owner\"]}\n");
    for n in 0..2_500 {
        people.push_str(&format!("{{\"id\":\"user-{n:04}\",\"roles\":[\"agent\"]}}\n"));
    }
    let bundle = Bundle::parse("acme", acme("")).unwrap();
    let bundle = Arc::new(bundle.with_people(People::lines("people", people)));
    let (realm, caller) = (Realm::tenant("acme").unwrap(), Caller::Operator("test".to_owned()));
    let options = ImportOptions::default();
    import(&server.node, &realm, &caller, &bundle, &options, &mut |_, _| {}).await.unwrap();
    let exported = export(&server, "acme").await;
    assert_eq!(exported.header("content-length"), "", "it is streamed");
    let users = exported.text.lines().filter(|line| line.contains("id: user-"));
    assert_eq!(users.count(), 2_500);
}

#[tokio::test]
async fn the_schemas_are_for_whoever_is_known_and_hold_for_what_is_exported() {
    let server = Server::acme().await;
    server.user("acme", "bob", &["agent"]).await;
    apply(&server, "", &acme(&role(&["contacts.view"]))).await.is(200);
    let key = server.key("acme", &["read"], &[]).await;
    let get = |path: &str| server.ask(&key, Method::GET, path).send();
    let listed = get("/schemas").await.is(200).body;
    assert_eq!(listed, json!({"items": ["bundle", "people", "product", "tenant"]}));
    let text = export(&server, "acme").await.text;
    let policy = server.get(&format!("{EXPORT}?part=tenant")).send().await.is(200).text;
    let people = server.get(&format!("{EXPORT}?part=people")).send().await.is(200).text;
    for (name, text) in
        [("bundle", &*text), ("tenant", &policy), ("people", &people), ("product", CLOZE)]
    {
        let said = get(&format!("/schemas/{name}")).await.is(200);
        assert_eq!(said.header("content-type"), "application/schema+json");
        let schema = jsonschema::draft202012::new(&said.body).unwrap();
        let document: Value = serde_saphyr::from_str(text).unwrap();
        let errors: Vec<String> =
            schema.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert!(!schema.is_valid(&json!({"nonsense": 1})), "{name}");
    }
    let none = get("/schemas/role").await.refused(404, "not-found");
    assert!(none["detail"].as_str().unwrap().contains("bundle, people"), "{none}");
    server.ask("", Method::GET, "/schemas").send().await.refused(401, "unauthenticated");
}

fn question(revision: u64, permission: &str) -> Value {
    json!({
        "revision": revision,
        "at": "2027-01-15T08:00:00Z",
        "subject": {"type": "user", "id": "bob"},
        "action": {"name": permission},
        "resource": {"type": "contact", "id": "c", "properties": {"assigned_to": "bob"}},
        "context": {"tenant": "acme"},
    })
}

async fn a_question_of_the_past_is_answered_as_it_was_then(server: Server) {
    let made = apply(&server, "", &acme(&role(&["contacts.view"]))).await.is(200);
    let made = made.body["revision"].as_u64().unwrap();
    server.user("acme", "bob", &["night"]).await;
    let before = server.revision("acme").await;
    apply(&server, "", &acme(&role(&["notes.add"]))).await.is(200);
    let after = server.revision("acme").await;
    let ask = |key: &str, body: Value| server.ask(key, Method::POST, REPLAY).body(body).send();
    let root = server.root.clone();
    let decided = async |revision: u64, permission: &str| {
        let said = ask(&root, question(revision, permission)).await.is(200);
        assert_eq!(said.body["revision"], revision);
        assert_eq!(said.header("permesso-revision"), revision.to_string());
        assert!(!said.body["trace"].as_array().unwrap().is_empty());
        let code = said.body["reason"]["code"].as_str().unwrap().to_owned();
        (said.body["decision"].as_bool().unwrap(), code)
    };
    let said = |decision: bool, code: &str| (decision, code.to_owned());
    assert_eq!(decided(made, "contacts.view").await, said(false, "unknown-subject"));
    assert_eq!(decided(before, "contacts.view").await, said(true, "granted"));
    assert_eq!(decided(before, "notes.add").await, said(false, "not-granted"));
    assert_eq!(decided(after, "contacts.view").await, said(false, "not-granted"));
    assert_eq!(decided(after, "notes.add").await, said(true, "granted"));
    assert_eq!(server.revision("acme").await, after, "asking writes nothing");

    for revision in [0, after + 1] {
        let none = ask(&root, question(revision, "notes.add")).await.refused(404, "not-found");
        assert!(none["detail"].as_str().unwrap().contains(&format!("no revision {revision}")));
    }
    let with = |pointer: &str, value: Value| {
        let mut question = question(after, "notes.add");
        *question.pointer_mut(pointer).unwrap() = value;
        question
    };
    let other = ask(&root, with("/context/tenant", json!("other"))).await;
    assert_eq!(other.refused(422, "invalid")["diagnostics"][0]["field"], "context.tenant");
    let robot = ask(&root, with("/subject/type", json!("robot"))).await.is(200);
    assert_eq!(robot.body["reason"]["code"], "unknown-subject-type");
    ask(&root, with("/at", Value::Null)).await.refused(422, "invalid");
    let auditor = server.key("acme", &["read"], &["permesso.auditor"]).await;
    ask(&auditor, question(after, "notes.add")).await.is(200);
    let nobody = server.key("acme", &["read"], &[]).await;
    let denied = ask(&nobody, question(after, "notes.add")).await.refused(403, "denied");
    assert_eq!(denied["permission"], "permesso.audit.read");
}

/// Lets everybody pass.
#[derive(Debug, Clone)]
struct Open(Manifest, String);

impl Family for Open {
    fn manifest(&self) -> &Manifest {
        &self.0
    }

    fn digest(&self) -> &str {
        &self.1
    }

    fn evaluate(&self, _: &str, _: &Question<'_>) -> Result<Answer, Fault> {
        Ok(Answer::ABSTAIN)
    }

    fn evaluate_batch(&self, tenant: &str, all: &[Question<'_>]) -> Vec<Result<Answer, Fault>> {
        all.iter().map(|question| self.evaluate(tenant, question)).collect()
    }
}

#[tokio::test]
async fn without_the_component_of_that_time_there_is_no_answer() {
    let server = Server::start().await;
    let product = "product: wards\nversion: '1'\ncategories:\n  - id: charts\n    family: rounds\n    \
                   permissions: [{id: charts.read}]\nstandard_roles:\n  - id: owner\n    grants: \
                   [{permission: '*', scope: all}]\n";
    server.put("/products/wards").text(YAML, product).send().await.is(200);
    let tenant = json!({
        "id": "acme", "product": "wards", "owner": {"id": "bob", "roles": ["owner"]},
    });
    server.post("/tenants").body(tenant).send().await.is(201);
    let accept = "tenant: acme\nproduct: wards\nusers: [{id: bob, roles: [owner]}]\n";
    apply(&server, "", accept).await.is(200);
    let install = async |digest: Option<&str>| {
        let families = match digest {
            Some(digest) => {
                let manifest = Manifest {
                    id: "rounds".to_owned(),
                    version: "1.0.0".to_owned(),
                    title: String::new(),
                    permissions: vec!["charts.read".to_owned()],
                    kinds: Vec::new(),
                    inputs: Vec::new(),
                    reasons: Vec::new(),
                    obligations: Vec::new(),
                    requires: Vec::new(),
                    floors: Vec::new(),
                    config_schema: String::new(),
                };
                let family: Arc<dyn Family> = Arc::new(Open(manifest, digest.to_owned()));
                FamilySet::from([("rounds".to_owned(), family)])
            }
            None => FamilySet::new(),
        };
        assert!(server.node.recompile(Arc::new(families)).await.is_empty());
        assert!(server.node.record_components().await.is_empty());
        server.revision("acme").await
    };
    let ask = |revision| server.post(REPLAY).body(question(revision, "charts.read")).send();
    let without = install(None).await;
    let first = install(Some("sha256:1")).await;
    let said = ask(first).await.is(200).body;
    assert_eq!(said["decision"], true, "{said}");
    let answered = json!([{"family": "rounds", "digest": "sha256:1", "here": true}]);
    assert_eq!(said["families"], answered);

    let second = install(Some("sha256:2")).await;
    let gone = ask(first).await.refused(503, "component-missing");
    assert_eq!((&gone["family"], &gone["digest"]), (&json!("rounds"), &json!("sha256:1")));
    assert_eq!(ask(second).await.is(200).body["decision"], true);
    // There was none then, so there need not be one now: it was denied.
    let said = ask(without).await.is(200).body;
    assert_eq!(
        (&said["decision"], &said["reason"]["code"]),
        (&json!(false), &json!("family-fault"))
    );
    install(Some("sha256:1")).await;
    assert_eq!(ask(first).await.is(200).body["decision"], true);
}
