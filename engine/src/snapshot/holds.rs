//! Every role that a user holds, by whichever way and within whichever limits.

use super::assigned::{Assigned, Borrowed, By, HeldRole, Limited};
use super::{Member, Snapshot};
use smallvec::SmallVec;

impl Member {
    /// The roles given to the user within limits.
    pub(crate) fn assigned(&self) -> &[Assigned] {
        self.extra.as_deref().map_or(&[], |extra| &extra.assigned)
    }

    /// Every role held, as it is held: those given without limits, those that come by way of
    /// others, those given within limits.
    pub(crate) fn held_roles(&self) -> impl Iterator<Item = HeldRole<'_>> {
        let own = |role: u32, limits| HeldRole { role, by: By::Own, limits };
        let standing = self.roles().iter().map(move |role| own(*role, None));
        let borrowed = self.borrowed().iter().map(Borrowed::held);
        let limited = self.assigned().iter();
        let limited = limited.filter_map(move |it| Some(own(it.role?, Some(&it.limits))));
        standing.chain(borrowed).chain(limited)
    }

    /// The roles that are held within limits or by way of others, by name.
    pub(crate) fn lent_or_limited<'s>(
        &'s self,
        snapshot: &'s Snapshot,
    ) -> impl Iterator<Item = (&'s str, Option<&'s Limited>)> {
        let borrowed = self.borrowed().iter().filter_map(|it| {
            let role = snapshot.role(it.role.role)?;
            Some((&*role.id, it.role.limits.as_ref()))
        });
        borrowed.chain(self.assigned().iter().map(|held| (&*held.name, Some(&held.limits))))
    }

    /// Whether a role is held within limits, by whichever way.
    pub(crate) fn holds_within_limits(&self) -> bool {
        !self.assigned().is_empty() || self.borrowed().iter().any(|it| it.role.limits.is_some())
    }

    /// The roles held without limits, each once: those whose grants are added up.
    pub(crate) fn standing_roles(&self) -> SmallVec<[u32; 8]> {
        let mut standing = SmallVec::from_slice(self.roles());
        let borrowed = self.borrowed().iter().filter(|it| it.role.limits.is_none());
        for role in borrowed.map(|it| it.role.role) {
            if !standing.contains(&role) {
                standing.push(role);
            }
        }
        standing
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
