//! What the sources of one permission come to for one user, and how two such sums compare.

use crate::evaluate::{is_as_wide, lies_in};
use crate::model::{Scope, Status};
use crate::snapshot::LimitedGrant;
use serde::Serialize;
use std::borrow::Cow;

/// What the sources of one permission come to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holding<'a> {
    /// What those without limits add up to.
    pub(crate) scope: Scope,
    /// Those within limits.
    pub(crate) limited: Vec<Cow<'a, LimitedGrant>>,
    /// The teams that the scopes are about.
    pub(crate) teams: &'a [Box<str>],
    /// The relations that make a record one's own.
    pub(crate) own: &'a [Box<str>],
    /// Whether teams and relations are about who delegated it.
    pub(crate) of_delegator: bool,
    /// What has to be held on the same record besides, as far as that does not reach everything
    /// that this does.
    pub(crate) also: Vec<Also<'a>>,
}

/// A permission that another one requires, as somebody holds it.
#[derive(Debug, Clone)]
pub(crate) struct Also<'a> {
    pub(crate) name: &'a str,
    /// In their own right.
    pub(crate) own: Holding<'a>,
    /// From whom it was delegated, and what that comes to.
    pub(crate) handed: Vec<(&'a str, Holding<'a>)>,
}

/// What a source adds, whatever it is done to.
pub(crate) enum Contribution<'a> {
    /// It counts for every record that the scope reaches.
    Standing(Scope),
    /// It counts within limits that a record or a later time decides on.
    Limited(Cow<'a, LimitedGrant>),
    /// It counts for none.
    Aside(Aside),
}

/// Why a source of a right counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Aside {
    /// The right was unticked for this user.
    Unticked,
    /// It has ended.
    Ended,
    /// Its condition is about the user alone and does not hold.
    Condition,
}

/// Why a permission that is granted is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Void<'a> {
    /// The user was deactivated or deleted.
    Status(Status),
    /// The invitation has not been accepted.
    Pending,
    /// The plan does not include this.
    Plan(&'a str),
    /// This guard reads nothing but the user, and does not hold of them.
    Guard(&'a str),
    /// It requires this permission, which is held nowhere.
    Requires(&'a str),
    /// This restricting toggle is held and forbids it everywhere.
    BoundBy(&'a str),
    /// Only what is the delegator's own can be handed on, and nothing is.
    NobodysOwn,
}

impl Holding<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.scope.is_none() && self.limited.is_empty()
    }

    /// Whether everything that the other one reaches is reached: what lies within one of the
    /// parts of the other one lies within all of them.
    pub(crate) fn covers(&self, other: &Holding<'_>) -> bool {
        let within = self.covers_alone(other) || other.also.iter().any(|it| self.spans(&it.own));
        within && self.also.iter().all(|also| also.covers(other))
    }

    /// What of this another one does not reach.
    pub(crate) fn beyond(&self, other: &Holding<'_>) -> Self {
        let mut rest = self.clone();
        if other.reaches(other.scope, self.scope, self.teams) {
            rest.scope = Scope::NONE;
        }
        rest.limited.retain(|given| {
            let alone = Holding {
                limited: vec![Cow::Borrowed(&**given)],
                scope: Scope::NONE,
                also: Vec::new(),
                ..self.clone()
            };
            !other.covers_alone(&alone)
        });
        // Where it is held alike, it is what has to be held besides that makes the difference.
        if rest.is_empty() { self.clone() } else { rest }
    }

    /// The same of another permission, or of what another permission requires: what is one's own
    /// may be something else for that.
    pub(super) fn spans(&self, other: &Holding<'_>) -> bool {
        let has_own = |it: &Holding<'_>| {
            it.scope.has_own() || it.limited.iter().any(|grant| grant.scope.has_own())
        };
        let alike = self.of_delegator == other.of_delegator
            && other.own.iter().all(|relation| self.own.contains(relation));
        (self.scope.is_all() || alike || !has_own(other)) && self.covers_alone(other)
    }

    /// The same by what is granted, whatever else has to be held.
    pub(crate) fn covers_alone(&self, other: &Holding<'_>) -> bool {
        self.reaches(self.scope, other.scope, other.teams)
            && other.limited.iter().all(|given| {
                let wide =
                    self.limited.iter().filter(|mine| is_as_wide(&mine.within, &given.within));
                let wide = wide.fold(self.scope, |sum, mine| sum.union(mine.scope));
                self.reaches(wide, given.scope, other.teams)
            })
    }

    /// Whether a scope, of these teams, reaches everything that one of other teams does.
    fn reaches(&self, mine: Scope, given: Scope, teams: &[Box<str>]) -> bool {
        if !mine.covers(given) || mine.is_all() {
            return mine.covers(given);
        }
        let of_team = |team: &str| {
            self.teams.iter().any(|own| **own == *team || mine.has_below() && lies_in(team, own))
        };
        let below = |team: &str| self.teams.iter().any(|own| lies_in(team, own));
        teams
            .iter()
            .all(|team| (!given.has_team() || of_team(team)) && (!given.has_below() || below(team)))
    }

    /// The same told by one part where that lies within all the others.
    pub(super) fn settled(mut self) -> Self {
        let least = self.also.iter().position(|it| {
            let same = it.own.own == self.own && it.own.of_delegator == self.of_delegator;
            same && it.handed.is_empty()
                && self.covers_alone(&it.own)
                && self.also.iter().all(|other| other.own.spans(&it.own))
        });
        match least {
            Some(least) => self.also.swap_remove(least).own,
            None => self,
        }
    }

    /// Whether it matters which teams the user is in.
    pub(crate) fn is_of_teams(&self) -> bool {
        self.names_teams() || self.also.iter().any(|it| it.own.names_teams())
    }

    fn names_teams(&self) -> bool {
        let of_teams = |scope: Scope| !scope.is_all() && (scope.has_team() || scope.has_below());
        of_teams(self.scope) || self.limited.iter().any(|grant| of_teams(grant.scope))
    }

    /// The teams, where it matters which.
    pub(crate) fn named_teams(&self) -> Vec<String> {
        let teams = self.teams.iter().filter(|_| self.names_teams());
        teams.map(|team| (**team).to_owned()).collect()
    }
}

impl Also<'_> {
    /// Whether everything that a holding reaches lies within this.
    fn covers(&self, other: &Holding<'_>) -> bool {
        let same = other.also.iter().find(|it| self.is(it));
        same.is_some_and(|it| self.covers_same(it))
            || self.own.spans(other)
            || other.also.iter().any(|it| it.handed.is_empty() && self.own.spans(&it.own))
    }

    /// Whether both are of one permission and of one user.
    pub(super) fn is(&self, other: &Also<'_>) -> bool {
        self.name == other.name && self.own.of_delegator == other.own.of_delegator
    }

    /// The same permission, of one who holds it otherwise.
    fn covers_same(&self, other: &Also<'_>) -> bool {
        self.own.covers_alone(&other.own)
            && other.handed.iter().all(|(from, given)| {
                let mut mine = self.handed.iter().filter(|(known, _)| known == from);
                mine.any(|(_, mine)| mine.covers(given))
            })
    }
}
