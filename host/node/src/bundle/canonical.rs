//! What two documents have in common that say the same.
//!
//! A document may have been written by anybody: with its fields in another order, with defaults
//! spelt out. Its canonical form is what its type writes, with attributes sorted, so that two
//! documents are compared by what they say and a tenant is exported in one way only.

use super::tree::Tree;
use crate::document::{self, CatalogPin, Settings, SharingDefault, Team};
use crate::error::ChangeError;
use crate::kind::DocumentKind;
use crate::operation;
use permesso_engine::condition::ConditionTest;
use permesso_engine::model::{
    Attributes, Delegation, FamilySettings, Grant, Item, Matchers, Policy, Program, Role,
    SharingRule, User, Value,
};
use permesso_store::Body;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A document in the one way in which its type writes it.
pub(super) fn canonical(kind: DocumentKind, id: &str, body: &Body) -> Result<Body, ChangeError> {
    match kind {
        DocumentKind::Settings => again(kind, id, body, |_: &mut Settings| {}),
        DocumentKind::Catalog => again(kind, id, body, |_: &mut CatalogPin| {}),
        DocumentKind::Team => again(kind, id, body, |_: &mut Team| {}),
        DocumentKind::Role => again(kind, id, body, |role: &mut Role| role.sort()),
        DocumentKind::Policy => again(kind, id, body, |policy: &mut Policy| policy.sort()),
        DocumentKind::Program => again(kind, id, body, |program: &mut Program| program.sort()),
        DocumentKind::Closed => again(kind, id, body, |_: &mut Item| {}),
        DocumentKind::SharingDefault => again(kind, id, body, |_: &mut SharingDefault| {}),
        DocumentKind::SharingPolicy | DocumentKind::SharingOverride => {
            again(kind, id, body, |rule: &mut SharingRule| rule.sort())
        }
        DocumentKind::Family => again(kind, id, body, |family: &mut FamilySettings| family.sort()),
        DocumentKind::User => again(kind, id, body, |user: &mut User| user.sort()),
        DocumentKind::Delegation => again(kind, id, body, |_: &mut Delegation| {}),
        _ => Ok(body.clone()),
    }
}

/// The same, to be written down.
pub(super) fn tree(kind: DocumentKind, id: &str, body: &Body) -> Result<Tree, ChangeError> {
    document::read(kind, id, &canonical(kind, id, body)?)
}

/// Whether two documents say the same.
pub(super) fn same(
    kind: DocumentKind,
    id: &str,
    before: Option<&Body>,
    after: Option<&Body>,
) -> Result<bool, ChangeError> {
    match (before, after) {
        (None, None) => Ok(true),
        (Some(before), Some(after)) => Ok(before == after
            // What cannot be read any more is something else in any case.
            || match canonical(kind, id, before) {
                Ok(before) => before == canonical(kind, id, after)?,
                Err(_) => false,
            }),
        _ => Ok(false),
    }
}

fn again<T: DeserializeOwned + Serialize>(
    kind: DocumentKind,
    id: &str,
    body: &Body,
    sort: impl FnOnce(&mut T),
) -> Result<Body, ChangeError> {
    let mut value: T = document::read(kind, id, body)?;
    sort(&mut value);
    operation::body(kind, id, &value)
}

/// Brings what has no order of its own into one.
pub(super) trait Sort {
    fn sort(&mut self);
}

fn all<T: Sort>(items: &mut [T]) {
    items.iter_mut().for_each(Sort::sort);
}

impl Sort for Attributes<'static> {
    fn sort(&mut self) {
        let taken = std::mem::take(self);
        let mut entries: Vec<(String, Value<'static>)> =
            taken.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (_, value) in &mut entries {
            value.sort();
        }
        *self = entries.into_iter().collect();
    }
}

impl Sort for Value<'static> {
    fn sort(&mut self) {
        match self {
            Self::List(items) => all(items),
            Self::Map(map) => map.sort(),
            _ => {}
        }
    }
}

impl Sort for ConditionTest {
    fn sort(&mut self) {
        self.inputs.sort();
    }
}

impl Sort for Grant {
    fn sort(&mut self) {
        all(&mut self.cases);
    }
}

impl Sort for Matchers {
    fn sort(&mut self) {
        all(&mut self.cases);
    }
}

impl Sort for Role {
    fn sort(&mut self) {
        all(&mut self.grants);
    }
}

impl Sort for Policy {
    fn sort(&mut self) {
        all(&mut self.grants);
    }
}

impl Sort for Program {
    fn sort(&mut self) {
        self.matchers.sort();
    }
}

impl Sort for SharingRule {
    fn sort(&mut self) {
        self.viewers.sort();
        all(&mut self.cases);
    }
}

impl Sort for FamilySettings {
    fn sort(&mut self) {
        self.config.sort();
    }
}

impl Sort for User {
    fn sort(&mut self) {
        all(&mut self.grants);
        if !self.attributes.is_empty() {
            self.attributes.sort();
        }
    }
}
