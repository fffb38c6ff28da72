//! Whoever reads, reads the contract: what a catalog's predicates, checks, wholes, sharing and
//! families read has to be declared, and to be able to be what it is compared with.

use super::Definition;
use super::about::{About, no_kind, undeclared};
use super::fitting::{near, possible, scalar, texts};
use crate::diagnostic::{Diagnostics, Reporter, suggest};
use crate::family::{InputKind, InputSpec};
use crate::model::{
    AttributeType, Catalog, Document, InputPath, PartBy, Permission, Position, Predicate,
    RoleCheck, Test, Text, Value,
};
use crate::snapshot::{
    Check, Contract, FamilyRule, Governed, GuardRule, KindContract, PermissionId, PermissionRule,
    Permissions, StandardRole,
};
use std::collections::BTreeSet;

/// What a catalog's readers are held against.
#[derive(Clone, Copy)]
struct Readers<'a> {
    catalog: &'a Catalog,
    contract: &'a Contract,
    permissions: &'a Permissions,
    rules: &'a [PermissionRule],
}

/// Where something reads.
#[derive(Clone, Copy)]
struct Reader<'a> {
    at: Position,
    field: &'a str,
    /// The permissions about which it reads.
    on: &'a [PermissionId],
}

/// Checks whatever a catalog reads.
pub(super) fn check(
    catalog: &Catalog,
    contract: &Contract,
    permissions: &Permissions,
    rules: &[PermissionRule],
    report: &mut Reporter<'_>,
) {
    let readers = Readers { catalog, contract, permissions, rules };
    for guard in &catalog.guards {
        let on = readers.ids(&guard.on);
        let field = format!("guards.{}.require", guard.id);
        let reader = Reader { at: guard.id.at(), field: &field, on: &on };
        if let Some(require) = &guard.require {
            readers.predicate(require, reader, report);
        }
        if let Some(RoleCheck::Covered(names)) = &guard.check {
            let field = format!("guards.{}.check", guard.id);
            for name in names {
                readers.covered(name, Reader { field: &field, ..reader }, report);
            }
        }
    }
    for (id, entry) in permissions.iter() {
        readers.required(id, &entry.permission, report);
        let Some(constraint) = &entry.permission.constraint else { continue };
        let Some(unless) = &constraint.unless else { continue };
        let obliged = constraint.obliges.iter().flat_map(|oblige| &oblige.on);
        let on: Vec<Text> = constraint.forbids.iter().chain(obliged).cloned().collect();
        let on = readers.ids(&on);
        let id = &entry.permission.id;
        let field = format!("permissions.{id}.constraint.unless");
        readers.predicate(unless, Reader { at: id.at(), field: &field, on: &on }, report);
    }
    readers.wholes(report);
    readers.sharing(report);
}

/// Checks the conditions of a catalog: those of its guards, each with the permissions that it is on,
/// and those of its standard roles.
pub(super) fn conditions(
    about: About<'_>,
    guards: &[(GuardRule, Vec<PermissionId>)],
    roles: &[StandardRole],
    report: &mut Reporter<'_>,
) {
    for (guard, on) in guards {
        if let Some(clause) = &guard.condition {
            let field = format!("guards.{}", guard.id);
            about.refuse(clause, &about.kinds(on.iter().copied()), &field, report);
        }
    }
    for role in roles {
        let field = format!("standard_roles.{}.grants", role.rule.id);
        about.refuse_grants(&role.rule.grants.limited, |_| true, &field, report);
    }
}

/// Checks what families read of the questions about the permissions that they govern.
pub(super) fn families(
    definition: &Definition<'_>,
    families: &[FamilyRule],
    governed: &[Option<Governed>],
    found: &mut Diagnostics,
) {
    let catalog = definition.catalog;
    let readers = Readers {
        catalog: &catalog.source.value,
        contract: &catalog.contract,
        permissions: &catalog.permissions,
        rules: &catalog.rules,
    };
    let mut report = definition.reporter(Document::Catalog, found);
    for (number, family) in (0..=u16::MAX).zip(families) {
        let Some(installed) = &family.installed else { continue };
        let on: Vec<PermissionId> = (0..=u16::MAX)
            .map(PermissionId)
            .zip(governed)
            .filter(|(_, by)| by.is_some_and(|by| by.family == number))
            .map(|(id, _)| id)
            .collect();
        let named = on.first().and_then(|id| catalog.permissions.entry(*id)?.family.as_ref());
        let at = named.map(Text::at).unwrap_or_default();
        let field = format!("families.{}", family.id);
        let reader = Reader { at, field: &field, on: &on };
        for input in &installed.family.manifest().inputs {
            readers.input(input, reader, &mut report);
        }
    }
}

impl<'a> Readers<'a> {
    /// What has to be said: where no kind has it, no question could say it.
    fn required(&self, id: PermissionId, permission: &Permission, report: &mut Reporter<'_>) {
        let field = format!("permissions.{}.required", permission.id);
        for (at, name) in permission.required.iter().enumerate() {
            if !self.contract.closed {
                let message = "nothing says which attributes there are";
                let help = "say which kinds of resources the permissions are about, and declare \
                            their attributes in `resource_kinds`";
                report.fault(name.at(), &field, message, Some(help.to_owned()));
                return;
            }
            if permission.required.iter().take(at).any(|other| other == name) {
                let help = Some("delete one of the two".to_owned());
                report.fault(name.at(), &field, format!("`{name}` stands here twice"), help);
            }
            let path = InputPath::ResourceAttribute(name.as_str().into());
            let reader = Reader { at: name.at(), field: &field, on: &[id] };
            self.path(&path, &Test::Present, reader, report);
        }
    }

    /// An attribute that names the roles that are handed out.
    fn covered(&self, name: &str, reader: Reader<'_>, report: &mut Reporter<'_>) {
        if let Some(rest) = name.strip_prefix("resource.") {
            let message = format!("`{name}` is looked for among the attributes of the resource");
            let help = Some(format!("write `{rest}`, without `resource.`"));
            report.fault(reader.at, reader.field, message, help);
            return;
        }
        let path = InputPath::ResourceAttribute(name.into());
        self.path(&path, &Test::Present, reader, report);
        let own = self.about(reader.on).filter_map(|kind| kind.attributes.attribute(name));
        let common = self.catalog.attributes.rules().find(|(known, _)| *known == path.to_string());
        let kinds = own.map(|check| check.kind).chain(common.map(|(_, rule)| rule.kind));
        let named = |kind: &AttributeType| {
            matches!(kind, AttributeType::Text | AttributeType::Texts | AttributeType::Any)
        };
        let kinds: Vec<AttributeType> = kinds.collect();
        if let (Some(kind), false) = (kinds.first(), kinds.iter().any(named)) {
            let message = format!("`{name}` is declared as {kind}, which names no role");
            let help = "name an attribute that holds roles: text, texts, or any where they are \
                        handed out within limits";
            report.fault(reader.at, reader.field, message, Some(help.to_owned()));
        }
    }

    fn ids(&self, names: &[Text]) -> Vec<PermissionId> {
        names.iter().filter_map(|name| self.permissions.find(name)).collect()
    }

    /// The kinds that questions about some permissions can be about.
    fn about(&self, on: &[PermissionId]) -> impl Iterator<Item = &'a KindContract> {
        let about = About { contract: self.contract, rules: self.rules };
        about.contracts(&about.kinds(on.iter().copied())).into_iter()
    }

    fn predicate(&self, predicate: &Predicate, reader: Reader<'_>, report: &mut Reporter<'_>) {
        predicate.visit_tests(&mut |path, test| self.path(path, test, reader, report));
        predicate.visit_relations(&mut |relation| {
            let mut known = self.catalog.relations.iter().map(|known| known.as_str());
            if !known.clone().any(|known| known == relation) {
                let relation = Text::new(relation.to_owned(), reader.at);
                report.unknown("relation", &relation, reader.field, &mut known);
            }
        });
    }

    /// Checks one comparison.
    fn path(&self, path: &InputPath, test: &Test, reader: Reader<'_>, report: &mut Reporter<'_>) {
        let lists = || {
            let help = "only conditions look into lists: `has_role(\"…\")`, `in_team(\"…\")`, \
                        `has_tag(\"…\")`";
            (!matches!(test, Test::Present | Test::Is(Value::List(_)))).then(|| help.to_owned())
        };
        let never = |help: String, report: &mut Reporter<'_>| {
            let message = format!("`{path}` can never be what it is compared with");
            report.fault(reader.at, reader.field, message, Some(help));
        };
        match path {
            InputPath::ResourceAttribute(name) => self.attribute(path, name, test, reader, report),
            InputPath::ContextAttribute(_)
            | InputPath::ActionAttribute(_)
            | InputPath::SubjectAttribute(_) => self.declared(path, test, reader, report),
            InputPath::SubjectHolds(id) if self.permissions.find(id).is_none() => {
                let id = Text::new(id.to_string(), reader.at);
                report.unknown("permission", &id, reader.field, self.permissions.ids());
            }
            InputPath::SubjectHolds(_) | InputPath::SubjectOwner => {
                if !possible(test, &Check::new(AttributeType::Boolean, &[])) {
                    never("it is true or false".to_owned(), report);
                }
            }
            InputPath::SubjectRoles
            | InputPath::SubjectPolicies
            | InputPath::SubjectTeams
            | InputPath::SubjectTags => {
                if let Some(help) = lists() {
                    never(help, report);
                }
            }
            InputPath::SubjectStatus => {
                self.one_of(&["active", "inactive", "deleted"], test, &never, report);
            }
            InputPath::SubjectInvitation => {
                self.one_of(&["pending", "accepted"], test, &never, report);
            }
            InputPath::ResourceKind if self.contract.closed => {
                let kinds: BTreeSet<&str> = self.contract.ids.keys().map(|kind| &**kind).collect();
                let kinds: Vec<&str> = kinds.into_iter().collect();
                self.one_of(&kinds, test, &never, report);
                self.other_kinds(test, reader, report);
            }
            InputPath::SubjectId | InputPath::ResourceKind | InputPath::ResourceId => {
                if !possible(test, &Check::new(AttributeType::Text, &[])) {
                    never("it is a text".to_owned(), report);
                }
            }
            InputPath::Now => {
                if !possible(test, &Check::new(AttributeType::Instant, &[])) {
                    never("it is an instant".to_owned(), report);
                }
            }
            InputPath::DelegationFrom
            | InputPath::DelegationPermissions
            | InputPath::DelegationAudiences
            | InputPath::Config(_) => {
                let message = format!("`{path}` is for families only, and never known here");
                report.fault(reader.at, reader.field, message, None);
            }
        }
    }

    fn one_of(
        &self,
        values: &[&str],
        test: &Test,
        never: &impl Fn(String, &mut Reporter<'_>),
        report: &mut Reporter<'_>,
    ) {
        let known: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        if !possible(test, &Check::new(AttributeType::Text, &known)) {
            never(format!("it is one of: {}", values.join(", ")), report);
        }
    }

    /// Kinds that there are and that are never asked about here.
    fn other_kinds(&self, test: &Test, reader: Reader<'_>, report: &mut Reporter<'_>) {
        let kinds: Vec<&KindContract> = self.about(reader.on).collect();
        for name in texts(test) {
            let there = kinds.iter().any(|kind| *kind.name == *name);
            if !kinds.is_empty() && !there && self.contract.ids.contains_key(name) {
                let (message, help) = no_kind(name, &kinds);
                report.fault(reader.at, reader.field, message, Some(help));
            }
        }
    }

    /// An attribute of the resource: some kind that is asked about has to have it.
    fn attribute(
        &self,
        path: &InputPath,
        name: &str,
        test: &Test,
        reader: Reader<'_>,
        report: &mut Reporter<'_>,
    ) {
        // Where nothing asks, nothing is read.
        if !self.contract.closed || reader.on.is_empty() {
            return;
        }
        let checks: Vec<&Check> =
            self.about(reader.on).filter_map(|kind| kind.attributes.attribute(name)).collect();
        // Whose a record is, and of which teams, may be one or several.
        let teams = std::iter::once(self.catalog.teams.attribute.as_str());
        let mut own = teams.chain(self.catalog.relations.iter().map(|name| name.as_str()));
        if checks.is_empty() {
            self.undeclared(path, name, reader, report);
        } else if let Some(text) = scalar(test)
            && checks.iter().all(|check| check.kind == AttributeType::Texts)
            && !own.any(|own| own == name)
        {
            lists(path, text, reader, report);
        } else if !checks.iter().any(|check| possible(test, check)) {
            self.impossible(path, checks.first().copied(), reader, test, report);
        }
    }

    fn undeclared(
        &self,
        path: &InputPath,
        name: &str,
        reader: Reader<'_>,
        report: &mut Reporter<'_>,
    ) {
        let kinds: Vec<&KindContract> = self.about(reader.on).collect();
        let (message, help) = undeclared(path, name, &kinds);
        report.fault(reader.at, reader.field, message, Some(help));
    }

    fn impossible(
        &self,
        path: &InputPath,
        check: Option<&Check>,
        reader: Reader<'_>,
        test: &Test,
        report: &mut Reporter<'_>,
    ) {
        let help = check.map(|check| match &*check.one_of {
            [] if check.kind == AttributeType::Instant => {
                "it is an instant, which is compared with milliseconds since 1970, of the years \
                 1990 to 9999"
                    .to_owned()
            }
            [] => format!("it is {}", check.kind.words()),
            values => {
                near(test, values).unwrap_or_else(|| format!("it is one of: {}", values.join(", ")))
            }
        });
        let message = format!("`{path}` can never be what it is compared with");
        report.fault(reader.at, reader.field, message, help);
    }

    /// An attribute of the context, the action or the subject.
    fn declared(
        &self,
        path: &InputPath,
        test: &Test,
        reader: Reader<'_>,
        report: &mut Reporter<'_>,
    ) {
        let written = path.to_string();
        let declared = &self.catalog.attributes;
        let rule = declared.rules().find(|(known, _)| *known == written).map(|(_, rule)| rule);
        // What a caller says of an action is listened to only where it is declared.
        let wanted = self.contract.closed || matches!(path, InputPath::ActionAttribute(_));
        match rule {
            Some(rule) => {
                let check = Check::new(rule.kind, &rule.one_of);
                if let (AttributeType::Texts, Some(text)) = (rule.kind, scalar(test)) {
                    lists(path, text, reader, report);
                } else if !possible(test, &check) {
                    self.impossible(path, Some(&check), reader, test, report);
                }
            }
            None if wanted => {
                let near = suggest(&written, declared.rules().map(|(path, _)| path));
                let help = near
                    .unwrap_or_else(|| format!("declare it: `attributes: {{{written}: text}}`"));
                let message = format!("`{path}` is not declared");
                report.fault(reader.at, reader.field, message, Some(help));
            }
            None => {}
        }
    }

    /// What holds the id of a whole.
    fn wholes(&self, report: &mut Reporter<'_>) {
        for (kind, at) in self.catalog.resource_kinds.iter().filter(|_| self.contract.closed) {
            for whole in &at.part_of {
                let PartBy::Attribute(name) = &whole.by else { continue };
                let contract = self.contract.ids.get(kind.as_str());
                let contract = contract.and_then(|at| self.contract.kinds.get(usize::from(*at)));
                let Some(contract) = contract else { continue };
                if contract.attributes.attribute(name).is_none() {
                    report.fault(
                        whole.kind.at(),
                        format!("resource_kinds.{kind}.part_of"),
                        format!("`{name}` is no attribute of a {kind}"),
                        suggest(name, contract.attributes.paths()).or_else(|| {
                            Some(format!("declare it: `attributes: {{{name}: text}}`"))
                        }),
                    );
                }
            }
        }
    }

    /// What sharing reads of a record.
    fn sharing(&self, report: &mut Reporter<'_>) {
        let sharing = &self.catalog.sharing;
        let shows = self.permissions.iter().filter(|(_, entry)| entry.permission.content.is_some());
        let on: Vec<PermissionId> = shows.map(|(id, _)| id).collect();
        let mut reads = |name: &Text, field: String| {
            let path = InputPath::ResourceAttribute(name.as_str().into());
            let reader = Reader { at: name.at(), field: &field, on: &on };
            self.path(&path, &Test::Present, reader, report);
        };
        for mark in &sharing.private {
            reads(&mark.attribute, "sharing.private".to_owned());
        }
        for (kind, content) in &sharing.contents {
            if let Some(account) = &content.redact.account {
                reads(account, format!("sharing.contents.{kind}.redact.account"));
            }
        }
    }

    /// One input of a family.
    fn input(&self, spec: &InputSpec, reader: Reader<'_>, report: &mut Reporter<'_>) {
        if !self.contract.closed {
            return;
        }
        let kind = match &spec.path {
            InputPath::ResourceAttribute(name) => {
                let mut checks =
                    self.about(reader.on).filter_map(|kind| kind.attributes.attribute(name));
                match checks.next() {
                    Some(first) => {
                        let rest = checks.find(|check| !gives(check.kind, spec.kind));
                        rest.unwrap_or(first).kind
                    }
                    None => return self.undeclared(&spec.path, name, reader, report),
                }
            }
            InputPath::ContextAttribute(_)
            | InputPath::ActionAttribute(_)
            | InputPath::SubjectAttribute(_) => {
                let path = spec.path.to_string();
                let declared = &self.catalog.attributes;
                match declared.rules().find(|(known, _)| *known == path) {
                    Some((_, rule)) => rule.kind,
                    // A map has no type that could be declared.
                    None if spec.kind == InputKind::Table => return,
                    None => return self.declared(&spec.path, &Test::Present, reader, report),
                }
            }
            _ => return,
        };
        if !gives(kind, spec.kind) {
            let message =
                format!("`{}` is declared as {kind}, which the family cannot read", spec.path);
            let help = "declare it with the type that the family's manifest names".to_owned();
            report.fault(reader.at, reader.field, message, Some(help));
        }
    }
}

/// Refuses to compare a list with one text, which is no list and is found in none.
fn lists(path: &InputPath, text: &str, reader: Reader<'_>, report: &mut Reporter<'_>) {
    let message = format!("`{path}` is a list, and is compared with one text here");
    let help = format!("only conditions look into lists: `condition: '\"{text}\" in {path}'`");
    report.fault(reader.at, reader.field, message, Some(help));
}

/// Whether a family that wants a type can be given one that is declared so.
fn gives(declared: AttributeType, wanted: InputKind) -> bool {
    use AttributeType as Is;
    match wanted {
        // What a caller may send as it likes, a family looks at itself.
        _ if declared == Is::Any => true,
        InputKind::Any => true,
        InputKind::Boolean => declared == Is::Boolean,
        InputKind::Integer => declared == Is::Integer,
        InputKind::Decimal => matches!(declared, Is::Integer | Is::Decimal),
        InputKind::Text => declared == Is::Text,
        InputKind::Texts => matches!(declared, Is::Text | Is::Texts),
        InputKind::Instant => declared == Is::Instant,
        InputKind::Table => false,
    }
}
