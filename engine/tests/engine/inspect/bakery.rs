//! Grants that bring others along, and rights that were unticked: what is proposed about them.

use super::*;
use permesso_engine::decision::{Asserted, Request};
use permesso_engine::flip::{Flip, flips};
use permesso_engine::inspect::{Proposal, diff, impact};

const BAKERY: &str = r#"
product: bakery
version: 1.0.0
teams: {attribute: team}
relations: [author]
own_means: [author]
categories:
  - id: bread
    permissions:
      - {id: bread.bake, implies: [{permission: bread.see}, {permission: bread.taste}]}
      - {id: bread.see}
      - {id: bread.taste}
  - id: limits
    permissions:
      - {id: limit.diet, constraint: {forbids: [bread.taste]}}
"#;

const ROLES: &str = r#"
tenant: acme
product: bakery
roles:
  - {id: baker, reach: all, adjustable: [bread], grants: [{permission: bread.bake, scope: all}]}
  - {id: apprentice, reach: all, adjustable: [bread]}
  - {id: dieter, grants: [{permission: limit.diet, scope: all}]}
  - {id: faster, parents: [dieter]}
policies:
  - {id: tasting, grants: [{category: bread, scope: all, except: [bread.bake]}]}
"#;

fn bakery(users: &str) -> Compiled {
    build(BAKERY, ROLES, &format!("users:\n{users}"), &Default::default()).unwrap()
}

fn flipping(tenant: &Compiled, user: &str, action: &str) -> Vec<Flip> {
    let resource = Resource { kind: "bread", id: Some("b1"), attributes: EMPTY };
    let request = Request {
        subject: user,
        action,
        resource,
        context: EMPTY,
        asserted: Asserted::NONE,
        now: NOW,
    };
    flips(tenant, &request, 50).flips
}

fn texts(flips: &[Flip]) -> Vec<String> {
    let text = |flip: &Flip| {
        let edits: Vec<String> = flip.edits.iter().map(ToString::to_string).collect();
        let mut text = edits.join(" and ");
        for (word, names) in [("opens", &flip.opens), ("closes", &flip.closes)] {
            if !names.is_empty() {
                text += &format!("; {word} {}", names.join(", "));
            }
        }
        text
    };
    flips.iter().map(text).collect()
}

#[test]
fn a_grant_that_would_flip_says_what_it_brings_along() {
    let tenant = bakery("  - {id: ann}\n");
    insta::assert_debug_snapshot!(texts(&flipping(&tenant, "ann", "bread.bake")), @r#"
    [
        "give the user the role `baker`; opens bread.see, bread.taste",
        "grant `bread.bake` to the user alone, at scope all; opens bread.see, bread.taste",
    ]
    "#);
    // The comparison with somebody who bakes says the same.
    let tenant = bakery("  - {id: ann}\n  - {id: bob, roles: [baker]}\n");
    let found = diff(&tenant, "ann", "bob", NOW).unwrap();
    let bake = found.permissions.iter().find(|it| it.permission == "bread.bake").unwrap();
    for way in &bake.ways {
        assert_eq!(way.opens.permissions, ["bread.see", "bread.taste"], "{way:?}");
    }
    assert_eq!(bake.ways.len(), 2, "{bake:?}");
}

#[test]
fn a_grant_is_taken_away_by_the_line_that_somebody_wrote() {
    let tenant = bakery("  - {id: ann, grants: [{permission: bread.bake, scope: all}]}\n");
    insta::assert_debug_snapshot!(texts(&flipping(&tenant, "ann", "bread.see")), @r#"
    [
        "deactivate the user; closes bread.bake, bread.taste",
        "take `bread.bake` away, which is granted to the user alone; closes bread.bake, bread.taste",
    ]
    "#);
    let lines =
        "[{category: bread, scope: all}, {permission: '*', scope: all, except: [bread.bake]}]";
    let tenant = bakery(&format!("  - {{id: ann, grants: {lines}}}\n"));
    insta::assert_debug_snapshot!(texts(&flipping(&tenant, "ann", "bread.see")), @r#"
    [
        "deactivate the user; closes bread.bake, bread.taste",
        "take the category `bread` away, which is granted to the user alone and take `*` away, which is granted to the user alone; closes bread.bake, bread.taste",
    ]
    "#);
}

#[test]
fn a_role_is_not_proposed_to_whom_the_right_was_unticked() {
    let tenant = bakery("  - {id: ann, rights: {remove: [bread.bake]}}\n");
    let found = flipping(&tenant, "ann", "bread.bake");
    insta::assert_debug_snapshot!(texts(&found), @r#"
    [
        "grant `bread.bake` to the user alone, at scope all; opens bread.see, bread.taste",
    ]
    "#);
    assert!(
        !found.iter().any(|flip| flip.edits.iter().any(|it| matches!(it, Edit::GiveRole { .. })))
    );
}

#[test]
fn what_was_unticked_is_ticked_again_right_by_right_and_all_that_has_to_be() {
    let tenant =
        bakery("  - {id: ann, roles: [baker], rights: {remove: [bread.bake, bread.see]}}\n");
    insta::assert_debug_snapshot!(texts(&flipping(&tenant, "ann", "bread.bake")), @r#"
    [
        "tick `bread.bake` again, which was unticked for the user; opens bread.taste",
        "grant `bread.bake` to the user alone, at scope all; opens bread.see, bread.taste",
    ]
    "#);
    insta::assert_debug_snapshot!(texts(&flipping(&tenant, "ann", "bread.see")), @r#"
    [
        "grant `bread.see` to the user alone, at scope all",
        "attach the policy `tasting` to the user; opens bread.taste",
        "tick `bread.bake` again, which was unticked for the user and tick `bread.see` again, which was unticked for the user; opens bread.bake, bread.taste",
    ]
    "#);
}

#[test]
fn a_toggle_that_two_sources_impose_is_taken_away_from_both() {
    let tenant = bakery("  - {id: ann, roles: [dieter, faster], policies: [tasting]}\n");
    insta::assert_debug_snapshot!(texts(&flipping(&tenant, "ann", "bread.taste")), @r#"
    [
        "take the role `dieter` from the user and take the role `faster` from the user; opens restriction limit.diet",
    ]
    "#);
}

#[test]
fn a_tick_that_brings_the_right_along_is_the_one_to_take_back() {
    let tenant = bakery("  - {id: ann, roles: [apprentice], rights: {add: [bread.bake]}}\n");
    insta::assert_debug_snapshot!(texts(&flipping(&tenant, "ann", "bread.see")), @r#"
    [
        "deactivate the user; closes bread.bake, bread.taste",
        "untick `bread.bake` for the user; closes bread.bake, bread.taste",
    ]
    "#);
}

#[test]
fn who_is_not_active_has_no_program_and_no_item_and_taking_part_opens_them() {
    let people = PEOPLE
        .replace("{id: ida, roles: [viewer], ", "{id: ida, roles: [viewer], tags: [luxury], ");
    let tenant = edited(CATALOG, TENANT, &people);
    let resource = Resource { kind: "record", id: Some("r1"), attributes: EMPTY };
    let request = Request {
        subject: "ida",
        action: "record.view",
        resource,
        context: EMPTY,
        asserted: Asserted::NONE,
        now: NOW,
    };
    let found = flips(&tenant, &request, 5).flips;
    let activate = found.iter().find(|flip| flip.edits == [Edit::Activate]).unwrap();
    assert!(activate.opens.contains(&"program luxury".to_owned()), "{activate:?}");
    assert!(activate.opens.contains(&"view segment:gold".to_owned()), "{activate:?}");
    let after = edited(CATALOG, TENANT, &people.replace(", status: inactive", ""));
    let proposal = Proposal {
        before: &tenant,
        after: &after,
        now: NOW,
        acting: None,
        questions: &[],
        limit: 9,
    };
    let user = impact(&proposal).unwrap().find(|it| it.user == "ida").unwrap();
    let told = user.rights.len() + user.programs.len() + user.items.len();
    assert_eq!(activate.opens.len() + 1, told, "{activate:?}");
}

#[test]
fn a_comparison_gives_the_role_and_ticks_what_was_unticked_again() {
    let tenant =
        bakery("  - {id: ann, rights: {remove: [bread.bake]}}\n  - {id: bob, roles: [baker]}\n");
    let found = diff(&tenant, "ann", "bob", NOW).unwrap();
    let bake = found.permissions.iter().find(|it| it.permission == "bread.bake").unwrap();
    let ways = bake.ways.iter().map(|way| way.changes.iter().map(change).collect::<Vec<_>>());
    assert_eq!(
        ways.collect::<Vec<_>>(),
        [vec!["grant bread.bake at all"], vec!["give role baker", "tick bread.bake again"]]
    );
}

#[test]
fn own_and_below_has_no_name_of_its_own_and_is_proposed_as_two_grants() {
    let tenant = build(
        BAKERY,
        "tenant: acme\nproduct: bakery\nteams: [A, A/B]\nroles:\n\
         - {id: mine, grants: [{permission: bread.see, scope: own}]}\n\
         - {id: lower, grants: [{permission: bread.see, scope: below}]}\n",
        "users: [{id: ann, teams: [A]}, {id: bob, roles: [mine, lower], teams: [A]}]",
        &Default::default(),
    )
    .unwrap();
    let found = diff(&tenant, "ann", "bob", NOW).unwrap();
    let ways = found.permissions.iter().flat_map(|it| &it.ways);
    let grants: Vec<Vec<String>> =
        ways.map(|way| way.changes.iter().map(ToString::to_string).collect()).collect();
    assert!(!grants.is_empty());
    let named = |text: &String| !text.contains("own and below");
    assert!(grants.iter().flatten().all(named), "{grants:?}");
}
