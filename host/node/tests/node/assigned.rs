//! Roles within limits: who may give them, what is in use by them, and what becomes of them.

use super::changes::{joined, put, reason, role};
use super::support::{Desk, as_user};
use permesso_node::operation::{DeleteRole, Remove, SetRoles};
use permesso_node::{ChangeError, DocumentKind};
use serde_json::{Value, json};

fn assign(user: &str, roles: Value) -> SetRoles {
    SetRoles { user: user.to_owned(), roles: serde_json::from_value(roles).unwrap() }
}

async fn desk() -> Desk {
    let desk = Desk::open().await;
    for team in ["east", "west"] {
        desk.must(&put(DocumentKind::Team, team, json!({}))).await;
    }
    joined(&desk, "bob", &[]).await;
    desk
}

#[tokio::test]
async fn a_role_is_given_for_some_teams_by_whoever_holds_it_for_them() {
    let desk = desk().await;
    let lead = json!([
        {"permission": "tickets.read", "scope": "all", "teams": ["east"]},
        {"category": "permesso.administration", "scope": "all",
         "except": ["permesso.tenant.plan", "permesso.unbounded"]},
    ]);
    desk.must(&role("lead", lead)).await;
    joined(&desk, "lea", &["lead"]).await;
    let lea = as_user("lea");
    let here =
        json!([{"role": "reader", "teams": ["east"], "valid_until": "2030-03-17T17:46:40Z"}]);
    desk.run(&lea, &assign("bob", here.clone())).await.unwrap();
    for beyond in [
        json!(["reader"]),
        json!([{"role": "reader", "teams": ["east", "west"]}]),
        json!([{"role": "reader", "valid_until": "2030-03-17T17:46:40Z"}]),
    ] {
        let (_, reason) = reason(desk.run(&lea, &assign("bob", beyond)).await);
        assert_eq!(reason, "guard");
    }
    // Nor is taken away what is held beyond one's own.
    desk.must(&assign("bob", json!([{"role": "reader", "teams": ["west"]}]))).await;
    let (_, reason) = reason(desk.run(&lea, &assign("bob", here)).await);
    assert_eq!(reason, "guard");
}

#[tokio::test]
async fn a_team_that_a_role_is_held_for_and_a_role_held_within_limits_are_in_use() {
    let desk = desk().await;
    desk.must(&assign("bob", json!([{"role": "reader", "teams": ["west"]}]))).await;
    for (kind, id) in [(DocumentKind::Team, "west"), (DocumentKind::Role, "spare")] {
        if kind == DocumentKind::Role {
            desk.must(&role("spare", json!([]))).await;
            desk.must(&assign(
                "bob",
                json!([{"role": "spare", "valid_until": "1970-01-01T00:00:00.005Z"}]),
            ))
            .await;
        }
        let gone = desk.run(&as_user("ann"), &Remove { kind, id: id.into() }).await;
        let Err(ChangeError::Guarded { guard, .. }) = gone else { panic!("{gone:?}") };
        assert_eq!(guard, "in-use");
    }
    desk.must(&Remove { kind: DocumentKind::Team, id: "west".into() }).await;
}

#[tokio::test]
async fn who_is_moved_to_another_role_holds_it_within_the_same_limits() {
    let desk = desk().await;
    desk.must(&role("spare", json!([]))).await;
    let held = json!(["spare", {"role": "spare", "teams": ["west"]}, "reader"]);
    desk.must(&assign("bob", held)).await;
    desk.must(&DeleteRole { id: "spare".into(), move_to: Some("reader".into()) }).await;
    let look = desk.node.look(&super::support::acme()).await.unwrap();
    let bob = look.view(&desk.node).user("bob").await.unwrap();
    let held = serde_json::to_value(&bob.roles).unwrap();
    assert_eq!(held, json!(["reader", {"role": "reader", "teams": ["west"]}]));
}

#[tokio::test]
async fn an_owner_for_a_time_is_not_counted_on_to_stay() {
    let desk = desk().await;
    let until = json!({"role": "owner", "valid_until": "2030-03-17T17:46:40Z"});
    desk.must(&assign("bob", json!([until]))).await;
    let left = desk.run(&as_user("ann"), &assign("ann", json!([until]))).await;
    let Err(ChangeError::Guarded { guard, .. }) = left else { panic!("{left:?}") };
    assert_eq!(guard, "last-holder");
}

#[tokio::test]
async fn an_assignment_to_a_team_that_is_not_there_is_refused() {
    let desk = desk().await;
    let nowhere = assign("bob", json!([{"role": "reader", "teams": ["wset"]}]));
    let refused = desk.run(&as_user("ann"), &nowhere).await.unwrap_err().to_string();
    assert!(refused.contains("unknown team `wset`") && refused.contains("`west`"), "{refused}");
}
