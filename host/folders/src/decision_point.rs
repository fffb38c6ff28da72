//! A policy decision point: tenants, families and the engine, put together.
//!
//! This is what an application embeds. It reads folders, loads components, compiles tenants and
//! decides; it opens no port and starts no thread but the one that ticks the families' deadlines.

use crate::folder::{FolderError, TenantFolder};
use permesso_engine::Authorizer;
use permesso_engine::compile::{Compiled, Definition, PeopleFrom, compile};
use permesso_engine::decision::{Decision, Explanation, Request};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::family::{
    ConfigRefusal, FamilySet, FamilySource as _, Fault, check_configuration,
};
use permesso_runtime::RuntimeConfig;
use permesso_supply::{Installation, Supply, SupplyBuilder, SupplyError};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How many decisions of families are kept by default.
const CACHE_CAPACITY: u64 = 100_000;

/// What cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The families cannot be had, or one of them cannot be run.
    #[error(transparent)]
    Supply(#[from] SupplyError),
    /// A folder cannot be read, or its documents are wrong.
    #[error(transparent)]
    Folder(#[from] FolderError),
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
    /// A family gave no answer about a tenant's configuration.
    #[error("the family `{family}` gave no answer about the configuration of `{tenant}`: {fault}")]
    Configuration {
        /// The family.
        family: String,
        /// The tenant.
        tenant: String,
        /// Why.
        fault: Fault,
    },
}

impl From<Diagnostics> for SetupError {
    fn from(found: Diagnostics) -> Self {
        Self::Folder(FolderError::Documents(found))
    }
}

/// A policy decision point over tenants in folders.
#[derive(Debug)]
pub struct DecisionPoint {
    authorizer: Arc<Authorizer>,
    supply: Supply,
    /// What each tenant was compiled with. A tenant that a newer family does not fit goes on with
    /// the one that it had.
    served: BTreeMap<String, FamilySet>,
    folders: Vec<TenantFolder>,
}

/// What became of a change of families or of a tenant's documents.
#[derive(Debug, Default)]
pub struct Update {
    /// The families that differ from before.
    pub families: Vec<String>,
    /// The tenants that are decided on anew, with their revision.
    pub tenants: Vec<(String, u64)>,
    /// What could not be done. What it concerns goes on as it was; only what closes is done all
    /// the same.
    pub problems: Vec<SetupError>,
}

/// Puts a [`DecisionPoint`] together.
#[derive(Debug, Default)]
pub struct DecisionPointBuilder {
    supply: SupplyBuilder,
    folders: Vec<PathBuf>,
}

impl DecisionPointBuilder {
    /// The limits of families.
    #[must_use]
    pub fn runtime(mut self, config: RuntimeConfig) -> Self {
        self.supply = self.supply.runtime(config);
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
        self.supply = self.supply.folder(path);
        self
    }

    /// Runs what is installed in a depot, and follows it (see [`DecisionPoint::follow`]).
    #[must_use]
    pub fn depot(mut self, path: impl Into<PathBuf>) -> Self {
        self.supply = self.supply.depot(path);
        self
    }

    /// Leaves a family out even where its component is there.
    #[must_use]
    pub fn without_family(mut self, id: impl Into<String>) -> Self {
        self.supply = self.supply.without_family(id);
        self
    }

    /// Reads, loads and compiles everything.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong; nothing is served then.
    pub fn build(self) -> Result<DecisionPoint, SetupError> {
        let families = self.folders.iter().map(|folder| folder.join("families"));
        let supply = families.fold(self.supply, SupplyBuilder::folder).build()?;
        let mut this = DecisionPoint {
            authorizer: Arc::new(Authorizer::new(CACHE_CAPACITY)),
            supply,
            served: BTreeMap::new(),
            folders: Vec::new(),
        };
        let families = this.installation().families();
        for path in self.folders {
            let folder = TenantFolder::read(&path)?;
            let compiled = this.compile_with(&folder, &families)?;
            let tenant = compiled.snapshot.tenant().to_owned();
            if this.authorizer.tenant(&tenant).is_some() {
                return Err(SetupError::TwoTenants { tenant, path });
            }
            this.serve(compiled, families.clone());
            this.folders.push(folder);
        }
        Ok(this)
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

/// Whether both have the very same family of that id, or none.
fn agree_on(one: &FamilySet, other: &FamilySet, id: &str) -> bool {
    match (one.get(id), other.get(id)) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

impl DecisionPoint {
    /// Begins to put one together.
    #[must_use]
    pub fn builder() -> DecisionPointBuilder {
        DecisionPointBuilder::default()
    }

    /// Compiles a folder with the families that are installed.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with its documents.
    pub fn compile(&self, folder: &TenantFolder) -> Result<Compiled, SetupError> {
        self.compile_with(folder, &self.installation().families())
    }

    fn compile_with(
        &self,
        folder: &TenantFolder,
        families: &FamilySet,
    ) -> Result<Compiled, SetupError> {
        check_configuration(families, &folder.tenant, |_| true).map_err(
            |refusal| match refusal {
                ConfigRefusal::Refused(found) => found.into(),
                ConfigRefusal::Unanswered { family, fault } => {
                    let tenant = folder.tenant.value.tenant.to_string();
                    SetupError::Configuration { family, tenant, fault }
                }
            },
        )?;
        self.compile_unasked(folder, families)
    }

    /// The same without asking the families about their configuration again.
    fn compile_unasked(
        &self,
        folder: &TenantFolder,
        families: &FamilySet,
    ) -> Result<Compiled, SetupError> {
        let served = self.authorizer.tenant(folder.tenant.value.tenant.as_str());
        Ok(compile(&Definition {
            catalog: &folder.catalog,
            tenant: &folder.tenant,
            people: PeopleFrom::Directory(&folder.directory),
            families,
            revision: served.map_or(1, |served| served.snapshot.revision() + 1),
            lenient: false,
            before: None,
        })?)
    }

    /// Decides on what was compiled from now on. Answers with the tenant and its revision.
    fn serve(&mut self, compiled: Compiled, families: FamilySet) -> (String, u64) {
        warn_of_missing(&compiled);
        let (tenant, revision) =
            (compiled.snapshot.tenant().to_owned(), compiled.snapshot.revision());
        self.served.insert(tenant.clone(), families);
        self.authorizer.install(compiled);
        (tenant, revision)
    }

    /// Takes over what changed in the depot since the last time. Decisions under way finish with
    /// the families that they began with, and each is made with those of one revision of its
    /// tenant. Compiles for up to some seconds: not for a thread that answers requests.
    ///
    /// # Errors
    ///
    /// Where the depot cannot be read. Nothing has changed then.
    pub fn follow(&mut self) -> Result<Update, SetupError> {
        let Some(supplied) = self.supply.follow()? else { return Ok(Update::default()) };
        let problems = supplied.problems.into_iter().map(SetupError::Supply).collect();
        let mut update = Update { families: supplied.changed, problems, ..Update::default() };
        let folders = std::mem::take(&mut self.folders);
        for folder in &folders {
            self.reinstall(folder, &mut update);
        }
        self.folders = folders;
        Ok(update)
    }

    /// Puts the families that are installed in the place of those that a tenant has.
    fn reinstall(&mut self, folder: &TenantFolder, update: &mut Update) {
        let tenant = folder.tenant.value.tenant.as_str();
        let Some(served) = self.authorizer.tenant(tenant) else { return };
        let had = self.served.get(tenant).cloned().unwrap_or_default();
        // Also one that could not take over an earlier change, which may fit by now.
        let agrees =
            |with: &FamilySet| served.snapshot.families().all(|(id, _)| agree_on(&had, with, id));
        let newest = self.installation().families();
        if agrees(&newest) {
            return;
        }
        let (compiled, families) = match self.compile_with(folder, &newest) {
            Ok(compiled) => (Ok(compiled), newest),
            Err(problem) => {
                update.problems.push(problem);
                let left = self.installation().left_of(&had);
                if agrees(&left) {
                    return;
                }
                // All of them have accepted it before, and what closes does not wait for one
                // that has no time to say so again.
                (self.compile_unasked(folder, &left), left)
            }
        };
        match compiled {
            Ok(compiled) => update.tenants.push(self.serve(compiled, families)),
            Err(problem) => update.problems.push(problem),
        }
    }

    /// Reads the tenants' folders again and takes over what they say now. A folder with a mistake
    /// is served as it was.
    pub fn reread(&mut self) -> Update {
        let mut update = Update::default();
        let mut folders = std::mem::take(&mut self.folders);
        for folder in &mut folders {
            match self.reread_one(folder, &mut update) {
                Ok((read, compiled, families)) => {
                    update.tenants.push(self.serve(compiled, families));
                    *folder = read;
                }
                Err(problem) => update.problems.push(problem),
            }
        }
        self.folders = folders;
        update
    }

    fn reread_one(
        &self,
        folder: &TenantFolder,
        update: &mut Update,
    ) -> Result<(TenantFolder, Compiled, FamilySet), SetupError> {
        let read = TenantFolder::read(&folder.path)?;
        let (was, is) = (&folder.tenant.value.tenant, &read.tenant.value.tenant);
        if is != was {
            let (was, is, path) = (was.to_string(), is.to_string(), folder.path.clone());
            return Err(SetupError::OtherTenant { was, is, path });
        }
        let newest = self.installation().families();
        let had = self.served.get(was.as_str());
        let left = had.map(|had| self.installation().left_of(had)).unwrap_or_default();
        match self.compile_with(&read, &newest) {
            Ok(compiled) => Ok((read, compiled, newest)),
            Err(problem) if newest.keys().all(|id| agree_on(&left, &newest, id)) => Err(problem),
            Err(problem) => {
                // An edit does not wait for a newer family that the tenant has not taken over.
                let compiled = self.compile_with(&read, &left)?;
                update.problems.push(problem);
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
    pub fn installation(&self) -> &Arc<Installation> {
        self.supply.installation()
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
