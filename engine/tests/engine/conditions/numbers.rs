//! Numbers and instants at their limits.

use super::*;

#[test]
fn whole_numbers_are_exact_up_to_the_last_one() {
    let amount =
        |n: i64| [("resource.amount", Value::Int(n)), ("resource.limit", Value::Int(n - 1))];
    for n in [i64::MAX, i64::MAX - 1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, i64::MIN + 1] {
        for (source, expected) in [
            (format!("resource.amount == {n}"), true),
            (format!("resource.amount != {n}"), false),
            (format!("resource.amount > {}", n - 1), true),
            (format!("resource.amount <= {}", n - 1), false),
            (format!("resource.amount in [{}, {n}]", n - 1), true),
            (format!("resource.amount in [{}]", n - 1), false),
            ("resource.amount == resource.limit".to_owned(), false),
            ("resource.amount > resource.limit".to_owned(), true),
            ("resource.amount - resource.limit == 1".to_owned(), true),
            (format!("overlaps([{}], [resource.amount, 0])", n - 1), false),
            (format!("(resource.amount ?? {}) == {n}", n - 1), true),
        ] {
            assert_eq!(evaluate(&source, &amount(n)), Ok(expected), "{source} of {n}");
        }
    }
}

#[test]
fn three_is_three_however_it_is_written() {
    for value in [Value::Int(3), Value::Float(3.0)] {
        for path in ["resource.amount", "resource.rate"] {
            for (right, expected) in [
                ("== 3", true),
                ("== 3.0", true),
                ("!= 3", false),
                ("!= 3.0", false),
                ("<= 3", true),
                (">= 3.0", true),
                ("< 3", false),
                ("> 3.0", false),
            ] {
                let source = format!("{path} {right}");
                assert_eq!(evaluate(&source, &[(path, value.clone())]), Ok(expected), "{source}");
            }
        }
    }
}

#[test]
fn instants_are_compared_to_the_millisecond() {
    let noon = at("2026-07-01T12:00:00.001Z");
    let written = "instant(\"2026-07-01T14:00:00.001+02:00\")";
    for (operator, before, then, after) in [
        ("==", false, true, false),
        ("!=", true, false, true),
        ("<", true, false, false),
        ("<=", true, true, false),
        (">", false, false, true),
        (">=", false, true, true),
    ] {
        for (instant, expected) in [(noon - 1, before), (noon, then), (noon + 1, after)] {
            let inputs = [("resource.due", Value::Int(instant)), ("now", Value::Int(noon))];
            let source = format!("resource.due {operator} {written}");
            assert_eq!(evaluate(&source, &inputs), Ok(expected), "{source}");
            let source = format!("resource.due {operator} now");
            assert_eq!(evaluate(&source, &inputs), Ok(expected), "{source}");
            let condition = compile(&format!("now {operator} {written}"));
            let says = |now: i64| condition.evaluate(|_| Some(Cow::Owned(Value::Int(now))));
            assert_eq!(says(instant), Ok(expected));
            if let Some(next) = condition.next_change(noon - 1) {
                assert!(says(noon - 1) == says(next - 1), "{operator}");
            }
        }
    }
    // What is no whole number of milliseconds is no instant.
    for value in [Value::Float(0.5), "2026-07-01T12:00:00Z".into(), Value::Bool(true)] {
        for source in ["resource.due != now", "resource.due == now", "!(resource.due < now)"] {
            let said = evaluate(source, &[("resource.due", value.clone()), ("now", noon.into())]);
            assert!(matches!(said, Err(ConditionError::Type { .. })), "{source} {value:?}");
        }
    }
}
