//! Where families come from.
//!
//! Tenants are compiled by whoever keeps them, and components are loaded by whoever may run them:
//! between the two there is this trait, and neither has to know the other.

use super::Family;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The families that answer, by id.
pub type FamilySet = BTreeMap<String, Arc<dyn Family>>;

/// What is installed, and what may still answer of what was.
///
/// A [`FamilySet`] is one itself: these families, and no others before them.
///
/// ```
/// use permesso_engine::family::{FamilySet, FamilySource};
///
/// let nothing: &dyn FamilySource = &FamilySet::new();
/// assert!(nothing.families().is_empty());
/// assert!(nothing.by_digest("crm-segments", "sha256:00").is_none());
/// ```
pub trait FamilySource: fmt::Debug + Send + Sync {
    /// Those that answer now.
    fn families(&self) -> FamilySet;

    /// The one of a digest, which need not be the one that answers now; none where it is not here,
    /// or may no longer answer. May take as long as loading it takes.
    fn by_digest(&self, family: &str, digest: &str) -> Option<Arc<dyn Family>> {
        self.families().remove(family).filter(|found| found.digest() == digest)
    }

    /// Has every family let go of what it keeps for a tenant. For when a tenant is deleted.
    fn forget(&self, tenant: &str) {
        self.families().values().for_each(|family| family.forget(tenant));
    }
}

impl FamilySource for FamilySet {
    fn families(&self) -> FamilySet {
        self.clone()
    }
}
