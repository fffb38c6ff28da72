//! One permission, as somebody holds it.

use super::is_within;
use permesso_engine::model::{Assignment, Instant, Permission, Scope, Text};

/// One permission held at a scope, perhaps within limits.
#[derive(Debug, Clone)]
pub(super) struct Holding<'a> {
    /// What.
    pub(super) permission: &'a str,
    /// How far, cut to the permission's reach.
    pub(super) scope: Scope,
    /// Only for resources of these teams and of those below them.
    pub(super) teams: &'a [Text],
    /// Or of exactly these; where there are neither, for any.
    pub(super) exact_teams: &'a [Text],
    /// From when on.
    pub(super) from: Option<i64>,
    /// Before when.
    pub(super) until: Option<i64>,
    /// Whether a role has it from a parent.
    pub(super) inherited: bool,
    /// Under which condition.
    pub(super) condition: Option<&'a Text>,
    /// The assignment of the role that it is held by.
    pub(super) by: Option<&'a Assignment>,
    /// Whose own counts: the holder's, or that of whom the holder acts for.
    pub(super) own_of: &'a str,
}

impl Holding<'_> {
    /// When it is held: within the window of the grant, and within that of the assignment.
    pub(super) fn windows(&self) -> Vec<(Option<i64>, Option<i64>)> {
        let by = self
            .by
            .map(|by| (by.valid_from.map(Instant::millis), by.valid_until.map(Instant::millis)));
        std::iter::once((self.from, self.until)).chain(by).collect()
    }

    /// For which teams and those below, and for exactly which; each list where there is one.
    pub(super) fn teams(&self) -> Vec<(&[Text], &[Text])> {
        let by = self.by.and_then(|by| by.teams.as_deref());
        let by = by.map(|teams| (teams, &[][..]));
        let own = (self.teams, self.exact_teams);
        let limits = !(own.0.is_empty() && own.1.is_empty());
        limits.then_some(own).into_iter().chain(by).collect()
    }

    /// Under which conditions, all of them.
    pub(super) fn conditions(&self) -> Vec<&Text> {
        let by = self.by.and_then(|by| by.condition.as_ref());
        self.condition.into_iter().chain(by).collect()
    }

    pub(super) fn is_now(&self, now: i64) -> bool {
        self.windows().iter().all(|(from, until)| is_within(*from, *until, now))
    }
}

impl<'a> Holding<'a> {
    pub(super) fn plain(permission: &'a Permission, scope: Scope, own_of: &'a str) -> Self {
        Self {
            permission: &permission.id,
            scope,
            teams: &[],
            exact_teams: &[],
            from: None,
            until: None,
            inherited: false,
            condition: None,
            by: None,
            own_of,
        }
    }
}
