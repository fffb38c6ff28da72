//! What would give one user what another one has.
//!
//! Candidates come from what the other one holds and from what programs name. None is believed:
//! each is applied to a copy of the user, everything that can be said of that copy is worked out
//! anew, and what it opens and closes besides is part of the answer.

use crate::change::{Edit, GrantWithin, World};
use crate::evaluate::programs;
use crate::model::{GrantedBy, Invitation, Status};
use crate::profile::{
    Effect, Entry, Follows, Gate, Holding, Openness, Person, Profile, Readers, item_of, wholes,
};
use crate::snapshot::{MatcherRule, PermissionId, PermissionRule};
use serde::Serialize;
use std::collections::HashMap;

/// How many names of what else a change does are told.
const NAMES: usize = 10;
/// How many ways to one end are told.
const WAYS: usize = 3;
/// How many different changes of one user are tried at most.
const TRIES: usize = 1_000;
/// How many of one kind of matcher, or of the tenant's policies, are tried.
const OF_A_KIND: usize = 16;

/// A way to give one user what another one has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way<'a> {
    /// The user.
    pub user: &'a str,
    /// What to do; all of it.
    #[serde(serialize_with = "super::edits::by_kind")]
    pub changes: Vec<Edit>,
    /// What else that opens.
    pub opens: Besides<'a>,
    /// What that closes.
    pub closes: Besides<'a>,
    /// What may follow from it, where a record or an instant decides.
    #[serde(skip_serializing_if = "Follows::is_empty")]
    pub follows: Follows,
}

/// What a change does besides what it is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Besides<'a> {
    /// Permissions that are held further or less far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<&'a str>,
    /// Permissions that somebody delegated, and which come to something else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delegated: Vec<DelegatedBy<'a>>,
    /// Restricting toggles that are lifted or imposed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub restrictions: Vec<&'a str>,
    /// Programs that admit or no longer do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<&'a str>,
    /// Exclusive items.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Gate<'a>>,
    /// How many there are beyond those.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// A permission and who delegated it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DelegatedBy<'a> {
    /// The permission.
    pub permission: &'a str,
    /// Who delegated it.
    pub from: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Besides<'_> {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        let held = self.permissions.len() + self.delegated.len() + self.restrictions.len();
        held + self.programs.len() + self.items.len() + self.more
    }
}

/// Looks for ways to give one user what another one has.
pub(super) struct WaySearch<'a, 'p> {
    poor: Person<'a>,
    rich: Person<'a>,
    poor_profile: &'p Profile<'a>,
    rich_profile: &'p Profile<'a>,
    gates: &'p [Gate<'a>],
    readers: &'p Readers<'a>,
    attempts: HashMap<Vec<Key>, Attempt>,
    /// How many changes were not tried because there were too many.
    pub(super) untried: usize,
}

/// What tells two edits apart.
type Key = (u8, u32, String);

/// What a change came to.
struct Attempt {
    effect: Effect,
    /// What the user has then as the other one does.
    meets: Meets,
}

struct Meets {
    rights: Vec<bool>,
    programs: Vec<bool>,
    gates: Vec<bool>,
}

impl Meets {
    fn meets(&self, entry: &Entry) -> bool {
        let (list, at) = match entry {
            Entry::Permission(id) => (&self.rights, usize::from(id.0)),
            Entry::Program(at) => (&self.programs, *at),
            Entry::Gate(at) => (&self.gates, *at),
            // Nobody but who delegated it can delegate it to the other one.
            Entry::Delegated { .. } => return false,
        };
        list.get(at).copied().unwrap_or(false)
    }
}

impl<'a, 'p> WaySearch<'a, 'p> {
    pub(super) fn new(
        (poor, poor_profile): (Person<'a>, &'p Profile<'a>),
        (rich, rich_profile): (Person<'a>, &'p Profile<'a>),
        gates: &'p [Gate<'a>],
        readers: &'p Readers<'a>,
    ) -> Self {
        let attempts = HashMap::new();
        Self { poor, rich, poor_profile, rich_profile, gates, readers, attempts, untried: 0 }
    }

    /// The ways to have a permission as far as the other one.
    pub(super) fn permission(
        &mut self,
        id: PermissionId,
        rule: &'a PermissionRule,
    ) -> Vec<Way<'a>> {
        if rule.is_constraint {
            let edits = self.without(id, rule).into_iter().collect();
            return self.ways(Entry::Permission(id), edits);
        }
        let mut first = self.takes_part();
        if self.poor.member.invitation == Invitation::Pending && !rule.while_pending {
            first.push(Edit::Accept);
        }
        for toggle in self.binding(rule) {
            let Some(rule) = self.poor.snapshot().permission(toggle) else { continue };
            // A toggle that everybody holds is not taken from one.
            let Some(edits) = self.without(toggle, rule) else { return Vec::new() };
            first.extend(edits);
        }
        let mut candidates: Vec<Vec<Edit>> = Vec::new();
        if !first.is_empty() {
            candidates.push(first.clone());
        }
        for mut edits in self.grants(id, rule) {
            let mut all = first.clone();
            all.append(&mut edits);
            candidates.push(all);
        }
        self.ways(Entry::Permission(id), candidates)
    }

    /// What has to come first, whatever it is for.
    fn takes_part(&self) -> Vec<Edit> {
        let active = self.poor.member.status == Status::Active;
        if active { Vec::new() } else { vec![Edit::Activate] }
    }

    /// The toggles that forbid it to this one and not to the other.
    fn binding(&self, rule: &PermissionRule) -> Vec<PermissionId> {
        let constraints = rule.constraints.iter();
        let constraints = constraints
            .filter_map(|at| self.poor.snapshot().catalog.constraints.get(usize::from(*at)))
            .filter(|constraint| constraint.forbids);
        let binding = constraints.filter(|constraint| {
            self.poor.binds(constraint) == Some(true) && self.rich.binds(constraint) != Some(true)
        });
        binding.map(|constraint| constraint.toggle).collect()
    }

    /// What would grant it.
    fn grants(&self, id: PermissionId, rule: &'a PermissionRule) -> Vec<Vec<Edit>> {
        let snapshot = self.poor.snapshot();
        let (poor, rich) = (self.poor.member, self.rich.member);
        let mut candidates: Vec<Vec<Edit>> = Vec::new();
        if rule.owner_only {
            candidates.push(vec![Edit::MakeOwner]);
            return candidates;
        }
        let by_roles = rule.granted_by == GrantedBy::Roles;
        if by_roles {
            candidates.extend([false, true].map(|wide| self.directly(id, rule, wide)));
        }
        let mut roles: Vec<u32> = rich.held_roles().map(|held| held.role).collect();
        roles.retain(|role| !poor.roles().contains(role));
        roles.dedup();
        let roles = roles.into_iter().filter_map(|role| snapshot.role(role));
        let off = poor.extra.iter().flat_map(|extra| &extra.unticked).any(|off| *off == id);
        for role in roles {
            candidates.push(vec![give(&role.id)]);
            if off {
                let permission = rule.id.to_string();
                candidates.push(vec![give(&role.id), Edit::TickAgain { permission }]);
            }
        }
        let policies = rich.policies().iter().filter(|policy| !poor.policies().contains(policy));
        let policies = policies.filter_map(|at| snapshot.policies.get(*at as usize));
        let others = (0..).zip(snapshot.policies.iter()).filter(|(at, policy)| {
            let grants = &policy.grants;
            let granting = !grants.plain(id).is_none() || !grants.limited(id).is_empty();
            granting && !poor.policies().contains(at) && !rich.policies().contains(at)
        });
        let others = others.take(OF_A_KIND).map(|(_, policy)| policy);
        let policies = policies.chain(others).map(|policy| policy.id.to_string());
        candidates.extend(policies.map(|policy| vec![Edit::AttachPolicy { policy }]));
        let unticked = poor.extra.iter().flat_map(|extra| &extra.unticked);
        let unticked = unticked.filter_map(|off| snapshot.permission(*off));
        let again = unticked.map(|rule| Edit::TickAgain { permission: rule.id.to_string() });
        let again: Vec<Edit> = again.collect();
        candidates.extend(again.iter().map(|edit| vec![edit.clone()]));
        // One may bring another one along.
        candidates.extend(Some(again).filter(|again| again.len() > 1));
        let standing = poor.standing_roles();
        let mut roles = standing.iter().filter_map(|role| snapshot.role(*role));
        if by_roles && roles.any(|role| role.adjustable.binary_search(&id).is_ok()) {
            candidates.push(vec![Edit::Tick { permission: rule.id.to_string() }]);
        }
        // A scope of teams reaches the same records in the same teams only.
        let of_teams = self.rich_profile.rights.get(usize::from(id.0));
        let missing = rich.teams.iter().filter(|team| !poor.teams.contains(team));
        let missing: Vec<Edit> = missing.map(|team| join(team)).collect();
        if !missing.is_empty() && of_teams.is_some_and(Holding::is_of_teams) {
            let joined = candidates.iter().map(|edits| [edits.as_slice(), &missing].concat());
            let mut joined: Vec<_> = joined.collect();
            candidates.append(&mut joined);
            candidates.push(missing);
        }
        candidates
    }

    /// A grant to the user alone. Where it does not suffice, with what it requires: what is held
    /// nowhere, or all that does not reach as far as it does for the other one.
    fn directly(&self, id: PermissionId, rule: &'a PermissionRule, wide: bool) -> Vec<Edit> {
        let mut edits = Vec::new();
        if let Some(theirs) = self.rich_profile.rights.get(usize::from(id.0))
            && !self.poor.holding(id, rule).covers_alone(theirs)
        {
            grant(rule, theirs.clone(), &mut edits);
        }
        let snapshot = self.poor.snapshot();
        let needs = rule
            .needs
            .iter()
            .filter_map(|need| Some((need.permission, snapshot.permission(need.permission)?)));
        for (id, rule) in needs {
            let theirs = self.rich.holding(id, rule);
            let lacks = match wide {
                true => !self.poor.holding(id, rule).covers(&theirs),
                false => !self.poor.could_hold(id, false),
            };
            if lacks && !theirs.is_empty() {
                grant(rule, theirs, &mut edits);
            }
        }
        edits
    }

    /// What would take a toggle from the user; `None` where nothing does.
    fn without(&self, id: PermissionId, rule: &PermissionRule) -> Option<Vec<Edit>> {
        let endings = self.poor.endings(id, rule);
        (!endings.fixed && !endings.edits.is_empty()).then_some(endings.edits)
    }

    /// The ways to be admitted by a program.
    pub(super) fn program(&mut self, at: usize) -> Vec<Way<'a>> {
        let edits = match self.poor.snapshot().programs.get(at) {
            Some(program) => self.joining(&program.matchers),
            None => Vec::new(),
        };
        let first = self.takes_part();
        let candidates = edits.into_iter().map(|edit| [&*first, &[edit]].concat());
        self.ways(Entry::Program(at), candidates.collect())
    }

    /// What would make one fit matchers.
    fn joining(&self, matchers: &'a MatcherRule) -> Vec<Edit> {
        let snapshot = self.poor.snapshot();
        let tags = matchers.tags.iter().take(OF_A_KIND);
        let tags = tags.map(|tag| Edit::AddTag { tag: tag.to_string() });
        let teams = matchers.teams.iter().chain(&matchers.exact_teams);
        let teams = teams.map(|team| join(team)).take(OF_A_KIND);
        let roles = matchers.roles.iter().filter(|role| snapshot.role_ids.contains_key(&***role));
        let roles = roles.map(|role| give(role)).take(OF_A_KIND);
        tags.chain(teams).chain(roles).collect()
    }

    /// The ways to have an item open.
    pub(super) fn gate(&mut self, at: usize, gate: Gate<'a>) -> Vec<Way<'a>> {
        let snapshot = self.poor.snapshot();
        let mut giving: Vec<u32> =
            item_of(snapshot, gate).map_or(Vec::new(), |item| programs(item, gate.access).to_vec());
        for whole in wholes(snapshot, gate.kind) {
            giving.extend(whole.items.values().flat_map(|item| &item.view));
        }
        giving.sort_unstable();
        giving.dedup();
        let member = |profile: &Profile<'_>, at: u32| profile.programs.get(at as usize).copied();
        giving.retain(|at| member(self.poor_profile, *at) < member(self.rich_profile, *at));
        let mut edits: Vec<Edit> = Vec::new();
        for program in giving.iter().filter_map(|at| snapshot.programs.get(*at as usize)) {
            for edit in self.joining(&program.matchers) {
                if !edits.contains(&edit) {
                    edits.push(edit);
                }
            }
        }
        let first = self.takes_part();
        let single = edits.iter().map(|edit| [&*first, std::slice::from_ref(edit)].concat());
        let ways = self.ways(Entry::Gate(at), single.collect());
        if !ways.is_empty() {
            return ways;
        }
        // The part and its whole may be given by different programs.
        let pairs = (0..).zip(&edits).flat_map(|(n, one): (usize, _)| {
            let first = &first;
            let others = edits.iter().skip(n + 1);
            others.map(move |other| [&**first, &[one.clone(), other.clone()]].concat())
        });
        let pairs = pairs.collect();
        self.ways(Entry::Gate(at), pairs)
    }

    /// Those of the candidates that meet the target, those first that open the least besides.
    fn ways(&mut self, target: Entry, candidates: Vec<Vec<Edit>>) -> Vec<Way<'a>> {
        let mut found = Vec::new();
        for edits in candidates {
            let (world, edits) = self.after(edits);
            if edits.is_empty() {
                continue;
            }
            let key: Vec<Key> = edits.iter().map(|edit| edit.key(self.poor.snapshot())).collect();
            if !self.attempts.contains_key(&key) {
                if self.attempts.len() >= TRIES {
                    self.untried += 1;
                    continue;
                }
                let attempt = self.attempt(&world);
                self.attempts.insert(key.clone(), attempt);
            }
            let Some(attempt) = self.attempts.get(&key).filter(|it| it.meets.meets(&target)) else {
                continue;
            };
            let Effect { opens, closes, follows } = &attempt.effect;
            let besides = opens.iter().filter(|entry| **entry != target).count() + follows.len();
            found.push(((besides, closes.len(), edits.len(), key), edits));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        // What holds another way within it is no way of its own.
        let mut shortest: Vec<(Vec<Key>, Vec<Edit>)> = Vec::new();
        for ((.., key), edits) in found {
            let known = |other: &Vec<Key>| other.iter().all(|part| key.contains(part));
            if shortest.len() < WAYS && !shortest.iter().any(|(other, _)| known(other)) {
                shortest.push((key, edits));
            }
        }
        shortest
            .into_iter()
            .filter_map(|(key, changes)| {
                let Effect { opens, closes, follows } = &self.attempts.get(&key)?.effect;
                Some(Way {
                    user: self.poor.member.id(),
                    changes,
                    opens: self.names(opens.iter().filter(|entry| **entry != target)),
                    closes: self.names(closes.iter()),
                    follows: follows.clone().into(),
                })
            })
            .collect()
    }

    /// The user after those of the edits that change something.
    fn after(&self, edits: Vec<Edit>) -> (World<'a>, Vec<Edit>) {
        let mut world = World::new(self.poor.member, self.poor.now);
        let edits = edits.into_iter();
        let edits = edits.filter(|edit| edit.apply(&mut world, self.poor.snapshot())).collect();
        (world, edits)
    }

    /// Works out what a change comes to.
    fn attempt(&self, world: &World<'_>) -> Attempt {
        let snapshot = self.poor.snapshot();
        let supposed = world.supposed();
        let person = Person { member: &world.member, supposed: Some(&supposed), ..self.poor };
        let after = Profile::new(&person, self.gates);
        let rich = self.rich_profile;
        let rights = after.rights.iter().zip(&rich.rights).zip(snapshot.each_permission());
        let meets = Meets {
            rights: rights
                .map(|((mine, theirs), (_, rule))| match rule.is_constraint {
                    false => mine.covers(theirs),
                    true => theirs.covers(mine),
                })
                .collect(),
            programs: reached(&after, &after.programs, &rich.programs),
            gates: reached(&after, &after.gates, &rich.gates),
        };
        let mut effect = self.poor_profile.effect(&after, snapshot);
        effect.follows = self.readers.follows(self.poor, person, None);
        Attempt { effect, meets }
    }

    fn names<'i>(&self, entries: impl Iterator<Item = &'i Entry>) -> Besides<'a> {
        let snapshot = self.poor.snapshot();
        let mut besides = Besides::default();
        for entry in entries {
            if besides.count() >= NAMES {
                besides.more += 1;
                continue;
            }
            match entry {
                Entry::Permission(id) => {
                    let Some(rule) = snapshot.permission(*id) else { continue };
                    let list = match rule.is_constraint {
                        false => &mut besides.permissions,
                        true => &mut besides.restrictions,
                    };
                    list.push(&rule.id);
                }
                Entry::Delegated { permission, from } => {
                    let Some(rule) = snapshot.permission(*permission) else { continue };
                    let (permission, from) = (&*rule.id, from.to_string());
                    besides.delegated.push(DelegatedBy { permission, from });
                }
                Entry::Program(at) => {
                    besides.programs.extend(snapshot.programs.get(*at).map(|rule| &*rule.id));
                }
                Entry::Gate(at) => besides.items.extend(self.gates.get(*at).copied()),
            }
        }
        besides
    }
}

/// Whether one user is admitted to what another one would be.
fn reached(one: &Profile<'_>, theirs: &[Openness], others: &[Openness]) -> Vec<bool> {
    theirs.iter().zip(others).map(|(mine, other)| one.opens(*mine) >= *other).collect()
}

/// Grants of a permission as somebody else holds it.
fn grant(rule: &PermissionRule, held: Holding<'_>, edits: &mut Vec<Edit>) {
    // What is within the limits of a grant and of an assignment can be written as no single grant.
    let single = held.limited.into_iter().filter(|it| it.within.and.is_none());
    let limited = single.map(|it| GrantWithin::new(it.into_owned()));
    let mut limited: Vec<_> = limited.collect();
    for scope in held.scope.written() {
        let (permission, limited) = (rule.id.to_string(), std::mem::take(&mut limited));
        edits.push(Edit::Grant { permission, scope, limited });
    }
}

fn give(role: &str) -> Edit {
    Edit::GiveRole { role: role.to_owned() }
}

fn join(team: &str) -> Edit {
    Edit::JoinTeam { team: team.to_owned() }
}
