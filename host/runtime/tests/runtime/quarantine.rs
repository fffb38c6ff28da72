//! A family that fails again and again, is slow for one tenant, or is not what it promised to be,
//! costs others nothing.

use super::guest::{Guest, Manifest, load, patient, question};
use permesso_engine::family::{Family as _, FaultKind, Input, InputKind};
use permesso_runtime::{InstanceMode, QuarantineConfig, Runtime, RuntimeConfig, WasmFamily};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const LOOP: &str = "(loop $forever (br $forever))";

/// Traps where its only input, a boolean, is true.
fn touchy(runtime: &Runtime) -> Arc<WasmFamily> {
    let manifest = Manifest {
        inputs: vec![("context.bad".to_owned(), InputKind::Boolean)],
        ..Manifest::default()
    };
    // An option of a variant: whether it is there, its case, then its value.
    let decide = "(if (i32.load8_u offset=16 (local.get $inputs)) (then unreachable))";
    load(runtime, &Guest { manifest, ..Guest::deciding(decide) })
}

fn runtime(quarantine: QuarantineConfig) -> Runtime {
    Runtime::new(RuntimeConfig { quarantine, ..patient() }).unwrap()
}

fn ask(family: &WasmFamily, tenant: &str, bad: bool) -> Result<(), FaultKind> {
    let question = question(vec![Some(Input::Boolean(bad))]);
    family.evaluate(tenant, &question).map(|_| ()).map_err(|fault| fault.kind)
}

#[test]
fn a_family_that_fails_for_one_tenant_is_not_asked_for_it_and_still_for_others() {
    let family = touchy(&runtime(QuarantineConfig::default()));
    let kinds: Vec<_> = (0..8).map(|_| ask(&family, "acme", true).unwrap_err()).collect();
    assert_eq!(kinds[..5], [FaultKind::Trap; 5]);
    assert_eq!(kinds[5..], [FaultKind::Quarantined; 3]);
    assert_eq!(ask(&family, "acme", false), Err(FaultKind::Quarantined), "good questions too");
    assert_eq!(ask(&family, "bolt", false), Ok(()));
    assert!(family.is_quarantined("acme") && !family.is_quarantined("bolt"));
    assert_eq!(family.stats().created.get(), 6, "a question that is denied costs no instance");
    assert_eq!(family.stats().faults(FaultKind::Quarantined).get(), 4);
}

#[test]
fn after_a_pause_one_question_finds_out_whether_it_has_recovered() {
    let pause = Duration::from_millis(100);
    let family = touchy(&runtime(QuarantineConfig { first: pause, ..QuarantineConfig::default() }));
    for _ in 0..5 {
        assert_eq!(ask(&family, "acme", true), Err(FaultKind::Trap));
    }
    thread::sleep(pause);
    assert_eq!(ask(&family, "acme", true), Err(FaultKind::Trap), "the probe");
    assert_eq!(ask(&family, "acme", false), Err(FaultKind::Quarantined));
    thread::sleep(pause);
    assert_eq!(ask(&family, "acme", false), Err(FaultKind::Quarantined), "the pause has doubled");
    thread::sleep(pause);
    assert_eq!(ask(&family, "acme", false), Ok(()));
    assert_eq!(ask(&family, "acme", false), Ok(()));
    assert!(!family.is_quarantined("acme"));
}

#[test]
fn a_batch_of_faults_is_one_call_that_failed() {
    let family = touchy(&runtime(QuarantineConfig::default()));
    let bad = question(vec![Some(Input::Boolean(true))]);
    for _ in 0..5 {
        let answers = family.evaluate_batch("acme", &vec![bad.clone(); 10]);
        let kinds: Vec<_> = answers.into_iter().map(|answer| answer.unwrap_err().kind).collect();
        assert_eq!(kinds, [FaultKind::Trap; 10]);
    }
    let answers = family.evaluate_batch("acme", &[bad.clone(), bad]);
    assert_eq!(answers.len(), 2);
    for answer in answers {
        assert_eq!(answer.unwrap_err().kind, FaultKind::Quarantined);
    }
}

#[test]
fn a_question_that_does_not_fit_is_not_held_against_the_family() {
    let family = touchy(&runtime(QuarantineConfig::default()));
    for _ in 0..20 {
        let fault = family.evaluate("acme", &question(Vec::new())).unwrap_err();
        assert_eq!(fault.kind, FaultKind::InputType);
    }
    assert_eq!(ask(&family, "acme", false), Ok(()));
}

#[test]
fn a_family_that_remembers_is_found_out_and_asked_by_nobody() {
    // Forbids every second question that an instance is asked.
    let guest = Guest {
        items: "(global $calls (mut i32) (i32.const 0))".to_owned(),
        ..Guest::deciding(
            "(i32.store8 (local.get $answer) (global.get $calls))
             (global.set $calls (i32.sub (i32.const 1) (global.get $calls)))",
        )
    };
    let config = RuntimeConfig { shadow_every: 2, ..patient() };
    let reuse = InstanceMode::Reuse { max_calls: NonZeroU32::new(1_000).unwrap() };
    let family = load(&Runtime::new(config).unwrap(), &guest).with_mode(reuse);
    let ask = |tenant| family.evaluate(tenant, &question(Vec::new())).map_err(|fault| fault.kind);
    assert!(ask("acme").is_ok());
    assert_eq!(ask("acme"), Err(FaultKind::Impure), "what it says now is not believed either");
    assert_eq!(ask("bolt"), Err(FaultKind::Quarantined));
    assert_eq!(family.stats().shadowed.get(), 1);
    assert_eq!(family.stats().faults(FaultKind::Impure).get(), 1);
}

#[test]
fn a_batch_in_reused_instances_is_sampled_as_well() {
    let guest = Guest {
        items: "(global $calls (mut i32) (i32.const 0))".to_owned(),
        ..Guest::deciding(
            "(i32.store8 (local.get $answer) (i32.gt_u (global.get $calls) (i32.const 2)))
             (global.set $calls (i32.add (i32.const 1) (global.get $calls)))",
        )
    };
    let config = RuntimeConfig { shadow_every: 2, ..patient() };
    let reuse = InstanceMode::Reuse { max_calls: NonZeroU32::new(1_000).unwrap() };
    let family = load(&Runtime::new(config).unwrap(), &guest).with_mode(reuse);
    let two = [question(Vec::new()), question(Vec::new())];
    assert!(family.evaluate_batch("acme", &two).iter().all(Result::is_ok));
    for answer in family.evaluate_batch("acme", &two) {
        assert_eq!(answer.unwrap_err().kind, FaultKind::Impure);
    }
}

#[test]
fn one_tenants_slow_calls_wait_for_one_another_and_nobody_elses_do() {
    let config = RuntimeConfig {
        deadline: Duration::from_millis(400),
        setup_deadline: Duration::from_secs(20),
        running_per_tenant: 1,
        instances: 4,
        idle: 0,
        ..RuntimeConfig::default()
    };
    let runtime = Runtime::new(config).unwrap();
    let slow = load(&runtime, &Guest::deciding(LOOP));
    let quick = load(&runtime, &Guest::default());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| slow.evaluate("acme", &question(Vec::new())).unwrap_err());
        }
        thread::sleep(Duration::from_millis(100));
        let start = Instant::now();
        assert!(quick.evaluate("bolt", &question(Vec::new())).is_ok());
        assert!(start.elapsed() < Duration::from_millis(250), "{:?}", start.elapsed());
    });
    assert!(slow.stats().faults(FaultKind::Timeout).get() >= 1);
    assert!(slow.stats().faults(FaultKind::Saturated).get() >= 1);
}
