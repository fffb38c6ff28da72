//! People, who come with a token of an issuer and act as the users that they are.

use super::support::Server;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use permesso_auth::oidc::JwksConfig;
use permesso_auth::{IssuerConfig, Oidc};
use reqwest::Method;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::sync::Arc;

const ISSUER: &str = "https://id.example.com";

struct Issuer {
    pair: Ed25519KeyPair,
    oidc: Arc<Oidc>,
    _folder: tempfile::TempDir,
}

impl Issuer {
    fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let keys = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": "k", "x": x,
        }]});
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        std::fs::write(&file, keys.to_string()).unwrap();
        let mut config = IssuerConfig::new(ISSUER, "permesso");
        config.jwks = Some(JwksConfig::File(file));
        config.tenant_claim = Some("tenant".to_owned());
        let oidc = Arc::new(Oidc::new(vec![config]).unwrap());
        Self { pair, oidc, _folder: folder }
    }

    fn token(&self, user: &str, tenant: Option<&str>) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(json!({"alg": "EdDSA", "typ": "JWT", "kid": "k"}));
        let mut claims = json!({
            "iss": ISSUER, "aud": "permesso", "sub": user, "exp": 4_000_000_000_u64,
        });
        if let Some(tenant) = tenant {
            claims["tenant"] = json!(tenant);
        }
        let signed = format!("{header}.{}", part(claims));
        let seal = URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()).as_ref());
        format!("{signed}.{seal}")
    }
}

#[tokio::test]
async fn a_person_acts_as_the_user_that_they_are_and_in_no_other_tenant() {
    let issuer = Issuer::new();
    let server = Server::start_with(Some(Arc::clone(&issuer.oidc))).await;
    server.tenant("acme", "atender").await;
    server.tenant("other", "atender").await;
    server.user("acme", "bob", &["agent"]).await;
    let status =
        async |token: &str, path: &str| server.ask(token, Method::GET, path).send().await.status;
    let ann = issuer.token("ann", Some("acme"));
    assert_eq!(status(&ann, "/tenants/acme/roles").await, 200);
    let listed = server.ask(&ann, Method::GET, "/tenants").send().await.is(200);
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 1);
    // There is an `ann` too, but the token is not for that tenant.
    let there = server.ask(&ann, Method::GET, "/tenants/other/roles").send().await;
    there.refused(404, "no-tenant");
    server.ask(&ann, Method::GET, "/products").send().await.refused(403, "denied");

    let bob = issuer.token("bob", Some("acme"));
    let read = server.ask(&bob, Method::GET, "/tenants/acme/roles").send().await;
    assert_eq!(read.refused(403, "denied")["permission"], "permesso.policy.read");
    // Where the directory does not have them, or the token names no tenant, they learn nothing:
    // not even that it is there.
    let nowhere = issuer.token("bob", None);
    let elsewhere = issuer.token("bob", Some("other"));
    for (token, tenant) in [(&nowhere, "acme"), (&elsewhere, "other"), (&elsewhere, "acme")] {
        let at = |tenant: &str| {
            server.ask(token, Method::GET, &format!("/tenants/{tenant}/roles")).send()
        };
        let (hidden, missing) = (at(tenant).await, at("none").await);
        assert_eq!(hidden.text.replace(tenant, "none"), missing.text);
        hidden.refused(404, "no-tenant");
    }
    let listed = server.ask(&nowhere, Method::GET, "/tenants").send().await.is(200);
    assert_eq!(listed.body["items"], json!([]));

    let role = json!({"id": "a", "grants": [{"permission": "contacts.view", "scope": "all"}]});
    let made =
        server.ask(&ann, Method::POST, "/tenants/acme/roles").body(role).send().await.is(201);
    let record = format!("/tenants/acme/audit/{}", made.body["revision"]);
    assert_eq!(server.get(&record).send().await.is(200).body["actor"], "user:ann");
    let tampered = format!("{}x", &ann[..ann.len() - 2]);
    assert_eq!(status(&tampered, "/tenants/acme/roles").await, 401);
    server.delete("/tenants/acme/users/bob").send().await.is(200);
    assert_eq!(status(&bob, "/tenants/acme/roles").await, 404, "who is gone is a stranger");
}
