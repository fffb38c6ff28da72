//! What changes do, and what keeps them from being made.

use super::support::{CATALOG, Desk, acme, as_user, decide, node_at, operator, user};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, Scope, Status};
use permesso_node::operation::{
    Accept, ChangeSettings, Delegate, DeleteRole, DuplicateRole, Invite, PublishProduct, Put,
    Resend, SelectCategory, SetRoles, SetStatus, Undo, UpdateUser, body, seats,
};
use permesso_node::{ChangeError, DocumentKind, NodeConfig, Options, Precondition, Settings};
use permesso_store::{Realm, verify};
use serde_json::{Value, json};

pub(super) fn put(kind: DocumentKind, id: &str, value: Value) -> Put {
    Put { kind, id: id.to_owned(), body: body(kind, id, &value).unwrap(), create: false }
}

pub(super) fn role(id: &str, grants: Value) -> Put {
    put(DocumentKind::Role, id, json!({"id": id, "grants": grants}))
}

pub(super) fn roles(user: &str, roles: &[&str]) -> SetRoles {
    let roles = roles.iter().map(|role| (*role).into()).collect();
    SetRoles { user: user.to_owned(), roles }
}

pub(super) fn status(user: &str, status: Status) -> SetStatus {
    SetStatus { user: user.to_owned(), status }
}

pub(super) async fn invited(desk: &Desk, who: Value) -> String {
    let invite = Invite { user: user(who), same_as: None, days: 7 };
    let done = desk.must(&invite).await;
    done.answer["token"].as_str().unwrap().to_owned()
}

pub(super) async fn joined(desk: &Desk, id: &str, held: &[&str]) {
    let token = invited(desk, json!({"id": id, "roles": held})).await;
    desk.must(&Accept { user: id.to_owned(), token }).await;
}

pub(super) fn guard(result: Result<permesso_node::Done, ChangeError>) -> &'static str {
    match result.unwrap_err() {
        ChangeError::Guarded { guard, .. } => guard,
        error => panic!("{error}"),
    }
}

pub(super) fn reason(result: Result<permesso_node::Done, ChangeError>) -> (String, String) {
    match result.unwrap_err() {
        ChangeError::Denied { permission, reason, .. } => (permission, reason),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_change_is_decided_on_as_soon_as_it_is_made() {
    let desk = Desk::open().await;
    assert!(desk.may("ann", "tickets.write").await);
    assert!(!desk.may("bob", "tickets.read").await, "nobody knows him");
    let token = invited(&desk, json!({"id": "bob", "roles": ["reader"]})).await;
    assert!(!desk.may("bob", "tickets.read").await, "he has not accepted");
    desk.must(&Accept { user: "bob".to_owned(), token }).await;
    assert!(desk.may("bob", "tickets.read").await);
    assert!(!desk.may("bob", "tickets.write").await);
    let done =
        desk.must(&role("reader", json!([{"permission": "tickets.write", "scope": "all"}]))).await;
    assert!(desk.may("bob", "tickets.write").await);
    assert!(
        !desk.may("bob", "tickets.read").await,
        "the edited role takes the place of the standard one"
    );
    assert_eq!(desk.decide("bob", "tickets.write").await.revision, done.revision);
    desk.must(&status("bob", Status::Inactive)).await;
    assert!(!desk.may("bob", "tickets.write").await);
    desk.must(&status("bob", Status::Active)).await;
    assert!(desk.may("bob", "tickets.write").await);
    desk.must(&status("bob", Status::Deleted)).await;
    assert!(!desk.may("bob", "tickets.write").await);
    verify(&**desk.node.store(), &acme(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn a_role_that_somebody_holds_is_deleted_only_with_its_holders_moved() {
    let desk = Desk::open().await;
    desk.must(&DuplicateRole { from: "reader".into(), id: "copy".into(), label: "Copy".into() })
        .await;
    joined(&desk, "bob", &["copy"]).await;
    invited(&desk, json!({"id": "eve", "roles": ["copy"]})).await;
    let delete =
        |move_to: Option<&str>| DeleteRole { id: "copy".into(), move_to: move_to.map(Into::into) };
    let refused = desk.run(&operator(), &delete(None)).await;
    let ChangeError::Guarded { guard, users, .. } = refused.unwrap_err() else { panic!() };
    assert_eq!((guard, users), ("in-use", Some(2)), "pending invitations count");
    let moved = desk.must(&delete(Some("reader"))).await;
    assert_eq!(moved.answer["moved"], 2);
    assert!(desk.may("bob", "tickets.read").await);
    assert!(matches!(desk.run(&operator(), &delete(None)).await, Err(ChangeError::Missing { .. })));
    let standard = DeleteRole { id: "reader".into(), move_to: None };
    assert_eq!(self::guard(desk.run(&operator(), &standard).await), "standard-role");
}

#[tokio::test]
async fn the_last_owner_stays_whichever_way_they_would_go() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    for status in [status("ann", Status::Inactive), status("ann", Status::Deleted)] {
        assert_eq!(guard(desk.run(&operator(), &status).await), "last-holder");
    }
    assert_eq!(guard(desk.run(&operator(), &roles("ann", &["reader"])).await), "last-holder");
    desk.must(&roles("bob", &["owner"])).await;
    desk.must(&status("ann", Status::Inactive)).await;
    assert_eq!(guard(desk.run(&operator(), &status("bob", Status::Inactive)).await), "last-holder");
    let undo =
        Undo { revision: desk.node.look(&acme()).await.unwrap().view(&desk.node).revision() - 1 };
    assert_eq!(guard(desk.run(&operator(), &undo).await), "last-holder", "undoing bob's promotion");
}

#[tokio::test]
async fn nobody_hands_out_more_than_they_hold() {
    let desk = Desk::open().await;
    let lead = json!([
        {"permission": "tickets.read", "scope": "all"},
        {"category": "permesso.administration", "scope": "all",
         "except": ["permesso.tenant.plan", "permesso.unbounded"]},
    ]);
    desk.must(&role("lead", lead)).await;
    joined(&desk, "lea", &["lead"]).await;
    joined(&desk, "bob", &["reader"]).await;
    let lea = as_user("lea");
    // What she holds she may hand out.
    desk.run(&lea, &role("viewers", json!([{"permission": "tickets.read", "scope": "all"}])))
        .await
        .unwrap();
    desk.run(&lea, &roles("bob", &["viewers"])).await.unwrap();
    // What she does not hold she may not: by a role, an edited role, a policy, a grant, an
    // invitation, a copy, an owner.
    let write = json!([{"permission": "tickets.write", "scope": "all"}]);
    let within = |result| {
        let (permission, reason) = reason(result);
        assert_eq!(reason, "guard", "{permission}");
    };
    within(desk.run(&lea, &role("writers", write.clone())).await);
    within(desk.run(&lea, &role("viewers", write.clone())).await);
    within(
        desk.run(&lea, &put(DocumentKind::Policy, "p", json!({"id": "p", "grants": write}))).await,
    );
    within(desk.run(&lea, &roles("bob", &["owner"])).await);
    within(desk.run(&lea, &roles("lea", &["owner"])).await);
    let mut edited = user(json!({"id": "bob", "roles": ["viewers"]}));
    edited.grants = serde_json::from_value(write).unwrap();
    within(desk.run(&lea, &UpdateUser { user: edited }).await);
    let owning = user(json!({"id": "bob", "roles": ["viewers"], "owner": true}));
    within(desk.run(&lea, &UpdateUser { user: owning }).await);
    let copy = Invite { user: user(json!({"id": "kim"})), same_as: Some("ann".into()), days: 7 };
    within(desk.run(&lea, &copy).await);
    // Nor take from somebody what she does not hold.
    within(desk.run(&lea, &roles("ann", &[])).await);
    within(desk.run(&lea, &status("ann", Status::Inactive)).await);
    within(
        desk.run(
            &lea,
            &DuplicateRole { from: "owner".into(), id: "o2".into(), label: String::new() },
        )
        .await,
    );
    let all = SelectCategory {
        role: "viewers".into(),
        category: "tickets".into(),
        scope: "all".parse_scope(),
    };
    within(desk.run(&lea, &all).await);
    // The owner holds everything, the protected role stays as it is all the same.
    let ann = as_user("ann");
    desk.run(&ann, &roles("bob", &["owner"])).await.unwrap();
    let (permission, reason) = reason(desk.run(&ann, &role("owner", json!([]))).await);
    assert_eq!((&*permission, &*reason), ("permesso.roles.edit", "guard"));
    // Whoever holds nothing of it may nothing.
    let bob = as_user("bob");
    desk.must(&roles("bob", &["reader"])).await;
    assert_eq!(self::reason(desk.run(&bob, &roles("bob", &["viewers"])).await).1, "not-granted");
    let plan =
        Settings { product: "desk".into(), plan: Some("gold".into()), ..Settings::default() };
    let (permission, _) = self::reason(desk.run(&ann, &ChangeSettings { settings: plan }).await);
    assert_eq!(permission, "permesso.tenant.plan", "an owner does not choose what is paid for");
}

trait ParseScope {
    fn parse_scope(&self) -> Scope;
}

impl ParseScope for str {
    fn parse_scope(&self) -> Scope {
        Scope::from_name(self).unwrap()
    }
}

#[tokio::test]
async fn an_old_link_dies_when_the_invitation_is_sent_again() {
    let desk = Desk::open().await;
    let old = invited(&desk, json!({"id": "bob", "roles": ["reader"]})).await;
    let resent = desk.must(&Resend { user: "bob".into(), days: 7 }).await;
    let new = resent.answer["token"].as_str().unwrap().to_owned();
    let accept = |token: &str| Accept { user: "bob".into(), token: token.to_owned() };
    assert_eq!(reason(desk.run(&operator(), &accept(&old)).await).1, "wrong-token");
    desk.must(&accept(&new)).await;
    assert_eq!(reason(desk.run(&operator(), &accept(&new)).await).1, "wrong-token", "once");
    assert_eq!(
        guard(desk.run(&operator(), &Resend { user: "bob".into(), days: 7 }).await),
        "wrong-state"
    );
    let late =
        desk.must(&Invite { user: user(json!({"id": "kim"})), same_as: None, days: 0 }).await;
    let token = late.answer["token"].as_str().unwrap().to_owned();
    assert_eq!(
        reason(desk.run(&operator(), &Accept { user: "kim".into(), token }).await).1,
        "wrong-token"
    );
    let look = desk.node.look(&acme()).await.unwrap();
    let counted = seats(&look.view(&desk.node)).await.unwrap();
    assert_eq!((counted.active, counted.pending, counted.total), (2, 1, 3));
}

#[tokio::test]
async fn a_copy_of_a_user_is_of_that_moment() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    let same = Invite { user: user(json!({"id": "kim"})), same_as: Some("bob".into()), days: 7 };
    let done = desk.must(&same).await;
    let token = done.answer["token"].as_str().unwrap().to_owned();
    desk.must(&Accept { user: "kim".into(), token }).await;
    desk.must(&roles("bob", &["owner"])).await;
    assert!(!desk.may("kim", "tickets.write").await);
    let look = desk.node.look(&acme()).await.unwrap();
    let kim = look.view(&desk.node).user("kim").await.unwrap();
    assert_eq!(kim.copied_from.unwrap().user, "bob");
}

#[tokio::test]
async fn whoever_edits_an_old_revision_hears_who_was_first() {
    let desk = Desk::open().await;
    let first = desk.must(&role("agents", json!([]))).await.revision;
    desk.run(
        &as_user("ann"),
        &role("agents", json!([{"permission": "tickets.read", "scope": "own"}])),
    )
    .await
    .unwrap();
    let options = Options {
        preconditions: vec![Precondition {
            kind: DocumentKind::Role,
            id: "agents".into(),
            revision: Some(first),
        }],
        ..Options::default()
    };
    let edit = role("agents", json!([]));
    let refused = desk.node.perform(&acme(), &operator(), &edit, &options).await.unwrap_err();
    let ChangeError::Stale { expected, is, by, change, .. } = refused else { panic!("{refused}") };
    assert_eq!((expected, is, &*by), (first, first + 1, "user:ann"));
    assert_eq!(change.unwrap().operation, "role.update");
}

#[tokio::test]
async fn of_many_editors_of_one_revision_one_is_first() {
    let desk = Desk::open().await;
    let first = desk.must(&role("agents", json!([]))).await.revision;
    let editors = (0..16).map(|n| {
        let node = desk.node.clone();
        tokio::spawn(async move {
            let wanted = Precondition {
                kind: DocumentKind::Role,
                id: "agents".into(),
                revision: Some(first),
            };
            let options = Options { preconditions: vec![wanted], ..Options::default() };
            let value = json!({"id": "agents", "label": format!("by {n}")});
            node.perform(&acme(), &operator(), &put(DocumentKind::Role, "agents", value), &options)
                .await
                .is_ok()
        })
    });
    let mut won = 0;
    for editor in editors.collect::<Vec<_>>() {
        won += u32::from(editor.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn of_the_last_two_owners_one_stays_however_they_race() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["owner"]).await;
    // Another process on the same file.
    let other = node_at(&desk.location(), NodeConfig::default()).await;
    for _ in 0..10 {
        let race = ["ann", "bob"].into_iter().zip([&desk.node, &other]).map(|(who, node)| {
            let node = node.clone();
            tokio::spawn(async move {
                let away = status(who, Status::Inactive);
                node.perform(&acme(), &operator(), &away, &Options::default()).await.is_ok()
            })
        });
        let mut gone = 0;
        for one in race.collect::<Vec<_>>() {
            gone += u32::from(one.await.unwrap());
        }
        assert_eq!(gone, 1);
        desk.node.catch_up_all().await.unwrap();
        for who in ["ann", "bob"] {
            let _ = desk.run(&operator(), &status(who, Status::Active)).await;
        }
        other.catch_up_all().await.unwrap();
    }
}

#[tokio::test]
async fn what_was_decided_at_a_revision_is_decided_again_at_it() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    let delegation = json!({"from": "ann", "to": "bob", "permissions": ["tickets.lend"]});
    let delegation = serde_json::from_value(delegation).unwrap();
    desk.must(&Delegate { id: "d".into(), delegation }).await;
    let write = json!([{"permission": "tickets.write", "scope": "all"}]);
    desk.must(&role("agents", write)).await;
    desk.must(&roles("bob", &["agents"])).await;
    desk.must(&role("agents", json!([]))).await;
    joined(&desk, "kim", &["owner"]).await;
    desk.must(&status("ann", Status::Deleted)).await;
    let with = CATALOG
        .replace("1.0.0", "2.0.0")
        .replace("{id: tickets.read}", "{id: tickets.read, baseline: all}");
    let publish = PublishProduct { text: with };
    desk.node
        .perform(&Realm::platform(), &operator(), &publish, &Options::default())
        .await
        .unwrap();
    let last = desk.decide("bob", "tickets.read").await.revision;
    // What a node that had decided at each revision would have said, from the log alone.
    let mut said = Vec::new();
    for revision in 1..=last {
        let mut of_revision = String::new();
        for (letter, what) in [('r', "tickets.read"), ('w', "tickets.write"), ('l', "tickets.lend")]
        {
            let nothing = Attributes::new();
            let resource = Resource { kind: "ticket", id: Some("1"), attributes: &nothing };
            let request = Request {
                subject: "bob",
                action: what,
                resource,
                context: &nothing,
                asserted: Asserted::NONE,
                now: 1_800_000_000_000,
            };
            let replayed = desk.node.replay(&acme(), revision, &request).await.unwrap();
            assert_eq!(replayed.explanation.decision.revision, revision);
            if replayed.explanation.decision.is_allow() {
                of_revision.push(letter);
            }
        }
        said.push(of_revision);
    }
    // Made, invited, accepted, lent, a role, given, emptied, kim comes in two steps, ann goes, a
    // new catalog.
    assert_eq!(said, ["", "", "r", "rl", "rl", "wl", "l", "l", "l", "", "r"]);
    let none = Attributes::new();
    let resource = Resource { kind: "ticket", id: None, attributes: &none };
    let request = Request {
        subject: "bob",
        action: "tickets.read",
        resource,
        context: &none,
        asserted: Asserted::NONE,
        now: 0,
    };
    assert!(desk.node.replay(&acme(), last + 1, &request).await.is_err(), "nobody knows yet");
}

#[tokio::test]
async fn a_wrong_edit_changes_nothing_and_says_where() {
    let desk = Desk::open().await;
    let revision = desk.node.standing()[0].revision;
    let wrong = role("agents", json!([{"permission": "tickets.raed", "scope": "all"}]));
    let ChangeError::Invalid(found) = desk.run(&operator(), &wrong).await.unwrap_err() else {
        panic!()
    };
    let found = found.iter().next().unwrap();
    assert!(found.field.starts_with("roles.agents.grants"), "{found}");
    assert_eq!(found.help.as_deref(), Some("did you mean `tickets.read`?"));
    let nobody =
        Invite { user: user(json!({"id": "kim", "roles": ["raeder"]})), same_as: None, days: 7 };
    assert!(matches!(desk.run(&operator(), &nobody).await, Err(ChangeError::Invalid(_))));
    let odd = put(DocumentKind::Role, "agents", json!({"id": "agents", "grnats": []}));
    assert!(matches!(desk.run(&operator(), &odd).await, Err(ChangeError::Document { .. })));
    let other = put(DocumentKind::Role, "agents", json!({"id": "others"}));
    assert!(matches!(desk.run(&operator(), &other).await, Err(ChangeError::Document { .. })));
    assert_eq!(desk.node.standing()[0].revision, revision);
}

#[tokio::test]
async fn a_delegation_counts_and_ends_with_either_of_the_two() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    let delegation = json!({"from": "ann", "to": "bob", "permissions": ["tickets.lend"]});
    let lend = Delegate { id: "d".into(), delegation: serde_json::from_value(delegation).unwrap() };
    assert!(!desk.may("bob", "tickets.lend").await);
    let refused = desk.run(&as_user("bob"), &lend).await;
    assert_eq!(reason(refused).1, "not-granted");
    desk.run(&as_user("ann"), &lend).await.unwrap();
    assert!(desk.may("bob", "tickets.lend").await);
    // What she loses he loses.
    joined(&desk, "kim", &["owner"]).await;
    desk.must(&roles("ann", &["reader"])).await;
    assert!(!desk.may("bob", "tickets.lend").await);
    desk.must(&roles("ann", &["owner"])).await;
    assert!(desk.may("bob", "tickets.lend").await);
    desk.must(&status("ann", Status::Deleted)).await;
    assert!(!desk.may("bob", "tickets.lend").await);
}

#[tokio::test]
async fn a_new_catalog_moves_its_tenants_or_nobody() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    desk.must(&role("agents", json!([{"permission": "tickets.write", "scope": "all"}]))).await;
    let publish = async |text: String| {
        let publish = PublishProduct { text };
        desk.node.perform(&Realm::platform(), &operator(), &publish, &Options::default()).await
    };
    let without = CATALOG.replace("      - {id: tickets.write}\n", "").replace("1.0.0", "2.0.0");
    let refused = publish(without).await;
    assert!(matches!(refused, Err(ChangeError::Invalid(_))), "a role of acme grants it");
    assert!(desk.may("ann", "tickets.write").await);
    let with = CATALOG
        .replace("- {id: tickets.write}", "- {id: tickets.write}\n      - {id: tickets.close}");
    publish(with.replace("1.0.0", "2.0.0")).await.unwrap();
    assert!(desk.may("ann", "tickets.close").await);
    assert!(decide(&desk.node, "other", "ann", "tickets.close").await.is_allow());
    let own = CATALOG.replace("id: tickets.read", "id: permesso.read");
    assert!(
        matches!(publish(own).await, Err(ChangeError::Invalid(_))),
        "names of the administration"
    );
}

#[tokio::test]
async fn a_request_that_comes_twice_is_done_once() {
    let desk = Desk::open().await;
    let options = |fingerprint: &str| Options {
        idempotency: Some(("key:x/1".into(), fingerprint.into())),
        ..Options::default()
    };
    let edit = role("agents", json!([]));
    let perform = async |fingerprint: &str| {
        desk.node.perform(&acme(), &operator(), &edit, &options(fingerprint)).await
    };
    let first = perform("a").await.unwrap();
    let again = perform("a").await.unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!(first.revision, again.revision);
    assert!(matches!(perform("b").await, Err(ChangeError::OtherRequest)));
}
