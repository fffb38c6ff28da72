//! The roles that API keys act with, and how far a key reaches.
//!
//! A key names roles as a user does. One that names a role which does not exist acts with nothing,
//! until somebody makes a role of that name: it then holds what nobody gave it. So a key is a
//! holder of its roles like any other, a tenant's own as well as one of the platform that is good
//! for the tenant.

use super::Edited;
use super::administration::{PLATFORM, with_administration};
use super::keepers::standard;
use crate::caller::Caller;
use crate::document::read;
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::kind::DocumentKind;
use crate::node::Node;
use crate::operation::renaming::told;
use crate::view::View;
use permesso_auth::KeyRecord;
use permesso_auth::key::{Tenants, Verb};
use permesso_engine::load::Source;
use permesso_engine::model::{Catalog, Role};
use permesso_engine::suggest;
use permesso_store::Realm;
use std::collections::BTreeSet;
use std::sync::Arc;

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
    let own = candidate.documents.tenant.value.roles.iter().map(|role| &**role);
    let standard = &candidate.catalog.source().value.standard_roles;
    named(&key.roles, own.chain(standard), "")
}

/// Whether roles of these names are there.
fn named<'r>(
    roles: &BTreeSet<String>,
    there: impl Iterator<Item = &'r Role> + Clone,
    place: &str,
) -> Result<(), ChangeError> {
    let ids = || there.clone().map(|role| role.id.as_str());
    let unknown = roles.iter().find(|role| !ids().any(|known| known == role.as_str()));
    let Some(role) = unknown else { return Ok(()) };
    let near = suggest(role, ids()).unwrap_or_else(|| "name one that the tenant has".to_owned());
    let message = format!("unknown role `{role}`{place}; {near}");
    Err(ChangeError::Request { field: "roles".to_owned(), message })
}

/// Refuses keys of the platform that name tenants or roles which there are not.
pub(super) async fn of_the_platform(node: &Node, edited: &[Edited]) -> Result<(), ChangeError> {
    for edit in edited.iter().filter(|edit| edit.kind == DocumentKind::Key) {
        let side = |body| read::<KeyRecord>(edit.kind, &edit.id, body);
        let Some(key) = edit.after.as_ref().map(side).transpose()? else { continue };
        let before = edit.before.as_ref().map(side).transpose()?;
        let same = |was: &KeyRecord| (&was.roles, &was.tenants) == (&key.roles, &key.tenants);
        if before.as_ref().is_some_and(same) {
            continue;
        }
        match &key.tenants {
            Tenants::Only(tenants) => {
                for tenant in tenants {
                    in_tenant(node, tenant, &key).await?;
                }
            }
            // There may be tenants that nobody has made yet: what all of a product have.
            Tenants::All => {
                let none = Source::new("no product", Catalog::default());
                let mut there: Vec<Role> = with_administration(none)?.value.standard_roles;
                for catalog in node.current_catalogs().await? {
                    there.extend(catalog.source().value.standard_roles.iter().cloned());
                }
                let place = ", which comes with no product, as those of a key for all tenants do";
                named(&key.roles, there.iter(), place)?;
            }
        }
    }
    Ok(())
}

async fn in_tenant(node: &Node, tenant: &str, key: &KeyRecord) -> Result<(), ChangeError> {
    let unknown = |near: Option<String>| {
        let near = near.unwrap_or_else(|| "name one that there is".to_owned());
        let message = format!("unknown tenant `{tenant}`; {near}");
        ChangeError::Request { field: "tenants".to_owned(), message }
    };
    let Ok(realm) = Realm::tenant(tenant) else { return Err(unknown(None)) };
    let version = node.version_of(&realm).await?;
    if version.documents.pin()?.is_none() {
        /// Among more tenants nobody looks for one whose name is like another.
        const LOOKED_AT: u32 = 10_000;
        let there = node.tenants("", LOOKED_AT).await?;
        return Err(unknown(suggest(tenant, there.iter().map(|it| it.tenant.as_str()))));
    }
    let own = version.documents.tenant.value.roles.iter().map(|role| &**role);
    let standard = &version.catalog.source().value.standard_roles;
    named(&key.roles, own.chain(standard), &format!(" in the tenant `{tenant}`"))
}

/// A key that acts in a tenant and is still good.
#[derive(Debug, Clone)]
pub(crate) struct Acting {
    pub(crate) id: String,
    pub(crate) key: Arc<KeyRecord>,
    /// Whether it is the platform's.
    pub(crate) of_platform: bool,
}

impl Acting {
    /// In words, for whoever looks for it.
    pub(crate) fn place(&self) -> String {
        let Self { id, key, of_platform } = self;
        let whose = if *of_platform { "the platform's" } else { "the" };
        format!("{whose} API key `{}` ({id})", key.label)
    }

    /// Whether the tenant is the only one that it is good for.
    pub(crate) fn is_of_one(&self) -> bool {
        matches!(&self.key.tenants, Tenants::Only(only) if only.len() == 1)
    }
}

/// The keys of the platform that act in a tenant with some role and are still good.
pub(crate) async fn of_platform(view: &View<'_>) -> Result<Vec<Acting>, ChangeError> {
    let Some(tenant) = view.realm().tenant_id() else { return Ok(Vec::new()) };
    let keys = view.node().platform_keys().await?;
    let good = keys
        .iter()
        .filter(|(_, key)| key.tenants.contains(tenant) && !over(key, view.now()))
        .map(|(id, key)| Acting { id: id.clone(), key: Arc::clone(key), of_platform: true });
    Ok(good.collect())
}

/// A tenant's own, as they would be.
pub(super) fn own(view: &View<'_>, candidate: &Version) -> Result<Vec<Acting>, ChangeError> {
    let mut own = Vec::new();
    for (id, object) in candidate.documents.all(DocumentKind::Key) {
        let key: KeyRecord = read(DocumentKind::Key, id, &object.body)?;
        if !over(&key, view.now()) {
            own.push(Acting { id: id.to_owned(), key: Arc::new(key), of_platform: false });
        }
    }
    Ok(own)
}

fn over(key: &KeyRecord, now: i64) -> bool {
    key.revoked_at.is_some() || key.expires_at.is_some_and(|end| end <= now)
}

/// All keys that act in a tenant as it would be. `elsewhere` are those of the platform that become
/// something else by the same change.
pub(crate) async fn all(
    view: &View<'_>,
    candidate: &Version,
    elsewhere: &[Edited],
) -> Result<Vec<Acting>, ChangeError> {
    let mut all = own(view, candidate)?;
    for mut acting in of_platform(view).await? {
        let becomes = elsewhere.iter().find(|edit| edit.id == acting.id);
        if let Some(Edited { kind, id, after: Some(after), .. }) = becomes {
            acting.key = Arc::new(read(*kind, id, after)?);
        }
        all.push(acting);
    }
    Ok(all)
}

/// Those among keys that act with a role, in words.
pub(super) fn acting_with(keys: &[Acting], role: &str) -> Vec<String> {
    let named = keys.iter().filter(|acting| acting.key.roles.contains(role));
    named.map(Acting::place).collect()
}

/// Refuses that a role goes with which a key acts that is still good, and that one comes by the
/// name of which a key acts already.
pub(super) async fn acting(
    view: &View<'_>,
    candidate: &Version,
    edited: &[Edited],
    elsewhere: &[Edited],
) -> Result<(), ChangeError> {
    let ends = |edit: &Edited| edit.kind == DocumentKind::Settings && edit.after.is_none();
    if edited.iter().any(ends) {
        // With the tenant everything goes.
        return Ok(());
    }
    let roles = edited.iter().filter(|edit| edit.kind == DocumentKind::Role);
    // A standard role only becomes what it was.
    let roles = roles.filter(|edit| standard(candidate, &edit.id).is_none());
    let turned: Vec<&Edited> =
        roles.filter(|edit| edit.before.is_some() != edit.after.is_some()).collect();
    if turned.is_empty() {
        return Ok(());
    }
    let keys = all(view, candidate, elsewhere).await?;
    // Of the keys that follow a new name the old one is nobody's.
    let before = match turned.iter().any(|edit| edit.after.is_some()) {
        true => all(view, view.version, &[]).await?,
        false => Vec::new(),
    };
    for edit in turned {
        let role = &edit.id;
        let (keys, advice) = match edit.after {
            None => (acting_with(&keys, role), "revoke it first, or let it act with another role"),
            Some(_) => (
                acting_with(&before, role),
                "it would act with it from then on: choose another name, or revoke it first",
            ),
        };
        if !keys.is_empty() {
            let message = format!("the role `{role}` is named by {}; {advice}", told(keys));
            return Err(ChangeError::Guarded { guard: "in-use", message, users: None });
        }
    }
    Ok(())
}

/// Refuses that a key makes one that reaches further than itself, or gets the secret of one: to
/// more tenants, with more verbs, for longer, or where nothing else is asked with other roles.
pub(super) fn within_own_reach(
    view: &View<'_>,
    caller: &Caller,
    edited: &[Edited],
) -> Result<(), ChangeError> {
    let Caller::Key(own) = caller else { return Ok(()) };
    for edit in edited.iter().filter(|edit| edit.kind == DocumentKind::Key) {
        let side = |body| read::<KeyRecord>(edit.kind, &edit.id, body);
        let Some(key) = edit.after.as_ref().map(side).transpose()? else { continue };
        let before = edit.before.as_ref().map(side).transpose()?;
        if key.revoked_at.is_some() || before.is_some_and(|was| was.secrets == key.secrets) {
            continue;
        }
        let tenants = match (&own.tenants, &key.tenants) {
            (Tenants::All, _) => true,
            (Tenants::Only(_), Tenants::All) => false,
            (Tenants::Only(own), Tenants::Only(other)) => other.is_subset(own),
        };
        let verbs = key.verbs.is_subset(&own.verbs);
        let ends = own.expires_at.is_none_or(|end| key.expires_at.is_some_and(|it| it <= end));
        // In a tenant the engine says what is covered.
        let roles = view.realm().tenant_id().is_some()
            || own.roles.contains(PLATFORM)
            || key.roles.is_subset(&own.roles);
        let told = [
            (tenants, "is good for tenants that yours is not good for"),
            (verbs, "has verbs that yours has not"),
            (ends, "goes on after yours ends"),
            (roles, "acts with roles that yours does not act with"),
        ];
        if let Some((_, why)) = told.iter().find(|(within, _)| !within) {
            return Err(ChangeError::Denied {
                permission: "permesso.keys.edit".to_owned(),
                reason: "guard".to_owned(),
                message: format!(
                    "that key {why}; a key makes none that reaches further than itself"
                ),
            });
        }
    }
    Ok(())
}

/// Whether a key runs the installation. One for some tenants never does, whatever its record says.
#[must_use]
pub(super) fn is_of_the_installation(key: &KeyRecord) -> bool {
    key.verbs.contains(&Verb::Platform) && key.tenants == Tenants::All
}
