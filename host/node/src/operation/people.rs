//! Users, invitations and delegations.

use super::{Operation, Plan};
use crate::document;
use crate::error::ChangeError;
use crate::follow::catalogs::digest;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_auth::Token;
use permesso_engine::model::{
    Assignment, CopiedFrom, Delegation, Instant, Invitation, Status, User,
};
use permesso_store::feed::Facet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// How an invitation stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invited {
    /// When it was sent last, in milliseconds since 1970-01-01T00:00:00Z.
    pub sent_at: i64,
    /// Until when it can be accepted, in milliseconds since 1970-01-01T00:00:00Z.
    pub expires_at: i64,
    /// How often it was sent.
    pub times: u32,
    /// The SHA-256 of the token in the link. The token itself is nowhere kept.
    pub token: String,
}

/// For how long an invitation is good, in days, where nobody says otherwise.
pub const INVITATION_DAYS: u16 = 7;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn token(
    now: i64,
    days: u16,
    times: u32,
) -> Result<(Invited, zeroize::Zeroizing<String>), ChangeError> {
    // An invitation opens one door once; the form of a key tells a cut-off link from a wrong one.
    let token = Token::generate().map_err(|error| ChangeError::Request {
        field: "token".to_owned(),
        message: error.to_string(),
    })?;
    let shown = token.reveal();
    let invited = Invited {
        sent_at: now,
        expires_at: now + i64::from(days) * DAY,
        times,
        token: digest(&shown),
    };
    Ok((invited, shown))
}

/// Somebody is invited.
#[derive(Debug, Clone)]
pub struct Invite {
    /// Who they are to be. The invitation is pending whatever they say.
    pub user: User,
    /// Whose roles, policies and rights they are given: a copy of this moment.
    pub same_as: Option<String>,
    /// For how many days it can be accepted.
    pub days: u16,
}

#[async_trait]
impl Operation for Invite {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.users.invite"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let id = self.user.id.to_string();
        let mut user = self.user.clone();
        if let Some(object) = view.object(DocumentKind::User, &id).await? {
            let was: User = document::read(DocumentKind::User, &id, &object.body)?;
            // Whoever was deleted can come again.
            if was.status != Status::Deleted {
                let realm = view.realm().clone();
                return Err(ChangeError::Exists { realm, kind: DocumentKind::User, id });
            }
        }
        if let Some(other) = &self.same_as {
            let other_user = view.user(other).await?;
            user.roles = other_user.roles;
            user.policies = other_user.policies;
            user.rights = other_user.rights;
            user.copied_from =
                Some(CopiedFrom { user: other.clone(), at: Instant::from_millis(view.now()) });
        }
        user.status = Status::Active;
        user.invitation = Invitation::Pending;
        let (invited, token) = token(view.now(), self.days, 1)?;
        let expires_at = Instant::from_millis(invited.expires_at);
        Ok(Plan::new("user.invite")
            .put(DocumentKind::User, id.clone(), &user)?
            .put(DocumentKind::Invitation, id.clone(), &invited)?
            .answer(json!({"user": id, "token": *token, "expires_at": expires_at})))
    }
}

/// An invitation is sent again. The old link stops working.
#[derive(Debug, Clone)]
pub struct Resend {
    /// To whom.
    pub user: String,
    /// For how many days it can be accepted.
    pub days: u16,
}

#[async_trait]
impl Operation for Resend {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.users.invite"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let user = view.user(&self.user).await?;
        if user.invitation != Invitation::Pending || user.status != Status::Active {
            return Err(wrong_state(&self.user, "has no invitation that is pending"));
        }
        let times = match view.object(DocumentKind::Invitation, &self.user).await? {
            Some(object) => {
                let was: Invited =
                    document::read(DocumentKind::Invitation, &self.user, &object.body)?;
                was.times
            }
            None => 0,
        };
        let (invited, token) = token(view.now(), self.days, times.saturating_add(1))?;
        let expires_at = Instant::from_millis(invited.expires_at);
        Ok(Plan::new("user.resend")
            .put(DocumentKind::Invitation, self.user.clone(), &invited)?
            .answer(json!({"user": self.user, "token": *token, "expires_at": expires_at})))
    }
}

/// An invitation is accepted, by whoever has the link.
#[derive(Debug, Clone)]
pub struct Accept {
    /// By whom.
    pub user: String,
    /// What stands in the link.
    pub token: String,
}

#[async_trait]
impl Operation for Accept {
    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let wrong = || ChangeError::Denied {
            permission: "accept".to_owned(),
            reason: "wrong-token".to_owned(),
            message: "this link is not good, or no longer; ask for the invitation to be sent again"
                .to_owned(),
        };
        let Some(object) = view.object(DocumentKind::Invitation, &self.user).await? else {
            return Err(wrong());
        };
        let invited: Invited = document::read(DocumentKind::Invitation, &self.user, &object.body)?;
        let same: bool =
            subtle::ConstantTimeEq::ct_eq(digest(&self.token).as_bytes(), invited.token.as_bytes())
                .into();
        if !same || invited.expires_at <= view.now() {
            return Err(wrong());
        }
        let mut user = view.user(&self.user).await?;
        if user.invitation != Invitation::Pending || user.status != Status::Active {
            return Err(wrong());
        }
        user.invitation = Invitation::Accepted;
        Ok(Plan::new("user.accept")
            .put(DocumentKind::User, self.user.clone(), &user)?
            .remove(DocumentKind::Invitation, self.user.clone()))
    }
}

/// Whether a user takes part becomes something else.
#[derive(Debug, Clone)]
pub struct SetStatus {
    /// Who.
    pub user: String,
    /// What.
    pub status: Status,
}

#[async_trait]
impl Operation for SetStatus {
    fn needs(&self) -> &'static [&'static str] {
        match self.status {
            Status::Deleted => &["permesso.users.delete"],
            Status::Active | Status::Inactive => &["permesso.users.deactivate"],
        }
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let mut user = view.user(&self.user).await?;
        if user.status == Status::Deleted {
            return Err(wrong_state(&self.user, "was deleted; invite them again"));
        }
        let operation = match self.status {
            Status::Active => "user.reactivate",
            Status::Inactive => "user.deactivate",
            Status::Deleted => "user.delete",
        };
        user.status = self.status;
        Plan::new(operation).put(DocumentKind::User, self.user.clone(), &user)
    }
}

/// What is known of a user becomes something else. Status and invitation have operations of their
/// own and stay as they are.
#[derive(Debug, Clone)]
pub struct UpdateUser {
    /// The user as they are to be.
    pub user: User,
}

#[async_trait]
impl Operation for UpdateUser {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.users.edit", "permesso.users.assign"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let id = self.user.id.to_string();
        let was = view.user(&id).await?;
        if was.status == Status::Deleted {
            return Err(wrong_state(&id, "was deleted; invite them again"));
        }
        let mut user = self.user.clone();
        (user.status, user.invitation) = (was.status, was.invitation);
        user.copied_from = was.copied_from;
        Plan::new("user.update").put(DocumentKind::User, id, &user)
    }
}

/// The same, by a document that may say how the user stands. That has operations of its own, so
/// what it says has to be so: it is neither written nor passed over.
#[derive(Debug, Clone)]
pub struct PutUser {
    /// The user as they are to be.
    pub user: User,
    /// The status that was said, where one was.
    pub status: Option<Status>,
    /// How the invitation was said to stand, where that was said.
    pub invitation: Option<Invitation>,
}

#[async_trait]
impl Operation for PutUser {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.users.edit", "permesso.users.assign"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let plan = UpdateUser { user: self.user.clone() }.plan(view).await?;
        let was = view.user(&self.user.id).await?;
        let (field, advice) = if self.status.is_some_and(|said| said != was.status) {
            ("status", "deactivate, reactivate or delete the user for that")
        } else if self.invitation.is_some_and(|said| said != was.invitation) {
            ("invitation", "whoever has the link accepts it")
        } else {
            return Ok(plan);
        };
        let id = &self.user.id;
        let message = format!(
            "that of `{id}` is another one, and does not change by writing it; {advice}, and leave \
             it out here or say what it is"
        );
        Err(ChangeError::Request { field: field.to_owned(), message })
    }
}

/// Some of the users' roles are others.
#[derive(Debug, Clone)]
pub struct SetRoles {
    /// Who.
    pub user: String,
    /// The roles that they are to hold, each at once or within limits.
    pub roles: Vec<Assignment>,
}

#[async_trait]
impl Operation for SetRoles {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.users.assign"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let mut user = view.user(&self.user).await?;
        check_assignable(&user)?;
        user.roles.clone_from(&self.roles);
        Plan::new("user.assign").put(DocumentKind::User, self.user.clone(), &user)
    }
}

/// Whether a user can be given roles, in a store or in a folder.
///
/// # Errors
///
/// Where the user was deleted.
pub fn check_assignable(user: &User) -> Result<(), ChangeError> {
    match user.status {
        Status::Deleted => Err(wrong_state(&user.id, "was deleted; invite them again")),
        Status::Active | Status::Inactive => Ok(()),
    }
}

/// One user lets another act for them.
#[derive(Debug, Clone)]
pub struct Delegate {
    /// By what it is found.
    pub id: String,
    /// What is delegated, by whom and to whom.
    pub delegation: Delegation,
}

#[async_trait]
impl Operation for Delegate {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.delegations.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        if view.object(DocumentKind::Delegation, &self.id).await?.is_some() {
            let (realm, id) = (view.realm().clone(), self.id.clone());
            return Err(ChangeError::Exists { realm, kind: DocumentKind::Delegation, id });
        }
        Plan::new("delegation.create").put(
            DocumentKind::Delegation,
            self.id.clone(),
            &self.delegation,
        )
    }
}

fn wrong_state(user: &str, what: &str) -> ChangeError {
    ChangeError::Guarded { guard: "wrong-state", message: format!("`{user}` {what}"), users: None }
}

/// How many users a tenant has, by what a seat depends on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Seats {
    /// Take part.
    pub active: u64,
    /// Are invited and have not accepted.
    pub pending: u64,
    /// Were deactivated; what is assigned to them stays.
    pub inactive: u64,
    /// All of these.
    pub total: u64,
}

/// Counts the seats of a tenant.
///
/// # Errors
///
/// Where the store cannot be read.
pub async fn seats(view: &View<'_>) -> Result<Seats, ChangeError> {
    let facet = |status: &str| (Facet::Status, status.to_owned());
    let facets = [facet("active"), facet("pending"), facet("inactive")];
    let usage = view.usage(&facets).await?;
    let count = |facet: &(Facet, String)| usage.get(facet).map_or(0, |usage| usage.listed);
    let [active, pending, inactive] = facets.each_ref().map(count);
    Ok(Seats { active, pending, inactive, total: active + pending + inactive })
}
