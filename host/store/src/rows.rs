//! Between what a database holds and what it means.

use crate::chain::Hash;
use crate::error::StoreError;
use crate::feed::{self, Facet};
use crate::realm::{Realm, check_name};
use crate::record::{Body, DocumentEdit, Object, Record, Row};
use crate::sql::{LogRow, ObjectRow, TenantRow};
use crate::{Delegated, FacetUsage, Head, Listed};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Rows for a statement that reads a JSON array.
pub(crate) fn text<T: Serialize + ?Sized>(rows: &T) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(unreadable)
}

pub(crate) fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Refused(sqlx::Error::Decode(error.into()))
}

/// Rows of one column.
pub(crate) fn single(names: Vec<String>) -> Vec<[String; 1]> {
    names.into_iter().map(|name| [name]).collect()
}

/// A revision as databases know numbers.
pub(crate) fn stored(revision: u64) -> Result<i64, StoreError> {
    i64::try_from(revision).map_err(|error| StoreError::Refused(sqlx::Error::Encode(error.into())))
}

fn revision(stored: i64) -> Result<u64, StoreError> {
    u64::try_from(stored).map_err(|error| StoreError::Refused(sqlx::Error::Decode(error.into())))
}

fn hash(realm: &Realm, revision: u64, bytes: &[u8]) -> Result<Hash, StoreError> {
    Hash::from_bytes(bytes).ok_or_else(|| StoreError::Broken {
        realm: realm.clone(),
        revision,
        why: "its hash does not have 32 bytes".to_owned(),
    })
}

pub(crate) fn head(realm: Realm, stored: i64, at: i64, bytes: &[u8]) -> Result<Head, StoreError> {
    let revision = revision(stored)?;
    let hash = hash(&realm, revision, bytes)?;
    Ok(Head { realm, revision, at, hash })
}

pub(crate) fn row(row: LogRow) -> Result<Row, StoreError> {
    let (realm, number, at, actor, operation, request, content, previous, own) = row;
    let realm = Realm::stored(realm);
    let revision = revision(number)?;
    let previous = hash(&realm, revision, &previous)?;
    let hash = hash(&realm, revision, &own)?;
    Ok(Row { realm, revision, at, actor, operation, request, content, previous, hash })
}

pub(crate) fn record(found: LogRow) -> Result<Record, StoreError> {
    let row = row(found)?;
    let (realm, revision) = (row.realm.clone(), row.revision);
    row.parse().map_err(|error| StoreError::Broken { realm, revision, why: error.to_string() })
}

pub(crate) fn object(row: ObjectRow) -> Result<Object, StoreError> {
    let (kind, id, body, number) = row;
    let body = Body::stored(body).map_err(unreadable)?;
    Ok(Object { kind, id, body, revision: revision(number)? })
}

pub(crate) fn listed(row: TenantRow) -> Result<Listed, StoreError> {
    let (realm, revision, at, hash, settings, written, catalog, pinned) = row;
    let document = |kind: &str, id: &str, body: String, written: i64| {
        object((kind.to_owned(), id.to_owned(), body, written))
    };
    Ok(Listed {
        head: head(Realm::stored(realm), revision, at, &hash)?,
        settings: document(feed::SETTINGS, "tenant", settings, written)?,
        catalog: document(feed::CATALOG, "product", catalog, pinned)?,
    })
}

/// Delegations, each with to whom, its id and from whom, in the order of these.
pub(crate) fn delegated(
    found: &BTreeSet<(String, String, String)>,
    objects: Vec<Object>,
) -> Vec<Delegated> {
    let objects: BTreeMap<(String, String), Object> = objects
        .into_iter()
        .map(|object| ((object.kind.clone(), object.id.clone()), object))
        .collect();
    let of = |kind: &str, id: &String| objects.get(&(kind.to_owned(), id.clone())).cloned();
    let delegated = found.iter().filter_map(|(to, id, from)| {
        let delegation = of(feed::DELEGATION, id)?;
        Some(Delegated { to: to.clone(), delegation, from: of(feed::USER, from) })
    });
    delegated.collect()
}

pub(crate) fn usage(
    asked: &[(Facet, String)],
    found: Vec<(String, String, i64, i64)>,
) -> BTreeMap<(Facet, String), FacetUsage> {
    let mut usage: BTreeMap<_, _> =
        asked.iter().map(|key| (key.clone(), FacetUsage::default())).collect();
    for (facet, value, listed, taking_part) in found {
        let Some(facet) = Facet::from_name(&facet) else { continue };
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        let counted = FacetUsage { listed: count(listed), taking_part: count(taking_part) };
        usage.insert((facet, value), counted);
    }
    usage
}

/// The names of documents, each of which may be changed once, and has to be one that can be.
pub(crate) fn names(
    wanted: &[(String, String, Option<Body>)],
) -> Result<BTreeSet<(&str, &str)>, StoreError> {
    let mut names = BTreeSet::new();
    for (kind, id, _) in wanted {
        check_name(kind)?;
        check_name(id)?;
        if !names.insert((&**kind, &**id)) {
            return Err(StoreError::Twice { kind: kind.clone(), id: id.clone() });
        }
    }
    Ok(names)
}

/// What becomes of each document, without those that stay as they are.
pub(crate) fn edits(
    wanted: Vec<(String, String, Option<Body>)>,
    current: Vec<Object>,
) -> Result<Vec<DocumentEdit>, StoreError> {
    let mut current: BTreeMap<(String, String), Body> =
        current.into_iter().map(|object| ((object.kind, object.id), object.body)).collect();
    let mut edits = Vec::with_capacity(wanted.len());
    for (kind, id, after) in wanted {
        let before = current.remove(&(kind.clone(), id.clone()));
        if before != after {
            edits.push(DocumentEdit { kind, id, before, after });
        }
    }
    Ok(edits)
}

/// A pattern for an operation, `role.*` for all that begin so; empty for any.
pub(crate) fn pattern(operation: Option<&str>) -> String {
    match operation {
        None => String::new(),
        // Operations hold no character that would mean something in a pattern.
        Some(operation) => operation.replace(['%', '_', '\\'], "").replace('*', "%"),
    }
}

/// The answer to remember, with the revision that it could not know before.
pub(crate) fn answered(answer: &str, heads: &[Head]) -> String {
    let revision = heads.first().map_or(0, |head| head.revision);
    answer.replace("\"{revision}\"", &revision.to_string())
}
