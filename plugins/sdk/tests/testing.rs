//! The tools for tests have to find what they are there to find.

use permesso_sdk::testing::{Given, ask, sweep, unused};
use permesso_sdk::{Answer, Family, Listed, Nothing, Question};
use std::sync::atomic::{AtomicBool, Ordering};

permesso_sdk::names! {
    /// What the family is asked about.
    pub enum Permission {
        View = "doc.view",
        Lift = "doc.lift",
        Flip = "doc.flip",
        Many = "doc.many",
    }
}

permesso_sdk::names! {
    /// Never demanded.
    pub enum Require { Edit = "doc.edit" }
}

permesso_sdk::inputs! {
    /// Two of them are never read.
    pub struct Inputs {
        owner: texts = "resource.owner",
        weight: decimal = "resource.weight",
        at: instant = "now",
        level: integer = "resource.level",
    }
}

permesso_sdk::reasons! {
    /// One of them is never given.
    pub enum Reason {
        Owned = "owned" => "It is owned.",
        Never = "never" => "Nobody says so.",
    }
}

permesso_sdk::obligations! {
    /// Never imposed.
    pub enum Duty { Redact = "redact" => ["body"] }
}

struct Docs;

static FLIP: AtomicBool = AtomicBool::new(false);

impl Family for Docs {
    type Permission = Permission;
    type Kind = Nothing;
    type Inputs<'q> = Inputs<'q>;
    type Reason = Reason;
    type Obligation = Duty;
    type Require = Require;

    const ID: &'static str = "docs";
    const VERSION: &'static str = "1.0.0";
    const TITLE: &'static str = "Documents";

    fn evaluate(question: &Question<'_, Self>) -> Answer<Self> {
        match question.permission() {
            Permission::View if question.inputs().owner().value().is_some() => {
                Answer::forbid(Reason::Owned)
            }
            Permission::View => match question.inputs().weight().value() {
                Some(weight) => Answer::abstain().note(weight.to_string()),
                None => Answer::abstain(),
            },
            Permission::Lift => Answer::floor(Reason::Owned),
            Permission::Flip if FLIP.fetch_xor(true, Ordering::Relaxed) => Answer::abstain(),
            Permission::Flip => Answer::forbid(Reason::Owned),
            Permission::Many => Answer::abstain().until(1).note("é".repeat(1000)),
        }
    }
}

#[test]
fn values_are_converted_as_a_host_converts_them() {
    let weight = |value: Given| ask::<Docs>(Permission::View).with("resource.weight", value);
    assert_eq!(weight(3.into()).answer(), Answer::abstain().note("3"));
    assert_eq!(weight(3.5.into()).answer(), Answer::abstain().note("3.5"));
    let one_owner = ask::<Docs>(Permission::View).with("resource.owner", "ann");
    assert_eq!(one_owner.answer(), Answer::forbid(Reason::Owned));
    assert_eq!(one_owner.null("resource.owner").answer(), Answer::abstain());
}

#[test]
#[should_panic(expected = "a host denies with `input-type`")]
fn a_value_of_another_type_fails_the_test() {
    let _ = ask::<Docs>(Permission::View).with("resource.level", "high");
}

#[test]
#[should_panic(expected = "does not declare the input `resource.ownr`")]
fn a_path_that_is_not_declared_fails_the_test() {
    let _ = ask::<Docs>(Permission::View).with("resource.ownr", "ann");
}

#[test]
#[should_panic(expected = "not among the manifest's floors")]
fn a_floor_that_is_not_declared_fails_the_test() {
    let _ = ask::<Docs>(Permission::Lift).answer();
}

#[test]
#[should_panic(expected = "not a pure function")]
fn an_answer_that_changes_fails_the_test() {
    let _ = ask::<Docs>(Permission::Flip).answer();
}

#[test]
fn what_is_declared_in_vain_is_found() {
    struct Viewed;
    impl Family for Viewed {
        type Permission = Require;
        type Kind = Nothing;
        type Inputs<'q> = Inputs<'q>;
        type Reason = Reason;
        type Obligation = Duty;
        type Require = Require;
        const ID: &'static str = "viewed";
        const VERSION: &'static str = "1.0.0";
        const TITLE: &'static str = "Documents that are viewed";
        fn evaluate(question: &Question<'_, Self>) -> Answer<Self> {
            if question.inputs().owner().value().is_some() && question.inputs().weight().is(0.5) {
                Answer::forbid(Reason::Owned)
            } else {
                Answer::abstain()
            }
        }
    }
    let found = unused::<Viewed>(&["ann"], 1000);
    assert_eq!(found, ["now", "resource.level", "never", "redact", "doc.edit"]);
}

#[test]
fn a_sweep_meets_every_kind_of_value() {
    let (mut absent, mut null, mut known) = (false, false, false);
    sweep::<Docs>(&["ann"], 200, |question| {
        let shown = format!("{question:?}");
        absent |= !shown.contains("resource.owner");
        null |= shown.contains("(\"resource.owner\", Input::Null)");
        known |= shown.contains("\"ann\"");
    });
    assert!(absent && null && known);
}

#[test]
fn answers_show_codes_and_long_notes_are_cut() {
    let shown = format!("{:?}", Answer::<Docs>::forbid(Reason::Owned).oblige(Duty::Redact));
    assert_eq!(shown, "forbid(owned) oblige(redact)");
    assert_eq!(format!("{:?}", Answer::<Docs>::require(Require::Edit)), "require(doc.edit)");
    let long = ask::<Docs>(Permission::Many).answer();
    assert_eq!(long, Answer::abstain().until(1).note("é".repeat(512)));
}

#[test]
fn positions_are_those_of_the_manifest() {
    assert_eq!(Permission::at(1), Some(Permission::Lift));
    assert_eq!(Permission::at(4), None);
    assert_eq!(Reason::Never.index(), 1);
}

#[test]
fn a_family_without_a_schema_takes_no_configuration() {
    assert_eq!(Docs::validate("{}"), []);
    assert_eq!(Docs::validate(r#"{"a": 1}"#).len(), 1);
}
