//! What a grant leaves out is left out, whatever else of it would bring that along.

use crate::common::{EMPTY, build, outcome, request};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::flip::flips;

const CATALOG: &str = "
product: papers
version: 1.0.0
relations: [author]
own_means: [author]
categories:
  - id: docs
    permissions:
      - {id: see}
      - {id: bulk, implies: [{permission: delete}, {permission: see}]}
      - {id: delete, implies: [{permission: purge}]}
      - {id: tidy, implies: [{permission: bulk, scope: own}]}
  - id: deep
    permissions:
      - {id: purge, wildcard: false}
standard_roles:
  - {id: standard, grants: [{permission: '*', scope: all, except: [delete]}]}
  - {id: ticking, adjustable: [docs], reach: all, grants: [{permission: '*', scope: all, except: [delete]}]}
";

const TENANT: &str = "
tenant: acme
product: papers
teams: [west]
policies:
  - {id: most, grants: [{category: docs, scope: all, except: [delete]}]}
roles:
  - {id: starred, grants: [{permission: '*', scope: all, except: [delete]}]}
  - {id: sorted, grants: [{category: docs, scope: all, except: [delete]}]}
  - {id: named, grants: [{permission: bulk, scope: all, except: [delete]}]}
  - {id: far, grants: [{permission: tidy, scope: all, except: [delete]}]}
  - {id: without, grants: [{permission: tidy, scope: all, except: [bulk]}]}
  - {id: child, parents: [starred]}
  - {id: with_policy, policies: [most]}
  - {id: for_a_while, grants: [{permission: '*', scope: all, except: [delete], valid_until: 1970-01-01T00:00:02Z}]}
  - {id: of_a_team, grants: [{permission: '*', scope: all, except: [delete], teams: [west]}]}
  - {id: deleter, parents: [starred], grants: [{permission: delete, scope: all}]}
  - {id: in_bulk, parents: [starred], grants: [{permission: bulk, scope: all}]}
";

const PEOPLE: &str = "
users:
  - {id: a_standard, roles: [standard]}
  - {id: a_starred, roles: [starred]}
  - {id: a_sorted, roles: [sorted]}
  - {id: a_named, roles: [named]}
  - {id: a_child, roles: [child]}
  - {id: a_with_policy, roles: [with_policy]}
  - {id: a_for_a_while, roles: [for_a_while]}
  - {id: a_of_a_team, roles: [of_a_team]}
  - {id: a_policy, policies: [most]}
  - {id: a_user, grants: [{permission: '*', scope: all, except: [delete]}]}
  - {id: a_ticking, roles: [ticking], rights: {remove: [see]}}
  - {id: far, roles: [far]}
  - {id: without, roles: [without]}
  - {id: b_deleter, roles: [deleter]}
  - {id: b_in_bulk, roles: [in_bulk]}
  - {id: b_two_roles, roles: [starred, in_bulk]}
  - {id: b_policy_and_grant, policies: [most], grants: [{permission: bulk, scope: all}]}
  - {id: b_two_grants, grants: [{permission: '*', scope: all, except: [delete]}, {permission: delete, scope: all}]}
  - {id: b_ticked, roles: [ticking], rights: {add: [delete]}}
";

fn papers() -> Authorizer {
    let authorizer = Authorizer::new(0);
    authorizer.install(build(CATALOG, TENANT, PEOPLE, &FamilySet::new()).unwrap());
    authorizer
}

/// The users whose id begins so.
fn users(start: &str) -> impl Iterator<Item = &str> {
    let ids = PEOPLE.lines().filter_map(|line| line.split("id: ").nth(1)?.split(',').next());
    ids.filter(move |id| id.starts_with(start))
}

#[test]
fn what_a_grant_leaves_out_does_not_come_along_with_anything_else_of_it() {
    let authorizer = papers();
    let team = [("team", "west".into())];
    assert_eq!(users("a_").count(), 11);
    for user in users("a_") {
        assert_eq!(outcome(&authorizer, user, "bulk", &team), "allow", "{user}");
        assert_eq!(outcome(&authorizer, user, "delete", &team), "not-granted", "{user}");
    }
}

#[test]
fn what_only_the_left_out_would_bring_along_does_not_come_either() {
    let authorizer = papers();
    let team = [("team", "west".into())];
    for user in users("a_") {
        assert_eq!(outcome(&authorizer, user, "purge", &team), "not-granted", "{user}");
    }
    let own = [("author", "without".into())];
    for action in ["bulk", "delete", "purge", "see"] {
        assert_eq!(outcome(&authorizer, "without", action, &own), "not-granted", "{action}");
    }
}

#[test]
fn what_is_left_out_is_left_out_by_way_of_others_as_well() {
    let authorizer = papers();
    let own = [("author", "far".into())];
    for action in ["tidy", "bulk", "see"] {
        assert_eq!(outcome(&authorizer, "far", action, &own), "allow", "{action}");
    }
    assert_eq!(outcome(&authorizer, "far", "delete", &own), "not-granted");
}

#[test]
fn another_grant_gives_what_one_leaves_out() {
    let authorizer = papers();
    assert_eq!(users("b_").count(), 6);
    for user in users("b_") {
        for action in ["delete", "purge"] {
            assert_eq!(outcome(&authorizer, user, action, &[]), "allow", "{user} {action}");
        }
    }
}

#[test]
fn nobody_hands_out_what_their_own_grant_leaves_out() {
    let catalog = CATALOG.replace(
        "standard_roles:",
        "  - {id: roles, permissions: [{id: hand, baseline: all, wildcard: false}]}
guards:
  - {id: covered, on: [hand], check: {covered: [role]}, message: nobody hands out more}
standard_roles:",
    );
    let authorizer = Authorizer::new(0);
    authorizer.install(build(&catalog, TENANT, PEOPLE, &FamilySet::new()).unwrap());
    let hand =
        |role: &'static str| outcome(&authorizer, "a_starred", "hand", &[("role", role.into())]);
    assert_eq!(hand("sorted"), "allow");
    assert_eq!(hand("in_bulk"), "guard covered");
    assert_eq!(hand("deleter"), "guard covered");
}

#[test]
fn what_is_proposed_for_what_is_left_out_is_another_grant_of_it() {
    let tenant = build(CATALOG, TENANT, PEOPLE, &FamilySet::new()).unwrap();
    let found = flips(&tenant, &request("a_starred", "delete", EMPTY), 100);
    let told: Vec<String> = found.flips.iter().map(|flip| format!("{:?}", flip.edits)).collect();
    for role in ["deleter", "in_bulk"] {
        assert!(told.iter().any(|it| it.contains(role)), "{role}: {told:#?}");
    }
    for role in ["sorted", "named", "child", "with_policy", "of_a_team"] {
        assert!(!told.iter().any(|it| it.contains(role)), "{role}: {told:#?}");
    }
}
