//! Sharing: the three layers of a tenant, by kind of content.

use super::matchers::{matchers, refuse_roles, toggle};
use super::roles::Roles;
use super::{Before, Definition, arc};
use crate::decision::Obligation;
use crate::diagnostic::{Diagnostics, Reporter};
use crate::model::{
    self, Catalog, Content, Document, Permission, SharingCatalog, Text, Unnamed, WhenRedacted,
};
use crate::snapshot::{
    ContentRule, MarkRule, Permissions, Redaction, SharedContent, SharingPlan, SharingRule,
};
use std::collections::HashSet;
use std::sync::Arc;

/// What a permission shows. Kinds that the catalog does not have are reported by [`catalog`].
pub(super) fn content(catalog: &Catalog, permission: &Permission) -> Option<SharedContent> {
    let shows = permission.content.as_ref()?;
    let position = |name: &Text| {
        let position = catalog.sharing.contents.keys().position(|kind| *kind == ***name);
        u16::try_from(position?).ok()
    };
    let kinds = shows.kinds.iter();
    Some(SharedContent {
        content: position(&shows.kind)?,
        kinds: kinds.filter_map(|(kind, of)| Some((kind.as_str().into(), position(of)?))).collect(),
        denies: shows.redacted == WhenRedacted::Deny,
    })
}

/// What is wrong with the sharing of a catalog, and the toggles that redact each of its contents.
pub(super) fn catalog(
    catalog: &Catalog,
    permissions: &Permissions,
    report: &mut Reporter<'_>,
) -> Box<[(Option<Redaction>, Option<Redaction>)]> {
    check_catalog(catalog, report);
    let contents = catalog.sharing.contents.iter();
    contents.map(|(kind, content)| redactions(kind, content, permissions, report)).collect()
}

/// What a tenant shares, and whether that is what it was.
pub(super) fn compile(
    definition: &Definition<'_>,
    roles: &Roles,
    before: Option<Before<'_>>,
    found: &mut Diagnostics,
) -> (Arc<SharingPlan>, bool) {
    let (catalog, tenant) = (definition.catalog, &definition.tenant.value);
    let sharing = &catalog.source.value.sharing;
    let mut report = definition.reporter(Document::Tenant, found);
    let layers = [("policies", &tenant.sharing.policies), ("overrides", &tenant.sharing.overrides)];
    for (layer, rule) in layers.into_iter().flat_map(|(layer, rules)| {
        rules.iter().filter(|_| !roles.same_ids).map(move |rule| (layer, rule))
    }) {
        let field = format!("sharing.{layer}.{}.for", rule.id);
        refuse_roles(definition, &rule.viewers, &roles.ids, &field, &mut report);
    }
    if let Some(before) = before
        && Arc::ptr_eq(&tenant.sharing, &before.tenant.sharing)
    {
        return (Arc::clone(&before.snapshot.sharing), true);
    }
    for kind in tenant.sharing.defaults.keys() {
        let known = sharing.contents.keys().map(String::as_str);
        if !sharing.contents.contains_key(kind) {
            let name = Text::from(kind.as_str());
            report.unknown("kind of content", &name, "sharing.defaults", known);
        }
    }
    let compiler = Compiler { definition, roles, sharing };
    let policies = compiler.rules(&tenant.sharing.policies, "policies", &mut report);
    let overrides = compiler.rules(&tenant.sharing.overrides, "overrides", &mut report);
    let contents = sharing.contents.iter().zip(&catalog.redactions);
    let contents = contents.map(|((kind, content), (viewer, sharer))| ContentRule {
        kind: kind.as_str().into(),
        choice: format!("sharing.{kind}").into(),
        base: tenant.sharing.defaults.get(kind).copied().unwrap_or(content.default),
        withhold: Arc::new(Obligation {
            code: "redact".to_owned(),
            values: content.withhold.clone(),
            source: format!("sharing:{kind}"),
        }),
        viewer: viewer.clone(),
        sharer: sharer.clone(),
        account: content.redact.account.as_ref().map(|name| name.as_str().into()),
        policies: about(kind, &tenant.sharing.policies),
        overrides: about(kind, &tenant.sharing.overrides),
    });
    let plan = SharingPlan {
        by: sharing.by.iter().map(|name| name.as_str().into()).collect(),
        unnamed_closes: sharing.unnamed == Unnamed::Close,
        private: sharing
            .private
            .iter()
            .map(|mark| MarkRule {
                attribute: mark.attribute.as_str().into(),
                values: mark.values.clone().into(),
            })
            .collect(),
        contents: contents.collect(),
        policies,
        overrides,
    };
    (Arc::new(plan), false)
}

/// The rules that are about a kind, by position.
fn about(kind: &str, rules: &[model::SharingRule]) -> Box<[u16]> {
    (0..)
        .zip(rules)
        .filter(|(_, rule)| {
            rule.content.is_empty() || rule.content.iter().any(|named| ***named == *kind)
        })
        .map(|(number, _)| number)
        .collect()
}

fn check_catalog(catalog: &Catalog, report: &mut Reporter<'_>) {
    let sharing = &catalog.sharing;
    for name in &sharing.by {
        if !catalog.relations.iter().any(|known| known == name) {
            let known = catalog.relations.iter().map(|known| known.as_str());
            report.unknown("relation", name, "sharing.by", known);
        }
    }
    for (_, permission) in catalog.permissions() {
        let Some(shows) = &permission.content else { continue };
        for kind in shows.kinds.keys().filter(|_| catalog.is_closed()) {
            if !catalog.resource_kinds.contains_key(kind) {
                let field = format!("permissions.{}.content.kinds", permission.id);
                let kind = Text::new(kind.clone(), permission.id.at());
                let known = catalog.resource_kinds.keys().map(String::as_str);
                report.unknown("kind of resource", &kind, field, known);
            }
        }
        for kind in std::iter::once(&shows.kind).chain(shows.kinds.values()) {
            if !sharing.contents.contains_key(kind.as_str()) {
                let field = format!("permissions.{}.content", permission.id);
                let known = sharing.contents.keys().map(String::as_str);
                report.unknown("kind of content", kind, field, known);
            }
        }
    }
}

fn redactions(
    kind: &str,
    content: &Content,
    permissions: &Permissions,
    report: &mut Reporter<'_>,
) -> (Option<Redaction>, Option<Redaction>) {
    let mut redaction = |name: &Option<Text>, origin: &str| {
        let field = format!("sharing.contents.{kind}.redact.{origin}");
        let toggle = toggle(name.as_ref()?, permissions, &field, report)?;
        let constraint = permissions.entry(toggle)?.permission.constraint.as_ref()?;
        Some(Redaction { toggle, unless: constraint.unless.clone() })
    };
    (redaction(&content.redact.viewer, "viewer"), redaction(&content.redact.sharer, "sharer"))
}

struct Compiler<'c> {
    definition: &'c Definition<'c>,
    roles: &'c Roles,
    sharing: &'c SharingCatalog,
}

impl Compiler<'_> {
    fn rules(
        &self,
        rules: &[model::SharingRule],
        layer: &str,
        report: &mut Reporter<'_>,
    ) -> Box<[SharingRule]> {
        let mut seen = HashSet::new();
        rules
            .iter()
            .map(|rule| {
                let field = format!("sharing.{layer}.{}", rule.id);
                if !seen.insert(rule.id.as_str()) {
                    let message = format!("two sharing {layer} have this id");
                    report.fault(rule.id.at(), &field, message, None);
                }
                if rule.overridable && layer != "policies" {
                    let help = Some("overrides always give way to policies".to_owned());
                    let field = format!("{field}.overridable");
                    report.fault(rule.id.at(), field, "only a policy can be overridable", help);
                }
                for kind in &rule.content {
                    if !self.sharing.contents.contains_key(kind.as_str()) {
                        let known = self.sharing.contents.keys().map(String::as_str);
                        report.unknown("kind of content", kind, format!("{field}.content"), known);
                    }
                }
                let within = format!("{field}.for");
                if self.roles.same_ids {
                    let roles = &self.roles.ids;
                    refuse_roles(self.definition, &rule.viewers, roles, &within, report);
                }
                let viewers = matchers(self.definition, &rule.viewers, &within, report);
                let permissions = &self.definition.catalog.permissions;
                let condition = rule.condition.as_ref();
                SharingRule {
                    id: arc(&rule.id),
                    place: report.place(rule.id.at()),
                    outcome: rule.outcome,
                    viewers,
                    condition: permissions.condition(condition, &rule.cases, &field, report),
                    overridable: rule.overridable,
                }
            })
            .collect()
    }
}
