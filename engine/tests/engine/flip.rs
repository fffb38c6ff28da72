//! What would flip a decision: small changes that are seen to flip it, and never one that is not.

use crate::common::written::write;
use crate::common::{CATALOG, PEOPLE, TENANT, build, families, family, request};
use permesso_engine::compile::{self, Compiled, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Request, Resource};
use permesso_engine::family::Answer;
use permesso_engine::flip::{Flip, Flips, flips};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};
use permesso_engine::{Authorizer, explain_alone};
use std::sync::Arc;

fn world() -> (Compiled, FamilySet) {
    let families = families(&family(|_| Ok(Answer::ABSTAIN)));
    (build(CATALOG, TENANT, PEOPLE, &families).unwrap(), families)
}

fn told(found: &Flips) -> Vec<String> {
    let texts = found
        .flips
        .iter()
        .map(|flip| flip.edits.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "));
    texts.collect()
}

fn on<'a>(
    user: &'a str,
    action: &'a str,
    (kind, id): (&'a str, &'a str),
    attributes: &'a Attributes<'a>,
) -> Request<'a> {
    let resource = Resource { kind, id: Some(id), attributes };
    Request { resource, ..request(user, action, attributes) }
}

#[test]
fn what_nothing_grants_is_granted_by_the_role_that_opens_least() {
    let (tenant, _) = world();
    let attributes = Attributes::new();
    let found = flips(&tenant, &request("nobody", "doc.list", &attributes), 3);
    insta::assert_debug_snapshot!(told(&found), @r#"
    [
        "give the user the role `lister`",
        "give the user the role `temp`",
        "grant `doc.list` to the user alone, at scope all",
    ]
    "#);
    assert!(found.cut, "there are more");
    let boss = flips(&tenant, &request("nobody", "doc.list", &attributes), 100);
    let boss = boss.flips.iter().find(|flip| told_of(flip).contains("`boss`")).unwrap();
    assert!(boss.opens.contains(&"user.invite".to_owned()), "{boss:?}");
    assert!(boss.opens.contains(&"program vault".to_owned()), "{boss:?}");
}

fn told_of(flip: &Flip) -> String {
    flip.edits.iter().map(ToString::to_string).collect()
}

#[test]
fn several_edits_are_named_where_one_is_not_enough() {
    let (tenant, _) = world();
    let attributes = Attributes::new();
    // Deactivated, and the plan does not include it.
    let found = flips(&tenant, &request("gone", "doc.export", &attributes), 5);
    insta::assert_debug_snapshot!(told(&found), @r#"
    [
        "make the user active and have the plan include `exports`",
    ]
    "#);
    // A right, what it requires, and both on the same resource.
    let found = flips(&tenant, &request("nobody", "doc.publish", &attributes), 3);
    assert_eq!(found.flips.first().map(|flip| flip.edits.len()), Some(1), "{:?}", told(&found));
    let found = flips(&tenant, &on("nobody", "doc.shelve", ("shelf", "vault"), &attributes), 2);
    insta::assert_debug_snapshot!(told(&found), @r#"
    [
        "give the user the role `boss`",
    ]
    "#);
}

#[test]
fn what_binds_is_released_and_what_is_exclusive_admits() {
    let (tenant, _) = world();
    let attributes = Attributes::new();
    let muted = flips(&tenant, &request("muted", "doc.list", &attributes), 2);
    insta::assert_debug_snapshot!(told(&muted), @r#"
    [
        "take the role `muted` from the user",
    ]
    "#);
    let rare = flips(&tenant, &on("shelver", "doc.view_shelf", ("shelf", "rare"), &attributes), 5);
    insta::assert_debug_snapshot!(told(&rare), @r#"
    [
        "put the tag `collector` on the user",
        "put the user into the team `north`",
    ]
    "#);
}

#[test]
fn nobody_is_put_into_a_team_that_there_is_not() {
    let catalog = "
product: desk
version: 1.0.0
relations: [owner]
resource_kinds: {ticket: {}}
categories: [{id: all, kinds: any, permissions: [{id: close}]}]
standard_roles: [{id: agent, grants: [{permission: close, scope: team}]}]
";
    let people = "users: [{id: ann, roles: [agent], teams: [sales]}]";
    let joins = |tenant: &str, team: &str| {
        let built = build(catalog, tenant, people, &FamilySet::default()).unwrap();
        let attributes: Attributes<'_> =
            [("team", Value::from(team.to_owned()))].into_iter().collect();
        let found = flips(&built, &on("ann", "close", ("ticket", "t1"), &attributes), 5);
        told(&found).contains(&format!("put the user into the team `{team}`"))
    };
    let listed = "{tenant: acme, product: desk, teams: [support, sales]}";
    assert!(joins(listed, "support"));
    for none in ["Support", "nope", "support/nope", "support/"] {
        assert!(!joins(listed, none), "{none}");
    }
    let unlisted = "{tenant: acme, product: desk}";
    assert!(joins(unlisted, "nope"));
    assert!(!joins(unlisted, "support/"));
}

#[test]
fn an_allow_is_flipped_by_taking_away_all_that_grants_it() {
    let (tenant, families) = world();
    let attributes = Attributes::new();
    let found = flips(&tenant, &request("reader", "doc.read", &attributes), 5);
    insta::assert_debug_snapshot!(told(&found), @r#"
    [
        "detach the policy `reading` from the user",
        "deactivate the user",
    ]
    "#);
    let doubled = PEOPLE.replace("{id: reader, ", "{id: reader, roles: [boss, lister], ");
    let tenant = build(CATALOG, TENANT, &doubled, &families).unwrap();
    let found = flips(&tenant, &request("reader", "doc.read", &attributes), 5);
    insta::assert_debug_snapshot!(told(&found), @r#"
    [
        "deactivate the user",
        "take the role `boss` from the user and detach the policy `reading` from the user",
    ]
    "#);
}

#[test]
fn time_alone_flips_what_is_limited_to_it() {
    let (tenant, _) = world();
    let attributes = Attributes::new();
    let late = Request { now: 5_000, ..request("temp", "doc.list", &attributes) };
    assert!(!told(&flips(&tenant, &late, 50)).iter().any(|text| text.starts_with("wait")));
    let early = Request { now: 0, ..request("temp", "doc.list", &attributes) };
    let texts = told(&flips(&tenant, &early, 50));
    assert!(texts.contains(&"wait until 1970-01-01T00:00:01Z".to_owned()), "{texts:?}");
    let within = Request { now: 1_500, ..early };
    let texts = told(&flips(&tenant, &within, 50));
    assert!(texts.contains(&"wait until 1970-01-01T00:00:02Z".to_owned()), "{texts:?}");
}

#[test]
fn nothing_is_named_where_nothing_helps() {
    let (tenant, _) = world();
    let attributes = Attributes::new();
    for (user, action) in [("stranger", "doc.list"), ("boss", "doc.dance"), ("boss", "act.never")] {
        let found = flips(&tenant, &request(user, action, &attributes), 5);
        assert_eq!(told(&found), [""; 0], "{user} {action}");
    }
}

#[test]
fn every_change_that_is_named_flips_the_decision_when_it_is_really_made() {
    let (tenant, families) = world();
    let catalog = compile::catalog(load::catalog("product.yaml", CATALOG).unwrap());
    let documents = Arc::new(load::tenant("tenant.yaml", TENANT).unwrap());
    let people = load::directory("people.yaml", PEOPLE).unwrap();
    let authored: Attributes<'_> =
        [("author", "clerk".into()), ("team", "north/coast".into())].into_iter().collect();
    let mut made = 0;
    for user in ["nobody", "clerk", "muted", "gone", "pending", "ticked", "shelver", "mate", "temp"]
    {
        for action in
            ["doc.list", "doc.read", "doc.publish", "doc.shelve", "doc.oversee", "doc.sign"]
        {
            for (kind, id) in [("doc", "d1"), ("shelf", "rare"), ("shelf", "vault")] {
                let request = on(user, action, (kind, id), &authored);
                let before = explain_alone(&tenant, &request).decision.verdict;
                for flip in flips(&tenant, &request, 20).flips {
                    let mut edited = people.clone();
                    let all = flip.edits.iter().all(|edit| write(&mut edited.value, user, edit));
                    if !all {
                        continue;
                    }
                    let compiled = compile(&Definition {
                        catalog: &catalog,
                        tenant: &documents,
                        people: PeopleFrom::Directory(&edited),
                        families: &families,
                        revision: 8,
                        lenient: false,
                        before: None,
                    })
                    .unwrap();
                    let authorizer = Authorizer::new(0);
                    authorizer.install(compiled);
                    let after = authorizer.decide("acme", &request).verdict;
                    assert_ne!(before, after, "{user} {action} {kind}:{id}: {:?}", flip.edits);
                    made += 1;
                }
            }
        }
    }
    assert!(made > 300, "only {made} were made");
}
