//! API keys: how machines show who they are without an issuer of tokens.
//!
//! A key is found by its public id and opened with a secret of 256 random bits, of which only a
//! hash is kept: whoever reads the store cannot call. A secret is replaced without an outage,
//! because the old one lives on beside the new until an instant that is named.

mod date;
mod record;
mod token;

pub use record::{KeyRecord, KeyRequest, KeyView, MAX_SECRETS, Secret, SecretView, Tenants, Verb};
pub use token::{KeyId, PREFIX, SecretHash, Token};

use crate::{Millis, Refusal};

/// A key that cannot be made, changed or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No randomness to be had.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// No id.
    #[error("the id of a key is 16 lower-case hexadecimal digits; copy it from the list of keys")]
    Id,
    /// No hash.
    #[error("the hash of a secret is 64 lower-case hexadecimal digits; restore the record")]
    Hash,
    /// Too many secrets.
    #[error("a key has at most {MAX_SECRETS} secrets; restore the record")]
    Secrets,
    /// Neither all tenants nor some.
    #[error("tenants are \"*\" for all or a list of ids; write one of them")]
    Tenants,
    /// No label, or too long a one.
    #[error("a key needs a label of 1 to 200 characters; say what it is for")]
    Label,
    /// Nothing to do.
    #[error("a key needs at least one verb; name decide, read, write or platform")]
    Verbs,
    /// The installation is no tenant's.
    #[error(
        "the verb `platform` is for the whole installation, products and keys of all tenants \
         included; leave it out, or make the key for all tenants (\"*\")"
    )]
    Platform,
    /// An end in the past.
    #[error("the key ends before it begins; name an instant in the future")]
    Ended,
    /// A revoked key stays revoked.
    #[error("the key is revoked and gets no new secret; make another key")]
    Revoked,
    /// An expired key stays expired.
    #[error("the key has expired and gets no new secret; make another key")]
    Expired,
}

/// A new key: the token, to be shown once, and the record, to be kept.
///
/// # Errors
///
/// [`KeyError::Random`], and one for each fault of the request.
pub fn generate(
    request: KeyRequest,
    created_by: &str,
    now: Millis,
) -> Result<(Token, KeyRecord), KeyError> {
    request.check(now)?;
    let token = Token::generate()?;
    let KeyRequest { label, tenants, verbs, roles, expires_at } = request;
    let record = KeyRecord {
        id: token.id().clone(),
        label,
        secrets: vec![Secret { hash: token.hash(), created_at: now, expires_at: None }],
        tenants,
        verbs,
        roles,
        created_by: created_by.to_owned(),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    Ok((token, record))
}

/// A new secret for a key. The newest of the old ones goes on until that instant, and ends at
/// once where it has passed; one that was on its way out already ends now.
///
/// # Errors
///
/// [`KeyError::Random`], [`KeyError::Revoked`], [`KeyError::Expired`]; the record is then as it
/// was.
pub fn rotate(
    record: &mut KeyRecord,
    now: Millis,
    keep_old_until: Millis,
) -> Result<Token, KeyError> {
    if record.revoked_at.is_some() {
        return Err(KeyError::Revoked);
    }
    if ended(record.expires_at, now) {
        return Err(KeyError::Expired);
    }
    let token = Token::with_id(record.id.clone())?;
    let old = record.secrets.pop().map(|mut old| {
        let end = old.expires_at.map_or(keep_old_until, |end| end.min(keep_old_until));
        old.expires_at = Some(end);
        old
    });
    let new = Secret { hash: token.hash(), created_at: now, expires_at: None };
    let old = old.filter(|old| !ended(old.expires_at, now));
    record.secrets = old.into_iter().chain([new]).collect();
    Ok(token)
}

/// Withdraws a key, for good. Doing it twice leaves the first instant.
pub fn revoke(record: &mut KeyRecord, now: Millis) {
    record.revoked_at.get_or_insert(now);
}

/// Whether that token opens that key now.
///
/// What became of a key is told only to who holds its secret: anybody else hears that it is not
/// valid.
///
/// # Errors
///
/// [`Refusal::UnknownKey`] where the record is another's, [`Refusal::WrongSecret`],
/// [`Refusal::Revoked`], [`Refusal::Expired`].
pub fn verify(record: &KeyRecord, token: &Token, now: Millis) -> Result<(), Refusal> {
    if record.id != *token.id() {
        return Err(Refusal::UnknownKey);
    }
    let shown = token.hash();
    // Each is looked at, so that the time tells nothing about which it was.
    let secret = record
        .secrets
        .iter()
        .fold(None, |found, secret| if secret.hash.fits(&shown) { Some(secret) } else { found })
        .ok_or(Refusal::WrongSecret)?;
    if record.revoked_at.is_some() {
        return Err(Refusal::Revoked);
    }
    if ended(record.expires_at, now) || ended(secret.expires_at, now) {
        return Err(Refusal::Expired);
    }
    Ok(())
}

fn ended(end: Option<Millis>, now: Millis) -> bool {
    end.is_some_and(|end| end <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Millis = 1_800_000_000_000;

    fn request() -> KeyRequest {
        KeyRequest {
            label: "deploy".to_owned(),
            tenants: Tenants::Only(["acme".to_owned()].into()),
            verbs: [Verb::Write, Verb::Decide].into(),
            roles: ["editor".to_owned()].into(),
            expires_at: Some(NOW + 1000),
        }
    }

    fn made() -> (Token, KeyRecord) {
        generate(request(), "user:ana", NOW).unwrap()
    }

    #[test]
    fn a_key_is_opened_by_its_token_and_by_no_other() {
        let (token, record) = made();
        assert_eq!(verify(&record, &token, NOW), Ok(()));
        let (other, _) = made();
        assert_eq!(verify(&record, &other, NOW), Err(Refusal::UnknownKey));
        let forged = Token::with_id(record.id.clone()).unwrap();
        assert_eq!(verify(&record, &forged, NOW), Err(Refusal::WrongSecret));
        let bare = KeyRecord { secrets: Vec::new(), ..record };
        assert_eq!(verify(&bare, &token, NOW), Err(Refusal::WrongSecret));
    }

    #[test]
    fn a_hash_moved_to_another_record_opens_nothing() {
        let (token, record) = made();
        let (_, mut other) = made();
        other.secrets = record.secrets;
        let moved = Token::with_id(other.id.clone()).unwrap();
        assert_eq!(verify(&other, &moved, NOW), Err(Refusal::WrongSecret));
        assert_eq!(verify(&other, &token, NOW), Err(Refusal::UnknownKey));
    }

    #[test]
    fn a_key_ends_when_it_expires_and_the_instant_it_is_revoked() {
        let (token, mut record) = made();
        assert_eq!(verify(&record, &token, NOW + 999), Ok(()));
        assert_eq!(verify(&record, &token, NOW + 1000), Err(Refusal::Expired));
        revoke(&mut record, NOW + 5);
        revoke(&mut record, NOW + 50);
        assert_eq!(record.revoked_at, Some(NOW + 5));
        assert_eq!(
            verify(&record, &token, NOW),
            Err(Refusal::Revoked),
            "a late clock is no way in"
        );
        assert_eq!(rotate(&mut record, NOW, NOW).unwrap_err(), KeyError::Revoked);
        let forged = Token::with_id(record.id.clone()).unwrap();
        assert_eq!(verify(&record, &forged, NOW), Err(Refusal::WrongSecret), "tells nothing more");
    }

    #[test]
    fn a_rotated_key_has_two_secrets_until_the_instant_that_was_named() {
        let (first, mut record) = made();
        let second = rotate(&mut record, NOW + 10, NOW + 100).unwrap();
        assert_eq!(verify(&record, &first, NOW + 99), Ok(()));
        assert_eq!(verify(&record, &first, NOW + 100), Err(Refusal::Expired));
        assert_eq!(verify(&record, &second, NOW + 100), Ok(()));

        let third = rotate(&mut record, NOW + 20, NOW + 50).unwrap();
        assert_eq!(record.secrets.len(), MAX_SECRETS);
        assert_eq!(verify(&record, &first, NOW + 20), Err(Refusal::WrongSecret));
        assert_eq!(verify(&record, &second, NOW + 49), Ok(()));
        assert_eq!(verify(&record, &second, NOW + 50), Err(Refusal::Expired));
        assert_eq!(verify(&record, &third, NOW + 50), Ok(()));

        let last = rotate(&mut record, NOW + 30, NOW).unwrap();
        assert_eq!(record.secrets.len(), 1, "an instant in the past ends the old one at once");
        assert_eq!(verify(&record, &third, NOW + 30), Err(Refusal::WrongSecret));
        assert_eq!(verify(&record, &last, NOW + 30), Ok(()));
        assert_eq!(rotate(&mut record, NOW + 1000, NOW).unwrap_err(), KeyError::Expired);
    }

    #[test]
    fn a_request_that_makes_no_sense_is_refused() {
        let make = |request| generate(request, "user:ana", NOW).unwrap_err();
        assert_eq!(make(KeyRequest { label: " ".to_owned(), ..request() }), KeyError::Label);
        assert_eq!(make(KeyRequest { label: "x".repeat(201), ..request() }), KeyError::Label);
        assert_eq!(make(KeyRequest { verbs: [].into(), ..request() }), KeyError::Verbs);
        assert_eq!(make(KeyRequest { expires_at: Some(NOW), ..request() }), KeyError::Ended);
        let platform = || [Verb::Read, Verb::Platform].into();
        assert_eq!(make(KeyRequest { verbs: platform(), ..request() }), KeyError::Platform);
        let all = KeyRequest { verbs: platform(), tenants: Tenants::All, ..request() };
        assert!(generate(all, "user:ana", NOW).is_ok());
    }

    #[test]
    fn a_record_has_a_form_that_does_not_change() {
        let (token, record) = made();
        let written = serde_json::to_value(&record).unwrap();
        let expected = json!({
            "id": token.id().as_str(),
            "label": "deploy",
            "secrets": [{ "hash": String::from(token.hash()), "created_at": NOW }],
            "tenants": ["acme"],
            "verbs": ["decide", "write"],
            "roles": ["editor"],
            "created_by": "user:ana",
            "created_at": NOW,
            "expires_at": NOW + 1000,
        });
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<KeyRecord>(written.clone()).unwrap(), record);

        let with = |member: &str, value| {
            let mut other = written.clone();
            other[member] = value;
            serde_json::from_value::<KeyRecord>(other)
        };
        assert_eq!(with("tenants", json!("*")).unwrap().tenants, Tenants::All);
        assert!(with("tenants", json!([])).unwrap().tenants != Tenants::All);
        let secret = written["secrets"][0].clone();
        for (member, value) in [
            ("tenants", json!("acme")),
            ("tenants", json!(["*"])),
            ("tenants", json!([""])),
            ("verbs", json!(["everything"])),
            ("id", json!("ABCDEF0123456789")),
            ("id", json!("abc")),
            ("secrets", json!([secret, secret, secret])),
            ("secrets", json!([{ "hash": "00", "created_at": 1 }])),
            ("surprise", json!(true)),
        ] {
            assert!(with(member, value.clone()).is_err(), "{member}: {value}");
        }
    }

    #[test]
    fn no_hash_gets_into_what_is_shown_or_printed() {
        let (token, mut record) = made();
        rotate(&mut record, NOW, NOW + 10).unwrap();
        let view = KeyView::from(&record);
        assert_eq!(view.secrets.len(), 2);
        assert_eq!(view.secrets[0].expires_at, Some(NOW + 10));
        let shown = serde_json::to_string(&view).unwrap();
        let hash = String::from(token.hash());
        assert!(!shown.contains("hash") && !shown.contains(&hash));
        assert!(!format!("{record:?}").contains(&hash));
        let schema = serde_json::to_string(&schemars::schema_for!(KeyView)).unwrap();
        assert!(schema.contains("SecretView") && !schema.contains("\"hash\""), "{schema}");
    }

    #[test]
    fn a_key_for_some_tenants_is_good_for_no_other() {
        let (_, record) = made();
        assert!(record.tenants.contains("acme") && !record.tenants.contains("acm"));
        assert!(Tenants::All.contains("acme"));
        assert!(!Tenants::Only([].into()).contains("acme"));
    }
}
