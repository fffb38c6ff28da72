//! Whoever may do nothing of a kind hears one thing, whatever is there.

use super::changes::{joined, put, role, roles};
use super::naming::rename;
use super::support::{Desk, acme, as_user, user};
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_engine::model::{Scope, Status};
use permesso_node::operation::{
    CreateKey, Delegate, DeleteRole, DuplicateRole, Invite, MoveTeam, Operation, PutUser, Remove,
    Resend, Rollback, SelectCategory, SetStatus, Undo,
};
use permesso_node::{Caller, ChangeError, DocumentKind, Options, Precondition};
use serde_json::{Value, json};
use std::sync::Arc;

type Row = (&'static str, Vec<Box<dyn Operation>>);

fn written(kind: DocumentKind, id: &str, says: Value) -> Box<dyn Operation> {
    Box::new(put(kind, id, says))
}

/// Of each kind some that would change nothing, some that would, some of what there is not, and
/// some that are wrong.
fn rows() -> Vec<Row> {
    let delegation = |to: &str| {
        let says = json!({"from": "ann", "to": to, "permissions": ["tickets.lend"]});
        Box::new(Delegate { id: "d".into(), delegation: serde_json::from_value(says).unwrap() })
    };
    let invite = |id: &str, role: &str| {
        let user = user(json!({"id": id, "roles": [role]}));
        Box::new(Invite { user, same_as: None, days: 7 })
    };
    let named = |id: &str, status| {
        Box::new(PutUser { user: user(json!({"id": id})), status, invitation: None })
    };
    vec![
        (
            "roles of a user",
            vec![
                Box::new(roles("bob", &["reader"])),
                Box::new(roles("bob", &["owner"])),
                Box::new(roles("bob", &["raeder"])),
                Box::new(roles("nobody", &["reader"])),
            ],
        ),
        (
            "a user",
            vec![named("bob", None), named("bob", Some(Status::Inactive)), named("nobody", None)],
        ),
        (
            "a status",
            vec![
                Box::new(SetStatus { user: "bob".into(), status: Status::Active }),
                Box::new(SetStatus { user: "bob".into(), status: Status::Inactive }),
                Box::new(SetStatus { user: "nobody".into(), status: Status::Inactive }),
            ],
        ),
        (
            "an invitation",
            vec![
                invite("bob", "reader"),
                invite("new", "reader"),
                invite("new", "raeder"),
                Box::new(Resend { user: "bob".into(), days: 7 }),
                Box::new(Resend { user: "nobody".into(), days: 7 }),
            ],
        ),
        (
            "a role",
            vec![
                Box::new(role("lead", json!([]))),
                Box::new(role("lead", json!([{"permission": "tickets.read", "scope": "all"}]))),
                Box::new(role("new", json!([{"permission": "tickets.raed", "scope": "all"}]))),
                written(DocumentKind::Role, "new", json!({"id": "new", "parents": ["raeder"]})),
                Box::new(SelectCategory {
                    role: "nothing".into(),
                    category: "tickte".into(),
                    scope: Scope::ALL,
                }),
            ],
        ),
        (
            "a copy",
            vec![
                Box::new(DuplicateRole {
                    from: "lead".into(),
                    id: "two".into(),
                    label: String::new(),
                }),
                Box::new(DuplicateRole {
                    from: "nothing".into(),
                    id: "lead".into(),
                    label: String::new(),
                }),
            ],
        ),
        (
            "a role that goes",
            vec![
                Box::new(DeleteRole { id: "lead".into(), move_to: None }),
                Box::new(DeleteRole { id: "nothing".into(), move_to: Some("laed".into()) }),
                Box::new(DeleteRole { id: "reader".into(), move_to: None }),
            ],
        ),
        (
            "a policy",
            vec![
                written(DocumentKind::Policy, "p", json!({"id": "p"})),
                written(
                    DocumentKind::Policy,
                    "q",
                    json!({"id": "q", "grants": [
                    {"permission": "tickets.raed", "scope": "all"}]}),
                ),
                Box::new(Remove { kind: DocumentKind::Policy, id: "p".into() }),
                Box::new(Remove { kind: DocumentKind::Policy, id: "nothing".into() }),
            ],
        ),
        (
            "a team",
            vec![
                written(DocumentKind::Team, "US", json!({})),
                written(DocumentKind::Team, "US", json!({"roles": ["raeder"]})),
                Box::new(MoveTeam { from: "US".into(), to: "EU".into() }),
                Box::new(MoveTeam { from: "XX".into(), to: "US".into() }),
            ],
        ),
        ("a delegation", vec![delegation("bob"), delegation("nobody")]),
        (
            "the past",
            vec![
                Box::new(Undo { revision: 2 }),
                Box::new(Undo { revision: 2_000 }),
                Box::new(Rollback { to: 1 }),
                Box::new(Rollback { to: 2_000 }),
            ],
        ),
    ]
}

#[tokio::test]
async fn whoever_may_nothing_of_a_kind_gets_one_answer_whatever_is_there() {
    let desk = Desk::open().await;
    joined(&desk, "bob", &["reader"]).await;
    desk.must(&role("lead", json!([]))).await;
    desk.must(&put(DocumentKind::Policy, "p", json!({"id": "p"}))).await;
    desk.must(&put(DocumentKind::Team, "US", json!({}))).await;
    let request = KeyRequest {
        label: "without".to_owned(),
        tenants: Tenants::Only(["acme".to_owned()].into()),
        verbs: [Verb::Read, Verb::Write].into(),
        roles: ["reader".to_owned()].into(),
        expires_at: None,
    };
    let made = desk.must(&CreateKey { request, by: "test".to_owned() }).await;
    let key = Caller::Key(Arc::new(made.edited[0].after.as_ref().unwrap().read().unwrap()));
    for caller in [as_user("bob"), key] {
        for (what, operations) in rows() {
            let mut first: Option<String> = None;
            for operation in &operations {
                for revision in [None, Some(None), Some(Some(1)), Some(Some(7_000))] {
                    let preconditions = revision.map(|revision| Precondition {
                        kind: DocumentKind::User,
                        id: "bob".to_owned(),
                        revision,
                    });
                    let options = Options {
                        preconditions: preconditions.into_iter().collect(),
                        dry_run: revision.is_none(),
                        ..Options::default()
                    };
                    let done = desk.node.perform(&acme(), &caller, &**operation, &options).await;
                    let Err(ChangeError::Denied { permission, reason, message }) = done else {
                        panic!("{what}: {done:?}")
                    };
                    assert_eq!(reason, "not-granted", "{what}");
                    let told = format!("{permission} {message}");
                    assert_eq!(*first.get_or_insert_with(|| told.clone()), told, "{what}");
                }
            }
        }
        let names = [("lead", "chief"), ("nothing", "chief"), ("lead", "reader")];
        let mut told = Vec::new();
        for (from, to) in names {
            told.push(desk.run(&caller, &rename(from, to)).await.unwrap_err().to_string());
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn whoever_may_some_of_a_kind_is_told_what_is_wrong_of_that() {
    let desk = Desk::open().await;
    desk.must(&role("clerk", json!([{"permission": "permesso.users.assign", "scope": "all"}])))
        .await;
    joined(&desk, "cal", &["clerk"]).await;
    let cal = as_user("cal");
    let missing = desk.run(&cal, &roles("nobody", &["clerk"])).await;
    assert!(matches!(missing, Err(ChangeError::Missing { .. })), "{missing:?}");
    // Whether a document was written since is told to nobody who may not write it.
    let stale = Options {
        preconditions: vec![Precondition {
            kind: DocumentKind::User,
            id: "ann".to_owned(),
            revision: Some(7_000),
        }],
        ..Options::default()
    };
    let refused = desk.node.perform(&acme(), &cal, &roles("ann", &[]), &stale).await;
    assert!(matches!(refused, Err(ChangeError::Denied { .. })), "{refused:?}");
}
