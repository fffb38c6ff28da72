//! A policy decision point: tenants, families and the engine, put together.
//!
//! This is what an application embeds. It reads folders, loads components, compiles tenants and
//! decides; it opens no port and starts no thread but the one that ticks the families' deadlines.

use crate::folder::{FolderError, TenantFolder};
use permesso_engine::Authorizer;
use permesso_engine::compile::{Compiled, Definition, compile};
use permesso_engine::decision::{Decision, Explanation, Request};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::family::{Family as _, FamilySource};
use permesso_runtime::{Runtime, RuntimeConfig, RuntimeError, WasmFamily};
use permesso_supply::Local;
use permesso_supply::{Depot, DepotError, Follower, Swap};
use permesso_supply::{Families, FamiliesError};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How many decisions of families are kept by default.
const CACHE_CAPACITY: u64 = 100_000;

/// What cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The WebAssembly runtime does not start.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A folder cannot be read, or its documents are wrong.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A component is refused, or a tenant's configuration of a family.
    #[error(transparent)]
    Families(#[from] FamiliesError),
    /// The depot cannot be used, or a family in it cannot be run.
    #[error(transparent)]
    Depot(#[from] DepotError),
    /// Two folders hold a tenant of one id.
    #[error("`{}` holds the tenant `{tenant}`, which is served already", path.display())]
    TwoTenants {
        /// The tenant.
        tenant: String,
        /// The second folder.
        path: PathBuf,
    },
    /// A folder that is served has become that of another tenant.
    #[error(
        "`{}` held the tenant `{was}` and now holds `{is}`; restart the server to serve it",
        path.display()
    )]
    OtherTenant {
        /// The tenant that is served.
        was: String,
        /// The tenant that it says now.
        is: String,
        /// The folder.
        path: PathBuf,
    },
}

impl From<Diagnostics> for SetupError {
    fn from(found: Diagnostics) -> Self {
        Self::Folder(FolderError::Documents(found))
    }
}

/// A policy decision point.
#[derive(Debug)]
pub struct Pdp {
    /// Declared before the runtime, so that what runs in it is gone first.
    authorizer: Arc<Authorizer>,
    /// Those of the folders.
    fixed: Families,
    /// Those, and those of the depot.
    families: Families,
    /// What each tenant was compiled with. A tenant that a newer family does not fit goes on with
    /// the one that it had.
    served: BTreeMap<String, Families>,
    without: Vec<String>,
    folders: Vec<TenantFolder>,
    follower: Option<Follower>,
    runtime: Runtime,
}

/// What became of a change of families or of a tenant's documents.
#[derive(Debug, Default)]
pub struct Change {
    /// The families that differ from before.
    pub families: Vec<String>,
    /// The tenants that are decided on anew, with their revision.
    pub tenants: Vec<(String, u64)>,
    /// What could not be done. What it concerns goes on as it was; only what closes is done all
    /// the same.
    pub problems: Vec<SetupError>,
}

/// Puts a [`Pdp`] together.
#[derive(Debug, Default)]
pub struct PdpBuilder {
    runtime: RuntimeConfig,
    folders: Vec<PathBuf>,
    families: Vec<PathBuf>,
    depot: Option<PathBuf>,
    without: Vec<String>,
}

impl PdpBuilder {
    /// The limits of families.
    #[must_use]
    pub fn runtime(mut self, config: RuntimeConfig) -> Self {
        self.runtime = config;
        self
    }

    /// Serves the tenant of a folder (see [`TenantFolder`]).
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.folders.push(path.into());
        self
    }

    /// Installs every component of a folder.
    #[must_use]
    pub fn families(mut self, path: impl Into<PathBuf>) -> Self {
        self.families.push(path.into());
        self
    }

    /// Runs what is installed in a depot, and follows it (see [`Pdp::follow`]).
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

    /// Reads, loads and compiles everything.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong; nothing is served then.
    pub fn build(self) -> Result<Pdp, SetupError> {
        let runtime = Runtime::new(self.runtime)?;
        let mut families = Families::default();
        for folder in &self.families {
            families.load_folder(&runtime, folder)?;
        }
        let mut folders = Vec::new();
        for path in &self.folders {
            families.load_folder(&runtime, &path.join("families"))?;
            folders.push(TenantFolder::read(path)?);
        }
        let fixed = families;
        let mut follower =
            self.depot.map(|path| Depot::open(path).and_then(Follower::new)).transpose()?;
        let swap = match &mut follower {
            Some(follower) => follower.poll(&runtime)?.unwrap_or_default(),
            None => Swap::default(),
        };
        for problem in swap.problems {
            if problem.is_of_the_operator() {
                return Err(problem.into());
            }
            // One family that cannot be run is no reason not to serve all the others.
            tracing::error!(%problem, "a family of the depot does not answer");
        }
        let mut pdp = Pdp {
            authorizer: Arc::new(Authorizer::new(CACHE_CAPACITY)),
            families: Families::default(),
            served: BTreeMap::new(),
            fixed,
            without: self.without,
            folders,
            follower,
            runtime,
        };
        let (combined, conflicts) = pdp.combined(&swap.families);
        if let Some(conflict) = conflicts.into_iter().next() {
            return Err(conflict.into());
        }
        pdp.families = combined;
        for folder in &pdp.folders {
            let compiled = pdp.compile(folder)?;
            if pdp.authorizer.tenant(compiled.snapshot.tenant()).is_some() {
                return Err(SetupError::TwoTenants {
                    tenant: compiled.snapshot.tenant().to_owned(),
                    path: folder.path.clone(),
                });
            }
            warn_of_missing(&compiled);
            let tenant = compiled.snapshot.tenant().to_owned();
            pdp.served.insert(tenant, pdp.families.clone());
            pdp.authorizer.install(compiled);
        }
        Ok(pdp)
    }
}

fn warn_of_missing(compiled: &Compiled) {
    for (family, digest) in compiled.snapshot.families() {
        if digest.is_none() {
            tracing::warn!(
                tenant = compiled.snapshot.tenant(),
                family,
                "no component of this family is installed; what it governs is denied"
            );
        }
    }
}

impl Pdp {
    /// Begins to put one together.
    #[must_use]
    pub fn builder() -> PdpBuilder {
        PdpBuilder::default()
    }

    /// Compiles a folder with the families that are installed.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with its documents.
    pub fn compile(&self, folder: &TenantFolder) -> Result<Compiled, SetupError> {
        self.compile_with(folder, &self.families)
    }

    fn compile_with(
        &self,
        folder: &TenantFolder,
        families: &Families,
    ) -> Result<Compiled, SetupError> {
        families.validate(&folder.tenant)?;
        self.compile_unasked(folder, families)
    }

    /// The same without asking the families about their configuration again.
    fn compile_unasked(
        &self,
        folder: &TenantFolder,
        families: &Families,
    ) -> Result<Compiled, SetupError> {
        let served = self.authorizer.tenant(folder.tenant.value.tenant.as_str());
        Ok(compile(&Definition {
            catalog: &folder.catalog,
            tenant: &folder.tenant,
            directory: &folder.directory,
            families: &families.as_set(),
            revision: served.map_or(1, |served| served.snapshot.revision() + 1),
            lenient: false,
        })?)
    }

    /// The families of the folders and of the depot, without those that are left out, and where
    /// the two contradict each other.
    fn combined(
        &self,
        depot: &BTreeMap<String, Arc<WasmFamily>>,
    ) -> (Families, Vec<FamiliesError>) {
        let mut families = self.fixed.clone();
        let conflicts = match &self.follower {
            Some(follower) => families.extend(follower.depot().root(), depot),
            None => Vec::new(),
        };
        for id in &self.without {
            families.remove(id);
        }
        (families, conflicts)
    }

    /// Takes over what changed in the depot since the last time. Decisions under way finish with
    /// the families that they began with, and each is made with those of one revision of its
    /// tenant. Compiles for up to some seconds: not for a thread that answers requests.
    ///
    /// # Errors
    ///
    /// Where the depot cannot be read. Nothing has changed then.
    pub fn follow(&mut self) -> Result<Change, SetupError> {
        let Some(follower) = &mut self.follower else { return Ok(Change::default()) };
        let Some(swap) = follower.poll(&self.runtime)? else { return Ok(Change::default()) };
        let mut change = Change { families: swap.changed, ..Change::default() };
        change.problems.extend(swap.problems.into_iter().map(SetupError::Depot));
        let (families, conflicts) = self.combined(&swap.families);
        change.problems.extend(conflicts.into_iter().map(SetupError::Families));
        self.swap(families, &mut change);
        Ok(change)
    }

    /// Puts other families in the place of those that are installed.
    fn swap(&mut self, families: Families, change: &mut Change) {
        self.families = families;
        for folder in &self.folders {
            let tenant = folder.tenant.value.tenant.as_str();
            let Some(served) = self.authorizer.tenant(tenant) else { continue };
            let had = self.served.get(tenant).cloned().unwrap_or_default();
            // Also one that could not take over an earlier change, which may fit by now.
            let agrees =
                |with: &Families| served.snapshot.families().all(|(id, _)| had.agree_on(with, id));
            if agrees(&self.families) {
                continue;
            }
            let (compiled, families) = match self.compile(folder) {
                Ok(compiled) => (Ok(compiled), self.families.clone()),
                Err(problem) => {
                    change.problems.push(problem);
                    let left = self.left_of(&had);
                    if agrees(&left) {
                        continue;
                    }
                    // All of them have accepted it before, and what closes does not wait for one
                    // that has no time to say so again.
                    (self.compile_unasked(folder, &left), left)
                }
            };
            match compiled {
                Ok(compiled) => {
                    warn_of_missing(&compiled);
                    change.tenants.push((tenant.to_owned(), compiled.snapshot.revision()));
                    self.served.insert(tenant.to_owned(), families);
                    self.authorizer.install(compiled);
                }
                Err(problem) => change.problems.push(problem),
            }
        }
    }

    /// What a tenant goes on with that the newest families do not fit: of those that it had, the
    /// ones that have not been taken out since, by whoever installs or by whoever trusts.
    fn left_of(&self, had: &Families) -> Families {
        had.filtered(|id, family| {
            self.families.get(id).is_some()
                && (had.agree_on(&self.families, id)
                    || self
                        .follower
                        .as_ref()
                        .is_some_and(|follower| follower.may_answer(id, family.digest())))
        })
    }

    /// Reads the tenants' folders again and takes over what they say now. A folder with a mistake
    /// is served as it was.
    pub fn reread(&mut self) -> Change {
        let mut change = Change::default();
        let mut folders = std::mem::take(&mut self.folders);
        for folder in &mut folders {
            match self.reread_one(folder, &mut change) {
                Ok((read, compiled, families)) => {
                    let tenant = compiled.snapshot.tenant().to_owned();
                    change.tenants.push((tenant.clone(), compiled.snapshot.revision()));
                    self.served.insert(tenant, families);
                    self.authorizer.install(compiled);
                    *folder = read;
                }
                Err(problem) => change.problems.push(problem),
            }
        }
        self.folders = folders;
        change
    }

    fn reread_one(
        &self,
        folder: &TenantFolder,
        change: &mut Change,
    ) -> Result<(TenantFolder, Compiled, Families), SetupError> {
        let read = TenantFolder::read(&folder.path)?;
        let (was, is) = (&folder.tenant.value.tenant, &read.tenant.value.tenant);
        if is != was {
            let (was, is, path) = (was.to_string(), is.to_string(), folder.path.clone());
            return Err(SetupError::OtherTenant { was, is, path });
        }
        let left = self.served.get(was.as_str()).map(|had| self.left_of(had)).unwrap_or_default();
        let newest = self.families.iter().all(|(id, _)| left.agree_on(&self.families, id));
        match self.compile(&read) {
            Ok(compiled) => Ok((read, compiled, self.families.clone())),
            Err(problem) if newest => Err(problem),
            Err(problem) => {
                // An edit does not wait for a newer family that the tenant has not taken over.
                let compiled = self.compile_with(&read, &left)?;
                change.problems.push(problem);
                Ok((read, compiled, left))
            }
        }
    }

    /// The engine.
    #[must_use]
    pub fn authorizer(&self) -> &Arc<Authorizer> {
        &self.authorizer
    }

    /// The families that are installed.
    #[must_use]
    pub fn families(&self) -> &Families {
        &self.families
    }

    /// The families as tenants of a store are told of them: those that are installed, and those
    /// that the depot has kept.
    #[must_use]
    pub fn components(&self) -> Arc<dyn FamilySource> {
        let depot = self.follower.as_ref().and_then(|follower| {
            let depot = follower.depot().clone();
            // What is taken out has to be gone even where nothing earlier can be loaded.
            let cache = depot.cache().map_err(|error| {
                tracing::warn!(%error, "earlier versions of families are not looked for");
            });
            Some((depot, cache.ok()?, self.runtime.clone()))
        });
        Arc::new(Local::new(self.families.clone(), self.without.clone(), depot))
    }

    /// The folders that are served, in the order given.
    #[must_use]
    pub fn folders(&self) -> &[TenantFolder] {
        &self.folders
    }

    /// Decides one request. See [`Authorizer::decide`].
    #[must_use]
    pub fn decide(&self, tenant: &str, request: &Request<'_>) -> Decision {
        self.authorizer.decide(tenant, request)
    }

    /// Decides one request and says why. See [`Authorizer::explain`].
    #[must_use]
    pub fn explain(&self, tenant: &str, request: &Request<'_>) -> Explanation {
        self.authorizer.explain(tenant, request)
    }
}
