//! Whose log it is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A tenant, or the platform itself: products, tenants and what spans them. Each has a log of its
/// own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Realm(String);

impl Realm {
    /// The platform.
    #[must_use]
    pub const fn platform() -> Self {
        Self(String::new())
    }

    /// A tenant.
    ///
    /// # Errors
    ///
    /// Where it is no [name](check_name).
    pub fn tenant(id: impl Into<String>) -> Result<Self, InvalidName> {
        let id = id.into();
        check_name(&id)?;
        Ok(Self(id))
    }

    /// The tenant's id; none for the platform.
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&*self.0)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) const fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tenant_id().unwrap_or("the platform"))
    }
}

/// A name that no tenant and no document can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no name: {why}")]
pub struct InvalidName {
    name: String,
    why: &'static str,
}

/// The longest name, in bytes.
const LONGEST: usize = 256;

/// Whether something can be the id of a tenant or of a document: 1 to 256 bytes without control
/// characters, and without blanks at either end.
///
/// # Errors
///
/// What is wrong with it.
pub fn check_name(name: &str) -> Result<(), InvalidName> {
    let why = if name.is_empty() {
        "it is empty"
    } else if name.len() > LONGEST {
        "it is longer than 256 bytes"
    } else if name.chars().any(char::is_control) {
        "it holds control characters"
    } else if name.trim() != name {
        "it begins or ends with a blank"
    } else {
        return Ok(());
    };
    let name = name.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    Err(InvalidName { name, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_can_be_printed() {
        for name in ["harborlight", "US/South", "a b", "grün", &"x".repeat(256)] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in ["", " a", "a\n", "a\0b", &"x".repeat(257)] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(Realm::tenant("").is_err(), "the platform is no tenant");
    }
}
