//! Records and the documents that they are about.

use crate::chain::{Hash, Link};
use crate::realm::Realm;
use crate::{Head, Remembered};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A JSON document, kept as the text that it was written as.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(Box<RawValue>);

impl Body {
    /// What a value is written as.
    ///
    /// # Errors
    ///
    /// Where it cannot be written as JSON.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::value::to_raw_value(value).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// What it says.
    ///
    /// # Errors
    ///
    /// Where it says something else.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.get())
    }

    pub(crate) fn stored(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(Self)
    }
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Body {}

/// A document of a realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its kind, such as `role`.
    pub kind: String,
    /// Unique among those of its kind.
    pub id: String,
    /// What it says.
    pub body: Body,
    /// The revision that wrote it.
    pub revision: u64,
}

/// What is to become of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// What is done, such as `role.create`.
    pub operation: String,
    /// The documents that it writes or takes away; each once.
    pub edits: Vec<(String, String, Option<Body>)>,
}

/// Who writes, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Who, such as `key:3f9a…`, `user:grace` or `cli`.
    pub actor: String,
    /// The id of the request that asked for it; may be empty.
    pub request: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z. A log never goes back in time: where the
    /// record before it is later, that instant is taken.
    pub at: i64,
}

/// What became of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentEdit {
    /// The kind of the document.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What it said before; none where there was none.
    pub before: Option<Body>,
    /// What it says now; none where it is gone.
    pub after: Option<Body>,
}

/// One record of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Whose log.
    pub realm: Realm,
    /// Its place in the log, from 1.
    pub revision: u64,
    /// When it was written, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What was done.
    pub operation: String,
    /// The id of the request that asked for it; may be empty.
    pub request: String,
    /// What became of which documents.
    pub edits: Vec<DocumentEdit>,
    /// The hash of the record before it.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
}

impl Record {
    /// What its hash has to be.
    pub(crate) fn computed_hash(&self) -> Result<Hash, serde_json::Error> {
        let content = serde_json::to_string(&self.edits)?;
        let link = Link {
            previous: &self.previous,
            realm: &self.realm,
            revision: self.revision,
            at: self.at,
            actor: &self.actor,
            operation: &self.operation,
            request: &self.request,
            content: &content,
        };
        Ok(link.hash())
    }
}

/// A record as it is stored.
pub(crate) struct Row {
    pub(crate) realm: Realm,
    pub(crate) revision: u64,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) operation: String,
    pub(crate) request: String,
    pub(crate) content: String,
    pub(crate) previous: Hash,
    pub(crate) hash: Hash,
}

impl Row {
    /// The next record of a log.
    pub(crate) fn next(head: &Head, stamp: &Stamp, operation: String, content: String) -> Self {
        let mut row = Self {
            realm: head.realm.clone(),
            revision: head.revision + 1,
            at: stamp.at.max(head.at),
            actor: stamp.actor.clone(),
            operation,
            request: stamp.request.clone(),
            content,
            previous: head.hash,
            hash: Hash::NONE,
        };
        row.hash = row.link().hash();
        row
    }

    /// What its hash has to be.
    pub(crate) fn link(&self) -> Link<'_> {
        Link {
            previous: &self.previous,
            realm: &self.realm,
            revision: self.revision,
            at: self.at,
            actor: &self.actor,
            operation: &self.operation,
            request: &self.request,
            content: &self.content,
        }
    }

    pub(crate) fn head(&self) -> Head {
        Head { realm: self.realm.clone(), revision: self.revision, at: self.at, hash: self.hash }
    }

    pub(crate) fn parse(self) -> Result<Record, serde_json::Error> {
        let edits = serde_json::from_str(&self.content)?;
        let Self { realm, revision, at, actor, operation, request, previous, hash, .. } = self;
        Ok(Record { realm, revision, at, actor, operation, request, edits, previous, hash })
    }
}

/// What became of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// Where the logs stand now, in the order of the batches.
    Now(Vec<Head>),
    /// It was done before, under the same idempotency key.
    Before(Remembered),
}
