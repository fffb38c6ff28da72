//! The baseline: the roles that every user of a tenant holds.

use super::Assignment;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// The roles that every user of every tenant holds: a list, or a mapping that lets tenants say
/// something else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Which, each at once or within limits.
    pub roles: Vec<Assignment>,
    /// Whether a tenant may have another baseline.
    pub editable: bool,
}

/// The mapping, as it is written.
#[derive(Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename = "EditableBaseline")]
pub(super) struct Mapping {
    /// Which, each at once or within limits.
    #[serde(default)]
    roles: Vec<Assignment>,
    /// Whether a tenant may have another baseline.
    #[serde(default)]
    editable: bool,
}

impl<'de> Deserialize<'de> for Baseline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Baseline;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of roles, or {roles: [...], editable: ...}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Baseline, A::Error> {
                let roles = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                Ok(Baseline { roles, editable: false })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Baseline, A::Error> {
                let Mapping { roles, editable } =
                    Mapping::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Baseline { roles, editable })
            }
        }
        deserializer.deserialize_any(Either)
    }
}
