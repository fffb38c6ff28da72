//! A tenant as a store exports it: with the version of the catalog that it was exported under, and
//! with titles of teams. Neither decides anything, and a file with them is read like any other.

use crate::model::{Located, Tenant, Text};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// A tenant, less what only a store has.
pub(super) struct Exported(pub(super) Tenant);

impl<'de> Deserialize<'de> for Exported {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl<'de> Visitor<'de> for Whole {
            type Value = Exported;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Exported, A::Error> {
                let mut teams = None;
                let rest = Rest { map, teams: &mut teams };
                let mut tenant = Tenant::deserialize(MapAccessDeserializer::new(rest))?;
                tenant.teams = teams.unwrap_or_default();
                Ok(Exported(tenant))
            }
        }
        deserializer.deserialize_map(Whole)
    }
}

/// All keys but those that are read otherwise.
struct Rest<'t, A> {
    map: A,
    teams: &'t mut Option<Vec<Text>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            match key.as_str() {
                "catalog" => {
                    self.map.next_value::<IgnoredAny>()?;
                }
                "teams" => {
                    let teams = self.map.next_value::<Vec<Located<Team>>>()?;
                    *self.teams = Some(teams.into_iter().map(Team::path).collect());
                }
                _ => return seed.deserialize(key.into_deserializer()).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A team: its path, or its path and a title.
struct Team(String);

impl Team {
    fn path(team: Located<Self>) -> Text {
        let at = team.at();
        Text::new(team.into_inner().0, at)
    }
}

impl<'de> Deserialize<'de> for Team {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Titled {
            path: String,
            #[serde(default, rename = "title")]
            _title: String,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Team;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the path of a team, or `{path: …, title: …}`,")
            }
            fn visit_str<E>(self, path: &str) -> Result<Team, E> {
                Ok(Team(path.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Team, A::Error> {
                Titled::deserialize(MapAccessDeserializer::new(map)).map(|titled| Team(titled.path))
            }
        }
        deserializer.deserialize_any(Either)
    }
}
