//! Following the log.

use crate::node::{Node, now};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// For how long the answer to a request with an idempotency key is kept, in milliseconds.
const REMEMBERED: i64 = 24 * 60 * 60 * 1000;
/// How often older ones are forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// How often what is in memory is weighed.
const TIDY_EVERY: Duration = Duration::from_mins(1);

/// Takes over what others write, until the node is gone: when the bell of the store rings, and
/// from time to time to be sure.
pub async fn follow(node: Weak<Node>) {
    let Some((bell, poll)) = node.upgrade().map(|node| (node.store().bell(), node.config().poll))
    else {
        return;
    };
    let mut away = false;
    let mut forgotten: Option<Instant> = None;
    let mut tidied = Instant::now();
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
        if !away && forgotten.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
            if let Err(error) = node.store().forget(now() - REMEMBERED).await {
                tracing::warn!(%error, "old answers were not forgotten");
            }
            forgotten = Some(Instant::now());
        }
        if tidied.elapsed() >= TIDY_EVERY {
            node.tidy();
            tidied = Instant::now();
        }
        drop::<Arc<Node>>(node);
        let _ = tokio::time::timeout(poll, rung).await;
    }
}
