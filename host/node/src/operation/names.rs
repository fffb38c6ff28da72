//! A role or a tag gets another name. Whatever names it follows in the same record, and nothing
//! is changed where something names it that cannot.

use super::renaming::{Renaming, told};
use super::{Operation, Plan, acting};
use crate::document::{self, Settings, Team};
use crate::error::ChangeError;
use crate::kept;
use crate::kind::DocumentKind;
use crate::view::View;
use async_trait::async_trait;
use permesso_engine::condition::Named;
use permesso_engine::model::{FamilySettings, Policy, Program, Role, SharingRule, Status, User};
use permesso_store::Which;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

/// More users than this are not rewritten in one record.
const AT_ONCE: usize = 5_000;
/// Among more users than this nobody looks for who names something.
const LOOKED_AT: usize = 200_000;

/// A role gets another id.
#[derive(Debug, Clone)]
pub struct RenameRole {
    /// Its id.
    pub from: String,
    /// Its id from then on.
    pub to: String,
}

/// A tag is called otherwise.
#[derive(Debug, Clone)]
pub struct RenameTag {
    /// What it is called.
    pub from: String,
    /// What it is called from then on.
    pub to: String,
}

#[async_trait]
impl Operation for RenameRole {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.roles.edit", "permesso.roles.create", "permesso.roles.delete"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let Self { from, to } = self;
        if view.role(from).is_none() {
            return Err(view.missing(DocumentKind::Role, from));
        }
        if view.catalog().value.standard_roles.iter().any(|role| *role.id == **from) {
            return Err(ChangeError::Guarded {
                guard: "standard-role",
                message: format!(
                    "`{from}` comes with the product, which knows it by that name; copy it instead"
                ),
                users: None,
            });
        }
        if view.role(to).is_some() {
            let (realm, kind) = (view.realm().clone(), DocumentKind::Role);
            return Err(ChangeError::Exists { realm, kind, id: to.clone() });
        }
        let mut plan = Plan::new("role.rename");
        plan.renamed = Some((from.clone(), to.clone()));
        everywhere(view, plan, Renaming::new(Named::Role, from, to)).await
    }
}

#[async_trait]
impl Operation for RenameTag {
    fn needs(&self) -> &'static [&'static str] {
        &["permesso.tenant.edit", "permesso.users.edit"]
    }

    async fn plan(&self, view: &View<'_>) -> Result<Plan, ChangeError> {
        let Self { from, to } = self;
        let refused = |field: &str, message: String| ChangeError::Request {
            field: field.to_owned(),
            message,
        };
        if to.trim().is_empty() || to.trim() != to {
            let message = "a tag needs a name, without blanks around it";
            return Err(refused("to", message.to_owned()));
        }
        if let Err(unseen) = permesso_names::check(to) {
            return Err(refused("to", format!("the name {unseen}")));
        }
        if from == to {
            return Err(refused("to", format!("the tag is called `{to}` already")));
        }
        if let Some(listed) = &view.tenant().tags {
            let has = |name: &str| listed.iter().any(|tag| tag.id.as_str() == name);
            if !has(from) {
                return Err(refused("id", format!("the tenant has no tag `{from}`")));
            }
            if has(to) {
                return Err(refused("to", format!("there is a tag `{to}` already")));
            }
        }
        let renamed =
            everywhere(view, Plan::new("tag.rename"), Renaming::new(Named::Tag, from, to)).await?;
        if view.tenant().tags.is_some() {
            return Ok(renamed);
        }
        // Where any word is a tag, whatever has or names it makes it one.
        if renamed.edits.is_empty() {
            let message = format!("nobody has the tag `{from}`, and nothing names it");
            return Err(refused("id", message));
        }
        let taken =
            everywhere(view, Plan::new("tag.rename"), Renaming::new(Named::Tag, to, from)).await?;
        if taken.edits.is_empty() {
            return Ok(renamed);
        }
        let places = taken.edits.iter().map(|(kind, id, _)| format!("the {kind} `{id}`"));
        let message = format!(
            "there is a tag `{to}` already: {} has or names it. Nobody could tell the two apart \
             afterwards; choose another name, or take one of the tags away first",
            told(places.collect())
        );
        Err(refused("to", message))
    }
}

/// Writes every document that names it as it is from then on.
async fn everywhere(
    view: &View<'_>,
    mut plan: Plan,
    mut renaming: Renaming<'_>,
) -> Result<Plan, ChangeError> {
    let it = &mut renaming;
    for (id, object) in view.documents(DocumentKind::Role) {
        let mut role: Role = document::read(DocumentKind::Role, id, &object.body)?;
        if it.role(&mut role) {
            if *role.id != *id {
                plan = plan.remove(DocumentKind::Role, id);
            }
            plan = plan.put(DocumentKind::Role, role.id.to_string(), &role)?;
        }
    }
    plan = follow(view, plan, DocumentKind::Policy, |_, policy: &mut Policy| it.policy(policy))?;
    plan =
        follow(view, plan, DocumentKind::Program, |_, program: &mut Program| it.program(program))?;
    for kind in [DocumentKind::SharingPolicy, DocumentKind::SharingOverride] {
        plan = follow(view, plan, kind, |_, rule: &mut SharingRule| it.sharing(rule))?;
    }
    plan = follow(view, plan, DocumentKind::Team, |path, team: &mut Team| {
        it.assignments(&format!("the team `{path}`"), &mut team.roles)
    })?;
    plan = follow(view, plan, DocumentKind::Settings, |_, settings: &mut Settings| {
        let roles = settings.baseline.iter_mut();
        let held = roles.fold(false, |found, roles| it.assignments("the baseline", roles) | found);
        it.listed(settings) | held
    })?;
    let (plan, stay) = acting::follow(view, plan, it).await?;
    stay.into_iter().for_each(|place| it.stays(place));
    let families = view.node().components().families();
    for (id, object) in view.documents(DocumentKind::Family) {
        let settings: FamilySettings = document::read(DocumentKind::Family, id, &object.body)?;
        let installed = families.get(id).map(|family| family.manifest());
        // One that is not told of it does not know it, whatever its settings say.
        let inputs = installed.map(|manifest| &manifest.inputs);
        if inputs.is_none_or(|inputs| inputs.iter().any(|input| input.path == it.list())) {
            it.family(id, &settings);
        }
    }
    it.catalog(&view.catalog().value);
    let (plan, users) = people(view, plan, it).await?;
    if let Some(places) = renaming.unclear() {
        let message = format!(
            "it may be named where it cannot be called otherwise: {places}; change that first"
        );
        return Err(ChangeError::Guarded { guard: "in-use", message, users: None });
    }
    Ok(plan.answer(json!({"users": users})))
}

/// Writes the documents of a kind that are others from then on.
fn follow<T: DeserializeOwned + Serialize>(
    view: &View<'_>,
    mut plan: Plan,
    kind: DocumentKind,
    mut rewrite: impl FnMut(&str, &mut T) -> bool,
) -> Result<Plan, ChangeError> {
    for (id, object) in view.documents(kind) {
        let mut document: T = document::read(kind, id, &object.body)?;
        if rewrite(id, &mut document) {
            plan = plan.put(kind, id, &document)?;
        }
    }
    Ok(plan)
}

/// Users are found by the roles that they hold, and not by what their conditions name: so all of
/// them are looked at.
async fn people(
    view: &View<'_>,
    mut plan: Plan,
    renaming: &mut Renaming<'_>,
) -> Result<(Plan, usize), ChangeError> {
    let (mut after, mut seen, mut found) = (String::new(), 0_usize, 0_usize);
    loop {
        let which = Which::All(DocumentKind::User.name());
        let page = view.store().page(view.realm(), which, &after, 1000).await?;
        let Some(last) = page.last() else { return Ok((plan, found)) };
        after.clone_from(&last.id);
        seen += page.len();
        for object in page {
            let mut user: User = kept::read(&object.body)
                .map_err(|_| view.missing(DocumentKind::User, &object.id))?;
            // Whoever was deleted has nothing, and may name what is long gone.
            if user.status != Status::Deleted && renaming.user(&mut user) {
                plan = plan.put(DocumentKind::User, object.id, &user)?;
                found += 1;
            }
        }
        if seen > LOOKED_AT || found > AT_ONCE {
            let message = format!(
                "more than {AT_ONCE} users have it, or the tenant has more than {LOOKED_AT}; \
                 export the tenant, change it, and import it"
            );
            return Err(ChangeError::Guarded { guard: "too-many", message, users: None });
        }
    }
}

impl Renaming<'_> {
    /// The list of a tenant's tags.
    fn listed(&self, settings: &mut Settings) -> bool {
        let tags = settings.tags.iter_mut().flatten();
        tags.fold(false, |found, tag| {
            let others = tag.distinct_from.iter_mut();
            let others = others.fold(false, |found, other| self.tag(other) | found);
            self.tag(&mut tag.id) | others | found
        })
    }
}
