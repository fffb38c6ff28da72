//! Checks on roles and on those who hold them, for guards on editing, deleting and handing out.

use super::Ask;
use crate::directory::Found;
use crate::model::{RoleCheck, Value};
use crate::snapshot::{PermissionId, RoleRule};

impl Ask<'_> {
    pub(super) fn role_passes(&self, check: &RoleCheck) -> bool {
        // A role that the tenant does not have is a custom one that the product keeps itself; one
        // that is not named at all could be any.
        let named = |allowed: fn(&RoleRule) -> bool| {
            self.request.resource.id.is_some_and(|id| {
                let role = self.snapshot.role_ids.get(id).and_then(|id| self.snapshot.role(*id));
                role.is_none_or(allowed)
            })
        };
        match check {
            RoleCheck::Editable => named(|role| role.editable),
            RoleCheck::EditableIfNamed => {
                self.request.resource.id.is_none() || named(|role| role.editable)
            }
            RoleCheck::Deletable => named(|role| role.deletable),
            RoleCheck::Unused => self
                .request
                .resource
                .id
                .and_then(|id| self.usage(id))
                .is_some_and(|it| it.listed == 0),
            RoleCheck::KeepsHolder(role) => {
                self.request.resource.id.is_some_and(|user| self.can_lose(user, role))
            }
            RoleCheck::Covered(attributes) => attributes.iter().all(|attribute| {
                match self.request.resource.attributes.at(attribute) {
                    None | Some(Value::Null) => true,
                    Some(Value::Text(id)) => self.covers_role(id),
                    Some(Value::List(ids)) => {
                        ids.iter().all(|id| id.as_str().is_some_and(|id| self.covers_role(id)))
                    }
                    Some(_) => false,
                }
            }),
        }
    }

    /// Whether the subject holds everything that the role grants: nobody hands out more than
    /// they have. A role that nobody knows may grant anything.
    pub(crate) fn covers_role(&self, id: &str) -> bool {
        let role = self.snapshot.role_ids.get(id).and_then(|role| self.snapshot.role(*role));
        let Some(role) = role else { return false };
        (0u16..).map(PermissionId).zip(self.snapshot.permissions.iter()).all(|(id, rule)| {
            // A toggle takes away: to hand it out is not to hand out more.
            rule.is_constraint
                || self.held_as_wide(id, rule, None).covers(role.grants.plain(id))
                    && role
                        .grants
                        .limited(id)
                        .iter()
                        .all(|given| self.held_as_wide(id, rule, Some(given)).covers(given.scope))
        })
    }

    /// Whether somebody who takes part holds the role without the user as well, or the user
    /// does not hold it anyway. A user whom nobody knows could be the last one.
    fn can_lose(&self, user: &str, role: &str) -> bool {
        let holds = match self.look_up(user) {
            Found::Known(user) => {
                user.takes_part() && user.role_names(self.snapshot).any(|own| own == role)
            }
            Found::Absent | Found::Broken(_) => return false,
            Found::Unread => {
                self.need_user(user);
                true
            }
        };
        !holds || self.usage(role).is_some_and(|usage| usage.taking_part > 1)
    }
}
