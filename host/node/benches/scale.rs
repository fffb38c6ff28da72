//! One tenant with many users, roles and programs, on both stores, beside one with few users:
//! `cargo bench -p permesso-node --bench scale`. `USERS`, `ROLES` and `PROGRAMS` say how many.
//!
//! Each step runs in a process of its own, so that its memory is nobody else's. Decisions are
//! asked of a node, the way that a server asks them. A warm subject is one whom the node keeps,
//! a cold one has to be read from the store first. PostgreSQL is started for the occasion; where
//! there is none it is left out.

#![allow(clippy::unwrap_used, reason = "a bench")]

use permesso_cluster::Cluster;
use permesso_engine::Authorizer;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::FamilySet;
use permesso_engine::model::Attributes;
use permesso_node::bundle::{Bundle, ImportOptions, People, import};
use permesso_node::operation::{CreateTenant, PublishProduct, Put, SetRoles, body};
use permesso_node::{Caller, DocumentKind, Node, NodeConfig, Operation, Options, Settings};
use permesso_store::{Location, Realm, open};
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CATALOG: &str = r#"
product: scale
version: 1.0.0
resource_kinds:
  page: {label: Pages, exclusive: [view]}
categories:
  - id: pages
    permissions:
      - {id: pages.view, exclusive: view}
      - {id: pages.edit}
standard_roles:
  - id: owner
    grants: [{permission: "*", scope: all}]
"#;

/// How many of what.
#[derive(Debug, Clone, Copy)]
struct Size {
    users: usize,
    roles: usize,
    programs: usize,
}

fn main() {
    let size = Size {
        users: number("USERS", 1_000_000),
        roles: number("ROLES", 10_000),
        programs: number("PROGRAMS", 1_000),
    };
    match std::env::var("SCALE_STEP") {
        Ok(step) => {
            let location: Location = std::env::var("SCALE_STORE").unwrap().parse().unwrap();
            let runtime = tokio::runtime::Runtime::new().unwrap();
            match &*step {
                "import" => runtime.block_on(fill(&location, size)),
                _ => runtime.block_on(ask(&location, size)),
            }
        }
        Err(_) => all(size),
    }
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Each store with few users and with many.
fn all(size: Size) {
    let few = Size { users: 1_000.min(size.users), ..size };
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::shared();
    for size in [few, size] {
        people(&folder.path().join(format!("{}.yaml", size.users)), size);
    }
    let mut stores = vec!["sqlite"];
    match &cluster {
        Ok(_) => stores.push("postgres"),
        Err(why) => println!("left out: PostgreSQL ({why})"),
    }
    for store in stores {
        for size in [few, size] {
            let location = match (store, &cluster) {
                ("postgres", Ok(cluster)) => cluster.database(&format!("s{}", size.users)).unwrap(),
                _ => {
                    format!("sqlite:{}", folder.path().join(format!("{}.db", size.users)).display())
                }
            };
            let Size { users, roles, programs } = size;
            println!("\n{store}: {users} users, {roles} roles, {programs} programs");
            for step in ["import", "ask"] {
                let status = Command::new(std::env::current_exe().unwrap())
                    .env("SCALE_STEP", step)
                    .env("SCALE_STORE", &location)
                    .env("SCALE_PEOPLE", folder.path().join(format!("{users}.yaml")))
                    .env("USERS", users.to_string())
                    .status();
                assert!(status.unwrap().success(), "{step} failed");
            }
        }
    }
}

fn realm() -> Realm {
    Realm::tenant("acme").unwrap()
}

fn caller() -> Caller {
    Caller::Operator("bench".to_owned())
}

/// A file of users, each with a role, a team and a tag.
fn people(path: &Path, size: Size) {
    let mut out = BufWriter::new(fs::File::create(path).unwrap());
    writeln!(out, "users:\n  - {{id: ann, roles: [owner]}}").unwrap();
    for n in 0..size.users {
        let (role, tag, team) = (n % size.roles, n % size.programs, ["a", "b", "c"][n % 3]);
        writeln!(
            out,
            "  - {{id: u{n:07}, name: Number {n}, roles: [r{role}], teams: [{team}], tags: [t{tag}]}}"
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// Roles and programs, as a file of them says.
fn policy(size: Size) -> String {
    let mut text = "tenant: acme\nproduct: scale\nteams: [a, b, c]\nroles:\n".to_owned();
    for n in 0..size.roles {
        let _ = writeln!(
            text,
            "  - id: r{n}\n    grants:\n      - {{permission: pages.view, scope: all}}\n      \
             - {{permission: pages.edit, scope: team}}"
        );
    }
    text.push_str("programs:\n");
    for n in 0..size.programs {
        let _ = writeln!(
            text,
            "  - id: p{n}\n    match: {{tags: [t{n}]}}\n    gives: [{{kind: page, id: page{n}, \
             access: view}}]"
        );
    }
    text
}

async fn node(location: &Location) -> Arc<Node> {
    let store = open(location).await.unwrap();
    let authorizer = Arc::new(Authorizer::new(100_000));
    Node::start(store, authorizer, Arc::new(FamilySet::new()), NodeConfig::default()).await.unwrap()
}

async fn perform(node: &Arc<Node>, realm: &Realm, operation: &dyn Operation) {
    node.perform(realm, &caller(), operation, &Options::default()).await.unwrap();
}

async fn fill(location: &Location, size: Size) {
    let node = node(location).await;
    perform(&node, &Realm::platform(), &PublishProduct { text: CATALOG.to_owned() }).await;
    let settings = Settings { product: "scale".to_owned(), ..Settings::default() };
    perform(&node, &realm(), &CreateTenant { settings, owner: None }).await;
    let people = People::file(std::env::var_os("SCALE_PEOPLE").unwrap());
    let bundle = Bundle::parse("tenant.yaml", policy(size)).unwrap().with_people(people);
    let since = Instant::now();
    let options = ImportOptions::default();
    let done = import(&node, &realm(), &caller(), &Arc::new(bundle), &options, &mut |_, _| {})
        .await
        .unwrap();
    assert!(done.added as usize > size.users);
    let took = since.elapsed();
    let (bytes, peak) = (node.store().size().await.unwrap(), memory("VmHWM:"));
    println!(
        "  import      {:.1} s, {:.0} documents/s, peak {peak} MiB, {:.0} MB stored",
        took.as_secs_f64(),
        done.added as f64 / took.as_secs_f64(),
        bytes as f64 / 1e6
    );
}

async fn ask(location: &Location, size: Size) {
    let before = memory("RssAnon:");
    let since = Instant::now();
    let node = node(location).await;
    let (started, resident) = (since.elapsed(), memory("RssAnon:"));
    println!("  start       {:.0} ms, {before} -> {resident} MiB of memory", millis(started));

    // As many subjects as can be had once each, spread over all of them.
    let cold = 1_000.min(size.users);
    let step = size.users / cold;
    let mut times = Vec::new();
    for n in 0..cold {
        times.push(timed(&node, n * step, size).await);
    }
    println!("  cold        {}", spread(&mut times));
    let mut times = Vec::new();
    for n in 0..200 * cold {
        times.push(timed(&node, n % cold * step, size).await);
    }
    println!("  warm        {}", spread(&mut times));

    // Everybody whom a node keeps.
    let kept = size.users.min(node.config().subjects);
    let spread_over = size.users / kept;
    for n in 0..kept {
        timed(&node, n * spread_over, size).await;
    }
    println!("  memory      {} MiB with {kept} users kept", memory("RssAnon:"));

    let mut times = Vec::new();
    for n in 0..20 {
        let scope = if n % 2 == 0 { "team" } else { "all" };
        let role = json!({"id": "r1", "grants": [
            {"permission": "pages.view", "scope": "all"},
            {"permission": "pages.edit", "scope": scope}]});
        let body = body(DocumentKind::Role, "r1", &role).unwrap();
        let edit = Put { kind: DocumentKind::Role, id: "r1".to_owned(), body, create: false };
        let since = Instant::now();
        perform(&node, &realm(), &edit).await;
        times.push(since.elapsed());
    }
    println!("  role edit   {}", spread(&mut times));
    let mut times = Vec::new();
    for n in 0..20 {
        let roles = vec![format!("r{}", n % size.roles).into()];
        let edit = SetRoles { user: "u0000001".to_owned(), roles };
        let since = Instant::now();
        perform(&node, &realm(), &edit).await;
        times.push(since.elapsed());
    }
    println!("  user edit   {}", spread(&mut times));
}

/// Whether a user may see a page: that of a program of theirs, and every other time of another's.
async fn timed(node: &Node, user: usize, size: Size) -> Duration {
    let nothing = Attributes::new();
    let own = user.is_multiple_of(2);
    let page = format!("page{}", (user + usize::from(!own)) % size.programs);
    let subject = format!("u{user:07}");
    let request = Request {
        subject: &subject,
        action: "pages.view",
        resource: Resource { kind: "page", id: Some(&page), attributes: &nothing },
        context: &nothing,
        asserted: Asserted::NONE,
        now: 1_800_000_000_000,
    };
    let since = Instant::now();
    let decision = node.decide("acme", &request).await.unwrap();
    let took = since.elapsed();
    assert_eq!(decision.is_allow(), own, "{subject} {page}: {}", decision.reason);
    took
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    format!("p50 {:?}, p99 {:?}, longest {:?} of {}", at(0.5), at(0.99), at(1.0), times.len())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What the system says of this process, in MiB.
fn memory(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
