//! What was acknowledged is there after a kill at any moment, and nothing is there in half.

use permesso_cluster::Cluster;
use permesso_tests::{Client, Server, Stored, skip, turn};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many write at a time.
const WRITERS: u64 = 4;

#[test]
fn nothing_acknowledged_is_lost_by_killing_a_server_on_sqlite() {
    let _turn = turn(module_path!());
    kill_often(&Stored::sqlite(), kills(200));
}

#[test]
fn nothing_acknowledged_is_lost_by_killing_a_server_on_postgresql() {
    let _turn = turn(module_path!());
    match Cluster::shared() {
        Ok(cluster) => kill_often(&Stored::postgres(&cluster, "killed"), kills(50)),
        Err(why) => skip("the kills on PostgreSQL", &why),
    }
}

/// As many as were promised, or fewer for whoever is in a hurry.
fn kills(promised: u32) -> u32 {
    std::env::var("PERMESSO_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(promised)
}

fn kill_often(stored: &Stored, kills: u32) {
    let begun = Instant::now();
    let next = AtomicU64::new(0);
    let mut acknowledged = BTreeSet::new();
    // Not random: the moments spread over what a server does from its start on.
    for round in 0..u64::from(kills) {
        let server = stored.serve(&[]);
        let stop = AtomicBool::new(false);
        let wait = Duration::from_micros(1_000 + round.wrapping_mul(7_919) % 150_000);
        let written: Vec<Vec<String>> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|_| scope.spawn(|| write(stored, &server, &next, &stop)))
                .collect();
            thread::sleep(wait);
            let pid = server.id().to_string();
            // From outside, as the system does it when memory runs out.
            let sent = std::process::Command::new("kill").args(["-KILL", &pid]).status();
            assert!(sent.expect("`kill`").success());
            stop.store(true, Ordering::Relaxed);
            writers.into_iter().map(|writer| writer.join().expect("a writer")).collect()
        });
        drop(server);
        acknowledged.extend(written.into_iter().flatten());
    }
    let server = stored.serve(&[]);
    let mut client = stored.client(&server);
    let (mut found, mut after) = (BTreeSet::new(), String::new());
    loop {
        let from = if after.is_empty() { String::new() } else { format!("&after={after}") };
        let path = format!("/admin/v1/tenants/acme/users?limit=100{from}");
        let page = client.send("GET", &path, &[], None).unwrap();
        assert_eq!(page.status, 200, "{}", page.json());
        let items = page.json()["items"].as_array().cloned().unwrap_or_default();
        let Some(last) = items.last() else { break };
        after = last["id"].as_str().unwrap().to_owned();
        found.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
    }
    let lost: Vec<&String> = acknowledged.difference(&found).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    // Each came with an invitation, in one record: half of one would be a user without.
    for id in found.iter().filter(|id| id.starts_with('w')).step_by(7) {
        let user = client.send("GET", &format!("/admin/v1/tenants/acme/users/{id}"), &[], None);
        let user = user.unwrap().json();
        assert_eq!(user["invitation"]["state"], "pending", "{user}");
    }
    server.kill();
    let verified = stored.permesso(&["audit", "verify"]);
    assert_eq!(verified.lines().count(), 2, "{verified}");
    println!(
        "{kills} kills in {:.0?}: {} writes acknowledged, {} found\n{verified}",
        begun.elapsed(),
        acknowledged.len(),
        found.len() - 2
    );
    assert!(acknowledged.len() as u64 > u64::from(kills), "hardly anything was written");
}

/// Invites one user after another until the server is gone; whom it said were invited.
fn write(stored: &Stored, server: &Server, next: &AtomicU64, stop: &AtomicBool) -> Vec<String> {
    let mut acknowledged = Vec::new();
    let Ok(client) = Client::connect(server.address) else { return acknowledged };
    let mut client = client.with(&stored.token);
    while !stop.load(Ordering::Relaxed) {
        let id = format!("w{}", next.fetch_add(1, Ordering::Relaxed));
        let body = json!({"user": {"id": id, "roles": ["reader"]}});
        match client.send("POST", "/admin/v1/tenants/acme/users", &[], Some(&body)) {
            Ok(answer) if answer.status == 201 => acknowledged.push(id),
            Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.json()),
            Err(_) => break,
        }
    }
    acknowledged
}
