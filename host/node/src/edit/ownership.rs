//! Who gives and takes the ownership of an account.
//!
//! An owner holds what nobody is granted, by being the owner. So to be one is not covered by any
//! other right: owners make owners, owners end that, and only an owner switches one off or deletes
//! them. Who may hand out anything may do that too.

use super::Edited;
use super::departed::present;
use crate::caller::Caller;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use permesso_engine::model::{Status, User};

/// Whether the caller owns the account.
pub(super) async fn owns(view: &View<'_>, caller: &Caller) -> Result<bool, ChangeError> {
    let Caller::User { id, .. } = caller else { return Ok(false) };
    if view.object(DocumentKind::User, id).await?.is_none() {
        return Ok(false);
    }
    let user = view.user(id).await?;
    Ok(user.owner && user.status == Status::Active)
}

/// Refuses what only an owner does, where somebody else does it.
pub(super) async fn by_owners(view: &View<'_>, edited: &[Edited]) -> Result<(), ChangeError> {
    for edit in edited {
        let refused = match edit.kind {
            DocumentKind::User => of_document(edit)?,
            // The link lets in whoever has it, as the user.
            DocumentKind::Invitation if edit.after.is_some() => {
                // Who comes with it is looked at as a user.
                let comes = edited.iter().any(|it| {
                    it.kind == DocumentKind::User && it.id == edit.id && it.after.is_some()
                });
                let there = !comes && view.object(DocumentKind::User, &edit.id).await?.is_some();
                let owner = there && view.user(&edit.id).await?.owner;
                owner.then_some("invite an owner again")
            }
            _ => None,
        };
        if let Some(what) = refused {
            return Err(ChangeError::Denied {
                permission: "permesso.users.assign".to_owned(),
                reason: "not-owner".to_owned(),
                message: format!("only an owner of the account can {what}; ask one of them"),
            });
        }
    }
    Ok(())
}

fn of_document(edit: &Edited) -> Result<Option<&'static str>, ChangeError> {
    let [before, after] = present(edit)?;
    let owner = |user: &Option<User>| user.as_ref().is_some_and(|user| user.owner);
    Ok(match (owner(&before), owner(&after)) {
        (false, false) => None,
        (false, true) => Some("make somebody an owner"),
        (true, false) if after.is_none() => Some("delete an owner"),
        (true, false) => Some("end that somebody is an owner"),
        (true, true) => {
            let status = |user: &Option<User>| user.as_ref().map(|user| user.status);
            (status(&before) != status(&after)).then_some("switch an owner off, or on again")
        }
    })
}
