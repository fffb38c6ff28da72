//! The role that only a platform's own keys act with.
//!
//! It grants everything, and to hand out more than one holds. Whoever had it in a tenant would be
//! the platform there, beyond what anybody of the tenant could see or take back; so nothing of a
//! tenant names it, whoever writes it.

use super::Edited;
use super::administration::PLATFORM;
use super::names::fault;
use crate::kept;
use crate::kind::DocumentKind;
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::model::{Assignment, Text};
use serde::Deserialize;

/// The roles that a document hands out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct HandsOut {
    roles: Vec<Assignment>,
    baseline: Option<Vec<Assignment>>,
    parents: Vec<Text>,
}

impl HandsOut {
    /// Where it names the platform's role.
    fn place(&self) -> Option<&'static str> {
        let is = |name: &str| name == PLATFORM;
        let held = |roles: &[Assignment]| roles.iter().any(|held| is(&held.role));
        if held(&self.roles) {
            return Some("roles");
        }
        if self.baseline.as_deref().is_some_and(held) {
            return Some("baseline");
        }
        self.parents.iter().any(|parent| is(parent)).then_some("parents")
    }
}

/// Refuses a document of a tenant that hands the platform's role out and did not before.
pub(super) fn by_tenants(edit: &Edited, found: &mut Diagnostics) {
    let hands_out = matches!(
        edit.kind,
        DocumentKind::User
            | DocumentKind::Team
            | DocumentKind::Role
            | DocumentKind::Settings
            | DocumentKind::Key
    );
    let Some(after) = edit.after.as_ref().filter(|_| hands_out) else { return };
    // Most documents name it nowhere, and a million of them come in one import.
    if !after.get().contains("permesso.") {
        return;
    }
    let place = |says: HandsOut| says.place();
    let Some(field) = kept::read::<HandsOut>(after).ok().and_then(place) else { return };
    let before = edit.before.as_ref().and_then(|before| kept::read::<HandsOut>(before).ok());
    if before.is_some_and(|before| before.place() == Some(field)) {
        return;
    }
    let message = format!("the role `{PLATFORM}` is for keys of the platform alone");
    let help = Some("name a role of the tenant, or `permesso.administrator`".to_owned());
    found.push(fault(edit, field, message, help));
}
