//! Roles and the other documents of a policy.

use super::renaming::Renaming;
use super::{Operation, Plan, acting};
use crate::document;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_engine::condition::Named;
use permesso_engine::model::{Assignment, Grant, GrantedBy, Permission, Role, Scope, User};
use permesso_store::feed::Facet;
use permesso_store::{Body, Which};
use serde_json::json;

/// A document is written as it is.
#[derive(Debug, Clone)]
pub struct Put {
    /// Its kind.
    pub kind: DocumentKind,
    /// Its id.
    pub id: String,
    /// What it is to say.
    pub body: Body,
    /// Whether it has to be new.
    pub create: bool,
}

#[async_trait]
impl Operation for Put {
    fn needs(&self) -> &'static [&'static str] {
        match (self.kind, self.create) {
            (DocumentKind::Role, true) => &["permesso.roles.create"],
            (kind, _) => needed(kind),
        }
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let Self { kind, id, body, create } = self;
        view.settings()?;
        let before = view.object(*kind, id).await?;
        let named = matches!(kind, DocumentKind::Role) && view.role(id).is_some();
        if *create && (before.is_some() || named) {
            let (realm, kind, id) = (view.realm().clone(), *kind, id.clone());
            return Err(ChangeError::Exists { realm, kind, id });
        }
        let verb = if before.is_some() { "update" } else { "create" };
        let mut plan = Plan::new(format!("{kind}.{verb}"));
        plan.edits.push((*kind, id.clone(), Some(body.clone())));
        Ok(plan)
    }
}

/// A document goes.
#[derive(Debug, Clone)]
pub struct Remove {
    /// Its kind.
    pub kind: DocumentKind,
    /// Its id.
    pub id: String,
}

#[async_trait]
impl Operation for Remove {
    fn needs(&self) -> &'static [&'static str] {
        needed(self.kind)
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let Self { kind, id } = self;
        if view.object(*kind, id).await?.is_none() {
            return Err(view.missing(*kind, id));
        }
        Ok(Plan::new(format!("{kind}.delete")).remove(*kind, id.clone()))
    }
}

/// The permissions of which one at least is needed to write a document of a kind.
const fn needed(kind: DocumentKind) -> &'static [&'static str] {
    match kind {
        DocumentKind::Role => {
            &["permesso.roles.edit", "permesso.roles.create", "permesso.roles.delete"]
        }
        DocumentKind::Policy => &["permesso.policies.edit"],
        DocumentKind::Team => &["permesso.teams.edit"],
        DocumentKind::Program | DocumentKind::Closed => &["permesso.programs.edit"],
        DocumentKind::SharingDefault
        | DocumentKind::SharingPolicy
        | DocumentKind::SharingOverride => &["permesso.sharing.edit"],
        DocumentKind::Family => &["permesso.families.edit"],
        DocumentKind::Key => &["permesso.keys.edit"],
        DocumentKind::Delegation => &["permesso.delegations.edit"],
        DocumentKind::User => &[
            "permesso.users.edit",
            "permesso.users.assign",
            "permesso.users.invite",
            "permesso.users.deactivate",
            "permesso.users.delete",
        ],
        DocumentKind::Invitation => &["permesso.users.invite"],
        DocumentKind::Settings
        | DocumentKind::Catalog
        | DocumentKind::Serving
        | DocumentKind::Product
        | DocumentKind::CatalogText => &["permesso.tenant.edit", "permesso.tenant.plan"],
    }
}

/// A role is copied. The copy is of this moment: later edits of the one do not reach the other.
#[derive(Debug, Clone)]
pub struct DuplicateRole {
    /// Which.
    pub from: String,
    /// The copy's id.
    pub id: String,
    /// The copy's label; that of the original where empty.
    pub label: String,
}

#[async_trait]
impl Operation for DuplicateRole {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.roles.create"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let original =
            view.role(&self.from).ok_or_else(|| view.missing(DocumentKind::Role, &self.from))?;
        if view.role(&self.id).is_some() {
            let (realm, id) = (view.realm().clone(), self.id.clone());
            return Err(ChangeError::Exists { realm, kind: DocumentKind::Role, id });
        }
        let mut copy = original.clone();
        copy.id = self.id.clone().into();
        copy.duplicate_of = Some(self.from.clone().into());
        // What protects the product's own roles does not come along.
        (copy.editable, copy.deletable, copy.keeps_holder) = (None, None, false);
        copy.source = String::new();
        if !self.label.is_empty() {
            copy.label.clone_from(&self.label);
        }
        Plan::new("role.duplicate").put(DocumentKind::Role, self.id.clone(), &copy)
    }
}

/// All of a category, or all that a pattern matches, is ticked in a role, as the catalog stands at
/// this moment: what it gets later is not.
#[derive(Debug, Clone)]
pub struct SelectCategory {
    /// The role.
    pub role: String,
    /// The category, or a pattern: `invoice.*`, `*.view`.
    pub category: String,
    /// How far.
    pub scope: Scope,
}

#[async_trait]
impl Operation for SelectCategory {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.roles.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let role =
            view.role(&self.role).ok_or_else(|| view.missing(DocumentKind::Role, &self.role))?;
        let categories = &view.catalog().value.categories;
        let category = categories.iter().find(|category| *category.id == self.category);
        let named: Vec<&str> = match (category, view.version.catalog.given_by(&self.category)) {
            (Some(category), _) => {
                let handed_out = |permission: &&Permission| {
                    permission.granted_by == GrantedBy::Roles && !permission.owner_only
                };
                let permissions = category.permissions.iter().filter(handed_out);
                permissions.map(|permission| permission.id.as_str()).collect()
            }
            (None, Some(given)) if !given.is_empty() => given,
            (None, given) => {
                let message = match given {
                    Some(_) => format!("`{}` stands for no permission", self.category),
                    None => format!("the catalog has no category `{}`", self.category),
                };
                let field = "category".to_owned();
                return Err(ChangeError::Request { field, message });
            }
        };
        let mut role: Role = role.clone();
        let mut added = Vec::new();
        for id in named {
            let plainly = role.grants.iter().any(|grant| {
                grant.permission.as_ref().is_some_and(|named| **named == *id)
                    && grant.scope.covers(self.scope)
                    && is_plain(grant)
            });
            if !plainly {
                added.push(id.to_owned());
                role.grants.push(Grant {
                    permission: Some(id.into()),
                    scope: self.scope,
                    ..Grant::default()
                });
            }
        }
        let plan =
            Plan::new("role.select-category").put(DocumentKind::Role, self.role.clone(), &role)?;
        Ok(plan.answer(json!({"added": added})))
    }
}

fn is_plain(grant: &Grant) -> bool {
    grant.teams.is_empty()
        && grant.exact_teams.is_empty()
        && grant.valid_from.is_none()
        && grant.valid_until.is_none()
        && grant.condition.is_none()
}

/// A role goes. Who holds it is moved to another one, where one is named. A standard role that
/// was edited is the product's again.
#[derive(Debug, Clone)]
pub struct DeleteRole {
    /// Which.
    pub id: String,
    /// Where its holders go.
    pub move_to: Option<String>,
}

/// More holders than this are not moved in one record.
const AT_ONCE: usize = 5_000;

#[async_trait]
impl Operation for DeleteRole {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.roles.delete", "permesso.roles.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        if view.role(&self.id).is_none() {
            return Err(view.missing(DocumentKind::Role, &self.id));
        }
        if view.revision_of(DocumentKind::Role, &self.id).is_none() {
            return Err(ChangeError::Guarded {
                guard: "standard-role",
                message: format!("`{}` comes with the product and cannot be deleted", self.id),
                users: None,
            });
        }
        let mut plan = Plan::new("role.delete").remove(DocumentKind::Role, self.id.clone());
        let Some(to) = &self.move_to else { return Ok(plan) };
        if view.role(to).is_none() || *to == self.id {
            return Err(view.missing(DocumentKind::Role, to));
        }
        // A key that is good for other tenants too stays, and the role with it.
        let renaming = Renaming::new(Named::Role, &self.id, to);
        plan = acting::follow(view, plan, &renaming).await?.0;
        let mut after = String::new();
        let mut moved = 0_usize;
        loop {
            let which = Which::Having(Facet::Role, &self.id);
            let page = view.store().page(view.realm(), which, &after, 1000).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            moved += page.len();
            if moved > AT_ONCE {
                return Err(ChangeError::Guarded {
                    guard: "too-many",
                    message: format!(
                        "more than {AT_ONCE} users hold `{}`; move them in portions first",
                        self.id
                    ),
                    users: None,
                });
            }
            for object in page {
                let mut user: User = document::read(DocumentKind::User, &object.id, &object.body)?;
                move_to(&mut user.roles, &self.id, to);
                plan = plan.put(DocumentKind::User, object.id, &user)?;
            }
        }
        Ok(plan.answer(json!({"moved": moved})))
    }
}

/// Whoever held one role holds another, within the limits within which they held the first.
pub(super) fn move_to(roles: &mut Vec<Assignment>, from: &str, to: &str) {
    let mut moved: Vec<Assignment> = Vec::with_capacity(roles.len());
    for mut held in std::mem::take(roles) {
        if *held.role == *from {
            held.role = to.into();
        }
        if !moved.contains(&held) {
            moved.push(held);
        }
    }
    *roles = moved;
}
