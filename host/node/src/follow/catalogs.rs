//! Catalogs by the digest of their text: read and compiled once, however many tenants are on them.

use crate::document::{self, CatalogPin, CatalogText};
use crate::edit::administration::with_administration;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::node::Node;
use permesso_engine::compile::{self, CompiledCatalog};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::load;
use permesso_store::Realm;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The catalogs that were read.
#[derive(Debug, Default)]
pub(crate) struct Catalogs {
    read: Mutex<HashMap<String, Arc<CompiledCatalog>>>,
}

impl Catalogs {
    /// The catalog of a text, with the administration in it.
    pub(crate) fn parse(
        &self,
        text: &str,
    ) -> Result<(CatalogPin, Arc<CompiledCatalog>), Diagnostics> {
        let digest = digest(text);
        let known = self.lock().get(&digest).cloned();
        let catalog = match known {
            Some(catalog) => catalog,
            None => {
                let source = with_administration(load::catalog("the catalog", text)?)?;
                let catalog = compile::catalog(source);
                self.lock().insert(digest.clone(), Arc::clone(&catalog));
                catalog
            }
        };
        let version = catalog.source().value.version.to_string();
        Ok((CatalogPin { version, digest }, catalog))
    }

    pub(crate) fn get(&self, digest: &str) -> Option<Arc<CompiledCatalog>> {
        self.lock().get(digest).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<CompiledCatalog>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Node {
    /// A version of a catalog.
    pub(crate) async fn catalog(
        &self,
        pin: &CatalogPin,
    ) -> Result<Arc<CompiledCatalog>, ChangeError> {
        if let Some(catalog) = self.catalogs.get(&pin.digest) {
            return Ok(catalog);
        }
        let (realm, kind) = (Realm::platform(), DocumentKind::CatalogText);
        let found = self.store.object(&realm, kind.name(), &pin.digest).await?;
        let missing = || ChangeError::Missing { realm, kind, id: pin.digest.clone() };
        let text: CatalogText =
            document::read(kind, &pin.digest, &found.ok_or_else(missing)?.body)?;
        Ok(self.parse_catalog(&text.text)?.1)
    }

    /// Reads a catalog, with the administration in it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse_catalog(
        &self,
        text: &str,
    ) -> Result<(CatalogPin, Arc<CompiledCatalog>), Diagnostics> {
        self.catalogs.parse(text)
    }

    /// The current version of a product's catalog.
    ///
    /// # Errors
    ///
    /// Where there is no such product.
    pub fn product(&self, product: &str) -> Result<CatalogPin, ChangeError> {
        let state = self.platform.state.load();
        let found =
            state.documents.as_ref().and_then(|all| all.get(DocumentKind::Product, product));
        let found = found.ok_or_else(|| ChangeError::Missing {
            realm: Realm::platform(),
            kind: DocumentKind::Product,
            id: product.to_owned(),
        })?;
        document::read(DocumentKind::Product, product, &found.body)
    }
}

impl Node {
    /// The current version of each product's catalog.
    pub(crate) async fn current_catalogs(&self) -> Result<Vec<Arc<CompiledCatalog>>, ChangeError> {
        let version = self.version(&self.platform).await?;
        let mut catalogs = Vec::new();
        for (id, object) in version.documents.all(DocumentKind::Product) {
            let pin: CatalogPin = document::read(DocumentKind::Product, id, &object.body)?;
            catalogs.push(self.catalog(&pin).await?);
        }
        Ok(catalogs)
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub(crate) fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
