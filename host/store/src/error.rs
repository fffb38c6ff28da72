//! What a store cannot do.

use crate::realm::{InvalidName, Realm};

/// Why a store did not answer, or did not write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first.
    #[error("{realm} is at revision {actual}, not at {expected}; read it again")]
    Conflict {
        /// Whose log.
        realm: Realm,
        /// What was expected.
        expected: u64,
        /// What it is.
        actual: u64,
    },
    /// It cannot be reached, or did not answer in time. Nothing was written.
    #[error("the store cannot be reached: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// It was lost while it was writing: the records are there as a whole, or not at all.
    #[error(
        "the store was lost while it was writing, and what became of the change is not known; \
         send it again with the same idempotency key: {0}"
    )]
    Unknown(#[source] sqlx::Error),
    /// It refused what it was asked.
    #[error("the store refused a statement: {0}")]
    Refused(#[source] sqlx::Error),
    /// It cannot be opened.
    #[error("cannot open the store `{location}`: {source}")]
    Open {
        /// Where it is, without a password.
        location: String,
        /// Why.
        source: sqlx::Error,
    },
    /// Its tables cannot be brought up to date.
    #[error("cannot bring the tables of the store up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A name that nothing can have.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A change that names a document twice.
    #[error("a change names the {kind} `{id}` twice")]
    Twice {
        /// The kind of the document.
        kind: String,
        /// Its id.
        id: String,
    },
    /// What is stored does not say what it has to.
    #[error("revision {revision} of {realm} is broken: {why}; restore the store from a backup")]
    Broken {
        /// Whose log.
        realm: Realm,
        /// Which record.
        revision: u64,
        /// What is wrong.
        why: String,
    },
    /// Where a store is was not understood.
    #[error("`{0}` is no store; say `sqlite:FILE` or `postgres://USER@HOST/DATABASE`")]
    Location(String),
}

impl StoreError {
    /// Whether it may be there again later, without anybody's doing.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Unknown(_) | Self::Open { .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if !is_passing(database.code().as_deref()) => {
                Self::Refused(error)
            }
            sqlx::Error::Decode(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Encode(_) => Self::Refused(error),
            _ => Self::Unavailable(error),
        }
    }
}

/// Whether a database's own error says that it is busy, going down, coming up or full, and not
/// that the statement is wrong. `PostgreSQL` has classes of codes, SQLite numbers.
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    let classes = ["08", "40", "53", "55", "57", "58"];
    // Busy, locked, out of memory, interrupted, I/O, full, cannot open; extended codes keep the
    // number in the lowest eight bits.
    let numbers = [5, 6, 7, 9, 10, 13, 14];
    match code.parse::<u32>() {
        Ok(number) if code.len() != 5 => numbers.contains(&(number & 0xff)),
        _ => classes.iter().any(|class| code.starts_with(class)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_is_wrong() {
        for code in ["57P01", "08006", "53300", "40001", "5", "13", "2067"] {
            assert_eq!(is_passing(Some(code)), code != "2067", "{code}");
        }
        // Constraint, syntax, undefined table.
        for code in ["19", "1555", "42601", "42P01", "23505"] {
            assert!(!is_passing(Some(code)), "{code}");
        }
    }
}
