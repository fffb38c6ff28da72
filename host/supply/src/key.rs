//! Keys of publishers: Ed25519 (RFC 8032), in files of one line.
//!
//! One line that says what it is can be mailed, diffed and pasted into a trust file. A secret key
//! is never printed, never logged, and written so that nobody else can read it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature as Raw, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

const SECRET: &str = "permesso-secret-key/1";
const PUBLIC: &str = "permesso-public-key/1";

/// A key that cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A text that is no key.
    #[error("this is no {wanted}; write `{wanted}`, a space and the key in base64, on one line")]
    Malformed {
        /// What the line begins with.
        wanted: &'static str,
    },
    /// A public key that no secret key has, or one under which anybody can sign.
    #[error("the public key is no point of the curve that signatures can be trusted under")]
    Weak,
    /// The system says no.
    #[error("cannot use the key file `{}`: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No randomness to be had.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
}

/// What a publisher signs with.
pub struct SecretKey(SigningKey);

/// What signatures of a publisher are checked with.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PublicKey(VerifyingKey);

/// A public key's short name: `ed25519:` and 16 digits of its SHA-256. It tells keys apart for
/// people; which key a signature is checked with is never decided by it alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl SecretKey {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// The key of a file.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where there is none.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        decode(&text, SECRET).map(|seed| Self(SigningKey::from_bytes(&seed)))
    }

    /// Writes it to a new file that only its owner can read.
    ///
    /// # Errors
    ///
    /// [`KeyError::File`], also where the file exists: a key that is overwritten is lost.
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        let fail = |source| KeyError::File { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(fail)?;
        let line = format!("{SECRET} {}\n", STANDARD.encode(self.0.to_bytes()));
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)
    }

    /// The other half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

impl PublicKey {
    /// Its short name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Sha256::digest(self.0.as_bytes());
        let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        KeyId(format!("ed25519:{hex}"))
    }

    /// Whether the other half signed that. Strict: a signature that could be altered and still
    /// fit, and a key that fits any, are refused.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(message, &Raw::from_bytes(signature)).is_ok()
    }
}

fn decode(text: &str, wanted: &'static str) -> Result<[u8; 32], KeyError> {
    let malformed = KeyError::Malformed { wanted };
    let Some(encoded) = text.trim().strip_prefix(wanted) else { return Err(malformed) };
    let bytes = STANDARD.decode(encoded.trim()).ok();
    bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or(malformed)
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(&decode(text, PUBLIC)?).map_err(|_| KeyError::Weak)?;
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(Self(key)) }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC} {}", STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({})", self.public().id())
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_secret_key_comes_back_from_its_file_which_nobody_else_can_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = SecretKey::generate().unwrap();
        key.write(&path).unwrap();
        assert_eq!(SecretKey::read(&path).unwrap().public(), key.public());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(key.write(&path).is_err(), "a key is never overwritten");
        assert!(!format!("{key:?}").contains(&STANDARD.encode(key.0.to_bytes())));
    }

    #[test]
    fn a_public_key_is_read_as_it_is_written_and_a_weak_one_is_refused() {
        let key = SecretKey::generate().unwrap().public();
        assert_eq!(key.to_string().parse::<PublicKey>().unwrap(), key);
        let zero = format!("{PUBLIC} {}", STANDARD.encode([0; 32]));
        assert!(matches!(zero.parse::<PublicKey>(), Err(KeyError::Weak)));
        for bad in ["", PUBLIC, &key.to_string().replace("public", "secret")] {
            assert!(matches!(bad.parse::<PublicKey>(), Err(KeyError::Malformed { .. })), "{bad}");
        }
    }
}
