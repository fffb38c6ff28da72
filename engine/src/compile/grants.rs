//! Grants: from what an admin wrote to a table that is read by position.

use crate::diagnostic::Reporter;
use crate::model::{Grant, Instant, Place, Position, Scope, Several, Text};
use crate::snapshot::{
    Clause, Except, GrantOf, GrantSet, Granting, LimitedGrant, Origin, PermissionId, Permissions,
    TeamLimits, Within, WrittenGrant,
};
use std::collections::HashSet;
use std::sync::Arc;

/// Whether a grant leaves a permission out.
fn leaves_out(except: &Except, id: PermissionId) -> bool {
    except.as_ref().is_some_and(|except| except.binary_search(&id).is_ok())
}

impl Granting {
    /// Adds what a list of grants says.
    pub(super) fn add(
        &mut self,
        permissions: &Permissions,
        grants: &[Grant],
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        for grant in grants {
            let condition = permissions.granting_condition(
                grant.condition.as_ref(),
                &grant.cases,
                field,
                report,
            );
            let place = report.place(grant.named_at().unwrap_or_default());
            // Where a condition cannot be read nothing is granted, rather than without it.
            let readable = grant.condition.is_some() == condition.is_some();
            let within = self.shared(within(grant, condition));
            let mut left_out = except(permissions, grant, field, report);
            left_out.sort_unstable();
            left_out.dedup();
            let except: Except = (!left_out.is_empty()).then(|| left_out.into());
            let out = |id: &PermissionId| leaves_out(&except, *id);
            let named = expand(permissions, grant, field, report);
            for permission in named.into_iter().filter(|id| !out(id)) {
                let Some(entry) = permissions.entry(permission).filter(|_| readable) else {
                    continue;
                };
                let scope = grant.scope.intersection(entry.reach);
                match &within {
                    None => {
                        self.plain.push((Origin { permission, scope, place }, except.clone()));
                    }
                    Some(within) => {
                        let within = Arc::clone(within);
                        let grant = LimitedGrant { permission, scope, within, place };
                        self.limited.push((grant, except.clone()));
                    }
                }
            }
        }
    }

    /// Limits, shared with the grant before where they are the same; `None` where there are none.
    fn shared(&self, within: Within) -> Option<Arc<Within>> {
        let last = self.limited.last().map(|(grant, _)| &grant.within);
        match last.filter(|last| last.is(&within)) {
            Some(last) => Some(Arc::clone(last)),
            None => (!within.is_everything()).then(|| Arc::new(within)),
        }
    }

    /// Adds everything that another one grants.
    pub(super) fn include(&mut self, other: &Self) {
        self.plain.extend_from_slice(&other.plain);
        self.limited.extend_from_slice(&other.limited);
    }

    /// The finished table, with all that the grants imply.
    pub(super) fn finish(&self, permissions: &Permissions) -> GrantSet {
        self.finish_without(permissions, &[])
    }

    /// The same without some permissions and without what only they bring along.
    pub(crate) fn finish_without(
        &self,
        permissions: &Permissions,
        off: &[PermissionId],
    ) -> GrantSet {
        let mut plain = vec![Scope::NONE; permissions.count()];
        let mut set = |permission: PermissionId, scope: Scope| {
            if let Some(slot) = plain.get_mut(usize::from(permission.0)) {
                *slot = slot.union(scope);
            }
        };
        // What a grant leaves out, none of its other permissions brings along.
        let along = |id: PermissionId, scope: Scope, except: &Except| {
            permissions.closure(id, scope, |id| off.contains(&id) || leaves_out(except, id))
        };
        let mut origins = Vec::new();
        for (origin, except) in &self.plain {
            for (permission, scope) in along(origin.permission, origin.scope, except) {
                set(permission, scope);
                origins.push(Origin { permission, scope, place: origin.place });
            }
        }
        origins.sort_by_key(|origin| origin.permission);
        let mut limited: Vec<LimitedGrant> = self
            .limited
            .iter()
            .flat_map(|(grant, except)| {
                along(grant.permission, grant.scope, except)
                    .into_iter()
                    .map(|(permission, scope)| LimitedGrant { permission, scope, ..grant.clone() })
            })
            .collect();
        limited.sort_by_key(|grant| grant.permission);
        let conditional = limited.iter().any(|grant| grant.within.condition.is_some());
        let (plain, origins) = (plain.into(), origins.into());
        GrantSet { plain, origins, limited: limited.into(), conditional }
    }
}

/// Under how many different conditions one role, policy or user may be granted one permission. A
/// decision looks at each of them until one holds, and one that looks through a list of a thousand
/// takes about 64 µs: this many take 4 ms.
const MOST_CONDITIONS: usize = 64;

impl GrantSet {
    /// Refuses a permission that would be granted under more conditions than a decision should
    /// have to look at.
    pub(super) fn refuse_costly(
        &self,
        permissions: &Permissions,
        at: Position,
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        for grants in self.limited.chunk_by(|one, other| one.permission == other.permission) {
            let conditional = grants.iter().filter(|grant| grant.within.condition.is_some());
            // What one grant gives by several ways it gives under one condition.
            let different: HashSet<_> =
                conditional.map(|grant| Arc::as_ptr(&grant.within)).collect();
            let first = grants.first().and_then(|grant| permissions.entry(grant.permission));
            if let Some(entry) = first.filter(|_| different.len() > MOST_CONDITIONS) {
                let (name, count) = (&entry.permission.id, different.len());
                report.fault(
                    at,
                    field,
                    format!("`{name}` is granted under {count} conditions, which takes too long"),
                    Some(format!("join some of them by `||`: {MOST_CONDITIONS} is the most")),
                );
            }
        }
    }
}

impl WrittenGrant {
    /// One that is read; `None` where it names nothing, which is reported.
    pub(super) fn new(
        permissions: &Permissions,
        grant: &Grant,
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Option<Self> {
        let mut granting = Granting::default();
        granting.add(permissions, std::slice::from_ref(grant), field, report);
        let of = match (&grant.permission, &grant.permissions) {
            (Some(name), _) if name.as_str() == "*" => GrantOf::Everything,
            (Some(name), _) if name.contains('*') => GrantOf::Several(name.as_str().into()),
            (Some(name), _) => GrantOf::Permission(permissions.find(name)?),
            (None, Some(several)) => GrantOf::Several(several.to_string().into()),
            (None, None) => GrantOf::Category(grant.category.as_ref()?.as_str().into()),
        };
        Some(Self { of, granting })
    }

    /// One of a permission without limits.
    pub(crate) fn plain(permission: PermissionId, scope: Scope, place: Place) -> Self {
        let plain = vec![(Origin { permission, scope, place }, None)];
        let granting = Granting { plain, limited: Vec::new() };
        Self { of: GrantOf::Permission(permission), granting }
    }

    /// One of a permission within limits.
    pub(crate) fn within(grant: LimitedGrant) -> Self {
        let of = GrantOf::Permission(grant.permission);
        Self { of, granting: Granting { plain: Vec::new(), limited: vec![(grant, None)] } }
    }

    /// What several of them grant together.
    pub(crate) fn total(written: &[Self], permissions: &Permissions) -> GrantSet {
        let mut granting = Granting::default();
        written.iter().for_each(|one| granting.include(&one.granting));
        granting.finish(permissions)
    }
}

/// What a grant is limited to.
fn within(grant: &Grant, condition: Option<Clause>) -> Within {
    let boxed = |teams: &[Text]| teams.iter().map(|team| team.as_str().into()).collect();
    let teams = TeamLimits { branches: boxed(&grant.teams), exact: boxed(&grant.exact_teams) };
    let (from, until) =
        (grant.valid_from.map(Instant::millis), grant.valid_until.map(Instant::millis));
    Within { teams, from, until, condition, and: None }
}

/// The permissions that one grant leaves out.
fn except(
    permissions: &Permissions,
    grant: &Grant,
    field: &str,
    report: &mut Reporter<'_>,
) -> Vec<PermissionId> {
    let field = format!("{field}.except");
    let names = grant.except.iter();
    names.flat_map(|name| permissions.left_out(name, &field, report)).collect()
}

/// The permissions that one grant names, those included that it leaves out.
pub(super) fn expand(
    permissions: &Permissions,
    grant: &Grant,
    field: &str,
    report: &mut Reporter<'_>,
) -> Vec<PermissionId> {
    let at = grant.named_at().unwrap_or_default();
    if let (Some(from), Some(until)) = (grant.valid_from, grant.valid_until)
        && from >= until
    {
        let help = Some("valid_from is included, valid_until is not".to_owned());
        report.fault(at, field, "the grant ends before it begins", help);
    }
    match (&grant.permission, &grant.permissions, &grant.category) {
        (Some(name), None, None) if name.as_str() == "*" => permissions.wildcard().collect(),
        (Some(name), None, None) => permissions.given(name, field, report),
        (None, Some(several), None) => {
            let mut given = match &**several {
                Several::List(names) => {
                    let each = names.iter().flat_map(|name| permissions.given(name, field, report));
                    each.collect()
                }
                Several::Table(cells) => permissions.cells(cells, field, report),
            };
            given.sort_unstable();
            given.dedup();
            if matches!(&**several, Several::List(names) if names.is_empty())
                || matches!(&**several, Several::Table(cells) if cells.is_empty())
            {
                let help = Some("name some, or delete the grant".to_owned());
                report.fault(at, field, "the grant names no permission", help);
            }
            given
        }
        (None, None, Some(name)) => match permissions.category(name) {
            Some(ids) => ids.collect(),
            None => {
                report.unknown("category", name, field, permissions.categories());
                Vec::new()
            }
        },
        (None, None, None) => {
            let message = "a grant has to name a permission, several, or a category";
            report.fault(at, field, message, None);
            Vec::new()
        }
        _ => {
            let message = "a grant names a permission, several, or a category, and one of these";
            report.fault(at, field, message, Some("make several grants of it".to_owned()));
            Vec::new()
        }
    }
}
