//! The kit, held against families with one defect each: the check that is meant for it fails, and
//! for a family without any every check passes.

use super::guest::{Guest, Manifest};
use permesso_conformance::{Check, ConformanceReport, Kit, KitError, Options, Verdict, table};
use permesso_engine::family::InputKind;
use permesso_runtime::Component;
use std::path::Path;
use std::time::Duration;

/// The rows of every guest here: closed to all unless it is known to be open.
const TABLE: &str = r#"
    {"case": "what is open is shown", "permission": "doc.view", "inputs": {"resource.open": true}, "answer": "abstain"}
    {"case": "what is closed is not", "permission": "doc.view", "inputs": {"resource.open": false}, "answer": "forbid", "reason": "closed"}
    {"case": "nor what is not known", "permission": "doc.view", "answer": "forbid", "reason": "closed"}
"#;

/// Whether the first input is true.
const IS_OPEN: &str = r"
    (func $is_open (param $inputs i32) (result i32)
      (i32.and
        (i32.and (i32.eq (i32.load8_u (local.get $inputs)) (i32.const 1))
                 (i32.eq (i32.load8_u offset=8 (local.get $inputs)) (i32.const 1)))
        (i32.load8_u offset=16 (local.get $inputs))))";

const FORBID_UNLESS_OPEN: &str = r"
    (if (i32.eqz (call $is_open (local.get $inputs)))
      (then (i32.store8 (local.get $answer) (i32.const 1))))";

/// A diagnostic to every document but `{}`.
const REFUSE: &str = r#"
    (data (i32.const 300) "take it out")
    (data (i32.const 320) "\00\00\00\00\00\00\00\00\2c\01\00\00\0b\00\00\00")
    (data (i32.const 336) "\40\01\00\00\01\00\00\00")"#;

const VALIDATE: &str = r"
    (select (i32.const 576) (i32.const 336)
      (i32.and (i32.eq (local.get $length) (i32.const 2))
               (i32.eq (i32.load16_u (local.get $config)) (i32.const 0x7d7b))))";

/// A plan of one case that forbids: at 64 its condition of two steps (the first input is equal to
/// true; not so), at 128 the case, at 192 the list.
const PLAN: &str = r#"
    (data (i32.const 64) "\03\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\05")
    (data (i32.const 128) "\40\00\00\00\02\00\00\00\01")
    (data (i32.const 192) "\01\00\00\00\80\00\00\00\01\00\00\00")"#;

/// A family with nothing wrong.
fn good() -> Guest {
    Guest {
        manifest: Manifest {
            id: "good",
            permissions: vec!["doc.view"],
            kinds: Vec::new(),
            inputs: vec![("resource.open".to_owned(), InputKind::Boolean)],
            reasons: vec![("closed", "It is closed.")],
            obligations: Vec::new(),
            requires: Vec::new(),
            floors: Vec::new(),
            config_schema: r#"{"type": "object", "additionalProperties": false}"#,
            ..Manifest::default()
        },
        interface: "1.1.0",
        items: [IS_OPEN, REFUSE, PLAN].concat(),
        validate: VALIDATE.to_owned(),
        plan: Some("(i32.const 192)".to_owned()),
        ..Guest::deciding(FORBID_UNLESS_OPEN)
    }
}

/// The good family with something before it decides.
fn before(defect: &str) -> Guest {
    Guest { decide: [defect, FORBID_UNLESS_OPEN].concat(), ..good() }
}

/// The good family that also declares that input, as its second.
fn reading(path: &str, kind: InputKind, guest: Guest) -> Guest {
    let mut guest = guest;
    guest.manifest.inputs.push((path.to_owned(), kind));
    guest
}

fn options() -> Options {
    Options { rounds: Some(400), seed: 7, ..Options::default() }
}

fn tested(guest: &Guest) -> ConformanceReport {
    tested_with(guest, TABLE, &options())
}

fn tested_with(guest: &Guest, rows: &str, options: &Options) -> ConformanceReport {
    let kit = Kit::load(&Component::new(guest.component()), "guest.wasm", options).unwrap();
    kit.run(&table::parse(Path::new("guest.jsonl"), rows, kit.manifest()).unwrap())
}

fn check<'r>(report: &'r ConformanceReport, name: &str) -> &'r Check {
    let found = report.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check `{name}`"))
}

/// Which checks are not ok.
fn found(report: &ConformanceReport) -> Vec<&'static str> {
    let bad = report.checks.iter().filter(|check| check.verdict != Verdict::Ok);
    bad.map(|check| check.name).collect()
}

/// Expects that exactly this check fails, and one of its findings to say so.
fn expect(guest: &Guest, name: &'static str, says: &str) {
    expect_with(guest, TABLE, &options(), name, says);
}

fn expect_with(guest: &Guest, rows: &str, options: &Options, name: &'static str, says: &str) {
    let report = tested_with(guest, rows, options);
    assert_eq!(found(&report), [name], "{report}");
    assert!(!report.passed);
    let check = check(&report, name);
    assert_eq!(check.verdict, Verdict::Failed);
    assert!(check.findings.iter().any(|finding| finding.message.contains(says)), "{report}");
    // What is shown can be pasted into a table.
    let kit = Kit::load(&Component::new(guest.component()), "guest.wasm", options).unwrap();
    for row in check.findings.iter().filter_map(|finding| finding.row.as_deref()) {
        table::parse(Path::new("pasted"), row, kit.manifest()).unwrap();
    }
}

#[test]
fn a_family_without_defects_passes_every_check() {
    let report = tested(&good());
    assert_eq!(found(&report), [""; 0], "{report}");
    assert!(report.passed);
    assert!(check(&report, "plan").summary.starts_with("for 403 of 403 questions"), "{report}");
}

#[test]
fn a_family_of_the_first_interface_has_no_plans_and_passes() {
    let report = tested(&Guest { interface: "1.0.0", plan: None, ..good() });
    assert_eq!(found(&report), [""; 0], "{report}");
    assert!(check(&report, "plan").summary.starts_with("it plans nothing"));
}

#[test]
fn a_run_repeats_itself() {
    let counts = |report: ConformanceReport| {
        let checks = report.checks.into_iter();
        checks.map(|check| (check.name, check.verdict)).collect::<Vec<_>>()
    };
    assert_eq!(counts(tested(&good())), counts(tested(&good())));
}

#[test]
fn state_that_flips_answers() {
    let guest = Guest {
        items: [&good().items, "(global $calls (mut i32) (i32.const 0))"].concat(),
        ..before(
            "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
             (if (i32.gt_u (global.get $calls) (i32.const 100))
               (then (i32.store8 (local.get $answer) (i32.const 1)) return))",
        )
    };
    expect(&guest, "same", "in an instance that was asked before");
}

#[test]
fn a_batch_that_answers_otherwise() {
    let guest = Guest {
        batch_length: "(block (result i32)
            (i32.store8 (local.get $answers) (i32.const 1)) (local.get $count))"
            .to_owned(),
        ..good()
    };
    expect(&guest, "same", "in a batch, in a fresh instance");
}

#[test]
fn a_trap_on_null() {
    let guest = before(
        "(if (i32.and (i32.load8_u (local.get $inputs))
                      (i32.eqz (i32.load8_u offset=8 (local.get $inputs))))
           (then unreachable))",
    );
    let report = tested(&guest);
    assert_eq!(check(&report, "total").verdict, Verdict::Failed, "{report}");
    let [finding] = &check(&report, "total").findings[..] else { panic!("{report}") };
    insta::assert_snapshot!(finding.row.as_deref().unwrap(), @r#"{"case":"it traps; correct the answer","permission":"doc.view","inputs":{"resource.open":null},"answer":"abstain"}"#);
}

#[test]
fn a_reason_that_the_manifest_does_not_have() {
    let guest = before(
        "(if (i32.eqz (i32.load8_u (local.get $inputs)))
           (then (i32.store8 (local.get $answer) (i32.const 1))
                 (i32.store offset=4 (local.get $answer) (i32.const 9)) return))",
    );
    let report = tested(&guest);
    assert_eq!(check(&report, "total").verdict, Verdict::Failed, "{report}");
    assert!(check(&report, "tables").findings[0].message.contains("reason 9"), "{report}");
}

/// Does something where the second input, a text, is as long as texts get.
fn on_a_long_text(what: &str) -> Guest {
    let guest = before(&format!(
        "(if (i32.and (i32.load8_u offset=24 (local.get $inputs))
                      (i32.eq (i32.load8_u offset=32 (local.get $inputs)) (i32.const 4)))
           (then
             (if (i32.eq (i32.load offset=44 (local.get $inputs)) (i32.const 4096))
               (then {what}))
             (if (i32.eqz (i32.load offset=44 (local.get $inputs)))
               (then (i32.store8 (local.get $answer) (i32.const 1)) return))))"
    ));
    reading("subject.id", InputKind::Text, Guest { plan: None, interface: "1.0.0", ..guest })
}

#[test]
fn an_endless_loop_on_a_long_text() {
    let report = tested(&on_a_long_text("(loop $for_ever (br $for_ever))"));
    assert_eq!(check(&report, "total").verdict, Verdict::Failed, "{report}");
    assert!(check(&report, "total").findings[0].message.starts_with("timeout: "), "{report}");
    assert!(check(&report, "bounded").findings[0].message.contains("for want of time"), "{report}");
}

#[test]
fn a_call_that_outlives_the_deadline_of_a_host() {
    let guest = Guest {
        items: [&good().items, "(global $left (mut i32) (i32.const 0))"].concat(),
        ..on_a_long_text(
            "(global.set $left (i32.const 5000000))
             (loop $on
               (global.set $left (i32.sub (global.get $left) (i32.const 1)))
               (br_if $on (global.get $left)))",
        )
    };
    let options = Options { deadline: Duration::from_millis(1), ..options() };
    let report = tested_with(&guest, TABLE, &options);
    assert_eq!(found(&report), ["bounded"], "{report}");
    assert!(report.passed, "{report}");
    let long = "x".repeat(4096);
    let rows = format!(
        r#"{{"case": "long", "permission": "doc.view", "inputs": {{"subject.id": "{long}", "resource.open": true}}, "answer": "abstain"}}"#
    );
    let rows = [TABLE, &rows].concat();
    expect_with(&guest, &rows, &options, "bounded", "a row of the tables takes");
}

#[test]
fn an_instance_that_keeps_something_of_each_call() {
    let items = [&good().items, "(global $kept (mut i32) (i32.const 0))"].concat();
    let keep = |each: u32| Guest {
        items: items.clone(),
        ..before(&format!(
            "(global.set $kept (i32.add (global.get $kept) (i32.const {each})))
             (if (i32.ge_u (global.get $kept) (i32.const 65536))
               (then (global.set $kept (i32.const 0)) (drop (memory.grow (i32.const 1)))))"
        ))
    };
    expect(&keep(100), "memory", "grows from");
    expect(&keep(30), "memory", "grows from");
}

#[test]
fn an_instance_that_takes_all_the_memory_there_is() {
    let guest = before("(drop (memory.grow (i32.const 1)))");
    expect(&guest, "memory", "takes all the memory");
}

#[test]
fn an_input_that_no_answer_depends_on() {
    let guest = reading("resource.idle", InputKind::Text, good());
    let report = tested(&guest);
    insta::assert_snapshot!(check(&report, "inputs").findings[0].message, @"no answer depends on `resource.idle`: take it out of the manifest, or add a table row that shows it");
    expect(&guest, "inputs", "`resource.idle`");
}

#[test]
fn what_is_declared_and_never_given_is_a_warning() {
    let mut guest = good();
    guest.manifest.reasons.push(("stale", "It is stale."));
    guest.manifest.obligations.push(("redact", vec!["email"]));
    guest.manifest.requires.push("doc.read");
    guest.manifest.floors.push("doc.view");
    let report = tested(&guest);
    assert_eq!(found(&report), ["given"], "{report}");
    assert!(report.passed);
    let messages: Vec<_> =
        check(&report, "given").findings.iter().map(|finding| finding.message.as_str()).collect();
    for (message, name) in messages.iter().zip(["`stale`", "`redact`", "`doc.read`", "`doc.view`"])
    {
        assert!(message.contains(name), "{messages:?}");
    }
    assert_eq!(messages.len(), 4);
}

/// Forbids before the instant 2,000,000,000,000 and says until when, computed from `$now`.
fn until(end: &str) -> Guest {
    let mut guest = Guest {
        decide: format!(
            "(if (i32.eqz (call $is_open (local.get $inputs)))
               (then (i32.store8 (local.get $answer) (i32.const 1)) return))
             (if (i32.eqz (i32.and (i32.load8_u offset=24 (local.get $inputs))
                 (i32.eq (i32.load8_u offset=32 (local.get $inputs)) (i32.const 7))))
               (then (i32.store8 (local.get $answer) (i32.const 1)) return))
             (global.set $now (i64.load offset=40 (local.get $inputs)))
             (if (i64.lt_s (global.get $now) (i64.const 2000000000000))
               (then
                 (i32.store8 (local.get $answer) (i32.const 1))
                 {end}))"
        ),
        items: [&good().items, "(global $now (mut i64) (i64.const 0))"].concat(),
        plan: None,
        interface: "1.0.0",
        ..good()
    };
    guest.manifest.inputs.push(("now".to_owned(), InputKind::Instant));
    guest
}

/// An answer that ends at that instant.
fn ends(at: &str) -> String {
    format!(
        "(i32.store8 offset=16 (local.get $answer) (i32.const 1))
         (i64.store offset=24 (local.get $answer) {at})"
    )
}

const TIMES: &str = r#"
    {"case": "before", "permission": "doc.view", "inputs": {"resource.open": true, "now": 1999999999000}, "answer": "forbid", "reason": "closed"}
    {"case": "after", "permission": "doc.view", "inputs": {"resource.open": true, "now": "2033-05-18T03:33:20Z"}, "answer": "abstain"}
"#;

#[test]
fn an_end_that_is_true() {
    let report = tested_with(&until(&ends("(i64.const 2000000000000)")), TIMES, &options());
    assert_eq!(found(&report), [""; 0], "{report}");
}

#[test]
fn an_end_that_is_not_ahead() {
    expect_with(&until(&ends("(global.get $now)")), TIMES, &options(), "until", "at or before");
}

#[test]
fn an_answer_that_changes_before_its_end() {
    let late = until(&ends("(i64.const 2000000000002)"));
    expect_with(&late, TIMES, &options(), "until", "changes before it ends");
}

#[test]
fn an_answer_that_no_host_keeps_is_a_warning() {
    let report = tested_with(&until(""), TIMES, &options());
    assert_eq!(found(&report), ["until"], "{report}");
    assert!(report.passed);
}

#[test]
fn a_plan_that_disagrees() {
    // One step only: what is open is forbidden.
    let items = good().items.replace(r"\40\00\00\00\02", r"\40\00\00\00\01");
    expect(&Guest { items, ..good() }, "plan", "the plan gives");
}

#[test]
fn a_plan_that_traps() {
    let guest = Guest { plan: Some("unreachable".to_owned()), ..good() };
    expect(&guest, "plan", "`plan` fails: trap: ");
}

#[test]
fn a_validation_that_takes_what_is_no_object() {
    let guest = Guest { validate: "(i32.const 576)".to_owned(), ..good() };
    expect(&guest, "validate", "accepts `true`, which is no JSON object");
}

#[test]
fn a_validation_that_traps() {
    let validate = format!(
        "(if (i32.gt_u (local.get $length) (i32.const 100000)) (then unreachable)) {VALIDATE}"
    );
    expect(&Guest { validate, ..good() }, "validate", "`validate` fails on `xxxx");
}

#[test]
fn a_diagnostic_that_points_to_nothing() {
    // The pointer of the diagnostic is its message.
    let items = good().items.replace(
        r"\00\00\00\00\00\00\00\00\2c\01\00\00\0b\00\00\00",
        r"\2c\01\00\00\0b\00\00\00\2c\01\00\00\0b\00\00\00",
    );
    expect(&Guest { items, ..good() }, "validate", "is no JSON Pointer");
}

#[test]
fn a_schema_that_is_none() {
    let mut guest = good();
    guest.manifest.config_schema = r#"{"type": "objekt"}"#;
    expect(&guest, "schema", "no valid JSON Schema: at `/type`");
}

#[test]
fn a_row_that_is_answered_otherwise() {
    let rows = r#"{"case": "a closed door is open", "permission": "doc.view", "inputs": {"resource.open": false}, "answer": "abstain"}"#;
    let report = tested_with(&good(), rows, &options());
    assert_eq!(found(&report), ["tables"], "{report}");
    insta::assert_snapshot!(check(&report, "tables").findings[0].message, @r#"
    guest.jsonl:1: a closed door is open
    answered {"answer":"forbid","reason":"closed"}
    wanted   {"answer":"abstain"}
    "#);
}

#[test]
fn a_component_that_a_host_refuses_is_reported() {
    let guest = Guest { foreign: Some("other:thing/clock@1.0.0"), ..good() };
    let Err(KitError::Refused(report)) =
        Kit::load(&Component::new(guest.component()), "guest.wasm", &options())
    else {
        panic!("it was loaded")
    };
    assert!(!report.passed);
    assert_eq!(found(&report), ["load"]);
    assert!(report.family.is_none());
}

#[test]
fn a_family_that_fails_always_is_not_asked_for_ever() {
    let report = tested(&Guest { decide: "unreachable".to_owned(), ..good() });
    assert_eq!(check(&report, "total").verdict, Verdict::Failed);
    assert_eq!(check(&report, "same").verdict, Verdict::Skipped, "{report}");
}

#[test]
fn a_report_is_fit_for_a_ticket() {
    let guest = reading("resource.idle", InputKind::Text, good());
    let report = tested(&guest);
    insta::with_settings!({filters => vec![
        (r"sha256:[0-9a-f]{64}", "sha256:[digest]"),
        (r"\d+(\.\d+)? (ns|µs|ms|s)\b", "[time]"),
        (r"\d+(\.\d+)? [KM]iB", "[size]"),
        (r"fuel [\d,]+ a call, [\d,]+ at most", "fuel [n] a call, [n] at most"),
        (r"permesso \d+\.\d+\.\d+", "permesso [version]"),
        (r"after [\d,]+", "after [n]"),
    ]}, {
        insta::assert_snapshot!(report.to_string(), @r#"
        good 1.0.0: FAILED
          component  guest.wasm
          digest     sha256:[digest]
          size       [size], compiled in [time]
          interface  permesso:family@1.1.0
          host       permesso [version]
          asked      3 rows and 400 questions from seed 7

          ok       load       imports, exports and manifest are as the interface wants them
          ok       describe   the same in two fresh instances
          ok       schema     JSON Schema of 49 B
          ok       validate   43 documents; `{}` is accepted
          ok       tables     3 of 3 rows pass
          ok       total      403 questions answered
          ok       same       fresh and reused, alone and in batches: 2,418 comparisons
          ok       reasons    275 denials: closed 275
          ok       bounded    fuel [n] a call, [n] at most; [time] at p50, [time] at p99 of [time]; memory [size], [size] at most
          ok       memory     [size] after [n] calls, [size] after [n]
          FAILED   inputs     1 of 2 in use
          ok       given      1 of 1 reasons, obligations, demands and floors
          ok       until      `now` is no input
          ok       plan       for 403 of 403 questions there is one, compared on 1,612 resources

        inputs: FAILED
          - no answer depends on `resource.idle`: take it out of the manifest, or add a table row that shows it
        "#);
    });
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["passed"], false);
    assert_eq!(json["checks"][0]["verdict"], "ok");
}
