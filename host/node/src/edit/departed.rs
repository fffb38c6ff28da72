//! What goes with somebody who goes.
//!
//! Who is deleted leaves nothing behind that would serve whoever gets their name next, or somebody
//! else in their name: not an invitation, and no delegation in either direction. Who takes part no
//! longer calls no longer either, by a key that they made.
//!
//! It follows from the change and is no change of its own: whoever may delete somebody need not be
//! let to edit what others delegated to them.

use super::Edited;
use crate::document::read;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::operation::{Intended, body};
use crate::view::View;
use permesso_auth::KeyRecord;
use permesso_auth::key;
use permesso_engine::model::{Status, User};
use std::collections::BTreeSet;

/// A user as they were and as they are to be, where they are there: whoever was deleted is not.
pub(super) fn present(edit: &Edited) -> Result<[Option<User>; 2], ChangeError> {
    let side = |body: &Option<permesso_store::Body>| -> Result<Option<User>, ChangeError> {
        let user = body.as_ref().map(|body| read::<User>(edit.kind, &edit.id, body)).transpose()?;
        Ok(user.filter(|user| user.status != Status::Deleted))
    };
    Ok([side(&edit.before)?, side(&edit.after)?])
}

/// What else becomes something by a change.
pub(super) async fn with_them(
    view: &View<'_>,
    edited: &[Edited],
) -> Result<Vec<Edited>, ChangeError> {
    let mut more = Vec::new();
    if view.realm().tenant_id().is_none() || view.settings().is_err() {
        return Ok(more);
    }
    // Who comes under a name that somebody had gets nothing of theirs either.
    let (mut others, mut makers) = (BTreeSet::new(), BTreeSet::new());
    for edit in edited.iter().filter(|edit| edit.kind == DocumentKind::User) {
        let [was, is] = present(edit)?;
        if was.is_some() != is.is_some() {
            others.insert(&*edit.id);
        }
        if is.as_ref().is_none_or(|user| user.status != Status::Active) {
            makers.insert(format!("user:{}", edit.id));
        }
        if was.is_some() && is.is_none() {
            let before = view.object(DocumentKind::Invitation, &edit.id).await?;
            let id = edit.id.clone();
            more.extend(before.map(|object| gone(DocumentKind::Invitation, id, object.body)));
        }
    }
    if !others.is_empty() {
        let sides: BTreeSet<[&str; 1]> = others.iter().map(|id| [*id]).collect();
        for id in view.store().delegations(view.realm(), &sides).await? {
            if let Some(object) = view.object(DocumentKind::Delegation, &id).await? {
                more.push(gone(DocumentKind::Delegation, id, object.body));
            }
        }
    }
    for (id, object) in view.documents(DocumentKind::Key) {
        if makers.is_empty() {
            break;
        }
        let mut record: KeyRecord = read(DocumentKind::Key, id, &object.body)?;
        if makers.contains(&record.created_by) && record.revoked_at.is_none() {
            key::revoke(&mut record, view.now());
            let after = Some(body(DocumentKind::Key, id, &record)?);
            let before = Some(object.body.clone());
            more.push(Edited { kind: DocumentKind::Key, id: id.to_owned(), before, after });
        }
    }
    let said = |one: &Edited| edited.iter().any(|it| (it.kind, &it.id) == (one.kind, &one.id));
    more.retain(|one| !said(one));
    Ok(more)
}

fn gone(kind: DocumentKind, id: String, body: permesso_store::Body) -> Edited {
    Edited { kind, id, before: Some(body), after: None }
}

/// The same, as what is to become of them.
pub(super) fn intended(edited: &[Edited]) -> Vec<Intended> {
    edited.iter().map(|edit| (edit.kind, edit.id.clone(), edit.after.clone())).collect()
}
