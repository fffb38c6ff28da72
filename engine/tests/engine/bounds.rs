//! Whatever is walked is walked once, however many ways lead to it, and what lies beyond a bound
//! is refused or denied. Walked once a way, forty layers of two would take for ever.

use crate::common::{EMPTY, build, outcome, request};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Request, Resource};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::inspect::{diff, items, rights};
use permesso_engine::model::Value;
use std::fmt::Write;

const LAYERS: usize = 40;

const TENANT: &str = "tenant: acme\nproduct: papers\n";

fn catalog(permissions: &str, rest: &str) -> String {
    format!(
        "product: papers\nversion: 1.0.0\nrelations: [author]\nown_means: [author]\n\
         categories:\n  - id: all\n    permissions:\n{permissions}{rest}"
    )
}

fn serve(catalog: &str, tenant: &str, people: &str) -> Authorizer {
    let authorizer = Authorizer::new(0);
    authorizer.install(build(catalog, tenant, people, &FamilySet::new()).unwrap());
    authorizer
}

fn refused(compiled: Result<impl Sized, Diagnostics>) -> String {
    compiled.err().map(|found| found.to_string()).unwrap_or_default()
}

/// Layers of two permissions, each of which names both of the layer below.
fn layers(count: usize, field: &str, below: fn(&str) -> String, more: &str) -> String {
    let mut text = String::new();
    for n in 0..=count {
        for side in ["a", "b"] {
            let next = n + 1;
            let names = format!("{}, {}", below(&format!("a{next}")), below(&format!("b{next}")));
            let named = if n < count { format!(", {field}: [{names}]") } else { String::new() };
            writeln!(text, "      - {{id: {side}{n}{more}{named}}}").unwrap();
        }
    }
    text
}

fn requiring(count: usize) -> String {
    layers(count, "requires", str::to_owned, ", delegable: true")
}

#[test]
fn what_is_required_by_many_ways_is_looked_at_once() {
    let guarded = format!("{}      - {{id: use, baseline: all}}\n", requiring(LAYERS));
    let guard =
        "guards:\n  - {id: top, on: [use], require: {subject.holds.a0: true}, message: no}\n";
    let last = format!("b{LAYERS}");
    let people = format!(
        "users:\n  - {{id: all, grants: [{{permission: '*', scope: all}}]}}\n  - {{id: most, grants: [{{permission: '*', scope: all, except: [{last}]}}]}}\n  - {{id: deputy}}\n  - {{id: idle}}\ndelegations:\n  - {{from: all, to: deputy, permissions: [{}]}}\n  - {{from: most, to: idle, permissions: [a0]}}\n",
        (0..=LAYERS).map(|n| format!("a{n}, b{n}")).collect::<Vec<_>>().join(", "),
    );
    let catalog = catalog(&guarded, guard);
    let authorizer = serve(&catalog, TENANT, &people);
    assert_eq!(outcome(&authorizer, "all", "a0", &[]), "allow");
    assert_eq!(outcome(&authorizer, "all", "use", &[]), "allow");
    assert_eq!(outcome(&authorizer, "deputy", "a0", &[]), "allow");
    // The first of its own requirements that is not met, as it has always been.
    assert_eq!(outcome(&authorizer, "most", "a0", &[]), "prerequisite a1");
    let above = format!("a{}", LAYERS - 1);
    assert_eq!(outcome(&authorizer, "most", &above, &[]), format!("prerequisite {last}"));
    assert_eq!(outcome(&authorizer, "most", "use", &[]), "guard top");
    assert_eq!(outcome(&authorizer, "idle", "a0", &[]), "not-applicable delegation");
    let tenant = build(&catalog, TENANT, &people, &FamilySet::new()).unwrap();
    let held = rights(&tenant, "all", 0).unwrap();
    assert!(held.of("a0").is_some_and(|right| right.is_everywhere()), "{held:#?}");
    let held = rights(&tenant, "most", 0).unwrap();
    assert!(held.void.iter().any(|it| it.permission == "a0"), "{held:#?}");
}

#[test]
fn what_would_make_two_users_equal_is_found_though_many_ways_lead_to_what_is_required() {
    let people = "users:\n  - {id: all, grants: [{permission: '*', scope: all}]}\n  - {id: top, grants: [{permission: a0, scope: all}]}\n";
    let catalog = catalog(&requiring(20), "");
    let tenant = build(&catalog, TENANT, people, &FamilySet::new()).unwrap();
    let found = diff(&tenant, "top", "all", 0).unwrap();
    assert!(format!("{found:?}").contains("b20"));
}

#[test]
fn what_is_brought_along_by_many_ways_comes_along_once() {
    let permissions =
        layers(LAYERS, "implies", |name| format!("{{permission: {name}}}"), ", wildcard: false");
    let people = "users:\n  - {id: top, grants: [{permission: a0, scope: all}]}\n  - {id: own, grants: [{permission: a0, scope: own}, {permission: b0, scope: all, valid_until: 1970-01-01T00:00:00.5Z}]}\n";
    let authorizer = serve(&catalog(&permissions, ""), TENANT, people);
    let last = format!("b{LAYERS}");
    assert_eq!(outcome(&authorizer, "top", &last, &[]), "allow");
    assert_eq!(outcome(&authorizer, "top", "b0", &[]), "not-granted");
    assert_eq!(outcome(&authorizer, "own", &last, &[("author", "own".into())]), "allow");
    assert_eq!(outcome(&authorizer, "own", &last, &[]), "out-of-scope");
}

/// Roles `r0` to `r<count>`, each with the next `wide` as its parents; the last one reads.
fn parents(count: usize, wide: usize) -> String {
    let mut text = format!("{TENANT}roles:\n");
    for n in 0..=count {
        let above: Vec<String> = (n + 1..=(n + wide).min(count)).map(|n| format!("r{n}")).collect();
        let grants = if n == count { "{permission: read, scope: all}" } else { "" };
        let above = above.join(", ");
        writeln!(text, "  - {{id: r{n}, parents: [{above}], grants: [{grants}]}}").unwrap();
    }
    text
}

const READ: &str = "      - {id: read}\n";

#[test]
fn roles_that_are_parents_by_many_ways_grant_once() {
    let people = "users:\n  - {id: child, roles: [r0]}\n";
    for (count, wide) in [(2 * LAYERS, 2), (2 * LAYERS, 3), (1_000, 1)] {
        let authorizer = serve(&catalog(READ, ""), &parents(count, wide), people);
        assert_eq!(outcome(&authorizer, "child", "read", &[]), "allow", "{count} {wide}");
    }
}

#[test]
fn a_role_with_more_above_it_than_can_be_is_refused() {
    let compile = |count| build(&catalog(READ, ""), &parents(count, 1), ANN, &FamilySet::new());
    assert!(compile(1_024).is_ok());
    let said = refused(compile(1_025));
    assert!(said.contains("roles.r0.parents: the role would have more than 1024 roles"), "{said}");
    assert!(!said.contains("roles.r1.parents"), "{said}");
}

#[test]
fn a_permission_that_requires_more_than_can_be_is_refused() {
    let chain = |count: usize| {
        let mut text = String::new();
        for n in 0..=count {
            let next = if n < count { format!(", requires: [p{}]", n + 1) } else { String::new() };
            writeln!(text, "      - {{id: p{n}{next}}}").unwrap();
        }
        let people = format!(
            "users:\n  - {{id: most, grants: [{{permission: '*', scope: all, except: [p{count}]}}]}}\n"
        );
        build(&catalog(&text, ""), TENANT, &people, &FamilySet::new())
    };
    let authorizer = Authorizer::new(0);
    authorizer.install(chain(1_024).unwrap());
    assert_eq!(outcome(&authorizer, "most", "p0", &[]), "prerequisite p1");
    let said = refused(chain(1_025));
    assert!(
        said.contains("permissions.p0.requires: the permission requires more than 1024"),
        "{said}"
    );
    assert!(!said.contains("permissions.p1.requires"), "{said}");
}

/// Kinds `a0`, `b0` and so on, each a part of both of the next layer.
fn kinds(layers: usize) -> String {
    let mut text = "resource_kinds:\n".to_owned();
    for n in 0..=layers {
        for side in ["a", "b"] {
            let next = n + 1;
            let part_of = format!("{{kind: a{next}, by: id}}, {{kind: b{next}, by: id}}");
            let part_of = if n < layers { part_of } else { String::new() };
            writeln!(text, "  {side}{n}: {{exclusive: [view], part_of: [{part_of}]}}").unwrap();
        }
    }
    text
}

const LOOK: &str = "      - {id: look, baseline: all, exclusive: view}\n";

/// Whether somebody may look at something of a kind.
fn look(authorizer: &Authorizer, kind: &str, id: Option<&str>) -> String {
    let resource = Resource { kind, id, attributes: EMPTY };
    let request = Request { resource, ..request("ann", "look", EMPTY) };
    crate::common::both(authorizer, &request).0.reason.code().to_owned()
}

const ANN: &str = "users:\n  - {id: ann}\n";

#[test]
fn a_part_is_not_shown_without_its_whole_however_deep_it_lies() {
    for layers in [1, 8, 9, 10, 12, LAYERS] {
        let catalog = catalog(LOOK, &kinds(layers));
        let tenant = format!("{TENANT}closed:\n  - {{kind: b{layers}, id: x, access: view}}\n");
        let authorizer = serve(&catalog, &tenant, ANN);
        assert_eq!(look(&authorizer, "a0", Some("x")), "exclusive", "{layers}");
        assert_eq!(look(&authorizer, "a0", None), "exclusive", "{layers}");
        assert_eq!(look(&authorizer, "a0", Some("y")), "granted", "{layers}");
        let tenant = build(&catalog, &tenant, ANN, &FamilySet::new()).unwrap();
        // To look at it and to change it.
        assert_eq!(items(&tenant, "ann", 0).unwrap().len(), 2);
    }
}

#[test]
fn what_is_a_part_of_more_than_can_be_looked_at_is_denied() {
    let chain = |count: usize| {
        let mut text = "resource_kinds:\n".to_owned();
        for n in 0..=count {
            let part_of = format!("{{kind: k{}, by: id}}", n + 1);
            let part_of = if n < count { part_of } else { String::new() };
            writeln!(text, "  k{n}: {{exclusive: [view], part_of: [{part_of}]}}").unwrap();
        }
        serve(&catalog(LOOK, &text), TENANT, ANN)
    };
    assert_eq!(look(&chain(1_024), "k0", Some("x")), "granted");
    assert_eq!(look(&chain(1_025), "k0", Some("x")), "exclusive");
}

/// Grants of `read` under as many conditions.
fn under(count: usize) -> String {
    let one = |n| format!("{{permission: read, scope: all, condition: 'resource.n == {n}'}}");
    (0..count).map(one).collect::<Vec<_>>().join(", ")
}

#[test]
fn more_conditions_on_one_permission_than_can_be_looked_at_are_refused() {
    let rest = "attributes: {resource.n: integer}\n";
    let compile = |standard: &str, tenant: &str, people: &str| {
        let standard = format!("{rest}standard_roles:\n  - {{id: std, grants: [{standard}]}}\n");
        let (tenant, people) = (format!("{TENANT}{tenant}"), format!("users:\n  - {people}\n"));
        build(&catalog(READ, &standard), &tenant, &people, &FamilySet::new())
    };
    let (most, more) = (under(64), under(65));
    let role = |grants: &str| format!("roles:\n  - {{id: r, grants: [{grants}]}}\n");
    let policy = |grants: &str| format!("policies:\n  - {{id: p, grants: [{grants}]}}\n");
    let user = |grants: &str| format!("{{id: ann, grants: [{grants}]}}");
    let tenant = format!("{}{}", role(&most), policy(&most));
    let tenant = compile(&most, &tenant, &user(&most)).unwrap();
    let authorizer = Authorizer::new(0);
    authorizer.install(tenant);
    assert_eq!(outcome(&authorizer, "ann", "read", &[("n", 63.into())]), "allow");
    assert_eq!(
        outcome(&authorizer, "ann", "read", &[("n", 64.into())]),
        "not-applicable condition"
    );
    let (none, ann) = (String::new(), "{id: ann}");
    for (place, said) in [
        ("roles.std.grants", refused(compile(&more, &none, ann))),
        ("roles.r.grants", refused(compile("", &role(&more), ann))),
        ("policies.p.grants", refused(compile("", &policy(&more), ann))),
        ("users.ann.grants", refused(compile("", &none, &user(&more)))),
        (
            "roles.child.grants",
            refused(compile(
                &most,
                &format!("roles:\n  - {{id: child, parents: [std], grants: [{}]}}\n", under(1)),
                ann,
            )),
        ),
    ] {
        let text = format!("{place}: `read` is granted under 65 conditions, which takes too long");
        assert!(said.contains(&text), "{place}: {said}");
    }
}

#[test]
fn a_decision_that_would_look_at_too_many_conditions_is_denied_as_too_costly() {
    let among =
        |n| format!("{{permission: read, scope: all, condition: '\"{n}\" in resource.list'}}");
    let grants = (0..64).map(among).collect::<Vec<_>>().join(", ");
    let roles: Vec<String> = (0..80).map(|n| format!("r{n}")).collect();
    let mut tenant =
        format!("{TENANT}roles:\n  - {{id: plain, grants: [{{permission: read, scope: all}}]}}\n");
    for role in &roles {
        writeln!(tenant, "  - {{id: {role}, grants: [{grants}]}}").unwrap();
    }
    let people = format!(
        "users:\n  - {{id: one, roles: [r0]}}\n  - {{id: two, roles: [r0, r1]}}\n  - {{id: all, roles: [{all}]}}\n  - {{id: bound, roles: [plain], grants: [{{permission: limit, scope: all, condition: resource.list.is_empty}}]}}\n",
        all = roles.join(", "),
    )
    .replace("resource.list.is_empty", "'\"x\" in resource.list'");
    let permissions = "      - {id: read}\n      - {id: use, baseline: all, requires: [read]}\n      - {id: limit, constraint: {forbids: [use]}}\n";
    let rest = "attributes: {resource.list: texts}\n";
    let authorizer = serve(&catalog(permissions, rest), &tenant, &people);
    let list = |count: usize, last: &str| {
        let items = (0..count).map(|n| format!("item {n}").into());
        vec![("list", Value::List(items.chain([last.to_owned().into()]).collect()))]
    };
    for action in ["read", "use"] {
        assert_eq!(outcome(&authorizer, "one", action, &list(990, "63")), "allow", "{action}");
        assert_eq!(outcome(&authorizer, "two", action, &list(10, "63")), "allow", "{action}");
        assert_eq!(outcome(&authorizer, "two", action, &list(990, "63")), "too-costly", "{action}");
        assert_eq!(outcome(&authorizer, "all", action, &list(10, "63")), "too-costly", "{action}");
    }
    assert_eq!(outcome(&authorizer, "bound", "use", &list(990, "x")), "constraint limit");
    assert_eq!(outcome(&authorizer, "bound", "use", &list(990, "y")), "allow");
}

#[test]
fn long_texts_in_which_capitals_do_not_count_cost_what_they_are_long() {
    let begins = |n| {
        let condition = format!("starts_with(lower(resource.text), \"ä{n} \")");
        format!("{{permission: read, scope: all, condition: '{condition}'}}")
    };
    let grants = (0..64).map(begins).collect::<Vec<_>>().join(", ");
    let tenant = format!(
        "{TENANT}roles:\n  - {{id: r0, grants: [{grants}]}}\n  - {{id: r1, grants: [{grants}]}}\n"
    );
    let people = "users:\n  - {id: one, roles: [r0]}\n  - {id: two, roles: [r0, r1]}\n";
    let permissions = "      - {id: read}\n";
    let rest = "attributes: {resource.text: text}\n";
    let authorizer = serve(&catalog(permissions, rest), &tenant, people);
    let text = |bytes: usize| vec![("text", Value::from(format!("Ä63 {}", "ß".repeat(bytes / 2))))];
    assert_eq!(outcome(&authorizer, "one", "read", &text(3_900)), "allow");
    assert_eq!(outcome(&authorizer, "two", "read", &text(100)), "allow");
    assert_eq!(outcome(&authorizer, "two", "read", &text(3_900)), "too-costly");
}

#[test]
fn a_record_of_more_teams_than_can_be_compared_is_denied_as_too_costly() {
    let grant = |n| format!("{{permission: read, scope: all, teams: [t{n}]}}");
    let grants = (0..400).map(grant).collect::<Vec<_>>().join(", ");
    let tenant = format!("{TENANT}roles:\n  - {{id: r, grants: [{grants}]}}\n");
    let teams = |count: usize| (0..count).map(|n| format!("t{n}")).collect::<Vec<_>>();
    let people = format!(
        "users:\n  - {{id: one, roles: [r]}}\n  - {{id: all, grants: [{{permission: read, scope: team}}], teams: [{}]}}\n",
        teams(1_000).join(", "),
    );
    let authorizer = serve(&catalog(READ, ""), &tenant, &people);
    let of = |count: usize| {
        let teams = teams(count + 1).into_iter().rev().take(count).map(Value::from);
        vec![("team", Value::List(teams.collect()))]
    };
    for user in ["one", "all"] {
        assert_eq!(outcome(&authorizer, user, "read", &[("team", "t9".into())]), "allow", "{user}");
        assert_eq!(outcome(&authorizer, user, "read", &of(200)), "allow", "{user}");
        assert_eq!(outcome(&authorizer, user, "read", &of(1_000)), "too-costly", "{user}");
    }
}

#[test]
fn a_condition_that_asks_for_much_that_is_held_under_conditions_is_denied_as_too_costly() {
    let under = |id: usize| {
        let grants = (0..64).map(|n| {
            format!("{{permission: p{id}, scope: all, condition: 'resource.amount == {n}'}}")
        });
        grants.collect::<Vec<_>>().join(", ")
    };
    let grants = (0..40).map(under).collect::<Vec<_>>().join(", ");
    let tenant = format!("{TENANT}roles:\n  - {{id: r, grants: [{grants}]}}\n");
    let mut permissions = "      - {id: few, baseline: all}\n      - {id: many, baseline: all}\n\
                           \x20     - {id: all, baseline: all}\n"
        .to_owned();
    (0..40).for_each(|id| writeln!(permissions, "      - {{id: p{id}}}").unwrap());
    let guard = |on: &str, part: usize, each: fn(usize) -> String| {
        let asked = (part * 20..part * 20 + 20).map(each).collect::<Vec<_>>().join(" && ");
        format!("  - {{id: {on}{part}, on: [{on}], condition: '{asked}', message: no}}\n")
    };
    let named = |id: usize| format!("!subject.holds(\"p{id}\")");
    let by_path = |id: usize| format!("!subject.holds.p{id}");
    let rest = format!(
        "attributes: {{resource.amount: integer}}\nguards:\n{}{}{}{}{}",
        guard("few", 0, named),
        guard("many", 0, named),
        guard("many", 1, named),
        guard("all", 0, by_path),
        guard("all", 1, by_path),
    );
    let people = "users:\n  - {id: ann, roles: [r]}\n  - {id: bob}\n";
    let authorizer = serve(&catalog(&permissions, &rest), &tenant, people);
    let amount = |amount: i64| [("amount", Value::Int(amount))];
    assert_eq!(outcome(&authorizer, "ann", "few", &amount(99)), "allow");
    assert_eq!(outcome(&authorizer, "ann", "few", &amount(63)), "guard few0");
    for action in ["many", "all"] {
        assert_eq!(outcome(&authorizer, "ann", action, &amount(99)), "too-costly", "{action}");
        assert_eq!(outcome(&authorizer, "bob", action, &amount(99)), "allow", "{action}");
    }
}
