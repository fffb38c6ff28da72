//! One log: every change to a tenant is one record, appended in one transaction with the tables
//! that it feeds.
//!
//! The same log is the audit trail, the change feed that other nodes follow, the source of undo
//! and the history that a replay reads. A store knows records, JSON documents and SQL; it has
//! never heard of a decision, a catalog or a request. What a document means is said in two places
//! only: [`feed`] reads out of users and delegations what they have to be found by.
//!
//! There are two stores: [`Sqlite`], one file and no server, and [`Postgres`] for more machines
//! than one. Both hold what [`Store`] promises.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use permesso_store::{Appended, Append, Body, Location, NewRecord, Realm, Stamp, open, verify};
//!
//! let folder = tempfile::tempdir()?;
//! let store = open(&Location::Sqlite(folder.path().join("permesso.db"))).await?;
//! let realm = Realm::tenant("acme")?;
//!
//! let role = Body::of(&serde_json::json!({"id": "reader"}))?;
//! let edits = vec![("role".to_owned(), "reader".to_owned(), Some(role.clone()))];
//! let mut records = [NewRecord { operation: "role.create".to_owned(), edits }].into_iter();
//! let stamp = Stamp { actor: "user:ann".to_owned(), request: String::new(), at: 0 };
//! let batch = Append { realm: realm.clone(), expected: 0, stamp, changes: &mut records };
//! let Appended::Now(heads) = store.append(vec![batch], None).await? else { unreachable!() };
//! assert_eq!(heads[0].revision, 1);
//!
//! let found = store.object(&realm, "role", "reader").await?.map(|object| object.body);
//! assert_eq!(found, Some(role));
//! assert_eq!(verify(&*store, &realm, |_| {}).await?.hash, heads[0].hash);
//! # Ok(())
//! # }
//! ```
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod chain;
mod connection;
mod error;
pub mod feed;
mod location;
mod postgres;
mod realm;
mod record;
mod rows;
mod sql;
mod sqlite;
mod statements;
mod verify;

pub use chain::Hash;
pub use error::StoreError;
pub use location::Location;
pub use postgres::Postgres;
pub use realm::{InvalidName, Realm, check_name};
pub use record::{Appended, Body, DocumentEdit, NewRecord, Object, Record, Stamp};
pub use sqlite::Sqlite;
pub use verify::{Verified, verify};

use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Notify;

/// Where the log of a realm stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Whose log.
    pub realm: Realm,
    /// The revision of its last record; 0 for a log without records.
    pub revision: u64,
    /// When that was written, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Its hash.
    pub hash: Hash,
}

/// Up to where it is known what moved in a store. Marks of one store only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(pub(crate) i64);

/// The logs that moved, whoever's they are.
#[derive(Debug, Clone)]
pub struct Moved {
    /// Where they stand now, sorted by realm. One that moved about the time of the mark may come
    /// again.
    pub heads: Vec<Head>,
    /// From where on to ask next time.
    pub mark: Mark,
}

/// A tenant, by what it is listed with.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Where its log stands.
    pub head: Head,
    /// Its settings.
    pub settings: Object,
    /// Which catalog it is on.
    pub catalog: Object,
}

/// The documents of a realm that are read as a whole, at one revision: all but those of its
/// [directory](feed::is_directory).
#[derive(Debug, Clone)]
pub struct Contents {
    /// The revision that they are at.
    pub head: Head,
    /// The documents, by kind and id.
    pub objects: Vec<Object>,
}

/// Some users and some counts of a realm, at one revision.
#[derive(Debug, Clone)]
pub struct DirectoryExcerpt {
    /// The revision that they are at.
    pub revision: u64,
    /// Those of the users that were asked for and exist.
    pub users: BTreeMap<String, Object>,
    /// What is delegated to any of them, with the users who delegate it.
    pub delegations: Vec<Delegated>,
    /// How many have each of the facets that were asked for.
    pub usage: BTreeMap<(feed::Facet, String), FacetUsage>,
}

/// A delegation and the user who made it.
#[derive(Debug, Clone)]
pub struct Delegated {
    /// To whom.
    pub to: String,
    /// The delegation.
    pub delegation: Object,
    /// Who delegates; none where they are gone.
    pub from: Option<Object>,
}

/// How many users have a facet, such as a role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FacetUsage {
    /// All but the deleted, pending invitations included.
    pub listed: u64,
    /// Those who are active and have accepted the invitation.
    pub taking_part: u64,
}

/// What has changed since a revision.
#[derive(Debug, Clone)]
pub struct Changes {
    /// Where the log stands now.
    pub head: Head,
    /// The records since, in order; `None` where they are more than was asked for.
    pub records: Option<Vec<Record>>,
    /// To whom those delegate who are named in them.
    pub delegates: Vec<String>,
}

/// Which users a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// All documents of a kind.
    All(&'a str),
    /// The users that have a facet.
    Having(feed::Facet, &'a str),
}

/// Which records of a log to read. All bounds are inclusive unless they say otherwise.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// After this revision.
    pub after: Option<u64>,
    /// Before this revision.
    pub before: Option<u64>,
    /// Appended at or after, in milliseconds since 1970-01-01T00:00:00Z.
    pub since: Option<i64>,
    /// Appended before, in milliseconds since 1970-01-01T00:00:00Z.
    pub until: Option<i64>,
    /// By whom.
    pub actor: Option<String>,
    /// Which operation; `role.*` for all that begin so.
    pub operation: Option<String>,
    /// On documents of this kind.
    pub kind: Option<String>,
    /// On the document of this id; only together with a kind.
    pub id: Option<String>,
    /// The newest first.
    pub newest_first: bool,
    /// At most so many, up to 1000.
    pub limit: u32,
}

/// What is to be appended to one log.
pub struct Append<'a> {
    /// Whose log.
    pub realm: Realm,
    /// The revision that it was made against. Any other is a conflict.
    pub expected: u64,
    /// Who does it, in whose name and when.
    pub stamp: Stamp,
    /// One record each. A change that changes nothing leaves none.
    pub changes: &'a mut (dyn Iterator<Item = NewRecord> + Send),
}

impl fmt::Debug for Append<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Append")
            .field("realm", &self.realm)
            .field("expected", &self.expected)
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}

/// A request that may come again, and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// In which realm.
    pub realm: Realm,
    /// The caller and the caller's own key.
    pub key: String,
    /// What the request was, so that another one under the same key is told apart.
    pub fingerprint: String,
    /// What it was answered.
    pub answer: String,
    /// When, in milliseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
}

/// A store of logs and of what they feed.
///
/// - What [`append`](Self::append) has acknowledged survives a kill of any process at any moment.
/// - A record and everything that it feeds become visible together or not at all.
/// - Every read is of one revision, the one that it names.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// All logs. Sorted by realm.
    async fn heads(&self) -> Result<Vec<Head>, StoreError>;

    /// The logs that have moved since a mark, however many there are that have not; none of them,
    /// and only the mark, where none is given.
    async fn moved(&self, since: Option<Mark>) -> Result<Moved, StoreError>;

    /// The tenants after an id, in the order of their ids; at most `limit`. A realm that was
    /// deleted is no tenant.
    async fn tenants(&self, after: &str, limit: u32) -> Result<Vec<Listed>, StoreError>;

    /// The realms that have a key of an id, in their order; two at most.
    async fn realms_of_key(&self, id: &str) -> Result<Vec<Realm>, StoreError>;

    /// Whether any realm has a key.
    async fn has_keys(&self) -> Result<bool, StoreError>;

    /// One log; at revision 0 where it has no record yet.
    async fn head(&self, realm: &Realm) -> Result<Head, StoreError>;

    /// The documents of a realm without its directory.
    async fn contents(&self, realm: &Realm) -> Result<Contents, StoreError>;

    /// Users, with what is delegated to them, and counts.
    async fn directory(
        &self,
        realm: &Realm,
        users: &[String],
        usage: &[(feed::Facet, String)],
    ) -> Result<DirectoryExcerpt, StoreError>;

    /// One document.
    async fn object(
        &self,
        realm: &Realm,
        kind: &str,
        id: &str,
    ) -> Result<Option<Object>, StoreError>;

    /// Documents after an id, in the order of their ids; at most `limit`.
    async fn page(
        &self,
        realm: &Realm,
        which: Which<'_>,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Object>, StoreError>;

    /// The users whose ids look like these (see [`permesso_names::folded`]): how each looks, and
    /// its id. Of the platform it is tenants, those that look otherwise than they are written.
    async fn twins(
        &self,
        realm: &Realm,
        folded: &BTreeSet<[&str; 1]>,
    ) -> Result<Vec<(String, String)>, StoreError>;

    /// The ids of the delegations that users have on either side. A store that cannot look them up
    /// goes through all that there are.
    async fn delegations(
        &self,
        realm: &Realm,
        users: &BTreeSet<[&str; 1]>,
    ) -> Result<Vec<String>, StoreError> {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.page(realm, Which::All(feed::DELEGATION), &after, 1000).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after.clone_from(&last.id);
            let theirs = page.iter().filter(|object| {
                let sides = feed::delegation(&object.body);
                sides.is_some_and(|(from, to)| users.contains(&[&*from]) || users.contains(&[&*to]))
            });
            found.extend(theirs.map(|object| object.id.clone()));
        }
    }

    /// What has changed since a revision; the records themselves only where they are at most
    /// `limit`.
    async fn since(&self, realm: &Realm, revision: u64, limit: u32) -> Result<Changes, StoreError>;

    /// Records of a log.
    async fn log(&self, realm: &Realm, query: &LogQuery) -> Result<Vec<Record>, StoreError>;

    /// A document as it was after a revision.
    async fn object_at(
        &self,
        realm: &Realm,
        kind: &str,
        id: &str,
        revision: u64,
    ) -> Result<Option<Body>, StoreError>;

    /// Appends to one log or to several, all or nothing, and remembers the answer with it.
    ///
    /// `answer` makes what is remembered from the revisions that were reached; where the key was
    /// used before nothing is appended, and the caller gets what was answered then.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where a log is not at the revision that was expected. Nothing was
    /// appended on any error but [`StoreError::Unknown`].
    async fn append(
        &self,
        batches: Vec<Append<'_>>,
        remember: Option<Remembered>,
    ) -> Result<Appended, StoreError>;

    /// What a request was answered before.
    async fn recall(&self, realm: &Realm, key: &str) -> Result<Option<Remembered>, StoreError>;

    /// Forgets the answers given before an instant.
    async fn forget(&self, before: i64) -> Result<u64, StoreError>;

    /// Rings when something may have been appended, by whomever. Rings too often rather than too
    /// seldom, and not at all while the store cannot be reached: whoever follows has to look from
    /// time to time without it.
    fn bell(&self) -> Arc<Notify>;

    /// Bytes that it takes up, with everything in it.
    async fn size(&self) -> Result<u64, StoreError>;

    /// Ends its connections.
    async fn close(&self);
}

/// Opens a store, and brings its tables up to date.
///
/// # Errors
///
/// Where it cannot be reached, or was written by a newer version of this program.
pub async fn open(location: &Location) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match location {
        Location::Sqlite(path) => Arc::new(Sqlite::open(path).await?),
        Location::Postgres(url) => Arc::new(Postgres::open(url).await?),
    })
}
