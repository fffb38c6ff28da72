//! The keys that act with a role follow it: to another name, or to the role that takes its place.

use super::renaming::Renaming;
use super::{Intended, Plan, body};
use crate::document;
use crate::edit::keys::of_platform;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use permesso_auth::KeyRecord;
use permesso_store::Realm;

/// Writes the keys that name it as they are from then on, those of the platform too where they are
/// good for this tenant alone; the others, in words.
pub(super) async fn follow(
    view: &View<'_>,
    mut plan: Plan,
    renaming: &Renaming<'_>,
) -> Result<(Plan, Vec<String>), ChangeError> {
    let kind = DocumentKind::Key;
    for (id, object) in view.documents(kind) {
        let mut key: KeyRecord = document::read(kind, id, &object.body)?;
        if renaming.key_roles(&mut key.roles) {
            plan = plan.put(kind, id, &key)?;
        }
    }
    let (mut edits, mut stay): (Vec<Intended>, _) = (Vec::new(), Vec::new());
    for acting in of_platform(view).await? {
        let mut key = KeyRecord::clone(&acting.key);
        if !renaming.key_roles(&mut key.roles) {
            continue;
        }
        match acting.is_of_one() {
            true => edits.push((kind, acting.id.clone(), Some(body(kind, &acting.id, &key)?))),
            false => stay.push(format!("{}, which is good for other tenants too", acting.place())),
        }
    }
    if !edits.is_empty() {
        plan.elsewhere.push((Realm::platform(), edits));
    }
    Ok((plan, stay))
}
