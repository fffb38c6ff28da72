//! The smallest changes that would flip a decision.
//!
//! "Denied" is half an answer; whoever reads it wants to know what to do about it. Here small
//! edits are tried on a copy of the user and of the request, and the pipeline is asked again, so
//! a change is named only if it was seen to flip the decision. Which edits are worth a try
//! follows from the reason of the decision as it stands; where one is not enough, the next one
//! follows from the reason that is left.

mod candidates;

pub use crate::change::Edit;
pub use crate::profile::{Follow, Follows, Reader};

use crate::change::{Trial, World};
use crate::decision::{Decision, Request};
use crate::directory::Compiled;
use crate::evaluate::{Ask, Horizon, Silent, admit, renamed, run, with_attributes};
use crate::model::Access;
use crate::profile::{Effect, Entry, Person};
use crate::snapshot::PermissionId;
use serde::Serialize;
use std::collections::VecDeque;

/// How many edits a change has at most.
const MAX_EDITS: usize = 4;
/// How many worlds are tried at most.
const MAX_TRIALS: usize = 4_000;

/// Changes that flip a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Flips {
    /// The smallest first: by the number of edits, then by how much else they change.
    pub flips: Vec<Flip>,
    /// Whether there are more than were asked for, or more was possible than could be tried.
    pub cut: bool,
}

/// A change that flips a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flip {
    /// What to do, all of it.
    pub edits: Vec<Edit>,
    /// What is open to the user besides: permissions that are held wider or at all or that
    /// somebody delegated, restricting toggles that are lifted, programs, exclusive items.
    pub opens: Vec<String>,
    /// What is closed to the user besides.
    pub closes: Vec<String>,
    /// What may follow from it, where a record or an instant decides.
    #[serde(skip_serializing_if = "Follows::is_empty")]
    pub follows: Follows,
}

/// The smallest changes that would flip the decision about a request, at most `limit` of them.
/// None where the request names what does not exist, and where the reason is one that no edit of
/// a user or a resource removes. A tenant whose directory is read as it is needed has to be
/// [loaded with those](Compiled::with_only) whom the request is about first.
#[must_use]
pub fn flips(tenant: &Compiled, request: &Request<'_>, limit: usize) -> Flips {
    let snapshot = &*tenant.snapshot;
    // An edit of somebody who bears the same id would change nothing for whom is asked about.
    let member = tenant.member(request.subject).filter(|member| {
        let asked = snapshot.catalog.contract.subject_type(request.asserted.subject_type);
        asked == Some(member.kind())
    });
    let (Some(id), Some(member)) = (snapshot.permission_id(request.action), member) else {
        return Flips::default();
    };
    let attributes = renamed(snapshot, request);
    let named = attributes.as_ref().map(|attributes| with_attributes(request, attributes));
    let request = named.as_ref().unwrap_or(request);
    let search = Search { tenant, request, id };
    let start = World::about(member, request);
    let decision = search.decide(&start);
    let allowed = decision.is_allow();
    let (mut found, mut cut) = match allowed {
        true => search.to_deny(&start),
        false => search.to_allow(&start, &decision),
    };
    found.extend(search.wait(&start, &decision));
    let trial = Trial::new(tenant, member, request.now);
    let flips = found.into_iter().map(|edits| search.flip(&trial, &start, edits, allowed));
    let mut flips: Vec<Flip> = flips.collect();
    flips.sort_by_cached_key(|flip| {
        let others = flip.opens.len() + flip.closes.len() + flip.follows.count();
        (flip.edits.len(), others, flip.edits.iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    flips.dedup();
    cut |= flips.len() > limit;
    flips.truncate(limit);
    Flips { flips, cut }
}

/// What is searched.
struct Search<'a> {
    tenant: &'a Compiled,
    request: &'a Request<'a>,
    id: PermissionId,
}

impl Search<'_> {
    /// The decision in a world.
    fn decide(&self, world: &World<'_>) -> Decision {
        let supposed = world.supposed();
        let request = world.request(self.request);
        let rule = self.tenant.snapshot.permission(self.id);
        let admitted = rule.map(|rule| admit(&self.tenant.snapshot, rule, &request, &mut Silent));
        if let Some(Err(reason)) = admitted {
            return Decision::deny(reason, self.tenant.revision);
        }
        let ask = Ask {
            snapshot: &self.tenant.snapshot,
            people: &self.tenant.view(None),
            member: &world.member,
            request: &request,
            horizon: &Horizon::default(),
            alone: false,
            open: false,
            supposed: Some(&supposed),
        };
        run(ask, self.id, 0, &mut Silent)
    }

    /// Answers something about the user of a world.
    fn person<T>(&self, world: &World<'_>, answer: impl FnOnce(Person<'_>) -> T) -> T {
        let supposed = world.supposed();
        let person = Person::new(self.tenant, &world.member, world.now);
        answer(Person { supposed: Some(&supposed), ..person })
    }

    /// The world after some more edits; `None` where one of them would change nothing.
    fn after<'w>(&self, world: &World<'w>, edits: &[Edit]) -> Option<World<'w>> {
        let mut after = world.clone();
        edits.iter().all(|edit| edit.apply(&mut after, &self.tenant.snapshot)).then_some(after)
    }

    /// Whether edits flip the decision to a verdict.
    fn comes_to(&self, start: &World<'_>, edits: &[Edit], allowed: bool) -> bool {
        let after = self.after(start, edits);
        after.is_some_and(|after| self.decide(&after).is_allow() == allowed)
    }

    /// Without the edits that need not be made.
    fn needed(&self, start: &World<'_>, mut edits: Vec<Edit>, allowed: bool) -> Vec<Edit> {
        let mut at = 0;
        while edits.len() > 1 && at < edits.len() {
            let mut fewer = edits.clone();
            fewer.remove(at);
            match self.comes_to(start, &fewer, allowed) {
                true => edits = fewer,
                false => at += 1,
            }
        }
        edits
    }

    /// Breadth first, so that fewer edits are found before more. Edits that leave the reason as
    /// it was lead nowhere by themselves.
    fn to_allow(&self, start: &World<'_>, decision: &Decision) -> (Vec<Vec<Edit>>, bool) {
        let (mut found, mut trials): (Vec<Vec<Edit>>, usize) = (Vec::new(), 0);
        let mut open = VecDeque::from([(Vec::<Edit>::new(), start.clone(), decision.clone())]);
        while let Some((edits, world, decision)) = open.pop_front() {
            let deep = found.iter().any(|known| known.len() <= edits.len());
            if deep || edits.len() >= MAX_EDITS {
                continue;
            }
            for more in self.candidates(&world, &decision.reason) {
                if trials >= MAX_TRIALS {
                    return (narrowest(found), true);
                }
                trials += 1;
                let Some(changed) = self.after(&world, &more) else { continue };
                let after = self.decide(&changed);
                let edits: Vec<Edit> = edits.iter().cloned().chain(more).collect();
                if after.is_allow() {
                    let edits = self.needed(start, edits, true);
                    if !found.iter().any(|known| known.iter().all(|edit| edits.contains(edit))) {
                        found.push(edits);
                    }
                } else if after.reason != decision.reason {
                    open.push_back((edits, changed, after));
                }
            }
        }
        (narrowest(found), false)
    }

    /// What keeps the permission is taken away, one by one or, where several sources grant it,
    /// as few of them as do.
    fn to_deny(&self, start: &World<'_>) -> (Vec<Vec<Edit>>, bool) {
        let denies = |edits: &[Edit]| self.comes_to(start, edits, false);
        let sources = self.sources(start);
        let single = sources.iter().map(|edit| vec![edit.clone()]);
        let mut found: Vec<Vec<Edit>> = single.filter(|edits| denies(edits)).collect();
        if found.is_empty() && denies(&sources) {
            found.push(self.needed(start, sources, false));
        }
        found.extend(Some(vec![Edit::Deactivate]).filter(|edits| denies(edits)));
        (found, false)
    }

    /// Whether it flips by itself at the next instants at which it could.
    fn wait(&self, start: &World<'_>, decision: &Decision) -> Option<Vec<Edit>> {
        let mut next = decision.until;
        for _ in 0..MAX_EDITS {
            let edits = vec![Edit::Wait { until: next? }];
            let later = self.decide(&self.after(start, &edits)?);
            if later.verdict != decision.verdict {
                return Some(edits);
            }
            next = later.until;
        }
        None
    }

    /// A change with what else it changes.
    fn flip(&self, trial: &Trial<'_>, start: &World<'_>, edits: Vec<Edit>, allowed: bool) -> Flip {
        let after = self.after(start, &edits);
        let mut effect = after.map(|after| trial.effect(&after)).unwrap_or_default();
        // The one asked about is what the change is for.
        let Effect { opens, closes, .. } = &mut effect;
        let meant = if allowed { closes } else { opens };
        meant.retain(|entry| !self.is_asked(entry));
        let names = |entries: &[Entry]| {
            entries.iter().filter_map(|entry| self.name(trial, entry)).collect()
        };
        let (opens, closes) = (names(&effect.opens), names(&effect.closes));
        Flip { edits, opens, closes, follows: effect.follows.into() }
    }

    fn is_asked(&self, entry: &Entry) -> bool {
        match entry {
            Entry::Permission(id) => *id == self.id,
            Entry::Delegated { permission, .. } => *permission == self.id,
            Entry::Program(_) | Entry::Gate(_) => false,
        }
    }

    fn name(&self, trial: &Trial<'_>, entry: &Entry) -> Option<String> {
        let snapshot = &*self.tenant.snapshot;
        Some(match entry {
            Entry::Permission(id) => {
                let rule = snapshot.permission(*id)?;
                if rule.is_constraint {
                    format!("restriction {}", rule.id)
                } else {
                    rule.id.to_string()
                }
            }
            Entry::Delegated { permission, from } => {
                format!("{} delegated by {from}", snapshot.permission(*permission)?.id)
            }
            Entry::Program(at) => format!("program {}", snapshot.programs.get(*at)?.id),
            Entry::Gate(at) => {
                let gate = trial.gates().get(*at)?;
                let access = match gate.access {
                    Access::View => "view",
                    Access::Edit => "edit",
                };
                format!("{access} {}:{}", gate.kind, gate.id)
            }
        })
    }
}

/// Of grants that differ in their scope only, the narrowest.
fn narrowest(found: Vec<Vec<Edit>>) -> Vec<Vec<Edit>> {
    let beaten = |edits: &[Edit]| found.iter().any(|other| is_narrower(other, edits));
    found.iter().filter(|edits| !beaten(edits)).cloned().collect()
}

fn is_narrower(one: &[Edit], other: &[Edit]) -> bool {
    let mut narrower = false;
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (
                Edit::Grant { permission: one, scope: narrow, .. },
                Edit::Grant { permission: other, scope: wide, .. },
            ) => {
                narrower |= narrow != wide;
                one == other && wide.covers(*narrow)
            }
            (one, other) => one == other,
        })
        && narrower
}
