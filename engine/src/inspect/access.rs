//! Exclusive access of a user: which programs admit them, and which items are open.
//!
//! Both are asked of the step that decisions take, with a request that names the item and
//! nothing else. What a condition or a whole would have to know of the record stays open.

use super::unasked::{Unasked, member};
use crate::directory::Compiled;
use crate::evaluate::programs;
use crate::model::Place;
use crate::profile::{Gate, Openness, Person, gates, is_closed, item_of};
use crate::snapshot::{Clause, MatcherRule, ProgramRule};
use serde::Serialize;

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
    pub member: Openness,
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

/// What an exclusive item is to a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemAccess<'a> {
    /// The item and the access.
    #[serde(flatten)]
    pub gate: Gate<'a>,
    /// Whether it is open to them.
    pub open: Openness,
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

impl<'a> Person<'a> {
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
                Openness::Yes => &mut membership.admitted_by,
                Openness::No => &mut membership.failed,
                Openness::Depends => &mut membership.undecided,
            };
            list.push(matcher);
        }
        membership
    }

    pub(super) fn item(&self, gate: Gate<'a>) -> ItemAccess<'a> {
        let item = item_of(self.snapshot(), gate);
        let mut given = item.map_or(Vec::new(), |item| programs(item, gate.access).to_vec());
        given.dedup();
        let (mut admitted_by, mut not_by, mut perhaps_by) = (Vec::new(), Vec::new(), Vec::new());
        for program in given.iter().filter_map(|at| self.snapshot().programs.get(*at as usize)) {
            let list = match self.is_member(&program.matchers) {
                Openness::Yes => &mut admitted_by,
                Openness::No => &mut not_by,
                Openness::Depends => &mut perhaps_by,
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
