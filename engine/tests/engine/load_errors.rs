//! Bad input is refused at load, all of it at once, each fault with its place and with what to
//! do. The texts are held here: a stranger acts on them.

use crate::common::{CATALOG, PEOPLE, TENANT, build, families, family};
use insta::assert_snapshot;
use permesso_engine::family::Answer;

/// What is said to documents in which `from` was replaced by `to`.
fn refused(catalog: (&str, &str), tenant: (&str, &str), people: (&str, &str)) -> String {
    let replaced = |text: &str, (from, to): (&str, &str)| {
        assert!(from.is_empty() || text.contains(from), "`{from}` is not in the document");
        if from.is_empty() { text.to_owned() } else { text.replacen(from, to, 1) }
    };
    let families = families(&family(|_| Ok(Answer::ABSTAIN)));
    build(
        &replaced(CATALOG, catalog),
        &replaced(TENANT, tenant),
        &replaced(PEOPLE, people),
        &families,
    )
    .unwrap_err()
    .to_string()
}

const SAME: (&str, &str) = ("", "");

#[test]
fn broken_yaml_names_the_line() {
    assert_snapshot!(refused(("plans:", "plans: [\n"), SAME, SAME), @"product.yaml:44:8: expected mapping start");
}

#[test]
fn a_member_that_no_document_has_is_refused() {
    assert_snapshot!(refused(SAME, ("plan: small", "plan: small\nplann: large"), SAME), @"tenant.yaml:4:1: unknown field `plann`, expected one of tenant, product, title, plan, addons, teams, baseline, roles, policies, programs, closed, sharing, families");
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    assert_snapshot!(refused(SAME, ("plan: small", "plan: small\nplan: large"), SAME), @"tenant.yaml:4:1: duplicate mapping key: plan");
}

#[test]
fn an_unknown_permission_in_a_role_suggests_the_nearest() {
    assert_snapshot!(refused(SAME, ("permission: doc.write", "permission: doc.wriet"), SAME), @r"
    tenant.yaml:8:40: roles.writer.grants: unknown permission `doc.wriet`
      help: did you mean `doc.write`?
    ");
}

#[test]
fn two_roles_with_one_id_are_refused() {
    assert_snapshot!(refused(SAME, ("{id: muted,", "{id: writer,"), SAME), @r"
    tenant.yaml:15:10: roles.writer: two roles have this id
      help: rename one of them, or delete it
    people.yaml:20:25: users.muted.roles: unknown role `muted`
    people.yaml:21:26: users.exempt.roles: unknown role `muted`
    ");
}

#[test]
fn a_relation_that_does_not_exist_is_refused() {
    assert_snapshot!(refused(("own_means: [author], family", "own_means: [autor], family"), SAME, SAME), @r"
    product.yaml:15:37: permissions.doc.write.own_means: unknown relation `autor`
      help: did you mean `author`?
    ");
}

#[test]
fn a_scope_that_does_not_exist_is_refused() {
    assert_snapshot!(refused(SAME, ("doc.write, scope: own", "doc.write, scope: mine"), SAME), @"tenant.yaml:8:58: unknown scope `mine`; write none, own, team, below, branch or all");
}

#[test]
fn a_grant_without_a_scope_is_refused() {
    assert_snapshot!(refused(SAME, ("doc.write, scope: own", "doc.write"), SAME), @"tenant.yaml:8:28: missing field `scope`");
}

#[test]
fn a_condition_with_mistakes_is_refused_with_the_place_of_each() {
    assert_snapshot!(refused(SAME, ("condition: resource.words <= 100}, {", "condition: resource.word <= 100 && resource.state > 3}, {"), SAME), @r"
    tenant.yaml:13:72: roles.brief.grants.condition: at 1:1 of the condition: unknown attribute `resource.word`
      help: did you mean `resource.words`?
    tenant.yaml:13:72: roles.brief.grants.condition: at 1:40 of the condition: `resource.state`, a text, and a whole number cannot be compared
      help: write numbers without quotes, and texts with them
    ");
}

#[test]
fn a_standard_role_that_cannot_be_edited_stays() {
    assert_snapshot!(refused(SAME, ("{id: writer,", "{id: boss,"), SAME), @r"
    tenant.yaml:8:10: roles.boss: `boss` is a standard role that cannot be edited
      help: give your role another id
    people.yaml:6:39: users.unticked_but_writer.roles: unknown role `writer`
    people.yaml:7:26: users.writer.roles: unknown role `writer`
    ");
}

#[test]
fn a_program_that_admits_nobody_is_refused() {
    assert_snapshot!(refused(SAME, ("match: {roles: [boss]}", "match: {}"), SAME), @r"
    tenant.yaml:26:9: programs.vault.match: the program has no matcher and would admit nobody
      help: add at least one of roles, teams, tags or a condition
    ");
}

#[test]
fn a_program_gives_only_what_the_catalog_lets_it_give() {
    assert_snapshot!(refused(SAME, ("kind: shelf, id: rare, access: view", "kind: shelv, id: rare, access: view"), SAME), @r"
    tenant.yaml:25:20: programs.rare.gives: a program cannot give view of `shelv`
      help: did you mean `shelf`?
    ");
}

#[test]
fn a_plan_that_nobody_knows_is_refused() {
    assert_snapshot!(refused(SAME, ("plan: small", "plan: smal"), SAME), @r"
    tenant.yaml:3:7: plan: unknown plan `smal`
      help: did you mean `small`?
    ");
}

#[test]
fn a_permission_that_requires_itself_is_refused() {
    assert_snapshot!(refused(("{id: doc.list}", "{id: doc.list, requires: [doc.publish]}"), SAME, SAME), @r"
    product.yaml:17:14: permissions.doc.list.requires: the permission requires itself, perhaps by way of others
    product.yaml:20:14: permissions.doc.publish.requires: the permission requires itself, perhaps by way of others
    ");
}

#[test]
fn a_kind_that_would_be_a_part_of_itself_is_refused() {
    assert_snapshot!(refused(("shelf: {exclusive: [view, edit]}", "shelf: {exclusive: [view, edit], part_of: [{kind: box, by: id}]}"), SAME, SAME), @r"
    product.yaml:10:45: resource_kinds.box.part_of: `box` would be a part of itself
    product.yaml:10:84: resource_kinds.box.part_of: `box` would be a part of itself
    product.yaml:9:53: resource_kinds.shelf.part_of: `shelf` would be a part of itself
    ");
}

#[test]
fn a_guard_that_demands_nothing_is_refused() {
    assert_snapshot!(refused(("on: [role.delete], check: deletable", "on: [role.delete]"), SAME, SAME), @r"
    product.yaml:42:10: guards.protected_role: the guard demands nothing
      help: give it `require`, `condition` or `check`
    ");
}

#[test]
fn a_predicate_that_makes_no_sense_is_refused() {
    assert_snapshot!(refused(("{at_most: 7}", "{under: 7}"), SAME, SAME), @"product.yaml:40:52: `under` does not compare; write is, is_not, in: [...], at_most, at_least or present: true");
    assert_snapshot!(refused(("{at_most: 7}", "{is_not: null}"), SAME, SAME), @"product.yaml:40:52: `is_not: null` never holds, as nothing differs from what is not there; write `resource.age_days: {present: true}`");
    assert_snapshot!(refused(("{at_most: 7}", "{is_not: [1, 2]}"), SAME, SAME), @"product.yaml:40:52: `is_not` of `resource.age_days` compares with a text, a number, true or false; write `all: [...]` with one `is_not` for each of several values");
    assert_snapshot!(refused(("{at_most: 7}", "{at_most: 99999999999999999999}"), SAME, SAME), @"product.yaml:40:52: `resource.age_days` is compared with 100000000000000000000, which is beyond what is compared exactly; write a number between -9223372036854775808 and 9223372036854775807");
    assert_snapshot!(refused(("{at_most: 7}", "{at_most: '7'}"), SAME, SAME), @"product.yaml:40:52: the limit of `resource.age_days` has to be a number, not a text; write one");
}

#[test]
fn what_only_a_delegation_gives_cannot_stand_in_a_role() {
    assert_snapshot!(refused(SAME, ("permission: doc.write", "permission: act.send"), SAME), @r"
    tenant.yaml:8:40: roles.writer.grants: `act.send` cannot be granted by a role or a policy
      help: it is handed out by a delegation from user to user
    ");
}

#[test]
fn what_cannot_be_delegated_cannot_stand_in_a_delegation() {
    assert_snapshot!(refused(SAME, SAME, ("permissions: [act.send]", "permissions: [doc.list]")), @"people.yaml:33:45: delegations.chief: `doc.list` cannot be delegated");
}

#[test]
fn a_user_with_a_role_that_does_not_exist_is_refused() {
    assert_snapshot!(refused(SAME, SAME, ("{id: clerk, roles: [clerk]}", "{id: clerk, roles: [clrk]}")), @r"
    people.yaml:4:25: users.clerk.roles: unknown role `clrk`
      help: did you mean `clerk`?
    ");
}

#[test]
fn two_users_with_one_id_are_refused() {
    assert_snapshot!(refused(SAME, SAME, ("{id: nobody}", "{id: clerk}")), @"people.yaml:8:10: users.clerk: two users have this id");
}

#[test]
fn a_permission_that_its_family_does_not_know_is_refused() {
    assert_snapshot!(refused(("{id: doc.list}", "{id: doc.list, family: docs}"), SAME, SAME), @r"
    product.yaml:17:32: permissions.doc.list.family: the family `docs` 1.2.3 knows nothing about `doc.list`
      help: take it off the family in the catalog, or install a version that knows it
    ");
}

#[test]
fn a_floor_that_the_family_does_not_declare_is_refused() {
    assert_snapshot!(refused(SAME, ("floors: [doc.browse]", "floors: [doc.read]"), SAME), @r"
    tenant.yaml:30:42: families.docs.floors: unknown floor `doc.read`
      help: did you mean `doc.browse`?
    ");
}

#[test]
fn a_configuration_of_another_type_is_refused() {
    assert_snapshot!(refused(SAME, ("house: main", "house: 7"), SAME), @"tenant.yaml: families.docs.config: `config.house` has another type than the family wants");
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    assert_snapshot!(refused(SAME, ("permission: doc.write", "permission: doc.wriet"), ("roles: [team_reader]", "roles: [team_leader]")), @r"
    tenant.yaml:8:40: roles.writer.grants: unknown permission `doc.wriet`
      help: did you mean `doc.write`?
    people.yaml:13:24: users.mate.roles: unknown role `team_leader`
      help: did you mean `team_reader`?
    ");
}
