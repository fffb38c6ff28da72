//! The administration as its document describes it, tried by a tool that knows nothing else.
//!
//! Schemathesis reads the `OpenAPI` document that a server serves and makes requests of it: the
//! edges of every schema, what breaks each, and random ones. No answer may be a server's error,
//! and each has to be one that the document describes. It is installed for the tests alone, below
//! the target folder; where there is no Python, or nothing to install from, it is left out.

use permesso_tests::{Client, Server, Stored, example, root, skip, turn};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is installed.
const PACKAGE: &str = "schemathesis==4.32.*";
/// What is random follows from this.
const SEED: &str = "20260722";
/// What every answer is held to.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance";
/// The tenant that is administered.
const TENANT: &str = "harborlight";

/// What the schemas do not say: a change needs a key of its own, what is made a new name, and what
/// is written the name that its path has. Every fourth request is left as the tool made it.
const HOOKS: &str = r#"
import itertools, schemathesis

requests = itertools.count()
ONLY = {"families": "crm-segments", "defaults": "file"}

def name(holder, member, value):
    if isinstance(holder, dict) and isinstance(holder.get(member), str):
        holder[member] = value

@schemathesis.hook
def before_call(context, case, kwargs):
    n = next(requests)
    # What goes on is not waited for.
    if case.operation.path.endswith("/changes"):
        case.query = case.query or {}
        wait = str(case.query.get("wait", 50))
        if wait.isdigit() and 0 < int(wait) <= 50:
            case.query["wait"] = 0
    if n % 4 == 0:
        return
    headers, body = case.headers or {}, case.body
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) < 100 and all("!" <= c <= "~" for c in key):
        headers["Idempotency-Key"] = f"{key}-{n}"
    if headers.get("If-Match") == "*":
        headers.pop("If-None-Match", None)
    if not isinstance(body, dict):
        return
    new = ONLY.get(case.operation.path.rsplit("/", 1)[-1], f"new-{n}")
    own = (case.path_parameters or {}).get("id")
    name(body, "id", own if case.operation.method.upper() == "PUT" else new)
    name(body.get("user"), "id", new)
    name(body.get("document"), "from", "grace.holloway")
    name(body.get("document"), "to", "kept")
    if isinstance(body.get("match"), dict) and isinstance(body["match"].get("tags"), list):
        body["match"]["tags"].append("vip")
"#;

/// Runs a command, and says what it printed where it fails.
fn ran(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    if output.status.success() { Ok(text) } else { Err(format!("{command:?}: {text}")) }
}

/// The tool, installed where it is not yet.
fn tool() -> Result<PathBuf, String> {
    let folder = root().join("target/schemathesis");
    let tool = folder.join("bin/schemathesis");
    let version = PACKAGE.trim_start_matches("schemathesis==").trim_end_matches('*');
    // One that was broken off while it was installed does not answer.
    if ran(Command::new(&tool).arg("--version")).is_ok_and(|said| said.contains(version)) {
        return Ok(tool);
    }
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    ran(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let pip = folder.join("bin/pip");
    ran(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", PACKAGE]))?;
    Ok(tool)
}

/// A tenant with something of everything in it, and what each endpoint is asked about.
struct Content {
    client: Client,
    /// By path below the tenant: what is there to stay, and what is there to be deleted.
    ids: BTreeMap<&'static str, [String; 2]>,
    /// The token of an invitation.
    invitation: String,
    /// A change that nothing else turns on.
    undone: u64,
}

impl Content {
    fn of(client: Client) -> Self {
        let mut content =
            Self { client, ids: BTreeMap::new(), invitation: String::new(), undone: 0 };
        content.fill();
        content
    }

    fn post(&mut self, path: &str, body: &Value) -> Value {
        let path = format!("/admin/v1{path}");
        let answer = self.client.send("POST", &path, &[], Some(body)).unwrap();
        assert_eq!(answer.status, 201, "{path}: {}", answer.json());
        answer.json()
    }

    fn fill(&mut self) {
        let at = |path: &str| format!("/tenants/{TENANT}/{path}");
        let segment = |id: &str| json!({"kind": "segment", "id": id, "access": "view"});
        let lent = ["delegate.read_everything"];
        let grants = json!([{"permission": "content.view_contact", "scope": "all"}]);
        for (n, id) in ["kept", "doomed"].into_iter().enumerate() {
            let documents = [
                ("roles", json!({"id": id, "grants": grants})),
                ("policies", json!({"id": id, "label": id})),
                ("programs", json!({"id": id, "match": {"tags": [id]}, "gives": [segment(id)]})),
                ("teams", json!({"id": id, "document": {"title": id}})),
                ("sharing/policies", json!({"id": id, "outcome": "redact", "content": ["note"]})),
                ("sharing/overrides", json!({"id": id, "outcome": "hide", "content": ["note"]})),
                ("users", json!({"user": {"id": id, "roles": ["member"]}})),
                (
                    "delegations",
                    json!({"id": id, "document": {
                        "from": "grace.holloway", "to": "kept", "permissions": lent}}),
                ),
            ];
            for (path, body) in documents {
                let made = self.post(&at(path), &body);
                if (path, id) == ("users", "kept") {
                    self.invitation = made["token"].as_str().unwrap().to_owned();
                }
                self.ids.entry(path).or_default()[n] = id.to_owned();
            }
            self.post(&at("closed"), &segment(id));
            self.ids.entry("closed").or_default()[n] = format!("segment/{id}/view");
            let key = json!({"label": id, "verbs": ["read"]});
            let made = self.post(&at("keys"), &key);
            self.ids.entry("keys").or_default()[n] = made["key"]["id"].as_str().unwrap().to_owned();
            let key = json!({"label": id, "verbs": ["read"], "tenants": [TENANT]});
            let made = self.post("/keys", &key);
            self.ids.entry("").or_default()[n] = made["key"]["id"].as_str().unwrap().to_owned();
        }
        self.post(&at("users"), &json!({"user": {"id": "invited", "roles": ["member"]}}));
        self.post(&at("families"), &json!({"id": "crm-segments", "document": {}}));
        let undone = self.post(&at("roles"), &json!({"id": "undone", "grants": grants}));
        self.undone = undone["revision"].as_u64().unwrap();
        // Nothing else has a default, or is installed.
        self.ids.insert("sharing/defaults", ["note", "note"].map(str::to_owned));
        self.ids.insert("families", ["crm-segments", "crm-segments"].map(str::to_owned));
        // Those that the programs match.
        self.ids.insert("tags", ["kept", "doomed"].map(str::to_owned));
    }

    /// What an operation is asked about: its parameters by name.
    fn parameters(&self, method: &str, path: &str) -> BTreeMap<&'static str, Value> {
        let mut found = BTreeMap::new();
        let deletes = method == "DELETE";
        let below = path.strip_prefix("/admin/v1/tenants/{tenant}");
        if let Some(below) = below {
            found.insert("tenant", json!(TENANT));
            let single = ["", "/sharing/defaults/{id}", "/families/{id}"];
            let once = ["/rollback", "/teams/{id}/move", "/roles/{id}/rename", "/tags/{id}/rename"];
            let only_tried = (single.contains(&below) && deletes) || once.contains(&below);
            if only_tried {
                // Made once, nothing would be left to ask about.
                found.insert("dry_run", json!("true"));
            }
        }
        if path.contains("{name}") {
            found.insert("name", json!("bundle"));
        }
        if path.contains("{product}") {
            found.insert("product", json!(if deletes { "atender" } else { "cloze" }));
        }
        if path.contains("{revision}") {
            found.insert("revision", json!(if method == "GET" { 1 } else { self.undone }));
        }
        let kind = below.unwrap_or_default().trim_start_matches('/');
        if let Some((kind, what)) = kind.split_once("/{id}") {
            let [kept, doomed] = &self.ids[kind];
            let id = match what {
                "/resend" => "invited",
                // What an imported user may is told from what an invited one may.
                "/deactivate" | "/reactivate" => "jonah.price",
                _ if deletes => doomed,
                _ => kept,
            };
            found.insert("id", json!(id));
        } else if path.contains("{id}") {
            found.insert("id", json!(self.ids[""][usize::from(deletes)]));
        }
        found
    }

    /// Has the tool ask about what is there.
    fn config(&self, document: &Value, token: &str) -> String {
        let catalog = fs::read_to_string(example("cloze").join("product.yaml")).unwrap();
        let dictionaries = [
            ("roles", json!(["agent", "staff", "member", "kept"])),
            ("permissions", json!(["content.view_contact", "content.edit_contact", "api.use"])),
            ("users", json!(["jonah.price", "mei.tanaka", "omar.haddad", "kept"])),
            ("teams", json!(["US", "US/South", "kept"])),
            ("categories", json!(["content", "analytics"])),
            ("kinds", json!(["segment"])),
            ("contents", json!(["note", "file"])),
            ("conditions", json!(["resource.co_listed", "true"])),
            ("tokens", json!([self.invitation])),
            ("texts", json!([catalog])),
            ("products", json!(["cloze"])),
        ];
        let bodies = [
            ("roles.[*]", "roles"),
            ("user.roles.[*]", "roles"),
            ("document.roles.[*]", "roles"),
            ("baseline.[*]", "roles"),
            ("same_as", "users"),
            ("document.permissions.[*]", "permissions"),
            ("grants.[*].permission", "permissions"),
            ("user.grants.[*].permission", "permissions"),
            ("user.teams.[*]", "teams"),
            ("teams.[*]", "teams"),
            ("category", "categories"),
            ("kind", "kinds"),
            ("content.[*]", "contents"),
            ("condition", "conditions"),
            ("gives.[*].kind", "kinds"),
            ("token", "tokens"),
            ("text", "texts"),
            ("product", "products"),
        ];
        let mut text =
            format!("hooks = \"hooks.py\"\nheaders = {{ Authorization = \"Bearer {token}\" }}\n");
        for (name, values) in dictionaries {
            let _ = write!(text, "[dictionaries.{name}]\nvalues = {values}\n");
        }
        text.push_str("[parameters]\n\"header.If-Match\" = \"*\"\n");
        for (path, dictionary) in bodies {
            bind(&mut text, path, dictionary);
        }
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys().map(|it| it.to_uppercase()) {
                let parameters = self.parameters(&method, path);
                let name = json!(format!("{method} {path}"));
                let _ = write!(
                    text,
                    "[[operations]]\ninclude-name = {name}\n[operations.parameters]\n"
                );
                for (name, value) in parameters {
                    let _ = writeln!(text, "{name} = {value}");
                }
            }
        }
        text
    }
}

/// Has a member of a body be one of a dictionary, more often than not.
fn bind(text: &mut String, member: &str, dictionary: &str) {
    let of = format!("{{ dictionary = \"{dictionary}\", probability = 0.8 }}");
    let _ = writeln!(text, "\"body.{member}\" = {of}");
}

/// The last lines of a text.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(150)..].join("\n")
}

/// Runs the tool with these arguments; what it reports.
fn tried(tool: &Path, folder: &Path, name: &str, args: &[&str]) -> Value {
    let report = folder.join(format!("{name}.json"));
    let mut command = Command::new(tool);
    command.current_dir(folder).args(args).arg("--report-json-path").arg(&report);
    command.args(["--seed", SEED, "--checks", CHECKS, "--continue-on-failure", "--no-color"]);
    command.args(["--generation-database", "none", "--suppress-health-check", "all"]);
    if let Err(said) = ran(&mut command) {
        panic!("{}", tail(&said));
    }
    serde_json::from_slice(&fs::read(report).unwrap()).unwrap()
}

#[test]
fn every_answer_of_the_administration_is_as_its_document_says() {
    let _turn = turn(module_path!());
    let tool = match tool() {
        Ok(tool) => tool,
        Err(why) => return skip("the document, tried by schemathesis", &why),
    };
    let stored = Stored::sqlite();
    for product in ["atender", "cloze"] {
        let catalog = example(product).join("product.yaml");
        stored.permesso(&["publish", &catalog.display().to_string()]);
    }
    stored.permesso(&["import", "--tenant", TENANT, &example("cloze").display().to_string()]);
    // With its families, which have a say in how they are set up.
    let server = Server::start(["--store", &stored.url]);
    let content = Content::of(stored.client(&server));
    let mut client = stored.client(&server);
    let document = client.get("/admin/v1/openapi.json").unwrap().json();
    let folder = stored.folder().join("schemathesis");
    fs::create_dir(&folder).unwrap();
    let url = format!("http://{}/admin/v1/openapi.json", server.address);
    fs::write(folder.join("hooks.py"), HOOKS).unwrap();
    fs::write(folder.join("content.toml"), content.config(&document, &stored.token)).unwrap();
    let args = ["--config-file", "content.toml", "run", &url, "--max-examples", "15"];
    let phases = ["--phases", "examples,coverage,fuzzing"];
    let report = tried(&tool, &folder, "content", &[&args[..], &phases].concat());
    let rates = report["valid_rates"].as_object().unwrap();
    let mut never = Vec::new();
    let (mut well_formed, mut accepted) = (0, 0);
    for (operation, phases) in rates {
        let phases = phases.as_object().unwrap().values();
        let count =
            |name: &str| -> u64 { phases.clone().map(|it| it[name].as_u64().unwrap()).sum() };
        let all = ["accepted", "unreachable", "conflicts", "rejected"].map(count);
        well_formed += all.iter().sum::<u64>();
        accepted += all[0];
        if all[0] == 0 {
            never.push(operation);
        }
    }
    let cases = report["test_cases"]["generated"].as_u64().unwrap();
    println!(
        "{cases} cases of {} operations in {} s; of {well_formed} that were well formed {accepted} \
         were done; never done: {never:?}",
        report["operations"]["tested"], report["running_time"],
    );
    assert_eq!(report["operations"]["tested"], report["operations"]["total"]);
    assert!(never.len() * 20 <= rates.len(), "never done: {never:?}");
    assert!(accepted * 3 >= well_formed, "hardly anything was done");
    // Then what one answer says goes into the next request, in whatever order.
    let phases = ["--phases", "stateful", "--max-time", "20"];
    let report = tried(&tool, &folder, "stateful", &[&args[..], &phases].concat());
    println!("{} cases that follow from one another", report["test_cases"]["generated"]);
    assert!(report["test_cases"]["generated"].as_u64().is_some_and(|cases| cases > 20));
    stored.permesso(&["audit", "verify"]);
}
