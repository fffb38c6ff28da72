//! What can be asked for.
//!
//! An operation looks at a tenant as it is and says which documents become what. It decides
//! nothing about who may do it and checks nothing about the result: what is to be held, and
//! whether the tenant would be whole, follows from the documents (see [`crate::edit::administration`]).

mod acting;
mod history;
mod keys;
pub(crate) mod names;
mod people;
mod policy;
mod publishing;
pub(crate) mod renaming;
pub(crate) mod serving;
mod teams;
pub(crate) mod tenants;

pub(crate) use history::changed_since;
pub use history::{Rollback, Undo};
pub use keys::{CreateKey, RevokeKey, RotateKey};
pub use names::{RenameRole, RenameTag};
pub use people::{
    Accept, Delegate, INVITATION_DAYS, Invite, Invited, PutUser, Resend, Seats, SetRoles,
    SetStatus, UpdateUser, check_assignable, seats,
};
pub use policy::{DeleteRole, DuplicateRole, Put, Remove, SelectCategory};
pub use publishing::PublishMoving;
pub use teams::MoveTeam;
pub use tenants::{
    ChangeSettings, CreateTenant, DeleteTenant, PublishProduct, PutSettings, WithdrawProduct, realm,
};

use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_store::{Body, Realm, Which};
use serde::Serialize;
use serde_json::Value;

/// What is to become of a document; nothing where it is to go.
pub type Intended = (DocumentKind, String, Option<Body>);

/// Documents that become something else, in one or several realms.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is written in the log, such as `role.create`.
    pub operation: String,
    /// The documents of the tenant that it is about.
    pub edits: Vec<Intended>,
    /// Documents of other realms, written in the same transaction.
    pub elsewhere: Vec<(Realm, Vec<Intended>)>,
    /// What the caller is told besides, such as a token that is shown once.
    pub answer: Value,
    /// A role that only gets another name, and that name: whoever holds it holds the same.
    pub renamed: Option<(String, String)>,
}

impl Plan {
    /// A plan that does nothing yet.
    #[must_use]
    pub fn new(operation: impl Into<String>) -> Self {
        Self { operation: operation.into(), ..Self::default() }
    }

    /// Writes a document.
    ///
    /// # Errors
    ///
    /// Where it cannot be written as JSON.
    pub fn put<T: Serialize>(
        mut self,
        kind: DocumentKind,
        id: impl Into<String>,
        value: &T,
    ) -> Result<Self, ChangeError> {
        let id = id.into();
        let body = body(kind, &id, value)?;
        self.edits.push((kind, id, Some(body)));
        Ok(self)
    }

    /// Takes a document away.
    #[must_use]
    pub fn remove(mut self, kind: DocumentKind, id: impl Into<String>) -> Self {
        self.edits.push((kind, id.into(), None));
        self
    }

    /// Says something to the caller.
    #[must_use]
    pub fn answer(mut self, answer: Value) -> Self {
        self.answer = answer;
        self
    }
}

/// A value as a document.
///
/// # Errors
///
/// Where it cannot be written as JSON.
pub fn body<T: Serialize>(kind: DocumentKind, id: &str, value: &T) -> Result<Body, ChangeError> {
    Body::of(value).map_err(|error| ChangeError::Document {
        kind,
        id: id.to_owned(),
        why: error.to_string(),
    })
}

/// Something that can be asked for.
#[async_trait]
pub trait Operation: Send + Sync {
    /// Which documents become what. Called again where others have written meanwhile.
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError>;

    /// The permissions of which one at least is needed, whatever it is about. What exactly has to
    /// be held follows from the documents; whoever holds none of these is told nothing of them.
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }
}

/// The ids of all documents of a kind that is read one by one, where they are not too many.
pub(crate) async fn all(
    view: &View<'_>,
    kind: DocumentKind,
    limit: usize,
) -> Result<Vec<String>, ChangeError> {
    let mut ids: Vec<String> = Vec::new();
    loop {
        let after = ids.last().cloned().unwrap_or_default();
        let page = view.store().page(view.realm(), Which::All(kind.name()), &after, 1000).await?;
        if page.is_empty() {
            return Ok(ids);
        }
        ids.extend(page.into_iter().map(|object| object.id));
        if ids.len() > limit {
            return Err(ChangeError::Guarded {
                guard: "too-many",
                message: format!(
                    "more than {limit} documents of the kind `{kind}`; delete them in portions first"
                ),
                users: None,
            });
        }
    }
}
