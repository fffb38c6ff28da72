//! What an edit does is held against its author, whatever reads what it writes.

use super::changes::{joined, put, reason, role, roles, status};
use super::support::{Desk, as_user, user};
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_engine::model::{Status, User};
use permesso_node::operation::{Accept, CreateKey, Invite, Put, Remove, Undo, UpdateUser};
use permesso_node::{ChangeError, DocumentKind, Done, Operation};
use serde_json::{Value, json};

const CATALOG: &str = r#"
product: desk
version: 1.0.0
attributes: {subject.level: integer, subject.city: text, resource.city: text}
resource_kinds: {page: {exclusive: [view]}}
categories:
  - id: deals
    permissions:
      - {id: deal.read}
      - {id: deal.close}
      - {id: deal.audit}
      - {id: deal.lock, constraint: {forbids: [deal.close], unless: {subject.level: 3}}}
      - {id: page.view, exclusive: view, baseline: all}
guards:
  - {id: town, on: [deal.audit], condition: resource.city == subject.city, message: elsewhere}
standard_roles:
  - {id: owner, editable: false, deletable: false, keeps_holder: true, grants: [{permission: "*", scope: all, except: [deal.lock]}]}
"#;

fn grant(permission: &str, scope: &str) -> Value {
    json!({"permission": permission, "scope": scope})
}

/// Roles of people who look after others and hold little of the product, and programs that admit
/// by a tag and by a role.
async fn desk() -> Desk {
    let desk = Desk::of(CATALOG).await;
    for (id, permission) in [
        ("editor", "permesso.users.edit"),
        ("inviter", "permesso.users.invite"),
        ("assigner", "permesso.users.assign"),
        ("role_editor", "permesso.roles.edit"),
        ("program_editor", "permesso.programs.edit"),
    ] {
        let restore = grant("permesso.history.restore", "all");
        desk.must(&role(id, json!([grant(permission, "all"), restore]))).await;
    }
    desk.must(&role("local", json!([grant("deal.read", "team")]))).await;
    desk.must(&role("reader", json!([grant("deal.read", "all")]))).await;
    desk.must(&role("closer", json!([grant("deal.close", "all"), grant("deal.lock", "all")])))
        .await;
    desk.must(&role("auditor", json!([grant("deal.audit", "all")]))).await;
    desk.must(&role("empty", json!([]))).await;
    for (id, matcher, page) in [
        ("vips", json!({"tags": ["vip"]}), "plans"),
        ("empties", json!({"roles": ["empty"]}), "books"),
    ] {
        let gives = json!([{"kind": "page", "id": page, "access": "view"}]);
        let program = json!({"id": id, "match": matcher, "gives": gives});
        desk.must(&put(DocumentKind::Program, id, program)).await;
    }
    desk
}

/// Somebody who takes part, as they are to be.
async fn person(desk: &Desk, who: Value) {
    let who = user(who);
    joined(desk, &who.id, &[]).await;
    desk.must(&UpdateUser { user: accepted(who) }).await;
}

fn accepted(user: User) -> User {
    User { invitation: permesso_engine::model::Invitation::Accepted, ..user }
}

fn update(who: Value) -> UpdateUser {
    UpdateUser { user: accepted(user(who)) }
}

fn beyond(what: &str, result: Result<Done, ChangeError>) -> String {
    let (permission, reason) = reason(result);
    assert_eq!(reason, "beyond-own-rights", "{what}: {permission}");
    permission
}

#[tokio::test]
async fn what_a_tag_a_team_or_an_attribute_opens_takes_somebody_to_whom_it_is_open() {
    let desk = desk().await;
    let own =
        json!({"id": "ed", "roles": ["editor", "local", "closer", "auditor"], "teams": ["EU"]});
    person(&desk, own.clone()).await;
    let with = |member: &str, value: Value| {
        let mut who = own.clone();
        who[member] = value;
        update(who)
    };
    for (member, value, opens) in [
        ("tags", json!(["vip"]), "page:plans"),
        ("teams", json!(["US"]), "deal.read"),
        ("attributes", json!({"level": 3}), "deal.close"),
        ("attributes", json!({"city": "Rome"}), "deal.audit"),
    ] {
        let refused = desk.run(&as_user("ed"), &with(member, value)).await;
        assert_eq!(beyond(member, refused), opens);
    }
    // What nothing reads hands out nothing, and neither does a name.
    for (member, value) in
        [("tags", json!(["blue"])), ("name", json!("Ed")), ("attributes", json!({"level": 2}))]
    {
        desk.run(&as_user("ed"), &with(member, value)).await.unwrap();
    }
    // Who is admitted admits, and who is in the team lets others in.
    let vera =
        json!({"id": "vera", "roles": ["editor", "local"], "teams": ["US"], "tags": ["vip"]});
    person(&desk, vera).await;
    person(&desk, json!({"id": "zoe", "roles": ["local"]})).await;
    let zoe = json!({"id": "zoe", "roles": ["local"], "teams": ["US"], "tags": ["vip"]});
    let refused = desk.run(&as_user("ed"), &update(zoe.clone())).await;
    beyond("another's", refused);
    desk.run(&as_user("vera"), &update(zoe.clone())).await.unwrap();
    // Of a town one lets others in who is of it.
    let rita =
        json!({"id": "rita", "roles": ["editor", "auditor"], "attributes": {"city": "Rome"}});
    person(&desk, rita).await;
    person(&desk, json!({"id": "max", "roles": ["auditor"]})).await;
    let max = |city: &str| {
        update(json!({"id": "max", "roles": ["auditor"], "attributes": {"city": city}}))
    };
    assert_eq!(beyond("city", desk.run(&as_user("rita"), &max("Milan")).await), "deal.audit");
    desk.run(&as_user("rita"), &max("Rome")).await.unwrap();
    // Nor is it taken away by who does not have it.
    let taken = update(json!({"id": "zoe", "roles": ["local"], "teams": ["US"]}));
    assert_eq!(beyond("taken", desk.run(&as_user("ed"), &taken).await), "page:plans");
    desk.run(&as_user("vera"), &taken).await.unwrap();
}

#[tokio::test]
async fn what_would_be_too_much_is_too_much_by_invitation_and_by_going_back() {
    let desk = desk().await;
    person(&desk, json!({"id": "ina", "roles": ["inviter", "editor"], "teams": ["EU"]})).await;
    let invite = |who: Value| Invite { user: user(who), same_as: None, days: 7 };
    for (who, opens) in [
        (json!({"id": "puppet", "tags": ["vip"]}), "page:plans"),
        (json!({"id": "puppet", "grants": [grant("deal.read", "team")], "teams": ["US"]}), ""),
    ] {
        let refused = desk.run(&as_user("ina"), &invite(who)).await;
        let (permission, reason) = reason(refused);
        assert!(opens.is_empty() || permission == opens, "{permission} {reason}");
    }
    desk.run(&as_user("ina"), &invite(json!({"id": "guest"}))).await.unwrap();
    // An undo brings back what was too much to give.
    person(&desk, json!({"id": "zoe", "roles": ["local"], "tags": ["vip"]})).await;
    let taken = desk.must(&update(json!({"id": "zoe", "roles": ["local"]}))).await;
    let undo = Undo { revision: taken.revision };
    assert_eq!(beyond("undo", desk.run(&as_user("ina"), &undo).await), "page:plans");
    desk.must(&undo).await;
}

#[tokio::test]
async fn a_role_that_grants_nothing_opens_what_reads_it_and_a_tick_that_is_lifted_what_it_took() {
    let desk = desk().await;
    person(&desk, json!({"id": "al", "roles": ["assigner"]})).await;
    person(&desk, json!({"id": "zoe", "roles": []})).await;
    let refused = desk.run(&as_user("al"), &roles("zoe", &["empty"])).await;
    assert_eq!(beyond("empty", refused), "page:books");
    person(&desk, json!({"id": "bo", "roles": ["assigner", "empty"]})).await;
    desk.run(&as_user("bo"), &roles("zoe", &["empty"])).await.unwrap();
    let refused = desk.run(&as_user("al"), &roles("zoe", &[])).await;
    assert_eq!(beyond("empty taken", refused), "page:books");
    // A right that is unticked for somebody is theirs again once the tick is back.
    let ticked =
        json!({"id": "ticked", "grants": [grant("deal.read", "all")], "adjustable": ["deals"]});
    desk.must(&put(DocumentKind::Role, "ticked", ticked)).await;
    let unticked = json!({"id": "tim", "roles": ["ticked"], "rights": {"remove": ["deal.read"]}});
    person(&desk, unticked).await;
    let back = update(json!({"id": "tim", "roles": ["ticked"]}));
    assert_eq!(beyond("tick", desk.run(&as_user("al"), &back).await), "deal.read");
    person(&desk, json!({"id": "rea", "roles": ["assigner", "reader"]})).await;
    desk.run(&as_user("rea"), &back).await.unwrap();
}

#[tokio::test]
async fn a_key_opens_no_more_than_whoever_makes_it_could_open() {
    let desk = desk().await;
    desk.must(&role("keys", json!([grant("permesso.keys.edit", "all")]))).await;
    person(&desk, json!({"id": "kay", "roles": ["keys"]})).await;
    person(&desk, json!({"id": "kim", "roles": ["keys", "empty"]})).await;
    let create = || CreateKey {
        request: KeyRequest {
            label: "a key".into(),
            tenants: Tenants::Only(["acme".to_owned()].into()),
            verbs: [Verb::Decide].into(),
            roles: ["empty".to_owned()].into(),
            expires_at: None,
        },
        by: "test".into(),
    };
    assert_eq!(beyond("key", desk.run(&as_user("kay"), &create()).await), "page:books");
    desk.run(&as_user("kim"), &create()).await.unwrap();
    // What a role is rid of, the keys that act with it are too.
    person(&desk, json!({"id": "rob", "roles": ["role_editor"]})).await;
    desk.must(&role("closer", json!([grant("deal.lock", "all")]))).await;
    let closer = CreateKey {
        request: KeyRequest { roles: ["closer".to_owned()].into(), ..create().request },
        by: "test".into(),
    };
    desk.must(&closer).await;
    let child = json!({"id": "closer", "grants": [], "parents": []});
    desk.run(&as_user("rob"), &put(DocumentKind::Role, "closer", child)).await.unwrap();
}

#[tokio::test]
async fn a_restriction_is_lifted_by_somebody_whom_it_does_not_bind() {
    let desk = desk().await;
    person(&desk, json!({"id": "rob", "roles": ["role_editor", "closer"]})).await;
    let free = role("closer", json!([grant("deal.close", "all")]));
    assert_eq!(beyond("own role", desk.run(&as_user("rob"), &free).await), "deal.close");
    // Whoever closes deals lifts it, and whoever is level with it.
    person(
        &desk,
        json!({"id": "ria", "roles": ["role_editor", "closer"], "attributes": {"level": 3}}),
    )
    .await;
    desk.run(&as_user("ria"), &free).await.unwrap();
    // What is no longer granted is missed by whoever held it.
    let fewer = role("reader", json!([]));
    person(&desk, json!({"id": "rea", "roles": ["reader"]})).await;
    assert_eq!(beyond("fewer", desk.run(&as_user("ria"), &fewer).await), "deal.read");
}

#[tokio::test]
async fn a_program_admits_to_what_is_open_to_who_edits_it() {
    let desk = desk().await;
    person(&desk, json!({"id": "pat", "roles": ["program_editor"]})).await;
    person(&desk, json!({"id": "vip", "roles": ["program_editor"], "tags": ["vip"]})).await;
    let program = |tags: &[&str]| -> Put {
        let gives = json!([{"kind": "page", "id": "plans", "access": "view"}]);
        put(
            DocumentKind::Program,
            "vips",
            json!({"id": "vips", "match": {"tags": tags, "roles": ["program_editor"]}, "gives": gives}),
        )
    };
    assert_eq!(
        beyond("program", desk.run(&as_user("pat"), &program(&["vip"])).await),
        "page:plans"
    );
    let gone = Remove { kind: DocumentKind::Program, id: "vips".into() };
    assert_eq!(beyond("gone", desk.run(&as_user("pat"), &gone).await), "page:plans");
    desk.run(&as_user("vip"), &program(&["vip"])).await.unwrap();
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_a_dry_run_is_refused_alike() {
    let desk = desk().await;
    let own = json!({"id": "ed", "roles": ["editor"]});
    person(&desk, own).await;
    let head = desk.node.store().head(&super::support::acme()).await.unwrap().revision;
    let change = update(json!({"id": "ed", "roles": ["editor"], "tags": ["vip"]}));
    let change: &dyn Operation = &change;
    for dry_run in [true, false] {
        let options = permesso_node::Options { dry_run, ..permesso_node::Options::default() };
        let refused =
            desk.node.perform(&super::support::acme(), &as_user("ed"), change, &options).await;
        beyond("tag", refused);
    }
    assert_eq!(desk.node.store().head(&super::support::acme()).await.unwrap().revision, head);
}

#[tokio::test]
async fn who_takes_part_again_has_no_more_than_who_lets_them() {
    let desk = desk().await;
    let grants = json!([grant("permesso.users.deactivate", "all")]);
    desk.must(&role("switcher", grants)).await;
    person(&desk, json!({"id": "sue", "roles": ["switcher"]})).await;
    person(&desk, json!({"id": "zoe", "tags": ["vip"]})).await;
    let off = desk.run(&as_user("sue"), &status("zoe", Status::Inactive)).await;
    assert_eq!(beyond("off", off), "page:plans");
    desk.must(&status("zoe", Status::Inactive)).await;
    let on = desk.run(&as_user("sue"), &status("zoe", Status::Active)).await;
    assert_eq!(beyond("on", on), "page:plans");
    // To be asked again is to lose everything until then.
    desk.must(&status("zoe", Status::Active)).await;
    let pending = put(
        DocumentKind::User,
        "zoe",
        json!({"id": "zoe", "tags": ["vip"], "invitation": "pending"}),
    );
    assert_eq!(beyond("pending", desk.run(&as_user("sue"), &pending).await), "page:plans");
    let token = super::changes::invited(&desk, json!({"id": "yan"})).await;
    desk.must(&Accept { user: "yan".into(), token }).await;
    desk.run(&as_user("sue"), &status("yan", Status::Inactive)).await.unwrap();
}
