//! Tokens, good and forged, against keys in a file.

use crate::support::*;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use permesso_auth::oidc::{Algorithm, ConfigError, JwksConfig, TokenType};
use permesso_auth::{Identity, IssuerConfig, MAX_TOKEN, Oidc, Refusal};
use ring::hmac;
use serde_json::{Value, json};
use tempfile::TempDir;

/// What checks tokens, with keys of these signers in a file.
struct Checked {
    oidc: Oidc,
    _folder: TempDir,
}

fn checked_with(signers: &[&Signer], change: impl FnOnce(&mut IssuerConfig)) -> Checked {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, set(signers)).unwrap();
    let mut config = config();
    config.jwks = Some(JwksConfig::File(path));
    change(&mut config);
    Checked { oidc: Oidc::new(vec![config]).unwrap(), _folder: folder }
}

fn checked(signers: &[&Signer]) -> Checked {
    checked_with(signers, |_| ())
}

impl Checked {
    async fn check(&self, token: &str) -> Result<Identity, Refusal> {
        self.oidc.verify(token, NOW).await
    }
}

fn with(mut value: Value, member: &str, new: Value) -> Value {
    value[member] = new;
    value
}

#[tokio::test]
async fn a_token_signed_with_any_allowed_algorithm_says_who_is_calling() {
    let signers = [Signer::rsa("rsa"), Signer::ec("ec"), Signer::ed("ed")];
    let checked = checked(&signers.each_ref());
    for signer in &signers {
        let identity = checked.check(&signer.token(&claims())).await.unwrap();
        assert_eq!((identity.issuer.as_str(), identity.user.as_str()), (ISSUER, "ana"));
        assert_eq!(identity.tenant, None);
    }
    let pss = with(signers[0].header(), "alg", json!("PS256"));
    checked.check(&signers[0].sign(&pss, &claims())).await.unwrap();
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_refused() {
    for signer in [Signer::rsa("a"), Signer::ec("a"), Signer::ed("a")] {
        let checked = checked(&[&signer]);
        let token = signer.token(&claims());
        let (_, seal) = token.rsplit_once('.').unwrap();
        let forged = message(&signer.header(), &with(claims(), "sub", json!("root")));
        assert_eq!(checked.check(&format!("{forged}.{seal}")).await, Err(Refusal::Signature));

        let mut bytes = URL_SAFE_NO_PAD.decode(seal).unwrap();
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            bytes[at] ^= 1;
            let body = message(&signer.header(), &claims());
            let token = format!("{body}.{}", URL_SAFE_NO_PAD.encode(&bytes));
            assert_eq!(checked.check(&token).await, Err(Refusal::Signature), "{at}");
            bytes[at] ^= 1;
        }
        let body = message(&signer.header(), &claims());
        assert_eq!(checked.check(&format!("{body}.")).await, Err(Refusal::Signature));
        let zeros = URL_SAFE_NO_PAD.encode(vec![0; bytes.len()]);
        assert_eq!(checked.check(&format!("{body}.{zeros}")).await, Err(Refusal::Signature));
    }
}

#[tokio::test]
async fn a_public_key_is_never_taken_for_a_shared_secret() {
    let signer = Signer::rsa("a");
    let checked = checked(&[&signer]);
    let pem = include_bytes!("support/rsa.pem").to_vec();
    for secret in [signer.public(), signer.jwk().to_string().into_bytes(), pem] {
        for (alg, way) in [("HS256", hmac::HMAC_SHA256), ("HS512", hmac::HMAC_SHA512)] {
            let body = message(&with(signer.header(), "alg", json!(alg)), &claims());
            let seal = hmac::sign(&hmac::Key::new(way, &secret), body.as_bytes());
            let token = format!("{body}.{}", URL_SAFE_NO_PAD.encode(seal));
            assert_eq!(checked.check(&token).await, Err(Refusal::Algorithm));
        }
    }
}

#[tokio::test]
async fn a_token_without_a_signature_is_refused_however_it_is_written() {
    let signer = Signer::rsa("a");
    let checked = checked(&[&signer]);
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let body = message(&with(signer.header(), "alg", json!(alg)), &claims());
        assert_eq!(checked.check(&format!("{body}.")).await, Err(Refusal::Algorithm), "{alg}");
    }
    for alg in [json!(null), json!(["RS256"])] {
        let body = message(&with(signer.header(), "alg", alg), &claims());
        assert_eq!(checked.check(&format!("{body}.")).await, Err(Refusal::Malformed));
    }
}

#[tokio::test]
async fn the_algorithm_of_a_token_must_be_allowed_and_fit_the_key_it_names() {
    let (rsa, ec) = (Signer::rsa("rsa"), Signer::ec("ec"));
    let both = checked(&[&rsa, &ec]);
    // Signed well, but with the name of a key of another kind.
    let token = ec.sign(&with(ec.header(), "kid", json!("rsa")), &claims());
    assert_eq!(both.check(&token).await, Err(Refusal::Algorithm));
    let token = rsa.sign(&with(rsa.header(), "alg", json!("RS512")), &claims());
    assert_eq!(both.check(&token).await, Err(Refusal::Algorithm), "on no list");

    let only = checked_with(&[&rsa, &ec], |config| config.algorithms = [Algorithm::ES256].into());
    assert_eq!(only.check(&rsa.token(&claims())).await, Err(Refusal::Algorithm));
    only.check(&ec.token(&claims())).await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_published_for_something_else_checks_no_token() {
    let signer = Signer::ec("a");
    for (member, value) in [("use", json!("enc")), ("key_ops", json!(["sign"])), ("d", json!("AA"))]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        let jwk = with(signer.jwk(), member, value);
        std::fs::write(&path, json!({ "keys": [jwk] }).to_string()).unwrap();
        let mut config = config();
        config.jwks = Some(JwksConfig::File(path));
        let oidc = Oidc::new(vec![config]).unwrap();
        let refused = oidc.verify(&signer.token(&claims()), NOW).await;
        assert_eq!(refused, Err(Refusal::UnknownSigningKey), "{member}");
    }
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_looked_at() {
    let (known, stranger) = (Signer::ec("a"), Signer::ec("a"));
    let checked = checked(&[&known]);
    let mut header = with(stranger.header(), "jwk", stranger.jwk());
    header["jku"] = json!("https://evil.example.com/keys");
    header["x5u"] = json!("https://evil.example.com/keys");
    assert_eq!(checked.check(&stranger.sign(&header, &claims())).await, Err(Refusal::Signature));
}

#[tokio::test]
async fn a_token_without_a_key_name_is_good_where_one_key_fits() {
    let (rsa, ec, other) = (Signer::rsa("rsa"), Signer::ec("ec"), Signer::ec("other"));
    let nameless = ec.sign(&json!({ "alg": "ES256" }), &claims());
    checked(&[&rsa, &ec]).check(&nameless).await.unwrap();
    for signers in [&[&rsa][..], &[&ec, &other]] {
        let refused = checked(signers).check(&nameless).await;
        assert_eq!(refused, Err(Refusal::UnknownSigningKey));
    }
}

#[tokio::test]
async fn a_header_that_wants_to_be_understood_is_refused() {
    let signer = Signer::ec("a");
    let checked = checked(&[&signer]);
    for crit in [json!(["b64"]), json!(["exp"]), json!([]), json!("b64")] {
        let header = with(signer.header(), "crit", crit);
        assert_eq!(checked.check(&signer.sign(&header, &claims())).await, Err(Refusal::Critical));
    }
}

#[tokio::test]
async fn a_token_made_for_something_else_gives_no_access() {
    let signer = Signer::ec("a");
    let strict =
        checked_with(&[&signer], |config| config.token_types = [TokenType::AccessToken].into());
    assert_eq!(strict.check(&signer.token(&claims())).await, Err(Refusal::TokenType));
    let access = with(signer.header(), "typ", json!("at+jwt"));
    strict.check(&signer.sign(&access, &claims())).await.unwrap();
    let logout = with(signer.header(), "typ", json!("logout+jwt"));
    let refused = checked(&[&signer]).check(&signer.sign(&logout, &claims())).await;
    assert_eq!(refused, Err(Refusal::TokenType));
}

#[tokio::test]
async fn claims_are_held_against_the_configuration_and_the_time() {
    let signer = Signer::ec("a");
    let checked = checked_with(&[&signer], |config| config.tenant_claim = Some("org".to_owned()));
    let second = NOW / SECOND;
    for (claim, value, refusal) in [
        ("aud", json!("other"), Refusal::Audience),
        ("exp", json!(second - 30), Refusal::Expired),
        ("nbf", json!(second + 31), Refusal::NotYetValid),
        ("iat", json!(second + 31), Refusal::IssuedInFuture),
        ("exp", json!(null), Refusal::Claim),
        ("sub", json!(""), Refusal::Claim),
        ("org", json!(7), Refusal::Claim),
        ("iss", json!("https://other.example.com"), Refusal::UnknownIssuer),
        ("iss", json!("https://id.example.com/"), Refusal::UnknownIssuer),
        ("iss", json!([ISSUER]), Refusal::Malformed),
    ] {
        let token = signer.token(&with(claims(), claim, value.clone()));
        assert_eq!(checked.check(&token).await, Err(refusal), "{claim}: {value}");
    }
    let identity = checked.check(&signer.token(&with(claims(), "org", json!("acme")))).await;
    assert_eq!(identity.unwrap().tenant.as_deref(), Some("acme"));
}

#[tokio::test]
async fn each_issuer_is_believed_with_its_own_keys_only() {
    let (one, two) = (Signer::ec("a"), Signer::ec("a"));
    let folder = tempfile::tempdir().unwrap();
    let other = "https://other.example.com";
    let configs = [(ISSUER, &one), (other, &two)].map(|(issuer, signer)| {
        let path = folder.path().join(issuer.replace('/', "_"));
        std::fs::write(&path, set(&[signer])).unwrap();
        let mut config = IssuerConfig::new(issuer, "permesso");
        config.jwks = Some(JwksConfig::File(path));
        config
    });
    let oidc = Oidc::new(configs.to_vec()).unwrap();
    assert!(oidc.warm(NOW).await.iter().all(|source| source.keys == 1));
    let theirs = with(claims(), "iss", json!(other));
    assert_eq!(oidc.verify(&two.token(&theirs), NOW).await.unwrap().issuer, other);
    assert_eq!(oidc.verify(&one.token(&claims()), NOW).await.unwrap().issuer, ISSUER);
    assert_eq!(oidc.verify(&one.token(&theirs), NOW).await, Err(Refusal::Signature));
    assert_eq!(oidc.verify(&two.token(&claims()), NOW).await, Err(Refusal::Signature));

    let [config, _] = configs;
    let twice = Oidc::new(vec![config.clone(), config]);
    assert!(matches!(twice, Err(ConfigError::Twice { .. })));
    let none = Oidc::new(Vec::new()).unwrap();
    assert_eq!(none.verify(&one.token(&claims()), NOW).await, Err(Refusal::UnknownIssuer));
}

#[tokio::test]
async fn what_is_no_token_or_too_large_for_one_is_refused() {
    let signer = Signer::ec("a");
    let checked = checked(&[&signer]);
    let large = signer.token(&with(claims(), "padding", json!("x".repeat(MAX_TOKEN))));
    assert_eq!(checked.check(&large).await, Err(Refusal::TooLarge));
    let good = signer.token(&claims());
    for bad in [
        String::new(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{good}.x"),
        format!("{good}="),
        good.replace('.', ""),
        format!("{}.{}", message(&json!(7), &claims()), "AA"),
        format!("{}.{}", message(&signer.header(), &json!(7)), "AA"),
        format!("{}.{}", message(&json!({}), &claims()), "AA"),
    ] {
        let refusal = checked.check(&bad).await.unwrap_err();
        assert_eq!(refusal, Refusal::Malformed, "{bad}");
    }
}
