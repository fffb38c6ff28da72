//! Versions of the interface: what was built for 1.0 goes on running.

use permesso_engine::family::{Effect, Family, Input, PlanQuestion, Question, Term, planned};
use permesso_runtime::{Runtime, RuntimeConfig};
use permesso_tests::{example, permesso, root, skip};
use std::fs;
use std::time::Duration;

/// `scheduler-events` as it was built against 1.0.0, before there was anything else.
fn fixture() -> Vec<u8> {
    fs::read(root().join("tests/fixtures/family-1.0.0.wasm")).unwrap()
}

fn runtime() -> Runtime {
    let patience = Duration::from_secs(10);
    Runtime::new(RuntimeConfig {
        deadline: patience,
        setup_deadline: patience,
        ..RuntimeConfig::default()
    })
    .unwrap()
}

#[test]
fn a_family_of_1_0_answers_the_tables_of_its_product() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("scheduler-events.wasm"), fixture()).unwrap();
    let product = example("iclosed");
    let families = folder.path().to_str().unwrap();
    let output = permesso(["test", "--example", product.to_str().unwrap(), "--families", families]);
    assert_eq!(output.code, 0, "{}{}", output.out, output.err);
    let path = folder.path().join("scheduler-events.wasm");
    let shown = permesso(["family", "inspect", path.to_str().unwrap()]);
    assert!(shown.out.contains("interface  permesso:family@1.0.0"), "{}", shown.out);
}

#[test]
fn a_family_of_1_0_has_no_plan_and_is_asked_about_each_resource() {
    let family = runtime().load(&fixture(), "fixture").unwrap();
    let inputs = family.manifest().inputs.iter().map(|_| None).collect();
    let question = Question { permission: 0, kind: None, inputs };
    let asked = PlanQuestion { question, open: Vec::new() };
    assert_eq!(family.plan("acme", &asked), Ok(None));
}

#[test]
fn a_family_of_1_1_says_for_which_resources_it_answers_what() {
    let path = root().join("examples/vendor/data-residency/dist/data-residency.wasm");
    let Ok(bytes) = fs::read(path) else { return skip("data-residency", "it was not built") };
    let family = runtime().load(&bytes, "data-residency").unwrap();
    let manifest = family.manifest();
    let at = |path: &str| {
        manifest.inputs.iter().position(|input| input.path.to_string() == path).unwrap()
    };
    let (regions, region, embargo) =
        (at("subject.regions"), at("resource.region"), at("resource.embargo_until"));
    let mut inputs = vec![None; manifest.inputs.len()];
    inputs[regions] = Some(Input::Texts(vec!["eu".into()]));
    inputs[at("now")] = Some(Input::Instant(1_000));
    let open = [region, at("resource.target_region"), embargo].map(|at| u32::try_from(at).unwrap());
    let question = Question { permission: 0, kind: None, inputs: inputs.clone() };
    let cases =
        family.plan("acme", &PlanQuestion { question, open: open.into() }).unwrap().unwrap();
    assert!(cases.iter().all(|case| case.condition != Term::Constant(true)));
    let mut forbidden = 0;
    for place in
        [None, Some(Input::Null), Some(Input::Text("eu".into())), Some(Input::Text("us".into()))]
    {
        for end in [None, Some(Input::Null), Some(Input::Instant(999)), Some(Input::Instant(1_001))]
        {
            inputs[region] = place.clone();
            inputs[embargo] = end;
            let question = Question { permission: 0, kind: None, inputs: inputs.clone() };
            let answer = family.evaluate("acme", &question).unwrap();
            assert_eq!(planned(&cases, &inputs).effect, answer.effect, "{question:?}");
            forbidden += u32::from(matches!(answer.effect, Effect::Forbid(_)));
        }
    }
    assert!((1..16).contains(&forbidden), "{forbidden}");
}
