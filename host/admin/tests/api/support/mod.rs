//! A server on a free port of this machine, with a store in a folder of its own.
#![allow(unreachable_pub, missing_docs, reason = "not every test needs all of it")]

mod documented;
mod stores;

pub(super) use stores::on_both;
pub use stores::{cluster, on_postgresql, on_sqlite};

use permesso_admin::{Admin, router};
use permesso_auth::Oidc;
use permesso_auth::key::{KeyRequest, Tenants, Verb};
use permesso_engine::Authorizer;
use permesso_engine::family::FamilySet;
use permesso_front::Door;
use permesso_node::operation::{CreateKey, PublishProduct};
use permesso_node::{Caller, Node, NodeConfig, Options};
use permesso_store::{Location, Realm, Which, open};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

pub const ATENDER: &str = include_str!("../../../../../examples/atender/product.yaml");
pub const CLOZE: &str = include_str!("../../../../../examples/cloze/product.yaml");

/// A server.
pub struct Server {
    /// Keeps its store, where that is a file.
    _folder: Option<tempfile::TempDir>,
    pub node: Arc<Node>,
    pub admin: Arc<Admin>,
    pub url: String,
    /// Of a key of the platform that may do everything.
    pub root: String,
    client: Client,
}

/// What a server said.
#[derive(Debug, Clone)]
pub struct Said {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Said {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Refused, with that status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.body["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["type"], format!("urn:permesso:problem:{code}"));
        assert_eq!(self.body["status"], status);
        self.body
    }

    pub fn etag(&self) -> String {
        self.header("etag").to_owned()
    }
}

/// A request that is being put together.
pub struct Ask<'a> {
    server: &'a Server,
    method: Method,
    path: String,
    request: RequestBuilder,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn if_match(self, tag: &str) -> Self {
        self.header("if-match", tag)
    }

    pub fn body(self, value: Value) -> Self {
        self.text("application/json", value.to_string())
    }

    pub fn text(mut self, media: &str, text: impl Into<String>) -> Self {
        self.request = self.request.header("content-type", media).body(text.into());
        self
    }

    pub async fn send(self) -> Said {
        let response = self.request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
        let said = Said { status: status.as_u16(), headers, text, body };
        documented::check(self.server.admin.document(), &self.method, &self.path, &said);
        said
    }
}

impl Server {
    /// With both products and nobody in it.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// With people whom somebody vouches for.
    pub async fn start_with(oidc: Option<Arc<Oidc>>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Location::Sqlite(folder.path().join("permesso.db"));
        Self { _folder: Some(folder), ..Self::start_on(&file, oidc, NodeConfig::default()).await }
    }

    /// The same, with a node that believes what it knows for that long.
    pub async fn believing(staleness: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Location::Sqlite(folder.path().join("permesso.db"));
        let config = NodeConfig { staleness, ..NodeConfig::default() };
        let server = Self::start_on(&file, None, config).await.with_acme().await;
        Self { _folder: Some(folder), ..server }
    }

    /// With its store there.
    async fn start_on(location: &Location, oidc: Option<Arc<Oidc>>, config: NodeConfig) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = open(location).await.unwrap();
        let authorizer = Arc::new(Authorizer::new(1000));
        let node =
            Node::start(store, authorizer, Arc::new(FamilySet::new()), config).await.unwrap();
        let operator = Caller::Operator("test".to_owned());
        let (platform, plain) = (Realm::platform(), Options::default());
        for text in [ATENDER, CLOZE] {
            let publish = PublishProduct { text: text.to_owned() };
            node.perform(&platform, &operator, &publish, &plain).await.unwrap();
        }
        let request = KeyRequest {
            label: "root".to_owned(),
            tenants: Tenants::All,
            verbs: [Verb::Decide, Verb::Read, Verb::Write, Verb::Platform].into(),
            roles: ["permesso.platform".to_owned()].into(),
            expires_at: None,
        };
        let create = CreateKey { request, by: "test".to_owned() };
        let made = node.perform(&platform, &operator, &create, &plain).await.unwrap();
        let root = made.answer["token"].as_str().unwrap().to_owned();
        let admin = Admin::new(Arc::new(Door::new(Arc::clone(&node), oidc)));
        let admin = Arc::new(admin.lasting(Duration::from_secs(2)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = router(Arc::clone(&admin));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { _folder: None, node, admin, url, root, client: Client::new() }
    }

    /// With a tenant `acme` of atender whose owner is `ann`.
    pub async fn acme() -> Self {
        Self::start().await.with_acme().await
    }

    async fn with_acme(self) -> Self {
        self.tenant("acme", "atender").await;
        self
    }

    pub async fn tenant(&self, id: &str, product: &str) {
        let owner = if product == "atender" { "owner" } else { "administrator" };
        let tenant = json!({
            "id": id, "product": product, "owner": {"id": "ann", "roles": [owner]},
        });
        self.post("/tenants").body(tenant).send().await.is(201);
    }

    /// A request by a key, or by nobody where it is empty.
    pub fn ask(&self, key: &str, method: Method, path: &str) -> Ask<'_> {
        let mut request =
            self.client.request(method.clone(), format!("{}/admin/v1{path}", self.url));
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        Ask { server: self, method, path: path.to_owned(), request }
    }

    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask(&self.root, Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Ask<'_> {
        self.ask(&self.root, Method::POST, path)
    }

    pub fn put(&self, path: &str) -> Ask<'_> {
        self.ask(&self.root, Method::PUT, path)
    }

    pub fn delete(&self, path: &str) -> Ask<'_> {
        self.ask(&self.root, Method::DELETE, path)
    }

    /// A key of a tenant, with these verbs and roles.
    pub async fn key(&self, tenant: &str, verbs: &[&str], roles: &[&str]) -> String {
        let path = format!("/tenants/{tenant}/keys");
        let body = json!({"label": "a key", "verbs": verbs, "roles": roles});
        let said = self.post(&path).body(body).send().await.is(201);
        said.body["token"].as_str().unwrap().to_owned()
    }

    /// Somebody who takes part.
    pub async fn user(&self, tenant: &str, id: &str, roles: &[&str]) {
        let path = format!("/tenants/{tenant}/users");
        let body = json!({"user": {"id": id, "roles": roles}});
        let said = self.post(&path).body(body).send().await.is(201);
        let body = json!({"token": said.body["token"]});
        self.post(&format!("{path}/{id}/accept")).body(body).send().await.is(200);
    }

    pub async fn revision(&self, tenant: &str) -> u64 {
        let said = self.get(&format!("/tenants/{tenant}")).send().await.is(200);
        said.body["tenant_revision"].as_u64().unwrap()
    }

    /// Everything that there is in a tenant's store, but for the log.
    pub async fn contents(&self, tenant: &str) -> BTreeSet<(String, String, String)> {
        let realm = Realm::tenant(tenant).unwrap();
        let store = self.node.store();
        let mut objects = store.contents(&realm).await.unwrap().objects;
        for kind in ["user", "delegation", "invitation"] {
            let which = Which::All(kind);
            objects.extend(store.page(&realm, which, "", 1000).await.unwrap());
        }
        objects
            .into_iter()
            .map(|object| (object.kind, object.id, object.body.get().to_owned()))
            .collect()
    }
}
