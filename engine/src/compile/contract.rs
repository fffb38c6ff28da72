//! What a catalog says of questions: kinds, their attributes, types of subjects.

use crate::decision::SUBJECT_TYPE;
use crate::diagnostic::Reporter;
use crate::fast::{Map, Mark};
use crate::model::{AttributeRule, AttributeType, Catalog, Exposure, Kinds, ResourceKind};
use crate::snapshot::{
    AllowedKinds, Check, Contract, Declared, Entry, KindContract, MOST_REQUIRED,
};
use std::collections::{BTreeMap, HashSet};

/// Compiles the contract of a catalog.
pub(super) fn contract(catalog: &Catalog, report: &mut Reporter<'_>) -> Contract {
    super::anonymous::catalog(catalog, report);
    refuse_names(catalog, report);
    let closed = catalog.is_closed();
    let mut contract =
        Contract { closed, subject_types: subject_types(catalog, report), ..Contract::default() };
    for (path, rule) in catalog.attributes.rules() {
        let (declared, name) = match path.split_once('.') {
            Some(("context", name)) => (&mut contract.context, name),
            Some(("action", name)) => (&mut contract.action, name),
            Some(("subject", name)) if rule.trusted => (&mut contract.subject, name),
            _ => continue,
        };
        declare(declared, name, rule, &format!("attributes.{path}"), catalog, report);
    }
    let sent = [&contract.context, &contract.action, &contract.subject];
    contract.timed = sent.iter().any(|it| !it.instants().is_empty());
    if !closed {
        let instants = catalog.attributes.rules().filter_map(|(path, rule)| {
            let name = path.strip_prefix("resource.")?;
            (rule.kind == AttributeType::Instant).then(|| name.into())
        });
        contract.instants = instants.collect();
        contract.timed |= !contract.instants.is_empty();
        return contract;
    }
    refuse_types(catalog, report);
    let many = catalog.resource_kinds.len();
    if many > usize::from(u16::MAX) {
        let message = format!("a catalog holds at most 65,535 kinds of resources, this {many}");
        report.fault(catalog.at(), "resource_kinds", message, None);
    }
    let common = common(catalog);
    let mut kinds = Vec::with_capacity(catalog.resource_kinds.len());
    for (number, (name, kind)) in (0..=u16::MAX).zip(&catalog.resource_kinds) {
        let attributes = attributes(catalog, name, kind, &common, report);
        contract.aliased |= attributes.has_aliases();
        contract.timed |= !attributes.instants().is_empty();
        contract.ids.insert(name.as_str().into(), number);
        kinds.push(KindContract { name: name.as_str().into(), mark: Mark::of(name), attributes });
    }
    contract.kinds = kinds.into();
    contract
}

/// What every kind has, said or not: what the engine itself reads of a resource.
fn common(catalog: &Catalog) -> BTreeMap<String, AttributeRule> {
    let mut common = BTreeMap::new();
    let team = std::iter::once(catalog.teams.attribute.as_str());
    for name in team.chain(catalog.relations.iter().map(|name| name.as_str())) {
        common.insert(name.to_owned(), AttributeType::Texts.into());
    }
    for kind in catalog.sharing.contents.keys() {
        let mut choice = AttributeRule::from(AttributeType::Text);
        choice.one_of = Exposure::ALL.map(|exposure| exposure.name().to_owned()).into();
        common.insert(format!("sharing.{kind}"), choice);
    }
    for (path, rule) in catalog.attributes.rules() {
        if let Some(name) = path.strip_prefix("resource.") {
            common.insert(name.to_owned(), rule.clone());
        }
    }
    common
}

/// Refuses types that what the engine itself reads cannot have: relations and teams are names.
fn refuse_types(catalog: &Catalog, report: &mut Reporter<'_>) {
    let team = std::iter::once(catalog.teams.attribute.as_str());
    for name in team.chain(catalog.relations.iter().map(|name| name.as_str())) {
        let path = format!("resource.{name}");
        let declared = catalog.attributes.rules().find(|(known, _)| *known == path);
        if let Some((_, rule)) = declared
            && !matches!(rule.kind, AttributeType::Text | AttributeType::Texts)
        {
            let message = format!("`{name}` names users or teams, and is declared {}", rule.kind);
            let help = Some("make it text, or texts where it can be several".to_owned());
            report.fault(catalog.at(), format!("attributes.{path}"), message, help);
        }
    }
}

fn attributes(
    catalog: &Catalog,
    name: &str,
    kind: &ResourceKind,
    common: &BTreeMap<String, AttributeRule>,
    report: &mut Reporter<'_>,
) -> Declared {
    let mut declared = Declared::default();
    let field = format!("resource_kinds.{name}.attributes");
    for (attribute, rule) in kind.attributes.rules() {
        let field = format!("{field}.{attribute}");
        if let Some(known) = common.get(attribute)
            && known.kind != rule.kind
            && !(known.kind == AttributeType::Texts && rule.kind == AttributeType::Text)
        {
            let message = format!(
                "`{attribute}` is {} of every kind, not {}",
                known.kind.words(),
                rule.kind.words()
            );
            let help = Some(format!("make it {}, or name it otherwise", known.kind));
            report.fault(catalog.at(), &field, message, help);
        }
        declare(&mut declared, attribute, rule, &field, catalog, report);
    }
    for (attribute, rule) in common {
        if kind.attributes.get(attribute).is_none() {
            let field = format!("attributes.resource.{attribute}");
            declare(&mut declared, attribute, rule, &field, catalog, report);
        }
    }
    declared
}

fn declare(
    declared: &mut Declared,
    name: &str,
    rule: &AttributeRule,
    field: &str,
    catalog: &Catalog,
    report: &mut Reporter<'_>,
) {
    let check = Check::new(rule.kind, &rule.one_of).at_least(rule.at_least);
    if rule.names.is_some() {
        declared.names_roles(name);
    }
    if !declared.add(name, check, rule.required) {
        let message = format!(
            "it cannot stand beside what else is declared: a name is an attribute or a map of \
             some, not both, and at most {MOST_REQUIRED} can be required"
        );
        report.fault(catalog.at(), field, message, None);
    }
    for alias in &rule.aliases {
        let plain = !name.contains('.')
            && !alias.contains('.')
            && !alias.is_empty()
            && !ASKED_BY_THEMSELVES.contains(&alias.as_str());
        if !plain || !declared.alias(alias, name) {
            let message = format!("`{alias}` cannot be another name of it");
            let help = "choose a name without a dot that nothing else has".to_owned();
            report.fault(catalog.at(), format!("{field}.aliases"), message, Some(help));
        }
    }
}

/// What a question says of a resource besides its attributes.
const ASKED_BY_THEMSELVES: [&str; 3] = ["id", "kind", "type"];

/// Refuses attributes of teams and relations that no question can send, or that would be read as
/// something else.
fn refuse_names(catalog: &Catalog, report: &mut Reporter<'_>) {
    let teams = &catalog.teams.attribute;
    let mut seen: HashSet<&str> = HashSet::from([teams.as_str()]);
    let relations = catalog.relations.iter().map(|name| (name.at(), "relations", name.as_str()));
    let teams = std::iter::once((catalog.at(), "teams.attribute", teams.as_str()));
    for (at, field, name) in teams.chain(relations) {
        let blank = name.contains(char::is_whitespace) || permesso_names::check(name).is_err();
        let fault = if blank || name.split('.').any(str::is_empty) {
            Some("is no name of an attribute; write the one that questions send")
        } else if name.starts_with("resource.") {
            Some("is below `resource` already; leave that out")
        } else if ASKED_BY_THEMSELVES.contains(&name) {
            Some("is asked about by itself; choose the attribute that questions send")
        } else if field == "relations" && !seen.insert(name) {
            Some("is named already; one attribute is one relation, and no relation is a team")
        } else {
            None
        };
        if let Some(fault) = fault {
            report.fault(at, field, format!("`{name}` {fault}"), None);
        }
    }
}

fn subject_types(catalog: &Catalog, report: &mut Reporter<'_>) -> Map<Box<str>> {
    let mut types = Map::default();
    types.insert(SUBJECT_TYPE.into(), SUBJECT_TYPE.into());
    for (name, kind) in &catalog.subject_types {
        let field = format!("subject_types.{name}");
        if name == SUBJECT_TYPE {
            let message = format!("`{SUBJECT_TYPE}` is built in");
            report.fault(catalog.at(), &field, message, Some("delete it".to_owned()));
            continue;
        }
        if let Some(same) = &kind.same_as {
            let alias = catalog.subject_types.get(same.as_str());
            let known = same.as_str() == SUBJECT_TYPE || alias.is_some();
            if !known {
                let types = catalog.subject_types.keys().map(String::as_str);
                let known = types.filter(|known| known != name).chain([SUBJECT_TYPE]);
                report.unknown("type of subject", same, &field, known);
            } else if alias.is_some_and(|alias| alias.same_as.is_some()) {
                let message = format!("`{same}` is another name itself");
                let help = Some("name the type that it stands for".to_owned());
                report.fault(same.at(), &field, message, help);
            }
        }
        let base = kind.same_as.as_ref().map_or(name.as_str(), |same| same.as_str());
        types.insert(name.as_str().into(), base.into());
    }
    types
}

/// The kinds that a permission is about.
pub(super) fn allowed(
    catalog: &Catalog,
    contract: &Contract,
    entry: &Entry,
    report: &mut Reporter<'_>,
) -> AllowedKinds {
    let permission = &entry.permission;
    let Some(kinds) = &entry.kinds else {
        if contract.closed {
            let id = &permission.id;
            report.fault(
                id.at(),
                format!("permissions.{id}.kinds"),
                format!("nothing says which kinds of resources `{id}` is about"),
                Some(
                    "list them, here or on its category, or write `kinds: any`, as other \
                     permissions of the catalog do"
                        .to_owned(),
                ),
            );
        }
        return AllowedKinds::Open;
    };
    let Kinds::Only(names) = kinds else { return AllowedKinds::Any };
    let field = format!("permissions.{}.kinds", permission.id);
    if names.is_empty() {
        let help = Some("list at least one, or write `any`".to_owned());
        report.fault(permission.id.at(), &field, "it is about no kind of resource", help);
    }
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        match contract.ids.get(name.as_str()) {
            Some(id) => ids.push(*id),
            None => {
                let known = catalog.resource_kinds.keys().map(String::as_str);
                report.unknown("kind of resource", name, &field, known);
            }
        }
    }
    AllowedKinds::Only(ids.into())
}

/// The kinds that there can be; none where any name is one.
pub(super) fn kinds(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let closed = catalog.is_closed();
    catalog.resource_kinds.keys().filter(move |_| closed).map(String::as_str)
}

/// What conditions may read of resources, besides what the catalog declares of every kind: one
/// name is of one type, whatever kind has it, since a condition is about several.
pub(super) fn of_kinds(
    catalog: &Catalog,
    report: &mut Reporter<'_>,
) -> BTreeMap<String, AttributeRule> {
    if !catalog.is_closed() {
        return BTreeMap::new();
    }
    let common = common(catalog);
    let mut all = common.clone();
    for (name, kind) in &catalog.resource_kinds {
        for (attribute, rule) in kind.attributes.rules() {
            match all.get_mut(attribute) {
                None => {
                    all.insert(attribute.to_owned(), rule.clone());
                }
                // A kind may say more of what every kind has.
                Some(known) if known.kind == rule.kind => {
                    // Whoever knows all values of one kind does not know those of another.
                    let open = known.one_of.is_empty() || rule.one_of.is_empty();
                    known.one_of.extend(rule.one_of.iter().cloned());
                    known.one_of.sort();
                    known.one_of.dedup();
                    if open {
                        known.one_of.clear();
                    }
                }
                // What has no type for one kind is read as another says: a value that is not so
                // cannot be known.
                Some(_) if rule.kind == AttributeType::Any => {}
                Some(known) if known.kind == AttributeType::Any => known.clone_from(rule),
                // Of every kind a list may be declared, of this one a text: reported already.
                Some(_) if common.contains_key(attribute) => {}
                Some(known) => {
                    let message = format!(
                        "`{attribute}` is {} here and {} of another kind",
                        rule.kind.words(),
                        known.kind.words()
                    );
                    let help = Some("give it one type, or two names".to_owned());
                    let field = format!("resource_kinds.{name}.attributes.{attribute}");
                    report.fault(catalog.at(), field, message, help);
                }
            }
        }
    }
    all
}
