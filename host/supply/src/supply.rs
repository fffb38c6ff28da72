//! What supplies a process with families: folders of components, and a depot that is followed.

use super::depot::Depot;
use super::error::SupplyError;
use super::follow::{DepotFollower, DepotUpdate};
use super::installation::{Earlier, Families, Installation};
use permesso_runtime::{Runtime, RuntimeConfig, WasmFamily};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What supplies a process with families.
#[derive(Debug)]
pub struct Supply {
    /// Those of the folders.
    fixed: Families,
    without: Vec<String>,
    follower: Option<DepotFollower>,
    installation: Arc<Installation>,
    /// Declared last, so that what runs in it is gone first.
    runtime: Runtime,
}

/// What following the depot came to.
#[derive(Debug, Default)]
pub struct SupplyUpdate {
    /// The families that differ from before.
    pub changed: Vec<String>,
    /// What could not be done. What it concerns goes on as it was; only what closes is done all
    /// the same.
    pub problems: Vec<SupplyError>,
}

/// Puts a [`Supply`] together.
#[derive(Debug, Default)]
pub struct SupplyBuilder {
    runtime: RuntimeConfig,
    folders: Vec<PathBuf>,
    depot: Option<PathBuf>,
    without: Vec<String>,
}

impl SupplyBuilder {
    /// The limits of families.
    #[must_use]
    pub fn runtime(mut self, config: RuntimeConfig) -> Self {
        self.runtime = config;
        self
    }

    /// Installs every component of a folder; one that does not exist holds none.
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folders.push(path.into());
        self
    }

    /// Runs what is installed in a depot, and follows it (see [`Supply::follow`]).
    #[must_use]
    pub fn depot(mut self, path: impl Into<PathBuf>) -> Self {
        self.depot = Some(path.into());
        self
    }

    /// Leaves a family out even where its component is there.
    #[must_use]
    pub fn without_family(mut self, id: impl Into<String>) -> Self {
        self.without.push(id.into());
        self
    }

    /// Loads every component. One of the depot that cannot be run is left out and said so in the
    /// log: it is no reason not to have all the others.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong besides.
    pub fn build(self) -> Result<Supply, SupplyError> {
        let runtime = Runtime::new(self.runtime)?;
        let mut fixed = Families::default();
        for folder in &self.folders {
            fixed.load(&runtime, folder)?;
        }
        let mut follower =
            self.depot.map(|path| Depot::open(path).and_then(DepotFollower::new)).transpose()?;
        let update = match &mut follower {
            Some(follower) => follower.poll(&runtime)?.unwrap_or_default(),
            None => DepotUpdate::default(),
        };
        for problem in update.problems {
            if problem.is_of_the_operator() {
                return Err(problem.into());
            }
            tracing::error!(%problem, "a family of the depot does not answer");
        }
        let (without, installation) = (self.without, Arc::default());
        let mut supply = Supply { fixed, without, follower, installation, runtime };
        match supply.install(&update.families).into_iter().next() {
            Some(conflict) => Err(conflict),
            None => Ok(supply),
        }
    }
}

impl Supply {
    /// Begins to put one together.
    #[must_use]
    pub fn builder() -> SupplyBuilder {
        SupplyBuilder::default()
    }

    /// The families that are installed.
    #[must_use]
    pub fn installation(&self) -> &Arc<Installation> {
        &self.installation
    }

    /// Takes over what changed in the depot since the last time; `None` where nothing did. Compiles
    /// for up to some seconds: not for a thread that answers requests.
    ///
    /// # Errors
    ///
    /// Where the depot cannot be read. Nothing has changed then.
    pub fn follow(&mut self) -> Result<Option<SupplyUpdate>, SupplyError> {
        let Some(follower) = &mut self.follower else { return Ok(None) };
        let Some(update) = follower.poll(&self.runtime)? else { return Ok(None) };
        let mut problems: Vec<_> = update.problems.into_iter().map(SupplyError::Depot).collect();
        problems.extend(self.install(&update.families));
        Ok(Some(SupplyUpdate { changed: update.changed, problems }))
    }

    /// Installs the families of the folders and these of the depot, without those that are left
    /// out. Answers where the two contradict each other.
    fn install(&mut self, depot: &BTreeMap<String, Arc<WasmFamily>>) -> Vec<SupplyError> {
        let mut families = self.fixed.clone();
        let conflicts = match &self.follower {
            Some(follower) => families.extend(follower.depot().root(), depot),
            None => Vec::new(),
        };
        let earlier = self.follower.as_ref().map(|follower| {
            let (depot, cache) = (follower.depot().clone(), Arc::clone(follower.cache()));
            Earlier::new(depot, cache, self.runtime.clone())
        });
        self.installation = Arc::new(Installation::new(families, &self.without, earlier));
        conflicts
    }
}
