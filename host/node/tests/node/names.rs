//! Names that nobody can see or tell apart, and instants as a log of the past has them.

use crate::changes::joined;
use crate::support::{Desk, acme, decide, node_at, operator, user};
use permesso_node::bundle::{Bundle, Compare, ImportOptions, import};
use permesso_node::operation::{Invite, Put, Undo, body};
use permesso_node::{ChangeError, DocumentKind, NodeConfig};
use permesso_store::{Append, Body, NewRecord, Stamp};
use serde_json::{Value, json};
use std::sync::Arc;

fn invite(document: Value) -> Invite {
    Invite { user: user(document), same_as: None, days: 7 }
}

fn put(kind: DocumentKind, id: &str, document: &Value) -> Put {
    Put { kind, id: id.to_owned(), body: body(kind, id, document).unwrap(), create: true }
}

#[tokio::test]
async fn who_looks_like_somebody_is_refused_until_it_is_said_that_they_are_two() {
    let desk = Desk::open().await;
    desk.must(&invite(json!({"id": "Ann.Lee@x.com"}))).await;
    desk.must(&invite(json!({"id": "jürgen"}))).await;
    for (id, twin) in [
        ("ann.lee@x.com", "Ann.Lee@x.com"),
        ("ANN.LEE@x.com", ""),
        ("ju\u{308}rgen", "jürgen"),
        ("JÜRGEN", ""),
        ("ａｎｎ", "ann"),
    ] {
        let refused = desk.run(&operator(), &invite(json!({"id": id}))).await.unwrap_err();
        let ChangeError::Invalid(found) = refused else { panic!("{refused}") };
        let told = found.to_string();
        assert!(told.contains(&format!("`{id}` looks like `{twin}")), "{told}");
        assert!(told.contains("distinct_from"), "{told}");
        let said = json!({"id": id, "distinct_from": ["Ann.Lee@x.com", "ann.lee@x.com", "jürgen",
            "ju\u{308}rgen", "ann"]});
        desk.must(&invite(said)).await;
    }
}

#[tokio::test]
async fn a_question_is_about_whom_it_names_and_about_nobody_who_looks_so() {
    let desk = Desk::open().await;
    joined(&desk, "Jürgen", &["reader"]).await;
    assert!(desk.may("Jürgen", "tickets.read").await);
    for other in ["jürgen", "Ju\u{308}rgen", "JÜRGEN"] {
        assert!(!desk.may(other, "tickets.read").await, "{other}");
    }
}

#[tokio::test]
async fn roles_policies_programs_and_teams_that_look_alike_are_refused() {
    let desk = Desk::open().await;
    for (kind, id, twin) in [
        (DocumentKind::Role, "night", "Night"),
        (DocumentKind::Role, "mine", "OWNER"),
        (DocumentKind::Policy, "night", "NIGHT"),
        (DocumentKind::Program, "night", "nigh\u{ff54}"),
        (DocumentKind::Team, "US/South", "us/south"),
    ] {
        let document = |id: &str| match kind {
            DocumentKind::Team => json!({}),
            DocumentKind::Program => json!({"id": id, "match": {"tags": ["vip"]}}),
            _ => json!({"id": id}),
        };
        desk.must(&put(kind, id, &document(id))).await;
        let refused = desk.run(&operator(), &put(kind, twin, &document(twin))).await.unwrap_err();
        assert!(refused.to_string().contains("looks like"), "{refused}");
    }
}

#[tokio::test]
async fn a_name_with_what_cannot_be_seen_is_refused_with_its_code_point() {
    let desk = Desk::open().await;
    for (document, told) in [
        (json!({"id": "a\u{202e}nn"}), "U+202E"),
        (json!({"id": "an\u{200b}n"}), "U+200B"),
        (json!({"id": "an\u{ad}n"}), "U+00AD"),
        (json!({"id": "kim", "tags": ["v\u{2066}ip"]}), "U+2066"),
    ] {
        let refused = desk.run(&operator(), &invite(document)).await.unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
    }
    let role = put(DocumentKind::Role, "r\u{feff}", &json!({"id": "r\u{feff}"}));
    let refused = desk.run(&operator(), &role).await.unwrap_err().to_string();
    assert!(refused.contains("U+FEFF"), "{refused}");
}

#[tokio::test]
async fn an_import_is_told_of_twins_in_its_file_and_in_the_tenant() {
    let desk = Desk::open().await;
    desk.must(&invite(json!({"id": "Kim"}))).await;
    let imported = async |people: &str| {
        let text = format!(
            "tenant: acme\nproduct: desk\nusers:\n  - {{id: ann, roles: [owner]}}\n{people}"
        );
        let bundle = Arc::new(Bundle::parse("acme.yaml", text).unwrap());
        let how = Compare { prune: false, ..Compare::default() };
        let options = ImportOptions { how, ..ImportOptions::default() };
        import(&desk.node, &acme(), &operator(), &bundle, &options, &mut |_, _| {}).await
    };
    let told = |refused: Result<_, ChangeError>| refused.map(|_| ()).unwrap_err().to_string();
    let refused = told(imported("  - {id: kim}\n").await);
    assert!(refused.contains("`kim` looks like `Kim`"), "{refused}");
    let refused = told(imported("  - {id: eve}\n  - {id: Eve}\n").await);
    assert!(
        refused.contains("acme.yaml:6:") && refused.contains("`Eve` looks like `eve`"),
        "{refused}"
    );
    let refused = told(imported("  - {id: Eve}\n  - {id: eve}\n").await);
    assert!(refused.contains("`eve` looks like `Eve`"), "{refused}");
    imported("  - {id: kim, distinct_from: [Kim]}\n").await.unwrap();
    // Whichever of the two says so, here and in the tenant.
    imported("  - {id: Eve, distinct_from: [eve]}\n  - {id: eve}\n").await.unwrap();
    desk.must(&invite(json!({"id": "ivo", "distinct_from": ["Ivo", "IVO"]}))).await;
    imported("  - {id: Ivo}\n").await.unwrap();
    desk.run(&operator(), &invite(json!({"id": "iVo"}))).await.unwrap_err();
}

#[tokio::test]
async fn who_was_there_before_comes_back_by_undo() {
    let desk = Desk::open().await;
    desk.must(&put(DocumentKind::Role, "Night", &json!({"id": "Night"}))).await;
    let remove = permesso_node::operation::DeleteRole { id: "Night".into(), move_to: None };
    let removed = desk.must(&remove).await.revision;
    desk.must(&put(DocumentKind::Role, "night", &json!({"id": "night"}))).await;
    desk.must(&Undo { revision: removed }).await;
}

#[tokio::test]
async fn instants_that_a_log_has_as_numbers_mean_what_they_meant() {
    let desk = Desk::open().await;
    let head = desk.node.store().head(&acme()).await.unwrap();
    // The desk asks at 1,800,000,000,000.
    let role = |id: &str, window: (i64, i64)| {
        let grant = json!({"permission": "tickets.read", "scope": "all",
            "valid_from": window.0, "valid_until": window.1});
        let role = Body::of(&json!({"id": id, "grants": [grant]})).unwrap();
        let user = format!("u-{id}");
        let holder = Body::of(&json!({"id": user, "roles": [id]})).unwrap();
        [("role".to_owned(), id.to_owned(), Some(role)), ("user".to_owned(), user, Some(holder))]
    };
    let mut edits = role("open", (1_799_999_999_999, 1_800_000_000_001)).to_vec();
    edits.extend(role("over", (0, 1_800_000_000_000)));
    edits.extend(role("early", (1_800_000_000_001, 9_000_000_000_000_000)));
    let record = NewRecord { operation: "code.import".to_owned(), edits };
    let stamp = Stamp { actor: "test".to_owned(), request: String::new(), at: head.at };
    let mut changes = [record].into_iter();
    let batch = Append { realm: acme(), expected: head.revision, stamp, changes: &mut changes };
    desk.node.store().append(vec![batch], None).await.unwrap();

    let node = node_at(&desk.location(), NodeConfig::default()).await;
    for (who, may) in [("u-open", true), ("u-over", false), ("u-early", false)] {
        assert_eq!(decide(&node, "acme", who, "tickets.read").await.is_allow(), may, "{who}");
    }
    // What is written of it from then on is of today's form.
    let look = node.look(&acme()).await.unwrap();
    let open = look.view(&node).role("open").unwrap().clone();
    let again = serde_json::to_value(&open).unwrap();
    assert_eq!(again["grants"][0]["valid_from"], "2027-01-15T07:59:59.999Z");
}
