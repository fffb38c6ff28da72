//! Whether an edit does more than its author could.
//!
//! What has to be held for a change is asked by its documents. What the change *does* follows from
//! everything that reads them: a tag that a program admits, a team whose records a scope reaches, a
//! role that a rule names, a restriction that is lifted. So it is tried on everybody whom it
//! concerns, and whoever cannot hand out anything hands out nothing that they cannot do, and takes
//! from nobody what they do not hold.

use super::administration::UNBOUNDED;
use super::authority::{self, service};
use super::concerned::{Concerned, Judging};
use super::keys::{self, Acting};
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

/// With what the ids of keys begin, among those who are judged.
const KEYS: &str = "permesso.key.";

/// Refuses a change of a tenant that does more than its author could.
pub(super) async fn within_own_rights(
    node: &Node,
    view: &View<'_>,
    caller: &Caller,
    edited: &[Edited],
    tried: &DryRun,
) -> Result<(), ChangeError> {
    let (Some(before), Some(after)) = (tried.before(), tried.after()) else { return Ok(()) };
    // What comes to people by their team, or to all of them, is no part of a role; a key holds
    // roles as they do.
    let personal = |edit: &Edited| {
        matches!(
            edit.kind,
            DocumentKind::User
                | DocumentKind::Delegation
                | DocumentKind::Team
                | DocumentKind::Settings
                | DocumentKind::Key
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
    let Judging { mut before, mut afters, cut } =
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
    let (were, are) = (keys::own(view, &tried.before)?, keys::own(view, &tried.after)?);
    let stays = |key: &&Acting| are.iter().any(|it| it.id == key.id);
    before.users.extend(were.iter().filter(stays).map(as_user));
    for after in &mut afters {
        after.users.extend(are.iter().map(as_user));
    }
    let may_see = authority::holds(node, view, caller, "permesso.users.read").await.is_ok();
    let (families, now) = (node.components().families(), view.now());
    let (caller, tried) = (caller.clone(), tried.clone());
    // As long as compiling takes nobody else is kept waiting.
    let judged = tokio::task::spawn_blocking(move || {
        let mut found = Ok(());
        for after in afters {
            let (before, after) = tried.compile_under(&families, before.clone(), after)?;
            let author = author_of(&before, &caller)?;
            let judged = Judged { before: &before, after: &after, author: &author, now };
            let excess = excess(&judged).map_err(|error| not_judged(&error.to_string()))?;
            if let (Some(excess), true) = (excess, found.is_ok()) {
                found = Err(refused(&excess, may_see));
            }
        }
        found
    });
    judged.await.unwrap_or_else(|error| Err(not_judged(&error.to_string())))
}

/// What cannot be judged is not done.
fn not_judged(why: &str) -> ChangeError {
    tracing::error!(why, "an edit could not be judged");
    ChangeError::Denied {
        permission: UNBOUNDED.to_owned(),
        reason: "not-judged".to_owned(),
        message: "what this does could not be worked out; ask somebody who may hand out anything"
            .to_owned(),
    }
}

/// A key as somebody who holds its roles. What is withdrawn is nobody's loss.
fn as_user(acting: &Acting) -> User {
    User { id: format!("{KEYS}{}", acting.id).into(), ..service(&acting.key) }
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
        Some(user) if user.starts_with(KEYS) => "an API key".to_owned(),
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
