//! Which tenants there are: those in memory, and those in the store.

use super::followed::{Followed, Version};
use super::load::LoadFor;
use crate::document::{self, CatalogPin, Settings};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::node::{Look, Node, now};
use permesso_store::{Listed, Mark, Realm};
use std::sync::{Arc, Mutex, PoisonError};

/// So many tenants are read at a time.
const PAGE: u32 = 1000;

/// How a tenant stands that is in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The tenant.
    pub tenant: String,
    /// The revision that is decided on.
    pub revision: u64,
    /// For how long nothing newer has been known, in milliseconds.
    pub age: u64,
}

/// A tenant of the store, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantListing {
    /// The tenant.
    pub tenant: String,
    /// The revision that it is at.
    pub revision: u64,
    /// What it is.
    pub settings: Settings,
    /// The revision that last wrote that.
    pub settings_revision: u64,
    /// The version of the catalog that it is on.
    pub catalog: CatalogPin,
}

/// The tenant, where there is exactly one, as of a mark.
pub(crate) type OnlyTenant = Mutex<Option<(Mark, Option<String>)>>;

impl Node {
    /// How each tenant stands that is in memory. Of the others nothing is known here that could
    /// be too old.
    #[must_use]
    pub fn standing(&self) -> Vec<Standing> {
        let mut standing: Vec<Standing> =
            self.tenants.all().iter().filter_map(|one| self.stands(one)).collect();
        standing.sort_by(|a, b| a.tenant.cmp(&b.tenant));
        standing
    }

    /// How one tenant stands; nothing where it is not in memory, or is no tenant.
    #[must_use]
    pub fn standing_of(&self, tenant: &str) -> Option<Standing> {
        self.stands(&*self.tenants.peek(tenant)?)
    }

    fn stands(&self, one: &Followed) -> Option<Standing> {
        one.state.load().compiled.as_ref()?;
        Some(Standing {
            tenant: one.realm.to_string(),
            revision: *one.reached.borrow(),
            age: self.age(one).as_millis().try_into().unwrap_or(u64::MAX),
        })
    }

    /// The tenants after an id, as the store has them now, in the order of their ids.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn tenants(
        &self,
        after: &str,
        limit: u32,
    ) -> Result<Vec<TenantListing>, ChangeError> {
        let listed = self.store.tenants(after, limit).await?;
        listed.into_iter().map(listing).collect()
    }

    /// The tenants of a product, and the version that each is on.
    pub(crate) async fn tenants_of(
        &self,
        product: &str,
    ) -> Result<Vec<(Realm, CatalogPin)>, ChangeError> {
        let mut of = Vec::new();
        let mut after = String::new();
        loop {
            let page = self.tenants(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(of) };
            after.clone_from(&last.tenant);
            for tenant in page.into_iter().filter(|tenant| tenant.settings.product == product) {
                of.push((Realm::tenant(tenant.tenant)?, tenant.catalog));
            }
        }
    }

    /// The tenant of the store, where there is exactly one, as far as that is known: nothing
    /// where it has to be [looked for](Self::find_only_tenant).
    #[must_use]
    pub fn only_tenant(&self) -> Option<Option<String>> {
        let only = self.only.lock().unwrap_or_else(PoisonError::into_inner);
        let (mark, only) = only.as_ref()?;
        (self.mark() == Some(*mark)).then(|| only.clone())
    }

    /// The tenant of the store, where there is exactly one.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub async fn find_only_tenant(&self) -> Result<Option<String>, ChangeError> {
        let mark = self.mark();
        let first = self.store.tenants("", 2).await?;
        let only = match &*first {
            [only] => only.head.realm.tenant_id().map(str::to_owned),
            _ => None,
        };
        let mut kept = self.only.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = mark.map(|mark| (mark, only.clone()));
        Ok(only)
    }

    pub(super) fn forget_only_tenant(&self) {
        *self.only.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Looks at a tenant, or at the platform, as it is on this node.
    ///
    /// # Errors
    ///
    /// Where there is no such tenant, or it cannot be read.
    pub async fn look(&self, realm: &Realm) -> Result<Look, ChangeError> {
        let one = self.follow_realm(realm, LoadFor::Documents).await?;
        let none = || ChangeError::NoTenant(realm.tenant_id().unwrap_or_default().to_owned());
        if realm.tenant_id().is_some() && one.state.load().compiled.is_none() {
            return Err(none());
        }
        let version: Version = self.version(&one).await?;
        if realm.tenant_id().is_some() && version.compiled.is_none() {
            return Err(none());
        }
        Ok(Look { realm: realm.clone(), version: Arc::new(version), now: now() })
    }
}

fn listing(listed: Listed) -> Result<TenantListing, ChangeError> {
    let Listed { head, settings, catalog } = listed;
    Ok(TenantListing {
        tenant: head.realm.to_string(),
        revision: head.revision,
        settings: document::read(DocumentKind::Settings, &settings.id, &settings.body)?,
        settings_revision: settings.revision,
        catalog: document::read(DocumentKind::Catalog, &catalog.id, &catalog.body)?,
    })
}
