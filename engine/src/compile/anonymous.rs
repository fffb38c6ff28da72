//! Whoever asks anonymously: nobody of a directory, with one role.
//!
//! What such a role says of the subject's own, of its teams or of its being held could never come
//! true, and would only look as if it did; it is refused.

use super::{Before, Definition};
use crate::decision::ANONYMOUS;
use crate::diagnostic::Reporter;
use crate::model::{Catalog, Grant, Policy, Role, Scope, Text};
use crate::snapshot::{HoldsNamed, Interner, Member, Snapshot, unique_revision};
use std::collections::HashSet;
use std::sync::Arc;

/// The role that a catalog gives to whoever asks anonymously.
fn role_of(catalog: &Catalog) -> Option<&Text> {
    catalog.subject_types.get(ANONYMOUS)?.role.as_ref()
}

/// Refuses what a catalog says of `anonymous` and cannot mean.
pub(super) fn catalog(catalog: &Catalog, report: &mut Reporter<'_>) {
    for (name, kind) in &catalog.subject_types {
        let field = format!("subject_types.{name}");
        match &kind.role {
            Some(role) if name != ANONYMOUS => {
                let message = format!("only `{ANONYMOUS}` has a role of its own");
                let help = "give roles to those of this type, in the directory".to_owned();
                report.fault(role.at(), format!("{field}.role"), message, Some(help));
            }
            None if name == ANONYMOUS => {
                let message = format!("`{ANONYMOUS}` needs a role");
                let help =
                    format!("write `{ANONYMOUS}: {{role: …}}` with one of the standard roles");
                report.fault(catalog.at(), &field, message, Some(help));
            }
            _ => {}
        }
        if name == ANONYMOUS
            && let Some(same) = &kind.same_as
        {
            let message = format!("`{ANONYMOUS}` is nobody else");
            report.fault(same.at(), &field, message, Some("delete `same_as`".to_owned()));
        }
    }
    let Some(role) = role_of(catalog) else { return };
    let known = || catalog.standard_roles.iter();
    if !known().any(|it| it.id == *role) {
        let field = format!("subject_types.{ANONYMOUS}.role");
        report.unknown("standard role", role, field, known().map(|it| it.id.as_str()));
    }
    let find = |id: &str| known().find(|it| it.id.as_str() == id);
    Walk { find: &find, policy: &|_| None, seen: HashSet::new() }.role(role, report);
}

/// Refuses the same in the roles of a tenant, where it has edited those of the catalog.
pub(super) fn tenant(
    definition: &Definition<'_>,
    before: Option<Before<'_>>,
    report: &mut Reporter<'_>,
) {
    let catalog = &definition.catalog.source.value;
    let tenant = &definition.tenant.value;
    let Some(role) = role_of(catalog).filter(|_| !definition.lenient) else { return };
    let same = |before: &Before<'_>| {
        let same = |a: *const Role, b: *const Role| std::ptr::eq(a, b);
        let (was, is) = (&before.tenant.roles, &tenant.roles);
        was.len() == is.len()
            && was.iter().zip(is).all(|(was, is)| same(Arc::as_ptr(was), Arc::as_ptr(is)))
            && before.tenant.policies.len() == tenant.policies.len()
            && before.tenant.policies.iter().zip(&tenant.policies).all(|(a, b)| Arc::ptr_eq(a, b))
    };
    if before.as_ref().is_some_and(same) {
        return;
    }
    let own = |id: &str| tenant.roles.iter().find(|it| it.id.as_str() == id).map(|it| &**it);
    let standard = |id: &str| catalog.standard_roles.iter().find(|it| it.id.as_str() == id);
    let policy = |id: &str| tenant.policies.iter().find(|it| it.id.as_str() == id);
    let find = |id: &str| own(id).or_else(|| standard(id));
    let policy = |id: &str| policy(id).map(|it| &**it);
    Walk { find: &find, policy: &policy, seen: HashSet::new() }.role(role, report);
}

/// What comes with a role.
struct Walk<'a> {
    find: &'a dyn Fn(&str) -> Option<&'a Role>,
    policy: &'a dyn Fn(&str) -> Option<&'a Policy>,
    seen: HashSet<&'a str>,
}

impl<'a> Walk<'a> {
    fn role(&mut self, id: &str, report: &mut Reporter<'_>) {
        let Some(role) = (self.find)(id) else { return };
        let mut open = vec![role];
        if role.keeps_holder {
            let message = format!("`{id}` always has a holder, and nobody who is anonymous is one");
            let help = Some(format!("give `{ANONYMOUS}` another role"));
            report.fault(role.id.at(), format!("roles.{id}"), message, help);
        }
        while let Some(role) = open.pop() {
            if !self.seen.insert(role.id.as_str()) {
                continue;
            }
            reaching(&role.grants, &format!("roles.{}.grants", role.id), report);
            for policy in role.policies.iter().filter_map(|id| (self.policy)(id)) {
                reaching(&policy.grants, &format!("policies.{}.grants", policy.id), report);
            }
            open.extend(role.parents.iter().filter_map(|id| (self.find)(id)));
        }
    }
}

/// Refuses grants that reach by who somebody is.
fn reaching(grants: &[Grant], field: &str, report: &mut Reporter<'_>) {
    for grant in grants {
        let several = grant.permissions.iter().flat_map(|it| it.beginnings());
        let named = grant.permission.iter().chain(&grant.category).chain(several);
        for name in named.filter(|name| name.split('.').next() == Some("permesso")) {
            let message = format!(
                "whoever asks anonymously holds this, and `{name}` is of the administration"
            );
            let help = Some(format!("leave it out, or give `{ANONYMOUS}` another role"));
            report.fault(name.at(), field, message, help);
        }
    }
    for grant in grants.iter().filter(|grant| grant.scope != Scope::ALL) {
        let named = grant.permission.as_ref().or(grant.category.as_ref());
        let at = named.map(Text::at).unwrap_or_default();
        let message = format!(
            "whoever asks anonymously holds this, and has no records and no teams: `{}` never \
             reaches any",
            grant.scope
        );
        let help = Some(format!("grant it at `all`, or give `{ANONYMOUS}` another role"));
        report.fault(at, field, message, help);
    }
}

/// Whoever asks anonymously, as decisions read them.
pub(super) fn member(snapshot: &Snapshot) -> Option<Arc<Member>> {
    let role = role_of(&snapshot.catalog.source.value)?.clone();
    let mut shared = Interner::default();
    let roles = [role.into()];
    let holds = HoldsNamed { roles: &roles, policies: &[], teams: &[], is_user: false };
    Some(Arc::new(Member {
        id: ANONYMOUS.into(),
        revision: unique_revision(),
        held: shared.held(holds, snapshot),
        teams: Arc::default(),
        tags: Arc::default(),
        owner: false,
        anonymous: true,
        status: crate::model::Status::Active,
        invitation: crate::model::Invitation::Accepted,
        extra: None,
        attributes: crate::model::Attributes::new(),
    }))
}
