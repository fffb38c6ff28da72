//! Roles that are held within limits, or by way of others.
//!
//! A role is compiled once. Whoever holds it within limits holds the role and the limits, side by
//! side: nothing of the role is copied.

use super::Within;
use crate::fast::Map;
use crate::model::Place;
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

/// A role that a user holds within limits.
#[derive(Debug, Clone)]
pub(crate) struct Assigned {
    /// The role; none where the tenant does not define it, so that it grants nothing.
    pub(crate) role: Option<u32>,
    /// Its name, which programs and sharing rules may have all the same.
    pub(crate) name: Box<str>,
    pub(crate) limits: Limited,
}

/// Limits, and the line that they stand on.
#[derive(Debug, Clone)]
pub(crate) struct Limited {
    pub(crate) within: Arc<Within>,
    pub(crate) place: Place,
}

/// By what somebody holds a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By<'a> {
    /// It was given to them.
    Own,
    /// They are in this team, or in one below it.
    Team(&'a str),
    /// Everybody holds it.
    Baseline,
}

/// A role as somebody holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldRole<'a> {
    pub(crate) role: u32,
    pub(crate) by: By<'a>,
    /// None where it is held at once.
    pub(crate) limits: Option<&'a Limited>,
}

/// A role that comes with a team, or to everybody.
#[derive(Debug, Clone)]
pub(crate) struct LentRole {
    pub(crate) role: u32,
    pub(crate) limits: Option<Limited>,
}

/// The roles of a team.
#[derive(Debug, Clone)]
pub(crate) struct LendingTeam {
    pub(crate) path: Arc<str>,
    pub(crate) roles: Box<[LentRole]>,
}

/// The roles that come to users without being given to them.
#[derive(Debug, Default)]
pub(crate) struct Lending {
    /// Those of teams, by path; teams without any are left out.
    pub(crate) teams: Map<LendingTeam>,
    /// Those that everybody holds.
    pub(crate) baseline: Box<[LentRole]>,
}

impl Lending {
    /// The teams whose roles come to a member of these teams: those teams and the ones above,
    /// each once.
    pub(crate) fn lenders<'a>(&'a self, teams: &[Box<str>]) -> Vec<&'a LendingTeam> {
        let mut lenders: Vec<&LendingTeam> = Vec::new();
        if self.teams.is_empty() {
            return lenders;
        }
        for team in teams {
            let mut path = Some(&**team);
            while let Some(above) = path {
                let lender = self.teams.get(above);
                let known = |it: &&LendingTeam| lenders.iter().any(|one| one.path == it.path);
                if let Some(lender) = lender.filter(|it| !known(it)) {
                    lenders.push(lender);
                }
                path = above.rsplit_once('/').map(|(above, _)| above);
            }
        }
        lenders
    }

    /// Whether a role comes to anybody without being given to them.
    pub(crate) fn lends(&self, role: u32) -> bool {
        let teams = self.teams.values().flat_map(|team| &team.roles);
        teams.chain(&self.baseline).any(|lent| lent.role == role)
    }
}

/// A role that somebody holds by way of others.
#[derive(Debug, Clone)]
pub(crate) struct Borrowed {
    /// The team; none where everybody holds it.
    pub(crate) team: Option<Arc<str>>,
    pub(crate) role: LentRole,
}

impl Borrowed {
    /// As the user holds it.
    pub(super) fn held(&self) -> HeldRole<'_> {
        let by = self.team.as_deref().map_or(By::Baseline, By::Team);
        HeldRole { role: self.role.role, by, limits: self.role.limits.as_ref() }
    }
}

/// In words, as what follows "held".
impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        for part in self.parts() {
            let teams = |names: &[Box<str>]| {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            };
            if !part.teams.branches.is_empty() {
                parts.push(format!("for {}", teams(&part.teams.branches)));
            }
            if !part.teams.exact.is_empty() {
                parts.push(format!("for exactly {}", teams(&part.teams.exact)));
            }
            parts.extend(part.from.map(|from| format!("from {}", instant(from))));
            parts.extend(part.until.map(|until| format!("until {}", instant(until))));
            let source = part.condition.as_ref().map(|clause| clause.condition.source());
            parts.extend(source.map(|source| format!("where `{source}`")));
        }
        f.write_str(&parts.join(" "))
    }
}

fn instant(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
}

/// In words, as what follows "held": by what, and within what.
impl fmt::Display for HeldRole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.by {
            By::Own => {}
            By::Team(path) => write!(f, " by the team `{path}`")?,
            By::Baseline => f.write_str(" by everybody")?,
        }
        self.limits.map_or(Ok(()), |limits| write!(f, " {}", limits.within))
    }
}
