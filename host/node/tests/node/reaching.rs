//! How far API keys reach: for which tenants, with which roles, and with whom they go.

use super::changes::{joined, role, roles, status};
use super::naming::rename;
use super::support::{Desk, acme, as_user, operator};
use permesso_auth::KeyRecord;
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_engine::model::Status;
use permesso_node::operation::{CreateKey, DeleteRole, Operation, RotateKey, Undo};
use permesso_node::{Caller, ChangeError, DocumentKind, Done, Options};
use permesso_store::Realm;
use serde_json::json;
use std::sync::Arc;

fn only(tenants: &[&str]) -> Tenants {
    Tenants::Only(tenants.iter().map(|it| (*it).to_owned()).collect())
}

fn key(tenants: Tenants, verbs: &[Verb], roles: &[&str]) -> CreateKey {
    let request = KeyRequest {
        label: "nightly".to_owned(),
        tenants,
        verbs: verbs.iter().copied().collect(),
        roles: roles.iter().map(|it| (*it).to_owned()).collect(),
        expires_at: None,
    };
    CreateKey { request, by: "test".to_owned() }
}

async fn on_platform(
    desk: &Desk,
    caller: &Caller,
    operation: &dyn Operation,
) -> Result<Done, ChangeError> {
    desk.node.perform(&Realm::platform(), caller, operation, &Options::default()).await
}

async fn made(desk: &Desk, create: &CreateKey) -> KeyRecord {
    let done = on_platform(desk, &operator(), create).await.unwrap();
    done.edited[0].after.as_ref().unwrap().read().unwrap()
}

async fn acts_with(desk: &Desk, key: &KeyRecord) -> Vec<String> {
    let (_, key) = desk.node.key(key.id.as_str()).await.unwrap().unwrap();
    key.roles.iter().cloned().collect()
}

#[tokio::test]
async fn a_key_of_the_platform_names_tenants_and_roles_that_there_are() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    desk.must(&role("lead", json!([]))).await;
    let read = [Verb::Read];
    for (tenants, role, told) in [
        (only(&["acme", "othre"]), "reader", ["unknown tenant `othre`", "other"]),
        (only(&["acme"]), "raeder", ["unknown role `raeder` in the tenant `acme`", "reader"]),
        (only(&["acme", "other"]), "lead", ["unknown role `lead` in the tenant `other`", ""]),
        (Tenants::All, "raeder", ["unknown role `raeder`", "reader"]),
        (Tenants::All, "lead", ["unknown role `lead`", "no product"]),
    ] {
        let refused = on_platform(&desk, &operator(), &key(tenants, &read, &[role])).await;
        let refused = refused.unwrap_err().to_string();
        assert!(told.iter().all(|part| refused.contains(part)), "{refused}");
    }
    for (tenants, role) in [
        (only(&["acme"]), "lead"),
        (only(&["acme", "other"]), "reader"),
        (Tenants::All, "reader"),
        (Tenants::All, "permesso.platform"),
        (Tenants::All, "permesso.administrator"),
    ] {
        made(&desk, &key(tenants, &read, &[role])).await;
    }
}

#[tokio::test]
async fn a_key_for_some_tenants_is_never_one_of_the_platform() {
    let desk = Desk::open().await;
    let create = key(only(&["acme"]), &[Verb::Platform], &[]);
    let told = on_platform(&desk, &operator(), &create).await.unwrap_err().to_string();
    assert!(told.contains("`platform`"), "{told}");
    // Nor one that a log of the past has.
    let mut record = made(&desk, &key(only(&["acme"]), &[Verb::Read], &[])).await;
    record.verbs.insert(Verb::Platform);
    let old = Caller::Key(Arc::new(record));
    let more = on_platform(&desk, &old, &key(only(&["acme"]), &[Verb::Read], &[])).await;
    assert!(matches!(more, Err(ChangeError::Denied { .. })), "{more:?}");
}

#[tokio::test]
async fn a_key_makes_none_that_reaches_further_than_itself() {
    let desk = Desk::open().await;
    let own = [Verb::Read, Verb::Platform];
    let maker = made(&desk, &key(Tenants::All, &own, &["reader"])).await;
    let maker = Caller::Key(Arc::new(maker));
    for (tenants, verbs, role) in [
        (Tenants::All, &[Verb::Read, Verb::Write][..], "reader"),
        (only(&["acme"]), &[Verb::Decide], "reader"),
        (Tenants::All, &[Verb::Read], "owner"),
        (only(&["acme"]), &[Verb::Read], "permesso.platform"),
    ] {
        let refused = on_platform(&desk, &maker, &key(tenants, verbs, &[role])).await;
        assert!(matches!(refused, Err(ChangeError::Denied { .. })), "{refused:?}");
    }
    on_platform(&desk, &maker, &key(only(&["acme"]), &[Verb::Read], &["reader"])).await.unwrap();
    // Nor does it get the secret of one, nor one that goes on for longer.
    let root = made(&desk, &key(Tenants::All, &[Verb::Write], &["permesso.platform"])).await;
    let rotate = RotateKey { id: root.id.to_string(), overlap: 0 };
    let refused = on_platform(&desk, &maker, &rotate).await;
    assert!(matches!(refused, Err(ChangeError::Denied { .. })), "{refused:?}");
    let mut short = key(Tenants::All, &own, &["reader"]);
    short.request.expires_at = Some(4_000_000_000_000);
    let short = Caller::Key(Arc::new(made(&desk, &short).await));
    let mut longer = key(Tenants::All, &[Verb::Read], &["reader"]);
    assert!(on_platform(&desk, &short, &longer).await.is_err());
    longer.request.expires_at = Some(3_999_999_999_999);
    on_platform(&desk, &short, &longer).await.unwrap();
    // In a tenant the verbs of a key are bounded alike.
    let create = key(only(&["acme"]), &[Verb::Write], &["owner"]);
    let done = desk.must(&create).await;
    let owner: KeyRecord = done.edited[0].after.as_ref().unwrap().read().unwrap();
    let owner = Caller::Key(Arc::new(owner));
    let decides = key(only(&["acme"]), &[Verb::Decide], &["reader"]);
    assert!(matches!(desk.run(&owner, &decides).await, Err(ChangeError::Denied { .. })));
    desk.run(&owner, &key(only(&["acme"]), &[Verb::Write], &["reader"])).await.unwrap();
}

#[tokio::test]
async fn a_key_of_the_platform_follows_its_role_to_another_name() {
    let desk = Desk::open().await;
    desk.must(&role("lead", json!([]))).await;
    let create = key(only(&["acme"]), &[Verb::Read], &["lead", "reader"]);
    let nightly = made(&desk, &create).await;
    desk.must(&rename("lead", "chief")).await;
    assert_eq!(acts_with(&desk, &nightly).await, ["chief", "reader"]);
    // What was renamed is not renamed back over the key's head.
    let head = desk.node.store().head(&acme()).await.unwrap().revision;
    let told = desk.run(&operator(), &Undo { revision: head }).await.unwrap_err().to_string();
    assert!(told.contains("the platform's API key `nightly`"), "{told}");
    desk.must(&rename("chief", "lead")).await;
    assert_eq!(acts_with(&desk, &nightly).await, ["lead", "reader"]);
}

#[tokio::test]
async fn a_key_that_is_good_for_other_tenants_too_keeps_the_name_as_it_is() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    let other = Realm::tenant("other").unwrap();
    for realm in [acme(), other] {
        let lead = role("lead", json!([]));
        desk.node.perform(&realm, &operator(), &lead, &Options::default()).await.unwrap();
    }
    made(&desk, &key(only(&["acme", "other"]), &[Verb::Read], &["lead"])).await;
    desk.must(&role("spare", json!([]))).await;
    let told = desk.run(&operator(), &rename("lead", "chief")).await.unwrap_err().to_string();
    assert!(told.contains("good for other tenants too"), "{told}");
    for move_to in [None, Some("spare".to_owned())] {
        let delete = DeleteRole { id: "lead".into(), move_to };
        let told = desk.run(&operator(), &delete).await.unwrap_err().to_string();
        assert!(told.contains("the platform's API key `nightly`"), "{told}");
    }
}

#[tokio::test]
async fn keys_hold_their_roles_and_move_with_the_others_who_do() {
    let desk = Desk::open().await;
    desk.must(&role("lead", json!([]))).await;
    let nightly = made(&desk, &key(only(&["acme"]), &[Verb::Read], &["lead"])).await;
    let own = desk.must(&key(only(&["acme"]), &[Verb::Read], &["lead"])).await;
    let own: KeyRecord = own.edited[0].after.as_ref().unwrap().read().unwrap();
    let look = desk.node.look(&acme()).await.unwrap();
    let counted = look.view(&desk.node).keys_by_role().await.unwrap();
    assert_eq!(counted.get("lead"), Some(&2));
    let delete = |move_to: Option<&str>| DeleteRole {
        id: "lead".into(),
        move_to: move_to.map(str::to_owned),
    };
    let told = desk.run(&operator(), &delete(None)).await.unwrap_err().to_string();
    assert!(told.contains("the platform's API key") && told.contains("the API key"), "{told}");
    desk.must(&delete(Some("reader"))).await;
    for key in [&nightly, &own] {
        assert_eq!(acts_with(&desk, key).await, ["reader"]);
    }
    // Whoever makes another role of that name gives it to nobody.
    desk.must(&role("lead", json!([{"permission": "*", "scope": "all"}]))).await;
    assert_eq!(acts_with(&desk, &nightly).await, ["reader"]);
}

#[tokio::test]
async fn whoever_moves_a_key_holds_where_it_goes() {
    let desk = Desk::open().await;
    let lead = json!([
        {"category": "permesso.administration", "scope": "all",
         "except": ["permesso.tenant.plan", "permesso.unbounded"]},
    ]);
    desk.must(&role("lead", lead)).await;
    desk.must(&role("small", json!([]))).await;
    joined(&desk, "lea", &["lead"]).await;
    made(&desk, &key(only(&["acme"]), &[Verb::Read], &["small"])).await;
    let delete = |to: &str| DeleteRole { id: "small".into(), move_to: Some(to.to_owned()) };
    let refused = desk.run(&as_user("lea"), &delete("owner")).await;
    assert!(matches!(refused, Err(ChangeError::Denied { .. })), "{refused:?}");
    desk.run(&as_user("lea"), &delete("lead")).await.unwrap();
}

#[tokio::test]
async fn the_keys_that_somebody_made_stop_with_them() {
    for now in [Status::Inactive, Status::Deleted] {
        let desk = Desk::open().await;
        joined(&desk, "bob", &["owner"]).await;
        let create = CreateKey {
            by: "user:bob".to_owned(),
            ..key(only(&["acme"]), &[Verb::Write], &["owner"])
        };
        let theirs = desk.run(&as_user("bob"), &create).await.unwrap();
        let theirs: KeyRecord = theirs.edited[0].after.as_ref().unwrap().read().unwrap();
        let others = desk.must(&key(only(&["acme"]), &[Verb::Read], &["reader"])).await;
        let others: KeyRecord = others.edited[0].after.as_ref().unwrap().read().unwrap();
        let done = desk.must(&status("bob", now)).await;
        let named = done.edited.iter().filter(|edit| edit.kind == DocumentKind::Key);
        assert_eq!(named.map(|edit| &*edit.id).collect::<Vec<_>>(), [theirs.id.as_str()]);
        let revoked = async |key: &KeyRecord| {
            let (_, key) = desk.node.key(key.id.as_str()).await.unwrap().unwrap();
            key.revoked_at.is_some()
        };
        assert!(revoked(&theirs).await && !revoked(&others).await);
        if now == Status::Inactive {
            desk.must(&status("bob", Status::Active)).await;
            desk.must(&roles("bob", &["reader"])).await;
            assert!(revoked(&theirs).await, "what has stopped is not good again by itself");
        }
    }
}
