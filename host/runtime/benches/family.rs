//! What a decision of a family costs, next to the least that a call into a component can cost.
//!
//! The baseline is a component whose only function does nothing, called through bare wasmtime
//! in an instance that is there already. Two families are measured: one made for it that
//! declares twelve inputs, which is what the bounds are about, and `crm-segments` where it was
//! built, which declares more and is given twelve. All figures are of one run on one machine:
//! compare the ratios, which are printed at the end, and not the nanoseconds.

#![allow(clippy::unwrap_used, missing_docs)]

mod measure;
#[path = "../../../tests/hostile/src/guest.rs"]
mod runtime_guest;

use criterion::{Criterion, Throughput};
use measure::{Case, Empty, compare};
use permesso_engine::family::{Family, Input, InputKind, InputSpec, Question};
use permesso_runtime::{InstanceMode, Runtime, RuntimeConfig, WasmFamily};
use runtime_guest::{Guest, Manifest};
use std::borrow::Cow;
use std::cell::RefCell;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const TENANT: &str = "acme";
const BATCH: usize = 100;
const BUILT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/families/crm-segments.wasm");

fn main() {
    let runtime = Runtime::new(RuntimeConfig {
        deadline: Duration::from_secs(1),
        setup_deadline: Duration::from_secs(1),
        ..RuntimeConfig::default()
    })
    .unwrap();
    let guest = twelve_inputs().component();
    let mut subjects = vec![Subject::new(runtime.load(&guest, "guest").unwrap())];
    match std::fs::read(Path::new(BUILT)) {
        Ok(bytes) => subjects.push(Subject::new(runtime.load(&bytes, BUILT).unwrap())),
        Err(_) => println!("no `{BUILT}`, which is then not measured; `cargo xtask families`"),
    }
    let empty = RefCell::new(Empty::new());
    let nothing = Case::new("empty component call", 1, || empty.borrow_mut().call());

    let mut criterion = Criterion::default().configure_from_args();
    criterion.bench_function(nothing.name, |b| b.iter(|| (nothing.call)()));
    for subject in &subjects {
        let mut group = criterion.benchmark_group(&subject.fresh.manifest().id);
        for case in subject.cases() {
            group.throughput(Throughput::Elements(u64::from(case.items)));
            group.bench_function(case.name, |b| b.iter(|| (case.call)()));
        }
    }
    for subject in &subjects {
        let manifest = subject.fresh.manifest();
        println!("\nfamily `{}`, {} inputs, 12 given", manifest.id, manifest.inputs.len());
        compare(&nothing, &subject.cases(), 1_000);
    }
}

/// A family with what it is asked.
struct Subject {
    fresh: Arc<WasmFamily>,
    reused: Arc<WasmFamily>,
    question: Question<'static>,
    batch: Vec<Question<'static>>,
}

impl Subject {
    fn new(fresh: Arc<WasmFamily>) -> Self {
        let reused = fresh.with_mode(InstanceMode::Reuse { max_calls: NonZeroU32::MAX });
        let question = question(&fresh);
        let batch = vec![question.clone(); BATCH];
        Self { fresh, reused, question, batch }
    }

    fn cases(&self) -> [Case<'_>; 4] {
        let items = u32::try_from(BATCH).unwrap();
        [
            Case::new("reused", 1, || self.one(&self.reused)),
            Case::new("fresh", 1, || self.one(&self.fresh)),
            Case::new("batch of 100, reused", items, || self.all(&self.reused)),
            Case::new("batch of 100, fresh", items, || self.all(&self.fresh)),
        ]
    }

    fn one(&self, family: &WasmFamily) {
        black_box(family.evaluate(TENANT, black_box(&self.question)).unwrap());
    }

    fn all(&self, family: &WasmFamily) {
        let answers = family.evaluate_batch(TENANT, black_box(&self.batch));
        assert!(answers.iter().all(Result::is_ok));
    }
}

/// A family that declares twelve inputs and reads every byte of what it is given.
fn twelve_inputs() -> Guest {
    let inputs = [
        ("subject.id", InputKind::Text),
        ("subject.roles", InputKind::Texts),
        ("resource.id", InputKind::Text),
        ("resource.owner", InputKind::Texts),
        ("resource.involved", InputKind::Texts),
        ("resource.segment", InputKind::Text),
        ("resource.size", InputKind::Integer),
        ("resource.private", InputKind::Boolean),
        ("resource.personal", InputKind::Boolean),
        ("resource.shared", InputKind::Boolean),
        ("config.strict-state", InputKind::Boolean),
        ("now", InputKind::Instant),
    ];
    Guest {
        manifest: Manifest {
            id: "twelve-inputs",
            inputs: inputs.map(|(path, kind)| (path.to_owned(), kind)).to_vec(),
            ..Manifest::default()
        },
        items: READ_EVERYTHING.to_owned(),
        ..Guest::deciding(
            "(i32.store8 (local.get $answer) (i32.const 1))
             (i32.store offset=4 (local.get $answer)
               (i32.and (call $read (local.get $inputs) (local.get $count)) (i32.const 0)))",
        )
    }
}

const READ_EVERYTHING: &str = r#"
    (func $text (param $text i32) (param $length i32) (param $hash i32) (result i32)
      (block $done (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $hash (i32.mul (i32.const 16777619)
          (i32.xor (local.get $hash) (i32.load8_u (local.get $text)))))
        (local.set $text (i32.add (local.get $text) (i32.const 1)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
      (local.get $hash))
    (func $texts (param $list i32) (param $length i32) (param $hash i32) (result i32)
      (block $done (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $hash (call $text (i32.load (local.get $list))
          (i32.load offset=4 (local.get $list)) (local.get $hash)))
        (local.set $list (i32.add (local.get $list) (i32.const 8)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
      (local.get $hash))
    (func $read (param $input i32) (param $count i32) (result i32)
      (local $hash i32)
      (local.set $hash (i32.const -2128831035))
      (block $done (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (if (i32.load8_u (local.get $input)) (then
          (if (i32.eq (i32.load8_u offset=8 (local.get $input)) (i32.const 4)) (then
            (local.set $hash (call $text (i32.load offset=16 (local.get $input))
              (i32.load offset=20 (local.get $input)) (local.get $hash)))))
          (if (i32.eq (i32.load8_u offset=8 (local.get $input)) (i32.const 5)) (then
            (local.set $hash (call $texts (i32.load offset=16 (local.get $input))
              (i32.load offset=20 (local.get $input)) (local.get $hash)))))))
        (local.set $input (i32.add (local.get $input) (i32.const 24)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next)))
      (local.get $hash))"#;

/// A question of ordinary size about a contact: twelve values, some of them lists; what the
/// family declares beyond them is absent.
fn question(family: &WasmFamily) -> Question<'static> {
    let text = |text: &'static str| Some(Input::Text(Cow::Borrowed(text)));
    let texts = |texts: &[&'static str]| {
        Some(Input::Texts(texts.iter().map(|text| Cow::Borrowed(*text)).collect()))
    };
    let value = |spec: &InputSpec| match spec.path.to_string().as_str() {
        "subject.id" => text("usr_0001c3a7"),
        "subject.roles" => texts(&["role_manager", "role_sales"]),
        "subject.holds.customize.independent" => Some(Input::Boolean(false)),
        "resource.id" => text("contact_00c0ffee"),
        "resource.owner" => texts(&["usr_00024bf0"]),
        "resource.assigned_to" => texts(&["usr_0001c3a7"]),
        "resource.involved" => texts(&["usr_0001c3a7", "usr_00024bf0"]),
        "resource.private" | "resource.personal" => Some(Input::Boolean(false)),
        "resource.personal_segment" => Some(Input::Boolean(false)),
        "resource.segment" => text("segment_0007"),
        "resource.shared" => Some(Input::Boolean(true)),
        "resource.size" => Some(Input::Integer(17)),
        "config.strict-state" => Some(Input::Boolean(false)),
        "now" => Some(Input::Instant(1_767_225_600_000)),
        _ => None,
    };
    let inputs: Vec<_> = family.manifest().inputs.iter().map(value).collect();
    assert_eq!(inputs.iter().flatten().count(), 12, "the bound is for twelve inputs");
    Question { permission: 0, kind: None, inputs }
}
