//! Of which teams a record is, and whether that is known.

use super::holding::Holding;
use super::{Evaluator, in_branch, is_below};
use permesso_engine::decision::Request;
use permesso_engine::model::{Text, Unassigned, Value};

/// Where a resource lies.
pub(super) enum Whereabouts<'r> {
    Teams(Vec<&'r str>),
    Everybody,
    Nobody,
}

impl Evaluator<'_> {
    /// Whether the record is of the teams that a holding is for; `None` where nobody says of
    /// which it is. Then it grants nothing, whoever else's the record is.
    pub(super) fn in_teams(&self, holding: &Holding<'_>, request: &Request<'_>) -> Option<bool> {
        let limits = holding.teams();
        let all: Vec<Option<bool>> =
            limits.iter().map(|(teams, exact)| self.is_of(teams, exact, request)).collect();
        match all.contains(&Some(false)) {
            true => Some(false),
            false if all.contains(&None) => None,
            false => Some(true),
        }
    }

    /// Whether the record is of one of these teams, of one below, or of exactly one of those.
    pub(super) fn is_of(
        &self,
        teams: &[Text],
        exact: &[Text],
        request: &Request<'_>,
    ) -> Option<bool> {
        match self.whereabouts(request) {
            Whereabouts::Teams(paths) => {
                let within = |path: &str| {
                    teams.iter().chain(exact).any(|team| team.as_str() == path)
                        || teams.iter().any(|team| is_below(path, team)) && self.is_team(path)
                };
                // What is no team, or looks like one of these, may be one of them.
                let looks = |path: &str| {
                    let path = path.to_lowercase();
                    teams.iter().any(|team| in_branch(&path, &team.to_lowercase()))
                        || exact.iter().any(|team| team.to_lowercase() == path)
                };
                let listed = !self.tenant.teams.is_empty();
                let other = |path: &str| self.is_team(path) && (listed || !looks(path));
                if paths.iter().any(|path| within(path)) {
                    Some(true)
                } else if paths.iter().all(|path| other(path)) {
                    Some(false)
                } else {
                    self.seen.note("team: what is none of the tenant's");
                    None
                }
            }
            Whereabouts::Everybody | Whereabouts::Nobody => None,
        }
    }

    /// Whether an attribute is the one that says the teams, and says what is none.
    pub(super) fn is_no_team(&self, name: &str, request: &Request<'_>) -> bool {
        if name != self.catalog.teams.attribute {
            return false;
        }
        match self.whereabouts(request) {
            Whereabouts::Teams(paths) => !paths.iter().all(|path| self.is_team(path)),
            Whereabouts::Everybody => false,
            Whereabouts::Nobody => {
                let said = request.resource.attributes.at(name);
                !matches!(said, None | Some(Value::Null))
            }
        }
    }

    /// Whether a record is said to be of a team that looks like one of these, or like one below
    /// it, where nobody says which teams there are.
    pub(super) fn resembles<'n>(
        &self,
        name: &str,
        mut names: impl Iterator<Item = &'n str>,
        request: &Request<'_>,
    ) -> bool {
        if name != self.catalog.teams.attribute || !self.tenant.teams.is_empty() {
            return false;
        }
        let Whereabouts::Teams(paths) = self.whereabouts(request) else { return false };
        let found = names.any(|name| {
            paths.iter().any(|path| {
                in_branch(&path.to_lowercase(), &name.to_lowercase()) && !in_branch(path, name)
            })
        });
        if found {
            self.seen.note("team: looks like one that is meant");
        }
        found
    }

    /// Whether a text is a team, or one above one.
    pub(super) fn is_team(&self, path: &str) -> bool {
        let listed = &self.tenant.teams;
        let plain = |name: &str| {
            !name.is_empty()
                && name.trim() == name
                && name != "."
                && name != ".."
                && !name.contains('*')
        };
        match listed.is_empty() {
            true => path.split('/').all(plain),
            false => listed.iter().any(|team| in_branch(&team.path, path)),
        }
    }

    pub(super) fn whereabouts<'r>(&self, request: &'r Request<'_>) -> Whereabouts<'r> {
        match request.resource.attributes.at(&self.catalog.teams.attribute) {
            Some(Value::Text(path)) => Whereabouts::Teams(vec![&**path]),
            Some(Value::List(paths)) if !paths.is_empty() => {
                let all: Option<Vec<&str>> = paths.iter().map(Value::as_str).collect();
                all.map_or(Whereabouts::Nobody, Whereabouts::Teams)
            }
            None | Some(Value::Null) if self.unassigned(request) == Unassigned::Everybody => {
                Whereabouts::Everybody
            }
            _ => Whereabouts::Nobody,
        }
    }

    fn unassigned(&self, request: &Request<'_>) -> Unassigned {
        let kind = self.catalog.resource_kinds.get(request.resource.kind);
        let of_kind = kind.and_then(|kind| kind.unassigned);
        if of_kind.is_some_and(|it| it != self.catalog.teams.unassigned) {
            self.seen.note("team: unassigned by its kind");
        }
        of_kind.unwrap_or(self.catalog.teams.unassigned)
    }
}
