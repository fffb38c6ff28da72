//! Why a caller is not let in. One enum for every kind of credential, because each must end as
//! one answer over HTTP; the codes are for logs, audits and tests and never change their meaning.

/// Why a caller is not let in.
///
/// The texts go to whoever called, so they say nothing about what is on record: a key that does
/// not exist and one with another secret read the same and differ only in [`Refusal::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// No `Authorization` header.
    #[error("no credential came along; send an API key or a token as Authorization: Bearer")]
    Missing,
    /// Another scheme than `Bearer`.
    #[error("this scheme of authorization is not spoken here; send Authorization: Bearer")]
    Scheme,
    /// More than one `Authorization` header.
    #[error("more than one credential came along; send exactly one Authorization header")]
    Ambiguous,
    /// Neither an API key nor a JSON Web Token.
    #[error("this is neither a whole API key nor a signed token; copy it again, all of it")]
    Malformed,
    /// More bytes than a token is given.
    #[error("the token is larger than 8 KiB; ask its issuer for one with fewer claims")]
    TooLarge,
    /// An API key whose checksum does not fit.
    #[error("the API key was damaged when it was copied; copy it again, all of it")]
    Checksum,
    /// An API key that is not on record.
    #[error("the API key is not valid; ask an administrator for another")]
    UnknownKey,
    /// An API key on record with another secret.
    #[error("the API key is not valid; ask an administrator for another")]
    WrongSecret,
    /// A key or a token past its time.
    #[error("the credential has expired; get a new one")]
    Expired,
    /// A key that was withdrawn.
    #[error("the API key was revoked; ask an administrator for another")]
    Revoked,
    /// A token of somebody who is not configured.
    #[error("tokens of this issuer are not accepted here; get one from an issuer that is")]
    UnknownIssuer,
    /// A token signed in a way that is not allowed.
    #[error("the token is signed with an algorithm that is not accepted from its issuer")]
    Algorithm,
    /// A token with a `crit` header: it wants to be understood in ways that it is not.
    #[error("the token has a crit header, and no extension is understood here; get one without")]
    Critical,
    /// A token made for something else than access.
    #[error("the token is of a type that gives no access here; send an access token")]
    TokenType,
    /// A token signed with a key that its issuer does not publish, or not for that.
    #[error("the token names no signing key that its issuer publishes; get a new token")]
    UnknownSigningKey,
    /// A token that was tampered with, or that its issuer never signed.
    #[error("the token's signature is wrong; get a new token from its issuer")]
    Signature,
    /// A token for somebody else.
    #[error("the token is meant for another audience; ask its issuer for one that is for this")]
    Audience,
    /// A token without a claim that is needed, or with one that makes no sense.
    #[error("the token lacks a claim that is needed or has one of the wrong form")]
    Claim,
    /// A token before its time.
    #[error("the token is not valid yet; compare the clocks and try again")]
    NotYetValid,
    /// A token that was issued in the future.
    #[error("the token says it was issued in the future; compare the clocks")]
    IssuedInFuture,
    /// A token that lives longer than is put up with.
    #[error("the token was issued too long ago; get a new one")]
    TooOld,
    /// The issuer's keys cannot be had, or those at hand are too old to be believed.
    #[error("the keys of the token's issuer cannot be had at the moment; try again later")]
    KeysUnavailable,
    /// What is on record of an API key cannot be read.
    #[error("whether the API key is valid cannot be found out at the moment; try again later")]
    KeyUnread,
}

impl Refusal {
    /// Its name for machines: for logs, audits and metrics. A caller need not be told it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Scheme => "scheme",
            Self::Ambiguous => "ambiguous",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Checksum => "checksum",
            Self::UnknownKey => "unknown-key",
            Self::WrongSecret => "wrong-secret",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::UnknownIssuer => "unknown-issuer",
            Self::Algorithm => "algorithm",
            Self::Critical => "critical-header",
            Self::TokenType => "token-type",
            Self::UnknownSigningKey => "unknown-signing-key",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::Claim => "claim",
            Self::NotYetValid => "not-yet-valid",
            Self::IssuedInFuture => "issued-in-future",
            Self::TooOld => "too-old",
            Self::KeysUnavailable => "keys-unavailable",
            Self::KeyUnread => "key-unread",
        }
    }

    /// The status of the answer over HTTP.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Ambiguous => 400,
            Self::KeysUnavailable | Self::KeyUnread => 503,
            _ => 401,
        }
    }

    /// The `WWW-Authenticate` header of the answer (RFC 6750, section 3); none where the caller
    /// did nothing wrong. Who sent nothing, or another scheme, is told no error, only what to
    /// send.
    #[must_use]
    pub fn challenge(self) -> Option<String> {
        let error = match self {
            Self::KeysUnavailable | Self::KeyUnread => return None,
            Self::Missing | Self::Scheme => return Some(r#"Bearer realm="permesso""#.to_owned()),
            Self::Ambiguous => "invalid_request",
            _ => "invalid_token",
        };
        Some(format!(r#"Bearer realm="permesso", error="{error}", error_description="{self}""#))
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal::*;
    use super::*;
    use std::collections::BTreeSet;

    const ALL: [Refusal; 23] = [
        Missing,
        Scheme,
        Ambiguous,
        Malformed,
        TooLarge,
        Checksum,
        UnknownKey,
        WrongSecret,
        Expired,
        Revoked,
        UnknownIssuer,
        Algorithm,
        Critical,
        TokenType,
        UnknownSigningKey,
        Signature,
        Audience,
        Claim,
        NotYetValid,
        IssuedInFuture,
        TooOld,
        KeysUnavailable,
        KeyUnread,
    ];

    #[test]
    fn every_text_can_stand_in_a_header() {
        for refusal in ALL {
            let text = refusal.to_string();
            let fits = |byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert!(text.bytes().all(fits), "RFC 6750 does not allow this: {text}");
        }
    }

    #[test]
    fn every_code_is_its_own() {
        let codes: BTreeSet<_> = ALL.iter().map(|refusal| refusal.code()).collect();
        assert_eq!(codes.len(), ALL.len());
    }

    #[test]
    fn a_challenge_says_what_to_do_and_nothing_of_what_is_on_record() {
        assert_eq!(Missing.challenge().unwrap(), r#"Bearer realm="permesso""#);
        assert_eq!(
            Expired.challenge().unwrap(),
            r#"Bearer realm="permesso", error="invalid_token", error_description="the credential has expired; get a new one""#
        );
        assert!(Ambiguous.challenge().unwrap().contains(r#"error="invalid_request""#));
        assert_eq!(UnknownKey.challenge(), WrongSecret.challenge());
        for ours in [KeysUnavailable, KeyUnread] {
            assert_eq!((ours.challenge(), ours.status()), (None, 503));
        }
    }
}
