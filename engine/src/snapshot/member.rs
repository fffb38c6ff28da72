//! Users, as decisions read them.
//!
//! A tenant has a million users and a few hundred ways of combining its roles, policies and
//! teams. What is the same for many users is kept once and shared by all of them: a user costs
//! a few words, and those who decide find what roles grant where the last decision left it.

use super::{
    Assigned, Borrowed, GrantSet, LentRole, PermissionId, PermissionRule, Snapshot, WrittenGrant,
};
use crate::decision::{ANONYMOUS, SUBJECT_TYPE};
use crate::model::{Assignment, Attributes, Delegation, Invitation, Scope, Status, Text, User};
use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

type RandomState = foldhash::fast::RandomState;

/// A user, compiled against a snapshot.
#[derive(Debug, Clone)]
pub struct Member {
    pub(crate) id: Arc<str>,
    /// Differs wherever the user may. In an open directory it is the revision of the tenant at
    /// which the user was read.
    pub(crate) revision: u64,
    pub(crate) held: Arc<Held>,
    pub(crate) teams: Names,
    pub(crate) tags: Names,
    pub(crate) owner: bool,
    /// Whether it is whoever asks anonymously: nobody's, nowhere a member, and of no id.
    pub(crate) anonymous: bool,
    pub(crate) status: Status,
    pub(crate) invitation: Invitation,
    pub(crate) extra: Option<Box<Extra>>,
    pub(crate) attributes: Attributes<'static>,
}

/// A revision of a user that no other has. Those that are read from a store bear the tenant's,
/// which never come to such numbers: whatever is compiled against one snapshot by whichever way,
/// no two that differ are taken for one another.
pub(crate) fn unique_revision() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1 << 63);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Names that several users may share.
pub(crate) type Names = Arc<[Box<str>]>;

/// The roles without limits and the policies of a user, found in a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    /// The id of the snapshot. In another one the numbers mean other roles.
    pub(crate) snapshot: u64,
    named: Arc<Named>,
    roles: SmallVec<[u32; 4]>,
    /// The roles that the tenant does not define. They grant nothing, but programs may name them.
    unknown: Box<[Box<str>]>,
    policies: SmallVec<[u32; 4]>,
    /// The roles that come with the user's teams, and those that everybody holds.
    borrowed: Box<[Borrowed]>,
    /// What they grant together; none where they were changed since, to see what that would do.
    sum: Option<GrantSum>,
}

/// What several roles and policies grant together. It is added up once for all who hold the same,
/// so that a decision looks it up in one place, however many there are.
#[derive(Debug, Clone)]
pub(crate) struct GrantSum {
    /// The scope of each permission that is granted without limits, by permission.
    plain: Box<[Scope]>,
    /// A bit for each permission of which any of them has a grant within limits.
    limited: Box<[u64]>,
}

impl GrantSum {
    fn of<'a>(
        count: usize,
        sets: impl Iterator<Item = &'a GrantSet>,
        within: impl Iterator<Item = &'a GrantSet>,
    ) -> Self {
        let mut plain = vec![Scope::NONE; count].into_boxed_slice();
        let mut limited_bits = vec![0_u64; count.div_ceil(64)].into_boxed_slice();
        for set in sets {
            for (sum, scope) in plain.iter_mut().zip(&set.plain) {
                *sum = sum.union(*scope);
            }
            for grant in &set.limited {
                let place = usize::from(grant.permission.0);
                if let Some(word) = limited_word(&mut limited_bits, place) {
                    *word |= 1 << (place % 64);
                }
            }
        }
        // Of what is held within limits nothing is added up.
        for set in within {
            let plain = (0..).zip(&set.plain).filter(|(_, scope)| !scope.is_none());
            let limited = set.limited.iter().map(|grant| usize::from(grant.permission.0));
            for place in plain.map(|(place, _)| place).chain(limited) {
                if let Some(word) = limited_word(&mut limited_bits, place) {
                    *word |= 1 << (place % 64);
                }
            }
        }
        Self { plain, limited: limited_bits }
    }

    /// The scope granted without limits.
    #[inline]
    pub(crate) fn plain(&self, permission: PermissionId) -> Scope {
        self.plain.get(usize::from(permission.0)).copied().unwrap_or(Scope::NONE)
    }

    /// Whether anything grants the permission within limits.
    #[inline]
    pub(crate) fn is_limited(&self, permission: PermissionId) -> bool {
        let place = usize::from(permission.0);
        self.limited.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }
}

fn limited_word(bits: &mut [u64], place: usize) -> Option<&mut u64> {
    bits.get_mut(place / 64)
}

/// The roles and policies of a user by name, in the order of the directory, and the teams whose
/// roles come to them.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Named {
    roles: Box<[Box<str>]>,
    policies: Box<[Box<str>]>,
    teams: Box<[Arc<str>]>,
    /// Whether they hold what every user does.
    baseline: bool,
}

/// What a user holds by name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HoldsNamed<'a> {
    pub(crate) roles: &'a [Assignment],
    pub(crate) policies: &'a [Text],
    pub(crate) teams: &'a [Text],
    /// Whether the baseline is theirs: who is in no directory is no user.
    pub(crate) is_user: bool,
}

/// What few users have.
#[derive(Debug, Default, Clone)]
pub(crate) struct Extra {
    /// The roles held within limits.
    pub(crate) assigned: Box<[Assigned]>,
    pub(crate) grants: Option<GrantSet>,
    /// The lines that those come from.
    pub(crate) written: Box<[WrittenGrant]>,
    /// Rights ticked for this user, at the reach of the role.
    pub(crate) added: Box<[(PermissionId, Scope)]>,
    /// What roles grant to this user where rights of them were unticked, by role. What came
    /// along with an unticked right only is gone with it.
    pub(crate) adjusted: Box<[(u32, GrantSet)]>,
    /// The rights that were ticked, whether a role lets them be or not.
    pub(crate) ticked: Box<[PermissionId]>,
    /// The rights that were unticked, likewise.
    pub(crate) unticked: Box<[PermissionId]>,
    pub(crate) delegations: Box<[DelegationRule]>,
    /// The type of subject, where it is not a user.
    pub(crate) kind: Option<Box<str>>,
    /// What all this was compiled from, where it has to be compiled again for another policy.
    pub(crate) record: Option<Arc<StoredUser>>,
}

/// A user as the store has them, with all that decisions about them rest on.
#[derive(Debug, Clone, Default)]
pub struct StoredUser {
    /// The user.
    pub user: User,
    /// What others delegate to the user, in the order of the directory, each with the user who
    /// delegates as that one is.
    pub delegations: Vec<(Delegation, User)>,
}

/// Another user lets this one act.
#[derive(Debug, Clone)]
pub(crate) struct DelegationRule {
    pub(crate) from: Arc<Member>,
    pub(crate) permissions: Box<[PermissionId]>,
    pub(crate) audiences: Box<[Box<str>]>,
    /// From this instant on.
    pub(crate) valid_from: Option<i64>,
    /// Before this instant.
    pub(crate) valid_until: Option<i64>,
}

impl Extra {
    /// What a role grants where rights of it were unticked.
    pub(crate) fn adjusted(&self, role: u32) -> Option<&GrantSet> {
        self.adjusted.iter().find(|(id, _)| *id == role).map(|(_, grants)| grants)
    }
}

impl Held {
    fn link(named: Arc<Named>, snapshot: &Snapshot) -> Self {
        let (mut roles, mut unknown) = (SmallVec::new(), Vec::new());
        for name in &named.roles {
            match snapshot.role_ids.get(&**name) {
                Some(id) => roles.push(*id),
                None => unknown.push(name.clone()),
            }
        }
        let policies = named.policies.iter();
        let policies: SmallVec<[u32; 4]> =
            policies.filter_map(|name| snapshot.policy_ids.get(&**name).copied()).collect();
        let borrowed = borrowed(&named, snapshot);
        let role = |role: &u32| Some(&snapshot.role(*role)?.grants);
        let lent = |limited: bool| {
            let lent = borrowed.iter().filter(move |it| it.role.limits.is_some() == limited);
            lent.filter_map(move |it| role(&it.role.role))
        };
        let sets = roles.iter().filter_map(role).chain(lent(false));
        let more = policies.iter().filter_map(|at| snapshot.policies.get(*at as usize));
        let sets = sets.chain(more.map(|policy| &policy.grants));
        let sum = Some(GrantSum::of(snapshot.permissions.len(), sets, lent(true)));
        let unknown = unknown.into();
        Self { snapshot: snapshot.id, named, roles, unknown, policies, borrowed, sum }
    }
}

/// The roles that come to somebody without being given to them.
fn borrowed(named: &Named, snapshot: &Snapshot) -> Box<[Borrowed]> {
    let lending = &snapshot.lending;
    let of = |team: Option<&Arc<str>>, roles: &[LentRole]| -> Vec<Borrowed> {
        roles.iter().map(|role| Borrowed { team: team.cloned(), role: role.clone() }).collect()
    };
    let baseline = of(None, if named.baseline { &lending.baseline } else { &[] });
    let teams = named.teams.iter().filter_map(|path| lending.teams.get(&**path));
    let teams = teams.flat_map(|team| of(Some(&team.path), &team.roles));
    baseline.into_iter().chain(teams).collect()
}

impl Member {
    /// The type of subject.
    pub(crate) fn kind(&self) -> &str {
        if self.anonymous {
            return ANONYMOUS;
        }
        let kind = self.extra.as_deref().and_then(|extra| extra.kind.as_deref());
        kind.unwrap_or(SUBJECT_TYPE)
    }

    /// The scope at which the permission is held without any grant: by every user.
    #[inline]
    pub(crate) fn baseline(&self, rule: &PermissionRule) -> Scope {
        if self.anonymous { Scope::NONE } else { rule.baseline }
    }

    /// The user's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The roles held without limits, those that the tenant defines.
    pub(crate) fn roles(&self) -> &[u32] {
        &self.held.roles
    }

    /// The roles held without limits that the tenant does not define.
    pub(crate) fn unknown_roles(&self) -> &[Box<str>] {
        &self.held.unknown
    }

    /// The policies attached.
    pub(crate) fn policies(&self) -> &[u32] {
        &self.held.policies
    }

    /// What the roles and policies held grant together.
    #[inline]
    pub(crate) fn sum(&self) -> Option<&GrantSum> {
        self.held.sum.as_ref()
    }

    /// Changes the roles of this user alone.
    pub(crate) fn change_roles<T>(&mut self, change: impl FnOnce(&mut Box<[u32]>) -> T) -> T {
        let held = Arc::make_mut(&mut self.held);
        held.sum = None;
        changed(&mut held.roles, change)
    }

    /// Changes the policies of this user alone.
    pub(crate) fn change_policies<T>(&mut self, change: impl FnOnce(&mut Box<[u32]>) -> T) -> T {
        let held = Arc::make_mut(&mut self.held);
        held.sum = None;
        changed(&mut held.policies, change)
    }

    /// The roles that come with the user's teams, and those that everybody holds.
    pub(crate) fn borrowed(&self) -> &[Borrowed] {
        &self.held.borrowed
    }

    /// Works out anew which roles come with the user's teams.
    pub(crate) fn borrow_again(&mut self, snapshot: &Snapshot) {
        let named = self.held.named.as_ref();
        let lenders = snapshot.lending.lenders(&self.teams);
        let teams = lenders.iter().map(|team| Arc::clone(&team.path)).collect();
        let (roles, policies, baseline) = (Box::default(), Box::default(), named.baseline);
        let borrowed = borrowed(&Named { roles, policies, teams, baseline }, snapshot);
        let held = Arc::make_mut(&mut self.held);
        held.borrowed = borrowed;
        held.sum = None;
    }

    /// Changes the teams of this user alone.
    pub(crate) fn change_teams<T>(&mut self, change: impl FnOnce(&mut Box<[Box<str>]>) -> T) -> T {
        let mut teams = self.teams.to_vec().into_boxed_slice();
        let result = change(&mut teams);
        self.teams = teams.into();
        result
    }

    /// Changes the tags of this user alone.
    pub(crate) fn change_tags<T>(&mut self, change: impl FnOnce(&mut Box<[Box<str>]>) -> T) -> T {
        let mut tags = self.tags.to_vec().into_boxed_slice();
        let result = change(&mut tags);
        self.tags = tags.into();
        result
    }

    /// Whether the user is active and has accepted the invitation.
    pub(crate) fn takes_part(&self) -> bool {
        self.status == Status::Active && self.invitation == Invitation::Accepted
    }

    /// Whether a grant to this user alone or a role of theirs, or of somebody who delegates to
    /// them, is under a condition. What that reads is no part of any permission's cache key.
    pub(crate) fn has_own_conditions(&self) -> bool {
        let mut limits = self.held_roles().filter_map(|held| held.limits);
        limits.any(|limits| limits.within.is_conditional())
            || self.extra.as_deref().is_some_and(|extra| {
                let grants = extra.grants.iter().flat_map(|grants| &grants.limited);
                grants.into_iter().any(|grant| grant.within.is_conditional())
                    || extra
                        .delegations
                        .iter()
                        .any(|delegation| delegation.from.has_own_conditions())
            })
    }

    /// The ids of the roles held without limits, those included that the tenant does not define.
    pub(crate) fn role_names<'s>(
        &'s self,
        snapshot: &'s Snapshot,
    ) -> impl Iterator<Item = &'s str> {
        self.roles()
            .iter()
            .filter_map(|role| snapshot.role(*role).map(|rule| &*rule.id))
            .chain(self.unknown_roles().iter().map(|name| &**name))
    }
}

/// Keeps what several users share.
///
/// What nobody holds any more is swept out whenever as much has come in as was left by the last
/// sweep, so that sweeping costs each user the same however many there are.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    held: HashMap<Arc<Named>, Arc<Held>, RandomState>,
    names: HashSet<Names, RandomState>,
    sweep_at: usize,
}

/// Below this nothing is swept.
const FEW: usize = 1_024;

impl Interner {
    /// The roles without limits and the policies, found in the snapshot.
    pub(crate) fn held(&mut self, holds: HoldsNamed<'_>, snapshot: &Snapshot) -> Arc<Held> {
        let standing = holds.roles.iter().filter(|held| !held.is_limited());
        let roles = standing.map(|held| held.role.as_str().into()).collect();
        let teams = match snapshot.lending.teams.is_empty() {
            true => Box::default(),
            false => lenders(&boxed(holds.teams), snapshot),
        };
        let named =
            Named { roles, policies: boxed(holds.policies), teams, baseline: holds.is_user };
        if let Some(held) = self.held.get(&named).filter(|held| held.snapshot == snapshot.id) {
            return Arc::clone(held);
        }
        self.link(Arc::new(named), snapshot)
    }

    /// The same roles and policies, found in another snapshot.
    pub(crate) fn relinked(&mut self, member: &Member, snapshot: &Snapshot) -> Arc<Held> {
        let mut named = Arc::clone(&member.held.named);
        let teams = lenders(&member.teams, snapshot);
        if teams != named.teams {
            let Named { roles, policies, baseline, .. } = &*named;
            let (roles, policies) = (roles.clone(), policies.clone());
            named = Arc::new(Named { roles, policies, teams, baseline: *baseline });
        }
        match self.held.get(&*named).filter(|held| held.snapshot == snapshot.id) {
            Some(held) => Arc::clone(held),
            None => self.link(named, snapshot),
        }
    }

    fn link(&mut self, named: Arc<Named>, snapshot: &Snapshot) -> Arc<Held> {
        self.sweep();
        // One name for all snapshots: whoever links anew finds the one that is kept.
        let named = self.held.get_key_value(&*named).map_or(named, |(kept, _)| Arc::clone(kept));
        let held = Arc::new(Held::link(Arc::clone(&named), snapshot));
        self.held.insert(named, Arc::clone(&held));
        held
    }

    /// A list of names.
    pub(crate) fn names(&mut self, names: &[Text]) -> Names {
        let names: Box<[Box<str>]> = boxed(names);
        if let Some(kept) = self.names.get(&*names) {
            return Arc::clone(kept);
        }
        self.sweep();
        let names: Names = names.into();
        self.names.insert(Arc::clone(&names));
        names
    }

    fn sweep(&mut self) {
        if self.held.len() + self.names.len() < self.sweep_at.max(FEW) {
            return;
        }
        self.held.retain(|_, held| Arc::strong_count(held) > 1);
        self.names.retain(|names| Arc::strong_count(names) > 1);
        self.sweep_at = (self.held.len() + self.names.len()) * 2;
    }
}

/// The teams whose roles come to a member of these.
fn lenders(teams: &[Box<str>], snapshot: &Snapshot) -> Box<[Arc<str>]> {
    let lenders = snapshot.lending.lenders(teams);
    lenders.into_iter().map(|team| Arc::clone(&team.path)).collect()
}

fn changed<T>(list: &mut SmallVec<[u32; 4]>, change: impl FnOnce(&mut Box<[u32]>) -> T) -> T {
    let mut items = std::mem::take(list).into_boxed_slice();
    let result = change(&mut items);
    *list = items.into_vec().into();
    result
}

pub(crate) fn boxed(names: &[Text]) -> Box<[Box<str>]> {
    names.iter().map(|name| name.as_str().into()).collect()
}
