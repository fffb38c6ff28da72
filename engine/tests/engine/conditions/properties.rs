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

/// What is known of a request, some of it wrongly.
static SOME: LazyLock<Vec<(&str, Value<'static>)>> = LazyLock::new(|| {
    vec![
        ("resource.amount", 0.into()),
        ("resource.limit", 9.into()),
        ("resource.shared", true.into()),
        ("context.ip", "nowhere".into()),
        ("subject.level", "high".into()),
    ]
});

/// Parts of a condition, and what each is worth then.
const PARTS: [(&str, Option<bool>); 9] = [
    ("resource.amount == 0", Some(true)),
    ("resource.amount > 5", Some(false)),
    ("resource.shared", Some(true)),
    ("6 / resource.limit > 5", Some(false)),
    ("6 / resource.amount > 5", None),
    ("in_cidr(context.ip, \"10.0.0.0/8\")", None),
    ("resource.title == \"a\"", None),
    ("subject.owner", None),
    ("subject.level > 5", None),
];

/// Parts that are joined.
#[derive(Debug, Clone)]
enum Tree {
    Part(usize),
    Not(Box<Tree>),
    Joined(&'static str, Box<[Tree; 2]>),
}

impl Tree {
    /// Kleene's logic, from its tables.
    fn worth(&self) -> Option<bool> {
        match self {
            Self::Part(part) => PARTS[*part].1,
            Self::Not(inner) => inner.worth().map(|it| !it),
            Self::Joined(operator, both) => match (*operator, both[0].worth(), both[1].worth()) {
                ("&&", Some(false), _) | ("&&", _, Some(false)) => Some(false),
                ("||", Some(true), _) | ("||", _, Some(true)) => Some(true),
                ("==", one, other) => Some(one? == other?),
                ("!=", one, other) => Some(one? != other?),
                (_, one, other) => Some(match *operator {
                    "&&" => one? && other?,
                    _ => one? || other?,
                }),
            },
        }
    }

    /// As it is written, or with the two sides of everything changed over.
    fn written(&self, over: bool) -> String {
        match self {
            Self::Part(part) => format!("({})", PARTS[*part].0),
            Self::Not(inner) => format!("!{}", inner.written(over)),
            Self::Joined(operator, both) => {
                let (one, other) = (both[0].written(over), both[1].written(over));
                let (one, other) = if over { (other, one) } else { (one, other) };
                format!("({one} {operator} {other})")
            }
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let operators = prop::sample::select(vec!["&&", "||", "&&", "||", "==", "!="]);
    (0..PARTS.len()).prop_map(Tree::Part).prop_recursive(4, 16, 2, move |inner| {
        prop_oneof![
            1 => inner.clone().prop_map(|it| Tree::Not(Box::new(it))),
            4 => (operators.clone(), inner.clone(), inner)
                .prop_map(|(operator, one, other)| Tree::Joined(operator, Box::new([one, other]))),
        ]
    })
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
        // With all of them it has an answer. Without any one of them it has none, unless what is
        // left settles it; and then it is the same.
        let all = |path: &InputPath| value_of(&path.to_string()).map(Cow::Owned);
        let answer = condition.evaluate(all);
        prop_assert!(answer.is_ok(), "{answer:?}");
        for left_out in condition.inputs() {
            prop_assert!(source.contains(&left_out.to_string()) || source.contains('('));
            let without = condition.evaluate(|path| all(path).filter(|_| path != left_out));
            let missing = Err(ConditionError::Missing(left_out.clone()));
            prop_assert!(without == missing || without == answer, "{without:?}");
            prop_assert!(without == missing || source.contains("&&") || source.contains("||"));
        }
    }

    #[test]
    fn what_is_not_known_yet_never_turns_an_answer(
        source in conditions(),
        known in prop::collection::vec(any::<bool>(), 12),
    ) {
        let condition = compile(&source);
        let all = |path: &InputPath| value_of(&path.to_string()).map(Cow::Owned);
        let some = condition.evaluate(|path| {
            let at = condition.inputs().iter().position(|input| input == path);
            all(path).filter(|_| at.and_then(|at| known.get(at)) == Some(&true))
        });
        if some.is_ok() {
            prop_assert_eq!(some, condition.evaluate(all));
        }
    }

    #[test]
    fn an_answer_is_settled_by_what_is_known_wherever_that_stands(parts in trees()) {
        let (expected, written) = (parts.worth(), parts.written(false));
        for source in [&written, &parts.written(true)] {
            let said = evaluate(source, &SOME).ok();
            prop_assert_eq!(said, expected, "{}", source);
            // What cannot be known is not turned into a yes by being denied.
            let opposite = evaluate(&format!("!({source})"), &SOME).ok();
            prop_assert_eq!(opposite, expected.map(|it| !it), "!({})", source);
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
