//! What reads of a user: guards, toggles, programs, sharing rules, families.
//!
//! Each says itself what it reads and which permissions it has a say in. Two snapshots are read
//! side by side: what has one name in both is the same thing, and what only one of them has is
//! told as an edit of the rule and not of the user.

use super::changed::Both;
use super::follows::Reader;
use crate::model::{Document, InputPath, Place, Predicate, RoleCheck};
use crate::snapshot::{
    Clause, ConstraintRule, GuardRule, Installed, PermissionId, PermissionRule, ProgramRule,
    Redaction, SharingPlan, SharingRule, Snapshot,
};
use std::collections::BTreeSet;

/// Everything that reads of users, in two snapshots or in one.
pub(crate) struct Readers<'a> {
    pub(super) before: &'a Snapshot,
    pub(super) after: &'a Snapshot,
    pub(super) rules: Vec<ReadingRule<'a>>,
    /// The roles of both.
    pub(super) roles: Vec<&'a str>,
    /// Those of them that grant something else.
    pub(super) edited_roles: Vec<&'a str>,
}

/// Something that reads of users.
pub(super) struct ReadingRule<'a> {
    pub(super) reader: Reader,
    pub(super) id: &'a str,
    pub(super) place: Option<Place>,
    pub(super) sides: Sides<'a>,
    /// What it has a say in, by position after.
    pub(super) governs: Vec<PermissionId>,
    /// The permissions of which it matters whether they are held.
    held: BTreeSet<PermissionId>,
    /// Whether that matters of all of them.
    all_held: bool,
}

/// Before a change or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// The rule before and after.
pub(super) enum Sides<'a> {
    Guard(&'a GuardRule, &'a GuardRule),
    Constraint(Both<'a>, &'a ConstraintRule, &'a ConstraintRule),
    /// One that the catalog has only before, or only after.
    OneConstraint(&'a ConstraintRule, Side),
    /// A toggle that redacts what its holder sees.
    Viewer(Both<'a>, &'a Redaction, &'a Redaction),
    /// A toggle that redacts what its holder shares.
    Sharer(Both<'a>, &'a Redaction, &'a Redaction),
    Program(&'a ProgramRule, &'a ProgramRule),
    Sharing(&'a SharingRule, &'a SharingRule),
    Family(&'a Installed),
}

impl ReadingRule<'_> {
    /// Whether it reads what some permissions come to.
    pub(super) fn reads_held(&self, moved: &dyn Fn(PermissionId) -> bool) -> bool {
        self.all_held || self.held.iter().any(|id| moved(*id))
    }
}

impl<'a> Readers<'a> {
    /// `edited` are the roles that grant something else after.
    pub(crate) fn new(before: &'a Snapshot, after: &'a Snapshot, edited: Vec<&'a str>) -> Self {
        let roles = after.roles.iter().map(|role| &*role.id);
        let roles = roles.filter(|role| before.role_ids.contains_key(*role)).collect();
        let rules = Vec::new();
        let mut readers = Self { before, after, rules, roles, edited_roles: edited };
        readers.guards();
        readers.constraints();
        readers.sharing();
        readers.redactions();
        readers.programs();
        readers.families();
        readers
    }

    /// Whether who may hand out which role can differ though the users are as they were.
    pub(crate) fn hand_out_otherwise(&self) -> bool {
        !self.edited_roles.is_empty() && self.rules.iter().any(|rule| rule.all_held)
    }

    /// The same permission in both; by its position after.
    pub(super) fn both(&self, id: PermissionId) -> Option<Both<'a>> {
        let rule = self.after.permission(id)?;
        if std::ptr::eq(self.before, self.after) {
            return Some(((id, rule), (id, rule)));
        }
        let old = self.before.permission_id(&rule.id)?;
        Some(((old, self.before.permission(old)?), (id, rule)))
    }

    fn add(
        &mut self,
        (reader, id, place): (Reader, &'a str, Option<Place>),
        governs: Vec<PermissionId>,
        held: BTreeSet<PermissionId>,
        sides: Sides<'a>,
    ) {
        if !governs.is_empty() {
            let all_held = false;
            let rule = ReadingRule { reader, id, place, sides, governs, held, all_held };
            self.rules.push(rule);
        }
    }

    /// The permissions after of which something is true.
    fn of(&self, is: impl Fn(&PermissionRule) -> bool) -> Vec<PermissionId> {
        let rules = self.after.each_permission();
        rules.filter(|(_, rule)| is(rule)).map(|(id, _)| id).collect()
    }

    /// The permissions that a predicate asks about, with those that they require.
    fn asked(&self, predicate: Option<&Predicate>) -> BTreeSet<PermissionId> {
        let mut held = BTreeSet::new();
        if let Some(predicate) = predicate {
            predicate.visit_paths(&mut |path| self.ask(path, &mut held));
        }
        held
    }

    fn ask(&self, path: &InputPath, held: &mut BTreeSet<PermissionId>) {
        let InputPath::SubjectHolds(name) = path else { return };
        let Some(id) = self.after.permission_id(name) else { return };
        held.insert(id);
        let needs = self.after.permission(id).into_iter().flat_map(|rule| &rule.needs);
        held.extend(needs.map(|need| need.permission));
    }

    /// The same of conditions.
    fn asked_by<'c>(
        &self,
        clauses: impl IntoIterator<Item = &'c Clause>,
    ) -> BTreeSet<PermissionId> {
        let mut held = BTreeSet::new();
        let inputs = clauses.into_iter().flat_map(|clause| clause.condition.inputs());
        inputs.for_each(|path| self.ask(path, &mut held));
        held
    }

    fn guards(&mut self) {
        for (at, guard) in (0..=u16::MAX).zip(&self.after.catalog.guards) {
            let old = self.before.catalog.guards.iter().find(|it| it.id == guard.id);
            let Some(old) = old else { continue };
            let governs = self.of(|rule| rule.guards.contains(&at));
            let mut held = self.asked(guard.require.as_ref());
            held.extend(self.asked_by(&guard.condition));
            let known = self.rules.len();
            let what = (Reader::Guard, &*guard.id, Some(guard.place));
            self.add(what, governs, held, Sides::Guard(old, guard));
            if let Some(rule) = self.rules.get_mut(known) {
                rule.all_held = matches!(guard.check, Some(RoleCheck::Covered(_)));
            }
        }
    }

    fn constraints(&mut self) {
        let (before, after) = (self.before, self.after);
        let all = |snapshot: &'a Snapshot, rule: &'a PermissionRule| {
            let constraints = rule.constraints.iter();
            constraints.filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)))
        };
        for (target, rule) in after.each_permission() {
            let Some(((_, was), _)) = self.both(target) else { continue };
            let mut stay: Vec<&ConstraintRule> = Vec::new();
            for new in all(after, rule) {
                let Some(is) = after.permission(new.toggle) else { continue };
                let both = self.both(new.toggle);
                let old = both.and_then(|((toggle, _), _)| {
                    all(before, was).find(|old| {
                        old.toggle == toggle
                            && old.forbids == new.forbids
                            && old.obligations == new.obligations
                    })
                });
                let mut held = self.asked(new.unless.as_ref());
                held.insert(new.toggle);
                let what = (Reader::Toggle, &*is.id, self.standing(new.toggle));
                let sides = match (both, old) {
                    (Some(both), Some(old)) => {
                        stay.push(old);
                        Sides::Constraint(both, old, new)
                    }
                    _ => {
                        held.insert(target);
                        Sides::OneConstraint(new, Side::After)
                    }
                };
                self.add(what, vec![target], held, sides);
            }
            for old in all(before, was).filter(|old| !stay.iter().any(|it| std::ptr::eq(*it, *old)))
            {
                let Some(toggle) = before.permission(old.toggle) else { continue };
                let what = (Reader::Toggle, &*toggle.id, None);
                let held = BTreeSet::from([target]);
                self.add(what, vec![target], held, Sides::OneConstraint(old, Side::Before));
            }
        }
    }

    /// Where a permission stands in the catalog.
    fn standing(&self, id: PermissionId) -> Option<Place> {
        let entry = self.after.catalog.permissions.entry(id)?;
        Some(Place { document: Document::Catalog, at: entry.permission.id.at() })
    }

    /// The permissions that show some content.
    fn showing(&self, content: u16) -> Vec<PermissionId> {
        self.of(|rule| rule.content.iter().any(|shown| shown.all().any(|at| at == content)))
    }

    fn redactions(&mut self) {
        for (at, new) in (0..=u16::MAX).zip(&self.after.sharing.contents) {
            let old = self.before.sharing.contents.iter().find(|it| it.kind == new.kind);
            let Some(old) = old else { continue };
            let pairs = [
                (old.viewer.as_ref(), new.viewer.as_ref(), false),
                (old.sharer.as_ref(), new.sharer.as_ref(), true),
            ];
            for (old, new, shares) in pairs {
                let (Some(old), Some(new)) = (old, new) else { continue };
                let Some(both) = self.both(new.toggle) else { continue };
                let (_, (_, is)) = both;
                let mut held = self.asked(new.unless.as_ref());
                held.insert(new.toggle);
                let what = (Reader::Toggle, &*is.id, self.standing(new.toggle));
                let sides = match shares {
                    true => Sides::Sharer(both, old, new),
                    false => Sides::Viewer(both, old, new),
                };
                self.add(what, self.showing(at), held, sides);
            }
        }
    }

    fn sharing(&mut self) {
        type Rules = fn(&SharingPlan) -> &[SharingRule];
        let layers: [(Reader, Rules); 2] = [
            (Reader::SharingPolicy, |plan| &plan.policies),
            (Reader::SharingOverride, |plan| &plan.overrides),
        ];
        for (reader, rules) in layers {
            let (was, is) = (&*self.before.sharing, &*self.after.sharing);
            for (at, new) in (0..=u16::MAX).zip(rules(is)) {
                let Some(old) = rules(was).iter().find(|it| it.id == new.id) else { continue };
                let mut governs = BTreeSet::new();
                for (content, rule) in (0..=u16::MAX).zip(&is.contents) {
                    let list = match reader {
                        Reader::SharingPolicy => &rule.policies,
                        _ => &rule.overrides,
                    };
                    if list.contains(&at) {
                        governs.extend(self.showing(content));
                    }
                }
                let what = (reader, &*new.id, Some(new.place));
                let governs = governs.into_iter().collect();
                let held = self.asked_by(&new.condition);
                self.add(what, governs, held, Sides::Sharing(old, new));
            }
        }
    }

    fn programs(&mut self) {
        let governs = self.of(|rule| rule.exclusive.is_some());
        for new in self.after.programs.iter() {
            let old = self.before.programs.iter().find(|it| it.id == new.id);
            let Some(old) = old else { continue };
            let what = (Reader::Program, &*new.id, Some(new.place));
            self.add(what, governs.clone(), BTreeSet::new(), Sides::Program(old, new));
        }
    }

    fn families(&mut self) {
        for (at, family) in (0..=u16::MAX).zip(self.after.families.iter()) {
            let old = self.before.families.iter().find(|it| it.id == family.id);
            let old = old.and_then(|old| old.installed.as_ref());
            let (Some(_), Some(new)) = (old, family.installed.as_ref()) else { continue };
            let governs = self.of(|rule| rule.family.is_some_and(|it| it.family == at));
            let mut held = BTreeSet::new();
            new.inputs.iter().for_each(|input| self.ask(&input.path, &mut held));
            held.extend(new.requires.iter().flatten());
            let what = (Reader::Family, &*family.id, None);
            self.add(what, governs, held, Sides::Family(new));
        }
    }
}
