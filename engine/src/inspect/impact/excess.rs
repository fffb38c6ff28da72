//! What an edit does that its author could not do.
//!
//! Whoever edits roles, programs or people without being able to hand out anything must not let
//! anybody do what they cannot do themselves, nor take from anybody what they do not hold: not by
//! what a document grants, and not by what reads it. So an edit is judged by what it does, person
//! by person, as a preview tells it. Scopes are judged at whoever receives them: what reaches the
//! records of another team is something else, what is one's own is the same for everybody.
//!
//! Where a record decides, what is opened or closed cannot be compared. Then it is all that
//! whatever reads has a say in, on every record; and a guard, a condition or a toggle that comes to
//! something else for the author than for whom it concerns could open to them what it closes to
//! the author. What a family makes of it, and what others share, nobody can say: there it is what
//! has a say that counts.

use super::examine::{Difference, Examiner, Pair};
use super::report::RuleChange;
use super::rules;
use crate::directory::Compiled;
use crate::inspect::unasked::{Unasked, loaded};
use crate::model::Status;
use crate::profile::{Follow, Gate, Holding, Openness, Person, READS_OF_ROLES, Reader};
use crate::snapshot::{Member, PermissionId, PermissionRule};
use std::cell::OnceCell;
use std::sync::Arc;

/// Who makes an edit, and what it is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// The tenant as it is, with everybody whom the edit can concern.
    pub before: &'a Compiled,
    /// The tenant as it would be.
    pub after: &'a Compiled,
    /// Who makes the edit, as they are before it.
    pub author: &'a Member,
    /// The instant, in milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
}

/// Something that an edit does beyond what its author holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excess<'a> {
    /// For whom; none where a rule is not what it was, for whomever it concerns.
    pub user: Option<&'a str>,
    /// What the author does not hold.
    pub beyond: Beyond<'a>,
    /// Whether it is given, and not taken.
    pub gives: bool,
}

/// What somebody does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beyond<'a> {
    /// A permission, as far as the edit reaches.
    Permission(&'a str),
    /// An exclusive item that is not open to them.
    Item(Gate<'a>),
    /// A permission on every record, in which something has a say that reads what is edited.
    Read {
        /// The permission.
        permission: String,
        /// What reads.
        reader: Reader,
        /// Which one.
        id: String,
    },
    /// A rule that nobody compares: it takes somebody who may hand out anything.
    Rule(RuleChange<'a>),
}

/// The first thing that an edit does beyond what its author holds; none where there is none.
///
/// # Errors
///
/// One of the directories is not loaded.
pub fn excess<'a>(judged: &Judged<'a>) -> Result<Option<Excess<'a>>, Unasked> {
    let Judged { before, after, author, now } = *judged;
    loaded(before).and(loaded(after))?;
    let judge = Judge {
        examiner: Examiner::new(before, after, now),
        author: Person::new(before, author, now),
    };
    let mut found = None;
    judge.examiner.each_pair(|pair| {
        if found.is_none() {
            found = judge.pair(pair);
        }
    });
    Ok(found.or_else(|| judge.rules()))
}

/// Whether an edit of the policy can concern anybody who is as before.
#[must_use]
pub fn concerns(before: &Compiled, after: &Compiled) -> bool {
    if Arc::ptr_eq(&before.snapshot, &after.snapshot) {
        return false;
    }
    let examiner = Examiner::new(before, after, 0);
    examiner.concerns_anybody()
        || !rules::changed(before, after, &examiner.matching).is_empty()
        || !examiner.anonymous().is_empty()
}

/// Whether what comes to something else for one user than for another one may close a permission
/// to one of them alone. What is one's own, by the id, is the same for everybody.
fn closes(follow: &Follow, permission: &str) -> bool {
    let own = follow.reads.iter().all(|path| path == "subject.id");
    let is_compared = matches!(
        follow.reader,
        Reader::Guard | Reader::Toggle | Reader::Condition | Reader::Program
    );
    let is_known = is_compared && !follow.for_others;
    is_known && !own && !is_of_roles(follow) && follow.governs.iter().any(|it| it == permission)
}

/// Whether all that something reads is who may hand out what, which follows from what they hold
/// and is judged by itself, or who has to be there, which is kept by itself.
fn is_of_roles(follow: &Follow) -> bool {
    follow.reads.iter().all(|read| READS_OF_ROLES.contains(&read.as_str()))
}

struct Judge<'a> {
    examiner: Examiner<'a>,
    author: Person<'a>,
}

impl<'a> Judge<'a> {
    /// What goes too far for one user.
    fn pair(&self, pair: Pair<'a>) -> Option<Excess<'a>> {
        let user = pair.before.or(pair.after).map(|member| member.id());
        let mut found = None;
        let apart = OnceCell::new();
        self.examiner.examine(pair, &mut Vec::new(), |difference| {
            if found.is_none() {
                found = self.difference(pair, &difference, &apart);
            }
        });
        found.map(|(beyond, gives)| Excess { user, beyond, gives })
    }

    fn difference(
        &self,
        pair: Pair<'a>,
        difference: &Difference<'_, 'a>,
        apart: &OnceCell<Vec<Follow>>,
    ) -> Option<(Beyond<'a>, bool)> {
        let user = pair.before.or(pair.after).map(|member| member.id());
        match difference {
            Difference::Right { slot, shift, before, after } => {
                let slot = self.examiner.matching.slots.get(*slot)?;
                // What a toggle forbids is told as what becomes of that.
                if slot.restricts() {
                    return None;
                }
                let mine = self.held(slot.before);
                let exclusive =
                    slot.after.or(slot.before).is_some_and(|(_, it)| it.exclusive.is_some());
                let shut = |tenant: &'a Compiled, member: Option<&'a Arc<Member>>| {
                    member.filter(|_| exclusive).and_then(|it| self.shut_beside(tenant, it))
                };
                let gives = shift.gives();
                // What one takes from oneself one had.
                let takes = shift.takes() && user != Some(self.author.member.id());
                let apart = || {
                    let mut apart = self.apart(pair, apart).iter();
                    apart.any(|it| closes(it, slot.name) && !self.is_free(it, slot.before))
                };
                if gives && (!mine.covers(&after.beyond(before)) || apart()) {
                    return Some((Beyond::Permission(slot.name), true));
                }
                if takes && (!mine.covers(&before.beyond(after)) || self.is_part_bound(slot.before))
                {
                    return Some((Beyond::Permission(slot.name), false));
                }
                let given = shut(self.examiner.after, pair.after).filter(|_| gives);
                let taken = shut(self.examiner.before, pair.before).filter(|_| takes);
                given.or(taken).map(|gate| (Beyond::Item(gate), gives))
            }
            // Everybody lets others act for them as far as they can act themselves.
            Difference::Handed { from, .. } if *from == self.author.member.id() => None,
            // With who goes goes what they delegated and what was delegated to them: it is neither
            // theirs nor the author's.
            Difference::Handed { from, shift, .. }
                if !shift.gives()
                    && (self.is_gone(from) || user.is_some_and(|it| self.is_gone(it))) =>
            {
                None
            }
            Difference::Handed { slot, shift, .. } => {
                let slot = self.examiner.matching.slots.get(*slot)?;
                let all = self.held(slot.before).scope.is_all();
                (!all).then_some((Beyond::Permission(slot.name), shift.gives()))
            }
            // Of what a program gives, item by item.
            Difference::Program { .. } => None,
            Difference::Group { at, before, after } => {
                let gates = &self.examiner.groups.get(*at)?.gates;
                let gives = before < after;
                if let Some(gate) = gates.iter().find(|gate| !self.enters(**gate)) {
                    return Some((Beyond::Item(*gate), gives));
                }
                // To enter is of use to who holds what is exclusive.
                self.lacks_exclusive(pair).map(|name| (Beyond::Permission(name), gives))
            }
            Difference::Follows(follows) => {
                follows.iter().find_map(|it| self.follow(it, self.apart(pair, apart)))
            }
        }
    }

    /// What comes to something else for the author than for a user after the edit.
    fn apart<'c>(&self, pair: Pair<'a>, known: &'c OnceCell<Vec<Follow>>) -> &'c [Follow] {
        known.get_or_init(|| {
            let after = pair.after.map(|it| Person::new(self.examiner.after, it, self.author.now));
            after.map(|after| self.examiner.between(self.author, after)).unwrap_or_default()
        })
    }

    /// What is exclusive that somebody holds, before or after, and the author does not as far.
    fn lacks_exclusive(&self, pair: Pair<'a>) -> Option<&'a str> {
        let examiner = &self.examiner;
        let person = |tenant: &'a Compiled, member: Option<&'a Arc<Member>>| {
            member.map(|member| Person::new(tenant, member, self.author.now))
        };
        let was = person(examiner.before, pair.before);
        let is = person(examiner.after, pair.after);
        let mut slots = examiner.matching.slots.iter().filter(|slot| {
            let sides = [slot.before, slot.after].into_iter().flatten();
            !slot.restricts() && sides.into_iter().any(|(_, rule)| rule.exclusive.is_some())
        });
        slots
            .find(|slot| {
                let mine = self.held(slot.before);
                [(was, slot.before), (is, slot.after)].into_iter().any(|(person, permission)| {
                    let held = person.zip(permission);
                    held.is_some_and(|(it, (id, rule))| !mine.covers(&it.effective(id, rule)))
                })
            })
            .map(|slot| slot.name)
    }

    /// What is exclusive, open to somebody or perhaps, and not to the author: who comes by a
    /// permission that needs it comes by that.
    fn shut_beside(&self, tenant: &'a Compiled, member: &'a Member) -> Option<Gate<'a>> {
        let person = Person::new(tenant, member, self.author.now);
        let groups = self.examiner.groups.iter();
        let open = groups.filter(|group| {
            group.gates.first().is_some_and(|gate| person.passes(*gate) != Openness::No)
        });
        open.flat_map(|group| &group.gates).copied().find(|gate| !self.enters(*gate))
    }

    fn is_gone(&self, user: &str) -> bool {
        let member = self.examiner.after.member(user);
        member.is_none_or(|member| member.status != Status::Active)
    }

    /// What the author holds of a permission.
    fn held(&self, permission: Option<(PermissionId, &'a PermissionRule)>) -> Holding<'a> {
        permission.map(|(id, rule)| self.author.effective(id, rule)).unwrap_or_default()
    }

    fn enters(&self, gate: Gate<'a>) -> bool {
        self.author.member.status == Status::Active && self.author.passes(gate) == Openness::Yes
    }

    /// What may go too far where a record decides; `apart` is what comes to something else for the
    /// author than for the user after the edit.
    fn follow(&self, follow: &Follow, apart: &[Follow]) -> Option<(Beyond<'a>, bool)> {
        let by_others = follow.for_others && follow.reader == Reader::Guard;
        if by_others || is_of_roles(follow) {
            return None;
        }
        let snapshot = &self.examiner.before.snapshot;
        let same = |it: &&Follow| {
            (it.reader, &it.id, it.place) == (follow.reader, &follow.id, follow.place)
        };
        let otherwise = |name: &String| apart.iter().filter(same).any(|it| closes(it, name));
        let lacks = |name: &&String| {
            let id = snapshot.permission_id(name);
            let rule = id.and_then(|id| Some((id, snapshot.permission(id)?)));
            let bound = match follow.reader {
                // Whether it opens or closes, who is not bound could do it all along.
                Reader::Toggle => true,
                _ => otherwise(name),
            };
            !self.held(rule).scope.is_all() || bound && !self.is_free(follow, rule)
        };
        follow.governs.iter().find(lacks).map(|name| {
            let permission = name.clone();
            let (reader, id) = (follow.reader, follow.id.clone());
            (Beyond::Read { permission, reader, id }, true)
        })
    }

    /// Whether a reader leaves the author alone whatever a record is.
    fn is_free(&self, reader: &Follow, on: Option<(PermissionId, &'a PermissionRule)>) -> bool {
        let snapshot = self.author.snapshot();
        let Some((_, rule)) = on else { return false };
        match reader.reader {
            Reader::Toggle => {
                let toggle = snapshot.permission_id(&reader.id);
                let held = toggle.and_then(|id| Some((id, snapshot.permission(id)?)));
                let lacks = held.is_some_and(|(id, rule)| self.author.holding(id, rule).is_empty());
                let bound = rule
                    .constraints
                    .iter()
                    .filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)));
                let mut bound = bound.filter(|it| Some(it.toggle) == toggle).peekable();
                lacks
                    || bound.peek().is_some()
                        && bound.all(|it| self.author.binds(it) == Some(false))
            }
            Reader::Guard => {
                let mut guards = snapshot.catalog.guards.iter();
                let guard = guards.find(|guard| *guard.id == *reader.id);
                guard.is_some_and(|guard| self.author.guard(guard) == Some(true))
            }
            _ => false,
        }
    }

    /// Whether a record decides if a toggle binds the author.
    fn is_part_bound(&self, on: Option<(PermissionId, &'a PermissionRule)>) -> bool {
        let snapshot = self.author.snapshot();
        let constraints = on.into_iter().flat_map(|(_, rule)| &rule.constraints);
        let mut constraints =
            constraints.filter_map(|at| snapshot.catalog.constraints.get(usize::from(*at)));
        constraints.any(|it| it.forbids && self.author.binds(it).is_none())
    }

    /// Rules that are not what they were and that a record decides on.
    fn rules(&self) -> Option<Excess<'a>> {
        let examiner = &self.examiner;
        let mut changed = rules::changed(examiner.before, examiner.after, &examiner.matching);
        changed.extend(examiner.anonymous().into_iter().map(RuleChange::Anonymous));
        changed.into_iter().find_map(|change| {
            let beyond = self.rule(change)?;
            Some(Excess { user: None, beyond, gives: true })
        })
    }

    fn rule(&self, change: RuleChange<'a>) -> Option<Beyond<'a>> {
        let lacks = |has_a_say: &dyn Fn(&PermissionRule) -> bool| {
            let slots = self.examiner.matching.slots.iter();
            let concerned = slots.filter(|slot| {
                let sides = [slot.before, slot.after].into_iter().flatten();
                !slot.restricts() && sides.into_iter().any(|(_, rule)| has_a_say(rule))
            });
            let mut missing = concerned.filter(|slot| !self.held(slot.before).scope.is_all());
            missing.next().map(|slot| Beyond::Permission(slot.name))
        };
        match change {
            RuleChange::Sharing(_) => lacks(&|rule| rule.content.is_some()),
            RuleChange::Program(_) => lacks(&|rule| rule.exclusive.is_some()),
            RuleChange::Family(id) => {
                let sides = [&self.examiner.before.snapshot, &self.examiner.after.snapshot];
                let at = sides.map(|snapshot| {
                    let mut families = (0..=u16::MAX).zip(snapshot.families.iter());
                    families.find(|(_, family)| *family.id == *id).map(|(at, _)| at)
                });
                lacks(&|rule| rule.family.is_some_and(|it| at.contains(&Some(it.family))))
            }
            RuleChange::Anonymous(id) => {
                let mut slots = self.examiner.matching.slots.iter();
                let slot = slots.find(|slot| slot.name == id)?;
                let all = slot.restricts() || self.held(slot.before).scope.is_all();
                (!all).then_some(Beyond::Permission(slot.name))
            }
            other => Some(Beyond::Rule(other)),
        }
    }
}
