//! Where conditions name what is about to go.
//!
//! References in lists are followed when the tenant is compiled. A name within a condition is only
//! a text: nobody would miss a role of which a rule says that its holders see less.

use crate::error::ChangeError;
use crate::kind::DocumentKind;
use permesso_engine::condition::condition_names;
use permesso_engine::model::{Grant, Tenant, Text};

/// So many places are told.
const TOLD: usize = 10;

/// Whether no condition names a role or a team that goes.
///
/// # Errors
///
/// The places that do.
pub(super) fn unnamed(tenant: &Tenant, kind: DocumentKind, id: &str) -> Result<(), ChangeError> {
    let asking: &[&str] = match kind {
        DocumentKind::Role => &["has_role", "roles"],
        DocumentKind::Team => &["in_team", "teams", "team"],
        _ => return Ok(()),
    };
    let mut places: Vec<String> = Vec::new();
    for (place, condition) in conditions(tenant) {
        if condition_names(condition, id, asking) && !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() {
        return Ok(());
    }
    let more = places.len().saturating_sub(TOLD);
    places.truncate(TOLD);
    let mut places = places.join(", ");
    if more > 0 {
        places.push_str(&format!(" and {more} more"));
    }
    let message = format!("conditions name the {kind} `{id}`: {places}; change them first");
    Err(ChangeError::Guarded { guard: "in-use", message, users: None })
}

/// The conditions of a policy, and whose they are.
fn conditions(tenant: &Tenant) -> impl Iterator<Item = (String, &Text)> {
    let roles = tenant.roles.iter().flat_map(|it| of_grants("role", &it.id, &it.grants));
    let policies = tenant.policies.iter().flat_map(|it| of_grants("policy", &it.id, &it.grants));
    let programs = tenant.programs.iter().filter_map(|it| {
        let condition = it.matchers.condition.as_ref()?;
        Some((format!("the program `{}`", it.id), condition))
    });
    let sharing = tenant.sharing.policies.iter().chain(&tenant.sharing.overrides);
    let sharing = sharing.flat_map(|rule| {
        let conditions = rule.condition.iter().chain(&rule.viewers.condition);
        conditions.map(move |condition| (format!("the sharing rule `{}`", rule.id), condition))
    });
    roles.chain(policies).chain(programs).chain(sharing)
}

fn of_grants<'t>(
    what: &'static str,
    id: &'t Text,
    grants: &'t [Grant],
) -> impl Iterator<Item = (String, &'t Text)> {
    let conditions = grants.iter().filter_map(|grant| grant.condition.as_ref());
    conditions.map(move |condition| (format!("the {what} `{id}`"), condition))
}
