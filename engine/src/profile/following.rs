//! What may follow from a change of a user, where a record or an instant decides.
//!
//! Rights say exactly what a user holds, programs and items who gets in. Guards, exemptions of
//! toggles, conditions and sharing rules read a user besides, together with the record. Whether
//! they come to something else cannot be said without one; that they read what is not as it was,
//! and in what they have a say, can. What reads nothing that differs is never told, and neither
//! is what is settled without a record: that is told as what it comes to.

use super::changed::{Both, Changed};
use super::follows::{ALL_HELD, Follow, ROLES_GRANT, ROLES_HELD, Reader, add};
use super::person::Person;
use super::readers::{Readers, ReadingRule, Side, Sides};
use crate::directory::Compiled;
use crate::evaluate::{Fit, Silent};
use crate::model::{InputPath, Predicate, RoleCheck, Status};
use crate::snapshot::{
    Clause, GuardRule, MatcherRule, PermissionId, PermissionRule, Redaction, SharingRule,
};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Of how many roles it is looked at whether a user may hand them out. Of more it is not known.
const ROLES_TRIED: usize = 64;

/// What a condition that may be about a record says of a user.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Yes,
    No,
    Unknown,
    /// The record decides.
    Depends,
}

impl<'a> Readers<'a> {
    /// What may follow for a user. Where the user is defined as before, `moved` says of which
    /// permissions the rights can differ all the same.
    pub(crate) fn follows(
        &self,
        before: Person<'_>,
        after: Person<'_>,
        moved: Option<&dyn Fn(PermissionId) -> bool>,
    ) -> Vec<Follow> {
        let changed = match moved {
            Some(_) => Changed::indirectly(before, after),
            None => Changed::new(before, after),
        };
        let mut found = Found::new(self, changed, None);
        found.each(moved);
        found.delegated();
        found.told
    }

    /// What may follow for others where a user comes or goes.
    pub(crate) fn presence(
        &self,
        (before, was): (&Compiled, Option<Person<'_>>),
        (after, is): (&Compiled, Option<Person<'_>>),
    ) -> Vec<Follow> {
        let mut told = Vec::new();
        // A sharer whom nobody knows may have had every reason to redact.
        let bound = |person: Option<Person<'_>>, redaction: &Redaction| match person {
            Some(person) => person.is_bound(redaction.toggle, redaction.unless.as_ref()),
            None => Some(true),
        };
        let is_used = |tenant: &Compiled, role: &str| tenant.usage(role).listed > 0;
        let mut roles = [was, is].into_iter().flatten().flat_map(|person| {
            person.member.role_names(person.snapshot()).map(str::to_owned).collect::<Vec<_>>()
        });
        let used = roles.any(|role| is_used(before, &role) != is_used(after, &role));
        for rule in &self.rules {
            let concerned = match &rule.sides {
                Sides::Sharer(_, a, b) => {
                    let (a, b) = (bound(was, a), bound(is, b));
                    a != b || a.is_none()
                }
                Sides::Guard(_, guard) => match &guard.check {
                    Some(RoleCheck::KeepsHolder(_)) => true,
                    Some(RoleCheck::Unused) => used,
                    _ => false,
                },
                _ => false,
            };
            if concerned {
                let governs = self.names(rule.governs.iter().copied());
                let reads = vec!["who is in the directory".to_owned()];
                tell(&mut told, rule, governs, reads, (None, true));
            }
        }
        told
    }

    fn names(&self, ids: impl Iterator<Item = PermissionId>) -> BTreeSet<String> {
        let rules = ids.filter_map(|id| self.after.permission(id));
        rules.map(|rule| rule.id.to_string()).collect()
    }
}

/// What was found of one user.
struct Found<'r, 'a, 'p> {
    readers: &'r Readers<'a>,
    changed: Changed<'p>,
    /// Whose user acts for the one who is asked about.
    from: Option<&'r str>,
    usable: RefCell<HashMap<PermissionId, bool>>,
    told: Vec<Follow>,
}

impl<'r, 'a, 'p> Found<'r, 'a, 'p> {
    fn new(readers: &'r Readers<'a>, changed: Changed<'p>, from: Option<&'r str>) -> Self {
        Self { readers, changed, from, usable: RefCell::default(), told: Vec::new() }
    }

    fn each(&mut self, moved: Option<&dyn Fn(PermissionId) -> bool>) {
        let readers = self.readers;
        for rule in &readers.rules {
            let concerned = self.changed.directly || moved.is_none_or(|it| rule.reads_held(it));
            if concerned {
                self.rule(rule);
            }
        }
        let conditions =
            self.changed.before.has_conditions() || self.changed.after.has_conditions();
        if self.changed.directly && conditions {
            self.conditions();
        }
    }

    fn takes_part(&self) -> bool {
        let active = |person: &Person<'_>| person.member.status == Status::Active;
        active(&self.changed.before) && active(&self.changed.after)
    }

    /// Whether a permission is of use before and after: where it is not, nothing else has a say,
    /// and that it became so is told by itself.
    fn is_usable(&self, id: PermissionId) -> bool {
        if let Some(known) = self.usable.borrow().get(&id) {
            return *known;
        }
        let usable = self.takes_part()
            && self.readers.both(id).is_some_and(|((old, a), (new, b))| {
                let alone = self.from.is_some();
                self.changed.before.is_of_use(old, a, alone)
                    && self.changed.after.is_of_use(new, b, alone)
            });
        self.usable.borrow_mut().insert(id, usable);
        usable
    }

    fn rule(&mut self, rule: &ReadingRule<'_>) {
        match &rule.sides {
            Sides::Guard(old, new) => self.guard(rule, old, new),
            Sides::Constraint(both, old, new) => {
                let (a, b) = (self.changed.before.binds(old), self.changed.after.binds(new));
                // What it forbids is told as what the permission comes to.
                let exact = a.is_some() && b.is_some() && (a == b || new.forbids);
                if !exact {
                    self.tell(rule, self.toggle(*both, new.unless.as_ref()));
                }
            }
            Sides::OneConstraint(it, side) => {
                let changed = &self.changed;
                let person = if *side == Side::After { changed.after } else { changed.before };
                // Where it forbids everywhere, that is told as what the permission comes to.
                let binds = person.binds(it);
                if binds.is_none() || binds == Some(true) && !it.forbids {
                    self.tell(rule, vec![format!("subject.holds.{}", rule.id)]);
                }
            }
            Sides::Viewer(both, old, new) => {
                if !self.is_bound_alike(*both, old, new) {
                    self.tell(rule, self.toggle(*both, new.unless.as_ref()));
                }
            }
            Sides::Sharer(both, old, new) => {
                if self.from.is_none() && !self.is_bound_alike(*both, old, new) {
                    self.tell_others(rule, self.toggle(*both, new.unless.as_ref()));
                }
            }
            Sides::Program(old, new) => {
                let was = self.changed.before.said_by(&old.matchers);
                let is = self.changed.after.said_by(&new.matchers);
                // What cannot be known of a user does not admit them.
                let admits = |said| if said == Said::Unknown { Said::No } else { said };
                let settled = was != Said::Depends && is != Said::Depends;
                // Who is admitted is told by itself, but of who delegated something.
                let decided = settled && (admits(was) == admits(is) || self.from.is_none());
                if !decided {
                    self.tell(rule, self.matched(&new.matchers));
                }
            }
            Sides::Sharing(old, new) => self.sharing(rule, old, new),
            Sides::Family(new) => {
                let inputs = new.inputs.iter().filter(|input| !input.withheld);
                let mut reads = texts(self.changed.of(inputs.map(|input| &input.path)));
                for id in new.requires.iter().flatten() {
                    if self.is_decided_otherwise(*id) {
                        reads.extend(self.holds(*id));
                    }
                }
                self.tell(rule, reads);
            }
        }
    }

    fn sharing(&mut self, rule: &ReadingRule<'_>, old: &SharingRule, new: &SharingRule) {
        let was = self.changed.before.comes_under(old);
        let is = self.changed.after.comes_under(new);
        let never = |(to, when)| to == Said::No || when == Said::No;
        if never(was) && never(is) {
            return;
        }
        // What is settled and as it was decides nothing otherwise, whatever it reads.
        let open = |was, is| was != is || was == Said::Depends;
        let mut reads = Vec::new();
        if open(was.0, is.0) {
            reads.extend(self.matched(&new.viewers));
        }
        if open(was.1, is.1) {
            let inputs = new.condition.iter().flat_map(|it| it.condition.inputs());
            reads.extend(texts(self.changed.of(inputs)));
        }
        self.tell(rule, reads);
    }

    fn guard(&mut self, rule: &ReadingRule<'_>, old: &GuardRule, new: &GuardRule) {
        let (a, b) = (self.changed.before.guard(old), self.changed.after.guard(new));
        let mut reads = Vec::new();
        if let Some(check) = &new.check {
            self.check(rule, check, &mut reads);
        }
        if a.is_some() && b.is_some() {
            return;
        }
        let mut paths = Vec::new();
        if let Some(require) = &new.require {
            require.visit_paths(&mut |path| paths.push(path.clone()));
        }
        let inputs = new.condition.iter().flat_map(|it| it.condition.inputs());
        reads.extend(texts(self.changed.of(paths.iter().chain(inputs))));
        self.tell(rule, reads);
    }

    /// Whether a decision about a permission that a family demands can differ.
    fn is_decided_otherwise(&self, id: PermissionId) -> bool {
        let Some(((old, a), (new, b))) = self.readers.both(id) else { return true };
        let (was, is) =
            (self.changed.before.effective(old, a), self.changed.after.effective(new, b));
        let named = |it: &Follow| it.governs.iter().any(|name| **name == *b.id);
        !was.covers(&is) || !is.covers(&was) || self.told.iter().any(named)
    }

    /// What a check on roles reads of the user.
    fn check(&mut self, rule: &ReadingRule<'_>, check: &RoleCheck, reads: &mut Vec<String>) {
        let (before, after) = (self.changed.before, self.changed.after);
        let all = ROLES_HELD.to_owned();
        // Two users who are compared hold what they hold.
        let alone = self.from.is_none() && before.member.id == after.member.id;
        match check {
            RoleCheck::Covered(_) if rule.governs.iter().any(|id| self.is_usable(*id)) => {
                let otherwise = self.holds_otherwise();
                if self.hands_out_otherwise(otherwise) {
                    let what = if otherwise { ALL_HELD } else { ROLES_GRANT };
                    reads.push(what.to_owned());
                }
            }
            RoleCheck::KeepsHolder(role) if alone => {
                let keeps = |person: &Person<'_>| {
                    let mut names = person.member.role_names(person.snapshot());
                    person.member.takes_part() && names.any(|name| *name == **role)
                };
                if keeps(&before) != keeps(&after) {
                    self.tell_others(rule, vec![all]);
                }
            }
            RoleCheck::Unused if alone => {
                let names = |person: &Person<'p>| {
                    let names = person.member.role_names(person.snapshot());
                    let listed = names.filter(|_| person.member.status != Status::Deleted);
                    listed.map(str::to_owned).collect::<BTreeSet<_>>()
                };
                let is_used = |person: &Person<'_>, role: &str| {
                    person.ask("", None, |ask| ask.usage(role)).is_some_and(|it| it.listed > 0)
                };
                let (was, is) = (names(&before), names(&after));
                let mut moved = was.symmetric_difference(&is);
                if moved.any(|role| is_used(&before, role) != is_used(&after, role)) {
                    self.tell_others(rule, vec![all]);
                }
            }
            _ => {}
        }
    }

    /// Whether the user may hand out a role that they might not, or the other way round.
    fn hands_out_otherwise(&self, holds_otherwise: bool) -> bool {
        let (before, after) = (&self.changed.before, &self.changed.after);
        let (all, edited) = (&self.readers.roles, &self.readers.edited_roles);
        let roles = if holds_otherwise { all } else { edited };
        let covers = |person: &Person<'_>, role: &str| {
            person.ask("", None, |ask| ask.covers_role(role, &Arc::default()))
        };
        let every = |person: &Person<'_>| person.ask("", None, |ask| ask.covers_every_role());
        // Whoever names no role could hand out any.
        roles.len() > ROLES_TRIED
            || every(before) != every(after)
            || roles.iter().any(|role| covers(before, role) != covers(after, role))
    }

    /// Whether the user holds anything that they did not, or the other way round.
    fn holds_otherwise(&self) -> bool {
        let (before, after) = (&self.changed.before, &self.changed.after);
        let granted =
            [InputPath::SubjectRoles, InputPath::SubjectPolicies, InputPath::SubjectOwner];
        granted.iter().any(|path| self.changed.path(path))
            || self.readers.after.each_permission().any(|(id, _)| {
                self.readers.both(id).is_none_or(|((old, a), (new, b))| {
                    let (was, is) = (before.holding(old, a), after.holding(new, b));
                    !was.covers(&is) || !is.covers(&was)
                })
            })
    }

    fn is_bound_alike(&self, both: Both<'_>, was: &Redaction, is: &Redaction) -> bool {
        let ((old, _), (new, _)) = both;
        let a = self.changed.before.is_bound(old, was.unless.as_ref());
        a.is_some() && a == self.changed.after.is_bound(new, is.unless.as_ref())
    }

    /// What of the user whether a toggle binds reads, as far as it differs.
    fn toggle(&self, both: Both<'_>, unless: Option<&Predicate>) -> Vec<String> {
        let ((old, a), (new, b)) = both;
        let mut reads = Vec::new();
        if self.changed.toggle(((old, a), (new, b))) {
            reads.push(format!("subject.holds.{}", b.id));
        }
        let mut paths = Vec::new();
        if let Some(unless) = unless {
            unless.visit_paths(&mut |path| paths.push(path.clone()));
        }
        reads.extend(texts(self.changed.of(paths.iter())));
        reads
    }

    fn holds(&self, id: PermissionId) -> Option<String> {
        let rule = self.readers.after.permission(id)?;
        Some(format!("subject.holds.{}", rule.id))
    }

    /// Conditions of grants that read of the user what differs, and a record besides.
    fn conditions(&mut self) {
        let readers = self.readers;
        for (id, rule) in readers.after.each_permission().filter(|(_, rule)| !rule.is_constraint) {
            let Some(((old, was), _)) = readers.both(id) else { continue };
            let sides =
                [self.changed.before.holding(old, was), self.changed.after.holding(id, rule)];
            let mut found: Vec<(Clause, Vec<InputPath>)> = Vec::new();
            for side in &sides {
                for (clause, paths) in self.changed.undecided(side, false) {
                    found.push((clause.clone(), paths));
                }
            }
            let needed =
                |other: &PermissionRule| other.needs.iter().any(|need| need.permission == id);
            for (clause, paths) in found {
                let all = readers.after.each_permission();
                let hanging = all.filter(|(other, rule)| *other == id || needed(rule));
                let governs = hanging.map(|(other, _)| other);
                let governs: Vec<_> = governs.filter(|id| self.is_usable(*id)).collect();
                let what = (Reader::Condition, clause.condition.source(), Some(clause.place));
                let from = (self.from, false);
                add(&mut self.told, what, readers.names(governs.into_iter()), texts(paths), from);
            }
        }
    }

    /// What those who delegated to the user change about that.
    fn delegated(&mut self) {
        let (before, after) = (self.changed.before, self.changed.after);
        let mut seen = BTreeSet::new();
        for (rule, _) in before.handed().filter(|(rule, _)| seen.insert(rule.from.id.clone())) {
            let to = after.handed().find(|(other, _)| other.from.id == rule.from.id);
            let Some((other, _)) = to else { continue };
            let was = Person { member: &rule.from, ..before };
            let is = Person { member: &other.from, ..after };
            let mut found = Found::new(self.readers, Changed::new(was, is), Some(&*rule.from.id));
            found.each(None);
            let handed: BTreeSet<String> = after
                .handed()
                .filter(|(other, _)| other.from.id == rule.from.id)
                .filter_map(|(_, id)| after.snapshot().permission(id))
                .filter(|rule| !rule.by_delegation)
                .map(|rule| rule.id.to_string())
                .collect();
            for mut follow in found.told {
                follow.governs.retain(|name| handed.contains(name));
                if !follow.governs.is_empty() && !self.told.contains(&follow) {
                    self.told.push(follow);
                }
            }
        }
    }

    /// What matchers read of the user that differs.
    fn matched(&self, matchers: &MatcherRule) -> Vec<String> {
        let lists = [
            (InputPath::SubjectRoles, !matchers.roles.is_empty()),
            (
                InputPath::SubjectTeams,
                !matchers.teams.is_empty() || !matchers.exact_teams.is_empty(),
            ),
            (InputPath::SubjectTags, !matchers.tags.is_empty()),
        ];
        let lists = lists.iter().filter(|(_, reads)| *reads).map(|(path, _)| path);
        let inputs = matchers.condition.iter().flat_map(|it| it.condition.inputs());
        texts(self.changed.of(lists.chain(inputs)))
    }

    fn tell(&mut self, rule: &ReadingRule<'_>, reads: Vec<String>) {
        if reads.is_empty() {
            return;
        }
        let governs: Vec<_> =
            rule.governs.iter().copied().filter(|id| self.is_usable(*id)).collect();
        let governs = self.readers.names(governs.into_iter());
        tell(&mut self.told, rule, governs, reads, (self.from, false));
    }

    fn tell_others(&mut self, rule: &ReadingRule<'_>, reads: Vec<String>) {
        if !reads.is_empty() {
            let governs = self.readers.names(rule.governs.iter().copied());
            tell(&mut self.told, rule, governs, reads, (None, true));
        }
    }
}

fn tell(
    told: &mut Vec<Follow>,
    rule: &ReadingRule<'_>,
    governs: BTreeSet<String>,
    reads: Vec<String>,
    whose: (Option<&str>, bool),
) {
    add(told, (rule.reader, rule.id, rule.place), governs, reads, whose);
}

fn texts(paths: Vec<InputPath>) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

impl<'a> Person<'a> {
    /// Whether a sharing rule is about the user, and whether its condition holds.
    fn comes_under(&self, rule: &SharingRule) -> (Said, Said) {
        let to_whom = match rule.viewers.is_empty() {
            true => Said::Yes,
            false => self.said_by(&rule.viewers),
        };
        let when = rule.condition.as_ref().map_or(Said::Yes, |clause| self.said(clause));
        (to_whom, when)
    }

    /// Whether the user is one of those whom matchers name.
    fn said_by(&self, matchers: &MatcherRule) -> Said {
        let named = MatcherRule {
            roles: matchers.roles.clone(),
            teams: matchers.teams.clone(),
            exact_teams: matchers.exact_teams.clone(),
            tags: matchers.tags.clone(),
            condition: None,
        };
        // One for a time is held or not as the instant decides.
        let awaits = self.awaits_roles(Some(&matchers.roles));
        let listed = match self.ask("", None, |ask| ask.fits(&named, &mut Silent)) {
            Fit::By("role") if awaits => Said::Depends,
            Fit::By(_) => Said::Yes,
            _ if awaits => Said::Depends,
            Fit::Unsettled | Fit::Unknown(_) => Said::Unknown,
            Fit::No => Said::No,
        };
        let also = matchers.condition.as_ref().map_or(Said::No, |clause| self.said(clause));
        let sayings = [listed, also];
        let said = [Said::Yes, Said::Depends, Said::Unknown];
        said.into_iter().find(|it| sayings.contains(it)).unwrap_or(Said::No)
    }

    /// What a condition says of the user, where it is about nothing else.
    fn said(&self, clause: &Clause) -> Said {
        // Asked once with what cannot be known taken to hold, once with it taken not to.
        match (self.settled(clause, true), self.settled(clause, false)) {
            (Some(true), Some(true)) => Said::Yes,
            (Some(false), Some(false)) => Said::No,
            (Some(_), Some(_)) => Said::Unknown,
            _ => Said::Depends,
        }
    }
}
