//! The text of an API key, which its holder sees once.
//!
//! `pmk_<id>_<secret><checksum>`: 16 digits, 64 digits and 8 digits, all lower-case and
//! hexadecimal. The fixed shape can be searched for in logs and repositories
//! (`pmk_[0-9a-f]{16}_[0-9a-f]{72}`), selected with a double click, and written in one way only.
//! The checksum tells a damaged paste from a wrong key without asking any store.

use super::KeyError;
use crate::Refusal;
use data_encoding::HEXLOWER;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// What every API key begins with.
pub const PREFIX: &str = "pmk_";

const ID: usize = 16;
const SECRET: usize = 64;

/// The public half of an API key: 16 hexadecimal digits, by which its record is found. Knowing
/// it opens nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct KeyId(String);

/// A whole API key as its holder has it. Never printed; [`Token::reveal`] shows it once.
#[derive(Clone)]
pub struct Token {
    id: KeyId,
    secret: Zeroizing<[u8; 32]>,
}

/// The hash under which a secret is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SecretHash([u8; 32]);

impl Token {
    /// A new one, of a new key.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`].
    pub fn generate() -> Result<Self, KeyError> {
        let mut id = [0; ID / 2];
        getrandom::fill(&mut id).map_err(|error| KeyError::Random(error.to_string()))?;
        Self::with_id(KeyId(HEXLOWER.encode(&id)))
    }

    /// A new secret for a key that there is.
    pub(super) fn with_id(id: KeyId) -> Result<Self, KeyError> {
        let mut secret = Zeroizing::new([0; SECRET / 2]);
        getrandom::fill(secret.as_mut_slice())
            .map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self { id, secret })
    }

    /// By which its record is found.
    #[must_use]
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The whole text, for its holder and for nobody else.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(HEXLOWER.encode(self.secret.as_slice()));
        let body = Zeroizing::new(format!("{PREFIX}{}_{}", self.id, secret.as_str()));
        Zeroizing::new(format!("{}{}", body.as_str(), checksum(&body)))
    }

    /// What is kept of it. SHA-256 suffices: slow hashes make up for secrets that can be
    /// guessed, and 256 random bits cannot be, at any speed. The id goes in as well, so that a
    /// hash moved to another record opens nothing there.
    pub(super) fn hash(&self) -> SecretHash {
        let hash = Sha256::new().chain_update("permesso-api-key/1 ").chain_update(&self.id.0);
        SecretHash(hash.chain_update(self.secret.as_slice()).finalize().into())
    }
}

/// Not secret: it follows from the text before it.
fn checksum(body: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(body.as_bytes()).into();
    HEXLOWER.encode(digest.first_chunk::<4>().unwrap_or(&[0; 4]))
}

impl FromStr for Token {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let rest = text.strip_prefix(PREFIX).ok_or(Refusal::Malformed)?;
        let (id, rest) = rest.split_at_checked(ID).ok_or(Refusal::Malformed)?;
        let id = KeyId::try_from(id.to_owned()).map_err(|_| Refusal::Malformed)?;
        let rest = rest.strip_prefix('_').ok_or(Refusal::Malformed)?;
        let (secret, sum) = rest.split_at_checked(SECRET).ok_or(Refusal::Malformed)?;
        let bytes = HEXLOWER.decode(secret.as_bytes()).map_err(|_| Refusal::Malformed)?;
        let bytes = Zeroizing::new(bytes);
        let body = text.strip_suffix(sum).ok_or(Refusal::Malformed)?;
        if checksum(body) != sum {
            return Err(Refusal::Checksum);
        }
        let secret = bytes.as_slice().try_into().map_err(|_| Refusal::Malformed)?;
        Ok(Self { id, secret: Zeroizing::new(secret) })
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({PREFIX}{}_…)", self.id)
    }
}

impl SecretHash {
    /// Whether they are the same, in a time that does not tell where they differ.
    pub(super) fn fits(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

impl From<SecretHash> for String {
    fn from(hash: SecretHash) -> Self {
        HEXLOWER.encode(&hash.0)
    }
}

impl TryFrom<String> for SecretHash {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(KeyError::Hash)
    }
}

impl KeyId {
    /// Its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::try_from(text.to_owned())
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.0
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        let fits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == ID && text.bytes().all(fits) { Ok(Self(text)) } else { Err(KeyError::Id) }
    }
}

impl JsonSchema for KeyId {
    fn schema_name() -> Cow<'static, str> {
        "KeyId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The public half of an API key, by which it is found.",
            "pattern": "^[0-9a-f]{16}$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = "pmk_0011223344556677_\
        000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_token_is_read_as_it_is_written() {
        let token = Token::generate().unwrap();
        let text = token.reveal();
        assert_eq!(text.len(), 4 + 16 + 1 + 64 + 8);
        let read: Token = text.parse().unwrap();
        assert_eq!(read.reveal(), text);
        assert!(read.hash().fits(&token.hash()));
        assert!(!Token::with_id(token.id.clone()).unwrap().hash().fits(&token.hash()));
    }

    #[test]
    fn the_form_of_tokens_and_hashes_does_not_change() {
        let token: Token = format!("{WRITTEN}{}", checksum(WRITTEN)).parse().unwrap();
        assert_eq!(checksum(WRITTEN), "4a15d0b6");
        assert_eq!(
            String::from(token.hash()),
            "9c2074ddc2eb7310bbfad6c1dbd1495234166d254ffb9be6cc1d75ad9753e26b"
        );
    }

    #[test]
    fn a_damaged_paste_is_told_from_a_wrong_key() {
        let text = Token::generate().unwrap().reveal();
        for cut in 0..text.len() {
            let refusal = text[..cut].parse::<Token>().unwrap_err();
            assert!(matches!(refusal, Refusal::Malformed | Refusal::Checksum), "{cut}: {refusal}");
        }
        for at in PREFIX.len()..text.len() {
            let mut damaged = text.to_string().into_bytes();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            let refusal = String::from_utf8(damaged).unwrap().parse::<Token>().unwrap_err();
            assert!(matches!(refusal, Refusal::Malformed | Refusal::Checksum), "{at}: {refusal}");
        }
        for other in [
            format!("{}0", text.as_str()),
            format!("{} ", text.as_str()),
            text.to_uppercase(),
            text.replacen('_', "-", 1),
        ] {
            assert!(other.parse::<Token>().is_err(), "one way of writing only");
        }
        assert_eq!("pmk_ééééééééé".parse::<Token>().unwrap_err(), Refusal::Malformed);
    }

    #[test]
    fn no_secret_is_ever_printed() {
        let token = Token::generate().unwrap();
        let secret = HEXLOWER.encode(token.secret.as_slice());
        let hash = String::from(token.hash());
        let printed = format!("{token:?} {:#?} {:?}", token, token.hash());
        assert!(printed.contains(token.id().as_str()));
        assert!(!printed.contains(&secret) && !printed.contains(&hash));
        assert!(!printed.contains(&format!("{:?}", token.secret.as_slice())));
    }
}
