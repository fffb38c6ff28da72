//! Roles that are held within limits, or by way of others.
//!
//! A role is compiled once. Whoever holds it within limits holds the role and the limits, side by
//! side: nothing of the role is copied.

use super::{Member, Snapshot, Within};
use crate::model::Place;
use jiff::Timestamp;
use std::fmt;
use std::sync::Arc;

/// A role that a user holds within limits.
#[derive(Debug, Clone)]
pub(crate) struct Assigned {
    /// The role; none where the tenant does not define it, so that it grants nothing.
    pub(crate) role: Option<u32>,
    /// Its name, which programs and sharing rules may have all the same.
    pub(crate) name: Box<str>,
    pub(crate) limits: Limited,
}

/// Limits, and the line that they stand on.
#[derive(Debug, Clone)]
pub(crate) struct Limited {
    pub(crate) within: Arc<Within>,
    pub(crate) place: Place,
}

/// A role as somebody holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeldRole<'a> {
    pub(crate) role: u32,
    /// None where it is held at once.
    pub(crate) limits: Option<&'a Limited>,
}

impl Member {
    /// The roles held within limits.
    pub(crate) fn assigned(&self) -> &[Assigned] {
        self.extra.as_deref().map_or(&[], |extra| &extra.assigned)
    }

    /// Every role held, as it is held: first those without limits.
    pub(crate) fn held_roles(&self) -> impl Iterator<Item = HeldRole<'_>> {
        let standing = self.roles().iter().map(|role| HeldRole { role: *role, limits: None });
        let limited = self.assigned().iter();
        standing.chain(limited.filter_map(|assigned| {
            Some(HeldRole { role: assigned.role?, limits: Some(&assigned.limits) })
        }))
    }

    /// The names of the roles that the user was given within limits and not without.
    pub(crate) fn limited_names<'s>(
        &'s self,
        snapshot: &'s Snapshot,
    ) -> impl Iterator<Item = &'s str> {
        let standing = |name: &str| self.role_names(snapshot).any(|held| held == name);
        let names = self.assigned().iter().map(|assigned| &*assigned.name);
        names.filter(move |name| !standing(name))
    }
}

/// In words, as what follows "held".
impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = Vec::new();
        for part in self.parts() {
            let teams = |names: &[Box<str>]| {
                names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            };
            if !part.teams.branches.is_empty() {
                parts.push(format!("for {}", teams(&part.teams.branches)));
            }
            if !part.teams.exact.is_empty() {
                parts.push(format!("for exactly {}", teams(&part.teams.exact)));
            }
            parts.extend(part.from.map(|from| format!("from {}", instant(from))));
            parts.extend(part.until.map(|until| format!("until {}", instant(until))));
            let source = part.condition.as_ref().map(|clause| clause.condition.source());
            parts.extend(source.map(|source| format!("where `{source}`")));
        }
        f.write_str(&parts.join(" "))
    }
}

fn instant(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| millis.to_string(), |at| at.to_string())
}
