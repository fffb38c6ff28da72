//! Predicates of guards and exemptions through the pipeline: who asks never profits from an
//! attribute that is missing or of another type than what it is compared with.

use crate::common;
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::model::Value;

/// The product, with this in place of what its guard on printing demands.
fn guarded(require: &str) -> Authorizer {
    let right = "condition: resource.words <= 500";
    let catalog = common::CATALOG.replace(right, &format!("require: {require}"));
    assert_ne!(catalog, common::CATALOG);
    let authorizer = Authorizer::new(100);
    let policy = common::build(&catalog, common::TENANT, common::PEOPLE, &FamilySet::default());
    authorizer.install(policy.unwrap_or_else(|faults| panic!("{require}: {faults}")));
    authorizer
}

fn prints(authorizer: &Authorizer, attributes: &[(&str, Value<'_>)]) -> bool {
    common::outcome(authorizer, "boss", "doc.print", attributes) == "allow"
}

/// Values of every type, none of them `true`, `false`, `"open"` or equal to 3.
fn others() -> Vec<Value<'static>> {
    vec![
        Value::Null,
        "true".into(),
        "3".into(),
        "".into(),
        1.into(),
        Value::Float(1.0),
        Value::List(Vec::new()),
        Value::List(vec![true.into()]),
        Value::List(vec!["open".into()]),
        Value::List(vec![3.into()]),
        Value::Map([("a", Value::Bool(true))].into_iter().collect()),
    ]
}

#[test]
fn a_guard_holds_of_no_attribute_of_another_type_however_it_compares() {
    for (written, with) in [
        ("true", Value::Bool(true)),
        ("open", "open".into()),
        ("3", 3.into()),
        ("3.0", Value::Float(3.0)),
    ] {
        for comparison in ["is", "is_not"] {
            let authorizer = guarded(&format!("{{resource.it: {{{comparison}: {written}}}}}"));
            assert!(!prints(&authorizer, &[]), "{comparison} {written} of nothing");
            for value in others() {
                let holds = comparison == "is_not" && value.equals(&with) == Some(false);
                let said = prints(&authorizer, &[("it", value.clone())]);
                assert_eq!(said, holds, "{comparison} {written} of {value:?}");
            }
        }
    }
    for require in ["{at_most: 7}", "{at_least: -7}", "{in: [true, false]}", "{in: [0, 9.5]}"] {
        let authorizer = guarded(&format!("{{resource.it: {require}}}"));
        for value in others().into_iter().filter(|value| value.number().is_none()) {
            assert!(!prints(&authorizer, &[("it", value.clone())]), "{require} of {value:?}");
        }
    }
}

#[test]
fn what_is_not_locked_is_known_not_to_be_locked() {
    let authorizer = guarded("{resource.locked: {is_not: true}}");
    assert!(prints(&authorizer, &[("locked", Value::Bool(false))]));
    for value in [Value::Bool(true), "true".into(), "false".into(), 1.into(), 0.into()] {
        assert!(!prints(&authorizer, &[("locked", value.clone())]), "{value:?}");
    }
}

#[test]
fn a_number_is_what_it_is_however_it_is_written() {
    let (is, is_not) =
        (guarded("{resource.level: {is: 3}}"), guarded("{resource.level: {is_not: 3}}"));
    let listed = guarded("{resource.level: {in: [a, 3]}}");
    for (value, equal) in [
        (Value::Int(3), true),
        (Value::Float(3.0), true),
        (Value::Int(4), false),
        (Value::Float(3.5), false),
    ] {
        let level = [("level", value.clone())];
        assert_eq!(prints(&is, &level), equal, "{value:?}");
        assert_eq!(prints(&listed, &level), equal, "{value:?}");
        assert_eq!(prints(&is_not, &level), !equal, "{value:?}");
    }
}

#[test]
fn limits_are_kept_to_the_last_digit() {
    let at_most = guarded("{resource.size: {at_most: 9007199254740992}}");
    let at_least = guarded("{resource.size: {at_least: 9007199254740993}}");
    for (size, small) in [
        (Value::Int(9_007_199_254_740_992), true),
        (Value::Float(9_007_199_254_740_992.0), true),
        (Value::Int(9_007_199_254_740_993), false),
        (Value::Float(9_007_199_254_740_994.0), false),
    ] {
        assert_eq!(prints(&at_most, &[("size", size.clone())]), small, "{size:?}");
        assert_eq!(prints(&at_least, &[("size", size.clone())]), !small, "{size:?}");
    }
}

#[test]
fn an_exemption_that_cannot_be_told_exempts_nobody() {
    let exempting = "unless: {subject.exempt: true}";
    let catalog = common::CATALOG.replace(exempting, "unless: {subject.rank: {is_not: 1}}");
    assert_ne!(catalog, common::CATALOG);
    for (rank, exempt) in [
        ("2", true),
        ("1.5", true),
        ("1", false),
        ("1.0", false),
        ("'2'", false),
        ("true", false),
        ("[2]", false),
        ("null", false),
    ] {
        let people = common::PEOPLE.replace("{exempt: true}", &format!("{{rank: {rank}}}"));
        let authorizer = Authorizer::new(100);
        let built = common::build(&catalog, common::TENANT, &people, &FamilySet::default());
        authorizer.install(built.unwrap());
        let said = common::outcome(&authorizer, "exempt", "doc.list", &[]);
        assert_eq!(said == "allow", exempt, "{rank}: {said}");
    }
}

#[test]
fn a_country_that_is_called_no_is_a_country() {
    let authorizer = guarded("{resource.country: {is_not: NO}}");
    assert!(!prints(&authorizer, &[("country", "NO".into())]));
    assert!(prints(&authorizer, &[("country", "SE".into())]));
}
