//! Three nodes that lose the store and find it again at random: no decision is older than the
//! revision that it names.

use super::support::{Desk, acme, decide, user};
use async_trait::async_trait;
use permesso_engine::Authorizer;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::FamilySet;
use permesso_engine::model::Attributes;
use permesso_node::operation::{Put, SetRoles};
use permesso_node::{Caller, DocumentKind, Node, NodeConfig, Options, follow};
use permesso_store::feed::Facet;
use permesso_store::{
    Append, Appended, Body, Changes, Contents, DirectoryExcerpt, Head, Listed, LogQuery, Mark,
    Moved, Object, Realm, Record, Remembered, Store, StoreError, Which, open,
};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A store behind a gate.
#[derive(Debug)]
pub(super) struct Gated {
    store: Arc<dyn Store>,
    cut: Arc<AtomicBool>,
}

impl Gated {
    pub(super) fn new(store: Arc<dyn Store>, cut: Arc<AtomicBool>) -> Self {
        Self { store, cut }
    }

    fn pass(&self) -> Result<&dyn Store, StoreError> {
        match self.cut.load(Ordering::SeqCst) {
            true => Err(StoreError::Location("cut off".to_owned())),
            false => Ok(&*self.store),
        }
    }
}

#[async_trait]
impl Store for Gated {
    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.pass()?.heads().await
    }
    async fn moved(&self, since: Option<Mark>) -> Result<Moved, StoreError> {
        self.pass()?.moved(since).await
    }
    async fn tenants(&self, after: &str, limit: u32) -> Result<Vec<Listed>, StoreError> {
        self.pass()?.tenants(after, limit).await
    }
    async fn realms_of_key(&self, id: &str) -> Result<Vec<Realm>, StoreError> {
        self.pass()?.realms_of_key(id).await
    }
    async fn has_keys(&self) -> Result<bool, StoreError> {
        self.pass()?.has_keys().await
    }
    async fn head(&self, realm: &Realm) -> Result<Head, StoreError> {
        self.pass()?.head(realm).await
    }
    async fn contents(&self, realm: &Realm) -> Result<Contents, StoreError> {
        self.pass()?.contents(realm).await
    }
    async fn directory(
        &self,
        realm: &Realm,
        users: &[String],
        usage: &[(Facet, String)],
    ) -> Result<DirectoryExcerpt, StoreError> {
        self.pass()?.directory(realm, users, usage).await
    }
    async fn object(&self, r: &Realm, kind: &str, id: &str) -> Result<Option<Object>, StoreError> {
        self.pass()?.object(r, kind, id).await
    }
    async fn page(
        &self,
        realm: &Realm,
        which: Which<'_>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Object>, StoreError> {
        self.pass()?.page(realm, which, after, limit).await
    }
    async fn delegations(
        &self,
        realm: &Realm,
        users: &BTreeSet<[&str; 1]>,
    ) -> Result<Vec<String>, StoreError> {
        self.pass()?.delegations(realm, users).await
    }
    async fn twins(
        &self,
        realm: &Realm,
        folded: &BTreeSet<[&str; 1]>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        self.pass()?.twins(realm, folded).await
    }
    async fn since(&self, r: &Realm, revision: u64, limit: u32) -> Result<Changes, StoreError> {
        self.pass()?.since(r, revision, limit).await
    }
    async fn log(&self, realm: &Realm, query: &LogQuery) -> Result<Vec<Record>, StoreError> {
        self.pass()?.log(realm, query).await
    }
    async fn object_at(
        &self,
        realm: &Realm,
        kind: &str,
        id: &str,
        revision: u64,
    ) -> Result<Option<Body>, StoreError> {
        self.pass()?.object_at(realm, kind, id, revision).await
    }
    async fn append(
        &self,
        batches: Vec<Append<'_>>,
        remember: Option<Remembered>,
    ) -> Result<Appended, StoreError> {
        self.pass()?.append(batches, remember).await
    }
    async fn recall(&self, r: &Realm, key: &str) -> Result<Option<Remembered>, StoreError> {
        self.pass()?.recall(r, key).await
    }
    async fn forget(&self, before: i64) -> Result<u64, StoreError> {
        self.pass()?.forget(before).await
    }
    fn bell(&self) -> Arc<Notify> {
        self.store.bell()
    }
    async fn size(&self) -> Result<u64, StoreError> {
        self.pass()?.size().await
    }
    async fn close(&self) {
        self.store.close().await;
    }
}

/// How many edits are made, each on the node that is next.
const EDITS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_decision_is_older_than_the_revision_that_it_names() {
    let desk = Desk::open().await;
    let bob = user(json!({"id": "bob", "roles": ["reader"]}));
    let put = Put {
        kind: DocumentKind::User,
        id: "bob".into(),
        body: Body::of(&bob).unwrap(),
        create: true,
    };
    let first = desk.must(&put).await.revision;
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let cut = Arc::new(AtomicBool::new(false));
        let store = open(&desk.location()).await.unwrap();
        let store = Arc::new(Gated::new(store, Arc::clone(&cut)));
        let config = NodeConfig {
            poll: Duration::from_millis(5),
            patience: Duration::from_millis(20),
            ..NodeConfig::default()
        };
        let authorizer = Arc::new(Authorizer::new(1000));
        let node =
            Node::start(store, authorizer, Arc::new(FamilySet::new()), config).await.unwrap();
        tokio::spawn(follow(Arc::downgrade(&node)));
        nodes.push((node, cut));
    }
    // Whether bob may write, from which revision on.
    let mut truth = vec![(first, false)];
    let mut seen = Vec::new();
    let mut random = 0x2545_F491_4F6C_DD1D_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % 1_000_003).unwrap()
    };
    let begun = Instant::now();
    let mut refused = 0;
    for edit in 0..EDITS {
        for (_, cut) in &nodes {
            if next() % 4 == 0 {
                cut.store(next() % 2 == 0, Ordering::SeqCst);
            }
        }
        let may = edit % 2 == 0;
        let role = if may { "owner" } else { "reader" };
        let assign = SetRoles { user: "bob".into(), roles: vec![role.into()] };
        let (writer, _) = &nodes[next() % 3];
        let caller = Caller::System;
        match writer.perform(&acme(), &caller, &assign, &Options::default()).await {
            Ok(done) if !done.edited.is_empty() => truth.push((done.revision, may)),
            Ok(_) => {}
            Err(_) => refused += 1,
        }
        for (node, _) in &nodes {
            for _ in 0..3 {
                let wanted = (next() % 5 == 0).then(|| truth.last().unwrap().0);
                if node.fresh("acme", wanted).await.is_err() {
                    continue;
                }
                let nothing = Attributes::new();
                let resource = Resource { kind: "ticket", id: Some("1"), attributes: &nothing };
                let request = Request {
                    subject: "bob",
                    action: "tickets.write",
                    resource,
                    context: &nothing,
                    asserted: Asserted::NONE,
                    now: 1,
                };
                // None where he is not known there and cannot be read.
                if let Ok(decision) = node.decide("acme", &request).await {
                    assert!(wanted.is_none_or(|wanted| decision.revision >= wanted));
                    seen.push((decision.revision, decision.is_allow()));
                }
            }
        }
    }
    for (revision, allowed) in &seen {
        let known = truth.iter().rev().find(|(from, _)| from <= revision);
        assert_eq!(known.map(|(_, may)| may), Some(allowed), "at revision {revision}");
    }
    let revisions: BTreeSet<u64> = seen.iter().map(|(r, _)| *r).collect();
    assert!(refused > 0 && truth.len() > EDITS / 4 && revisions.len() > EDITS / 8);
    for (_, cut) in &nodes {
        cut.store(false, Ordering::SeqCst);
    }
    let last = truth.last().unwrap();
    for (node, _) in &nodes {
        while node.fresh("acme", Some(last.0)).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "it did not recover");
        }
        assert_eq!(decide(node, "acme", "bob", "tickets.write").await.is_allow(), last.1);
    }
    println!(
        "{} edits, {refused} refused, {} decisions at {} revisions, none older than it says",
        truth.len(),
        seen.len(),
        revisions.len()
    );
}
