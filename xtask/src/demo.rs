//! The main job in one command: families are built and installed, the four products and a
//! tenant of each are put into a store, and each is asked a handful of questions over HTTP, as an
//! application would. Then an administrator edits a role, and the answer changes with it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use clap::Args;
use serde_json::{Value, json};

use crate::{
    error::{Error, Result},
    families,
    process::spawn_error,
    workspace::Workspace,
};

/// How to show it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Stop after the questions instead of serving on.
    #[arg(long)]
    once: bool,
    /// Where to listen [default: any free port with --once, else 127.0.0.1:8181].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

/// The products, in the order in which they are shown.
const PRODUCTS: [&str; 4] = ["cloze", "iclosed", "atender", "clustdoc"];

/// Runs the demonstration.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    println!("building the families …");
    families::print(&families::build(workspace, &workspace.families())?);
    println!("\nbuilding the host; the first time this takes some minutes …");
    let mut build = workspace.build_permesso();
    let status = build.status().map_err(spawn_error(&build))?;
    if !status.success() {
        return Err(Error::Demo("the host does not build".to_owned()));
    }
    let store = Store::fill(workspace)?;
    let fallback = if options.once { "127.0.0.1:0" } else { "127.0.0.1:8181" };
    let listen = options.listen.as_deref().unwrap_or(fallback);
    let mut server = Server::start(workspace, &store, listen)?;
    let mut answered = 0;
    for product in PRODUCTS {
        answered += show(workspace, product, &server)?;
    }
    edit(&server)?;
    println!("\n{answered} questions answered by http://{}", server.address);
    if options.once {
        return Ok(());
    }
    println!("\nIt goes on serving until you press Ctrl-C. Ask it something yourself:\n");
    println!("{}", curl(&server));
    let _ = server.child.wait();
    Ok(())
}

/// Asks the questions of a product and prints the answers; answers how many there were.
fn show(workspace: &Workspace, product: &str, server: &Server) -> Result<usize> {
    let folder = workspace.root().join("examples").join(product);
    let tenant = tenant(&folder.join("tenant.yaml"))?;
    let path = folder.join("questions.json");
    let text = fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
    let questions: Vec<Value> = serde_json::from_str(&text).map_err(|e| unreadable(&path, &e))?;
    println!("\n── {product}, tenant {tenant} {}", "─".repeat(60 - product.len()));
    for question in &questions {
        let body = question["request"].to_string();
        let path = format!("/{tenant}/access/v1/evaluation");
        let (answer, _) = server.send("POST", &path, None, &body)?;
        let decision = answer["decision"].as_bool();
        let decision = decision.ok_or_else(|| Error::Demo(format!("no decision in {answer}")))?;
        println!("{}", question["ask"].as_str().unwrap_or_default());
        println!("   {:5} {}", if decision { "ALLOW" } else { "DENY" }, why(&answer["context"]));
    }
    Ok(questions.len())
}

/// The reason and the obligations in words.
fn why(context: &Value) -> String {
    let reason = &context["reason"];
    let code = reason["code"].as_str().unwrap_or_default();
    let message = reason["message"].as_str().unwrap_or("granted, and nothing stands against it");
    let detail = reason["detail"].as_str().map(|detail| format!(" {detail}")).unwrap_or_default();
    let mut text = format!("{message} [{code}{detail}]");
    for obligation in context["obligations"].as_array().into_iter().flatten() {
        let code = obligation["code"].as_str().unwrap_or_default();
        text.push_str(&format!("\n         obligation: {code} {}", obligation["values"]));
    }
    text
}

/// The id of the tenant of a folder: the text after `tenant:` on a line of its own.
fn tenant(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    let id = text.lines().find_map(|line| line.strip_prefix("tenant:"));
    id.map(|id| id.trim().to_owned())
        .ok_or_else(|| Error::Demo(format!("`{}` names no tenant", path.display())))
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::Demo(format!("cannot read `{}`: {error}", path.display()))
}

/// An administrator takes a right from a role; the next decision is made without it.
fn edit(server: &Server) -> Result<()> {
    const ROLE: &str = "/admin/v1/tenants/brightwater/roles/quality_reviewer";
    println!("\n── an edit {}", "─".repeat(58));
    let question = json!({
        "subject": {"type": "user", "id": "quentin.blake"},
        "action": {"name": "notes.add"},
        "resource": {"type": "note", "id": "n-1"},
    });
    let ask = || -> Result<()> {
        let path = "/brightwater/access/v1/evaluation";
        let (answer, _) = server.send("POST", path, None, &question.to_string())?;
        let word = if answer["decision"] == true { "ALLOW" } else { "DENY" };
        let revision = &answer["context"]["revision"];
        println!("   {word:5} {} (revision {revision})", why(&answer["context"]));
        Ok(())
    };
    println!("May a quality reviewer leave a note for the team?");
    ask()?;
    let (mut role, etag) = server.send("GET", ROLE, None, "")?;
    let mut role = role["document"].take();
    if let Some(grants) = role["grants"].as_array_mut() {
        grants.retain(|grant| grant["permission"] != "notes.add");
    }
    let (done, _) = server.send("PUT", ROLE, etag.as_deref(), &role.to_string())?;
    println!("An administrator unticks that in the role: revision {}", done["revision"]);
    ask()
}

fn curl(server: &Server) -> String {
    let body = json!({
        "subject": {"type": "user", "id": "jonah.price"},
        "action": {"name": "content.view_contact"},
        "resource": {"type": "contact", "id": "c-100",
                     "properties": {"shared": true, "assigned_to": "jonah.price"}},
    });
    format!(
        "curl -s http://{}/harborlight/access/v1/evaluation \\\n  \
         -H 'authorization: Bearer {}' \\\n  \
         -H 'content-type: application/json' \\\n  -d '{body}'",
        server.address, server.token
    )
}

/// The store, with everything in it, and a key.
struct Store {
    url: String,
    token: String,
}

impl Store {
    /// Made anew each time, so that every demonstration begins in the same way.
    fn fill(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.host_target().join("demo");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|e| unreadable(&folder, &e))?;
        let url = format!("sqlite:{}", folder.join("permesso.db").display());
        let mut store = Self { url, token: String::new() };
        for product in PRODUCTS {
            let example = workspace.root().join("examples").join(product);
            let catalog = example.join("product.yaml").display().to_string();
            store.permesso(workspace, &["publish", &catalog])?;
            let tenant = tenant(&example.join("tenant.yaml"))?;
            let example = example.display().to_string();
            let told = store.permesso(workspace, &["import", "--tenant", &tenant, &example])?;
            print!("tenant {tenant} imported, {told}");
        }
        let token = store.permesso(workspace, &["key", "create", "--quiet", "demonstration"])?;
        token.trim().clone_into(&mut store.token);
        Ok(store)
    }

    /// Runs the binary on the store; what it printed.
    fn permesso(&self, workspace: &Workspace, args: &[&str]) -> Result<String> {
        let mut command = Command::new(binary(workspace));
        command.args(args).env("PERMESSO_STORE", &self.url);
        command.env("PERMESSO_FAMILIES", workspace.families()).stderr(Stdio::inherit());
        let output = command.output().map_err(spawn_error(&command))?;
        if !output.status.success() {
            return Err(Error::Demo(format!("`permesso {}` failed", args.join(" "))));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn binary(workspace: &Workspace) -> PathBuf {
    workspace.host_target().join("release").join("permesso")
}

/// The server, as long as the demonstration lasts.
struct Server {
    child: Child,
    address: SocketAddr,
    token: String,
}

impl Server {
    fn start(workspace: &Workspace, store: &Store, listen: &str) -> Result<Self> {
        let mut command = Command::new(binary(workspace));
        command.args(["serve", "--listen", listen, "--families"]).arg(workspace.families());
        command.args(["--store", &store.url]);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(spawn_error(&command))?;
        let out = child.stdout.take();
        let mut lines = out.map(|out| BufReader::new(out).lines()).into_iter().flatten();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                return Err(Error::Demo("the server ended before it listened".to_owned()));
            };
            println!("{line}");
            if let Some(address) = line.strip_prefix("listening on http://") {
                break address.parse();
            }
        };
        let address =
            address.map_err(|error| Error::Demo(format!("the server's address: {error}")))?;
        Ok(Self { child, address, token: store.token.clone() })
    }

    /// One request over a connection of its own: the answer, and the revision that it has.
    fn send(
        &self,
        method: &str,
        path: &str,
        matching: Option<&str>,
        body: &str,
    ) -> Result<(Value, Option<String>)> {
        let condition = matching.map(|etag| format!("if-match: {etag}\r\n")).unwrap_or_default();
        let media = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let exchange = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            write!(
                stream,
                "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
                 authorization: Bearer {}\r\n{condition}{media}content-length: {}\r\n\r\n{body}",
                self.address,
                self.token,
                body.len()
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = exchange().map_err(|error| Error::Demo(format!("no answer: {error}")))?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if !head.starts_with("HTTP/1.1 200") {
            return Err(Error::Demo(format!("the server answered {answer}")));
        }
        let etag = head.lines().filter_map(|line| line.split_once(": "));
        let mut etag = etag.filter(|(name, _)| name.eq_ignore_ascii_case("etag"));
        let etag = etag.next().map(|(_, value)| value.trim().to_owned());
        let value =
            serde_json::from_str(body).map_err(|error| Error::Demo(format!("no JSON: {error}")))?;
        Ok((value, etag))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
