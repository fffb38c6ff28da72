//! Each of them is met as it has to be, and afterwards the host is as it was.

use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Asserted, Reason, Request, Resource};
use permesso_engine::family::{
    Answer, Effect, Family, Fault, FaultKind, Input, InputKind, Question,
};
use permesso_engine::load::{self, Source};
use permesso_engine::model::{Attributes, Directory, InputPath, Value};
use permesso_engine::{Authorizer, family};
use permesso_hostile::guest::{Guest, Manifest};
use permesso_hostile::{Hostile, Meeting, hostile};
use permesso_runtime::{Component, FamilyConfig, InstanceMode, Runtime, RuntimeConfig, WasmFamily};
use permesso_tests::turn;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The defaults, but for what would hide who did what: nobody is quarantined here, and every
/// answer of a kept instance is looked at twice.
fn config() -> RuntimeConfig {
    let mut config = RuntimeConfig { shadow_every: 1, ..RuntimeConfig::default() };
    config.quarantine.faults = u32::MAX;
    config
}

fn asked(family: &Arc<WasmFamily>) -> Result<Effect, FaultKind> {
    let inputs = vec![Some(Input::Integer(1)), Some(Input::Instant(0))];
    let question = Question { permission: 0, kind: None, inputs };
    match family.evaluate("acme", &question) {
        Ok(answer) => Ok(answer.effect),
        Err(fault) => Err(fault.kind),
    }
}

fn mode(hostile: &Hostile) -> InstanceMode {
    match hostile.kept {
        true => InstanceMode::Reuse { max_calls: NonZeroU32::new(1000).unwrap() },
        false => InstanceMode::PerRequest,
    }
}

#[test]
fn each_is_refused_or_ends_in_its_typed_fault() {
    let _turn = turn(module_path!());
    let runtime = Runtime::new(config()).unwrap();
    for hostile in hostile() {
        let name = hostile.name;
        let loaded = runtime.load(&hostile.component, name);
        match &hostile.meeting {
            Meeting::Refused(text) => {
                let error = loaded.err().unwrap_or_else(|| panic!("{name} was let in"));
                assert!(error.to_string().contains(text), "{name}: {error}");
            }
            Meeting::Harmless => {
                let family = loaded.unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(asked(&family), Ok(Effect::Abstain), "{name}");
            }
            Meeting::Fault(kinds) => {
                let family = loaded.unwrap_or_else(|error| panic!("{error}"));
                let family = family.with_mode(mode(&hostile));
                // Some do their harm only after a few calls, or on a busy machine not in time.
                let mut met = Vec::new();
                let ended = (0..40).any(|_| {
                    met.extend(asked(&family).err());
                    met.last().is_some_and(|met| kinds.contains(met))
                });
                let late = met.iter().all(|met| kinds.contains(met) || *met == FaultKind::Timeout);
                assert!(ended && late, "{name}: {met:?}");
            }
        }
    }
    let good = runtime.load(&Guest::default().component(), "good").unwrap();
    let question = Question { permission: 0, kind: None, inputs: Vec::new() };
    assert!(good.evaluate("acme", &question).is_ok(), "the runtime was harmed");
}

/// The quickest of several tries: how long the host lets it go on, not how busy this machine is.
#[test]
fn each_is_denied_within_twice_the_deadline() {
    let _turn = turn(module_path!());
    let runtime = Runtime::new(config()).unwrap();
    let bound = 2 * runtime.config().deadline;
    for hostile in hostile() {
        let Meeting::Fault(kinds) = &hostile.meeting else { continue };
        let family = runtime.load(&hostile.component, hostile.name).unwrap();
        let family = family.with_mode(mode(&hostile));
        let quickest = (0..40).filter_map(|_| {
            let start = Instant::now();
            asked(&family).err().filter(|met| kinds.contains(met)).map(|_| start.elapsed())
        });
        let quickest = quickest.min().unwrap_or(Duration::MAX);
        assert!(quickest <= bound, "{} took {quickest:?}, {bound:?} allowed", hostile.name);
    }
}

#[test]
fn a_file_that_is_cut_short_or_has_a_bit_flipped_is_refused_or_answers_like_any_other() {
    let _turn = turn(module_path!());
    let runtime = Runtime::new(config()).unwrap();
    let good = Guest::default().component();
    for length in (0..good.len()).step_by(61) {
        assert!(runtime.load(&good[..length], "cut").is_err(), "{length} bytes");
    }
    let (mut refused, mut loaded) = (0, 0);
    for at in (0..good.len()).step_by(13) {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        match runtime.load(&bytes, "flipped") {
            Err(_) => refused += 1,
            Ok(family) => {
                loaded += 1;
                let manifest = family.manifest();
                let inputs = manifest.inputs.iter().map(|_| None).collect();
                let question = Question { permission: 0, kind: None, inputs };
                // An answer or a fault; never a crash, never something outside the manifest.
                if let Ok(answer) = family.evaluate("acme", &question)
                    && let Effect::Forbid(reason) = answer.effect
                {
                    assert!((reason as usize) < manifest.reasons.len());
                }
            }
        }
    }
    assert!(refused > 0 && loaded > 0, "{refused} refused, {loaded} loaded");
}

const CATALOG: &str = "
product: demo
version: 1.0.0
relations: [owner]
own_means: [owner]
categories:
- id: mine
  family: mine
  permissions: [{id: mine.view, reach: all}]
- id: theirs
  family: theirs
  permissions: [{id: theirs.view, reach: all}]
";

const TENANT: &str = "
tenant: acme
product: demo
roles:
- {id: user, grants: [{permission: mine.view, scope: all}, {permission: theirs.view, scope: all}]}
";

fn authorizer(families: FamilySet) -> Authorizer {
    let directory: Source<Directory> =
        load::directory("people.yaml", "users: [{id: ann, roles: [user]}]").unwrap();
    let compiled = compile(&Definition {
        catalog: &compile::catalog(load::catalog("product.yaml", CATALOG).unwrap()),
        tenant: &Arc::new(load::tenant("tenant.yaml", TENANT).unwrap()),
        people: PeopleFrom::Directory(&directory),
        families: &families,
        revision: 1,
        lenient: false,
        before: None,
    })
    .unwrap();
    let authorizer = Authorizer::new(100);
    authorizer.install(compiled);
    authorizer
}

fn decide(authorizer: &Authorizer, action: &str, resource: &Attributes<'_>) -> Reason {
    let decision = authorizer.decide(
        "acme",
        &Request {
            subject: "ann",
            action,
            resource: Resource { kind: "thing", id: Some("1"), attributes: resource },
            context: &Attributes::new(),
            asserted: Asserted::NONE,
            now: 0,
        },
    );
    decision.reason
}

#[test]
fn a_manifest_that_claims_the_permissions_of_another_family_is_never_asked_about_them() {
    let _turn = turn(module_path!());
    let runtime = Runtime::new(config()).unwrap();
    let family = |id, permissions, guest: Guest| {
        let inputs = vec![("resource.number".to_owned(), InputKind::Integer)];
        let manifest = Manifest {
            id,
            permissions,
            inputs,
            requires: Vec::new(),
            floors: Vec::new(),
            ..Manifest::default()
        };
        runtime.load(&Guest { manifest, ..guest }.component(), id).unwrap()
    };
    // It lifts and forbids whatever it is asked about, and says that everything is its own.
    let thief = family("theirs", vec!["theirs.view", "mine.view"], Guest::answering(1, 0));
    let mine = family("mine", vec!["mine.view"], Guest::default());
    let families = [("mine", &mine), ("theirs", &thief)];
    let set = families.map(|(id, family)| (id.to_owned(), Arc::clone(family) as Arc<dyn Family>));
    let authorizer = authorizer(set.into_iter().collect());
    assert_eq!(decide(&authorizer, "mine.view", &Attributes::new()), Reason::Granted);
    assert_eq!(thief.stats().questions.get(), 0);
    assert_ne!(decide(&authorizer, "theirs.view", &Attributes::new()), Reason::Granted);
    assert_eq!(thief.stats().questions.get(), 1);
}

/// Stands between the engine and a family and keeps what the family remarks.
#[derive(Debug)]
struct Spy {
    family: Arc<WasmFamily>,
    notes: Mutex<Vec<String>>,
}

impl Family for Spy {
    fn manifest(&self) -> &family::Manifest {
        self.family.manifest()
    }

    fn digest(&self) -> &str {
        self.family.digest()
    }

    fn may_see(&self, input: &InputPath) -> bool {
        self.family.may_see(input)
    }

    fn evaluate(&self, tenant: &str, question: &Question<'_>) -> Result<Answer, Fault> {
        let answer = self.family.evaluate(tenant, question)?;
        self.notes.lock().unwrap().extend(answer.note.clone());
        Ok(answer)
    }

    fn evaluate_batch(&self, _: &str, _: &[Question<'_>]) -> Vec<Result<Answer, Fault>> {
        unreachable!("one question is asked")
    }
}

/// Everything that a guest is given lies in its memory, one value after another. This one hands
/// all of it back as its note, with dots for what are no letters.
fn returns_everything() -> Guest {
    let manifest = Manifest {
        id: "mine",
        permissions: vec!["mine.view"],
        inputs: vec![
            ("subject.id".to_owned(), InputKind::Text),
            ("resource.colour".to_owned(), InputKind::Text),
            ("resource.number".to_owned(), InputKind::Integer),
        ],
        requires: Vec::new(),
        floors: Vec::new(),
        ..Manifest::default()
    };
    let items = "(global $first (mut i32) (i32.const 0)) (global $at (mut i32) (i32.const 0))
        (func $begin (global.set $first (global.get $top))) (start $begin)";
    let decide = "(global.set $at (global.get $first))
        (block $done (loop $next
          (br_if $done (i32.ge_u (global.get $at) (global.get $top)))
          (if (i32.or
                (i32.lt_u (i32.load8_u (global.get $at)) (i32.const 32))
                (i32.gt_u (i32.load8_u (global.get $at)) (i32.const 126)))
            (then (i32.store8 (global.get $at) (i32.const 46))))
          (global.set $at (i32.add (global.get $at) (i32.const 1)))
          (br $next)))
        (i32.store8 offset=32 (local.get $answer) (i32.const 1))
        (i32.store offset=36 (local.get $answer) (global.get $first))
        (i32.store offset=40 (local.get $answer)
          (i32.sub (global.get $top) (global.get $first)))";
    Guest { manifest, items: items.to_owned(), ..Guest::deciding(decide) }
}

/// What that guest was given, under a grant by the platform.
fn given(granted: Option<&[&str]>) -> String {
    let runtime = Runtime::new(config()).unwrap();
    let granted = granted.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let settings = FamilyConfig { granted, ..FamilyConfig::default() };
    let component = returns_everything().component();
    let family = runtime.load_with(&Component::new(component), "mine", &settings, None).unwrap();
    let spy = Arc::new(Spy { family, notes: Mutex::default() });
    let set = [("mine".to_owned(), Arc::clone(&spy) as Arc<dyn Family>)];
    let authorizer = authorizer(set.into_iter().collect());
    let mut resource = Attributes::new();
    for (name, value) in [("colour", "seenblue"), ("secret", "hiddenred"), ("owner", "hiddenbob")] {
        resource.set(name.to_owned(), Value::from(value.to_owned()));
    }
    let mut context = Attributes::new();
    context.set("ip".to_owned(), Value::from("hidden10.0.0.1".to_owned()));
    let decision = authorizer.decide(
        "acme",
        &Request {
            subject: "ann",
            action: "mine.view",
            resource: Resource { kind: "thing", id: Some("hiddenid"), attributes: &resource },
            context: &context,
            asserted: Asserted::NONE,
            now: 1_234_567_890,
        },
    );
    assert!(decision.is_allow(), "{decision:?}");
    spy.notes.lock().unwrap().join("")
}

#[test]
fn a_family_that_returns_everything_it_was_given_was_given_its_declared_inputs_only() {
    let _turn = turn(module_path!());
    let given = given(None);
    assert!(given.contains("ann") && given.contains("seenblue"), "{given}");
    for hidden in ["hidden", "acme", "user", "owner", "secret"] {
        assert!(!given.contains(hidden), "{hidden}: {given}");
    }
}

#[test]
fn what_the_platform_does_not_grant_is_not_sent_though_the_manifest_declares_it() {
    let _turn = turn(module_path!());
    let given = given(Some(&["resource.colour"]));
    assert!(given.contains("seenblue") && !given.contains("ann"), "{given}");
}
