//! What may follow from a change, as it is told.

use crate::model::Place;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// How many are listed at most, and how many permissions of each.
pub(crate) const LISTED: usize = 20;

/// What a check on roles reads of a user.
pub(super) const ALL_HELD: &str = "all that the user holds";
pub(super) const ROLES_GRANT: &str = "what roles grant";
pub(super) const ROLES_HELD: &str = "the roles held by all users";

/// What is read where who may hand out what, or who holds what, is all that may differ.
pub(crate) const READS_OF_ROLES: [&str; 3] = [ALL_HELD, ROLES_GRANT, ROLES_HELD];

/// What reads of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reader {
    /// A guard of the catalog.
    Guard,
    /// A toggle that restricts, with where it does not bind.
    Toggle,
    /// An exclusive access program.
    Program,
    /// A policy of sharing.
    SharingPolicy,
    /// An override of sharing.
    SharingOverride,
    /// The condition of a grant.
    Condition,
    /// A family.
    Family,
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guard => "guard",
            Self::Toggle => "toggle",
            Self::Program => "program",
            Self::SharingPolicy => "sharing policy",
            Self::SharingOverride => "sharing override",
            Self::Condition => "condition",
            Self::Family => "family",
        })
    }
}

/// Something that may follow from a change: what reads what differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Follow {
    /// What reads it.
    pub reader: Reader,
    /// Which one; a condition as it is written.
    pub id: String,
    /// Where it stands; none where no document says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The permissions about which it may decide otherwise, the first ones.
    pub governs: Vec<String>,
    /// How many permissions there are beyond those.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
    /// What of the user it reads that differs.
    pub reads: Vec<String>,
    /// The user who delegated those permissions, where it reads that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<String>,
    /// Whether it is what others may do that may differ: with what the user shares, or as long as
    /// somebody holds a role.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub for_others: bool,
}

/// What may follow from a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Follows {
    /// The first ones, in order.
    pub listed: Vec<Follow>,
    /// How many there are beyond those.
    pub more: usize,
}

impl Follows {
    /// Whether nothing may follow.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.listed.len() + self.more
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Follow {
    /// Leaves as many permissions as are listed.
    pub(crate) fn cut(&mut self) {
        self.more = self.governs.len().saturating_sub(LISTED);
        self.governs.truncate(LISTED);
    }
}

impl From<Vec<Follow>> for Follows {
    fn from(mut all: Vec<Follow>) -> Self {
        all.sort();
        let more = all.len().saturating_sub(LISTED);
        all.truncate(LISTED);
        all.iter_mut().for_each(Follow::cut);
        Self { listed: all, more }
    }
}

/// Adds one, or what it says to the same one.
pub(super) fn add(
    told: &mut Vec<Follow>,
    (reader, id, place): (Reader, &str, Option<Place>),
    governs: BTreeSet<String>,
    reads: Vec<String>,
    (from, for_others): (Option<&str>, bool),
) {
    if governs.is_empty() || reads.is_empty() {
        return;
    }
    let known = told.iter_mut().find(|it| {
        let one = (it.reader, &*it.id, it.place, it.delegated_by.as_deref(), it.for_others);
        one == (reader, id, place, from, for_others)
    });
    match known {
        Some(known) => {
            known.governs = sum(&known.governs, governs);
            known.reads = sum(&known.reads, reads);
        }
        None => told.push(Follow {
            reader,
            id: id.to_owned(),
            place,
            governs: sum(&[], governs),
            more: 0,
            reads: sum(&[], reads),
            delegated_by: from.map(str::to_owned),
            for_others,
        }),
    }
}

fn sum(known: &[String], more: impl IntoIterator<Item = String>) -> Vec<String> {
    let all: BTreeSet<String> = known.iter().cloned().chain(more).collect();
    all.into_iter().collect()
}
