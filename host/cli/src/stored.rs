//! What commands that work on a store have in common.

use super::{Components, Failure, Stored};
use permesso_auth::Oidc;
use permesso_auth::oidc::IssuerConfig;
use permesso_engine::load;
use permesso_folders::DecisionPoint;
use permesso_node::{Caller, ChangeError, Node, NodeConfig};
use permesso_store::{Store, StoreError, open};
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self(format!("error: {error}"))
    }
}

impl From<ChangeError> for Failure {
    fn from(error: ChangeError) -> Self {
        Self(format!("error: {error}"))
    }
}

impl Stored {
    /// The store.
    pub(super) async fn open(&self) -> Result<Arc<dyn Store>, Failure> {
        Ok(open(&self.store).await?)
    }

    /// The store, waited for where it is not there yet: whoever starts a machine starts the
    /// database and its clients in any order.
    pub(super) async fn wait(&self, patience: Duration) -> Result<Arc<dyn Store>, Failure> {
        let begun = Instant::now();
        let mut told = false;
        loop {
            match open(&self.store).await {
                Ok(store) => return Ok(store),
                Err(error) if error.is_outage() && begun.elapsed() < patience => {
                    if !told {
                        tracing::warn!(%error, "waiting for the store");
                        told = true;
                    }
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A node on the store, with the families of this machine.
    pub(super) async fn node(&self, components: &Components) -> Result<Arc<Node>, Failure> {
        let point = components.build(&[])?;
        let store = self.open().await?;
        node(store, &point, NodeConfig::default()).await
    }
}

pub(super) async fn node(
    store: Arc<dyn Store>,
    point: &DecisionPoint,
    config: NodeConfig,
) -> Result<Arc<Node>, Failure> {
    let authorizer = Arc::clone(point.authorizer());
    Ok(Node::start(store, authorizer, point.installation().clone(), config).await?)
}

/// Whoever has the store in hand at a command line.
pub(super) fn operator() -> Caller {
    let name = std::env::var("USER").ok().filter(|name| !name.is_empty());
    Caller::Operator(name.unwrap_or_else(|| "unknown".to_owned()))
}

/// Runs something that waits.
pub(super) fn wait_for<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure(format!("error: {error}")))?.block_on(work)
}

/// The issuers of tokens that are trusted, from a file.
pub(super) fn issuers(path: Option<&Path>) -> Result<Option<Arc<Oidc>>, Failure> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Issuers {
        issuers: Vec<IssuerConfig>,
    }
    let Some(path) = path else { return Ok(None) };
    let said = |error: &dyn std::fmt::Display| {
        Failure(format!("error: the issuers in `{}`: {error}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| said(&error))?;
    let file = path.display().to_string();
    let read = load::document::<Issuers>(&file, &text).map_err(|faults| said(&faults))?;
    Ok(Some(Arc::new(Oidc::new(read.value.issuers).map_err(|error| said(&error))?)))
}
