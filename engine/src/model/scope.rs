//! How far a grant reaches.
//!
//! Products speak of own, team and all, and some let a senior reach everything *below* a team
//! without reaching the team itself. Those are not one ladder: a record of one's own need not
//! lie in one's team. So a scope is a set of reaches, and grants add up by uniting the sets.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// How far a grant reaches: a set of *own*, *team*, *below* and *all*.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scope(u8);

impl Scope {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Resources that name the subject in one of the permission's own relations.
    pub const OWN: Self = Self(1);
    /// Own, and resources of a team that the subject is in.
    pub const TEAM: Self = Self(1 | 2);
    /// Resources of the teams below one that the subject is in, that one left out.
    pub const BELOW: Self = Self(4);
    /// Own, team and below.
    pub const BRANCH: Self = Self(1 | 2 | 4);
    /// Every resource of the tenant.
    pub const ALL: Self = Self(1 | 2 | 4 | 8);

    const NAMES: [(&'static str, Self); 6] = [
        ("none", Self::NONE),
        ("own", Self::OWN),
        ("team", Self::TEAM),
        ("below", Self::BELOW),
        ("branch", Self::BRANCH),
        ("all", Self::ALL),
    ];

    /// The names of scopes, from the narrowest to the widest.
    #[cfg(feature = "schema")]
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, scope)| *scope)
    }

    /// The scopes that have a name and come to this one together, none of them in vain. Only own
    /// and below have none together.
    pub(crate) fn written(self) -> impl Iterator<Item = Self> {
        let is_named = Self::NAMES.iter().any(|(_, scope)| *scope == self);
        let parts = if is_named { [self, self] } else { [Self::OWN, Self::BELOW] };
        parts.into_iter().take(if is_named { 1 } else { 2 })
    }

    /// Both together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both reach.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether everything that `other` reaches is reached.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is reached.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether the set holds *own*.
    #[must_use]
    pub const fn has_own(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether the set holds *team*.
    #[must_use]
    pub const fn has_team(self) -> bool {
        self.0 & 2 != 0
    }

    /// Whether the set holds *below*.
    #[must_use]
    pub const fn has_below(self) -> bool {
        self.0 & 4 != 0
    }

    /// Whether every resource is reached.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.0 & 8 != 0
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMES.iter().find(|(_, scope)| scope == self) {
            Some((name, _)) => f.write_str(name),
            None => f.write_str("own and below"),
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| {
            D::Error::custom(format_args!(
                "unknown scope `{name}`; write none, own, team, below, branch or all"
            ))
        })
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_what_it_is_written_as() {
        for one in Scope::NAMES {
            for other in Scope::NAMES {
                let sum = one.1.union(other.1);
                let again = sum.written().map(|part| Scope::from_name(&part.to_string()).unwrap());
                assert_eq!(again.fold(Scope::NONE, Scope::union), sum);
            }
        }
    }

    #[test]
    fn scopes_add_up_and_cover_one_another() {
        assert_eq!(Scope::OWN.union(Scope::BELOW).union(Scope::TEAM), Scope::BRANCH);
        assert!(Scope::ALL.covers(Scope::BRANCH));
        assert!(Scope::TEAM.covers(Scope::OWN));
        assert!(!Scope::BELOW.covers(Scope::OWN));
        assert!(Scope::OWN.covers(Scope::NONE));
    }
}
