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

    /// Whether everything that the other one reaches is reached.
    pub(crate) fn covers(&self, other: &Holding<'_>) -> bool {
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

    /// Whether it matters which teams the user is in.
    pub(crate) fn is_of_teams(&self) -> bool {
        let of_teams = |scope: Scope| !scope.is_all() && (scope.has_team() || scope.has_below());
        of_teams(self.scope) || self.limited.iter().any(|grant| of_teams(grant.scope))
    }

    /// The teams, where it matters which.
    pub(crate) fn named_teams(&self) -> Vec<String> {
        let teams = self.teams.iter().filter(|_| self.is_of_teams());
        teams.map(|team| (**team).to_owned()).collect()
    }
}
