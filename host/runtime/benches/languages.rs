//! One family in four languages: what a decision costs in each, and what it costs to have it.
//!
//! The families are the templates of `permesso family new`, which do the same in each language;
//! `cargo xtask test --only vendors` builds them. Beside them stands the empty component call.

#![allow(clippy::unwrap_used, missing_docs)]

mod measure;

use measure::{Case, Empty, compare};
use permesso_engine::family::{Family, Input, Question};
use permesso_runtime::{
    Cache, Component, FamilyConfig, InstanceMode, Runtime, RuntimeConfig, WasmFamily,
};
use std::cell::RefCell;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const TENANT: &str = "acme";
const BATCH: usize = 100;

fn main() {
    let runtime = Runtime::new(RuntimeConfig {
        deadline: Duration::from_secs(10),
        setup_deadline: Duration::from_secs(10),
        shadow_every: 0,
        ..RuntimeConfig::default()
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::open(&folder.path().join("native")).unwrap();
    let empty = RefCell::new(Empty::new());
    let nothing = Case::new("empty component call", 1, || empty.borrow_mut().call());
    for language in ["rust", "c", "js", "python"] {
        let name = format!("new-{language}/dist/loyalty-{language}.wasm");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/vendor").join(name);
        let Ok(bytes) = std::fs::read(&path) else {
            println!("\n{language}: not built; `cargo xtask test --only vendors`");
            continue;
        };
        println!("\n{language}, {} KiB", bytes.len() >> 10);
        let interpreted = bytes.len() > 1 << 20;
        let component = Component::new(bytes);
        let config = FamilyConfig { memory: Some(64 << 20), ..FamilyConfig::default() };
        let load = || {
            let start = Instant::now();
            let family = runtime.load_with(&component, language, &config, Some(&cache)).unwrap();
            (start.elapsed(), family)
        };
        let (cold, fresh) = load();
        let reload = (0..20).map(|_| load().0).min().unwrap();
        println!("cold install             {:>9.1} ms", cold.as_secs_f64() * 1e3);
        println!("reload, precompiled      {:>9.3} ms", reload.as_secs_f64() * 1e3);
        calls(&fresh, &nothing, if interpreted { 2 } else { 300 });
    }
}

fn calls(fresh: &Arc<WasmFamily>, nothing: &Case<'_>, rounds: u32) {
    let reused = fresh.with_mode(InstanceMode::Reuse { max_calls: NonZeroU32::MAX });
    let inputs = fresh.manifest().inputs.iter().map(|spec| match spec.path.to_string().as_str() {
        "subject.id" => Some(Input::Text("usr_0001c3a7".into())),
        "resource.owner" => Some(Input::Texts(vec!["usr_00024bf0".into()])),
        "resource.published" => Some(Input::Boolean(true)),
        _ => None,
    });
    let question = Question { permission: 0, kind: None, inputs: inputs.collect() };
    let batch = vec![question.clone(); BATCH];
    let one = |family: &WasmFamily| {
        black_box(family.evaluate(TENANT, black_box(&question)).unwrap());
    };
    let all = |family: &WasmFamily| {
        assert!(family.evaluate_batch(TENANT, black_box(&batch)).iter().all(Result::is_ok));
    };
    let items = u32::try_from(BATCH).unwrap();
    let cases = [
        Case::new("reused", 1, || one(&reused)),
        Case::new("fresh", 1, || one(fresh)),
        Case::new("batch of 100, reused", items, || all(&reused)),
        Case::new("batch of 100, fresh", items, || all(fresh)),
    ];
    compare(nothing, &cases, rounds);
}
