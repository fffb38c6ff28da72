//! Sharing: the three layers of a tenant, by kind of content.

use super::matchers::{MatcherRule, matchers, toggle};
use super::permissions::Permissions;
use super::snapshot::{Clause, PermissionId};
use super::{Definition, arc};
use crate::decision::Obligation;
use crate::diagnostic::{Diagnostics, Reporter};
use crate::fast::Map;
use crate::model::{
    Catalog, Content, Document, Exposure, Permission, Place, Predicate, SharingCatalog, Text,
    Unnamed, WhenRedacted,
};
use std::collections::HashSet;
use std::sync::Arc;

/// What a tenant shares, as decisions read it.
#[derive(Debug, Default)]
pub(crate) struct SharingPlan {
    /// The relations that name the sharers of a record.
    pub(crate) by: Box<[Box<str>]>,
    /// Whether a record that names no sharer counts as redacted by its sharer.
    pub(crate) unnamed_closes: bool,
    /// What makes a record private.
    pub(crate) private: Box<[MarkRule]>,
    pub(crate) contents: Box<[ContentRule]>,
    pub(crate) policies: Box<[SharingRule]>,
    pub(crate) overrides: Box<[SharingRule]>,
}

/// An attribute that makes a record private.
#[derive(Debug)]
pub(crate) struct MarkRule {
    pub(crate) attribute: Box<str>,
    /// The texts that do; none: all but `false`.
    pub(crate) values: Box<[String]>,
}

/// A kind of content.
#[derive(Debug)]
pub(crate) struct ContentRule {
    pub(crate) kind: Arc<str>,
    /// The attribute in which a record says what it shares.
    pub(crate) choice: Box<str>,
    /// What it shares where it does not say.
    pub(crate) base: Exposure,
    /// What a redaction obliges to.
    pub(crate) withhold: Arc<Obligation>,
    pub(crate) viewer: Option<Redaction>,
    pub(crate) sharer: Option<Redaction>,
    pub(crate) account: Option<Box<str>>,
    /// The policies and overrides about it, by position.
    pub(crate) policies: Box<[u16]>,
    pub(crate) overrides: Box<[u16]>,
}

/// A toggle that redacts.
#[derive(Debug)]
pub(crate) struct Redaction {
    pub(crate) toggle: PermissionId,
    /// Where it does not bind.
    pub(crate) unless: Option<Predicate>,
}

/// A policy or an override.
#[derive(Debug)]
pub(crate) struct SharingRule {
    pub(crate) id: Arc<str>,
    pub(crate) place: Place,
    pub(crate) outcome: Exposure,
    pub(crate) viewers: MatcherRule,
    pub(crate) condition: Option<Clause>,
    pub(crate) overridable: bool,
}

/// What a permission shows.
#[derive(Debug)]
pub(crate) struct SharedContent {
    /// The kind's position among the contents.
    pub(crate) content: u16,
    /// Others, by the kind of resource.
    kinds: Box<[(Box<str>, u16)]>,
    /// Whether a redaction denies it.
    pub(crate) denies: bool,
}

/// What a permission shows. Kinds that the catalog does not have are reported by [`compile`].
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

impl SharedContent {
    /// The content's position where the resource is of a kind.
    pub(crate) fn of(&self, kind: &str) -> usize {
        let own = self.kinds.iter().find(|(known, _)| **known == *kind);
        usize::from(own.map_or(self.content, |(_, content)| *content))
    }

    /// The positions of all that it can be.
    pub(crate) fn all(&self) -> impl Iterator<Item = u16> {
        std::iter::once(self.content).chain(self.kinds.iter().map(|(_, content)| *content))
    }
}

pub(super) fn compile(
    definition: &Definition<'_>,
    permissions: &Permissions<'_>,
    roles: &Map<u32>,
    found: &mut Diagnostics,
) -> SharingPlan {
    let (catalog, tenant) = (&definition.catalog.value, &definition.tenant.value);
    let sharing = &catalog.sharing;
    let mut report = definition.reporter(Document::Catalog, found);
    check_catalog(catalog, &mut report);
    let redactions: Vec<_> = sharing
        .contents
        .iter()
        .map(|(kind, content)| redactions(kind, content, permissions, &mut report))
        .collect();
    let mut report = definition.reporter(Document::Tenant, found);
    for kind in tenant.sharing.defaults.keys() {
        let known = sharing.contents.keys().map(String::as_str);
        if !sharing.contents.contains_key(kind) {
            let name = Text::from(kind.as_str());
            report.unknown("kind of content", &name, "sharing.defaults", known);
        }
    }
    let compiler = Compiler { definition, permissions, roles, sharing };
    let policies = compiler.rules(&tenant.sharing.policies, "policies", &mut report);
    let overrides = compiler.rules(&tenant.sharing.overrides, "overrides", &mut report);
    let contents = sharing.contents.iter().zip(redactions);
    let contents = contents.map(|((kind, content), (viewer, sharer))| ContentRule {
        kind: kind.as_str().into(),
        choice: format!("sharing.{kind}").into(),
        base: tenant.sharing.defaults.get(kind).copied().unwrap_or(content.default),
        withhold: Arc::new(Obligation {
            code: "redact".to_owned(),
            values: content.withhold.clone(),
            source: format!("sharing:{kind}"),
        }),
        viewer,
        sharer,
        account: content.redact.account.as_ref().map(|name| name.as_str().into()),
        policies: about(kind, &tenant.sharing.policies),
        overrides: about(kind, &tenant.sharing.overrides),
    });
    SharingPlan {
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
    }
}

/// The rules that are about a kind, by position.
fn about(kind: &str, rules: &[crate::model::SharingRule]) -> Box<[u16]> {
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
    permissions: &Permissions<'_>,
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
    permissions: &'c Permissions<'c>,
    roles: &'c Map<u32>,
    sharing: &'c SharingCatalog,
}

impl Compiler<'_> {
    fn rules(
        &self,
        rules: &[crate::model::SharingRule],
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
                SharingRule {
                    id: arc(&rule.id),
                    place: report.place(rule.id.at()),
                    outcome: rule.outcome,
                    viewers: matchers(
                        self.definition,
                        &rule.viewers,
                        self.permissions,
                        self.roles,
                        &format!("{field}.for"),
                        report,
                    ),
                    condition: self.permissions.condition(
                        rule.condition.as_ref(),
                        &rule.cases,
                        &field,
                        report,
                    ),
                    overridable: rule.overridable,
                }
            })
            .collect()
    }
}
