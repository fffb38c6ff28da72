//! Signatures of components.
//!
//! A signature is detached: a small JSON document that lies beside the component, or goes along
//! as an annotation in a registry. It is over the component's digest and over what the publisher
//! means by it: for which family, and from when to when. So it can be checked before anything of
//! the component has been read, and a signature for one family is worth nothing for another.

use super::key::{KeyId, PublicKey, SecretKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{Timestamp, ToSpan as _};
use permesso_runtime::Digest;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// What a signature document says it is, and what the signed text begins with.
const FORMAT: &str = "permesso-signature/1";

/// The longest document that is read, in bytes.
const MAX_DOCUMENT: usize = 8 << 10;

/// A signature of a component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub(super) format: String,
    /// The component.
    pub digest: Digest,
    /// The family that it is.
    pub family: String,
    /// The key that signed, for people.
    pub key_id: KeyId,
    /// From when it counts.
    pub valid_from: Timestamp,
    /// When it no longer counts.
    pub valid_until: Timestamp,
    /// 64 bytes in base64.
    pub(super) signature: String,
}

/// From when to when a signature counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after.
    pub until: Timestamp,
}

/// Why a signature is none for a component.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// No document of this kind.
    #[error("the signature cannot be read: {0}; sign the component again")]
    Malformed(String),
    /// Of other bytes.
    #[error(
        "the signature is of {signed} and the component is {found}: it was changed after it was signed, or the two do not belong together; fetch both again"
    )]
    OtherComponent {
        /// What was signed.
        signed: Digest,
        /// What is there.
        found: Digest,
    },
    /// Not by that key, or altered.
    #[error(
        "the signature does not fit the key {key}: it was altered, or it was made with another key; fetch it again from its publisher"
    )]
    Forged {
        /// The key that it was checked with.
        key: KeyId,
    },
    /// Too early.
    #[error("the signature counts from {0} on; wait, or check the clock of this machine")]
    NotYet(Timestamp),
    /// Too late.
    #[error("the signature expired at {0}; ask the publisher for a new one")]
    Expired(Timestamp),
}

impl Validity {
    /// From now on for so many days.
    ///
    /// # Errors
    ///
    /// Where that is beyond the calendar.
    pub fn days(from: Timestamp, days: u32) -> Result<Self, jiff::Error> {
        let hours = i64::from(days) * 24;
        Ok(Self { from, until: from.checked_add(hours.hours())? })
    }
}

impl Signature {
    /// Signs a component as that family.
    #[must_use]
    pub fn new(key: &SecretKey, component: Digest, family: &str, validity: Validity) -> Self {
        let mut this = Self {
            format: FORMAT.to_owned(),
            digest: component,
            family: family.to_owned(),
            key_id: key.public().id(),
            valid_from: validity.from,
            valid_until: validity.until,
            signature: String::new(),
        };
        this.signature = STANDARD.encode(key.sign(this.message().as_bytes()));
        this
    }

    /// Reads a document.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let malformed = |detail: &str| SignatureError::Malformed(detail.to_owned());
        if text.len() > MAX_DOCUMENT {
            return Err(malformed("it is longer than 8 KiB"));
        }
        let this: Self =
            serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
        if this.format != FORMAT {
            return Err(malformed(&format!("its format is not `{FORMAT}`")));
        }
        if this.valid_from >= this.valid_until {
            return Err(malformed("`valid_from` is not before `valid_until`"));
        }
        // A line of its own in the signed text is what each value has to stay.
        if this.family.contains(char::is_control) {
            return Err(malformed("`family` is no id"));
        }
        Ok(this)
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> String {
        // Infallible: every field is a text.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Whether that key signed that component. Says nothing about time.
    ///
    /// # Errors
    ///
    /// [`SignatureError::OtherComponent`] or [`SignatureError::Forged`].
    pub fn verify(&self, key: &PublicKey, found: Digest) -> Result<(), SignatureError> {
        if self.digest != found {
            return Err(SignatureError::OtherComponent { signed: self.digest, found });
        }
        let bytes = STANDARD.decode(&self.signature).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
        match bytes.is_some_and(|bytes| key.verifies(self.message().as_bytes(), &bytes)) {
            true => Ok(()),
            false => Err(SignatureError::Forged { key: key.id() }),
        }
    }

    /// Whether it counts at that instant.
    ///
    /// # Errors
    ///
    /// [`SignatureError::NotYet`] or [`SignatureError::Expired`].
    pub fn in_time(&self, now: Timestamp) -> Result<(), SignatureError> {
        if now < self.valid_from {
            Err(SignatureError::NotYet(self.valid_from))
        } else if now >= self.valid_until {
            Err(SignatureError::Expired(self.valid_until))
        } else {
            Ok(())
        }
    }

    /// What is signed: one line for each field, so that no two documents share a text.
    fn message(&self) -> String {
        let mut text = format!("{FORMAT}\n");
        let Self { digest, family, key_id, valid_from, valid_until, .. } = self;
        // Infallible: the target is a string.
        let _ = write!(
            text,
            "digest {digest}\nfamily {family}\nkey {key_id}\nfrom {valid_from}\nuntil {valid_until}\n"
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn signed() -> (SecretKey, Signature) {
        let key = SecretKey::generate().unwrap();
        let validity = Validity::days(at("2026-01-01T00:00:00Z"), 365).unwrap();
        let signature = Signature::new(&key, Digest::of(b"component"), "crm-segments", validity);
        (key, signature)
    }

    #[test]
    fn a_signature_survives_its_document_and_fits_its_component_only() {
        let (key, signature) = signed();
        let read = Signature::parse(&signature.document()).unwrap();
        assert_eq!(read, signature);
        assert!(read.verify(&key.public(), Digest::of(b"component")).is_ok());
        let other = read.verify(&key.public(), Digest::of(b"Component"));
        assert!(matches!(other, Err(SignatureError::OtherComponent { .. })));
        let stranger = SecretKey::generate().unwrap().public();
        let forged = read.verify(&stranger, Digest::of(b"component"));
        assert!(matches!(forged, Err(SignatureError::Forged { .. })));
    }

    #[test]
    fn no_field_can_be_changed_after_signing() {
        let (key, signature) = signed();
        let component = Digest::of(b"component");
        let changed = [
            Signature { family: "other".to_owned(), ..signature.clone() },
            Signature { valid_until: at("2099-01-01T00:00:00Z"), ..signature.clone() },
            Signature { valid_from: at("2020-01-01T00:00:00Z"), ..signature.clone() },
            Signature { key_id: SecretKey::generate().unwrap().public().id(), ..signature.clone() },
            Signature { signature: STANDARD.encode([0; 64]), ..signature.clone() },
            Signature { signature: "?".to_owned(), ..signature },
        ];
        for changed in changed {
            let verified = changed.verify(&key.public(), component);
            assert!(matches!(verified, Err(SignatureError::Forged { .. })), "{changed:?}");
        }
    }

    #[test]
    fn a_signature_counts_from_its_first_instant_to_before_its_last() {
        let (_, signature) = signed();
        let ok = |text: &str| signature.in_time(at(text)).is_ok();
        assert!(!ok("2025-12-31T23:59:59.999Z") && ok("2026-01-01T00:00:00Z"));
        assert!(ok("2026-12-31T23:59:59.999Z") && !ok("2027-01-01T00:00:00Z"));
    }

    #[test]
    fn a_document_of_another_kind_is_refused() {
        let (_, signature) = signed();
        let document = signature.document();
        for bad in [
            String::new(),
            document.replace("signature/1", "signature/2"),
            document.replace("\"family\"", "\"extra\": 1, \"family\""),
            document.replace("crm-segments", "crm\\nfrom"),
            document.replace("2026-01-01", "2028-01-01"),
            format!("{document}{}", " ".repeat(MAX_DOCUMENT)),
        ] {
            assert!(matches!(Signature::parse(&bad), Err(SignatureError::Malformed(_))), "{bad}");
        }
    }
}
