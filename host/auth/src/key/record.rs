//! What is kept of an API key, and what of that may be shown. The form is stable JSON, because
//! stores keep it as they keep every other document.

use super::{KeyError, KeyId, SecretHash, date};
use crate::Millis;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// Secrets that a key has at most: one, and while it is rotated the one before.
pub const MAX_SECRETS: usize = 2;

const LABEL: usize = 200;
const EVERY: &str = "*";

/// An API key on record. It holds hashes of secrets: show a [`KeyView`] instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// By which it is found.
    pub id: KeyId,
    /// What people call it.
    pub label: String,
    /// Its secrets, the newest last; at most [`MAX_SECRETS`].
    #[serde(deserialize_with = "few")]
    pub secrets: Vec<Secret>,
    /// The tenants that it is good for.
    pub tenants: Tenants,
    /// What it may do.
    pub verbs: BTreeSet<Verb>,
    /// The roles that it acts with inside of tenants.
    pub roles: BTreeSet<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
    /// When it was withdrawn. Any instant counts, also one that a clock running late has yet to
    /// reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Millis>,
}

/// One secret of a key, as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Of the secret.
    pub hash: SecretHash,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends, where another took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
}

/// What a new key is to be: everything that may be asked for, and nothing that may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// What people call it.
    pub label: String,
    /// The tenants that it is good for.
    pub tenants: Tenants,
    /// What it may do.
    pub verbs: BTreeSet<Verb>,
    /// The roles that it acts with inside of tenants.
    pub roles: BTreeSet<String>,
    /// When it ends, if it does: milliseconds since 1970 in UTC.
    pub expires_at: Option<Millis>,
}

/// An API key as it may be shown: everything but hashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyView {
    /// By which it is found.
    pub id: KeyId,
    /// What people call it.
    pub label: String,
    /// Its secrets, the newest last, without anything that is kept of them.
    pub secrets: Vec<SecretView>,
    /// The tenants that it is good for.
    pub tenants: Tenants,
    /// What it may do.
    pub verbs: BTreeSet<Verb>,
    /// The roles that it acts with inside of tenants.
    pub roles: BTreeSet<String>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[serde(with = "date")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created_at: Millis,
    /// When it ends, if it does.
    #[serde(default, with = "date::maybe", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<Millis>,
    /// When it was withdrawn, if it was.
    #[serde(default, with = "date::maybe", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub revoked_at: Option<Millis>,
}

/// The dates of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretView {
    /// When it was made.
    #[serde(with = "date")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created_at: Millis,
    /// When it ends, where another took its place.
    #[serde(default, with = "date::maybe", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<Millis>,
}

/// A kind of thing that a key may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Ask for decisions: the endpoints of access evaluation and search.
    Decide,
    /// Read what is administered inside of tenants, and its audit.
    Read,
    /// Change what is administered inside of tenants.
    Write,
    /// Run the installation: products, new tenants, families and keys for the platform. Good for
    /// all tenants or none; a key that has it makes none that reaches further than itself.
    Platform,
}

/// The tenants that a key is good for: `"*"` in JSON, or a list of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Each that there is and will be.
    All,
    /// These, and none where the list is empty.
    Only(BTreeSet<String>),
}

impl Tenants {
    /// Whether that one is among them.
    #[must_use]
    pub fn contains(&self, tenant: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(these) => these.contains(tenant),
        }
    }
}

impl Serialize for Tenants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str(EVERY),
            Self::Only(these) => these.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Tenants {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Tenants;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`\"*\"` for all tenants or a list of ids")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Tenants, E> {
                if text == EVERY { Ok(Tenants::All) } else { Err(E::custom(KeyError::Tenants)) }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut ids: A) -> Result<Tenants, A::Error> {
                let mut these = BTreeSet::new();
                while let Some(id) = ids.next_element::<String>()? {
                    // A star within a list is a mistake that must not be read as either.
                    if id == EVERY || id.is_empty() {
                        return Err(A::Error::custom(KeyError::Tenants));
                    }
                    these.insert(id);
                }
                Ok(Tenants::Only(these))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

impl JsonSchema for Tenants {
    fn schema_name() -> Cow<'static, str> {
        "Tenants".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The tenants that a key is good for: \"*\" for all, or their ids.",
            "oneOf": [
                { "const": EVERY },
                { "type": "array", "items": { "type": "string", "minLength": 1 }, "uniqueItems": true }
            ]
        })
    }
}

impl KeyRequest {
    pub(super) fn check(&self, now: Millis) -> Result<(), KeyError> {
        let label = self.label.trim();
        if label.is_empty() || self.label.chars().count() > LABEL {
            return Err(KeyError::Label);
        }
        if self.verbs.is_empty() {
            return Err(KeyError::Verbs);
        }
        if self.verbs.contains(&Verb::Platform) && self.tenants != Tenants::All {
            return Err(KeyError::Platform);
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(KeyError::Ended);
        }
        Ok(())
    }
}

impl From<&KeyRecord> for KeyView {
    fn from(record: &KeyRecord) -> Self {
        let dates = |secret: &Secret| {
            let Secret { created_at, expires_at, .. } = *secret;
            SecretView { created_at, expires_at }
        };
        Self {
            id: record.id.clone(),
            label: record.label.clone(),
            secrets: record.secrets.iter().map(dates).collect(),
            tenants: record.tenants.clone(),
            verbs: record.verbs.clone(),
            roles: record.roles.clone(),
            created_by: record.created_by.clone(),
            created_at: record.created_at,
            expires_at: record.expires_at,
            revoked_at: record.revoked_at,
        }
    }
}

fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Secret>, D::Error> {
    let secrets = Vec::deserialize(deserializer)?;
    if secrets.len() > MAX_SECRETS { Err(D::Error::custom(KeyError::Secrets)) } else { Ok(secrets) }
}
