//! A tenant at one revision, for whoever is about to change it.

use crate::document::{self, CatalogPin, Settings};
use crate::edit::keys;
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::kind::DocumentKind;
use crate::node::Node;
use permesso_engine::condition::AttributeSchema;
use permesso_engine::load::Source;
use permesso_engine::model::{Catalog, Delegation, Role, Tenant, User};
use permesso_store::feed::Facet;
use permesso_store::{Body, FacetUsage, Object, Realm, Store};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tenant at one revision. What it reads besides is of that revision or a later one; a change
/// that is made from it is appended only where the log has not moved.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub(crate) node: &'a Node,
    pub(crate) realm: &'a Realm,
    pub(crate) version: &'a Version,
    /// In milliseconds since 1970-01-01T00:00:00Z.
    pub(crate) now: i64,
}

impl View<'_> {
    /// Whose it is.
    #[must_use]
    pub fn realm(&self) -> &Realm {
        self.realm
    }

    /// The revision.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.version.revision
    }

    /// When this is, in milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The tenant without its directory.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.version.documents.tenant.value
    }

    /// The catalog that it is on, with the administration in it.
    #[must_use]
    pub fn catalog(&self) -> &Source<Catalog> {
        self.version.catalog.source()
    }

    /// What a condition may read, of what grants or says for whom something is and of others.
    #[must_use]
    pub fn schema(&self, grants: bool) -> &AttributeSchema {
        self.version.catalog.schema(grants)
    }

    /// What was settled about it.
    ///
    /// # Errors
    ///
    /// Where it is no tenant.
    pub fn settings(&self) -> Result<Settings, ChangeError> {
        self.policy(DocumentKind::Settings, "tenant")
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &**self.node.store()
    }

    /// The node.
    #[must_use]
    pub fn node(&self) -> &Node {
        self.node
    }

    /// The revision at which a document was last written; none where there is none, or where it
    /// is one of the directory.
    #[must_use]
    pub fn revision_of(&self, kind: DocumentKind, id: &str) -> Option<u64> {
        self.version.documents.get(kind, id).map(|document| document.revision)
    }

    /// The documents of a kind that is not read one by one.
    pub fn documents(&self, kind: DocumentKind) -> impl Iterator<Item = (&str, &Object)> {
        self.version.documents.all(kind)
    }

    /// A document of a kind that is not read one by one.
    ///
    /// # Errors
    ///
    /// Where there is none, or it cannot be read.
    pub fn policy<T: DeserializeOwned>(
        &self,
        kind: DocumentKind,
        id: &str,
    ) -> Result<T, ChangeError> {
        let object = self.version.documents.get(kind, id).ok_or_else(|| self.missing(kind, id))?;
        document::read(kind, id, &object.body)
    }

    /// Any document.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn object(
        &self,
        kind: DocumentKind,
        id: &str,
    ) -> Result<Option<Object>, ChangeError> {
        if kind.is_directory() {
            return Ok(self.store().object(self.realm, kind.name(), id).await?);
        }
        Ok(self.version.documents.get(kind, id).cloned())
    }

    /// Any document, as what it says.
    ///
    /// # Errors
    ///
    /// Where there is none, or it cannot be read.
    pub async fn read<T: DeserializeOwned>(
        &self,
        kind: DocumentKind,
        id: &str,
    ) -> Result<T, ChangeError> {
        let object = self.object(kind, id).await?.ok_or_else(|| self.missing(kind, id))?;
        document::read(kind, id, &object.body)
    }

    /// A user.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn user(&self, id: &str) -> Result<User, ChangeError> {
        self.read(DocumentKind::User, id).await
    }

    /// A delegation.
    ///
    /// # Errors
    ///
    /// Where there is none.
    pub async fn delegation(&self, id: &str) -> Result<Delegation, ChangeError> {
        self.read(DocumentKind::Delegation, id).await
    }

    /// How many users have something.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn usage(
        &self,
        facets: &[(Facet, String)],
    ) -> Result<BTreeMap<(Facet, String), FacetUsage>, ChangeError> {
        Ok(self.store().directory(self.realm, &[], facets).await?.usage)
    }

    /// How many API keys that are good act with each role: the tenant's own, and those of the
    /// platform that are good for it.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn keys_by_role(&self) -> Result<BTreeMap<String, u64>, ChangeError> {
        let mut counted: BTreeMap<String, u64> = BTreeMap::new();
        for acting in keys::all(self, self.version, &[]).await? {
            for role in &acting.key.roles {
                *counted.entry(role.clone()).or_default() += 1;
            }
        }
        Ok(counted)
    }

    /// A role as the tenant has it: its own, or the product's.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<&Role> {
        let own = &self.tenant().roles;
        // They are kept in the order of their ids.
        if let Ok(place) = own.binary_search_by(|role| role.id.as_str().cmp(id)) {
            return own.get(place).map(|role| &**role);
        }
        self.version
            .catalog
            .source()
            .value
            .standard_roles
            .iter()
            .find(|role| role.id.as_str() == id)
    }

    /// Every role: the tenant's own, and those of the product that it has not edited.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        let own = &self.tenant().roles;
        let unedited = |role: &&Role| {
            own.binary_search_by(|other| other.id.as_str().cmp(role.id.as_str())).is_err()
        };
        let standard = &self.version.catalog.source().value.standard_roles;
        own.iter().map(|role| &**role).chain(standard.iter().filter(unedited))
    }

    /// The catalog's pin.
    ///
    /// # Errors
    ///
    /// Where it is no tenant.
    pub fn pin(&self) -> Result<CatalogPin, ChangeError> {
        self.policy(DocumentKind::Catalog, "product")
    }

    /// That there is no such document.
    #[must_use]
    pub fn missing(&self, kind: DocumentKind, id: &str) -> ChangeError {
        ChangeError::Missing { realm: self.realm.clone(), kind, id: id.to_owned() }
    }

    pub(crate) fn before(&self, kind: DocumentKind, id: &str) -> Option<&Body> {
        self.version.documents.get(kind, id).map(|object| &object.body)
    }

    pub(crate) fn compiled(&self) -> Option<&Arc<permesso_engine::compile::Compiled>> {
        self.version.compiled.as_ref()
    }
}
