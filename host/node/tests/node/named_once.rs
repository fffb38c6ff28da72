//! What an edit names has to be there, mean one thing, and be said once.

use super::changes::{joined, put};
use super::naming::{desk, document, invite, key, rename, told};
use super::support::operator;
use permesso_node::DocumentKind;
use permesso_node::operation::{DeleteRole, RenameTag, RevokeKey, RotateKey, SetRoles};
use serde_json::json;

#[tokio::test]
async fn the_last_team_does_not_go_while_anything_names_it() {
    let desk = desk().await;
    desk.must(&put(DocumentKind::Team, "east", json!({}))).await;
    let read = json!([{"permission": "tickets.read", "scope": "all", "teams": ["east"]}]);
    let delete = permesso_node::operation::Remove { kind: DocumentKind::Team, id: "east".into() };
    for (kind, id, document) in [
        (DocumentKind::Role, "eastern", json!({"id": "eastern", "grants": read})),
        (DocumentKind::Policy, "eastern_too", json!({"id": "eastern_too", "grants": read})),
        (
            DocumentKind::SharingPolicy,
            "hidden",
            json!({"id": "hidden", "outcome": "hide", "for": {"teams": ["east"]}}),
        ),
        (
            DocumentKind::SharingOverride,
            "seen",
            json!({"id": "seen", "outcome": "share", "condition": "in_team(\"east\")"}),
        ),
    ] {
        desk.must(&put(kind, id, document)).await;
        let refused = told(desk.run(&operator(), &delete).await);
        assert!(refused.contains(id), "{kind} {id}: {refused}");
        desk.must(&permesso_node::operation::Remove { kind, id: id.to_owned() }).await;
    }
    let east = vec!["east"];
    for own in [
        json!({"id": "kim", "teams": east}),
        json!({"id": "kim", "roles": [{"role": "reader", "teams": east}]}),
        json!({"id": "kim", "grants": read}),
    ] {
        invite(&desk, own).await.unwrap();
        let refused = told(desk.run(&operator(), &delete).await);
        assert!(refused.contains("east") || refused.contains("kim"), "{refused}");
        let kim = permesso_node::operation::Remove { kind: DocumentKind::User, id: "kim".into() };
        desk.must(&kim).await;
    }
    desk.must(&delete).await;
}

#[tokio::test]
async fn nothing_gets_an_id_that_means_something_else() {
    let desk = desk().await;
    for id in [".", "..", "*", "permesso.mine", "Permesso"] {
        for kind in [DocumentKind::Role, DocumentKind::Policy, DocumentKind::User] {
            let refused = told(desk.run(&operator(), &put(kind, id, json!({"id": id}))).await);
            assert!(refused.contains(id), "{kind} {id}: {refused}");
        }
    }
    let refused =
        told(desk.run(&operator(), &put(DocumentKind::Team, "east//north", json!({}))).await);
    assert!(refused.contains("has an empty part"), "{refused}");
}

#[tokio::test]
async fn a_key_acts_with_roles_that_there_are_and_none_of_them_goes_before_it_is_revoked() {
    let desk = desk().await;
    let read = json!([{"permission": "tickets.read", "scope": "all"}]);
    let agent = json!({"id": "agent", "grants": read});
    desk.must(&put(DocumentKind::Role, "agent", agent.clone())).await;
    for (role, near) in [("agnet", "did you mean `agent`?"), ("xyz", "name one"), ("", "name one")]
    {
        let refused = told(desk.run(&operator(), &key(role)).await);
        assert!(refused.contains(&format!("unknown role `{role}`")), "{refused}");
        assert!(refused.contains(near), "{refused}");
    }
    // Roles of the product are roles as well.
    desk.must(&key("reader")).await;
    let made = desk.must(&key("agent")).await;
    let id = made.edited[0].id.clone();
    let delete = DeleteRole { id: "agent".to_owned(), move_to: None };
    let refused = told(desk.run(&operator(), &delete).await);
    assert!(refused.contains("the API key `nightly`") && refused.contains(&id), "{refused}");
    desk.must(&rename("agent", "worker")).await;
    assert_eq!(document(&desk, DocumentKind::Key, &id).await["roles"], json!(["worker"]));
    desk.must(&RotateKey { id: id.clone(), overlap: 0 }).await;
    desk.must(&RevokeKey { id: id.clone() }).await;
    desk.must(&DeleteRole { id: "worker".to_owned(), move_to: None }).await;
    // What is over can be withdrawn once more, though its role is gone.
    desk.must(&RevokeKey { id }).await;
}

#[tokio::test]
async fn without_a_list_of_tags_one_is_renamed_to_a_name_that_no_other_has() {
    let desk = desk().await;
    invite(&desk, json!({"id": "kim", "tags": ["vip", "odd"]})).await.unwrap();
    invite(&desk, json!({"id": "bo", "tags": ["gold"]})).await.unwrap();
    let hides = json!({"id": "s", "outcome": "hide", "condition": "has_tag(\"night\")"});
    desk.must(&put(DocumentKind::SharingPolicy, "s", hides)).await;
    let rename = |from: &str, to: &str| RenameTag { from: from.to_owned(), to: to.to_owned() };
    for (from, to, wanted) in [
        ("vip", "gold", "there is a tag `gold` already: the user `bo`"),
        ("vip", "odd", "there is a tag `odd` already: the user `kim`"),
        ("vip", "night", "there is a tag `night` already: the sharing"),
        ("vip", "vip", "is called `vip` already"),
        ("vip", "", "needs a name"),
        ("vip", "  ", "needs a name"),
        ("vip", " gold", "without blanks"),
        ("vip", "go\u{200b}ld", "U+200B"),
        ("nobodys", "new", "nobody has the tag `nobodys`"),
    ] {
        let refused = told(desk.run(&operator(), &rename(from, to)).await);
        assert!(refused.contains(wanted), "{from} to {to}: {refused}");
    }
    assert_eq!(document(&desk, DocumentKind::User, "kim").await["tags"], json!(["vip", "odd"]));
    desk.must(&rename("vip", "silver")).await;
    desk.must(&rename("night", "late")).await;
    assert_eq!(document(&desk, DocumentKind::User, "kim").await["tags"], json!(["silver", "odd"]));
}

#[tokio::test]
async fn a_role_that_is_held_twice_in_the_same_way_is_refused() {
    let desk = desk().await;
    joined(&desk, "kim", &["reader"]).await;
    let within = json!({"role": "reader", "valid_until": "2030-01-01"});
    for twice in [json!(["reader", "reader"]), json!([within, "owner", within])] {
        let roles = serde_json::from_value(twice).unwrap();
        let set = SetRoles { user: "kim".to_owned(), roles };
        assert!(told(desk.run(&operator(), &set).await).contains("`reader` stands here twice"));
    }
    // In two ways it is no mistake.
    let roles = serde_json::from_value(json!(["reader", within])).unwrap();
    desk.must(&SetRoles { user: "kim".to_owned(), roles }).await;
}
