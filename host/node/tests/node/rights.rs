//! What people have besides roles, and who can hand it out or give it back.

use super::changes::{invited, joined, put, reason, role, status};
use super::support::{Desk, acme, as_user, user};
use permesso_engine::model::{Scope, Status, User};
use permesso_node::operation::{Accept, Invite, Remove, Resend, SelectCategory, Undo, UpdateUser};
use permesso_node::{ChangeError, DocumentKind, Done};
use permesso_store::LogQuery;
use serde_json::{Value, json};

/// Whoever looks after people, and holds nothing of the product but to read.
async fn desk_with_a_lead() -> Desk {
    let desk = Desk::open().await;
    let lead = json!([
        {"permission": "tickets.read", "scope": "all"},
        {"category": "permesso.administration", "scope": "all",
         "except": ["permesso.tenant.plan", "permesso.unbounded"]},
    ]);
    desk.must(&role("lead", lead)).await;
    joined(&desk, "lea", &["lead"]).await;
    let ann = user(json!({"id": "ann", "roles": ["owner"], "owner": true}));
    desk.must(&UpdateUser { user: ann }).await;
    desk
}

fn within(what: &str, result: Result<Done, ChangeError>) {
    let (permission, reason) = reason(result);
    assert_eq!(reason, "guard", "{what}: {permission}");
}

/// What somebody can have that `lea` does not, each way to have it.
fn beyond() -> Vec<Value> {
    let write = json!({"permission": "tickets.write", "scope": "all"});
    vec![
        json!({"id": "zoe", "roles": ["owner"]}),
        json!({"id": "zoe", "roles": ["reader"], "owner": true}),
        json!({"id": "zoe", "roles": ["reader"], "grants": [write]}),
        json!({"id": "zoe", "roles": ["reader"], "policies": ["writing"]}),
    ]
}

async fn writing(desk: &Desk) {
    let grants = json!([{"permission": "tickets.write", "scope": "all"}]);
    desk.must(&put(DocumentKind::Policy, "writing", json!({"id": "writing", "grants": grants})))
        .await;
}

/// Somebody who takes part, or no longer.
async fn with(desk: &Desk, who: &Value, now: Status) {
    let token = invited(desk, who.clone()).await;
    desk.must(&Accept { user: "zoe".into(), token }).await;
    if now != Status::Active {
        desk.must(&status("zoe", now)).await;
    }
}

#[tokio::test]
async fn whoever_was_deleted_comes_back_with_no_more_than_is_held_by_who_brings_them_back() {
    for who in beyond() {
        let desk = desk_with_a_lead().await;
        writing(&desk).await;
        with(&desk, &who, Status::Deleted).await;
        let lea = as_user("lea");
        let again = Invite { user: user(who.clone()), same_as: None, days: 7 };
        within("invited again", desk.run(&lea, &again).await);
        // By writing the document as it was before.
        let mut back: User = user(who.clone());
        back.status = Status::Active;
        let whole = put(DocumentKind::User, "zoe", serde_json::to_value(&back).unwrap());
        within("put", desk.run(&lea, &whole).await);
        // By taking back the deletion.
        let last = LogQuery { newest_first: true, limit: 1, ..LogQuery::default() };
        let log = desk.node.store().log(&acme(), &last).await.unwrap();
        let undo = Undo { revision: log[0].revision };
        within("undone", desk.run(&lea, &undo).await);
        assert!(!desk.may("zoe", "tickets.read").await, "{who}");
        // As somebody who may no more than she does, they may come.
        let small = Invite {
            user: user(json!({"id": "zoe", "roles": ["reader"]})),
            same_as: None,
            days: 7,
        };
        desk.run(&lea, &small).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_switches_off_on_or_deletes_whoever_has_more_than_they_hold() {
    for who in beyond() {
        let desk = desk_with_a_lead().await;
        writing(&desk).await;
        let lea = as_user("lea");
        with(&desk, &who, Status::Active).await;
        within("switched off", desk.run(&lea, &status("zoe", Status::Inactive)).await);
        within("deleted", desk.run(&lea, &status("zoe", Status::Deleted)).await);
        desk.must(&status("zoe", Status::Inactive)).await;
        within("switched on", desk.run(&lea, &status("zoe", Status::Active)).await);
        within("deleted", desk.run(&lea, &status("zoe", Status::Deleted)).await);
    }
    let desk = desk_with_a_lead().await;
    with(&desk, &json!({"id": "zoe", "roles": ["reader"]}), Status::Active).await;
    let lea = as_user("lea");
    for now in [Status::Inactive, Status::Active, Status::Deleted] {
        desk.run(&lea, &status("zoe", now)).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_is_sent_a_link_to_more_than_the_sender_holds() {
    for who in beyond() {
        let desk = desk_with_a_lead().await;
        writing(&desk).await;
        invited(&desk, who.clone()).await;
        let again = Resend { user: "zoe".into(), days: 7 };
        within("sent again", desk.run(&as_user("lea"), &again).await);
        desk.run(&as_user("ann"), &again).await.unwrap();
    }
    let desk = desk_with_a_lead().await;
    invited(&desk, json!({"id": "zoe", "roles": ["reader"]})).await;
    desk.run(&as_user("lea"), &Resend { user: "zoe".into(), days: 7 }).await.unwrap();
}

#[tokio::test]
async fn nobody_takes_from_a_deleted_user_what_would_be_held_against_a_return() {
    let desk = desk_with_a_lead().await;
    with(&desk, &json!({"id": "zoe", "roles": ["owner"]}), Status::Deleted).await;
    // Neither is the document edited without the right to delete.
    desk.must(&role("clerk", json!([{"permission": "permesso.users.edit", "scope": "all"}]))).await;
    joined(&desk, "cal", &["clerk"]).await;
    let gone = user(json!({"id": "zoe", "roles": ["reader"], "status": "deleted"}));
    let edit = put(DocumentKind::User, "zoe", serde_json::to_value(&gone).unwrap());
    let (permission, reason) = reason(desk.run(&as_user("cal"), &edit).await);
    assert_eq!((&*permission, &*reason), ("permesso.users.delete", "not-granted"));
    let named = UpdateUser { user: gone };
    desk.run(&as_user("lea"), &named).await.unwrap_err();
}

#[tokio::test]
async fn whoever_grants_several_at_once_hands_out_each_of_them() {
    let desk = desk_with_a_lead().await;
    let lea = as_user("lea");
    for beyond in [
        json!({"permission": "tickets.*", "scope": "all"}),
        json!({"permission": "*.write", "scope": "all"}),
        json!({"permissions": ["tickets.read", "*.write"], "scope": "all"}),
        json!({"permissions": {"kinds": ["tickets"], "actions": ["read", "write"]}, "scope": "all"}),
        json!({"permission": "tickets.*", "except": ["*.write"], "scope": "all"}),
    ] {
        let what = beyond.to_string();
        within(&what, desk.run(&lea, &role("several", json!([beyond]))).await);
        let policy = json!({"id": "several", "grants": [beyond]});
        within(&what, desk.run(&lea, &put(DocumentKind::Policy, "several", policy)).await);
        let zoe = user(json!({"id": "zoe", "roles": ["reader"], "grants": [beyond]}));
        within(&what, desk.run(&lea, &Invite { user: zoe, same_as: None, days: 7 }).await);
    }
    for (n, held) in [
        json!({"permission": "*.read", "scope": "all"}),
        json!({"permissions": ["tickets.read"], "scope": "all"}),
        json!({"permissions": {"kinds": ["tickets"], "actions": ["read"]}, "scope": "all"}),
        json!({"permission": "tickets.*", "except": ["*.write", "*.lend"], "scope": "all"}),
    ]
    .into_iter()
    .enumerate()
    {
        desk.run(&lea, &role(&format!("held{n}"), json!([held]))).await.unwrap();
    }
    // What looks like a pattern is refused, whoever writes it.
    let lookalike = role("several", json!([{"permission": "tick*", "scope": "all"}]));
    let refused = desk.run(&as_user("ann"), &lookalike).await;
    assert!(matches!(refused, Err(ChangeError::Invalid(_))), "{refused:?}");
}

#[tokio::test]
async fn a_pattern_is_granted_as_it_is_now_where_that_is_wanted() {
    let desk = desk_with_a_lead().await;
    desk.must(&role("now", json!([{"permission": "tickets.read", "scope": "all"}]))).await;
    let select = |category: &str| SelectCategory {
        role: "now".into(),
        category: category.into(),
        scope: Scope::ALL,
    };
    within("tickets.*", desk.run(&as_user("lea"), &select("tickets.*")).await);
    desk.must(&select("tickets.*")).await;
    let look = desk.node.look(&acme()).await.unwrap();
    let role = look.view(&desk.node).role("now").unwrap().clone();
    let named = role.grants.iter().map(|grant| grant.permission.as_ref().unwrap().as_str());
    assert_eq!(named.collect::<Vec<_>>(), ["tickets.read", "tickets.write", "tickets.lend"]);
    for nothing in ["ticket.*", "tick*", "ticket"] {
        let refused = desk.run(&as_user("ann"), &select(nothing)).await;
        assert!(matches!(refused, Err(ChangeError::Request { .. })), "{nothing}: {refused:?}");
    }
}

#[tokio::test]
async fn whoever_edits_teams_hands_out_and_takes_no_more_than_they_hold() {
    let desk = desk_with_a_lead().await;
    let lea = as_user("lea");
    let team = |path: &str, held: &[&str]| put(DocumentKind::Team, path, json!({"roles": held}));
    desk.must(&team("sales", &["owner"])).await;
    within("given", desk.run(&lea, &team("support", &["owner"])).await);
    within("taken", desk.run(&lea, &team("sales", &[])).await);
    let gone = Remove { kind: DocumentKind::Team, id: "sales".to_owned() };
    within("deleted", desk.run(&lea, &gone).await);
    desk.run(&lea, &team("support", &["reader"])).await.unwrap();
    desk.run(&lea, &team("support", &[])).await.unwrap();
}

#[tokio::test]
async fn the_first_teams_that_are_listed_are_those_that_users_are_in() {
    let desk = desk_with_a_lead().await;
    let write = json!({"permission": "tickets.read", "scope": "all", "teams": ["grants"]});
    for who in [
        json!({"id": "kim", "roles": ["reader"], "teams": ["sales/east"]}),
        json!({"id": "lou", "roles": [{"role": "reader", "teams": ["roles"]}]}),
        json!({"id": "max", "roles": ["reader"], "grants": [write]}),
    ] {
        invited(&desk, who).await;
    }
    let list = |path: &str| put(DocumentKind::Team, path, json!({}));
    let refused = desk.run(&as_user("ann"), &list("sales")).await.unwrap_err().to_string();
    for named in ["`kim`", "`lou`", "`max`", "`sales/east`", "`roles`", "`grants`"] {
        assert!(refused.contains(named), "{refused}");
    }
}
