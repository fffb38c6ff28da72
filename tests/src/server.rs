//! The binary as a server of its own process.

use crate::{binary, families, root};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

/// A server that ends with the test.
#[derive(Debug)]
pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts `permesso serve` on any free port and waits until it listens.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Self {
        Self::logging(args, Stdio::inherit())
    }

    /// The same, with its log going there.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn logging<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, log: Stdio) -> Self {
        let mut child = Command::new(binary())
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(args)
            .env("PERMESSO_FAMILIES", families())
            .current_dir(root())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        let address = loop {
            let mut line = String::new();
            let read = out.read_line(&mut line).expect("its output");
            assert_ne!(read, 0, "the server ended before it listened");
            if let Some(address) = line.trim().strip_prefix("listening on http://") {
                break address.parse().expect("an address");
            }
        };
        Self { child, out, address }
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as a lack of memory does.
    ///
    /// # Panics
    ///
    /// If it is gone already.
    pub fn kill(mut self) {
        self.child.kill().expect("a process to kill");
        self.child.wait().expect("its end");
    }

    /// Tells it to stop, as a supervisor does.
    ///
    /// # Panics
    ///
    /// If there is no `kill`.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.expect("`kill`").success());
    }

    /// Waits until it has ended; what it still printed comes along.
    ///
    /// # Panics
    ///
    /// If its output cannot be read.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).expect("its output");
        (self.child.wait().expect("its end"), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
