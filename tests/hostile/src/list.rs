//! The list.

use crate::guest::{Guest, Manifest};
use permesso_engine::family::{FaultKind, InputKind};
use std::fmt::Write as _;

/// Somebody who means harm.
#[derive(Debug)]
pub struct Hostile {
    /// The id of the family.
    pub name: &'static str,
    /// The component, or what pretends to be one.
    pub component: Vec<u8>,
    /// How it has to be met.
    pub meeting: Meeting,
    /// Whether it does its harm only in an instance that is kept.
    pub kept: bool,
}

/// How somebody who means harm is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meeting {
    /// It is not let in, and the text says this.
    Refused(&'static str),
    /// It is let in, and its questions end in one of these faults.
    Fault(Vec<FaultKind>),
    /// It is let in, answers, and has done no harm.
    Harmless,
}

const LOOP: &str = "(loop $forever (br $forever))";

/// The permission that a hostile family governs.
pub(crate) fn permission(name: &str) -> String {
    format!("{name}.ask")
}

/// What they read. None of them says until when its answer holds, so each question is asked.
pub(crate) fn inputs() -> Vec<(String, InputKind)> {
    vec![("resource.number".to_owned(), InputKind::Integer), ("now".to_owned(), InputKind::Instant)]
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn manifest(name: &'static str) -> Manifest {
    Manifest {
        id: name,
        permissions: vec![leaked(permission(name))],
        kinds: Vec::new(),
        inputs: inputs(),
        obligations: vec![("redact", vec!["email"])],
        requires: Vec::new(),
        floors: Vec::new(),
        ..Manifest::default()
    }
}

fn guest(name: &'static str, decide: &str) -> Guest {
    Guest { manifest: manifest(name), ..Guest::deciding(decide) }
}

/// Writes a note of so many bytes from that address into the answer.
fn note(at: u32, length: u32) -> String {
    format!(
        "(i32.store8 offset=32 (local.get $answer) (i32.const 1))
         (i32.store offset=36 (local.get $answer) (i32.const {at}))
         (i32.store offset=40 (local.get $answer) (i32.const {length}))"
    )
}

fn fault(name: &'static str, guest: &Guest, kind: FaultKind) -> Hostile {
    let component = guest.component();
    Hostile { name, component, meeting: Meeting::Fault(vec![kind]), kept: false }
}

fn refused(name: &'static str, component: Vec<u8>, text: &'static str) -> Hostile {
    Hostile { name, component, meeting: Meeting::Refused(text), kept: false }
}

/// All of them.
#[must_use]
pub fn hostile() -> Vec<Hostile> {
    let mut all = vec![
        fault("endless-loop", &guest("endless-loop", LOOP), FaultKind::Timeout),
        fault("endless-recursion", &recursion(), FaultKind::Trap),
        fault("memory-bomb", &guest("memory-bomb", BOMB), FaultKind::Memory),
        fault("many-small-allocations", &small_allocations(), FaultKind::Memory),
        fault("gigantic-result", &gigantic_result(), FaultKind::BadResult),
        fault("gigantic-reason", &gigantic_reason(), FaultKind::BadResult),
        fault("result-beyond-memory", &beyond_memory(), FaultKind::BadResult),
        fault("invalid-enum", &guest("invalid-enum", &effect(9, 0)), FaultKind::BadResult),
        fault("invalid-index", &guest("invalid-index", &effect(1, 7)), FaultKind::BadResult),
        fault("undeclared-floor", &guest("undeclared-floor", &effect(3, 0)), FaultKind::BadResult),
        fault("log-flood", &log_flood(), FaultKind::Timeout),
        fault("validate-trap", &guest("validate-trap", "(unreachable)"), FaultKind::Trap),
        Hostile { kept: true, ..fault("trap-on-nth-call", &nth_call(), FaultKind::Trap) },
        Hostile {
            kept: true,
            meeting: Meeting::Fault(vec![FaultKind::Impure]),
            ..fault("flips-answers", &flips(), FaultKind::Impure)
        },
        Hostile {
            meeting: Meeting::Harmless,
            ..fault("many-exports", &many_exports(), FaultKind::Trap)
        },
    ];
    all.extend([
        refused("looping-start", looping_start(), "its `describe` failed: timeout"),
        refused("ten-thousand-exports", ten_thousand_exports(), "it exports"),
        refused("lies-about-inputs", lies_about_inputs(), "its manifest is wrong"),
        refused("wrong-version", wrong_version(), "it needs `permesso:family/family@1.9.0`"),
        refused("wants-a-clock", wants_a_clock(), "it imports `wasi:clocks"),
        refused("precompiled", precompiled(), "it is native code"),
    ]);
    all
}

fn effect(case: u32, index: u32) -> String {
    format!(
        "(i32.store8 (local.get $answer) (i32.const {case}))
         (i32.store offset=4 (local.get $answer) (i32.const {index}))"
    )
}

const BOMB: &str = "(loop $more
    (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
    (unreachable)";

fn recursion() -> Guest {
    Guest {
        items: "(func $again (param i32) (result i32)
                  (i32.add (i32.const 1) (call $again (local.get 0))))"
            .to_owned(),
        ..guest("endless-recursion", "(drop (call $again (i32.const 0)))")
    }
}

/// Asks for 64 bytes again and again, and writes to them, so that they are really there.
fn small_allocations() -> Guest {
    guest(
        "many-small-allocations",
        "(loop $more
           (i32.store
             (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 4096))
             (i32.const 1))
           (br $more))",
    )
}

fn gigantic_result() -> Guest {
    Guest {
        pages: 64,
        ..guest(
            "gigantic-result",
            "(i32.store offset=8 (local.get $answer) (i32.const 65536))
             (i32.store offset=12 (local.get $answer) (i32.const 500000))",
        )
    }
}

fn gigantic_reason() -> Guest {
    Guest { pages: 64, ..guest("gigantic-reason", &note(65536, 3 << 20)) }
}

fn beyond_memory() -> Guest {
    guest("result-beyond-memory", &note(16, u32::MAX))
}

fn log_flood() -> Guest {
    Guest {
        log: true,
        items: format!(r#"(data (i32.const 16) "{}")"#, "flood ".repeat(16)),
        ..guest(
            "log-flood",
            "(loop $more (call $log (i32.const 3) (i32.const 16) (i32.const 96)) (br $more))",
        )
    }
}

fn nth_call() -> Guest {
    Guest {
        items: "(global $calls (mut i32) (i32.const 0))".to_owned(),
        ..guest(
            "trap-on-nth-call",
            "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
             (if (i32.ge_u (global.get $calls) (i32.const 5)) (then unreachable))",
        )
    }
}

fn flips() -> Guest {
    Guest {
        items: "(global $calls (mut i32) (i32.const 0))".to_owned(),
        ..guest(
            "flips-answers",
            "(i32.store8 (local.get $answer)
               (i32.and (global.get $calls) (i32.const 1)))
             (global.set $calls (i32.add (global.get $calls) (i32.const 1)))",
        )
    }
}

/// Ten thousand exports of the core module inside, which nobody outside sees.
fn many_exports() -> Guest {
    let items = (0..10_000).fold(String::new(), |mut text, number| {
        // Infallible: the target is a string.
        let _ = write!(text, r#"(func (export "x{number}"))"#);
        text
    });
    Guest { items, ..guest("many-exports", "") }
}

fn looping_start() -> Vec<u8> {
    let items = format!("(func $begin {LOOP}) (start $begin)");
    Guest { items, ..guest("looping-start", "") }.component()
}

fn ten_thousand_exports() -> Vec<u8> {
    let mut text = String::from(
        r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
           (func $f (canon lift (core func $i "f")))"#,
    );
    for number in 0..10_000 {
        // Infallible: the target is a string.
        let _ = write!(text, r#"(export "x{number}" (func $f))"#);
    }
    text.push(')');
    wat::parse_str(&text).expect("a component")
}

fn lies_about_inputs() -> Vec<u8> {
    let mut manifest = manifest("lies-about-inputs");
    manifest.inputs = vec![
        ("subject.password.of.everybody".to_owned(), InputKind::Text),
        ("everything".to_owned(), InputKind::Any),
        ("subject.id".to_owned(), InputKind::Text),
        ("subject.id".to_owned(), InputKind::Text),
    ];
    Guest { manifest, ..Guest::default() }.component()
}

fn wrong_version() -> Vec<u8> {
    Guest { interface: "1.9.0", ..guest("wrong-version", "") }.component()
}

fn wants_a_clock() -> Vec<u8> {
    Guest { foreign: Some("wasi:clocks/wall-clock@0.2.0"), ..guest("wants-a-clock", "") }
        .component()
}

/// What a vendor's precompiled file begins with: it is an ELF image.
fn precompiled() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(4096, 0);
    bytes
}
