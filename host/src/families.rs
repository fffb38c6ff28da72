//! The installed families, by id.
//!
//! Where they come from (a folder of components, a product's folder, a depot) is settled here;
//! whoever compiles a tenant only sees which family answers to which id.

use crate::folder::{FolderError, TenantFolder};
use crate::pdp::SetupError;
use crate::runtime::{Runtime, WasmFamily};
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_engine::family::{Family as _, FamilySet};
use permesso_engine::model::Position;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

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

    /// Adds families of a depot. One that a folder holds as well stays that of the folder, and is
    /// answered as [`SetupError::TwoComponents`].
    pub(crate) fn extend(
        &mut self,
        depot: &Path,
        families: &BTreeMap<String, Arc<WasmFamily>>,
    ) -> Vec<SetupError> {
        let name = depot.display().to_string();
        let mut conflicts = Vec::new();
        for (id, family) in families {
            match self.by_id.get(id) {
                Some((first, _)) => {
                    let (id, first) = (id.clone(), first.clone());
                    conflicts.push(SetupError::TwoComponents { id, first, second: name.clone() });
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
    pub(crate) fn filtered(
        &self,
        mut may_stay: impl FnMut(&str, &Arc<WasmFamily>) -> bool,
    ) -> Self {
        let staying = self.by_id.iter().filter(|(id, (_, family))| may_stay(id, family));
        Self { by_id: staying.map(|(id, entry)| (id.clone(), entry.clone())).collect() }
    }

    /// Whether both have the very same family of that id, or none.
    pub(crate) fn agree_on(&self, other: &Self, id: &str) -> bool {
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
    pub(crate) fn validate(&self, folder: &TenantFolder) -> Result<(), SetupError> {
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
