//! The decision cache.
//!
//! A decision is kept under everything that it was made from: the snapshot, the subject at its
//! revision, the permission, and the values of the request that the permission's rules read. An
//! edit of the policy makes another snapshot and so never meets a decision of the old one.
//!
//! The key is looked up by a hash that is computed from the borrowed request, without copying
//! it, and then compared in full: what merely hashes alike is never taken for the same.

use crate::decision::Decision;
use crate::evaluate::{Ask, Horizon, Projected, ProjectedRef, project, projected_equals};
use crate::model::{Attributes, Value};
use crate::snapshot::{Member, PermissionId, Snapshot};
use moka::Equivalent;
use moka::notification::RemovalCause;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Decisions that were made before.
#[derive(Debug)]
pub(crate) struct DecisionCache {
    kept: moka::sync::Cache<Key, Arc<Kept>, foldhash::fast::RandomState>,
    hits: AtomicU64,
    misses: AtomicU64,
    bypasses: AtomicU64,
    evictions: Arc<AtomicU64>,
}

/// How the cache fared since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Decisions that were found.
    pub hits: u64,
    /// Decisions that were not.
    pub misses: u64,
    /// Decisions of families that must not be kept. (Those without a family are cheaper to make
    /// than to look up, and are not counted.)
    pub bypasses: u64,
    /// Decisions that were dropped to make room for others.
    pub evictions: u64,
    /// Decisions that are kept, approximately.
    pub entries: u64,
}

/// A decision and when it was made. One that rests on the hour holds from then on: clocks step
/// back, and what it was before nobody knows.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) decision: Decision,
    made: i64,
    timed: bool,
}

impl Kept {
    fn holds(&self, now: i64) -> bool {
        let until = self.decision.until;
        (!self.timed && until.is_none() || self.made <= now)
            && until.is_none_or(|until| now < until)
    }
}

#[derive(Debug)]
struct Key {
    snapshot: u64,
    subject: Arc<str>,
    subject_revision: u64,
    permission: PermissionId,
    request: Box<[Projected]>,
}

/// The same key, borrowed from a request.
pub(crate) struct KeyRef<'a> {
    snapshot: &'a Snapshot,
    member: &'a Member,
    permission: PermissionId,
    /// What the permission's rules read of the request.
    request: &'a [ProjectedRef<'a>],
    now: i64,
}

/// Where what a key borrows from a request is put together, so that it is never moved.
pub(crate) type Room<'a> = SmallVec<[ProjectedRef<'a>; 12]>;

impl DecisionCache {
    /// A cache of at most `capacity` decisions; 0 keeps none.
    pub(crate) fn new(capacity: u64) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&evictions);
        Self {
            evictions,
            kept: moka::sync::Cache::builder()
                .max_capacity(capacity)
                .eviction_listener(move |_, _, cause| {
                    if cause == RemovalCause::Size {
                        counter.fetch_add(1, Ordering::Relaxed);
                    }
                })
                .build_with_hasher(foldhash::fast::RandomState::default()),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            bypasses: AtomicU64::new(0),
        }
    }

    /// How it fared.
    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            bypasses: self.bypasses.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
            entries: self.kept.entry_count(),
        }
    }

    /// The key of a request; `None` where its decision is not kept. A decision without a family
    /// costs less than a look-up.
    #[inline]
    pub(crate) fn key<'k, 'a: 'k>(
        &self,
        ask: &Ask<'a>,
        permission: PermissionId,
        room: &'k mut Room<'a>,
    ) -> Option<KeyRef<'k>> {
        let Ask { snapshot, member, request, .. } = *ask;
        let rule = snapshot.permission(permission)?;
        rule.family?;
        if !rule.cacheable || member.has_own_conditions() {
            self.bypasses.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        for path in &rule.reads {
            room.push(project(request, path));
        }
        for content in &rule.sharers {
            let content = snapshot.sharing.contents.get(usize::from(*content))?;
            room.push(ProjectedRef::Flag(ask.sharer_redacts(content)));
        }
        Some(KeyRef { snapshot, member, permission, request: &*room, now: request.now })
    }

    /// What was decided before and still holds.
    #[inline]
    pub(crate) fn get(&self, key: &KeyRef<'_>) -> Option<Arc<Kept>> {
        let found = self.kept.get(key).filter(|kept| kept.holds(key.now));
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps a decision, unless it follows from a fault or from the hour.
    pub(crate) fn put(&self, key: &KeyRef<'_>, decision: &Decision, horizon: &Horizon) {
        let timed = horizon.is_timed();
        let kept = Kept { decision: decision.clone(), made: key.now, timed };
        if decision.keep && !horizon.is_unread() && kept.holds(key.now) {
            self.kept.insert(key.own(), Arc::new(kept));
        }
    }
}

impl KeyRef<'_> {
    fn own(&self) -> Key {
        Key {
            snapshot: self.snapshot.id,
            subject: Arc::clone(&self.member.id),
            subject_revision: self.member.revision,
            permission: self.permission,
            request: self.request.iter().map(ProjectedRef::to_owned).collect(),
        }
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        key.permission == self.permission
            && key.snapshot == self.snapshot.id
            && key.subject_revision == self.member.revision
            && (Arc::ptr_eq(&key.subject, &self.member.id) || key.subject == self.member.id)
            && key.request.len() == self.request.len()
            && key
                .request
                .iter()
                .zip(self.request)
                .all(|(kept, asked)| projected_equals(kept, asked))
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        head(state, self.snapshot.id, self.permission, self.member.revision, &self.member.id);
        for value in self.request {
            match value {
                ProjectedRef::Absent => state.write_u8(0),
                ProjectedRef::Flag(flag) => state.write_u8(3 + u8::from(*flag)),
                ProjectedRef::Text(text) => text_into(state, text),
                ProjectedRef::Value(value) => value_into(state, value),
            }
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        head(state, self.snapshot, self.permission, self.subject_revision, &self.subject);
        for value in &self.request {
            match value {
                Projected::Absent => state.write_u8(0),
                Projected::Value(value) => value_into(state, value),
            }
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.snapshot == other.snapshot
            && self.subject_revision == other.subject_revision
            && self.permission == other.permission
            && self.subject == other.subject
            && self.request == other.request
    }
}

impl Eq for Key {}

fn head<H: Hasher>(
    state: &mut H,
    snapshot: u64,
    permission: PermissionId,
    revision: u64,
    id: &str,
) {
    state.write_u64(snapshot ^ revision.rotate_left(32));
    state.write_u16(permission.0);
    id.hash(state);
}

fn text_into<H: Hasher>(state: &mut H, text: &str) {
    state.write_u8(1);
    text.hash(state);
}

/// Every value is led by its type and every sequence by its length, so that no two lists of
/// values run together into the same bytes.
fn value_into<H: Hasher>(state: &mut H, value: &Value<'_>) {
    match value {
        Value::Text(text) => text_into(state, text),
        Value::Null => state.write_u8(2),
        Value::Bool(value) => state.write_u8(3 + u8::from(*value)),
        Value::Int(number) => {
            state.write_u8(5);
            state.write_i64(*number);
        }
        Value::Float(number) => {
            state.write_u8(6);
            // Zero and minus zero are equal and so have to hash alike.
            state.write_u64(if *number == 0.0 { 0 } else { number.to_bits() });
        }
        Value::List(items) => {
            state.write_u8(7);
            state.write_usize(items.len());
            items.iter().for_each(|item| value_into(state, item));
        }
        Value::Map(map) => map_into(state, map),
    }
}

fn map_into<H: Hasher>(state: &mut H, map: &Attributes<'_>) {
    state.write_u8(8);
    state.write_usize(map.len());
    for (name, value) in map.iter() {
        name.hash(state);
        value_into(state, value);
    }
}
