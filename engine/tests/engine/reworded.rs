//! What names a team, a role or a number in other words than were meant lifts nothing.

use crate::common::{self, EMPTY};
use permesso_engine::Authorizer;
use permesso_engine::compile::{self, FamilySet};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};

const CATALOG: &str = r#"
product: desk
version: 1.0.0
relations: [owner]
attributes: {context.acting: {type: text, names: role}, action.given: {type: texts, names: role}}
resource_kinds:
  ticket: {attributes: {flag: boolean}}
  user: {attributes: {who.role: {type: text, names: role}, target_role: {type: text, names: role}, roles: {type: texts, names: role}}}
  role: {attributes: {holders: {type: integer, at_least: 0}, share: {type: decimal, at_least: 1}}}
  page: {exclusive: [view]}
categories:
  - id: all
    kinds: any
    permissions:
      - {id: close}
      - {id: lock, constraint: {forbids: [close]}}
      - {id: stop}
      - {id: drop}
      - {id: keep}
      - {id: move}
      - {id: merge}
      - {id: file}
      - {id: tell}
      - {id: turn}
      - {id: fold}
guards:
  - {id: turned, on: [turn], condition: '!("support" in (resource.team ?? ["support"]))', message: no}
  - {id: folded, on: [fold], condition: '!("support" in lower(resource.team))', message: no}
  - {id: moved, on: [move], require: {resource.team: {is_not: support}}, message: no}
  - {id: merged, on: [merge], condition: '!("support" in resource.team)', message: no}
  - {id: filed, on: [file], condition: '!is_set(resource.team) || "sales" in resource.team', message: no}
  - {id: told, on: [tell], require: {any: [{resource.team: {in: [sales]}}, {resource.team: {is_not: support}}]}, message: no}
  - {id: last, on: [stop], require: {resource.target_role: {is_not: owner}}, message: no}
  - {id: used, on: [drop], require: {resource.holders: {at_most: 0}}, message: no}
  - {id: standard, on: [keep], check: deletable, message: no}
standard_roles:
  - {id: owner, deletable: false, grants: [{permission: '*', scope: all, except: [lock]}]}
"#;

fn tenant(teams: &str) -> String {
    format!(
        "{{tenant: acme, product: desk{teams}, roles: [\
         {{id: locked, grants: [{{permission: lock, scope: all, teams: [support]}}]}}, \
         {{id: held, grants: [{{permission: lock, scope: all}}]}}, \
         {{id: closer, grants: [{{permission: close, scope: all, teams: [support]}}]}}, \
         {{id: below, grants: [{{permission: close, scope: branch}}]}}]}}"
    )
}

const PEOPLE: &str = "users:
- {id: ann, roles: [owner]}
- {id: bob, roles: [owner, locked]}
- {id: cid, roles: [owner, {role: held, teams: [support]}]}
- {id: dot, roles: [closer]}
- {id: eve, roles: [{role: owner, teams: [support]}]}
- {id: fay, roles: [below], teams: [support]}
";

fn world(teams: &str) -> Authorizer {
    let built = common::build(CATALOG, &tenant(teams), PEOPLE, &FamilySet::default());
    let authorizer = Authorizer::new(100);
    authorizer.install(built.map_err(|found| found.to_string()).unwrap());
    authorizer
}

fn may(
    authorizer: &Authorizer,
    (who, action): (&str, &str),
    (kind, id): (&str, &str),
    sent: &[(&str, Value<'_>)],
) -> bool {
    let attributes: Attributes<'_> = sent.iter().cloned().collect();
    let request = Request {
        subject: who,
        action,
        resource: Resource { kind, id: Some(id), attributes: &attributes },
        context: EMPTY,
        asserted: Asserted::NONE,
        now: 1_000,
    };
    common::both(authorizer, &request).0.is_allow()
}

fn texts(names: &[&str]) -> Value<'static> {
    Value::List(names.iter().map(|name| Value::from((*name).to_owned())).collect())
}

#[test]
fn a_text_that_is_no_team_neither_lifts_a_toggle_nor_reaches_what_is_limited_to_one() {
    let no_team = [
        Value::from(""),
        Value::from("/"),
        Value::from("/support"),
        Value::from("support/"),
        Value::from("support//tier1"),
        Value::from("support "),
        Value::from("support\u{200b}"),
        Value::from("Support"),
        Value::from("SUPPORT/tier1"),
        texts(&[""]),
        texts(&["sales", "Support"]),
    ];
    let listed = ", teams: [sales, support/tier1]";
    let unlisted = ["suppport", "nope", "support/nope"].map(Value::from);
    for (teams, none) in [("", &no_team[..]), (listed, &no_team[..]), (listed, &unlisted[..])] {
        let desk = world(teams);
        for team in none {
            let sent = [("team", team.clone())];
            let asked = |who| may(&desk, (who, "close"), ("ticket", "t1"), &sent);
            assert!(asked("ann"), "{team:?}");
            for who in ["bob", "cid", "dot", "eve", "fay"] {
                assert!(!asked(who), "{who} closes what is of {team:?}{teams}");
            }
        }
        for (team, bound) in [("sales", false), ("support", true), ("support/tier1", true)] {
            let sent = [("team", Value::from(team))];
            let asked = |who| may(&desk, (who, "close"), ("ticket", "t1"), &sent);
            assert_eq!([asked("bob"), asked("cid")], [!bound; 2], "{team}");
            assert_eq!([asked("dot"), asked("eve"), asked("fay")], [bound; 3], "{team}");
        }
    }
    // Teams that are listed and look alike are two.
    let desk = world(", teams: [sales, support, {path: Support, distinct_from: [support]}]");
    let sent = [("team", Value::from("Support"))];
    assert!(may(&desk, ("bob", "close"), ("ticket", "t1"), &sent));
}

#[test]
fn a_text_that_is_no_team_passes_no_guard_that_is_about_other_teams() {
    let desk = world(", teams: [sales, support/tier1]");
    let asked = |action, team: &Value<'static>| {
        may(&desk, ("ann", action), ("ticket", "t1"), &[("team", team.clone())])
    };
    for none in ["", "Support", "support/", "suppport", "support/nope", "support\u{200b}"] {
        for none in [Value::from(none), texts(&[none]), texts(&["sales", none])] {
            for action in ["move", "merge", "file", "tell"] {
                assert!(!asked(action, &none), "{action} {none:?}");
            }
            assert!(asked("close", &none), "{none:?}");
        }
    }
    let sales = Value::from("sales");
    assert!(["move", "tell"].iter().all(|action| asked(action, &sales)));
    let sales = texts(&["sales"]);
    assert!(["merge", "file"].iter().all(|action| asked(action, &sales)));
    assert!(!asked("merge", &texts(&["support"])));
    assert!(may(&desk, ("ann", "file"), ("ticket", "t1"), &[]));
}

#[test]
fn where_no_team_is_listed_one_that_looks_like_the_one_meant_is_not_another() {
    let desk = world("");
    let asked = |action, team: &Value<'static>| {
        may(&desk, ("ann", action), ("ticket", "t1"), &[("team", team.clone())])
    };
    for like in ["Support", "SUPPORT", "Support/tier1", "\u{ff53}upport"] {
        for like in [Value::from(like), texts(&[like]), texts(&["sales", like])] {
            for action in ["move", "merge", "turn", "tell"] {
                assert!(!asked(action, &like), "{action} {like:?}");
            }
            assert!(asked("close", &like), "{like:?}");
        }
    }
    let sales = Value::from("sales");
    for action in ["move", "merge", "file", "tell", "turn", "fold"] {
        assert!(asked(action, &sales), "{action}");
        assert!(asked(action, &Value::from("supporters")) || action == "file", "{action}");
    }
    // Whoever compares whatever the case means all that are called so.
    assert!(!asked("fold", &Value::from("Support")));
    assert!(asked("fold", &Value::from("Sales")));
    assert!(!asked("file", &Value::from("Sales")));
}

#[test]
fn what_names_a_role_names_one_that_there_is() {
    let desk = world("");
    let stop =
        |role: Value<'_>| may(&desk, ("ann", "stop"), ("user", "u1"), &[("target_role", role)]);
    assert!(stop(Value::from("closer")));
    for role in ["owner", "Owner", "owner ", "ownr", ""] {
        assert!(!stop(Value::from(role)), "{role}");
    }
    let several = |names: &[&str]| {
        let sent = [("target_role", Value::from("closer")), ("roles", texts(names))];
        may(&desk, ("ann", "stop"), ("user", "u1"), &sent)
    };
    assert!(several(&["closer", "locked"]));
    assert!(!several(&["closer", "nope"]));
}

#[test]
fn a_role_is_one_that_there_is_wherever_a_question_names_it() {
    let desk = world("");
    let asked = |resource: &[(&str, Value<'_>)], context: Value<'_>, action: Value<'_>| {
        let attributes: Attributes<'_> = resource.iter().cloned().collect();
        let context: Attributes<'_> = [("acting", context)].into_iter().collect();
        let action: Attributes<'_> = [("given", action)].into_iter().collect();
        let request = Request {
            subject: "ann",
            action: "close",
            resource: Resource { kind: "user", id: Some("u1"), attributes: &attributes },
            context: &context,
            asserted: Asserted { action: &action, ..Asserted::NONE },
            now: 1_000,
        };
        common::both(&desk, &request).0.is_allow()
    };
    let (one, none) = (Value::from("closer"), Value::from("Closer"));
    let group = |role: &Value<'static>| {
        [("who", Value::Map([("role", role.clone())].into_iter().collect()))]
    };
    assert!(asked(&group(&one), one.clone(), one.clone()));
    assert!(!asked(&group(&none), one.clone(), one.clone()));
    assert!(!asked(&[("who.role", none.clone())], one.clone(), one.clone()));
    assert!(!asked(&[], none, one.clone()));
    assert!(!asked(&[], one, texts(&["closer", "Closer"])));
}

#[test]
fn a_role_that_is_called_nearly_like_a_standard_one_is_as_protected() {
    let desk = world("");
    let keep = |role| may(&desk, ("ann", "keep"), ("role", role), &[]);
    assert!(keep("closer"));
    assert!(keep("the_products_own"));
    for role in ["owner", "OWNER", " owner ", "ow\u{200b}ner"] {
        assert!(!keep(role), "{role:?}");
    }
}

#[test]
fn a_number_below_the_least_that_it_can_be_is_refused() {
    let desk = world("");
    let drop = |sent: &[(&str, Value<'_>)]| may(&desk, ("ann", "drop"), ("role", "closer"), sent);
    assert!(drop(&[("holders", Value::Int(0))]));
    assert!(drop(&[("holders", Value::Float(0.0)), ("share", Value::Float(1.5))]));
    for holders in [Value::Int(1), Value::Int(-1), Value::Float(-1.0), Value::Int(i64::MIN)] {
        assert!(!drop(&[("holders", holders.clone())]), "{holders:?}");
    }
    assert!(!drop(&[("holders", Value::Int(0)), ("share", Value::Float(0.5))]));
}

#[test]
fn a_catalog_that_says_what_can_have_no_effect_is_refused() {
    let told = |from: &str, to: &str| {
        assert!(CATALOG.contains(from), "{from}");
        let catalog = CATALOG.replacen(from, to, 1);
        match load::catalog("product.yaml", &catalog).map(compile::catalog) {
            Err(found) => found.to_string(),
            Ok(catalog) => catalog.faults().to_string(),
        }
    };
    assert_eq!(told("flag", "flag"), "");
    for (from, to, wanted) in [
        ("relations: [owner]", "relations: [owner, owner]", "`owner` is named already"),
        ("relations: [owner]", "relations: [team]", "no relation is a team"),
        ("relations: [owner]", "relations: [id]", "asked about by itself"),
        ("relations: [owner]", "relations: ['']", "no name of an attribute"),
        ("relations: [owner]", "relations: [a b]", "no name of an attribute"),
        ("relations: [owner]", "relations: [resource.owner]", "leave that out"),
        ("relations", "teams: {attribute: resource.team}\nrelations", "leave that out"),
        ("relations", "teams: {attribute: ''}\nrelations", "no name of an attribute"),
        ("relations", "teams: {attribute: id}\nrelations", "asked about by itself"),
        ("flag: boolean", "flag: {type: boolean, aliases: [id]}", "cannot be another name of it"),
        ("flag: boolean", "flag: {type: boolean, names: role}", "is said of a text"),
        ("flag: boolean", "flag: {type: boolean, at_least: 0}", "bounds a number"),
        ("{id: stop}", "{id: stop, kinds: [page], exclusive: edit}", "which no program can give"),
    ] {
        let told = told(from, to);
        assert!(told.contains(wanted), "{to}: {told}");
    }
    for (from, to) in [
        ("{id: keep}", "{id: keep, kinds: [role, page], exclusive: view}"),
        ("flag: boolean", "flag: {type: boolean, aliases: [mark]}"),
    ] {
        assert_eq!(told(from, to), "", "{to}");
    }
}
