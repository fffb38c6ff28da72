//! What would give one user what another one has.
//!
//! Candidates come from what the other one holds and from what programs name. None is believed:
//! each is applied to a copy of the user, everything that can be said of that copy is worked out
//! anew, and what it opens and closes besides is part of the answer.

use super::access::{Gate, item_of, wholes};
use super::change::{Change, Edit, changed};
use super::person::{Holding, Part as Adds, Person};
use super::profile::{Part, Profile};
use crate::compile::{Grantables, MatcherRule, PermissionId, PermissionRule};
use crate::evaluate::{Source, programs};
use crate::model::{GrantedBy, Invitation, Status};
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
    pub changes: Vec<Change<'a>>,
    /// What else that opens.
    pub opens: Besides<'a>,
    /// What that closes.
    pub closes: Besides<'a>,
}

/// What a change does besides what it is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Besides<'a> {
    /// Permissions that are held further or less far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<&'a str>,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Besides<'_> {
    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        let named = self.permissions.len() + self.restrictions.len();
        named + self.programs.len() + self.items.len() + self.more
    }
}

/// Looks for ways to give one user what another one has.
pub(super) struct Equaliser<'a, 'p> {
    pub(super) poor: Person<'a>,
    pub(super) rich: Person<'a>,
    pub(super) poor_profile: &'p Profile<'a>,
    pub(super) rich_profile: &'p Profile<'a>,
    pub(super) gates: &'p [Gate<'a>],
    tried: HashMap<Vec<(u8, u32, &'a str)>, Tried>,
    /// How many changes were not tried because there were too many.
    pub(super) untried: usize,
}

/// What a change came to.
struct Tried {
    opens: Vec<Part>,
    closes: Vec<Part>,
    /// What the user has then as the other one does.
    meets: Meets,
}

struct Meets {
    rights: Vec<bool>,
    programs: Vec<bool>,
    gates: Vec<bool>,
}

impl Meets {
    fn meets(&self, part: Part) -> bool {
        let (list, at) = match part {
            Part::Permission(id) => (&self.rights, usize::from(id.0)),
            Part::Program(at) => (&self.programs, at),
            Part::Gate(at) => (&self.gates, at),
        };
        list.get(at).copied().unwrap_or(false)
    }
}

impl<'a, 'p> Equaliser<'a, 'p> {
    pub(super) fn new(
        (poor, poor_profile): (Person<'a>, &'p Profile<'a>),
        (rich, rich_profile): (Person<'a>, &'p Profile<'a>),
        gates: &'p [Gate<'a>],
    ) -> Self {
        let tried = HashMap::new();
        Self { poor, rich, poor_profile, rich_profile, gates, tried, untried: 0 }
    }

    /// The ways to have a permission as far as the other one.
    pub(super) fn permission(
        &mut self,
        id: PermissionId,
        rule: &'a PermissionRule,
    ) -> Vec<Way<'a>> {
        if rule.is_constraint {
            let edits = self.without(id, rule).into_iter().collect();
            return self.ways(Part::Permission(id), edits);
        }
        let mut first: Vec<Edit<'a>> = Vec::new();
        if self.poor.member.status != Status::Active {
            first.push(Edit::Activate);
        }
        if self.poor.member.invitation == Invitation::Pending && !rule.while_pending {
            first.push(Edit::Accept);
        }
        for toggle in self.binding(rule) {
            let Some(rule) = self.poor.snapshot().permission(toggle) else { continue };
            // A toggle that everybody holds is not taken from one.
            let Some(edits) = self.without(toggle, rule) else { return Vec::new() };
            first.extend(edits);
        }
        let mut candidates: Vec<Vec<Edit<'a>>> = Vec::new();
        if !first.is_empty() {
            candidates.push(first.clone());
        }
        for mut edits in self.grants(id, rule) {
            let mut all = first.clone();
            all.append(&mut edits);
            candidates.push(all);
        }
        self.ways(Part::Permission(id), candidates)
    }

    /// The toggles that forbid it to this one and not to the other.
    fn binding(&self, rule: &PermissionRule) -> Vec<PermissionId> {
        let constraints = rule.constraints.iter();
        let constraints = constraints
            .filter_map(|at| self.poor.snapshot().constraints.get(usize::from(*at)))
            .filter(|constraint| constraint.forbids);
        let binding = constraints.filter(|constraint| {
            self.poor.binds(constraint) == Some(true) && self.rich.binds(constraint) != Some(true)
        });
        binding.map(|constraint| constraint.toggle).collect()
    }

    /// What would grant it.
    fn grants(&self, id: PermissionId, rule: &'a PermissionRule) -> Vec<Vec<Edit<'a>>> {
        let snapshot = self.poor.snapshot();
        let (poor, rich) = (self.poor.member, self.rich.member);
        let mut candidates: Vec<Vec<Edit<'a>>> = Vec::new();
        if rule.owner_only {
            candidates.push(vec![Edit::Own]);
            return candidates;
        }
        let by_roles = rule.granted_by == GrantedBy::Roles;
        if by_roles {
            let mut edits = Vec::new();
            self.directly(id, rule, &mut edits);
            candidates.push(edits);
        }
        let roles = rich.roles().iter().filter(|role| !poor.roles().contains(role));
        candidates.extend(roles.map(|role| vec![Edit::Role(*role)]));
        let policies = rich.policies().iter().filter(|policy| !poor.policies().contains(policy));
        candidates.extend(policies.map(|policy| vec![Edit::Policy(*policy)]));
        let others = (0..).zip(&snapshot.policies).filter(|(at, policy)| {
            let grants = &policy.grants;
            let granting = !grants.plain(id).is_none() || !grants.limited(id).is_empty();
            granting && !poor.policies().contains(at) && !rich.policies().contains(at)
        });
        candidates.extend(others.take(OF_A_KIND).map(|(at, _)| vec![Edit::Policy(at)]));
        let unticked = poor.extra.iter().flat_map(|extra| &extra.unticked);
        candidates.extend(unticked.map(|off| vec![Edit::TickAgain(*off)]));
        let mut roles = poor.roles().iter().filter_map(|role| snapshot.role(*role));
        if by_roles && roles.any(|role| role.adjustable.binary_search(&id).is_ok()) {
            candidates.push(vec![Edit::Tick(id)]);
        }
        // A scope of teams reaches the same records in the same teams only.
        let of_teams = self.rich_profile.rights.get(usize::from(id.0));
        let missing = rich.teams.iter().filter(|team| !poor.teams.contains(team));
        let missing: Vec<Edit<'a>> = missing.map(|team| Edit::Team(team)).collect();
        if !missing.is_empty() && of_teams.is_some_and(Holding::is_of_teams) {
            let joined = candidates.iter().map(|edits| [edits.as_slice(), &missing].concat());
            let mut joined: Vec<_> = joined.collect();
            candidates.append(&mut joined);
            candidates.push(missing);
        }
        candidates
    }

    /// A grant to the user alone, with what it requires and brings along.
    fn directly(&self, id: PermissionId, rule: &PermissionRule, edits: &mut Vec<Edit<'a>>) {
        let held = |at: PermissionId| {
            let theirs = self.rich_profile.rights.get(usize::from(at.0))?;
            let own =
                self.poor.snapshot().permission(at).map(|rule| self.poor.holding(at, rule))?;
            (!own.covers(theirs)).then(|| theirs.clone())
        };
        if let Some(holding) = held(id) {
            edits.push(Edit::Grant(id, holding));
        }
        for required in &rule.requires {
            let known = edits.iter().any(|it| matches!(it, Edit::Grant(id, _) if id == required));
            let Some(rule) = self.poor.snapshot().permission(*required).filter(|_| !known) else {
                continue;
            };
            if !self.poor.could_hold(*required, false) {
                self.directly(*required, rule, edits);
            }
        }
    }

    /// What would take a toggle from the user; `None` where nothing does.
    fn without(&self, id: PermissionId, rule: &'a PermissionRule) -> Option<Vec<Edit<'a>>> {
        let (snapshot, member) = (self.poor.snapshot(), self.poor.member);
        let mut edits: Vec<Edit<'a>> = Vec::new();
        let mut fixed = false;
        self.poor.each_part(id, rule, |source, _, part| {
            if matches!(part, Adds::Aside(_)) {
                return;
            }
            let edit = match source {
                Source::Role(name) => snapshot.role_ids.get(name).map(|id| Edit::DropRole(*id)),
                Source::Policy(name) => {
                    snapshot.policy_ids.get(name).map(|id| Edit::DropPolicy(*id))
                }
                Source::User => Some(Edit::Revoke(id)),
                Source::Ticked => {
                    let ticked = member.extra.iter().flat_map(|extra| &extra.ticked);
                    let by = ticked.filter(|tick| {
                        let brought = snapshot.closure(**tick, rule.reach, &[]);
                        brought.iter().any(|(brought, _)| *brought == id)
                    });
                    by.map(|tick| Edit::DropTick(*tick)).next()
                }
                Source::Baseline | Source::AccountOwner => None,
            };
            match edit {
                Some(edit) if edits.iter().any(|known| known.key() == edit.key()) => {}
                Some(edit) => edits.push(edit),
                None => fixed = true,
            }
        });
        (!fixed && !edits.is_empty()).then_some(edits)
    }

    /// The ways to be admitted by a program.
    pub(super) fn program(&mut self, at: usize) -> Vec<Way<'a>> {
        let edits = match self.poor.snapshot().programs.get(at) {
            Some(program) => self.joining(&program.matchers),
            None => Vec::new(),
        };
        self.ways(Part::Program(at), edits.into_iter().map(|edit| vec![edit]).collect())
    }

    /// What would make one fit matchers.
    fn joining(&self, matchers: &'a MatcherRule) -> Vec<Edit<'a>> {
        let snapshot = self.poor.snapshot();
        let tags = matchers.tags.iter().map(|tag| Edit::Tag(tag)).take(OF_A_KIND);
        let teams = matchers.teams.iter().chain(&matchers.exact_teams);
        let teams = teams.map(|team| Edit::Team(team)).take(OF_A_KIND);
        let roles = matchers.roles.iter().filter_map(|role| snapshot.role_ids.get(role));
        let roles = roles.map(|role| Edit::Role(*role)).take(OF_A_KIND);
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
        let mut edits: Vec<Edit<'a>> = Vec::new();
        for program in giving.iter().filter_map(|at| snapshot.programs.get(*at as usize)) {
            for edit in self.joining(&program.matchers) {
                if !edits.iter().any(|known| known.key() == edit.key()) {
                    edits.push(edit);
                }
            }
        }
        let single = edits.iter().map(|edit| vec![edit.clone()]).collect();
        let ways = self.ways(Part::Gate(at), single);
        if !ways.is_empty() {
            return ways;
        }
        // The part and its whole may be given by different programs.
        let pairs = (0..).zip(&edits).flat_map(|(n, one): (usize, _)| {
            edits.iter().skip(n + 1).map(move |other| vec![one.clone(), other.clone()])
        });
        let pairs = pairs.collect();
        self.ways(Part::Gate(at), pairs)
    }

    /// Those of the candidates that meet the target, those first that open the least besides.
    fn ways(&mut self, target: Part, candidates: Vec<Vec<Edit<'a>>>) -> Vec<Way<'a>> {
        let snapshot = self.poor.snapshot();
        let mut found = Vec::new();
        for edits in candidates.into_iter().filter(|edits| !edits.is_empty()) {
            let key: Vec<_> = edits.iter().map(Edit::key).collect();
            if !self.tried.contains_key(&key) {
                if self.tried.len() >= TRIES {
                    self.untried += 1;
                    continue;
                }
                let tried = self.attempt(&edits);
                self.tried.insert(key.clone(), tried);
            }
            let Some(tried) = self.tried.get(&key).filter(|it| it.meets.meets(target)) else {
                continue;
            };
            let besides = tried.opens.iter().filter(|part| **part != target).count();
            found.push(((besides, tried.closes.len(), edits.len(), key), edits));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        // What holds another way within it is no way of its own.
        let mut shortest: Vec<(Vec<_>, Vec<Edit<'a>>)> = Vec::new();
        for ((.., key), edits) in found {
            let known = |other: &Vec<_>| other.iter().all(|part| key.contains(part));
            if shortest.len() < WAYS && !shortest.iter().any(|(other, _)| known(other)) {
                shortest.push((key, edits));
            }
        }
        shortest
            .into_iter()
            .filter_map(|(key, edits)| {
                let tried = self.tried.get(&key)?;
                Some(Way {
                    user: self.poor.member.id(),
                    changes: edits.iter().filter_map(|edit| edit.told(snapshot)).collect(),
                    opens: self.names(tried.opens.iter().filter(|part| **part != target)),
                    closes: self.names(tried.closes.iter()),
                })
            })
            .collect()
    }

    /// Works out what a change comes to.
    fn attempt(&self, edits: &[Edit<'a>]) -> Tried {
        let snapshot = self.poor.snapshot();
        let member = changed(self.poor.member, edits, snapshot);
        let person = Person::new(self.poor.tenant, &member, self.poor.now);
        let after = Profile::new(&person, self.gates);
        let (opens, closes) = self.poor_profile.changes(&after, snapshot);
        let rich = self.rich_profile;
        let rights = after.rights.iter().zip(&rich.rights).zip(snapshot.each_permission());
        let meets = Meets {
            rights: rights
                .map(|((mine, theirs), (_, rule))| match rule.is_constraint {
                    false => mine.covers(theirs),
                    true => theirs.covers(mine),
                })
                .collect(),
            programs: after.programs.iter().zip(&rich.programs).map(|(a, b)| a >= b).collect(),
            gates: after.gates.iter().zip(&rich.gates).map(|(a, b)| a >= b).collect(),
        };
        Tried { opens, closes, meets }
    }

    fn names<'i>(&self, parts: impl Iterator<Item = &'i Part>) -> Besides<'a> {
        let snapshot = self.poor.snapshot();
        let mut besides = Besides::default();
        for part in parts {
            if besides.count() >= NAMES {
                besides.more += 1;
                continue;
            }
            match part {
                Part::Permission(id) => {
                    let Some(rule) = snapshot.permission(*id) else { continue };
                    let list = match rule.is_constraint {
                        false => &mut besides.permissions,
                        true => &mut besides.restrictions,
                    };
                    list.push(&rule.id);
                }
                Part::Program(at) => {
                    besides.programs.extend(snapshot.programs.get(*at).map(|rule| &*rule.id));
                }
                Part::Gate(at) => besides.items.extend(self.gates.get(*at).copied()),
            }
        }
        besides
    }
}
