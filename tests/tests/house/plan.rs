//! What ARCHITECTURE.md says, as far as a program can hold it against the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A link of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// What is written.
    pub(crate) text: String,
    /// Where it leads.
    pub(crate) target: String,
    /// Its line, from 1.
    pub(crate) line: usize,
}

/// The part of a document below a heading of the second level.
pub(crate) fn section<'t>(text: &'t str, title: &str) -> &'t str {
    let begins = text.find(&format!("\n## {title}\n"));
    let begins = begins.unwrap_or_else(|| panic!("ARCHITECTURE.md has no section `{title}`"));
    let rest = &text[begins + 1..];
    rest.find("\n## ").map_or(rest, |ends| &rest[..ends])
}

/// The links of a document, those in code left out.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let mut rest = line;
        while let (false, Some((before, after))) = (fenced, rest.split_once("](")) {
            let Some((target, behind)) = after.split_once(')') else { break };
            let text = before.rsplit_once('[').map_or("", |(_, text)| text);
            // An odd number of backticks before it: it stands in code.
            if before.matches('`').count() % 2 == 0 {
                let (text, target) = (text.to_owned(), target.to_owned());
                found.push(Link { text, target, line: number + 1 });
            }
            rest = behind;
        }
    }
    found
}

/// The anchors of a document, as its headings are linked to.
pub(crate) fn anchors(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |title: &str| -> String {
        let title = title.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    titles.map(anchor).collect()
}

/// What one crate may do.
#[derive(Debug)]
pub(crate) struct Row {
    /// The crate.
    pub(crate) name: String,
    /// The crates of the workspace that it may lean on.
    pub(crate) may: BTreeSet<String>,
    /// The packages that it never links, by whatever way.
    pub(crate) never: BTreeSet<String>,
}

/// The table of crates, from the ground up.
pub(crate) fn rows(section: &str) -> Vec<Row> {
    let table = section.lines().filter(|line| line.starts_with("| `permesso-"));
    let quoted = |cell: &str| -> BTreeSet<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    table
        .map(|line| {
            let mut cells = line.split('|').skip(1).map(quoted);
            let name = cells.next().and_then(|names| names.first().cloned()).unwrap_or_default();
            let may = cells.next().unwrap_or_default();
            Row { name, may, never: cells.next().unwrap_or_default() }
        })
        .collect()
}

/// Something that holds always, and the tests that hold it.
#[derive(Debug)]
pub(crate) struct Invariant {
    /// As it begins.
    pub(crate) title: String,
    /// The tests: name, and file.
    pub(crate) tests: Vec<(String, String)>,
}

/// The invariants: paragraphs that begin in bold, each with links to tests.
pub(crate) fn invariants(section: &str) -> Vec<Invariant> {
    let paragraphs = section.split("\n\n").map(str::trim);
    let paragraphs = paragraphs.filter(|paragraph| paragraph.starts_with("**"));
    paragraphs
        .map(|paragraph| {
            let title = paragraph.split("**").nth(1).unwrap_or_default().to_owned();
            let name =
                |link: &Link| Some(link.text.strip_prefix('`')?.strip_suffix('`')?.to_owned());
            let to_source = |link: &Link| link.target.ends_with(".rs");
            let tests = links(paragraph).into_iter().filter(to_source);
            let tests = tests.filter_map(|link| Some((name(&link)?, link.target))).collect();
            Invariant { title, tests }
        })
        .collect()
}

/// The circles that are allowed: items of a list, each of which names its files.
pub(crate) fn allowed_circles(section: &str) -> Vec<BTreeSet<String>> {
    let items = section.lines().filter(|line| line.starts_with("- "));
    let files = |item: &str| -> BTreeSet<String> {
        let of = |link: Link| link.target.ends_with(".rs").then_some(link.target);
        links(item).into_iter().filter_map(of).collect()
    };
    items.map(files).filter(|files| !files.is_empty()).collect()
}

/// The files of the checkout that end like that, from the root.
pub(crate) fn files(root: &Path, ending: &str) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    visit(root, root, ending, &mut found);
    found
}

fn visit(root: &Path, folder: &Path, ending: &str, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            // What is built, fetched or installed is nobody's source here.
            if !name.starts_with('.') && !matches!(&*name, "target" | "node_modules" | "build") {
                visit(root, &path, ending, found);
            }
        } else if name.ends_with(ending) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            found.insert(path.strip_prefix(root).unwrap_or(&path).to_owned(), text);
        }
    }
}

#[test]
fn a_plan_is_read_as_it_is_written() {
    let text = "# A\n\n## Arrows\n\n| crate | may | never |\n| --- | --- | --- |\n\
                | `permesso-a` | | `sqlx`, `axum` |\n| `permesso-b` | `permesso-a` | |\n\n## Two words: x\n\n\
                **One thing holds.** Always. [`it_holds`](a/b.rs), `[no](link)`\n\nMore.\n\n\
                ```text\n[none](here)\n```\n";
    let rows = rows(section(text, "Arrows"));
    let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
    assert_eq!((rows[0].name.as_str(), names(&rows[0].never).len()), ("permesso-a", 2));
    assert_eq!((rows[0].may.len(), names(&rows[1].may)), (0, vec!["permesso-a".to_owned()]));
    let invariants = invariants(section(text, "Two words: x"));
    assert_eq!(invariants[0].title, "One thing holds.");
    assert_eq!(invariants[0].tests, [("it_holds".to_owned(), "a/b.rs".to_owned())]);
    assert_eq!(links(text).len(), 1);
    assert!(anchors(text).contains("two-words-x"));
}
