//! What a catalog names of a tenant, held against each tenant of it: the roles, policies, teams and
//! tags that the conditions of its guards, of its standard roles and its predicates look for.
//!
//! A catalog knows its standard roles and nobody's own, so this cannot be told when it is loaded.

use super::fitting::texts;
use super::names::Known;
use super::roles::Roles;
use super::{Definition, PeopleFrom};
use crate::condition::{Among, Likeness, Sought};
use crate::diagnostic::{Diagnostics, Reporter};
use crate::model::{Catalog, Document, InputPath, Position, Predicate};
use crate::snapshot::Clause;
use std::collections::HashSet;

/// Refuses a tenant that does not have what its catalog names.
pub(super) fn check(
    definition: &Definition<'_>,
    roles: &Roles,
    known: Known<'_>,
    found: &mut Diagnostics,
) {
    let compiled = definition.catalog;
    let catalog = &compiled.source.value;
    let mut report = definition.reporter(Document::Catalog, found);
    let tenant = &definition.tenant.value;
    // One that is just being made in a store can have no roles yet.
    let stored = matches!(definition.people, PeopleFrom::Subjects(_));
    let young = stored && tenant.roles.is_empty() && tenant.policies.is_empty();
    let readers = Readers { catalog, known, young };
    for guard in &compiled.guards {
        let field = format!("guards.{}.condition", guard.id);
        readers.clauses(guard.condition.iter(), &field, &mut report);
    }
    for guard in &catalog.guards {
        if let Some(require) = &guard.require {
            let field = format!("guards.{}.require", guard.id);
            readers.predicate(require, guard.id.at(), &field, &mut report);
        }
    }
    for (_, permission) in catalog.permissions() {
        let constraint = permission.constraint.as_ref();
        if let Some(unless) = constraint.and_then(|constraint| constraint.unless.as_ref()) {
            let field = format!("permissions.{}.constraint.unless", permission.id);
            readers.predicate(unless, permission.id.at(), &field, &mut report);
        }
    }
    // Those that the tenant did not write itself.
    for role in roles.rules.iter().filter(|role| role.grants.conditional) {
        let limited = role.grants.limited.iter();
        let clauses = limited.filter_map(|grant| grant.within.condition.as_ref());
        let catalogs =
            clauses.filter(|clause: &&Clause| clause.place.document == Document::Catalog);
        let field = format!("standard_roles.{}.grants.condition", role.id);
        if role.document.is_none() {
            readers.clauses(catalogs, &field, &mut report);
        }
    }
}

struct Readers<'a> {
    catalog: &'a Catalog,
    known: Known<'a>,
    /// Whether the tenant has nothing of its own yet: only what is like another name is a slip.
    young: bool,
}

impl Readers<'_> {
    fn clauses<'c>(
        &self,
        clauses: impl Iterator<Item = &'c Clause>,
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        let mut seen = HashSet::new();
        // One grant of a category stands for many.
        for clause in clauses.filter(|clause| seen.insert(clause.place)) {
            for sought in clause.condition.sought() {
                if let Some((message, help)) = self.refused(sought) {
                    report.fault(clause.place.at, field, format!("the condition {message}"), help);
                }
            }
        }
    }

    fn refused(&self, sought: &Sought) -> Option<(String, Option<String>)> {
        let (message, help) = self.known.refused(sought)?;
        let later = self.young && matches!(sought.among, Among::Roles | Among::Policies);
        (!later || help.is_some()).then_some((message, help))
    }

    fn predicate(
        &self,
        predicate: &Predicate,
        at: Position,
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        predicate.visit_tests(&mut |path, test| {
            let Some(among) = self.among(path) else { return };
            for text in texts(test) {
                let among = among.clone();
                let text = text.into();
                let sought = Sought { among, text, how: Likeness::Same, folded: false };
                if let Some((message, help)) = self.refused(&sought) {
                    report.fault(at, field, format!("the comparison of `{path}` {message}"), help);
                }
            }
        });
    }

    /// What of a tenant's a path holds the names of.
    fn among(&self, path: &InputPath) -> Option<Among> {
        Some(match path {
            InputPath::SubjectRoles => Among::Roles,
            InputPath::SubjectPolicies => Among::Policies,
            InputPath::SubjectTeams => Among::Teams,
            InputPath::SubjectTags => Among::Tags,
            InputPath::ResourceAttribute(name) if **name == *self.catalog.teams.attribute => {
                Among::RecordTeams
            }
            _ => return None,
        })
    }
}
