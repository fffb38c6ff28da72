//! Families, as far as a tenant's documents are concerned.

use permesso_engine::compile::FamilySet;
use permesso_engine::family::Family;
use std::fmt;
use std::sync::Arc;

/// A finding in a family's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointed {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

/// The families that this node runs.
pub trait Components: fmt::Debug + Send + Sync {
    /// All of them, as the engine takes them.
    fn families(&self) -> FamilySet;

    /// One of a digest, which need not be the one that answers now; none where it is not here, or
    /// may no longer answer. May take as long as loading it takes.
    fn component(&self, family: &str, digest: &str) -> Option<Arc<dyn Family>> {
        self.families().remove(family).filter(|found| found.digest() == digest)
    }

    /// Asks one about a tenant's configuration of it; nothing where it is not installed. May take
    /// as long as a call takes.
    ///
    /// # Errors
    ///
    /// Where it gave no answer.
    fn validate(&self, tenant: &str, family: &str, config: &str) -> Result<Vec<Pointed>, String>;
}

/// No families at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoComponents;

impl Components for NoComponents {
    fn families(&self) -> FamilySet {
        FamilySet::default()
    }

    fn validate(&self, _: &str, _: &str, _: &str) -> Result<Vec<Pointed>, String> {
        Ok(Vec::new())
    }
}
