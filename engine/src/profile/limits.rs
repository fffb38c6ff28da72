//! What a grant is limited to, as it is told.

use super::holding::Also;
use crate::model::{Instant, Scope};
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
    /// From this instant on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Instant>,
    /// Before this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Instant>,
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
            valid_from: within.from.map(Instant::from_millis),
            valid_until: within.until.map(Instant::from_millis),
            condition: within.condition.as_ref().map(|it| it.condition.source().to_owned()),
            and: within.and.as_ref().map(|and| Box::new(Self::of(scope, and))),
        }
    }
}

/// A permission that another one requires on the same record, as far as it is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Required {
    /// The required permission.
    pub permission: String,
    /// How far it is held without limits.
    pub scope: Scope,
    /// The teams that it is about, where the scope makes that matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<String>,
    /// How far within limits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limited: Vec<Limits>,
    /// Who delegated it besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegated_by: Vec<String>,
}

impl From<&Also<'_>> for Required {
    fn from(also: &Also<'_>) -> Self {
        Self {
            permission: also.name.to_owned(),
            scope: also.own.scope,
            teams: also.own.named_teams(),
            limited: also.own.limited.iter().map(|grant| Limits::from(&**grant)).collect(),
            delegated_by: also.handed.iter().map(|(from, _)| (*from).to_owned()).collect(),
        }
    }
}
