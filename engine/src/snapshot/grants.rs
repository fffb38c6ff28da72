//! What is granted: tables that are read by position, and the roles and policies that they are of.

use super::PermissionId;
use crate::condition::Condition;
use crate::model::{InputPath, Place, Policy, Role, Scope};
use std::sync::{Arc, Weak};

/// What a role, a policy or a user is granted.
#[derive(Debug, Default, Clone)]
pub(crate) struct GrantSet {
    /// The scope of each permission that is granted without limits, by permission.
    pub(crate) plain: Box<[Scope]>,
    /// Where those come from, sorted by permission.
    pub(crate) origins: Box<[Origin]>,
    /// Grants within limits, sorted by permission.
    pub(crate) limited: Box<[LimitedGrant]>,
    /// Whether any of those is under a condition.
    pub(crate) conditional: bool,
}

/// Where a grant without limits comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) permission: PermissionId,
    pub(crate) scope: Scope,
    pub(crate) place: Place,
}

/// A condition and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Clause {
    pub(crate) condition: Condition,
    pub(crate) place: Place,
}

/// The teams that a grant is limited to. None at all: it is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TeamLimits {
    /// These and the teams below them.
    pub(crate) branches: Box<[Box<str>]>,
    /// Exactly these.
    pub(crate) exact: Box<[Box<str>]>,
}

impl TeamLimits {
    /// Whether there is no limit.
    pub(crate) fn is_empty(&self) -> bool {
        self.branches.is_empty() && self.exact.is_empty()
    }
}

/// What a grant is limited to: some teams, some time, a condition.
#[derive(Debug, Clone, Default)]
pub(crate) struct Within {
    pub(crate) teams: TeamLimits,
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) condition: Option<Clause>,
    /// What has to hold besides, where one list of teams or one condition does not say it: a role
    /// that is held within limits grants within those of its grants and these.
    pub(crate) and: Option<Arc<Within>>,
}

impl Within {
    /// Whether there is no limit.
    pub(crate) fn is_everything(&self) -> bool {
        let Self { teams, from, until, condition, and } = self;
        teams.is_empty()
            && from.or(*until).is_none()
            && condition.is_none()
            && and.as_ref().is_none_or(|and| and.is_everything())
    }

    /// These limits and those that have to hold besides, each by itself.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |part| part.and.as_deref())
    }

    /// Whether a condition is among them.
    pub(crate) fn is_conditional(&self) -> bool {
        self.parts().any(|part| part.condition.is_some())
    }

    /// Whether another one says the same, conditions by their text.
    pub(crate) fn says(&self, other: &Self) -> bool {
        let source = |within: &Self| {
            let clause = within.condition.as_ref();
            clause.map(|clause| clause.condition.source().to_owned())
        };
        let parts = self.parts().zip(other.parts());
        self.parts().count() == other.parts().count()
            && parts.into_iter().all(|(one, other)| {
                (one.from, one.until) == (other.from, other.until)
                    && one.teams == other.teams
                    && source(one) == source(other)
            })
    }

    /// What is within both.
    pub(crate) fn and(&self, other: &Arc<Self>) -> Self {
        let mut both = self.clone();
        both.from = both.from.max(other.from);
        both.until = match (both.until, other.until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let split = !both.teams.is_empty() && !other.teams.is_empty()
            || both.condition.is_some() && other.condition.is_some()
            || both.and.is_some() && other.and.is_some();
        if split {
            let last = both.and.take();
            both.and = Some(match last {
                Some(last) => Arc::new(last.and(other)),
                None => Arc::clone(other),
            });
            return both;
        }
        if both.teams.is_empty() {
            both.teams.clone_from(&other.teams);
        }
        both.condition = both.condition.or_else(|| other.condition.clone());
        both.and = both.and.or_else(|| other.and.clone());
        both
    }

    /// Whether another one says the same. Where there are conditions that is not looked at.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.condition.is_none()
            && other.condition.is_none()
            && self.and.is_none()
            && other.and.is_none()
            && (self.from, self.until) == (other.from, other.until)
            && self.teams == other.teams
    }
}

/// A grant within limits, which it may share with others: a role of three hundred grants is most
/// often about one team.
#[derive(Debug, Clone)]
pub(crate) struct LimitedGrant {
    pub(crate) permission: PermissionId,
    pub(crate) scope: Scope,
    pub(crate) within: Arc<Within>,
    pub(crate) place: Place,
}

/// A role of a tenant.
#[derive(Debug)]
pub(crate) struct RoleRule {
    pub(crate) id: Arc<str>,
    pub(crate) editable: bool,
    pub(crate) deletable: bool,
    /// The scope of rights ticked for one holder.
    pub(crate) reach: Scope,
    /// Which permissions can be ticked and unticked for one holder.
    pub(crate) adjustable: Box<[PermissionId]>,
    /// Its own grants and those of its policies, with all that they imply.
    pub(crate) grants: GrantSet,
    /// The same before that, for holders with unticked rights; only where rights are adjustable.
    pub(crate) granting: Option<Box<Granting>>,
    /// What it was compiled from; none for a standard role that the tenant did not edit.
    pub(crate) document: Option<Weak<Role>>,
}

#[derive(Debug)]
pub(crate) struct PolicyRule {
    pub(crate) id: Arc<str>,
    pub(crate) grants: GrantSet,
    /// The grants before what they imply was added, for the roles that it comes along with.
    pub(crate) granting: Granting,
    /// What it was compiled from.
    pub(crate) document: Weak<Policy>,
}

/// What a grant leaves out, whatever else of it would bring that along; sorted.
pub(crate) type Except = Option<Arc<[PermissionId]>>;

/// Grants on the way to becoming a [`GrantSet`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Granting {
    pub(crate) plain: Vec<(Origin, Except)>,
    pub(crate) limited: Vec<(LimitedGrant, Except)>,
}

impl GrantSet {
    /// What each condition of its grants reads, `now` left out: a condition that reads it says
    /// itself until when it stays as it is.
    fn condition_reads(&self) -> impl Iterator<Item = (PermissionId, &InputPath)> {
        self.limited.iter().flat_map(|grant| {
            let clauses = grant.within.condition.iter();
            let paths = clauses.flat_map(|clause| clause.condition.inputs());
            paths.filter(|path| **path != InputPath::Now).map(|path| (grant.permission, path))
        })
    }

    /// The scope granted without limits.
    pub(crate) fn plain(&self, permission: PermissionId) -> Scope {
        self.plain.get(usize::from(permission.0)).copied().unwrap_or(Scope::NONE)
    }

    /// Where the grants without limits come from.
    pub(crate) fn origins(&self, permission: PermissionId) -> &[Origin] {
        let from = self.origins.partition_point(|origin| origin.permission < permission);
        let to = self.origins.partition_point(|origin| origin.permission <= permission);
        self.origins.get(from..to).unwrap_or(&[])
    }

    /// The grants within limits.
    pub(crate) fn limited(&self, permission: PermissionId) -> &[LimitedGrant] {
        if self.limited.is_empty() {
            return &[];
        }
        let from = self.limited.partition_point(|grant| grant.permission < permission);
        let to = self.limited.partition_point(|grant| grant.permission <= permission);
        self.limited.get(from..to).unwrap_or(&[])
    }
}

/// One grant as it is written, and what it gives before all that comes along with it.
#[derive(Debug, Clone)]
pub(crate) struct WrittenGrant {
    pub(crate) of: GrantOf,
    pub(crate) granting: Granting,
}

/// What a grant names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GrantOf {
    Permission(PermissionId),
    Category(Box<str>),
    /// A pattern, or several names, as they are written.
    Several(Box<str>),
    /// `*`.
    Everything,
}

/// What the conditions on the grants of a tenant's roles and policies read, by permission, each
/// with how many conditions do: so that an edit of one role is an edit here as well.
#[derive(Debug, Clone, Default)]
pub(crate) struct GrantReads(Vec<Vec<(InputPath, u32)>>);

impl GrantReads {
    /// What the conditions on the grants of a permission read.
    pub(crate) fn of(&self, permission: PermissionId) -> impl Iterator<Item = &InputPath> {
        let paths = self.0.get(usize::from(permission.0));
        paths.into_iter().flatten().map(|(path, _)| path)
    }

    /// Adds what the conditions of some grants read. Whether anything is read now that was not.
    pub(crate) fn add(&mut self, grants: &GrantSet) -> bool {
        let mut came = false;
        for (permission, path) in grants.condition_reads() {
            let place = usize::from(permission.0);
            if self.0.len() <= place {
                self.0.resize_with(place + 1, Vec::new);
            }
            let Some(paths) = self.0.get_mut(place) else { continue };
            // In an order of their own, whichever edit brought them.
            match paths.binary_search_by(|(known, _)| known.cmp(path)) {
                Ok(at) => {
                    if let Some((_, count)) = paths.get_mut(at) {
                        *count = count.saturating_add(1);
                    }
                }
                Err(at) => {
                    paths.insert(at, (path.clone(), 1));
                    came = true;
                }
            }
        }
        came
    }

    /// Takes them out again. Whether anything is no longer read.
    pub(crate) fn remove(&mut self, grants: &GrantSet) -> bool {
        let mut went = false;
        for (permission, path) in grants.condition_reads() {
            let Some(paths) = self.0.get_mut(usize::from(permission.0)) else { continue };
            let Some(at) = paths.iter().position(|(known, _)| known == path) else { continue };
            match paths.get_mut(at) {
                Some((_, count)) if *count > 1 => *count -= 1,
                _ => {
                    paths.remove(at);
                    went = true;
                }
            }
        }
        went
    }
}
