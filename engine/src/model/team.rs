//! Teams, and the roles that come with them.

use super::{Assignment, Located, Text};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A team of a tenant: its path, or a mapping with what else there is to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Team {
    /// Its path: `US/South` lies below `US`.
    pub path: Text,
    /// For people.
    pub title: String,
    /// The roles that its members hold, and those of the teams below it.
    pub roles: Vec<Assignment>,
    /// Others that look like this one, and are others.
    pub distinct_from: Vec<Text>,
}

impl From<Text> for Team {
    fn from(path: Text) -> Self {
        Self { path, ..Self::default() }
    }
}

impl From<&str> for Team {
    fn from(path: &str) -> Self {
        Text::from(path).into()
    }
}

/// The mapping, as it is written.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename = "TeamWithMore")]
pub(super) struct Mapping {
    /// Its path: `US/South` lies below `US`.
    #[serde(alias = "id")]
    path: Text,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    title: String,
    /// The roles that its members hold, and those of the teams below it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<Assignment>,
    /// Others that look like this one, and are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    distinct_from: Vec<Text>,
}

enum Written {
    Path(String),
    Mapping(Mapping),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the path of a team, or {path: ..., title: ..., roles: [...]}")
            }
            fn visit_str<E>(self, path: &str) -> Result<Written, E> {
                Ok(Written::Path(path.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                Mapping::deserialize(MapAccessDeserializer::new(map)).map(Written::Mapping)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Team {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Located::<Written>::deserialize(deserializer)?;
        let at = written.at();
        Ok(match written.into_inner() {
            Written::Path(path) => Text::new(path, at).into(),
            Written::Mapping(Mapping { path, title, roles, distinct_from }) => {
                Self { path, title, roles, distinct_from }
            }
        })
    }
}

impl Serialize for Team {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.title.is_empty() && self.roles.is_empty() && self.distinct_from.is_empty() {
            return self.path.serialize(serializer);
        }
        let Self { path, title, roles, distinct_from } = self.clone();
        Mapping { path, title, roles, distinct_from }.serialize(serializer)
    }
}
