//! Whose components this platform runs.
//!
//! One file, written by the operator and by nobody else: `trust.yaml` in the depot. It names
//! publishers, their keys, and which families each may ship; whoever is not in it ships nothing.
//! Without the file nobody is trusted, and every component has to be signed.
//!
//! ```yaml
//! require_signature: true
//! publishers:
//!   - id: northwind
//!     key: permesso-public-key/1 uSpN…
//!     families: [clearance, "northwind-*"]
//! ```

use super::key::{KeyId, PublicKey};
use super::signature::{Signature, SignatureError};
use jiff::Timestamp;
use permesso_engine::diagnostic::Diagnostic;
use permesso_engine::load;
use permesso_runtime::Digest;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Whose components are run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Whether a component without a signature is refused. The default.
    #[serde(default = "yes")]
    pub require_signature: bool,
    /// Who may ship what.
    #[serde(default)]
    pub publishers: Vec<Publisher>,
}

/// Somebody who ships families.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publisher {
    /// What the platform calls them.
    pub id: String,
    /// Their key.
    pub key: PublicKey,
    /// The families that they may ship: ids, or the beginning of ids and a `*`.
    pub families: Vec<String>,
    /// Whether the key is no longer trusted, for instance because it was lost. What it signed is
    /// not run any more.
    #[serde(default)]
    pub revoked: bool,
}

/// Why a component is not trusted, or why the trust file says nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is wrong.
    #[error("`{}` is wrong: {detail}", path.display())]
    Document {
        /// Which.
        path: PathBuf,
        /// What, and where.
        detail: String,
    },
    /// No signature.
    #[error(
        "it is not signed; ask its publisher for a signature, or sign it yourself with `permesso \
         family sign` and add your key to `trust.yaml`"
    )]
    Unsigned,
    /// A signature of nobody.
    #[error(
        "it is signed with the key {key}, which is not in `trust.yaml`; add its publisher there \
         if you trust them"
    )]
    UnknownKey {
        /// The key, as the signature says.
        key: KeyId,
    },
    /// A key that was withdrawn.
    #[error("the key {key} of `{publisher}` is revoked; ask them for one signed with a new key")]
    Revoked {
        /// Whose.
        publisher: String,
        /// Which.
        key: KeyId,
    },
    /// A family of somebody else.
    #[error(
        "`{publisher}` may not ship the family `{family}`; if they should, add it to their \
         `families` in `trust.yaml`"
    )]
    NotTheirs {
        /// Who signed.
        publisher: String,
        /// As what.
        family: String,
    },
    /// A bad signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Default for Trust {
    fn default() -> Self {
        Self { require_signature: true, publishers: Vec::new() }
    }
}

const fn yes() -> bool {
    true
}

impl Trust {
    /// Reads the file; where there is none, nobody is trusted.
    ///
    /// # Errors
    ///
    /// [`TrustError::Read`] or [`TrustError::Document`].
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text)
                .map_err(|detail| TrustError::Document { path: path.to_owned(), detail }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(TrustError::Read { path: path.to_owned(), source }),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let this: Self =
            serde_saphyr::from_str_with_options(text, load::options()).map_err(|error| {
                let Diagnostic { at, message, help, .. } = load::fault("", &error);
                let told = load::Plain { message, help };
                format!("line {}, column {}: {told}", at.line, at.column)
            })?;
        let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for publisher in &this.publishers {
            if !ids.insert(&publisher.id) {
                return Err(format!("two publishers are called `{}`", publisher.id));
            }
            if !keys.insert(publisher.key.to_string()) {
                return Err(format!("`{}` has the key of another publisher", publisher.id));
            }
            for family in &publisher.families {
                let stem = family.strip_suffix('*').unwrap_or(family);
                if stem.is_empty() || stem.contains('*') {
                    return Err(format!(
                        "`{family}` of `{}` is no family; write an id, or the beginning of ids \
                         and one `*` at its end",
                        publisher.id
                    ));
                }
            }
        }
        Ok(this)
    }

    /// Who answers for a component: the id of its publisher, or nobody where it is not signed
    /// and need not be. Looks at the digest and the signature only. `now` is the instant at which
    /// the signature has to count, where that matters.
    ///
    /// # Errors
    ///
    /// Why it is not trusted.
    pub fn check(
        &self,
        component: Digest,
        signature: Option<&Signature>,
        now: Option<Timestamp>,
    ) -> Result<Option<String>, TrustError> {
        let Some(signature) = signature else {
            return if self.require_signature { Err(TrustError::Unsigned) } else { Ok(None) };
        };
        let key = &signature.key_id;
        let publisher = self
            .publishers
            .iter()
            .find(|publisher| publisher.key.id() == *key)
            .ok_or_else(|| TrustError::UnknownKey { key: key.clone() })?;
        signature.verify(&publisher.key, component)?;
        let id = || publisher.id.clone();
        if publisher.revoked {
            return Err(TrustError::Revoked { publisher: id(), key: key.clone() });
        }
        if !publisher.may_ship(&signature.family) {
            let family = signature.family.clone();
            return Err(TrustError::NotTheirs { publisher: id(), family });
        }
        if let Some(now) = now {
            signature.in_time(now)?;
        }
        Ok(Some(id()))
    }
}

impl Publisher {
    fn may_ship(&self, family: &str) -> bool {
        self.families.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(stem) => family.starts_with(stem),
            None => allowed == family,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::SecretKey;
    use super::super::signature::Validity;
    use super::*;

    const NOW: &str = "2026-06-01T00:00:00Z";

    fn trust(key: &SecretKey, rest: &str) -> Trust {
        let text = format!(
            "publishers:\n  - id: northwind\n    key: {}\n    families: [clearance, nw-*]\n{rest}",
            key.public()
        );
        Trust::parse(&text).unwrap()
    }

    fn signed(key: &SecretKey, family: &str) -> Signature {
        let validity = Validity::days("2026-01-01T00:00:00Z".parse().unwrap(), 365).unwrap();
        Signature::new(key, Digest::of(b"component"), family, validity)
    }

    fn refusal(trust: &Trust, signature: Option<&Signature>, now: &str) -> String {
        let now = Some(now.parse().unwrap());
        match trust.check(Digest::of(b"component"), signature, now) {
            Ok(publisher) => format!("taken from {publisher:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_publisher_ships_their_own_families_and_no_others() {
        let key = SecretKey::generate().unwrap();
        let trust = trust(&key, "");
        for family in ["clearance", "nw-rates", "nw-"] {
            let text = refusal(&trust, Some(&signed(&key, family)), NOW);
            assert_eq!(text, "taken from Some(\"northwind\")", "{family}");
        }
        for family in ["clearance2", "nw", "crm-segments", "*"] {
            let text = refusal(&trust, Some(&signed(&key, family)), NOW);
            assert!(text.contains("may not ship the family"), "{family}: {text}");
        }
    }

    #[test]
    fn strangers_the_unsigned_the_revoked_and_the_expired_are_refused() {
        let (key, stranger) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let trusted = trust(&key, "");
        let signature = signed(&key, "clearance");
        assert!(refusal(&trusted, None, NOW).starts_with("it is not signed"));
        let unknown = refusal(&trusted, Some(&signed(&stranger, "clearance")), NOW);
        assert!(unknown.contains("which is not in `trust.yaml`"), "{unknown}");
        let expired = refusal(&trusted, Some(&signature), "2027-01-01T00:00:00Z");
        assert!(expired.contains("expired"), "{expired}");
        let revoked = refusal(&trust(&key, "    revoked: true\n"), Some(&signature), NOW);
        assert!(revoked.contains("is revoked"), "{revoked}");
    }

    #[test]
    fn a_stranger_who_names_a_known_key_is_refused() {
        let (key, stranger) = (SecretKey::generate().unwrap(), SecretKey::generate().unwrap());
        let forged = Signature { key_id: key.public().id(), ..signed(&stranger, "clearance") };
        let text = refusal(&trust(&key, ""), Some(&forged), NOW);
        assert!(text.contains("does not fit the key"), "{text}");
    }

    #[test]
    fn without_a_trust_file_nobody_is_trusted() {
        let trust = Trust::read(Path::new("/nonexistent/trust.yaml")).unwrap();
        let signature = signed(&SecretKey::generate().unwrap(), "clearance");
        assert!(trust.check(Digest::of(b"component"), None, None).is_err());
        assert!(trust.check(Digest::of(b"component"), Some(&signature), None).is_err());
    }

    #[test]
    fn a_trust_file_with_a_mistake_trusts_nobody() {
        let key = SecretKey::generate().unwrap().public();
        let publisher = format!("  - {{id: a, key: {key}, families: [x]}}\n");
        for bad in [
            "require_signatures: true".to_owned(),
            "publishers: [{id: a, key: nonsense, families: [x]}]".to_owned(),
            format!("publishers:\n{publisher}{publisher}"),
            format!("publishers:\n{publisher}{}", publisher.replace("id: a", "id: b")),
            format!("publishers:\n{}", publisher.replace("[x]", "['*']")),
            format!("publishers:\n{}", publisher.replace("[x]", "['a*b']")),
        ] {
            assert!(Trust::parse(&bad).is_err(), "{bad}");
        }
    }
}
