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

/// What somebody writes, where it is wrong, and a part of what they are told to do.
const PLACED: &[(&str, &str, &str)] = &[
    ("resource.kind <> \"lead\"", "1:15", "write `!=`"),
    ("resource.amount => 5", "1:17", "write `>=`"),
    ("resource.shared Or resource.amount > 5", "1:17", "write `||`"),
    ("resource.kind is \"lead\"", "1:15", "write `==`"),
    ("resource.amount between 1 and 10", "1:17", "1 <= resource.x && resource.x <= 10"),
    ("resource.kind == “lead”", "1:18", "straight quotes"),
    ("resource.amount <= 10,000", "1:23", "`10000`"),
    ("resource.rate <= 10%", "1:20", "`0.1`"),
    ("resource.amount <= 10000€", "1:25", "the number alone"),
    ("resource.kind == \"lead\" || \"deal\"", "1:28", "in [\"a\", \"b\"]"),
    ("1 < resource.amount < 10", "1:21", "two comparisons"),
    ("(resource.shared && resource.amount > 5", "1:40", "write `)`"),
    ("contains(\"vip\", resource.labels)", "1:1", "`contains(resource.labels, \"vip\")`"),
    ("contains(\"vip\", resource.title)", "1:1", "`contains(resource.title, \"vip\")`"),
    ("starts_with(\"a\", resource.title)", "1:1", "`starts_with(resource.title, \"a\")`"),
    ("now > \"9:00\"", "1:5", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("resource.kind == \"leed\"", "1:18", "did you mean `\"lead\"`?"),
    ("resource.kind in [\"deal\", \"leed\"]", "1:18", "did you mean `\"lead\"`?"),
    ("resource.shared and resource.amount > 5", "1:17", "write `&&`"),
    ("resource.shared AND resource.amount > 5", "1:17", "write `&&`"),
    ("resource.shared und resource.amount > 5", "1:17", "write `&&`"),
    ("not resource.shared", "1:1", "write `!`"),
    ("resource.kind not in [\"lead\"]", "1:15", "write `!`"),
    ("!resource.kind in [\"lead\"]", "1:16", "resource.x !in [\"lead\"]"),
    ("resource.kind ist \"lead\"", "1:15", "write `==`"),
    ("resource.labels != \"vip\"", "1:17", "`\"vip\" !in resource.labels`"),
    ("resource.labels == [\"vip\"]", "1:17", "`overlaps(resource.labels, [\"vip\"])`"),
    ("resource.kind == [\"lead\", \"deal\"]", "1:15", "`resource.kind in [\"lead\", \"deal\"]`"),
    ("resource.kind != [\"lead\"]", "1:15", "`resource.kind !in [\"lead\"]`"),
    ("resource.amount = 5", "1:17", "write `==`"),
    ("resource.kind: \"lead\"", "1:14", "write `==`"),
    ("resource.kind in (\"lead\")", "1:15", "`in [\"lead\"]`"),
    ("resource.kind in (lead, deal)", "1:23", "`in [\"a\", \"b\"]`"),
    ("resource.title LIKE \"%x%\"", "1:16", "contains(text, part)"),
    ("resource.title =~ \"x\"", "1:17", "contains(text, part)"),
    ("resource.due < 2026-12-31", "1:16", "date(\"2026-07-01\", \"Europe/Rome\")"),
    ("resource.due < \"31.12.2026\"", "1:14", "date(\"2026-07-01\", \"Europe/Rome\")"),
    ("resource.due == date(\"2026-12-31\", \"UTC\")", "1:14", "date_in(resource.due, ...)"),
    ("resource.due != date(\"2026-12-31\", \"UTC\")", "1:14", "date_in(resource.due, ...)"),
    ("resource.due == today", "1:17", "date(\"2026-07-01\", \"Europe/Rome\")"),
    ("resource.due > now()", "1:16", "`now` is the moment"),
    ("now > 18:00", "1:9", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("now >= 9", "1:5", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("now.hour >= 9", "1:1", "hour_in(now, 9, 18, \"Europe/Rome\")"),
    ("now < resource.due - 30 days", "1:25", "days(30)"),
    ("resource.owner == null", "1:19", "is_set(resource.x)"),
    ("resource.owner == None", "1:19", "is_set(resource.x)"),
    ("resource.title == 'single'", "1:19", "double ones"),
    ("resource.shared == \"true\"", "1:17", "`true` or `false`"),
    ("resource.shared == yes", "1:20", "`true` or `false`"),
    ("resource.shared == 1", "1:17", "`true` or `false`"),
    ("resource.amount > 1.000.000", "1:19", "`10000`"),
    ("resource.amount > 5 ? true : false", "1:21", "`(resource.amount ?? 0)`"),
    ("resource.kind != \"lead\" && != \"deal\"", "1:28", "`!in [\"a\", \"b\"]`"),
    ("resource.title.length > 5", "1:1", "conditions do not count"),
    ("resource.title.toLowerCase() == \"x\"", "1:16", "lower(resource.city)"),
    ("resource.amount.value > 5", "1:1", "nothing is behind it"),
    ("resource.labels[0] == \"x\"", "1:1", "`\"a\" in resource.x`"),
    ("subject[\"id\"] == resource.owner", "1:1", "behind a dot"),
    ("resource.labels.has(\"x\")", "1:17", "`\"a\" in resource.x`"),
    ("has_role(\"a\", \"b\")", "1:1", "once for each"),
    ("has_role([\"a\", \"b\"])", "1:10", "once for each"),
    ("in_team(resource.teams)", "1:9", "overlaps(subject.teams, resource.teams)"),
    ("in_group(\"sales\")", "1:1", "in_team(\"sales/east\")"),
    ("user.id == resource.owner", "1:1", "did you mean `subject.id`?"),
    ("me == resource.owner", "1:1", "write `subject.id`"),
    ("subject == resource.owner", "1:1", "such as `subject.id`"),
    ("subject.owner == resource.owner", "1:15", "subject.id == resource.owner"),
    ("${subject.id} == resource.owner", "1:1", "an attribute without a sign"),
    ("context.ip == \"10.0.0.0/8\"", "1:12", "in_cidr(context.ip, \"10.0.0.0/8\")"),
    ("context.ip in [\"::1\", \"10.0.0.0/8\"]", "1:12", "in_cidr(context.ip, [\"10.0.0.0/8\"])"),
    ("exists(resource.amount)", "1:1", "is_set(resource.x)"),
    ("coalesce(resource.amount, 0) > 1", "1:1", "(resource.amount ?? 0)"),
    ("hour_in(now, 9, 18)", "1:1", "hour_in(now, 9, \"17:30\", \"Europe/Rome\")"),
    ("hour_in(now, 9, 18, Europe/Rome)", "1:27", "\"Europe/Rome\""),
];

#[test]
fn whoever_is_told_is_told_where() {
    let mut wrong = Vec::new();
    for (source, place, told) in PLACED {
        let faults = ENGINE.compile(source, &SCHEMA).err().unwrap_or_default();
        let found = faults.iter().any(|fault| {
            let at = format!("{}:{}", fault.at.line, fault.at.column);
            at == *place && fault.help.as_ref().is_some_and(|help| help.contains(told))
        });
        if !found {
            wrong.push(format!("{source}: not told {told} at {place}: {faults:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
