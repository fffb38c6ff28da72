//! What people write who have never seen a condition, and what they are told.

use super::*;

/// What somebody writes, and a part of what they are told to do.
const TOLD: &[(&str, &str)] = &[
    ("resource.kind <> \"lead\"", "`!=`"),
    ("resource.amount => 5", "`>=`"),
    ("resource.amount =< 5", "`<=`"),
    ("resource.amount => 5 and resource.shared", "`&&`"),
    ("resource.amount > = 5", "`>=`"),
    ("resource.amount = = 5", "`==`"),
    ("resource.amount = 5", "`==`"),
    ("resource.amount === 5", "`==`"),
    ("resource.amount ≥ 5", "`>=`"),
    ("resource.amount ≠ 5", "`!=`"),
    ("resource.amount − 5 > 0", "`-`"),
    ("resource.shared Or resource.amount > 5", "`||`"),
    ("resource.shared OR resource.amount > 5", "`||`"),
    ("resource.shared AND resource.amount > 5", "`&&`"),
    ("resource.shared And resource.amount > 5", "`&&`"),
    ("Not resource.shared", "`!`"),
    ("NOT (resource.shared)", "`!`"),
    ("resource.shared == True", "`true`"),
    ("resource.kind IN [\"lead\"]", "`in`"),
    ("resource.kind is \"lead\"", "`==`"),
    ("resource.kind is not \"lead\"", "`!=`"),
    ("resource.kind equals \"lead\"", "`==`"),
    ("resource.amount is greater than 5", "`>`"),
    ("resource.amount between 1 and 10", "1 <= resource.x && resource.x <= 10"),
    ("between(resource.amount, 1, 10)", "1 <= resource.x && resource.x <= 10"),
    ("resource.title like \"%x%\"", "contains(text, part)"),
    ("resource.title contains \"x\"", "contains(text, part)"),
    ("resource.owner == null", "is_set(resource.x)"),
    ("resource.owner is not null", "is_set(resource.x)"),
    ("resource.kind in (\"lead\", \"deal\")", "in [\"a\", \"b\"]"),
    ("resource.kind in \"lead\", \"deal\"", "in [\"a\", \"b\"]"),
    ("has_role(\"a\" || \"b\")", "one at a time"),
    ("resource.amount in 1..5", "1 <= resource.x && resource.x <= 10"),
    ("resource.amount in [1-5]", "1 <= resource.x && resource.x <= 10"),
    ("resource.amount !in [1 - 5, 9]", "1 <= resource.x && resource.x <= 10"),
    ("10% < resource.rate", "`0.1`"),
    ("resource.rate > 10% of resource.amount", "`resource.x * 0.1`"),
    ("resource.amount\u{a0}> 5", "cannot be seen"),
    ("resource.amount > 5\u{200b}", "cannot be seen"),
    ("resource.rate > .5", "`0.5`"),
    ("resource.shared && && resource.amount > 5", "write a part before it"),
    ("resource.amount == true", "`true` or `false`"),
    ("resource.amount > 5 -- five", "`/*`"),
    ("resource.kind == “lead”", "straight quotes"),
    ("resource.kind == „lead“", "straight quotes"),
    ("resource.kind == ‘lead’", "straight quotes"),
    ("resource.kind == «lead»", "straight quotes"),
    ("resource.kind == “lead\"", "straight quotes"),
    ("resource.kind == \"lead”", "close it"),
    ("resource.kind == 'lead'", "double ones"),
    ("resource.kind == lead", "double quotes"),
    ("resource.amount <= 10,000", "`10000`"),
    ("resource.amount <= 10,000 && resource.shared", "`10000`"),
    ("(resource.amount <= 10,000)", "`10000`"),
    ("resource.amount <= 1,000,000", "`10000`"),
    ("resource.amount in [10,000, 20,000]", "`10000`"),
    ("resource.amount <= 10.000,50", "`10000`"),
    ("resource.amount <= 10 000", "a number has no unit and no spaces"),
    ("resource.amount <= 10'000", "`10000`"),
    ("resource.rate <= 10%", "`0.1`"),
    ("resource.rate <= 10% && resource.shared", "`0.1`"),
    ("(resource.rate <= 10.5 %) || resource.shared", "`0.1`"),
    ("resource.rate in [10%, 20%]", "`0.1`"),
    ("resource.amount <= 10000€", "the number alone"),
    ("resource.amount <= 10000 €", "the number alone"),
    ("resource.amount <= €10000", "the number alone"),
    ("resource.amount <= $10000", "the number alone"),
    ("resource.amount <= 10000 EUR", "a number has no unit"),
    ("resource.amount <= 10000£ && resource.shared", "the number alone"),
    ("resource.kind == \"lead\" || \"deal\"", "in [\"a\", \"b\"]"),
    ("resource.kind == \"lead\" && \"deal\" || resource.shared", "in [\"a\", \"b\"]"),
    ("resource.amount == 1 || 2", "in [\"a\", \"b\"]"),
    ("1 < resource.amount < 10", "two comparisons"),
    ("0.5 <= resource.rate < 10", "two comparisons"),
    ("resource.created < now < resource.created + days(3)", "two comparisons"),
    ("resource.amount == resource.limit == 10", "two comparisons"),
    ("(resource.shared && resource.amount > 5", "`)`"),
    ("has_role(\"manager\"", "`)`"),
    ("resource.shared && (resource.amount > 5 || (resource.amount < 2)", "`)`"),
    ("resource.kind in [\"lead\", \"deal\"", "`]`"),
    ("resource.shared)", "delete it"),
    ("contains(\"vip\", resource.labels)", "contains(resource.labels, \"vip\")"),
    ("contains(resource.title, resource.labels)", "contains(resource.labels, resource.title)"),
    ("contains(subject.id, subject.roles)", "contains(subject.roles, subject.id)"),
    ("resource.labels in \"vip\"", "`\"vip\" in resource.labels`"),
    ("has_role(manager)", "\"manager\""),
    ("now > \"9:00\"", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("\"09:30\" <= now", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("resource.created < \"18:00:00\"", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("resource.amount > \"9:00\"", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("now > 9:00", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("now > 9", "instant(\"2026-07-01T09:00:00Z\")"),
    ("now > 2026-07-01", "instant(\"2026-07-01T09:00:00Z\")"),
    ("resource.amount > \"5\"", "without quotes"),
    ("resource.amount == ", "write what follows"),
    ("resource.amount == 12x", "a number has no unit"),
    ("resource.amount > 9223372036854775808", "9223372036854775807"),
];

#[test]
fn whoever_writes_what_other_places_take_is_told_what_to_write_here() {
    const FOREIGN: [&str; 20] = [
        "rhai",
        "syntax",
        "expecting",
        "expected",
        "dynamic",
        "i64",
        "f64",
        "string",
        "bool",
        "array",
        "variable",
        "property",
        "token",
        "parse",
        "char",
        "float",
        "integer",
        "stack",
        "runtime",
        "literal",
    ];
    let mut wrong = Vec::new();
    for (source, told) in TOLD {
        let faults = ENGINE.compile(source, &SCHEMA).err().unwrap_or_default();
        let helps: Vec<_> = faults.iter().filter_map(|fault| fault.help.clone()).collect();
        let words: Vec<_> = faults.iter().map(|fault| fault.to_string().to_lowercase()).collect();
        let plain = !words.iter().any(|text| FOREIGN.iter().any(|word| text.contains(word)));
        if !plain || helps.len() != faults.len() || !helps.iter().any(|help| help.contains(told)) {
            wrong.push(format!("{source}: not told {told}: {words:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn two_signs_that_make_one_are_one_fault() {
    for source in ["resource.amount =< 5", "resource.amount = < 5", "resource.amount > = 5"] {
        assert_eq!(mistakes(source).len(), 1, "{source}");
    }
}

#[test]
fn words_of_other_languages_are_names_behind_a_dot() {
    let declared: AttributeDeclarations =
        serde_saphyr::from_str("{resource.is: boolean, resource.between.Or: integer}").unwrap();
    let schema = AttributeSchema::new(&declared);
    assert!(ENGINE.compile("resource.is && resource.between.Or > 1", &schema).is_ok());
}

#[test]
fn what_is_left_of_a_division_is_no_share() {
    let amount = |n: i64| [("resource.amount", Value::Int(n))];
    assert!(holds("resource.amount % 2 == 0", &amount(4)));
    assert!(holds("(7 % resource.amount) < 4 && 10 % (resource.amount) == 2", &amount(4)));
    assert!(holds("9 % -resource.amount == 1", &amount(4)));
}
