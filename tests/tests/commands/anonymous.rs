//! Whoever asks anonymously, on the command line.

use permesso_tests::{Output, permesso};
use serde_json::Value;
use std::fs;

const PRODUCT: &str = "
product: museum
version: 1.0.0
subject_types: {anonymous: {role: visitor}}
categories: [{id: pictures, permissions: [{id: see}, {id: buy, baseline: all}]}]
standard_roles: [{id: visitor, grants: [{permission: see, scope: all}]}]
";

fn ask(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("product.yaml", PRODUCT);
    write("tenant.yaml", "tenant: uffizi\nproduct: museum\n");
    write("people.yaml", "users:\n  - {id: anonymous, roles: [visitor]}\n  - {id: kim}\n");
    let (command, rest) = args.split_first().unwrap();
    permesso([&[*command, "--example", folder.path().to_str().unwrap()], rest].concat())
}

#[test]
fn what_anybody_may_is_asked_by_the_type_of_the_subject() {
    let anybody = ["--subject-type", "anonymous"];
    for (who, action, code) in [("kim", "see", 0), ("kim", "buy", 1), ("anonymous", "buy", 1)] {
        let asked = ask(&[&["check", who, action, "picture:p"], &anybody[..]].concat());
        assert_eq!(asked.code, code, "{who} {action}: {}{}", asked.out, asked.err);
    }
    assert_eq!(ask(&["check", "anonymous", "buy", "picture:p"]).code, 0, "a user who is called so");
    let explained = ask(&[&["explain", "kim", "buy", "picture:p"], &anybody[..]].concat());
    assert!(explained.out.contains("whoever asks is anonymous"), "{}", explained.out);
    assert!(!explained.out.contains("give the user"), "{}", explained.out);
    let rights = ask(&[&["what-can", "kim"], &anybody[..]].concat());
    assert!(rights.out.contains("holds visitor") && !rights.out.contains("buy"), "{}", rights.out);
}

#[test]
fn who_may_says_that_anybody_may() {
    let found = ask(&["who-can", "see", "picture:p"]);
    assert_eq!(found.code, 0);
    assert!(found.out.starts_with("anybody, asking anonymously  "), "{}", found.out);
    assert!(found.out.ends_with("1 of 2 users may\n"), "{}", found.out);
    let found = ask(&["who-can", "see", "picture:p", "--json"]);
    let lines: Vec<Value> =
        found.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["type"], &lines[1]["type"]), (&"anonymous".into(), &Value::Null));
    assert_eq!(lines.last().unwrap()["anonymous"], true);
    assert!(!ask(&["who-can", "buy", "picture:p"]).out.contains("anybody"));
    let schema = ask(&["schema", "request", "--permission", "see"]);
    let schema: Value = serde_json::from_str(&schema.out).unwrap();
    let types = schema["properties"]["subject"]["properties"]["type"]["enum"].as_array().unwrap();
    assert!(types.contains(&"anonymous".into()), "{types:?}");
}
