//! The rules, natively. What each says of single cases stands in `tables/`.

use super::*;
use permesso_sdk::testing::{Ask, Given, ask, plans_agree, sweep, unused};

const WORDS: [&str; 3] = ["eu", "uk", "us"];

/// Ann works from the United Kingdom and asks about a record of the European Union.
fn abroad(permission: Permission) -> Ask<DataResidency> {
    ask(permission)
        .with("subject.regions", ["uk"])
        .with("resource.region", "eu")
        .with("resource.target_region", "uk")
        .null("resource.embargo_until")
        .with("config.allowed", Given::table([("eu", &["uk"])]))
        .with("now", 1_000)
}

#[test]
fn an_answer_says_until_when_it_holds() {
    let view = abroad(Permission::View);
    let masked = Answer::abstain().oblige(Duty::MaskIdentifiers).until(FOREVER);
    assert_eq!(view.answer(), masked);
    let later = view.clone().with("resource.embargo_until", 1_001);
    assert_eq!(later.answer(), Answer::forbid(Reason::Embargo).until(1_001));
    assert_eq!(view.with("resource.embargo_until", 1_000).answer(), masked);
}

#[test]
fn a_record_moves_to_where_it_may_be_seen_from() {
    let logged = Answer::abstain().oblige(Duty::LogTransfer).until(FOREVER);
    let allowed = abroad(Permission::Move);
    assert_eq!(allowed.answer(), logged);
    let elsewhere = allowed.clone().with("resource.target_region", "us");
    assert_eq!(elsewhere.answer(), Answer::forbid(Reason::TargetNotAllowed).until(FOREVER));
    let embargoed = allowed.with("resource.embargo_until", 9_000);
    assert_eq!(embargoed.answer(), logged, "an embargo does not hold it");
}

#[test]
fn knowing_less_opens_nothing() {
    sweep::<DataResidency>(&WORDS, 20_000, |question| {
        for path in ["subject.regions", "resource.target_region", "config.allowed", "now"] {
            for less in [question.clone().without(path), question.clone().null(path)] {
                assert!(
                    less.answer().forbids() || !question.answer().forbids(),
                    "{question:?} without {path}"
                );
            }
        }
        // What has a null of its own meaning opens nothing by being unknown.
        for path in ["resource.region", "resource.embargo_until", "config.unpinned-open"] {
            let less = question.clone().without(path);
            assert!(less.answer().forbids() || !question.answer().forbids(), "{question:?}");
        }
    });
}

#[test]
fn nothing_is_declared_in_vain() {
    assert_eq!(unused::<DataResidency>(&WORDS, 100_000), [""; 0]);
}

#[test]
fn each_record_is_planned_as_it_is_answered() {
    assert!(plans_agree::<DataResidency>(&WORDS, 20_000) > 5_000);
}
