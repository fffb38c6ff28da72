//! What a decision reads of the request.
//!
//! The list is the cache key's share of the request: two requests that agree on it get one
//! decision, two that differ in it never do. It is gathered from the rules themselves, step by
//! step of the pipeline, so that a rule cannot read what the key does not hold.

use super::matchers::MatcherRule;
use super::sharing::{ContentRule, SharedContent};
use super::snapshot::{Clause, PermissionId, PermissionRule, Snapshot};
use crate::model::{InputPath, PartBy, RoleCheck};

/// Fills in the reads of every permission.
pub(super) fn fill(snapshot: &mut Snapshot) {
    let all: Vec<Gathered> = (0..snapshot.permissions.len())
        .map(|index| {
            let mut gathered = Gathered::default();
            let id = PermissionId(u16::try_from(index).unwrap_or(u16::MAX));
            gathered.permission(snapshot, id, &mut Vec::new());
            gathered
        })
        .collect();
    for (rule, gathered) in snapshot.permissions.iter_mut().zip(all) {
        rule.reads = gathered.paths.into();
        rule.sharers = gathered.sharers.into();
        rule.cacheable = !gathered.reads_now && !gathered.reads_directory;
    }
}

#[derive(Default)]
struct Gathered {
    paths: Vec<InputPath>,
    held: Vec<PermissionId>,
    /// The kinds of content whose sharers may redact them.
    sharers: Vec<u16>,
    reads_now: bool,
    /// Whether it matters how many hold a role.
    reads_directory: bool,
}

impl Gathered {
    fn path(&mut self, path: &InputPath) {
        match path {
            InputPath::Now => self.reads_now = true,
            InputPath::ResourceKind
            | InputPath::ResourceId
            | InputPath::ResourceAttribute(_)
            | InputPath::ContextAttribute(_)
                if !self.paths.contains(path) =>
            {
                self.paths.push(path.clone());
            }
            // The rest follows from the subject, the policy and their revisions.
            _ => {}
        }
    }

    fn attribute(&mut self, name: &str) {
        self.path(&InputPath::ResourceAttribute(name.into()));
    }

    /// What the scopes and the conditions of the grants of a permission read.
    fn grants(&mut self, snapshot: &Snapshot, id: PermissionId, rule: &PermissionRule) {
        for relation in &rule.own {
            self.attribute(relation);
        }
        self.attribute(&snapshot.team_attribute);
        let roles = snapshot.roles.iter().map(|role| &role.grants);
        let policies = snapshot.policies.iter().map(|policy| &policy.grants);
        for grant in roles.chain(policies).flat_map(|grants| grants.limited(id)) {
            self.condition(snapshot, grant.condition.as_ref());
        }
    }

    /// What a condition reads.
    fn condition(&mut self, snapshot: &Snapshot, clause: Option<&Clause>) {
        let inputs = clause.into_iter().flat_map(|clause| clause.condition.inputs());
        // A condition that reads `now` says itself until when it stays as it is.
        for path in inputs.filter(|path| **path != InputPath::Now) {
            self.read(snapshot, path);
        }
    }

    /// What it reads whether somebody fits.
    fn matchers(&mut self, snapshot: &Snapshot, matchers: &MatcherRule) {
        self.condition(snapshot, matchers.condition.as_ref());
    }

    /// What it reads how much of some content is shared.
    fn content(&mut self, snapshot: &Snapshot, content: &ContentRule) {
        let plan = &snapshot.sharing;
        plan.by.iter().for_each(|relation| self.attribute(relation));
        plan.private.iter().for_each(|mark| self.attribute(&mark.attribute));
        self.attribute(&content.choice);
        content.account.iter().for_each(|attribute| self.attribute(attribute));
        let policies = content.policies.iter().filter_map(|at| plan.policies.get(usize::from(*at)));
        let overrides =
            content.overrides.iter().filter_map(|at| plan.overrides.get(usize::from(*at)));
        for rule in policies.chain(overrides) {
            self.matchers(snapshot, &rule.viewers);
            self.condition(snapshot, rule.condition.as_ref());
        }
        if let Some(viewer) = &content.viewer {
            self.held(snapshot, viewer.toggle);
            if let Some(unless) = &viewer.unless {
                unless.visit_paths(&mut |path| self.read(snapshot, path));
            }
        }
    }

    /// What every grant of the tenant reads.
    fn all_grants(&mut self, snapshot: &Snapshot) {
        for (id, rule) in (0..).map(PermissionId).zip(&snapshot.permissions) {
            self.grants(snapshot, id, rule);
        }
    }

    /// What a path reads: whether a permission is held depends on what its grants read.
    fn read(&mut self, snapshot: &Snapshot, path: &InputPath) {
        self.path(path);
        if let InputPath::SubjectHolds(id) = path
            && let Some(id) = snapshot.permission_ids.get(&**id)
        {
            self.held(snapshot, *id);
        }
    }

    /// What it reads whether a permission is held at all. Each is looked at once, so permissions
    /// whose conditions ask about one another come to an end.
    fn held(&mut self, snapshot: &Snapshot, id: PermissionId) {
        if self.held.contains(&id) {
            return;
        }
        self.held.push(id);
        let Some(rule) = snapshot.permission(id) else { return };
        self.grants(snapshot, id, rule);
        for required in &rule.requires {
            self.held(snapshot, *required);
        }
    }

    fn permission(&mut self, snapshot: &Snapshot, id: PermissionId, open: &mut Vec<PermissionId>) {
        if open.contains(&id) {
            return;
        }
        open.push(id);
        let Some(rule) = snapshot.permission(id) else { return };
        self.attribute("tenant");
        self.grants(snapshot, id, rule);
        for guard in rule.guards.iter().filter_map(|guard| snapshot.guards.get(usize::from(*guard)))
        {
            if let Some(require) = &guard.require {
                require.visit_paths(&mut |path| self.read(snapshot, path));
            }
            self.condition(snapshot, guard.condition.as_ref());
            match &guard.check {
                Some(RoleCheck::Editable | RoleCheck::EditableIfNamed | RoleCheck::Deletable) => {
                    self.path(&InputPath::ResourceId)
                }
                Some(RoleCheck::Unused | RoleCheck::KeepsHolder(_)) => {
                    self.path(&InputPath::ResourceId);
                    self.reads_directory = true;
                }
                Some(RoleCheck::Covered(names)) => {
                    self.all_grants(snapshot);
                    names.iter().for_each(|name| self.attribute(name));
                }
                None => {}
            }
        }
        let constraints = rule.constraints.iter();
        for rule in constraints.filter_map(|at| snapshot.constraints.get(usize::from(*at))) {
            if let Some(unless) = &rule.unless {
                unless.visit_paths(&mut |path| self.read(snapshot, path));
            }
            self.held(snapshot, rule.toggle);
        }
        if rule.exclusive.is_some() {
            self.path(&InputPath::ResourceKind);
            self.path(&InputPath::ResourceId);
            for program in &snapshot.programs {
                self.matchers(snapshot, &program.matchers);
            }
            for kind in snapshot.kinds.values() {
                for (_, by) in &kind.part_of {
                    if let PartBy::Attribute(name) = by {
                        self.attribute(name);
                    }
                }
            }
        }
        for number in rule.content.iter().flat_map(SharedContent::all) {
            let Some(content) = snapshot.sharing.contents.get(usize::from(number)) else {
                continue;
            };
            self.path(&InputPath::ResourceKind);
            self.content(snapshot, content);
            if content.sharer.is_some() && !self.sharers.contains(&number) {
                self.sharers.push(number);
            }
        }
        for required in &rule.requires {
            self.permission(snapshot, *required, open);
        }
        let family =
            rule.family.and_then(|governed| snapshot.families.get(usize::from(governed.family)));
        if let Some(installed) = family.and_then(|family| family.installed.as_ref()) {
            self.path(&InputPath::ResourceKind);
            // A family that reads `now` says itself how long its answer holds.
            for input in installed
                .inputs
                .iter()
                .filter(|input| input.path != InputPath::Now && !input.withheld)
            {
                self.read(snapshot, &input.path);
            }
            for required in installed.requires.iter().flatten() {
                self.permission(snapshot, *required, open);
            }
        }
    }
}
