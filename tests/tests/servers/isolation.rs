//! Tenants on one server: none learns of another, and none keeps another from being answered.

use permesso_tests::{Client, Server, Stored, decide, turn};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// For how long one tenant floods the server.
const FLOOD: Duration = Duration::from_secs(6);
/// How many demand what will never be, at a time; more than a server answers at a time.
const WAITING: usize = 600;
/// How many send batches, and how many write.
const BUSY: usize = 4;

/// A key of a tenant that may do everything in it.
fn key(client: &mut Client, tenant: &str) -> String {
    let roles = json!(["permesso.administrator", "owner"]);
    let body = json!({"label": "all", "verbs": ["decide", "read", "write"], "roles": roles});
    let path = format!("/admin/v1/tenants/{tenant}/keys");
    let made = client.send("POST", &path, &[], Some(&body)).unwrap();
    assert_eq!(made.status, 201, "{}", made.json());
    made.json()["token"].as_str().unwrap().to_owned()
}

fn connect(server: &Server, token: &str) -> Client {
    Client::connect(server.address).unwrap().with(token)
}

/// What a question is answered, in each of the ways in which it can be put.
fn answers(client: &mut Client, tenant: &str, user: &str, action: &str) -> Vec<(u16, String)> {
    let question = json!({
        "subject": {"type": "user", "id": user},
        "action": {"name": action},
        "resource": {"type": "ticket", "id": "1"},
    });
    let mut named = question.clone();
    named["context"] = json!({"tenant": tenant});
    let batch = json!({"evaluations": [question, question]});
    let mixed = json!({"evaluations": [named]});
    let at = |what: &str| format!("/{tenant}/access/v1/{what}");
    let ways: [(String, &Value); 4] = [
        (at("evaluation"), &question),
        (at("evaluations"), &batch),
        ("/access/v1/evaluation".to_owned(), &named),
        ("/access/v1/evaluations".to_owned(), &mixed),
    ];
    let ways = ways.into_iter().map(|(path, body)| {
        let answer = client.send("POST", &path, &[], Some(body)).unwrap();
        (answer.status, answer.json().to_string())
    });
    ways.collect()
}

#[test]
fn a_key_decides_in_its_own_tenant_and_learns_of_no_other() {
    let _turn = turn(module_path!());
    let stored = Stored::sqlite();
    stored.tenant("other");
    let server = stored.serve(&[]);
    let mut root = stored.client(&server);
    let tokens = ["acme", "other"].map(|tenant| key(&mut root, tenant));
    let [mut one, mut other] = tokens.each_ref().map(|token| connect(&server, token));
    let actions = ["tickets.read", "tickets.write", "no.such"];
    let asked = |client: &mut Client, tenant: &str| -> Vec<(u16, String)> {
        let users = ["ann", "bob", "zoe"].into_iter();
        let both = users.flat_map(|user| actions.map(|action| (user, action)));
        both.flat_map(|(user, action)| answers(client, tenant, user, action)).collect()
    };
    let before = asked(&mut other, "other");
    assert!(before.iter().any(|(_, text)| text.contains("\"decision\":true")), "{before:?}");
    // What the one does to whoever has the same names touches nobody of the other.
    let changes = [
        ("PUT", "users/bob/roles", json!({"roles": ["writer"]})),
        ("PUT", "roles/writer", json!({"id": "writer", "grants": []})),
        ("PUT", "users/bob/grants", json!({"grants": [{"permission": "*", "scope": "all"}]})),
        ("POST", "users", json!({"user": {"id": "zoe", "roles": ["owner"]}})),
        ("POST", "users/bob/deactivate", Value::Null),
        ("DELETE", "users/bob", Value::Null),
        // To where there was the key already.
        ("POST", "rollback", json!({"to": 2})),
    ];
    for (method, path, body) in changes {
        let own = asked(&mut one, "acme");
        let path = format!("/admin/v1/tenants/acme/{path}");
        let body = (!body.is_null()).then_some(&body);
        // What is the product's has no revision in the tenant yet.
        let tag = if path.ends_with("roles/writer") { "\"0\"" } else { "*" };
        let done = one.send(method, &path, &[("if-match", tag)], body).unwrap();
        assert!([200, 201].contains(&done.status), "{method} {path}: {}", done.json());
        assert_ne!(asked(&mut one, "acme"), own, "{method} {path} changed nothing");
        assert_eq!(asked(&mut other, "other"), before, "{method} {path}");
    }
    // There and nowhere are the same to whoever has no business there.
    for demand in [None, Some("1"), Some("999999")] {
        let headers: Vec<(&str, &str)> =
            demand.into_iter().map(|revision| ("permesso-at-least", revision)).collect();
        let mut seen = |tenant: &str| decide(&mut one, tenant, "ann", "tickets.read", &headers);
        let (there, nowhere) = (seen("other").unwrap(), seen("none").unwrap());
        assert_eq!(there, nowhere, "{demand:?}");
        assert!(!there.1);
    }
    let hide = |found: Vec<(u16, String)>| -> Vec<(u16, String)> {
        found.into_iter().map(|(status, text)| (status, text.replace("other", "none"))).collect()
    };
    assert_eq!(hide(asked(&mut one, "other")), asked(&mut one, "none"));
    // Among questions about its own tenant, one about another is denied like one about nowhere.
    let about = |tenant: &str| {
        json!({
            "subject": {"type": "user", "id": "ann"}, "action": {"name": "tickets.read"},
            "resource": {"type": "ticket", "id": "1"}, "context": {"tenant": tenant},
        })
    };
    let mixed = json!({"evaluations": [about("acme"), about("other"), about("none")]});
    let said = one.send("POST", "/access/v1/evaluations", &[], Some(&mixed)).unwrap();
    assert_eq!(said.status, 200);
    let said = said.json();
    let allowed = |at: usize| said["evaluations"][at]["decision"].as_bool();
    assert_eq!([allowed(0), allowed(1), allowed(2)], [Some(true), Some(false), Some(false)]);
    let text = said["evaluations"][1].to_string().replace("other", "none");
    assert_eq!(text, said["evaluations"][2].to_string());
}

/// How long each of these took, in order.
fn shown(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    let longest = times.last().copied().unwrap_or_default();
    println!(
        "{what}: {} times, p50 {:?}, p99 {:?}, longest {longest:?}",
        times.len(),
        at(50),
        at(99)
    );
}

/// What one tenant does to keep the server busy.
#[derive(Debug, Clone, Copy)]
enum Flood {
    Demands,
    Batches,
    Writes,
}

/// Does it until it is over; how often.
fn flood(server: &Server, token: &str, what: Flood, own: usize, over: &AtomicBool) -> u64 {
    let mut client = connect(server, token);
    let item = |n: usize| json!({"subject": {"type": "user", "id": format!("u{n}")}});
    let batch = json!({
        "action": {"name": "tickets.read"}, "resource": {"type": "ticket", "id": "1"},
        "evaluations": (0..1000).map(item).collect::<Vec<_>>(),
    });
    let mut done = 0;
    while !over.load(Ordering::Relaxed) {
        // Whatever the answer is, and though there be none: it is the other who is asked about.
        let answered = match what {
            Flood::Demands => {
                let headers = [("permesso-at-least", "999999999")];
                let answer = decide(&mut client, "acme", "ann", "tickets.read", &headers);
                // It is the server that is to be kept busy, and not the machine.
                thread::sleep(Duration::from_millis(100));
                answer.is_ok()
            }
            Flood::Batches => {
                client.send("POST", "/acme/access/v1/evaluations", &[], Some(&batch)).is_ok()
            }
            Flood::Writes => {
                let body = json!({"user": {"id": format!("{own}-{done}"), "roles": ["reader"]}});
                let path = "/admin/v1/tenants/acme/users";
                client.send("POST", path, &[], Some(&body)).is_ok()
            }
        };
        if !answered {
            client = connect(server, token);
        }
        done += 1;
    }
    done
}

/// What the other tenant saw.
#[derive(Debug, Default)]
struct Seen {
    decisions: Vec<Duration>,
    reads: Vec<Duration>,
    writes: Vec<Duration>,
    wrong: Vec<String>,
}

/// Writes, decides and reads for a while.
fn go_about(server: &Server, token: &str) -> Seen {
    let mut client = connect(server, token);
    let (mut seen, begun, mut may) = (Seen::default(), Instant::now(), false);
    while begun.elapsed() < FLOOD {
        may = !may;
        let role = if may { "writer" } else { "reader" };
        let path = "/admin/v1/tenants/other/users/bob";
        let body = json!({"roles": [role]});
        let at = Instant::now();
        let written = client.send("PUT", &format!("{path}/roles"), &[], Some(&body)).unwrap();
        seen.writes.push(at.elapsed());
        if written.status != 200 {
            seen.wrong.push(format!("written: {}", written.json()));
            continue;
        }
        let revision = written.json()["revision"].to_string();
        for headers in [&[][..], &[("permesso-at-least", &*revision)][..]] {
            let at = Instant::now();
            let said = decide(&mut client, "other", "bob", "tickets.write", headers).unwrap();
            seen.decisions.push(at.elapsed());
            if (said.0, said.1) != (200, may) {
                seen.wrong.push(format!("decided: {said:?} where {may} holds"));
            }
        }
        let at = Instant::now();
        let read = client.send("GET", path, &[], None).unwrap();
        seen.reads.push(at.elapsed());
        if read.status != 200 || read.json()["document"]["roles"] != json!([role]) {
            seen.wrong.push(format!("read: {}", read.json()));
        }
    }
    seen
}

#[test]
fn a_tenant_that_floods_the_server_keeps_no_other_from_being_answered() {
    let _turn = turn(module_path!());
    let stored = Stored::sqlite();
    stored.tenant("other");
    let server = stored.serve(&[]);
    let mut root = stored.client(&server);
    let tokens = ["acme", "other"].map(|tenant| key(&mut root, tenant));
    let over = AtomicBool::new(false);
    let floods = [(Flood::Demands, WAITING), (Flood::Batches, BUSY), (Flood::Writes, BUSY)];
    let sent = floods.map(|_| AtomicU64::new(0));
    let seen = thread::scope(|scope| {
        for ((what, many), sent) in floods.iter().zip(&sent) {
            for own in 0..*many {
                let (server, token, over) = (&server, &tokens[0], &over);
                scope.spawn(move || {
                    sent.fetch_add(flood(server, token, *what, own, over), Ordering::Relaxed)
                });
            }
        }
        let seen = scope.spawn(|| go_about(&server, &tokens[1])).join();
        over.store(true, Ordering::Relaxed);
        seen
    });
    let seen = seen.expect("the other tenant was answered");
    shown("decisions", seen.decisions);
    shown("reads", seen.reads);
    shown("writes", seen.writes);
    let sent = sent.map(AtomicU64::into_inner);
    println!("beside {} demands, {} batches of 1000 and {} writes", sent[0], sent[1], sent[2]);
    let few: Vec<&String> = seen.wrong.iter().take(5).collect();
    assert!(seen.wrong.is_empty(), "{} wrong, such as {few:#?}", seen.wrong.len());
    assert!(sent.iter().all(|sent| *sent > 0), "that was no flood");
}
