//! The roles that API keys act with.
//!
//! A key names roles as a user does. One that names a role which does not exist acts with nothing,
//! until somebody makes a role of that name: it then holds what nobody gave it.

use super::Edited;
use super::keepers::standard;
use crate::document::read;
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::kind::DocumentKind;
use crate::operation::renaming::told;
use crate::view::View;
use permesso_auth::KeyRecord;
use permesso_engine::suggest;
use std::collections::BTreeSet;

/// Refuses a key that acts with a role which the tenant does not have. One that was made when
/// there was such a role can be rotated and revoked.
pub(super) fn known(
    candidate: &Version,
    before: Option<&KeyRecord>,
    key: &KeyRecord,
) -> Result<(), ChangeError> {
    if before.is_some_and(|before| before.roles == key.roles) {
        return Ok(());
    }
    let roles = || {
        let own = candidate.documents.tenant.value.roles.iter().map(|role| role.id.as_str());
        let standard = &candidate.catalog.source().value.standard_roles;
        own.chain(standard.iter().map(|role| role.id.as_str()))
    };
    let unknown = key.roles.iter().find(|role| !roles().any(|known| known == role.as_str()));
    let Some(role) = unknown else { return Ok(()) };
    let near = suggest(role, roles()).unwrap_or_else(|| "name one that the tenant has".to_owned());
    let message = format!("unknown role `{role}`; {near}");
    Err(ChangeError::Request { field: "roles".to_owned(), message })
}

/// Refuses that a role goes with which a key acts that is still good.
pub(super) fn acting(
    view: &View<'_>,
    candidate: &Version,
    edited: &[Edited],
) -> Result<(), ChangeError> {
    let ends = |edit: &Edited| edit.kind == DocumentKind::Settings && edit.after.is_none();
    if edited.iter().any(ends) {
        // With the tenant everything goes.
        return Ok(());
    }
    let goes = |edit: &&Edited| edit.kind == DocumentKind::Role && edit.after.is_none();
    let gone: BTreeSet<&str> = edited
        .iter()
        .filter(goes)
        .map(|edit| &*edit.id)
        // A standard role only becomes what it was.
        .filter(|id| standard(candidate, id).is_none())
        .collect();
    if gone.is_empty() {
        return Ok(());
    }
    let mut named: Option<&str> = None;
    let mut keys = Vec::new();
    for (id, object) in candidate.documents.all(DocumentKind::Key) {
        let key: KeyRecord = read(DocumentKind::Key, id, &object.body)?;
        let over = key.revoked_at.is_some() || key.expires_at.is_some_and(|end| end <= view.now());
        let role = gone.iter().find(|role| key.roles.contains(**role));
        if let Some(role) = role.filter(|role| !over && named.is_none_or(|it| it == **role)) {
            named = Some(role);
            keys.push(format!("the API key `{}` ({id})", key.label));
        }
    }
    let Some(role) = named else { return Ok(()) };
    let message = format!(
        "the role `{role}` is named by {}; revoke it first, or let it act with another role",
        told(keys)
    );
    Err(ChangeError::Guarded { guard: "in-use", message, users: None })
}
