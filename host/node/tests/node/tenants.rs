//! Tenants come into memory when they are asked about and go when it is wanted, and nothing that
//! a node promises depends on which of them are there.

use super::changes::{role, roles};
use super::partitions::Gated;
use super::support::{CATALOG, Desk, acme, decide, node_at, node_with, operator, user};
use permesso_auth::KeyRecord;
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_engine::Authorizer;
use permesso_engine::decision::Reason;
use permesso_engine::family::{FamilySet, FamilySource};
use permesso_node::operation::{
    CreateKey, CreateTenant, DeleteTenant, PublishProduct, Put, Remove, RevokeKey, body,
};
use permesso_node::{
    Caller, ChangeError, DocumentKind, Node, NodeConfig, Options, Settings, Unserved, follow,
};
use permesso_store::{Append, Body, NewRecord, Realm, Stamp, open};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Whether somebody may do something, by tenant, from which revision on.
type Truth = BTreeMap<String, Vec<(u64, bool)>>;

/// Lets go of everything that nobody holds.
fn forgetful() -> NodeConfig {
    NodeConfig { memory: 1, ..NodeConfig::default() }
}

fn realm(id: &str) -> Realm {
    Realm::tenant(id).unwrap()
}

async fn key(node: &Node, of: &Realm) -> KeyRecord {
    let tenant = of.tenant_id().unwrap().to_owned();
    let request = KeyRequest {
        label: "a key".to_owned(),
        tenants: Tenants::Only([tenant].into()),
        verbs: [Verb::Read].into(),
        roles: [].into(),
        expires_at: None,
    };
    let create = CreateKey { request, by: "test".to_owned() };
    let done = node.perform(of, &operator(), &create, &Options::default()).await.unwrap();
    done.edited[0].after.as_ref().unwrap().read().unwrap()
}

#[tokio::test]
async fn a_tenant_is_loaded_when_it_is_first_asked_about() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    let node = node_at(&desk.location(), NodeConfig::default()).await;
    assert!(node.standing().is_empty());
    assert!(decide(&node, "acme", "ann", "tickets.read").await.is_allow());
    let standing: Vec<String> = node.standing().into_iter().map(|it| it.tenant).collect();
    assert_eq!(standing, ["acme"]);
    let listed = node.tenants("", 10).await.unwrap();
    let listed: Vec<&str> = listed.iter().map(|it| &*it.tenant).collect();
    assert_eq!(listed, ["acme", "other"], "all are listed, in memory or not");
}

#[tokio::test]
async fn what_is_not_held_goes_and_is_answered_for_as_before() {
    let desk = Desk::open().await;
    let names: Vec<String> = (0..40).map(|n| format!("t{n}")).collect();
    for name in &names {
        desk.tenant(name).await;
    }
    let node = node_at(&desk.location(), forgetful()).await;
    let held = node.hold("t7").await.unwrap();
    for name in names.iter().chain(&names) {
        assert!(decide(&node, name, "ann", "tickets.read").await.is_allow(), "{name}");
        assert!(!decide(&node, name, "bob", "tickets.read").await.is_allow(), "{name}");
    }
    let standing: Vec<String> = node.standing().into_iter().map(|it| it.tenant).collect();
    assert!(standing.len() <= 2 && standing.contains(&"t7".to_owned()), "{standing:?}");
    assert!(node.is_current(&held).is_ok());
}

#[tokio::test]
async fn an_edit_is_compiled_once_and_what_was_checked_is_what_is_served() {
    #[derive(Debug, Clone, Default)]
    struct Counting(Arc<AtomicUsize>);
    impl FamilySource for Counting {
        fn families(&self) -> FamilySet {
            // Asked for each time that a tenant is compiled.
            self.0.fetch_add(1, Ordering::SeqCst);
            FamilySet::default()
        }
    }
    let desk = Desk::open().await;
    let counting = Counting::default();
    let node = node_with(&desk.location(), counting.clone()).await;
    let perform = async |put: &Put| {
        node.perform(&acme(), &operator(), put, &Options::default()).await.unwrap()
    };
    let grants = json!([{"permission": "tickets.read", "scope": "all"}]);
    perform(&role("clerk", grants.clone())).await;
    let assign = roles("ann", &["owner", "clerk"]);
    node.perform(&acme(), &operator(), &assign, &Options::default()).await.unwrap();
    let before = counting.0.load(Ordering::SeqCst);
    for edit in 1..=3 {
        let grants = json!([{"permission": "tickets.write", "scope": "own"}]);
        let done = perform(&role(&format!("clerk{edit}"), grants)).await;
        let decision = decide(&node, "acme", "ann", "tickets.write").await;
        assert_eq!(decision.revision, done.revision);
        assert_eq!(counting.0.load(Ordering::SeqCst) - before, edit);
    }
    // A change of the directory compiles nothing.
    let bob =
        body(DocumentKind::User, "bob", &user(json!({"id": "bob", "roles": ["clerk"]}))).unwrap();
    perform(&Put { kind: DocumentKind::User, id: "bob".to_owned(), body: bob, create: true }).await;
    assert!(decide(&node, "acme", "bob", "tickets.read").await.is_allow());
    assert_eq!(counting.0.load(Ordering::SeqCst) - before, 3);
}

#[tokio::test]
async fn a_key_is_found_whoevers_it_is_and_refused_as_soon_as_it_is_revoked() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    let (one, other) = (key(&desk.node, &acme()).await, key(&desk.node, &realm("other")).await);
    let node = node_at(&desk.location(), forgetful()).await;
    assert!(node.has_keys().await.unwrap());
    for _ in 0..2 {
        for (key, whose) in [(&one, acme()), (&other, realm("other"))] {
            let (found, record) = node.key(key.id.as_str()).await.unwrap().unwrap();
            assert_eq!((found, &*record), (whose, key));
        }
        assert_eq!(node.standing().len(), 1, "the other one was let go");
    }
    assert_eq!(node.key("0000000000000000").await.unwrap(), None);
    for (key, whose) in [(&one, acme()), (&other, realm("other"))] {
        let held = node.hold("acme").await.unwrap();
        let revoke = RevokeKey { id: key.id.to_string() };
        desk.node.perform(&whose, &operator(), &revoke, &Options::default()).await.unwrap();
        node.catch_up_all().await.unwrap();
        let (_, record) = node.key(key.id.as_str()).await.unwrap().unwrap();
        assert!(record.revoked_at.is_some());
        drop(held);
    }
}

#[tokio::test]
async fn nobody_takes_the_place_of_anothers_key() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    let theirs = key(&desk.node, &acme()).await;
    let mut forged = theirs.clone();
    forged.tenants = Tenants::Only(["other".to_owned()].into());
    let id = theirs.id.to_string();
    let put = Put {
        kind: DocumentKind::Key,
        id: id.clone(),
        body: body(DocumentKind::Key, &id, &forged).unwrap(),
        create: true,
    };
    let refused = desk.node.perform(&realm("other"), &operator(), &put, &Options::default()).await;
    assert!(matches!(refused, Err(ChangeError::Exists { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_tenant_that_was_deleted_elsewhere_is_none_whether_it_was_in_memory_or_not() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    let node = node_at(&desk.location(), NodeConfig::default()).await;
    assert!(decide(&node, "acme", "ann", "tickets.read").await.is_allow());
    for tenant in ["acme", "other"] {
        let delete = DeleteTenant;
        desk.node.perform(&realm(tenant), &operator(), &delete, &Options::default()).await.unwrap();
    }
    node.catch_up_all().await.unwrap();
    for tenant in ["acme", "other", "never"] {
        let decision = decide(&node, tenant, "ann", "tickets.read").await;
        assert_eq!(decision.reason, Reason::UnknownTenant, "{tenant}");
        assert!(matches!(node.look(&realm(tenant)).await, Err(ChangeError::NoTenant(_))));
    }
    assert!(node.standing().is_empty());
    assert!(node.tenants("", 10).await.unwrap().is_empty());
    // And there again, although it was known not to be.
    desk.tenant("never").await;
    node.catch_up_all().await.unwrap();
    assert!(decide(&node, "never", "ann", "tickets.read").await.is_allow());
}

#[tokio::test]
async fn without_the_store_those_in_memory_are_answered_for_until_they_are_too_old() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    let cut = Arc::new(AtomicBool::new(false));
    let store = open(&desk.location()).await.unwrap();
    let store = Arc::new(Gated::new(store, Arc::clone(&cut)));
    let config = NodeConfig { staleness: Duration::from_millis(400), ..NodeConfig::default() };
    let authorizer = Arc::new(Authorizer::new(100));
    let node = Node::start(store, authorizer, Arc::new(FamilySet::new()), config).await.unwrap();
    node.fresh("acme", None).await.unwrap();
    assert!(decide(&node, "acme", "ann", "tickets.read").await.is_allow());
    cut.store(true, Ordering::SeqCst);
    assert!(node.catch_up_all().await.is_err());
    node.fresh("acme", None).await.unwrap();
    assert!(decide(&node, "acme", "ann", "tickets.read").await.is_allow());
    let away = node.fresh("other", None).await;
    assert!(matches!(away, Err(Unserved::Unloaded { .. })), "{away:?}");
    tokio::time::sleep(Duration::from_millis(450)).await;
    let old = node.fresh("acme", None).await;
    assert!(matches!(old, Err(Unserved::Stale { .. })), "{old:?}");
    assert!(node.is_current_realm(&realm("other")).is_err());
    cut.store(false, Ordering::SeqCst);
    node.catch_up_all().await.unwrap();
    for tenant in ["acme", "other"] {
        node.fresh(tenant, None).await.unwrap();
        assert!(decide(&node, tenant, "ann", "tickets.read").await.is_allow());
    }
}

#[tokio::test]
async fn a_tenant_that_cannot_be_taken_over_ages_while_others_do_not() {
    let desk = Desk::open().await;
    desk.tenant("other").await;
    let config = NodeConfig { staleness: Duration::from_millis(150), ..NodeConfig::default() };
    let node = node_at(&desk.location(), config).await;
    for tenant in ["acme", "other"] {
        node.fresh(tenant, None).await.unwrap();
    }
    // A document of a newer version of this program, which nobody here understands.
    let broken = Body::of(&json!({"id": "x", "grants": 1})).unwrap();
    let head = node.store().head(&acme()).await.unwrap();
    let mut records = vec![NewRecord {
        operation: "test".to_owned(),
        edits: vec![("role".to_owned(), "x".to_owned(), Some(broken))],
    }]
    .into_iter();
    let batch = Append {
        realm: acme(),
        expected: head.revision,
        stamp: Stamp { actor: "test".into(), request: String::new(), at: 0 },
        changes: &mut records,
    };
    node.store().append(vec![batch], None).await.unwrap();
    for _ in 0..5 {
        node.catch_up_all().await.unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    node.catch_up_all().await.unwrap();
    assert!(matches!(node.fresh("acme", None).await, Err(Unserved::Stale { .. })));
    node.fresh("other", None).await.unwrap();
    let mended = Body::of(&json!({"id": "x"})).unwrap();
    let mut records = vec![NewRecord {
        operation: "test".to_owned(),
        edits: vec![("role".to_owned(), "x".to_owned(), Some(mended))],
    }]
    .into_iter();
    let batch = Append {
        realm: acme(),
        expected: head.revision + 1,
        stamp: Stamp { actor: "test".into(), request: String::new(), at: 0 },
        changes: &mut records,
    };
    node.store().append(vec![batch], None).await.unwrap();
    // Each record is read for itself, so it is the tenant that is read again which is whole.
    let anew = node_at(&desk.location(), NodeConfig::default()).await;
    assert!(decide(&anew, "acme", "ann", "tickets.read").await.is_allow());
}

#[tokio::test]
async fn a_new_catalog_moves_its_tenants_in_memory_or_not() {
    let desk = Desk::open().await;
    let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
    for name in &names {
        desk.tenant(name).await;
    }
    let node = node_at(&desk.location(), forgetful()).await;
    let text = CATALOG.replace("version: 1.0.0", "version: 1.1.0").replace(
        "      - {id: tickets.write}\n",
        "      - {id: tickets.write}\n      - {id: tickets.merge}\n",
    );
    let publish = PublishProduct { text };
    node.perform(&Realm::platform(), &operator(), &publish, &Options::default()).await.unwrap();
    for node in [&node, &desk.node] {
        node.catch_up_all().await.unwrap();
        for name in &names {
            assert!(decide(node, name, "ann", "tickets.merge").await.is_allow(), "{name}");
        }
    }
    let listed = node.tenants("", 100).await.unwrap();
    assert!(listed.iter().all(|it| it.catalog.version == "1.1.0"));
}

#[tokio::test]
async fn the_only_tenant_is_known_until_there_is_another() {
    let desk = Desk::open().await;
    let node = node_at(&desk.location(), NodeConfig::default()).await;
    assert_eq!(node.only_tenant(), None, "nobody has looked yet");
    assert_eq!(node.find_only_tenant().await.unwrap().as_deref(), Some("acme"));
    assert_eq!(node.only_tenant(), Some(Some("acme".to_owned())));
    desk.tenant("other").await;
    node.catch_up_all().await.unwrap();
    assert_eq!(node.only_tenant(), None);
    assert_eq!(node.find_only_tenant().await.unwrap(), None);
    assert_eq!(node.only_tenant(), Some(None));
}

/// How many tenants are edited and asked about.
const TENANTS: usize = 6;
/// How often each is edited.
const EDITS: usize = 40;

/// Two nodes that let go of whatever nobody holds, on one store: each tenant is edited on either,
/// its users and its roles in turn, while everybody asks about all of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_tenants_come_and_go_every_decision_is_of_the_revision_that_it_names() {
    let desk = Desk::open().await;
    let mut nodes = Vec::new();
    for _ in 0..2 {
        let config = NodeConfig { poll: Duration::from_millis(3), ..forgetful() };
        let node = node_at(&desk.location(), config).await;
        tokio::spawn(follow(Arc::downgrade(&node)));
        nodes.push(node);
    }
    let bob = user(json!({"id": "bob", "roles": ["clerk"]}));
    let none = json!([]);
    let write = json!([{"permission": "tickets.write", "scope": "all"}]);
    // Whether bob may write, by tenant, from which revision on.
    let truth: Arc<Mutex<Truth>> = Arc::default();
    let seen: Arc<Mutex<Vec<(String, u64, bool)>>> = Arc::default();
    let over = Arc::new(AtomicBool::new(false));
    for n in 0..TENANTS {
        let tenant = format!("t{n}");
        let settings = Settings { product: "desk".to_owned(), ..Settings::default() };
        let owner = Some(user(json!({"id": "ann", "roles": ["owner"]})));
        let create = CreateTenant { settings, owner };
        let (realm, plain) = (realm(&tenant), Options::default());
        nodes[0].perform(&realm, &operator(), &create, &plain).await.unwrap();
        nodes[0].perform(&realm, &operator(), &role("clerk", none.clone()), &plain).await.unwrap();
        let put = Put {
            kind: DocumentKind::User,
            id: "bob".into(),
            body: body(DocumentKind::User, "bob", &bob).unwrap(),
            create: true,
        };
        let done = nodes[1].perform(&realm, &operator(), &put, &plain).await.unwrap();
        truth.lock().unwrap().insert(tenant, vec![(done.revision, false)]);
    }
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..TENANTS {
        let (nodes, truth, write) = (nodes.clone(), Arc::clone(&truth), write.clone());
        writers.spawn(async move {
            let tenant = format!("t{n}");
            let realm = realm(&tenant);
            for edit in 0..EDITS {
                let node = &nodes[(edit + n) % 2];
                // By the role, and by who holds it.
                let (policy, may) = (edit % 4 < 2, edit % 2 == 0);
                let grants = if may { write.clone() } else { json!([]) };
                let by_role = role("clerk", grants);
                let by_user = roles("bob", if may { &["owner"] } else { &["clerk"] });
                let plain = Options::default();
                let done = match policy {
                    true => node.perform(&realm, &operator(), &by_role, &plain).await,
                    false => node.perform(&realm, &operator(), &by_user, &plain).await,
                };
                let done = done.unwrap();
                if !done.edited.is_empty() {
                    let mut truth = truth.lock().unwrap();
                    truth.get_mut(&tenant).unwrap().push((done.revision, may));
                }
                tokio::task::yield_now().await;
            }
        });
    }
    let mut readers = tokio::task::JoinSet::new();
    for n in 0..4_usize {
        let (nodes, truth) = (nodes.clone(), Arc::clone(&truth));
        let (seen, over) = (Arc::clone(&seen), Arc::clone(&over));
        readers.spawn(async move {
            let mut turn = n;
            while !over.load(Ordering::SeqCst) {
                // Whatever is in memory is answered without waiting for anybody.
                tokio::time::sleep(Duration::from_micros(200)).await;
                turn += 1;
                let tenant = format!("t{}", turn * 7 % TENANTS);
                let node = &nodes[turn % 2];
                let wanted = (turn % 3 == 0).then(|| {
                    truth.lock().unwrap()[&tenant].last().map_or(0, |(revision, _)| *revision)
                });
                if node.fresh(&tenant, wanted).await.is_err() {
                    continue;
                }
                let decision = decide(node, &tenant, "bob", "tickets.write").await;
                assert_ne!(decision.reason, Reason::UnknownTenant, "{tenant} is there");
                assert!(wanted.is_none_or(|wanted| decision.revision >= wanted));
                seen.lock().unwrap().push((tenant, decision.revision, decision.is_allow()));
            }
        });
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap();
    }
    over.store(true, Ordering::SeqCst);
    while let Some(read) = readers.join_next().await {
        read.unwrap();
    }
    let truth = std::mem::take(&mut *truth.lock().unwrap());
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    for (tenant, revision, allowed) in &seen {
        let known = truth[tenant].iter().rev().find(|(from, _)| from <= revision);
        let known = known.map(|(_, may)| may);
        assert_eq!(known, Some(allowed), "{tenant} at revision {revision}");
    }
    let revisions: BTreeSet<_> =
        seen.iter().map(|(tenant, revision, _)| (tenant, revision)).collect();
    assert!(
        seen.len() > 200 && revisions.len() > 2 * TENANTS,
        "{} {}",
        seen.len(),
        revisions.len()
    );
    for node in &nodes {
        for n in 0..TENANTS {
            let tenant = format!("t{n}");
            let last = truth[&tenant].last().unwrap();
            node.fresh(&tenant, Some(last.0)).await.unwrap();
            let decision = decide(node, &tenant, "bob", "tickets.write").await;
            assert_eq!(decision.is_allow(), last.1);
        }
    }
    let _: Caller = operator();
}

#[tokio::test]
async fn a_tenant_that_is_deleted_is_decided_on_no_more() {
    let desk = Desk::open().await;
    desk.must(&Put {
        kind: DocumentKind::Team,
        id: "US".into(),
        body: body(DocumentKind::Team, "US", &json!({})).unwrap(),
        create: true,
    })
    .await;
    desk.must(&Remove { kind: DocumentKind::Team, id: "US".into() }).await;
    desk.must(&DeleteTenant).await;
    assert!(!desk.may("ann", "tickets.read").await);
    assert!(desk.node.standing().is_empty());
    desk.tenant("acme").await;
    assert!(desk.may("ann", "tickets.read").await);
}
