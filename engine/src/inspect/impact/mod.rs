//! What an edit changes, before it is saved.
//!
//! Two compiled tenants are laid over one another. Everybody whom the edit can concern is looked
//! at once, which settles the totals and the warnings; what changes for each of them is written
//! out as the list is read, and no further than its bound.

mod affected;
mod contract;
mod examine;
mod excess;
mod gates;
mod gathered;
mod matching;
mod report;
mod rules;

pub use excess::{Beyond, Excess, Judged, concerns, excess};
pub use report::{
    ChangedAnswer, DelegatedChange, Exposed, Followed, ItemChange, Presence, ProgramChange, Reach,
    RightChange, RuleChange, Side, Touched, UserImpact, Warning,
};

use super::unasked::{Unasked, loaded, member};
use crate::decide_alone;
use crate::decision::Request;
use crate::directory::Compiled;
use crate::profile::{Openness, Person, Shift};
use examine::{Difference, Examiner};
use gates::Group;
use gathered::Gathered;
use serde::Serialize;

/// An edit, and what is to be known of it.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// The tenant as it is.
    pub before: &'a Compiled,
    /// The tenant as it would be.
    pub after: &'a Compiled,
    /// The instant, in milliseconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// Who makes the edit: is told what they would lose.
    pub acting: Option<&'a str>,
    /// Questions whose answers are compared.
    pub questions: &'a [Request<'a>],
    /// How many users are listed at most.
    pub limit: usize,
}

/// How many an edit concerns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The users of both directories.
    pub users: usize,
    /// Those for whom something changes.
    pub affected: usize,
    /// Those of them who lose something.
    pub losing: usize,
    /// Those of them who gain something.
    pub gaining: usize,
    /// Those of them for whom, or for others by whom, something may follow where a record or an
    /// instant decides.
    pub following: usize,
    /// How many are listed.
    pub listed: usize,
    /// Whether the bound cut the list.
    pub cut: bool,
}

/// What an edit changes: an iterator over the users for whom something does, by id.
pub struct Impact<'a> {
    examiner: Examiner<'a>,
    /// Those who are listed, the last one first.
    waiting: Vec<&'a str>,
    slots: Vec<usize>,
    totals: Totals,
    touched: Vec<Touched<'a>>,
    rules: Vec<RuleChange<'a>>,
    exposed: Vec<Exposed<'a>>,
    flips: Vec<ChangedAnswer<'a>>,
    follows: (Vec<Followed>, usize),
    warnings: Vec<Warning<'a>>,
}

impl std::fmt::Debug for Impact<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Impact").field("totals", &self.totals).finish_non_exhaustive()
    }
}

/// What an edit changes.
///
/// # Errors
///
/// Neither directory has the acting user, or one of them is not loaded whole.
pub fn impact<'a>(proposal: &Proposal<'a>) -> Result<Impact<'a>, Unasked> {
    let Proposal { before, after, now, acting, questions, limit } = *proposal;
    loaded(before).and(loaded(after))?;
    if let Some(acting) = acting {
        member(before, acting).or_else(|_| member(after, acting))?;
    }
    let examiner = Examiner::new(before, after, now);
    let survey = Survey::of(&examiner);
    let mut gathered = survey.gathered;
    examiner.of_roles().iter().for_each(|follow| gathered.add_for_all(follow));
    let mut affected = survey.affected;
    let mut totals = survey.totals;
    totals.listed = affected.len().min(limit);
    totals.cut = affected.len() > limit;
    if totals.cut && limit > 0 {
        affected.select_nth_unstable(limit - 1);
    }
    affected.truncate(limit);
    affected.sort_unstable_by(|a, b| b.cmp(a));
    let exposed = examiner.exposed(&survey.opened);
    let mut rules = rules::changed(before, after, &examiner.matching);
    rules.extend(examiner.anonymous().into_iter().map(RuleChange::Anonymous));
    rules.sort();
    let mut warnings = Vec::new();
    if let Some(acting) = acting {
        examiner.lockout(acting, &mut warnings);
    }
    examiner.nobody_left(&survey.lost, &mut warnings);
    warnings
        .extend(exposed.iter().filter(|it| it.opens).map(|it| Warning::OpensToEverybody(it.gate)));
    Ok(Impact {
        waiting: affected,
        slots: Vec::new(),
        totals,
        touched: examiner.touched(),
        rules,
        exposed,
        flips: flips(before, after, questions),
        follows: gathered.told(),
        warnings,
        examiner,
    })
}

impl<'a> Impact<'a> {
    /// How many it concerns. Exact, whatever the bound of the list is.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// The roles, policies and programs that differ.
    #[must_use]
    pub fn touched(&self) -> &[Touched<'a>] {
        &self.touched
    }

    /// The rules that changed and that a record decides on: whom that concerns is not in the
    /// list of users.
    #[must_use]
    pub fn rules(&self) -> &[RuleChange<'a>] {
        &self.rules
    }

    /// The items that are no longer exclusive, or newly are.
    #[must_use]
    pub fn exposed(&self) -> &[Exposed<'a>] {
        &self.exposed
    }

    /// The questions that are answered differently.
    #[must_use]
    pub fn flips(&self) -> &[ChangedAnswer<'a>] {
        &self.flips
    }

    /// What may follow where a record or an instant decides: rules that read what the edit
    /// changed, the first ones.
    #[must_use]
    pub fn follows(&self) -> &[Followed] {
        &self.follows.0
    }

    /// How many of those there are beyond the first ones.
    #[must_use]
    pub fn more_follows(&self) -> usize {
        self.follows.1
    }

    /// What whoever makes the edit should think about twice.
    #[must_use]
    pub fn warnings(&self) -> &[Warning<'a>] {
        &self.warnings
    }

    /// Whether nothing is lost, nothing is warned of, and nothing is left for records to decide
    /// otherwise than before.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        self.totals.losing == 0
            && self.warnings.is_empty()
            && self.rules.is_empty()
            && self.follows.0.is_empty()
            && !self.flips.iter().any(|flip| flip.before.is_allow())
    }
}

impl<'a> Iterator for Impact<'a> {
    type Item = UserImpact<'a>;

    fn next(&mut self) -> Option<UserImpact<'a>> {
        let id = self.waiting.pop()?;
        Some(self.examiner.report(id, &mut self.slots))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.waiting.len(), Some(self.waiting.len()))
    }
}

/// What one look at everybody says.
struct Survey<'a> {
    affected: Vec<&'a str>,
    totals: Totals,
    /// Whether somebody lost the permission, by slot.
    lost: Vec<bool>,
    /// For how many users each group of items opened or closed.
    opened: Vec<(usize, usize)>,
    gathered: Gathered,
}

impl<'a> Survey<'a> {
    fn of(examiner: &Examiner<'a>) -> Self {
        let mut survey = Survey {
            affected: Vec::new(),
            totals: Totals::default(),
            lost: vec![false; examiner.matching.slots.len()],
            opened: vec![(0, 0); examiner.groups.len()],
            gathered: Gathered::default(),
        };
        let mut slots = Vec::new();
        examiner.each_pair(|pair| {
            survey.totals.users += 1;
            let (mut gives, mut takes, mut may) = (false, false, false);
            examiner.examine(pair, &mut slots, |found| {
                let (more, less) = examiner.weigh(&found);
                gives |= more;
                takes |= less;
                match found {
                    Difference::Right { slot, shift: Shift::Lost, .. } => {
                        if let Some(lost) = survey.lost.get_mut(slot) {
                            *lost = true;
                        }
                    }
                    Difference::Group { at, before, after } => {
                        if let Some((opened, closed)) = survey.opened.get_mut(at) {
                            *opened += usize::from(before < after);
                            *closed += usize::from(before > after);
                        }
                    }
                    Difference::Follows(follows) => {
                        may = true;
                        survey.gathered.add(&follows);
                    }
                    _ => {}
                }
            });
            if gives || takes || may {
                let member = pair.before.or(pair.after);
                survey.affected.extend(member.map(|member| member.id()));
                survey.totals.affected += 1;
                survey.totals.gaining += usize::from(gives);
                survey.totals.losing += usize::from(takes);
                survey.totals.following += usize::from(may);
            }
        });
        survey
    }
}

impl<'a> Examiner<'a> {
    /// Whether a finding gives something to the user, and whether it takes something.
    fn weigh(&self, found: &Difference<'_, 'a>) -> (bool, bool) {
        match found {
            Difference::Right { slot, shift, .. } => {
                let restricts = self.matching.slots.get(*slot).is_some_and(|slot| slot.restricts());
                if restricts {
                    (shift.takes(), shift.gives())
                } else {
                    (shift.gives(), shift.takes())
                }
            }
            Difference::Handed { shift, .. } => (shift.gives(), shift.takes()),
            Difference::Program { before, after, .. } | Difference::Group { before, after, .. } => {
                (before < after, before > after)
            }
            Difference::Follows(_) => (false, false),
        }
    }

    /// The items that are no longer exclusive, or newly are.
    fn exposed(&self, opened: &[(usize, usize)]) -> Vec<Exposed<'a>> {
        let moved = |group: &&Group<'a>| group.before != group.after;
        let groups = self.groups.iter().zip(opened).filter(|(group, _)| moved(group));
        let mut exposed: Vec<Exposed<'a>> = groups
            .flat_map(|(group, (opened, closed))| {
                group.gates.iter().map(|gate| Exposed {
                    gate: *gate,
                    opens: group.before,
                    users: if group.before { *opened } else { *closed },
                })
            })
            .collect();
        exposed.sort_by(|a, b| a.gate.cmp(&b.gate));
        exposed
    }

    /// What the acting user would lose.
    fn lockout(&self, acting: &str, warnings: &mut Vec<Warning<'a>>) {
        let mut own = Vec::new();
        self.examine(self.pair(acting), &mut Vec::new(), |found| match found {
            Difference::Right { slot, shift, .. } if self.weigh(&found).1 => {
                let Some(slot) = self.matching.slots.get(slot) else { return };
                own.push(Warning::SelfLockout { permission: slot.name, shift });
            }
            Difference::Group { at, before, after: Openness::No } if before != Openness::No => {
                let gates = self.groups.get(at).map_or(&[][..], |group| &group.gates);
                own.extend(gates.iter().map(|gate| Warning::SelfShutOut(*gate)));
            }
            _ => {}
        });
        // What is gone altogether first.
        own.sort_by_key(|warning| match warning {
            Warning::SelfLockout { shift: Shift::Lost, .. } => 0,
            Warning::SelfLockout { .. } => 1,
            _ => 2,
        });
        warnings.extend(own);
    }

    /// The permissions that somebody lost and that nobody holds any more.
    fn nobody_left(&self, lost: &[bool], warnings: &mut Vec<Warning<'a>>) {
        let slots = self.matching.slots.iter().zip(lost).filter(|(_, lost)| **lost);
        for (slot, _) in slots.filter(|(slot, _)| !slot.restricts()) {
            let held = slot.after.is_some_and(|(id, rule)| {
                self.after.members().any(|member| {
                    let person = Person::new(self.after, member, self.now);
                    !person.effective(id, rule).is_empty()
                })
            });
            if !held {
                warnings.push(Warning::NobodyLeft { permission: slot.name });
            }
        }
    }
}

fn flips<'a>(
    before: &Compiled,
    after: &Compiled,
    questions: &'a [Request<'a>],
) -> Vec<ChangedAnswer<'a>> {
    let flips = questions.iter().map(|request| ChangedAnswer {
        request,
        before: decide_alone(before, request),
        after: decide_alone(after, request),
    });
    flips.filter(|flip| flip.before.verdict != flip.after.verdict).collect()
}
