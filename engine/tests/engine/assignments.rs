//! Roles that are held within limits: per team, until a date, from nine to five.

use crate::common::{EMPTY, both, build, families, family};
use insta::assert_snapshot;
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::Answer;
use permesso_engine::model::{Attributes, Value};
use std::sync::atomic::Ordering;

const CATALOG: &str = r#"
product: desk
version: 1.0.0
relations: [author, owner]
own_means: [author]
attributes: {resource.amount: integer}
resource_kinds:
  shelf: {exclusive: [view]}
sharing:
  by: [owner]
  unnamed: ignore
  contents: {note: {default: redact, withhold: [body]}}
categories:
  - id: all
    permissions:
      - {id: read, implies: [{permission: list}]}
      - {id: list}
      - {id: pay}
      - {id: shelf.view, baseline: all, exclusive: view}
      - {id: note.view, baseline: all, content: {kind: note, redacted: deny}}
      - {id: asks, baseline: all}
      - {id: lacks, baseline: all}
      - {id: write, baseline: all}
      - {id: assign, baseline: all}
      - {id: remove, baseline: all}
      - {id: drop, baseline: all}
      - {id: no_write, constraint: {forbids: [write]}}
guards:
  - {id: asked, on: [asks], condition: 'has_role("agent")', message: for agents only}
  - {id: lacked, on: [lacks], condition: '!has_role("agent")', message: not for agents}
  - {id: covered, on: [assign], check: {covered: [roles]}, message: nobody hands out more than they hold}
  - {id: last, on: [remove], check: {keeps_holder: chief}, message: a chief has to stay}
  - {id: unused, on: [drop], check: unused, message: somebody holds it}
standard_roles: [{id: chief}]
"#;

const TENANT: &str = r#"
tenant: acme
product: desk
teams: [tier1, tier1/night, tier2, north/one]
roles:
  - {id: reader, grants: [{permission: read, scope: all}]}
  - {id: agent, parents: [reader], grants: [{permission: pay, scope: all, condition: resource.amount <= 100}]}
  - {id: paused, grants: [{permission: no_write, scope: all}]}
  - {id: spare}
programs:
  - {id: agents, match: {roles: [agent]}, gives: [{kind: shelf, id: maps, access: view}]}
sharing:
  policies: [{id: closed, content: [note], outcome: hide, for: {roles: [paused]}}]
  overrides: [{id: open, content: [note], outcome: share, for: {roles: [agent]}}]
"#;

const PEOPLE: &str = r#"
users:
  - {id: plain, roles: [agent]}
  - {id: team, roles: [{role: agent, teams: [tier1]}]}
  - {id: north, roles: [{role: reader, teams: [north]}]}
  - {id: timed, roles: [{role: agent, valid_from: 1970-01-01T00:00:00.500Z, valid_until: 1970-01-01T00:00:01.500Z}]}
  - {id: hours, roles: [{role: agent, condition: 'hour_in(now, 9, 17, "UTC")'}]}
  - {id: small, roles: [{role: agent, condition: resource.amount < 50}]}
  - {id: twice, roles: [{role: reader, teams: [tier2]}, {role: agent, teams: [tier1]}, spare]}
  - {id: both, roles: [agent, {role: agent, teams: [tier1]}]}
  - {id: paused, roles: [{role: paused, teams: [tier1]}]}
  - {id: later, roles: [{role: paused, teams: [tier1], valid_from: 1970-01-01T00:00:09Z}]}
  - {id: nobody}
"#;

const NINE: i64 = 9 * 3_600_000;

fn desk(people: &str) -> Authorizer {
    let authorizer = Authorizer::new(1_000);
    let compiled = build(CATALOG, TENANT, people, &FamilySet::new());
    authorizer.install(compiled.unwrap_or_else(|faults| panic!("{faults}")));
    authorizer
}

fn ask_at(
    desk: &Authorizer,
    user: &str,
    action: &str,
    about: &[(&str, Value<'_>)],
    now: i64,
) -> String {
    let attributes: Attributes<'_> = about.iter().cloned().collect();
    let resource = Resource { kind: "shelf", id: Some("maps"), attributes: &attributes };
    let request =
        Request { subject: user, action, resource, context: EMPTY, asserted: Asserted::NONE, now };
    let (decision, _) = both(desk, &request);
    if decision.is_allow() { "allow".to_owned() } else { decision.reason.code().to_owned() }
}

fn ask(desk: &Authorizer, user: &str, action: &str, about: &[(&str, Value<'_>)]) -> String {
    ask_at(desk, user, action, about, 1_000)
}

fn team(name: &str) -> (&'static str, Value<'_>) {
    ("team", Value::from(name))
}

#[test]
fn a_role_for_some_teams_reaches_their_records_and_those_of_teams_below() {
    let desk = desk(PEOPLE);
    for (user, about, expected) in [
        ("team", vec![team("tier1")], "allow"),
        ("team", vec![team("tier1/night")], "allow"),
        ("team", vec![team("tier2")], "not-applicable"),
        ("team", vec![team("tier10")], "not-applicable"),
        ("team", vec![], "not-applicable"),
        ("team", vec![("team", Value::Int(1))], "not-applicable"),
        ("team", vec![("team", Value::List(vec!["tier2".into(), "tier1".into()]))], "allow"),
        ("team", vec![("team", Value::List(Vec::new()))], "not-applicable"),
        ("north", vec![team("north/one")], "allow"),
        ("twice", vec![team("tier1")], "allow"),
        ("twice", vec![team("tier2")], "allow"),
        ("both", vec![team("tier2")], "allow"),
        ("plain", vec![], "allow"),
    ] {
        // The role inherits it, and it brings the other one along.
        for action in ["read", "list"] {
            assert_eq!(ask(&desk, user, action, &about), expected, "{user} {action} {about:?}");
        }
    }
}

#[test]
fn the_limits_of_an_assignment_and_of_a_grant_have_to_hold_both() {
    let desk = desk(PEOPLE);
    let amount = |amount: i64| ("amount", Value::Int(amount));
    for (user, about, expected) in [
        ("team", vec![team("tier1"), amount(100)], "allow"),
        ("team", vec![team("tier2"), amount(100)], "not-applicable"),
        ("team", vec![team("tier1"), amount(101)], "not-applicable"),
        ("small", vec![amount(49)], "allow"),
        ("small", vec![amount(50)], "not-applicable"),
        ("small", vec![], "not-applicable"),
        ("both", vec![amount(100)], "allow"),
    ] {
        assert_eq!(ask(&desk, user, "pay", &about), expected, "{user} {about:?}");
    }
}

#[test]
fn a_window_includes_its_beginning_and_not_its_end_and_a_decision_holds_until_its_edge() {
    let desk = desk(PEOPLE);
    for (now, expected, until) in [
        (499, "not-applicable", Some(500)),
        (500, "allow", Some(1_500)),
        (1_499, "allow", Some(1_500)),
        (1_500, "not-applicable", None),
    ] {
        assert_eq!(ask_at(&desk, "timed", "read", &[], now), expected, "{now}");
        let resource = Resource { kind: "shelf", id: None, attributes: EMPTY };
        let request = Request {
            subject: "timed",
            action: "read",
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now,
        };
        assert_eq!(desk.decide("acme", &request).until, until, "{now}");
    }
    for (now, expected) in
        [(NINE - 1, "not-applicable"), (NINE, "allow"), (NINE + 8 * 3_600_000, "not-applicable")]
    {
        assert_eq!(ask_at(&desk, "hours", "read", &[], now), expected, "{now}");
    }
}

#[test]
fn who_asks_for_a_role_by_its_name_is_closed_by_one_within_limits_and_never_opened() {
    let desk = desk(PEOPLE);
    let here = [team("tier1")];
    for (user, now, shelf, note, asks, lacks) in [
        ("plain", 1_000, "allow", "allow", "allow", "guard"),
        ("both", 1_000, "allow", "allow", "allow", "guard"),
        // A time is settled by the clock.
        ("timed", 1_000, "allow", "allow", "allow", "guard"),
        ("timed", 1_500, "exclusive", "redacted", "guard", "allow"),
        // What is held for a team or under a condition cannot be known by its name.
        ("team", 1_000, "exclusive", "redacted", "guard", "guard"),
        ("small", 1_000, "exclusive", "redacted", "guard", "guard"),
        ("nobody", 1_000, "exclusive", "redacted", "guard", "allow"),
        ("paused", 1_000, "exclusive", "hidden", "guard", "allow"),
        ("later", 1_000, "exclusive", "redacted", "guard", "allow"),
        ("later", 9_000, "exclusive", "hidden", "guard", "allow"),
    ] {
        let all = ["shelf.view", "note.view", "asks", "lacks"]
            .map(|action| ask_at(&desk, user, action, &here, now));
        assert_eq!(all, [shelf, note, asks, lacks], "{user} at {now}");
    }
}

#[test]
fn a_toggle_of_a_role_within_limits_binds_unless_it_is_known_not_to() {
    let desk = desk(PEOPLE);
    for (user, about, expected) in [
        ("paused", vec![team("tier1")], "constraint"),
        ("paused", vec![], "constraint"),
        ("paused", vec![team("tier2")], "allow"),
        ("later", vec![team("tier1")], "allow"),
    ] {
        assert_eq!(ask(&desk, user, "write", &about), expected, "{user} {about:?}");
    }
}

#[test]
fn nobody_hands_out_a_role_beyond_the_limits_of_their_own() {
    let desk = desk(PEOPLE);
    let within = |limits: &[(&'static str, Value<'static>)]| {
        let role = [("role", Value::from("reader"))];
        Value::Map(role.into_iter().chain(limits.iter().cloned()).collect())
    };
    let teams = |names: &[&'static str]| {
        ("teams", Value::List(names.iter().map(|name| Value::from(*name)).collect()))
    };
    let (from, until) = (|at| ("valid_from", Value::Int(at)), |at| ("valid_until", Value::Int(at)));
    for (user, handed, expected) in [
        ("plain", Value::from("reader"), "allow"),
        ("plain", within(&[teams(&["tier1"])]), "allow"),
        ("plain", within(&[("condition", Value::from("now > 1"))]), "allow"),
        ("team", Value::from("reader"), "guard"),
        ("team", within(&[]), "guard"),
        ("team", within(&[teams(&["tier1"])]), "allow"),
        ("team", within(&[teams(&["tier1/night"]), until(5)]), "allow"),
        ("team", within(&[teams(&["tier1", "tier2"])]), "guard"),
        ("team", within(&[teams(&[])]), "guard"),
        ("team", within(&[teams(&["tier1"]), ("tomorrow", Value::Int(1))]), "guard"),
        ("timed", within(&[from(500), until(1_500)]), "allow"),
        ("timed", within(&[from(600), until(1_400), teams(&["tier2"])]), "allow"),
        ("timed", within(&[from(499), until(1_500)]), "guard"),
        ("timed", within(&[until(1_500)]), "guard"),
        ("small", within(&[("condition", Value::from("resource.amount < 50"))]), "guard"),
    ] {
        let about = [("roles", Value::List(vec![handed]))];
        assert_eq!(ask(&desk, user, "assign", &about), expected, "{user} {about:?}");
    }
}

#[test]
fn who_holds_a_role_within_limits_uses_it_and_is_nobody_to_rely_on() {
    let ask_about = |people: &str, action: &str, id: &str| {
        let desk = desk(people);
        let resource = Resource { kind: "role", id: Some(id), attributes: EMPTY };
        let request = Request {
            subject: "a",
            action,
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now: 1_000,
        };
        both(&desk, &request).0.is_allow()
    };
    let one = "users: [{id: a, roles: [chief]}, {id: b, roles: [{role: chief, valid_until: 1970-01-01T00:00:05Z}]}]";
    let two = "users: [{id: a, roles: [chief]}, {id: b, roles: [chief]}]";
    assert!(ask_about(two, "remove", "a"));
    assert!(!ask_about(one, "remove", "a"));
    assert!(ask_about(one, "remove", "b"));
    let only = "users: [{id: a}, {id: b, roles: [{role: spare, teams: [tier1]}]}]";
    assert!(!ask_about(only, "drop", "spare"));
    assert!(ask_about(only, "drop", "reader"));
}

#[test]
fn a_family_is_told_the_roles_that_are_held_here_and_not_asked_where_that_cannot_be_known() {
    let mut docs = family(|question| {
        let held = question.inputs.first().cloned().flatten();
        assert_eq!(format!("{held:?}").contains("agent"), question.inputs.len() == 1);
        Ok(Answer::ABSTAIN)
    });
    let manifest = &mut std::sync::Arc::get_mut(&mut docs).unwrap().manifest;
    manifest.permissions = vec!["read".to_owned()];
    manifest.floors.clear();
    manifest.requires.clear();
    manifest.inputs.truncate(1);
    manifest.inputs[0].path = "subject.roles".parse().unwrap();
    manifest.inputs[0].kind = permesso_engine::family::InputKind::Texts;
    let catalog = CATALOG.replace("{id: read,", "{id: read, family: docs,");
    let people = "users: [{id: a, roles: [reader, {role: agent, teams: [tier1]}]}, {id: b, roles: [reader, {role: spare, teams: [tier1]}, agent]}]";
    let authorizer = Authorizer::new(1_000);
    authorizer.install(build(&catalog, TENANT, people, &families(&docs)).unwrap());
    assert_eq!(ask(&authorizer, "a", "read", &[team("tier1")]), "allow");
    assert_eq!(ask(&authorizer, "b", "read", &[team("tier1")]), "allow");
    let calls = docs.calls.load(Ordering::Relaxed);
    assert_eq!(ask(&authorizer, "a", "read", &[]), "family-fault");
    assert_eq!(docs.calls.load(Ordering::Relaxed), calls);
}

#[test]
fn an_explanation_says_within_what_a_role_is_held_and_why_it_does_not_count() {
    let desk = desk(PEOPLE);
    let attributes: Attributes<'_> = [team("tier2")].into_iter().collect();
    let resource = Resource { kind: "shelf", id: Some("maps"), attributes: &attributes };
    let text = |user| {
        let request = Request {
            subject: user,
            action: "read",
            resource,
            context: EMPTY,
            asserted: Asserted::NONE,
            now: 1_000,
        };
        let trace = both(&desk, &request).1.trace;
        trace.iter().map(|step| step.text.clone()).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(text("team"), @r"
    `read` is a permission of category `all`
    `team` is active and holds agent for `tier1`
    role `agent`, held for `tier1`, grants it at scope all, but for other teams
    what grants `read` does not apply here: it is for other teams
    ");
    assert_snapshot!(text("timed"), @r"
    `read` is a permission of category `all`
    `timed` is active and holds agent from 1970-01-01T00:00:00.5Z until 1970-01-01T00:00:01.5Z
    role `agent`, held from 1970-01-01T00:00:00.5Z until 1970-01-01T00:00:01.5Z, grants it at scope all
    reaches every resource of the tenant
    ");
}

#[test]
fn an_assignment_that_cannot_be_meant_is_refused_with_its_place() {
    let refused = |role: &str| {
        let people = format!("users:\n  - id: ann\n    roles:\n      - {role}\n");
        build(CATALOG, TENANT, &people, &FamilySet::new()).unwrap_err().to_string()
    };
    assert_snapshot!(refused("{role: agnet, teams: [tier1]}"), @r"
    people.yaml:4:16: users.ann.roles: unknown role `agnet`
      help: did you mean `agent`?
    ");
    assert_snapshot!(refused("{role: agent, teams: [teir1]}"), @r"
    people.yaml:4:31: users.ann.roles.agent.teams: unknown team `teir1`
      help: did you mean `tier1`?
    ");
    assert_snapshot!(refused("{role: agent, teams: []}"), @r"
    people.yaml:4:16: users.ann.roles: `agent` would be held for no team at all
      help: name teams, or leave `teams` out to have it for all
    ");
    assert_snapshot!(refused("{role: agent, valid_from: 1970-01-01T00:00:00.006Z, valid_until: 1970-01-01T00:00:00.005Z}"), @r"
    people.yaml:4:16: users.ann.roles: `agent` would end before it begins
      help: valid_from is included, valid_until is not
    ");
    assert_snapshot!(refused("{role: agent, condition: resource.amont < 5}"), @r"
    people.yaml:4:34: users.ann.roles.condition: at 1:1 of the condition: unknown attribute `resource.amont`
      help: did you mean `resource.amount`?
    ");
    assert_snapshot!(refused("{role: agent, team: tier1}"), @r"
    people.yaml:4:23: `team` is not known here
      help: did you mean `teams`?
    ");
    let many: Vec<String> =
        (0..65).map(|n| format!("{{role: agent, condition: resource.amount > {n}}}")).collect();
    assert_snapshot!(refused(&many.join("\n      - ")), @r"
    people.yaml:4:16: users.ann.roles: roles are held under 65 conditions, which takes too long
      help: join some of them by `||`: 64 is the most
    ");
}
