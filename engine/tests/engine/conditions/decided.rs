//! The pitfalls once more, through the pipeline: who asks never profits from what is not known.

use super::*;
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::family::Answer;

#[test]
fn an_engine_is_built_once_and_not_for_each_decision() {
    fn least<T>(mut work: impl FnMut() -> T) -> Duration {
        let timed = |_| {
            let begun = Instant::now();
            std::hint::black_box(work());
            begun.elapsed()
        };
        (0..300).map(timed).min().unwrap()
    }
    let authorizer = common::authorizer(&quiet());
    let words = common::doc(&[("words", Value::Int(5))]);
    let request = common::request("brief", "doc.list", &words);
    assert!(authorizer.decide("acme", &request).is_allow());
    let (build, decide) =
        (least(ConditionEngine::new), least(|| authorizer.decide("acme", &request)));
    assert!(decide * 2 < build, "a decision takes {decide:?}, an engine {build:?}");
}

fn quiet() -> FamilySet {
    common::families(&common::family(|_| Ok(Answer::ABSTAIN)))
}

/// The verdicts on a document of so many words, each of them something else.
fn verdicts(authorizer: &Authorizer, subject: &str, action: &str) -> Vec<bool> {
    let decide = |attributes: &[(&str, Value<'_>)]| {
        let attributes = common::doc(attributes);
        common::both(authorizer, &common::request(subject, action, &attributes)).0.is_allow()
    };
    let mut verdicts = vec![decide(&[])];
    let others = ["few".into(), "5".into(), Value::Null, Value::Float(5.5), Value::Bool(true)];
    let known = [Value::Int(5), Value::Int(501)];
    verdicts.extend(others.into_iter().chain(known).map(|words| decide(&[("words", words)])));
    verdicts
}

#[test]
fn a_guard_whose_condition_errs_denies_however_it_is_written() {
    for (condition, few, many) in [
        ("resource.words <= 500", true, false),
        ("!(resource.words > 500)", true, false),
        ("resource.words != 5", false, true),
        ("!(resource.words == 5) || 1 == resource.words / resource.words", true, true),
    ] {
        let catalog = common::CATALOG
            .replace("condition: resource.words <= 500", &format!("condition: '{condition}'"));
        let authorizer = Authorizer::new(100);
        let policy = common::build(&catalog, common::TENANT, common::PEOPLE, &quiet());
        authorizer.install(policy.unwrap());
        for subject in ["boss", "owner", "nobody"] {
            let verdicts = verdicts(&authorizer, subject, "doc.print");
            assert_eq!(verdicts[..6], [false; 6], "{condition}");
            assert_eq!(verdicts[6..], [few, many], "{condition}");
        }
    }
}

#[test]
fn a_grant_whose_condition_errs_grants_nothing_however_it_is_written() {
    for (condition, few, many) in
        [("resource.words <= 100", true, false), ("!(resource.words > 100)", true, false)]
    {
        let write = |text: &str| {
            text.replace("condition: resource.words <= 100", &format!("condition: '{condition}'"))
        };
        let (tenant, people) = (write(common::TENANT), write(common::PEOPLE));
        let authorizer = Authorizer::new(100);
        authorizer.install(common::build(common::CATALOG, &tenant, &people, &quiet()).unwrap());
        for (subject, action) in
            [("brief", "doc.list"), ("brief", "doc.read"), ("personal", "doc.read")]
        {
            let verdicts = verdicts(&authorizer, subject, action);
            assert_eq!(verdicts[..6], [false; 6], "{subject} {condition}");
            assert_eq!(verdicts[6..], [few, many], "{subject} {condition}");
        }
    }
}

#[test]
fn a_restriction_whose_condition_errs_restricts() {
    let toggle = "{permission: limit.no_list, scope: all";
    let tenant =
        common::TENANT.replace(toggle, &format!("{toggle}, condition: resource.words > 500"));
    let authorizer = Authorizer::new(100);
    authorizer.install(common::build(common::CATALOG, &tenant, common::PEOPLE, &quiet()).unwrap());
    let verdicts = verdicts(&authorizer, "muted", "doc.list");
    assert_eq!(verdicts[..6], [false; 6], "whether it restricts is not known");
    assert_eq!(verdicts[6..], [true, false]);
}

#[test]
fn a_condition_that_is_wrong_is_found_when_the_policy_is_loaded() {
    for wrong in [
        "resource.wrods <= 500",
        "!(resource.words > \"500\")",
        "resource.words",
        "subject.words <= 500",
        "resource.words = 500",
    ] {
        let right = "condition: resource.words <= 500";
        let catalog = common::CATALOG.replace(right, &format!("condition: '{wrong}'"));
        assert_ne!(catalog, common::CATALOG);
        let built = common::build(&catalog, common::TENANT, common::PEOPLE, &quiet());
        let text = built.unwrap_err().to_string();
        assert!(text.contains("guards.short_enough.condition"), "{text}");
    }
}
