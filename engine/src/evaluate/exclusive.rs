//! Exclusive access: content that a program names is for its members only.
//!
//! Programs never deny on their own account. They mark what they name as exclusive and admit
//! whoever fits one of them; what none of them names they leave alone.

use super::Ask;
use super::recorder::Recorder;
use super::teams::lies_in;
use crate::condition::ConditionError;
use crate::decision::{Outcome, Reason, Sight, Stage};
use crate::model::{Access, PartBy, Value};
use crate::snapshot::{ItemRule, KindRule, MatcherRule, PermissionRule};
use smallvec::SmallVec;
use std::sync::Arc;

/// Whether an id names its wholes: one that others would read as another path could lie anywhere.
fn is_path(id: &str) -> bool {
    id.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// What a path lies in.
fn above(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(whole, _)| whole)
}

/// Wholes by their kinds and ids.
type Wholes<'a> = SmallVec<[(&'a KindRule, Option<&'a str>); 4]>;

/// How many wholes of one resource are looked at. What is a part of more is denied.
const MOST_WHOLES: usize = 1_024;

impl<'a> Ask<'a> {
    /// The step of the pipeline.
    pub(super) fn exclusive<R: Recorder>(
        &self,
        rule: &PermissionRule,
        record: &mut R,
    ) -> Result<(), Reason> {
        rule.exclusive.map_or(Ok(()), |access| self.admitted(access, record))
    }

    /// Whether exclusive access programs admit the subject to the resource.
    pub(crate) fn admitted<R: Recorder>(
        &self,
        access: Access,
        record: &mut R,
    ) -> Result<(), Reason> {
        let resource = &self.request.resource;
        let Some(kind) = self.snapshot.kinds.get(resource.kind) else { return Ok(()) };
        let item = self.item(kind, resource.id, access, record);
        if item.is_err() && !R::ON {
            return item;
        }
        // A part is not shown without its whole; whose parts have parts of their own.
        item.and(self.wholes(kind, resource.id, record))
    }

    fn item<R: Recorder>(
        &self,
        kind: &KindRule,
        id: Option<&str>,
        access: Access,
        record: &mut R,
    ) -> Result<(), Reason> {
        let governed = match access {
            Access::View => kind.view,
            Access::Edit => kind.edit,
        };
        if !governed {
            return Ok(());
        }
        let Some(id) = id else {
            record.step(Stage::Exclusive, Outcome::Deny, || {
                format!("some {} are exclusive and this one has no id", kind.name)
            });
            return Err(Reason::Exclusive { kind: Arc::clone(&kind.name), id: "".into() });
        };
        let Some(item) = kind.items.get(id) else {
            record.step(Stage::Exclusive, Outcome::Skip, || {
                format!("no program names {} `{id}`", kind.name)
            });
            return Ok(());
        };
        let programs = programs(item, access);
        let closed = match access {
            Access::View => item.closed_view,
            Access::Edit => item.closed_edit,
        };
        if programs.is_empty() && !closed {
            record.step(Stage::Exclusive, Outcome::Skip, || {
                format!("no program governs that access to {} `{id}`", kind.name)
            });
            return Ok(());
        }
        // A program admits users, and nobody knows who this is.
        let programs = if self.member.anonymous { &[] } else { programs };
        for program in programs.iter().filter_map(|at| self.snapshot.programs.get(*at as usize)) {
            let fit = self.fits(&program.matchers, record);
            record.saw(program.place, Sight::Program(matches!(fit, Fit::By(_))));
            match fit {
                Fit::By(how) => {
                    record.step(Stage::Exclusive, Outcome::Pass, || {
                        format!("program `{}` admits to {} `{id}` by {how}", program.id, kind.name)
                    });
                    return Ok(());
                }
                Fit::No => record.step(Stage::Exclusive, Outcome::Skip, || {
                    format!("not a member of program `{}`", program.id)
                }),
                Fit::Unsettled => record.step(Stage::Exclusive, Outcome::Skip, || {
                    let id = &program.id;
                    format!("program `{id}` admits by a role that is held within limits only")
                }),
                Fit::Unknown(error) => record.step(Stage::Exclusive, Outcome::Skip, || {
                    let id = &program.id;
                    format!("whether program `{id}` admits the subject cannot be known: {error}")
                }),
            }
        }
        record.step(Stage::Exclusive, Outcome::Deny, || {
            format!("{} `{id}` is for members of its programs only", kind.name)
        });
        Err(Reason::Exclusive { kind: Arc::clone(&kind.name), id: id.into() })
    }

    /// Whether everything is open that the resource is a part of, by way of others too. Each
    /// whole is looked at once, however many ways lead to it.
    fn wholes<R: Recorder>(
        &self,
        kind: &'a KindRule,
        id: Option<&'a str>,
        record: &mut R,
    ) -> Result<(), Reason> {
        let mut denial = Ok(());
        let (mut open, mut seen) = (Wholes::new(), Wholes::new());
        self.nearest(kind, id, true, &mut open);
        while let Some((whole, id)) = open.pop() {
            if seen.iter().any(|(other, known)| std::ptr::eq(*other, whole) && *known == id) {
                continue;
            }
            let step = if seen.len() < MOST_WHOLES {
                self.item(whole, id, Access::View, record)
            } else {
                open.clear();
                record.step(Stage::Exclusive, Outcome::Deny, || {
                    format!("it is a part of more than {MOST_WHOLES} others")
                });
                let id = id.unwrap_or_default().into();
                Err(Reason::Exclusive { kind: Arc::clone(&whole.name), id })
            };
            seen.push((whole, id));
            if step.is_ok() {
                self.nearest(whole, id, false, &mut open);
            } else if !R::ON {
                return step;
            }
            denial = denial.and(step);
        }
        denial
    }

    /// Adds what something is a part of itself, the first on top.
    fn nearest(&self, kind: &'a KindRule, id: Option<&'a str>, asked: bool, open: &mut Wholes<'a>) {
        let bottom = open.len();
        for (n, (name, _)) in kind.part_of.iter().enumerate() {
            let first = kind.part_of.iter().position(|(other, _)| other == name) == Some(n);
            let Some(whole) = self.snapshot.kinds.get(name).filter(|_| first) else { continue };
            // One of several ways to a whole of this kind has to be known; each that is known
            // leads to a whole that has to be open. One that is not known could be any.
            let ways = kind.part_of.iter().filter(|(other, _)| other == name);
            let known = open.len();
            open.extend(
                ways.filter_map(|(_, by)| self.whole(by, id, asked)).map(|id| (whole, Some(id))),
            );
            let mut paths = kind.part_of.iter().filter(|(other, by)| {
                other == name && matches!(by, PartBy::Path) && id.is_some_and(|id| !is_path(id))
            });
            if open.len() == known || paths.next().is_some() {
                open.push((whole, None));
            }
        }
        if let Some(added) = open.get_mut(bottom..) {
            added.reverse();
        }
    }

    /// The id of the whole. Attributes are known of the resource asked about only.
    fn whole(&self, by: &PartBy, id: Option<&'a str>, asked: bool) -> Option<&'a str> {
        match by {
            PartBy::Id => id,
            PartBy::Path => id.filter(|id| is_path(id)).and_then(above),
            PartBy::Attribute(name) if asked => {
                self.request.resource.attributes.at(name).and_then(Value::as_str)
            }
            PartBy::Attribute(_) => None,
        }
    }

    /// By what the subject is one of those whom matchers name.
    pub(crate) fn fits<R: Recorder>(&self, matchers: &MatcherRule, record: &mut R) -> Fit {
        let fits = |listed: &[Box<str>], own: &str| listed.iter().any(|name| **name == *own);
        let named = !matchers.roles.is_empty();
        if named && self.certain_roles().iter().any(|role| fits(&matchers.roles, role)) {
            return Fit::By("role");
        }
        let mut teams = self.member.teams.iter();
        if teams.any(|team| {
            fits(&matchers.exact_teams, team)
                || matchers.teams.iter().any(|listed| lies_in(team, listed))
        }) {
            return Fit::By("team");
        }
        if self.member.tags.iter().any(|tag| fits(&matchers.tags, tag)) {
            return Fit::By("tag");
        }
        match matchers.condition.as_ref().map(|clause| self.clause_holds(clause, record)) {
            Some(Ok(true)) => Fit::By("condition"),
            Some(Err(error)) => Fit::Unknown(error),
            Some(Ok(false)) | None => {
                let by_role = |role: &&str| fits(&matchers.roles, role);
                match named && self.unsettled_roles().iter().any(by_role) {
                    true => Fit::Unsettled,
                    false => Fit::No,
                }
            }
        }
    }
}

/// Whether somebody is one of those whom matchers name.
pub(crate) enum Fit {
    /// By a matcher of this kind.
    By(&'static str),
    /// By none.
    No,
    /// By none that is known, but a condition cannot be.
    Unknown(ConditionError),
    /// By none but a role that is held within limits.
    Unsettled,
}

pub(crate) fn programs(item: &ItemRule, access: Access) -> &[u32] {
    match access {
        Access::View => &item.view,
        Access::Edit => &item.edit,
    }
}
