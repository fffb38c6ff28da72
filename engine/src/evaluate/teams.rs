//! Of which teams a resource is, and whose that makes it.
//!
//! A resource is of one team or of several, of which any one counts. What is no team grants
//! nothing, and lifts nothing either: where a tenant lists its teams, what it does not list is
//! none; where it lists none, what cannot be the path of one, or looks like one that is meant.

use super::Ask;
use crate::model::{InputPath, Value};
use crate::snapshot::TeamLimits;
use permesso_names::folded;

/// Of which teams a resource is.
#[derive(Clone, Copy)]
enum Whereabouts<'a> {
    /// Of each of these: texts, and at least one of them.
    Of(&'a [Value<'a>]),
    /// Of none that is said.
    Unsaid,
    /// The attribute holds what is no team.
    Unknown,
}

/// How many names are compared for what one condition costs.
const NAMES_A_CONDITION: usize = 64;

impl<'a> Ask<'a> {
    /// Where the resource is, for somebody who compares that with so many names. Beyond what may
    /// be spent nothing is known any more, and the decision is a denial.
    fn whereabouts(&self, names: usize) -> Whereabouts<'a> {
        if self.horizon.is_exhausted() {
            return Whereabouts::Unknown;
        }
        let attributes = self.request.resource.attributes;
        match attributes.at(&self.snapshot.catalog.teams.attribute) {
            None | Some(Value::Null) => Whereabouts::Unsaid,
            Some(team @ Value::Text(_)) => Whereabouts::Of(std::slice::from_ref(team)),
            Some(Value::List(teams)) => {
                let compared = teams.len().saturating_mul(names.saturating_add(1));
                self.horizon.spend(compared / NAMES_A_CONDITION);
                if is_of_texts(teams) { Whereabouts::Of(teams) } else { Whereabouts::Unknown }
            }
            Some(_) => Whereabouts::Unknown,
        }
    }

    /// Whether a path is the one by which a resource says its teams, and what it says is none.
    /// Whatever reads it must not take `Support` for a team that is not `support`.
    pub(super) fn is_no_team(&self, path: &InputPath) -> bool {
        let teams = &self.snapshot.catalog.teams.attribute;
        matches!(path, InputPath::ResourceAttribute(name) if **name == **teams)
            && match self.whereabouts(1) {
                Whereabouts::Of(teams) => !self.are_teams(teams),
                Whereabouts::Unsaid => false,
                Whereabouts::Unknown => true,
            }
    }

    /// Whether a path is the one by which a resource says its teams, and one of them looks like
    /// one of these names, or like one below it, and is not written so. Where a tenant lists its
    /// teams it is known that they are others; where it lists none, that cannot be known.
    pub(super) fn resembles<'n>(
        &self,
        path: &InputPath,
        mut names: impl Iterator<Item = &'n str>,
    ) -> bool {
        let teams = &self.snapshot.catalog.teams.attribute;
        self.snapshot.teams.is_empty()
            && matches!(path, InputPath::ResourceAttribute(name) if **name == **teams)
            && names.any(|name| match self.whereabouts(1) {
                Whereabouts::Of(teams) => {
                    self::names(teams).any(|team| !lies_in(team, name) && looks_in(team, name))
                }
                _ => false,
            })
    }

    pub(super) fn is_of_team(&self) -> bool {
        match self.whereabouts(self.member.teams.len()) {
            Whereabouts::Of(teams) => {
                names(teams).any(|team| self.member.teams.iter().any(|own| **own == *team))
            }
            Whereabouts::Unsaid => {
                self.snapshot.catalog.teams.is_everybodys(self.request.resource.kind)
            }
            Whereabouts::Unknown => false,
        }
    }

    pub(super) fn is_below(&self) -> bool {
        let Whereabouts::Of(teams) = self.whereabouts(self.member.teams.len()) else {
            return false;
        };
        let own = &self.member.teams;
        names(teams).any(|team| {
            own.iter().any(|own| **own != *team && lies_in(team, own))
                && self.snapshot.is_team(team)
        })
    }

    /// Whether the resource is of a team within limits; `None` where that cannot be known. Limits
    /// name teams: what is said to be of none is not within them, but may have been left unsaid.
    pub(super) fn is_in_teams(&self, limits: &TeamLimits) -> Option<bool> {
        if limits.is_empty() {
            return Some(true);
        }
        match self.whereabouts(limits.branches.len() + limits.exact.len()) {
            Whereabouts::Of(teams) => self.are_any_in(teams, limits),
            Whereabouts::Unsaid | Whereabouts::Unknown => None,
        }
    }

    /// Whether one of the teams of a record lies within limits. It cannot be known where none does
    /// and one of them is no team.
    fn are_any_in(&self, teams: &[Value<'_>], limits: &TeamLimits) -> Option<bool> {
        let mut known = true;
        for team in names(teams) {
            match in_limits(team, limits) {
                true if is_listed(team, limits) || self.snapshot.is_team(team) => {
                    return Some(true);
                }
                true => known = false,
                false => known &= !self.looks_within(team, limits),
            }
        }
        (known && self.are_teams(teams)).then_some(false)
    }

    /// Whether all that a record names are teams: found once, whatever asks for it.
    fn are_teams(&self, teams: &[Value<'_>]) -> bool {
        let of = teams.as_ptr().addr();
        match self.horizon.teams.get() {
            Some((known, are)) if known == of => are,
            _ => {
                let are = names(teams).all(|team| self.snapshot.is_team(team));
                self.horizon.teams.set(Some((of, are)));
                are
            }
        }
    }

    /// Whether a team that does not lie within limits looks as if it did. Of those that are listed
    /// it is known that they are others.
    fn looks_within(&self, team: &str, limits: &TeamLimits) -> bool {
        self.snapshot.teams.is_empty()
            && (limits.branches.iter().any(|listed| looks_in(team, listed))
                || limits.exact.iter().any(|listed| looks_like(team, listed)))
    }
}

/// Whether a list names something, and holds nothing but names.
fn is_of_texts(items: &[Value<'_>]) -> bool {
    !items.is_empty() && items.iter().all(|item| item.as_str().is_some())
}

fn names<'a>(teams: &'a [Value<'a>]) -> impl Iterator<Item = &'a str> {
    teams.iter().filter_map(Value::as_str)
}

/// Whether limits name that very team.
fn is_listed(team: &str, limits: &TeamLimits) -> bool {
    limits.branches.iter().chain(&limits.exact).any(|listed| **listed == *team)
}

/// Whether one name looks like another.
fn looks_like(name: &str, other: &str) -> bool {
    match name.is_ascii() && other.is_ascii() {
        true => name.eq_ignore_ascii_case(other),
        false => folded(name) == folded(other),
    }
}

/// Whether a team looks like another one, or like one below it.
fn looks_in(team: &str, branch: &str) -> bool {
    if !team.is_ascii() || !branch.is_ascii() {
        return lies_in(&folded(team), &folded(branch));
    }
    team.split_at_checked(branch.len()).is_some_and(|(head, rest)| {
        head.eq_ignore_ascii_case(branch) && matches!(rest.chars().next(), None | Some('/'))
    })
}

/// Whether a team lies within limits.
pub(super) fn in_limits(team: &str, limits: &TeamLimits) -> bool {
    limits.branches.iter().any(|listed| lies_in(team, listed))
        || limits.exact.iter().any(|listed| **listed == *team)
}

/// Whether a team is another one or lies below it: `US/South` lies in `US`, `US/Southwest` does
/// not lie in `US/South`.
pub(crate) fn lies_in(team: &str, branch: &str) -> bool {
    team.strip_prefix(branch).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
