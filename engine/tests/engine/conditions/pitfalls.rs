//! The pitfalls of the script library, one sentence each.

use super::*;
use insta::assert_snapshot;

#[test]
fn a_value_of_one_request_is_never_baked_into_the_condition() {
    let condition = compile(r#"subject.billing == "admin" && has_role("admin")"#);
    let ask = |billing: &'static str, roles: &[&'static str]| {
        condition.evaluate(|path| {
            Some(Cow::Owned(match path {
                InputPath::SubjectRoles => texts(roles),
                _ => Value::from(billing),
            }))
        })
    };
    assert_eq!(ask("admin", &["admin"]), Ok(true));
    assert_eq!(ask("guest", &["admin"]), Ok(false));
    assert_eq!(ask("admin", &["guest"]), Ok(false));
    assert_eq!(ask("admin", &["admin"]), Ok(true));
}

#[test]
fn a_misspelt_attribute_is_refused_when_the_condition_is_saved() {
    assert_snapshot!(refused("resource.amuont > 5 || resource.addres.city == \"Rome\""), @r#"
    1:1: unknown attribute `resource.amuont`
      help: did you mean `resource.amount`?
    1:24: unknown attribute `resource.addres.city`
      help: did you mean `resource.address.city`?
    "#);
}

#[test]
fn a_comparison_of_different_types_is_refused_and_not_false() {
    for source in [
        r#"!(subject.billing > 5)"#,
        r#"subject.level == "5""#,
        r#"resource.shared == "x""#,
        "resource.created > 5",
        "now == 0",
        r#"resource.labels == "vip""#,
        r#"subject.level in ["1", "2"]"#,
        "resource.title in [1, 2]",
    ] {
        assert_eq!(mistakes(source).len(), 1, "{source}");
    }
}

#[test]
fn an_attribute_of_another_type_than_declared_is_an_error_and_not_false() {
    let text = [("subject.level", Value::from("9"))];
    assert_eq!(
        evaluate("!(subject.level > 5)", &text).unwrap_err().to_string(),
        "`subject.level` is text, but integer was declared; correct one of them"
    );
    for value in
        [Value::Null, Value::Float(9.5), Value::Float(1e19), Value::Bool(true), texts(&["9"])]
    {
        assert!(matches!(
            evaluate("subject.level > 5", &[("subject.level", value)]),
            Err(ConditionError::Type { .. })
        ));
    }
    // Nine is nine, however it is written.
    assert_eq!(evaluate("subject.level == 9", &[("subject.level", Value::Float(9.0))]), Ok(true));
    assert!(matches!(
        evaluate("\"a\" in resource.labels", &[("resource.labels", Value::List(vec![1.into()]))]),
        Err(ConditionError::Type { found: "integer", .. })
    ));
}

#[test]
fn a_missing_attribute_is_an_error_where_it_could_make_a_difference() {
    for source in [
        "resource.shared && resource.amount > 5",
        "!(resource.amount > 5)",
        "!(resource.shared && resource.amount > 5)",
        "resource.shared == (resource.amount > 5)",
        "resource.shared != (resource.amount > 5)",
        "!resource.shared || resource.amount > 5",
    ] {
        let known = [("resource.shared", Value::Bool(true))];
        let expected = Err(ConditionError::Missing(path("resource.amount")));
        assert_eq!(evaluate(source, &known), expected, "{source}");
    }
}

#[test]
fn what_strict_variables_do_not_catch_is_caught() {
    assert!(matches!(mistakes("level > 5")[..], [Mistake::UnknownPath(_)]));
    assert!(matches!(mistakes("subject.lvl > 5")[..], [Mistake::UnknownPath(_)]));
    assert!(matches!(mistakes("has_rol(\"a\")")[..], [Mistake::UnknownFunction(_)]));
    assert!(matches!(mistakes("subject.id.len() > 5")[..], [Mistake::UnknownFunction(_)]));
    assert!(matches!(mistakes("subject.id.lower().upper() == \"\"")[..], [Mistake::NotAllowed(_)]));
}

#[test]
fn there_is_no_function_that_acts_waits_or_grows() {
    for call in [
        "eval(\"true\")",
        "sleep(1)",
        "timestamp() > 5",
        "print(\"x\")",
        "debug(\"x\")",
        "exit()",
        "parse_json(\"{}\")",
        "Fn(\"x\")",
        "call(1)",
        "curry(1)",
        "is_def_var(\"x\")",
        "type_of(1) == \"i64\"",
        "resource.title.pad(200000000, \"x\") == \"\"",
        "range(0, 1)",
        "rand() > 1",
        "now() > 1",
        "import(\"x\")",
        "contains!(resource.title, \"x\")",
    ] {
        assert!(!mistakes(call).is_empty(), "{call}");
    }
}

#[test]
fn only_one_expression_is_a_condition() {
    for source in [
        "let x = 1; true",
        "if resource.shared { true } else { false }",
        "switch resource.amount { 1 => true, _ => false }",
        "while true {}",
        "for x in [1] {}",
        "loop { break; }",
        "do {} while true",
        "fn f() { true } f()",
        "|x| x",
        "|| true",
        "throw 1",
        "try { true } catch { false }",
        "return true",
        "{ resource.shared }",
        "resource.shared = true",
        "resource.amount += 1",
        "resource.shared;",
        "import \"x\" as y; true",
        "#{a: 1}.a == 1",
        "resource.labels[0] == \"a\"",
        "resource?.amount == 1",
        "resource.amount ?? resource.limit == 5",
        "resource.amount in 1..5",
        "`${resource.title}` == \"\"",
        "this == 1",
        "global::x == 1",
        "resource.amount ** 2 == 4",
        "resource.amount & 1 == 1",
        "() == ()",
        "true",
        "1 == 1",
        "resource.amount",
        "resource",
        "",
        "  // nothing",
    ] {
        assert!(!mistakes(source).is_empty(), "{source}");
    }
}

#[test]
fn what_nobody_sees_is_refused_wherever_it_stands() {
    assert_snapshot!(refused("resource.address.city == \"Ro\u{200b}me\""), @r#"
    1:29: the condition holds U+200B, which is not seen and may change how others are; leave it out
      help: delete it and write what stands around it again
    "#);
    for source in [
        "resource.address.city == \"\u{202e}emoR\"",
        "resource.\u{200d}amount > 5",
        "resource.amount > 5 /* \u{2066} */",
        r#"resource.address.city == "Ro\u200bme""#,
    ] {
        assert!(mistakes(source).iter().any(|it| matches!(it, Mistake::Unseen(_))), "{source}");
    }
    compile("resource.amount > 5\r\n\t&& resource.address.city == \"Forl\u{ec}\"");
}

#[test]
fn large_values_are_refused_before_they_are_looked_through() {
    let long = "x".repeat(5_000);
    let title = [("resource.title", Value::text(&*long))];
    assert_eq!(
        evaluate("resource.title == \"x\"", &title),
        Err(ConditionError::TooLarge(path("resource.title")))
    );
    for list in [vec![Value::from("x"); 1_001], vec![Value::text(&*long); 20]] {
        assert_eq!(
            evaluate("\"y\" in resource.labels", &[("resource.labels", Value::List(list))]),
            Err(ConditionError::TooLarge(path("resource.labels")))
        );
    }
    let full = Value::List((0..1_000).map(|n| Value::from(format!("label {n}"))).collect());
    assert!(holds("\"label 999\" in resource.labels", &[("resource.labels", full)]));
}

#[test]
fn in_works_in_an_engine_that_started_from_nothing() {
    assert!(holds("resource.kind in [\"lead\", \"deal\"]", &[("resource.kind", "deal".into())]));
    assert!(!holds("resource.kind !in [\"lead\"]", &[("resource.kind", "lead".into())]));
    assert!(holds("resource.amount in [1, 2]", &[("resource.amount", 2.into())]));
    assert!(holds("\"b\" in resource.labels", &[("resource.labels", texts(&["a", "b"]))]));
    let same = [("resource.owner", Value::from("ann")), ("subject.id", "ann".into())];
    assert!(holds("resource.owner in [subject.id, \"bob\"]", &same));
}

#[test]
fn long_and_deep_conditions_are_refused_and_never_overflow_the_stack() {
    let chain = |operator: &str, n: usize| vec!["resource.shared"; n].join(operator);
    let sum = format!("resource.amount > {}", vec!["1"; 2_000].join("+"));
    let nested = format!("{}resource.shared{}", "(".repeat(1_000), ")".repeat(1_000));
    let sources = [
        chain(" || ", 60),
        chain(" && ", 600),
        chain(" == ", 60),
        sum,
        nested,
        format!("{}resource.shared", "!".repeat(2_000)),
        format!("resource.amount == {}1", "-".repeat(2_000)),
        format!("resource{} == 1", ".a".repeat(1_500)),
        format!("resource.amount in {}1{}", "[".repeat(1_000), "]".repeat(1_000)),
        format!("{}1{}", "days(".repeat(800), ")".repeat(800)),
        "resource.shared ".repeat(1_000),
    ];
    let worker = std::thread::Builder::new().stack_size(1 << 20);
    let check = move || {
        for source in &sources {
            assert!(!mistakes(source).is_empty(), "{}", source.get(..60).unwrap_or(source));
        }
    };
    worker.spawn(check).unwrap().join().unwrap();
}

#[test]
fn now_is_an_input_and_not_a_clock() {
    let condition = compile("now < instant(\"2026-07-01T09:00:00+02:00\")");
    assert!(condition.reads_now());
    assert_eq!(condition.inputs(), [InputPath::Now]);
    assert_eq!(evaluate(condition.source(), &[]), Err(ConditionError::Missing(InputPath::Now)));
    let edge = at("2026-07-01T07:00:00Z");
    assert!(holds(condition.source(), &[("now", (edge - 1).into())]));
    assert!(!holds(condition.source(), &[("now", edge.into())]));
}

#[test]
fn a_calculation_without_a_result_is_an_error() {
    let amount = |n: i64| [("resource.amount", Value::Int(n))];
    for (source, n) in [
        ("resource.amount + 1 > 0", i64::MAX),
        ("-resource.amount < 0", i64::MIN),
        ("10 / resource.amount > 1", 0),
        ("10 % resource.amount > 1", 0),
        ("now < resource.created + days(resource.amount)", i64::MAX),
    ] {
        let mut inputs = amount(n).to_vec();
        inputs.extend([("now", 0.into()), ("resource.created", 0.into())]);
        assert_eq!(evaluate(source, &inputs), Err(ConditionError::Arithmetic), "{source}");
    }
}

#[test]
fn a_calculation_with_decimals_that_has_no_result_is_an_error_and_not_infinity() {
    for source in [
        "!(resource.rate / 0.0 > 1.0)",
        "!(resource.rate / 0 > 1)",
        "resource.rate % 0.0 < 1.0",
        "resource.rate * 1.0e308 * 10.0 > 1.0",
        "resource.rate - 1.7e308 - 1.7e308 < 0.0",
    ] {
        let inputs = [("resource.rate", Value::Float(3.0))];
        assert_eq!(evaluate(source, &inputs), Err(ConditionError::Arithmetic), "{source}");
    }
}

#[test]
fn a_text_or_a_list_that_would_grow_is_refused() {
    for source in [
        "resource.title.pad(200000000, \"x\") == \"\"",
        "\"a\".pad(200000000, \"x\") == resource.title",
        "resource.title + resource.title == \"\"",
        "resource.title == \"a\" + \"b\"",
        "resource.title == \"a\" + 1",
        "resource.title * 200000000 == \"\"",
        "\"x\" in resource.labels + resource.labels",
        "\"x\" in resource.labels + [\"x\"]",
        "\"x\" in [resource.labels, resource.labels]",
        "\"x\" in [[\"x\"], [\"x\"]]",
        "resource.labels.push(\"x\")",
    ] {
        assert!(!mistakes(source).is_empty(), "{source}");
    }
}

#[test]
fn a_list_costs_what_it_is_long_and_not_its_square() {
    let cost = |items: usize| {
        let source = format!("resource.owner in [{}subject.id]", "\"a\", ".repeat(items));
        let condition = compile(&source);
        let ask = || condition.evaluate(|_| Some(Cow::Owned(Value::from("b"))));
        let timed = |_| {
            let begun = Instant::now();
            assert_eq!(ask(), Ok(true));
            begun.elapsed()
        };
        (0..200).map(timed).min().unwrap()
    };
    // Twenty times as long, so four hundred times as much if each item were looked at for each.
    let (short, long) = (cost(10), cost(200));
    assert!(long < short * 100, "{short:?} {long:?}");
}

#[test]
fn a_list_with_attributes_in_it_holds_texts_as_long_as_any() {
    let long = "x".repeat(4_000);
    let inputs = ["resource.owner", "resource.title", "subject.id", "subject.billing"]
        .map(|path| (path, Value::text(&*long)));
    let source = "resource.owner in [resource.title, subject.id, subject.billing]";
    assert!(holds(source, &inputs));
}

#[test]
fn what_is_not_true_or_false_is_no_condition() {
    for source in [
        "resource.amount",
        "resource.rate",
        "resource.title",
        "resource.labels",
        "resource.created",
        "now",
        "now - resource.created",
        "days(1)",
        "instant(\"2026-07-01T00:00:00Z\")",
        "resource.amount + 1",
        "\"true\"",
        "1",
        "[1, 2]",
        "!resource.amount",
        "resource.amount && resource.shared",
        "resource.shared || resource.title",
        "!(resource.title)",
    ] {
        assert!(matches!(mistakes(source)[..], [Mistake::NotBoolean(_)]), "{source}");
    }
}

#[test]
fn nothing_is_said_in_the_words_of_the_script_library() {
    const FOREIGN: [&str; 19] = [
        "rhai",
        "script",
        "syntax",
        "expecting",
        "dynamic",
        "i64",
        "f64",
        "string",
        "array",
        "variable",
        "property",
        "expression",
        "token",
        "parse",
        "function call",
        "terminated",
        "stack",
        "char",
        "runtime",
    ];
    let plain = |text: &str, about: &str| {
        let lower = text.to_lowercase();
        let foreign: Vec<_> = FOREIGN.iter().filter(|word| lower.contains(**word)).collect();
        assert!(foreign.is_empty(), "{about}: {text}: {foreign:?}");
        assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase), "{about}: {text}");
    };
    for source in [
        "",
        "(",
        ")",
        "[",
        "\"",
        "'",
        "`",
        "/*",
        "@",
        "#",
        "$",
        "\\",
        "?",
        "1 2",
        "1 +",
        "a b",
        "a.",
        "a.1",
        "a..b",
        ".a",
        "1..2",
        "0x",
        "1e",
        "99999999999999999999",
        "\"\\q\"",
        "'ab'",
        "`${1}`",
        "let",
        "let x = 1",
        "if",
        "fn f() {}",
        "|x| x",
        "#{",
        "#{a: 1}",
        "[1,",
        "f(",
        "f(1,",
        "f()()",
        "a[0]",
        "a?.b",
        "a ?? b",
        "a = b",
        "a += 1",
        "a;",
        "a => b",
        "a::b",
        "this",
        "1 == ",
        "&&",
        "!",
        "!!",
        "- -",
        "in",
        "a in",
        "a !in",
        "not a",
        "a and b",
        "resource.amount == 'x'",
        "resource.amount ** 2 == 4",
        "resource.amount << 1 == 4",
        "resource.labels[0] == \"a\"",
        "import \"x\"",
        "eval(\"1\")",
        "resource.title.len() == 1",
        "contains()",
        "days(1, 2)",
        "((((((((((((((((((((((((((((((((((((((((resource.shared))))))))))))))))))))))))))))))))))))))))",
    ] {
        for fault in ENGINE.compile(source, &SCHEMA).err().unwrap_or_default() {
            plain(&fault.message(), source);
            plain(fault.help.as_deref().unwrap_or_default(), source);
        }
    }
    for (source, inputs) in [
        ("resource.amount / 0 > 1", vec![("resource.amount", Value::Int(1))]),
        ("resource.amount * 2 > 1", vec![("resource.amount", Value::Int(i64::MAX))]),
        ("in_cidr(context.ip, \"10.0.0.0/8\")", vec![("context.ip", "here".into())]),
        ("hour_in(now, 1, 2, \"UTC\")", vec![("now", Value::Int(i64::MIN))]),
        ("resource.shared", vec![("resource.shared", Value::Null)]),
        ("resource.shared", Vec::new()),
    ] {
        plain(&evaluate(source, &inputs).unwrap_err().to_string(), source);
    }
}
