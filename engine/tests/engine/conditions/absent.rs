//! Attributes that may be missing, and conditions that say so themselves.

use super::*;

const NOTHING: &[(&str, Value<'static>)] = &[];

#[test]
fn whether_an_attribute_is_set_is_always_known() {
    let amount = |value: Value<'static>| [("resource.amount", value)];
    for source in ["is_set(resource.amount)", "resource.amount.is_set()"] {
        assert_eq!(evaluate(source, NOTHING), Ok(false), "{source}");
        assert_eq!(evaluate(source, &amount(Value::Null)), Ok(false), "{source}");
        for value in [Value::Int(0), "five".into(), Value::List(Vec::new())] {
            assert_eq!(evaluate(source, &amount(value)), Ok(true), "{source}");
            assert_eq!(evaluate(&format!("!{source}"), &amount("x".into())), Ok(false));
        }
        assert_eq!(evaluate(&format!("!{source}"), NOTHING), Ok(true));
    }
}

#[test]
fn what_is_set_can_be_asked_for_more() {
    let amount = |value: Value<'static>| [("resource.amount", value)];
    for both in [
        "is_set(resource.amount) && resource.amount > 5",
        "resource.amount > 5 && is_set(resource.amount)",
    ] {
        assert_eq!(evaluate(both, NOTHING), Ok(false), "{both}");
        assert_eq!(evaluate(both, &amount(6.into())), Ok(true), "{both}");
        let ill_typed = evaluate(both, &amount("six".into()));
        assert!(matches!(ill_typed, Err(ConditionError::Type { .. })), "{both}");
    }
    let unless = "!is_set(resource.amount) || resource.amount < 5";
    assert_eq!(evaluate(unless, NOTHING), Ok(true));
    assert_eq!(evaluate(unless, &amount(6.into())), Ok(false));
}

#[test]
fn a_default_stands_for_what_is_not_sent_and_for_nothing_else() {
    for (source, path, low, high) in [
        ("resource.amount ?? 3 > 5", "resource.amount", Value::Int(5), Value::Int(6)),
        ("(resource.rate ?? 1) / 2 > 0.5", "resource.rate", 1.into(), Value::Float(1.5)),
        ("resource.shared ?? false", "resource.shared", false.into(), true.into()),
        ("(resource.title ?? \"a\") == \"b\"", "resource.title", "a".into(), "b".into()),
        ("resource.amount ?? -3 == 7", "resource.amount", Value::Int(-3), Value::Int(7)),
        ("\"x\" in (resource.labels ?? [])", "resource.labels", texts(&["y"]), texts(&["x"])),
        ("\"x\" in (resource.labels ?? [\"y\"])", "resource.labels", "y".into(), "x".into()),
        (
            "(resource.created ?? instant(\"1970-01-01T00:00:00Z\")) > \
             instant(\"2026-01-01T00:00:00Z\")",
            "resource.created",
            0.into(),
            Value::Int(i64::MAX),
        ),
    ] {
        assert_eq!(evaluate(source, NOTHING), Ok(false), "{source} of nothing");
        assert_eq!(evaluate(source, &[(path, Value::Null)]), Ok(false), "{source} of null");
        assert_eq!(evaluate(source, &[(path, low)]), Ok(false), "{source}");
        assert_eq!(evaluate(source, &[(path, high)]), Ok(true), "{source}");
        let ill_typed = Value::Map([("a", Value::Int(1))].into_iter().collect());
        for source in [source.to_owned(), format!("!({source})")] {
            let said = evaluate(&source, &[(path, ill_typed.clone())]);
            assert!(matches!(said, Err(ConditionError::Type { .. })), "{source} of a map");
        }
    }
}

#[test]
fn a_default_is_the_value_itself_and_no_whole_division() {
    assert!(holds("(resource.rate ?? 1) / 2 == 0.5", NOTHING));
    assert!(holds("(resource.amount ?? 1) / 2 == 0", NOTHING));
}

#[test]
fn a_path_that_is_read_in_several_ways_is_asked_for_once() {
    let condition = compile(
        "is_set(resource.amount) && resource.amount > 1 && (resource.amount ?? 2) > 1 \
         && is_set(resource.amount)",
    );
    assert_eq!(condition.inputs(), [path("resource.amount")]);
    let asked = std::cell::Cell::new(0);
    let said = condition.evaluate(|_| {
        asked.set(asked.get() + 1);
        Some(Cow::Owned(Value::Int(5)))
    });
    assert_eq!((said, asked.get()), (Ok(true), 1));
}

#[test]
fn a_default_of_another_type_or_of_what_is_always_there_is_refused() {
    insta::assert_snapshot!(refused("resource.amount ?? \"0\" > 5"), @r"
    1:20: `??` needs a whole number here, not a text
      help: `resource.amount` was declared as a whole number; write one behind `??`
    ");
    insta::assert_snapshot!(refused("is_set(subject.roles) || is_set(resource.amuont)"), @r"
    1:8: this is always the same, whoever asks
      help: `subject.roles` is always there; read it as it is
    1:33: unknown attribute `resource.amuont`
      help: did you mean `resource.amount`?
    ");
    for source in [
        "resource.amount ?? 1.5 > 1",
        "resource.amount ?? true",
        "resource.title ?? 0 == \"a\"",
        "resource.shared ?? \"no\"",
        "\"x\" in (resource.labels ?? \"x\")",
        "\"x\" in (resource.labels ?? [1])",
        "resource.created ?? 0 < now",
        "resource.kind ?? \"lead\" == \"lead\"",
        "now ?? now > now",
        "resource.amount ?? resource.limit > 1",
        "resource.amount ?? resource.limit ?? 0 > 1",
        "(resource.amount + 1) ?? 0 > 1",
        "5 ?? 6 > resource.amount",
        "is_set(5)",
        "is_set(\"resource.amount\")",
        "is_set(resource)",
        "is_set(resource.amount + 1)",
        "is_set(resource.amount, resource.limit)",
        "is_set()",
        "is_set(now)",
        "is_set(subject.id)",
    ] {
        assert!(!mistakes(source).is_empty(), "{source}");
    }
}
