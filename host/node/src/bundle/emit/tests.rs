//! That what is written is read as it was meant, here and elsewhere.

use super::*;
use proptest::prelude::*;
use serde_json::Number;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn parse(text: &str) -> Tree {
    let options = permesso_engine::load::options();
    serde_saphyr::from_str_with_options(text, options)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn written(value: &Tree) -> String {
    let mut out = String::new();
    entry(&mut out, "value", value);
    out
}

fn round_trips(value: &Tree) {
    let text = written(value);
    assert_eq!(parse(&text).take("value").as_ref(), Some(value), "{text}");
    let shown = line(value);
    // What is shown may have keys that are too long to be read back.
    if shown.len() <= LONGEST_KEY {
        assert_eq!(parse(&shown), *value, "{shown}");
    }
}

fn json(text: &str) -> Tree {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_is_short_stands_on_one_line_and_what_is_long_below_one_another() {
    let value = json(
        r#"[{"id":"agent","label":"Agent","grants":[{"permission":"*","scope":"all"}]},
            {"id":"b","policies":["x","z"]},
            {"id":"note","description":"one\ntwo\n","condition":"a == \"b\" && c in [1, 2]"}]"#,
    );
    let wanted = r#"value:
  - id: agent
    label: Agent
    grants:
      - {permission: "*", scope: all}
  - {id: b, policies: [x, z]}
  - id: note
    description: |
      one
      two
    condition: a == "b" && c in [1, 2]
"#;
    assert_eq!(written(&value), wanted);
    round_trips(&value);
}

#[test]
fn a_text_that_looks_like_something_else_is_quoted() {
    for text in [
        "",
        " ",
        "~",
        "null",
        "Null",
        "true",
        "No",
        "on",
        "y",
        "1",
        "1.5",
        "-1",
        "+3",
        ".5",
        "0x1f",
        "0o7",
        "1e3",
        "1_000",
        "12:30:45",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
        ".inf",
        "NaN",
        "inf",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "{a}",
        "[a]",
        "a,b",
        "'a'",
        "\"a\"",
        "a\tb",
        "a\nb",
        "a\n",
        "\na",
        "a\r\nb",
        "\u{feff}a",
        "\u{85}",
        "\u{2028}",
        "\u{7f}",
        "\0",
        "grün",
        "日本",
        "👍",
        "---",
        "...",
        "<<",
        "=",
        "a ",
        " a",
        "a\n\nb\n",
        "a\n  b\n",
        "  a\nb",
        "a\n\n",
        "a \nb",
        "\\",
        "\u{ffff}",
        "\u{10ffff}",
        "${HOME}",
        "e5",
        "1st",
        "_1",
        "a: ",
        "a:b",
        "http://x.y/z",
    ] {
        let long = format!("{text} and {}", "so on ".repeat(400));
        for text in [text, long.trim_end()] {
            round_trips(&Tree::text(text));
            round_trips(&Tree::List(vec![Tree::text(text), Tree::Null]));
            round_trips(&Tree::Map(vec![(text.to_owned(), Tree::text(text))]));
            let inner = Tree::Map(vec![(text.to_owned(), Tree::text(text))]);
            round_trips(&Tree::List(vec![Tree::List(vec![inner.clone()]), inner]));
        }
    }
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z0-9 ._:#-]{0,12}",
        "[ \\n\\ta-z'\"\\[\\]{},&*!|>%@`?-]{0,16}",
        "[0-9+.:eExXoO_-]{1,8}",
    ]
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(|n| Tree::Number(n.into())),
        any::<f64>().prop_filter_map("finite", |n| Number::from_f64(n).map(Tree::Number)),
        texts().prop_map(Tree::Text),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Tree::List),
            prop::collection::btree_map(texts(), inner, 0..8)
                .prop_map(|map| Tree::Map(map.into_iter().collect())),
        ]
    })
}

/// What readers of other languages take texts for, one of YAML 1.1 and one of 1.2.
const READERS: [(&str, &str); 2] = [
    ("PyYAML", "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))"),
    (
        "ruamel.yaml",
        "import json, sys; from ruamel.yaml import YAML; \
         print(json.dumps(YAML(typ='safe', pure=True).load(sys.stdin)))",
    ),
];

fn read_by(program: &str, text: &str) -> Option<Tree> {
    let python = Command::new("python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut python = python.ok()?;
    python.stdin.take()?.write_all(text.as_bytes()).ok()?;
    let output = python.wait_with_output().ok()?;
    let told = String::from_utf8_lossy(&output.stderr);
    if told.contains("ModuleNotFoundError") {
        return None;
    }
    assert!(output.status.success(), "{told}\n{text}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn other_readers_of_yaml_read_what_was_meant() {
    let texts = [
        "NO",
        "no",
        "Yes",
        "on",
        "OFF",
        "y",
        "N",
        "true",
        "null",
        "~",
        "",
        "1e3",
        "1E3",
        ".5",
        "1_000",
        "010",
        "0o7",
        "0x1F",
        "0b11",
        "1:30",
        "12:30:45",
        "2026-12-31",
        "2026-12-31T18:00:00Z",
        "2026-12-31 18:00:00",
        ".inf",
        "-.INF",
        ".NaN",
        "=",
        "<<",
        "+1",
        "-1",
        "--- a",
        "a: b",
        "a #b",
        "é",
        "日本",
        "a\u{a0}b",
        "\u{feff}",
        "👍",
        "one\ntwo",
        "C:\\x",
        "'a'",
        "e5",
        "0",
        "1.5",
        "1.",
    ];
    let value = Tree::List(
        texts
            .iter()
            .map(|text| Tree::Map(vec![((*text).to_owned(), Tree::text(*text))]))
            .chain([Tree::Bool(true), Tree::Null, Tree::Number(10.into())])
            .chain([Tree::Number(Number::from_f64(1e30).unwrap())])
            .collect(),
    );
    let text = written(&value);
    for (reader, program) in READERS {
        match read_by(program, &text) {
            Some(mut read) => assert_eq!(read.take("value"), Some(value.clone()), "{reader}"),
            None => {
                let required = std::env::var("PERMESSO_REQUIRE_TOOLS").is_ok_and(|it| it == "1");
                assert!(!required, "{reader} is not installed for python3");
                eprintln!("SKIPPED what {reader} reads: it is not installed for python3");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn what_is_written_says_what_was_meant(value in trees()) {
        round_trips(&value);
    }
}
