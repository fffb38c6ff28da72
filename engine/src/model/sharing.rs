//! Sharing: how much of a record those see to whom it does not belong.
//!
//! A grant says that somebody may look at records of a kind; sharing says how much each record
//! shows. Three layers settle it, as in the products that it comes from: *defaults* (what a new
//! record shares), *policies* (what is enforced whatever its owner chose) and *overrides*
//! (conditions that open, close or redact particular cases). A policy beats an override, an
//! override beats a default. Redaction has origins of its own, and a private record is closed
//! before any of this is asked.

use super::{ConditionTest, Matchers, Text};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How much of a record's content is shown. Later ones are more severe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// All of it.
    Share,
    /// That it exists, without the fields that its kind withholds.
    Redact,
    /// Nothing.
    Hide,
}

impl Exposure {
    pub(crate) const ALL: [Self; 3] = [Self::Share, Self::Redact, Self::Hide];

    /// As it is written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Redact => "redact",
            Self::Hide => "hide",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a product shares between its users, and how.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SharingCatalog {
    /// The relations that name whose a record is: they share it, and see all of it.
    pub by: Vec<Text>,
    /// What to assume of the sharer's own redaction where no relation names a sharer. Where one
    /// is ill-typed, or names somebody whom the directory does not have, it binds in any case.
    pub unnamed: Unnamed,
    /// The marks of a private record. Any one makes it private.
    pub private: Vec<Mark>,
    /// The kinds of content.
    pub contents: BTreeMap<String, Content>,
}

/// What to assume of the sharer's own redaction where no sharer is named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unnamed {
    /// That it binds: whoever leaves the sharer out learns less.
    #[default]
    Close,
    /// That there is none.
    Ignore,
}

/// An attribute that makes a record private. Unknown attributes do not; ill-typed ones do.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The attribute of the resource.
    pub attribute: Text,
    /// The texts that make it private. Where it is left out anything but `false` does.
    #[serde(default, deserialize_with = "super::some", rename = "is")]
    pub values: Vec<String>,
}

/// A kind of content, such as a timeline or a note.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// For people.
    #[serde(default)]
    pub label: String,
    /// What is shown where neither the record nor the tenant says anything.
    pub default: Exposure,
    /// The fields that a redaction withholds.
    #[serde(default)]
    pub withhold: Vec<String>,
    /// What redacts it.
    #[serde(default)]
    pub redact: Redactions,
}

/// The origins of a redaction. Each by itself is enough, and none can be lifted by a policy or
/// an override of the tenant.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Redactions {
    /// A restricting toggle that the viewer holds.
    pub viewer: Option<Text>,
    /// A restricting toggle that the sharer holds.
    pub sharer: Option<Text>,
    /// An attribute of the record: the account that it came from was set to redact.
    pub account: Option<Text>,
}

/// What a permission shows.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Shows {
    /// The kind of content.
    pub kind: Text,
    /// The kind of content where the resource is of one of these kinds.
    #[serde(default)]
    pub kinds: BTreeMap<String, Text>,
    /// What a redaction does to it.
    #[serde(default)]
    pub redacted: WhenRedacted,
}

/// What a redaction does to a permission.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenRedacted {
    /// It is allowed, and the caller is obliged to withhold the fields.
    #[default]
    Withhold,
    /// It is denied: what is withheld is all that it shows.
    Deny,
}

/// What a tenant shares.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SharingRules {
    /// What a record of a kind shares where it does not say so itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub defaults: BTreeMap<String, Exposure>,
    /// What is enforced whatever a record says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<SharingRule>,
    /// What particular cases share in place of the default.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<SharingRule>,
}

impl SharingRules {
    /// Whether it says nothing, and need not be written down.
    #[must_use]
    pub(crate) fn is_default(&self) -> bool {
        self.defaults.is_empty() && self.policies.is_empty() && self.overrides.is_empty()
    }
}

/// A policy or an override.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SharingRule {
    /// Unique among the tenant's policies, or its overrides.
    pub id: Text,
    /// The kinds of content; all of them where it is left out.
    #[serde(default, deserialize_with = "super::some", skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Text>,
    /// How much is shown.
    pub outcome: Exposure,
    /// To whom. None: to everybody.
    #[serde(
        default,
        rename = "for",
        deserialize_with = "somebody",
        skip_serializing_if = "Matchers::is_default"
    )]
    pub viewers: Matchers,
    /// Only where this condition holds. Where it cannot be known the rule can close, never open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
    /// What the condition has to say of these cases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cases: Vec<ConditionTest>,
    /// For policies: gives way to overrides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overridable: bool,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Reads to whom a rule applies: written down and empty it could mean everybody or nobody.
fn somebody<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Matchers, D::Error> {
    let matchers = Matchers::deserialize(deserializer)?;
    match matchers.is_empty() {
        false => Ok(matchers),
        true => Err(serde::de::Error::custom(
            "`for` names nobody, and could mean everybody or nobody; name roles, teams, tags or a \
             condition, or leave it out for everybody",
        )),
    }
}
