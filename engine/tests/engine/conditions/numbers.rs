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

#[test]
fn a_decimal_that_is_whole_is_compared_to_the_last_digit() {
    let rate = |n: i64| [("resource.rate", Value::Int(n)), ("resource.amount", Value::Int(n - 1))];
    for n in [(1 << 53) + 1, (1 << 53) + 3, i64::MAX, -(1 << 53) - 1] {
        for (source, expected) in [
            (format!("resource.rate == {n}"), true),
            (format!("resource.rate == {}", n - 1), false),
            (format!("resource.rate != {}", n - 1), true),
            (format!("resource.rate > {}", n - 1), true),
            (format!("{} < resource.rate", n - 1), true),
            (format!("resource.rate <= {}", n - 1), false),
            ("resource.rate > resource.amount".to_owned(), true),
            ("resource.amount >= resource.rate".to_owned(), false),
            ("resource.amount == resource.rate".to_owned(), false),
            (format!("(resource.rate ?? {}) == {n}", n - 1), true),
            (format!("-resource.rate == {}", n.wrapping_neg()), true),
        ] {
            assert_eq!(evaluate(&source, &rate(n)), Ok(expected), "{source} of {n}");
        }
    }
    // What is calculated is a decimal, and as near as decimals are.
    let three = [("resource.rate", Value::Int(3)), ("resource.amount", Value::Int(2))];
    for (source, expected) in [
        ("resource.rate / 2 == 1.5", true),
        ("resource.rate / resource.amount == 1.5", true),
        ("resource.amount / resource.rate > 0.6", true),
        ("resource.rate % 2 == 1", true),
        ("(resource.rate ?? 1) / 2 == 1.5", true),
    ] {
        assert_eq!(evaluate(source, &three), Ok(expected), "{source}");
    }
    let tenth = [("resource.rate", Value::Float(0.1))];
    assert_eq!(evaluate("resource.rate + 0.2 == 0.3", &tenth), Ok(true));
    assert_eq!(evaluate("resource.rate == 0.1", &tenth), Ok(true));
    let near = [("resource.rate", Value::Float(0.1 + f64::EPSILON / 16.0))];
    assert_eq!(evaluate("resource.rate == 0.1", &near), Ok(false));
}

mod on_paper {
    use super::*;
    use proptest::prelude::*;

    /// Twice a number, which is whole.
    fn twice(value: &Value<'_>) -> i128 {
        match value {
            Value::Int(number) => i128::from(*number) * 2,
            Value::Float(number) => (number * 2.0) as i128,
            _ => unreachable!(),
        }
    }

    /// Whole numbers and halves, most of them where decimals leave whole numbers out.
    fn numbers() -> impl Strategy<Value = Value<'static>> {
        let whole = || prop_oneof![any::<i64>(), (1_i64 << 52)..(1 << 55), -3_i64..=3];
        prop_oneof![
            whole().prop_map(Value::Int),
            whole().prop_map(|number| Value::Float(number as f64)),
            (-3_i64..=3).prop_map(|number| Value::Float(number as f64 + 0.5)),
        ]
    }

    proptest! {
        #[test]
        fn numbers_compare_in_conditions_as_they_do_on_paper(
            (one, other) in (numbers(), numbers()),
            step in -2_i64..=2,
            near in any::<bool>(),
        ) {
            // Two that differ by little, or by nothing.
            let other = match (&one, near) {
                (Value::Int(number), true) => Value::Float(number.saturating_add(step) as f64),
                _ => other,
            };
            let inputs = [
                ("resource.rate", one.clone()),
                ("resource.weight", other.clone()),
                ("resource.amount", one.clone()),
            ];
            let paper = twice(&one).cmp(&twice(&other));
            for (operator, expected) in [
                ("==", paper.is_eq()),
                ("!=", paper.is_ne()),
                ("<", paper.is_lt()),
                ("<=", paper.is_le()),
                (">", paper.is_gt()),
                (">=", paper.is_ge()),
            ] {
                for path in ["rate", "amount"] {
                    if path == "amount" && one.whole().is_none() {
                        continue;
                    }
                    let source = format!("resource.{path} {operator} resource.weight");
                    let said = evaluate(&source, &inputs);
                    prop_assert_eq!(said, Ok(expected), "{} of {:?} and {:?}", source, one, other);
                }
            }
            let literal = match &other {
                Value::Int(number) if *number != i64::MIN => number.to_string(),
                _ => return Ok(()),
            };
            let source = format!("resource.rate <= {literal}");
            prop_assert_eq!(evaluate(&source, &inputs), Ok(paper.is_le()), "{} of {:?}", source, one);
        }
    }
}
