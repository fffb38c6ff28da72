//! Exclusive access of a user: which programs admit them, and which items are open.
//!
//! Both are asked of the step that decisions take, with a request that names the item and
//! nothing else. What a condition or a whole would have to know of the record stays open.

use super::person::Person;
use super::query::{Unasked, member};
use crate::compile::{Clause, Compiled, ItemRule, KindRule, MatcherRule, ProgramRule, Snapshot};
use crate::decision::Reason;
use crate::evaluate::{Fit, Silent, programs};
use crate::model::{Access, Place};
use serde::Serialize;

/// Whether something is so, where a record may have to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Open {
    /// It is not.
    No,
    /// The record decides.
    Depends,
    /// It is.
    Yes,
}

/// By what a program admits, and what that names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matcher<'a> {
    /// Whoever holds this role.
    Role(&'a str),
    /// Whoever is in this team or one below it.
    Team(&'a str),
    /// Whoever is in exactly this team.
    ExactTeam(&'a str),
    /// Whoever carries this tag.
    Tag(&'a str),
    /// Whoever this holds for.
    Condition(&'a str),
}

/// What a program is to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Membership<'a> {
    /// The program.
    pub program: &'a str,
    /// Whether it admits them.
    pub member: Open,
    /// The matchers that fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admitted_by: Vec<Matcher<'a>>,
    /// The matchers that do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Matcher<'a>>,
    /// The matchers that a record decides on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Matcher<'a>>,
    /// Where it stands.
    pub place: Place,
}

/// One access to one exclusive item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Gate<'a> {
    /// The item's kind.
    pub kind: &'a str,
    /// Its id.
    pub id: &'a str,
    /// What is asked for.
    pub access: Access,
}

/// What an exclusive item is to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemAccess<'a> {
    /// The item and the access.
    #[serde(flatten)]
    pub gate: Gate<'a>,
    /// Whether it is open to them.
    pub open: Open,
    /// The programs that give it and admit them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admitted_by: Vec<&'a str>,
    /// The programs that give it and do not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_by: Vec<&'a str>,
    /// The programs that give it and where a record decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub perhaps_by: Vec<&'a str>,
    /// Whether it is closed by the tenant's own list.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// The programs of a tenant as a user sees them, in the order of the document.
///
/// # Errors
///
/// The directory has no such user, or is not loaded.
pub fn memberships<'a>(
    tenant: &'a Compiled,
    user: &str,
    now: i64,
) -> Result<Vec<Membership<'a>>, Unasked> {
    let person = Person::new(tenant, member(tenant, user)?, now);
    Ok(tenant.snapshot.programs.iter().map(|program| person.membership(program)).collect())
}

/// The exclusive items of a tenant as a user sees them, by kind and id.
///
/// # Errors
///
/// The directory has no such user, or is not loaded.
pub fn items<'a>(
    tenant: &'a Compiled,
    user: &str,
    now: i64,
) -> Result<Vec<ItemAccess<'a>>, Unasked> {
    let person = Person::new(tenant, member(tenant, user)?, now);
    Ok(gates(&tenant.snapshot).into_iter().map(|gate| person.item(gate)).collect())
}

/// Every access that a program or the tenant's own list makes exclusive, sorted.
pub(super) fn gates(snapshot: &Snapshot) -> Vec<Gate<'_>> {
    let mut gates: Vec<Gate<'_>> = Vec::new();
    for kind in snapshot.kinds.values() {
        for (id, item) in &kind.items {
            for access in [Access::View, Access::Edit] {
                if is_exclusive(item, access) {
                    gates.push(Gate { kind: &kind.name, id, access });
                }
            }
        }
    }
    gates.sort_unstable();
    gates
}

/// Whether an access to an item is for members only.
pub(super) fn is_exclusive(item: &ItemRule, access: Access) -> bool {
    !programs(item, access).is_empty() || is_closed(item, access)
}

pub(super) fn is_closed(item: &ItemRule, access: Access) -> bool {
    match access {
        Access::View => item.closed_view,
        Access::Edit => item.closed_edit,
    }
}

pub(super) fn item_of<'s>(snapshot: &'s Snapshot, gate: Gate<'_>) -> Option<&'s ItemRule> {
    snapshot.kinds.get(gate.kind)?.items.get(gate.id)
}

/// The kinds that something of this kind can be a part of, nearest first.
pub(super) fn wholes<'s>(snapshot: &'s Snapshot, kind: &str) -> Vec<&'s KindRule> {
    let (mut found, mut open) = (Vec::new(), vec![kind]);
    while let Some(next) = open.pop() {
        let parts = snapshot.kinds.get(next).into_iter().flat_map(|kind| &kind.part_of);
        for whole in parts.filter_map(|(name, _)| snapshot.kinds.get(name)) {
            let known = found.iter().any(|other: &&KindRule| other.name == whole.name);
            if !known {
                found.push(whole);
                open.push(&whole.name);
            }
        }
    }
    found
}

impl<'a> Person<'a> {
    /// Whether a program admits the user.
    pub(super) fn is_member(&self, matchers: &MatcherRule) -> Open {
        // What is about the user alone and not known is known to be missing.
        let settled = || matchers.condition.as_ref().and_then(|clause| self.settled(clause, false));
        match self.ask("", None, |ask| ask.fits(matchers, &mut Silent)) {
            Fit::By(_) => Open::Yes,
            Fit::Unknown(_) if settled().is_none() => Open::Depends,
            Fit::Unknown(_) | Fit::No => Open::No,
        }
    }

    pub(super) fn membership(&self, program: &'a ProgramRule) -> Membership<'a> {
        let mut membership = Membership {
            program: &program.id,
            member: self.is_member(&program.matchers),
            admitted_by: Vec::new(),
            failed: Vec::new(),
            undecided: Vec::new(),
            place: program.place,
        };
        for (matcher, alone) in each_matcher(&program.matchers) {
            let list = match self.is_member(&alone) {
                Open::Yes => &mut membership.admitted_by,
                Open::No => &mut membership.failed,
                Open::Depends => &mut membership.undecided,
            };
            list.push(matcher);
        }
        membership
    }

    /// Whether an access is open to the user.
    pub(super) fn passes(&self, gate: Gate<'_>) -> Open {
        let admitted =
            self.ask(gate.kind, Some(gate.id), |ask| ask.admitted(gate.access, &mut Silent));
        let Err(reason) = admitted else { return Open::Yes };
        let Reason::Exclusive { kind, id } = reason else { return Open::No };
        if id.is_empty() {
            // The whole is not identified without the record.
            return Open::Depends;
        }
        let snapshot = self.snapshot();
        let itself = (&*kind, &*id) == (gate.kind, gate.id);
        let access = if itself { gate.access } else { Access::View };
        let item = item_of(snapshot, Gate { kind: &kind, id: &id, access });
        let mut given = item.into_iter().flat_map(|item| programs(item, access));
        let undecided = given.any(|at| {
            let program = snapshot.programs.get(*at as usize);
            program.is_some_and(|it| self.is_member(&it.matchers) == Open::Depends)
        });
        if undecided { Open::Depends } else { Open::No }
    }

    pub(super) fn item(&self, gate: Gate<'a>) -> ItemAccess<'a> {
        let item = item_of(self.snapshot(), gate);
        let mut given = item.map_or(Vec::new(), |item| programs(item, gate.access).to_vec());
        given.dedup();
        let (mut admitted_by, mut not_by, mut perhaps_by) = (Vec::new(), Vec::new(), Vec::new());
        for program in given.iter().filter_map(|at| self.snapshot().programs.get(*at as usize)) {
            let list = match self.is_member(&program.matchers) {
                Open::Yes => &mut admitted_by,
                Open::No => &mut not_by,
                Open::Depends => &mut perhaps_by,
            };
            list.push(&*program.id);
        }
        ItemAccess {
            gate,
            open: self.passes(gate),
            admitted_by,
            not_by,
            perhaps_by,
            closed: item.is_some_and(|item| is_closed(item, gate.access)),
        }
    }
}

/// Each matcher by itself, for asking which of them fits.
pub(super) fn each_matcher(matchers: &MatcherRule) -> Vec<(Matcher<'_>, MatcherRule)> {
    let mut each = Vec::new();
    let one = |name: &str| -> Box<[Box<str>]> { [name.into()].into() };
    for name in &matchers.roles {
        let alone = MatcherRule { roles: one(name), ..MatcherRule::default() };
        each.push((Matcher::Role(name), alone));
    }
    for name in &matchers.teams {
        let alone = MatcherRule { teams: one(name), ..MatcherRule::default() };
        each.push((Matcher::Team(name), alone));
    }
    for name in &matchers.exact_teams {
        let alone = MatcherRule { exact_teams: one(name), ..MatcherRule::default() };
        each.push((Matcher::ExactTeam(name), alone));
    }
    for name in &matchers.tags {
        let alone = MatcherRule { tags: one(name), ..MatcherRule::default() };
        each.push((Matcher::Tag(name), alone));
    }
    if let Some(clause) = &matchers.condition {
        let condition = Some(Clause::clone(clause));
        let alone = MatcherRule { condition, ..MatcherRule::default() };
        each.push((Matcher::Condition(clause.condition.source()), alone));
    }
    each
}
