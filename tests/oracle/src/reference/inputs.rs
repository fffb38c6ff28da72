//! What can be read, by path.

use super::anonymous::is_nobody;
use super::{Evaluator, is_within};
use permesso_engine::decision::Request;
use permesso_engine::model::{
    Delegation, GrantedBy, InputPath, Instant, Scope, Status, Text, User, Value,
};

impl Evaluator<'_> {
    /// The value at a path; `None` where it is absent. `family` is whose configuration it is.
    pub(super) fn read(
        &self,
        path: &InputPath,
        user: &User,
        request: &Request<'_>,
        family: Option<&str>,
    ) -> Option<Value<'static>> {
        let text = |text: &str| Some(Value::text(text.to_owned()));
        let delegation = || self.delegation(user, request);
        match path {
            InputPath::SubjectId if is_nobody(user) => None,
            InputPath::SubjectId => text(&user.id),
            InputPath::SubjectRoles if family.is_some() => self.roles_here(user, request),
            InputPath::SubjectRoles => match self.roles(user, request.now) {
                (held, perhaps) if perhaps.is_empty() => list(held),
                _ => None,
            },
            InputPath::SubjectPolicies => list(&user.policies),
            InputPath::SubjectTeams => list(&user.teams),
            InputPath::SubjectTags => list(&user.tags),
            InputPath::SubjectStatus => text(user.status.name()),
            InputPath::SubjectInvitation => text(user.invitation.name()),
            InputPath::SubjectOwner => Some(Value::Bool(user.owner)),
            InputPath::SubjectHolds(permission) => {
                self.is_held(permission, user, request).map(Value::Bool)
            }
            InputPath::SubjectAttribute(name) => user.attributes.at(name).cloned(),
            InputPath::DelegationFrom => text(&delegation()?.from),
            InputPath::DelegationPermissions => list(self.delegated(delegation()?)),
            InputPath::DelegationAudiences => list(&delegation()?.audiences),
            InputPath::ResourceKind => text(request.resource.kind),
            InputPath::ResourceId => text(request.resource.id?),
            InputPath::ResourceAttribute(name) if self.is_no_team(name, request) => None,
            InputPath::ResourceAttribute(name) => {
                Some(request.resource.attributes.at(name)?.clone().into_owned())
            }
            // No world has attributes of actions.
            InputPath::ActionAttribute(_) => None,
            InputPath::ContextAttribute(name) => {
                Some(request.context.at(name)?.clone().into_owned())
            }
            InputPath::Config(name) => self.tenant.families.get(family?)?.config.at(name).cloned(),
            InputPath::Now => Some(Value::Int(request.now)),
        }
    }

    /// The delegation under which the user acts: the first that hands out what is asked for, by
    /// somebody who could do it here or by somebody active whose own the resource is. Those whose
    /// own grants reach the resource act in their own right.
    fn delegation(&self, user: &User, request: &Request<'_>) -> Option<&Delegation> {
        let (_, permission) = self.permission(request.action)?;
        if self.granted_in_person(permission, user, request) {
            return None;
        }
        if let Some(delegation) = self.acts_for_another(permission, user, request) {
            return Some(delegation);
        }
        // A delegation gives the delegator's own; where that is out of reach it gives nothing.
        if !permission.reach.unwrap_or(Scope::ALL).has_own() {
            return None;
        }
        let relations = match permission.own_means.as_slice() {
            [] => &self.catalog.own_means,
            named => named,
        };
        self.directory.delegations.iter().find(|delegation| {
            let own = relations.iter().any(|relation| {
                let value = request.resource.attributes.at(relation);
                value.is_some_and(|value| value.names(&delegation.from))
            });
            let active = self.user(&delegation.from).is_some_and(|it| it.status == Status::Active);
            own && active
                && is_within(
                    delegation.valid_from.map(Instant::millis),
                    delegation.valid_until.map(Instant::millis),
                    request.now,
                )
                && delegation.to == user.id
                && permission.granted_by == GrantedBy::Delegation
                && delegation.permissions.contains(&permission.id)
        })
    }
}

fn list<'t>(texts: impl IntoIterator<Item = &'t Text>) -> Option<Value<'static>> {
    Some(Value::List(texts.into_iter().map(|text| Value::text(text.to_string())).collect()))
}
