//! Roles as somebody holds them: at once, or within limits.
//!
//! One role and a thousand assignments say what would otherwise take a thousand copies of the
//! role: `roles: [agent, {role: quality_reviewer, teams: [tier1], valid_until: …}]`.

use super::{Instant, Located, Text};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A role as it is held: a name, or a mapping with limits, within which everything that the role
/// brings is held.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// Which role.
    pub role: Text,
    /// Only for resources of these teams and the teams below them.
    pub teams: Option<Vec<Text>>,
    /// From this instant on.
    pub valid_from: Option<Instant>,
    /// Before this instant; a date is where that day ends, in UTC.
    pub valid_until: Option<Instant>,
    /// Only where this condition holds (see [`crate::condition`]). Where it cannot be known, for
    /// want of an attribute, it does not.
    pub condition: Option<Text>,
}

impl Assignment {
    /// Whether the role is held within limits of any kind.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        let Self { role: _, teams, valid_from, valid_until, condition } = self;
        teams.is_some() || valid_from.or(*valid_until).is_some() || condition.is_some()
    }
}

/// The role without limits.
impl From<Text> for Assignment {
    fn from(role: Text) -> Self {
        Self { role, ..Self::default() }
    }
}

/// The role without limits.
impl From<String> for Assignment {
    fn from(role: String) -> Self {
        Text::from(role).into()
    }
}

/// The role without limits.
impl From<&str> for Assignment {
    fn from(role: &str) -> Self {
        Text::from(role).into()
    }
}

/// The mapping, as it is written.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename = "LimitedAssignment")]
pub(super) struct Mapping {
    /// Which role.
    role: Text,
    /// Only for resources of these teams and the teams below them.
    #[serde(default, deserialize_with = "super::said", skip_serializing_if = "Option::is_none")]
    teams: Option<Vec<Text>>,
    /// From this instant on.
    #[serde(default, deserialize_with = "super::said", skip_serializing_if = "Option::is_none")]
    valid_from: Option<Instant>,
    /// Before this instant; a date is where that day ends, in UTC.
    #[serde(
        default,
        deserialize_with = "super::instant_until",
        skip_serializing_if = "Option::is_none"
    )]
    valid_until: Option<Instant>,
    /// Only where this condition holds.
    #[serde(default, deserialize_with = "super::said", skip_serializing_if = "Option::is_none")]
    condition: Option<Text>,
}

impl From<Mapping> for Assignment {
    fn from(mapping: Mapping) -> Self {
        let Mapping { role, teams, valid_from, valid_until, condition } = mapping;
        Self { role, teams, valid_from, valid_until, condition }
    }
}

/// What stands in a list of roles.
enum Written {
    Name(String),
    Mapping(Mapping),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a role, or `{role: …, teams: […], valid_until: …}`")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Written, E> {
                String::deserialize(StrDeserializer::new(name)).map(Written::Name)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                Mapping::deserialize(MapAccessDeserializer::new(map)).map(Written::Mapping)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Assignment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Located::<Written>::deserialize(deserializer)?;
        let at = written.at();
        Ok(match written.into_inner() {
            Written::Name(name) => Text::new(name, at).into(),
            Written::Mapping(mapping) => mapping.into(),
        })
    }
}

impl Serialize for Assignment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.is_limited() {
            return self.role.serialize(serializer);
        }
        let Self { role, teams, valid_from, valid_until, condition } = self.clone();
        Mapping { role, teams, valid_from, valid_until, condition }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_written_as_a_name_or_with_its_limits() {
        let text = "- agent\n- {role: reviewer, teams: [tier1], valid_until: 2026-12-31, condition: now > 1}\n- role: reader\n";
        let read: Vec<Assignment> = serde_saphyr::from_str(text).unwrap();
        let [agent, reviewer, reader] = read.as_slice() else { panic!("{read:?}") };
        assert!(!agent.is_limited() && reviewer.is_limited() && !reader.is_limited());
        assert_eq!((agent.role.at().line, reviewer.role.at().line), (1, 2));
        assert_eq!(reviewer.teams.as_deref(), Some(&[Text::from("tier1")][..]));
        assert_eq!(reviewer.teams.as_ref().unwrap()[0].at().line, 2);
        assert_eq!(
            (reviewer.valid_from, reviewer.valid_until.map(Instant::millis)),
            (None, Some(1_798_761_600_000))
        );
        let again = serde_saphyr::to_string(&read).unwrap();
        assert_eq!(serde_saphyr::from_str::<Vec<Assignment>>(&again).unwrap(), read);
        assert!(again.starts_with("- agent\n- role: reviewer\n"), "{again}");
    }

    #[test]
    fn a_limit_that_nobody_knows_is_refused() {
        for text in ["- {role: reviewer, team: tier1}", "- {teams: [tier1]}", "- 3"] {
            serde_saphyr::from_str::<Vec<Assignment>>(text).unwrap_err();
        }
    }
}
