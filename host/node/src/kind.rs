//! The kinds of documents.

use std::fmt;

/// A kind of document. Its name is what the log and the API call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// What a tenant is: product, title, plan. One, with the id `tenant`.
    Settings,
    /// Which version of its product's catalog a tenant is on. One, with the id `product`.
    Catalog,
    /// A team, by its path.
    Team,
    /// A role.
    Role,
    /// A policy.
    Policy,
    /// An exclusive access program.
    Program,
    /// An item that stays exclusive though no program gives it.
    Closed,
    /// What a kind of content shares by default.
    SharingDefault,
    /// A rule of sharing that binds.
    SharingPolicy,
    /// A rule of sharing for particular cases.
    SharingOverride,
    /// A tenant's settings of a family.
    Family,
    /// The component that answers for a family, by digest.
    Serving,
    /// An API key.
    Key,
    /// A user.
    User,
    /// A delegation from user to user.
    Delegation,
    /// How an invitation stands, by user.
    Invitation,
    /// Of the platform: a product and its current version.
    Product,
    /// Of the platform: the text of one version of a catalog, by digest.
    CatalogText,
}

impl DocumentKind {
    /// Those of a tenant, in the order in which they are written down.
    pub const OF_TENANTS: [Self; 16] = [
        Self::Settings,
        Self::Catalog,
        Self::Team,
        Self::Role,
        Self::Policy,
        Self::Program,
        Self::Closed,
        Self::SharingDefault,
        Self::SharingPolicy,
        Self::SharingOverride,
        Self::Family,
        Self::Serving,
        Self::Key,
        Self::User,
        Self::Delegation,
        Self::Invitation,
    ];

    const ALL: [(Self, &'static str); 18] = [
        (Self::Settings, "settings"),
        (Self::Catalog, "catalog"),
        (Self::Team, "team"),
        (Self::Role, "role"),
        (Self::Policy, "policy"),
        (Self::Program, "program"),
        (Self::Closed, "closed"),
        (Self::SharingDefault, "sharing-default"),
        (Self::SharingPolicy, "sharing-policy"),
        (Self::SharingOverride, "sharing-override"),
        (Self::Family, "family"),
        (Self::Serving, "serving"),
        (Self::Key, "key"),
        (Self::User, "user"),
        (Self::Delegation, "delegation"),
        (Self::Invitation, "invitation"),
        (Self::Product, "product"),
        (Self::CatalogText, "catalog-text"),
    ];

    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The one of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// Whether the tenant has to be compiled again when one of them changes.
    #[must_use]
    pub const fn is_policy(self) -> bool {
        matches!(
            self,
            Self::Settings
                | Self::Catalog
                | Self::Team
                | Self::Role
                | Self::Policy
                | Self::Program
                | Self::Closed
                | Self::SharingDefault
                | Self::SharingPolicy
                | Self::SharingOverride
                | Self::Family
        )
    }

    /// Whether they are read one by one, and never as a whole.
    #[must_use]
    pub const fn is_directory(self) -> bool {
        matches!(self, Self::User | Self::Delegation | Self::Invitation)
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use permesso_store::feed;

    #[test]
    fn kinds_and_their_names_go_together() {
        for (kind, name) in DocumentKind::ALL {
            assert_eq!(kind.name(), name);
            assert_eq!(DocumentKind::from_name(name), Some(kind));
            assert_eq!(kind.is_directory(), feed::is_directory(name), "{name}");
        }
    }
}
