//! What an edit is asked as, where the product has a permission of its own for it.
//!
//! A catalog maps operations of the administration to its permissions and says which facts about
//! what is edited they are told. The facts are found here: in the documents as they are and as they
//! are to be, and in what the store counts. One that is not known is not told, and what a guard
//! cannot know does not hold.

use super::Edited;
use super::administration::PREFIX;
use crate::document::read;
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::view::View;
use permesso_engine::administration::{About, asked, operation};
use permesso_engine::model::{
    Asked, Assignment, Attributes, Delegation, Invitation, Role, Status, User, Value,
};
use permesso_store::Body;
use permesso_store::feed::Facet;
use std::collections::BTreeSet;

/// An edit becomes at most so many questions.
const MOST_QUESTIONS: usize = 64;

/// How the catalog of a tenant has an operation asked; nothing where it says nothing.
pub(super) fn mapped<'v>(view: &View<'v>, operation: &str) -> Option<&'v Asked> {
    let version = view.version;
    asked(&version.catalog.source().value.administration, operation)
}

/// The operation that a permission of the administration is.
pub(super) fn named(permission: &str) -> &str {
    permission.strip_prefix(PREFIX).unwrap_or(permission)
}

/// A document that is edited, with what is known of it.
pub(super) struct Subject<'a> {
    kind: DocumentKind,
    id: &'a str,
    sides: Sides,
    edited: &'a [Edited],
}

/// What it says, before and after.
enum Sides {
    Role(Box<[Option<Role>; 2]>),
    User(Box<[Option<User>; 2]>),
    Delegation(Option<Delegation>),
    Other { was: Option<String>, is: Option<String>, there: [bool; 2] },
}

impl<'a> Subject<'a> {
    /// What is known of one of the documents that a change touches.
    pub(super) async fn of(
        view: &View<'_>,
        edit: &'a Edited,
        edited: &'a [Edited],
    ) -> Result<Self, ChangeError> {
        let Edited { kind, id, before, after } = edit;
        let sides = match kind {
            DocumentKind::Role => {
                let was = view.role(id).cloned();
                let is = after.as_ref().map(|body| read(*kind, id, body)).transpose()?;
                Sides::Role(Box::new([was, is]))
            }
            DocumentKind::User => Sides::User(Box::new(present(id, before, after)?)),
            // It is about the user, who may come with it.
            DocumentKind::Invitation => {
                let comes = edited.iter().find(|it| it.kind == DocumentKind::User && it.id == *id);
                let there = view.object(DocumentKind::User, id).await?.map(|object| object.body);
                let after = comes.map_or_else(|| there.clone(), |edit| edit.after.clone());
                Sides::User(Box::new(present(id, &there, &after)?))
            }
            DocumentKind::Delegation => {
                let body = before.as_ref().or(after.as_ref());
                Sides::Delegation(body.map(|body| read(*kind, id, body)).transpose()?)
            }
            _ => Sides::Other {
                was: label(before.as_ref()),
                is: label(after.as_ref()),
                there: [before.is_some(), after.is_some()],
            },
        };
        Ok(Self { kind: *kind, id, sides, edited })
    }

    /// What an edit for which a permission is needed does: one operation at least.
    pub(super) fn operations(&self, view: &View<'_>, permission: &str) -> Vec<&'static str> {
        let plain = || operation(named(permission)).map(|rule| rule.name).into_iter().collect();
        let one = |name| vec![name];
        match (&self.sides, named(permission)) {
            (Sides::Role(sides), "roles.create") if matches!(&**sides, [_, Some(is)] if is_a_copy(view, is)) => {
                one("roles.duplicate")
            }
            (Sides::Role(sides), "roles.edit")
                if matches!(**sides, [Some(_), _]) && self.is_standard(view) =>
            {
                one("roles.edit_standard")
            }
            (Sides::User(sides), "users.edit") => of_teams(sides),
            (Sides::User(sides), "users.assign") => {
                let mut all = one("users.assign");
                if removed(sides).iter().any(|role| keeps_holder(view, role)) {
                    all.push("users.remove_keeper");
                }
                all
            }
            (Sides::User(_), "users.invite") if self.is_reminder() => one("users.resend"),
            (Sides::User(sides), "users.invite") if is_like_another(sides) => {
                one("users.invite_same_as")
            }
            (Sides::Other { there, .. }, of) => match (of, there) {
                ("policies.edit", [false, true]) => one("policies.create"),
                ("policies.edit", [true, false]) => one("policies.delete"),
                ("programs.edit", [false, true]) => one("programs.create"),
                ("programs.edit", [true, false]) => one("programs.delete"),
                ("teams.edit", [false, true]) => one("teams.create"),
                ("teams.edit", [true, false]) => one("teams.delete"),
                ("sharing.edit", _) if self.kind == DocumentKind::SharingOverride => {
                    one("sharing.lock")
                }
                _ => plain(),
            },
            _ => plain(),
        }
    }

    /// Whether nobody comes by it: somebody is invited again.
    fn is_reminder(&self) -> bool {
        let Sides::User(sides) = &self.sides else { return false };
        let [was, _] = &**sides;
        was.is_some()
    }

    fn is_standard(&self, view: &View<'_>) -> bool {
        super::keepers::standard(view.version, self.id).is_some()
    }

    /// The questions that an edit is asked as: its id, and the attributes of each.
    pub(super) async fn questions(
        &self,
        view: &View<'_>,
        asked: &Asked,
        about: About,
    ) -> Result<Vec<Attributes<'static>>, ChangeError> {
        let mut questions = vec![Question::default()];
        for (attribute, fact) in &asked.attributes {
            let values = self.values(view, about, fact);
            let role = matches!(fact.as_str(), "role" | "removed_role" | "new_role");
            let Some(values) = values.filter(|values| !values.is_empty()) else { continue };
            let mut more = Vec::with_capacity(questions.len() * values.len());
            for question in questions {
                more.extend(values.iter().map(|value| question.with(attribute, value, role)));
            }
            if more.len() > MOST_QUESTIONS {
                return Err(too_many(asked));
            }
            questions = more;
        }
        let mut counted = Vec::with_capacity(questions.len());
        for mut question in questions {
            for (attribute, fact) in &asked.attributes {
                let count = match fact.as_str() {
                    "holders" => Some(self.holders(view).await?),
                    "peers" => Some(self.peers(view, question.role.as_deref()).await?),
                    _ => None,
                };
                if let Some(count) = count {
                    question.attributes.set(attribute.clone(), Value::Int(count));
                }
            }
            counted.push(question.attributes);
        }
        Ok(counted)
    }

    /// What a fact says: several where each is asked about.
    fn values(&self, view: &View<'_>, about: About, fact: &str) -> Option<Vec<Value<'static>>> {
        let text = |text: &str| vec![Value::text(text.to_owned())];
        if fact == "id" {
            return Some(match about {
                About::Tenant => text(view.realm().tenant_id().unwrap_or_default()),
                _ => text(self.id),
            });
        }
        match &self.sides {
            Sides::Role(sides) => {
                let [was, is] = &**sides;
                self.of_role(view, was.as_ref(), is.as_ref(), fact)
            }
            Sides::User(sides) => of_user(sides, fact),
            Sides::Delegation(delegation) => {
                let Delegation { from, to, .. } = delegation.as_ref()?;
                match fact {
                    "from" => Some(text(from)),
                    "to" => Some(text(to)),
                    "parties" => Some(vec![list([from.as_str(), to.as_str()])]),
                    _ => None,
                }
            }
            Sides::Other { was, is, .. } => match fact {
                // What is kept closed is called as what it keeps closed.
                "label" if self.kind == DocumentKind::Closed => Some(text(self.id)),
                "label" => is.as_ref().or(was.as_ref()).map(|label| text(label)),
                _ => None,
            },
        }
    }

    fn of_role(
        &self,
        view: &View<'_>,
        was: Option<&Role>,
        is: Option<&Role>,
        fact: &str,
    ) -> Option<Vec<Value<'static>>> {
        let held = |flag: fn(&Role) -> Option<bool>| {
            // What the product says of its own counts, whatever a tenant wrote over it.
            let standard = super::keepers::standard(view.version, self.id);
            standard.or(was).and_then(flag).unwrap_or(true)
        };
        Some(vec![match fact {
            "label" => Value::text(is.or(was)?.label.clone()),
            "standard" => Value::Bool(self.is_standard(view)),
            "editable" => Value::Bool(held(|role| role.editable)),
            "deletable" => Value::Bool(held(|role| role.deletable)),
            _ => return None,
        }])
    }

    /// How many hold a role, but for those whom this change gives another one.
    async fn holders(&self, view: &View<'_>) -> Result<i64, ChangeError> {
        let facet = (Facet::Role, self.id.to_owned());
        let usage = view.usage(std::slice::from_ref(&facet)).await?;
        let listed = usage.get(&facet).map_or(0, |usage| usage.listed);
        let mut moved = 0_i64;
        for edit in self.edited.iter().filter(|edit| edit.kind == DocumentKind::User) {
            let sides = present(&edit.id, &edit.before, &edit.after)?;
            let [had, has] = sides.each_ref().map(|user| roles(user).contains(self.id));
            moved += i64::from(had && !has);
        }
        Ok(i64::try_from(listed).unwrap_or(i64::MAX).saturating_sub(moved))
    }

    /// How many take part who hold a role, the user counted among them.
    async fn peers(&self, view: &View<'_>, role: Option<&str>) -> Result<i64, ChangeError> {
        let facet = match role {
            Some(role) => (Facet::Role, role.to_owned()),
            None => (Facet::Status, "active".to_owned()),
        };
        let usage = view.usage(std::slice::from_ref(&facet)).await?;
        let counted = usage.get(&facet).map_or(0, |usage| match role {
            Some(_) => usage.taking_part,
            None => usage.listed,
        });
        let Sides::User(sides) = &self.sides else { return Ok(0) };
        let takes_part =
            |user: &User| user.status == Status::Active && user.invitation == Invitation::Accepted;
        let [was, _] = &**sides;
        let uncounted = !was.as_ref().is_some_and(takes_part);
        let counted = i64::try_from(counted).unwrap_or(i64::MAX);
        Ok(counted.saturating_add(i64::from(uncounted)))
    }
}

/// A question that is being put together.
#[derive(Clone, Default)]
struct Question {
    attributes: Attributes<'static>,
    /// The role that it is about.
    role: Option<String>,
}

impl Question {
    fn with(&self, attribute: &str, value: &Value<'static>, is_role: bool) -> Self {
        let mut more = self.clone();
        if let (true, Value::Text(role)) = (is_role, value) {
            more.role = Some(role.to_string());
        }
        more.attributes.set(attribute.to_owned(), value.clone());
        more
    }
}

fn too_many(asked: &Asked) -> ChangeError {
    ChangeError::Denied {
        permission: asked.permission.to_string(),
        reason: "too-many".to_owned(),
        message: format!(
            "`{}` would be asked about more than {MOST_QUESTIONS} roles; change fewer at once",
            asked.permission
        ),
    }
}

fn of_user(sides: &[Option<User>; 2], fact: &str) -> Option<Vec<Value<'static>>> {
    let [was, is] = sides;
    let user = was.as_ref().or(is.as_ref())?;
    let each = |names: BTreeSet<&str>| {
        Some(names.into_iter().map(|name| Value::text(name.to_owned())).collect::<Vec<_>>())
    };
    let owns = |user: &Option<User>| user.as_ref().is_some_and(|user| user.owner);
    let teams = |user: &Option<User>| {
        list(user.iter().flat_map(|user| &user.teams).map(|team| team.as_str()))
    };
    let text = |text: &str| Value::text(text.to_owned());
    Some(vec![match fact {
        "role" => return each(roles(was)),
        "new_role" => return each(roles(is)),
        "removed_role" => return each(removed(sides)),
        "roles" => list(roles(was)),
        "new_roles" => list(roles(is)),
        "changed_roles" => list(roles(was).symmetric_difference(&roles(is)).copied()),
        "name" => text(&user.name),
        "owner" => Value::Bool(owns(was) || owns(is)),
        "status" => text(user.status.name()),
        "invitation" => text(match user.invitation {
            Invitation::Pending => "pending",
            Invitation::Accepted => "accepted",
        }),
        // Who comes is where they are to be.
        "teams" => teams(if was.is_some() { was } else { is }),
        "new_teams" => teams(is),
        _ => return None,
    }])
}

/// Whether somebody comes with what another user has.
fn is_like_another([_, is]: &[Option<User>; 2]) -> bool {
    is.as_ref().is_some_and(|user| user.copied_from.is_some())
}

/// Whoever is put into other teams, and whoever is otherwise another one.
fn of_teams(sides: &[Option<User>; 2]) -> Vec<&'static str> {
    let [Some(was), Some(is)] = sides else { return vec!["users.edit"] };
    let text = |user: &User| serde_json::to_string(user).ok();
    let as_it_was = User {
        teams: was.teams.clone(),
        roles: was.roles.clone(),
        policies: was.policies.clone(),
        grants: was.grants.clone(),
        rights: was.rights.clone(),
        owner: was.owner,
        status: was.status,
        invitation: was.invitation,
        ..is.clone()
    };
    let mut all = Vec::new();
    if was.teams != is.teams {
        all.push("teams.members");
    }
    if all.is_empty() || text(&as_it_was) != text(was) {
        all.push("users.edit");
    }
    all
}

fn present(
    id: &str,
    before: &Option<Body>,
    after: &Option<Body>,
) -> Result<[Option<User>; 2], ChangeError> {
    let side = |body: &Option<Body>| -> Result<Option<User>, ChangeError> {
        let user: Option<User> =
            body.as_ref().map(|body| read(DocumentKind::User, id, body)).transpose()?;
        Ok(user.filter(|user| user.status != Status::Deleted))
    };
    Ok([side(before)?, side(after)?])
}

fn roles(user: &Option<User>) -> BTreeSet<&str> {
    let held: &[Assignment] = user.as_ref().map_or(&[], |user| &user.roles);
    held.iter().map(|held| held.role.as_str()).collect()
}

fn removed(sides: &[Option<User>; 2]) -> BTreeSet<&str> {
    let [was, is] = sides;
    roles(was).difference(&roles(is)).copied().collect()
}

fn keeps_holder(view: &View<'_>, role: &str) -> bool {
    let standard = super::keepers::standard(view.version, role);
    standard.or_else(|| view.role(role)).is_some_and(|role| role.keeps_holder)
}

/// Whether a role is what another one is, and says so.
fn is_a_copy(view: &View<'_>, role: &Role) -> bool {
    let Some(of) = role.duplicate_of.as_ref().and_then(|of| view.role(of)) else { return false };
    let gives = |role: &Role| {
        let Role { grants, policies, parents, adjustable, reach, .. } = role;
        serde_json::to_string(&(grants, policies, parents, adjustable, reach)).ok()
    };
    gives(of) == gives(role)
}

fn list<'t>(names: impl IntoIterator<Item = &'t str>) -> Value<'static> {
    Value::List(names.into_iter().map(|name| Value::text(name.to_owned())).collect())
}

/// What a document is called by people.
fn label(body: Option<&Body>) -> Option<String> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Called {
        label: String,
        name: String,
        title: String,
    }
    let Called { label, name, title } = crate::kept::read::<Called>(body?).ok()?;
    [label, name, title].into_iter().find(|name| !name.trim().is_empty())
}
