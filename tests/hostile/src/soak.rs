//! All of them at once, under load, beside a tenant that has done nothing.
//!
//! One server of its own process serves two tenants. The neighbour's clients ask at an even pace
//! the whole time; the hostile tenant's clients ask in every other second, so that both kinds of
//! seconds see the same machine. What is held against each other is the neighbour's latency in
//! the two kinds, and the server's memory before and after.

use crate::guest::{Guest, Manifest};
use crate::list::{inputs, permission};
use crate::{Hostile, Meeting, hostile};
use indicatif::{ProgressBar, ProgressStyle};
use permesso_runtime::{Component, Runtime, RuntimeConfig};
use permesso_supply::{Candidate, Depot, FamilyLimits, InstallOptions};
use permesso_tests::{Client, Server};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long one kind of load lasts.
const SLICE: Duration = Duration::from_secs(1);
/// How long each client waits between an answer and its next question.
const PACE: Duration = Duration::from_millis(2);
const CLIENTS: u64 = 4;
/// What the server's memory may have grown by: instances that were in use keep what a call
/// usually touches, 192 KiB each.
const GROWTH_KIB: u64 = 8 << 10;
/// How much slower the slowest hundredth of the neighbour's answers may be.
const SLOWER: f64 = 2.0;

/// What a soak came to.
#[derive(Debug)]
pub struct Report {
    alone: Vec<Duration>,
    beside: Vec<Duration>,
    /// Hostile questions by what became of them.
    met: BTreeMap<String, u64>,
    /// What must never be.
    wrong: Vec<String>,
    memory_before_kib: u64,
    memory_after_kib: u64,
}

/// What the clients share.
#[derive(Default)]
struct Field {
    over: AtomicBool,
    hostile: AtomicBool,
    alone: Mutex<Vec<Duration>>,
    beside: Mutex<Vec<Duration>>,
    met: Mutex<BTreeMap<String, u64>>,
    wrong: Mutex<Vec<String>>,
    number: AtomicU64,
}

/// Runs a server under load for so long.
///
/// # Panics
///
/// If the server or its files cannot be set up.
#[must_use]
pub fn soak(length: Duration) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    let hostile: Vec<Hostile> =
        hostile().into_iter().filter(|one| !matches!(one.meeting, Meeting::Refused(_))).collect();
    let depot = folder.path().join("depot");
    install(&depot, &hostile);
    let names: Vec<&str> = hostile.iter().map(|one| one.name).collect();
    let neighbour = product(folder.path(), "neighbour", &["good"]);
    let enemy = product(folder.path(), "enemy", &names);
    let depot = depot.to_str().expect("a path");
    let arguments = ["--example", &neighbour, "--example", &enemy, "--depot", depot];
    // They log as much as they may, which is not worth reading.
    let server = Server::logging(arguments, Stdio::null());
    let field = Field::default();
    let (mut before, mut after) = (0, 0);
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| neighbours(&server, &field));
            scope.spawn(|| enemies(&server, &field, &hostile));
        }
        // Whatever a server sets up on its first requests is there by then.
        thread::sleep(2 * SLICE);
        field.alone.lock().expect("no panic").clear();
        before = resident_kib(server.id());
        let bar = ProgressBar::new(length.as_secs());
        let style = ProgressStyle::with_template("soaking [{bar:32}] {pos}/{len} s");
        bar.set_style(style.expect("a template").progress_chars("=> "));
        let start = Instant::now();
        while start.elapsed() < length {
            thread::sleep(SLICE);
            field.hostile.fetch_xor(true, Ordering::SeqCst);
            bar.set_position(start.elapsed().as_secs());
        }
        field.hostile.store(false, Ordering::SeqCst);
        bar.finish_and_clear();
        thread::sleep(2 * SLICE);
        after = resident_kib(server.id());
        field.over.store(true, Ordering::SeqCst);
    });
    let inner = |samples: Mutex<Vec<Duration>>| {
        let mut samples = samples.into_inner().expect("no panic");
        samples.sort_unstable();
        samples
    };
    Report {
        alone: inner(field.alone),
        beside: inner(field.beside),
        met: field.met.into_inner().expect("no panic"),
        wrong: field.wrong.into_inner().expect("no panic"),
        memory_before_kib: before,
        memory_after_kib: after,
    }
}

impl Report {
    /// What went wrong, whatever the machine: an answer that is not what it has to be, or memory
    /// that did not come back.
    #[must_use]
    pub fn wrongs(&self) -> Vec<String> {
        let mut wrongs = self.wrong.clone();
        if self.alone.len() < 100 || self.beside.len() < 100 {
            wrongs.push("the neighbour was hardly answered at all".to_owned());
        }
        if self.met.is_empty() {
            wrongs.push("nobody was hostile".to_owned());
        }
        if self.memory_after_kib > self.memory_before_kib + GROWTH_KIB {
            wrongs.push(format!(
                "memory did not come back: {} KiB before, {} KiB after",
                self.memory_before_kib, self.memory_after_kib
            ));
        }
        wrongs
    }

    /// How much slower the slowest hundredth of the neighbour's answers was.
    #[must_use]
    pub fn slower(&self) -> f64 {
        at(&self.beside, 0.99).as_secs_f64() / at(&self.alone, 0.99).as_secs_f64().max(1e-9)
    }

    /// Whether that is within its bound.
    #[must_use]
    pub fn is_in_time(&self) -> bool {
        self.slower() <= SLOWER
    }

    /// The figures, for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let line = |name: &str, samples: &[Duration]| {
            format!(
                "{name:<26} {:>8} answers  p50 {:>9.1?}  p99 {:>9.1?}  max {:>9.1?}\n",
                samples.len(),
                at(samples, 0.5),
                at(samples, 0.99),
                at(samples, 1.0)
            )
        };
        text.push_str(&line("neighbour, alone", &self.alone));
        text.push_str(&line("neighbour, beside hostile", &self.beside));
        // Infallible: the target is a string.
        let _ = writeln!(
            text,
            "p99 beside / alone: {:.2} (at most {SLOWER})\nmemory: {:.1} MiB before, {:.1} MiB \
             after",
            self.slower(),
            self.memory_before_kib as f64 / 1024.0,
            self.memory_after_kib as f64 / 1024.0
        );
        text.push_str("hostile questions ended in\n");
        for (end, count) in &self.met {
            let _ = writeln!(text, "  {end:<48} {count:>8}");
        }
        text
    }
}

fn at(sorted: &[Duration], share: f64) -> Duration {
    let index = (sorted.len() as f64 * share) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn install(depot: &Path, hostile: &[Hostile]) {
    let depot = Depot::open(depot).expect("a depot");
    let runtime = Runtime::new(RuntimeConfig {
        setup_deadline: Duration::from_secs(5),
        ..RuntimeConfig::default()
    })
    .expect("a runtime");
    let put = |name: &str, bytes: Vec<u8>, kept: bool| {
        let limits = FamilyLimits {
            reuse: NonZeroU32::new(1000).filter(|_| kept),
            ..FamilyLimits::default()
        };
        let options = InstallOptions { allow_unsigned: true, limits, ..InstallOptions::default() };
        let candidate = Candidate {
            component: Component::new(bytes),
            source: name.to_owned(),
            signature: None,
        };
        let now = jiff::Timestamp::now();
        depot.install(&runtime, &candidate, &options, now).expect("an installation");
    };
    let good = Manifest {
        id: "good",
        permissions: vec!["good.ask"],
        inputs: inputs(),
        requires: Vec::new(),
        floors: Vec::new(),
        ..Manifest::default()
    };
    put("good", Guest { manifest: good, ..Guest::default() }.component(), false);
    for one in hostile {
        put(one.name, one.component.clone(), one.kept);
    }
}

/// A product whose families govern one permission each, and a tenant of it.
fn product(folder: &Path, name: &str, families: &[&str]) -> String {
    let folder = folder.join(name);
    fs::create_dir_all(&folder).expect("a folder");
    let mut catalog = format!(
        "product: {name}\nversion: 1.0.0\nrelations: [owner]\nown_means: [owner]\ncategories:\n"
    );
    let mut grants = String::new();
    for family in families {
        let permission = permission(family);
        // Infallible: the targets are strings.
        let _ = writeln!(
            catalog,
            "- {{id: {family}, family: {family}, permissions: [{{id: {permission}, reach: all}}]}}"
        );
        let _ = writeln!(grants, "  - {{permission: {permission}, scope: all}}");
    }
    let tenant =
        format!("tenant: {name}\nproduct: {name}\nroles:\n- id: user\n  grants:\n{grants}");
    for (file, text) in [
        ("product.yaml", catalog.as_str()),
        ("tenant.yaml", &tenant),
        ("people.yaml", "users: [{id: ann, roles: [user]}]\n"),
    ] {
        fs::write(folder.join(file), text).expect("a file");
    }
    folder.to_str().expect("a path").to_owned()
}

fn question(tenant: &str, family: &str, number: u64) -> (String, String) {
    let body = json!({
        "subject": {"type": "user", "id": "ann"},
        "action": {"name": permission(family)},
        "resource": {"type": "thing", "id": "1", "properties": {"number": number}},
    });
    (format!("/{tenant}/access/v1/evaluation"), body.to_string())
}

impl Field {
    fn next(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    fn wrong(&self, what: String) {
        let mut wrong = self.wrong.lock().expect("no panic");
        // The first few say it all.
        if wrong.len() < 20 {
            wrong.push(what);
        }
    }
}

fn neighbours(server: &Server, field: &Field) {
    let mut client = Client::connect(server.address).expect("a connection");
    while !field.over.load(Ordering::SeqCst) {
        let (path, body) = question("neighbour", "good", field.next());
        let beside = field.hostile.load(Ordering::SeqCst);
        let start = Instant::now();
        let answer = client.post(&path, &body);
        let took = start.elapsed();
        match answer {
            Ok(answer) if answer.json()["decision"] == Value::Bool(true) => {}
            other => return field.wrong(format!("the neighbour was answered {other:?}")),
        }
        let samples = if beside { &field.beside } else { &field.alone };
        samples.lock().expect("no panic").push(took);
        thread::sleep(PACE);
    }
}

fn enemies(server: &Server, field: &Field, hostile: &[Hostile]) {
    let mut client = Client::connect(server.address).expect("a connection");
    let mut everybody = hostile.iter().cycle();
    while !field.over.load(Ordering::SeqCst) {
        thread::sleep(PACE);
        if !field.hostile.load(Ordering::SeqCst) {
            continue;
        }
        let Some(one) = everybody.next() else { return };
        let (path, body) = question("enemy", one.name, field.next());
        let answer = match client.post(&path, &body) {
            Ok(answer) => answer.json(),
            Err(error) => return field.wrong(format!("{}: {error}", one.name)),
        };
        let reason = &answer["context"]["reason"];
        let end = match (&answer["decision"], reason["code"].as_str()) {
            (Value::Bool(true), _) => "allowed".to_owned(),
            (Value::Bool(false), Some(code)) => {
                let fault = reason["detail"].as_str().unwrap_or_default();
                format!("{code} {fault}")
            }
            _ => return field.wrong(format!("{}: {answer}", one.name)),
        };
        // Who does harm only in the long run answers like anybody until then.
        if end == "allowed" && !one.kept && one.meeting != Meeting::Harmless {
            field.wrong(format!("{} was allowed", one.name));
        }
        *field.met.lock().expect("no panic").entry(format!("{}: {end}", one.name)).or_default() +=
            1;
    }
}

/// Memory of a process that is really there.
fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
