//! The house as ARCHITECTURE.md draws it, held against the house as it stands.
//!
//! A plan that is not checked is soon a plan of another house. What is written there of crates,
//! arrows, circles and tests is read by these tests, so whoever moves a wall moves the line in
//! the plan with it, or is told.

#[path = "house/circles.rs"]
mod circles;
#[path = "house/manifests.rs"]
mod manifests;
#[path = "house/modules.rs"]
mod modules;
#[path = "house/plan.rs"]
mod plan;
#[path = "house/source.rs"]
mod source;

use manifests::{OURS, Package};
use modules::Tree;
use plan::{files, section};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

/// Lines that a file may have.
const LINES: usize = 500;

/// Circles of files that are left, each with its reason in the plan. At most three are wanted.
const CIRCLES: usize = 1;

/// Words that had several meanings each. One type may have such a name, in all crates.
const WORDS: [&str; 14] = [
    "Ask",
    "Condition",
    "Directory",
    "Edit",
    "Found",
    "Gate",
    "Key",
    "Look",
    "Outcome",
    "Part",
    "Place",
    "Slot",
    "Usage",
    "Written",
];

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

/// The crates whose modules are looked at: all of the workspace, and those of the guests.
fn trees() -> Vec<(String, Tree)> {
    let root = root();
    let members = manifests::workspace(&root).into_iter().map(|package| package.folder);
    let guests = fs::read_dir(root.join("plugins")).into_iter().flatten().flatten();
    let guests = guests.map(|entry| entry.path()).filter(|path| path.join("Cargo.toml").is_file());
    let places = members.map(|folder| root.join(folder)).chain(guests);
    places
        .flat_map(|folder| ["lib.rs", "main.rs"].map(|name| folder.join("src").join(name)))
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            (name, Tree::read(&path))
        })
        .collect()
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

#[test]
fn files_are_short_and_say_why_they_exist() {
    let mut wrong = Vec::new();
    for (path, text) in files(&root(), ".rs") {
        let lines = text.lines().count();
        if lines > LINES {
            wrong.push(format!("{} has {lines} lines; {LINES} are enough", path.display()));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{} does not open with `//!`", path.display()));
        }
    }
    none(wrong, "take long files apart, and say in the first line why a file exists");
}

/// The crates of the product, without those that test or build it.
fn product(packages: &[Package]) -> Vec<&Package> {
    let is_product = |package: &&Package| {
        package.folder.starts_with("engine") || package.folder.starts_with("host")
    };
    packages.iter().filter(is_product).collect()
}

#[test]
fn arrows_between_crates_are_those_of_the_plan_and_never_point_up() {
    let packages = manifests::workspace(&root());
    let text = architecture();
    let rows = plan::rows(section(&text, "Crates and arrows"));
    let place: BTreeMap<&str, usize> =
        rows.iter().enumerate().map(|(place, row)| (&*row.name, place)).collect();
    let arrows = manifests::between(&packages);
    let mut wrong = Vec::new();
    for package in product(&packages) {
        let Some(place) = place.get(&*package.name) else {
            wrong.push(format!("the plan has no row for `{}`", package.name));
            continue;
        };
        let extra = arrows[&*package.name].iter().filter(|to| !rows[*place].may.contains(**to));
        wrong.extend(extra.map(|to| format!("`{}` leans on `{to}`", package.name)));
    }
    for (at, row) in rows.iter().enumerate() {
        if !packages.iter().any(|package| package.name == row.name) {
            wrong.push(format!("there is no crate `{}`", row.name));
        }
        let up = row.may.iter().filter(|to| place.get(&***to).is_none_or(|below| *below >= at));
        wrong.extend(
            up.map(|to| format!("`{}` may lean on `{to}`, which is not below it", row.name)),
        );
    }
    none(wrong, "not as in the table below `Crates and arrows` in ARCHITECTURE.md");
}

#[test]
fn no_crate_links_what_it_never_hears_of() {
    let root = root();
    let packages = manifests::workspace(&root);
    let locked = manifests::locked(&root);
    let text = architecture();
    let mut wrong = Vec::new();
    for row in plan::rows(section(&text, "Crates and arrows")) {
        let linked = manifests::linked(&packages, &locked, &row.name);
        for never in &row.never {
            if linked.contains(never) {
                wrong.push(format!("`{}` links `{never}`", row.name));
            } else if !never.starts_with(OURS) && !locked.contains_key(never) {
                wrong.push(format!("`{never}` is no package; is it misspelt?"));
            }
        }
    }
    none(wrong, "not as in the table below `Crates and arrows` in ARCHITECTURE.md");
}

/// The one crate with unsafe code. Its lints are its own, and stricter about that.
const UNSAFE: &str = "permesso-precompiled";

#[test]
fn no_crate_of_the_product_may_panic_or_be_unsafe_but_the_one_that_has_to() {
    let root = root();
    let mut wrong = Vec::new();
    for package in product(&manifests::workspace(&root)) {
        if package.name == UNSAFE {
            continue;
        }
        let folder = root.join(&package.folder);
        let read = |path: &str| fs::read_to_string(folder.join(path)).unwrap_or_default();
        if !read("Cargo.toml").contains("[lints]\nworkspace = true") {
            wrong.push(format!("`{}` does not take the lints of the workspace", package.name));
        }
        let library = read("src/lib.rs");
        let denied = library.split("#![deny(").nth(1).and_then(|rest| rest.split(')').next());
        let denied = denied.unwrap_or_default();
        let lints = ["unwrap_used", "expect_used", "panic", "indexing_slicing"];
        let missing = lints.iter().filter(|lint| !denied.contains(&format!("clippy::{lint}")));
        wrong.extend(missing.map(|lint| format!("`{}` does not deny `{lint}`", package.name)));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    if !manifest.contains("unsafe_code = \"forbid\"") {
        wrong.push("the workspace does not forbid unsafe code".to_owned());
    }
    none(wrong, "what decides neither panics nor is unsafe");
}

/// The top-level module of a file.
fn module(file: &str) -> Option<String> {
    let (_, inside) = file.split_once("/src/")?;
    let first = inside.split('/').next()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

#[test]
fn no_modules_of_a_crate_lean_on_each_other_in_a_circle() {
    let text = architecture();
    // The modules of each circle of files that the plan admits.
    let admitted: Vec<BTreeSet<String>> = plan::allowed_circles(section(&text, "Circles"))
        .iter()
        .map(|files| files.iter().filter_map(|file| module(file)).collect())
        .collect();
    let mut wrong = Vec::new();
    for (name, tree) in trees() {
        let arrows = tree.between_rooms();
        for circle in circles::circles(&arrows) {
            if !admitted.iter().any(|admitted| circle.is_subset(admitted)) {
                let circle: Vec<String> = circle.into_iter().collect();
                wrong.push(format!("{name}: {}", circle.join(", ")));
            }
        }
    }
    none(wrong, "these modules of one crate cannot be read one after the other");
}

#[test]
fn circles_of_files_are_no_more_than_the_plan_says() {
    let root = root();
    let text = architecture();
    let allowed = plan::allowed_circles(section(&text, "Circles"));
    assert!(allowed.len() <= CIRCLES, "the plan allows {} circles", allowed.len());
    let mut found = BTreeSet::new();
    let mut wrong = Vec::new();
    for (_, tree) in trees() {
        let arrows = tree.between_files(&root);
        for circle in circles::circles(&arrows) {
            if !allowed.contains(&circle) {
                let inside = |from: &String| arrows[from].iter().filter(|to| circle.contains(*to));
                let ties = circle.iter().flat_map(|from| inside(from).map(move |to| (from, to)));
                let ties: Vec<_> = ties.map(|(from, to)| format!("    {from} → {to}")).collect();
                wrong.push(format!("{} files:\n{}", circle.len(), ties.join("\n")));
            }
            found.insert(circle);
        }
    }
    let gone = allowed.iter().filter(|circle| !found.contains(*circle));
    wrong.extend(gone.map(|circle| format!("no such circle any more: {circle:?}")));
    none(wrong, "open these circles, or give the reason below `Circles` in ARCHITECTURE.md");
}

#[test]
fn no_two_public_types_of_a_crate_share_a_name() {
    let mut wrong = Vec::new();
    for (_, tree) in trees() {
        let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, one) in tree.types().into_iter().filter(|(_, one)| one.public) {
            let place = format!("{}:{}", shown(path), one.line);
            named.entry(one.name).or_default().push(place);
        }
        let twice = named.into_iter().filter(|(_, places)| places.len() > 1);
        wrong.extend(twice.map(|(name, places)| format!("{name}: {}", places.join(", "))));
    }
    none(wrong, "give each a name of its own");
}

#[test]
fn words_that_had_many_meanings_have_one() {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, tree) in trees() {
        if !name.starts_with("engine") && !name.starts_with("host") {
            continue;
        }
        for (path, one) in tree.types() {
            if WORDS.contains(&&*one.name) {
                named.entry(one.name).or_default().push(format!("{}:{}", shown(path), one.line));
            }
        }
    }
    let many = named.into_iter().filter(|(_, places)| places.len() > 1);
    let many = many.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    none(many, "one word, one meaning: see the glossary of ARCHITECTURE.md");
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}
