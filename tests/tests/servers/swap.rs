//! Families that change while everybody asks.

use permesso_access::{Server as Http, ServerConfig};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::InputKind;
use permesso_engine::model::Attributes;
use permesso_folders::DecisionPoint;
use permesso_hostile::guest::{Guest, Manifest};
use permesso_runtime::{Component, Runtime, RuntimeConfig};
use permesso_supply::{Candidate, Depot, InstallOptions};
use permesso_tests::{Client, Server, turn};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const SWAPS: usize = 200;
const CLIENTS: usize = 16;

const CATALOG: &str = "
product: demo
version: 1.0.0
relations: [owner]
own_means: [owner]
categories:
- id: demo
  family: demo
  permissions: [{id: demo.view, reach: all}]
";
const TENANT: &str = "
tenant: acme
product: demo
roles:
- {id: user, grants: [{permission: demo.view, scope: all}]}
";

/// A generation forbids with a reason of its own, at an index of its own: an answer of one that
/// was read by the manifest of another would name `mixed`, or nothing at all.
fn component(generation: usize) -> Vec<u8> {
    let reasons = match generation {
        0 => vec![("generation-0", "It is the first."), ("mixed", "It is half and half.")],
        _ => vec![("mixed", "It is half and half."), ("generation-1", "It is the second.")],
    };
    let version = ["1.0.0", "2.0.0"][generation];
    let manifest = Manifest {
        id: "demo",
        version,
        permissions: vec!["demo.view"],
        inputs: vec![("resource.number".to_owned(), InputKind::Integer)],
        reasons,
        requires: Vec::new(),
        floors: Vec::new(),
        ..Manifest::default()
    };
    Guest { manifest, ..Guest::answering(1, u32::try_from(generation).unwrap()) }.component()
}

fn install(depot: &Depot, bytes: Vec<u8>) {
    let runtime = Runtime::new(RuntimeConfig {
        setup_deadline: Duration::from_secs(10),
        ..RuntimeConfig::default()
    })
    .unwrap();
    let options = InstallOptions { allow_unsigned: true, ..InstallOptions::default() };
    let candidate =
        Candidate { component: Component::new(bytes), source: "test".to_owned(), signature: None };
    depot.install(&runtime, &candidate, &options, jiff::Timestamp::now()).unwrap();
}

fn product(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("product.yaml"), CATALOG).unwrap();
    fs::write(folder.join("tenant.yaml"), TENANT).unwrap();
    fs::write(folder.join("people.yaml"), "users: [{id: ann, roles: [user]}]\n").unwrap();
}

fn question(number: u64) -> String {
    format!(
        r#"{{"subject":{{"type":"user","id":"ann"}},"action":{{"name":"demo.view"}},
            "resource":{{"type":"thing","id":"1","properties":{{"number":{number}}}}}}}"#
    )
}

/// What one client saw: which generation answered under which revision.
fn ask(address: SocketAddr, over: &AtomicBool, asked: &AtomicU64) -> BTreeMap<u64, String> {
    let mut client = Client::connect(address).unwrap();
    let mut seen = BTreeMap::new();
    while !over.load(Ordering::SeqCst) {
        // Some numbers come again, so that kept answers take part.
        let number = asked.fetch_add(1, Ordering::SeqCst) % 5000;
        let answers = if number.is_multiple_of(4) {
            let one = question(number);
            let batch = format!(r#"{{"evaluations":[{one},{one},{one}]}}"#);
            let answer = client.post("/access/v1/evaluations", &batch).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.json());
            answer.json()["evaluations"].as_array().unwrap().clone()
        } else {
            let answer = client.post("/access/v1/evaluation", &question(number)).unwrap();
            assert_eq!(answer.status, 200, "{}", answer.json());
            vec![answer.json()]
        };
        for answer in answers {
            assert_eq!(answer["decision"], Value::Bool(false), "{answer}");
            let context = &answer["context"];
            let revision = context["revision"].as_u64().unwrap();
            let code = context["reason"]["detail"].as_str().unwrap_or_default().to_owned();
            let before = seen.entry(revision).or_insert_with(|| code.clone());
            assert_eq!(*before, code, "revision {revision} is of two generations");
        }
    }
    seen
}

/// Serves what a decision point decides, for as long as clients ask, while `change` is called so
/// many times; each change is asked about before the next. Answers with which generation was seen
/// under which revision.
fn under_load(
    point: &mut DecisionPoint,
    changes: usize,
    mut change: impl FnMut(&mut DecisionPoint, usize),
) -> BTreeMap<u64, String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let bound =
        runtime.block_on(Http::bind(ServerConfig::new(Arc::clone(point.authorizer())))).unwrap();
    let address = bound.address();
    let serving = runtime.spawn(bound.run(std::future::pending()));
    let (over, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let seen = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..CLIENTS).map(|_| scope.spawn(|| ask(address, &over, &asked))).collect();
        for number in 0..changes {
            let before = asked.load(Ordering::SeqCst);
            change(point, number);
            let start = Instant::now();
            while asked.load(Ordering::SeqCst) < before + 2 * CLIENTS as u64 {
                assert!(start.elapsed() < Duration::from_secs(30), "nobody is answered");
                thread::yield_now();
            }
        }
        over.store(true, Ordering::SeqCst);
        clients.into_iter().map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    serving.abort();
    let mut all: BTreeMap<u64, String> = BTreeMap::new();
    for (revision, code) in seen.into_iter().flatten() {
        let before = all.entry(revision).or_insert_with(|| code.clone());
        assert_eq!(*before, code, "revision {revision} is of two generations");
    }
    assert!(all.len() > changes / 2, "only {} revisions were seen", all.len());
    all
}

#[test]
fn two_hundred_swaps_under_load_fail_no_request_and_mix_no_decision() {
    let _turn = turn(module_path!());
    let folder = tempfile::tempdir().unwrap();
    product(&folder.path().join("demo"));
    let depot = Depot::open(folder.path().join("depot")).unwrap();
    install(&depot, component(0));
    install(&depot, component(1));
    let mut point = DecisionPoint::builder()
        .folder(folder.path().join("demo"))
        .depot(folder.path().join("depot"))
        .build()
        .unwrap();
    let seen = under_load(&mut point, SWAPS, |point, swap| {
        depot.roll_back("demo", Some(1 + u32::try_from(swap % 2).unwrap())).unwrap();
        let change = point.follow().unwrap();
        assert!(change.problems.is_empty(), "{:?}", change.problems);
        assert_eq!(change.tenants, [("acme".to_owned(), 2 + swap as u64)]);
    });
    for (revision, code) in &seen {
        assert_eq!(*code, format!("generation-{}", revision % 2), "revision {revision}");
    }
}

/// One component throughout, which forbids for the reason that its configuration names.
#[test]
fn a_family_that_is_reconfigured_under_load_fails_no_request_and_mixes_no_decision() {
    let _turn = turn(module_path!());
    let folder = tempfile::tempdir().unwrap();
    let product_folder = folder.path().join("demo");
    product(&product_folder);
    let configure = |generation: usize| {
        let families = format!("families: {{demo: {{config: {{generation: {generation}}}}}}}\n");
        fs::write(product_folder.join("tenant.yaml"), format!("{TENANT}{families}")).unwrap();
    };
    let manifest = Manifest {
        id: "demo",
        permissions: vec!["demo.view"],
        inputs: vec![
            ("config.generation".to_owned(), InputKind::Integer),
            ("resource.number".to_owned(), InputKind::Integer),
        ],
        reasons: vec![("generation-0", "It is the first."), ("generation-1", "It is the second.")],
        requires: Vec::new(),
        floors: Vec::new(),
        ..Manifest::default()
    };
    let decide = "(i32.store8 (local.get $answer) (i32.const 1))
        (i32.store offset=4 (local.get $answer) (i32.load offset=16 (local.get $inputs)))";
    let guest = Guest { manifest, ..Guest::deciding(decide) };
    install(&Depot::open(folder.path().join("depot")).unwrap(), guest.component());
    configure(1);
    let mut point = DecisionPoint::builder()
        .folder(&product_folder)
        .depot(folder.path().join("depot"))
        .build()
        .unwrap();
    let seen = under_load(&mut point, 50, |point, number| {
        configure(number % 2);
        let change = point.reread();
        assert!(change.problems.is_empty(), "{:?}", change.problems);
    });
    for (revision, code) in &seen {
        assert_eq!(*code, format!("generation-{}", revision % 2), "revision {revision}");
    }
}

#[test]
fn a_family_is_switched_off_although_another_ones_new_version_is_refused() {
    let _turn = turn(module_path!());
    let folder = tempfile::tempdir().unwrap();
    let product_folder = folder.path().join("demo");
    product(&product_folder);
    let catalog = format!(
        "{CATALOG}- id: other\n  family: other\n  permissions: [{{id: other.view, reach: all}}]\n"
    );
    fs::write(product_folder.join("product.yaml"), catalog).unwrap();
    let tenant = TENANT.replace("grants: [", "grants: [{permission: other.view, scope: all}, ");
    fs::write(product_folder.join("tenant.yaml"), tenant).unwrap();
    let named = |id, version, permission: &'static str| {
        let manifest = Manifest {
            id,
            version,
            permissions: vec![permission],
            requires: Vec::new(),
            floors: Vec::new(),
            ..Manifest::default()
        };
        Guest { manifest, ..Guest::default() }.component()
    };
    let depot = Depot::open(folder.path().join("depot")).unwrap();
    install(&depot, component(0));
    install(&depot, named("other", "1.0.0", "other.view"));
    let fixed = folder.path().join("fixed");
    fs::create_dir(&fixed).unwrap();
    fs::write(fixed.join("third.wasm"), named("third", "1.0.0", "third.view")).unwrap();
    let mut point = DecisionPoint::builder()
        .folder(&product_folder)
        .families(fixed)
        .depot(folder.path().join("depot"))
        .build()
        .unwrap();
    let decide = |point: &DecisionPoint, action: &str| {
        let attributes = Attributes::new();
        let resource = Resource { kind: "thing", id: Some("1"), attributes: &attributes };
        let context = Attributes::new();
        let request = Request {
            subject: "ann",
            action,
            resource,
            context: &context,
            asserted: Asserted::NONE,
            now: 1_700_000_000_000,
        };
        point.decide("acme", &request).reason.to_string()
    };
    let before = decide(&point, "demo.view");
    assert!(before.contains("first"), "{before}");
    let granted = decide(&point, "other.view");
    // A version that no longer knows the permission that it governs.
    install(&depot, named("other", "2.0.0", "another.view"));
    // One that a folder of the server holds already.
    install(&depot, named("third", "2.0.0", "third.view"));
    let change = point.follow().unwrap();
    assert_eq!(change.problems.len(), 2, "{:?}", change.problems);
    assert_eq!(decide(&point, "demo.view"), before);
    depot.disable("demo", true).unwrap();
    point.follow().unwrap();
    assert_eq!(decide(&point, "other.view"), granted, "the version before goes on");
    let off = decide(&point, "demo.view");
    assert!(!off.contains("first"), "{off}");

    // An edit of the tenant does not wait for that version either.
    let tenant = fs::read_to_string(product_folder.join("tenant.yaml")).unwrap();
    let without = tenant.replace("{permission: other.view, scope: all}, ", "");
    fs::write(product_folder.join("tenant.yaml"), without).unwrap();
    point.reread();
    assert_ne!(decide(&point, "other.view"), granted);

    // The version before is gone with its depot, and a version that fits is taken over.
    fs::write(product_folder.join("tenant.yaml"), tenant).unwrap();
    point.reread();
    assert_eq!(decide(&point, "other.view"), granted);
    depot.disable("other", true).unwrap();
    point.follow().unwrap();
    assert_ne!(decide(&point, "other.view"), granted);
    depot.disable("other", false).unwrap();
    install(&depot, named("other", "3.0.0", "other.view"));
    let change = point.follow().unwrap();
    assert_eq!(change.tenants.len(), 1, "{:?}", change.problems);
    assert_eq!(decide(&point, "other.view"), granted);
}

/// Asks until the answer has that detail, and says how long it took.
fn until(client: &mut Client, detail: &str) -> Duration {
    let start = Instant::now();
    for number in 0.. {
        let answer = client.post("/access/v1/evaluation", &question(number)).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.json());
        let reason = &answer.json()["context"]["reason"];
        if reason["detail"] == detail || reason["code"] == detail {
            return start.elapsed();
        }
        assert!(start.elapsed() < Duration::from_secs(20), "still {reason}, not {detail}");
        thread::sleep(Duration::from_millis(5));
    }
    Duration::MAX
}

#[test]
fn a_running_server_takes_over_what_is_installed_disabled_rolled_back_and_edited() {
    let _turn = turn(module_path!());
    let folder = tempfile::tempdir().unwrap();
    let (product_folder, depot_folder) = (folder.path().join("demo"), folder.path().join("depot"));
    product(&product_folder);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let depot = Depot::open(&depot_folder).unwrap();
    install(&depot, component(0));
    let server =
        Server::start(["--example", &text(&product_folder), "--depot", &text(&depot_folder)]);
    let mut client = Client::connect(server.address).unwrap();
    until(&mut client, "generation-0");
    install(&depot, component(1));
    let installed = until(&mut client, "generation-1");
    depot.roll_back("demo", None).unwrap();
    let rolled_back = until(&mut client, "generation-0");
    depot.disable("demo", true).unwrap();
    let disabled = until(&mut client, "unavailable");
    depot.disable("demo", false).unwrap();
    until(&mut client, "generation-0");
    println!("installed {installed:?}, rolled back {rolled_back:?}, disabled {disabled:?}");

    // A broken change of the depot changes nothing.
    let state = depot_folder.join("installed.json");
    let good = fs::read_to_string(&state).unwrap();
    fs::write(&state, "{").unwrap();
    thread::sleep(Duration::from_millis(600));
    until(&mut client, "generation-0");
    fs::write(&state, good).unwrap();

    // So does a folder with a mistake, when the server is told to read it again.
    let hang_up = || {
        let sent = Command::new("kill").args(["-HUP", &server.id().to_string()]).status();
        assert!(sent.unwrap().success());
    };
    fs::write(product_folder.join("tenant.yaml"), "tenant: [").unwrap();
    hang_up();
    thread::sleep(Duration::from_millis(300));
    until(&mut client, "generation-0");
    let without = TENANT.replace("[{permission: demo.view, scope: all}]", "[]");
    fs::write(product_folder.join("tenant.yaml"), without).unwrap();
    hang_up();
    until(&mut client, "not-granted");
}
