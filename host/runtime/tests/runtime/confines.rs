//! What a hostile family can do: deny its own decisions, and nothing else.
//!
//! Each test runs one hostile guest, asserts the typed fault, and then asks a good family in
//! the same runtime.

use super::guest::{Guest, Manifest, load, patient, question};
use permesso_engine::family::{Answer, Family as _, FaultKind};
use permesso_runtime::{InstanceMode, Refusal, Runtime, RuntimeConfig};
use std::num::NonZeroU32;
use std::thread;
use std::time::{Duration, Instant};

const LOOP: &str = "(loop $forever (br $forever))";

/// Long after every deadline used here, even on a busy machine.
const SOON: Duration = Duration::from_secs(5);

fn runtime(config: RuntimeConfig) -> Runtime {
    Runtime::new(config).unwrap()
}

fn impatient() -> RuntimeConfig {
    RuntimeConfig { deadline: Duration::from_millis(20), ..patient() }
}

/// The fault with which the guest ends, in each mode and each way to ask.
fn fault(runtime: &Runtime, guest: &Guest) -> FaultKind {
    let fresh = load(runtime, guest);
    let reused = fresh.with_mode(InstanceMode::Reuse { max_calls: NonZeroU32::new(100).unwrap() });
    let mut kinds = Vec::new();
    for family in [fresh, reused] {
        let question = question(Vec::new());
        let start = Instant::now();
        kinds.push(family.evaluate("acme", &question).unwrap_err().kind);
        let batch = family.evaluate_batch("acme", &[question.clone(), question]);
        assert_eq!(batch.len(), 2);
        kinds.extend(batch.into_iter().map(|answer| answer.unwrap_err().kind));
        assert!(start.elapsed() < SOON);
        assert_eq!(family.stats().faults(kinds[0]).get(), 3);
        assert_eq!(family.stats().reused.get(), 0, "an instance outlived its fault");
    }
    kinds.dedup();
    assert_eq!(kinds.len(), 1, "{kinds:?}");
    let good = load(runtime, &Guest::default());
    assert_eq!(good.evaluate("acme", &question(Vec::new())), Ok(Answer::ABSTAIN));
    kinds[0]
}

fn fault_of(decide: &str) -> FaultKind {
    fault(&runtime(patient()), &Guest::deciding(decide))
}

#[test]
fn an_endless_loop_is_cut_off_at_its_deadline() {
    let guest = Guest::deciding(LOOP);
    assert_eq!(fault(&runtime(impatient()), &guest), FaultKind::Timeout);
}

#[test]
fn a_deadline_is_not_cut_short() {
    let runtime = runtime(impatient());
    let family = load(&runtime, &Guest::deciding(LOOP));
    let start = Instant::now();
    assert!(family.evaluate("acme", &question(Vec::new())).is_err());
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[test]
fn a_loop_before_the_first_call_is_cut_off_as_well() {
    let guest = Guest { items: format!("(func $begin {LOOP}) (start $begin)"), ..Guest::default() };
    let runtime =
        runtime(RuntimeConfig { setup_deadline: Duration::from_millis(20), ..impatient() });
    let error = runtime.load(&guest.component(), "guest").unwrap_err();
    assert!(
        matches!(error.refusal(), Refusal::Describe(fault) if fault.kind == FaultKind::Timeout)
    );
}

#[test]
fn endless_recursion_is_a_trap() {
    let guest = Guest {
        items: "(func $again (param i32) (result i32)
                  (i32.add (i32.const 1) (call $again (local.get 0))))"
            .to_owned(),
        ..Guest::deciding("(drop (call $again (i32.const 0)))")
    };
    assert_eq!(fault(&runtime(patient()), &guest), FaultKind::Trap);
}

#[test]
fn an_unreachable_instruction_is_a_trap_that_names_its_function() {
    assert_eq!(fault_of("(unreachable)"), FaultKind::Trap);
    let family = load(&runtime(patient()), &Guest::deciding("(unreachable)"));
    assert_eq!(
        family.evaluate("acme", &question(Vec::new())).unwrap_err().to_string(),
        "trap: wasm `unreachable` instruction executed, in `decide`"
    );
}

#[test]
fn an_access_beyond_memory_is_a_trap() {
    assert_eq!(fault_of("(drop (i32.load (i32.const -4)))"), FaultKind::Trap);
}

#[test]
fn a_memory_bomb_is_a_memory_fault() {
    let bomb = "(loop $more
      (br_if $more (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))
      (unreachable)";
    assert_eq!(fault_of(bomb), FaultKind::Memory);
}

#[test]
fn a_memory_bomb_without_a_pool_is_a_memory_fault_as_well() {
    let runtime = runtime(without_pool());
    assert!(!runtime.is_pooled());
    let bomb = Guest::deciding(
        "(if (i32.eq (i32.const -1) (memory.grow (i32.const 300)))
      (then unreachable))",
    );
    assert_eq!(fault(&runtime, &bomb), FaultKind::Memory);
}

#[test]
fn a_refusal_of_memory_that_the_family_copes_with_is_no_fault() {
    let guest = Guest::deciding("(drop (memory.grow (i32.const 300)))");
    let family = load(&runtime(patient()), &guest);
    assert_eq!(family.evaluate("acme", &question(Vec::new())), Ok(Answer::ABSTAIN));
}

#[test]
fn a_refusal_of_memory_is_not_held_against_later_calls() {
    let guest = Guest {
        items: "(global $calls (mut i32) (i32.const 0))".to_owned(),
        ..Guest::deciding(
            "(drop (memory.grow (i32.sub (i32.const 300) (global.get $calls))))
             (if (global.get $calls) (then unreachable))
             (global.set $calls (i32.const 299))",
        )
    };
    let mode = InstanceMode::Reuse { max_calls: NonZeroU32::new(9).unwrap() };
    let family = load(&runtime(RuntimeConfig { mode, ..patient() }), &guest);
    assert!(family.evaluate("acme", &question(Vec::new())).is_ok());
    let fault = family.evaluate("acme", &question(Vec::new())).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Trap);
    assert_eq!(family.stats().reused.get(), 1);
}

#[test]
fn a_table_bomb_is_a_memory_fault() {
    let guest = Guest {
        items: "(table $table 1 funcref)".to_owned(),
        ..Guest::deciding(
            "(if (i32.eq (i32.const -1)
                 (table.grow $table (ref.null func) (i32.const 1000000)))
               (then unreachable))",
        )
    };
    assert_eq!(fault(&runtime(patient()), &guest), FaultKind::Memory);
}

#[test]
fn an_index_that_is_out_of_range_is_a_bad_result() {
    let runtime = runtime(patient());
    for effect in 1..=3 {
        assert_eq!(fault(&runtime, &Guest::answering(effect, 1)), FaultKind::BadResult);
    }
    let no_such_effect = Guest::answering(4, 0);
    assert_eq!(fault(&runtime, &no_such_effect), FaultKind::BadResult);
    let obligation = Guest {
        items: r#"(data (i32.const 16) "\09\00\00\00")"#.to_owned(),
        ..Guest::deciding(
            "(i32.store offset=8 (local.get $answer) (i32.const 16))
             (i32.store offset=12 (local.get $answer) (i32.const 1))",
        )
    };
    assert_eq!(fault(&runtime, &obligation), FaultKind::BadResult);
}

#[test]
fn a_floor_that_the_manifest_does_not_list_is_a_bad_result() {
    let runtime = runtime(patient());
    assert_eq!(fault(&runtime, &Guest::answering(3, 0)), FaultKind::BadResult);
    let manifest = Manifest { floors: vec!["contact.read"], ..Manifest::default() };
    let family = load(&runtime, &Guest { manifest, ..Guest::answering(3, 0) });
    assert!(family.evaluate("acme", &question(Vec::new())).is_ok());
}

#[test]
fn another_number_of_answers_is_a_bad_result_for_all() {
    let runtime = runtime(patient());
    for count in ["(i32.const 0)", "(i32.const 1)", "(i32.const 3)"] {
        let guest = Guest { batch_length: count.to_owned(), ..Guest::default() };
        let family = load(&runtime, &guest);
        let answers = family.evaluate_batch("acme", &vec![question(Vec::new()); 2]);
        assert_eq!(answers.len(), 2);
        for answer in answers {
            assert_eq!(answer.unwrap_err().kind, FaultKind::BadResult);
        }
    }
}

#[test]
fn one_bad_answer_of_a_batch_leaves_the_others() {
    let guest = Guest::deciding(
        "(i32.store8 (local.get $answer) (i32.const 1))
         (i32.store offset=4 (local.get $answer) (local.get $permission))",
    );
    let family = load(&runtime(patient()), &guest);
    let good = question(Vec::new());
    let mut bad = good.clone();
    bad.permission = 1;
    let answers = family.evaluate_batch("acme", &[good.clone(), bad, good]);
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().kind, FaultKind::BadResult);
    assert_eq!(family.stats().faults(FaultKind::BadResult).get(), 1);
}

#[test]
fn a_result_that_breaks_the_rules_of_passing_values_is_a_bad_result() {
    let note = |at: u32, length: u32| {
        format!(
            r"(i32.store8 (i32.const 16) (i32.const 0xff))
              (i32.store8 offset=32 (local.get $answer) (i32.const 1))
              (i32.store offset=36 (local.get $answer) (i32.const {at}))
              (i32.store offset=40 (local.get $answer) (i32.const {length}))"
        )
    };
    // Not UTF-8; beyond the end of memory; longer than a note may be.
    for (at, length) in [(16, 1), (16, u32::MAX), (1 << 20, 8), (4096, 1025)] {
        assert_eq!(fault_of(&note(at, length)), FaultKind::BadResult, "{at} {length}");
    }
}

#[test]
fn a_result_of_more_bytes_than_a_call_may_hand_over_is_a_bad_result() {
    let guest = Guest {
        pages: 64,
        ..Guest::deciding(
            "(i32.store offset=8 (local.get $answer) (i32.const 65536))
             (i32.store offset=12 (local.get $answer) (i32.const 500000))",
        )
    };
    assert_eq!(fault(&runtime(patient()), &guest), FaultKind::BadResult);
}

#[test]
fn a_describe_that_never_ends_is_refused() {
    let runtime =
        runtime(RuntimeConfig { setup_deadline: Duration::from_millis(20), ..impatient() });
    let guest = Guest { describe: LOOP.to_owned(), ..Guest::default() };
    let start = Instant::now();
    let error = runtime.load(&guest.component(), "guest").unwrap_err();
    assert!(
        matches!(error.refusal(), Refusal::Describe(fault) if fault.kind == FaultKind::Timeout)
    );
    assert!(start.elapsed() < SOON);
}

#[test]
fn a_trap_in_validate_is_a_fault() {
    let guest = Guest { validate: "(unreachable)".to_owned(), ..Guest::default() };
    let family = load(&runtime(patient()), &guest);
    assert_eq!(family.validate("acme", "{}").unwrap_err().kind, FaultKind::Trap);
    assert!(family.evaluate("acme", &question(Vec::new())).is_ok());
}

#[test]
fn without_room_a_call_waits_and_is_then_refused() {
    let config = RuntimeConfig {
        instances: 4,
        idle: 0,
        deadline: Duration::from_millis(50),
        setup_deadline: Duration::from_secs(2),
        ..RuntimeConfig::default()
    };
    let runtime = runtime(config);
    let good = load(&runtime, &Guest::default());
    let hog =
        load(&runtime, &Guest { validate: format!("{LOOP} (i32.const 0)"), ..Guest::default() });
    thread::scope(|scope| {
        for _ in 0..runtime.config().running() {
            scope.spawn(|| hog.validate("acme", "{}").unwrap_err());
        }
        while hog.stats().created.get() < u64::from(runtime.config().running()) {
            thread::yield_now();
        }
        let start = Instant::now();
        let fault = good.evaluate("acme", &question(Vec::new())).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Saturated);
        assert!(start.elapsed() >= Duration::from_millis(50));
    });
    assert_eq!(hog.stats().faults(FaultKind::Timeout).get(), 4);
    assert!(good.evaluate("acme", &question(Vec::new())).is_ok());
}

#[test]
fn more_callers_than_instances_all_get_their_answer() {
    let runtime = runtime(RuntimeConfig { instances: 4, idle: 2, ..patient() });
    let family = load(&runtime, &Guest::default());
    let mode = InstanceMode::Reuse { max_calls: NonZeroU32::new(7).unwrap() };
    let reused = family.with_mode(mode);
    thread::scope(|scope| {
        for thread in 0..8 {
            let (family, reused) = (&family, &reused);
            scope.spawn(move || {
                let tenant = format!("tenant-{}", thread % 3);
                for _ in 0..100 {
                    assert!(family.evaluate(&tenant, &question(Vec::new())).is_ok());
                    assert!(reused.evaluate(&tenant, &question(Vec::new())).is_ok());
                }
            });
        }
    });
    assert_eq!(reused.stats().created.get() + reused.stats().reused.get(), 800);
}

#[test]
fn without_a_pool_families_still_run() {
    let runtime = runtime(without_pool());
    assert!(!runtime.is_pooled());
    let family = load(&runtime, &Guest::default());
    assert!(family.evaluate("acme", &question(Vec::new())).is_ok());
}

/// More than any machine has address space for.
fn without_pool() -> RuntimeConfig {
    RuntimeConfig { table_elements: usize::MAX / 64, ..patient() }
}
