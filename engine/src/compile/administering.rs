//! What a catalog says of its tenants' administration: that it can be asked so.

use super::contract;
use crate::administration::{Fact, OPERATIONS, PREFIX, facts, operation};
use crate::diagnostic::Reporter;
use crate::model::{Asked, AttributeType, Catalog};
use crate::snapshot::{AllowedKinds, Contract, KindContract, PermissionRule, Permissions};
use std::collections::BTreeSet;

/// Refuses operations, permissions, kinds, attributes and facts that there are not, or that do not
/// go together.
pub(super) fn check(
    catalog: &Catalog,
    contract: &Contract,
    permissions: &Permissions,
    rules: &[PermissionRule],
    report: &mut Reporter<'_>,
) {
    let check = Check { catalog, contract, permissions, rules };
    for (name, asked) in &catalog.administration {
        let field = format!("administration.{name}");
        let Some(rule) = operation(name) else {
            let known = OPERATIONS.iter().map(|rule| rule.name);
            let near = crate::suggest(name, known);
            let message = format!("unknown operation `{name}`");
            report.fault(asked.permission.at(), field, message, near);
            continue;
        };
        let Some(permission) = check.permission(asked, &field, report) else { continue };
        let kind = check.kind(asked, permission, &field, report);
        check.attributes(asked, facts(rule.about), (permission, kind), &field, report);
    }
}

struct Check<'a> {
    catalog: &'a Catalog,
    contract: &'a Contract,
    permissions: &'a Permissions,
    rules: &'a [PermissionRule],
}

impl<'a> Check<'a> {
    fn permission(
        &self,
        asked: &Asked,
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Option<&'a PermissionRule> {
        let (name, field) = (&asked.permission, format!("{field}.permission"));
        if name.starts_with(PREFIX) {
            let message = format!("`{name}` is what is asked where nothing is said");
            let help = Some("name a permission of the product, or leave it out".to_owned());
            report.fault(name.at(), field, message, help);
            return None;
        }
        let id = self.permissions.find(name);
        let rule = id.and_then(|id| self.rules.get(usize::from(id.0)));
        match rule {
            None => {
                let own = self.permissions.ids().filter(|id| !id.starts_with(PREFIX));
                report.unknown("permission", name, field, own);
            }
            Some(rule) if rule.is_constraint => {
                let message = format!("`{name}` restricts and cannot be exercised");
                let help = Some("name a permission that grants something".to_owned());
                report.fault(name.at(), field, message, help);
                return None;
            }
            Some(_) => {}
        }
        rule
    }

    /// What is declared of the kind, where the catalog says anything of kinds.
    fn kind(
        &self,
        asked: &Asked,
        permission: &PermissionRule,
        field: &str,
        report: &mut Reporter<'_>,
    ) -> Option<&'a KindContract> {
        let (kind, field) = (&asked.kind, format!("{field}.kind"));
        if kind.is_empty() {
            let help = Some("name the kind under which it is asked".to_owned());
            report.fault(kind.at(), field, "it is about no kind of resource", help);
            return None;
        }
        if !self.contract.closed {
            return None;
        }
        let Some(known) = self.contract.kind(kind) else {
            report.unknown("kind of resource", kind, field, contract::kinds(self.catalog));
            return None;
        };
        if let AllowedKinds::Only(only) = &permission.kinds {
            let named = only.iter().filter_map(|at| self.contract.kinds.get(usize::from(*at)));
            let named: Vec<&str> = named.map(|kind| &*kind.name).collect();
            if !named.contains(&kind.as_str()) {
                let message = format!(
                    "`{}` is about {}, not about a {kind}",
                    permission.id,
                    named.join(", ")
                );
                let help = Some("name one of those".to_owned());
                report.fault(kind.at(), field, message, help);
                return None;
            }
        }
        Some(known)
    }

    fn attributes(
        &self,
        asked: &Asked,
        facts: &[Fact],
        (permission, kind): (&PermissionRule, Option<&KindContract>),
        field: &str,
        report: &mut Reporter<'_>,
    ) {
        for (name, fact) in &asked.attributes {
            let field = format!("{field}.attributes.{name}");
            let Some(known) = facts.iter().find(|known| known.name == fact.as_str()) else {
                report.unknown("fact", fact, field, facts.iter().map(|known| known.name));
                continue;
            };
            let Some(kind) = kind else { continue };
            let Some(check) = kind.attributes.attribute(name) else {
                let near = crate::suggest(name, kind.attributes.paths());
                let message = format!("a {} has no attribute `{name}`", kind.name);
                report.fault(fact.at(), field, message, near);
                continue;
            };
            if name.contains('.') {
                let message = format!("`{name}` lies in a map, which no fact says");
                let help = Some("name an attribute that lies in none".to_owned());
                report.fault(fact.at(), field, message, help);
            } else if !fits(known.kind, check.kind) {
                let message = format!(
                    "`{name}` is {}, and `{fact}` says {}",
                    check.kind.words(),
                    known.kind.words()
                );
                let alike = facts.iter().filter(|known| fits(known.kind, check.kind));
                let alike: Vec<&str> = alike.map(|known| known.name).collect();
                let help = (!alike.is_empty()).then(|| format!("one of: {}", alike.join(", ")));
                report.fault(fact.at(), field, message, help);
            }
        }
        let Some(kind) = kind else { return };
        let declared = kind.attributes.attributes();
        let required = declared.filter(|it| it.required).map(|it| it.name);
        let wanted = permission.required.iter().map(|name| &**name);
        let wanted = wanted.filter(|name| kind.attributes.attribute(name).is_some());
        for name in required.chain(wanted).collect::<BTreeSet<_>>() {
            if !asked.attributes.contains_key(name) {
                let known: Vec<&str> = facts.iter().map(|known| known.name).collect();
                let message =
                    format!("`{}` has to be told `{name}` of a {}", permission.id, kind.name);
                let help = Some(format!("say which of these it is: {}", known.join(", ")));
                report.fault(asked.kind.at(), format!("{field}.attributes"), message, help);
            }
        }
    }
}

/// Whether a fact can be sent as an attribute. A text counts as a list of one.
const fn fits(fact: AttributeType, attribute: AttributeType) -> bool {
    use AttributeType::{Any, Boolean, Decimal, Integer, Text, Texts};
    matches!(
        (fact, attribute),
        (_, Any)
            | (Text, Text | Texts)
            | (Texts, Texts)
            | (Boolean, Boolean)
            | (Integer, Integer | Decimal)
    )
}
