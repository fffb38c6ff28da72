//! The decision tables of the four products, through the binary and real WebAssembly.

use permesso_tests::{PRODUCTS, example, permesso};
use serde_json::Value;
use std::collections::BTreeMap;

/// The families of the products, and the kinds of resource that each is about.
const FAMILIES: [(&str, &str, &[&str]); 3] = [
    ("cloze", "crm-segments", &["segment", "segment_steps", "step", "activity", "contact", "deal"]),
    (
        "iclosed",
        "scheduler-events",
        &["event", "call", "availability", "calendar", "multi_booking"],
    ),
    ("clustdoc", "application-stages", &["application", "item", "stage", "file"]),
];

fn rows(product: &str, more: &[&str]) -> Vec<Value> {
    let folder = example(product);
    let mut args = vec!["test", "--json", "--example", folder.to_str().unwrap()];
    args.extend(more);
    let output = permesso(args);
    let mut lines: Vec<Value> =
        output.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap();
    let passed = lines.iter().filter(|row| row["passed"] == true).count();
    assert_eq!(summary["passed"], passed, "{summary}");
    assert_eq!(summary["failed"], lines.len() - passed, "{summary}");
    lines
}

/// The kinds of the rows' resources and the rows' actions, by the rows' ids.
fn asked(product: &str) -> BTreeMap<String, (String, String)> {
    let mut asked = BTreeMap::new();
    for entry in std::fs::read_dir(example(product).join("tables")).unwrap() {
        for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let question = (text(&row["resource"]["kind"]), text(&row["action"]));
            asked.insert(text(&row["id"]), question);
        }
    }
    asked
}

fn family_of(row: &Value) -> Option<&str> {
    let mut steps = row["trace"].as_array()?.iter();
    steps.find_map(|step| step["family"]["id"].as_str())
}

#[test]
fn every_row_of_every_table_passes() {
    let mut total = 0;
    for product in PRODUCTS {
        let folder = example(product);
        let output = permesso(["test", "--strict", "--example", folder.to_str().unwrap()]);
        let last = output.out.lines().last().unwrap_or_default();
        let passed = last.strip_suffix(" passed, 0 failed").and_then(|count| count.parse().ok());
        let passed: u32 =
            passed.unwrap_or_else(|| panic!("{product}:\n{}{}", output.out, output.err));
        assert_eq!(output.code, 0);
        total += passed;
    }
    assert_eq!(total, 797, "rows of the nine tables");
}

#[test]
fn every_row_of_a_product_that_is_written_as_tables_passes() {
    let folder = example("hr-suite");
    let output = permesso(["test", "--example", folder.to_str().unwrap()]);
    assert_eq!(
        output.out.lines().last(),
        Some("48 passed, 0 failed"),
        "{}{}",
        output.out,
        output.err
    );
    assert_eq!(output.code, 0);
}

#[test]
fn a_row_that_is_wrong_is_listed_with_its_trace() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("wrong.jsonl");
    let tables = example("atender").join("tables/atender.jsonl");
    let text = std::fs::read_to_string(tables).unwrap();
    let first = text.lines().next().unwrap();
    assert!(first.contains(r#""expect": "allow""#));
    std::fs::write(&table, first.replace(r#""expect": "allow""#, r#""expect": "deny""#)).unwrap();
    let example = example("atender");
    let output =
        permesso(["test", "--example", example.to_str().unwrap(), table.to_str().unwrap()]);
    assert_eq!(output.code, 1);
    assert!(output.out.contains("should be DENY"), "{}", output.out);
    assert!(output.out.contains("role `quality_reviewer` grants it"), "{}", output.out);
    assert_eq!(output.out.lines().last(), Some("0 passed, 1 failed"));
}

#[test]
fn rows_about_what_a_family_knows_show_it_in_their_trace() {
    for (product, family, about) in FAMILIES {
        let asked = asked(product);
        let mut shown = 0;
        for row in rows(product, &[]) {
            let (kind, action) = &asked[row["id"].as_str().unwrap()];
            let governed = family_of(&row) == Some(family);
            shown += usize::from(governed);
            // A contact is also merged, exported, deleted: rights that no family knows about. Nor
            // does one know about a right that an application has from an older time.
            let outside = kind == "contact" || action == "application.pre_approve";
            let always = about.contains(&kind.as_str()) && !outside;
            assert!(governed || !always, "{row}");
        }
        assert!(shown > 10, "{product}: {shown} rows show {family}");
    }
}

#[test]
fn without_its_component_everything_that_a_family_governs_is_denied() {
    for (product, family, _) in FAMILIES {
        let mut denied = 0;
        for row in rows(product, &["--without-family", family]) {
            if family_of(&row) != Some(family) {
                continue;
            }
            assert_eq!(row["decision"], Value::Bool(false), "{row}");
            let steps = row["trace"].as_array().unwrap();
            let step = steps.iter().find(|step| step["family"]["id"] == family).unwrap();
            assert_eq!(step["outcome"], "deny");
            denied += 1;
        }
        assert!(denied > 10, "{product}: {denied} rows denied");
        // What it does not govern goes on as before.
        let unharmed = rows(product, &["--without-family", family]);
        assert!(unharmed.iter().any(|row| row["decision"] == Value::Bool(true)), "{product}");
    }
}

/// What `permesso test` says of one line, laid over the support desk.
fn told_of(lines: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.jsonl");
    std::fs::write(&table, lines).unwrap();
    let example = example("atender");
    let output =
        permesso(["test", "--example", example.to_str().unwrap(), table.to_str().unwrap()]);
    (output.code, format!("{}{}", output.out, output.err))
}

#[test]
fn a_row_that_names_what_does_not_exist_is_an_error_and_no_denial_that_passes() {
    let row = r#"{"id": "1", "subject": {"user": "ann", "roles": ["agent"]}, "action": "analytics.drill", "resource": {"kind": "conversation", "attrs": {}}, "expect": "deny"}"#;
    assert_eq!(told_of(row).0, 0, "{row}");
    for (right, wrong, said) in [
        (
            "analytics.drill",
            "analytics.dril",
            "unknown action `analytics.dril`; did you mean `analytics.drill`?",
        ),
        (r#"["agent"]"#, r#"["agnet"]"#, "unknown role `agnet`; did you mean `agent`?"),
        (r#", "roles": ["agent"]"#, "", "unknown user `ann`"),
        (
            r#""expect""#,
            r#""becuase": "x", "expect""#,
            "`becuase` is not known here; did you mean `because`?",
        ),
        (r#""attrs""#, r#""atrs": {}, "attrs""#, "`atrs` is not known here; did you mean `attrs`?"),
        (
            r#""action""#,
            r#""context": {"now": 1767225600}, "action""#,
            "is a number and no date; write a date such as 2026-12-31",
        ),
        (
            r#""roles": ["agent"]"#,
            r#""roles": ["agent"], "teams": ["teir1"]"#,
            "unknown team `teir1`; did you mean `tier1`?",
        ),
        (
            r#""roles": ["agent"]"#,
            r#""roles": ["agent"], "onwer": true"#,
            "unknown member of the subject `onwer`; did you mean `owner`?",
        ),
        (
            r#""action""#,
            r#""context": {"role_definitions": {"r": {"duplicate_of": "agnet"}}}, "action""#,
            "unknown role `agnet`; did you mean `agent`?",
        ),
    ] {
        let (code, told) = told_of(&row.replacen(right, wrong, 1));
        assert!(code != 0 && told.contains(said), "{wrong}: {code} {told}");
    }
}

#[test]
fn two_rows_of_one_id_are_an_error_and_so_is_a_table_without_rows() {
    let row = r#"{"id": "1", "subject": {"user": "ann", "roles": ["agent"]}, "action": "analytics.drill", "resource": {"kind": "conversation"}, "expect": "deny"}"#;
    let (code, told) = told_of(&format!("{row}\n\n{row}\n"));
    assert_eq!(code, 2);
    assert!(told.contains("table.jsonl:3: the row of line 1 has the id `1` as well"), "{told}");
    for nothing in ["", "\n\n"] {
        let (code, told) = told_of(nothing);
        assert_eq!(code, 2, "{told}");
        assert!(told.contains("nothing was tested"), "{told}");
    }
}

#[test]
fn a_ci_system_reads_what_came_of_each_row() {
    let row = |id: &str, role: &str, expect: &str| {
        format!(
            r#"{{"id": "{id}", "subject": {{"user": "{id}", "roles": ["{role}"]}}, "action": "analytics.drill", "resource": {{"kind": "conversation"}}, "expect": "{expect}", "because": "<b> & \"c\""}}"#
        )
    };
    let folder = tempfile::tempdir().unwrap();
    let (table, xml) = (folder.path().join("table.jsonl"), folder.path().join("junit.xml"));
    let example = example("atender");
    let run = |lines: &str| {
        std::fs::write(&table, lines).unwrap();
        let (table, xml) = (table.to_str().unwrap(), xml.to_str().unwrap());
        let example = example.to_str().unwrap();
        let output = permesso(["test", "--example", example, "--junit", xml, table]);
        (output.code, std::fs::read_to_string(xml).unwrap())
    };
    let rows = [
        row("is denied", "agent", "deny"),
        row("1<2", "agent", "allow"),
        row("lost", "agnet", "deny"),
    ];
    let (code, written) = run(&rows.join("\n"));
    assert_eq!(code, 1, "{written}");
    for part in [
        "<testsuites name=\"permesso\" tests=\"3\" failures=\"1\" errors=\"1\" skipped=\"0\"",
        "<testcase name=\"is denied\" classname=",
        "table.jsonl\" line=\"1\"/>",
        "<testcase name=\"1&lt;2\" classname=",
        "<failure type=\"failure\" message=\"expected allow, came deny: ",
        "&lt;b&gt; &amp; \"c\"",
        "line=\"3\">\n      <error type=\"error\" message=\"unknown role `agnet`; did you mean `agent`?\">",
    ] {
        assert!(written.contains(part), "{part}:\n{written}");
    }
    let (code, written) = run("{}");
    assert_eq!(code, 2);
    assert!(written.contains("errors=\"1\"") && written.contains("`id` is missing"), "{written}");
}

#[test]
fn a_plan_that_the_product_does_not_sell_is_an_error() {
    let row = |plan: &str| {
        format!(
            r#"{{"id": "1", "subject": {{"user": "u", "roles": ["closer"]}}, "action": "analytics.view", "resource": {{"kind": "analytics", "attrs": {{"user": "v"}}}}, "context": {{"plan": "{plan}"}}, "expect": "deny"}}"#
        )
    };
    assert_eq!(asked_of("iclosed", &[row("business")]).0, 0);
    let (code, told) = asked_of("iclosed", &[row("busines")]);
    assert!(
        code != 0 && told.contains("unknown plan `busines`; did you mean `business`?"),
        "{told}"
    );
}

#[test]
fn what_one_table_asks_no_other_asks_again() {
    let row = r#"{"id": "1", "subject": {"user": "ann", "roles": ["agent"]}, "action": "analytics.drill", "resource": {"kind": "conversation"}, "expect": "deny"}"#;
    let folder = tempfile::tempdir().unwrap();
    let example = example("atender");
    let run = |other: &str| {
        let tables = ["a.jsonl", "b.jsonl"].map(|name| folder.path().join(name));
        let tables = [(&tables[0], row), (&tables[1], other)].map(|(table, row)| {
            std::fs::write(table, row).unwrap();
            table.to_str().unwrap()
        });
        let output =
            permesso(["test", "--example", example.to_str().unwrap(), tables[0], tables[1]]);
        (output.code, output.err)
    };
    let (code, told) = run(row);
    assert_eq!(code, 2, "{told}");
    assert!(
        told.contains("b.jsonl:1: the row of line 1 of `") && told.contains("a.jsonl`"),
        "{told}"
    );
    let (code, told) = run(&row.replace("\"deny\"", "\"allow\""));
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("expects the other answer"), "{told}");
    // Another question may have the id that a row of another table has.
    assert_eq!(run(&row.replace("ann", "bob")).0, 0);
}

/// What comes of a table of these rows about a product, with its exit code.
fn asked_of(product: &str, rows: &[String]) -> (i32, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rows.join("\n")).unwrap();
    let folder = example(product);
    let args = ["test", "--example", folder.to_str().unwrap(), file.path().to_str().unwrap()];
    let output = permesso(args);
    (output.code, format!("{}{}", output.out, output.err))
}

/// A row about a document of the HR suite.
fn document(id: &str, attrs: &str, expect: &str) -> String {
    format!(
        r#"{{"id":"{id}","subject":{{"user":"emil.novak"}},"action":"appraisal.read",
           "resource":{{"kind":"appraisal","attrs":{attrs}}},"expect":"{expect}"}}"#
    )
    .replace('\n', " ")
}

#[test]
fn a_table_that_asks_the_same_twice_or_says_a_name_twice_is_refused_whole() {
    let owned = r#"{"owner":"emil.novak","docstatus":0}"#;
    let turned = r#"{ "docstatus": 0, "owner": "emil.novak" }"#;
    for (rows, told) in [
        (
            vec![document("a", owned, "allow"), document("b", turned, "deny")],
            ":2: the row of line 1 asks the same, and expects the other answer",
        ),
        (
            vec![document("a", owned, "allow"), String::new(), document("b", owned, "allow")],
            ":3: the row of line 1 asks the same; delete one",
        ),
        (
            vec![document("a", r#"{"owner":"x","owner":"emil.novak"}"#, "allow")],
            "`owner` stands here twice",
        ),
        (
            vec![document("a", owned, "allow").replace(r#""id":"a","#, r#""id":"a","id":"b","#)],
            "`id` stands here twice",
        ),
        (vec![String::new()], "there is no row in these tables"),
    ] {
        let (code, output) = asked_of("hr-suite", &rows);
        assert!(code == 2 && output.contains(told), "{told}\n{output}");
    }
}

#[test]
fn what_two_documents_state_for_reasons_of_their_own_is_asked_for_both() {
    let row = |id: &str, because: &str, expect: &str| {
        let because = format!(r#""because":"{because}","expect""#);
        let owned = r#"{"owner":"emil.novak","docstatus":0}"#;
        document(id, owned, expect).replace(r#""expect""#, &because)
    };
    let asked = |other: String| asked_of("hr-suite", &[row("a", "one", "allow"), other]);
    let (code, output) = asked(row("b", "another", "allow"));
    assert!(code == 0 && output.contains("2 passed"), "{output}");
    assert_eq!(asked(row("b", "one", "allow")).0, 2, "a copy");
    let (code, output) = asked(row("b", "another", "deny"));
    assert!(code == 2 && output.contains("only one of them can be right"), "{output}");
}

#[test]
fn a_row_names_people_teams_and_circumstances_that_there_are() {
    for attrs in [
        r#"{"owner":"emil.novk"}"#,
        r#"{"owner":"nobody.at.all"}"#,
        r#"{"owner":["emil.novak","x"]}"#,
    ] {
        let (code, output) = asked_of("hr-suite", &[document("a", attrs, "deny")]);
        assert!(code == 1 && output.contains("unknown user `"), "{attrs}\n{output}");
    }
    // A row that brings its own subject brings its own people.
    let own = document("a", r#"{"owner":"somebody"}"#, "deny")
        .replace(r#""user":"emil.novak""#, r#""user":"new","roles":[]"#);
    assert_eq!(asked_of("hr-suite", &[own]).0, 0);
    let atender = std::fs::read_to_string(example("atender").join("tables/tenant.jsonl")).unwrap();
    let row = atender.lines().find(|line| line.contains(r#""team": "vip""#)).unwrap();
    let (code, output) =
        asked_of("atender", &[row.replace(r#""team": "vip""#, r#""team": "vipp""#)]);
    assert!(code == 1 && output.contains("unknown team `vipp`; did you mean `vip`?"), "{output}");
    let mut said: Value = serde_json::from_str(row).unwrap();
    said["context"] = serde_json::json!({"sesion": "x"});
    let (code, output) = asked_of("atender", &[said.to_string()]);
    let told = "unknown attribute of the context `sesion`; did you mean `session`?";
    assert!(code == 1 && output.contains(told), "{output}");
}

#[test]
fn a_row_that_tells_more_than_is_declared_is_an_error_where_that_is_asked_for() {
    let row = r#"{"id": "1", "subject": {"user": "ann", "roles": ["agent"]}, "action": "analytics.drill", "resource": {"kind": "conversation", "attrs": {}}, "expect": "deny"}"#;
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = example("atender");
    let run = |row: &str, more: &[&str]| {
        std::fs::write(file.path(), row).unwrap();
        let mut args = vec!["test", "--example", folder.to_str().unwrap()];
        args.extend(more);
        args.push(file.path().to_str().unwrap());
        let output = permesso(args);
        (output.code, format!("{}{}", output.out, output.err))
    };
    for (right, wrong, said) in [
        (r#""attrs": {"#, r#""attrs": {"weather": "fine""#, "unknown attribute `weather`"),
        (
            r#""roles": ["agent"]"#,
            r#""roles": ["agent"], "shoes": 43"#,
            "unknown member of the subject `shoes`",
        ),
        (
            r#""action""#,
            r#""context": {"weather": "fine"}, "action""#,
            "unknown attribute of the context `weather`",
        ),
    ] {
        let row = row.replacen(right, wrong, 1);
        assert_eq!(run(&row, &[]).0, 0, "{wrong}");
        let (code, told) = run(&row, &["--strict"]);
        assert!(code == 1 && told.contains(said), "{wrong}: {code} {told}");
    }
}

#[test]
fn rows_cost_what_their_decisions_cost_however_many_there_are() {
    let rows = |n: usize| -> Vec<String> {
        (0..n).map(|n| document(&format!("r{n}"), &format!(r#"{{"note":{n}}}"#), "deny")).collect()
    };
    let took = |n: usize| {
        let began = std::time::Instant::now();
        let (code, output) = asked_of("hr-suite", &rows(n));
        assert!(code < 2, "{output}");
        began.elapsed()
    };
    let (few, many) = (took(200), took(8_000));
    // Twenty times as many rows, most of which is starting up.
    assert!(many < few * 40 + std::time::Duration::from_secs(5), "{few:?} {many:?}");
}

#[test]
fn an_option_that_says_a_name_twice_is_refused() {
    let folder = example("hr-suite");
    for option in ["-a", "-c", "--action-attribute", "--subject-attribute"] {
        for command in ["check", "explain"] {
            let output = permesso([
                command,
                "--example",
                folder.to_str().unwrap(),
                "emil.novak",
                "appraisal.read",
                "appraisal",
                option,
                "owner=emil.novak",
                option,
                "owner=uma.rao",
            ]);
            assert_eq!(output.code, 2, "{option}: {}", output.out);
            assert!(output.err.contains("says `owner` twice"), "{option}: {}", output.err);
        }
    }
}
