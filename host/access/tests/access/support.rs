//! A small product, a family that misbehaves on request, a server, and a client that sends
//! exactly the bytes that it is told to.

use permesso_access::{Bound, ServeError, Server, ServerConfig};
use permesso_engine::compile::{self, Compiled, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::family::{
    Answer, Effect, Family, Fault, Input, InputKind, InputSpec, Manifest, Question, ReasonSpec,
};
use permesso_engine::{Authorizer, load};
use permesso_front::Readiness;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const CATALOG: &str = "
product: demo
version: 1.0.0
relations: [owner]
own_means: [owner]
subject_types: {anonymous: {role: visitor}}
standard_roles:
- {id: visitor, grants: [{permission: records.view, scope: all}]}
categories:
- id: records
  permissions:
  - {id: records.view, reach: all}
  - {id: records.edit, reach: all}
  - {id: records.delete, reach: all}
- id: privacy
  permissions:
  - id: privacy.redact
    constraint: {obliges: [{on: [records.view], code: redact, values: [subject, body]}]}
- id: scored
  family: probe
  permissions:
  - {id: scored.view, reach: all}
";

const DIRECTORY: &str = "
users:
- {id: ann, roles: [editor]}
- {id: bob, roles: [viewer]}
- {id: 'zoë', roles: [editor]}
";

/// A family that forbids level 0 and does what `context.mode` tells it.
#[derive(Debug)]
pub(crate) struct Probe {
    manifest: Manifest,
    /// How often it was asked.
    pub(crate) calls: AtomicUsize,
}

impl Probe {
    pub(crate) fn new() -> Arc<Self> {
        let input = |path: &str, kind| InputSpec { path: path.parse().unwrap(), kind };
        Arc::new(Self {
            manifest: Manifest {
                id: "probe".to_owned(),
                version: "1.0.0".to_owned(),
                title: String::new(),
                permissions: vec!["scored.view".to_owned()],
                kinds: Vec::new(),
                inputs: vec![
                    input("context.mode", InputKind::Text),
                    input("resource.level", InputKind::Integer),
                ],
                reasons: vec![ReasonSpec {
                    code: "low".to_owned(),
                    text: "the level is too low".to_owned(),
                }],
                obligations: Vec::new(),
                requires: Vec::new(),
                floors: Vec::new(),
                config_schema: String::new(),
            },
            calls: AtomicUsize::new(0),
        })
    }

    fn answer(question: &Question<'_>) -> Answer {
        match question.inputs.first() {
            Some(Some(Input::Text(mode))) if mode == "panic" => panic!("as it was told"),
            Some(Some(Input::Text(mode))) if mode == "slow" => {
                std::thread::sleep(Duration::from_millis(400));
            }
            _ => {}
        }
        match question.inputs.get(1) {
            Some(Some(Input::Integer(0))) => {
                Answer { effect: Effect::Forbid(0), ..Answer::ABSTAIN }
            }
            _ => Answer::ABSTAIN,
        }
    }
}

impl Family for Probe {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }
    fn digest(&self) -> &str {
        "test"
    }
    fn evaluate(&self, _: &str, question: &Question<'_>) -> Result<Answer, Fault> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(Self::answer(question))
    }
    fn evaluate_batch(&self, _: &str, asked: &[Question<'_>]) -> Vec<Result<Answer, Fault>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        asked.iter().map(|question| Ok(Self::answer(question))).collect()
    }
}

/// A tenant in which `ann` edits what is hers, views and deletes everything and sees it
/// redacted, and `bob` views everything.
pub(crate) fn tenant(id: &str, revision: u64, probe: &Arc<Probe>) -> Compiled {
    let text = format!(
        "
tenant: '{id}'
product: demo
roles:
- id: viewer
  grants:
  - {{permission: records.view, scope: all}}
  - {{permission: scored.view, scope: all}}
- id: editor
  grants:
  - {{permission: records.view, scope: all}}
  - {{permission: records.edit, scope: own}}
  - {{permission: records.delete, scope: all}}
  - {{permission: privacy.redact, scope: all}}
"
    );
    let families: FamilySet =
        [("probe".to_owned(), Arc::clone(probe) as Arc<dyn Family>)].into_iter().collect();
    compile(&Definition {
        catalog: &compile::catalog(load::catalog("catalog", CATALOG).unwrap()),
        tenant: &Arc::new(load::tenant("tenant", &text).unwrap()),
        people: PeopleFrom::Directory(&load::directory("directory", DIRECTORY).unwrap()),
        families: &families,
        revision,
        lenient: false,
        before: None,
    })
    .unwrap()
}

/// A server that runs.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) probe: Arc<Probe>,
    pub(crate) readiness: Readiness,
    pub(crate) authorizer: Arc<Authorizer>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), ServeError>>,
}

impl Served {
    /// One tenant, `acme`, at revision 7.
    pub(crate) fn start() -> Self {
        Self::with(&["acme"], |_| {})
    }

    /// These tenants, with the configuration changed.
    pub(crate) fn with(tenants: &[&str], change: impl FnOnce(&mut ServerConfig)) -> Self {
        let probe = Probe::new();
        let authorizer = Arc::new(Authorizer::new(1000));
        for id in tenants {
            authorizer.install(tenant(id, 7, &probe));
        }
        let mut config = ServerConfig::new(Arc::clone(&authorizer));
        change(&mut config);
        let runtime = Runtime::new().unwrap();
        let bound = runtime.block_on(Server::bind(config)).unwrap();
        let (address, readiness) = (bound.address(), bound.readiness());
        let (stop, stopped) = oneshot::channel();
        let server = std::thread::spawn(move || {
            runtime.block_on(bound.run(async {
                let _ = stopped.await;
            }))
        });
        Self { address, probe, readiness, authorizer, stop, server }
    }

    /// Tells the server to stop.
    pub(crate) fn tell(self) -> JoinHandle<Result<(), ServeError>> {
        self.stop.send(()).unwrap();
        self.server
    }

    /// Sends a request and reads the answer.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Reply {
        let mut stream = self.connect();
        write(&mut stream, method, path, &format!("connection: close\r\n{headers}"), body);
        read(&mut stream)
    }

    /// Posts JSON.
    pub(crate) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Reply {
        self.send("POST", path, "content-type: application/json\r\n", body.as_ref())
    }

    /// Asks for one decision.
    pub(crate) fn evaluate(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post("/access/v1/evaluation", body)
    }

    /// Asks for several.
    pub(crate) fn evaluations(&self, body: impl AsRef<[u8]>) -> Reply {
        self.post("/access/v1/evaluations", body)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, "", b"")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The decision of a 200, or of each item of one.
    pub(crate) fn decisions(&self) -> Vec<bool> {
        assert_eq!(self.status, 200, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        match self.json() {
            serde_json::Value::Object(answer) => match answer.get("evaluations") {
                Some(items) => {
                    assert!(!answer.contains_key("decision"));
                    let items = items.as_array().unwrap();
                    items.iter().map(|item| item["decision"].as_bool().unwrap()).collect()
                }
                None => vec![answer["decision"].as_bool().unwrap()],
            },
            other => panic!("{other}"),
        }
    }

    /// The reason's code of a single decision.
    pub(crate) fn reason(&self) -> String {
        self.json()["context"]["reason"]["code"].as_str().unwrap().to_owned()
    }

    /// The message of a refusal with that status.
    pub(crate) fn refusal(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        self.json().as_str().expect("a JSON string").to_owned()
    }
}

pub(crate) fn write(stream: &mut TcpStream, method: &str, path: &str, headers: &str, body: &[u8]) {
    let mut message =
        format!("{method} {path} HTTP/1.1\r\nhost: evil.example\r\n{headers}").into_bytes();
    if !headers.contains("transfer-encoding") && !headers.contains("content-length") {
        message.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    message.extend_from_slice(b"\r\n");
    message.extend_from_slice(body);
    stream.write_all(&message).unwrap();
}

/// Reads one answer, leaving the connection as it is.
pub(crate) fn read(stream: &mut TcpStream) -> Reply {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "closed after {head:?}");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: HashMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Reply { status, headers, body: String::from_utf8(body).unwrap() }
}

/// A request of that subject for that permission, on a record that `ann` owns.
pub(crate) fn request(subject: &str, action: &str) -> String {
    format!(
        r#"{{"subject":{{"type":"user","id":"{subject}"}},"action":{{"name":"{action}"}},"resource":{{"type":"record","id":"r1","properties":{{"owner":"ann"}}}}}}"#
    )
}

/// Binds a server with the configuration changed, to see whether it is let.
pub(crate) fn bind(change: impl FnOnce(&mut ServerConfig)) -> Result<Bound, ServeError> {
    let mut config = ServerConfig::new(Arc::new(Authorizer::new(0)));
    change(&mut config);
    Runtime::new().unwrap().block_on(Server::bind(config))
}
