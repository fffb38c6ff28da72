//! Where a store is.

use crate::error::StoreError;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a store is: `sqlite:FILE` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file. It is made where it is missing.
    Sqlite(PathBuf),
    /// A database of a server, as a URL.
    Postgres(String),
}

impl FromStr for Location {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let file = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
        match file {
            Some(file) if !file.is_empty() && !file.starts_with(":memory:") => {
                Ok(Self::Sqlite(file.into()))
            }
            None if text.starts_with("postgres://") || text.starts_with("postgresql://") => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err(StoreError::Location(without_password(text))),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// The URL without a password: neither before the host nor among the parameters.
fn without_password(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(before, _)| before);
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_printed() {
        for url in ["postgres://me:pa:ss@word@host:5432/db", "postgres://me@host/db?password=pa"] {
            let location: Location = url.parse().unwrap();
            let shown = format!("{location} {location:?}");
            assert!(shown.contains("me@host"), "{shown}");
            assert!(!shown.contains("pa"), "{shown}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_what_to_say() {
        for text in ["", "sqlite:", "sqlite::memory:", "mysql://me@host/db", "permesso.db"] {
            let refused = text.parse::<Location>().unwrap_err().to_string();
            assert!(refused.contains("sqlite:FILE"), "{refused}");
        }
        let file: Location = "sqlite:state/permesso.db".parse().unwrap();
        assert_eq!(file.to_string(), "sqlite:state/permesso.db");
    }
}
