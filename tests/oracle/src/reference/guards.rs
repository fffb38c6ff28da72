//! Guards and checks of roles.

use super::{Evaluator, condition, grants::Holding, in_branch};
use permesso_engine::decision::{Reason, Request};
use permesso_engine::model::{Invitation, Permission, RoleCheck, Scope, Status, User, Value};

impl Evaluator<'_> {
    /// The first guard of the permission that does not hold.
    pub(super) fn guards(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Result<(), Reason> {
        for guard in &self.catalog.guards {
            if !guard.on.contains(&permission.id) {
                continue;
            }
            let required =
                guard.require.as_ref().is_none_or(|it| self.holds_true(it, user, request));
            let checked = guard.check.as_ref().is_none_or(|it| self.passes(it, user, request));
            let stated = guard
                .condition
                .as_ref()
                .is_none_or(|it| self.condition(condition::GUARD, it, user, request) == Some(true));
            if !required || !checked || !stated {
                return Err(Reason::Guard {
                    id: guard.id.as_str().into(),
                    message: guard.message.as_str().into(),
                });
            }
        }
        Ok(())
    }

    fn passes(&self, check: &RoleCheck, user: &User, request: &Request<'_>) -> bool {
        match (check, request.resource.id) {
            (
                RoleCheck::Editable
                | RoleCheck::Deletable
                | RoleCheck::Unused
                | RoleCheck::KeepsHolder(_),
                None,
            ) => false,
            (RoleCheck::EditableIfNamed, None) => true,
            (RoleCheck::Editable | RoleCheck::EditableIfNamed, Some(id)) => {
                self.standard(id).map_or_else(
                    || self.role(id).and_then(|role| role.editable).unwrap_or(true),
                    |standard| standard.editable.unwrap_or(false),
                )
            }
            (RoleCheck::Deletable, Some(id)) => self.standard(id).map_or_else(
                || self.role(id).and_then(|role| role.deletable).unwrap_or(true),
                |standard| standard.deletable.unwrap_or(false),
            ),
            (RoleCheck::Unused, Some(id)) => {
                let unused = !self.directory.users.iter().any(|user| {
                    user.status != Status::Deleted
                        && user.roles.iter().any(|role| role.as_str() == id)
                });
                self.seen.note(if unused { "unused: yes" } else { "unused: no" });
                unused
            }
            (RoleCheck::KeepsHolder(role), Some(id)) => {
                let holds = |user: &User| {
                    user.status == Status::Active
                        && user.invitation == Invitation::Accepted
                        && user.roles.contains(role)
                };
                let Some(gone) = self.user(id) else { return false };
                let others = self.directory.users.iter().filter(|other| other.id != gone.id);
                let left = others.filter(|other| holds(other)).count() > 0;
                self.seen.note(match (holds(gone), left) {
                    (false, _) => "keeps holder: it is none who goes",
                    (true, true) => "keeps holder: another is left",
                    (true, false) => "keeps holder: nobody is left",
                });
                !holds(gone) || left
            }
            (RoleCheck::Covered(attributes), _) => attributes.iter().all(|attribute| {
                let covered = match request.resource.attributes.at(attribute) {
                    None | Some(Value::Null) => return true,
                    Some(Value::Text(id)) => self.covers(id, user),
                    Some(Value::List(ids)) => {
                        ids.iter().all(|id| id.as_str().is_some_and(|id| self.covers(id, user)))
                    }
                    Some(_) => false,
                };
                self.seen.note(if covered { "covered: yes" } else { "covered: no" });
                covered
            }),
        }
    }

    /// Whether a role grants no more than the user holds.
    fn covers(&self, role: &str, user: &User) -> bool {
        let Some(role) = self.role(role) else { return false };
        let held = self.holdings(user);
        self.of_role(role).iter().all(|given| {
            let Some((_, permission)) = self.permission(given.permission) else { return true };
            // A toggle takes away: to hand it out is not to hand out more.
            if permission.constraint.is_some() {
                return true;
            }
            let reached = held
                .iter()
                .filter(|mine| mine.permission == given.permission && is_as_wide(mine, given))
                .fold(Scope::NONE, |union, mine| union.union(mine.scope));
            reached.covers(given.scope)
        })
    }
}

/// Whether the limits of one holding leave at least as much as those of another.
fn is_as_wide(mine: &Holding<'_>, given: &Holding<'_>) -> bool {
    let in_mine = |team: &str| mine.teams.iter().any(|top| in_branch(team, top));
    let teams = mine.is_anywhere()
        || !given.is_anywhere()
            && given.teams.iter().all(|team| in_mine(team))
            && given.exact_teams.iter().all(|it| in_mine(it) || mine.exact_teams.contains(it));
    let from = mine.from.is_none_or(|mine| given.from.is_some_and(|given| mine <= given));
    let until = mine.until.is_none_or(|mine| given.until.is_some_and(|given| given <= mine));
    // Whether a condition follows from another one is not looked into.
    let condition = mine.condition.is_none() || mine.condition == given.condition;
    teams && from && until && condition
}
