//! A `PostgreSQL` of a test's own.
//!
//! Made by `initdb` in a temporary folder, on a free port of the loopback address, run as a user
//! other than root (the server refuses root), and gone with the test. A server that happens to
//! run on the machine is never touched.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A running server. Stopped and deleted when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    folder: tempfile::TempDir,
    bin: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
}

/// How a server is stopped.
#[derive(Debug, Clone, Copy)]
pub enum Stop {
    /// Connections are ended, everything is written.
    Fast,
    /// As if the machine had lost its power: it recovers when it starts again.
    Immediate,
}

impl Cluster {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// Where `PostgreSQL` is not installed, or does not start.
    pub fn start() -> Result<Self, String> {
        let bin = bin().ok_or("no PostgreSQL here; install Debian's `postgresql`")?;
        let folder = tempfile::Builder::new().prefix("pg-").tempdir().map_err(|e| said(&e))?;
        let user = server_user(folder.path())?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid)).map_err(|e| said(&e))?;
        }
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(folder.path(), open).map_err(|e| said(&e))?;
        let cluster = Self { folder, bin, user, port: free_port().map_err(|e| said(&e))? };
        let data = cluster.data();
        cluster.run(
            "initdb",
            &[
                "--pgdata",
                &data,
                "--username",
                "permesso",
                "--auth",
                "trust",
                "--encoding",
                "UTF8",
                "--no-locale",
                "--no-sync",
            ],
        )?;
        cluster.start_again()?;
        Ok(cluster)
    }

    /// One for all tests of a program that run at a time. Gone with the last of them.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn shared() -> Result<Arc<Self>, String> {
        // Weak: what stands in a static is never dropped, and the server would stay behind.
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return Ok(cluster);
        }
        let cluster = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&cluster);
        Ok(cluster)
    }

    /// The URL of its database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://permesso@127.0.0.1:{}/postgres", self.port)
    }

    /// Makes another database, and says its URL.
    ///
    /// # Errors
    ///
    /// Where the server does not make it.
    pub fn database(&self, name: &str) -> Result<String, String> {
        let port = self.port.to_string();
        self.run(
            "createdb",
            &["--host", "127.0.0.1", "--port", &port, "--username", "permesso", name],
        )?;
        Ok(format!("postgres://permesso@127.0.0.1:{port}/{name}"))
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops it.
    ///
    /// # Errors
    ///
    /// Where it does not stop.
    pub fn stop(&self, how: Stop) -> Result<(), String> {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.run("pg_ctl", &["--pgdata", &self.data(), "--mode", mode, "--wait", "stop"])
    }

    /// Starts it again after it was stopped.
    ///
    /// # Errors
    ///
    /// Where it does not start.
    pub fn start_again(&self) -> Result<(), String> {
        let folder = self.folder.path().display();
        // Not `fsync=off`: what a test kills and starts again has to be there.
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} \
             -c max_connections=100 -c shared_buffers=128MB",
            self.port
        );
        let log = self.folder.path().join("log").display().to_string();
        self.run(
            "pg_ctl",
            &[
                "--pgdata",
                &self.data(),
                "--log",
                &log,
                "--options",
                &options,
                "--wait",
                "--timeout",
                "60",
                "start",
            ],
        )
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(self.bin.join(program));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        // The server inherits what its starter has: a pipe would never be closed.
        let out = tempfile::tempfile().map_err(|e| said(&e))?;
        let err = out.try_clone().map_err(|e| said(&e))?;
        command.stdout(out.try_clone().map_err(|e| said(&e))?).stderr(err);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        let status = command.status().map_err(|e| format!("cannot run `{program}`: {e}"))?;
        if status.success() {
            return Ok(());
        }
        let mut text = String::new();
        let mut out = out;
        let _ = io::Seek::rewind(&mut out);
        let _ = io::Read::read_to_string(&mut out, &mut text);
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(format!("`{program}` failed with {status}\n{text}\n{log}"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.stop(Stop::Immediate);
    }
}

fn said(error: &io::Error) -> String {
    error.to_string()
}

/// Debian keeps the programs of each version in a folder of its own, outside of the path.
fn bin() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders
        .into_iter()
        .rev()
        .map(|(_, folder)| folder)
        .chain(path)
        .find(|folder| ["initdb", "pg_ctl"].iter().all(|program| folder.join(program).is_file()))
}

/// Whom to run it as: nobody else where this is not root.
fn server_user(folder: &Path) -> Result<Option<(u32, u32)>, String> {
    let own = fs::metadata(folder).map_err(|e| said(&e))?.uid();
    if own != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(|e| said(&e))?;
    let find = |wanted: &str| {
        users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (name == wanted).then_some((uid, gid))
        })
    };
    let user = find("postgres").or_else(|| find("nobody"));
    user.map(Some).ok_or_else(|| "neither a user `postgres` nor `nobody` to run it as".to_owned())
}

/// Frees it again: another process could take it, but hardly does.
fn free_port() -> io::Result<u16> {
    TcpListener::bind(("127.0.0.1", 0))?.local_addr().map(|address| address.port())
}
