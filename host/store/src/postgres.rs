//! The store on a server, for more machines than one.

use crate::chain::Hash;
use crate::error::StoreError;
use crate::feed::{self, Facet, Fed, Sums};
use crate::location::Location;
use crate::realm::Realm;
use crate::record::{Appended, Body, DocumentEdit, NewRecord, Object, Record, Row, Stamp};
use crate::rows;
use crate::sql::{LogRow, ObjectRow, TenantRow, implement};
use crate::{
    Append, Changes, Contents, Delegated, DirectoryExcerpt, Head, Listed, LogQuery, Mark, Moved,
    Remembered, Store, Which,
};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use sqlx::{SqlSafeStr as _, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

mod sql {
    use crate::statements::{
        contents, log_columns, log_document, log_edits, log_filter, statements,
    };
    statements!(
        "json_array_elements($2::json) AS e(value)",
        " FOR UPDATE",
        // Not merged into what is around it.
        "LATERAL (SELECT o.* FROM ",
        " OFFSET 0) o",
        " = ANY(ARRAY(",
        "))",
        // Transactions end in another order than they begin in: what is seen is what no
        // transaction that goes on has begun before.
        "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    );
}

/// The most connections of one node.
const CONNECTIONS: u32 = 10;
/// How long one statement may take before the server counts as gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait for a connection.
const PATIENCE_TO_CONNECT: Duration = Duration::from_secs(3);
/// Look-ups take less time than to compile them.
const SETTINGS: [(&str, &str); 2] = [("statement_timeout", "60s"), ("jit", "off")];
/// Transactions are numbered by the server. Where the database was restored from another one,
/// numbers that this one has not come to yet would look new each time.
const RESTORED: &str = "UPDATE head SET moved = 0 \
    WHERE moved >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
/// On which channel writers say that they have written.
const CHANNEL: &str = "permesso";

/// A store in a `PostgreSQL` database, or one that speaks its protocol.
#[derive(Debug)]
pub struct Postgres {
    pool: PgPool,
    bell: Arc<Notify>,
    listener: JoinHandle<()>,
}

impl Postgres {
    /// Connects, and makes the tables where they are missing.
    ///
    /// # Errors
    ///
    /// Where the server cannot be reached, or the database is one of a newer version.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let open = |source| StoreError::Open {
            location: Location::Postgres(url.to_owned()).to_string(),
            source,
        };
        let options: PgConnectOptions = url.parse().map_err(open)?;
        let options = options.application_name("permesso").options(SETTINGS);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE_TO_CONNECT)
            .connect_with(options)
            .await
            .map_err(open)?;
        migrations().run(&pool).await?;
        if let Err(error) = restored(&pool).await {
            // Until the next time some logs are only looked at too often.
            tracing::debug!(%error, "when logs moved is left as another server counted");
        }
        let bell = Arc::<Notify>::default();
        let listener = tokio::spawn(listen(pool.clone(), Arc::clone(&bell)));
        Ok(Self { pool, bell, listener })
    }

    async fn read(&self) -> Result<Transaction<'static, sqlx::Postgres>, StoreError> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(self.pool.begin_with(begin).await?)
    }

    async fn write(&self) -> Result<Transaction<'static, sqlx::Postgres>, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await?)
    }

    async fn timed<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let timed = tokio::time::timeout(PATIENCE, work).await;
        timed.unwrap_or(Err(StoreError::Unavailable(sqlx::Error::PoolTimedOut)))
    }

    /// Heard by every node when it is committed, and not before.
    async fn announce(&self, tx: &mut Connection, heads: &[Head]) -> Result<(), StoreError> {
        if !heads.is_empty() {
            let say = sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(tx);
            self.timed(async { Ok(say.await?) }).await?;
        }
        Ok(())
    }

    async fn bytes(&self) -> Result<u64, StoreError> {
        let (bytes,): (i64,) = sqlx::query_as("SELECT pg_database_size(current_database())")
            .fetch_one(&self.pool)
            .await?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    async fn shut(&self) {
        self.listener.abort();
        self.pool.close().await;
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// Takes back what another server counted. Whoever writes meanwhile is not written over.
async fn restored(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut tx = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
    sqlx::query(RESTORED).execute(&mut *tx).await?;
    tx.commit().await
}

/// Rings the bell whenever somebody has written, and once after each time that the server was
/// away: what was said then nobody heard.
async fn listen(pool: PgPool, bell: Arc<Notify>) {
    loop {
        if let Err(error) = listen_once(&pool, &bell).await {
            tracing::debug!(%error, "not listening to the store; looking from time to time");
        }
        if pool.is_closed() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn listen_once(pool: &PgPool, bell: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    bell.notify_waiters();
    // None where the connection was lost.
    while listener.try_recv().await?.is_some() {
        bell.notify_waiters();
    }
    Ok(())
}

/// Released ones are never edited: what is wrong with one is mended by the next.
fn migrations() -> Migrator {
    let texts = [
        ("log", include_str!("../migrations/postgres/0001_log.sql")),
        ("moved", include_str!("../migrations/postgres/0002_moved.sql")),
        ("folded", include_str!("../migrations/postgres/0003_folded.sql")),
        ("tenants", include_str!("../migrations/postgres/0004_tenants.sql")),
    ];
    let migrations = (1..).zip(texts).map(|(version, (name, text))| {
        Migration::new(version, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

implement!(Postgres, sqlx::Postgres);
