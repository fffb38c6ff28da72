//! A policy decision point: tenants, families and the engine, put together.
//!
//! This is what an application embeds. It reads folders, loads components, compiles tenants and
//! decides; it opens no port and starts no thread but the one that ticks the families' deadlines.

use crate::folder::{FolderError, TenantFolder};
use crate::runtime::{LoadError, Runtime, RuntimeConfig, RuntimeError, WasmFamily};
use permesso_engine::Authorizer;
use permesso_engine::compile::{Compiled, Definition, FamilySet, compile};
use permesso_engine::decision::{Decision, Explanation, Request};
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_engine::family::Fault;
use permesso_engine::model::Position;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
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
    /// A component is refused.
    #[error(transparent)]
    Component(#[from] LoadError),
    /// Two components say that they are the same family.
    #[error("`{first}` and `{second}` are both the family `{id}`; keep one of them")]
    TwoComponents {
        /// The family.
        id: String,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// Two folders hold a tenant of one id.
    #[error("`{}` holds the tenant `{tenant}`, which is served already", path.display())]
    TwoTenants {
        /// The tenant.
        tenant: String,
        /// The second folder.
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

/// The installed families.
#[derive(Debug, Default, Clone)]
pub struct Families {
    by_id: BTreeMap<String, (String, Arc<WasmFamily>)>,
}

impl Families {
    /// Loads every `*.wasm` of a folder; a folder that does not exist holds none.
    ///
    /// # Errors
    ///
    /// A component that is refused, or two of one family.
    pub fn load_folder(&mut self, runtime: &Runtime, folder: &Path) -> Result<(), SetupError> {
        let read = |path: &Path, source| FolderError::Read { path: path.to_owned(), source };
        if !folder.is_dir() {
            return Ok(());
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| read(folder, error))? {
            let path = entry.map_err(|error| read(folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            self.load(runtime, &path)?;
        }
        Ok(())
    }

    /// Loads one component.
    ///
    /// # Errors
    ///
    /// As [`load_folder`](Self::load_folder).
    pub fn load(&mut self, runtime: &Runtime, path: &Path) -> Result<(), SetupError> {
        let bytes =
            fs::read(path).map_err(|source| FolderError::Read { path: path.to_owned(), source })?;
        let name = path.display().to_string();
        let family = runtime.load(&bytes, &name)?;
        let id = permesso_engine::family::Family::manifest(family.as_ref()).id.clone();
        if let Some((first, _)) = self.by_id.get(&id) {
            return Err(SetupError::TwoComponents { id, first: first.clone(), second: name });
        }
        self.by_id.insert(id, (name, family));
        Ok(())
    }

    /// Takes a family out, so that what it governs is denied.
    pub fn remove(&mut self, id: &str) -> bool {
        self.by_id.remove(id).is_some()
    }

    /// The families by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<WasmFamily>)> {
        self.by_id.iter().map(|(id, (_, family))| (id.as_str(), family))
    }

    /// As the engine takes them.
    #[must_use]
    pub fn as_set(&self) -> FamilySet {
        self.by_id
            .iter()
            .map(|(id, (_, family))| {
                (id.clone(), Arc::clone(family) as Arc<dyn permesso_engine::family::Family>)
            })
            .collect()
    }

    /// Asks each family about its configuration by a tenant.
    fn validate(&self, folder: &TenantFolder) -> Result<(), SetupError> {
        let tenant = &folder.tenant.value;
        let mut found = Diagnostics::default();
        for (id, settings) in &tenant.families {
            let Some((_, family)) = self.by_id.get(id) else { continue };
            let config = serde_json::to_string(&settings.config).unwrap_or_default();
            let diagnostics = family.validate(&tenant.tenant, &config).map_err(|fault| {
                SetupError::Configuration {
                    family: id.clone(),
                    tenant: tenant.tenant.to_string(),
                    fault,
                }
            })?;
            found.extend(diagnostics.into_iter().map(|diagnostic| Diagnostic {
                file: folder.tenant.file.clone(),
                at: Position::default(),
                field: format!("families.{id}.config{}", diagnostic.pointer),
                message: diagnostic.message,
                help: None,
            }));
        }
        Ok(found.or(())?)
    }
}

/// A policy decision point.
#[derive(Debug)]
pub struct Pdp {
    /// Declared before the runtime, so that what runs in it is gone first.
    authorizer: Arc<Authorizer>,
    families: Families,
    folders: Vec<TenantFolder>,
    _runtime: Runtime,
}

/// Puts a [`Pdp`] together.
#[derive(Debug, Default)]
pub struct PdpBuilder {
    runtime: RuntimeConfig,
    folders: Vec<PathBuf>,
    families: Vec<PathBuf>,
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
        for id in &self.without {
            families.remove(id);
        }
        let pdp = Pdp {
            authorizer: Arc::new(Authorizer::new(CACHE_CAPACITY)),
            families,
            folders,
            _runtime: runtime,
        };
        for folder in &pdp.folders {
            let compiled = pdp.compile(folder)?;
            if pdp.authorizer.tenant(compiled.snapshot.tenant()).is_some() {
                return Err(SetupError::TwoTenants {
                    tenant: compiled.snapshot.tenant().to_owned(),
                    path: folder.path.clone(),
                });
            }
            for (family, digest) in compiled.snapshot.families() {
                if digest.is_none() {
                    tracing::warn!(
                        tenant = compiled.snapshot.tenant(),
                        family,
                        "no component of this family is installed; what it governs is denied"
                    );
                }
            }
            pdp.authorizer.install(compiled);
        }
        Ok(pdp)
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
        self.families.validate(folder)?;
        Ok(compile(&Definition {
            catalog: &folder.catalog,
            tenant: &folder.tenant,
            directory: &folder.directory,
            families: &self.families.as_set(),
            revision: 1,
            lenient: false,
        })?)
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
