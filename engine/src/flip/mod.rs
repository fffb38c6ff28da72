//! The smallest changes that would flip a decision.
//!
//! "Denied" is half an answer; whoever reads it wants to know what to do about it. Here small
//! edits are tried on a copy of the user and of the request, and the pipeline is asked again, so
//! a change is named only if it was seen to flip the decision. Which edits are worth a try
//! follows from the reason of the decision as it stands; where one is not enough, the next one
//! follows from the reason that is left.

mod candidates;
mod edit;

pub use edit::Edit;

use crate::compile::{Compiled, Member, PermissionId};
use crate::decision::{Decision, Request, Resource};
use crate::evaluate::{Ask, Fit, Horizon, Silent, Source, Via, each_source, run};
use crate::model::{Attributes, Scope, Status};
use edit::World;
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
    /// What the user could do besides: permissions that are held wider or at all, programs.
    pub opens: Vec<String>,
    /// What the user could no longer do besides.
    pub closes: Vec<String>,
}

/// The smallest changes that would flip the decision about a request, at most `limit` of them.
/// None where the request names what does not exist, and where the reason is one that no edit of
/// a user or a resource removes. A tenant whose directory is read as it is needed has to be
/// [loaded with those](Compiled::with_only) whom the request is about first.
#[must_use]
pub fn flips(tenant: &Compiled, request: &Request<'_>, limit: usize) -> Flips {
    let snapshot = &*tenant.snapshot;
    let (Some(id), Some(member)) =
        (snapshot.permission_ids.get(request.action), tenant.member(request.subject))
    else {
        return Flips::default();
    };
    let search = Search { tenant, request, id: *id, member };
    let start = World::new(member, request);
    let decision = search.decide(&start);
    let (mut found, mut cut) = match decision.is_allow() {
        true => search.to_deny(&start),
        false => search.to_allow(start, decision.clone()),
    };
    found.extend(search.wait(&decision));
    let mut flips: Vec<Flip> = found.into_iter().map(|edits| search.told(edits)).collect();
    flips.sort_by_cached_key(|flip| {
        let others = flip.opens.len() + flip.closes.len();
        (flip.edits.len(), others, flip.edits.iter().map(ToString::to_string).collect::<Vec<_>>())
    });
    flips.dedup();
    cut |= flips.len() > limit;
    flips.truncate(limit);
    Flips { flips, cut }
}

/// What is searched.
pub(super) struct Search<'a> {
    pub(super) tenant: &'a Compiled,
    pub(super) request: &'a Request<'a>,
    pub(super) id: PermissionId,
    pub(super) member: &'a Member,
}

impl Search<'_> {
    /// The decision in a world.
    fn decide(&self, world: &World<'_>) -> Decision {
        self.ask(world, |ask| run(ask, self.id, 0, &mut Silent))
    }

    fn ask<T>(&self, world: &World<'_>, asked: impl FnOnce(Ask<'_>) -> T) -> T {
        let request = Request {
            resource: Resource { attributes: &world.attributes, ..self.request.resource },
            context: &world.context,
            now: world.now,
            ..*self.request
        };
        asked(Ask {
            snapshot: &self.tenant.snapshot,
            people: &self.tenant.view(None),
            member: &world.member,
            request: &request,
            horizon: &Horizon::default(),
            alone: false,
            assumed: world.entitlement.as_deref(),
        })
    }

    /// Breadth first, so that fewer edits are found before more. An edit that leaves the reason
    /// as it was leads nowhere by itself.
    fn to_allow(&self, start: World<'_>, decision: Decision) -> (Vec<Vec<Edit>>, bool) {
        let (mut found, mut trials): (Vec<Vec<Edit>>, usize) = (Vec::new(), 0);
        let mut open = VecDeque::from([(Vec::<Edit>::new(), start, decision)]);
        while let Some((edits, world, decision)) = open.pop_front() {
            let deep = found.first().is_some_and(|first| first.len() <= edits.len());
            if deep || edits.len() >= MAX_EDITS {
                break;
            }
            for edit in self.candidates(&world, &decision.reason) {
                if trials >= MAX_TRIALS {
                    return (narrowest(found), true);
                }
                trials += 1;
                let mut changed = world.clone();
                if edits.contains(&edit) || !edit.apply(&mut changed, self.tenant) {
                    continue;
                }
                let after = self.decide(&changed);
                let edits: Vec<Edit> = edits.iter().cloned().chain([edit]).collect();
                if after.is_allow() {
                    found.push(edits);
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
        let applied = |edits: &[Edit]| {
            let mut world = start.clone();
            edits.iter().for_each(|edit| {
                edit.apply(&mut world, self.tenant);
            });
            !self.decide(&world).is_allow()
        };
        let sources = self.sources(start);
        let mut found: Vec<Vec<Edit>> =
            sources.iter().map(|edit| vec![edit.clone()]).filter(|edits| applied(edits)).collect();
        if found.is_empty() && applied(&sources) {
            let mut needed = sources;
            let mut at = 0;
            while at < needed.len() {
                let mut fewer = needed.clone();
                fewer.remove(at);
                if applied(&fewer) {
                    needed = fewer;
                } else {
                    at += 1;
                }
            }
            found.push(needed);
        }
        found.extend(Some(vec![Edit::Deactivate]).filter(|edits| applied(edits)));
        (found, false)
    }

    /// Whether it flips by itself at the next instants at which it could.
    fn wait(&self, decision: &Decision) -> Option<Vec<Edit>> {
        let mut next = decision.until;
        for _ in 0..MAX_EDITS {
            let mut world = World::new(self.member, self.request);
            let edit = Edit::Wait { until: next? };
            edit.apply(&mut world, self.tenant);
            let later = self.decide(&world);
            if later.verdict != decision.verdict {
                return Some(vec![edit]);
            }
            next = later.until;
        }
        None
    }

    /// A change with what else it changes.
    fn told(&self, edits: Vec<Edit>) -> Flip {
        let before = World::new(self.member, self.request);
        let mut after = before.clone();
        edits.iter().for_each(|edit| {
            edit.apply(&mut after, self.tenant);
        });
        let (mut opens, mut closes) = (Vec::new(), Vec::new());
        for (id, rule) in (0..).map(PermissionId).zip(&self.tenant.snapshot.permissions) {
            let (was, is) = (self.held(&before, id), self.held(&after, id));
            // The one asked about is what the change is for.
            if id == self.id || was == is || rule.is_constraint {
                continue;
            }
            let widened = is.0.covers(was.0) && is.1 >= was.1;
            if widened { &mut opens } else { &mut closes }.push(rule.id.to_string());
        }
        let programs = &self.tenant.snapshot.programs;
        let joined = |world: &World<'_>| -> Vec<bool> {
            self.ask(world, |ask| {
                let fits = |matchers| matches!(ask.fits(matchers, &mut Silent), Fit::By(_));
                programs.iter().map(|program| fits(&program.matchers)).collect()
            })
        };
        for ((program, was), is) in programs.iter().zip(joined(&before)).zip(joined(&after)) {
            match (was, is) {
                (false, true) => opens.push(format!("program {}", program.id)),
                (true, false) => closes.push(format!("program {}", program.id)),
                _ => {}
            }
        }
        Flip { edits, opens, closes }
    }

    /// The scope at which a permission is held without limits, and by how many limited grants.
    fn held(&self, world: &World<'_>, id: PermissionId) -> (Scope, usize) {
        let snapshot = &*self.tenant.snapshot;
        let (mut plain, mut limited) = (Scope::NONE, 0);
        if world.member.status != Status::Active {
            return (plain, limited);
        }
        if let Some(rule) = snapshot.permission(id) {
            each_source(snapshot, &world.member, id, rule, |_: Source<'_>, via, scope| match via {
                Via::Plain(_) | Via::Standing => plain = plain.union(scope),
                Via::Limited(_) => limited += 1,
                Via::Unticked => {}
            });
        }
        (plain, limited)
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
                Edit::Grant { permission: one, scope: narrow },
                Edit::Grant { permission: other, scope: wide },
            ) => {
                narrower |= narrow != wide;
                one == other && wide.covers(*narrow)
            }
            (one, other) => one == other,
        })
        && narrower
}

/// The attributes that a world begins with, owned.
pub(super) fn owned(attributes: &Attributes<'_>) -> Attributes<'static> {
    attributes.clone().into_owned()
}
