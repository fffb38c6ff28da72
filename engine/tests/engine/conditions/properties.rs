//! What holds of every condition.

use super::*;
use proptest::prelude::*;

const PATHS: [(&str, &str); 12] = [
    ("resource.amount", "integer"),
    ("resource.rate", "decimal"),
    ("resource.shared", "boolean"),
    ("resource.title", "text"),
    ("resource.labels", "texts"),
    ("resource.created", "instant"),
    ("subject.roles", "texts"),
    ("subject.id", "text"),
    ("subject.owner", "boolean"),
    ("subject.level", "integer"),
    ("context.ip", "text"),
    ("now", "instant"),
];

fn value_of(path: &str) -> Option<Value<'static>> {
    Some(match SCHEMA.kind(path)?.name() {
        "boolean" => Value::Bool(true),
        "integer" => Value::Int(7),
        "decimal" => Value::Float(0.5),
        "texts" => texts(&["a", "b"]),
        "instant" => Value::Int(1_800_000_000_000),
        _ => Value::from("10.0.0.1"),
    })
}

/// Something that may be part of a condition.
fn words() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        3 => prop::sample::select(PATHS.map(|(path, _)| path.to_owned()).to_vec()),
        3 => prop::sample::select(
            ["==", "!=", "<", ">=", "&&", "||", "!", "+", "-", "*", "/", "%", "in", "!in", "(", ")",
             "[", "]", ",", ".", "contains(", "has_role(", "hour_in(", "days(", "instant(",
             "in_cidr(", "starts_with("]
                .map(str::to_owned).to_vec()
        ),
        2 => prop::sample::select(
            ["1", "0", "-5", "2.5", "9223372036854775807", "true", "\"a\"", "\"10.0.0.0/8\"",
             "\"UTC\"", "'a'", "()", "x", "=", ";", "let", "fn", "while", "{", "}", "#{", "`${",
             "eval", "this", "..", "??", "?.", "/*", "//", "\n", "\u{0}", "ß"]
                .map(str::to_owned).to_vec()
        ),
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(word, 0..40).prop_map(|words| words.join(" "))
}

/// A condition that is in order.
fn conditions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(
        [
            "resource.amount > 5",
            "resource.amount + subject.level * 2 == 21",
            "resource.rate < 1.5",
            "resource.shared",
            "resource.title == \"a\"",
            "resource.title in [\"a\", subject.id]",
            "\"a\" in resource.labels",
            "has_role(\"a\")",
            "in_team(resource.title)",
            "in_cidr(context.ip, \"10.0.0.0/8\")",
            "now - resource.created < days(subject.level)",
            "hour_in(now, 9, 18, \"Europe/Rome\")",
            "subject.owner == resource.shared",
        ]
        .map(str::to_owned)
        .to_vec(),
    );
    leaf.prop_recursive(4, 20, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

/// Compiles and, if it is in order, evaluates with exactly the inputs that it names.
fn run(source: &str) -> Option<Result<bool, ConditionError>> {
    let condition = ENGINE.compile(source, &SCHEMA).ok()?;
    let named: BTreeSet<_> = condition.inputs().iter().map(ToString::to_string).collect();
    let begun = Instant::now();
    let answer = condition.evaluate(|path| {
        let path = path.to_string();
        assert!(named.contains(&path), "{path} is not among the inputs of {source}");
        value_of(&path).map(Cow::Owned)
    });
    assert!(begun.elapsed() < Duration::from_millis(200), "{source} ran too long");
    Some(answer)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_whatever_makes_the_engine_panic(source in words()) {
        if let Some(Err(error)) = run(&source) {
            prop_assert!(!matches!(error, ConditionError::Missing(_) | ConditionError::Failed));
        }
        for fault in ENGINE.compile(&source, &SCHEMA).err().unwrap_or_default() {
            prop_assert!(fault.at.line > 0 && fault.at.column > 0);
            prop_assert!(!fault.message().is_empty());
        }
    }

    #[test]
    fn the_inputs_named_are_the_inputs_needed(source in conditions()) {
        let condition = compile(&source);
        // With all of them it has an answer, and without any one of them it has none.
        let all = |path: &InputPath| value_of(&path.to_string()).map(Cow::Owned);
        let answer = condition.evaluate(all);
        prop_assert!(answer.is_ok(), "{answer:?}");
        for left_out in condition.inputs() {
            prop_assert!(source.contains(&left_out.to_string()) || source.contains('('));
            let without = condition.evaluate(|path| all(path).filter(|_| path != left_out));
            prop_assert_eq!(without, Err(ConditionError::Missing(left_out.clone())));
        }
    }

    #[test]
    fn nothing_changes_before_the_next_change(
        source in prop::sample::select(vec![
            "hour_in(now, 9, 18, \"Europe/Rome\") && weekday_in(now, \"mon-fri\", \"Europe/Rome\")",
            "hour_in(now, 22, 6, \"Asia/Kolkata\") || now > instant(\"2026-07-01T00:00:00Z\")",
            "now - days(3) <= instant(\"2026-03-29T00:30:00Z\")",
            "hour_in(now + minutes(90), 2, 3, \"America/New_York\")",
        ]),
        now in 1_770_000_000_000_i64..1_800_000_000_000,
        part in 0.0..1.0_f64,
    ) {
        let condition = compile(source);
        let ask = |now: i64| condition.evaluate(|_| Some(Cow::Owned(Value::Int(now))));
        let next = condition.next_change(now).unwrap_or(now + 1_000_000_000);
        prop_assert!(next > now);
        let between = now + ((next - 1 - now) as f64 * part) as i64;
        prop_assert_eq!(ask(now), ask(between));
        prop_assert_eq!(ask(now), ask(next - 1));
    }
}
