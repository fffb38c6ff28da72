//! Texts in which capitals do not count.

use super::*;
use insta::assert_snapshot;

#[test]
fn texts_that_differ_in_case_or_in_how_they_are_put_together_are_one() {
    let same = "lower(resource.region) == lower(subject.billing)";
    for (one, other, expected) in [
        ("Rome", "rOME", true),
        ("STRASSE", "straße", true),
        ("J\u{fc}rgen", "JU\u{308}RGEN", true),
        ("ΣΊΣΥΦΟΣ", "σίσυφος", true),
        ("Ａbc", "abC", true),
        ("I", "ı", false),
        // What nobody sees makes no text another one.
        ("a\u{200b}dmin", "ADMIN", true),
        ("ad\u{ad}min\u{feff}", "admin", true),
        ("a dmin", "admin", false),
        ("Rome", "Romé", false),
        ("", "", true),
    ] {
        let inputs = [("resource.region", one.into()), ("subject.billing", other.into())];
        assert_eq!(evaluate(same, &inputs), Ok(expected), "{one} {other}");
        let opposite = same.replace("==", "!=");
        assert_eq!(evaluate(&opposite, &inputs), Ok(!expected), "{one} {other}");
    }
    assert_eq!(evaluate(same, &[]), Err(ConditionError::Missing(path("resource.region"))));
}

#[test]
fn what_is_lower_can_be_looked_for_and_looked_through() {
    let inputs = [
        ("resource.title", Value::from("Die STRASSE nach Rom")),
        ("resource.labels", texts(&["VIP", "Größe"])),
        ("resource.teams", texts(&["vip/east"])),
    ];
    for (source, expected) in [
        ("contains(lower(resource.title), \"straße\")", true),
        ("lower(resource.title).contains(\"rome\")", false),
        ("starts_with(lower(resource.title), \"die \")", true),
        ("ends_with(lower(resource.title), lower(\"ROM\"))", true),
        ("lower(resource.title) in [\"rom\", \"die strasse nach rom\"]", true),
        ("lower(resource.title) !in [\"rom\", lower(resource.title)]", false),
        ("\"vip\" in lower(resource.labels)", true),
        ("\"grösse\" in lower(resource.labels)", true),
        ("\"vip\" in resource.labels", false),
        ("contains(lower(resource.labels), \"größe\")", true),
        ("overlaps(lower(resource.labels), [\"größe\", \"x\"])", true),
        ("overlaps(lower(resource.labels), lower(resource.teams))", false),
        ("lower(resource.region ?? \"ROME\") == \"rome\"", true),
        ("(lower(resource.title) == \"x\") == (lower(resource.title) == \"y\")", true),
    ] {
        match source.contains(").contains") {
            true => assert!(!mistakes(source).is_empty()),
            false => assert_eq!(evaluate(source, &inputs), Ok(expected), "{source}"),
        }
    }
}

#[test]
fn a_text_with_capitals_beside_one_that_is_lower_is_refused() {
    assert_snapshot!(refused("lower(resource.region) == \"Rome\" || lower(resource.region) != \"LA\""), @r#"
    1:27: `Rome` has capital letters, and `lower(...)` never has
      help: write `"rome"`, in small letters
    1:63: `LA` has capital letters, and `lower(...)` never has
      help: write `"la"`, in small letters
    "#);
    for source in [
        "\"Rome\" == lower(resource.region)",
        "lower(resource.region) in [\"rome\", \"Milan\"]",
        "\"Rome\" in lower(resource.labels)",
        "contains(lower(resource.region), \"R\")",
        "starts_with(lower(resource.region), \"É\")",
        "ends_with(lower(resource.region), \"E\")",
        "overlaps(lower(resource.labels), [\"a\", \"B\"])",
        "resource.region in [lower(subject.billing), \"A\"] && resource.shared",
    ] {
        assert!(matches!(mistakes(source)[..], [Mistake::Capitals { .. }]), "{source}");
    }
}

#[test]
fn two_texts_that_are_read_are_both_lower_or_neither_is() {
    assert_snapshot!(refused("lower(resource.region) == subject.billing"), @r"
    1:27: `lower(...)` on one side only cannot be used in a condition
      help: write `lower(subject.billing)` as well
    ");
    for source in [
        "resource.region != lower(subject.billing)",
        "lower(resource.region) in resource.labels",
        "resource.region in lower(resource.labels)",
        "lower(resource.region) in [subject.id]",
        "contains(lower(resource.title), resource.region)",
        "contains(resource.title, lower(resource.region))",
        "overlaps(lower(resource.labels), resource.teams)",
        "lower(resource.region) in subject.teams",
        "lower(resource.region) == (subject.billing ?? \"x\")",
    ] {
        assert!(matches!(mistakes(source)[..], [Mistake::NotAllowed(_)]), "{source}");
    }
}

#[test]
fn roles_teams_and_tags_are_called_as_they_are() {
    for source in [
        "\"agent\" in lower(subject.roles)",
        "has_role(lower(resource.region))",
        "in_team(lower(resource.region))",
        "has_tag(lower(\"VIP\"))",
        "overlaps(lower(subject.teams), resource.teams)",
    ] {
        assert!(refused(source).contains("by their names as they are"), "{source}");
    }
    for source in [
        "lower(5) == \"a\"",
        "lower(resource.amount) == 1",
        "lower([resource.title]) == \"a\"",
        "lower(\"A\") == \"a\"",
        "lower()",
    ] {
        assert!(!mistakes(source).is_empty(), "{source}");
    }
}

#[test]
fn a_value_that_is_never_is_never_lower_either() {
    assert!(holds("lower(resource.kind) == \"lead\"", &[("resource.kind", "lead".into())]));
    assert!(refused("lower(resource.kind) == \"leed\"").contains("did you mean `\"lead\"`?"));
    assert!(refused("lower(resource.kind) in [\"leed\"]").contains("did you mean `\"lead\"`?"));
}
