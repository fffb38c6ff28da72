//! The keys that an issuer publishes (RFC 7517), and which of them a token may be checked with.
//! The token names a key and an algorithm; whether the two belong together is for the key to
//! say. That is what keeps an algorithm from being chosen by an attacker.

use super::config::Algorithm;
use super::fault::SourceError;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// The usable keys of an issuer.
#[derive(Debug, Default)]
pub(super) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    jwk: Jwk,
    decoding: Arc<DecodingKey>,
}

/// Why there is no key for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    /// None of that name, or it is not clear which: newer keys may help.
    Unknown,
    /// There is one, and it is not for that algorithm.
    Unfit,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Of a document. Keys that signatures cannot be checked with are left out, as RFC 7517
    /// asks for: issuers publish others beside.
    pub(super) fn parse(document: &[u8]) -> Result<Self, SourceError> {
        let document: Document = serde_json::from_slice(document)
            .map_err(|error| SourceError::Document { detail: error.to_string() })?;
        Ok(Self(document.keys.into_iter().filter_map(Key::read).collect()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The one key that has that name, if a name is given, and is for that algorithm.
    pub(super) fn find(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<DecodingKey>, NoKey> {
        let named = |key: &&Key| kid.is_none() || key.jwk.common.key_id.as_deref() == kid;
        let mut named = self.0.iter().filter(named).peekable();
        if named.peek().is_none() {
            return Err(NoKey::Unknown);
        }
        let mut fit = named.filter(|key| key.is_for(algorithm));
        match (fit.next(), fit.next()) {
            (Some(key), None) => Ok(Arc::clone(&key.decoding)),
            (None, _) if kid.is_some() => Err(NoKey::Unfit),
            _ => Err(NoKey::Unknown),
        }
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        // A secret half that is published lets anybody sign.
        if value.get("d").is_some() {
            tracing::warn!(kid = ?value.get("kid"), "a published key is a secret one; it is not used");
            return None;
        }
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let shared = matches!(
            jwk.algorithm,
            AlgorithmParameters::OctetKey(_) | AlgorithmParameters::Other(_)
        );
        let signs = jwk
            .common
            .public_key_use
            .as_ref()
            .is_none_or(|r#use| *r#use == PublicKeyUse::Signature);
        let verifies = jwk
            .common
            .key_operations
            .as_ref()
            .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
        if shared || !signs || !verifies {
            return None;
        }
        let decoding = Arc::new(DecodingKey::from_jwk(&jwk).ok()?);
        Some(Self { jwk, decoding })
    }

    fn is_for(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
        let kind = match (&self.jwk.algorithm, algorithm) {
            (AlgorithmParameters::RSA(_), RS256 | RS384 | RS512 | PS256 | PS384 | PS512) => true,
            (AlgorithmParameters::EllipticCurve(key), ES256) => key.curve == EllipticCurve::P256,
            (AlgorithmParameters::EllipticCurve(key), ES384) => key.curve == EllipticCurve::P384,
            (AlgorithmParameters::OctetKeyPair(key), EdDSA) => key.curve == EllipticCurve::Ed25519,
            _ => false,
        };
        let wanted = KeyAlgorithm::from(jsonwebtoken::Algorithm::from(algorithm));
        kind && self.jwk.common.key_algorithm.is_none_or(|named| named == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rsa(more: Value) -> Value {
        merged(json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" }), more)
    }

    fn merged(mut key: Value, more: Value) -> Value {
        for (member, value) in more.as_object().unwrap() {
            key[member] = value.clone();
        }
        key
    }

    fn set(keys: Value) -> KeySet {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    fn found(keys: Value, kid: Option<&str>, algorithm: Algorithm) -> Option<NoKey> {
        set(keys).find(kid, algorithm).err()
    }

    #[test]
    fn a_key_is_for_algorithms_of_its_kind_only() {
        let ec =
            |curve: &str| json!({ "kty": "EC", "kid": "a", "crv": curve, "x": "AA", "y": "AA" });
        let ed = json!({ "kty": "OKP", "kid": "a", "crv": "Ed25519", "x": "AA" });
        let all = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
        for (key, good) in [
            (rsa(json!({})), &all[..6]),
            (rsa(json!({ "alg": "PS256" })), &all[3..4]),
            (rsa(json!({ "alg": "HS256" })), &[]),
            (rsa(json!({ "alg": "RSA-OAEP" })), &[]),
            (rsa(json!({ "alg": "new" })), &[]),
            (ec("P-256"), &all[6..7]),
            (ec("P-384"), &all[7..8]),
            (ec("P-521"), &[]),
            (ed, &all[8..]),
        ] {
            for name in all {
                let refused = found(json!([key]), Some("a"), name.parse().unwrap());
                let expected = (!good.contains(&name)).then_some(NoKey::Unfit);
                assert_eq!(refused, expected, "{name} with {key}");
            }
        }
    }

    #[test]
    fn keys_that_are_not_for_checking_signatures_are_left_out() {
        for key in [
            rsa(json!({ "use": "enc" })),
            rsa(json!({ "key_ops": ["sign"] })),
            rsa(json!({ "key_ops": [] })),
            rsa(json!({ "d": "AQAB" })),
            rsa(json!({ "n": "not base64!" })),
            json!({ "kty": "oct", "kid": "a", "k": "c2VjcmV0" }),
            json!({ "kty": "EC", "kid": "a", "crv": "secp256k1", "x": "AA", "y": "AA" }),
            json!({ "kty": "AKP", "kid": "a", "alg": "ML-DSA-44", "pub": "AA" }),
            json!("key"),
        ] {
            assert_eq!(set(json!([key])).len(), 0, "{key}");
            assert_eq!(set(json!([key, rsa(json!({}))])).len(), 1, "and do no harm to others");
        }
        assert_eq!(set(json!([rsa(json!({ "use": "sig", "key_ops": ["verify"] }))])).len(), 1);
    }

    #[test]
    fn a_key_is_found_by_name_or_as_the_only_one_that_fits() {
        let one = || rsa(json!({}));
        let two = rsa(json!({ "kid": "b" }));
        assert_eq!(found(json!([one(), two]), Some("b"), Algorithm::RS256), None);
        assert_eq!(found(json!([one()]), Some("c"), Algorithm::RS256), Some(NoKey::Unknown));
        assert_eq!(found(json!([]), None, Algorithm::RS256), Some(NoKey::Unknown));
        assert_eq!(found(json!([one()]), None, Algorithm::RS256), None);
        assert_eq!(found(json!([one()]), None, Algorithm::ES256), Some(NoKey::Unknown));
        assert_eq!(found(json!([one(), two]), None, Algorithm::RS256), Some(NoKey::Unknown));
        assert_eq!(found(json!([one(), one()]), Some("a"), Algorithm::RS256), Some(NoKey::Unknown));
    }

    #[test]
    fn what_is_no_set_of_keys_is_no_empty_set_either() {
        for text in ["", "{}", "[]", "<html>", r#"{"keys":{}}"#, r#"{"keys":null}"#] {
            assert!(KeySet::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
