//! Whether a document that is new can be told apart from those that are there, by its name.
//!
//! What the log has already is left alone: only what comes is asked.

use super::{Edited, assigned};
use crate::document::Settings;
use crate::error::ChangeError;
use crate::kept;
use crate::kind::DocumentKind;
use crate::view::View;
use permesso_engine::diagnostic::{Diagnostic, Diagnostics};
use permesso_engine::model::{Position, Tag};
use permesso_engine::names::twin_of;
use permesso_names::{Unfit, check, check_id, folded, is_kept};
use permesso_store::Realm;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// What a document says about its name, and about names that are nobody's document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Says {
    distinct_from: Vec<String>,
    tags: Vec<String>,
    teams: Vec<String>,
}

impl Says {
    fn names(&self, other: &str) -> bool {
        self.distinct_from.iter().any(|it| it == other)
    }
}

/// Whether a document that is there says that it is none with the one that comes.
async fn says_so(
    view: &View<'_>,
    kind: DocumentKind,
    twin: &str,
    id: &str,
) -> Result<bool, ChangeError> {
    let Some(object) = view.object(kind, twin).await? else { return Ok(false) };
    Ok(kept::read::<Says>(&object.body).unwrap_or_default().names(id))
}

/// Whether all that is new can be told apart.
///
/// # Errors
///
/// Names that hold what cannot be seen, and those that look like another one of their kind, where
/// the document does not say that it is `distinct_from` that one.
pub(crate) async fn distinct(view: &View<'_>, edited: &[Edited]) -> Result<(), ChangeError> {
    let mut found = Diagnostics::default();
    let mut new: Vec<(&Edited, Says)> = Vec::new();
    for edit in edited {
        let Some(after) = &edit.after else { continue };
        let mut says = Says::default();
        if has_twins(edit.kind) {
            says = kept::read(after).unwrap_or_default();
        }
        if edit.kind == DocumentKind::User {
            let had: Says = match &edit.before {
                Some(before) => kept::read(before).unwrap_or_default(),
                None => Says::default(),
            };
            for tag in says.tags.iter().filter(|tag| !had.tags.contains(tag)) {
                fit(edit, "tags", tag, &mut found);
            }
            for team in says.teams.iter().filter(|team| !had.teams.contains(team)) {
                unkept(edit, "teams", team, &mut found);
            }
        }
        if view.realm().tenant_id().is_some() {
            assigned::by_tenants(edit, &mut found);
        }
        if edit.kind == DocumentKind::Settings {
            let settings = kept::read::<Settings>(after).unwrap_or_default();
            let had = edit.before.as_ref().and_then(|body| kept::read(body).ok());
            listed(edit, had.unwrap_or_default(), &settings, &mut found);
            if edit.before.is_none() {
                tenant(view, edit, &settings, &mut found).await?;
            }
        }
        if edit.before.is_none() && is_named(edit.kind) {
            // What comes with the product has its name; what the administration has nobody writes.
            let standard = |id: &str| {
                edit.kind == DocumentKind::Role
                    && !is_kept(id)
                    && view.catalog().value.standard_roles.iter().any(|role| *role.id == *id)
            };
            match edit.kind {
                kind if has_ids(kind) && !standard(&edit.id) => {
                    fit(edit, "id", &edit.id, &mut found);
                }
                _ => {
                    seen(edit, "id", &edit.id, &mut found);
                    unkept(edit, "id", &edit.id, &mut found);
                }
            }
            if has_twins(edit.kind) {
                new.push((edit, says));
            }
        }
    }
    let known = known(view, &new).await?;
    let gone = edited.iter().filter(|edit| edit.after.is_none());
    let gone: BTreeSet<_> = gone.map(|edit| (edit.kind, &*edit.id)).collect();
    // Of two that come together, the second one is told.
    let mut come: HashMap<(DocumentKind, String), (&str, &Says)> = HashMap::new();
    for (edit, says) in &new {
        let looks = folded(&edit.id).into_owned();
        let there = known.get(&(edit.kind, looks.clone())).into_iter().flatten();
        let there = there.filter(|twin| !gone.contains(&(edit.kind, &***twin)));
        let came = come.insert((edit.kind, looks), (&edit.id, says));
        let came = came.filter(|(twin, apart)| *twin != edit.id && !apart.names(&edit.id));
        let twins = there.map(String::as_str).chain(came.map(|(twin, _)| twin));
        let twins: Vec<&str> = twins.filter(|twin| *twin != edit.id && !says.names(twin)).collect();
        for twin in twins {
            if !says_so(view, edit.kind, twin, &edit.id).await? {
                let (message, help) = twin_of(&edit.id, twin);
                found.push(fault(edit, "id", message, help));
                break;
            }
        }
    }
    Ok(found.or(())?)
}

/// Whether the tags that are listed newly can be told apart from the others.
fn listed(edit: &Edited, had: Settings, settings: &Settings, found: &mut Diagnostics) {
    let had: BTreeSet<String> = had.tags.iter().flatten().map(|tag| tag.id.to_string()).collect();
    let tags = || settings.tags.iter().flatten();
    for tag in tags().filter(|tag| !had.contains(tag.id.as_str())) {
        fit(edit, "tags", &tag.id, found);
        let says = |one: &Tag, other: &Tag| one.distinct_from.contains(&other.id);
        let twin = tags().find(|other| {
            other.id != tag.id
                && folded(&other.id) == folded(&tag.id)
                && !says(tag, other)
                && !says(other, tag)
        });
        if let Some(twin) = twin {
            let (message, help) = twin_of(&tag.id, &twin.id);
            found.push(fault(edit, "tags", message, help));
        }
    }
}

/// Whether a tenant that comes can be told apart from those that are there: whoever administers
/// the one, or decides by it, would not see that it is the other.
async fn tenant(
    view: &View<'_>,
    edit: &Edited,
    settings: &Settings,
    found: &mut Diagnostics,
) -> Result<(), ChangeError> {
    let Some(id) = view.realm().tenant_id() else { return Ok(()) };
    fit(edit, "tenant", id, found);
    let looks = folded(id);
    let store = view.store();
    // What looks otherwise than it is written is written down with the platform.
    let twins = store.twins(&Realm::platform(), &BTreeSet::from([[&*looks]])).await?;
    let twins = twins.into_iter().map(|(_, tenant)| tenant);
    let twins: BTreeSet<String> = twins.chain([looks.clone().into_owned()]).collect();
    for twin in twins.iter().filter(|twin| *twin != id) {
        let Ok(realm) = Realm::tenant(&**twin) else { continue };
        let object = store.object(&realm, DocumentKind::Settings.name(), "tenant").await?;
        let Some(object) = object else { continue };
        let other = kept::read::<Settings>(&object.body).unwrap_or_default();
        let says = |of: &Settings, id: &str| of.distinct_from.iter().any(|it| it.as_str() == id);
        if !says(settings, twin) && !says(&other, id) {
            let (message, help) = twin_of(id, twin);
            found.push(fault(edit, "tenant", message, help));
            break;
        }
    }
    Ok(())
}

/// The names that are there and look like those that come.
async fn known(
    view: &View<'_>,
    new: &[(&Edited, Says)],
) -> Result<HashMap<(DocumentKind, String), Vec<String>>, ChangeError> {
    let mut known: HashMap<_, Vec<String>> = HashMap::new();
    let looks: Vec<_> = new.iter().map(|(edit, _)| (edit.kind, folded(&edit.id))).collect();
    let users = looks.iter().filter(|(kind, _)| *kind == DocumentKind::User);
    let users: BTreeSet<[&str; 1]> = users.map(|(_, looks)| [&**looks]).collect();
    if !users.is_empty() {
        for (looks, id) in view.store().twins(view.realm(), &users).await? {
            known.entry((DocumentKind::User, looks)).or_default().push(id);
        }
    }
    let kinds: BTreeSet<_> = looks.iter().map(|(kind, _)| *kind).collect();
    for kind in kinds.into_iter().filter(|kind| !kind.is_directory()) {
        for (id, _) in view.documents(kind) {
            known.entry((kind, folded(id).into_owned())).or_default().push(id.to_owned());
        }
        if kind == DocumentKind::Role {
            for role in view.roles() {
                let looks = folded(&role.id).into_owned();
                known.entry((kind, looks)).or_default().push(role.id.to_string());
            }
        }
    }
    Ok(known)
}

fn seen(edit: &Edited, field: &str, name: &str, found: &mut Diagnostics) {
    if let Err(unseen) = check(name) {
        let shown: String =
            name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        found.push(fault(edit, field, format!("`{shown}` {unseen}"), None));
    }
}

/// The same, and whether it can be given to somebody or something from now on.
fn fit(edit: &Edited, field: &str, name: &str, found: &mut Diagnostics) {
    match check_id(name) {
        Ok(()) => {}
        Err(Unfit::Unseen(_)) => seen(edit, field, name, found),
        Err(unfit) => found.push(fault(edit, field, format!("`{name}` {unfit}"), None)),
    }
}

/// Whether no part of a path is one of the administration's names.
fn unkept(edit: &Edited, field: &str, path: &str, found: &mut Diagnostics) {
    if path.split('/').any(is_kept) {
        found.push(fault(edit, field, format!("`{path}` {}", Unfit::Kept), None));
    }
}

pub(super) fn fault(
    edit: &Edited,
    field: &str,
    message: String,
    help: Option<String>,
) -> Diagnostic {
    let file = format!("{} `{}`", edit.kind, edit.id);
    Diagnostic { file, at: Position::default(), field: field.to_owned(), message, help }
}

/// Whether people choose the names of documents of a kind.
const fn is_named(kind: DocumentKind) -> bool {
    matches!(
        kind,
        DocumentKind::Team
            | DocumentKind::Role
            | DocumentKind::Policy
            | DocumentKind::Program
            | DocumentKind::SharingPolicy
            | DocumentKind::SharingOverride
            | DocumentKind::User
            | DocumentKind::Delegation
            | DocumentKind::Product
    )
}

/// Whether documents of a kind are named by ids, and not by paths or by what they hold.
const fn has_ids(kind: DocumentKind) -> bool {
    has_twins(kind) && !matches!(kind, DocumentKind::Team)
}

/// Whether two documents of a kind are two people, or two things that are handed out.
const fn has_twins(kind: DocumentKind) -> bool {
    matches!(
        kind,
        DocumentKind::Team
            | DocumentKind::Role
            | DocumentKind::Policy
            | DocumentKind::Program
            | DocumentKind::User
    )
}
