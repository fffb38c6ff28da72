//! Who holds what: parents of roles, exact teams, delegation, guards on the last holder, items
//! that stay closed, and users who change one by one.

use crate::common::{self, both, build, change, outcome, request};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::decision::{Request, Resource};
use permesso_engine::family::Answer;
use permesso_engine::model::{Attributes, Value};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const CATALOG: &str = "
product: papers
version: 1.0.0
relations: [author]
own_means: [author]
resource_kinds:
  shelf: {exclusive: [view, edit]}
sharing:
  by: [author]
  private: [{attribute: private}]
  contents: {text: {default: share, withhold: [body], redact: {viewer: limit.blur}}}
categories:
  - id: all
    permissions:
      - {id: doc.read, delegable: true, content: {kind: text}}
      - {id: doc.write, delegable: true, requires: [doc.read]}
      - {id: doc.print}
      - {id: shelf.view, baseline: all, exclusive: view, delegable: false}
      - {id: shelf.open, exclusive: view, delegable: true}
      - {id: shelf.edit, baseline: all, exclusive: edit}
      - {id: send, granted_by: delegation, reach: own}
      - {id: role.delete, baseline: all}
      - {id: role.assign}
      - {id: user.remove, baseline: all}
      - {id: limit.blur, constraint: {}}
      - {id: limit.no_read, constraint: {forbids: [doc.read]}}
guards:
  - {id: unused, on: [role.delete], check: unused, message: somebody still holds the role}
  - {id: last_owner, on: [user.remove], check: {keeps_holder: owner}, message: somebody has to own it}
  - {id: no_escalation, on: [role.assign], check: {covered: [role]}, message: nobody hands out more than they hold}
standard_roles:
  - {id: owner, grants: [{permission: role.assign, scope: all}]}
  - {id: reader, editable: true, grants: [{permission: doc.read, scope: all}]}
";

const TENANT: &str = "
tenant: acme
product: papers
teams: [west, west/coast, east]
policies:
  - {id: printing, grants: [{permission: doc.print, scope: own}]}
roles:
  - {id: writer, parents: [reader], grants: [{permission: doc.write, scope: own}]}
  - {id: editor, parents: [writer, printer]}
  - {id: printer, policies: [printing]}
  - {id: westerner, grants: [{permission: doc.read, scope: all, teams: [west]}]}
  - {id: exactly_west, grants: [{permission: doc.read, scope: all, exact_teams: [west]}]}
  - {id: both_ways, grants: [{permission: doc.read, scope: all, teams: [east], exact_teams: [west]}]}
  - {id: assigner, grants: [{permission: role.assign, scope: all}, {permission: doc.read, scope: all, teams: [west]}]}
  - {id: blurred, grants: [{permission: limit.blur, scope: all}]}
  - {id: barred, grants: [{permission: limit.no_read, scope: all}]}
  - {id: opener, grants: [{permission: shelf.open, scope: all}]}
  - {id: nobodys}
programs:
  - {id: west_only, match: {exact_teams: [west]}, gives: [{kind: shelf, id: atlas, access: view}]}
  - {id: openers, match: {roles: [opener]}, gives: [{kind: shelf, id: maps, access: view}]}
closed:
  - {kind: shelf, id: safe, access: view}
  - {kind: shelf, id: ledger, access: edit}
  - {kind: shelf, id: atlas, access: view}
";

const PEOPLE: &str = "
users:
  - {id: wes, roles: [writer]}
  - {id: edi, roles: [editor]}
  - {id: branch, roles: [westerner]}
  - {id: exact, roles: [exactly_west]}
  - {id: both, roles: [both_ways]}
  - {id: in_west, teams: [west]}
  - {id: on_coast, teams: [west/coast]}
  - {id: ass, roles: [assigner]}
  - {id: reader, roles: [reader]}
  - {id: blurry, roles: [reader, blurred]}
  - {id: barred, roles: [reader, barred]}
  - {id: opener, roles: [opener]}
  - {id: gone, roles: [reader], status: inactive}
  - {id: new, roles: [reader], invitation: pending}
  - {id: deputy}
  - {id: idle}
  - {id: own, roles: [owner]}
  - {id: own2, roles: [owner], invitation: pending}
";

fn world(tenant: &str, people: &str) -> Authorizer {
    let authorizer = Authorizer::new(100);
    authorizer.install(build(CATALOG, tenant, people, &FamilySet::new()).unwrap());
    authorizer
}

fn plain() -> Authorizer {
    world(TENANT, PEOPLE)
}

fn on(authorizer: &Authorizer, user: &str, action: &str, kind: &str, id: Option<&str>) -> String {
    let attributes = Attributes::new();
    let resource = Resource { kind, id, attributes: &attributes };
    let (decision, _) =
        both(authorizer, &Request { resource, ..request(user, action, &attributes) });
    decision.reason.code().to_owned()
}

fn in_team(team: &str) -> [(&str, Value<'_>); 1] {
    [("team", team.into())]
}

#[test]
fn a_role_grants_what_its_parents_grant_through_all_generations() {
    let authorizer = plain();
    let mine = [("author", "edi".into())];
    for action in ["doc.read", "doc.write", "doc.print"] {
        assert_eq!(outcome(&authorizer, "edi", action, &mine), "allow", "{action}");
    }
    assert_eq!(outcome(&authorizer, "edi", "doc.print", &[]), "out-of-scope", "as far as they do");
    assert_eq!(outcome(&authorizer, "wes", "doc.print", &mine), "not-granted", "never downwards");
}

#[test]
fn a_role_inherits_grants_and_nothing_else() {
    let tenant = format!("{TENANT}  - {{kind: shelf, id: x, access: view}}\n")
        .replace("openers, match: {roles: [opener]}", "openers, match: {roles: [reader]}");
    let authorizer = world(&tenant, PEOPLE);
    assert_eq!(on(&authorizer, "reader", "shelf.view", "shelf", Some("maps")), "granted");
    assert_eq!(on(&authorizer, "wes", "shelf.view", "shelf", Some("maps")), "exclusive");
}

#[test]
fn an_edited_standard_role_is_the_parent_that_counts() {
    let tenant = TENANT.replace(
        "roles:\n",
        "roles:\n  - {id: reader, grants: [{permission: doc.print, scope: all}]}\n",
    );
    let authorizer = world(&tenant, PEOPLE);
    assert_eq!(outcome(&authorizer, "wes", "doc.print", &[]), "allow");
    assert_eq!(outcome(&authorizer, "wes", "doc.read", &[]), "not-granted");
}

#[test]
fn a_role_that_would_be_its_own_parent_is_refused() {
    let refused = |from: &str, to: &str| {
        build(CATALOG, &TENANT.replace(from, to), PEOPLE, &FamilySet::new())
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(refused("{id: printer, ", "{id: printer, parents: [editor], "), @r"
    tenant.yaml:9:10: roles.editor.parents: the role would be a parent of itself, perhaps by way of others
    tenant.yaml:10:10: roles.printer.parents: the role would be a parent of itself, perhaps by way of others
    ");
    insta::assert_snapshot!(refused("parents: [reader]", "parents: [raeder]"), @r"
    tenant.yaml:8:28: roles.writer.parents: unknown role `raeder`
      help: did you mean `reader`?
    ");
}

#[test]
fn a_grant_is_limited_to_a_branch_or_to_exactly_a_team() {
    let authorizer = plain();
    assert_eq!(outcome(&authorizer, "branch", "doc.read", &in_team("west/coast")), "allow");
    assert_eq!(outcome(&authorizer, "exact", "doc.read", &in_team("west")), "allow");
    assert_eq!(
        outcome(&authorizer, "exact", "doc.read", &in_team("west/coast")),
        "not-applicable teams"
    );
    assert_eq!(outcome(&authorizer, "both", "doc.read", &in_team("east")), "allow");
    assert_eq!(outcome(&authorizer, "both", "doc.read", &in_team("west")), "allow");
    assert_eq!(
        outcome(&authorizer, "both", "doc.read", &in_team("west/coast")),
        "not-applicable teams"
    );
    assert_eq!(
        outcome(&authorizer, "exact", "doc.read", &[]),
        "not-applicable unknown-team",
        "no team at all"
    );
}

#[test]
fn a_program_admits_a_branch_or_exactly_a_team() {
    let authorizer = plain();
    assert_eq!(on(&authorizer, "in_west", "shelf.view", "shelf", Some("atlas")), "granted");
    assert_eq!(on(&authorizer, "on_coast", "shelf.view", "shelf", Some("atlas")), "exclusive");
}

#[test]
fn exactly_a_team_is_within_its_branch_and_a_branch_is_not_within_exactly_a_team() {
    let authorizer = plain();
    let hands_out =
        |role: &str| outcome(&authorizer, "ass", "role.assign", &[("role", role.into())]);
    assert_eq!(hands_out("exactly_west"), "allow");
    assert_eq!(hands_out("westerner"), "allow");
    assert_eq!(hands_out("both_ways"), "guard no_escalation", "the east is beyond");
    assert_eq!(hands_out("reader"), "guard no_escalation", "no limit is beyond any");
    let tenant = TENANT.replace(
        "scope: all}, {permission: doc.read, scope: all, teams: [west]}",
        "scope: all}, {permission: doc.read, scope: all, exact_teams: [west]}",
    );
    let narrow = world(&tenant, PEOPLE);
    let hands_out = |role: &str| outcome(&narrow, "ass", "role.assign", &[("role", role.into())]);
    assert_eq!(hands_out("exactly_west"), "allow");
    assert_eq!(hands_out("westerner"), "guard no_escalation");
}

#[test]
fn a_closed_item_stays_closed_without_a_program() {
    let authorizer = plain();
    assert_eq!(on(&authorizer, "own", "shelf.view", "shelf", Some("safe")), "exclusive");
    assert_eq!(on(&authorizer, "own", "shelf.edit", "shelf", Some("safe")), "exclusive");
    assert_eq!(on(&authorizer, "own", "shelf.view", "shelf", Some("ledger")), "granted");
    assert_eq!(on(&authorizer, "own", "shelf.edit", "shelf", Some("ledger")), "exclusive");
    assert_eq!(on(&authorizer, "own", "shelf.edit", "shelf", Some("maps")), "granted", "view only");
    assert_eq!(on(&authorizer, "own", "shelf.view", "shelf", None), "exclusive", "it could be any");
    let for_edit = TENANT.replace("id: safe, access: view", "id: safe, access: edit");
    let for_edit = for_edit.replace("  - {kind: shelf, id: atlas, access: view}\n", "");
    let (programs, rest) = for_edit.split_once("programs:").unwrap();
    let for_edit = format!("{programs}closed:{}", rest.split_once("closed:").unwrap().1);
    let authorizer = world(&for_edit, PEOPLE);
    assert_eq!(
        on(&authorizer, "own", "shelf.view", "shelf", None),
        "granted",
        "none is to look at"
    );
    assert_eq!(on(&authorizer, "own", "shelf.edit", "shelf", None), "exclusive");
    let without = TENANT.replace("  - {id: west_only, match: {exact_teams: [west]}, gives: [{kind: shelf, id: atlas, access: view}]}\n", "");
    let authorizer = world(&without, PEOPLE);
    assert_eq!(on(&authorizer, "in_west", "shelf.view", "shelf", Some("atlas")), "exclusive");
}

/// Deputies of everybody for everything that can be delegated.
fn delegating(to: &str, windows: &str) -> Authorizer {
    let mut people = PEOPLE.to_owned();
    people.push_str("delegations:\n");
    people.push_str(to);
    people = people.replace("WINDOW", windows);
    world(TENANT, &people)
}

fn by(from: &str) -> Authorizer {
    delegating(
        &format!(
            "  - {{from: {from}, to: deputy, permissions: [doc.read, doc.write, shelf.open]}}\n"
        ),
        "",
    )
}

#[test]
fn a_delegate_does_what_the_delegator_could_do_there_and_no_more() {
    assert_eq!(outcome(&by("reader"), "deputy", "doc.read", &[]), "allow");
    let authorizer = by("branch");
    assert_eq!(outcome(&authorizer, "deputy", "doc.read", &in_team("west")), "allow");
    assert_eq!(
        outcome(&authorizer, "deputy", "doc.read", &in_team("east")),
        "not-applicable delegation"
    );
    let authorizer = by("wes");
    assert_eq!(outcome(&authorizer, "deputy", "doc.write", &[("author", "wes".into())]), "allow");
    let mine = [("author", "deputy".into())];
    assert_eq!(
        outcome(&authorizer, "deputy", "doc.write", &mine),
        "not-applicable delegation",
        "own is theirs"
    );
    assert_eq!(outcome(&by("idle"), "deputy", "doc.read", &[]), "not-applicable delegation");
}

#[test]
fn what_binds_the_delegator_binds_the_delegate() {
    assert_eq!(
        outcome(&by("barred"), "deputy", "doc.read", &[]),
        "not-applicable delegation",
        "a toggle"
    );
    assert_eq!(outcome(&by("gone"), "deputy", "doc.read", &[]), "not-granted", "inactive");
    assert_eq!(
        outcome(&by("new"), "deputy", "doc.read", &[]),
        "not-applicable delegation",
        "not accepted"
    );
    let attributes = Attributes::new();
    let (decision, _) = both(&by("blurry"), &request("deputy", "doc.read", &attributes));
    assert_eq!(decision.obligations.first().map(|it| &*it.code), Some("redact"), "obligations");
    let private = [("private", true.into()), ("author", "reader".into())];
    assert_eq!(outcome(&by("reader"), "deputy", "doc.read", &private), "private", "both have to");
}

#[test]
fn exclusive_content_needs_both_to_be_admitted() {
    let authorizer = by("opener");
    assert_eq!(on(&authorizer, "opener", "shelf.open", "shelf", Some("maps")), "granted");
    assert_eq!(on(&authorizer, "deputy", "shelf.open", "shelf", Some("maps")), "exclusive");
    assert_eq!(on(&authorizer, "deputy", "shelf.open", "shelf", Some("other")), "granted");
}

#[test]
fn nobody_hands_on_what_was_handed_to_them() {
    let chain = "  - {from: reader, to: idle, permissions: [doc.read]}
  - {from: idle, to: deputy, permissions: [doc.read]}
";
    let authorizer = delegating(chain, "");
    assert_eq!(outcome(&authorizer, "idle", "doc.read", &[]), "allow");
    assert_eq!(outcome(&authorizer, "deputy", "doc.read", &[]), "not-applicable delegation");
}

#[test]
fn a_chain_is_not_followed_after_somebodys_change_either() {
    let chain = "  - {from: reader, to: idle, permissions: [doc.read]}
  - {from: idle, to: deputy, permissions: [doc.read]}
";
    let authorizer = delegating(chain, "");
    let people = format!("{PEOPLE}delegations:\n{chain}");
    for changed in ["deputy", "idle", "reader"] {
        let compiled = authorizer.tenant("acme").unwrap();
        authorizer.install(change(&compiled, &people, &[changed]));
        assert_eq!(outcome(&authorizer, "idle", "doc.read", &[]), "allow", "{changed}");
        assert_eq!(
            outcome(&authorizer, "deputy", "doc.read", &[]),
            "not-applicable delegation",
            "{changed}"
        );
    }
}

#[test]
fn who_takes_no_part_delegates_nothing_of_their_own_either() {
    let sending = |from: &str| {
        let authorizer =
            delegating(&format!("  - {{from: {from}, to: deputy, permissions: [send]}}\n"), "");
        let own = [("author", Value::from(from.to_owned()))];
        outcome(&authorizer, "deputy", "send", &own)
    };
    assert_eq!(sending("reader"), "allow");
    assert_eq!(sending("gone"), "not-granted");
}

#[test]
fn a_delegation_has_a_window_that_is_exact_to_the_millisecond() {
    let authorizer = delegating(
        "  - {from: reader, to: deputy, permissions: [doc.read], WINDOW}\n",
        "valid_from: 1970-01-01T00:00:01Z, valid_until: 1970-01-01T00:00:02Z",
    );
    let attributes = Attributes::new();
    let at = |now| {
        let request = Request { now, ..request("deputy", "doc.read", &attributes) };
        let decision = authorizer.decide("acme", &request);
        (decision.is_allow(), decision.until)
    };
    assert_eq!(at(999), (false, Some(1000)));
    assert_eq!(at(1000), (true, Some(2000)));
    assert_eq!(at(1999), (true, Some(2000)));
    assert_eq!(at(2000), (false, None));
}

#[test]
fn what_cannot_be_delegated_is_refused() {
    let refused = |delegation: &str| {
        let people = format!("{PEOPLE}delegations:\n  - {delegation}\n");
        build(CATALOG, TENANT, &people, &FamilySet::new()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refused("{from: reader, to: deputy, permissions: [doc.print]}"), @"people.yaml:22:46: delegations.reader: `doc.print` cannot be delegated");
    insta::assert_snapshot!(refused("{from: raeder, to: deputy, permissions: [doc.read]}"), @r"
    people.yaml:22:12: delegations.raeder: unknown user `raeder`
      help: did you mean `reader`?
    ");
    insta::assert_snapshot!(refused("{from: reader, to: deputy, permissions: [send], valid_from: 1970-01-01T00:00:00.005Z, valid_until: 1970-01-01T00:00:00.005Z}"), @r"
    people.yaml:22:12: delegations.reader: the delegation ends before it begins
      help: valid_from is included, valid_until is not
    ");
    let catalog = CATALOG.replace("{id: limit.no_read,", "{id: limit.no_read, delegable: true,");
    let found = build(&catalog, TENANT, PEOPLE, &FamilySet::new()).unwrap_err().to_string();
    insta::assert_snapshot!(found, @r"
    product.yaml:26:14: permissions.limit.no_read.delegable: only what roles grant can be delegable
      help: delete `delegable`
    ");
}

#[test]
fn a_role_that_somebody_holds_is_in_use_pending_invitations_included() {
    let people = format!("{PEOPLE}  - {{id: left, roles: [nobodys], status: deleted}}\n");
    let authorizer = world(TENANT, &people);
    let delete = |id| on(&authorizer, "idle", "role.delete", "role", id);
    assert_eq!(delete(Some("nobodys")), "granted", "who was deleted holds nothing");
    assert_eq!(delete(Some("writer")), "guard");
    assert_eq!(delete(Some("owner")), "guard");
    assert_eq!(delete(None), "guard", "it could be any");
    let pending = PEOPLE.replace("{id: own, roles: [owner]}\n", "{id: own}\n");
    assert_eq!(on(&world(TENANT, &pending), "idle", "role.delete", "role", Some("owner")), "guard");
}

#[test]
fn the_last_holder_who_takes_part_stays() {
    let authorizer = plain();
    let remove = |authorizer: &Authorizer, id| on(authorizer, "idle", "user.remove", "user", id);
    assert_eq!(remove(&authorizer, Some("own")), "guard", "the other one has not accepted");
    assert_eq!(remove(&authorizer, Some("own2")), "granted", "takes no part yet");
    assert_eq!(remove(&authorizer, Some("wes")), "granted", "does not hold it");
    assert_eq!(remove(&authorizer, Some("stranger")), "guard");
    assert_eq!(remove(&authorizer, None), "guard");
    let accepted = PEOPLE.replace("roles: [owner], invitation: pending", "roles: [owner]");
    assert_eq!(remove(&world(TENANT, &accepted), Some("own")), "granted");
}

#[test]
fn guards_on_holders_follow_each_change_of_a_user() {
    let authorizer = plain();
    let accepted = PEOPLE.replace("roles: [owner], invitation: pending", "roles: [owner]");
    let compiled = authorizer.tenant("acme").unwrap();
    authorizer.install(change(&compiled, &accepted, &["own2"]));
    assert_eq!(on(&authorizer, "idle", "user.remove", "user", Some("own")), "granted");
    let left = accepted.replace("  - {id: own, roles: [owner]}\n", "");
    let compiled = authorizer.tenant("acme").unwrap();
    authorizer.install(change(&compiled, &left, &["own"]));
    assert_eq!(on(&authorizer, "idle", "user.remove", "user", Some("own2")), "guard");
    assert_eq!(outcome(&authorizer, "own", "doc.read", &[]), "unknown-subject");
}

#[test]
fn a_users_change_touches_that_users_entries_only() {
    let governed = CATALOG.replace("{id: doc.read,", "{id: doc.read, family: docs,");
    let mut family = common::family(|_| Ok(Answer::ABSTAIN));
    let manifest = &mut Arc::get_mut(&mut family).unwrap().manifest;
    manifest.permissions = vec!["doc.read".to_owned()];
    manifest.inputs.clear();
    manifest.floors.clear();
    let families = common::families(&family);
    let people =
        format!("{PEOPLE}delegations: [{{from: reader, to: deputy, permissions: [doc.read]}}]\n");
    let authorizer = Authorizer::new(100);
    authorizer.install(build(&governed, TENANT, &people, &families).unwrap());
    let ask = |user: &str| outcome_silent(&authorizer, user);
    for user in ["reader", "wes", "edi", "deputy"] {
        assert!(ask(user), "{user}");
    }
    assert_eq!(family.calls.load(Ordering::Relaxed), 4);

    let changed = people.replace("{id: reader, roles: [reader]}", "{id: reader}");
    let compiled = authorizer.tenant("acme").unwrap();
    authorizer.install(change(&compiled, &changed, &["reader"]));
    assert!(!ask("reader"), "at once");
    assert!(!ask("deputy"), "who acts for them, too");
    assert!(ask("wes") && ask("edi"));
    assert_eq!(family.calls.load(Ordering::Relaxed), 4, "everybody else's is still kept");

    // Back to what it was before: a new revision all the same, so nothing old comes back.
    let compiled = authorizer.tenant("acme").unwrap();
    authorizer.install(change(&compiled, &people, &["reader"]));
    assert!(ask("reader") && ask("deputy"));
    assert_eq!(family.calls.load(Ordering::Relaxed), 6);
}

fn outcome_silent(authorizer: &Authorizer, user: &str) -> bool {
    authorizer.decide("acme", &request(user, "doc.read", common::EMPTY)).is_allow()
}
