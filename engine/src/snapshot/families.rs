//! Families as a tenant uses them.

use super::PermissionId;
use crate::decision::Obligation;
use crate::family::{Family, Input, InputKind};
use crate::fast::Map;
use crate::model::InputPath;
use std::sync::Arc;

/// Which family governs a permission, and how it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Governed {
    pub(crate) family: u16,
    /// The permission in the family's manifest; `None` where the family is not installed.
    pub(crate) permission: Option<u32>,
    /// Whether the manifest declares a floor on it and the tenant consents.
    pub(crate) floor: bool,
}

/// A family as the tenant uses it.
#[derive(Debug)]
pub(crate) struct FamilyRule {
    pub(crate) id: Arc<str>,
    /// `None` where no component of that id is installed: what it governs is denied.
    pub(crate) installed: Option<Installed>,
}

#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) family: Arc<dyn Family>,
    pub(crate) kinds: Map<u32>,
    pub(crate) inputs: Box<[InputRule]>,
    pub(crate) reasons: Box<[(Arc<str>, Arc<str>)]>,
    pub(crate) obligations: Box<[Arc<Obligation>]>,
    /// Whether it reads `now`: an answer without an end is then never kept.
    pub(crate) reads_now: bool,
    /// The permissions that it can demand; `None` for one that this catalog does not have.
    pub(crate) requires: Box<[Option<PermissionId>]>,
}

/// One declared input, with what can be known of it beforehand.
#[derive(Debug)]
pub(crate) struct InputRule {
    pub(crate) path: InputPath,
    pub(crate) kind: InputKind,
    /// The value, where it comes from the tenant's configuration.
    pub(crate) config: Option<Input<'static>>,
    /// Whether the platform does not let the family see it.
    pub(crate) withheld: bool,
    /// The permission, where it asks whether one is held.
    pub(crate) holds: Option<PermissionId>,
}
