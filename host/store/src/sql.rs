//! What both stores have in common: what is done with the statements.
//!
//! The library's types for the two have nothing in common that functions could be written over, so
//! the functions are made twice, by [`implement`] and by
//! [`functions`](crate::connection::functions).

/// A record as it comes from the database.
pub(crate) type LogRow = (String, i64, i64, String, String, String, String, Vec<u8>, Vec<u8>);
/// A document as it comes from the database.
pub(crate) type ObjectRow = (String, String, String, i64);
/// A tenant as it comes from the database: its head, its settings, its catalog.
pub(crate) type TenantRow = (String, i64, i64, Vec<u8>, String, i64, String, i64);

/// [`Store`](crate::Store) for a store with a `read` and a `write` transaction, a `size`, a
/// `bell` and the statements of its dialect in `sql`.
macro_rules! implement {
    ($Store:ty, $Database:ty) => {
        crate::connection::functions!($Database);

        #[async_trait::async_trait]
        impl Store for $Store {
            async fn heads(&self) -> Result<Vec<Head>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let found: Vec<(String, i64, i64, Vec<u8>)> =
                        sqlx::query_as(sql::HEADS).fetch_all(&mut *tx).await?;
                    let heads = found.into_iter();
                    heads
                        .map(|(r, n, at, hash)| rows::head(Realm::stored(r), n, at, &hash))
                        .collect()
                })
                .await
            }

            async fn moved(&self, since: Option<Mark>) -> Result<Moved, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    // The mark first: of what moves in between it is told next time.
                    let (seen,): (i64,) = sqlx::query_as(sql::SEEN).fetch_one(&mut *tx).await?;
                    let found: Vec<(String, i64, i64, Vec<u8>)> = match since {
                        None => Vec::new(),
                        Some(Mark(since)) => {
                            sqlx::query_as(sql::MOVED).bind(since).fetch_all(&mut *tx).await?
                        }
                    };
                    let heads = found.into_iter();
                    let heads =
                        heads.map(|(r, n, at, hash)| rows::head(Realm::stored(r), n, at, &hash));
                    // Sorted here: a database that sorts reads them in that order, all of them.
                    let mut heads: Vec<Head> = heads.collect::<Result<_, _>>()?;
                    heads.sort_by(|a, b| a.realm.cmp(&b.realm));
                    Ok(Moved { heads, mark: Mark(seen) })
                })
                .await
            }

            async fn tenants(&self, after: &str, limit: u32) -> Result<Vec<Listed>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let found: Vec<TenantRow> = sqlx::query_as(sql::TENANTS)
                        .bind(after)
                        .bind(i64::from(limit))
                        .fetch_all(&mut *tx)
                        .await?;
                    found.into_iter().map(rows::listed).collect()
                })
                .await
            }

            async fn realms_of_key(&self, id: &str) -> Result<Vec<Realm>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let found: Vec<(String,)> =
                        sqlx::query_as(sql::REALMS_OF_KEY).bind(id).fetch_all(&mut *tx).await?;
                    Ok(found.into_iter().map(|(realm,)| Realm::stored(realm)).collect())
                })
                .await
            }

            async fn has_keys(&self) -> Result<bool, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let found: Option<(String,)> =
                        sqlx::query_as(sql::ANY_KEY).fetch_optional(&mut *tx).await?;
                    Ok(found.is_some())
                })
                .await
            }

            async fn head(&self, realm: &Realm) -> Result<Head, StoreError> {
                self.timed(async { head_of(&mut *self.read().await?, realm, sql::HEAD).await })
                    .await
            }

            async fn contents(&self, realm: &Realm) -> Result<Contents, StoreError> {
                let mut tx = self.timed(self.read()).await?;
                let head = self.timed(head_of(&mut tx, realm, sql::HEAD)).await?;
                let found: Vec<ObjectRow> =
                    sqlx::query_as(sql::CONTENTS).bind(realm.as_str()).fetch_all(&mut *tx).await?;
                let objects = found.into_iter().map(rows::object).collect::<Result<_, _>>()?;
                Ok(Contents { head, objects })
            }

            async fn directory(
                &self,
                realm: &Realm,
                users: &[String],
                usage: &[(Facet, String)],
            ) -> Result<DirectoryExcerpt, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let head = head_of(&mut tx, realm, sql::HEAD).await?;
                    let mut directory = DirectoryExcerpt {
                        revision: head.revision,
                        users: BTreeMap::new(),
                        delegations: Vec::new(),
                        usage: BTreeMap::new(),
                    };
                    if !users.is_empty() {
                        let names: Vec<(&str, &str)> =
                            users.iter().map(|id| (feed::USER, &**id)).collect();
                        let found = objects(&mut tx, realm, &names).await?.into_iter();
                        directory.users = found.map(|user| (user.id.clone(), user)).collect();
                        let names: Vec<[&str; 1]> = users.iter().map(|id| [&**id]).collect();
                        directory.delegations = delegated(&mut tx, realm, &names).await?;
                    }
                    if !usage.is_empty() {
                        let names: Vec<(&str, &str)> =
                            usage.iter().map(|(facet, value)| (facet.name(), &**value)).collect();
                        let found: Vec<(String, String, i64, i64)> = sqlx::query_as(sql::USAGE)
                            .bind(realm.as_str())
                            .bind(rows::text(&names)?)
                            .fetch_all(&mut *tx)
                            .await?;
                        directory.usage = rows::usage(usage, found);
                    }
                    Ok(directory)
                })
                .await
            }

            async fn object(
                &self,
                realm: &Realm,
                kind: &str,
                id: &str,
            ) -> Result<Option<Object>, StoreError> {
                self.timed(async {
                    let found: Option<ObjectRow> = sqlx::query_as(sql::OBJECT)
                        .bind(realm.as_str())
                        .bind(kind)
                        .bind(id)
                        .fetch_optional(&mut *self.read().await?)
                        .await?;
                    found.map(rows::object).transpose()
                })
                .await
            }

            async fn page(
                &self,
                realm: &Realm,
                which: Which<'_>,
                after: &str,
                limit: u32,
            ) -> Result<Vec<Object>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let query = match which {
                        Which::All(kind) => {
                            sqlx::query_as(sql::PAGE).bind(realm.as_str()).bind(kind)
                        }
                        Which::Having(facet, value) => sqlx::query_as(sql::PAGE_HAVING)
                            .bind(realm.as_str())
                            .bind(facet.name())
                            .bind(value),
                    };
                    let found: Vec<ObjectRow> =
                        query.bind(after).bind(i64::from(limit)).fetch_all(&mut *tx).await?;
                    found.into_iter().map(rows::object).collect()
                })
                .await
            }

            async fn twins(
                &self,
                realm: &Realm,
                folded: &BTreeSet<[&str; 1]>,
            ) -> Result<Vec<(String, String)>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    Ok(sqlx::query_as(sql::TWINS)
                        .bind(realm.as_str())
                        .bind(rows::text(folded)?)
                        .fetch_all(&mut *tx)
                        .await?)
                })
                .await
            }

            async fn delegations(
                &self,
                realm: &Realm,
                users: &BTreeSet<[&str; 1]>,
            ) -> Result<Vec<String>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let found: Vec<(String,)> = sqlx::query_as(sql::BETWEEN)
                        .bind(realm.as_str())
                        .bind(rows::text(users)?)
                        .fetch_all(&mut *tx)
                        .await?;
                    Ok(found.into_iter().map(|(id,)| id).collect())
                })
                .await
            }

            async fn since(
                &self,
                realm: &Realm,
                revision: u64,
                limit: u32,
            ) -> Result<Changes, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let head = head_of(&mut tx, realm, sql::HEAD).await?;
                    let behind = head.revision.saturating_sub(revision);
                    if behind > u64::from(limit) {
                        return Ok(Changes { head, records: None, delegates: Vec::new() });
                    }
                    let records = match behind {
                        0 => Vec::new(),
                        _ => records(&mut tx, realm, revision, limit).await?,
                    };
                    let users = records.iter().flat_map(|record| &record.edits);
                    let users = users.filter(|edit| edit.kind == feed::USER);
                    let users: BTreeSet<[&str; 1]> = users.map(|edit| [&*edit.id]).collect();
                    let mut delegates = Vec::new();
                    if !users.is_empty() {
                        let found: Vec<(String,)> = sqlx::query_as(sql::DELEGATES)
                            .bind(realm.as_str())
                            .bind(rows::text(&users)?)
                            .fetch_all(&mut *tx)
                            .await?;
                        delegates = found.into_iter().map(|(id,)| id).collect();
                    }
                    Ok(Changes { head, records: Some(records), delegates })
                })
                .await
            }

            async fn log(
                &self,
                realm: &Realm,
                query: &LogQuery,
            ) -> Result<Vec<Record>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let order = usize::from(query.newest_first);
                    let statements = if query.kind.is_some() { &sql::LOG_OF } else { &sql::LOG };
                    let statement = *statements.get(order).unwrap_or(&sql::LOG[0]);
                    let mut found = sqlx::query_as(statement)
                        .bind(realm.as_str())
                        .bind(rows::stored(query.after.unwrap_or(0))?)
                        .bind(rows::stored(query.before.unwrap_or(u64::MAX >> 1))?)
                        .bind(query.since.unwrap_or(i64::MIN))
                        .bind(query.until.unwrap_or(i64::MAX))
                        .bind(query.actor.clone().unwrap_or_default())
                        .bind(rows::pattern(query.operation.as_deref()))
                        .bind(i64::from(query.limit.clamp(1, 1000)));
                    if let Some(kind) = &query.kind {
                        found = found.bind(kind).bind(query.id.clone().unwrap_or_default());
                    }
                    let found: Vec<LogRow> = found.fetch_all(&mut *tx).await?;
                    let mut records: Vec<Record> =
                        found.into_iter().map(rows::record).collect::<Result<_, _>>()?;
                    // One record may have edited several documents of the kind.
                    records.dedup_by_key(|record| record.revision);
                    Ok(records)
                })
                .await
            }

            async fn object_at(
                &self,
                realm: &Realm,
                kind: &str,
                id: &str,
                revision: u64,
            ) -> Result<Option<Body>, StoreError> {
                self.timed(async {
                    let mut tx = self.read().await?;
                    let next: Option<LogRow> = sqlx::query_as(sql::NEXT_EDIT)
                        .bind(realm.as_str())
                        .bind(kind)
                        .bind(id)
                        .bind(rows::stored(revision)?)
                        .fetch_optional(&mut *tx)
                        .await?;
                    if let Some(row) = next {
                        let mut edits = rows::record(row)?.edits.into_iter();
                        let edit = edits.find(|edit| edit.kind == kind && edit.id == id);
                        return Ok(edit.and_then(|edit| edit.before));
                    }
                    let found: Option<ObjectRow> = sqlx::query_as(sql::OBJECT)
                        .bind(realm.as_str())
                        .bind(kind)
                        .bind(id)
                        .fetch_optional(&mut *tx)
                        .await?;
                    Ok(found.map(rows::object).transpose()?.map(|object| object.body))
                })
                .await
            }

            async fn append(
                &self,
                mut batches: Vec<Append<'_>>,
                remember: Option<Remembered>,
            ) -> Result<Appended, StoreError> {
                let mut tx = self.timed(self.write()).await?;
                if let Some(remember) = &remember {
                    let before =
                        self.timed(recalled(&mut tx, &remember.realm, &remember.key)).await?;
                    if let Some(before) = before {
                        return Ok(Appended::Before(before));
                    }
                }
                // Always in the same order, so that no two writers wait for one another.
                let mut order: Vec<usize> = (0..batches.len()).collect();
                order.sort_by(|a, b| {
                    let realm = |place: &usize| batches.get(*place).map(|batch| &batch.realm);
                    realm(a).cmp(&realm(b))
                });
                let mut heads: Vec<Option<Head>> = vec![None; batches.len()];
                for place in order {
                    let Some(batch) = batches.get_mut(place) else { continue };
                    let locked = async {
                        sqlx::query(sql::MAKE_HEAD)
                            .bind(batch.realm.as_str())
                            .bind(Hash::NONE.as_bytes())
                            .execute(&mut *tx)
                            .await?;
                        head_of(&mut tx, &batch.realm, sql::LOCK_HEAD).await
                    };
                    let mut head = self.timed(locked).await?;
                    if head.revision != batch.expected {
                        return Err(StoreError::Conflict {
                            realm: head.realm,
                            expected: batch.expected,
                            actual: head.revision,
                        });
                    }
                    let mut counted = Sums::default();
                    for change in &mut *batch.changes {
                        let written = record(&mut tx, head, &batch.stamp, change, &mut counted);
                        head = self.timed(written).await?;
                    }
                    let counted = counted.take();
                    self.timed(feed(&mut tx, sql::USE, &batch.realm, &counted, None)).await?;
                    if head.revision != batch.expected {
                        let moved = sqlx::query(sql::MOVE_HEAD)
                            .bind(head.realm.as_str())
                            .bind(rows::stored(head.revision)?)
                            .bind(head.at)
                            .bind(head.hash.as_bytes())
                            .execute(&mut *tx);
                        self.timed(async { Ok(moved.await?) }).await?;
                    }
                    if let Some(slot) = heads.get_mut(place) {
                        *slot = Some(head);
                    }
                }
                let heads: Vec<Head> = heads.into_iter().flatten().collect();
                if let Some(remember) = remember {
                    let remembered = sqlx::query(sql::REMEMBER)
                        .bind(remember.realm.as_str())
                        .bind(remember.key)
                        .bind(remember.fingerprint)
                        .bind(rows::answered(&remember.answer, &heads))
                        .bind(remember.at)
                        .execute(&mut *tx);
                    self.timed(async { Ok(remembered.await?) }).await?;
                }
                self.announce(&mut tx, &heads).await?;
                let committed = self.timed(async { Ok(tx.commit().await?) }).await;
                committed.map_err(|error| match error {
                    StoreError::Unavailable(error) => StoreError::Unknown(error),
                    error => error,
                })?;
                Ok(Appended::Now(heads))
            }

            async fn recall(
                &self,
                realm: &Realm,
                key: &str,
            ) -> Result<Option<Remembered>, StoreError> {
                self.timed(async { recalled(&mut *self.read().await?, realm, key).await }).await
            }

            async fn forget(&self, before: i64) -> Result<u64, StoreError> {
                self.timed(async {
                    let mut tx = self.write().await?;
                    let gone = sqlx::query(sql::FORGET).bind(before).execute(&mut *tx).await?;
                    tx.commit().await?;
                    Ok(gone.rows_affected())
                })
                .await
            }

            fn bell(&self) -> Arc<Notify> {
                Arc::clone(&self.bell)
            }

            async fn size(&self) -> Result<u64, StoreError> {
                self.timed(self.bytes()).await
            }

            async fn close(&self) {
                self.shut().await;
            }
        }
    };
}

pub(crate) use implement;
