//! Coverage of the examples' own tables: every grant and every program of theirs is exercised,
//! and a line that is not is named.

use permesso_folders::TenantFolder;
use permesso_tests::{Output, PRODUCTS, example, permesso};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A copy of an example with those rows of its tables for which `keep` says so.
fn copy(product: &str, keep: impl Fn(&Value) -> bool) -> TempDir {
    let (from, to) = (example(product), tempfile::tempdir().unwrap());
    for name in ["product.yaml", "tenant.yaml", "people.yaml"] {
        fs::copy(from.join(name), to.path().join(name)).unwrap();
    }
    fs::create_dir(to.path().join("tables")).unwrap();
    for entry in fs::read_dir(from.join("tables")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let rows = text.lines().filter(|line| keep(&serde_json::from_str(line).unwrap()));
        let rows: Vec<&str> = rows.collect();
        let table = to.path().join("tables").join(path.file_name().unwrap());
        fs::write(table, rows.join("\n")).unwrap();
    }
    to
}

fn coverage(folder: &Path, more: &[&str]) -> Output {
    permesso(["test", "--coverage", "--example", folder.to_str().unwrap()].iter().chain(more))
}

/// The position of a text in a file, as coverage prints it.
fn position(folder: &Path, file: &str, of: &str, word: &str) -> String {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (index, line) = text.lines().enumerate().find(|(_, line)| line.contains(of)).unwrap();
    format!("{}:{}:{}", path.display(), index + 1, line.find(word).unwrap() + 1)
}

#[test]
fn the_examples_exercise_all_of_their_grants_and_programs() {
    for product in PRODUCTS {
        let output = coverage(&example(product), &["--min-coverage", "100"]);
        assert_eq!(output.code, 0, "{product}:\n{}{}", output.out, output.err);
        assert!(output.out.contains(" grants "), "{}", output.out);
        assert!(!output.out.contains("never counted"), "{}", output.out);
        assert!(!output.out.contains("program `"), "{}", output.out);
    }
}

#[test]
fn a_line_that_no_row_exercises_is_named() {
    let folder = copy("cloze", |row| {
        let (user, id) = (&row["subject"]["user"], &row["resource"]["attrs"]["id"]);
        row["action"] != "presence.self_manage"
            && !(user == "jonah.price" && id == "front_desk")
            && !(user == "ben.okafor" && id == "portal_leads")
    });
    let output = coverage(folder.path(), &["--min-coverage", "100"]);
    assert_eq!(output.code, 1, "{}{}", output.out, output.err);
    let grant = "- {permission: presence.self_manage, scope: all}";
    for missing in [
        format!(
            "{}: role `agent`: presence.self_manage at all: never counted",
            position(folder.path(), "tenant.yaml", grant, "presence")
        ),
        format!(
            "{}: program `lead_intake`: never kept anybody out",
            position(folder.path(), "tenant.yaml", "- id: lead_intake", "lead_intake")
        ),
    ] {
        assert!(output.out.contains(&missing), "{missing}\n{}", output.out);
    }
    let named = output.out.lines().filter(|line| line.contains(": never"));
    assert_eq!(named.count(), 2, "{}", output.out);
    assert!(output.out.contains("5 of 6 programs are covered, which is less than 100 %"));
    assert!(output.out.trim_end().ends_with(" passed, 0 failed"), "{}", output.out);
    // It fails for nothing but the demand.
    assert_eq!(coverage(folder.path(), &[]).code, 0);
    assert_eq!(coverage(folder.path(), &["--min-coverage", "80"]).code, 0);
}

#[test]
fn programs_read_the_coverage_as_json() {
    let folder = copy("atender", |row| {
        !["tess.oconnell", "oscar.lund"].map(Value::from).contains(&row["subject"]["user"])
    });
    let output = coverage(folder.path(), &["--json"]);
    let found = output.out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let found: Vec<Value> = found.filter(|line| line.get("coverage").is_some()).collect();
    let [report] = found.as_slice() else { panic!("{}", output.out) };
    assert_eq!(report["coverage"], folder.path().to_str().unwrap());
    let grants = &report["kinds"][0];
    assert_eq!((&grants["kind"], &grants["percent"]), (&"grant".into(), &98.into()));
    let [missing] = report["missing"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!(missing["label"], "role `analytics`: analytics.view at all");
    assert_eq!(missing["never"], serde_json::json!(["counted"]));
    assert_eq!(missing["document"], "catalog");
    assert!(missing["line"].as_u64().unwrap() > 0);
    let wide = report["wide"].as_array().unwrap();
    assert!(wide.iter().all(|wide| wide["asked"].as_u64() <= wide["permissions"].as_u64()));
    assert_eq!(wide.len(), 3);
}

#[test]
fn a_row_that_says_only_who_asks_is_about_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "product.yaml",
        "product: bakery\nversion: 1.0.0\ncategories:\n  - id: oven\n    permissions: [{id: bread.bake}]\n",
    );
    write(
        "tenant.yaml",
        "tenant: corner\nproduct: bakery\nroles:\n  - id: baker\n    grants:\n      \
         - {permission: bread.bake, scope: all, valid_from: 2026-03-01T00:00:00Z, valid_until: 2026-06-01T00:00:00Z}\n",
    );
    write("people.yaml", "users: [{id: anna, roles: [baker]}]\n");
    fs::create_dir(folder.path().join("tables")).unwrap();
    let row = |id: &str, subject: &str, now: &str, expect: &str| {
        format!(
            r#"{{"id": "{id}", "subject": {subject}, "action": "bread.bake", "resource": {{"kind": "bread"}}, "context": {{"now": {now}}}, "expect": "{expect}"}}"#
        )
    };
    let during = r#""2026-03-01T01:00:00+01:00""#;
    let rows = [
        row("as-known", r#"{"user": "anna"}"#, during, "allow"),
        row("without-role", r#"{"user": "anna", "roles": []}"#, during, "deny"),
        row("stranger", r#"{"user": "otto", "roles": []}"#, during, "deny"),
        row("before", r#"{"user": "anna"}"#, r#""2026-02-28T23:59:59.999Z""#, "deny"),
        row("after", r#"{"user": "anna"}"#, r#""2026-06-01T00:00:00Z""#, "deny"),
    ];
    write("tables/corner.jsonl", &rows.join("\n"));
    let output = coverage(folder.path(), &["--min-coverage", "100"]);
    assert_eq!(output.code, 0, "{}{}", output.out, output.err);
    assert_eq!(output.out.lines().last(), Some("5 passed, 0 failed"));

    write("tables/corner.jsonl", &row("nobody", r#"{"user": "ana"}"#, during, "deny"));
    let output = coverage(folder.path(), &[]);
    assert_eq!(output.code, 1);
    assert!(output.out.contains("unknown user `ana`; did you mean `anna`?"), "{}", output.out);

    write("tables/corner.jsonl", &row("never", r#"{"user": "anna"}"#, r#""soon""#, "deny"));
    let output = coverage(folder.path(), &[]);
    assert_eq!(output.code, 2);
    assert!(output.err.contains("`soon` is no date"), "{}", output.err);
}

/// Whoever misspells a name would ask about a stranger, who is denied whatever the row is about.
#[test]
fn rows_about_people_name_people() {
    for product in PRODUCTS {
        let folder = TenantFolder::read(&example(product)).unwrap();
        let users = &folder.directory.value.users;
        let text = fs::read_to_string(example(product).join("tables/tenant.jsonl")).unwrap();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let subject = row["subject"].as_object().unwrap();
            let named = users.iter().any(|user| subject["user"] == user.id.as_str());
            assert_eq!(named, subject.len() == 1, "{line}");
            assert!(!row["because"].as_str().unwrap().is_empty());
        }
    }
}
