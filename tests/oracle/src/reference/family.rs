//! Asking the family that governs a permission.

use super::{Duty, Evaluator, MAX_DEPTH};
use permesso_engine::decision::{Reason, Request};
use permesso_engine::family::{Answer, Effect, Family, FaultKind, Input, InputSpec, Question};
use permesso_engine::model::{Category, InputPath, Permission, User, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whom a family is asked about, and how many families have led there.
#[derive(Clone, Copy)]
pub(super) struct Asked<'q> {
    pub(super) category: &'q Category,
    pub(super) permission: &'q Permission,
    pub(super) user: &'q User,
    pub(super) request: &'q Request<'q>,
    pub(super) depth: u8,
}

impl Evaluator<'_> {
    /// The reason that stands after the family was asked, if one governs the permission.
    pub(super) fn ask(
        &self,
        asked: Asked<'_>,
        granted: Result<(), Reason>,
        duties: &mut BTreeSet<Duty>,
    ) -> Result<Reason, Reason> {
        let Asked { category, permission, user, request, depth } = asked;
        let Some(id) = governed_by(category, permission) else {
            return granted.map(|()| Reason::Granted);
        };
        let fault = |kind| Reason::FamilyFault { family: id.into(), kind };
        let family = self.families.get(id).ok_or_else(|| fault(FaultKind::Unavailable))?;
        let answer = match self.answer(family, permission, user, request) {
            Ok(answer) => answer,
            Err(kind) => return Err(fault(kind)),
        };
        let manifest = family.manifest();
        let bad = || fault(FaultKind::BadResult);
        for index in &answer.obligations {
            let duty = at(&manifest.obligations, *index).ok_or_else(bad)?;
            duties.insert((duty.code.clone(), duty.values.clone(), id.to_owned()));
        }
        match answer.effect {
            Effect::Abstain => granted.map(|()| Reason::Granted),
            Effect::Forbid(index) => {
                let reason = at(&manifest.reasons, index).ok_or_else(bad)?;
                granted?;
                Err(Reason::Family {
                    family: id.into(),
                    code: reason.code.as_str().into(),
                    message: reason.text.as_str().into(),
                })
            }
            Effect::Require(index) => {
                let required = at(&manifest.requires, index).ok_or_else(bad)?;
                granted?;
                // The whole of the other decision counts, with what it obliges to.
                if depth < MAX_DEPTH && self.permission(required).is_some() {
                    let other = Request { action: required, ..*request };
                    let ruling = self.decide_at(&other, depth + 1);
                    if ruling.is_allow() {
                        duties.extend(ruling.duties);
                        return Ok(Reason::Granted);
                    }
                }
                let permission = required.as_str().into();
                Err(Reason::FamilyRequires { family: id.into(), permission })
            }
            Effect::Floor(index) => {
                let reason = at(&manifest.reasons, index).ok_or_else(bad)?;
                if !manifest.floors.iter().any(|floor| *floor == permission.id.as_str()) {
                    return Err(bad());
                }
                match granted {
                    Ok(()) => Ok(Reason::Granted),
                    Err(_) if self.may_lift(category, permission) => {
                        let code = reason.code.as_str().into();
                        Ok(Reason::Floor { family: id.into(), code })
                    }
                    Err(reason) => Err(reason),
                }
            }
        }
    }

    /// Whether a floor was declared and consented to.
    pub(super) fn may_lift(&self, category: &Category, permission: &Permission) -> bool {
        let Some(id) = governed_by(category, permission) else { return false };
        let declared = self.families.get(id).is_some_and(|family| {
            family.manifest().floors.iter().any(|floor| *floor == permission.id.as_str())
        });
        let settings = self.tenant.families.get(id);
        declared && settings.is_some_and(|it| it.floors.contains(&permission.id))
    }

    fn answer(
        &self,
        family: &Arc<dyn Family>,
        permission: &Permission,
        user: &User,
        request: &Request<'_>,
    ) -> Result<Answer, FaultKind> {
        let manifest = family.manifest();
        let told = |spec: &InputSpec| spec.path == InputPath::SubjectRoles;
        if manifest.inputs.iter().any(told) && self.roles_here(user, request).is_none() {
            return Err(FaultKind::InputType);
        }
        let no_team = |spec: &InputSpec| match &spec.path {
            InputPath::ResourceAttribute(name) => self.is_no_team(name, request),
            _ => false,
        };
        if manifest.inputs.iter().any(no_team) {
            return Err(FaultKind::InputType);
        }
        let values: Vec<Option<Value<'static>>> = manifest
            .inputs
            .iter()
            .map(|spec| self.read(&spec.path, user, request, Some(&manifest.id)))
            .collect();
        let mut inputs = Vec::new();
        for (spec, value) in manifest.inputs.iter().zip(&values) {
            inputs.push(typed(spec, value.as_ref())?);
        }
        let question = Question {
            permission: place(&manifest.permissions, &permission.id)
                .ok_or(FaultKind::Unavailable)?,
            kind: place(&manifest.kinds, request.resource.kind),
            inputs,
        };
        family.evaluate(&self.tenant.tenant, &question).map_err(|fault| fault.kind)
    }
}

/// The family of a permission, if one governs it.
pub(super) fn governed_by<'c>(
    category: &'c Category,
    permission: &'c Permission,
) -> Option<&'c str> {
    let named = permission.family.as_ref().or(category.family.as_ref())?.as_str();
    (named != "none").then_some(named)
}

fn typed<'v>(
    spec: &InputSpec,
    value: Option<&'v Value<'static>>,
) -> Result<Option<Input<'v>>, FaultKind> {
    match value {
        None => Ok(None),
        Some(value) => spec.kind.accept(value).map(Some).ok_or(FaultKind::InputType),
    }
}

fn place(names: &[String], name: &str) -> Option<u32> {
    let index = names.iter().position(|known| known == name)?;
    u32::try_from(index).ok()
}

fn at<T>(items: &[T], index: u32) -> Option<&T> {
    items.get(usize::try_from(index).ok()?)
}
