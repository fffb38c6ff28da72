//! The tags that a tenant lists.
//!
//! A tag is only a word that users carry, and whoever misspells it makes a program that admits
//! nobody, or a rule that hides from nobody. A tenant that lists its tags is told.

use super::{Located, Text};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A tag of a tenant: its name, or a mapping with what else there is to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag {
    /// Its name.
    pub id: Text,
    /// For people.
    pub title: String,
    /// Others that look like this one, and are others.
    pub distinct_from: Vec<Text>,
}

impl From<Text> for Tag {
    fn from(id: Text) -> Self {
        Self { id, ..Self::default() }
    }
}

impl From<&str> for Tag {
    fn from(id: &str) -> Self {
        Text::from(id).into()
    }
}

/// The mapping, as it is written.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename = "TagWithMore")]
pub(super) struct Mapping {
    /// Its name.
    id: Text,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    title: String,
    /// Others that look like this one, and are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    distinct_from: Vec<Text>,
}

enum Written {
    Id(String),
    Mapping(Mapping),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a tag, or {id: ..., title: ...}")
            }
            fn visit_str<E>(self, id: &str) -> Result<Written, E> {
                Ok(Written::Id(id.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                Mapping::deserialize(MapAccessDeserializer::new(map)).map(Written::Mapping)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Located::<Written>::deserialize(deserializer)?;
        let at = written.at();
        Ok(match written.into_inner() {
            Written::Id(id) => Text::new(id, at).into(),
            Written::Mapping(Mapping { id, title, distinct_from }) => {
                Self { id, title, distinct_from }
            }
        })
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.title.is_empty() && self.distinct_from.is_empty() {
            return self.id.serialize(serializer);
        }
        let Self { id, title, distinct_from } = self.clone();
        Mapping { id, title, distinct_from }.serialize(serializer)
    }
}
