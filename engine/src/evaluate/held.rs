//! Which roles the subject holds, for whoever asks for one by its name.
//!
//! What a role grants is held within the limits of the assignment, and a record settles those.
//! Who asks for a role by name (a program, a sharing rule, a condition, a guard) asks about the
//! subject and no record. So a role that is held for some teams or under a condition is one of
//! which it cannot be known whether it is held: it closes, and never opens. Where it is held for a
//! time only, it is held at that time like any other.

use super::Ask;
use super::sources::Counts;
use crate::snapshot::{Limited, Within};
use smallvec::SmallVec;

/// A role that may be held or not.
pub(super) struct Unsettled<'a>(pub(super) &'a str);

/// Names of roles.
pub(super) type Names<'a> = SmallVec<[&'a str; 8]>;

impl<'a> Ask<'a> {
    /// The roles held at this instant: those given to the subject at once, and all others in the
    /// order of their names.
    pub(super) fn certain_roles(&self) -> Names<'a> {
        let mut names: Names<'a> = self.member.role_names(self.snapshot).collect();
        let own = names.len();
        for (name, limits) in self.named() {
            let certain = limits.is_none_or(|it| is_timed_only(it) && self.is_current(it));
            if certain && !names.contains(&name) {
                names.push(name);
            }
        }
        names.get_mut(own..).unwrap_or_default().sort_unstable();
        names
    }

    /// The roles of which it cannot be known whether they are held.
    pub(super) fn unsettled_roles(&self) -> Names<'a> {
        let mut names = Names::new();
        if !self.member.holds_within_limits() {
            return names;
        }
        let certain = self.certain_roles();
        for (name, limits) in self.named() {
            let open = limits.is_some_and(|it| !is_timed_only(it) && self.is_current(it));
            if open && !certain.contains(&name) && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The roles held where the resource is: what a family is told, which is told of both. One
    /// of which that cannot be known is given back.
    pub(super) fn roles_here(&self) -> Result<Names<'a>, Unsettled<'a>> {
        let mut here = self.certain_roles();
        let (mut within, mut unsettled) = (Names::new(), Names::new());
        for (name, limits) in self.named().filter(|(name, _)| !here.contains(name)) {
            match limits.map(|limits| self.within(&limits.within)) {
                Some(Counts::Yes) if within.contains(&name) => {}
                Some(Counts::Yes) => within.push(name),
                Some(Counts::Unknown(_) | Counts::UnknownTeam) => unsettled.push(name),
                _ => {}
            }
        }
        within.sort_unstable();
        here.append(&mut within);
        // One that is held here by another way is settled; any other is enough.
        match unsettled.into_iter().find(|name| !here.contains(name)) {
            Some(name) => Err(Unsettled(name)),
            None => Ok(here),
        }
    }

    /// The roles that are held within limits or by way of others, by name.
    fn named(&self) -> impl Iterator<Item = (&'a str, Option<&'a Limited>)> {
        self.member.lent_or_limited(self.snapshot)
    }

    fn is_current(&self, limits: &Limited) -> bool {
        let Within { from, until, .. } = *limits.within;
        self.is_within(from, until)
    }
}

/// Whether nothing but a time limits it.
fn is_timed_only(limits: &Limited) -> bool {
    limits.within.teams.is_empty() && !limits.within.is_conditional()
}
