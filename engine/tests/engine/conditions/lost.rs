//! What was written and would have been lost, or read as something else.

use super::*;
use insta::assert_snapshot;

#[test]
fn a_comment_that_does_not_end_is_refused_with_its_place() {
    assert_snapshot!(refused("resource.shared /* both && !resource.shared"), @r"
    1:17: a comment begins here with `/*` and does not end
      help: end the comment with `*/`
    ");
    for source in [
        "resource.shared /* a /* b */ && !resource.shared",
        "resource.shared /*/",
        "/* resource.shared",
        "resource.shared\n/* and\nmore",
    ] {
        assert_eq!(mistakes(source), [Mistake::OpenComment], "{source}");
    }
}

#[test]
fn a_comment_that_may_have_swallowed_a_part_is_refused_with_its_place() {
    assert_snapshot!(refused("resource.shared // only when b && !resource.shared"), @r"
    1:17: a comment begins here with `//`, and what follows on its line is not read
      help: write the comment between `/*` and `*/`, or without operators on a line of its own above the condition; a text that YAML folds with `>` is one line, one after `|` keeps its lines
    ");
    for source in [
        "resource.shared // && resource.amount > 5",
        "resource.shared // only in Rome",
        "resource.shared //",
        "resource.shared // one\n",
        "resource.shared // one\n  // two\n\n",
        "resource.shared // one\n /* two */",
        "// resource.shared",
        // Folded in the middle, with more behind it.
        "resource.shared // why && resource.amount > 5\n|| resource.amount > 7",
        "resource.shared // why\r&& resource.amount > 5 // why not",
    ] {
        assert!(mistakes(source).contains(&Mistake::LineComment), "{source}");
    }
}

#[test]
fn a_comment_that_can_have_swallowed_nothing_is_passed_over() {
    let shared = |yes: bool| [("resource.shared", Value::Bool(yes))];
    for source in [
        "/* a && b */ resource.shared",
        "resource.shared /* of /* two */ kinds */",
        "// of everybody\nresource.shared",
        "resource.shared // of everybody\n&& resource.shared",
        "resource.shared /* // */ && resource.shared",
        "resource.shared\n\t// at once\n\t|| resource.shared /* last */\n",
    ] {
        assert!(holds(source, &shared(true)) && !holds(source, &shared(false)), "{source}");
    }
}

#[test]
fn what_looks_like_a_comment_in_a_text_is_text() {
    for (source, title) in [
        ("resource.title == \"http://here\"", "http://here"),
        ("resource.title == \"/* x\"", "/* x"),
        ("resource.title == \"a\\\"//\"", "a\"//"),
        ("resource.title == \"a\"\"//\"", "a\"//"),
        ("resource.title == `//`", "//"),
    ] {
        assert!(holds(source, &[("resource.title", title.into())]), "{source}");
        assert!(!holds(source, &[("resource.title", "else".into())]), "{source}");
    }
    for source in ["resource.title == #\"a\"#", "resource.title == #\"\\\"# // \"#"] {
        assert!(!mistakes(source).is_empty(), "{source}");
    }
}

#[test]
fn a_whole_number_beyond_64_bits_is_refused_however_it_is_written() {
    assert_snapshot!(refused("resource.amount <= 0xFFFFFFFFFFFFFFFF"), @r"
    1:20: a whole number as large as this cannot be used in a condition
      help: write one between -9223372036854775808 and 9223372036854775807
    ");
    assert_snapshot!(refused("resource.amount < 9223372036854775808"), @r"
    1:19: a whole number as large as this cannot be used in a condition
      help: write one between -9223372036854775808 and 9223372036854775807
    ");
    for number in [
        "0xFFFFFFFFFFFFFFFF",
        "0XFFFF_FFFF_FFFF_FFFF",
        "0x8000000000000000",
        "0x1FFFFFFFFFFFFFFFFFFF",
        "0_x8000000000000000",
        "0o1777777777777777777777",
        "0O1000000000000000000000",
        "0b1000000000000000000000000000000000000000000000000000000000000000",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "99999999999999999999999999",
        "9_223_372_036_854_775_808",
    ] {
        for source in [
            format!("resource.amount <= {number}"),
            format!("!(resource.amount > {number})"),
            format!("resource.rate <= {number}"),
            format!("resource.amount in [1, {number}]"),
            format!("now - resource.created < days({number})"),
            format!("resource.amount - {number} < 0"),
        ] {
            assert!(!mistakes(&source).is_empty(), "{source}");
        }
    }
}

#[test]
fn a_whole_number_within_64_bits_is_what_was_written() {
    for (number, value) in [
        ("0x7FFFFFFFFFFFFFFF", i64::MAX),
        ("0777", 777),
        ("0x1F", 31),
        ("0b101", 5),
        ("0o17", 15),
        ("1_000", 1_000),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        let source = format!("resource.amount == {number}");
        assert!(holds(&source, &[("resource.amount", value.into())]), "{source}");
        assert!(!holds(&source, &[("resource.amount", (value ^ 1).into())]), "{source}");
    }
}

#[test]
fn whole_numbers_are_compared_to_the_last_digit_with_what_is_written_with_a_point() {
    let amount = [("resource.amount", Value::Int(9_007_199_254_740_993))];
    for (source, expected) in [
        ("resource.amount > 9007199254740992.0", true),
        ("resource.amount <= 9007199254740992.0", false),
        ("9007199254740992.0 == resource.amount", false),
        ("resource.amount != 9007199254740992.0", true),
        ("resource.amount > 9.007199254740992e15", true),
        ("resource.amount == 9007199254740993", true),
        ("resource.amount < 9007199254740992.5e1", true),
    ] {
        assert_eq!(evaluate(source, &amount), Ok(expected), "{source}");
    }
}

#[test]
fn a_decimal_that_would_become_nothing_or_everything_is_refused() {
    assert_snapshot!(refused("resource.rate > 1e-400"), @r"
    1:17: a number as small as this, which would count as 0, cannot be used in a condition
      help: write `0.0`
    ");
    for number in ["1e-400", "-1e-400", "0.1e-330", "1e999", "-1e999", "1e309", "123456789e-4000"] {
        for source in [
            format!("resource.rate < {number}"),
            format!("!(resource.rate > {number})"),
            format!("resource.rate * {number} < 1.0"),
        ] {
            assert!(matches!(mistakes(&source)[..], [Mistake::NotAllowed(_)]), "{source}");
        }
    }
    for number in ["0.0", "0e5", "-0.0", "0.000e-400", "5e-324", "1.7e308", "1e18"] {
        compile(&format!("resource.rate < {number}"));
    }
}
