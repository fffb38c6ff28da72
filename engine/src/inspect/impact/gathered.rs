//! What may follow from an edit, gathered from all users: each reader once.

use super::examine::Examiner;
use super::report::Followed;
use crate::model::{Document, Place, RoleCheck};
use crate::profile::{Follow, LISTED, Reader};
use crate::snapshot::{GuardRule, RoleRule};
use std::collections::{BTreeMap, BTreeSet};

/// What tells apart what is told: the reader, whether it reads somebody who delegated, whether
/// it is others for whom it may decide otherwise.
type Key = (Reader, String, Option<Place>, bool, bool);

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    all: BTreeMap<Key, Told>,
}

#[derive(Debug, Default)]
struct Told {
    governs: BTreeSet<String>,
    reads: BTreeSet<String>,
    users: Option<usize>,
}

impl Gathered {
    /// Adds what may follow for one user.
    pub(super) fn add(&mut self, follows: &[Follow]) {
        let mut counted: BTreeSet<Key> = BTreeSet::new();
        for follow in follows {
            let key = key(follow);
            let told = self.all.entry(key.clone()).or_default();
            told.take(follow);
            if counted.insert(key) {
                told.users = Some(told.users.unwrap_or(0) + 1);
            }
        }
    }

    /// Adds what may follow for everybody.
    pub(super) fn add_for_all(&mut self, follow: &Follow) {
        self.all.entry(key(follow)).or_default().take(follow);
    }

    /// The first ones in order, and how many there are beyond those.
    pub(super) fn told(self) -> (Vec<Followed>, usize) {
        let more = self.all.len().saturating_sub(LISTED);
        let listed = self.all.into_iter().take(LISTED).map(|(key, told)| {
            let (reader, id, place, _, for_others) = key;
            let (governs, reads) = (told.governs.into_iter(), told.reads.into_iter());
            let mut follow = Follow {
                reader,
                id,
                place,
                governs: governs.collect(),
                more: 0,
                reads: reads.collect(),
                delegated_by: None,
                for_others,
            };
            follow.cut();
            Followed { follow, users: told.users }
        });
        (listed.collect(), more)
    }
}

impl Told {
    fn take(&mut self, follow: &Follow) {
        self.governs.extend(follow.governs.iter().cloned());
        self.reads.extend(follow.reads.iter().cloned());
    }
}

fn key(follow: &Follow) -> Key {
    let delegated = follow.delegated_by.is_some();
    (follow.reader, follow.id.clone(), follow.place, delegated, follow.for_others)
}

impl<'a> Examiner<'a> {
    /// The guards that read of roles what the edit changed, whoever asks.
    pub(super) fn of_roles(&self) -> Vec<Follow> {
        let (was, is) = (&*self.before.snapshot, &*self.after.snapshot);
        let kept = was.roles.iter().filter_map(|old| {
            let new = is.role_ids.get(&*old.id).and_then(|at| is.role(*at))?;
            Some((&**old, new))
        });
        let kept: Vec<(&RoleRule, &RoleRule)> = kept.collect();
        let differs = |of: fn(&RoleRule) -> bool| kept.iter().any(|(old, new)| of(old) != of(new));
        let (editable, deletable) = (differs(|it| it.editable), differs(|it| it.deletable));
        let reads = |guard: &GuardRule| match &guard.check {
            Some(RoleCheck::Editable | RoleCheck::EditableIfNamed) if editable => {
                Some("which roles can be edited")
            }
            Some(RoleCheck::Deletable) if deletable => Some("which roles can be deleted"),
            _ => None,
        };
        let guards = (0..=u16::MAX).zip(&is.catalog.guards);
        let read = guards.filter_map(|(at, guard)| Some((at, guard, reads(guard)?)));
        let follows = read.map(|(at, guard, reads)| {
            let on = is.each_permission().filter(|(_, rule)| rule.guards.contains(&at));
            Follow {
                reader: Reader::Guard,
                id: guard.id.to_string(),
                place: Some(Place { document: Document::Catalog, at: guard.place.at }),
                governs: on.map(|(_, rule)| rule.id.to_string()).collect(),
                more: 0,
                reads: vec![reads.to_owned()],
                delegated_by: None,
                for_others: true,
            }
        });
        follows.filter(|it| !it.governs.is_empty()).collect()
    }
}
