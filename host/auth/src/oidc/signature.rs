//! Signatures, checked by `ring`: it is in every build already, for TLS, and a second library
//! of cryptography would be a second one to keep up to date. This is the adapter that
//! `jsonwebtoken` asks for. It checks and never signs, and knows no algorithm with a shared
//! secret, so that a public key cannot be taken for one.

use super::config::Algorithm;
use crate::Refusal;
use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result};
use jsonwebtoken::signature::{Error as Wrong, Verifier};
use jsonwebtoken::{DecodingKey, DecodingKeyKind, Validation};
use ring::signature as ring;
use serde::de::DeserializeOwned;
use std::sync::OnceLock;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(unsupported()),
    verifier_factory: |algorithm, key| Ok(Box::new(Check::new(*algorithm, key)?)),
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(unsupported()),
        rsa_pub_components_from_public_key: |_| Err(unsupported()),
        ec_pub_components_from_private_key: |_, _| Err(unsupported()),
        ed_pub_components_from_private_key: |_, _| Err(unsupported()),
        compute_digest: |_, _| Err(unsupported()),
    },
};

static INSTALLED: OnceLock<bool> = OnceLock::new();

/// Makes it the one of this process. False where somebody else has set another, which is then
/// in use and may know algorithms that must not be known.
pub(super) fn install() -> bool {
    *INSTALLED.get_or_init(|| PROVIDER.install_default().is_ok())
}

/// The claims of a token that this key signed with that algorithm. Nothing about the claims has
/// been checked: the library would, but against its own clock.
pub(super) fn open<T: DeserializeOwned>(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> std::result::Result<T, Refusal> {
    let mut validation = Validation::new(algorithm.into());
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    match jsonwebtoken::decode(token, key, &validation) {
        Ok(opened) => Ok(opened.claims),
        Err(error) => Err(match error.kind() {
            ErrorKind::Json(_) | ErrorKind::Base64(_) | ErrorKind::Utf8(_) => Refusal::Malformed,
            _ => Refusal::Signature,
        }),
    }
}

fn unsupported() -> Error {
    ErrorKind::UnsupportedAlgorithm.into()
}

enum Way {
    Rsa(&'static ring::RsaParameters),
    Curve(&'static dyn ring::VerificationAlgorithm),
}

struct Check {
    algorithm: jsonwebtoken::Algorithm,
    way: Way,
    key: DecodingKey,
}

impl Check {
    fn new(algorithm: jsonwebtoken::Algorithm, key: &DecodingKey) -> Result<Self> {
        if key.family() != algorithm.family() {
            return Err(ErrorKind::InvalidKeyFormat.into());
        }
        // At least 2048 bits: a shorter RSA key is refused here.
        let way = match Algorithm::try_from(algorithm).map_err(|_| unsupported())? {
            Algorithm::RS256 => Way::Rsa(&ring::RSA_PKCS1_2048_8192_SHA256),
            Algorithm::RS384 => Way::Rsa(&ring::RSA_PKCS1_2048_8192_SHA384),
            Algorithm::RS512 => Way::Rsa(&ring::RSA_PKCS1_2048_8192_SHA512),
            Algorithm::PS256 => Way::Rsa(&ring::RSA_PSS_2048_8192_SHA256),
            Algorithm::PS384 => Way::Rsa(&ring::RSA_PSS_2048_8192_SHA384),
            Algorithm::PS512 => Way::Rsa(&ring::RSA_PSS_2048_8192_SHA512),
            Algorithm::ES256 => Way::Curve(&ring::ECDSA_P256_SHA256_FIXED),
            Algorithm::ES384 => Way::Curve(&ring::ECDSA_P384_SHA384_FIXED),
            Algorithm::EdDSA => Way::Curve(&ring::ED25519),
        };
        Ok(Self { algorithm, way, key: key.clone() })
    }
}

impl Verifier<Vec<u8>> for Check {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Wrong> {
        let checked = match (&self.way, self.key.kind()) {
            (Way::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                let key = ring::RsaPublicKeyComponents { n: bare(n), e: bare(e) };
                key.verify(parameters, message, signature)
            }
            (Way::Curve(curve), DecodingKeyKind::SecretOrDer(key)) => {
                ring::UnparsedPublicKey::new(*curve, key).verify(message, signature)
            }
            _ => return Err(Wrong::new()),
        };
        checked.map_err(|_| Wrong::new())
    }
}

impl JwtVerifier for Check {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.algorithm
    }
}

/// Some issuers publish numbers with zeros in front, which `ring` does not take.
fn bare(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_signed_and_no_shared_secret_is_known() {
        assert!(install() && install(), "once is enough");
        let secret = DecodingKey::from_secret(b"0123456789abcdef0123456789abcdef");
        for algorithm in secret.family().algorithms() {
            assert!((PROVIDER.verifier_factory)(algorithm, &secret).is_err());
        }
        let key = jsonwebtoken::EncodingKey::from_secret(b"secret");
        let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        assert!(jsonwebtoken::encode(&header, &(), &key).is_err());
    }

    #[test]
    fn a_key_is_used_with_no_algorithm_of_another_family() {
        let key = DecodingKey::from_rsa_raw_components(&[1; 256], &[1, 0, 1]);
        for algorithm in ["ES256", "ES384", "EdDSA", "HS256"] {
            let algorithm = algorithm.parse().unwrap();
            assert!((PROVIDER.verifier_factory)(&algorithm, &key).is_err());
        }
    }

    #[test]
    fn zeros_in_front_of_a_number_do_not_count() {
        assert_eq!(bare(&[0, 0, 1, 0]), [1, 0]);
        assert_eq!(bare(&[0]), [0; 0]);
    }
}
