//! Reading what a path names.

use super::held::Unsettled;
use super::{Ask, Silent};
use crate::condition::{Condition, ConditionError};
use crate::decision::{ANONYMOUS, Request};
use crate::family::{Fault, FaultKind, Input};
use crate::model::{InputPath, Value};
use crate::snapshot::{InputRule, PermissionId};
use std::borrow::Cow;

/// How many roles are looked through for what one condition costs.
const ROLES_A_CONDITION: usize = 16;

impl<'a> Ask<'a> {
    /// The value that a predicate compares; `None` if it is unknown.
    pub(super) fn value(&self, path: &InputPath) -> Option<Cow<'_, Value<'a>>> {
        let member = self.member;
        let texts = |names: &mut dyn Iterator<Item = &'a str>| {
            Cow::Owned(Value::List(names.map(Value::from).collect()))
        };
        Some(match path {
            InputPath::SubjectId if member.anonymous => return None,
            InputPath::SubjectId => Cow::Owned(Value::from(&*member.id)),
            InputPath::SubjectRoles => texts(&mut self.certain_roles().into_iter()),
            InputPath::SubjectPolicies => texts(&mut self.policy_names()),
            InputPath::SubjectTeams => texts(&mut member.teams.iter().map(|name| &**name)),
            InputPath::SubjectTags => texts(&mut member.tags.iter().map(|name| &**name)),
            InputPath::SubjectStatus => Cow::Owned(Value::from(member.status.name())),
            InputPath::SubjectInvitation => Cow::Owned(Value::from(member.invitation.name())),
            InputPath::SubjectOwner => Cow::Owned(Value::Bool(member.owner)),
            InputPath::SubjectHolds(id) => {
                Cow::Owned(Value::Bool(self.is_held(self.snapshot.permission_id(id))?))
            }
            InputPath::SubjectAttribute(name) => Cow::Borrowed(self.of_subject(name)?),
            InputPath::ResourceKind => Cow::Owned(Value::from(self.request.resource.kind)),
            InputPath::ResourceId => Cow::Owned(Value::from(self.request.resource.id?)),
            InputPath::ResourceAttribute(_) if self.is_no_team(path) => return None,
            InputPath::ResourceAttribute(name) => {
                Cow::Borrowed(self.request.resource.attributes.at(name)?)
            }
            InputPath::ActionAttribute(name) => Cow::Borrowed(self.of_action(name)?),
            InputPath::ContextAttribute(name) => Cow::Borrowed(self.request.context.at(name)?),
            InputPath::Now => Cow::Owned(Value::Int(self.request.now)),
            InputPath::DelegationFrom
            | InputPath::DelegationPermissions
            | InputPath::DelegationAudiences
            | InputPath::Config(_) => return None,
        })
    }

    /// The value of an input that a family declared, in the type that it declared.
    pub(super) fn input(
        &self,
        rule: &'a InputRule,
        asked: PermissionId,
    ) -> Result<Option<Input<'a>>, Fault> {
        if rule.withheld {
            return Ok(None);
        }
        let member = self.member;
        let text = |text: &'a str| Ok(Some(Input::Text(Cow::Borrowed(text))));
        let texts = |names: &mut dyn Iterator<Item = &'a str>| {
            Ok(Some(Input::Texts(names.map(Cow::Borrowed).collect())))
        };
        let typed = |value: Option<&'a Value<'a>>| match value {
            None => Ok(None),
            Some(value) => rule.kind.accept(value).map(Some).ok_or_else(|| {
                Fault::new(
                    FaultKind::InputType,
                    format!("`{}` is a {}", rule.path, value.type_name()),
                )
            }),
        };
        let delegation = || {
            self.snapshot
                .permission(asked)
                .and_then(|asked_rule| self.acts_under(asked, asked_rule))
        };
        match &rule.path {
            InputPath::SubjectId if member.anonymous => Ok(None),
            InputPath::SubjectId => text(&member.id),
            InputPath::SubjectRoles => match self.roles_here() {
                Ok(roles) => texts(&mut roles.into_iter()),
                Err(Unsettled(role)) => Err(Fault::new(
                    FaultKind::InputType,
                    format!(
                        "whether the role `{role}` is held here cannot be known; send the team of \
                         the resource and what the condition of the assignment reads"
                    ),
                )),
            },
            InputPath::SubjectPolicies => texts(&mut self.policy_names()),
            InputPath::SubjectTeams => texts(&mut member.teams.iter().map(|name| &**name)),
            InputPath::SubjectTags => texts(&mut member.tags.iter().map(|name| &**name)),
            InputPath::SubjectStatus => text(member.status.name()),
            InputPath::SubjectInvitation => text(member.invitation.name()),
            InputPath::SubjectOwner => Ok(Some(Input::Boolean(member.owner))),
            InputPath::SubjectHolds(_) => Ok(self.is_held(rule.holds).map(Input::Boolean)),
            InputPath::SubjectAttribute(name) => typed(self.of_subject(name)),
            InputPath::DelegationFrom => match delegation() {
                Some(delegation) => text(&delegation.rule.from.id),
                None => Ok(None),
            },
            InputPath::DelegationPermissions => match delegation() {
                Some(delegation) => {
                    texts(&mut delegation.rule.permissions.iter().filter_map(|id| {
                        self.snapshot.permission(*id).map(|permission| &*permission.id)
                    }))
                }
                None => Ok(None),
            },
            InputPath::DelegationAudiences => match delegation() {
                Some(delegation) => {
                    texts(&mut delegation.rule.audiences.iter().map(|name| &**name))
                }
                None => Ok(None),
            },
            InputPath::ResourceKind => text(self.request.resource.kind),
            InputPath::ResourceId => match self.request.resource.id {
                Some(id) => text(id),
                None => Ok(None),
            },
            InputPath::ResourceAttribute(_) if self.is_no_team(&rule.path) => Err(Fault::new(
                FaultKind::InputType,
                format!("`{}` names what is no team of the tenant", rule.path),
            )),
            InputPath::ResourceAttribute(name) => typed(self.request.resource.attributes.at(name)),
            InputPath::ActionAttribute(name) => typed(self.of_action(name)),
            InputPath::ContextAttribute(name) => typed(self.request.context.at(name)),
            InputPath::Config(_) => Ok(rule.config.as_ref().map(Input::reborrow)),
            InputPath::Now => Ok(Some(Input::Instant(self.request.now))),
        }
    }

    /// An attribute of the subject: what the question says of it, where the catalog trusts
    /// callers to, or what the directory does. Of somebody else than the subject, such as whoever
    /// delegates, a question says nothing.
    fn of_subject(&self, name: &str) -> Option<&'a Value<'a>> {
        let trusted = &self.snapshot.catalog.contract.subject;
        let asserted = trusted
            .attribute(name)
            .filter(|_| self.is_asked_about())
            .and_then(|_| self.request.asserted.subject.at(name))
            .filter(|value| !matches!(value, Value::Null));
        asserted.or_else(|| self.member.attributes.at(name))
    }

    /// Whether the subject of the question is who is looked at, and not somebody whose turn comes
    /// on the way. Whoever is anonymous may bear anybody's id.
    fn is_asked_about(&self) -> bool {
        let contract = &self.snapshot.catalog.contract;
        let anonymous =
            contract.subject_type(self.request.asserted.subject_type) == Some(ANONYMOUS);
        self.member.anonymous == anonymous
            && (anonymous || *self.member.id == *self.request.subject)
    }

    /// An attribute of the action, where the catalog declares it.
    fn of_action(&self, name: &str) -> Option<&'a Value<'a>> {
        self.snapshot.catalog.contract.action.attribute(name)?;
        self.request.asserted.action.at(name)
    }

    /// Why it is not known what something is, nor whether it is there: nobody has asked yet, or
    /// what was sent as a team is none, or looks like one that the condition is about.
    pub(super) fn unknown(
        &self,
        path: &InputPath,
        condition: &Condition,
    ) -> Option<ConditionError> {
        if self.may_be_sent(path) {
            return Some(ConditionError::Missing(path.clone()));
        }
        let is_none = self.is_no_team(path) || self.resembles(path, condition.teams());
        is_none.then(|| ConditionError::NoTeam(path.clone()))
    }

    /// Whether it is not known whether something is sent.
    fn may_be_sent(&self, path: &InputPath) -> bool {
        let resource = &self.request.resource;
        self.open
            && match path {
                InputPath::ResourceKind => resource.kind.is_empty(),
                InputPath::ResourceId => resource.id.is_none(),
                InputPath::ResourceAttribute(_)
                | InputPath::ActionAttribute(_)
                | InputPath::ContextAttribute(_) => true,
                InputPath::SubjectAttribute(name) => {
                    self.snapshot.catalog.contract.subject.attribute(name).is_some()
                }
                _ => false,
            }
    }

    /// Whether a permission is held at any scope, with what it requires. It is unknown where that
    /// hangs on a condition or on a team that cannot be known, and of a toggle that might bind.
    fn is_held(&self, id: Option<PermissionId>) -> Option<bool> {
        let Some(id) = id else { return Some(false) };
        let Some(rule) = self.snapshot.permission(id) else { return Some(false) };
        // Beyond what may be spent nothing is known any more, and the decision is a denial.
        if self.horizon.is_exhausted() {
            return None;
        }
        let (looked, roles) = (rule.needs.len() + 1, self.member.held_roles().count());
        self.horizon.spend(1 + looked.saturating_mul(roles) / ROLES_A_CONDITION);
        if self.holds(id) {
            return Some(true);
        }
        let might = |id: PermissionId| {
            self.snapshot
                .permission(id)
                .is_some_and(|rule| self.entitled(rule) && self.may_hold(id, rule, &mut Silent))
        };
        let might = match rule.is_constraint {
            // What restricts binds whatever it requires.
            true => self.may_hold(id, rule, &mut Silent),
            false => might(id) && rule.needs.iter().all(|need| might(need.permission)),
        };
        (!might).then_some(false)
    }

    fn policy_names(&self) -> impl Iterator<Item = &'a str> {
        let snapshot = self.snapshot;
        self.member
            .policies()
            .iter()
            .filter_map(|policy| snapshot.policies.get(*policy as usize).map(|rule| &*rule.id))
    }
}

/// One value of the part of a request that a cache key holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Projected {
    Absent,
    Value(Value<'static>),
}

/// A value of the request, as the cache compares it.
pub(crate) enum ProjectedRef<'r> {
    Text(&'r str),
    Value(&'r Value<'r>),
    /// What follows from the request and from other users than the subject.
    Flag(bool),
    Absent,
}

/// The value of the request that a path names.
pub(crate) fn project<'r>(request: &'r Request<'r>, path: &InputPath) -> ProjectedRef<'r> {
    match path {
        InputPath::ResourceKind => ProjectedRef::Text(request.resource.kind),
        InputPath::ResourceId => {
            request.resource.id.map_or(ProjectedRef::Absent, ProjectedRef::Text)
        }
        InputPath::ResourceAttribute(name) => {
            request.resource.attributes.at(name).map_or(ProjectedRef::Absent, ProjectedRef::Value)
        }
        InputPath::ActionAttribute(name) => {
            request.asserted.action.at(name).map_or(ProjectedRef::Absent, ProjectedRef::Value)
        }
        InputPath::SubjectAttribute(name) => {
            request.asserted.subject.at(name).map_or(ProjectedRef::Absent, ProjectedRef::Value)
        }
        InputPath::ContextAttribute(name) => {
            request.context.at(name).map_or(ProjectedRef::Absent, ProjectedRef::Value)
        }
        // Everything else follows from the subject, the policy and their revisions.
        _ => ProjectedRef::Absent,
    }
}

impl ProjectedRef<'_> {
    pub(crate) fn to_owned(&self) -> Projected {
        match self {
            Self::Text(text) => Projected::Value(Value::Text(Cow::Owned((*text).to_owned()))),
            Self::Value(value) => Projected::Value((*value).clone().into_owned()),
            Self::Flag(flag) => Projected::Value(Value::Bool(*flag)),
            Self::Absent => Projected::Absent,
        }
    }
}

/// Whether a kept value is the one of the request.
pub(crate) fn projected_equals(kept: &Projected, asked: &ProjectedRef<'_>) -> bool {
    match (kept, asked) {
        (Projected::Absent, ProjectedRef::Absent) => true,
        (Projected::Value(Value::Text(kept)), ProjectedRef::Text(asked)) => kept == asked,
        (Projected::Value(kept), ProjectedRef::Value(asked)) => kept == *asked,
        (Projected::Value(Value::Bool(kept)), ProjectedRef::Flag(asked)) => kept == asked,
        _ => false,
    }
}
