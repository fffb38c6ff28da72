//! Of which teams a record is: one, several, none, and what nobody knows.

use crate::common::{build, outcome};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::model::Value;

const CATALOG: &str = "
product: papers
version: 1.0.0
relations: [author]
own_means: [author]
attributes: {resource.amount: integer}
sharing:
  contents: {text: {default: share, withhold: [body], redact: {viewer: limit.blur}}}
categories:
  - id: all
    permissions:
      - {id: read}
      - {id: show, baseline: all, content: {kind: text, redacted: deny}}
      - {id: comment, baseline: all}
      - {id: limit.mute, constraint: {forbids: [comment]}}
      - {id: limit.mute_unless, constraint: {forbids: [comment], unless: {resource.free: true}}}
      - {id: limit.blur, constraint: {}}
";

const TENANT: &str = "
tenant: acme
product: papers
teams: [support, sales, sales/east, sales/west]
roles:
  - {id: muted_in_sales, grants: [{permission: limit.mute, scope: all, teams: [sales]}]}
  - {id: muted_in_exactly_sales, grants: [{permission: limit.mute, scope: all, exact_teams: [sales]}]}
  - {id: muted_at_own, grants: [{permission: limit.mute, scope: own}]}
  - {id: muted_at_team, grants: [{permission: limit.mute, scope: team}]}
  - {id: muted_above, grants: [{permission: limit.mute, scope: all, teams: [sales], condition: resource.amount > 100}]}
  - {id: muted_later, grants: [{permission: limit.mute, scope: all, teams: [sales], valid_from: 1970-01-01T00:00:02Z}]}
  - {id: muted_unless, grants: [{permission: limit.mute_unless, scope: all, teams: [sales]}]}
  - {id: blurred_in_sales, grants: [{permission: limit.blur, scope: all, teams: [sales]}]}
  - {id: of_team, grants: [{permission: read, scope: team}]}
  - {id: of_below, grants: [{permission: read, scope: below}]}
  - {id: in_sales, grants: [{permission: read, scope: all, teams: [sales]}]}
  - {id: in_exactly_sales, grants: [{permission: read, scope: all, exact_teams: [sales]}]}
";

const PEOPLE: &str = "
users:
  - {id: free}
  - {id: muted, roles: [muted_in_sales]}
  - {id: exactly, roles: [muted_in_exactly_sales]}
  - {id: own, roles: [muted_at_own]}
  - {id: team, roles: [muted_at_team]}
  - {id: above, roles: [muted_above]}
  - {id: later, roles: [muted_later]}
  - {id: unless, roles: [muted_unless]}
  - {id: blurred, roles: [blurred_in_sales]}
  - {id: alone, grants: [{permission: limit.mute, scope: all, teams: [sales]}]}
  - {id: helper, roles: [of_team], teams: [support]}
  - {id: head, roles: [of_below], teams: [sales]}
  - {id: seller, roles: [in_sales]}
  - {id: exact_seller, roles: [in_exactly_sales]}
";

fn papers(unassigned: &str) -> Authorizer {
    let catalog = format!("{CATALOG}teams: {{unassigned: {unassigned}}}\n");
    let authorizer = Authorizer::new(10);
    authorizer.install(build(&catalog, TENANT, PEOPLE, &FamilySet::new()).unwrap());
    authorizer
}

fn list(teams: &[&'static str]) -> Value<'static> {
    Value::List(teams.iter().map(|team| Value::from(*team)).collect())
}

/// What is no team, and no list of teams.
fn unknown() -> [Value<'static>; 6] {
    let mixed = |other| Value::List(vec!["support".into(), other]);
    [
        Value::Int(7),
        Value::Bool(true),
        list(&[]),
        mixed(Value::Int(7)),
        mixed(Value::Null),
        mixed(list(&["sales"])),
    ]
}

#[test]
fn a_toggle_for_some_teams_binds_where_nobody_knows_the_team() {
    for unassigned in ["nobody", "everybody"] {
        let authorizer = papers(unassigned);
        for user in ["muted", "exactly", "alone"] {
            let bound = "constraint limit.mute";
            assert_eq!(outcome(&authorizer, user, "comment", &[]), bound, "{user}");
            for team in unknown().into_iter().chain([Value::Null]) {
                let told = format!("{user} {team:?}");
                let team = [("team", team)];
                assert_eq!(outcome(&authorizer, user, "comment", &team), bound, "{told}");
                assert_eq!(outcome(&authorizer, "free", "comment", &team), "allow", "{told}");
            }
        }
    }
}

#[test]
fn a_toggle_for_some_teams_leaves_records_of_other_teams_alone() {
    let authorizer = papers("nobody");
    for (team, of_branch, exactly) in [
        (Value::from("support"), "allow", "allow"),
        (Value::from("sales"), "constraint limit.mute", "constraint limit.mute"),
        (Value::from("sales/east"), "constraint limit.mute", "allow"),
        (list(&["support"]), "allow", "allow"),
        (list(&["support", "sales/east"]), "constraint limit.mute", "allow"),
        (list(&["support", "sales"]), "constraint limit.mute", "constraint limit.mute"),
    ] {
        let told = format!("{team:?}");
        let team = [("team", team)];
        assert_eq!(outcome(&authorizer, "muted", "comment", &team), of_branch, "{told}");
        assert_eq!(outcome(&authorizer, "alone", "comment", &team), of_branch, "{told}");
        assert_eq!(outcome(&authorizer, "exactly", "comment", &team), exactly, "{told}");
    }
}

#[test]
fn a_toggle_that_is_known_not_to_apply_does_not_bind_for_want_of_a_team() {
    let authorizer = papers("nobody");
    assert_eq!(outcome(&authorizer, "later", "comment", &[]), "allow");
    let above =
        |amount: Value<'static>| outcome(&authorizer, "above", "comment", &[("amount", amount)]);
    assert_eq!(above(Value::Int(50)), "allow");
    assert_eq!(above(Value::Int(500)), "constraint limit.mute");
    assert_eq!(above("much".into()), "constraint limit.mute");
    assert_eq!(outcome(&authorizer, "above", "comment", &[]), "constraint limit.mute");
    let free = [("free", Value::Bool(true))];
    assert_eq!(outcome(&authorizer, "unless", "comment", &free), "allow");
    assert_eq!(outcome(&authorizer, "unless", "comment", &[]), "constraint limit.mute_unless");
}

#[test]
fn a_toggle_binds_at_whatever_scope_it_was_granted() {
    let authorizer = papers("nobody");
    for user in ["own", "team"] {
        for attributes in [
            vec![],
            vec![("author", Value::from("free")), ("team", Value::from("support"))],
            vec![("author", Value::Int(1)), ("team", Value::Int(1))],
        ] {
            let found = outcome(&authorizer, user, "comment", &attributes);
            assert_eq!(found, "constraint limit.mute", "{user} {attributes:?}");
        }
    }
}

#[test]
fn a_redaction_for_some_teams_redacts_where_nobody_knows_the_team() {
    let authorizer = papers("nobody");
    assert_eq!(outcome(&authorizer, "blurred", "show", &[]), "redacted text");
    for team in unknown() {
        let told = format!("{team:?}");
        assert_eq!(
            outcome(&authorizer, "blurred", "show", &[("team", team)]),
            "redacted text",
            "{told}"
        );
    }
    assert_eq!(outcome(&authorizer, "blurred", "show", &[("team", "support".into())]), "allow");
    let several = [("team", list(&["support", "sales/west"]))];
    assert_eq!(outcome(&authorizer, "blurred", "show", &several), "redacted text");
}

#[test]
fn of_several_teams_any_one_counts_for_a_scope() {
    let authorizer = papers("nobody");
    let read =
        |user, teams: &[&'static str]| outcome(&authorizer, user, "read", &[("team", list(teams))]);
    assert_eq!(read("helper", &["support", "sales/east"]), "allow");
    assert_eq!(read("helper", &["sales/east", "support"]), "allow");
    assert_eq!(read("helper", &["support"]), "allow");
    assert_eq!(read("helper", &["sales/east", "support/night"]), "out-of-scope");
    assert_eq!(read("head", &["support", "sales/east"]), "allow");
    assert_eq!(read("head", &["support", "sales"]), "out-of-scope");
}

#[test]
fn of_several_teams_any_one_counts_for_what_a_grant_is_limited_to() {
    let authorizer = papers("nobody");
    let read =
        |user, teams: &[&'static str]| outcome(&authorizer, user, "read", &[("team", list(teams))]);
    assert_eq!(read("seller", &["support", "sales/east"]), "allow");
    assert_eq!(read("seller", &["support"]), "not-applicable teams");
    assert_eq!(read("seller", &["support", "salesmen"]), "not-applicable unknown-team");
    assert_eq!(read("exact_seller", &["support", "sales"]), "allow");
    assert_eq!(read("exact_seller", &["support", "sales/east"]), "not-applicable teams");
}

#[test]
fn what_is_no_list_of_teams_grants_nothing() {
    for unassigned in ["nobody", "everybody"] {
        let authorizer = papers(unassigned);
        for team in unknown() {
            let told = format!("{team:?}");
            let team = [("team", team)];
            assert_eq!(outcome(&authorizer, "helper", "read", &team), "out-of-scope", "{told}");
            assert_eq!(outcome(&authorizer, "head", "read", &team), "out-of-scope", "{told}");
            assert_eq!(
                outcome(&authorizer, "seller", "read", &team),
                "not-applicable unknown-team",
                "{told}"
            );
            assert_eq!(
                outcome(&authorizer, "exact_seller", "read", &team),
                "not-applicable unknown-team",
                "{told}"
            );
        }
    }
}

#[test]
fn a_kind_lies_in_no_team_or_in_everybodys_whatever_is_said_of_the_others() {
    let papers = |all: &str, doc: &str| {
        let kinds = format!("resource_kinds: {{doc: {{unassigned: {doc}}}, note: {{}}}}\n");
        let catalog = format!("{CATALOG}teams: {{unassigned: {all}}}\n{kinds}");
        let authorizer = Authorizer::new(10);
        authorizer.install(build(&catalog, TENANT, PEOPLE, &FamilySet::new()).unwrap());
        authorizer
    };
    // The question is about a `doc`.
    for (all, doc, expected) in [
        ("nobody", "everybody", "allow"),
        ("everybody", "nobody", "out-of-scope"),
        ("everybody", "everybody", "allow"),
        ("nobody", "nobody", "out-of-scope"),
    ] {
        let papers = papers(all, doc);
        for team in [vec![], vec![("team", Value::Null)]] {
            let found = outcome(&papers, "helper", "read", &team);
            assert_eq!(found, expected, "{all} {doc} {team:?}");
            // What is limited to teams is not opened by being everybody's, nor is it lifted.
            let seller = outcome(&papers, "seller", "read", &team);
            assert_eq!(seller, "not-applicable unknown-team", "{all} {doc}");
            let muted = outcome(&papers, "muted", "comment", &team);
            assert_eq!(muted, "constraint limit.mute", "{all} {doc}");
        }
        for team in unknown() {
            let team = [("team", team)];
            assert_eq!(outcome(&papers, "helper", "read", &team), "out-of-scope", "{all} {doc}");
        }
        assert_eq!(outcome(&papers, "helper", "read", &[("team", "support".into())]), "allow");
    }
}
