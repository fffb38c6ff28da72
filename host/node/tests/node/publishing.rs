//! What a catalog may not take away from tenants that are on it.

use super::changes::{invited, joined, put, role, roles};
use super::support::{Desk, acme, decide, operator};
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_engine::model::Status;
use permesso_node::operation::{
    CreateKey, Delegate, DeleteRole, Operation, PublishMoving, PublishProduct, SetStatus,
};
use permesso_node::{ChangeError, DocumentKind, Done, Options};
use permesso_store::{Append, Body, NewRecord, Realm, Stamp};
use serde_json::{Value, json};

/// With a standard role besides, and what users may be and be given.
const WITH_REP: &str = r#"
product: desk
version: 1.1.0
attributes: {subject.region: text}
baseline: {editable: true}
relations: [owner]
resource_kinds: {ticket: {}}
sharing: {by: [owner], contents: {note: {default: share}}}
subject_types: {service: {label: Services}}
categories:
  - id: tickets
    permissions:
      - {id: tickets.read}
      - {id: tickets.write}
      - {id: tickets.note, content: {kind: note}}
      - {id: tickets.lend, delegable: true}
standard_roles:
  - {id: owner, editable: false, deletable: false, keeps_holder: true, grants: [{permission: "*", scope: all}]}
  - {id: reader, editable: true, grants: [{permission: tickets.read, scope: all}]}
  - {id: rep, editable: true, grants: [{permission: tickets.read, scope: all}]}
"#;

fn next(change: impl FnOnce(String) -> String) -> String {
    change(WITH_REP.replace("1.1.0", "1.2.0"))
}

fn without_rep() -> String {
    next(|text| {
        let rep =
            "  - {id: rep, editable: true, grants: [{permission: tickets.read, scope: all}]}\n";
        text.replace(rep, "")
    })
}

async fn publish(desk: &Desk, text: &str) -> Result<Done, ChangeError> {
    on_platform(desk, &PublishProduct { text: text.to_owned() }).await
}

async fn on_platform(desk: &Desk, operation: &dyn Operation) -> Result<Done, ChangeError> {
    desk.node.perform(&Realm::platform(), &operator(), operation, &Options::default()).await
}

async fn desk() -> Desk {
    let desk = Desk::open().await;
    publish(&desk, WITH_REP).await.unwrap();
    desk
}

async fn version(desk: &Desk) -> String {
    desk.node.tenants("", 1).await.unwrap()[0].catalog.version.clone()
}

#[tokio::test]
async fn a_standard_role_that_is_held_stays_in_the_catalog_whoever_holds_it() {
    let holders: Vec<(&str, Value)> = vec![
        ("1 users", json!({"kind": "user", "id": "bob", "says": {"id": "bob", "roles": ["rep"]}})),
        ("the team `east`", json!({"kind": "team", "id": "east", "says": {"roles": ["rep"]}})),
        (
            "the program `club`",
            json!({"kind": "program", "id": "club",
                "says": {"id": "club", "match": {"roles": ["rep"]}}}),
        ),
        (
            "the sharing rule `hide`",
            json!({"kind": "sharing-override", "id": "hide",
                "says": {"id": "hide", "outcome": "hide", "for": {"roles": ["rep"]}}}),
        ),
        (
            "the role `child`",
            json!({"kind": "role", "id": "child", "says": {"id": "child", "parents": ["rep"]}}),
        ),
        (
            "the role `careful`",
            json!({"kind": "role", "id": "careful", "says": {"id": "careful", "grants": [
                {"permission": "tickets.read", "scope": "all", "condition": "has_role(\"rep\")"}]}}),
        ),
        (
            "the baseline",
            json!({"kind": "settings", "id": "tenant",
                "says": {"product": "desk", "baseline": ["rep"]}}),
        ),
    ];
    for (told, holder) in holders {
        let desk = desk().await;
        let kind = DocumentKind::from_name(holder["kind"].as_str().unwrap()).unwrap();
        desk.must(&put(kind, holder["id"].as_str().unwrap(), holder["says"].clone())).await;
        let refused = publish(&desk, &without_rep()).await.unwrap_err();
        let ChangeError::Guarded { guard, message, .. } = &refused else { panic!("{refused}") };
        assert_eq!(*guard, "in-use", "{message}");
        for part in ["`rep`", "`acme`", told] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert_eq!(version(&desk).await, "1.1.0", "the tenant goes on as it was");
        assert!(decide(&desk.node, "acme", "ann", "tickets.read").await.is_allow());
    }
}

#[tokio::test]
async fn a_key_of_the_tenant_or_of_the_platform_keeps_its_role_in_the_catalog() {
    for (tenants, by_platform) in [
        (Tenants::Only(["acme".to_owned()].into()), false),
        (Tenants::Only(["acme".to_owned()].into()), true),
        (Tenants::All, true),
    ] {
        let desk = desk().await;
        let request = KeyRequest {
            label: "nightly".to_owned(),
            tenants,
            verbs: [Verb::Read].into(),
            roles: ["rep".to_owned()].into(),
            expires_at: None,
        };
        let create = CreateKey { request, by: "test".to_owned() };
        match by_platform {
            true => drop(on_platform(&desk, &create).await.unwrap()),
            false => drop(desk.must(&create).await),
        }
        let told = publish(&desk, &without_rep()).await.unwrap_err().to_string();
        assert!(told.contains("API key `nightly`") && told.contains("`rep`"), "{told}");
    }
}

#[tokio::test]
async fn whoever_publishes_hears_how_many_hold_a_role_in_each_tenant() {
    let desk = desk().await;
    desk.tenant("other").await;
    joined(&desk, "bob", &["rep"]).await;
    joined(&desk, "kim", &["rep"]).await;
    invited(&desk, json!({"id": "eve", "roles": ["rep"]})).await;
    // Who was deleted holds nothing.
    joined(&desk, "old", &["rep"]).await;
    desk.must(&SetStatus { user: "old".into(), status: Status::Deleted }).await;
    let other = Realm::tenant("other").unwrap();
    let held = put(DocumentKind::User, "zoe", json!({"id": "zoe", "roles": ["rep"]}));
    desk.node.perform(&other, &operator(), &held, &Options::default()).await.unwrap();
    let refused = publish(&desk, &without_rep()).await.unwrap_err();
    let ChangeError::Guarded { message, users, .. } = refused else { panic!("{refused}") };
    assert_eq!(users, Some(4), "{message}");
    for part in ["`acme`", "3 users", "`other`", "1 users"] {
        assert!(message.contains(part), "{message}");
    }
    // Once nobody holds it, it may go, and its name is free for another role.
    for user in ["bob", "kim", "eve"] {
        desk.must(&roles(user, &["reader"])).await;
    }
    let moved = put(DocumentKind::User, "zoe", json!({"id": "zoe", "roles": ["reader"]}));
    desk.node.perform(&other, &operator(), &moved, &Options::default()).await.unwrap();
    publish(&desk, &without_rep()).await.unwrap();
    let write = json!([{"permission": "tickets.write", "scope": "all"}]);
    desk.must(&role("rep", write)).await;
    assert!(!desk.may("bob", "tickets.write").await);
}

#[tokio::test]
async fn a_role_that_the_tenant_has_made_its_own_may_go_from_the_catalog() {
    let desk = desk().await;
    joined(&desk, "bob", &["rep"]).await;
    let write = json!([{"permission": "tickets.write", "scope": "all"}]);
    desk.must(&role("rep", write)).await;
    publish(&desk, &without_rep()).await.unwrap();
    assert!(desk.may("bob", "tickets.write").await);
    let delete = DeleteRole { id: "rep".into(), move_to: None };
    let told = desk.run(&operator(), &delete).await.unwrap_err().to_string();
    assert!(told.contains("1 users hold the role `rep`"), "{told}");
}

#[tokio::test]
async fn no_role_comes_under_an_id_that_is_held_from_before() {
    let desk = desk().await;
    // As a log of the past may have it.
    let head = desk.node.store().head(&acme()).await.unwrap();
    let holder = Body::of(&json!({"id": "bob", "roles": ["rop"]})).unwrap();
    let edits = vec![("user".to_owned(), "bob".to_owned(), Some(holder))];
    let mut records = [NewRecord { operation: "test".to_owned(), edits }].into_iter();
    let batch = Append {
        realm: acme(),
        expected: head.revision,
        stamp: Stamp { actor: "test".into(), request: String::new(), at: 0 },
        changes: &mut records,
    };
    desk.node.store().append(vec![batch], None).await.unwrap();
    let told = desk.run(&operator(), &role("rop", json!([]))).await.unwrap_err().to_string();
    assert!(told.contains("1 users hold a role `rop`"), "{told}");
    desk.must(&roles("bob", &["reader"])).await;
    desk.must(&role("rop", json!([]))).await;
}

#[tokio::test]
async fn a_catalog_makes_no_stored_user_or_delegation_wrong() {
    let write = json!([{"permission": "tickets.write", "scope": "all"}]);
    let no_write = |text: String| text.replace("      - {id: tickets.write}\n", "");
    let cases: Vec<(Value, String, &str)> = vec![
        (
            json!({"id": "bob", "attributes": {"region": "north"}}),
            next(|text| text.replace("subject.region: text", "subject.region: integer")),
            "`region` has to be",
        ),
        (json!({"id": "bob", "grants": write}), next(no_write), "tickets.write"),
        (
            json!({"id": "bob", "type": "service"}),
            next(|text| text.replace("service: {label: Services}", "robot: {label: Robots}")),
            "service",
        ),
    ];
    for (who, text, part) in cases {
        let desk = desk().await;
        desk.must(&put(DocumentKind::User, "bob", who)).await;
        let refused = publish(&desk, &text).await.unwrap_err();
        assert!(matches!(refused, ChangeError::Invalid(_)), "{refused}");
        let told = refused.to_string();
        for part in ["`bob`", "`acme`", part] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(version(&desk).await, "1.1.0");
        desk.must(&put(DocumentKind::User, "bob", json!({"id": "bob"}))).await;
        publish(&desk, &text).await.unwrap();
    }
    let desk = desk().await;
    joined(&desk, "bob", &["reader"]).await;
    let delegation = json!({"from": "ann", "to": "bob", "permissions": ["tickets.lend"]});
    let delegation = serde_json::from_value(delegation).unwrap();
    desk.must(&Delegate { id: "d".into(), delegation }).await;
    let text = next(|text| text.replace("tickets.lend, delegable: true", "tickets.lend"));
    let told = publish(&desk, &text).await.unwrap_err().to_string();
    assert!(told.contains("delegation `d`") && told.contains("`acme`"), "{told}");
}

#[tokio::test]
async fn a_policy_that_names_what_the_catalog_has_no_longer_keeps_all_tenants_where_they_are() {
    let desk = desk().await;
    desk.tenant("other").await;
    desk.must(&role("writers", json!([{"permission": "tickets.write", "scope": "all"}]))).await;
    let text = next(|text| text.replace("      - {id: tickets.write}\n", ""));
    let told = publish(&desk, &text).await.unwrap_err().to_string();
    assert!(told.contains("acme") && told.contains("tickets.write"), "{told}");
    let listed = desk.node.tenants("", 10).await.unwrap();
    assert!(listed.iter().all(|it| it.catalog.version == "1.1.0"));
    // As a dry run, too.
    let options = Options { dry_run: true, ..Options::default() };
    let publish = PublishProduct { text };
    let refused = desk.node.perform(&Realm::platform(), &operator(), &publish, &options).await;
    assert!(matches!(refused, Err(ChangeError::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn holders_of_a_role_that_goes_are_moved_where_that_is_wanted() {
    let desk = desk().await;
    desk.tenant("other").await;
    joined(&desk, "bob", &["rep", "reader"]).await;
    invited(&desk, json!({"id": "eve", "roles": [{"role": "rep", "teams": ["east"]}]})).await;
    let request = KeyRequest {
        label: "nightly".to_owned(),
        tenants: Tenants::Only(["acme".to_owned()].into()),
        verbs: [Verb::Read].into(),
        roles: ["rep".to_owned()].into(),
        expires_at: None,
    };
    desk.must(&CreateKey { request, by: "test".to_owned() }).await;
    let moving = |from: &str, to: &str| PublishMoving {
        text: without_rep(),
        move_to: [(from.to_owned(), to.to_owned())].into(),
    };
    for (from, to, part) in [("rep", "raeder", "reader"), ("reader", "owner", "the catalog has")] {
        let told = on_platform(&desk, &moving(from, to)).await.unwrap_err().to_string();
        assert!(told.contains(part), "{told}");
        assert_eq!(version(&desk).await, "1.1.0");
    }
    let done = on_platform(&desk, &moving("rep", "reader")).await.unwrap();
    assert_eq!(done.answer["moved"], 2);
    let look = desk.node.look(&acme()).await.unwrap();
    let view = look.view(&desk.node);
    let held = async |id: &str| serde_json::to_value(view.user(id).await.unwrap().roles).unwrap();
    assert_eq!(held("bob").await, json!(["reader"]));
    assert_eq!(held("eve").await, json!([{"role": "reader", "teams": ["east"]}]));
    assert_eq!(view.keys_by_role().await.unwrap().get("reader"), Some(&1));
    assert_eq!(version(&desk).await, "1.2.0");
}
