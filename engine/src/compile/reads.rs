//! What a decision reads of the request.
//!
//! The list is the cache key's share of the request: two requests that agree on it get one
//! decision, two that differ in it never do. It is gathered from the rules themselves, step by
//! step of the pipeline, so that a rule cannot read what the key does not hold.

use super::snapshot::{PermissionId, Snapshot};
use crate::model::{InputPath, PartBy, RoleCheck};

/// Fills in the reads of every permission.
pub(super) fn fill(snapshot: &mut Snapshot) {
    let all: Vec<(Vec<InputPath>, bool)> = (0..snapshot.permissions.len())
        .map(|index| {
            let mut gathered = Gathered::default();
            let id = PermissionId(u16::try_from(index).unwrap_or(u16::MAX));
            gathered.permission(snapshot, id, &mut Vec::new());
            (gathered.paths, !gathered.reads_now)
        })
        .collect();
    for (rule, (reads, cacheable)) in snapshot.permissions.iter_mut().zip(all) {
        rule.reads = reads.into();
        rule.cacheable = cacheable;
    }
}

#[derive(Default)]
struct Gathered {
    paths: Vec<InputPath>,
    reads_now: bool,
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

    fn permission(&mut self, snapshot: &Snapshot, id: PermissionId, open: &mut Vec<PermissionId>) {
        if open.contains(&id) {
            return;
        }
        open.push(id);
        let Some(rule) = snapshot.permission(id) else { return };
        self.attribute("tenant");
        for relation in &rule.own {
            self.attribute(relation);
        }
        self.attribute(&snapshot.team_attribute);
        for guard in rule.guards.iter().filter_map(|guard| snapshot.guards.get(usize::from(*guard)))
        {
            if let Some(require) = &guard.require {
                require.visit_paths(&mut |path| self.path(path));
            }
            match &guard.check {
                Some(RoleCheck::Editable | RoleCheck::EditableIfNamed | RoleCheck::Deletable) => {
                    self.path(&InputPath::ResourceId)
                }
                Some(RoleCheck::Covered(names)) => {
                    names.iter().for_each(|name| self.attribute(name))
                }
                None => {}
            }
        }
        let constraints = rule.constraints.iter();
        for rule in constraints.filter_map(|at| snapshot.constraints.get(usize::from(*at))) {
            if let Some(unless) = &rule.unless {
                unless.visit_paths(&mut |path| self.path(path));
            }
        }
        if rule.exclusive.is_some() {
            self.path(&InputPath::ResourceKind);
            self.path(&InputPath::ResourceId);
            for kind in snapshot.kinds.values() {
                for (_, by) in &kind.part_of {
                    if let PartBy::Attribute(name) = by {
                        self.attribute(name);
                    }
                }
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
            for input in installed.inputs.iter().filter(|input| input.path != InputPath::Now) {
                self.path(&input.path);
            }
            for required in installed.requires.iter().flatten() {
                self.permission(snapshot, *required, open);
            }
        }
    }
}
