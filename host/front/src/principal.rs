//! Who is calling, and in which tenants they may do anything at all.
//!
//! That much follows from the credential alone. What they may do inside of a tenant is decided
//! by the engine, on their roles.

use permesso_auth::key::{Tenants, Verb};
use permesso_auth::{Identity, KeyRecord};
use permesso_node::Caller;
use permesso_store::Realm;
use std::sync::Arc;

/// Whoever is calling, by a credential that was found to be good.
#[derive(Debug, Clone)]
pub enum Principal {
    /// A service, by an API key.
    Key {
        /// The key.
        record: Arc<KeyRecord>,
        /// Whose key it is: a tenant's, or the platform's.
        owner: Realm,
    },
    /// A person, by a token of an issuer that is trusted.
    User(Identity),
}

/// Why a credential does not do, though it is good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Not for that tenant. Whether there is such a tenant is not told.
    #[error("there is no tenant `{0}`")]
    NoTenant(String),
    /// Not for that kind of thing.
    #[error("the credential lacks the verb `{}`; use a key that has it", verb_name(*.0))]
    Verb(Verb),
}

/// As keys have it written.
#[must_use]
pub const fn verb_name(verb: Verb) -> &'static str {
    match verb {
        Verb::Decide => "decide",
        Verb::Read => "read",
        Verb::Write => "write",
        Verb::Platform => "platform",
    }
}

impl Principal {
    /// As the log names them.
    #[must_use]
    pub fn name(&self) -> String {
        self.caller().name()
    }

    /// In whose name their changes are made.
    #[must_use]
    pub fn caller(&self) -> Caller {
        match self {
            Self::Key { record, .. } => Caller::Key(Arc::clone(record)),
            Self::User(Identity { user, issuer, .. }) => {
                Caller::User { id: user.clone(), issuer: issuer.clone() }
            }
        }
    }

    /// Whether the credential is good for a tenant, as far as it says so itself.
    #[must_use]
    pub fn is_good_for(&self, tenant: &str) -> bool {
        match self {
            Self::Key { record, owner } => {
                record.tenants.contains(tenant) && owner.tenant_id().is_none_or(|own| own == tenant)
            }
            // Another tenant may have a user of the same name.
            Self::User(identity) => identity.tenant.as_deref() == Some(tenant),
        }
    }

    /// The tenants that it can be good for, where it names them; nothing where it names none.
    #[must_use]
    pub fn tenants(&self) -> Option<Vec<&str>> {
        match self {
            Self::Key { record, owner } => match (owner.tenant_id(), &record.tenants) {
                (Some(own), _) => Some(vec![own]),
                (None, Tenants::Only(only)) => Some(only.iter().map(String::as_str).collect()),
                (None, Tenants::All) => None,
            },
            Self::User(identity) => Some(identity.tenant.as_deref().into_iter().collect()),
        }
    }

    /// Whether the credential is good for that kind of thing.
    #[must_use]
    pub fn has(&self, verb: Verb) -> bool {
        match self {
            // What a tenant hands out is never good for the platform, whatever its record says.
            // Nor is what the platform hands out for some tenants.
            Self::Key { record, owner } => {
                let platform = owner.tenant_id().is_none() && record.tenants == Tenants::All;
                (verb != Verb::Platform || platform) && record.verbs.contains(&verb)
            }
            // Decisions are about anybody, so they are for the programs that enforce them.
            Self::User(_) => matches!(verb, Verb::Read | Verb::Write),
        }
    }

    /// Whether they may do that kind of thing, in a tenant where one is named.
    ///
    /// # Errors
    ///
    /// Why they may not. Of a tenant that the credential is not good for it says the same as of
    /// one that does not exist.
    pub fn may(&self, verb: Verb, tenant: Option<&str>) -> Result<(), Forbidden> {
        if let Some(tenant) = tenant.filter(|tenant| !self.is_good_for(tenant)) {
            return Err(Forbidden::NoTenant(tenant.to_owned()));
        }
        if self.has(verb) { Ok(()) } else { Err(Forbidden::Verb(verb)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_auth::key::{KeyRequest, generate};

    fn key(owner: Realm, tenants: Tenants, verbs: &[Verb]) -> Principal {
        let request = KeyRequest {
            label: "a key".to_owned(),
            tenants,
            verbs: verbs.iter().copied().collect(),
            roles: [].into(),
            expires_at: None,
        };
        let (_, record) = generate(request, "test", 0).unwrap();
        Principal::Key { record: Arc::new(record), owner }
    }

    fn only(tenant: &str) -> Tenants {
        Tenants::Only([tenant.to_owned()].into())
    }

    #[test]
    fn a_key_is_good_for_its_tenants_and_verbs_only() {
        let key = key(Realm::platform(), only("a"), &[Verb::Read]);
        assert_eq!(key.may(Verb::Read, Some("a")), Ok(()));
        assert_eq!(key.may(Verb::Write, Some("a")), Err(Forbidden::Verb(Verb::Write)));
        let none = Err(Forbidden::NoTenant("b".to_owned()));
        assert_eq!(key.may(Verb::Read, Some("b")), none);
        assert_eq!(key.may(Verb::Write, Some("b")), none, "nothing tells whether it exists");
    }

    #[test]
    fn a_key_of_a_tenant_is_never_good_for_another_nor_for_the_platform() {
        let realm = Realm::tenant("a").unwrap();
        let key = key(realm, Tenants::All, &[Verb::Read, Verb::Platform]);
        assert_eq!(key.may(Verb::Read, Some("a")), Ok(()));
        assert!(key.may(Verb::Read, Some("b")).is_err());
        assert!(key.may(Verb::Platform, None).is_err());
        assert!(key.may(Verb::Platform, Some("a")).is_err());
    }

    #[test]
    fn a_person_acts_in_the_tenant_that_the_token_names_and_never_for_the_platform() {
        let person = |tenant: Option<&str>| {
            Principal::User(Identity {
                issuer: "https://login".to_owned(),
                user: "ann".to_owned(),
                tenant: tenant.map(str::to_owned),
                expires_at: 0,
            })
        };
        assert!(person(Some("a")).may(Verb::Write, Some("a")).is_ok());
        assert!(person(Some("a")).may(Verb::Write, Some("b")).is_err());
        assert!(person(None).may(Verb::Write, Some("b")).is_err(), "whose `ann` would it be?");
        assert!(person(Some("a")).may(Verb::Decide, Some("a")).is_err());
        assert!(person(None).may(Verb::Platform, None).is_err());
    }
}
