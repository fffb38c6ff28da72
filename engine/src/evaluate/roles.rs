//! Checks on roles and on those who hold them, for guards on editing, deleting and handing out.

use super::Ask;
use crate::administration::PREFIX;
use crate::directory::Found;
use crate::model::{Attributes, RoleCheck, Scope, Value};
use crate::snapshot::{Declared, LimitedGrant, PermissionId, RoleRule, TeamLimits, Within};
use permesso_names::folded;
use std::sync::Arc;

/// As many grants within limits are looked at for one question that names no role.
const MOST_LIMITED: usize = 4_096;

impl Ask<'_> {
    pub(super) fn role_passes(&self, check: &RoleCheck) -> bool {
        // A role that the tenant does not have is a custom one that the product keeps itself; one
        // that is not named at all could be any.
        let named = |allowed: fn(&RoleRule) -> bool| {
            self.request.resource.id.is_some_and(|id| {
                let role = self.snapshot.role_ids.get(id).and_then(|id| self.snapshot.role(*id));
                match role {
                    Some(role) => allowed(role),
                    None => self.look_alikes(id).all(allowed),
                }
            })
        };
        match check {
            RoleCheck::Editable => named(|role| role.editable),
            RoleCheck::EditableIfNamed => {
                self.request.resource.id.is_none() || named(|role| role.editable)
            }
            RoleCheck::Deletable => named(|role| role.deletable),
            RoleCheck::Unused => self.request.resource.id.is_some_and(|id| {
                let role = self.snapshot.role_ids.get(id);
                let lent = role.is_some_and(|role| self.snapshot.lending.lends(*role));
                !lent && self.usage(id).is_some_and(|it| it.listed == 0)
            }),
            RoleCheck::KeepsHolder(role) => {
                self.request.resource.id.is_some_and(|user| self.can_lose(user, role))
            }
            RoleCheck::Covered(attributes) => {
                let sent = |name: &String| match self.request.resource.attributes.at(name) {
                    None | Some(Value::Null) => None,
                    sent => sent,
                };
                let mut handed = attributes.iter().filter_map(sent).peekable();
                if handed.peek().is_none() {
                    return !self.hands_out(attributes) || self.covers_every_role();
                }
                handed.all(|handed| match handed {
                    Value::List(handed) => handed.iter().all(|it| self.covers_handed(it)),
                    handed => self.covers_handed(handed),
                })
            }
        }
    }

    /// The roles that are called nearly like one that the tenant does not have.
    fn look_alikes(&self, id: &str) -> impl Iterator<Item = &RoleRule> {
        let looks = folded(id.trim()).into_owned();
        let roles = self.snapshot.roles.iter().map(|role| &**role);
        roles.filter(move |role| folded(&role.id) == looks)
    }

    /// Whether a question of this kind names roles that are handed out. One of another kind is
    /// about the right itself, as is one to the administration, which names what it hands out.
    fn hands_out(&self, attributes: &[String]) -> bool {
        if self.request.action.starts_with(PREFIX) {
            return false;
        }
        let contract = &self.snapshot.catalog.contract;
        let declares =
            |declared: &Declared| attributes.iter().any(|name| declared.attribute(name).is_some());
        contract.kind(self.request.resource.kind).is_none_or(|kind| declares(&kind.attributes))
    }

    /// Whether the subject holds everything that any role grants: one that is not named could be
    /// any of them. Nobody is known to where more is granted within limits than can be looked at.
    pub(crate) fn covers_every_role(&self) -> bool {
        let limited = self.snapshot.roles.iter().map(|role| role.grants.limited.len());
        if limited.sum::<usize>() > MOST_LIMITED {
            return false;
        }
        let mut plain = vec![Scope::NONE; self.snapshot.permissions.len()];
        for role in &self.snapshot.roles {
            for (all, scope) in plain.iter_mut().zip(&role.grants.plain) {
                *all = all.union(*scope);
            }
        }
        let limited = self.snapshot.roles.iter().flat_map(|role| &role.grants.limited);
        self.covers((0..=u16::MAX).map(PermissionId).zip(plain), limited, &Arc::default())
    }

    /// Whether the subject holds a role that is handed out: by its name, or within limits as an
    /// assignment writes them.
    fn covers_handed(&self, handed: &Value<'_>) -> bool {
        match handed {
            Value::Text(id) => self.covers_role(id, &Arc::default()),
            Value::Map(assignment) => match (assignment.at("role"), handed_within(assignment)) {
                (Some(Value::Text(id)), Some(within)) => self.covers_role(id, &Arc::new(within)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the subject holds everything that the role grants within some limits: nobody hands
    /// out more than they have. A role that nobody knows may grant anything.
    pub(crate) fn covers_role(&self, id: &str, within: &Arc<Within>) -> bool {
        let role = self.snapshot.role_ids.get(id).and_then(|role| self.snapshot.role(*role));
        let Some(role) = role else { return false };
        let plain = (0..=u16::MAX).map(PermissionId).zip(role.grants.plain.iter().copied());
        self.covers(plain, &role.grants.limited, within)
    }

    /// Whether the subject holds all that is granted, within some limits.
    fn covers<'g>(
        &self,
        mut plain: impl Iterator<Item = (PermissionId, Scope)>,
        limited: impl IntoIterator<Item = &'g LimitedGrant>,
        within: &Arc<Within>,
    ) -> bool {
        let as_wide = |id: PermissionId, given: &Within, scope: Scope| {
            let Some(rule) = self.snapshot.permission(id) else { return false };
            // A toggle takes away: to hand it out is not to hand out more.
            rule.is_constraint
                || scope.is_none()
                || self.held_as_wide(id, rule, given).covers(scope)
        };
        plain.all(|(id, scope)| as_wide(id, within, scope))
            && limited
                .into_iter()
                .all(|given| as_wide(given.permission, &given.within.and(within), given.scope))
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

/// The limits of a role that is handed out; none where they cannot be read. A condition is left
/// aside: whoever hands out a role under one has to hold it without.
fn handed_within(assignment: &Attributes<'_>) -> Option<Within> {
    let mut within = Within::default();
    for (name, limit) in assignment.iter() {
        match (name, limit) {
            ("teams", Value::List(teams)) if !teams.is_empty() => {
                let names = teams.iter().map(|team| team.as_str().map(Box::from));
                let branches = names.collect::<Option<Box<[Box<str>]>>>()?;
                within.teams = TeamLimits { branches, exact: Box::default() };
            }
            ("valid_from", Value::Int(from)) => within.from = Some(*from),
            ("valid_until", Value::Int(until)) => within.until = Some(*until),
            ("role" | "condition", _) => {}
            _ => return None,
        }
    }
    Some(within)
}
