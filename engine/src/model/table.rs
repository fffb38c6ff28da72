//! Tables of kinds and actions in catalogs.
//!
//! Of a product with many kinds of documents nearly everything that can be permitted is the same
//! few actions, on one kind after the other. So a category may list the actions beside its kinds,
//! and every action on every kind is a permission of it. What is said of an action holds for each
//! of them.
//!
//! ```yaml
//! categories:
//!   - id: documents
//!     kinds: [invoice, receipt, letter]
//!     actions:
//!       - read
//!       - {id: write, label: "Change {kind}", requires: [read]}
//!       - {id: pay, kinds: [invoice]}
//!     except: [receipt.write]
//! ```
//!
//! Tables are written out once, when a catalog is compiled; whoever reads a compiled catalog
//! finds ordinary permissions.

use super::{Located, Permission, Text};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// An action of a table: a name, or a mapping that says more of each of its permissions.
///
/// `label` and `meaning` may hold `{kind}`, which stands for the label of the kind. Lists of
/// permissions may name actions of the table, which are meant on the same kind. `kinds` are those
/// of the table that have the action; all of them where absent.
#[derive(Debug, Clone, Default)]
pub struct Action(pub Permission);

/// What stands in a list of actions.
enum Written {
    Name(String),
    Mapping(Box<Permission>),
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Written;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an action, or `{id: …, label: …, requires: […]}`")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Written, E> {
                String::deserialize(StrDeserializer::new(name)).map(Written::Name)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Written, A::Error> {
                let mapping = Permission::deserialize(MapAccessDeserializer::new(map));
                mapping.map(|mapping| Written::Mapping(Box::new(mapping)))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Located::<Written>::deserialize(deserializer)?;
        let at = written.at();
        Ok(Self(match written.into_inner() {
            Written::Name(name) => Permission { id: Text::new(name, at), ..Permission::default() },
            Written::Mapping(mapping) => *mapping,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_written_as_a_name_or_with_what_is_said_of_it() {
        let text = "- read\n- {id: write, requires: [read]}\n";
        let read: Vec<Action> = serde_saphyr::from_str(text).unwrap();
        let [Action(read), Action(write)] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!((read.id.as_str(), read.id.at().line), ("read", 1));
        assert_eq!((write.id.as_str(), write.id.at().line), ("write", 2));
        assert_eq!(write.requires, [Text::from("read")]);
        for wrong in ["- 3", "- [read]", "- {id: read, requries: [x]}"] {
            serde_saphyr::from_str::<Vec<Action>>(wrong).unwrap_err();
        }
    }
}
