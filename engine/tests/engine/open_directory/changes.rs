//! What a change drops, what it leaves, and what arrives too late.

use super::world::{CATALOG, TENANTS, World, delegation, request, tenant, user};
use permesso_engine::compile::{self, Definition, PeopleFrom, compile};
use permesso_engine::decision::Decision;
use permesso_engine::directory::{Loaded, Need, Needs, StoredUser};
use permesso_engine::model::{Attributes, Value};
use permesso_engine::{decide_alone, load};
use std::sync::Arc;

const PEOPLE: [&str; 4] = [
    "{id: ann, roles: [boss]}",
    "{id: bob, roles: [clerk]}",
    "{id: cid, grants: [{permission: letter.list, scope: all}]}",
    "{id: dot, roles: [signer]}",
];

fn world() -> World {
    World::new(100, &PEOPLE, &["{from: dot, to: bob, permissions: [letter.sign]}"])
}

/// Decides, and says in how many rounds of reading.
fn decide(world: &World, subject: &str, action: &str, owner: &str) -> (Decision, usize) {
    let attributes: Attributes<'_> = [("owner", Value::from(owner))].into_iter().collect();
    let request = request(subject, action, "letter", "l1", &attributes);
    let (decision, rounds) = world.decide(&world.authorizer, &request);
    (decision, rounds - 1)
}

fn reason(world: &World, subject: &str, action: &str) -> (&'static str, usize) {
    let (decision, reads) = decide(world, subject, action, subject);
    (decision.reason.code(), reads)
}

fn one(need: Need) -> Needs {
    [need].into_iter().collect()
}

#[test]
fn a_change_drops_whom_it_touched_and_nobody_else() {
    let mut world = world();
    for id in ["ann", "bob", "cid"] {
        assert_eq!(reason(&world, id, "letter.list"), ("granted", 1));
    }
    world.set_user("{id: cid}");
    assert_eq!(world.subjects.len(), 2);
    assert_eq!(reason(&world, "ann", "letter.list"), ("granted", 0));
    assert_eq!(reason(&world, "bob", "letter.list"), ("granted", 0));
    assert_eq!(reason(&world, "cid", "letter.list"), ("not-granted", 1));
    world.remove_user("cid");
    assert_eq!(reason(&world, "cid", "letter.list"), ("unknown-subject", 1));
    world.set_user("{id: cid, roles: [boss]}");
    assert_eq!(reason(&world, "cid", "letter.list"), ("granted", 1));
}

#[test]
fn a_decision_names_the_revision_of_the_tenant_also_when_it_was_kept() {
    let mut world = world();
    let named = |world: &World| decide(world, "ann", "letter.open", "ann").0.revision;
    assert_eq!(named(&world), 1);
    world.set_user("{id: bob}");
    assert_eq!(named(&world), 2);
    assert_eq!(world.authorizer.cache_stats().hits, 1);
    let served = world.served();
    assert_eq!((served.revision(), served.snapshot.revision()), (2, 1));
}

#[test]
fn whoever_acts_for_somebody_does_so_only_as_long_as_that_one_could() {
    let mut world = world();
    assert_eq!(reason(&world, "bob", "letter.sign"), ("granted", 1));
    world.set_user("{id: dot, roles: [signer], status: inactive}");
    assert_eq!(reason(&world, "bob", "letter.sign"), ("not-granted", 1));
    world.set_user("{id: dot, roles: [signer]}");
    assert_eq!(reason(&world, "bob", "letter.sign"), ("granted", 1));
    // Under the second policy nobody is a signer.
    world.set_policy(TENANTS[1]);
    assert_eq!(reason(&world, "bob", "letter.sign"), ("not-applicable", 0));
    world.set_policy(TENANTS[0]);
    assert_eq!(reason(&world, "bob", "letter.sign"), ("granted", 0));
    world.edit(|directory| directory.delegations.clear());
    assert_eq!(reason(&world, "bob", "letter.sign"), ("not-granted", 1));
}

#[test]
fn guards_on_roles_see_who_came_to_hold_them() {
    let mut world = world();
    let attributes = Attributes::new();
    let remove = request("ann", "user.remove", "user", "ann", &attributes);
    let reason = |world: &World| world.decide(&world.authorizer, &remove).0.reason.code();
    assert_eq!(reason(&world), "guard");
    world.set_user("{id: bob, roles: [boss, clerk]}");
    assert_eq!(reason(&world), "granted");
    world.set_user("{id: bob, roles: [boss, clerk], invitation: pending}");
    assert_eq!(reason(&world), "guard");
    let delete = request("ann", "role.delete", "role", "signer", &attributes);
    let reason = |world: &World| world.decide(&world.authorizer, &delete).0.reason.code();
    assert_eq!(reason(&world), "guard");
    world.remove_user("dot");
    assert_eq!(reason(&world), "granted");
}

#[test]
fn after_an_edit_of_the_policy_nobody_is_read_again() {
    let mut world = world();
    for id in ["ann", "bob", "cid", "dot"] {
        assert_eq!(decide(&world, id, "letter.list", id).1, 1);
    }
    for policy in [TENANTS[1], TENANTS[2], TENANTS[0]] {
        world.set_policy(policy);
        for id in ["ann", "bob", "cid", "dot", "ann"] {
            for action in ["letter.list", "letter.sign", "letter.read"] {
                let (decision, reads) = decide(&world, id, action, id);
                assert_eq!(reads, 0, "{id}");
                let attributes: Attributes<'_> = [("owner", Value::from(id))].into_iter().collect();
                let request = request(id, action, "letter", "l1", &attributes);
                let revision = decision.revision;
                let expected = decide_alone(world.reference(revision), &request);
                assert_eq!(decision, expected, "{id} {action}");
            }
        }
    }
    assert_eq!(world.subjects.len(), 4);
}

#[test]
fn what_changed_while_it_was_read_is_not_kept() {
    let mut world = world();
    let need = Need::User("cid".to_owned());
    let under_way = world.read(&need, world.revision());
    world.set_user("{id: cid}");
    let admitted = world.subjects.admit(&world.served(), 1, vec![under_way]);
    assert_eq!(admitted.refused, one(need));
    assert!(world.subjects.is_empty());
    // Not even the one who read it decides by it.
    let attributes = Attributes::new();
    let request = request("cid", "letter.list", "letter", "l1", &attributes);
    let asking = world.authorizer.holding(&admitted.pins);
    assert!(asking.try_decide("acme", &request).is_err());
    // Where the change is not served yet it is right.
    assert!(world.behind.holding(&admitted.pins).try_decide("acme", &request).unwrap().is_allow());
}

#[test]
fn what_others_changed_meanwhile_keeps_nobody_from_being_kept() {
    let mut world = world();
    let under_way = world.read(&Need::User("cid".to_owned()), 1);
    world.set_user("{id: bob}");
    world.set_policy(TENANTS[1]);
    let admitted = world.subjects.admit(&world.served(), 1, vec![under_way]);
    assert!(admitted.refused.is_empty());
    assert_eq!(reason(&world, "cid", "letter.list"), ("granted", 0));
}

#[test]
fn what_is_newer_than_what_is_served_waits_for_it() {
    let mut world = world();
    world.set_user("{id: cid}");
    let needs = one(Need::User("cid".to_owned()));
    let admitted = world.admit(&needs, 2);
    let attributes = Attributes::new();
    let request = request("cid", "letter.list", "letter", "l1", &attributes);
    assert!(world.behind.holding(&admitted.pins).try_decide("acme", &request).is_err());
    world.catch_up();
    assert_eq!(world.behind.try_decide("acme", &request).unwrap().reason.code(), "not-granted");
}

#[test]
fn what_was_read_ahead_of_the_feed_is_not_dropped_by_what_it_has_already() {
    let world = world();
    let record = StoredUser { user: user("{id: cid, roles: [boss]}"), delegations: Vec::new() };
    let loaded = vec![Loaded::User(Box::new(record))];
    world.subjects.admit(&world.served(), 5, loaded);
    let touched = [Need::User("cid".to_owned())];
    let after = |revision| world.served().after(revision, &touched).unwrap();
    after(4);
    assert_eq!(world.subjects.len(), 1);
    world.authorizer.install(after(5));
    assert_eq!(world.subjects.len(), 1);
    let attributes = Attributes::new();
    let request = request("cid", "letter.list", "letter", "l1", &attributes);
    assert!(world.authorizer.try_decide("acme", &request).unwrap().is_allow());
    after(6);
    assert!(world.subjects.is_empty());
}

#[test]
fn subjects_of_another_tenant_keep_nothing_of_this_one() {
    let (world, other) = (world(), world());
    let loaded = world.read(&Need::User("ann".to_owned()), 1);
    let admitted = other.subjects.admit(&world.served(), 1, vec![loaded]);
    assert_eq!(admitted.refused.len(), 1);
    assert!(other.subjects.is_empty());
}

/// The tenant with a catalog that lost a permission.
fn without_a_permission(world: &World, revision: u64) {
    let catalog = CATALOG.replace("      - {id: letter.list, content: {kind: letter}}\n", "");
    let catalog = catalog.replace(", {permission: letter.list, scope: all}", "");
    let text = TENANTS[0].replace(", {permission: letter.list, scope: all}", "");
    let compiled = compile(&Definition {
        catalog: &compile::catalog(load::catalog("product.yaml", &catalog).unwrap()),
        tenant: &Arc::new(tenant(&text)),
        families: &world.families,
        revision,
        lenient: true,
        before: None,
        people: PeopleFrom::Subjects(&world.subjects),
    });
    world.authorizer.install(compiled.unwrap_or_else(|faults| panic!("{faults}")));
}

#[test]
fn a_user_whose_grants_name_what_is_gone_is_denied_everything() {
    let mut world = world();
    world.edit(|directory| {
        directory.delegations.push(delegation("{from: cid, to: ann, permissions: [letter.sign]}"));
    });
    assert_eq!(reason(&world, "cid", "letter.list"), ("granted", 1));
    assert_eq!(reason(&world, "ann", "letter.list"), ("granted", 1));
    let before = world.served();
    without_a_permission(&world, 3);
    let broken = |owner| {
        let (decision, reads) = decide(&world, "cid", "letter.open", owner);
        assert!(!decision.is_allow() && !decision.keep);
        (decision.reason.code(), reads)
    };
    assert_eq!(broken("cid"), ("subject-broken", 0));
    let attributes: Attributes<'_> = [("owner", Value::from("cid"))].into_iter().collect();
    let asked = request("cid", "letter.open", "letter", "l1", &attributes);
    let explained = world.authorizer.explain("acme", &asked);
    assert_eq!(explained.decision.reason.code(), "subject-broken");
    let last = &explained.trace.last().unwrap().text;
    assert!(last.contains("users.cid.grants") && last.contains("letter.list"), "{last}");
    // Whose letter it is may have had every reason to redact it.
    let (decision, _) = decide(&world, "ann", "letter.open", "cid");
    assert!(decision.is_allow() && decision.obligations.len() == 1, "{decision:?}");
    // What they delegate counts for nothing and breaks nobody.
    assert_eq!(reason(&world, "ann", "letter.sign"), ("granted", 0));
    // Where the permission is back so is the user, without being read.
    let back = before.after(4, &[]).unwrap();
    world.authorizer.install(back);
    assert_eq!(reason(&world, "cid", "letter.list"), ("granted", 0));
}

#[test]
fn a_policy_that_is_refused_drops_nobody() {
    let world = world();
    assert_eq!(reason(&world, "ann", "letter.list"), ("granted", 1));
    let refused = compile(&Definition {
        catalog: &world.catalog,
        tenant: &Arc::new(tenant(&TENANTS[0].replace("letter.sign", "letter.burn"))),
        families: &world.families,
        revision: 2,
        lenient: false,
        before: None,
        people: PeopleFrom::Subjects(&world.subjects),
    });
    assert!(refused.unwrap_err().to_string().contains("letter.burn"));
    assert_eq!(reason(&world, "ann", "letter.list"), ("granted", 0));
}
