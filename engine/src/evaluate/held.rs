//! Which roles the subject holds, for whoever asks for one by its name.
//!
//! What a role grants is held within the limits of the assignment, and a record settles those.
//! Who asks for a role by name (a program, a sharing rule, a condition, a guard) asks about the
//! subject and no record. So a role that is held for some teams or under a condition is one of
//! which it cannot be known whether it is held: it closes, and never opens. Where it is held for a
//! time only, it is held at that time like any other.

use super::Ask;
use super::sources::Counts;
use crate::snapshot::{Assigned, Within};

/// A role that may be held or not.
pub(super) struct Unsettled<'a>(pub(super) &'a str);

impl<'a> Ask<'a> {
    /// The roles held at this instant.
    pub(super) fn certain_roles(&self) -> impl Iterator<Item = &'a str> {
        let ask = *self;
        let timed = self.member.assigned().iter();
        let timed = timed.filter(move |held| is_timed_only(held) && ask.is_current(held));
        let standing = move || ask.member.role_names(ask.snapshot);
        let timed = timed.map(|held| &*held.name);
        standing().chain(timed.filter(move |name| !standing().any(|held| held == *name)))
    }

    /// The roles of which it cannot be known whether they are held.
    pub(super) fn unsettled_roles(&self) -> impl Iterator<Item = &'a str> {
        let ask = *self;
        let limited = self.member.assigned().iter();
        let limited = limited.filter(move |held| !is_timed_only(held) && ask.is_current(held));
        let names = limited.map(|held| &*held.name);
        names.filter(move |name| !ask.certain_roles().any(|certain| certain == *name))
    }

    /// The roles held where the resource is: what a family is told, which is told of both. One
    /// of which that cannot be known is given back.
    pub(super) fn roles_here(&self) -> Result<Vec<&'a str>, Unsettled<'a>> {
        let mut here: Vec<&'a str> = self.certain_roles().collect();
        let (mut within, mut unsettled) = (Vec::new(), None);
        let limited = self.member.assigned().iter();
        for held in limited.filter(|held| !here.contains(&&*held.name)) {
            match self.within(&held.limits.within) {
                Counts::Yes if within.contains(&&*held.name) => {}
                Counts::Yes => within.push(&*held.name),
                Counts::Unknown(_) | Counts::UnknownTeam => unsettled = Some(&*held.name),
                _ => {}
            }
        }
        within.sort_unstable();
        here.append(&mut within);
        match unsettled.filter(|name| !here.contains(name)) {
            Some(name) => Err(Unsettled(name)),
            None => Ok(here),
        }
    }

    fn is_current(&self, held: &Assigned) -> bool {
        let Within { from, until, .. } = *held.limits.within;
        self.is_within(from, until)
    }
}

/// Whether nothing but a time limits it.
fn is_timed_only(held: &Assigned) -> bool {
    held.limits.within.teams.is_empty() && !held.limits.within.is_conditional()
}
