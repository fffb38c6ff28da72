//! What both stores do with a connection that is in a transaction: one record is written with all
//! that it feeds, documents and records are read.

/// The functions, for a database.
macro_rules! functions {
    ($Database:ty) => {
        type Connection = <$Database as sqlx::Database>::Connection;

        async fn head_of(
            connection: &mut Connection,
            realm: &Realm,
            statement: &'static str,
        ) -> Result<Head, StoreError> {
            let found: Option<(i64, i64, Vec<u8>)> = sqlx::query_as(statement)
                .bind(realm.as_str())
                .fetch_optional(&mut *connection)
                .await?;
            let (revision, at, hash) = found.unwrap_or((0, 0, vec![0; 32]));
            rows::head(realm.clone(), revision, at, &hash)
        }

        /// Writes one record and what it feeds, but for what is counted; the head that it leads to.
        async fn record(
            connection: &mut Connection,
            head: Head,
            stamp: &Stamp,
            change: NewRecord,
            counted: &mut Sums,
        ) -> Result<Head, StoreError> {
            let realm = head.realm.clone();
            let edits = edits(connection, &realm, change.edits).await?;
            if edits.is_empty() {
                return Ok(head);
            }
            let fed = Fed::of(&edits).map_err(rows::unreadable)?;
            let content = rows::text(&edits)?;
            let row = Row::next(&head, stamp, change.operation, content);
            sqlx::query(sql::WRITE)
                .bind(realm.as_str())
                .bind(rows::stored(row.revision)?)
                .bind(row.at)
                .bind(&*row.actor)
                .bind(&*row.operation)
                .bind(&*row.request)
                .bind(&*row.content)
                .bind(row.previous.as_bytes())
                .bind(row.hash.as_bytes())
                .execute(&mut *connection)
                .await?;
            let revision = rows::stored(row.revision)?;
            feed(connection, sql::WRITE_EDITS, &realm, &fed.touched, Some(revision)).await?;
            feed(connection, sql::GONE, &realm, &fed.gone, None).await?;
            feed(connection, sql::PUT, &realm, &fed.put, Some(revision)).await?;
            feed(connection, sql::UNFACET, &realm, &rows::single(fed.unfaceted), None).await?;
            feed(connection, sql::FACET, &realm, &fed.facets, None).await?;
            counted.add(fed.usage);
            if counted.is_full() {
                feed(connection, sql::USE, &realm, &counted.take(), None).await?;
            }
            feed(connection, sql::UNDELEGATE, &realm, &rows::single(fed.undelegated), None).await?;
            feed(connection, sql::DELEGATE, &realm, &fed.delegations, None).await?;
            if let (Some(is), Some(looks)) = (fed.tenant, feed::looks(&realm)) {
                let platform = Realm::platform();
                let tenant = rows::single(looks.iter().map(|(.., id)| id.clone()).collect());
                feed(connection, sql::UNFACET, &platform, &tenant, None).await?;
                let there = if is { &looks[..] } else { &[] };
                feed(connection, sql::FACET, &platform, there, None).await?;
            }
            Ok(row.head())
        }

        /// What becomes of each document, without those that stay as they are.
        async fn edits(
            connection: &mut Connection,
            realm: &Realm,
            wanted: Vec<(String, String, Option<Body>)>,
        ) -> Result<Vec<DocumentEdit>, StoreError> {
            let names: Vec<(&str, &str)> = rows::names(&wanted)?.into_iter().collect();
            let current = objects(connection, realm, &names).await?;
            rows::edits(wanted, current)
        }

        /// Those of some documents that there are, each named by its kind and its id.
        async fn objects(
            connection: &mut Connection,
            realm: &Realm,
            names: &[(&str, &str)],
        ) -> Result<Vec<Object>, StoreError> {
            let found: Vec<ObjectRow> = sqlx::query_as(sql::OBJECTS)
                .bind(realm.as_str())
                .bind(rows::text(names)?)
                .fetch_all(&mut *connection)
                .await?;
            found.into_iter().map(rows::object).collect()
        }

        /// Who lets each of these users act for them, and how.
        async fn delegated(
            connection: &mut Connection,
            realm: &Realm,
            users: &[[&str; 1]],
        ) -> Result<Vec<Delegated>, StoreError> {
            let found: Vec<(String, String, String)> = sqlx::query_as(sql::DELEGATED)
                .bind(realm.as_str())
                .bind(rows::text(users)?)
                .fetch_all(&mut *connection)
                .await?;
            let found: BTreeSet<(String, String, String)> = found.into_iter().collect();
            if found.is_empty() {
                return Ok(Vec::new());
            }
            let names = found
                .iter()
                .flat_map(|(_, id, from)| [(feed::DELEGATION, &**id), (feed::USER, &**from)]);
            let names: BTreeSet<(&str, &str)> = names.collect();
            let names: Vec<(&str, &str)> = names.into_iter().collect();
            let objects = objects(connection, realm, &names).await?;
            Ok(rows::delegated(&found, objects))
        }

        async fn feed<T: serde::Serialize + Sync>(
            connection: &mut Connection,
            statement: &'static str,
            realm: &Realm,
            rows: &[T],
            revision: Option<i64>,
        ) -> Result<(), StoreError> {
            if rows.is_empty() {
                return Ok(());
            }
            let query = sqlx::query(statement).bind(realm.as_str()).bind(rows::text(rows)?);
            let query = match revision {
                Some(revision) => query.bind(revision),
                None => query,
            };
            query.execute(connection).await?;
            Ok(())
        }

        async fn records(
            connection: &mut Connection,
            realm: &Realm,
            after: u64,
            limit: u32,
        ) -> Result<Vec<Record>, StoreError> {
            let found: Vec<LogRow> = sqlx::query_as(sql::SINCE)
                .bind(realm.as_str())
                .bind(rows::stored(after)?)
                .bind(i64::from(limit))
                .fetch_all(connection)
                .await?;
            found.into_iter().map(rows::record).collect()
        }

        async fn recalled(
            connection: &mut Connection,
            realm: &Realm,
            key: &str,
        ) -> Result<Option<Remembered>, StoreError> {
            let found: Option<(String, String, i64)> = sqlx::query_as(sql::RECALL)
                .bind(realm.as_str())
                .bind(key)
                .fetch_optional(connection)
                .await?;
            Ok(found.map(|(fingerprint, answer, at)| Remembered {
                realm: realm.clone(),
                key: key.to_owned(),
                fingerprint,
                answer,
                at,
            }))
        }
    };
}

pub(crate) use functions;
