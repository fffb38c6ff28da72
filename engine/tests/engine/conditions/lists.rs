//! Lists that have something in common.

use super::*;
use insta::assert_snapshot;

#[test]
fn lists_overlap_where_anything_is_in_both() {
    let inputs = [
        ("subject.teams", texts(&["sales", "support"])),
        ("resource.teams", texts(&["sales/east", "support"])),
        ("resource.labels", Value::List(Vec::new())),
        ("resource.amount", Value::Int(5)),
        ("resource.title", "support".into()),
    ];
    for (source, expected) in [
        ("overlaps(subject.teams, resource.teams)", true),
        ("subject.teams.overlaps(resource.teams)", true),
        ("overlaps(resource.labels, resource.teams)", false),
        ("overlaps(resource.teams, [\"sales\", \"legal\"])", false),
        ("overlaps([\"sales/east\"], resource.teams)", true),
        ("overlaps([resource.title, \"x\"], subject.teams)", true),
        ("overlaps(subject.teams, [\"x\", resource.title])", true),
        ("overlaps([resource.title], [resource.title])", true),
        ("overlaps([1, resource.amount], [4, 5])", true),
        ("overlaps([1, 2], [resource.amount, 3])", false),
        ("overlaps([resource.amount], [resource.amount])", true),
        ("!overlaps(subject.teams, resource.labels ?? [])", true),
    ] {
        assert_eq!(evaluate(source, &inputs), Ok(expected), "{source}");
    }
    // One text is a list of one.
    assert!(holds(
        "overlaps(resource.teams, subject.teams)",
        &[("resource.teams", "a".into()), ("subject.teams", texts(&["b", "a"]))]
    ));
}

#[test]
fn a_list_that_is_not_known_overlaps_with_none_and_not_with_none() {
    let source = "overlaps(subject.teams, resource.teams)";
    let teams =
        |value: Value<'static>| [("subject.teams", texts(&["a"])), ("resource.teams", value)];
    let mixed = Value::List(vec!["a".into(), Value::Null]);
    for value in [Value::Null, Value::Int(5), mixed] {
        for source in [source.to_owned(), format!("!{source}")] {
            let said = evaluate(&source, &teams(value.clone()));
            assert!(matches!(said, Err(ConditionError::Type { .. })), "{source} {value:?}");
        }
    }
    assert_eq!(
        evaluate(source, &[("subject.teams", texts(&["a"]))]),
        Err(ConditionError::Missing(path("resource.teams")))
    );
}

#[test]
fn one_that_is_known_settles_a_list_of_which_some_is_missing() {
    let inputs = [("resource.title", "a".into()), ("subject.teams", texts(&["a", "b"]))];
    for (source, expected) in [
        ("resource.title in [resource.owner, \"a\"]", Some(true)),
        ("resource.title !in [resource.owner, \"a\"]", Some(false)),
        ("resource.title in [resource.owner, \"b\"]", None),
        ("resource.title !in [resource.owner, \"b\"]", None),
        ("contains([\"b\", resource.title, resource.owner], resource.title)", Some(true)),
        ("resource.owner in [resource.title, \"b\"]", None),
        ("resource.owner in [resource.owner, \"b\"]", None),
        ("\"a\" in [resource.owner, resource.region]", None),
        ("lower(resource.title) in [lower(resource.owner), \"a\"]", Some(true)),
        ("overlaps([resource.owner, \"a\"], subject.teams)", Some(true)),
        ("overlaps(subject.teams, [resource.owner, resource.title])", Some(true)),
        ("!overlaps(subject.teams, [resource.owner, \"b\"])", Some(false)),
        ("overlaps([resource.owner, \"x\"], subject.teams)", None),
        ("!overlaps([resource.owner, \"x\"], subject.teams)", None),
        ("overlaps([resource.owner, \"a\"], [resource.region, resource.title])", Some(true)),
        ("overlaps([resource.owner], [resource.owner, resource.title])", None),
        ("overlaps([1, resource.amount], [resource.limit, 1])", Some(true)),
        ("overlaps([1, resource.amount], [resource.limit, 2])", None),
        ("resource.title == \"x\" || resource.title in [resource.owner, \"a\"]", Some(true)),
    ] {
        assert_eq!(evaluate(source, &inputs).ok(), expected, "{source}");
    }
}

#[test]
fn what_is_no_list_or_of_another_type_is_refused() {
    assert_snapshot!(refused("overlaps(subject.teams, resource.title)"), @r"
    1:1: `overlaps` needs a list of texts here, not a text
      help: write `resource.title in subject.teams` to look for one of them
    ");
    assert_snapshot!(refused("overlaps(subject.teams, [1, 2])"), @r"
    1:1: `overlaps` needs a list of texts here, not a list of whole numbers
      help: write two lists of texts or of whole numbers, as in `overlaps(subject.teams, resource.teams)`
    ");
    assert_snapshot!(refused("intersects(subject.teams, resource.teams)"), @r"
    1:1: unknown function `intersects`
      help: write `overlaps(subject.teams, resource.teams)` for lists that have something in common
    ");
    for source in [
        "overlaps(resource.title, resource.teams)",
        "overlaps(resource.amount, [1])",
        "overlaps([1], [\"a\"])",
        "overlaps([\"a\"], [\"a\"])",
        "overlaps(subject.teams)",
        "overlaps(subject.teams, [])",
        "overlaps(subject.teams, resource.teams) == 1",
    ] {
        assert!(!mistakes(source).is_empty(), "{source}");
    }
}

#[test]
fn long_lists_cost_what_they_are_long() {
    let list = |from: usize| {
        Value::List((from..from + 1_000).map(|n| Value::from(format!("team {n}"))).collect())
    };
    let inputs = [("subject.teams", list(0)), ("resource.teams", list(1_000))];
    let condition = compile("overlaps(subject.teams, resource.teams)");
    let inputs: Attributes<'_> = inputs.into_iter().collect();
    let timed = |_| {
        let begun = Instant::now();
        let said = condition.evaluate(|path| inputs.at(&path.to_string()).map(Cow::Borrowed));
        assert_eq!(said, Ok(false));
        begun.elapsed()
    };
    // A million comparisons would take longer, and so would a build that is not optimised.
    assert!((0..20).map(timed).min().unwrap() < Duration::from_millis(20));
}
