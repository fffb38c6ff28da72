//! Families that come, go and no longer fit, under tenants of a store.

use super::support::{Desk, acme, as_user, decide, node_with, operator, user};
use permesso_engine::family::{
    Answer, ConfigDiagnostic, Family, FamilySet, FamilySource, Fault, Manifest, Question,
};
use permesso_engine::model::Attributes;
use permesso_node::operation::{
    Accept, CreateTenant, DeleteTenant, Invite, PublishProduct, Put, body,
};
use permesso_node::{ChangeError, DocumentKind, Options, Settings};
use permesso_store::Realm;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const PRODUCT: &str = r#"
product: wards
version: 1.0.0
categories:
  - id: charts
    family: rounds
    permissions:
      - {id: charts.read}
  - id: rooms
    family: keys
    permissions:
      - {id: rooms.open}
  - id: plain
    permissions:
      - {id: plain.read}
standard_roles:
  - id: owner
    grants: [{permission: "*", scope: all}]
"#;

#[derive(Debug)]
struct Plain {
    manifest: Manifest,
    digest: String,
    /// Whether it refuses any configuration.
    refuses: bool,
    forgotten: Mutex<Vec<String>>,
}

impl Family for Plain {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn evaluate(&self, _: &str, _: &Question<'_>) -> Result<Answer, Fault> {
        Ok(Answer::ABSTAIN)
    }

    fn evaluate_batch(&self, tenant: &str, all: &[Question<'_>]) -> Vec<Result<Answer, Fault>> {
        all.iter().map(|question| self.evaluate(tenant, question)).collect()
    }

    fn check_config(&self, _: &str, _: &Attributes<'_>) -> Result<Vec<ConfigDiagnostic>, Fault> {
        let (pointer, message) = ("/ward".to_owned(), "no longer understood".to_owned());
        Ok(self.refuses.then_some(ConfigDiagnostic { pointer, message }).into_iter().collect())
    }

    fn forget(&self, tenant: &str) {
        self.forgotten.lock().unwrap().push(tenant.to_owned());
    }
}

/// A family at a version, which is also its digest.
fn family(id: &str, permission: &str, version: &str) -> Arc<Plain> {
    let manifest = Manifest {
        id: id.to_owned(),
        version: version.to_owned(),
        title: String::new(),
        permissions: vec![permission.to_owned()],
        kinds: Vec::new(),
        inputs: Vec::new(),
        reasons: Vec::new(),
        obligations: Vec::new(),
        requires: Vec::new(),
        floors: Vec::new(),
        config_schema: String::new(),
    };
    let digest = format!("sha256:{version}");
    Arc::new(Plain { manifest, digest, refuses: false, forgotten: Mutex::default() })
}

/// What is installed, and what is kept of before.
#[derive(Debug, Default, Clone)]
struct Installed {
    now: BTreeMap<String, Arc<Plain>>,
    kept: Vec<Arc<Plain>>,
}

impl Installed {
    fn with(mut self, family: Arc<Plain>) -> Self {
        self.now.insert(family.manifest.id.clone(), family);
        self
    }

    fn keeping(mut self, family: Arc<Plain>) -> Self {
        self.kept.push(family);
        self
    }

    /// The one that is installed refuses any configuration.
    fn refusing(mut self, id: &str) -> Self {
        let Plain { manifest, digest, .. } = &*self.now[id];
        let (manifest, digest) = (manifest.clone(), digest.clone());
        let refusing = Plain { manifest, digest, refuses: true, forgotten: Mutex::default() };
        self.now.insert(id.to_owned(), Arc::new(refusing));
        self
    }
}

impl FamilySource for Installed {
    fn families(&self) -> FamilySet {
        let now = self.now.iter();
        now.map(|(id, family)| (id.clone(), Arc::clone(family) as Arc<dyn Family>)).collect()
    }

    fn by_digest(&self, id: &str, digest: &str) -> Option<Arc<dyn Family>> {
        let mut all = self.kept.iter().chain(self.now.values());
        let found = all.find(|one| one.manifest.id == id && one.digest == digest)?;
        Some(Arc::clone(found) as Arc<dyn Family>)
    }
}

fn rounds(version: &str) -> Arc<Plain> {
    family("rounds", "charts.read", version)
}

fn keys(version: &str) -> Arc<Plain> {
    family("keys", "rooms.open", version)
}

fn both(one: &str, other: &str) -> Installed {
    Installed::default().with(rounds(one)).with(keys(other))
}

async fn take(desk: &Desk, installed: Installed) -> Vec<(String, ChangeError)> {
    let failed = desk.node.recompile(Arc::new(installed)).await;
    assert!(desk.node.record_components().await.is_empty());
    failed
}

/// A tenant `ward` whose families are configured, on both families at version 1.
async fn ward() -> Desk {
    let desk = Desk::open().await;
    take(&desk, both("1", "1")).await;
    let (publish, options) = (PublishProduct { text: PRODUCT.to_owned() }, Options::default());
    desk.node.perform(&Realm::platform(), &operator(), &publish, &options).await.unwrap();
    let settings = Settings { product: "wards".to_owned(), ..Settings::default() };
    let owner = Some(user(json!({"id": "ann", "roles": ["owner"]})));
    desk.node
        .perform(&realm(), &operator(), &CreateTenant { settings, owner }, &options)
        .await
        .unwrap();
    for id in ["rounds", "keys"] {
        let settings = json!({"config": {"ward": 7}});
        desk.node
            .perform(&realm(), &operator(), &put(DocumentKind::Family, id, &settings), &options)
            .await
            .unwrap();
    }
    desk
}

fn realm() -> Realm {
    Realm::tenant("ward").unwrap()
}

fn put(kind: DocumentKind, id: &str, value: &impl serde::Serialize) -> Put {
    Put { kind, id: id.to_owned(), body: body(kind, id, value).unwrap(), create: false }
}

async fn allows(desk: &Desk) -> [bool; 3] {
    let mut allows = [false; 3];
    for (may, what) in allows.iter_mut().zip(["charts.read", "rooms.open", "plain.read"]) {
        *may = decide(&desk.node, "ward", "ann", what).await.is_allow();
    }
    allows
}

async fn answering(desk: &Desk) -> BTreeMap<String, Option<String>> {
    let compiled = desk.node.authorizer().tenant("ward").unwrap();
    let families = compiled.snapshot.families();
    families.map(|(id, digest)| (id.to_owned(), digest.map(str::to_owned))).collect()
}

#[tokio::test]
async fn a_tenant_goes_on_with_the_version_before_one_that_refuses_its_configuration() {
    let desk = ward().await;
    assert_eq!(allows(&desk).await, [true; 3]);
    let refusing = both("2", "2").keeping(rounds("1")).keeping(keys("1")).refusing("rounds");
    assert!(take(&desk, refusing.clone()).await.is_empty());
    assert_eq!(allows(&desk).await, [true; 3]);
    assert_eq!(answering(&desk).await["rounds"].as_deref(), Some("sha256:1"));
    // An edit of something else does not wait for it, one of the configuration has to please it.
    let role = json!({"id": "nurse", "grants": [{"permission": "charts.read", "scope": "all"}]});
    let edit = put(DocumentKind::Role, "nurse", &role);
    desk.node.perform(&realm(), &operator(), &edit, &Options::default()).await.unwrap();
    assert_eq!(answering(&desk).await["rounds"].as_deref(), Some("sha256:1"));
    let settings = json!({"config": {"ward": 8}});
    let edit = put(DocumentKind::Family, "rounds", &settings);
    let refused = desk.node.perform(&realm(), &operator(), &edit, &Options::default()).await;
    assert!(refused.unwrap_err().to_string().contains("families.rounds.config/ward"));
    // That of another family does not wait for it either.
    let settings = json!({"config": {"ward": 8}});
    let edit = put(DocumentKind::Family, "keys", &settings);
    desk.node.perform(&realm(), &operator(), &edit, &Options::default()).await.unwrap();
    assert_eq!(allows(&desk).await, [true; 3]);
    assert_eq!(answering(&desk).await["rounds"].as_deref(), Some("sha256:1"));
    // Nor is anything else when the process starts again.
    let node = node_with(&desk.location(), refusing).await;
    assert!(decide(&node, "ward", "ann", "charts.read").await.is_allow());
    let repaired = both("3", "2");
    assert!(take(&desk, repaired).await.is_empty());
    assert_eq!(answering(&desk).await["rounds"].as_deref(), Some("sha256:3"));
}

#[tokio::test]
async fn a_family_that_is_taken_out_closes_although_another_ones_new_version_is_refused() {
    let desk = ward().await;
    let without = Installed::default().with(rounds("2")).keeping(rounds("1")).keeping(keys("1"));
    assert!(take(&desk, without.refusing("rounds")).await.is_empty());
    assert_eq!(allows(&desk).await, [true, false, true], "what is gone denies");
}

#[tokio::test]
async fn a_version_that_may_no_longer_answer_does_not_although_the_newer_one_is_refused() {
    let desk = ward().await;
    let revoked = both("2", "1").refusing("rounds");
    assert!(take(&desk, revoked).await.is_empty());
    assert_eq!(allows(&desk).await, [false, true, true]);
    assert_eq!(answering(&desk).await["rounds"], None);
}

#[tokio::test]
async fn publishing_a_catalog_writes_down_which_components_answer_under_it() {
    let desk = ward().await;
    let text = PRODUCT.replace("1.0.0", "1.1.0").replace(
        "  - id: plain\n",
        "  - id: doors\n    family: doors\n    permissions:\n      - {id: doors.open}\n  - id: plain\n",
    );
    take(&desk, both("1", "1").with(family("doors", "doors.open", "1"))).await;
    let options = Options::default();
    let publish = PublishProduct { text };
    desk.node.perform(&Realm::platform(), &operator(), &publish, &options).await.unwrap();
    assert!(decide(&desk.node, "ward", "ann", "doors.open").await.is_allow());
    let look = desk.node.look(&realm()).await.unwrap();
    let served = look.view(&desk.node).object(DocumentKind::Serving, "doors").await.unwrap();
    assert!(served.unwrap().body.get().contains("sha256:1"));
    assert!(desk.node.look(&acme()).await.is_ok());
}

#[tokio::test]
async fn families_forget_a_tenant_that_is_deleted_and_no_other() {
    let desk = ward().await;
    let installed = both("1", "1");
    assert!(take(&desk, installed.clone()).await.is_empty());
    let options = Options::default();
    desk.node.perform(&realm(), &operator(), &DeleteTenant, &options).await.unwrap();
    for family in installed.now.values() {
        assert_eq!(*family.forgotten.lock().unwrap(), ["ward"], "{}", family.manifest.id);
    }
}

#[tokio::test]
async fn whoever_consents_to_what_a_family_keeps_open_holds_it() {
    let desk = ward().await;
    let Plain { mut manifest, digest, .. } = Arc::into_inner(keys("2")).unwrap();
    manifest.floors = vec!["rooms.open".to_owned()];
    let opening = Arc::new(Plain { manifest, digest, refuses: false, forgotten: Mutex::default() });
    take(&desk, Installed::default().with(rounds("1")).with(opening)).await;
    let options = Options::default();
    let edit = json!({"permission": "permesso.families.edit", "scope": "all"});
    for (id, grants) in [
        ("outside", json!([edit])),
        ("inside", json!([edit, {"permission": "rooms.open", "scope": "all"}])),
    ] {
        let role = put(DocumentKind::Role, id, &json!({"id": id, "grants": grants}));
        desk.node.perform(&realm(), &operator(), &role, &options).await.unwrap();
        let invite =
            Invite { user: user(json!({"id": id, "roles": [id]})), same_as: None, days: 7 };
        let done = desk.node.perform(&realm(), &operator(), &invite, &options).await.unwrap();
        let token = done.answer["token"].as_str().unwrap().to_owned();
        let accept = Accept { user: id.to_owned(), token };
        desk.node.perform(&realm(), &operator(), &accept, &options).await.unwrap();
    }
    let floors = json!({"config": {"ward": 7}, "floors": ["rooms.open"]});
    let consent = put(DocumentKind::Family, "keys", &floors);
    let refused = desk.node.perform(&realm(), &as_user("outside"), &consent, &options).await;
    let ChangeError::Denied { permission, reason, .. } = refused.unwrap_err() else { panic!() };
    assert_eq!((&*permission, &*reason), ("rooms.open", "beyond-own-rights"));
    desk.node.perform(&realm(), &as_user("inside"), &consent, &options).await.unwrap();
}
