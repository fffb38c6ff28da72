//! What holds after every change, whoever makes it: who owns, who is left, what may be called how,
//! and what goes with whoever goes.

use super::changes::{guard, invited, joined, put, reason, role, roles, status};
use super::support::{CATALOG, Desk, acme, as_user, operator, user};
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_engine::model::{Delegation, Invitation, Status, Tag};
use permesso_node::operation::{
    Accept, ChangeSettings, CreateKey, CreateTenant, Delegate, Invite, PublishProduct, PutSettings,
    PutUser, RenameRole, RenameTag, Resend, UpdateUser,
};
use permesso_node::{ChangeError, DocumentKind, Operation, Options, Settings};
use permesso_store::{Realm, Which};
use serde_json::{Value, json};

fn writes(value: Value) -> UpdateUser {
    UpdateUser { user: user(value) }
}

/// With `ann` who owns the account, and `bob` who may do everything and does not own it.
async fn owned() -> Desk {
    let desk = Desk::open().await;
    desk.must(&writes(json!({"id": "ann", "roles": ["owner"], "owner": true}))).await;
    joined(&desk, "bob", &["owner"]).await;
    joined(&desk, "kim", &["reader"]).await;
    desk
}

#[tokio::test]
async fn only_an_owner_gives_or_takes_the_account() {
    let desk = owned().await;
    let bob = as_user("bob");
    let ann = |owner: bool| json!({"id": "ann", "roles": ["owner"], "owner": owner});
    let new = user(json!({"id": "zoe", "owner": true}));
    let puppet = Invite { user: new, same_as: None, days: 7 };
    let refused: Vec<(&str, Box<dyn Operation>)> = vec![
        ("himself", Box::new(writes(json!({"id": "bob", "roles": ["owner"], "owner": true})))),
        ("another", Box::new(writes(json!({"id": "kim", "roles": ["reader"], "owner": true})))),
        ("a puppet", Box::new(puppet.clone())),
        ("no longer", Box::new(writes(ann(false)))),
        ("off", Box::new(status("ann", Status::Inactive))),
        ("deleted", Box::new(status("ann", Status::Deleted))),
        ("a document", Box::new(put(DocumentKind::User, "ann", ann(false)))),
    ];
    for (what, operation) in &refused {
        let (_, reason) = reason(desk.run(&bob, &**operation).await);
        assert_eq!(reason, "not-owner", "{what}");
    }
    // A key with the same role is no owner either.
    let request = KeyRequest {
        label: "k".to_owned(),
        tenants: Tenants::Only(["acme".to_owned()].into()),
        verbs: [Verb::Write].into(),
        roles: ["owner".to_owned()].into(),
        expires_at: None,
    };
    let made = desk.must(&CreateKey { request, by: "test".to_owned() }).await;
    let key = made.edited[0].after.as_ref().unwrap().read().unwrap();
    let key = permesso_node::Caller::Key(std::sync::Arc::new(key));
    assert_eq!(reason(desk.run(&key, &status("ann", Status::Deleted)).await).1, "not-owner");
    // An owner does, without holding everything.
    desk.must(&role(
        "people",
        json!([{"category": "permesso.administration", "scope": "all",
        "except": ["permesso.tenant.plan", "permesso.unbounded"]}]),
    ))
    .await;
    desk.must(&writes(json!({"id": "kim", "roles": ["people"], "owner": true}))).await;
    let kim = as_user("kim");
    desk.run(&kim, &puppet).await.unwrap();
    let again = Resend { user: "zoe".to_owned(), days: 7 };
    assert_eq!(reason(desk.run(&bob, &again).await).1, "not-owner");
    desk.run(&kim, &again).await.unwrap();
    desk.run(&kim, &status("zoe", Status::Deleted)).await.unwrap();
    desk.run(&as_user("ann"), &status("kim", Status::Inactive)).await.unwrap();
}

#[tokio::test]
async fn of_two_owners_who_give_up_one_after_the_other_the_second_stays() {
    let desk = owned().await;
    desk.must(&writes(json!({"id": "bob", "roles": ["owner"], "owner": true}))).await;
    let up = |who: &str| writes(json!({"id": who, "roles": ["owner"]}));
    desk.run(&as_user("ann"), &up("ann")).await.unwrap();
    assert_eq!(guard(desk.run(&as_user("bob"), &up("bob")).await), "last-holder");
    for now in [Status::Inactive, Status::Deleted] {
        assert_eq!(guard(desk.run(&as_user("bob"), &status("bob", now)).await), "last-holder");
    }
    // Whoever is only invited is none who is left.
    desk.run(
        &as_user("bob"),
        &Invite {
            user: user(json!({"id": "eve", "roles": ["owner"], "owner": true})),
            same_as: None,
            days: 7,
        },
    )
    .await
    .unwrap();
    assert_eq!(guard(desk.run(&as_user("bob"), &up("bob")).await), "last-holder");
    // And the role that wants a holder.
    desk.must(&roles("ann", &["reader"])).await;
    assert_eq!(guard(desk.run(&as_user("bob"), &roles("bob", &["reader"])).await), "last-holder");
}

#[tokio::test]
async fn the_last_one_who_can_let_others_in_stays_however_they_may() {
    let desk = Desk::open().await;
    let text =
        CATALOG.replace("1.0.0", "1.1.0").replace("keeps_holder: true", "keeps_holder: false");
    let publish = PublishProduct { text };
    let platform = Realm::platform();
    desk.node.perform(&platform, &operator(), &publish, &Options::default()).await.unwrap();
    let administer = json!([{"permission": "permesso.roles.edit", "scope": "all"}]);
    desk.must(&role("admin", administer)).await;
    joined(&desk, "bob", &["admin"]).await;
    desk.must(&roles("ann", &["reader"])).await;
    assert_eq!(
        guard(desk.run(&operator(), &roles("bob", &["reader"])).await),
        "last-administrator"
    );
    assert_eq!(guard(desk.run(&operator(), &role("admin", json!([]))).await), "last-administrator");
    let gone = status("bob", Status::Deleted);
    assert_eq!(guard(desk.run(&operator(), &gone).await), "last-administrator");
}

#[tokio::test]
async fn nothing_is_called_as_the_administration_is() {
    let desk = Desk::open().await;
    let kept = ["permesso.candidate", "permesso", "Permesso.x", "permesso.platform"];
    for id in kept {
        for (kind, document) in [
            (DocumentKind::Role, json!({"id": id})),
            (DocumentKind::Policy, json!({"id": id})),
            (DocumentKind::Program, json!({"id": id, "match": {"tags": ["vip"]}})),
            (DocumentKind::Team, json!({})),
            (DocumentKind::User, json!({"id": id})),
            (DocumentKind::Delegation, json!({"from": "ann", "to": "ann"})),
        ] {
            let refused = desk.run(&operator(), &put(kind, id, document)).await.unwrap_err();
            assert!(refused.to_string().contains("kept for the administration"), "{refused}");
        }
        let tag = user(json!({"id": "bob", "tags": [id]}));
        let team = user(json!({"id": "bob", "teams": [id]}));
        for user in [tag, team] {
            let invite = Invite { user, same_as: None, days: 7 };
            let refused = desk.run(&operator(), &invite).await.unwrap_err().to_string();
            assert!(refused.contains("kept for the administration"), "{refused}");
        }
        let tags = Some(vec![Tag::from(id)]);
        let settings = Settings { product: "desk".into(), tags, ..Settings::default() };
        let listed = desk.run(&operator(), &ChangeSettings { settings }).await;
        assert!(listed.unwrap_err().to_string().contains("kept for the administration"));
        let create = CreateTenant {
            settings: Settings { product: "desk".into(), ..Settings::default() },
            owner: None,
        };
        let realm = Realm::tenant(id).unwrap();
        let made = desk.node.perform(&realm, &operator(), &create, &Options::default()).await;
        assert!(made.unwrap_err().to_string().contains("kept for the administration"), "{id}");
    }
    // Below another team, and by another name.
    desk.must(&put(DocumentKind::Team, "US", json!({}))).await;
    let below = put(DocumentKind::Team, "US/permesso.t", json!({}));
    assert!(desk.run(&operator(), &below).await.is_err());
    desk.must(&role("lead", json!([]))).await;
    let renamed = RenameRole { from: "lead".into(), to: "permesso.lead".into() };
    assert!(desk.run(&operator(), &renamed).await.is_err());
    desk.must(&put(DocumentKind::User, "kim", json!({"id": "kim", "tags": ["vip"]}))).await;
    let renamed = RenameTag { from: "vip".into(), to: "permesso.vip".into() };
    assert!(desk.run(&operator(), &renamed).await.is_err());
}

#[tokio::test]
async fn the_platforms_role_is_given_to_nobody_and_nothing_of_a_tenant() {
    let desk = Desk::open().await;
    let held = "permesso.platform";
    joined(&desk, "bob", &["reader"]).await;
    let request = KeyRequest {
        label: "k".to_owned(),
        tenants: Tenants::Only(["acme".to_owned()].into()),
        verbs: [Verb::Write].into(),
        roles: [held.to_owned()].into(),
        expires_at: None,
    };
    let refused: Vec<Box<dyn Operation>> = vec![
        Box::new(roles("bob", &["reader", held])),
        Box::new(put(
            DocumentKind::User,
            "eve",
            json!({"id": "eve",
            "roles": [{"role": held, "teams": ["east"]}]}),
        )),
        Box::new(put(DocumentKind::Team, "east", json!({"roles": [held]}))),
        Box::new(put(DocumentKind::Role, "child", json!({"id": "child", "parents": [held]}))),
        Box::new(CreateKey { request, by: "test".to_owned() }),
    ];
    for operation in refused {
        let told = desk.run(&operator(), &*operation).await.unwrap_err().to_string();
        assert!(told.contains("for keys of the platform alone"), "{told}");
    }
    desk.must(&roles("bob", &["reader", "permesso.administrator"])).await;
}

async fn delegations(desk: &Desk) -> usize {
    let which = Which::All(DocumentKind::Delegation.name());
    desk.node.store().page(&acme(), which, "", 10).await.unwrap().len()
}

async fn lends(desk: &Desk, id: &str, from: &str, to: &str) {
    let delegation: Delegation =
        serde_json::from_value(json!({"from": from, "to": to, "permissions": ["tickets.lend"]}))
            .unwrap();
    desk.must(&Delegate { id: id.to_owned(), delegation }).await;
}

#[tokio::test]
async fn with_whoever_is_deleted_goes_what_was_delegated_by_and_to_them() {
    for by_document in [false, true] {
        let desk = Desk::open().await;
        for (id, held) in [("bob", "owner"), ("carl", "reader")] {
            joined(&desk, id, &[held]).await;
        }
        lends(&desk, "out", "bob", "carl").await;
        lends(&desk, "in", "ann", "bob").await;
        lends(&desk, "other", "ann", "carl").await;
        assert!(desk.may("carl", "tickets.lend").await);
        match by_document {
            false => drop(desk.must(&status("bob", Status::Deleted)).await),
            true => {
                let gone = json!({"id": "bob", "roles": ["owner"], "status": "deleted"});
                desk.must(&put(DocumentKind::User, "bob", gone)).await;
            }
        }
        assert_eq!(delegations(&desk).await, 1);
        // Whoever comes under the name serves nobody by what another one delegated.
        joined(&desk, "bob", &["owner"]).await;
        assert_eq!(delegations(&desk).await, 1);
        desk.must(&permesso_node::operation::Remove {
            kind: DocumentKind::Delegation,
            id: "other".into(),
        })
        .await;
        assert!(!desk.may("carl", "tickets.lend").await);
    }
}

#[tokio::test]
async fn whoever_may_delete_somebody_need_not_be_let_to_edit_what_goes_with_them() {
    let desk = Desk::open().await;
    desk.must(&role(
        "people",
        json!([
        {"permission": "permesso.users.delete", "scope": "all"},
        {"permission": "tickets.read", "scope": "all"}]),
    ))
    .await;
    joined(&desk, "pat", &["people"]).await;
    invited(&desk, json!({"id": "bob", "roles": ["reader"]})).await;
    lends(&desk, "in", "ann", "bob").await;
    desk.run(&as_user("pat"), &status("bob", Status::Deleted)).await.unwrap();
    assert_eq!(delegations(&desk).await, 0);
    let which = Which::All(DocumentKind::Invitation.name());
    assert!(desk.node.store().page(&acme(), which, "", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_document_says_of_a_status_is_so_or_is_refused() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    invited(&desk, json!({"id": "eve"})).await;
    desk.must(&status("bob", Status::Inactive)).await;
    let put = |id: &str, status, invitation| PutUser {
        user: user(json!({"id": id, "name": "Somebody"})),
        status,
        invitation,
    };
    let is = async |id: &str| {
        let look = desk.node.look(&acme()).await.unwrap();
        let user = look.view(&desk.node).user(id).await.unwrap();
        (user.name.clone(), user.status, user.invitation)
    };
    for status in [None, Some(Status::Inactive)] {
        desk.must(&put("bob", status, None)).await;
        assert_eq!(is("bob").await, ("Somebody".into(), Status::Inactive, Invitation::Accepted));
    }
    for (id, status, invitation) in [
        ("bob", Some(Status::Active), None),
        ("bob", Some(Status::Deleted), None),
        ("ann", Some(Status::Inactive), None),
        ("eve", None, Some(Invitation::Accepted)),
        ("bob", None, Some(Invitation::Pending)),
    ] {
        let refused = desk.run(&operator(), &put(id, status, invitation)).await;
        let Err(ChangeError::Request { field, .. }) = refused else { panic!("{id} {refused:?}") };
        assert!(["status", "invitation"].contains(&&*field));
    }
}

#[tokio::test]
async fn a_list_of_tags_that_is_not_spoken_of_stays() {
    let desk = Desk::open().await;
    let settings = |tags: Option<&[&str]>| Settings {
        product: "desk".into(),
        title: "Acme".into(),
        tags: tags.map(|tags| tags.iter().map(|tag| Tag::from(*tag)).collect()),
        ..Settings::default()
    };
    let put =
        |tags: Option<&[&str]>, unlist_tags| PutSettings { settings: settings(tags), unlist_tags };
    let listed = async || {
        let look = desk.node.look(&acme()).await.unwrap();
        look.view(&desk.node).settings().unwrap().tags.map(|tags| tags.len())
    };
    desk.must(&put(Some(&["vip", "odd"]), false)).await;
    desk.must(&put(None, false)).await;
    assert_eq!(listed().await, Some(2));
    assert!(desk.run(&operator(), &put(Some(&["vip"]), true)).await.is_err());
    desk.must(&put(Some(&[]), false)).await;
    assert_eq!(listed().await, Some(0));
    desk.must(&put(None, true)).await;
    assert_eq!(listed().await, None);
}

#[tokio::test]
async fn whoever_edits_people_neither_accepts_for_them_nor_makes_them_pending() {
    let desk = owned().await;
    desk.must(&role("clerk", json!([{"permission": "permesso.users.edit", "scope": "all"}]))).await;
    joined(&desk, "cal", &["clerk"]).await;
    invited(&desk, json!({"id": "eve", "roles": ["reader"]})).await;
    let eve = json!({"id": "eve", "roles": ["reader"]});
    let bob = json!({"id": "bob", "roles": ["owner"], "invitation": "pending"});
    for (id, says) in [("eve", eve.clone()), ("bob", bob)] {
        let (permission, _) =
            reason(desk.run(&as_user("cal"), &put(DocumentKind::User, id, says)).await);
        assert_eq!(permission, "permesso.users.deactivate", "{id}");
    }
    desk.must(&put(DocumentKind::User, "eve", eve)).await;
}

#[tokio::test]
async fn who_accepts_an_invitation_is_asked_nothing_of_ownership() {
    let desk = owned().await;
    let token = invited(&desk, json!({"id": "zoe", "roles": ["reader"], "owner": true})).await;
    let accept = Accept { user: "zoe".into(), token };
    desk.run(&permesso_node::Caller::System, &accept).await.unwrap();
}
