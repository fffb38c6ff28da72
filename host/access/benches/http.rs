//! What the server costs beside a handler that somebody wrote by hand.
//!
//! The floor is what a product would write for itself: axum, bodies borrowed into structs that
//! name what is needed, roles and permissions in hash maps, no limits, no reasons. Both servers
//! run in this process, each on one thread of its own, and are asked the same things in turn over
//! connections that stay open; what counts is the CPU time of their threads, which another
//! process on the machine disturbs less than it disturbs the clock.
//!
//! `cargo bench -p permesso-access --bench http [seconds]`

use permesso_access::{Server, ServerConfig};
use permesso_engine::compile::{self, Compiled, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::{Authorizer, load};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

const ROLES: usize = 100;
const USERS: usize = 1000;
const BATCH: usize = 50;

fn main() {
    let seconds = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(6);
    let floor_runtime = runtime("floor");
    let ours_runtime = runtime("ours");
    let floor = floor::start(&floor_runtime);
    let ours = start(&ours_runtime);
    println!("CPU time of the server's thread, median of rounds in turn (floor | ours | ratio)");
    for connections in [1, 16] {
        let singles: Vec<Vec<u8>> = (0..64).map(|n| message("evaluation", &single(n))).collect();
        let batches: Vec<Vec<u8>> = (0..16).map(|n| message("evaluations", &batch(n))).collect();
        compare("single", &singles, 1, connections, floor, ours, seconds);
        compare("batch of 50, a decision", &batches, BATCH, connections, floor, ours, seconds);
    }
}

fn compare(
    what: &str,
    messages: &[Vec<u8>],
    decisions: usize,
    connections: usize,
    floor: SocketAddr,
    ours: SocketAddr,
    seconds: u64,
) {
    let mut clients = [Client::new(floor, connections), Client::new(ours, connections)];
    let names = ["floor", "ours"];
    let mut costs = [Vec::new(), Vec::new()];
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut round = 0;
    while Instant::now() < end {
        for ((client, name), costs) in clients.iter_mut().zip(names).zip(&mut costs) {
            let before = cpu(name);
            let begun = Instant::now();
            let mut asked = 0;
            while begun.elapsed() < Duration::from_millis(50) {
                asked += client.round(messages);
            }
            let spent = cpu(name) - before;
            // The first rounds fill caches.
            if round > 1 {
                costs.push(spent as f64 / (asked * decisions) as f64);
            }
        }
        round += 1;
    }
    let [floor, ours] = costs.map(median);
    println!(
        "{what:24} {connections:2} connections  {floor:7.0} ns | {ours:7.0} ns | {:.2}",
        ours / floor
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The CPU time, in nanoseconds, of this process's threads of that name.
fn cpu(name: &str) -> u64 {
    let mut total = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |file| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if read("comm").trim_end() == name {
            let spent = read("schedstat");
            total += spent.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    total
}

fn runtime(name: &str) -> Runtime {
    Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build().unwrap()
}

/// Connections that ask at the same time.
struct Client {
    streams: Vec<TcpStream>,
    next: usize,
    buffer: Vec<u8>,
}

impl Client {
    fn new(address: SocketAddr, connections: usize) -> Self {
        let connect = |_| {
            let stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
        };
        Self { streams: (0..connections).map(connect).collect(), next: 0, buffer: vec![0; 65536] }
    }

    fn round(&mut self, messages: &[Vec<u8>]) -> usize {
        for stream in &mut self.streams {
            stream.write_all(&messages[self.next % messages.len()]).unwrap();
            self.next += 1;
        }
        for stream in &mut self.streams {
            let mut had = 0;
            while !complete(&self.buffer[..had]) {
                let read = stream.read(&mut self.buffer[had..]).unwrap();
                assert_ne!(read, 0, "the server closed the connection");
                had += read;
            }
            assert!(self.buffer.starts_with(b"HTTP/1.1 200"));
        }
        self.streams.len()
    }
}

fn complete(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let text = std::str::from_utf8(&answer[..head]).unwrap();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map(|length| length.parse::<usize>().unwrap())
        .unwrap();
    answer.len() >= head + 4 + length
}

fn message(endpoint: &str, body: &str) -> Vec<u8> {
    format!(
        "POST /access/v1/{endpoint} HTTP/1.1\r\nhost: localhost\r\nuser-agent: bench\r\n\
         accept: application/json\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn resource(n: usize) -> String {
    // Every other record is the subject's own.
    let owner = if n.is_multiple_of(2) { n % USERS } else { (n + 1) % USERS };
    format!(
        r#"{{"type":"record","id":"record-{n}","properties":{{"owner":"user-{owner}","team":"US/South","stage":"open","amount":{}}}}}"#,
        100 * n
    )
}

fn single(n: usize) -> String {
    format!(
        r#"{{"subject":{{"type":"user","id":"user-{}"}},"action":{{"name":"records.p{}"}},"resource":{},"context":{{"ip":"10.0.0.{}","channel":"web"}}}}"#,
        n % USERS,
        n % 20,
        resource(n),
        n % 250
    )
}

fn batch(n: usize) -> String {
    let items: Vec<String> = (0..BATCH)
        .map(|item| {
            let n = n * BATCH + item;
            format!(r#"{{"action":{{"name":"records.p{}"}},"resource":{}}}"#, n % 20, resource(n))
        })
        .collect();
    format!(
        r#"{{"subject":{{"type":"user","id":"user-{n}"}},"context":{{"ip":"10.0.0.1","channel":"web"}},"evaluations":[{}]}}"#,
        items.join(",")
    )
}

/// A role holds the permissions whose number is a multiple of a divisor of its own, at scope own.
fn divisor(role: usize) -> usize {
    1 + role % 3
}

fn tenant() -> Compiled {
    let mut catalog = String::from(
        "product: bench\nversion: 1.0.0\nrelations: [owner]\nown_means: [owner]\n\
         categories:\n- id: records\n  permissions:\n",
    );
    for p in 0..20 {
        writeln!(catalog, "  - {{id: records.p{p}, reach: all}}").unwrap();
    }
    let mut tenant = String::from("tenant: acme\nproduct: bench\nroles:\n");
    for role in 0..ROLES {
        writeln!(tenant, "- id: role-{role}\n  grants:").unwrap();
        for p in (0..20).filter(|p| p % divisor(role) == 0) {
            writeln!(tenant, "  - {{permission: records.p{p}, scope: own}}").unwrap();
        }
    }
    let mut directory = String::from("users:\n");
    for user in 0..USERS {
        writeln!(directory, "- {{id: user-{user}, roles: [role-{}]}}", user % ROLES).unwrap();
    }
    compile(&Definition {
        catalog: &compile::catalog(load::catalog("catalog", &catalog).unwrap()),
        tenant: &Arc::new(load::tenant("tenant", &tenant).unwrap()),
        people: PeopleFrom::Directory(&load::directory("directory", &directory).unwrap()),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    })
    .unwrap()
}

fn start(runtime: &Runtime) -> SocketAddr {
    let authorizer = Arc::new(Authorizer::new(10_000));
    authorizer.install(tenant());
    let bound = runtime.block_on(Server::bind(ServerConfig::new(authorizer))).unwrap();
    let address = bound.address();
    runtime.spawn(async { bound.run(std::future::pending()).await });
    address
}

mod floor {
    //! The handler written by hand.
    use super::{ROLES, USERS, divisor};
    use axum::body::Bytes;
    use axum::extract::State;
    use axum::http::header::CONTENT_TYPE;
    use axum::response::{IntoResponse as _, Response};
    use axum::routing::post;
    use axum::serve::ListenerExt as _;
    use serde::{Deserialize, Serialize};
    use std::borrow::Cow;
    use std::collections::{HashMap, HashSet};
    use std::net::SocketAddr;
    use std::sync::Arc;
    use tokio::runtime::Runtime;

    struct Tables {
        roles: HashMap<String, String>,
        grants: HashMap<String, HashSet<String>>,
    }

    #[derive(Deserialize)]
    struct Single<'a> {
        #[serde(borrow)]
        subject: Subject<'a>,
        #[serde(borrow)]
        action: Action<'a>,
        #[serde(borrow)]
        resource: Resource<'a>,
    }

    #[derive(Deserialize)]
    struct Batch<'a> {
        #[serde(borrow)]
        subject: Subject<'a>,
        #[serde(borrow)]
        evaluations: Vec<Item<'a>>,
    }

    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        action: Action<'a>,
        #[serde(borrow)]
        resource: Resource<'a>,
    }

    #[derive(Deserialize)]
    struct Subject<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        id: Cow<'a, str>,
    }

    #[derive(Deserialize)]
    struct Action<'a> {
        #[serde(borrow)]
        name: Cow<'a, str>,
    }

    #[derive(Deserialize)]
    struct Resource<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        properties: Properties<'a>,
    }

    #[derive(Deserialize)]
    struct Properties<'a> {
        #[serde(borrow)]
        owner: Option<Cow<'a, str>>,
    }

    #[derive(Serialize)]
    struct Answer {
        decision: bool,
    }

    #[derive(Serialize)]
    struct Answers {
        evaluations: Vec<Answer>,
    }

    impl Tables {
        fn decide(&self, subject: &Subject<'_>, action: &str, resource: &Resource<'_>) -> Answer {
            let granted = self
                .roles
                .get(subject.id.as_ref())
                .and_then(|role| self.grants.get(role))
                .is_some_and(|grants| grants.contains(action));
            let own = resource.properties.owner.as_ref() == Some(&subject.id);
            Answer {
                decision: granted && own && subject.kind == "user" && resource.kind == "record",
            }
        }
    }

    fn json(answer: &impl Serialize) -> Response {
        ([(CONTENT_TYPE, "application/json")], serde_json::to_vec(answer).unwrap()).into_response()
    }

    async fn single(State(tables): State<Arc<Tables>>, body: Bytes) -> Response {
        let Single { subject, action, resource } = serde_json::from_slice(&body).unwrap();
        json(&tables.decide(&subject, &action.name, &resource))
    }

    async fn batch(State(tables): State<Arc<Tables>>, body: Bytes) -> Response {
        let Batch { subject, evaluations } = serde_json::from_slice(&body).unwrap();
        let evaluations = evaluations
            .iter()
            .map(|item| tables.decide(&subject, &item.action.name, &item.resource))
            .collect();
        json(&Answers { evaluations })
    }

    pub(super) fn start(runtime: &Runtime) -> SocketAddr {
        let tables = Tables {
            roles: (0..USERS)
                .map(|user| (format!("user-{user}"), format!("role-{}", user % ROLES)))
                .collect(),
            grants: (0..ROLES)
                .map(|role| {
                    let held = (0..20).filter(|p| p % divisor(role) == 0);
                    (format!("role-{role}"), held.map(|p| format!("records.p{p}")).collect())
                })
                .collect(),
        };
        let router = axum::Router::new()
            .route("/access/v1/evaluation", post(single))
            .route("/access/v1/evaluations", post(batch))
            .with_state(Arc::new(tables));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        runtime.spawn(async { axum::serve(listener, router).await });
        address
    }
}
