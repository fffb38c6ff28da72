//! Whether a log is what was written.

use crate::chain::Hash;
use crate::error::StoreError;
use crate::realm::Realm;
use crate::{Body, LogQuery, Store, Which, feed};
use std::collections::HashMap;

/// How many records are read at a time.
const PORTION: u32 = 500;

/// A log that holds together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The last revision.
    pub revision: u64,
    /// Its hash. Write it down elsewhere: who can rewrite the whole log can make another chain.
    pub hash: Hash,
    /// How many documents the log leads to.
    pub documents: u64,
}

/// Follows the chain of a log from its first record to its head, and compares the documents that
/// it leads to with those that are stored. `progress` is told each revision that was reached.
///
/// # Errors
///
/// [`StoreError::Broken`] with the first record that is not what was written.
pub async fn verify(
    store: &dyn Store,
    realm: &Realm,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Verified, StoreError> {
    let head = store.head(realm).await?;
    let broken =
        |revision: u64, why: String| StoreError::Broken { realm: realm.clone(), revision, why };
    let mut reached = (0, Hash::NONE);
    // Of each document only a hash of what it says: they may be millions.
    let mut documents: HashMap<(String, String), u64> = HashMap::new();
    while reached.0 < head.revision {
        let query = LogQuery {
            after: Some(reached.0),
            before: Some(head.revision + 1),
            limit: PORTION,
            ..LogQuery::default()
        };
        let records = store.log(realm, &query).await?;
        if records.is_empty() {
            return Err(broken(reached.0 + 1, "it is missing".to_owned()));
        }
        for record in records {
            let revision = record.revision;
            if revision != reached.0 + 1 {
                return Err(broken(reached.0 + 1, "it is missing".to_owned()));
            }
            if record.previous != reached.1 {
                let why = "it does not follow from the record before it";
                return Err(broken(revision, why.to_owned()));
            }
            let hash =
                record.computed_hash().map_err(|error| broken(revision, error.to_string()))?;
            if hash != record.hash {
                return Err(broken(revision, "it is not what was written".to_owned()));
            }
            for edit in record.edits {
                let key = (edit.kind, edit.id);
                let was = documents.remove(&key);
                if was != edit.before.as_ref().map(digest) {
                    let why = format!("the {} `{}` was another before it", key.0, key.1);
                    return Err(broken(revision, why));
                }
                if let Some(after) = &edit.after {
                    documents.insert(key, digest(after));
                }
            }
            reached = (revision, hash);
            progress(revision);
        }
    }
    if reached.1 != head.hash {
        return Err(broken(head.revision, "the head has another hash".to_owned()));
    }
    let count = u64::try_from(documents.len()).unwrap_or(u64::MAX);
    if store.head(realm).await?.revision == head.revision {
        stored(store, realm, head.revision, documents).await?;
    }
    Ok(Verified { revision: reached.0, hash: reached.1, documents: count })
}

/// Compares the documents that the log leads to with those that are stored.
async fn stored(
    store: &dyn Store,
    realm: &Realm,
    revision: u64,
    mut documents: HashMap<(String, String), u64>,
) -> Result<(), StoreError> {
    let broken = |why: String| StoreError::Broken { realm: realm.clone(), revision, why };
    let mut check = |kind: String, id: String, body: &Body| {
        let key = (kind, id);
        if documents.remove(&key) == Some(digest(body)) {
            return Ok(());
        }
        Err(broken(format!("the {} `{}` is not what the log leads to", key.0, key.1)))
    };
    let contents = store.contents(realm).await?;
    if contents.head.revision != revision {
        return Ok(());
    }
    for object in contents.objects {
        check(object.kind, object.id, &object.body)?;
    }
    for kind in [feed::USER, feed::DELEGATION, feed::INVITATION] {
        let mut after = String::new();
        loop {
            let page = store.page(realm, Which::All(kind), &after, 1000).await?;
            // Somebody writes meanwhile: what is read no longer is of that revision.
            if page.iter().any(|object| object.revision > revision) {
                return Ok(());
            }
            let Some(last) = page.last() else { break };
            after.clone_from(&last.id);
            for object in page {
                check(object.kind, object.id, &object.body)?;
            }
        }
    }
    match documents.keys().next() {
        None => Ok(()),
        Some((kind, id)) => Err(broken(format!("the {kind} `{id}` is missing"))),
    }
}

fn digest(body: &Body) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    hasher.write(body.get().as_bytes());
    hasher.finish()
}
