//! Guards and checks of roles.

use super::{Evaluator, condition, holding::Holding, in_branch};
use permesso_engine::decision::{Reason, Request};
use permesso_engine::model::{
    Assignment, Instant, Invitation, Permission, RoleCheck, Scope, Status, Text, User, Value,
};

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
                let teams = self.tenant.teams.iter().flat_map(|team| &team.roles);
                let baseline =
                    self.tenant.baseline.as_ref().unwrap_or(&self.catalog.baseline.roles);
                let lent = teams.chain(baseline).any(|held| held.role.as_str() == id);
                let unused = !lent
                    && !self.directory.users.iter().any(|user| {
                        user.status != Status::Deleted
                            && user.roles.iter().any(|held| held.role.as_str() == id)
                    });
                self.seen.note(if unused { "unused: yes" } else { "unused: no" });
                unused
            }
            (RoleCheck::KeepsHolder(role), Some(id)) => {
                let holds = |user: &User| {
                    user.status == Status::Active
                        && user.invitation == Invitation::Accepted
                        && user.roles.iter().any(|held| held.role == *role && !held.is_limited())
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
            (RoleCheck::Covered(attributes), _) => {
                let mut named = 0;
                for attribute in attributes {
                    let covered = match request.resource.attributes.at(attribute) {
                        None | Some(Value::Null) => continue,
                        Some(Value::List(all)) => all.iter().all(|it| self.covers_handed(it, user)),
                        Some(one) => self.covers_handed(one, user),
                    };
                    named += 1;
                    self.seen.note(if covered { "covered: yes" } else { "covered: no" });
                    if !covered {
                        return false;
                    }
                }
                if named > 0 || !self.hands_out(request.resource.kind, attributes) {
                    return true;
                }
                let any = self
                    .every_role()
                    .all(|role| self.covers_handed(&Value::Text(role.id.as_str().into()), user));
                self.seen.note(if any { "covered: any role" } else { "covered: not every role" });
                any
            }
        }
    }

    /// Whether a role that is handed out, at once or within limits, grants no more than the user
    /// holds. A condition is not taken for a limit.
    fn covers_handed(&self, handed: &Value<'_>, user: &User) -> bool {
        let (id, limits) = match handed {
            Value::Text(id) => (id, None),
            Value::Map(map) => match map.at("role") {
                Some(Value::Text(id)) => (id, Some(map)),
                _ => return false,
            },
            _ => return false,
        };
        let mut assignment = Assignment::from(&**id);
        for (name, limit) in limits.into_iter().flat_map(|map| map.iter()) {
            match (name, limit) {
                ("role" | "condition", _) => {}
                ("valid_from", Value::Int(from)) => {
                    assignment.valid_from = Some(Instant::from_millis(*from))
                }
                ("valid_until", Value::Int(until)) => {
                    assignment.valid_until = Some(Instant::from_millis(*until))
                }
                ("teams", Value::List(teams)) if !teams.is_empty() => {
                    let names = teams.iter().map(|team| team.as_str().map(Text::from));
                    assignment.teams = names.collect();
                    if assignment.teams.is_none() {
                        return false;
                    }
                }
                _ => return false,
            }
        }
        if assignment.is_limited() {
            self.seen.note("covered: asked about a role within limits");
        }
        let Some(role) = self.role(id) else { return false };
        let held = self.holdings(user);
        let given = self.of_role(role).into_iter();
        let given: Vec<Holding<'_>> =
            given.map(|given| Holding { by: Some(&assignment), ..given }).collect();
        given.iter().all(|given| {
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

/// Whether the limits of one holding leave at least as much as those of another: whatever limits
/// the first has to be met by something that limits the second.
fn is_as_wide(mine: &Holding<'_>, given: &Holding<'_>) -> bool {
    let teams = mine.teams().iter().all(|(branches, exact)| {
        let in_mine = |team: &str| branches.iter().any(|top| in_branch(team, top));
        given.teams().iter().any(|(theirs, exactly)| {
            theirs.iter().all(|team| in_mine(team))
                && exactly.iter().all(|team| in_mine(team) || exact.contains(team))
        })
    });
    let windows = mine.windows();
    let from = windows.iter().filter_map(|(from, _)| *from).all(|mine| {
        given.windows().iter().any(|(from, _)| from.is_some_and(|given| mine <= given))
    });
    let until = windows.iter().filter_map(|(_, until)| *until).all(|mine| {
        given.windows().iter().any(|(_, until)| until.is_some_and(|given| given <= mine))
    });
    // Whether a condition follows from another one is not looked into.
    let theirs = given.conditions();
    let condition = mine.conditions().iter().all(|mine| theirs.contains(mine));
    teams && from && until && condition
}
