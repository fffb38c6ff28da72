//! What a good family gets and gives: values arrive as they were sent, answers come back as
//! they were given, and no instance is shared between tenants.

use super::guest::{Guest, Manifest, load, patient, question};
use permesso_engine::family::ConfigDiagnostic;
use permesso_engine::family::{Answer, Effect, Family as _, FaultKind, Input, InputKind, Question};
use permesso_runtime::{InstanceMode, Runtime, RuntimeConfig, WasmFamily};
use std::borrow::Cow;
use std::io::Write;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

fn runtime() -> Runtime {
    Runtime::new(patient()).unwrap()
}

fn reuse(max_calls: u32) -> InstanceMode {
    InstanceMode::Reuse { max_calls: NonZeroU32::new(max_calls).unwrap() }
}

fn text(text: &str) -> Input<'_> {
    Input::Text(Cow::Borrowed(text))
}

/// A manifest that declares an input of each of these kinds.
fn reading(kinds: &[InputKind]) -> Manifest {
    let inputs = kinds.iter().enumerate();
    let inputs = inputs.map(|(index, kind)| (format!("resource.a{index}"), *kind)).collect();
    Manifest { inputs, ..Manifest::default() }
}

/// A family that answers with the text at that offset from an address as its note.
fn echo(kinds: &[InputKind], offset: u32, address: &str) -> Arc<WasmFamily> {
    let guest = Guest {
        manifest: reading(kinds),
        ..Guest::deciding(&format!(
            "(i32.store8 offset=32 (local.get $answer) (i32.const 1))
             (i64.store offset=36 align=4 (local.get $answer)
               (i64.load offset={offset} align=4 {address}))"
        ))
    };
    load(&runtime(), &guest)
}

fn note(family: &WasmFamily, inputs: Vec<Option<Input<'_>>>) -> Option<String> {
    family.evaluate("acme", &question(inputs)).unwrap().note
}

#[test]
fn every_effect_arrives() {
    let runtime = runtime();
    for (case, effect) in [
        (0, Effect::Abstain),
        (1, Effect::Forbid(0)),
        (2, Effect::Require(0)),
        (3, Effect::Floor(0)),
    ] {
        let family = load(&runtime, &Guest::answering(case, 0));
        let asked = Question { permission: 1, kind: None, inputs: Vec::new() };
        let expected = Answer { effect, ..Answer::ABSTAIN };
        assert_eq!(family.evaluate("acme", &asked), Ok(expected.clone()));
        assert_eq!(family.evaluate_batch("acme", &[asked]), [Ok(expected)]);
    }
}

#[test]
fn obligations_and_instant_arrive() {
    let guest = Guest {
        items: r#"(data (i32.const 16) "\00\00\00\00")"#.to_owned(),
        ..Guest::deciding(
            "(i32.store offset=8 (local.get $answer) (i32.const 16))
             (i32.store offset=12 (local.get $answer) (i32.const 1))
             (i32.store8 offset=16 (local.get $answer) (i32.const 1))
             (i64.store offset=24 (local.get $answer) (i64.const -5))",
        )
    };
    let answer = load(&runtime(), &guest).evaluate("acme", &question(Vec::new())).unwrap();
    assert_eq!(answer, Answer { obligations: vec![0], until: Some(-5), ..Answer::ABSTAIN });
}

#[test]
fn a_text_arrives_as_it_was_sent() {
    let family = echo(&[InputKind::Text], 16, "(local.get $inputs)");
    for sent in ["", "a", "è una prova", "\0\n"] {
        assert_eq!(note(&family, vec![Some(text(sent))]).as_deref(), Some(sent));
    }
}

#[test]
fn lists_and_tables_keep_their_texts_apart() {
    let list = |texts: &[&'static str]| texts.iter().map(|text| Cow::Borrowed(*text)).collect();
    let inputs = || {
        vec![
            Some(Input::Texts(list(&["a", "b"]))),
            None,
            Some(Input::Table(vec![
                (Cow::Borrowed("k"), list(&["c"])),
                (Cow::Borrowed("l"), list(&["d", "e", "f"])),
            ])),
            Some(Input::Texts(list(&[]))),
            Some(Input::Table(vec![(Cow::Borrowed("m"), list(&["g"]))])),
            Some(Input::Texts(list(&["h"]))),
        ]
    };
    let kinds = [
        InputKind::Texts,
        InputKind::Any,
        InputKind::Table,
        InputKind::Texts,
        InputKind::Table,
        InputKind::Texts,
    ];
    // An input takes 24 bytes, its list is at 16; a text of a list 8; a row 16, its values at 8.
    let list_of = |input: u32| format!("(i32.load offset={} (local.get $inputs))", input * 24 + 16);
    let values =
        |input: u32, row: u32| format!("(i32.load offset={} {})", row * 16 + 8, list_of(input));
    for (offset, address, expected) in [
        (8, list_of(0), "b"),
        (16, list_of(2), "l"),
        (16, values(2, 1), "f"),
        (0, values(4, 0), "g"),
        (0, list_of(5), "h"),
    ] {
        let family = echo(&kinds, offset, &address);
        assert_eq!(note(&family, inputs()).as_deref(), Some(expected), "{address}");
        let answers = family.evaluate_batch("acme", &vec![question(inputs()); 3]);
        for answer in answers {
            assert_eq!(answer.unwrap().note.as_deref(), Some(expected), "{address}");
        }
    }
}

#[test]
fn numbers_and_absence_arrive() {
    // Answers with the payload of the first input, and with the tags of both options.
    let guest = Guest {
        manifest: reading(&[InputKind::Any, InputKind::Any]),
        ..Guest::deciding(
            "(i32.store8 offset=16 (local.get $answer) (i32.load8_u (local.get $inputs)))
             (i64.store offset=24 (local.get $answer) (i64.load offset=16 (local.get $inputs)))
             (i32.store8 (local.get $answer) (i32.load8_u offset=24 (local.get $inputs)))",
        )
    };
    let family = load(&runtime(), &guest);
    let ask = |inputs| {
        let answer = family.evaluate("acme", &question(inputs)).unwrap();
        (answer.until, answer.effect)
    };
    assert_eq!(ask(vec![Some(Input::Integer(-7)), None]), (Some(-7), Effect::Abstain));
    assert_eq!(ask(vec![Some(Input::Instant(i64::MAX)), None]), (Some(i64::MAX), Effect::Abstain));
    let half = i64::from_le_bytes(0.5_f64.to_le_bytes());
    assert_eq!(ask(vec![Some(Input::Decimal(0.5)), None]), (Some(half), Effect::Abstain));
    assert_eq!(ask(vec![None, Some(Input::Null)]), (None, Effect::Forbid(0)));
}

#[test]
fn a_batch_answers_each_question_in_order_as_if_asked_alone() {
    let family = echo(&[InputKind::Text], 16, "(local.get $inputs)");
    let sent: Vec<String> = (0..600).map(|number| format!("question {number}")).collect();
    let questions: Vec<_> = sent.iter().map(|sent| question(vec![Some(text(sent))])).collect();
    let answers = family.evaluate_batch("acme", &questions);
    assert_eq!(answers.len(), 600);
    for (answer, (asked, sent)) in answers.iter().zip(questions.iter().zip(&sent)) {
        assert_eq!(answer.as_ref().unwrap().note.as_deref(), Some(sent.as_str()));
        assert_eq!(*answer, family.evaluate("acme", asked));
    }
    assert!(family.evaluate_batch("acme", &[]).is_empty());
}

#[test]
fn a_question_that_does_not_fit_the_manifest_is_not_passed_on() {
    let family = echo(&[InputKind::Text], 16, "(local.get $inputs)");
    let too_long = "x".repeat(4097);
    for inputs in [vec![], vec![None, None], vec![Some(text(&too_long))]] {
        let fault = family.evaluate("acme", &question(inputs)).unwrap_err();
        assert_eq!(fault.kind, FaultKind::InputType);
    }
    assert_eq!(family.stats().created.get(), 0);
}

#[test]
fn a_question_that_is_not_passed_on_leaves_the_rest_of_its_batch() {
    let family = echo(&[InputKind::Text], 16, "(local.get $inputs)");
    let too_long = "x".repeat(4097);
    let questions = ["a", &too_long, "b"].map(|sent| question(vec![Some(text(sent))]));
    let answers = family.evaluate_batch("acme", &questions);
    assert_eq!(answers[0].as_ref().unwrap().note.as_deref(), Some("a"));
    assert_eq!(answers[1].as_ref().unwrap_err().kind, FaultKind::InputType);
    assert_eq!(answers[2].as_ref().unwrap().note.as_deref(), Some("b"));
}

/// A family that breaks its promise: it counts its calls, and answers with the count.
fn counting() -> Guest {
    Guest {
        items: "(global $calls (mut i64) (i64.const 0))".to_owned(),
        ..Guest::deciding(
            "(global.set $calls (i64.add (global.get $calls) (i64.const 1)))
             (i32.store8 offset=16 (local.get $answer) (i32.const 1))
             (i64.store offset=24 (local.get $answer) (global.get $calls))",
        )
    }
}

fn count(family: &WasmFamily, tenant: &str) -> i64 {
    family.evaluate(tenant, &question(Vec::new())).unwrap().until.unwrap()
}

#[test]
fn a_fresh_instance_remembers_nothing() {
    let family = load(&runtime(), &counting());
    assert_eq!(family.mode(), InstanceMode::PerRequest);
    for _ in 0..3 {
        assert_eq!(count(&family, "acme"), 1);
    }
    assert_eq!(family.stats().created.get(), 3);
}

#[test]
fn a_reused_instance_serves_one_tenant_and_so_many_calls() {
    let family = load(&runtime(), &counting()).with_mode(reuse(3));
    assert_eq!(count(&family, "acme"), 1);
    assert_eq!(count(&family, "acme"), 2);
    assert_eq!(count(&family, "bolt"), 1);
    assert_eq!(count(&family, "acme"), 3);
    assert_eq!(count(&family, "acme"), 1);
    assert_eq!(count(&family, "bolt"), 2);
    assert_eq!(family.stats().created.get(), 3);
    assert_eq!(family.stats().reused.get(), 3);
    assert_eq!(family.stats().discarded.get(), 0);
}

#[test]
fn idle_instances_are_bounded_and_the_oldest_makes_way() {
    let config = RuntimeConfig { idle_per_family: 2, ..patient() };
    let family = load(&Runtime::new(config).unwrap(), &counting()).with_mode(reuse(100));
    for tenant in ["a", "b", "c"] {
        assert_eq!(count(&family, tenant), 1);
    }
    assert_eq!(count(&family, "c"), 2);
    assert_eq!(count(&family, "b"), 2);
    assert_eq!(count(&family, "a"), 1, "made way for that of `c`");
}

#[test]
fn idle_instances_of_all_families_are_bounded_together() {
    let config = RuntimeConfig { idle: 1, ..patient() };
    let runtime = Runtime::new(config).unwrap();
    let first = load(&runtime, &counting()).with_mode(reuse(100));
    let second = first.with_mode(reuse(100));
    assert_eq!(count(&first, "a"), 1);
    assert_eq!(count(&second, "a"), 1);
    assert_eq!(count(&second, "a"), 1, "there was no room to keep it");
    assert_eq!(count(&first, "a"), 2);
    drop(first);
    assert_eq!(count(&second, "a"), 1);
    assert_eq!(count(&second, "a"), 2);
}

#[test]
fn a_tenant_that_is_forgotten_leaves_no_instance_behind() {
    let family = load(&runtime(), &counting()).with_mode(reuse(100));
    assert_eq!(count(&family, "acme"), 1);
    assert_eq!(count(&family, "bolt"), 1);
    family.forget("acme");
    assert_eq!(count(&family, "acme"), 1);
    assert_eq!(count(&family, "bolt"), 2);
}

#[test]
fn a_configuration_is_checked_by_the_family() {
    let message = "write a number";
    let guest = Guest {
        items: format!(
            r#"(data (i32.const 16) "/limit{message}")
               (data (i32.const 64) "\10\00\00\00\06\00\00\00\16\00\00\00\0e\00\00\00")
               (data (i32.const 96) "\40\00\00\00\01\00\00\00")"#
        ),
        // Accepts what is two bytes long.
        validate: "(select (i32.const 576) (i32.const 96)
                     (i32.eq (local.get $length) (i32.const 2)))"
            .to_owned(),
        ..Guest::default()
    };
    let family = load(&runtime(), &guest);
    assert_eq!(family.validate("acme", "{}"), Ok(Vec::new()));
    let pointer = "/limit".to_owned();
    let expected = ConfigDiagnostic { pointer, message: message.to_owned() };
    assert_eq!(family.validate("acme", r#"{"limit":true}"#), Ok(vec![expected]));
}

#[test]
fn a_manifest_arrives_whole_and_the_digest_is_that_of_the_file() {
    let manifest = Manifest {
        inputs: vec![
            ("subject.holds.contact.read".to_owned(), InputKind::Boolean),
            ("now".to_owned(), InputKind::Instant),
        ],
        config_schema: r#"{"type":"object"}"#,
        ..Manifest::default()
    };
    let guest = Guest { manifest, ..Guest::default() };
    let family = load(&runtime(), &guest);
    insta::assert_debug_snapshot!(family.manifest(), @r#"
    Manifest {
        id: "demo",
        version: "1.0.0",
        title: "A family for tests",
        permissions: [
            "contact.read",
            "contact.write",
        ],
        kinds: [
            "contact",
        ],
        inputs: [
            InputSpec {
                path: SubjectHolds(
                    "contact.read",
                ),
                kind: Boolean,
            },
            InputSpec {
                path: Now,
                kind: Instant,
            },
        ],
        reasons: [
            ReasonSpec {
                code: "closed",
                text: "The office is closed.",
            },
        ],
        obligations: [
            ObligationSpec {
                code: "redact",
                values: [
                    "email",
                ],
            },
        ],
        requires: [
            "contact.read",
        ],
        floors: [
            "contact.write",
        ],
        config_schema: "{\"type\":\"object\"}",
    }
    "#);
    assert!(family.digest().starts_with("sha256:"));
    assert_eq!(family.digest().len(), "sha256:".len() + 64);
    assert_eq!(family.digest(), load(&runtime(), &guest).digest());
    assert_ne!(family.digest(), load(&runtime(), &Guest::default()).digest());
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(call: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .without_time()
        .with_max_level(tracing::Level::DEBUG)
        .finish();
    tracing::subscriber::with_default(subscriber, call);
    let bytes = log.0.lock().unwrap();
    String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
}

/// A family that logs a line of so many bytes so many times.
fn chatty(lines: u32, bytes: u32, then: &str) -> Guest {
    Guest {
        log: true,
        items: "(global $left (mut i32) (i32.const 0))".to_owned(),
        ..Guest::deciding(&format!(
            "(memory.fill (i32.const 65536) (i32.const 120) (i32.const {bytes}))
             (global.set $left (i32.const {lines}))
             (block $done (loop $next
               (br_if $done (i32.eqz (global.get $left)))
               (call $log (i32.const 2) (i32.const 65536) (i32.const {bytes}))
               (global.set $left (i32.sub (global.get $left) (i32.const 1)))
               (br $next)))
             {then}"
        ))
    }
}

#[test]
fn a_line_is_logged_with_family_and_tenant() {
    let family = load(&runtime(), &chatty(1, 3, ""));
    let lines = logged(|| drop(family.evaluate("acme", &question(Vec::new()))));
    assert_eq!(lines, [r#" WARN permesso::family: xxx family="demo" tenant="acme""#]);
}

#[test]
fn lines_are_cut_and_limited_and_those_dropped_are_counted() {
    let family = load(&runtime(), &chatty(20, 2000, ""));
    let lines = logged(|| drop(family.evaluate("acme", &question(Vec::new()))));
    assert_eq!(lines.len(), 16);
    assert!(lines.iter().all(|line| line.matches('x').count() == 1024));
    assert_eq!(family.stats().log_written.get(), 16);
    assert_eq!(family.stats().log_dropped.get(), 4);
}

#[test]
fn lines_of_a_call_that_traps_are_logged() {
    let family = load(&runtime(), &chatty(1, 3, "(unreachable)"));
    let lines = logged(|| drop(family.evaluate("acme", &question(Vec::new()))));
    assert_eq!(lines.len(), 1);
}

#[test]
fn a_family_that_logs_without_end_is_limited_each_second() {
    let config = RuntimeConfig { log_lines_per_second: 10, ..patient() };
    let family = load(&Runtime::new(config).unwrap(), &chatty(16, 3, ""));
    for _ in 0..4 {
        family.evaluate("acme", &question(Vec::new())).unwrap();
    }
    let stats = family.stats();
    assert_eq!(stats.log_written.get() + stats.log_dropped.get(), 64);
    // The four calls may fall into two seconds.
    assert!((10..=20).contains(&stats.log_written.get()));
}
