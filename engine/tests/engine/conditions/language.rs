//! What conditions can say, and what is said to those who write them.

use super::*;
use insta::assert_snapshot;

#[test]
fn inputs_are_taken_from_the_condition_in_order_and_once() {
    let condition = compile(
        "resource.shared && (has_role(\"a\") || has_role(\"b\") || \"c\" in subject.roles) \
         && in_team(resource.title) && subject.holds.doc.read && resource.address.city == \"Rome\"",
    );
    let inputs: Vec<_> = condition.inputs().iter().map(ToString::to_string).collect();
    assert_eq!(
        inputs,
        [
            "resource.address.city",
            "resource.shared",
            "resource.title",
            "subject.holds.doc.read",
            "subject.roles",
            "subject.teams"
        ]
    );
    assert!(!condition.reads_now());
}

#[test]
fn the_functions_say_what_they_are_called() {
    let title = [("resource.title", Value::from("Über-Deal"))];
    assert!(holds("starts_with(resource.title, \"Über\")", &title));
    assert!(holds("resource.title.ends_with(\"Deal\")", &title));
    assert!(holds("resource.title.contains(\"-\")", &title));
    assert!(!holds("contains(resource.title, \"deal\")", &title));
    let ip = |text: &'static str| [("context.ip", Value::from(text))];
    let office = "in_cidr(context.ip, [\"10.0.0.0/8\", \"2001:db8::/32\"])";
    assert!(holds(office, &ip("10.2.3.4")) && holds(office, &ip("2001:db8::7")));
    assert!(!holds(office, &ip("11.2.3.4")));
    assert_eq!(
        evaluate(&format!("!{office}"), &ip("somewhere")),
        Err(ConditionError::NotAnAddress)
    );
    let teams = [("subject.teams", texts(&["sales/east"]))];
    assert!(holds("in_team(\"sales\")", &teams) && !holds("in_team(\"sale\")", &teams));
    let tags = [("subject.tags", Value::from("vip"))];
    assert!(holds("has_tag(\"vip\")", &tags), "a single text is a list of one");
    let monday = [("now", Value::Int(at("2026-07-06T08:30:00Z")))];
    assert!(holds("hour_in(now, 10, 11, \"Europe/Rome\")", &monday));
    assert!(holds("weekday_in(now, [\"mon\", \"wed-fri\"], \"UTC\")", &monday));
    assert!(!holds("weekday_in(now, \"sat-sun\", \"+02:00\")", &monday));
    assert_eq!(
        evaluate("hour_in(now, 9, 18, \"UTC\")", &[("now", Value::Int(i64::MAX))]),
        Err(ConditionError::BeyondCalendar)
    );
}

#[test]
fn numbers_compare_and_calculate() {
    let numbers = [
        ("resource.amount", Value::Int(900)),
        ("resource.limit", Value::Int(1_000)),
        ("resource.rate", Value::Float(0.25)),
    ];
    assert!(holds("resource.amount <= resource.limit", &numbers));
    assert!(holds("resource.amount * resource.rate == 225.0", &numbers));
    assert!(holds("resource.limit - resource.amount >= 100 && resource.rate < 1", &numbers));
    assert!(holds("resource.rate == 1", &[("resource.rate", Value::Int(1))]));
}

#[test]
fn a_condition_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    let condition = compile("resource.amount > 5");
    shared(&condition);
    shared(&*ENGINE);
    let threads: Vec<_> = (0..4)
        .map(|n| {
            let condition = condition.clone();
            std::thread::spawn(move || condition.evaluate(|_| Some(Cow::Owned(Value::Int(n * 3)))))
        })
        .collect();
    let answers: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(answers, [Ok(false), Ok(false), Ok(true), Ok(true)]);
}

#[test]
fn the_next_change_is_told_where_it_can_be_told() {
    let next = |source: &str, now: &str| compile(source).next_change(at(now));
    let noon = "2026-07-01T12:00:00Z";
    assert_eq!(next("resource.shared", noon), None);
    let later = "now < instant(\"2026-07-02T00:00:00Z\")";
    assert_eq!(next(later, noon), Some(at("2026-07-02T00:00:00Z")));
    assert_eq!(next(later, "2026-07-03T00:00:00Z"), None);
    assert_eq!(
        next("now - days(2) > instant(\"2026-07-01T00:00:00Z\")", noon),
        Some(at("2026-07-03T00:00:00Z"))
    );
    assert_eq!(
        next("instant(\"2026-07-05T00:00:00Z\") - now <= hours(6) && resource.shared", noon),
        Some(at("2026-07-04T18:00:00Z"))
    );
    let office = "hour_in(now, 9, 18, \"UTC\") && weekday_in(now, \"mon-fri\", \"UTC\")";
    assert_eq!(next(office, noon), Some(at("2026-07-01T18:00:00Z")));
    assert_eq!(
        next("hour_in(now + hours(2), 9, 18, \"UTC\")", noon),
        Some(at("2026-07-01T16:00:00Z"))
    );
    assert_eq!(next("now - resource.created < days(30)", noon), Some(at(noon)), "do not keep");
    assert_eq!(next("hour_in(resource.created, 9, 18, \"UTC\")", noon), None);
}

#[test]
fn its_own_cases_are_run_and_an_error_is_no_answer() {
    let tests: Vec<ConditionTest> = serde_saphyr::from_str(
        r#"
- {name: small, inputs: {resource: {amount: 5}, now: "2026-07-01T12:00:00Z"}, expect: true}
- {name: large, inputs: {resource.amount: 50, now: 0}, expect: true}
- {name: unknown, inputs: {now: "2026-07-01T12:00:00Z"}, expect: false}
- {name: too early whatever it is, inputs: {now: 0}, expect: false}
"#,
    )
    .unwrap();
    let condition = compile("resource.amount < 10 && now > instant(\"2026-01-01T00:00:00Z\")");
    let failures: Vec<_> = condition.run_tests(&tests).iter().map(ToString::to_string).collect();
    assert_eq!(
        failures,
        [
            "case 2 (large) expects true, but the condition says false",
            "case 3 (unknown) expects false, but `resource.amount` is missing; send it, or drop \
             it from the condition"
        ]
    );
}

#[test]
fn declarations_are_checked_where_they_are_written() {
    let said = |yaml: &str| {
        let error = serde_saphyr::from_str::<AttributeDeclarations>(yaml).unwrap_err();
        error.without_snippet().to_string()
    };
    assert_snapshot!(said("resource.amount: intger"), @"unknown attribute type `intger`; did you mean `integer`? at line 1, column 18");
    assert_snapshot!(said("resource.amount: money"), @"unknown attribute type `money`; write boolean, integer, decimal, text, texts, instant or any at line 1, column 18");
    assert_snapshot!(said("subject.roles: text"), @"`subject.roles` is built in as texts; delete this declaration");
    assert_snapshot!(said("config.x: text"), @"`config.x` is not an attribute; declare `subject.<name>`, `resource.<name>`, `action.<name>` or `context.<name>`");
    assert_snapshot!(said("resource.cost-center: text"), @"`resource.cost-center` cannot be written in a condition; use letters, digits and `_` in its name");
}

// What is said to those who write.

#[test]
fn typical_mistakes_are_answered_with_what_to_write() {
    assert_snapshot!(refused("resource.amount = 5"), @r#"
    1:17: `=` would change a value, which a condition cannot
      help: write `==` to compare
    "#);
    assert_snapshot!(refused("resource.shared and not resource.amount > 5"), @r#"
    1:17: `and` cannot be used in a condition
      help: write `&&` for both
    1:21: `not` cannot be used in a condition
      help: write `!` before what must not hold
    "#);
    assert_snapshot!(refused("resource.kind == 'lead'"), @r#"
    1:18: a text stands between double quotes
      help: replace the single quotes by double ones
    "#);
    assert_snapshot!(refused("resource.kind == lead"), @r#"
    1:18: unknown attribute `lead`
      help: write a text between double quotes: `"lead"`
    "#);
    assert_snapshot!(refused("resource.kind == \"leed\""), @r#"
    1:18: `resource.kind` is never `leed`
      help: did you mean `"lead"`?
    "#);
    assert_snapshot!(refused("amount > 5"), @r#"
    1:1: unknown attribute `amount`
      help: did you mean `resource.amount`?
    "#);
    assert_snapshot!(refused("resource.amount > \"5\""), @r#"
    1:17: `resource.amount`, a whole number, and the text `"5"` cannot be compared
      help: write numbers without quotes, and texts with them
    "#);
    assert_snapshot!(refused("resource.shared == \"yes\""), @r#"
    1:17: `resource.shared`, true or false, and the text `"yes"` cannot be compared
      help: compare it with `true` or `false`, or write it alone
    "#);
    assert_snapshot!(refused("subject.roles == \"manager\""), @r#"
    1:15: `==` does not work on `subject.roles`, a list of texts
      help: write `"manager" in subject.roles` to look for something in a list
    "#);
    assert_snapshot!(refused("resource.title in \"lead, deal\""), @r#"
    1:16: `in` cannot look for `resource.title`, a text, in the text `"lead, deal"`
      help: a list stands in brackets: `in ["lead, deal"]`; write `contains(text, part)` to look for a part
    "#);
    assert_snapshot!(refused("has_rol(\"manager\") || has_role(manager)"), @r#"
    1:1: unknown function `has_rol`
      help: did you mean `has_role`?
    1:32: unknown attribute `manager`
      help: write a text between double quotes: `"manager"`
    "#);
    assert_snapshot!(refused("resource.shared &&"), @r#"
    1:19: the condition stops before it is complete
      help: write what follows, or delete the last operator
    "#);
    assert_snapshot!(refused("(resource.shared && resource.amount > 5"), @r"
    1:40: `)` is missing here
      help: write `)` where what was opened with `(` ends, or delete that `(`
    ");
    assert_snapshot!(refused("resource.shared resource.amount > 5"), @r"
    1:17: `resource` cannot stand here
      help: put an operator such as `&&` or `==` before it, write it between double quotes if it is part of a text, or delete it; a number has no unit and no spaces
    ");
    assert_snapshot!(refused("resource.title == \"open"), @r#"
    1:19: a text begins here and does not end on the same line
      help: close it with `"`
    "#);
    assert_snapshot!(refused("if resource.shared { true }"), @r#"
    1:1: `if` cannot be used in a condition
      help: a condition is one statement that is true or false; combine comparisons with `&&`, `||` and `!`
    1:20: `{` cannot be used in a condition
      help: a condition is one statement that is true or false; combine comparisons with `&&`, `||` and `!`
    1:27: `}` cannot be used in a condition
      help: a condition is one statement that is true or false; combine comparisons with `&&`, `||` and `!`
    "#);
    assert_snapshot!(refused("hour_in(now, 9, 25, \"Europe/Roma\")"), @r#"
    1:17: `25` is not an hour of a day
      help: write a whole number from 0 to 24, or hours and minutes as `"8:30"`
    1:21: `Europe/Roma` is not a zone of time
      help: did you mean `"Europe/Rome"`?
    "#);
    assert_snapshot!(refused("weekday_in(now, \"monday\", \"UTC\")"), @r#"
    1:17: `monday` is not a day of the week
      help: write mon, tue, wed, thu, fri, sat or sun, or a range as `mon-fri`
    "#);
    assert_snapshot!(refused("in_cidr(context.ip, \"10.1.0.0/8\")"), @r#"
    1:21: `10.1.0.0/8` is not a range of addresses
      help: write the first address and the length of the prefix: `10.0.0.0/8` or `2001:db8::/32`
    "#);
    assert_snapshot!(refused("now > \"2026-07-01\""), @r#"
    1:5: `now`, an instant, and the text `"2026-07-01"` cannot be compared
      help: write `date("2026-07-01", "Europe/Rome")` for the beginning of a day there, and `instant("2026-07-01T09:00:00Z")` for a moment
    "#);
    assert_snapshot!(refused("now > instant(\"2026-07-01\")"), @r#"
    1:15: `2026-07-01` is not an instant
      help: write a date, a time and a zone: `2026-07-01T09:00:00+02:00`, or `Z` for UTC in place of the zone; a day begins at `date("2026-07-01", "Europe/Rome")`
    "#);
    assert_snapshot!(refused("resource.amount == 2.5"), @r#"
    1:17: `resource.amount` is never `2.5`
      help: it is always a whole number
    "#);
    assert_snapshot!(refused("resource.amount"), @r#"
    1:1: this has to be true or false, but is a whole number
      help: compare it: `resource.amount == ...`
    "#);
    assert_snapshot!(refused("subject.id != subject"), @r#"
    1:15: `subject` is a group of attributes, not a value
      help: write one of them, such as `subject.id`
    "#);
    assert_snapshot!(refused("resource.shared\n  && resource.title > \"a\"\n  && starts_with(resource.title)"), @r#"
    2:21: `>` does not work on `resource.title`, a text
      help: texts have no order here; compare them with `==` or `!=`
    3:6: `starts_with` takes two arguments, not 1
      help: write `starts_with(text, start)`
    "#);
    assert_snapshot!(refused("subject.status == \"activ\""), @r#"
    1:19: `subject.status` is never `activ`
      help: did you mean `"active"`?
    "#);
    assert_snapshot!(refused("resource.amount === 5"), @r#"
    1:17: `===` cannot be used in a condition
      help: write `==` to compare
    "#);
    assert_snapshot!(refused("resource.amount in [1, \"2\"]"), @r#"
    1:20: a list holds either texts or whole numbers
      help: write `["a", "b"]` or `[1, 2]`
    "#);
}
