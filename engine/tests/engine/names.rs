//! Names in files: what cannot be seen in them, and which look like another one.

use permesso_engine::load;
use permesso_engine::names::check_names;

/// What is said of a tenant and its people, which are added to those of a small product.
fn told(tenant: &str, people: &str) -> String {
    let catalog = "product: p\nversion: 1.0.0\ncategories: []\nstandard_roles: [{id: owner}]\n";
    let catalog = load::catalog("product.yaml", catalog).unwrap();
    let tenant = load::tenant("tenant.yaml", &format!("tenant: t\nproduct: p\n{tenant}")).unwrap();
    let people = load::directory("people.yaml", people).unwrap();
    match check_names(&catalog.value, &tenant, &people) {
        Ok(()) => String::new(),
        Err(found) => found.to_string(),
    }
}

#[test]
fn two_who_look_alike_are_told_with_the_place_of_the_second() {
    insta::assert_snapshot!(told("", "users:\n- {id: ann.lee@x.com}\n- {id: Ann.Lee@x.com}\n"), @r#"
    people.yaml:3:8: users.Ann.Lee@x.com: `Ann.Lee@x.com` looks like `ann.lee@x.com`, which is there too
      help: choose another one, or write `distinct_from: ["ann.lee@x.com"]` if they are two
    "#);
    for (one, other) in [("jürgen", "ju\u{308}rgen"), ("ann", "ａｎｎ"), ("straße", "STRASSE")]
    {
        let people = format!("users: [{{id: {one}}}, {{id: {other}}}]");
        assert!(told("", &people).contains("looks like"), "{one} {other}");
        // Whichever of the two says so.
        for (first, second) in [(other, ""), ("", one)] {
            let people = format!(
                "users: [{{id: {one}, distinct_from: [{first}]}}, {{id: {other}, distinct_from: [{second}]}}]"
            );
            assert_eq!(told("", &people), "", "{people}");
        }
    }
    assert_eq!(told("", "users: [{id: ann}, {id: anne}, {id: а}, {id: a}]"), "");
}

#[test]
fn roles_policies_programs_and_teams_are_held_to_the_same() {
    for tenant in [
        "roles: [{id: night}, {id: Night}]",
        "roles: [{id: Owner}]",
        "policies: [{id: night}, {id: Night}]",
        "programs: [{id: night}, {id: Night}]",
        "teams: [US/South, us/south]",
    ] {
        assert!(told(tenant, "").contains("looks like"), "{tenant}");
    }
    // A standard role that is edited is no twin of itself, nor is a role one of a policy.
    assert_eq!(told("roles: [{id: owner}, {id: night}]\npolicies: [{id: Night}]", ""), "");
    assert_eq!(told("roles: [{id: Owner, distinct_from: [owner]}]", ""), "");
}

#[test]
fn what_cannot_be_seen_in_a_name_is_told_by_its_code_point() {
    insta::assert_snapshot!(told("", "users: [{id: \"ann\\u202eeel\"}]"), @r"
    people.yaml:1:14: users.ann\u{202e}eel: `ann\u{202e}eel` holds U+202E, which is not seen and may change how others are; leave it out
    ");
    for (tenant, people) in [
        ("roles: [{id: \"a\\u200bb\"}]", ""),
        ("teams: [\"a\\u00adb\"]", ""),
        ("policies: [{id: \"a\\ufeffb\"}]", ""),
        ("programs: [{id: a, match: {tags: [\"a\\u2066b\"]}}]", ""),
        ("", "users: [{id: a, tags: [\"a\\u2028b\"]}]"),
    ] {
        assert!(told(tenant, people).contains("holds U+"), "{tenant}{people}");
    }
    assert_eq!(told("teams: [日本, \"O'Neil & Söhne\"]", "users: [{id: a, tags: [\"👍\"]}]"), "");
}
