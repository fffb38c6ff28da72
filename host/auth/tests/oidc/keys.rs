//! Keys that are fetched: from a server that changes them, goes away and misbehaves, and from
//! a file that is written anew.

use crate::support::*;
use permesso_auth::oidc::{ConfigError, JwksConfig};
use permesso_auth::{IssuerConfig, Oidc, Refusal};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

const KEYS: &str = "/keys";
const DISCOVERY: &str = "/.well-known/openid-configuration";

fn at(server: &Server) -> Oidc {
    let mut config = config();
    config.jwks = Some(JwksConfig::Url(server.url(KEYS)));
    Oidc::new(vec![config]).unwrap()
}

/// Until what goes on beside has been seen.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not happen");
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_tokens() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.publish(KEYS, &[&signer]);
    let oidc = Arc::new(at(&server));
    let token = signer.token(&claims());
    let callers = (0..20).map(|_| {
        let (oidc, token) = (Arc::clone(&oidc), token.clone());
        tokio::spawn(async move { oidc.verify(&token, NOW).await })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap().unwrap();
    }
    assert_eq!(server.asked(KEYS), 1);
}

#[tokio::test]
async fn a_new_key_is_found_by_its_name_and_one_that_is_gone_is_not_believed() {
    let (server, old, new) = (Server::start().await, Signer::ec("old"), Signer::ed("new"));
    server.publish(KEYS, &[&old]);
    let oidc = at(&server);
    oidc.verify(&old.token(&claims()), NOW).await.unwrap();
    server.publish(KEYS, &[&new]);
    let later = NOW + 11 * SECOND;
    oidc.verify(&new.token(&claims()), later).await.unwrap();
    let refused = oidc.verify(&old.token(&claims()), later).await;
    assert_eq!(refused, Err(Refusal::UnknownSigningKey));
    assert_eq!(server.asked(KEYS), 2);
}

#[tokio::test]
async fn strange_key_names_ask_the_issuer_once_in_ten_seconds() {
    let (server, signer, stranger) = (Server::start().await, Signer::ec("a"), Signer::ec("b"));
    server.publish(KEYS, &[&signer]);
    let oidc = at(&server);
    for step in 0..30 {
        let refused = oidc.verify(&stranger.token(&claims()), NOW + step * SECOND).await;
        assert_eq!(refused, Err(Refusal::UnknownSigningKey));
        oidc.verify(&signer.token(&claims()), NOW + step * SECOND).await.unwrap();
    }
    assert_eq!(server.asked(KEYS), 3);
}

#[tokio::test]
async fn keys_are_refreshed_beside_when_they_are_due() {
    let (server, old, new) = (Server::start().await, Signer::ec("old"), Signer::ec("new"));
    server.publish(KEYS, &[&old]);
    let oidc = at(&server);
    oidc.verify(&old.token(&claims()), NOW).await.unwrap();
    oidc.verify(&old.token(&claims()), NOW + 599 * SECOND).await.unwrap();
    assert_eq!(server.asked(KEYS), 1);
    server.publish(KEYS, &[&new]);
    oidc.verify(&old.token(&claims()), NOW + 600 * SECOND).await.unwrap();
    until(|| oidc.sources()[0].fetched_at == Some(NOW + 600 * SECOND)).await;
    let refused = oidc.verify(&old.token(&claims()), NOW + 601 * SECOND).await;
    assert_eq!(refused, Err(Refusal::UnknownSigningKey));
}

#[tokio::test]
async fn after_a_quiet_time_a_token_waits_for_the_keys() {
    let (server, old, new) = (Server::start().await, Signer::ec("old"), Signer::ec("new"));
    server.publish(KEYS, &[&old]);
    let oidc = at(&server);
    oidc.verify(&old.token(&claims()), NOW).await.unwrap();
    server.publish(KEYS, &[&new]);
    let refused = oidc.verify(&old.token(&claims()), NOW + HOUR).await;
    assert_eq!(refused, Err(Refusal::UnknownSigningKey), "withdrawn meanwhile");
}

#[tokio::test]
async fn the_last_good_keys_go_on_while_the_issuer_is_away_but_not_for_ever() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.publish(KEYS, &[&signer]);
    let oidc = at(&server);
    let token = signer.token(&claims());
    oidc.verify(&token, NOW).await.unwrap();
    server.put(KEYS, Answer::Status(503));
    for hours in 1..=24 {
        oidc.verify(&token, NOW + hours * HOUR).await.unwrap();
    }
    let source = oidc.sources().remove(0);
    assert_eq!((source.keys, source.fetched_at), (1, Some(NOW)));
    assert!(source.fault.unwrap().to_string().contains("503"));
    let late = NOW + 24 * HOUR + 1;
    assert_eq!(oidc.verify(&token, late).await, Err(Refusal::KeysUnavailable));

    server.publish(KEYS, &[&signer]);
    oidc.verify(&token, late + 10 * SECOND).await.unwrap();
    assert!(oidc.sources()[0].fault.is_none());
}

#[tokio::test]
async fn an_issuer_that_was_never_there_lets_nobody_in_and_is_tried_again() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    let oidc = at(&server);
    assert!(oidc.warm(NOW).await[0].fault.is_some());
    let token = signer.token(&claims());
    for step in 0..9 {
        let refused = oidc.verify(&token, NOW + step * SECOND).await;
        assert_eq!(refused, Err(Refusal::KeysUnavailable));
    }
    assert_eq!(server.asked(KEYS), 1);
    server.publish(KEYS, &[&signer]);
    oidc.verify(&token, NOW + 10 * SECOND).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_was_set_back_makes_no_key_last() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.publish(KEYS, &[&signer]);
    let oidc = at(&server);
    oidc.verify(&signer.token(&claims()), NOW + 48 * HOUR).await.unwrap();
    server.put(KEYS, Answer::Status(503));
    let refused = oidc.verify(&signer.token(&claims()), NOW).await;
    assert_eq!(refused, Err(Refusal::KeysUnavailable));
}

#[tokio::test]
async fn an_answer_that_is_no_set_of_keys_changes_nothing() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.publish(KEYS, &[&signer]);
    let oidc = at(&server);
    let token = signer.token(&claims());
    oidc.verify(&token, NOW).await.unwrap();
    let large = format!(r#"{{"keys":[],"padding":"{}"}}"#, "x".repeat(256 * 1024));
    for (hour, answer) in [
        Answer::Document("<html>busy</html>".to_owned()),
        Answer::Document("{}".to_owned()),
        Answer::Document(large),
        Answer::Redirect("http://localhost:1/keys".to_owned()),
        Answer::Redirect(server.url(KEYS)),
    ]
    .into_iter()
    .enumerate()
    {
        server.put(KEYS, answer);
        let now = NOW + (i64::try_from(hour).unwrap() + 1) * HOUR;
        oidc.verify(&token, now).await.unwrap();
        assert!(oidc.sources()[0].fault.is_some(), "answer {hour}");
    }
    server.publish(KEYS, &[]);
    let refused = oidc.verify(&token, NOW + 10 * HOUR).await;
    assert_eq!(refused, Err(Refusal::UnknownSigningKey), "but an empty set is one");
}

#[tokio::test]
async fn a_redirect_is_followed_within_the_server() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.publish("/there", &[&signer]);
    server.put(KEYS, Answer::Redirect("/there".to_owned()));
    at(&server).verify(&signer.token(&claims()), NOW).await.unwrap();

    let elsewhere = Server::start().await;
    elsewhere.put(KEYS, Answer::Redirect(server.url("/there")));
    let refused = at(&elsewhere).verify(&signer.token(&claims()), NOW).await;
    assert_eq!(refused, Err(Refusal::KeysUnavailable));
}

#[tokio::test]
async fn a_slow_issuer_is_not_waited_for_longer_than_five_seconds() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.put(KEYS, Answer::Slow(Duration::from_secs(60), set(&[&signer])));
    let oidc = at(&server);
    let started = Instant::now();
    let refused = oidc.verify(&signer.token(&claims()), NOW).await;
    assert_eq!(refused, Err(Refusal::KeysUnavailable));
    assert!(started.elapsed() < Duration::from_secs(8));
    let fault = oidc.sources().remove(0).fault.unwrap();
    assert!(fault.to_string().contains("within 5 s"), "{fault}");
}

#[tokio::test]
async fn a_caller_that_hangs_up_takes_no_keys_from_the_others() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.put(KEYS, Answer::Slow(Duration::from_millis(300), set(&[&signer])));
    let oidc = at(&server);
    let token = signer.token(&claims());
    let hasty = tokio::time::timeout(Duration::from_millis(50), oidc.verify(&token, NOW)).await;
    assert!(hasty.is_err());
    oidc.verify(&token, NOW).await.unwrap();
    assert_eq!(server.asked(KEYS), 1);
}

#[tokio::test]
async fn keys_are_discovered_where_the_issuer_says() {
    let (server, signer) = (Server::start().await, Signer::ec("a"));
    server.publish(KEYS, &[&signer]);
    let document = |issuer: &str, keys: &str| {
        Answer::Document(json!({ "issuer": issuer, "jwks_uri": keys, "more": 1 }).to_string())
    };
    let token = {
        let mut claims = claims();
        claims["iss"] = json!(server.base);
        signer.token(&claims)
    };
    let oidc = || Oidc::new(vec![IssuerConfig::new(&server.base, "permesso")]).unwrap();
    server.put(DISCOVERY, document(&server.base, &server.url(KEYS)));
    oidc().verify(&token, NOW).await.unwrap();

    for (issuer, keys) in [
        ("https://other.example.com", server.url(KEYS)),
        (server.base.as_str(), "http://keys.example.com/".to_owned()),
        (server.base.as_str(), "file:///etc/passwd".to_owned()),
    ] {
        server.put(DISCOVERY, document(issuer, &keys));
        let oidc = oidc();
        assert_eq!(oidc.verify(&token, NOW).await, Err(Refusal::KeysUnavailable), "{keys}");
        assert!(oidc.sources()[0].fault.is_some());
    }
}

#[tokio::test]
async fn an_issuer_without_tls_is_refused_unless_it_is_this_machine() {
    for good in ["https://id.example.com", "https://id.example.com/realm/", "http://localhost:1"] {
        assert!(Oidc::new(vec![IssuerConfig::new(good, "permesso")]).is_ok(), "{good}");
    }
    for bad in ["http://id.example.com", "accounts", "ftp://localhost"] {
        let refused = Oidc::new(vec![IssuerConfig::new(bad, "permesso")]);
        assert!(matches!(refused, Err(ConfigError::Source { .. })), "{bad}");
    }
}

#[tokio::test]
async fn a_file_of_keys_is_read_again_when_it_changes() {
    let (old, new) = (Signer::ec("old"), Signer::ec("new"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    let mut config = config();
    config.jwks = Some(JwksConfig::File(path.clone()));
    let oidc = Oidc::new(vec![config]).unwrap();
    let (with_old, with_new) = (old.token(&claims()), new.token(&claims()));
    assert_eq!(oidc.verify(&with_old, NOW).await, Err(Refusal::KeysUnavailable), "not there yet");

    std::fs::write(&path, set(&[&old])).unwrap();
    oidc.verify(&with_old, NOW + SECOND).await.unwrap();
    // In its place, as deployments do it; within one tick of the clock and of the same length.
    let beside = folder.path().join("new.json");
    std::fs::write(&beside, set(&[&new])).unwrap();
    std::fs::rename(&beside, &path).unwrap();
    oidc.verify(&with_new, NOW + 2 * SECOND).await.unwrap();
    let refused = oidc.verify(&with_old, NOW + 2 * SECOND).await;
    assert_eq!(refused, Err(Refusal::UnknownSigningKey));

    std::fs::write(&path, "{").unwrap();
    oidc.verify(&with_new, NOW + 4 * SECOND).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    oidc.verify(&with_new, NOW + 24 * HOUR).await.unwrap();
    let late = NOW + 24 * HOUR + 3 * SECOND;
    assert_eq!(oidc.verify(&with_new, late).await, Err(Refusal::KeysUnavailable));

    std::fs::create_dir(&path).unwrap();
    assert_eq!(oidc.verify(&with_new, late + HOUR).await, Err(Refusal::KeysUnavailable));
}
