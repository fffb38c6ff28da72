//! Who holds what, how far and within which limits.

use super::anonymous::is_nobody;
use super::holding::Holding;
use super::tables::{Gives, gives, leaves_out};
use super::teams::Whereabouts;
use super::{Evaluator, condition, is_below};
use permesso_engine::decision::{Reason, Request};
use permesso_engine::model::{
    Assignment, Grant, GrantedBy, Instant, Permission, Role, Scope, Status, Text, User, Value,
};

impl Evaluator<'_> {
    /// Whether the permission is held as far as this resource; why not otherwise.
    pub(super) fn granted(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Result<(), Reason> {
        let mut counting = self.counting(permission, user, request);
        counting.retain(|holding| self.reaches(holding, permission, user, request));
        let reached = !counting.is_empty();
        if reached && counting.iter().all(|holding| holding.inherited) {
            self.seen.note("grant: by a parent of a role only");
        }
        if reached && counting.iter().all(|holding| !holding.exact_teams.is_empty()) {
            self.seen.note("grant: within exact teams only");
        }
        if reached && counting.iter().all(|it| it.by.is_some_and(Assignment::is_limited)) {
            self.seen.note("grant: by a role within limits only");
            if counting.iter().all(|holding| holding.teams().len() == 2) {
                self.seen.note("grant: for teams of a grant and of an assignment");
            }
        }
        let list = request.resource.attributes.at(&self.catalog.teams.attribute);
        if reached && matches!(list, Some(Value::List(_))) {
            self.seen.note("grant: for a record of a list of teams");
        }
        let scope = self.scope_here(permission, user, request);
        let for_another = self.acts_for_another(permission, user, request).is_some();
        match reached || for_another {
            true => Ok(()),
            false if scope.is_none() => Err(self
                .unmet(permission, user, request)
                .map_or(Reason::NotGranted, Reason::NotApplicable)),
            false => Err(Reason::OutOfScope(scope)),
        }
    }

    /// The same without what is delegated to the user.
    pub(super) fn granted_in_person(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> bool {
        self.counting(permission, user, request).iter().any(|holding| {
            holding.own_of == user.id.as_str() && self.reaches(holding, permission, user, request)
        })
    }

    /// The scope at which the user holds the permission by grants that count here and now.
    pub(super) fn scope_here(
        &self,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Scope {
        let counting = self.counting(permission, user, request);
        let own = counting.iter().filter(|holding| holding.own_of == user.id.as_str());
        own.fold(Scope::NONE, |union, holding| union.union(holding.scope))
    }

    fn counting<'h>(
        &'h self,
        permission: &Permission,
        user: &'h User,
        request: &Request<'_>,
    ) -> Vec<Holding<'h>> {
        let mut held = self.within_limits(permission, user, request);
        held.retain(|holding| {
            holding
                .conditions()
                .iter()
                .all(|it| self.condition(condition::GRANT, it, user, request) == Some(true))
        });
        held
    }

    /// What is held here and now, whatever conditions say.
    fn within_limits<'h>(
        &'h self,
        permission: &Permission,
        user: &'h User,
        request: &Request<'_>,
    ) -> Vec<Holding<'h>> {
        let mut held = self.holdings(user);
        held.retain(|holding| {
            holding.permission == permission.id.as_str()
                && holding.is_now(request.now)
                && self.in_teams(holding, request) == Some(true)
        });
        held
    }

    /// Whether a toggle is held, or may be because a condition of a grant or the record's team
    /// cannot be known.
    pub(super) fn may_hold(&self, toggle: &Permission, user: &User, request: &Request<'_>) -> bool {
        let held = self.held_somewhere(toggle, user, request);
        if held.is_none() {
            self.seen.note("toggle: held for want of knowledge only");
        }
        held != Some(false)
    }

    /// Whether it is held at all; `None` where a condition of a grant or the record's team cannot
    /// be known and decides that.
    fn held_somewhere(
        &self,
        toggle: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Option<bool> {
        let mut unknown = false;
        for holding in self.holdings(user) {
            let is_it = holding.permission == toggle.id.as_str();
            if !is_it || holding.own_of != user.id.as_str() || !holding.is_now(request.now) {
                continue;
            }
            let of_team = self.in_teams(&holding, request);
            if of_team == Some(false) {
                continue;
            }
            let said = holding.conditions();
            let said: Vec<Option<bool>> = said
                .into_iter()
                .map(|it| self.condition(condition::TOGGLE, it, user, request))
                .collect();
            let stated = match said.contains(&Some(false)) {
                true => Some(false),
                false if said.contains(&None) => None,
                false => Some(true),
            };
            match (of_team, stated) {
                (_, Some(false)) => {}
                (Some(true), Some(true)) => return Some(true),
                (Some(_), _) => unknown = true,
                (None, _) => {
                    self.seen.note("toggle: held for want of a team");
                    unknown = true;
                }
            }
        }
        (!unknown).then_some(false)
    }

    /// The answer to `subject.holds.<permission>`; `None` where that cannot be known. A toggle
    /// that might bind is neither held nor not.
    pub(super) fn is_held(&self, id: &str, user: &User, request: &Request<'_>) -> Option<bool> {
        if self.holds_anywhere(id, user, request) {
            return Some(true);
        }
        let Some((_, permission)) = self.permission(id) else { return Some(false) };
        let might = match permission.constraint {
            Some(_) => self.may_hold(permission, user, request),
            None => self.might_hold(id, user, request),
        };
        if might && permission.constraint.is_none() {
            self.seen.note("holds: whether a permission is held cannot be known");
        }
        (!might).then_some(false)
    }

    fn might_hold(&self, id: &str, user: &User, request: &Request<'_>) -> bool {
        self.permission(id).is_some_and(|(_, permission)| {
            permission.entitlement.as_ref().is_none_or(|name| self.entitled(name))
                && self.held_somewhere(permission, user, request) != Some(false)
                && permission.requires.iter().all(|id| self.might_hold(id, user, request))
        })
    }

    /// Whether the subject holds it at any scope, with the plan that it needs and the
    /// permissions that it requires.
    pub(super) fn holds_anywhere(&self, id: &str, user: &User, request: &Request<'_>) -> bool {
        self.permission(id).is_some_and(|(_, permission)| {
            permission.entitlement.as_ref().is_none_or(|name| self.entitled(name))
                && !self.scope_here(permission, user, request).is_none()
                && permission.requires.iter().all(|id| self.holds_anywhere(id, user, request))
        })
    }

    fn reaches(
        &self,
        holding: &Holding<'_>,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> bool {
        let relations = match permission.own_means.as_slice() {
            [] => &self.catalog.own_means,
            named => named,
        };
        let own = relations.iter().any(|relation| {
            let value = request.resource.attributes.at(relation);
            value.is_some_and(|value| value.names(holding.own_of))
        });
        let (team, below) = match self.whereabouts(request) {
            Whereabouts::Everybody => (true, false),
            Whereabouts::Nobody => (false, false),
            Whereabouts::Teams(paths) => (
                user.teams.iter().any(|team| paths.contains(&team.as_str())),
                user.teams.iter().any(|team| {
                    paths.iter().any(|path| is_below(path, team) && self.is_team(path))
                }),
            ),
        };
        let scope = holding.scope;
        scope.is_all()
            || scope.has_own() && own
            || scope.has_team() && team
            || scope.has_below() && below
    }

    /// Everything that a user holds, from every source.
    pub(super) fn holdings<'h>(&'h self, user: &'h User) -> Vec<Holding<'h>> {
        let mut held = Vec::new();
        let me = user.id.as_str();
        for (_, permission) in self.catalog.permissions() {
            if let Some(scope) = permission.baseline
                && !permission.owner_only
                && !is_nobody(user)
            {
                let holding = Holding::plain(permission, scope, me);
                self.come_by(permission, holding, Source::Standing, &[], &mut held);
            }
            if permission.owner_only && user.owner {
                let holding = Holding::plain(permission, Scope::ALL, me);
                self.come_by(permission, holding, Source::Standing, &[], &mut held);
            }
        }
        for assignment in self.assignments(user) {
            let own = held.len();
            if let Some(role) = self.role(&assignment.role) {
                self.by_role(role, user, !assignment.is_limited(), &mut held);
            }
            held.iter_mut().skip(own).for_each(|holding| holding.by = Some(assignment));
        }
        for id in &user.policies {
            for policy in self.tenant.policies.iter().filter(|policy| policy.id == *id) {
                self.by_grants(&policy.grants, me, Source::Grant, &[], &mut held);
            }
        }
        self.by_grants(&user.grants, me, Source::Grant, &[], &mut held);
        for delegation in &self.directory.delegations {
            let from = self.user(&delegation.from);
            if delegation.to != user.id || from.is_none_or(|it| it.status != Status::Active) {
                continue;
            }
            for id in &delegation.permissions {
                let Some((_, permission)) = self.permission(id) else { continue };
                if permission.granted_by == GrantedBy::Delegation {
                    let holding = Holding {
                        from: delegation.valid_from.map(Instant::millis),
                        until: delegation.valid_until.map(Instant::millis),
                        ..Holding::plain(permission, Scope::OWN, &delegation.from)
                    };
                    self.come_by(permission, holding, Source::Delegation, &[], &mut held);
                }
            }
        }
        held
    }

    /// Everything that a role grants to somebody whose ticks are left alone.
    pub(super) fn of_role<'h>(&'h self, role: &'h Role) -> Vec<Holding<'h>> {
        let mut held = Vec::new();
        self.grants_of_role(role, "", Source::Named, &[], &mut held);
        held
    }

    fn grants_of_role<'h>(
        &'h self,
        role: &'h Role,
        me: &'h str,
        source: Source,
        unticked: &[&str],
        held: &mut Vec<Holding<'h>>,
    ) {
        self.by_grants(&role.grants, me, source, unticked, held);
        for id in &role.policies {
            for policy in self.tenant.policies.iter().filter(|policy| policy.id == *id) {
                self.by_grants(&policy.grants, me, source, unticked, held);
            }
        }
        for parent in role.parents.iter().filter_map(|id| self.role(id)) {
            let own = held.len();
            self.grants_of_role(parent, me, source, unticked, held);
            held.iter_mut().skip(own).for_each(|holding| holding.inherited = true);
        }
    }

    /// A right can be ticked by a role that is held without limits, and unticked of any.
    fn by_role<'h>(
        &'h self,
        role: &'h Role,
        user: &'h User,
        ticks: bool,
        held: &mut Vec<Holding<'h>>,
    ) {
        // Editing a standard role changes what it grants and not what may be ticked.
        let shape = self.standard(&role.id).unwrap_or(role);
        let adjustable = |id: &Text| {
            self.permission(id).is_some_and(|(category, permission)| {
                shape.adjustable.contains(&category.id)
                    && permission.constraint.is_none()
                    && permission.granted_by == GrantedBy::Roles
            })
        };
        let rights = &user.rights;
        let unticked: Vec<&str> =
            rights.remove.iter().filter(|id| adjustable(id)).map(|id| id.as_str()).collect();
        self.grants_of_role(role, &user.id, Source::Grant, &unticked, held);
        let ticked = rights.add.iter().filter(|_| ticks);
        for id in ticked.filter(|id| adjustable(id) && !rights.remove.contains(id)) {
            let Some((_, permission)) = self.permission(id) else { continue };
            let scope = shape.reach.unwrap_or(Scope::NONE);
            let holding = Holding::plain(permission, scope, &user.id);
            self.come_by(permission, holding, Source::Grant, &unticked, held);
        }
    }

    fn by_grants<'h>(
        &'h self,
        grants: &'h [Grant],
        me: &'h str,
        source: Source,
        unticked: &[&str],
        held: &mut Vec<Holding<'h>>,
    ) {
        for grant in grants {
            // What the grant leaves out does not come along with anything else of it either.
            let all = self.catalog.permissions().map(|(_, it)| it.id.as_str());
            let except = all.filter(|id| leaves_out(grant, id));
            let off: Vec<&str> = unticked.iter().copied().chain(except).collect();
            for (category, permission) in self.catalog.permissions() {
                let gives = match leaves_out(grant, &permission.id) {
                    true => Gives::Nothing,
                    false => gives(grant, category, permission),
                };
                match gives {
                    Gives::Pattern => self.seen.note("grant: by a pattern"),
                    Gives::Table => self.seen.note("grant: by a part of a table"),
                    _ => {}
                }
                if gives != Gives::Nothing {
                    let holding = Holding {
                        permission: &permission.id,
                        scope: grant.scope,
                        teams: &grant.teams,
                        exact_teams: &grant.exact_teams,
                        from: grant.valid_from.map(Instant::millis),
                        until: grant.valid_until.map(Instant::millis),
                        inherited: false,
                        condition: grant.condition.as_ref(),
                        by: None,
                        own_of: me,
                    };
                    self.come_by(permission, holding, source, &off, held);
                }
            }
        }
    }

    /// Adds what is held and what comes along with it.
    fn come_by<'h>(
        &'h self,
        permission: &'h Permission,
        holding: Holding<'h>,
        source: Source,
        left_out: &[&str],
        held: &mut Vec<Holding<'h>>,
    ) {
        let mut seen: Vec<(&str, Scope)> = Vec::new();
        let mut open = vec![(permission, holding.scope)];
        while let Some((next, scope)) = open.pop() {
            let first = seen.is_empty();
            let scope = scope.intersection(next.reach.unwrap_or(Scope::ALL));
            if scope.is_none() || seen.contains(&(&next.id, scope)) {
                continue;
            }
            seen.push((&next.id, scope));
            let off = left_out.contains(&next.id.as_str());
            if off && !first {
                self.seen.note("grant: left out though another permission brings it along");
            }
            // Being the owner is the one source of what only the owner holds.
            let owners = next.owner_only && (source != Source::Standing || !first);
            let unlawful = owners || !first && next.granted_by != GrantedBy::Roles;
            let named = source == Source::Named && first;
            if named || !(off || owners || unlawful) {
                held.push(Holding { permission: &next.id, scope, ..holding.clone() });
            }
            let granted = matches!(source, Source::Grant | Source::Named);
            let brings = granted && !off && !unlawful;
            for implied in next.implies.iter().filter(|_| brings) {
                if let Some((_, along)) = self.permission(&implied.permission) {
                    open.push((along, implied.scope.unwrap_or(scope)));
                }
            }
        }
    }
}

/// How something is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// By a role, a policy, a grant to the user or a tick.
    Grant,
    /// It is not: this is what a role would grant, that included which only an owner can hold.
    Named,
    /// By being a member or the owner.
    Standing,
    /// On behalf of another.
    Delegation,
}
