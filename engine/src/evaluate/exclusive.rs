//! Exclusive access: content that a program names is for its members only.
//!
//! Programs never deny on their own account. They mark what they name as exclusive and admit
//! whoever fits one of them; what none of them names they leave alone.

use super::Ask;
use super::grants::lies_in;
use super::recorder::Recorder;
use crate::condition::ConditionError;
use crate::decision::{Outcome, Reason, Sight, Stage};
use crate::model::{Access, PartBy, Value};
use crate::snapshot::{ItemRule, KindRule, MatcherRule, PermissionRule};
use smallvec::SmallVec;
use std::sync::Arc;

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
        item.and(self.wholes(kind, resource.id, 0, record))
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

    fn wholes<R: Recorder>(
        &self,
        kind: &KindRule,
        id: Option<&str>,
        depth: u8,
        record: &mut R,
    ) -> Result<(), Reason> {
        // The compiler refuses kinds that are parts of themselves; this bounds the rest.
        if kind.part_of.is_empty() || depth > 8 {
            return Ok(());
        }
        let mut denial = Ok(());
        for (n, (name, _)) in kind.part_of.iter().enumerate() {
            let first = kind.part_of.iter().position(|(other, _)| other == name) == Some(n);
            let Some(whole) = self.snapshot.kinds.get(name).filter(|_| first) else { continue };
            // One of several ways to a whole of this kind has to be known; each that is known
            // leads to a whole that has to be open. One that is not known could be any.
            let ways = kind.part_of.iter().filter(|(other, _)| other == name);
            let mut known: SmallVec<[Option<&str>; 2]> =
                ways.filter_map(|(_, by)| self.whole(by, id, depth)).map(Some).collect();
            if known.is_empty() {
                known.push(None);
            }
            for id in known {
                let step = self
                    .item(whole, id, Access::View, record)
                    .and_then(|()| self.wholes(whole, id, depth + 1, record));
                if denial.is_ok() {
                    denial = step;
                }
            }
        }
        denial
    }

    /// The id of the whole. Attributes are known of the resource asked about only.
    fn whole<'s>(&'s self, by: &PartBy, id: Option<&'s str>, depth: u8) -> Option<&'s str>
    where
        'a: 's,
    {
        match by {
            PartBy::Id => id,
            PartBy::Path => id.and_then(|id| id.rsplit_once('/')).map(|(whole, _)| whole),
            PartBy::Attribute(name) if depth == 0 => {
                self.request.resource.attributes.at(name).and_then(Value::as_str)
            }
            PartBy::Attribute(_) => None,
        }
    }

    /// By what the subject is one of those whom matchers name.
    pub(crate) fn fits<R: Recorder>(&self, matchers: &MatcherRule, record: &mut R) -> Fit {
        let fits = |listed: &[Box<str>], own: &str| listed.iter().any(|name| **name == *own);
        if self.member.role_names(self.snapshot).any(|role| fits(&matchers.roles, role)) {
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
            Some(Ok(false)) | None => Fit::No,
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
}

pub(crate) fn programs(item: &ItemRule, access: Access) -> &[u32] {
    match access {
        Access::View => &item.view,
        Access::Edit => &item.edit,
    }
}
