//! Where a tenant lists its tags there are no others, whoever names one.

use crate::common;
use permesso_engine::compile::FamilySet;
use permesso_engine::load;
use permesso_engine::names::check_names;

const CATALOG: &str = "
product: desk
version: 1.0.0
resource_kinds: {ticket: {exclusive: [view]}}
sharing: {by: [owner], contents: {note: {default: share}}}
relations: [owner]
categories: [{id: tickets, permissions: [{id: read}]}]
standard_roles: [{id: agent, grants: [{permission: read, scope: all}]}]
baseline: {editable: true}
";

fn refused(tags: &str, tenant: &str, people: &str) -> Option<String> {
    let tenant = format!("tenant: acme\nproduct: desk\n{tags}\n{tenant}\n");
    let people = format!("users: [{people}]");
    common::build(CATALOG, &tenant, &people, &FamilySet::default()).err().map(|it| it.to_string())
}

#[test]
fn a_tag_that_is_not_listed_is_refused_wherever_one_is_named() {
    let rule = "condition: 'has_tag(\"night_shfit\")'";
    let places = [
        ("programs: [{id: p, match: {tags: [night_shfit]}, gives: [{kind: ticket, id: t, access: view}]}]".to_owned(), ""),
        (format!("programs: [{{id: p, match: {{{rule}}}, gives: [{{kind: ticket, id: t, access: view}}]}}]"), ""),
        ("sharing: {policies: [{id: s, outcome: hide, for: {tags: [night_shfit]}}]}".to_owned(), ""),
        ("sharing: {overrides: [{id: s, outcome: hide, for: {tags: [night_shfit]}}]}".to_owned(), ""),
        (format!("sharing: {{policies: [{{id: s, outcome: hide, {rule}}}]}}"), ""),
        ("sharing: {policies: [{id: s, outcome: hide, condition: '\"night_shfit\" in subject.tags'}]}".to_owned(), ""),
        (format!("roles: [{{id: r, grants: [{{permission: read, scope: all, {rule}}}]}}]"), ""),
        (format!("policies: [{{id: r, grants: [{{permission: read, scope: all, {rule}}}]}}]"), ""),
        (format!("teams: [{{path: t, roles: [{{role: agent, {rule}}}]}}]"), ""),
        (format!("baseline: [{{role: agent, {rule}}}]"), ""),
        (String::new(), "{id: ann, tags: [night_shfit]}"),
        (String::new(), "{id: ann, grants: [{permission: read, scope: all, condition: 'has_tag(\"night_shfit\")'}]}"),
        (String::new(), "{id: ann, roles: [{role: agent, condition: 'has_tag(\"night_shfit\")'}]}"),
    ];
    for (tenant, people) in &places {
        let told = refused("tags: [vip, {id: night_shift, title: At night}]", tenant, people);
        let told = told.unwrap_or_else(|| panic!("taken: {tenant}{people}"));
        assert!(
            told.contains("`night_shfit`") && told.contains("did you mean `night_shift`?"),
            "{told}"
        );
        assert!(refused("tags: []", tenant, people).is_some(), "{tenant}{people}");
        // Without a list any word is a tag, and one that is listed is known.
        for listed in ["", "tags: [night_shfit]"] {
            assert_eq!(refused(listed, tenant, people), None, "{tenant}{people}");
        }
    }
}

#[test]
fn conditions_of_assignments_name_roles_and_teams_that_there_are() {
    for (tenant, people) in [
        ("", "{id: ann, roles: [{role: agent, condition: 'has_role(\"agnt\")'}]}"),
        ("teams: [{path: t, roles: [{role: agent, condition: 'has_role(\"agnt\")'}]}]", ""),
        ("baseline: [{role: agent, condition: 'has_role(\"agnt\")'}]", ""),
    ] {
        let told = refused("", tenant, people).unwrap();
        assert!(told.contains("did you mean `agent`?"), "{told}");
    }
    let told = refused(
        "",
        "teams: [east]",
        "{id: ann, roles: [{role: agent, condition: 'in_team(\"eats\")'}]}",
    );
    assert!(told.unwrap().contains("did you mean `east`?"));
}

#[test]
fn tags_teams_and_tenants_that_look_alike_are_refused_until_they_are_said_to_be_two() {
    let catalog = load::catalog("product.yaml", CATALOG).unwrap().value;
    let told = |tenant: &str| {
        let text = format!("product: desk\n{tenant}\n");
        let tenant = load::tenant("tenant.yaml", &text).unwrap();
        let people = load::directory("people.yaml", "users: []").unwrap();
        check_names(&catalog, &tenant, &people).err().map(|found| found.to_string())
    };
    for (twins, apart) in [
        ("tenant: a\ntags: [vip, VIP]", "tenant: a\ntags: [vip, {id: VIP, distinct_from: [vip]}]"),
        (
            "tenant: a\nteams: [east, East]",
            "tenant: a\nteams: [east, {path: East, distinct_from: [east]}]",
        ),
    ] {
        assert!(told(twins).unwrap().contains("looks like"), "{twins}");
        assert_eq!(told(apart), None, "{apart}");
    }
    for unseen in [
        "tenant: a\ntags: [\"v\\u200bip\"]",
        "tenant: a\nteams: [\"e\\u202east\"]",
        "tenant: \"a\\u2066b\"",
    ] {
        assert!(told(unseen).unwrap().contains("U+"), "{unseen}");
    }
    let twice = refused("tags: [vip, vip]", "", "").unwrap();
    assert!(twice.contains("listed twice"), "{twice}");
}
