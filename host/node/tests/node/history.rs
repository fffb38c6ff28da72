//! Going back, and where that ends.

use super::changes::{guard, joined, role, roles};
use super::support::{Desk, acme, operator};
use permesso_node::operation::{CreateTenant, DeleteTenant, Rollback, Undo, body};
use permesso_node::{ChangeError, DocumentKind, Options, Settings};
use permesso_store::{Append, NewRecord, Realm, Stamp, verify};
use serde_json::json;

#[tokio::test]
async fn what_was_done_can_be_undone_and_gone_back_from() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    let before = desk
        .must(&role("agents", json!([{"permission": "tickets.read", "scope": "all"}])))
        .await
        .revision;
    let edited = desk.must(&roles("bob", &["agents"])).await.revision;
    let wider = desk
        .must(&role("agents", json!([{"permission": "tickets.write", "scope": "all"}])))
        .await
        .revision;
    assert!(desk.may("bob", "tickets.write").await);
    desk.must(&Undo { revision: wider }).await;
    assert!(!desk.may("bob", "tickets.write").await);
    assert!(desk.may("bob", "tickets.read").await);
    let twice = desk.run(&operator(), &Undo { revision: wider }).await;
    assert!(matches!(twice, Err(ChangeError::Stale { .. })), "it was written since");
    desk.must(&Rollback { to: before }).await;
    let look = desk.node.look(&acme()).await.unwrap();
    assert_eq!(*look.view(&desk.node).user("bob").await.unwrap().roles[0].role, *"reader");
    desk.must(&Rollback { to: edited }).await;
    let look = desk.node.look(&acme()).await.unwrap();
    assert_eq!(*look.view(&desk.node).user("bob").await.unwrap().roles[0].role, *"agents");
    verify(&**desk.node.store(), &acme(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn going_back_never_ends_a_tenant_and_leaves_nothing_for_who_gets_its_name_next() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    let made = desk.run(&operator(), &Undo { revision: 1 }).await;
    assert_eq!(guard(made), "tenant-end");
    assert!(desk.may("bob", "tickets.read").await, "nothing changed");

    let deleted = desk.must(&DeleteTenant).await.revision;
    desk.tenant("acme").await;
    assert!(!desk.may("bob", "tickets.read").await);
    for to in [1, deleted - 1, deleted] {
        let back = desk.run(&operator(), &Rollback { to }).await;
        let Err(ChangeError::Request { message, .. }) = back else { panic!("{to}: {back:?}") };
        assert!(message.contains("belongs to another one"), "{message}");
    }
    assert!(!desk.may("bob", "tickets.read").await);
}

#[tokio::test]
async fn a_deletion_is_undone_as_long_as_nobody_else_has_the_name() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    let deleted = desk.must(&DeleteTenant).await.revision;
    desk.must(&Undo { revision: deleted }).await;
    assert!(desk.may("bob", "tickets.read").await);
}

#[tokio::test]
async fn a_tenant_is_not_made_over_what_a_former_one_left() {
    let desk = Desk::open().await;
    let left = Realm::tenant("left").unwrap();
    let zed = body(DocumentKind::User, "zed", &json!({"id": "zed", "roles": ["owner"]})).unwrap();
    let edits = vec![("user".to_owned(), "zed".to_owned(), Some(zed))];
    let mut records = std::iter::once(NewRecord { operation: "test".to_owned(), edits });
    let stamp = Stamp { actor: "test".to_owned(), request: String::new(), at: 0 };
    let append = Append { realm: left.clone(), expected: 0, stamp, changes: &mut records };
    desk.node.store().append(vec![append], None).await.unwrap();
    let settings = Settings { product: "desk".to_owned(), ..Settings::default() };
    let create = CreateTenant { settings, owner: None };
    let made = desk.node.perform(&left, &operator(), &create, &Options::default()).await;
    assert_eq!(guard(made), "left-over");
}
