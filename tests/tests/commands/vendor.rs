//! Families that nobody here has seen, in four languages: from their own tools to a decision.
//!
//! `cargo xtask test` builds the examples and a project fresh from each template before these
//! tests; a language without its tools is left out, except in CI.

use permesso_tests::{permesso, root, skip};
use std::fs;
use std::path::{Path, PathBuf};

/// A project that was built, or nothing.
fn built(project: PathBuf, name: &str) -> Option<PathBuf> {
    let component = project.join("dist").join(format!("{name}.wasm"));
    if component.is_file() {
        return Some(project);
    }
    skip(name, "it was not built; `cargo xtask test --only vendors` does it");
    None
}

fn example(name: &str) -> Option<PathBuf> {
    built(root().join("examples/vendor").join(name), name)
}

fn template(language: &str) -> Option<PathBuf> {
    let project = root().join("target/vendor").join(format!("new-{language}"));
    built(project, &format!("loyalty-{language}"))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn ran(args: &[&str]) -> String {
    let output = permesso(args);
    assert_eq!(output.code, 0, "{args:?}: {}{}", output.out, output.err);
    output.out
}

/// Its own tables and everything else that the conformance kit looks at.
fn conforms(project: &Path) {
    ran(&["family", "test", text(project)]);
}

/// Signed by its vendor, installed by a platform that trusts them, and asked through the engine
/// with the tables of its product.
fn serves(project: &Path, limits: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let (key, depot) = (folder.path().join("key"), folder.path().join("depot"));
    let trust = ran(&["family", "keygen", text(&key)]);
    let id = project.file_name().unwrap().to_str().unwrap();
    // What `keygen` prints is what a platform writes into its file, with two names filled in.
    let trust = trust.replace("YOUR-NAME", "vendor").replace("YOUR-FAMILY", id);
    ran(&["family", "list", "--depot", text(&depot)]);
    fs::write(depot.join("trust.yaml"), trust).unwrap();
    ran(&["family", "sign", text(project), "--key", text(&key)]);
    let trusted = depot.join("trust.yaml");
    ran(&["family", "verify", text(project), "--trust", text(&trusted)]);
    let install = ["family", "install", text(project), "--depot", text(&depot)];
    let installed = ran(&[&install, limits].concat());
    assert!(installed.contains("publisher  vendor"), "{installed}");
    fs::remove_file(project.join("dist").join(format!("{id}.wasm.sig"))).unwrap();
    let product = project.join("product");
    let asked = permesso([
        "test",
        "--example",
        text(&product),
        "--depot",
        text(&depot),
        "--coverage",
        "--min-coverage",
        "100",
    ]);
    assert_eq!(asked.code, 0, "{}{}", asked.out, asked.err);
}

/// Interpreted families want more memory, and their instances kept.
const INTERPRETED: [&str; 4] = ["--memory-mib", "64", "--reuse", "1000"];

#[test]
fn a_family_in_rust_conforms_and_serves() {
    let Some(project) = example("data-residency") else { return };
    conforms(&project);
    serves(&project, &[]);
}

#[test]
fn a_family_in_c_conforms_and_serves() {
    let Some(project) = example("clearance") else { return };
    conforms(&project);
    serves(&project, &[]);
}

#[test]
fn a_family_in_javascript_conforms_and_serves() {
    let Some(project) = example("duty-roster") else { return };
    conforms(&project);
    serves(&project, &INTERPRETED);
}

#[test]
fn a_family_in_python_conforms_and_serves() {
    let Some(project) = example("four-eyes") else { return };
    conforms(&project);
    serves(&project, &INTERPRETED);
}

#[test]
fn a_project_fresh_from_its_template_conforms_in_every_language() {
    for language in ["rust", "js", "python", "c"] {
        if let Some(project) = template(language) {
            conforms(&project);
        }
    }
}

#[test]
fn a_project_is_never_written_over_another() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine"), "mine").unwrap();
    let path = ["--path", text(folder.path())];
    let output = permesso([&["family", "new", "loyalty", "--lang", "c"], &path[..]].concat());
    assert_eq!(output.code, 2);
    assert!(output.err.contains("is not empty; name another folder"), "{}", output.err);
    let output = permesso(["family", "new", "Loyalty Tiers", "--lang", "c"]);
    assert!(output.err.contains("is no id of a family"), "{}", output.err);
    let output = permesso(["family", "build", text(folder.path())]);
    assert!(output.err.contains("is no project of a family"), "{}", output.err);
}
