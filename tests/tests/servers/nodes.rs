//! Several servers on one PostgreSQL.

use permesso_cluster::{Cluster, Stop};
use permesso_tests::{Client, Stored, decide, skip, turn};
use serde_json::json;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

fn cluster(what: &str) -> Option<Arc<Cluster>> {
    Cluster::shared().map_err(|why| skip(what, &why)).ok()
}

/// Gives `bob` other roles; the revision that it led to.
fn assign(client: &mut Client, role: &str) -> (u16, u64) {
    let body = json!({"roles": [role]});
    let answer = client.send("PUT", "/admin/v1/tenants/acme/users/bob/roles", &[], Some(&body));
    let answer = answer.unwrap();
    (answer.status, answer.json()["revision"].as_u64().unwrap_or(0))
}

#[test]
fn an_edit_on_one_server_is_decided_on_by_another_within_a_second() {
    let _turn = turn(module_path!());
    let Some(cluster) = cluster("two servers") else { return };
    let stored = Stored::postgres(&cluster, "followed");
    let servers = [stored.serve(&[]), stored.serve(&[])];
    let mut here = stored.client(&servers[0]);
    let mut there = stored.client(&servers[1]);
    let mut times = Vec::new();
    for n in 0..500 {
        let (role, action, other) = match n % 2 {
            0 => ("writer", "tickets.write", "tickets.read"),
            _ => ("reader", "tickets.read", "tickets.write"),
        };
        let (status, revision) = assign(&mut here, role);
        assert_eq!(status, 200);
        let begun = Instant::now();
        let own = decide(&mut here, "acme", "bob", action, &[]).unwrap();
        assert_eq!((own.0, own.1), (200, true), "at once where it was made");
        loop {
            let (status, allowed, at) = decide(&mut there, "acme", "bob", action, &[]).unwrap();
            assert_eq!(status, 200);
            assert_eq!(allowed, at >= revision, "a decision is of the revision that it names");
            if allowed {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "edit {n} never came");
        }
        times.push(begun.elapsed());
        assert!(!decide(&mut there, "acme", "bob", other, &[]).unwrap().1);
    }
    times.sort();
    println!("500 edits: p50 {:?}, p99 {:?}, longest {:?}", times[250], times[495], times[499]);
}

#[test]
fn whoever_demands_a_revision_waits_for_it_and_never_gets_an_older_answer() {
    let _turn = turn(module_path!());
    let Some(cluster) = cluster("freshness") else { return };
    let stored = Stored::postgres(&cluster, "fresh");
    let servers = [stored.serve(&[]), stored.serve(&[])];
    let mut here = stored.client(&servers[0]);
    let mut there = stored.client(&servers[1]);
    for n in 0..100 {
        let (role, may) = if n % 2 == 0 { ("writer", true) } else { ("reader", false) };
        let (_, revision) = assign(&mut here, role);
        let demanded = revision.to_string();
        let headers = [("permesso-at-least", &*demanded)];
        let (status, allowed, at) =
            decide(&mut there, "acme", "bob", "tickets.write", &headers).unwrap();
        assert_eq!((status, allowed), (200, may));
        assert!(at >= revision);
    }
    let (_, revision) = assign(&mut here, "writer");
    let future = (revision + 1).to_string();
    let begun = Instant::now();
    let (status, allowed, _) =
        decide(&mut there, "acme", "bob", "tickets.write", &[("permesso-at-least", &*future)])
            .unwrap();
    assert_eq!((status, allowed), (503, false), "not there yet, and so no answer");
    assert!(begun.elapsed() > Duration::from_secs(1), "it waited for it");
    let odd = decide(&mut there, "acme", "bob", "tickets.write", &[("permesso-at-least", "x")]);
    assert_eq!(odd.unwrap().0, 400);
}

#[test]
fn servers_go_on_deciding_while_the_database_is_away_and_recover_by_themselves() {
    let _turn = turn(module_path!());
    // Not the shared one: it is stopped.
    let cluster = match Cluster::start() {
        Ok(cluster) => Arc::new(cluster),
        Err(why) => return skip("the outage", &why),
    };
    let stored = Stored::postgres(&cluster, "away");
    let servers =
        [stored.serve(&["--max-staleness", "15"]), stored.serve(&["--max-staleness", "15"])];
    let mut clients: Vec<Client> = servers.iter().map(|server| stored.client(server)).collect();
    for client in &mut clients {
        assert!(decide(client, "acme", "bob", "tickets.read", &[]).unwrap().1);
    }
    cluster.stop(Stop::Fast).unwrap();
    let away = Instant::now();
    thread::sleep(Duration::from_secs(2));
    for client in &mut clients {
        let known = decide(client, "acme", "bob", "tickets.read", &[]).unwrap();
        assert_eq!((known.0, known.1), (200, true), "who is known is decided on");
        let unknown = decide(client, "acme", "ann", "tickets.read", &[]).unwrap();
        assert_eq!((unknown.0, unknown.1), (503, false), "who is not cannot be read");
        assert_eq!(assign(client, "writer").0, 503, "nothing is written");
        let standing = client.send("GET", "/admin/v1/standing", &[], None).unwrap().json();
        let age = &standing["tenants"][0]["age_ms"];
        assert!(age.as_u64().is_some_and(|age| age > 1_000), "{standing}");
    }
    thread::sleep(Duration::from_secs(18).saturating_sub(away.elapsed()));
    for client in &mut clients {
        let (status, allowed, _) = decide(client, "acme", "bob", "tickets.read", &[]).unwrap();
        assert_eq!((status, allowed), (503, false), "too old to answer");
        let tenants = client.send("GET", "/admin/v1/tenants", &[], None).unwrap();
        assert_eq!(tenants.status, 503, "the key may be withdrawn by now");
        let standing = client.send("GET", "/admin/v1/standing", &[], None).unwrap();
        assert_eq!(standing.status, 200, "how old it is can always be asked");
        let age = &standing.json()["tenants"][0]["age_ms"];
        assert!(age.as_u64().is_some_and(|age| age > 15_000), "{age}");
    }
    thread::sleep(Duration::from_secs(30).saturating_sub(away.elapsed()));
    cluster.start_again().unwrap();
    let back = Instant::now();
    for client in &mut clients {
        loop {
            let (status, allowed, _) = decide(client, "acme", "bob", "tickets.read", &[]).unwrap();
            if status == 200 {
                assert!(allowed);
                break;
            }
            assert!(back.elapsed() < Duration::from_secs(60), "it did not recover");
            thread::sleep(Duration::from_millis(50));
        }
    }
    println!("decided again {:?} after the database was back", back.elapsed());
    let revision = loop {
        let (status, revision) = assign(&mut clients[0], "writer");
        if status == 200 {
            break revision.to_string();
        }
        assert!(back.elapsed() < Duration::from_secs(60), "it does not write");
        thread::sleep(Duration::from_millis(50));
    };
    let headers = [("permesso-at-least", &*revision)];
    // The other one may still be connecting; what it answers then is no answer, and never an old one.
    let there = loop {
        let there = decide(&mut clients[1], "acme", "bob", "tickets.write", &headers).unwrap();
        if there.0 == 200 {
            break there;
        }
        assert_eq!((there.0, there.1), (503, false));
        assert!(back.elapsed() < Duration::from_secs(60), "it did not recover");
        thread::sleep(Duration::from_millis(50));
    };
    assert!(there.1);
}
