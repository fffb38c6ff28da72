//! What catalogs, tenants and sharing have in common: whom something is for, and what one may do
//! with what is exclusive.

use super::{ConditionTest, Text};
use serde::{Deserialize, Serialize};

/// What one may do with exclusive content. Edit implies view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// See it.
    View,
    /// Change it.
    Edit,
}

/// Who is a member of a program. One that fits is enough; none at all admits nobody.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Matchers {
    /// Holders of these roles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Text>,
    /// Members of these teams and of the teams below them.
    #[serde(alias = "sub_teams", skip_serializing_if = "Vec::is_empty")]
    pub teams: Vec<Text>,
    /// Members of exactly these teams.
    #[serde(alias = "exact_sub_teams", skip_serializing_if = "Vec::is_empty")]
    pub exact_teams: Vec<Text>,
    /// Users who carry one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Text>,
    /// Whoever this condition holds for (see [`crate::condition`]). Where it cannot be known it
    /// admits nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
    /// What the condition has to say of these cases.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<ConditionTest>,
}

impl Matchers {
    /// Whether it says nothing, and need not be written down.
    #[must_use]
    pub(crate) fn is_default(&self) -> bool {
        self.is_empty() && self.cases.is_empty()
    }

    /// Whether there is no matcher at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
            && self.teams.is_empty()
            && self.exact_teams.is_empty()
            && self.tags.is_empty()
            && self.condition.is_none()
    }
}
