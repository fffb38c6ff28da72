//! Somebody who is in no directory, users before they are saved, and questions about people.

use super::world::{TENANTS, World, delegation, request, user};
use permesso_engine::Authorizer;
use permesso_engine::compile::{check_delegation, check_user, compile_member, recompile_users};
use permesso_engine::decision::Resource;
use permesso_engine::directory::{Needs, StoredUser};
use permesso_engine::flip::flips;
use permesso_engine::inspect::{Circumstances, Proposal, Unasked, impact, rights, who_can};
use permesso_engine::load::Source;
use permesso_engine::model::{Attributes, Directory, Value};
use std::sync::atomic::Ordering;

const PEOPLE: [&str; 3] =
    ["{id: ann, roles: [boss]}", "{id: bob, roles: [reader]}", "{id: service, roles: []}"];

fn world() -> World {
    World::new(100, &PEOPLE, &[])
}

#[test]
fn a_service_is_decided_about_by_what_its_key_says_whoever_has_its_name() {
    let world = world();
    let key = user("{id: service, roles: [reader], teams: [north]}");
    let member = compile_member(&world.served(), &key).unwrap();
    let attributes: Attributes<'_> = [("team", Value::from("north"))].into_iter().collect();
    let list = request("service", "letter.list", "letter", "l1", &attributes);
    assert!(world.authorizer.decide_as("acme", &member, &list).unwrap().is_allow());
    let explained = world.authorizer.explain_as("acme", &member, &list).unwrap();
    assert!(explained.decision.is_allow());
    assert!(world.subjects.is_empty());
    // The user of that name holds nothing, and is not mixed up with it in the cache either.
    let open = request("service", "letter.read", "letter", "l1", &attributes);
    for _ in 0..2 {
        assert!(world.authorizer.decide_as("acme", &member, &open).unwrap().is_allow());
        let (decision, _) = world.decide(&world.authorizer, &open);
        assert_eq!(decision.reason.code(), "not-granted");
    }
    assert_eq!(world.family.calls.load(Ordering::Relaxed), 2);
}

#[test]
fn a_service_that_was_compiled_under_another_policy_is_found_in_this_one() {
    let mut world = world();
    let compiled =
        |world: &World, text: &str| compile_member(&world.served(), &user(text)).unwrap();
    let plain = compiled(&world, "{id: p, roles: [reader]}");
    let own = compiled(&world, "{id: o, grants: [{permission: letter.read, scope: all}]}");
    let attributes = Attributes::new();
    let request = request("", "letter.read", "letter", "l1", &attributes);
    let reason = |world: &World, member| {
        world.authorizer.decide_as("acme", member, &request).unwrap().reason.code()
    };
    assert_eq!(reason(&world, &plain), "out-of-scope");
    assert_eq!(reason(&world, &own), "granted");
    world.set_policy(TENANTS[1]);
    assert_eq!(reason(&world, &plain), "granted");
    assert_eq!(reason(&world, &own), "granted");
    world.set_policy(TENANTS[2]);
    assert_eq!(reason(&world, &plain), "not-granted");
}

#[test]
fn what_a_service_asks_for_can_have_to_be_read_first() {
    let world = world();
    let boss = user("{id: service, roles: [boss]}");
    let member = compile_member(&world.served(), &boss).unwrap();
    let attributes: Attributes<'_> = [("owner", Value::from("bob"))].into_iter().collect();
    let request = request("service", "letter.read", "letter", "l1", &attributes);
    let needs: Needs = world.authorizer.decide_as("acme", &member, &request).unwrap_err();
    assert_eq!(needs.users().collect::<Vec<_>>(), ["bob"]);
    assert_eq!(world.authorizer.explain_as("acme", &member, &request).unwrap_err(), needs);
    let pins = world.admit(&needs, 1).pins;
    let asking = world.authorizer.holding(&pins);
    assert!(asking.decide_as("acme", &member, &request).unwrap().is_allow());
    assert!(asking.explain_as("acme", &member, &request).unwrap().decision.is_allow());
}

#[test]
fn an_edit_of_a_user_is_refused_with_everything_that_is_wrong_with_it() {
    let world = world();
    let served = world.served();
    let check = |text: &str| {
        let user = Source::new("users/zoe", user(text));
        match check_user(&served, None, &user) {
            Ok(()) => Vec::new(),
            Err(faults) => faults.iter().map(|fault| fault.field.clone()).collect(),
        }
    };
    assert!(check("{id: zoe, roles: [reader], policies: [reading]}").is_empty());
    assert_eq!(
        check(
            "{id: zoe, roles: [raeder], policies: [x], rights: {add: [y]}, \
             grants: [{permission: z, scope: all}, {permission: letter.read, scope: all, condition: 'resource.wrods > 1'}]}"
        ),
        [
            "users.zoe.roles",
            "users.zoe.policies",
            "users.zoe.grants",
            "users.zoe.grants.condition",
            "users.zoe.rights.add"
        ]
    );
    assert_eq!(check("{id: ''}"), ["users"]);
    let check = |text: &str| {
        let delegation = Source::new("delegations", delegation(text));
        check_delegation(&served, &delegation).map_err(|faults| faults.len())
    };
    assert_eq!(check("{from: a, to: b, permissions: [letter.sign]}"), Ok(()));
    assert_eq!(check("{from: a, to: b, permissions: [letter.list, x]}"), Err(2));
    assert_eq!(
        check(
            "{from: a, to: b, valid_from: 1970-01-01T00:00:00.002Z, valid_until: 1970-01-01T00:00:00.001Z}"
        ),
        Err(1)
    );
}

#[test]
fn questions_about_all_people_are_refused_and_those_about_a_few_are_answered() {
    let world = world();
    let served = world.served();
    let attributes = Attributes::new();
    let resource = Resource { kind: "letter", id: Some("l1"), attributes: &attributes };
    let about = Circumstances {
        resource,
        context: &attributes,
        asserted: permesso_engine::decision::Asserted::NONE,
        now: 0,
    };
    let open = |result: Result<(), Unasked>| matches!(result, Err(Unasked::Open(tenant)) if tenant == "acme");
    assert!(open(who_can(&served, "letter.list", about, 9).map(|_| ())));
    assert!(open(rights(&served, "ann", 0).map(|_| ())));
    let proposal =
        |before, after| Proposal { before, after, now: 0, acting: None, questions: &[], limit: 9 };
    assert!(open(impact(&proposal(&served, &served)).map(|_| ())));
    let records: Vec<StoredUser> = PEOPLE[..2]
        .iter()
        .map(|text| StoredUser { user: user(text), delegations: Vec::new() })
        .collect();
    let few = served.with_only(&records).unwrap();
    assert!(!few.is_open() && few.revision() == served.revision());
    assert!(rights(&few, "ann", 0).is_ok());
    let found = who_can(&few, "letter.list", about, 9).unwrap();
    assert_eq!(found.map(|it| it.user).collect::<Vec<_>>(), ["ann", "bob"]);
    assert!(open(impact(&proposal(&few, &served)).map(|_| ())));
    let asked = request("bob", "letter.sign", "letter", "l1", &attributes);
    assert!(flips(&served, &asked, 5).flips.is_empty());
    assert!(!flips(&few, &asked, 5).flips.is_empty());
}

#[test]
fn users_of_a_tenant_that_is_not_loaded_are_not_compiled_as_if_it_were() {
    let world = world();
    let people = Source::new("people", Directory::default());
    let refused = recompile_users(&world.served(), &people, 2, &["ann"]).unwrap_err();
    assert!(refused.to_string().contains("not loaded whole"), "{refused}");
}

#[test]
fn tenants_that_are_loaded_for_different_questions_share_no_decisions() {
    let world = world();
    let served = world.served();
    let authorizer = Authorizer::new(100);
    let attributes: Attributes<'_> = [("team", Value::from("north"))].into_iter().collect();
    let asked = request("zoe", "letter.read", "letter", "l1", &attributes);
    for (roles, allowed) in [("[boss]", true), ("[]", false), ("[boss]", true)] {
        let user = user(&format!("{{id: zoe, roles: {roles}}}"));
        let record = StoredUser { user, delegations: Vec::new() };
        authorizer.install(served.with_only(&[record]).unwrap());
        for _ in 0..2 {
            assert_eq!(authorizer.decide("acme", &asked).is_allow(), allowed);
        }
    }
    assert_eq!(authorizer.cache_stats().hits, 3);
}
