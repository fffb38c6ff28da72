//! The chain of hashes through a log.
//!
//! Each record's hash covers the hash of the one before it, so that a record that is changed,
//! left out or put in later is found out. Whoever can rewrite a whole log can make another chain:
//! compare the head's hash with one that was written down elsewhere.

use crate::realm::Realm;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// A SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Before the first record.
    pub const NONE: Self = Self([0; 32]);

    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "a hash is 64 hexadecimal digits";
        let digits: Option<Vec<u8>> =
            text.chars().map(|c| c.to_digit(16).and_then(|digit| digit.try_into().ok())).collect();
        let digits = digits.filter(|digits| digits.len() == 64).ok_or(wrong)?;
        let bytes: Vec<u8> = digits
            .chunks_exact(2)
            .filter_map(|pair| Some(pair.first()? << 4 | pair.last()?))
            .collect();
        Self::from_bytes(&bytes).ok_or(wrong)
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a record's hash covers.
pub(crate) struct Link<'a> {
    pub(crate) previous: &'a Hash,
    pub(crate) realm: &'a Realm,
    pub(crate) revision: u64,
    pub(crate) at: i64,
    pub(crate) actor: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) request: &'a str,
    pub(crate) content: &'a str,
}

impl Link<'_> {
    /// The hash. Every part stands behind its length, so that no two records read alike.
    pub(crate) fn hash(&self) -> Hash {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(bytes);
        };
        part(b"permesso log 1");
        part(self.previous.as_bytes());
        part(self.realm.as_str().as_bytes());
        part(&self.revision.to_be_bytes());
        part(&self.at.to_be_bytes());
        part(self.actor.as_bytes());
        part(self.operation.as_bytes());
        part(self.request.as_bytes());
        part(self.content.as_bytes());
        Hash(hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_record_is_in_its_hash() {
        let realm = Realm::tenant("t").unwrap();
        let other = Realm::tenant("u").unwrap();
        let link = |change: fn(&mut Link<'_>)| {
            let mut link = Link {
                previous: &Hash::NONE,
                realm: &realm,
                revision: 1,
                at: 2,
                actor: "a",
                operation: "bc",
                request: "",
                content: "[]",
            };
            change(&mut link);
            link.hash()
        };
        let plain = link(|_| {});
        let mut seen = vec![plain];
        seen.push(link(|link| link.previous = &Hash([1; 32])));
        seen.push(link(|link| link.revision = 2));
        seen.push(link(|link| link.at = 3));
        seen.push(link(|link| (link.actor, link.operation) = ("ab", "c")));
        seen.push(link(|link| link.request = "r"));
        seen.push(link(|link| link.content = "[1]"));
        let moved = Link {
            realm: &other,
            ..Link {
                previous: &Hash::NONE,
                realm: &realm,
                revision: 1,
                at: 2,
                actor: "a",
                operation: "bc",
                request: "",
                content: "[]",
            }
        };
        seen.push(moved.hash());
        for (n, one) in seen.iter().enumerate() {
            assert!(seen.iter().skip(n + 1).all(|other| one != other), "{n}");
        }
        assert_eq!(plain, link(|_| {}));
        assert_eq!(plain.to_string().parse(), Ok(plain));
    }
}
