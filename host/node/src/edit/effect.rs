//! Whether an edit does more than its author could.
//!
//! What has to be held for a change is asked by its documents. What the change *does* follows from
//! everything that reads them: a tag that a program admits, a team whose records a scope reaches, a
//! role that a rule names, a restriction that is lifted. So it is tried on everybody whom it
//! concerns, and whoever cannot hand out anything hands out nothing that they cannot do, and takes
//! from nobody what they do not hold.

use super::administration::UNBOUNDED;
use super::authority::{self, service};
use super::concerned::Concerned;
use super::{DryRun, Edited};
use crate::caller::Caller;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::node::Node;
use crate::view::View;
use permesso_engine::compile::{Compiled, Member, compile_member};
use permesso_engine::inspect::{Beyond, Excess, Judged, concerns, excess};
use permesso_engine::model::User;
use std::sync::Arc;

/// Refuses a change of a tenant that does more than its author could.
pub(super) async fn within_own_rights(
    node: &Node,
    view: &View<'_>,
    caller: &Caller,
    edited: &[Edited],
    tried: &DryRun,
) -> Result<(), ChangeError> {
    let (Some(before), Some(after)) = (tried.before(), tried.after()) else { return Ok(()) };
    // What comes to people by their team, or to all of them, is no part of a role.
    let personal = |edit: &Edited| {
        matches!(
            edit.kind,
            DocumentKind::User
                | DocumentKind::Delegation
                | DocumentKind::Team
                | DocumentKind::Settings
        )
    };
    let people = edited.iter().any(personal);
    if !caller.is_asked() || !people && !concerns(before, after) {
        return Ok(());
    }
    if authority::holds(node, view, caller, UNBOUNDED).await.is_ok() {
        return Ok(());
    }
    let author = match caller {
        Caller::User { id, .. } => Some(id.as_str()),
        _ => None,
    };
    let Concerned { before, after, cut } =
        Concerned::judged(view.store(), view.realm(), edited, tried, author).await?;
    if cut {
        return Err(ChangeError::Denied {
            permission: UNBOUNDED.to_owned(),
            reason: "too-large-to-judge".to_owned(),
            message: "this concerns too many users to see what it does to each; ask somebody who \
                      may hand out anything"
                .to_owned(),
        });
    }
    let (before, after) = tried.compile_with(node, before, after)?;
    let author = author_of(&before, caller)?;
    let now = view.now();
    let judged = Judged { before: &before, after: &after, author: &author, now };
    let found = excess(&judged).map_err(|error| ChangeError::Request {
        field: "tenant".to_owned(),
        message: error.to_string(),
    })?;
    let Some(found) = found else { return Ok(()) };
    let may_see = authority::holds(node, view, caller, "permesso.users.read").await.is_ok();
    Err(refused(&found, may_see))
}

/// Whoever makes the change, as they are before it.
fn author_of(before: &Compiled, caller: &Caller) -> Result<Arc<Member>, ChangeError> {
    let user = match caller {
        Caller::User { id, .. } => {
            if let Some(member) = before.member(id) {
                return Ok(Arc::clone(member));
            }
            User { id: id.as_str().into(), ..User::default() }
        }
        Caller::Key(key) => service(key),
        Caller::Operator(_) | Caller::System => User::default(),
    };
    Ok(compile_member(before, &user)?)
}

fn refused(found: &Excess<'_>, may_see: bool) -> ChangeError {
    let Excess { user, beyond, gives } = found;
    let whom = match user {
        Some(user) if may_see => format!("`{user}`"),
        Some(_) => "somebody".to_owned(),
        None => "others".to_owned(),
    };
    let (permission, message) = match beyond {
        Beyond::Permission(id) => {
            let message = match gives {
                true => format!("that would let {whom} do `{id}` where you cannot do it yourself"),
                false => format!("that would keep {whom} from `{id}`, which you do not hold"),
            };
            ((*id).to_owned(), format!("{message}; ask somebody who holds it"))
        }
        Beyond::Item(gate) => {
            let item = format!("{}:{}", gate.kind, gate.id);
            let message = format!(
                "that changes for {whom} whether the exclusive `{item}` is open, and it is not open \
                 to you; ask somebody whom its programs admit"
            );
            (item, message)
        }
        Beyond::Read { permission, reader, id } => (
            permission.clone(),
            format!(
                "the {reader} `{id}` reads what this changes of {whom} and has a say in \
                 `{permission}`, which you do not hold on every record; ask somebody who does"
            ),
        ),
        Beyond::Rule(_) => (
            UNBOUNDED.to_owned(),
            "what this does cannot be compared with what you hold; ask somebody who may hand out \
             anything"
                .to_owned(),
        ),
    };
    ChangeError::Denied { permission, reason: "beyond-own-rights".to_owned(), message }
}
