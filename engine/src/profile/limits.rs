//! What a grant is limited to, as it is told.

use crate::model::{Instant, Scope};
use crate::snapshot::LimitedGrant;
use serde::Serialize;

/// What a limited grant is limited to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// How far it goes within its limits.
    pub scope: Scope,
    /// Only for records of these teams and those below them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// Only for records of exactly these teams.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exact_teams: Vec<String>,
    /// From this instant on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Instant>,
    /// Before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Instant>,
    /// Only where this condition holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

impl From<&LimitedGrant> for Limits {
    fn from(grant: &LimitedGrant) -> Self {
        let owned = |names: &[Box<str>]| names.iter().map(|name| (**name).to_owned()).collect();
        let within = &grant.within;
        Self {
            scope: grant.scope,
            teams: owned(&within.teams.branches),
            exact_teams: owned(&within.teams.exact),
            valid_from: within.from.map(Instant::from_millis),
            valid_until: within.until.map(Instant::from_millis),
            condition: within.condition.as_ref().map(|it| it.condition.source().to_owned()),
        }
    }
}
