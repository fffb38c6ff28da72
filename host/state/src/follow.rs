//! Following the log.

use crate::node::Node;
use std::sync::{Arc, Weak};

/// Takes over what others write, until the node is gone: when the bell of the store rings, and
/// from time to time to be sure.
pub async fn follow(node: Weak<Node>) {
    let Some((bell, poll)) = node.upgrade().map(|node| (node.store().bell(), node.config().poll))
    else {
        return;
    };
    let mut away = false;
    loop {
        let rung = bell.notified();
        let Some(node) = node.upgrade() else { return };
        // What was written before this is seen now, what is written after it rings.
        match node.catch_up_all().await {
            Ok(()) if away => {
                tracing::info!("the store is there again");
                away = false;
            }
            Ok(()) => {}
            Err(error) if away => tracing::debug!(%error, "the store is still away"),
            Err(error) => {
                tracing::warn!(%error, "cannot follow the store; going on with what is known");
                away = true;
            }
        }
        drop::<Arc<Node>>(node);
        let _ = tokio::time::timeout(poll, rung).await;
    }
}
