//! Three servers that lose the database and find it again at random: no decision is older than
//! the revision that it names, none is older than a server may be, and nothing is written twice.

use permesso_cluster::Cluster;
use permesso_tests::{Client, Line, Proxy, Server, Stored, skip, turn};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What is random follows from this.
const SEED: u64 = 0x5E_ED0F_9A27;
/// For how long lines are cut.
const TIME: Duration = Duration::from_secs(20);
/// How often it is thought over whether a line changes.
const TICK: Duration = Duration::from_millis(100);
/// How old what a server decides on may be, in seconds.
const STALENESS: u64 = 2;
/// What two clocks of one machine may differ by: the servers count in whole milliseconds.
const CLOCKS: Duration = Duration::from_millis(50);
/// How many ask each server at a time.
const READERS: usize = 2;

/// Whether `bob` may read and write tickets.
type May = (bool, bool);

/// A change that was acknowledged: what holds from its revision on.
#[derive(Debug, Clone, Copy)]
struct Written {
    revision: u64,
    may: May,
    at: Instant,
}

/// An answer of a server.
#[derive(Debug, Clone, Copy)]
struct Seen {
    line: Line,
    asked: Instant,
    demanded: Option<u64>,
    status: u16,
    revision: u64,
    may: May,
}

/// A small generator, so that a failure can be looked at again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// What the test runs on.
struct Scene {
    stored: Stored,
    lines: Vec<Proxy>,
    servers: Vec<Server>,
}

impl Scene {
    fn on(cluster: &Arc<Cluster>) -> Self {
        let stored = Stored::postgres(cluster, "partitions");
        let database = SocketAddr::from((Ipv4Addr::LOCALHOST, cluster.port()));
        let lines: Vec<Proxy> = (0..3).map(|_| Proxy::to(database)).collect();
        let staleness = STALENESS.to_string();
        let servers = lines.iter().map(|line| {
            let url = stored.url.replace(&database.to_string(), &line.address.to_string());
            assert_ne!(url, stored.url);
            stored.serve_at(&url, &["--max-staleness", &staleness])
        });
        Self { servers: servers.collect(), stored, lines }
    }

    fn client(&self, server: usize) -> Client {
        self.stored.client(&self.servers[server])
    }

    /// Lets lines break and heal until it is over.
    fn partition(&self, random: &mut Random) -> u32 {
        let (begun, mut changes) = (Instant::now(), 0);
        while begun.elapsed() < TIME {
            for line in &self.lines {
                if random.below(8) == 0 {
                    let next = match random.below(4) {
                        0 => Line::Cut,
                        1 => Line::Silent,
                        _ => Line::Open,
                    };
                    changes += u32::from(next != line.line());
                    line.set(next);
                }
            }
            thread::sleep(TICK);
        }
        for line in &self.lines {
            line.set(Line::Open);
        }
        changes
    }

    /// Changes what `bob` may, one change after the other, each through whichever server takes
    /// it, and the same change until one says that it is made.
    fn write(&self, random: &mut Random, last: &AtomicU64, over: &AtomicBool) -> Vec<Written> {
        let mut written: Vec<Written> = Vec::new();
        let mut clients = [None, None, None];
        let (mut held, mut grants) = (0b01, "tickets.write");
        while !over.load(Ordering::SeqCst) {
            let (path, body) = if random.below(3) == 0 {
                grants = if grants == "tickets.write" { "tickets.read" } else { "tickets.write" };
                let grants = json!([{"permission": grants, "scope": "all"}]);
                ("roles/writer", json!({"id": "writer", "grants": grants}))
            } else {
                held ^= 1 + random.below(3);
                let roles = [(0b01, "reader"), (0b10, "writer")];
                let roles = roles.iter().filter(|(bit, _)| held & bit != 0).map(|(_, role)| *role);
                ("users/bob/roles", json!({"roles": roles.collect::<Vec<_>>()}))
            };
            let (reads, writes) = (held & 0b01 != 0, held & 0b10 != 0);
            let may = match grants {
                "tickets.write" => (reads, writes),
                _ => (reads || writes, false),
            };
            let path = format!("/admin/v1/tenants/acme/{path}");
            let key = format!("edit-{}", written.len());
            let headers = [("if-match", "*"), ("idempotency-key", &*key)];
            let begun = Instant::now();
            let revision = loop {
                assert!(begun.elapsed() < TIME + Duration::from_secs(60), "nobody takes a change");
                let server = usize::try_from(random.below(3)).unwrap();
                let connected = clients[server].take();
                let mut client = connected.unwrap_or_else(|| {
                    self.client(server).patient(Duration::from_secs(1)).unwrap()
                });
                // Nobody knows whether what was not answered was done: it is sent again.
                let Ok(answer) = client.send("PUT", &path, &headers, Some(&body)) else { continue };
                clients[server] = Some(client);
                match answer.status {
                    200 => break answer.json()["revision"].as_u64().unwrap(),
                    503 => {}
                    status => panic!("{status}: {}", answer.json()),
                }
            };
            written.push(Written { revision, may, at: Instant::now() });
            last.store(revision, Ordering::SeqCst);
        }
        written
    }

    /// Asks one server, and now and then for what was acknowledged last.
    fn read(&self, server: usize, seed: u64, last: &AtomicU64, over: &AtomicBool) -> Vec<Seen> {
        let mut random = Random(seed);
        let mut client = self.client(server);
        let mut seen = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let demanded = (random.below(4) == 0).then(|| last.load(Ordering::SeqCst));
            seen.push(self.ask(&mut client, server, demanded));
            thread::sleep(Duration::from_millis(2));
        }
        seen
    }

    fn ask(&self, client: &mut Client, server: usize, demanded: Option<u64>) -> Seen {
        let question = json!({
            "subject": {"type": "user", "id": "bob"},
            "resource": {"type": "ticket", "id": "1"},
            "evaluations": [{"action": {"name": "tickets.read"}}, {"action": {"name": "tickets.write"}}],
        });
        let text = demanded.map(|revision| revision.to_string());
        let header = text.as_deref().map(|text| ("permesso-at-least", text));
        let headers: Vec<(&str, &str)> = header.into_iter().collect();
        let (asked, line) = (Instant::now(), self.lines[server].line());
        let answer = client.send("POST", "/acme/access/v1/evaluations", &headers, Some(&question));
        let answer = answer.expect("a server answers, whatever of its database");
        let status = answer.status;
        let (mut revision, mut may) = (0, (false, false));
        if status == 200 {
            let said = answer.json();
            let said = said["evaluations"].as_array().unwrap();
            let one = |at: usize| -> (u64, bool) {
                let one: &Value = &said[at];
                let revision = one["context"]["revision"].as_u64().unwrap();
                (revision, one["decision"].as_bool().unwrap())
            };
            let (read, write) = (one(0), one(1));
            assert_eq!(read.0, write.0, "a batch is decided at one revision");
            (revision, may) = (read.0, (read.1, write.1));
        }
        Seen { line, asked, demanded, status, revision, may }
    }
}

/// Holds every answer against what was written.
fn check(written: &[Written], seen: &[Seen]) {
    for answer in seen {
        match answer.status {
            200 => {}
            503 => continue,
            status => panic!("{status}: {answer:?}"),
        }
        let next = written.partition_point(|change| change.revision <= answer.revision);
        let holds = written[..next].last().expect("nothing was asked before the first");
        assert_eq!(answer.may, holds.may, "{answer:?} of {holds:?}");
        let demanded = answer.demanded.is_none_or(|wanted| answer.revision >= wanted);
        assert!(demanded, "older than was demanded: {answer:?}");
        if let Some(newer) = written.get(next) {
            // It was there when it was acknowledged, so whoever did not know of it then has had
            // no news since before that.
            let unknown = answer.asked.saturating_duration_since(newer.at);
            let bound = Duration::from_secs(STALENESS) + CLOCKS;
            assert!(unknown <= bound, "{unknown:?} after {newer:?}: {answer:?}");
        }
    }
}

/// That the test has seen what it is about.
fn is_telling(written: &[Written], seen: &[Seen]) {
    let count = |what: &dyn Fn(&Seen) -> bool| seen.iter().filter(|it| what(it)).count();
    let answered = count(&|it| it.status == 200);
    let apart = count(&|it| it.status == 200 && it.line != Line::Open);
    let stale = count(&|it| it.status == 503 && it.demanded.is_none());
    let demanded = count(&|it| it.status == 200 && it.demanded.is_some());
    let behind = count(&|it| it.status == 503 && it.demanded.is_some());
    let revisions: BTreeSet<u64> = seen.iter().map(|it| it.revision).filter(|it| *it > 0).collect();
    println!(
        "{} changes; {answered} decisions at {} revisions, {apart} of them without the database; \
         {stale} refused as too old; of those that demanded a revision {demanded} answered and \
         {behind} refused",
        written.len(),
        revisions.len()
    );
    assert!(written.len() > 30 && revisions.len() > written.len() / 4, "hardly anything changed");
    let all = [apart, stale, demanded, behind];
    assert!(all.iter().all(|count| *count > 10), "hardly anything was seen: {all:?}");
}

#[test]
fn servers_that_lose_the_database_at_random_never_say_what_does_not_hold() {
    let _turn = turn(module_path!());
    let cluster = match Cluster::shared() {
        Ok(cluster) => cluster,
        Err(why) => return skip("three servers that lose the database", &why),
    };
    println!("seed {SEED:#x}");
    let scene = Scene::on(&cluster);
    let mut random = Random(SEED);
    let mut clients: Vec<Client> = (0..3).map(|server| scene.client(server)).collect();
    // As it is, but from now on the tenant's own.
    let grants = json!([{"permission": "tickets.write", "scope": "all"}]);
    let own = json!({"id": "writer", "grants": grants});
    let headers = [("if-match", "\"0\"")];
    let own = clients[0].send("PUT", "/admin/v1/tenants/acme/roles/writer", &headers, Some(&own));
    assert_eq!(own.unwrap().status, 200);
    let before = clients[0].send("GET", "/admin/v1/tenants/acme", &[], None).unwrap().json();
    let first = before["tenant_revision"].as_u64().unwrap();
    let first = Written { revision: first, may: (true, false), at: Instant::now() };
    let (last, over) = (AtomicU64::new(first.revision), AtomicBool::new(false));
    let (mut written, seen, changes) = thread::scope(|scope| {
        let (scene, last, over) = (&scene, &last, &over);
        let mut theirs = Random(random.below(1 << 30));
        let writer = scope.spawn(move || scene.write(&mut theirs, last, over));
        let reader = |reader: usize| {
            let seed = random.below(1 << 30);
            scope.spawn(move || scene.read(reader % 3, seed, last, over))
        };
        let readers: Vec<_> = (0..3 * READERS).map(reader).collect();
        let changes = scene.partition(&mut random);
        over.store(true, Ordering::SeqCst);
        let seen = readers.into_iter().flat_map(|reader| reader.join().expect("a reader"));
        let seen: Vec<Seen> = seen.collect();
        (writer.join().expect("a writer"), seen, changes)
    });
    written.insert(0, first);
    check(&written, &seen);
    println!("lines changed {changes} times");
    is_telling(&written, &seen);
    let (back, end) = (Instant::now(), written[written.len() - 1]);
    for (server, client) in clients.iter_mut().enumerate() {
        let answer = loop {
            let answer = scene.ask(client, server, Some(end.revision));
            check(&written, &[answer]);
            if answer.status == 200 {
                break answer;
            }
            assert!(back.elapsed() < Duration::from_secs(60), "it did not recover");
        };
        assert_eq!((answer.revision, answer.may), (end.revision, end.may));
    }
    println!("all decided on the last change {:?} after the lines healed", back.elapsed());
    // Whatever was sent again and again was made once.
    let made = end.revision - first.revision;
    assert_eq!(usize::try_from(made).unwrap(), written.len() - 1);
    scene.stored.permesso(&["audit", "verify"]);
}
