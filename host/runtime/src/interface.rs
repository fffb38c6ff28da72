//! The versions of the interface that this host speaks.
//!
//! A product does not rebuild its family because the host moved on, so each major version of
//! `permesso:family` keeps its own module with its own bindings and its own linker. There is one,
//! [`v1`](super::v1). For a second, add a folder under `wit/` and a module like that one, and let
//! what is linked and what runs be one of either; this is the place that says which serves what.

use super::v1;
use semver::Version;

/// Whether components that were built against `version` can be run: of the same major version,
/// and not knowing functions that this host has never heard of.
pub(super) fn serves(version: &Version) -> bool {
    let latest = v1::VERSION;
    version.pre.is_empty() && version.major == latest.major && version.minor <= latest.minor
}

/// The latest version of each major one.
pub(super) fn offered() -> Vec<Version> {
    vec![v1::VERSION]
}
