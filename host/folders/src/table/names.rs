//! The names in a row, held against the world that it is asked in.
//!
//! A row that expects a denial passes whenever nobody is allowed, so a misspelt name would make it
//! pass for ever. What a row names has to exist.

use super::row::{Row, RowError};
use permesso_engine::compile::CompiledCatalog;
use permesso_engine::decision::{Decision, Reason};
use permesso_engine::model::{Catalog, Directory, Tenant};
use permesso_engine::suggest;

/// As far as a name may be from one that is known, and be taken for a slip.
const TYPING_SLIPS: usize = 2;

/// Refuses a row that names a role, a policy or a user that its world does not have.
pub(super) fn check(
    row: &Row,
    catalog: &Catalog,
    tenant: &Tenant,
    directory: &Directory,
) -> Result<(), RowError> {
    let subject = &row.subject;
    let roles = || {
        let own = tenant.roles.iter().map(|role| role.id.as_str());
        let standard = catalog.standard_roles.iter().map(|role| role.id.as_str());
        // Users may hold what the tenant does not define, for programs to ask about.
        let matched = tenant.programs.iter().flat_map(|program| &program.matchers.roles);
        own.chain(standard).chain(matched.map(|role| role.as_str()))
    };
    let policies = || tenant.policies.iter().map(|policy| policy.id.as_str());
    let copied = row.context.copied_from.iter().flat_map(|copied| &copied.roles);
    let own = subject.roles.iter().flatten().map(|held| &*held.role);
    for role in own.chain(copied) {
        known("role", role, roles())?;
    }
    for policy in subject.policies.iter().flatten() {
        known("policy", policy, policies())?;
    }
    if subject.is_only_named() && row.context.copied_from.is_none() {
        let users = directory.users.iter().map(|user| user.id.as_str());
        known("user", &subject.user, users)?;
    }
    for (id, definition) in &row.context.role_definitions {
        let original = definition.get("duplicate_of").and_then(serde_json::Value::as_str);
        if let Some(original) = original.filter(|original| original != id) {
            known("role", original, roles())?;
        }
    }
    Ok(())
}

/// Refuses a row about a kind that the catalog does not have, or with an attribute that is nearly
/// one of the kind's: it would decide nothing. A row may well tell more of a record than the
/// product listens to.
pub(super) fn check_contract(row: &Row, catalog: &CompiledCatalog) -> Result<(), RowError> {
    if !catalog.source().value.is_closed() {
        return Ok(());
    }
    let kind = &row.resource.kind;
    let Some(declared) = catalog.attributes_of(kind) else {
        let kinds = catalog.source().value.resource_kinds.keys().map(String::as_str);
        return Err(RowError::unknown("kind of resource", kind, suggest(kind, kinds)));
    };
    let mut known = vec!["id", "tenant"];
    for attribute in declared {
        known.push(attribute.name);
        known.extend(attribute.aliases);
    }
    // A map of attributes is known by what lies in it.
    let groups: Vec<&str> =
        known.iter().filter_map(|name| name.split_once('.')).map(|(head, _)| head).collect();
    known.extend(groups);
    for name in row.resource.attrs.keys().filter(|name| !known.contains(&name.as_str())) {
        let meant = known.iter().find(|known| strsim::osa_distance(known, name) <= TYPING_SLIPS);
        if let Some(meant) = meant.filter(|meant| meant.len() > 2 * TYPING_SLIPS) {
            let help = format!("did you mean `{meant}`?");
            return Err(RowError::unknown("attribute", name, Some(help)));
        }
    }
    Ok(())
}

/// Refuses a row whose action the catalog does not have.
pub(super) fn check_action(
    row: &Row,
    catalog: &Catalog,
    decision: &Decision,
) -> Result<(), RowError> {
    if decision.reason != Reason::UnknownAction {
        return Ok(());
    }
    let permissions = catalog.categories.iter().flat_map(|category| &category.permissions);
    let help = suggest(&row.action, permissions.map(|permission| permission.id.as_str()));
    Err(RowError::unknown("action", &row.action, help))
}

fn known<'k>(
    what: &'static str,
    name: &str,
    mut all: impl Iterator<Item = &'k str> + Clone,
) -> Result<(), RowError> {
    if all.clone().any(|known| known == name) {
        return Ok(());
    }
    Err(RowError::unknown(what, name, suggest(name, &mut all)))
}
