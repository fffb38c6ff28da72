//! Catalogs by the digest of their text: read once, however many tenants are on them.

use crate::administration::with_administration;
use crate::document::CatalogPin;
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::load::{self, Source};
use permesso_engine::model::Catalog;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// The catalogs that were read.
#[derive(Debug, Default)]
pub(crate) struct Catalogs {
    read: Mutex<HashMap<String, Arc<Source<Catalog>>>>,
}

impl Catalogs {
    /// The catalog of a text, with the administration in it.
    pub(crate) fn parse(
        &self,
        text: &str,
    ) -> Result<(CatalogPin, Arc<Source<Catalog>>), Diagnostics> {
        let digest = digest(text);
        let known = self.lock().get(&digest).cloned();
        let catalog = match known {
            Some(catalog) => catalog,
            None => {
                let catalog = Arc::new(with_administration(load::catalog("the catalog", text)?)?);
                self.lock().insert(digest.clone(), Arc::clone(&catalog));
                catalog
            }
        };
        let version = catalog.value.version.to_string();
        Ok((CatalogPin { version, digest }, catalog))
    }

    pub(crate) fn get(&self, digest: &str) -> Option<Arc<Source<Catalog>>> {
        self.lock().get(digest).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Source<Catalog>>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
