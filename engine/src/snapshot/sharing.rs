//! What is shared, and how much of it.

use super::{Clause, MatcherRule, PermissionId};
use crate::decision::Obligation;
use crate::model::{Exposure, Place, Predicate};
use std::sync::Arc;

/// What a tenant shares, as decisions read it.
#[derive(Debug, Default)]
pub(crate) struct SharingPlan {
    /// The relations that name the sharers of a record.
    pub(crate) by: Box<[Box<str>]>,
    /// Whether a record that names no sharer counts as redacted by its sharer.
    pub(crate) unnamed_closes: bool,
    /// What makes a record private.
    pub(crate) private: Box<[MarkRule]>,
    pub(crate) contents: Box<[ContentRule]>,
    pub(crate) policies: Box<[SharingRule]>,
    pub(crate) overrides: Box<[SharingRule]>,
}

/// An attribute that makes a record private.
#[derive(Debug)]
pub(crate) struct MarkRule {
    pub(crate) attribute: Box<str>,
    /// The texts that do; none: all but `false`.
    pub(crate) values: Box<[String]>,
}

/// A kind of content.
#[derive(Debug)]
pub(crate) struct ContentRule {
    pub(crate) kind: Arc<str>,
    /// The attribute in which a record says what it shares.
    pub(crate) choice: Box<str>,
    /// What it shares where it does not say.
    pub(crate) base: Exposure,
    /// What a redaction obliges to.
    pub(crate) withhold: Arc<Obligation>,
    pub(crate) viewer: Option<Redaction>,
    pub(crate) sharer: Option<Redaction>,
    pub(crate) account: Option<Box<str>>,
    /// The policies and overrides about it, by position.
    pub(crate) policies: Box<[u16]>,
    pub(crate) overrides: Box<[u16]>,
}

/// A toggle that redacts.
#[derive(Debug, Clone)]
pub(crate) struct Redaction {
    pub(crate) toggle: PermissionId,
    /// Where it does not bind.
    pub(crate) unless: Option<Predicate>,
}

/// A policy or an override.
#[derive(Debug)]
pub(crate) struct SharingRule {
    pub(crate) id: Arc<str>,
    pub(crate) place: Place,
    pub(crate) outcome: Exposure,
    pub(crate) viewers: MatcherRule,
    pub(crate) condition: Option<Clause>,
    pub(crate) overridable: bool,
}

/// What a permission shows.
#[derive(Debug, Clone)]
pub(crate) struct SharedContent {
    /// The kind's position among the contents.
    pub(crate) content: u16,
    /// Others, by the kind of resource.
    pub(crate) kinds: Box<[(Box<str>, u16)]>,
    /// Whether a redaction denies it.
    pub(crate) denies: bool,
}

impl SharedContent {
    /// The content's position where the resource is of a kind.
    pub(crate) fn of(&self, kind: &str) -> usize {
        let own = self.kinds.iter().find(|(known, _)| **known == *kind);
        usize::from(own.map_or(self.content, |(_, content)| *content))
    }

    /// The positions of all that it can be.
    pub(crate) fn all(&self) -> impl Iterator<Item = u16> {
        std::iter::once(self.content).chain(self.kinds.iter().map(|(_, content)| *content))
    }
}
