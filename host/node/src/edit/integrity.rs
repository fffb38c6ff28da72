//! Whether what a change leads to is whole.
//!
//! Asked of the tenant as it would be, whoever makes the change: that it compiles, that its users
//! and delegations are right, that nothing goes which somebody has, and that somebody is left who
//! can let others in.

use super::keepers::{Keepers, standard};
use super::named::{Elsewhere, unnamed};
use super::{Edited, catalog, keys};
use crate::document::{named, read};
use crate::error::ChangeError;
use crate::follow::followed::Version;
use crate::kind::DocumentKind;
use crate::node::Node;
use crate::operation::Intended;
use crate::view::View;
use permesso_auth::KeyRecord;
use permesso_auth::key::{Tenants, Verb};
use permesso_engine::compile::{
    Definition, FamilySet, PeopleFrom, check_delegation, check_user, compile,
};
use permesso_engine::directory::Subjects;
use permesso_engine::load::Source;
use permesso_engine::model::{Delegation, User};
use permesso_store::Body;
use permesso_store::feed::{self, Facet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether the documents hold together after the change; the realm as it would be, compiled.
pub(crate) async fn whole(
    node: &Node,
    view: &View<'_>,
    edits: &[Intended],
    edited: &[Edited],
    elsewhere: &[Edited],
) -> Result<Version, ChangeError> {
    let mut candidate = with(view, edits)?;
    if view.realm.tenant_id().is_none() || edited.is_empty() {
        return Ok(candidate);
    }
    let shift = Shift::of(edited)?;
    let moves = edited.iter().any(|edit| edit.kind == DocumentKind::Catalog);
    if moves && let Some(pin) = candidate.documents.pin()? {
        candidate.catalog = node.catalog(&pin).await?;
        catalog::keeps_roles(view, &candidate, &shift).await?;
    }
    named_by_nobody(view, &candidate, edited, &|_| false).await?;
    let candidate = compiled(node, candidate, edited).await?;
    users(view, &candidate, edited).await?;
    if moves {
        catalog::keeps_people(view, &candidate, edited).await?;
    }
    held(view, &candidate, edited, elsewhere, &shift).await?;
    Ok(candidate)
}

/// Whether nothing names what goes. Who deletes what conditions name is told where, and not that a
/// condition is wrong.
pub(crate) async fn named_by_nobody(
    view: &View<'_>,
    candidate: &Version,
    edited: &[Edited],
    elsewhere: Elsewhere<'_>,
) -> Result<(), ChangeError> {
    let tenant = &candidate.documents.tenant.value;
    let of_the_product = |role: &str| standard(candidate, role).is_some();
    unnamed(view, tenant, edited, elsewhere, of_the_product).await
}

/// The realm as it would be, not compiled.
pub(crate) fn with(view: &View<'_>, edits: &[Intended]) -> Result<Version, ChangeError> {
    let was = view.version;
    let revision = was.revision + 1;
    let documents = Arc::new(was.documents.with(edits, revision)?);
    Ok(Version { revision, documents, ..was.clone() })
}

/// The tenant as it would be, compiled. What is compiled here is what is served once it was
/// written.
pub(crate) async fn compiled(
    node: &Node,
    mut candidate: Version,
    edited: &[Edited],
) -> Result<Version, ChangeError> {
    let policy = edited.iter().any(|edit| edit.kind.is_policy());
    if policy && let Some(pin) = candidate.documents.pin()? {
        candidate.catalog = node.catalog(&pin).await?;
        let nobody = Arc::new(Subjects::new(0));
        let before = candidate.compiled.take();
        let compile = |families: &FamilySet| {
            compile(&Definition {
                catalog: &candidate.catalog,
                tenant: &candidate.documents.tenant,
                people: PeopleFrom::Subjects(&nobody),
                families,
                revision: candidate.revision,
                lenient: false,
                before: before.as_deref(),
            })
        };
        // What is said to a family has to please the one that is installed; any other edit does
        // not wait for one that refuses what it was told before.
        let compiled = match edited.iter().any(|edit| edit.kind == DocumentKind::Catalog) {
            true => {
                node.validate(&candidate.documents.tenant, |_| true)?;
                compile(&node.components().families())?
            }
            false => {
                let families = edited.iter().filter(|edit| edit.kind == DocumentKind::Family);
                let families: Vec<&str> = families.map(|edit| &*edit.id).collect();
                node.with_families(&candidate.documents, &families, compile)?
            }
        };
        candidate.compiled = Some(Arc::new(compiled));
    } else if policy {
        candidate.compiled = None;
    }
    Ok(candidate)
}

/// Whether everything that somebody has to hold, or nobody may lose, is as it has to be.
pub(crate) async fn held(
    view: &View<'_>,
    candidate: &Version,
    edited: &[Edited],
    elsewhere: &[Edited],
    shift: &Shift,
) -> Result<(), ChangeError> {
    in_use(view, candidate, edited, shift).await?;
    taken(view, candidate, edited, shift).await?;
    keys::acting(view, candidate, edited, elsewhere).await?;
    keepers(view, candidate, shift).await
}

/// Whether users and delegations are right by themselves.
async fn users(view: &View<'_>, candidate: &Version, edited: &[Edited]) -> Result<(), ChangeError> {
    let Some(compiled) = &candidate.compiled else { return Ok(()) };
    for Edited { kind, id, before, after } in edited {
        let Some(after) = after else { continue };
        let file = format!("{kind} `{id}`");
        match kind {
            DocumentKind::User => {
                let user = named(*kind, id, Some(after), |user: &User| &user.id)?;
                let Some(user) = user else { continue };
                let was: Option<User> = before.as_ref().and_then(|it| read(*kind, id, it).ok());
                check_user(compiled, was.as_ref(), &Source::new(file, user))?;
            }
            DocumentKind::Delegation => {
                let delegation: Delegation = read(*kind, id, after)?;
                for side in [&delegation.from, &delegation.to] {
                    let there = edited.iter().any(|edit| {
                        edit.kind == DocumentKind::User && edit.id == **side && edit.after.is_some()
                    });
                    if !there && view.object(DocumentKind::User, side).await?.is_none() {
                        return Err(view.missing(DocumentKind::User, side));
                    }
                }
                check_delegation(compiled, &Source::new(file, delegation))?;
            }
            DocumentKind::Key => {
                let key: KeyRecord = read(*kind, id, after)?;
                // No realm can take the place of another's key by using its id.
                let whose = view.store().realms_of_key(id).await?;
                if whose.iter().any(|realm| realm != view.realm) {
                    let (realm, kind) = (view.realm.clone(), *kind);
                    return Err(ChangeError::Exists { realm, kind, id: id.clone() });
                }
                let mine = |tenant: &String| Some(tenant.as_str()) == view.realm.tenant_id();
                let own = match &key.tenants {
                    Tenants::All => false,
                    Tenants::Only(tenants) => tenants.iter().all(mine),
                };
                keys::known(candidate, key_before(*kind, id, before.as_ref())?.as_ref(), &key)?;
                if !own || key.verbs.contains(&Verb::Platform) {
                    return Err(ChangeError::Request {
                        field: "tenants".to_owned(),
                        message: "a tenant's key is good for that tenant only, and never for the \
                                  platform"
                            .to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn key_before(
    kind: DocumentKind,
    id: &str,
    before: Option<&Body>,
) -> Result<Option<KeyRecord>, ChangeError> {
    before.map(|before| read(kind, id, before)).transpose()
}

/// By how much a change moves the counts of what users have.
#[derive(Debug, Default)]
pub(crate) struct Shift(BTreeMap<(Facet, String), (i64, i64)>);

impl Shift {
    fn of(edited: &[Edited]) -> Result<Self, ChangeError> {
        let mut shift = Self::default();
        edited.iter().try_for_each(|edit| shift.add(edit))?;
        Ok(shift)
    }

    /// One more document that becomes something else.
    pub(crate) fn add(&mut self, edit: &Edited) -> Result<(), ChangeError> {
        if edit.kind != DocumentKind::User {
            return Ok(());
        }
        for (body, sign) in [(&edit.before, -1), (&edit.after, 1)] {
            let Some(body) = body else { continue };
            let counted = feed::counted(body).map_err(|error| ChangeError::Document {
                kind: edit.kind,
                id: edit.id.clone(),
                why: error.to_string(),
            })?;
            // Nothing depends on who has a tag, and everybody may have one of their own.
            for (facet, takes_part) in counted.into_iter().filter(|((f, _), _)| *f != Facet::Tag) {
                let count = self.0.entry(facet).or_default();
                count.0 += sign;
                count.1 += sign * i64::from(takes_part);
            }
        }
        Ok(())
    }

    /// How many have something before and after: listed, taking part.
    pub(super) async fn counts(
        &self,
        view: &View<'_>,
        facets: &[(Facet, String)],
    ) -> Result<Vec<[(i64, i64); 2]>, ChangeError> {
        let usage = view.usage(facets).await?;
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Ok(facets
            .iter()
            .map(|facet| {
                let before = usage.get(facet).copied().unwrap_or_default();
                let before = (number(before.listed), number(before.taking_part));
                let by = self.0.get(facet).copied().unwrap_or_default();
                [before, (before.0 + by.0, before.1 + by.1)]
            })
            .collect())
    }
}

/// What users have is not taken away from under them.
async fn in_use(
    view: &View<'_>,
    candidate: &Version,
    edited: &[Edited],
    shift: &Shift,
) -> Result<(), ChangeError> {
    // With the tenant everything goes.
    if candidate.compiled.is_none() {
        return Ok(());
    }
    let mut gone = Vec::new();
    for edit in edited.iter().filter(|edit| edit.after.is_none()) {
        let facets: &[Facet] = match edit.kind {
            // A standard role that was edited is only what it was before.
            DocumentKind::Role if standard(candidate, &edit.id).is_some() => continue,
            DocumentKind::Role => &[Facet::Role],
            DocumentKind::Policy => &[Facet::Policy],
            DocumentKind::Team => &[Facet::Team, Facet::Within],
            _ => continue,
        };
        gone.extend(facets.iter().map(|facet| ((*facet, edit.id.clone()), edit.kind)));
    }
    let facets: Vec<(Facet, String)> = gone.iter().map(|(facet, _)| facet.clone()).collect();
    let counts = shift.counts(view, &facets).await?;
    for (((facet, id), kind), [_, (listed, _)]) in gone.iter().zip(counts) {
        if listed > 0 {
            let users = u64::try_from(listed).unwrap_or(0);
            let message = match kind {
                _ if *facet == Facet::Within => {
                    format!(
                        "{users} users hold roles for the team `{id}`; take those from them first"
                    )
                }
                DocumentKind::Role => format!(
                    "{users} users hold the role `{id}`, pending invitations included; move them \
                     to another one first, or with `move_to`"
                ),
                _ => format!("{users} users have the {kind} `{id}`; take it from them first"),
            };
            return Err(ChangeError::Guarded { guard: "in-use", message, users: Some(users) });
        }
    }
    Ok(())
}

/// A role does not come under an id that somebody holds already, of whatever former role: they
/// would have it without anybody having given it to them.
async fn taken(
    view: &View<'_>,
    candidate: &Version,
    edited: &[Edited],
    shift: &Shift,
) -> Result<(), ChangeError> {
    let come = edited.iter().filter(|edit| {
        edit.kind == DocumentKind::Role && edit.before.is_none() && edit.after.is_some()
    });
    let come = come.filter(|edit| standard(candidate, &edit.id).is_none());
    let come: Vec<(Facet, String)> = come.map(|edit| (Facet::Role, edit.id.clone())).collect();
    if come.is_empty() {
        return Ok(());
    }
    for ((_, role), [(listed, _), _]) in come.iter().zip(shift.counts(view, &come).await?) {
        if listed > 0 {
            let users = u64::try_from(listed).unwrap_or(0);
            let message = format!(
                "{users} users hold a role `{role}` that is no longer there, and would have this \
                 one; take it from them first, or choose another id"
            );
            return Err(ChangeError::Guarded { guard: "in-use", message, users: Some(users) });
        }
    }
    Ok(())
}

/// Somebody always has to be left: see [`Keepers`].
async fn keepers(view: &View<'_>, candidate: &Version, shift: &Shift) -> Result<(), ChangeError> {
    let (Some(was), Some(is)) = (view.compiled(), &candidate.compiled) else { return Ok(()) };
    // Only what can have changed is looked at.
    if shift.0.is_empty() && Keepers::same(was, is) {
        return Ok(());
    }
    let keepers = Keepers::new(was, is, view.tenant(), &view.catalog().value);
    let counts = shift.counts(view, keepers.facets()).await?;
    keepers.hold(&counts)
}
