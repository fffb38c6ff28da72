//! The house as ARCHITECTURE.md draws it, held against the house as it stands.
//!
//! A plan that is not checked is soon a plan of another house. What is written there is read by
//! these tests, so whoever moves a wall moves the line in the plan with it, or is told.

#[path = "house/plan.rs"]
mod plan;

use plan::{files, section};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a checkout").to_owned()
}

fn architecture() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}

/// Fails with everything that was found, and not with the first of it.
fn none(found: Vec<impl Display>, what: &str) {
    let lines: Vec<String> = found.iter().map(|one| format!("  {one}")).collect();
    assert!(found.is_empty(), "{what}:\n{}", lines.join("\n"));
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let root = root();
    let text = architecture();
    let invariants = plan::invariants(section(&text, "Invariants"));
    assert!(invariants.len() >= 20, "the plan has {} invariants", invariants.len());
    let sources = files(&root, ".rs");
    let mut wrong = Vec::new();
    for invariant in &invariants {
        let title = &invariant.title;
        if invariant.tests.is_empty() {
            wrong.push(format!("`{title}` names no test"));
        }
        for (test, file) in &invariant.tests {
            let declared = format!("fn {test}(");
            let there = |text: &String| text.contains(&declared);
            if sources.get(Path::new(file)).is_some_and(there) {
                continue;
            }
            let elsewhere = sources.iter().find(|(_, text)| there(text));
            let elsewhere =
                elsewhere.map_or("nowhere".to_owned(), |(p, _)| p.display().to_string());
            wrong.push(format!("`{title}`: no `{test}` in `{file}`; it is in {elsewhere}"));
        }
    }
    none(wrong, "correct the links below `Invariants` in ARCHITECTURE.md");
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let root = root();
    let documents = files(&root, ".md");
    let mut broken = Vec::new();
    for (path, text) in &documents {
        // What a new project of a vendor is told leads about in that project.
        if path.components().any(|part| part.as_os_str() == "templates") {
            continue;
        }
        for link in plan::links(text) {
            let (file, anchor) = link.target.split_once('#').unwrap_or((&link.target, ""));
            if file.contains("://") {
                continue;
            }
            let folder = path.parent().unwrap_or(Path::new(""));
            let place = root.join(if file.is_empty() { path.clone() } else { folder.join(file) });
            let lost = match fs::read_to_string(&place) {
                Ok(text) if place.extension().is_some_and(|ending| ending == "md") => {
                    !anchor.is_empty() && !plan::anchors(&text).contains(anchor)
                }
                _ => !place.exists(),
            };
            if lost {
                broken.push(format!("{}:{}: {}", path.display(), link.line, link.target));
            }
        }
    }
    none(broken, "these links lead nowhere");
}
