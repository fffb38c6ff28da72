//! What families have against a tenant's configuration of them.

use super::{FamilySet, Fault};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::load::Source;
use crate::model::{Position, Tenant};

/// Why a tenant's configuration is not taken.
#[derive(Debug)]
pub enum ConfigRefusal {
    /// Families have something against it.
    Refused(Diagnostics),
    /// A family gave no answer about it.
    Unanswered {
        /// Which.
        family: String,
        /// Why.
        fault: Fault,
    },
}

/// Asks families about their configuration by a tenant, those of the tenant that are `which`. One
/// that is not installed is not asked. May take as long as calls take.
///
/// # Errors
///
/// Everything that they have against it, or the first that gave no answer.
pub fn check_configuration(
    families: &FamilySet,
    tenant: &Source<Tenant>,
    which: impl Fn(&str) -> bool,
) -> Result<(), ConfigRefusal> {
    let mut found = Diagnostics::default();
    for (id, settings) in tenant.value.families.iter().filter(|(id, _)| which(id)) {
        let Some(family) = families.get(id) else { continue };
        let against = family
            .check_config(&tenant.value.tenant, &settings.config)
            .map_err(|fault| ConfigRefusal::Unanswered { family: id.clone(), fault })?;
        found.extend(against.into_iter().map(|against| Diagnostic {
            file: tenant.file.clone(),
            at: Position::default(),
            field: format!("families.{id}.config{}", against.pointer),
            message: against.message,
            help: None,
        }));
    }
    found.or(()).map_err(ConfigRefusal::Refused)
}
