//! Many tenants in one store: `cargo bench -p permesso-node --bench tenants`, or with the largest
//! number of them as an argument: `-- 1000`.
//!
//! Each is like Brightwater of the examples, with a title, a role and a user of its own. They
//! are copied straight into the store. Each number is asked about in a process of its own, so that
//! its memory is nobody else's: how long it takes until a node is ready, what a tenant takes that
//! was loaded, how long the first question of a tenant takes, what the node does while nobody asks.

#![allow(clippy::unwrap_used, reason = "a bench")]

use permesso_engine::Authorizer;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::FamilySet;
use permesso_engine::model::Attributes;
use permesso_node::bundle::{Bundle, ImportOptions, import};
use permesso_node::operation::PublishProduct;
use permesso_node::{Caller, Node, NodeConfig, Options, follow};
use permesso_store::{
    Append, Body, Location, NewRecord, Object, Realm, Stamp, Store, Which, feed, open,
};
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many tenants are asked about for the first time.
const FIRST: usize = 2_000;
/// How many are loaded to see what they take.
const LOADED: usize = 10_000;
/// How many are written in one transaction.
const AT_ONCE: usize = 500;
/// How long nobody asks.
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Ok(store) = std::env::var("TENANTS_STORE") {
        let count = std::env::var("TENANTS_COUNT").unwrap().parse().unwrap();
        return runtime.block_on(ask(&store.parse().unwrap(), count));
    }
    let largest = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let largest: usize = largest.unwrap_or(100_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenants.db");
    println!("tenants  made      ready    a tenant   first question p50, p99, longest   idle");
    let mut there = 0;
    for count in [100, 1_000, 10_000, 100_000].into_iter().filter(|count| *count <= largest) {
        let since = Instant::now();
        runtime.block_on(fill(&file, there, count));
        there = count;
        print!("{count:7}  {:6.1} s  ", since.elapsed().as_secs_f64());
        io::stdout().flush().unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .env("TENANTS_STORE", format!("sqlite:{}", file.display()))
            .env("TENANTS_COUNT", count.to_string())
            .status();
        assert!(status.unwrap().success());
    }
}

fn example() -> PathBuf {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut folders = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |folder: &PathBuf| {
        let tenant = fs::read_to_string(folder.join("tenant.yaml")).unwrap_or_default();
        tenant.lines().any(|line| line == "tenant: brightwater")
    };
    folders.find(is_it).unwrap()
}

fn name(n: usize) -> String {
    format!("t{n:06}")
}

async fn node(store: Arc<dyn Store>, config: NodeConfig) -> Arc<Node> {
    let authorizer = Arc::new(Authorizer::new(10_000));
    Node::start(store, authorizer, Arc::new(FamilySet::new()), config).await.unwrap()
}

/// Makes more tenants, up to a number.
async fn fill(file: &Path, there: usize, count: usize) {
    let store = open(&Location::Sqlite(file.to_owned())).await.unwrap();
    let pattern = Realm::tenant("brightwater").unwrap();
    if store.head(&pattern).await.unwrap().revision == 0 {
        let node = node(Arc::clone(&store), NodeConfig::default()).await;
        let text = fs::read_to_string(example().join("product.yaml")).unwrap();
        let (caller, plain) = (Caller::Operator("bench".to_owned()), Options::default());
        let publish = PublishProduct { text };
        node.perform(&Realm::platform(), &caller, &publish, &plain).await.unwrap();
        let bundle = Arc::new(Bundle::read(&example()).unwrap());
        let options = ImportOptions::default();
        import(&node, &pattern, &caller, &bundle, &options, &mut |_, _| {}).await.unwrap();
    }
    let mut documents = store.contents(&pattern).await.unwrap().objects;
    for kind in [feed::USER, feed::DELEGATION] {
        documents.extend(store.page(&pattern, Which::All(kind), "", 1_000).await.unwrap());
    }
    for first in (there..count).step_by(AT_ONCE) {
        write(&*store, &documents, first..count.min(first + AT_ONCE)).await;
    }
    store.close().await;
}

async fn write(store: &dyn Store, documents: &[Object], some: std::ops::Range<usize>) {
    let mut records: Vec<std::vec::IntoIter<NewRecord>> = some
        .clone()
        .map(|n| {
            let edits = documents.iter().map(|it| {
                // No two are word for word the same.
                let text = it.body.get();
                let text = text.replace("Brightwater", &format!("Number {n} "));
                let text = text.replace("Quality Reviewer", &format!("Reviewer of {n}"));
                let body: Body = serde_json::from_str(&text).unwrap();
                (it.kind.clone(), it.id.clone(), Some(body))
            });
            vec![NewRecord { operation: "bench".to_owned(), edits: edits.collect() }].into_iter()
        })
        .collect();
    let stamp = Stamp { actor: "bench".to_owned(), request: String::new(), at: 0 };
    let batches = some.zip(&mut records).map(|(n, changes)| Append {
        realm: Realm::tenant(name(n)).unwrap(),
        expected: 0,
        stamp: stamp.clone(),
        changes,
    });
    store.append(batches.collect(), None).await.unwrap();
}

async fn ask(location: &Location, count: usize) {
    let store = open(location).await.unwrap();
    let config = NodeConfig { memory: u64::MAX, ..NodeConfig::default() };
    let since = Instant::now();
    let node = node(store, config).await;
    tokio::spawn(follow(Arc::downgrade(&node)));
    let ready = since.elapsed();

    let mut times = Vec::new();
    let some = FIRST.min(count / 2);
    for n in 0..some {
        let tenant = name(n * (count / some));
        let since = Instant::now();
        assert!(decide(&node, &tenant).await, "{tenant}");
        times.push(since.elapsed());
    }
    times.sort_unstable();
    let at = |share: f64| {
        let place = ((times.len() - 1) as f64 * share) as usize;
        times[place].as_secs_f64() * 1e3
    };

    let before = memory();
    let mut loaded = 0;
    for n in (0..count).filter(|n| n % (count / some) != 0).take(LOADED) {
        drop(node.hold(&name(n)).await.unwrap());
        loaded += 1;
    }
    let each = memory().saturating_sub(before) as f64 / loaded as f64;

    let (worked, since) = (processor(), Instant::now());
    tokio::time::sleep(IDLE).await;
    let idle = (processor() - worked).as_secs_f64() / since.elapsed().as_secs_f64();
    println!(
        "{:6.1} ms  {each:5.1} KiB  {:7.2} {:7.2} {:7.2} ms   {:.2} %",
        ready.as_secs_f64() * 1e3,
        at(0.5),
        at(0.99),
        at(1.0),
        idle * 1e2
    );
}

/// Whether its owner may read conversations.
async fn decide(node: &Node, tenant: &str) -> bool {
    let nothing = Attributes::new();
    let request = Request {
        subject: OWNER,
        action: "conversations.view_list",
        resource: Resource { kind: "conversation", id: Some("1"), attributes: &nothing },
        context: &nothing,
        asserted: Asserted::NONE,
        now: 1_800_000_000_000,
    };
    let decision = node.decide(tenant, &request).await.unwrap();
    decision.is_allow()
}

/// Of each of the tenants.
const OWNER: &str = "irene.maddox";

/// What the process takes, in KiB.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// How long the process has worked: its times stand behind the name, in hundredths of a second.
fn processor() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let fields = behind.split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10)
}
