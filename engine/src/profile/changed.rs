//! What of a user is not as it was, path by path.
//!
//! Whoever reads something of a user that is as it was decides as before. What they hold is
//! compared by what it comes to, everything else by its value.

use super::holding::Holding;
use super::person::Person;
use crate::evaluate::is_as_wide;
use crate::model::InputPath;
use crate::snapshot::{Clause, Limited, PermissionId, PermissionRule};

/// A user before and after, or two users.
pub(super) struct Changed<'a> {
    pub(super) before: Person<'a>,
    pub(super) after: Person<'a>,
    /// Whether anything differs besides what is held.
    pub(super) directly: bool,
}

/// The same permission on both sides.
pub(super) type Both<'a> = ((PermissionId, &'a PermissionRule), (PermissionId, &'a PermissionRule));

impl<'a> Changed<'a> {
    /// Of a user who is defined as before, under another policy perhaps.
    pub(super) fn indirectly(before: Person<'a>, after: Person<'a>) -> Self {
        Self { before, after, directly: false }
    }

    pub(super) fn new(before: Person<'a>, after: Person<'a>) -> Self {
        let mut changed = Self::indirectly(before, after);
        let paths = [
            InputPath::SubjectId,
            InputPath::SubjectRoles,
            InputPath::SubjectPolicies,
            InputPath::SubjectTeams,
            InputPath::SubjectTags,
            InputPath::SubjectStatus,
            InputPath::SubjectInvitation,
            InputPath::SubjectOwner,
        ];
        changed.directly = before.member.attributes != after.member.attributes
            || paths.iter().any(|path| changed.path(path));
        changed
    }

    /// Those of the paths that differ, each once.
    pub(super) fn of<'p>(&self, paths: impl Iterator<Item = &'p InputPath>) -> Vec<InputPath> {
        let mut found = Vec::new();
        for path in paths {
            if !found.contains(path) && self.path(path) {
                found.push(path.clone());
            }
        }
        found
    }

    /// Whether what a path reads of the user differs.
    pub(super) fn path(&self, path: &InputPath) -> bool {
        let (a, b) = (self.before.member, self.after.member);
        match path {
            InputPath::SubjectId => a.id != b.id,
            InputPath::SubjectRoles => !self.before.holds_roles_of(&self.after),
            InputPath::SubjectPolicies => {
                sorted(self.before.policy_names()) != sorted(self.after.policy_names())
            }
            InputPath::SubjectTeams => sorted(names(&a.teams)) != sorted(names(&b.teams)),
            InputPath::SubjectTags => sorted(names(&a.tags)) != sorted(names(&b.tags)),
            InputPath::SubjectStatus => a.status != b.status,
            InputPath::SubjectInvitation => a.invitation != b.invitation,
            InputPath::SubjectOwner => a.owner != b.owner,
            InputPath::SubjectAttribute(name) => a.attributes.at(name) != b.attributes.at(name),
            InputPath::SubjectHolds(name) => self.held(name),
            InputPath::DelegationFrom
            | InputPath::DelegationPermissions
            | InputPath::DelegationAudiences => self.handed(),
            _ => false,
        }
    }

    /// Whether a permission is held at all in other cases than before.
    fn held(&self, name: &str) -> bool {
        let anywhere = |person: &Person<'a>| match person.snapshot().permission_id(name) {
            Some(id) => person.anywhere(id),
            None => Some(false),
        };
        match (anywhere(&self.before), anywhere(&self.after)) {
            (None, None) => {
                let sides = (self.before.held_for(name), self.after.held_for(name));
                let (was, is) = sides;
                was.len() != is.len()
                    || was.iter().zip(&is).any(|((_, a), (_, b))| !a.covers(b) || !b.covers(a))
                    || was
                        .iter()
                        .chain(&is)
                        .any(|(restricts, it)| self.undecided(it, *restricts).next().is_some())
            }
            (was, is) => was != is,
        }
    }

    /// Whether anything else was delegated.
    fn handed(&self) -> bool {
        let all = |person: &Person<'a>| {
            let handed = person.handed().map(|(rule, id)| {
                let name = person.snapshot().permission(id).map(|rule| rule.id.to_string());
                let from = rule.from.id.to_string();
                (from, name, rule.audiences.to_vec(), rule.valid_from, rule.valid_until)
            });
            handed.collect::<Vec<_>>()
        };
        all(&self.before) != all(&self.after)
    }

    /// Whether a toggle is held in other cases than before.
    pub(super) fn toggle(&self, both: Both<'a>) -> bool {
        let ((old, a), (new, b)) = both;
        let (was, is) = (self.before.effective(old, a), self.after.effective(new, b));
        !was.covers(&is)
            || !is.covers(&was)
            || [was, is].iter().any(|it| self.undecided(it, true).next().is_some())
    }

    /// The conditions within a holding that a record decides on and that read of the user what
    /// differs, each with that.
    pub(super) fn undecided<'h>(
        &'h self,
        holding: &'h Holding<'a>,
        restricts: bool,
    ) -> impl Iterator<Item = (&'h Clause, Vec<InputPath>)> {
        let limited = holding.limited.iter().filter(move |grant| match restricts {
            true => holding.scope.is_none(),
            false => !holding.scope.covers(grant.scope),
        });
        let clauses = limited.filter(|_| self.directly);
        let clauses = clauses.filter_map(|grant| grant.within.condition.as_ref());
        let read = clauses.map(|clause| (clause, self.of(clause.condition.inputs().iter())));
        read.filter(|(_, paths)| !paths.is_empty())
    }
}

/// Roles by name, with the limits within which each is held.
type NamedRoles<'a> = Vec<(&'a str, Option<&'a Limited>)>;

impl<'a> Person<'a> {
    /// Whether the user holds the roles of another one, and each within the same limits.
    fn holds_roles_of(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.named_roles(), other.named_roles());
        let among = |all: &NamedRoles<'_>, (name, limits): &(&str, Option<&Limited>)| {
            all.iter().any(|(known, within)| {
                known == name
                    && match (within, limits) {
                        (None, None) => true,
                        (Some(a), Some(b)) => {
                            is_as_wide(&a.within, &b.within) && is_as_wide(&b.within, &a.within)
                        }
                        _ => false,
                    }
            })
        };
        mine.iter().all(|it| among(&theirs, it)) && theirs.iter().all(|it| among(&mine, it))
    }

    /// The roles held, by name, each with its limits; one that is held at once has none.
    fn named_roles(&self) -> NamedRoles<'a> {
        let snapshot = self.snapshot();
        let mut all: NamedRoles<'a> =
            self.member.role_names(snapshot).map(|name| (name, None)).collect();
        let (at_once, limited): (NamedRoles<'a>, NamedRoles<'a>) =
            self.member.lent_or_limited(snapshot).partition(|(_, limits)| limits.is_none());
        all.extend(at_once);
        let within: NamedRoles<'a> = limited
            .into_iter()
            .filter(|(name, _)| !all.iter().any(|(known, _)| known == name))
            .collect();
        all.extend(within);
        all
    }

    /// Whether the user comes to hold a role later on, or ceases to: one of these, or any.
    pub(super) fn awaits_roles(&self, listed: Option<&[Box<str>]>) -> bool {
        if !self.member.holds_within_limits() {
            return false;
        }
        let ahead = |edge: Option<i64>| edge.is_some_and(|edge| self.now < edge);
        self.named_roles().iter().any(|(name, limits)| {
            listed.is_none_or(|listed| listed.iter().any(|it| **it == **name))
                && limits.is_some_and(|limits| {
                    limits.within.parts().any(|part| ahead(part.from) || ahead(part.until))
                })
        })
    }

    /// Whether anything is granted to the user under a condition.
    pub(super) fn has_conditions(&self) -> bool {
        let snapshot = self.snapshot();
        let roles = self.member.roles().iter().filter_map(|role| snapshot.role(*role));
        let policies = self.member.policies().iter();
        let policies = policies.filter_map(|at| snapshot.policies.get(*at as usize));
        let own = self.member.extra.iter().filter_map(|extra| extra.grants.as_ref());
        let sets = roles.map(|role| &role.grants).chain(policies.map(|it| &it.grants)).chain(own);
        sets.into_iter().any(|grants| grants.conditional)
    }

    fn policy_names(&self) -> impl Iterator<Item = &'a str> {
        let snapshot = self.snapshot();
        let policies = self.member.policies().iter();
        policies.filter_map(|at| snapshot.policies.get(*at as usize).map(|rule| &*rule.id))
    }

    /// What a permission and each that it requires come to, whether at any scope; and whether it
    /// restricts.
    fn held_for(&self, name: &str) -> Vec<(bool, Holding<'a>)> {
        let snapshot = self.snapshot();
        let id = snapshot.permission_id(name);
        let rule = id.and_then(|id| snapshot.permission(id));
        let needs = rule.into_iter().flat_map(|rule| &rule.needs).map(|need| need.permission);
        let all = id.into_iter().chain(needs);
        let rules = all.filter_map(|id| Some((id, snapshot.permission(id)?)));
        rules.map(|(id, rule)| (rule.is_constraint, self.everywhere(id, rule))).collect()
    }
}

fn names(names: &[Box<str>]) -> impl Iterator<Item = &str> {
    names.iter().map(|name| &**name)
}

fn sorted<'s>(names: impl Iterator<Item = &'s str>) -> Vec<&'s str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}
