//! What a decision reads of the request.
//!
//! The list is the cache key's share of the request: two requests that agree on it get one
//! decision, two that differ in it never do. It is gathered from the rules themselves, step by
//! step of the pipeline, so that a rule cannot read what the key does not hold.

use super::Before;
use crate::fast::Map;
use crate::model::{InputPath, PartBy, RoleCheck};
use crate::snapshot::{
    Clause, CompiledCatalog, ContentRule, FamilyRule, Governed, GrantReads, KindRule, MatcherRule,
    PermissionId, PermissionRule, ProgramRule, SharedContent, SharingPlan, Variant,
};
use std::collections::HashSet;
use std::sync::Arc;

/// The parts of a policy that its decisions read, but for the permissions themselves.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) catalog: &'a CompiledCatalog,
    pub(super) entitlements: &'a HashSet<String>,
    pub(super) grant_reads: &'a GrantReads,
    pub(super) kinds: &'a Map<KindRule>,
    pub(super) programs: &'a [Arc<ProgramRule>],
    pub(super) sharing: &'a SharingPlan,
    pub(super) families: &'a [FamilyRule],
    /// The family of each permission, by permission.
    pub(super) governed: &'a [Option<Governed>],
}

/// The permissions of a tenant with all that their decisions read: those that are as they were
/// are the ones that they were.
pub(super) fn permissions(
    parts: Parts<'_>,
    before: Option<Before<'_>>,
) -> Arc<[Arc<PermissionRule>]> {
    let catalog = parts.catalog;
    let rules = (0..=u16::MAX).map(PermissionId).zip(&catalog.rules);
    rules
        .map(|(id, base)| {
            let mut gathered = Gathered::default();
            gathered.permissions(parts, id);
            let needed = base.entitlement.as_ref();
            let variant = Variant {
                entitled: needed.is_none_or(|(name, _)| parts.entitlements.contains(&**name)),
                family: parts.family(id),
                reads: gathered.paths.into(),
                sharers: gathered.sharers.into(),
                cacheable: !gathered.reads_now && !gathered.reads_directory,
            };
            let was = before.and_then(|before| before.snapshot.permissions.get(usize::from(id.0)));
            match was.filter(|was| variant.is_of(was)) {
                Some(was) => Arc::clone(was),
                None => catalog.variants.rule(id, base, variant),
            }
        })
        .collect()
}

impl<'a> Parts<'a> {
    fn permission(&self, id: PermissionId) -> Option<&'a PermissionRule> {
        self.catalog.rules.get(usize::from(id.0))
    }

    fn family(&self, id: PermissionId) -> Option<Governed> {
        self.governed.get(usize::from(id.0)).copied().flatten()
    }
}

#[derive(Default)]
struct Gathered {
    paths: Vec<InputPath>,
    held: HashSet<PermissionId>,
    open: Vec<PermissionId>,
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
    fn grants(&mut self, parts: Parts<'_>, id: PermissionId, rule: &PermissionRule) {
        for relation in &rule.own {
            self.attribute(relation);
        }
        let teams = &parts.catalog.teams;
        self.attribute(&teams.attribute);
        if !teams.everybodys_of.is_empty() {
            self.path(&InputPath::ResourceKind);
        }
        for path in parts.grant_reads.of(id) {
            self.read(parts, path);
        }
    }

    /// What a condition reads.
    fn condition(&mut self, parts: Parts<'_>, clause: Option<&Clause>) {
        let inputs = clause.into_iter().flat_map(|clause| clause.condition.inputs());
        // A condition that reads `now` says itself until when it stays as it is.
        for path in inputs.filter(|path| **path != InputPath::Now) {
            self.read(parts, path);
        }
    }

    /// What it reads whether somebody fits.
    fn matchers(&mut self, parts: Parts<'_>, matchers: &MatcherRule) {
        self.condition(parts, matchers.condition.as_ref());
    }

    /// What it reads how much of some content is shared.
    fn content(&mut self, parts: Parts<'_>, content: &ContentRule) {
        let plan = parts.sharing;
        plan.by.iter().for_each(|relation| self.attribute(relation));
        plan.private.iter().for_each(|mark| self.attribute(&mark.attribute));
        self.attribute(&content.choice);
        content.account.iter().for_each(|attribute| self.attribute(attribute));
        let policies = content.policies.iter().filter_map(|at| plan.policies.get(usize::from(*at)));
        let overrides =
            content.overrides.iter().filter_map(|at| plan.overrides.get(usize::from(*at)));
        for rule in policies.chain(overrides) {
            self.matchers(parts, &rule.viewers);
            self.condition(parts, rule.condition.as_ref());
        }
        if let Some(viewer) = &content.viewer {
            self.held(parts, viewer.toggle);
            if let Some(unless) = &viewer.unless {
                unless.visit_paths(&mut |path| self.read(parts, path));
            }
        }
    }

    /// What every grant of the tenant reads.
    fn all_grants(&mut self, parts: Parts<'_>) {
        for (id, rule) in (0..).map(PermissionId).zip(&parts.catalog.rules) {
            self.grants(parts, id, rule);
        }
    }

    /// What a path reads: whether a permission is held depends on what its grants read.
    fn read(&mut self, parts: Parts<'_>, path: &InputPath) {
        self.path(path);
        // Of the subject and the action a question says only what the catalog listens to.
        let contract = &parts.catalog.contract;
        let asserted = match path {
            InputPath::SubjectAttribute(name) => contract.subject.attribute(name).is_some(),
            InputPath::ActionAttribute(name) => contract.action.attribute(name).is_some(),
            _ => false,
        };
        if asserted && !self.paths.contains(path) {
            self.paths.push(path.clone());
        }
        if let InputPath::SubjectHolds(id) = path
            && let Some(id) = parts.catalog.permissions.find(id)
        {
            self.held(parts, id);
        }
    }

    /// What it reads whether a permission is held at all. Each is looked at once, so permissions
    /// whose conditions ask about one another come to an end.
    fn held(&mut self, parts: Parts<'_>, id: PermissionId) {
        let Some(rule) = parts.permission(id) else { return };
        for id in std::iter::once(id).chain(rule.needs.iter().map(|need| need.permission)) {
            if self.held.insert(id)
                && let Some(rule) = parts.permission(id)
            {
                self.grants(parts, id, rule);
            }
        }
    }

    /// What it reads to decide about a permission, and about those that are asked about besides.
    fn permissions(&mut self, parts: Parts<'_>, id: PermissionId) {
        let mut seen = HashSet::new();
        self.open.push(id);
        while let Some(next) = self.open.pop() {
            if seen.insert(next) {
                self.permission(parts, next);
            }
        }
    }

    fn permission(&mut self, parts: Parts<'_>, id: PermissionId) {
        let Some(rule) = parts.permission(id) else { return };
        self.grants(parts, id, rule);
        for guard in
            rule.guards.iter().filter_map(|guard| parts.catalog.guards.get(usize::from(*guard)))
        {
            if let Some(require) = &guard.require {
                require.visit_paths(&mut |path| self.read(parts, path));
            }
            self.condition(parts, guard.condition.as_ref());
            match &guard.check {
                Some(RoleCheck::Editable | RoleCheck::EditableIfNamed | RoleCheck::Deletable) => {
                    self.path(&InputPath::ResourceId)
                }
                Some(RoleCheck::Unused | RoleCheck::KeepsHolder(_)) => {
                    self.path(&InputPath::ResourceId);
                    self.reads_directory = true;
                }
                Some(RoleCheck::Covered(names)) => {
                    self.all_grants(parts);
                    self.path(&InputPath::ResourceKind);
                    names.iter().for_each(|name| self.attribute(name));
                }
                None => {}
            }
        }
        let constraints = rule.constraints.iter();
        for rule in constraints.filter_map(|at| parts.catalog.constraints.get(usize::from(*at))) {
            if let Some(unless) = &rule.unless {
                unless.visit_paths(&mut |path| self.read(parts, path));
            }
            self.held(parts, rule.toggle);
        }
        if rule.exclusive.is_some() {
            self.path(&InputPath::ResourceKind);
            self.path(&InputPath::ResourceId);
            for program in parts.programs {
                self.matchers(parts, &program.matchers);
            }
            for kind in parts.kinds.values() {
                for (_, by) in &kind.part_of {
                    if let PartBy::Attribute(name) = by {
                        self.attribute(name);
                    }
                }
            }
        }
        for number in rule.content.iter().flat_map(SharedContent::all) {
            let Some(content) = parts.sharing.contents.get(usize::from(number)) else {
                continue;
            };
            self.path(&InputPath::ResourceKind);
            self.content(parts, content);
            if content.sharer.is_some() && !self.sharers.contains(&number) {
                self.sharers.push(number);
            }
        }
        self.open.extend_from_slice(&rule.requires);
        let family =
            parts.family(id).and_then(|governed| parts.families.get(usize::from(governed.family)));
        if let Some(installed) = family.and_then(|family| family.installed.as_ref()) {
            self.path(&InputPath::ResourceKind);
            // A family that reads `now` says itself how long its answer holds.
            for input in installed
                .inputs
                .iter()
                .filter(|input| input.path != InputPath::Now && !input.withheld)
            {
                self.read(parts, &input.path);
            }
            self.open.extend(installed.requires.iter().flatten());
        }
    }
}
