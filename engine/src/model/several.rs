//! Several permissions that one grant names: a list, or a part of a table of kinds and actions.

use super::{Position, Text};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Several permissions: `[invoice.read, letter.*]`, or each of some actions on each of some kinds,
/// `{kinds: [invoice, letter], actions: [read, print]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Several {
    /// Names and patterns.
    List(Vec<Text>),
    /// Every one of these actions on every one of these kinds, each given by its name.
    Table(Cells),
}

/// Actions on kinds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Cells {
    /// What stands before the last part of the names of permissions.
    pub kinds: Vec<Text>,
    /// The rest of their names.
    pub actions: Vec<Text>,
}

const NOTHING: &str = "the grant names no permission; name some, or delete the grant";

impl Cells {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty() || self.actions.is_empty()
    }
}

impl Several {
    /// Where it begins.
    #[must_use]
    pub fn at(&self) -> Position {
        let (Self::List(first) | Self::Table(Cells { kinds: first, .. })) = self;
        first.first().map(Text::at).unwrap_or_default()
    }
}

impl Several {
    /// The names, or how those begin that stand in a table.
    pub(crate) fn beginnings(&self) -> impl Iterator<Item = &Text> {
        let (Self::List(names) | Self::Table(Cells { kinds: names, .. })) = self;
        names.iter()
    }
}

/// On one line, as it is written.
impl fmt::Display for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[Text]| {
            let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            names.join(", ")
        };
        match self {
            Self::List(names) => write!(f, "[{}]", list(names)),
            Self::Table(Cells { kinds, actions }) => {
                write!(f, "{{kinds: [{}], actions: [{}]}}", list(kinds), list(actions))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Several {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Several;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of permissions, or {kinds: [...], actions: [...]}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Several, A::Error> {
                let names: Vec<Text> = Vec::deserialize(SeqAccessDeserializer::new(list))?;
                if names.is_empty() {
                    Err(A::Error::custom(NOTHING))
                } else {
                    Ok(Several::List(names))
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Several, A::Error> {
                let cells = Cells::deserialize(MapAccessDeserializer::new(map))?;
                if cells.is_empty() {
                    Err(A::Error::custom(NOTHING))
                } else {
                    Ok(Several::Table(cells))
                }
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Serialize for Several {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(names) => names.serialize(serializer),
            Self::Table(cells) => cells.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_permissions_are_a_list_or_a_part_of_a_table() {
        for (text, shown) in [
            ("[a.read, b.*]", "[a.read, b.*]"),
            ("{kinds: [a, b], actions: [read]}", "{kinds: [a, b], actions: [read]}"),
        ] {
            let read: Several = serde_saphyr::from_str(text).unwrap();
            assert_eq!((read.to_string().as_str(), read.at().line), (shown, 1));
            let again = serde_saphyr::to_string(&read).unwrap();
            assert_eq!(serde_saphyr::from_str::<Several>(&again).unwrap(), read);
        }
        for wrong in ["a.read", "{kinds: [a]}", "{kinds: [a], actions: [b], x: 1}", "3"] {
            serde_saphyr::from_str::<Several>(wrong).unwrap_err();
        }
    }
}
