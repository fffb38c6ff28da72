//! Which issuers are believed, and how far. A configuration that would let anybody in is refused
//! when it is read, and what can be left out is safe when it is.

use super::fault::SourceError;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

/// A configuration under which tokens could not be checked with certainty.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An issuer without a name.
    #[error("an issuer has no name; write `issuer` as its tokens have it in `iss`")]
    Issuer,
    /// Two of the same name.
    #[error("the issuer `{issuer}` is configured twice; leave one")]
    Twice {
        /// Which.
        issuer: String,
    },
    /// Tokens for anybody would do.
    #[error("the issuer `{issuer}` has no audience; name at least one, and no empty one")]
    Audience {
        /// Which.
        issuer: String,
    },
    /// No token could be good.
    #[error("the issuer `{issuer}` has no algorithm; name one or leave out `algorithms`")]
    Algorithms {
        /// Which.
        issuer: String,
    },
    /// A claim without a name.
    #[error("the issuer `{issuer}` has an empty `{field}`; name a claim")]
    Claim {
        /// Which.
        issuer: String,
        /// Of the configuration.
        field: &'static str,
    },
    /// A number that is too small or too large.
    #[error("the issuer `{issuer}` has `{field}: {value}`; write a number from {least} to {most}")]
    Range {
        /// Which.
        issuer: String,
        /// Of the configuration.
        field: &'static str,
        /// What it is.
        value: u32,
        /// What it may be.
        least: u32,
        /// What it may be.
        most: u32,
    },
    /// Keys that could not be had safely.
    #[error("the keys of the issuer `{issuer}` cannot be had: {source}")]
    Source {
        /// Which.
        issuer: String,
        /// Why not.
        source: SourceError,
    },
    /// Another library for signatures is in use.
    #[error(
        "another part of this process has set how tokens are checked; let this one be set first"
    )]
    Provider,
}

/// An algorithm that tokens may be signed with. Those with a shared secret and `none` are no
/// part of it, so no configuration can allow them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512,
    /// RSASSA-PSS with SHA-256.
    PS256,
    /// RSASSA-PSS with SHA-384.
    PS384,
    /// RSASSA-PSS with SHA-512.
    PS512,
    /// ECDSA on P-256 with SHA-256.
    ES256,
    /// ECDSA on P-384 with SHA-384.
    ES384,
    /// Ed25519.
    EdDSA,
}

/// A name that is no algorithm that can be allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` cannot be allowed; name RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA"
)]
pub struct NotAllowed(String);

/// What the `typ` header of a token says it is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum TokenType {
    /// An access token (RFC 9068).
    #[serde(rename = "at+jwt")]
    AccessToken,
    /// A token of any kind.
    #[serde(rename = "JWT")]
    Jwt,
}

/// Where an issuer's keys are: `file: PATH` or `url: URL`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JwksConfig {
    /// In a file, which is read again when it changes.
    File(PathBuf),
    /// At an address: `https`, or `http` on this machine.
    Url(String),
}

/// An issuer whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Its name, exactly as in the claim `iss` of its tokens.
    #[schemars(length(min = 1))]
    pub issuer: String,
    /// For whom tokens must be meant: one of these is in the claim `aud`.
    #[schemars(length(min = 1))]
    pub audience: Vec<String>,
    /// Where its keys are. Left out, they are where the issuer's
    /// `/.well-known/openid-configuration` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksConfig>,
    /// The algorithms that its tokens may be signed with.
    #[serde(default = "algorithms")]
    pub algorithms: BTreeSet<Algorithm>,
    /// By how much clocks may differ, in seconds; 300 at most.
    #[serde(default = "leeway")]
    #[schemars(range(max = 300))]
    pub leeway_seconds: u32,
    /// The claim that names the user.
    #[serde(default = "user_claim")]
    pub user_claim: String,
    /// The claim that names a tenant. A token that has it is good for that tenant only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_claim: Option<String>,
    /// The one tenant that its tokens are good for, where they name none themselves. Two tenants
    /// may each have a user of one name, so a token that names none is good for none otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// How long ago a token may have been issued, in seconds, whatever it says of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_age_seconds: Option<u32>,
    /// The types, one of which the header `typ` must name. Left out, a token may name one of
    /// them or none; those of any other type, such as for logging out, are always refused.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub token_types: BTreeSet<TokenType>,
    /// After how long keys are fetched again, in seconds.
    #[serde(default = "refresh")]
    #[schemars(range(min = 10, max = 86_400))]
    pub refresh_seconds: u32,
    /// For how long keys are believed while they cannot be fetched again, in seconds; a week at
    /// most.
    #[serde(default = "keep")]
    #[schemars(range(min = 60, max = 604_800))]
    pub keep_seconds: u32,
}

fn algorithms() -> BTreeSet<Algorithm> {
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA].into()
}

fn leeway() -> u32 {
    30
}

fn user_claim() -> String {
    "sub".to_owned()
}

fn refresh() -> u32 {
    600
}

fn keep() -> u32 {
    86_400
}

impl IssuerConfig {
    /// An issuer with nothing but what must be said: its keys are discovered.
    #[must_use]
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: vec![audience.into()],
            jwks: None,
            algorithms: algorithms(),
            leeway_seconds: leeway(),
            user_claim: user_claim(),
            tenant_claim: None,
            tenant: None,
            max_age_seconds: None,
            token_types: BTreeSet::new(),
            refresh_seconds: refresh(),
            keep_seconds: keep(),
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.issuer.trim().is_empty() {
            return Err(ConfigError::Issuer);
        }
        let issuer = || self.issuer.clone();
        if self.audience.is_empty() || self.audience.iter().any(|name| name.trim().is_empty()) {
            return Err(ConfigError::Audience { issuer: issuer() });
        }
        if self.algorithms.is_empty() {
            return Err(ConfigError::Algorithms { issuer: issuer() });
        }
        let empty = |claim: &str| claim.trim().is_empty();
        if empty(&self.user_claim) {
            return Err(ConfigError::Claim { issuer: issuer(), field: "user_claim" });
        }
        if self.tenant_claim.as_deref().is_some_and(empty) {
            return Err(ConfigError::Claim { issuer: issuer(), field: "tenant_claim" });
        }
        let ranges = [
            ("leeway_seconds", self.leeway_seconds, 0, 300),
            ("max_age_seconds", self.max_age_seconds.unwrap_or(1), 1, u32::MAX),
            ("refresh_seconds", self.refresh_seconds, 10, 86_400),
            ("keep_seconds", self.keep_seconds, self.refresh_seconds.max(60), 604_800),
        ];
        for (field, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(ConfigError::Range { issuer: issuer(), field, value, least, most });
            }
        }
        Ok(())
    }
}

impl TokenType {
    /// Whether a token with that header is of one of these types, or of any where none is named.
    pub(super) fn accepts(wanted: &BTreeSet<Self>, header: Option<&str>) -> bool {
        let Some(header) = header else { return wanted.is_empty() };
        // RFC 7515 leaves `application/` out, most of the time.
        let header = header.to_ascii_lowercase();
        let found = match header.strip_prefix("application/").unwrap_or(&header) {
            "at+jwt" => Self::AccessToken,
            "jwt" => Self::Jwt,
            _ => return false,
        };
        wanted.is_empty() || wanted.contains(&found)
    }
}

impl FromStr for Algorithm {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        Ok(match text {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "EdDSA" => Self::EdDSA,
            _ => return Err(NotAllowed(text.to_owned())),
        })
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::RS256 => Self::RS256,
            Algorithm::RS384 => Self::RS384,
            Algorithm::RS512 => Self::RS512,
            Algorithm::PS256 => Self::PS256,
            Algorithm::PS384 => Self::PS384,
            Algorithm::PS512 => Self::PS512,
            Algorithm::ES256 => Self::ES256,
            Algorithm::ES384 => Self::ES384,
            Algorithm::EdDSA => Self::EdDSA,
        }
    }
}

impl TryFrom<jsonwebtoken::Algorithm> for Algorithm {
    type Error = NotAllowed;

    fn try_from(algorithm: jsonwebtoken::Algorithm) -> Result<Self, NotAllowed> {
        format!("{algorithm:?}").parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "issuer: https://id.example.com\naudience: [permesso]\n";

    fn read(more: &str) -> Result<IssuerConfig, String> {
        serde_saphyr::from_str(&format!("{LEAST}{more}")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_is_safe() {
        let config = read("").unwrap();
        assert_eq!(config, IssuerConfig::new("https://id.example.com", "permesso"));
        config.check().unwrap();
        assert_eq!((config.leeway_seconds, config.user_claim.as_str()), (30, "sub"));
        assert_eq!((config.refresh_seconds, config.keep_seconds), (600, 86_400));
    }

    #[test]
    fn everything_can_be_written_in_yaml_and_comes_back_from_json() {
        let text = "jwks: { file: /etc/permesso/jwks.json }\nalgorithms: [ES256, EdDSA]\n\
            leeway_seconds: 5\nuser_claim: email\ntenant_claim: org\nmax_age_seconds: 3600\n\
            token_types: [at+jwt]\nrefresh_seconds: 60\nkeep_seconds: 3600\n";
        let config = read(text).unwrap();
        config.check().unwrap();
        assert_eq!(config.jwks, Some(JwksConfig::File("/etc/permesso/jwks.json".into())));
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<IssuerConfig>(&json).unwrap(), config);
        let url = read("jwks:\n  url: https://id.example.com/keys\n").unwrap();
        assert_eq!(url.jwks, Some(JwksConfig::Url("https://id.example.com/keys".to_owned())));
    }

    #[test]
    fn shared_secrets_and_no_signature_can_never_be_allowed() {
        for name in ["HS256", "HS384", "HS512", "none", "None", "rs256", ""] {
            let error = read(&format!("algorithms: [\"{name}\"]\n")).unwrap_err();
            assert!(error.contains("cannot be allowed"), "{name}: {error}");
        }
        assert!(read("algorithms: []\n").unwrap().check().is_err());
    }

    #[test]
    fn a_configuration_that_would_let_others_in_is_refused() {
        let refused = |change: fn(&mut IssuerConfig)| {
            let mut config = read("").unwrap();
            change(&mut config);
            config.check().unwrap_err().to_string()
        };
        assert!(refused(|config| config.issuer = " ".to_owned()).contains("no name"));
        assert!(refused(|config| config.audience.clear()).contains("no audience"));
        assert!(refused(|config| config.audience.push(String::new())).contains("no audience"));
        assert!(refused(|config| config.leeway_seconds = 301).contains("from 0 to 300"));
        assert!(refused(|config| config.user_claim.clear()).contains("user_claim"));
        assert!(refused(|config| config.tenant_claim = Some(String::new())).contains("tenant"));
        assert!(refused(|config| config.max_age_seconds = Some(0)).contains("max_age"));
        assert!(refused(|config| config.refresh_seconds = 9).contains("refresh"));
        assert!(refused(|config| config.keep_seconds = 604_801).contains("keep"));
        assert!(refused(|config| config.keep_seconds = 599).contains("from 600"));
        assert!(read("secret: x\n").is_err());
    }

    #[test]
    fn a_token_of_another_type_is_never_accepted() {
        let any = BTreeSet::new();
        let access = BTreeSet::from([TokenType::AccessToken]);
        for (header, with_any, with_access) in [
            (None, true, false),
            (Some("JWT"), true, false),
            (Some("at+jwt"), true, true),
            (Some("application/AT+JWT"), true, true),
            (Some("logout+jwt"), false, false),
            (Some(""), false, false),
        ] {
            assert_eq!(TokenType::accepts(&any, header), with_any, "{header:?}");
            assert_eq!(TokenType::accepts(&access, header), with_access, "{header:?}");
        }
    }

    #[test]
    fn the_schema_names_the_algorithms_and_the_bounds() {
        let schema = serde_json::to_string(&schemars::schema_for!(IssuerConfig)).unwrap();
        for part in ["\"RS256\"", "\"EdDSA\"", "\"maximum\":300", "\"at+jwt\"", "\"file\""] {
            assert!(schema.contains(part), "{part} is missing in {schema}");
        }
    }
}
