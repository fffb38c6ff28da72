//! What names a role or a tag, when it gets another name or goes: it follows, or the change is
//! refused with the place.

use super::changes::{joined, put};
use super::support::{Desk, acme, as_user, operator};
use permesso_node::operation::{
    ChangeSettings, CreateKey, CreateTenant, DeleteRole, DuplicateRole, Invite, PublishProduct,
    RenameRole, RenameTag, SetRoles,
};
use permesso_node::{ChangeError, DocumentKind, Operation, Options, Settings};
use permesso_store::Realm;
use serde_json::{Value, json};

const CATALOG: &str = r#"
product: desk
version: 1.1.0
attributes: {resource.hidden_from: text}
relations: [owner]
resource_kinds: {ticket: {exclusive: [view]}}
sharing: {by: [owner], contents: {note: {default: share}}}
baseline: {editable: true}
categories:
  - id: tickets
    permissions:
      - {id: tickets.read}
      - {id: tickets.write}
      - {id: tickets.note, content: {kind: note}}
      - {id: tickets.lend, delegable: true}
guards:
  - {id: no_robots, on: [tickets.lend], condition: '!has_role("robot")', message: No.}
standard_roles:
  - {id: owner, editable: false, deletable: false, keeps_holder: true, grants: [{permission: "*", scope: all}]}
  - {id: reader, editable: true, grants: [{permission: tickets.read, scope: all}]}
"#;

pub(super) async fn desk() -> Desk {
    let desk = Desk::open().await;
    // The product asks for it by its name.
    desk.must(&put(DocumentKind::Role, "robot", json!({"id": "robot"}))).await;
    let publish = PublishProduct { text: CATALOG.to_owned() };
    let options = Options::default();
    desk.node.perform(&Realm::platform(), &operator(), &publish, &options).await.unwrap();
    desk
}

/// Everywhere that a role is named, by the role's name.
fn naming(role: &str) -> Vec<(DocumentKind, &'static str, Value)> {
    let has = format!("has_role(\"{role}\")");
    let within = format!("\"{role}\" in subject.roles && resource.hidden_from == \"contractor\"");
    let grant = json!([{"permission": "tickets.read", "scope": "all", "condition": has}]);
    let case = json!([{"inputs": {"subject.roles": [role]}, "expect": true}]);
    vec![
        (DocumentKind::Role, "conditional", json!({"id": "conditional", "grants": grant})),
        (DocumentKind::Role, "child", json!({"id": "child", "parents": [role]})),
        (DocumentKind::Role, "copy", json!({"id": "copy", "duplicate_of": role})),
        (DocumentKind::Role, "twin", json!({"id": "twin", "distinct_from": [role]})),
        (DocumentKind::Policy, "extra", json!({"id": "extra", "grants": grant})),
        (
            DocumentKind::Program,
            "club",
            json!({"id": "club", "match": {"roles": [role], "condition": has, "cases": case}}),
        ),
        (
            DocumentKind::SharingPolicy,
            "hide",
            json!({"id": "hide", "outcome": "hide", "condition": has, "cases": case}),
        ),
        (
            DocumentKind::SharingOverride,
            "show",
            json!({"id": "show", "outcome": "share", "for": {"roles": [role], "condition": within}}),
        ),
        (
            DocumentKind::Team,
            "east",
            json!({"roles": [role, {"role": "reader", "condition": has}]}),
        ),
    ]
}

pub(super) async fn document(desk: &Desk, kind: DocumentKind, id: &str) -> Value {
    let look = desk.node.look(&acme()).await.unwrap();
    let object = look.view(&desk.node).object(kind, id).await.unwrap();
    object.map_or(Value::Null, |object| serde_json::from_str(object.body.get()).unwrap())
}

pub(super) fn told(refused: Result<permesso_node::Done, ChangeError>) -> String {
    refused.unwrap_err().to_string()
}

/// A key that acts with a role.
pub(super) fn key(role: &str) -> CreateKey {
    let request = permesso_auth::key::KeyRequest {
        label: "nightly".to_owned(),
        tenants: permesso_auth::key::Tenants::Only(["acme".to_owned()].into()),
        verbs: [permesso_auth::key::Verb::Decide].into(),
        roles: [role.to_owned()].into(),
        expires_at: None,
    };
    CreateKey { request, by: "test".to_owned() }
}

pub(super) fn rename(from: &str, to: &str) -> RenameRole {
    RenameRole { from: from.to_owned(), to: to.to_owned() }
}

async fn settings(desk: &Desk, change: impl FnOnce(&mut Settings)) -> Result<(), String> {
    let look = desk.node.look(&acme()).await.unwrap();
    let mut settings = look.view(&desk.node).settings().unwrap();
    change(&mut settings);
    let done = desk.run(&operator(), &ChangeSettings { settings }).await;
    done.map(|_| ()).map_err(|error| error.to_string())
}

pub(super) async fn invite(desk: &Desk, user: Value) -> Result<(), String> {
    let invite = Invite { user: super::support::user(user), same_as: None, days: 7 };
    desk.run(&operator(), &invite).await.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_role_gets_another_name_and_whatever_names_it_follows() {
    let desk = desk().await;
    desk.must(&put(
        DocumentKind::Role,
        "contractor",
        json!({"id": "contractor", "label": "C",
        "grants": [{"permission": "tickets.read", "scope": "all"}]}),
    ))
    .await;
    for (kind, id, document) in naming("contractor") {
        desk.must(&put(kind, id, document)).await;
    }
    let limited =
        json!({"role": "contractor", "teams": ["east"], "condition": "!has_role(\"contractor\")"});
    settings(&desk, |it| it.baseline = Some(vec!["contractor".into()])).await.unwrap();
    joined(&desk, "kim", &["contractor"]).await;
    invite(
        &desk,
        json!({"id": "bo", "roles": [limited], "grants": [{"permission": "tickets.write",
        "scope": "all", "condition": "has_role(\"contractor\")"}]}),
    )
    .await
    .unwrap();
    let made = desk.must(&key("contractor")).await;
    let key = made.edited[0].id.clone();
    let before = desk.may("kim", "tickets.read").await;
    let done = desk.must(&rename("contractor", "contractor_eu")).await;
    assert_eq!(done.answer["users"], 2);
    assert!(before && desk.may("kim", "tickets.read").await);
    assert_eq!(document(&desk, DocumentKind::Role, "contractor").await, Value::Null);
    assert_eq!(document(&desk, DocumentKind::Role, "contractor_eu").await["label"], "C");
    for (kind, id, wanted) in naming("contractor_eu") {
        assert_eq!(document(&desk, kind, id).await, wanted, "{kind} {id}");
    }
    let written = document(&desk, DocumentKind::Settings, "tenant").await;
    assert_eq!(written["baseline"], json!(["contractor_eu"]));
    let bo = document(&desk, DocumentKind::User, "bo").await;
    assert_eq!(
        bo["roles"],
        json!([{"role": "contractor_eu", "teams": ["east"],
        "condition": "!has_role(\"contractor_eu\")"}])
    );
    assert_eq!(bo["grants"][0]["condition"], "has_role(\"contractor_eu\")");
    let acts = async || document(&desk, DocumentKind::Key, &key).await["roles"].clone();
    assert_eq!(acts().await, json!(["contractor_eu"]));
    // And back, in one step each.
    desk.must(&permesso_node::operation::Undo { revision: done.revision }).await;
    assert_eq!(document(&desk, DocumentKind::Role, "contractor").await["label"], "C");
    assert_eq!(acts().await, json!(["contractor"]));
}

#[tokio::test]
async fn what_cannot_be_called_otherwise_keeps_a_role_from_it_and_is_told() {
    let desk = desk().await;
    for id in ["contractor", "robot"] {
        desk.must(&put(DocumentKind::Role, id, json!({"id": id}))).await;
    }
    let refused = told(desk.run(&operator(), &rename("robot", "machine")).await);
    assert!(refused.contains("the product's guard `no_robots`"), "{refused}");
    assert!(told(desk.run(&operator(), &rename("reader", "r")).await).contains("comes with"));
    assert!(told(desk.run(&operator(), &rename("contractor", "robot")).await).contains("robot"));
    assert!(told(desk.run(&operator(), &rename("nobody", "r")).await).contains("nobody"));
    for (kind, id, document, place) in [
        (
            DocumentKind::SharingPolicy,
            "dynamic",
            json!({"id": "dynamic", "outcome": "hide", "condition": "has_role(resource.hidden_from)"}),
            "the sharing rule `dynamic`",
        ),
        (
            DocumentKind::Role,
            "dynamic",
            json!({"id": "dynamic", "grants": [{"permission": "tickets.read", "scope": "all",
                "condition": "has_role(resource.hidden_from)"}]}),
            "the role `dynamic`",
        ),
    ] {
        desk.must(&put(kind, id, document)).await;
        let refused = told(desk.run(&operator(), &rename("contractor", "temp")).await);
        assert!(refused.contains(place), "{refused}");
        desk.must(&permesso_node::operation::Remove { kind, id: id.to_owned() }).await;
    }
    desk.must(&rename("contractor", "Contractor")).await;
}

#[tokio::test]
async fn a_role_that_is_named_anywhere_is_not_deleted_with_its_holders_moved() {
    let desk = desk().await;
    for id in ["contractor", "contractor_eu"] {
        desk.must(&put(DocumentKind::Role, id, json!({"id": id}))).await;
    }
    joined(&desk, "kim", &["contractor"]).await;
    let delete =
        DeleteRole { id: "contractor".to_owned(), move_to: Some("contractor_eu".to_owned()) };
    let mut places = naming("contractor");
    // A copy, and one that looks alike, say where something came from, and no more.
    places.retain(|(_, id, _)| !["copy", "twin"].contains(id));
    places.push((
        DocumentKind::SharingPolicy,
        "dynamic",
        json!({"id": "dynamic", "outcome": "hide", "condition": "has_role(resource.hidden_from)"}),
    ));
    places.push((
        DocumentKind::Team,
        "west",
        json!({"roles": [{"role": "reader", "condition": "!has_role(\"contractor\")"}]}),
    ));
    for (kind, id, document) in places {
        desk.must(&put(kind, id, document)).await;
        let refused = told(desk.run(&operator(), &delete).await);
        assert!(refused.contains(id), "{kind} {id}: {refused}");
        assert!(!refused.contains("did you mean"), "{kind} {id}: {refused}");
        desk.must(&permesso_node::operation::Remove { kind, id: id.to_owned() }).await;
    }
    settings(&desk, |it| it.baseline = Some(vec!["contractor".into()])).await.unwrap();
    assert!(told(desk.run(&operator(), &delete).await).contains("baseline"));
    settings(&desk, |it| it.baseline = None).await.unwrap();
    for own in [
        json!({"roles": [{"role": "reader", "condition": "!has_role(\"contractor\")"}]}),
        json!({"grants": [{"permission": "tickets.write", "scope": "all",
            "condition": "!has_role(\"contractor\")"}]}),
    ] {
        let mut user = own.clone();
        user["id"] = json!("bo");
        invite(&desk, user).await.unwrap();
        let refused = told(desk.run(&operator(), &delete).await);
        assert!(refused.contains("the user `bo`"), "{refused}");
        let status = permesso_engine::model::Status::Deleted;
        desk.must(&permesso_node::operation::SetStatus { user: "bo".to_owned(), status }).await;
    }
    desk.must(&delete).await;
    // What the product asks by the role's name is not the tenant's to change.
    desk.must(&put(DocumentKind::Role, "robot", json!({"id": "robot"}))).await;
    let roles = vec!["robot".into()];
    desk.must(&SetRoles { user: "kim".to_owned(), roles }).await;
    let delete = DeleteRole { id: "robot".to_owned(), move_to: Some("reader".to_owned()) };
    assert!(told(desk.run(&operator(), &delete).await).contains("no_robots"));
}

#[tokio::test]
async fn to_call_a_role_otherwise_takes_no_more_than_to_edit_and_hand_out_what_it_is() {
    let desk = desk().await;
    let administration = json!({"category": "permesso.administration", "scope": "all",
        "except": ["permesso.tenant.plan", "permesso.unbounded"]});
    let read = json!({"permission": "tickets.read", "scope": "all"});
    let write = json!({"permission": "tickets.write", "scope": "all"});
    for (id, grants) in
        [("lead", json!([read, administration])), ("low", json!([read])), ("high", json!([write]))]
    {
        desk.must(&put(DocumentKind::Role, id, json!({"id": id, "grants": grants}))).await;
        joined(&desk, &format!("u-{id}"), &[id]).await;
    }
    let lead = as_user("u-lead");
    desk.run(&lead, &rename("low", "lower")).await.unwrap();
    assert!(matches!(
        desk.run(&lead, &rename("high", "higher")).await,
        Err(ChangeError::Denied { .. })
    ));
}

fn tags(names: &[&str]) -> Option<Vec<permesso_engine::model::Tag>> {
    Some(names.iter().map(|name| (*name).into()).collect())
}

#[tokio::test]
async fn tags_that_are_listed_are_the_only_ones_and_go_when_nothing_names_them() {
    let desk = desk().await;
    invite(&desk, json!({"id": "kim", "tags": ["vip", "odd"]})).await.unwrap();
    let refused = settings(&desk, |it| it.tags = tags(&["vip"])).await.unwrap_err();
    assert!(refused.contains("`odd`") && refused.contains("`kim`"), "{refused}");
    settings(&desk, |it| it.tags = tags(&["vip", "odd", "night"])).await.unwrap();
    assert!(
        invite(&desk, json!({"id": "bo", "tags": ["nigt"]}))
            .await
            .unwrap_err()
            .contains("did you mean `night`?")
    );
    let twins = settings(&desk, |it| it.tags = tags(&["vip", "odd", "night", "VIP"])).await;
    assert!(twins.unwrap_err().contains("looks like"));
    let named = |tag: &str| {
        let has = format!("has_tag(\"{tag}\")");
        [
            (DocumentKind::Program, "p", json!({"id": "p", "match": {"tags": [tag]}})),
            (
                DocumentKind::SharingPolicy,
                "s",
                json!({"id": "s", "outcome": "hide", "for": {"tags": [tag]}}),
            ),
            (
                DocumentKind::SharingOverride,
                "o",
                json!({"id": "o", "outcome": "hide", "condition": has}),
            ),
            (
                DocumentKind::Role,
                "r",
                json!({"id": "r", "grants": [{"permission": "tickets.read",
                "scope": "all", "condition": has}]}),
            ),
        ]
    };
    for (kind, id, document) in named("night") {
        desk.must(&put(kind, id, document)).await;
        let refused = settings(&desk, |it| it.tags = tags(&["vip", "odd"])).await.unwrap_err();
        assert!(
            refused.contains("night") && refused.contains(&format!("`{id}`"))
                || refused.contains(&format!(".{id}.")),
            "{refused}"
        );
        let misspelt: Vec<_> =
            named("nigth").into_iter().filter(|(_, other, _)| *other == id).collect();
        let (_, _, document) = misspelt.into_iter().next().unwrap();
        let refused = told(desk.run(&operator(), &put(kind, id, document)).await);
        assert!(refused.contains("did you mean `night`?"), "{refused}");
    }
    let refused = settings(&desk, |it| it.tags = tags(&["odd", "night"])).await.unwrap_err();
    assert!(refused.contains("`kim`"), "{refused}");
    for (from, to) in [("night", "late"), ("vip", "gold")] {
        desk.must(&RenameTag { from: from.to_owned(), to: to.to_owned() }).await;
    }
    for (kind, id, wanted) in named("late") {
        assert_eq!(document(&desk, kind, id).await, wanted, "{kind} {id}");
    }
    assert_eq!(document(&desk, DocumentKind::User, "kim").await["tags"], json!(["gold", "odd"]));
    let written = document(&desk, DocumentKind::Settings, "tenant").await;
    assert_eq!(written["tags"], json!(["gold", "odd", "late"]));
    let taken = RenameTag { from: "odd".to_owned(), to: "late".to_owned() };
    assert!(told(desk.run(&operator(), &taken).await).contains("already"));
}

#[tokio::test]
async fn a_tenant_that_looks_like_another_one_is_made_only_by_who_says_that_they_are_two() {
    let desk = desk().await;
    let make = async |id: &str, distinct: &[&str]| {
        let distinct_from = distinct.iter().map(|id| (*id).into()).collect();
        let settings =
            Settings { product: "desk".to_owned(), distinct_from, ..Settings::default() };
        let operation: &dyn Operation = &CreateTenant { settings, owner: None };
        let realm = Realm::tenant(id).unwrap();
        let done = desk.node.perform(&realm, &operator(), operation, &Options::default()).await;
        done.map(|_| ()).map_err(|error| error.to_string())
    };
    make("Jürgen", &[]).await.unwrap();
    for (id, twin) in
        [("ACME", "acme"), ("ａcme", "acme"), ("jürgen", "Jürgen"), ("JU\u{308}RGEN", "Jürgen")]
    {
        let refused = make(id, &[]).await.unwrap_err();
        assert!(refused.contains(&format!("`{id}` looks like `{twin}`")), "{refused}");
        assert!(refused.contains("distinct_from"), "{refused}");
    }
    assert!(make("ac\u{200b}me", &["acme"]).await.unwrap_err().contains("U+200B"));
    make("ACME", &["acme"]).await.unwrap();
    assert!(make("Acme", &["acme"]).await.unwrap_err().contains("ACME"));
    make("acme2", &[]).await.unwrap();
    // Once it is gone, nobody is taken for it.
    let realm = Realm::tenant("Jürgen").unwrap();
    let delete = permesso_node::operation::DeleteTenant;
    desk.node.perform(&realm, &operator(), &delete, &Options::default()).await.unwrap();
    make("jürgen", &[]).await.unwrap();
}

#[tokio::test]
async fn teams_that_look_alike_may_be_two() {
    let desk = desk().await;
    desk.must(&put(DocumentKind::Team, "east", json!({}))).await;
    let twin = put(DocumentKind::Team, "East", json!({}));
    assert!(told(desk.run(&operator(), &twin).await).contains("looks like"));
    desk.must(&put(DocumentKind::Team, "East", json!({"distinct_from": ["east"]}))).await;
    // Copies of roles are told apart as roles are.
    let copy = DuplicateRole { from: "reader".into(), id: "Reader".into(), label: String::new() };
    assert!(told(desk.run(&operator(), &copy).await).contains("looks like"));
}

#[tokio::test]
async fn an_edited_role_of_the_product_is_not_deleted_with_its_holders_moved_where_it_is_named() {
    let desk = desk().await;
    let read = json!([{"permission": "tickets.read", "scope": "all"}]);
    desk.must(&put(DocumentKind::Role, "reader", json!({"id": "reader", "grants": read}))).await;
    desk.must(&put(DocumentKind::Role, "spare", json!({"id": "spare", "grants": read}))).await;
    joined(&desk, "kim", &["reader"]).await;
    let hides = json!({"id": "h1", "outcome": "hide", "condition": "has_role(\"reader\")"});
    desk.must(&put(DocumentKind::SharingPolicy, "h1", hides)).await;
    let delete = DeleteRole { id: "reader".to_owned(), move_to: Some("spare".to_owned()) };
    assert!(told(desk.run(&operator(), &delete).await).contains("`h1`"));
}
