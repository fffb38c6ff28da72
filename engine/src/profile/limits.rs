//! What a grant is limited to, as it is told.

use crate::model::Scope;
use crate::snapshot::{LimitedGrant, Within};
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
    /// From this instant on, in milliseconds since 1970-01-01T00:00:00Z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<i64>,
    /// Before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<i64>,
    /// Only where this condition holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Only within these as well: a role that is held within limits may have grants within others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub and: Option<Box<Limits>>,
}

impl From<&LimitedGrant> for Limits {
    fn from(grant: &LimitedGrant) -> Self {
        Self::of(grant.scope, &grant.within)
    }
}

impl Limits {
    /// A scope within limits.
    pub(crate) fn of(scope: Scope, within: &Within) -> Self {
        let owned = |names: &[Box<str>]| names.iter().map(|name| (**name).to_owned()).collect();
        Self {
            scope,
            teams: owned(&within.teams.branches),
            exact_teams: owned(&within.teams.exact),
            valid_from: within.from,
            valid_until: within.until,
            condition: within.condition.as_ref().map(|it| it.condition.source().to_owned()),
            and: within.and.as_ref().map(|and| Box::new(Self::of(scope, and))),
        }
    }
}
