//! The binary itself. That it is asked here also has cargo build it with the tests, so that those
//! that start a server start this one and none that was built before.
#![allow(missing_docs, reason = "a test")]

use std::process::Command;

#[test]
fn the_binary_says_what_it_can_do() {
    let output = Command::new(env!("CARGO_BIN_EXE_permesso")).arg("--help").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("serve") && text.contains("explain"),
        "{text}"
    );
}
