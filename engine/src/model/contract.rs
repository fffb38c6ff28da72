//! The contract: what a question may be about.
//!
//! A catalog that says of its permissions which kinds of resources they are about is *closed*: a
//! question about another kind is denied, and so is one whose attributes are not what the kind
//! declares. Where nothing is said, a question may name any kind and any attribute, and one that
//! is misspelt is as good as none.

use super::{AttributeRule, AttributeType, InputPath, SchemaError, Text};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// The kinds of resources that a permission is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kinds {
    /// Every kind that the catalog knows: `any`.
    Any,
    /// These.
    Only(Vec<Text>),
}

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Kinds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`any`, or a list of kinds of resources")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text {
                    "any" => Ok(Kinds::Any),
                    kind => Err(E::custom(format_args!(
                        "write a list, `[{kind}]`, or `any` for every kind that the catalog knows"
                    ))),
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                let kinds: Vec<Text> = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
                match kinds.is_empty() {
                    true => Err(A::Error::custom(
                        "it is about no kind of resource; list at least one, or write `any`",
                    )),
                    false => Ok(Kinds::Only(kinds)),
                }
            }
        }
        deserializer.deserialize_any(Written)
    }
}

/// The attributes of a kind: `{private: {type: boolean, required: true}, amount: integer}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindAttributes(BTreeMap<String, AttributeRule>);

impl KindAttributes {
    /// The attributes with all that is said of them.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &AttributeRule)> {
        self.0.iter().map(|(name, rule)| (name.as_str(), rule))
    }

    /// What is said of one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&AttributeRule> {
        self.0.get(name)
    }

    /// Declares one, in place of what was said of it.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if it cannot be declared, or not so.
    pub fn declare(
        &mut self,
        name: &str,
        rule: impl Into<AttributeRule>,
    ) -> Result<(), SchemaError> {
        let rule = rule.into();
        let path = format!("resource.{name}");
        if !matches!(path.parse(), Ok(InputPath::ResourceAttribute(_))) {
            return Err(SchemaError::NotOfAKind(name.to_owned()));
        }
        if rule.trusted {
            return Err(SchemaError::Misplaced { path: name.to_owned(), field: "trusted" });
        }
        self.0.insert(name.to_owned(), rule);
        Ok(())
    }
}

impl<'n> FromIterator<(&'n str, AttributeType)> for KindAttributes {
    /// Attributes of which nothing but the type is said. Names that no kind can have are left out.
    fn from_iter<I: IntoIterator<Item = (&'n str, AttributeType)>>(items: I) -> Self {
        let mut declared = Self::default();
        for (name, kind) in items {
            let _ = declared.declare(name, kind);
        }
        declared
    }
}

impl<'de> Deserialize<'de> for KindAttributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error as _, MapAccess};
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = KindAttributes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from names of attributes to their types")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut declared = KindAttributes::default();
                while let Some((name, rule)) = map.next_entry::<String, AttributeRule>()? {
                    if declared.0.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("`{name}` is declared twice")));
                    }
                    declared.declare(&name, rule).map_err(A::Error::custom)?;
                }
                Ok(declared)
            }
        }
        deserializer.deserialize_map(Written)
    }
}

/// A type of subject that questions may be about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SubjectType {
    /// For people.
    pub label: String,
    /// The type whose other name it is, such as `user` for `identity`.
    pub same_as: Option<Text>,
    /// Of `anonymous`: the standard role that whoever asks so holds, and nothing besides.
    pub role: Option<Text>,
}
