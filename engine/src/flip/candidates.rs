//! Which edits are worth a try, by the reason of the decision as it stands.

use super::Search;
use crate::change::{Edit, World};
use crate::decision::Reason;
use crate::model::{Exposure, InputPath, Predicate, Scope, Test, Value};
use crate::snapshot::{GuardRule, PermissionId, PermissionRule};

/// How many roles are tried for one permission; those with the fewest grants first.
const MAX_ROLES: usize = 200;

impl Search<'_> {
    /// Edits that could remove a reason to deny, those together that one by one could not.
    pub(super) fn candidates(&self, world: &World<'_>, reason: &Reason) -> Vec<Vec<Edit>> {
        let mut together = Vec::new();
        let mut edits = self.single(world, reason, &mut together);
        edits.dedup();
        together.retain(|edits| edits.len() > 1);
        edits.into_iter().map(|edit| vec![edit]).chain(together).collect()
    }

    fn single(
        &self,
        world: &World<'_>,
        reason: &Reason,
        together: &mut Vec<Vec<Edit>>,
    ) -> Vec<Edit> {
        let snapshot = &*self.tenant.snapshot;
        let Some(rule) = snapshot.permission(self.id) else { return Vec::new() };
        let mut edits = Vec::new();
        match reason {
            Reason::SubjectInactive => edits.push(Edit::Activate),
            Reason::InvitationPending => edits.push(Edit::Accept),
            Reason::Plan(entitlement) => {
                edits.push(Edit::Entitle { entitlement: entitlement.to_string() });
            }
            Reason::Guard { id, .. } => {
                if let Some(guard) = snapshot.catalog.guards.iter().find(|guard| guard.id == *id) {
                    self.satisfy(guard, &mut edits);
                }
            }
            Reason::Private => {
                edits.extend(snapshot.sharing.by.iter().map(|it| relate(it)));
                let marks = snapshot.sharing.private.iter();
                edits.extend(marks.flat_map(|mark| {
                    let path = format!("resource.{}", mark.attribute);
                    // A mark that has to be sent is not lifted by leaving it out.
                    let lifted = mark.values.is_empty().then_some(Value::Bool(false));
                    let set = move |value| Edit::set(path.clone(), value);
                    [Some(Value::Null), lifted].into_iter().flatten().map(set)
                }));
            }
            Reason::NotGranted | Reason::NotApplicable(_) | Reason::OutOfScope(_) => {
                self.grant(world, self.id, &mut edits, together);
            }
            Reason::Prerequisite(_) => {
                for required in self.required(self.id) {
                    self.grant(world, required, &mut edits, together);
                }
            }
            Reason::FamilyRequires { permission, .. } => {
                if let Some(id) = snapshot.permission_id(permission) {
                    self.grant(world, id, &mut edits, together);
                }
            }
            Reason::Exclusive { kind, id } => self.admit(kind, id, &mut edits),
            Reason::Constraint(toggle) => {
                if let Some(id) = snapshot.permission_id(toggle) {
                    self.release(world, id, &mut edits, together);
                }
                let rules = rule.constraints.iter();
                let rules =
                    rules.filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)));
                rules.filter_map(|rule| rule.unless.as_ref()).for_each(|it| hold(it, &mut edits));
            }
            Reason::Hidden(content) | Reason::Redacted(content) => {
                self.show(world, content, &mut edits, together);
            }
            Reason::Family { .. } => self.differ(world, rule, &mut edits),
            _ => {}
        }
        edits
    }

    /// What could grant a permission here.
    fn grant(
        &self,
        world: &World<'_>,
        id: PermissionId,
        edits: &mut Vec<Edit>,
        together: &mut Vec<Vec<Edit>>,
    ) {
        let snapshot = &*self.tenant.snapshot;
        let Some(rule) = snapshot.permission(id) else { return };
        edits.extend(rule.own.iter().map(|relation| relate(relation)));
        let teams = match world.attributes.at(&snapshot.catalog.teams.attribute) {
            Some(Value::List(teams)) => teams,
            Some(team) => std::slice::from_ref(team),
            None => &[],
        };
        let teams = teams.iter().filter_map(Value::as_str).take(MAX_ROLES);
        edits.extend(teams.map(|team| Edit::JoinTeam { team: team.to_owned() }));
        if !rule.grantable {
            return;
        }
        let mut roles: Vec<_> = (0..)
            .zip(snapshot.roles.iter())
            .filter(|(number, role)| {
                let grants =
                    !role.grants.plain(id).is_none() || !role.grants.limited(id).is_empty();
                grants && !world.member.roles().contains(number)
            })
            .map(|(_, role)| role)
            .collect();
        roles.sort_by_key(|role| role.grants.plain.iter().filter(|scope| !scope.is_none()).count());
        edits.extend(
            roles.iter().take(MAX_ROLES).map(|role| Edit::GiveRole { role: role.id.to_string() }),
        );
        for policy in snapshot.policies.iter() {
            if !policy.grants.plain(id).is_none() || !policy.grants.limited(id).is_empty() {
                edits.push(Edit::AttachPolicy { policy: policy.id.to_string() });
            }
        }
        // Ticked again, more than one right may have to be: one brings another along.
        let unticked = world.member.extra.iter().flat_map(|extra| &extra.unticked);
        let unticked = unticked.filter_map(|id| snapshot.permission(*id));
        let again: Vec<Edit> =
            unticked.map(|rule| Edit::TickAgain { permission: rule.id.to_string() }).collect();
        edits.extend(again.iter().cloned());
        together.push(again);
        let standing = world.member.standing_roles();
        let mut held = standing.iter().filter_map(|number| snapshot.role(*number));
        if held.any(|role| role.adjustable.binary_search(&id).is_ok()) {
            edits.push(Edit::Tick { permission: rule.id.to_string() });
        }
        for scope in [Scope::OWN, Scope::TEAM, Scope::BRANCH, Scope::ALL] {
            if rule.reach.covers(scope) {
                let (permission, limited) = (rule.id.to_string(), Vec::new());
                edits.push(Edit::Grant { permission, scope, limited });
            }
        }
    }

    /// Everything that a permission requires, by way of others too.
    fn required(&self, id: PermissionId) -> Vec<PermissionId> {
        let mut found = Vec::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            let Some(rule) = self.tenant.snapshot.permission(next) else { continue };
            for required in &rule.requires {
                if !found.contains(required) {
                    found.push(*required);
                    open.push(*required);
                }
            }
        }
        found
    }

    /// What could admit the user to an item.
    fn admit(&self, kind: &str, id: &str, edits: &mut Vec<Edit>) {
        let snapshot = &*self.tenant.snapshot;
        let Some(item) = snapshot.kinds.get(kind).and_then(|kind| kind.items.get(id)) else {
            return;
        };
        for number in item.view.iter().chain(&item.edit) {
            let Some(program) = snapshot.programs.get(*number as usize) else { continue };
            let matchers = &program.matchers;
            let roles = matchers.roles.iter().map(|role| Edit::GiveRole { role: role.to_string() });
            let teams = matchers.teams.iter().chain(&matchers.exact_teams);
            let teams = teams.map(|team| Edit::JoinTeam { team: team.to_string() });
            let tags = matchers.tags.iter().map(|tag| Edit::AddTag { tag: tag.to_string() });
            edits.extend(roles.chain(teams).chain(tags));
        }
    }

    /// What could take a toggle from the user.
    fn release(
        &self,
        world: &World<'_>,
        toggle: PermissionId,
        edits: &mut Vec<Edit>,
        together: &mut Vec<Vec<Edit>>,
    ) {
        let Some(rule) = self.tenant.snapshot.permission(toggle) else { return };
        let endings = self.person(world, |person| person.endings(toggle, rule));
        edits.extend(endings.edits.iter().cloned());
        if !endings.fixed {
            together.push(endings.edits);
        }
    }

    /// What could show content that is hidden or redacted.
    fn show(
        &self,
        world: &World<'_>,
        content: &str,
        edits: &mut Vec<Edit>,
        together: &mut Vec<Vec<Edit>>,
    ) {
        let plan = &self.tenant.snapshot.sharing;
        edits.extend(plan.by.iter().map(|relation| relate(relation)));
        let Some(rule) = plan.contents.iter().find(|rule| *rule.kind == *content) else { return };
        edits.push(Edit::Share { content: rule.kind.to_string() });
        if let Some(account) = &rule.account {
            edits.push(Edit::set(format!("resource.{account}"), Value::Bool(false)));
        }
        if let Some(viewer) = &rule.viewer {
            self.release(world, viewer.toggle, edits, together);
        }
        let overrides = rule.overrides.iter();
        for rule in overrides.filter_map(|at| plan.overrides.get(usize::from(*at))) {
            if rule.outcome == Exposure::Share {
                let roles = rule.viewers.roles.iter();
                edits.extend(roles.map(|role| Edit::GiveRole { role: role.to_string() }));
                let tags = rule.viewers.tags.iter();
                edits.extend(tags.map(|tag| Edit::AddTag { tag: tag.to_string() }));
            }
        }
    }

    /// A family's reasons are its own. What it reads and is yes or no here can be tried.
    fn differ(&self, world: &World<'_>, rule: &PermissionRule, edits: &mut Vec<Edit>) {
        for path in &rule.reads {
            let value = match path {
                InputPath::ResourceAttribute(name) => world.attributes.at(name),
                InputPath::ContextAttribute(name) => world.context.at(name),
                _ => None,
            };
            if let Some(Value::Bool(value)) = value {
                edits.push(Edit::set(path.to_string(), Value::Bool(!value)));
            }
        }
        edits.extend(rule.own.iter().map(|relation| relate(relation)));
    }

    /// What a guard demands of the resource and the context.
    fn satisfy(&self, guard: &GuardRule, edits: &mut Vec<Edit>) {
        if let Some(require) = &guard.require {
            hold(require, edits);
        }
    }

    /// Everything that grants the permission to the user and can be taken away.
    pub(super) fn sources(&self, world: &World<'_>) -> Vec<Edit> {
        let Some(rule) = self.tenant.snapshot.permission(self.id) else { return Vec::new() };
        let mut edits = self.person(world, |person| person.endings(self.id, rule)).edits;
        let delegations = world.member.extra.iter().flat_map(|extra| &extra.delegations);
        for rule in delegations.filter(|rule| rule.permissions.contains(&self.id)) {
            let edit = Edit::EndDelegation { from: rule.from.id.to_string() };
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
        edits
    }
}

fn relate(relation: &str) -> Edit {
    Edit::Relate { relation: relation.to_owned() }
}

/// What could make a predicate hold.
fn hold(predicate: &Predicate, edits: &mut Vec<Edit>) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            parts.iter().for_each(|part| hold(part, edits));
        }
        Predicate::Own(relations) => {
            edits.extend(relations.iter().map(|relation| relate(relation)));
        }
        Predicate::Compare { path, test } => {
            let wanted = match test {
                Test::Is(value) => Some(value.clone()),
                Test::In(values) => values.first().cloned(),
                Test::AtMost(limit) | Test::AtLeast(limit) => Some((*limit).into()),
                Test::IsNot(_) | Test::Present => None,
            };
            let settable =
                matches!(path, InputPath::ResourceAttribute(_) | InputPath::ContextAttribute(_));
            if let Some(value) = wanted.filter(|_| settable) {
                edits.push(Edit::set(path.to_string(), value));
            }
        }
    }
}
