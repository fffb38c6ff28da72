//! Roles that come to users without being given to them: those of their teams, and the baseline.

use crate::common::{EMPTY, both, build};
use insta::assert_snapshot;
use permesso_engine::Authorizer;
use permesso_engine::compile::{FamilySet, compile_member};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, User, Value};

const CATALOG: &str = r#"
product: desk
version: 1.0.0
resource_kinds:
  shelf: {exclusive: [view]}
categories:
  - id: all
    permissions:
      - {id: read}
      - {id: write}
      - {id: greet}
      - {id: shelf.view, baseline: all, exclusive: view}
      - {id: asks, baseline: all}
      - {id: drop, baseline: all}
guards:
  - {id: asked, on: [asks], condition: 'has_role("reader")', message: for readers only}
  - {id: unused, on: [drop], check: unused, message: somebody holds it}
baseline: BASELINE
standard_roles:
  - {id: visitor, grants: [{permission: greet, scope: all}]}
"#;

const TENANT: &str = r#"
tenant: acme
product: desk
teams:
  - {path: sales, title: Sales, roles: [reader]}
  - {id: sales/east, roles: [{role: writer, teams: [sales/east], valid_until: 1970-01-01T00:00:05Z}]}
  - sales/east/one
  - salesmen
roles:
  - {id: reader, grants: [{permission: read, scope: all}]}
  - {id: writer, grants: [{permission: write, scope: all}]}
programs:
  - {id: readers, match: {roles: [reader]}, gives: [{kind: shelf, id: maps, access: view}]}
"#;

const PEOPLE: &str = "
users:
  - {id: top, teams: [sales]}
  - {id: deep, teams: [sales/east/one]}
  - {id: beside, teams: [salesmen]}
  - {id: none}
";

fn authorizer(baseline: &str, tenant: &str) -> Authorizer {
    let authorizer = Authorizer::new(1_000);
    let catalog = CATALOG.replace("BASELINE", baseline);
    let compiled = build(&catalog, tenant, PEOPLE, &FamilySet::new());
    authorizer.install(compiled.unwrap_or_else(|faults| panic!("{faults}")));
    authorizer
}

fn may(desk: &Authorizer, user: &str, action: &str, team: &str, now: i64) -> bool {
    let attributes: Attributes<'_> = [("team", Value::from(team))].into_iter().collect();
    let id = if action == "drop" { "reader" } else { "maps" };
    let resource = Resource { kind: "shelf", id: Some(id), attributes: &attributes };
    let request =
        Request { subject: user, action, resource, context: EMPTY, asserted: Asserted::NONE, now };
    both(desk, &request).0.is_allow()
}

#[test]
fn members_of_a_team_and_of_teams_below_hold_its_roles_within_their_limits() {
    let desk = authorizer("[]", TENANT);
    for (user, action, team, now, expected) in [
        ("top", "read", "", 1_000, true),
        ("top", "write", "sales/east", 1_000, false),
        ("deep", "read", "", 1_000, true),
        ("deep", "write", "sales/east", 4_999, true),
        ("deep", "write", "sales/east/one", 4_999, true),
        ("deep", "write", "sales/east", 5_000, false),
        ("deep", "write", "sales", 1_000, false),
        ("beside", "read", "", 1_000, false),
        ("none", "read", "", 1_000, false),
        // Whoever asks for the role by its name finds it held, and in use.
        ("deep", "shelf.view", "", 1_000, true),
        ("none", "shelf.view", "", 1_000, false),
        ("deep", "asks", "", 1_000, true),
        ("none", "asks", "", 1_000, false),
        ("none", "drop", "", 1_000, false),
    ] {
        assert_eq!(may(&desk, user, action, team, now), expected, "{user} {action} {team} {now}");
    }
}

#[test]
fn the_baseline_is_everybodys_unless_the_tenant_may_say_something_else_and_does() {
    let tenant = |own: &str| TENANT.replacen("teams:", &format!("{own}\nteams:"), 1);
    let greets = |baseline, own: &str| {
        let desk = authorizer(baseline, &tenant(own));
        (may(&desk, "none", "greet", "", 1), may(&desk, "none", "read", "", 1))
    };
    assert_eq!(greets("[]", ""), (false, false));
    assert_eq!(greets("[visitor]", ""), (true, false));
    assert_eq!(greets("{roles: [visitor], editable: true}", ""), (true, false));
    assert_eq!(greets("{roles: [visitor], editable: true}", "baseline: [reader]"), (false, true));
    assert_eq!(greets("{roles: [visitor], editable: true}", "baseline: []"), (false, false));
}

#[test]
fn who_is_in_no_directory_does_not_hold_the_baseline() {
    let catalog = CATALOG.replace("BASELINE", "[visitor]");
    let compiled = build(&catalog, TENANT, PEOPLE, &FamilySet::new()).unwrap();
    let key = User { id: "key".into(), roles: vec!["reader".into()], ..User::default() };
    let key = compile_member(&compiled, &key).unwrap();
    let authorizer = Authorizer::new(10);
    authorizer.install(compiled);
    let resource = Resource { kind: "shelf", id: None, attributes: EMPTY };
    let may = |action| {
        let request = Request {
            subject: "key",
            action,
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now: 1,
        };
        authorizer.decide_as("acme", &key, &request).unwrap().is_allow()
    };
    assert_eq!((may("read"), may("greet")), (true, false));
}

#[test]
fn an_explanation_says_by_what_a_role_is_held() {
    let desk = authorizer("[visitor]", TENANT);
    let text = |action| {
        let resource = Resource { kind: "shelf", id: Some("maps"), attributes: EMPTY };
        let request = Request {
            subject: "deep",
            action,
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now: 1_000,
        };
        let trace = both(&desk, &request).1.trace;
        trace.iter().skip(1).map(|step| step.text.clone()).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(text("write"), @r"
    `deep` is active and holds visitor by everybody, writer by the team `sales/east` for `sales/east` until 1970-01-01T00:00:05Z, reader by the team `sales`
    role `writer`, held by the team `sales/east` for `sales/east` until 1970-01-01T00:00:05Z, grants it at scope all, but for some teams, and of which the resource is cannot be known
    what grants `write` does not apply here: it is for some teams, and of which the resource is cannot be known
    ");
    assert_snapshot!(text("greet"), @r"
    `deep` is active and holds visitor by everybody, writer by the team `sales/east` for `sales/east` until 1970-01-01T00:00:05Z, reader by the team `sales`
    role `visitor`, held by everybody, grants it at scope all
    reaches every resource of the tenant
    ");
}

#[test]
fn roles_of_teams_and_a_baseline_that_cannot_be_meant_are_refused() {
    let refused = |baseline: &str, tenant: &str| {
        let catalog = CATALOG.replace("BASELINE", baseline);
        build(&catalog, tenant, PEOPLE, &FamilySet::new()).unwrap_err().to_string()
    };
    let with = |from: &str, to: &str| TENANT.replacen(from, to, 1);
    assert_snapshot!(refused("[visiter]", TENANT), @r"
    product.yaml:18:12: baseline: unknown standard role `visiter`
      help: did you mean `visitor`?
    ");
    assert_snapshot!(refused("[]", &with("teams:", "baseline: [reader]\nteams:")), @r"
    tenant.yaml:4:12: baseline: the product does not let a tenant have a baseline of its own
      help: delete it; roles can be given to teams
    ");
    assert_snapshot!(refused("[]", &with("roles: [reader]}", "roles: [raeder]}")), @r"
    tenant.yaml:5:41: teams.sales.roles: unknown role `raeder`
      help: did you mean `reader`?
    ");
    assert_snapshot!(refused("[]", &with("teams: [sales/east]", "teams: [sales/est]")), @r"
    tenant.yaml:6:53: teams.sales/east.roles.writer.teams: unknown team `sales/est`
      help: did you mean `sales/east`?
    ");
    assert_snapshot!(refused("[]", &with("title: Sales", "titel: Sales")), @r"
    tenant.yaml:5:19: `titel` is not known here
      help: did you mean `title`?
    ");
}
