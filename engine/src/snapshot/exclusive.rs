//! Exclusive access: which programs name which item, and whom they admit.

use super::Clause;
use crate::fast::Map;
use crate::model::{PartBy, Place, Program};
use std::sync::{Arc, Weak};

/// What is known of a kind of resource.
#[derive(Debug, Default, Clone)]
pub(crate) struct KindRule {
    pub(crate) name: Arc<str>,
    pub(crate) part_of: Box<[(Box<str>, PartBy)]>,
    /// The programs that name an item of this kind, by the item's id.
    pub(crate) items: Map<ItemRule>,
    /// Whether any item is exclusive to look at.
    pub(crate) view: bool,
    /// Whether any item is exclusive to change.
    pub(crate) edit: bool,
}

/// The programs that give one item. A program that gives edit stands in both lists.
#[derive(Debug, Default, Clone)]
pub(crate) struct ItemRule {
    pub(crate) view: Vec<u32>,
    pub(crate) edit: Vec<u32>,
    /// Exclusive to look at though no program may give it.
    pub(crate) closed_view: bool,
    /// Exclusive to change though no program may give it.
    pub(crate) closed_edit: bool,
}

#[derive(Debug)]
pub(crate) struct ProgramRule {
    pub(crate) id: Arc<str>,
    pub(crate) place: Place,
    pub(crate) matchers: MatcherRule,
    /// What it was compiled from.
    pub(crate) document: Weak<Program>,
}

/// Matchers as decisions read them.
#[derive(Debug, Default)]
pub(crate) struct MatcherRule {
    pub(crate) roles: Box<[Box<str>]>,
    pub(crate) teams: Box<[Box<str>]>,
    pub(crate) exact_teams: Box<[Box<str>]>,
    pub(crate) tags: Box<[Box<str>]>,
    pub(crate) condition: Option<Clause>,
}

impl MatcherRule {
    /// Whether there is no matcher at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.roles.is_empty()
            && self.teams.is_empty()
            && self.exact_teams.is_empty()
            && self.tags.is_empty()
            && self.condition.is_none()
    }
}
