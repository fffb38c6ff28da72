//! One user before and after an edit.

use super::affected::Affected;
use super::gates::{Concern, Group, groups};
use super::matching::Matching;
use crate::directory::Compiled;
use crate::model::Status;
use crate::profile::{Follow, Handed, Holding, Openness, Person, Readers, Shift};
use crate::snapshot::{Member, PermissionId, ProgramRule};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A user before and after; absent where the directory does not have them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) before: Option<&'a Arc<Member>>,
    pub(super) after: Option<&'a Arc<Member>>,
}

/// How much of a user has to be compared.
enum Extent {
    Nothing,
    /// These slots, and what the edit did to programs.
    Some,
    /// Everything: the user changed, or acts for somebody who may have.
    All,
}

/// Something that is not as it was.
pub(super) enum Difference<'f, 'a> {
    Right {
        slot: usize,
        shift: Shift,
        before: &'f Holding<'a>,
        after: &'f Holding<'a>,
    },
    Handed {
        from: &'a str,
        slot: usize,
        shift: Shift,
    },
    Program {
        at: usize,
        before: Openness,
        after: Openness,
    },
    Group {
        at: usize,
        before: Openness,
        after: Openness,
    },
    /// Something may follow, where a record or an instant decides.
    Follows(Vec<Follow>),
}

/// Compares users.
pub(super) struct Examiner<'a> {
    pub(super) before: &'a Compiled,
    pub(super) after: &'a Compiled,
    pub(super) now: i64,
    pub(super) matching: Matching<'a>,
    pub(super) affected: Affected,
    pub(super) groups: Vec<Group<'a>>,
    /// Whether nothing but users changed.
    pub(super) same_policy: bool,
    pub(super) all_slots: Vec<usize>,
    readers: Readers<'a>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(before: &'a Compiled, after: &'a Compiled, now: i64) -> Self {
        let matching = Matching::new(before, after);
        let affected = Affected::new(before, after, &matching);
        let groups = groups(&before.snapshot, &after.snapshot, &matching, &affected.programs);
        Self {
            before,
            after,
            now,
            all_slots: (0..matching.slots.len()).collect(),
            readers: Readers::new(&before.snapshot, &after.snapshot, affected.edited(before)),
            matching,
            affected,
            groups,
            same_policy: Arc::ptr_eq(&before.snapshot, &after.snapshot),
        }
    }

    /// Everybody of either directory.
    pub(super) fn each_pair(&self, mut each: impl FnMut(Pair<'a>)) {
        let (before, after) = (self.before, self.after);
        let mut stay = 0;
        for member in before.members() {
            let pair = Pair { before: Some(member), after: after.member(member.id()) };
            stay += usize::from(pair.after.is_some());
            each(pair);
        }
        if stay == after.member_count() {
            return;
        }
        for member in after.members().filter(|member| before.member(member.id()).is_none()) {
            each(Pair { before: None, after: Some(member) });
        }
    }

    /// The permissions that whoever asks anonymously, who is no user, holds otherwise.
    pub(super) fn anonymous(&self) -> BTreeSet<&'a str> {
        let mut changed = BTreeSet::new();
        let before = self.before.snapshot.anonymous.as_ref();
        let after = self.after.snapshot.anonymous.as_ref();
        let pair = Pair { before, after };
        if before.is_some() || after.is_some() {
            self.examine(pair, &mut Vec::new(), |difference| {
                if let Difference::Right { slot, .. } = difference
                    && let Some(slot) = self.matching.slots.get(slot)
                {
                    changed.insert(slot.name);
                }
            });
        }
        changed
    }

    /// Whether anything can be otherwise for somebody who is as before.
    pub(super) fn concerns_anybody(&self) -> bool {
        let Affected { everyone, roles, policies, programs } = &self.affected;
        let touched = |group: &Group<'_>| group.concern != Concern::Clean;
        !everyone.is_empty()
            || !programs.is_empty()
            || roles.iter().chain(policies).any(|slots| !slots.is_empty())
            || self.groups.iter().any(touched)
    }

    /// A user by id.
    pub(super) fn pair(&self, id: &str) -> Pair<'a> {
        Pair { before: self.before.member(id), after: self.after.member(id) }
    }

    fn look(&self, pair: Pair<'a>, slots: &mut Vec<usize>) -> Extent {
        let (Some(before), Some(after)) = (pair.before, pair.after) else { return Extent::All };
        if self.same_policy && Arc::ptr_eq(before, after) {
            return Extent::Nothing;
        }
        let hands = |member: &Member| {
            member.extra.as_ref().is_some_and(|extra| !extra.delegations.is_empty())
        };
        let same = Arc::ptr_eq(before, after) || self.matching.is_same(before, after);
        if !same || hands(before) || hands(after) {
            return Extent::All;
        }
        self.affected.of(before, slots);
        let touched = |group: &Group<'_>| group.concern != Concern::Clean;
        let any = !slots.is_empty()
            || !self.affected.programs.is_empty()
            || self.readers.hand_out_otherwise()
            || self.groups.iter().any(touched);
        if any { Extent::Some } else { Extent::Nothing }
    }

    /// Calls `each` with everything of a user that is not as it was. `slots` is scratch space.
    pub(super) fn examine(
        &self,
        pair: Pair<'a>,
        slots: &mut Vec<usize>,
        mut each: impl FnMut(Difference<'_, 'a>),
    ) {
        let all = match self.look(pair, slots) {
            Extent::Nothing => return,
            Extent::Some => false,
            Extent::All => true,
        };
        let before = pair.before.map(|member| Person::new(self.before, member, self.now));
        let after = pair.after.map(|member| Person::new(self.after, member, self.now));
        let takes_part = |person: &Option<Person<'_>>| {
            person.as_ref().is_some_and(|person| person.member.status == Status::Active)
        };
        let both = takes_part(&before) && takes_part(&after);
        for slot in if all { &self.all_slots } else { &*slots } {
            self.right(*slot, &before, &after, both, &mut each);
        }
        if all {
            self.handed(&before, &after, &mut each);
        }
        let admits = |at: usize| {
            let slot = self.matching.programs.get(at);
            let (was, is) = (slot.and_then(|it| it.before), slot.and_then(|it| it.after));
            let is_member = |person: &Option<Person<'a>>, rule| match (person, rule) {
                (Some(person), Some(rule)) if person.member.status == Status::Active => {
                    let rule: &ProgramRule = rule;
                    person.is_member(&rule.matchers)
                }
                _ => Openness::No,
            };
            (is_member(&before, was), is_member(&after, is))
        };
        let mut moved = false;
        let mut program = |at: usize| {
            let (was, is) = admits(at);
            if was != is {
                moved = true;
                each(Difference::Program { at, before: was, after: is });
            }
        };
        if all {
            (0..self.matching.programs.len()).for_each(&mut program);
        } else {
            self.affected.programs.iter().copied().for_each(&mut program);
        }
        let passes = |person: &Option<Person<'a>>, group: &Group<'a>| match person {
            Some(person) if person.member.status == Status::Active => {
                group.gates.first().map_or(Openness::No, |gate| person.passes(*gate))
            }
            _ => Openness::No,
        };
        for (at, group) in self.groups.iter().enumerate() {
            let concerned = match group.concern {
                Concern::Clean => false,
                Concern::Members => moved,
                Concern::Anybody => true,
            };
            if all || concerned {
                let (was, is) = (passes(&before, group), passes(&after, group));
                if was != is {
                    each(Difference::Group { at, before: was, after: is });
                }
            }
        }
        let follows = self.follows(&before, &after, (!all).then_some(&*slots));
        if !follows.is_empty() {
            each(Difference::Follows(follows));
        }
    }

    /// What may come to something else for one user before than for another one after.
    pub(super) fn between(&self, before: Person<'a>, after: Person<'a>) -> Vec<Follow> {
        self.readers.follows(before, after, None)
    }

    /// What may follow for a user, or for others; `slots` are those that can have changed, where
    /// the user did not.
    fn follows(
        &self,
        before: &Option<Person<'a>>,
        after: &Option<Person<'a>>,
        slots: Option<&[usize]>,
    ) -> Vec<Follow> {
        match (before, after) {
            (Some(before), Some(after)) => {
                // A slot is where the permission is after.
                let moved = slots.map(|slots| {
                    |id: PermissionId| slots.binary_search(&usize::from(id.0)).is_ok()
                });
                let moved = moved.as_ref().map(|moved| moved as &dyn Fn(PermissionId) -> bool);
                self.readers.follows(*before, *after, moved)
            }
            _ => self.readers.presence((self.before, *before), (self.after, *after)),
        }
    }

    fn right(
        &self,
        at: usize,
        before: &Option<Person<'a>>,
        after: &Option<Person<'a>>,
        both: bool,
        each: &mut impl FnMut(Difference<'_, 'a>),
    ) {
        let Some(slot) = self.matching.slots.get(at) else { return };
        // A toggle means nothing to who does not take part.
        if slot.restricts() && !both {
            return;
        }
        let holding = |person: &Option<Person<'a>>, rule: Option<(PermissionId, &'a _)>| {
            let (person, (id, rule)) = (person.as_ref()?, rule?);
            Some(person.effective(id, rule))
        };
        let was = holding(before, slot.before).unwrap_or_default();
        let is = holding(after, slot.after).unwrap_or_default();
        if let Some(shift) = Shift::between(&was, &is) {
            each(Difference::Right { slot: at, shift, before: &was, after: &is });
        }
    }

    fn handed(
        &self,
        before: &Option<Person<'a>>,
        after: &Option<Person<'a>>,
        each: &mut impl FnMut(Difference<'_, 'a>),
    ) {
        type Key<'a> = (&'a str, usize, &'a [Box<str>]);
        let list = |person: &Option<Person<'a>>, slot: &dyn Fn(PermissionId) -> Option<usize>| {
            let delegations = person.as_ref().map(Person::delegations).unwrap_or_default();
            let keyed = delegations.into_iter().filter_map(|(handed, holding)| {
                let Handed { from, id, audiences } = handed;
                Some(((from, slot(id)?, audiences), holding))
            });
            keyed.collect::<Vec<(Key<'a>, Holding<'a>)>>()
        };
        let was = list(before, &|id| self.matching.of_before(id));
        let is = list(after, &|id| self.matching.of_after(id));
        let mut keys: Vec<Key<'a>> = was.iter().chain(&is).map(|(key, _)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        let none = Holding::default();
        for key in keys {
            let find = |list: &[(Key<'a>, Holding<'a>)]| {
                list.iter().find(|(known, _)| *known == key).map(|(_, holding)| holding.clone())
            };
            let (a, b) = (find(&was), find(&is));
            let shift = Shift::between(a.as_ref().unwrap_or(&none), b.as_ref().unwrap_or(&none));
            if let Some(shift) = shift {
                let (from, slot, _) = key;
                each(Difference::Handed { from, slot, shift });
            }
        }
    }
}
