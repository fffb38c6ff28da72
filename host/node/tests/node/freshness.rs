//! What is too old is told to nobody, and what nobody will ask for again is forgotten.

use super::support::{Desk, acme, node_at};
use permesso_node::{Caller, ChangeError, NodeConfig, Unserved, follow};
use permesso_store::{Realm, Remembered};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[tokio::test]
async fn a_node_that_is_cut_off_tells_nobody_what_they_may_see() {
    let desk = Desk::open().await;
    let config = NodeConfig { staleness: Duration::from_millis(50), ..NodeConfig::default() };
    let node = node_at(&desk.location(), config).await;
    let caller = Caller::User { id: "ann".to_owned(), issuer: "test".to_owned() };
    node.may(&acme(), &caller, "permesso.policy.read").await.unwrap();
    // Nobody has it follow the store.
    tokio::time::sleep(Duration::from_millis(80)).await;
    let late = node.may(&acme(), &caller, "permesso.policy.read").await.unwrap_err();
    assert!(matches!(late, ChangeError::Unserved(Unserved::Stale { .. })), "{late}");
    assert!(node.is_current_realm(&Realm::platform()).is_err());
    node.catch_up_all().await.unwrap();
    node.may(&acme(), &caller, "permesso.policy.read").await.unwrap();
    node.is_current_realm(&Realm::platform()).unwrap();
}

#[tokio::test]
async fn answers_are_remembered_for_a_day() {
    let desk = Desk::open().await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    let hour = 60 * 60 * 1000;
    for (key, hours) in [("yesterday", 25), ("today", 23)] {
        let remembered = Remembered {
            realm: acme(),
            key: key.to_owned(),
            fingerprint: "f".to_owned(),
            answer: "{}".to_owned(),
            at: now - hours * hour,
        };
        desk.node.store().append(Vec::new(), Some(remembered)).await.unwrap();
    }
    let kept = async |key: &str| desk.node.store().recall(&acme(), key).await.unwrap().is_some();
    assert!(kept("yesterday").await && kept("today").await);
    let following = tokio::spawn(follow(Arc::downgrade(&desk.node)));
    for _ in 0..100 {
        if !kept("yesterday").await {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!kept("yesterday").await);
    assert!(kept("today").await);
    following.abort();
}
