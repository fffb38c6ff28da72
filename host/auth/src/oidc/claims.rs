//! What a token says, once its signature is known to be its issuer's. The claims are checked
//! here rather than by the library, against the time that was passed in, and without guessing:
//! a claim of the wrong form is never taken for one that is not there.

use super::config::IssuerConfig;
use crate::{Millis, Refusal};
use serde_json::{Map, Value};

/// Who a token says is calling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Who says so. Two issuers may mean different people by the same name.
    pub issuer: String,
    /// The user's name at the issuer.
    pub user: String,
    /// The one tenant that the token is good for, where it names one.
    pub tenant: Option<String>,
    /// When the token ends.
    pub expires_at: Millis,
}

/// The end of the year 9999: a date after it is a mistake, such as milliseconds for seconds.
const LATEST: f64 = 253_402_300_799.0;

pub(super) fn check(
    claims: &Map<String, Value>,
    config: &IssuerConfig,
    now: Millis,
) -> Result<Identity, Refusal> {
    // The token was opened with the keys of the issuer it named; it is the same text, and yet.
    if claims.get("iss").and_then(Value::as_str) != Some(&config.issuer) {
        return Err(Refusal::UnknownIssuer);
    }
    if !meant_for(claims.get("aud"), &config.audience)? {
        return Err(Refusal::Audience);
    }
    let leeway = Millis::from(config.leeway_seconds) * 1000;
    let expires_at = date(claims, "exp")?.ok_or_else(|| missing("exp"))?;
    if expires_at.saturating_add(leeway) <= now {
        return Err(Refusal::Expired);
    }
    if date(claims, "nbf")?.is_some_and(|start| start > now.saturating_add(leeway)) {
        return Err(Refusal::NotYetValid);
    }
    let issued_at = date(claims, "iat")?;
    if issued_at.is_some_and(|issued| issued > now.saturating_add(leeway)) {
        return Err(Refusal::IssuedInFuture);
    }
    if let Some(age) = config.max_age_seconds {
        let issued_at = issued_at.ok_or_else(|| missing("iat"))?;
        let end = issued_at.saturating_add(Millis::from(age) * 1000).saturating_add(leeway);
        if end <= now {
            return Err(Refusal::TooOld);
        }
    }
    let user = name(claims, &config.user_claim)?.ok_or_else(|| missing(&config.user_claim))?;
    let tenant = match &config.tenant_claim {
        Some(claim) => name(claims, claim)?,
        None => None,
    };
    let tenant = tenant.or_else(|| config.tenant.clone());
    Ok(Identity { issuer: config.issuer.clone(), user, tenant, expires_at })
}

fn missing(claim: &str) -> Refusal {
    tracing::debug!(claim, "a token lacks a claim, or has it in the wrong form");
    Refusal::Claim
}

fn meant_for(claim: Option<&Value>, audience: &[String]) -> Result<bool, Refusal> {
    let known = |name: &str| audience.iter().any(|known| known == name);
    match claim {
        Some(Value::String(name)) => Ok(known(name)),
        Some(Value::Array(names)) => {
            let names: Option<Vec<_>> = names.iter().map(Value::as_str).collect();
            Ok(names.ok_or_else(|| missing("aud"))?.into_iter().any(known))
        }
        _ => Err(missing("aud")),
    }
}

/// Seconds, which may have a fraction (RFC 7519, `NumericDate`).
fn date(claims: &Map<String, Value>, claim: &str) -> Result<Option<Millis>, Refusal> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds = value.as_f64().filter(|seconds| (0.0..=LATEST).contains(seconds));
    let seconds = seconds.ok_or_else(|| missing(claim))?;
    // Within the range of dates, so nothing is cut off but what is less than a millisecond.
    #[allow(clippy::cast_possible_truncation)]
    Ok(Some((seconds * 1000.0) as Millis))
}

/// A name that can stand in a log: some text, and no control characters.
fn name(claims: &Map<String, Value>, claim: &str) -> Result<Option<String>, Refusal> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let name = value
        .as_str()
        .filter(|name| !name.trim().is_empty() && !name.chars().any(char::is_control));
    name.map(|name| Some(name.to_owned())).ok_or_else(|| missing(claim))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Millis = 1_800_000_000_000;
    const SECONDS: i64 = NOW / 1000;

    fn config() -> IssuerConfig {
        IssuerConfig::new("https://id.example.com", "permesso")
    }

    fn with(config: &IssuerConfig, changes: Value) -> Result<Identity, Refusal> {
        let mut claims = json!({
            "iss": "https://id.example.com",
            "aud": "permesso",
            "sub": "ana",
            "exp": SECONDS + 60,
        });
        for (claim, value) in changes.as_object().unwrap() {
            claims[claim] = value.clone();
        }
        let claims = claims.as_object().unwrap();
        let there = claims.iter().filter(|(_, value)| **value != json!("absent"));
        let there = there.map(|(claim, value)| (claim.clone(), value.clone())).collect();
        check(&there, config, NOW)
    }

    #[test]
    fn a_good_token_says_who_is_calling() {
        let identity = with(&config(), json!({})).unwrap();
        let expected = Identity {
            issuer: "https://id.example.com".to_owned(),
            user: "ana".to_owned(),
            tenant: None,
            expires_at: NOW + 60_000,
        };
        assert_eq!(identity, expected);
    }

    #[test]
    fn any_one_of_the_audiences_will_do_and_nothing_else() {
        let mut config = config();
        config.audience.push("other".to_owned());
        for good in [json!("other"), json!(["x", "permesso"])] {
            assert!(with(&config, json!({ "aud": good })).is_ok(), "{good}");
        }
        for (bad, refusal) in [
            (json!("permess"), Refusal::Audience),
            (json!([]), Refusal::Audience),
            (json!(["x"]), Refusal::Audience),
            (json!(["permesso", 1]), Refusal::Claim),
            (json!(null), Refusal::Claim),
            (json!({}), Refusal::Claim),
            (json!("absent"), Refusal::Claim),
        ] {
            assert_eq!(with(&config, json!({ "aud": bad })), Err(refusal), "{bad}");
        }
    }

    #[test]
    fn a_token_is_good_within_its_time_give_or_take_the_leeway() {
        for (claim, value, refusal) in [
            ("exp", json!(SECONDS - 29), None),
            ("exp", json!(SECONDS as f64 - 29.5), None),
            ("exp", json!(SECONDS - 30), Some(Refusal::Expired)),
            ("exp", json!(0), Some(Refusal::Expired)),
            ("nbf", json!(SECONDS + 30), None),
            ("nbf", json!(SECONDS + 31), Some(Refusal::NotYetValid)),
            ("iat", json!(SECONDS + 30), None),
            ("iat", json!(SECONDS + 31), Some(Refusal::IssuedInFuture)),
        ] {
            assert_eq!(with(&config(), json!({ claim: value })).err(), refusal, "{claim} {value}");
        }
    }

    #[test]
    fn a_date_of_the_wrong_form_is_not_taken_for_none() {
        for claim in ["exp", "nbf", "iat"] {
            for bad in [json!("1"), json!(null), json!(-1), json!(1e300), json!([]), json!(NOW)] {
                let refusal = with(&config(), json!({ claim: bad }));
                assert_eq!(refusal, Err(Refusal::Claim), "{claim}: {bad}");
            }
        }
        assert_eq!(with(&config(), json!({ "exp": "absent" })), Err(Refusal::Claim));
    }

    #[test]
    fn a_token_that_was_issued_long_ago_is_refused_where_that_is_configured() {
        let mut config = config();
        config.max_age_seconds = Some(100);
        assert!(with(&config, json!({ "iat": SECONDS - 129 })).is_ok());
        assert_eq!(with(&config, json!({ "iat": SECONDS - 130 })), Err(Refusal::TooOld));
        assert_eq!(with(&config, json!({})), Err(Refusal::Claim), "it must say when");
    }

    #[test]
    fn user_and_tenant_are_names_or_the_token_is_refused() {
        let mut config = config();
        config.user_claim = "email".to_owned();
        config.tenant_claim = Some("org".to_owned());
        assert_eq!(with(&config, json!({})), Err(Refusal::Claim));
        let identity = with(&config, json!({ "email": "a@b", "org": "acme" })).unwrap();
        assert_eq!((identity.user.as_str(), identity.tenant.as_deref()), ("a@b", Some("acme")));
        assert_eq!(with(&config, json!({ "email": "a@b" })).unwrap().tenant, None);
        let bound = IssuerConfig { tenant: Some("acme".to_owned()), ..config.clone() };
        let unnamed = with(&bound, json!({ "email": "a@b" })).unwrap();
        assert_eq!(unnamed.tenant.as_deref(), Some("acme"), "where the token names none");
        for bad in [json!(""), json!(" "), json!(1), json!(null), json!(["a"]), json!("a\nb")] {
            let user = with(&config, json!({ "email": bad }));
            assert_eq!(user, Err(Refusal::Claim), "{bad}");
            let tenant = with(&config, json!({ "email": "a@b", "org": bad }));
            assert_eq!(tenant, Err(Refusal::Claim), "{bad}");
        }
    }

    #[test]
    fn the_issuer_is_compared_letter_by_letter() {
        for bad in ["https://id.example.com/", "https://ID.example.com", "", "absent"] {
            assert_eq!(with(&config(), json!({ "iss": bad })), Err(Refusal::UnknownIssuer));
        }
    }
}
