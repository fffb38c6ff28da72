//! A tenant in a folder.
//!
//! A product is added to an installation by a folder alone: its catalog, a tenant of it, the
//! tenant's people, and decision tables that say what must come out. Nothing of a product stands
//! anywhere else.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `product.yaml` | the product's catalog |
//! | `tenant.yaml` | one tenant of it |
//! | `people.yaml` | the tenant's users and delegations; may be absent |
//! | `tables/*.jsonl` | decision tables |
//! | `families/*.wasm` | components that come with the product; may be absent |
//!
//! Where the tenant or its people name what begins with `permesso.`, such as the role of an
//! administrator, the catalog has the administration in it, as it has in every store.

use permesso_engine::administration::{PREFIX, with_administration};
use permesso_engine::compile::{self, CompiledCatalog};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::load::{self, Source};
use permesso_engine::model::{Directory, Tenant};
use permesso_engine::names::check_names;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a folder says, read but not yet compiled.
#[derive(Debug, Clone)]
pub struct TenantFolder {
    /// The folder.
    pub path: PathBuf,
    /// The product's catalog, compiled.
    pub catalog: Arc<CompiledCatalog>,
    /// The tenant.
    pub tenant: Arc<Source<Tenant>>,
    /// Its people.
    pub directory: Source<Directory>,
}

/// A folder or a component that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A document is wrong.
    #[error("{0}")]
    Documents(Diagnostics),
}

impl TenantFolder {
    /// Reads a folder.
    ///
    /// # Errors
    ///
    /// The file that cannot be read, or everything that keeps the documents from being parsed.
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let documents = |name: &str| {
            let path = path.join(name);
            match fs::read_to_string(&path) {
                Ok(text) => Ok((path.display().to_string(), text)),
                Err(source) => Err(FolderError::Read { path, source }),
            }
        };
        let (file, text) = documents("product.yaml")?;
        let catalog = load::catalog(&file, &text);
        let (file, text) = documents("tenant.yaml")?;
        let mut administered = text.contains(PREFIX);
        let tenant = load::tenant(&file, &text);
        let directory = match documents("people.yaml") {
            Ok((file, text)) => {
                administered |= text.contains(PREFIX);
                load::directory(&file, &text)
            }
            Err(FolderError::Read { source, path }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(Source::new(path.display().to_string(), Directory::default()))
            }
            Err(error) => return Err(error),
        };
        // What a store serves has the administration in it. A folder has it where it is named.
        let catalog = match administered {
            true => catalog.and_then(with_administration),
            false => catalog,
        };
        match (catalog, tenant, directory) {
            (Ok(catalog), Ok(tenant), Ok(directory)) => {
                check_names(&catalog.value, &tenant, &directory).map_err(FolderError::Documents)?;
                let (catalog, tenant) = (compile::catalog(catalog), Arc::new(tenant));
                Ok(Self { path: path.to_owned(), catalog, tenant, directory })
            }
            (catalog, tenant, directory) => {
                let mut found = Diagnostics::default();
                found.extend(catalog.err().into_iter().flatten());
                found.extend(tenant.err().into_iter().flatten());
                found.extend(directory.err().into_iter().flatten());
                Err(FolderError::Documents(found))
            }
        }
    }
}
