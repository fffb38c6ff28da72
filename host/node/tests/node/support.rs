//! A node on a fresh file, with a small product.
#![allow(dead_code, reason = "not every test needs all of it")]

use permesso_engine::Authorizer;
use permesso_engine::decision::{Asserted, Decision, Request, Resource};
use permesso_engine::family::{FamilySet, FamilySource};
use permesso_engine::model::{Attributes, User};
use permesso_node::operation::{CreateTenant, PublishProduct};
use permesso_node::{Caller, ChangeError, Done, Node, NodeConfig, Operation, Options, Settings};
use permesso_store::{Location, Realm, open};
use serde_json::{Value, json};
use std::sync::Arc;

pub(crate) const CATALOG: &str = r#"
product: desk
version: 1.0.0
categories:
  - id: tickets
    permissions:
      - {id: tickets.read}
      - {id: tickets.write}
      - {id: tickets.lend, delegable: true}
standard_roles:
  - id: owner
    editable: false
    deletable: false
    keeps_holder: true
    grants: [{permission: "*", scope: all}]
  - id: reader
    editable: true
    grants: [{permission: tickets.read, scope: all}]
"#;

/// A store and a node on it.
pub(crate) struct Desk {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) node: Arc<Node>,
}

pub(crate) async fn node_at(location: &Location, config: NodeConfig) -> Arc<Node> {
    start(location, FamilySet::new(), config).await
}

pub(crate) async fn node_with(
    location: &Location,
    families: impl FamilySource + 'static,
) -> Arc<Node> {
    start(location, families, NodeConfig::default()).await
}

async fn start(
    location: &Location,
    families: impl FamilySource + 'static,
    config: NodeConfig,
) -> Arc<Node> {
    let store = open(location).await.unwrap();
    let authorizer = Arc::new(Authorizer::new(1000));
    Node::start(store, authorizer, Arc::new(families), config).await.unwrap()
}

impl Desk {
    /// With a tenant `acme` whose owner is `ann`.
    pub(crate) async fn open() -> Self {
        Self::of(CATALOG).await
    }

    /// The same of another catalog of the product `desk`.
    pub(crate) async fn of(catalog: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("permesso.db"));
        let node = node_at(&location, NodeConfig::default()).await;
        let desk = Self { folder, node };
        let publish = PublishProduct { text: catalog.to_owned() };
        desk.node
            .perform(&Realm::platform(), &operator(), &publish, &Options::default())
            .await
            .unwrap();
        desk.tenant("acme").await;
        desk
    }

    pub(crate) async fn tenant(&self, id: &str) {
        let settings = Settings { product: "desk".to_owned(), ..Settings::default() };
        let owner = Some(user(json!({"id": "ann", "roles": ["owner"]})));
        let create = CreateTenant { settings, owner };
        let realm = Realm::tenant(id).unwrap();
        self.node.perform(&realm, &operator(), &create, &Options::default()).await.unwrap();
    }

    pub(crate) fn location(&self) -> Location {
        Location::Sqlite(self.folder.path().join("permesso.db"))
    }

    pub(crate) async fn run(
        &self,
        caller: &Caller,
        operation: &dyn Operation,
    ) -> Result<Done, ChangeError> {
        self.node.perform(&acme(), caller, operation, &Options::default()).await
    }

    pub(crate) async fn must(&self, operation: &dyn Operation) -> Done {
        self.run(&operator(), operation).await.unwrap()
    }

    pub(crate) async fn may(&self, who: &str, what: &str) -> bool {
        self.decide(who, what).await.is_allow()
    }

    pub(crate) async fn decide(&self, who: &str, what: &str) -> Decision {
        decide(&self.node, "acme", who, what).await
    }
}

pub(crate) async fn decide(node: &Node, tenant: &str, who: &str, what: &str) -> Decision {
    let nothing = Attributes::new();
    let resource = Resource { kind: "ticket", id: Some("1"), attributes: &nothing };
    let request = Request {
        subject: who,
        action: what,
        resource,
        context: &nothing,
        asserted: Asserted::NONE,
        now: 1_800_000_000_000,
    };
    node.decide(tenant, &request).await.unwrap()
}

pub(crate) fn acme() -> Realm {
    Realm::tenant("acme").unwrap()
}

pub(crate) fn operator() -> Caller {
    Caller::Operator("test".to_owned())
}

pub(crate) fn as_user(id: &str) -> Caller {
    Caller::User { id: id.to_owned(), issuer: "test".to_owned() }
}

pub(crate) fn user(value: Value) -> User {
    serde_json::from_value(value).unwrap()
}
