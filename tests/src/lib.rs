//! End to end: the real binary, over real sockets, with the real components.
//!
//! `cargo xtask test` builds the components and the binary before it runs these tests; a test
//! that does not find them says so.

mod client;
mod proxy;
mod server;
mod stored;
mod turns;

pub use client::{Client, Response};
pub use proxy::{Line, Proxy};
pub use server::Server;
pub use stored::{Stored, decide};
pub use turns::{Turn, turn};

use std::path::{Path, PathBuf};
use std::process::Command;

/// The products of the examples.
pub const PRODUCTS: [&str; 4] = ["cloze", "iclosed", "atender", "clustdoc"];

/// The root of the checkout.
///
/// # Panics
///
/// If this package does not lie in a checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a checkout").to_owned()
}

/// The folder of an example.
#[must_use]
pub fn example(product: &str) -> PathBuf {
    root().join("examples").join(product)
}

/// The folder of the components.
///
/// # Panics
///
/// If they have not been built.
#[must_use]
pub fn families() -> PathBuf {
    let folder = root().join("target/families");
    assert!(
        folder.join("crm-segments.wasm").is_file(),
        "no components in `{}`; build them with `cargo xtask families`",
        folder.display()
    );
    folder
}

/// Whether a tool that a test needs is missing may be shrugged off: everywhere but in CI, which
/// installs them and says so with `PERMESSO_REQUIRE_TOOLS=1`.
///
/// # Panics
///
/// In CI.
pub fn skip(what: &str, because: &str) {
    let required = std::env::var_os("PERMESSO_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{what}: {because}");
    eprintln!("SKIPPED {what}: {because}");
}

/// The binary of this build.
///
/// # Panics
///
/// If it has not been built.
#[must_use]
pub fn binary() -> PathBuf {
    // A test lies in a folder below the binary, another program beside it.
    let this = std::env::current_exe().expect("the path of this program");
    let candidates = this.ancestors().skip(1).take(2).map(|folder| folder.join("permesso"));
    let found = candidates.into_iter().find(|binary| binary.is_file());
    assert!(
        found.is_some(),
        "no binary beside or above `{}`; run the tests with `cargo xtask test`",
        this.display()
    );
    found.unwrap_or_default()
}

/// What a command of the binary printed and how it ended.
#[derive(Debug)]
pub struct Output {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The exit code.
    pub code: i32,
}

/// Runs the binary with the components of the examples.
///
/// # Panics
///
/// If it cannot be started.
pub fn permesso<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Output {
    let output = Command::new(binary())
        .args(args)
        .env("PERMESSO_FAMILIES", families())
        .env("PERMESSO_LOG", "error")
        .current_dir(root())
        .output()
        .expect("the binary starts");
    Output {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}
