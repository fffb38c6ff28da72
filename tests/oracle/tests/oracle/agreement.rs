//! The engine and the naive evaluator say the same.

use permesso_engine::Authorizer;
use permesso_engine::decision::Reason;
use permesso_oracle::generate;
use permesso_oracle::run::{Settings, run};

#[test]
fn twenty_thousand_random_questions_get_one_answer_from_both() {
    let settings = Settings { cases: 20_000, seed: 1_000, brief: false };
    let tally = run(settings, |_| {}).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(tally.cases() >= 20_000);
    let rare = tally.rarer_than(5);
    assert!(rare.is_empty(), "too rare to say anything: {}\n{tally}", rare.join(", "));
    let share = tally.allows() * 100 / tally.cases();
    assert!((12..=85).contains(&share), "{share} % are allowed:\n{tally}");
    assert!(tally.obliged * 50 >= tally.allows(), "obligations are too rare:\n{tally}");
    assert!(tally.hits * 20 >= tally.rechecked, "the cache is hardly used:\n{tally}");
}

#[test]
fn a_tenant_that_is_not_served_is_denied_in_every_way() {
    let case = generate::case(0, 3);
    let world = case.read().unwrap_or_else(|refused| panic!("{refused}"));
    let authorizer = Authorizer::new(10);
    let requests: Vec<_> = world.questions.iter().map(|question| question.at(0)).collect();
    for request in &requests {
        assert_eq!(authorizer.decide("elsewhere", request).reason, Reason::UnknownTenant);
        let explained = authorizer.explain("elsewhere", request);
        assert_eq!(explained.decision.reason, Reason::UnknownTenant);
    }
    let together = authorizer.decide_batch("elsewhere", &requests);
    assert!(together.iter().all(|decision| decision.reason == Reason::UnknownTenant));
}

/// Two roles of which it cannot be known whether they are held here, and one of them comes by
/// another way as well: the other one still is not known.
#[test]
fn a_role_that_is_settled_by_another_way_settles_no_other_role() {
    let settings = Settings { cases: 20, seed: 4_805, brief: true };
    run(settings, |_| {}).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn a_seed_makes_the_same_case_every_time() {
    let text = |seed| generate::case(seed, 5).to_string();
    assert_eq!(text(7), text(7));
    assert_ne!(text(7), text(8));
}

#[test]
fn worlds_have_tables_and_names_that_stand_for_several() {
    let (mut met, star) =
        ([0; 7], |name: &serde_json::Value| name.as_str().is_some_and(|it| it.contains('*')));
    let any = |list: &serde_json::Value| list.as_array().is_some_and(|list| list.iter().any(star));
    for seed in 0..3_000 {
        let catalog = generate::case(seed, 1).catalog;
        let list = |of: &serde_json::Value| of.as_array().cloned().unwrap_or_default();
        met[0] += usize::from(list(&catalog["guards"]).iter().any(|guard| any(&guard["on"])));
        for category in list(&catalog["categories"]) {
            met[1] += list(&category["actions"]).len();
            met[2] += list(&category["except"]).len();
            met[3] += list(&category["guards"]).len();
            for permission in list(&category["permissions"]) {
                met[4] += usize::from(any(&permission["requires"]));
                let implied = list(&permission["implies"]);
                met[5] += usize::from(implied.iter().any(|it| star(&it["permission"])));
                met[6] += usize::from(any(&permission["constraint"]["forbids"]));
            }
        }
    }
    assert!(met.iter().all(|met| *met >= 50), "{met:?}");
}
