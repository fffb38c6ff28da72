//! The main job in one command: families are built and installed, the four products are
//! served, and each is asked a handful of questions over HTTP, as an application would.

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
    workspace::{Workspace, cargo},
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
    let mut build = cargo();
    build.args(["build", "--release", "--package", "permesso-host", "--bin", "permesso"]);
    let status = build.current_dir(workspace.root()).status().map_err(spawn_error(&build))?;
    if !status.success() {
        return Err(Error::Demo("the host does not build".to_owned()));
    }
    let fallback = if options.once { "127.0.0.1:0" } else { "127.0.0.1:8181" };
    let mut server = Server::start(workspace, options.listen.as_deref().unwrap_or(fallback))?;
    let mut answered = 0;
    for product in PRODUCTS {
        answered += show(workspace, product, server.address)?;
    }
    println!("\n{answered} questions answered by http://{}", server.address);
    if options.once {
        return Ok(());
    }
    println!("\nIt goes on serving until you press Ctrl-C. Ask it something yourself:\n");
    println!("{}", curl(server.address));
    let _ = server.child.wait();
    Ok(())
}

/// Asks the questions of a product and prints the answers; answers how many there were.
fn show(workspace: &Workspace, product: &str, address: SocketAddr) -> Result<usize> {
    let folder = workspace.root().join("examples").join(product);
    let tenant = tenant(&folder.join("tenant.yaml"))?;
    let path = folder.join("questions.json");
    let text = fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
    let questions: Vec<Value> = serde_json::from_str(&text).map_err(|e| unreadable(&path, &e))?;
    println!("\n── {product}, tenant {tenant} {}", "─".repeat(60 - product.len()));
    for question in &questions {
        let body = question["request"].to_string();
        let answer = post(address, &format!("/{tenant}/access/v1/evaluation"), &body)?;
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

fn curl(address: SocketAddr) -> String {
    let body = json!({
        "subject": {"type": "user", "id": "jonah.price"},
        "action": {"name": "content.view_contact"},
        "resource": {"type": "contact", "id": "c-100",
                     "properties": {"shared": true, "assigned_to": "jonah.price"}},
    });
    format!(
        "curl -s http://{address}/harborlight/access/v1/evaluation \\\n  \
         -H 'content-type: application/json' \\\n  -d '{body}'"
    )
}

/// The server, as long as the demonstration lasts.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(workspace: &Workspace, listen: &str) -> Result<Self> {
        let binary: PathBuf = workspace.host_target().join("release").join("permesso");
        let mut command = Command::new(&binary);
        command.args(["serve", "--listen", listen, "--families"]).arg(workspace.families());
        for product in PRODUCTS {
            command.arg("--example").arg(workspace.root().join("examples").join(product));
        }
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
        Ok(Self { child, address })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One POST over a connection of its own.
fn post(address: SocketAddr, path: &str, body: &str) -> Result<Value> {
    let exchange = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
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
    serde_json::from_str(body).map_err(|error| Error::Demo(format!("no JSON: {error}")))
}
