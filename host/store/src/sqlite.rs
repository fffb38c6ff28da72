//! The store in one file.

use crate::chain::Hash;
use crate::error::StoreError;
use crate::feed::{self, Facet, Fed, Sums};
use crate::realm::Realm;
use crate::record::{Appended, Body, DocumentEdit, NewRecord, Object, Record, Row, Stamp};
use crate::rows;
use crate::sql::{LogRow, ObjectRow, TenantRow, implement};
use crate::{
    Append, Changes, Contents, Delegated, DirectoryExcerpt, Head, Listed, LogQuery, Mark, Moved,
    Remembered, Store, Which,
};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{SqlSafeStr as _, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::future::Future;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

mod sql {
    use crate::statements::{
        contents, log_columns, log_document, log_edits, log_filter, statements,
    };
    statements!(
        "json_each($2) e",
        "",
        "",
        "",
        " IN (",
        ")",
        "COALESCE(MAX(moved), 0) + 1 FROM head"
    );
}

/// How many read at a time. Writers are one at a time anyway.
const READERS: u32 = 4;
/// How many bytes of the file are read where the system has them already, instead of into a cache
/// of each connection.
const MAPPED: &str = "1073741824";
/// How long to wait for another process that writes to the same file.
const PATIENCE: Duration = Duration::from_secs(10);

/// A store in one file. Several processes may use it at a time, on one machine.
#[derive(Debug)]
pub struct Sqlite {
    readers: SqlitePool,
    writer: SqlitePool,
    bell: Arc<Notify>,
}

/// Makes the file where it is missing. Who may do what is nobody's business but its owner's.
fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

impl Sqlite {
    /// Opens it, and makes it where it is missing.
    ///
    /// # Errors
    ///
    /// Where the file cannot be opened, is no store, or is one of a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let open = |source| StoreError::Open { location: path.display().to_string(), source };
        create(path).map_err(|error| open(sqlx::Error::Io(error)))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // What was acknowledged survives also the machine, not only the process.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(PATIENCE)
            .pragma("mmap_size", MAPPED);
        let pool = |connections: u32, cache: &'static str| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(PATIENCE)
                .test_before_acquire(false)
                .connect_with(options.clone().pragma("cache_size", cache))
        };
        let writer = pool(1, "-65536").await.map_err(open)?;
        migrations().run(&writer).await?;
        let readers = pool(READERS, "-4096").await.map_err(open)?;
        Ok(Self { readers, writer, bell: Arc::default() })
    }

    async fn read(&self) -> Result<Transaction<'static, sqlx::Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    async fn write(&self) -> Result<Transaction<'static, sqlx::Sqlite>, StoreError> {
        // Not deferred: a transaction that reads first and then wants to write may find that
        // another process has written in between, and would have to begin again.
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A file does not go away for a while: there is nothing to give up on.
    async fn timed<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        work.await
    }

    /// Only this process hears of it; others look from time to time.
    #[expect(clippy::unused_async, reason = "the other store sends it")]
    async fn announce(&self, _: &mut Connection, heads: &[Head]) -> Result<(), StoreError> {
        if !heads.is_empty() {
            self.bell.notify_waiters();
        }
        Ok(())
    }

    async fn bytes(&self) -> Result<u64, StoreError> {
        let (pages,): (i64,) = sqlx::query_as(
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        )
        .fetch_one(&self.readers)
        .await?;
        Ok(u64::try_from(pages).unwrap_or(0))
    }

    async fn shut(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Released ones are never edited: what is wrong with one is mended by the next.
fn migrations() -> Migrator {
    let texts = [
        ("log", include_str!("../migrations/sqlite/0001_log.sql")),
        ("moved", include_str!("../migrations/sqlite/0002_moved.sql")),
        ("folded", include_str!("../migrations/sqlite/0003_folded.sql")),
        ("tenants", include_str!("../migrations/sqlite/0004_tenants.sql")),
    ];
    let migrations = (1..).zip(texts).map(|(version, (name, text))| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

implement!(Sqlite, sqlx::Sqlite);
