//! A store with a product and a tenant in it, made by the binary as an operator makes it.

use crate::{Client, Server, binary};
use permesso_cluster::Cluster;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const CATALOG: &str = r#"
product: desk
version: 1.0.0
categories:
  - id: tickets
    permissions:
      - {id: tickets.read}
      - {id: tickets.write}
standard_roles:
  - {id: owner, editable: false, deletable: false, keeps_holder: true, grants: [{permission: "*", scope: all}]}
  - {id: reader, editable: true, grants: [{permission: tickets.read, scope: all}]}
  - {id: writer, editable: true, grants: [{permission: tickets.write, scope: all}]}
"#;

/// A store, and a key to everything in it.
#[derive(Debug)]
pub struct Stored {
    folder: tempfile::TempDir,
    cluster: Option<Arc<Cluster>>,
    /// Where it is.
    pub url: String,
    /// The token of a key of the platform.
    pub token: String,
}

impl Stored {
    /// In a file, with the tenant `acme` in which `ann` owns everything and `bob` reads.
    ///
    /// # Panics
    ///
    /// If the binary does not make it.
    #[must_use]
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("permesso.db").display());
        Self::filled(folder, url, None)
    }

    /// In a database of a cluster.
    ///
    /// # Panics
    ///
    /// As [`sqlite`](Self::sqlite).
    #[must_use]
    pub fn postgres(cluster: &Arc<Cluster>, database: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = cluster.database(database).expect("a database");
        Self::filled(folder, url, Some(Arc::clone(cluster)))
    }

    fn filled(folder: tempfile::TempDir, url: String, cluster: Option<Arc<Cluster>>) -> Self {
        let mut stored = Self { folder, cluster, url, token: String::new() };
        let catalog = stored.folder().join("product.yaml");
        fs::write(&catalog, CATALOG).expect("a file");
        stored.permesso(&["publish", &catalog.display().to_string()]);
        stored.tenant("acme");
        stored.token = stored.permesso(&["key", "create", "--quiet", "test"]).trim().to_owned();
        stored
    }

    /// Adds a tenant with the same people.
    pub fn tenant(&self, id: &str) {
        let path = self.folder().join(format!("{id}.yaml"));
        let text = format!(
            "tenant: {id}\nproduct: desk\nusers:\n  - {{id: ann, roles: [owner]}}\n  \
             - {{id: bob, roles: [reader]}}\n"
        );
        fs::write(&path, text).expect("a file");
        self.permesso(&["import", "--tenant", id, &path.display().to_string()]);
    }

    /// A folder for what a test writes.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The cluster that it is in.
    #[must_use]
    pub fn cluster(&self) -> Option<&Arc<Cluster>> {
        self.cluster.as_ref()
    }

    /// Runs the binary on the store, without families, and hands over what it printed.
    ///
    /// # Panics
    ///
    /// If it fails.
    pub fn permesso(&self, args: &[&str]) -> String {
        let output = self.command(args).output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "permesso {args:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The binary on the store, without families.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(args).env("PERMESSO_STORE", &self.url);
        command.env("PERMESSO_FAMILIES", self.folder().join("none"));
        command
    }

    /// Serves it, without families.
    #[must_use]
    pub fn serve(&self, args: &[&str]) -> Server {
        let none = self.folder().join("none").display().to_string();
        let own = ["--store", &self.url, "--families", &none];
        Server::start(own.into_iter().chain(args.iter().copied()))
    }

    /// Serves it under another address than its own, without families and without a log.
    #[must_use]
    pub fn serve_at(&self, url: &str, args: &[&str]) -> Server {
        let none = self.folder().join("none").display().to_string();
        let own = ["--store", url, "--families", &none];
        Server::logging(own.into_iter().chain(args.iter().copied()), Stdio::null())
    }

    /// A connection to a server of it, with the key.
    ///
    /// # Panics
    ///
    /// If nobody listens.
    #[must_use]
    pub fn client(&self, server: &Server) -> Client {
        Client::connect(server.address).expect("a connection").with(&self.token)
    }
}

/// Asks whether a user of a tenant may do something with any ticket: the status, whether they
/// may, and the revision that says so.
///
/// # Errors
///
/// The connection broke.
pub fn decide(
    client: &mut Client,
    tenant: &str,
    user: &str,
    action: &str,
    headers: &[(&str, &str)],
) -> std::io::Result<(u16, bool, u64)> {
    let question = json!({
        "subject": {"type": "user", "id": user},
        "action": {"name": action},
        "resource": {"type": "ticket", "id": "1"},
    });
    let path = format!("/{tenant}/access/v1/evaluation");
    let answer = client.send("POST", &path, headers, Some(&question))?;
    let body = answer.json();
    let revision = body["context"]["revision"].as_u64().unwrap_or(0);
    Ok((answer.status, body["decision"].as_bool().unwrap_or(false), revision))
}
