//! The installed families, by id.
//!
//! Where they come from (a folder of components, a product's folder, a depot) is settled here;
//! whoever compiles a tenant only sees which family answers to which id.

use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_engine::family::{Family as _, FamilySet, Fault};
use permesso_engine::load::Source;
use permesso_engine::model::{Position, Tenant};
use permesso_runtime::{LoadError, Runtime, WasmFamily};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is wrong with the components of a folder, or with a tenant's configuration of a family.
#[derive(Debug, thiserror::Error)]
pub enum FamiliesError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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
    /// Families refuse a tenant's configuration.
    #[error("{0}")]
    Refused(Diagnostics),
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
    pub fn load_folder(&mut self, runtime: &Runtime, folder: &Path) -> Result<(), FamiliesError> {
        let read = |path: &Path, source| FamiliesError::Read { path: path.to_owned(), source };
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
    pub fn load(&mut self, runtime: &Runtime, path: &Path) -> Result<(), FamiliesError> {
        let bytes = fs::read(path)
            .map_err(|source| FamiliesError::Read { path: path.to_owned(), source })?;
        let name = path.display().to_string();
        let family = runtime.load(&bytes, &name)?;
        let id = permesso_engine::family::Family::manifest(family.as_ref()).id.clone();
        if let Some((first, _)) = self.by_id.get(&id) {
            return Err(FamiliesError::TwoComponents { id, first: first.clone(), second: name });
        }
        self.by_id.insert(id, (name, family));
        Ok(())
    }

    /// Adds families of a depot. One that a folder holds as well stays that of the folder, and is
    /// answered as [`FamiliesError::TwoComponents`].
    pub fn extend(
        &mut self,
        depot: &Path,
        families: &BTreeMap<String, Arc<WasmFamily>>,
    ) -> Vec<FamiliesError> {
        let name = depot.display().to_string();
        let mut conflicts = Vec::new();
        for (id, family) in families {
            match self.by_id.get(id) {
                Some((first, _)) => {
                    let (id, first) = (id.clone(), first.clone());
                    conflicts.push(FamiliesError::TwoComponents {
                        id,
                        first,
                        second: name.clone(),
                    });
                }
                None => {
                    self.by_id.insert(id.clone(), (name.clone(), Arc::clone(family)));
                }
            }
        }
        conflicts
    }

    /// The family of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<WasmFamily>> {
        self.by_id.get(id).map(|(_, family)| family)
    }

    /// Those of its families that may stay.
    pub fn filtered(&self, mut may_stay: impl FnMut(&str, &Arc<WasmFamily>) -> bool) -> Self {
        let staying = self.by_id.iter().filter(|(id, (_, family))| may_stay(id, family));
        Self { by_id: staying.map(|(id, entry)| (id.clone(), entry.clone())).collect() }
    }

    /// Whether both have the very same family of that id, or none.
    pub fn agree_on(&self, other: &Self, id: &str) -> bool {
        match (self.get(id), other.get(id)) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
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
    pub fn validate(&self, tenant: &Source<Tenant>) -> Result<(), FamiliesError> {
        let (file, tenant) = (&tenant.file, &tenant.value);
        let mut found = Diagnostics::default();
        for (id, settings) in &tenant.families {
            let Some((_, family)) = self.by_id.get(id) else { continue };
            let config = serde_json::to_string(&settings.config).unwrap_or_default();
            let diagnostics = family.validate(&tenant.tenant, &config).map_err(|fault| {
                FamiliesError::Configuration {
                    family: id.clone(),
                    tenant: tenant.tenant.to_string(),
                    fault,
                }
            })?;
            found.extend(diagnostics.into_iter().map(|diagnostic| Diagnostic {
                file: file.clone(),
                at: Position::default(),
                field: format!("families.{id}.config{}", diagnostic.pointer),
                message: diagnostic.message,
                help: None,
            }));
        }
        found.or(()).map_err(FamiliesError::Refused)
    }
}
