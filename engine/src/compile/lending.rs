//! The roles that come to users without being given to them: those of their teams, and the
//! baseline.

use super::about::About;
use super::assignments::{limits, refuse_costly, refuse_teams};
use super::names::{Known, refuse_names, refuse_twice};
use super::roles::Roles;
use super::{Before, Definition};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::model::{Assignment, Catalog, Document};
use crate::snapshot::{Lending, LendingTeam, LentRole};
use std::sync::Arc;

/// What comes with teams and to everybody.
pub(super) fn compile(
    definition: &Definition<'_>,
    roles: &Roles,
    known: Known<'_>,
    before: Option<Before<'_>>,
    found: &mut Diagnostics,
) -> Arc<Lending> {
    let lending = lent(definition, roles, known, before, found);
    if !definition.lenient {
        // What they name and read hangs on roles and policies that may be others now.
        refuse_conditions(definition, &lending, roles, known, found);
    }
    lending
}

fn refuse_conditions(
    definition: &Definition<'_>,
    lending: &Lending,
    roles: &Roles,
    known: Known<'_>,
    found: &mut Diagnostics,
) {
    let about = About::of(definition.catalog);
    let mut refuse = |lent: &[LentRole], field: &str| {
        for LentRole { role, limits } in lent {
            let clause = limits.as_ref().and_then(|it| it.within.condition.as_ref());
            let Some(clause) = clause else { continue };
            let mut report = definition.reporter(clause.place.document, found);
            refuse_names(std::iter::once(clause), known, field, &mut report);
            if let Some(rule) = roles.rules.get(*role as usize) {
                about.refuse(clause, &about.role(rule), field, &mut report);
            }
        }
    };
    // In the order in which they are written, for whoever reads what is wrong.
    for team in &definition.tenant.value.teams {
        if let Some(lent) = lending.teams.get(team.path.as_str()) {
            refuse(&lent.roles, &format!("teams.{}.roles", team.path));
        }
    }
    refuse(&lending.baseline, "baseline");
}

fn lent(
    definition: &Definition<'_>,
    roles: &Roles,
    known: Known<'_>,
    before: Option<Before<'_>>,
    found: &mut Diagnostics,
) -> Arc<Lending> {
    let tenant = &definition.tenant.value;
    if let Some(before) = before
        && roles.same_ids
        && before.tenant.teams == tenant.teams
        && before.tenant.baseline == tenant.baseline
        && before.tenant.tags == tenant.tags
    {
        return Arc::clone(&before.snapshot.lending);
    }
    let strict = !definition.lenient;
    let compiler = Compiler { definition, known };
    let mut report = definition.reporter(Document::Tenant, found);
    let mut lending = Lending::default();
    for team in tenant.teams.iter().filter(|team| !team.roles.is_empty()) {
        let field = format!("teams.{}.roles", team.path);
        let path: Arc<str> = team.path.as_str().into();
        let roles = compiler.roles(&team.roles, strict, &field, &mut report);
        lending.teams.insert(Box::from(&*path), LendingTeam { path, roles });
    }
    let catalog = &definition.catalog.source.value.baseline;
    lending.baseline = match &tenant.baseline {
        Some(own) => {
            if !catalog.editable && strict {
                let at = own.first().map(|held| held.role.at()).unwrap_or_default();
                let message = "the product does not let a tenant have a baseline of its own";
                let help = Some("delete it; roles can be given to teams".to_owned());
                report.fault(at, "baseline", message, help);
            }
            compiler.roles(own, strict, "baseline", &mut report)
        }
        None => {
            let mut report = definition.reporter(Document::Catalog, found);
            // Which roles there are is the catalog's to say, which teams the tenant's.
            for held in catalog.roles.iter().filter(|_| strict) {
                refuse_teams(held, known.teams, "baseline", &mut report);
            }
            compiler.roles(&catalog.roles, false, "baseline", &mut report)
        }
    };
    Arc::new(lending)
}

/// Refuses a baseline of roles that the catalog does not have.
pub(super) fn catalog(catalog: &Catalog, report: &mut Reporter<'_>) {
    let known = || catalog.standard_roles.iter().map(|role| role.id.as_str());
    for held in &catalog.baseline.roles {
        if !known().any(|role| role == held.role.as_str()) {
            report.unknown("standard role", &held.role, "baseline", known());
        }
    }
}

struct Compiler<'a> {
    definition: &'a Definition<'a>,
    known: Known<'a>,
}

impl Compiler<'_> {
    fn roles(
        &self,
        written: &[Assignment],
        strict: bool,
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Box<[LentRole]> {
        let ids = self.known.roles;
        refuse_costly(written, field, report);
        refuse_twice(written, field, report);
        let lent = written.iter().filter_map(|held| {
            if strict {
                refuse_teams(held, self.known.teams, field, report);
            }
            let Some(role) = ids.get(held.role.as_str()).copied() else {
                if strict {
                    report.unknown("role", &held.role, field, ids.keys().map(|id| &**id));
                }
                return None;
            };
            let permissions = &self.definition.catalog.permissions;
            let limits = match held.is_limited() {
                true => Some(limits(held, permissions, field, report)?),
                false => None,
            };
            Some(LentRole { role, limits })
        });
        lent.collect()
    }
}
