//! What is taken to be otherwise than it is, to see what that would change.

use crate::directory::Usage;
use crate::model::Status;
use crate::snapshot::{Member, PermissionRule, Snapshot};
use std::sync::Arc;

/// A user who is other than the directory says, and a plan that includes more.
///
/// Whoever asks about the user asks about the one who is supposed, be it as the subject, as
/// somebody whom a record names or among those who hold a role.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Supposed<'a> {
    /// The user as they are.
    pub(crate) was: &'a Member,
    /// The user as they would be.
    pub(crate) is: &'a Arc<Member>,
    /// An entitlement that the plan is taken to include.
    pub(crate) entitlement: Option<&'a str>,
}

impl Supposed<'_> {
    /// Whether the plan is taken to include what a permission needs.
    pub(crate) fn entitles(&self, rule: &PermissionRule) -> bool {
        let needed = rule.entitlement.as_ref().map(|(name, _)| &**name);
        needed.is_some() && needed == self.entitlement
    }

    /// How many hold a role, where so many do as it is.
    pub(super) fn usage(&self, role: &str, snapshot: &Snapshot, counted: Usage) -> Usage {
        let (was, is) = (holds(self.was, role, snapshot), holds(self.is, role, snapshot));
        let moved = |count: usize, was: bool, is: bool| match (was, is) {
            (true, false) => count.saturating_sub(1),
            (false, true) => count.saturating_add(1),
            _ => count,
        };
        Usage {
            taking_part: moved(counted.taking_part, was.0, is.0),
            listed: moved(counted.listed, was.1, is.1),
        }
    }
}

/// Whether somebody holds a role without limits and takes part; whether they hold it at all and
/// are listed.
fn holds(member: &Member, role: &str, snapshot: &Snapshot) -> (bool, bool) {
    let standing = member.role_names(snapshot).any(|name| name == role);
    let held = standing || member.limited_names(snapshot).any(|name| name == role);
    (standing && member.takes_part(), held && member.status != Status::Deleted)
}
