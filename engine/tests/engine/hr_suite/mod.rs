//! Ninety-eight types of documents of a public HR suite, as tables of a product, against the
//! facts that they were written from.

use crate::common::EMPTY;
use permesso_engine::compile::{
    self, Compiled, CompiledCatalog, Definition, FamilySet, PeopleFrom, compile,
};
use permesso_engine::decide_alone;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load;
use permesso_engine::model::{Assignment, Attributes, Directory, Guard, Permission, User, Value};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

const PRODUCT: &str = include_str!("../../../../examples/hr-suite/product.yaml");
const TENANT: &str = include_str!("../../../../examples/hr-suite/tenant.yaml");
const PEOPLE: &str = include_str!("../../../../examples/hr-suite/people.yaml");
const ROWS: &str = include_str!("../../../../examples/hr-suite/tables/hr-suite.jsonl");

/// A type of documents, as facts.
#[derive(Debug, Deserialize)]
struct Type {
    kind: String,
    submittable: bool,
    #[allow(dead_code, reason = "which fields they are decides nothing")]
    level_1_fields: Vec<String>,
    rows: Vec<Row>,
}

/// What a role has on it.
#[derive(Debug, Deserialize)]
struct Row {
    role: String,
    level: u8,
    only_if_creator: bool,
    rights: Vec<String>,
}

impl Type {
    /// Whether somebody who holds a role, and what is everybody's, has a right, read aloud from
    /// the rows.
    fn allows(&self, role: &str, asked: &Asked<'_>) -> bool {
        let has = |level| {
            self.rows.iter().any(|row| {
                (row.role == role || row.role == "All")
                    && row.level == level
                    && row.rights.iter().any(|right| right == asked.right)
                    && (!row.only_if_creator || asked.creator || asked.right == "create")
            })
        };
        let status = match (self.submittable, asked.right) {
            (true, "write" | "submit") => asked.status == Some(0),
            (true, "cancel") => asked.status == Some(1),
            (true, "amend") => asked.status == Some(2),
            (true, "delete") => matches!(asked.status, Some(0 | 2)),
            _ => true,
        };
        has(asked.level) && has(0) && status
    }
}

/// A right on a document of some status.
struct Asked<'a> {
    right: &'a str,
    level: u8,
    creator: bool,
    status: Option<i64>,
}

fn id(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}

fn facts() -> Vec<Type> {
    serde_saphyr::from_str(include_str!("document-types.json")).unwrap()
}

fn product() -> Arc<CompiledCatalog> {
    let catalog = compile::catalog(load::catalog("product.yaml", PRODUCT).unwrap());
    assert!(catalog.faults().is_empty(), "{}", catalog.faults());
    catalog
}

fn suite(catalog: &Arc<CompiledCatalog>, users: Vec<User>) -> Compiled {
    let mut people = load::directory("people.yaml", PEOPLE).unwrap();
    people.value.users.extend(users);
    let compiled = compile(&Definition {
        catalog,
        tenant: &Arc::new(load::tenant("tenant.yaml", TENANT).unwrap()),
        people: PeopleFrom::Directory(&people),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    });
    compiled.unwrap_or_else(|faults| panic!("{faults}"))
}

fn may(
    suite: &Compiled,
    user: &str,
    action: &str,
    kind: &str,
    attributes: &Attributes<'_>,
) -> bool {
    let resource = Resource { kind, id: Some("d-1"), attributes };
    let asserted = Asserted::NONE;
    let request = Request { subject: user, action, resource, context: EMPTY, asserted, now: 1_000 };
    decide_alone(suite, &request).is_allow()
}

#[test]
fn every_right_of_every_role_on_every_type_of_documents_is_as_the_facts_say() {
    let (facts, catalog) = (facts(), product());
    let roles: BTreeSet<&str> =
        facts.iter().flat_map(|it| &it.rows).map(|row| row.role.as_str()).collect();
    let rights: BTreeSet<&str> = facts
        .iter()
        .flat_map(|it| &it.rows)
        .flat_map(|row| &row.rights)
        .map(String::as_str)
        .collect();
    assert_eq!((facts.len(), roles.len(), rights.len()), (98, 11, 14));
    let user = |role: &&str| User {
        id: format!("only {role}").into(),
        roles: vec![Assignment::from(id(role))],
        ..User::default()
    };
    let suite = suite(&catalog, roles.iter().map(user).collect());
    let mut who: Vec<(&str, String)> =
        roles.iter().map(|role| (*role, format!("only {role}"))).collect();
    who.push(("", "noor.aziz".to_owned()));
    let (mut allowed, mut asked_for) = (0, 0);
    for (role, user) in &who {
        for of in &facts {
            let kind = id(&of.kind);
            for right in &rights {
                let levels: &[u8] = if ["read", "write"].contains(right) { &[0, 1] } else { &[0] };
                for level in levels {
                    let action = match level {
                        0 => format!("{kind}.{right}"),
                        level => format!("{kind}.{right}_level_{level}"),
                    };
                    for creator in [false, true] {
                        for status in [None, Some(0), Some(1), Some(2)] {
                            let owner = if creator { user } else { "somebody else" };
                            let mut attributes = Attributes::new();
                            attributes.set("owner", Value::from(owner));
                            if let Some(status) = status {
                                attributes.set("docstatus", Value::Int(status));
                            }
                            let asked = Asked { right, level: *level, creator, status };
                            let expected = of.allows(role, &asked);
                            let found = may(&suite, user, &action, &kind, &attributes);
                            assert_eq!(found, expected, "{user} {action} {creator} {status:?}");
                            allowed += usize::from(expected);
                            asked_for += 1;
                        }
                    }
                }
            }
        }
    }
    assert_eq!(asked_for, 12 * 98 * 16 * 2 * 4);
    assert!(allowed > 10_000, "{allowed}");
}

#[test]
fn the_permissions_are_those_that_somebody_has_and_no_others() {
    let mut wanted = BTreeSet::new();
    for of in facts() {
        for row in &of.rows {
            let rights = row.rights.iter().map(String::as_str);
            wanted.extend(rights.filter_map(|right| match (row.level, right) {
                (0, right) => Some(format!("{}.{right}", id(&of.kind))),
                (level, "read" | "write") => {
                    Some(format!("{}.{right}_level_{level}", id(&of.kind)))
                }
                _ => None,
            }));
        }
    }
    let catalog = product();
    let found: BTreeSet<String> =
        catalog.source().value.permissions().map(|(_, it)| it.id.to_string()).collect();
    assert_eq!(found, wanted);
    assert_eq!(found.len(), 969);
}

/// The same permissions and guards with an entry for each, as they had to be written without
/// tables.
fn long_form(catalog: &CompiledCatalog) -> (String, usize) {
    let catalog = &catalog.source().value;
    let mut text = String::from("product: hr-suite\nversion: 1.0.0\n");
    text.push_str("relations: [owner]\nown_means: [owner]\n");
    text.push_str("attributes: {resource.docstatus: integer}\nresource_kinds:\n");
    let mut entries = 0;
    for (name, kind) in &catalog.resource_kinds {
        writeln!(text, "  {name}: {{label: {}}}", kind.label).unwrap();
    }
    text.push_str("categories:\n");
    let mut on: BTreeMap<&str, Vec<&Guard>> = BTreeMap::new();
    for guard in &catalog.guards {
        guard.on.iter().for_each(|id| on.entry(id.as_str()).or_default().push(guard));
    }
    for category in &catalog.categories {
        writeln!(text, "  - id: {}\n    permissions:", category.id).unwrap();
        for permission in &category.permissions {
            let Permission { id, label, requires, .. } = permission;
            let kind = id.split('.').next().unwrap();
            let requires = match requires.first() {
                Some(required) => format!(", requires: [{required}]"),
                None => String::new(),
            };
            let line = format!("{{id: {id}, label: \"{label}\", kinds: [{kind}]{requires}}}");
            writeln!(text, "      - {line}").unwrap();
            entries += 1;
        }
    }
    text.push_str("guards:\n");
    for (id, guards) in on {
        for guard in guards {
            let require = match guard.id.as_str() {
                "draft" => "0",
                "submitted" => "1",
                "cancelled" => "2",
                _ => "{in: [0, 2]}",
            };
            let name = format!("{}_{}", guard.id, id.replace('.', "_"));
            let message = &guard.message;
            writeln!(
                text,
                "  - {{id: {name}, on: [{id}], require: {{resource.docstatus: {require}}}, message: \"{message}\"}}"
            )
            .unwrap();
            entries += 1;
        }
    }
    (text, entries)
}

#[test]
fn tables_take_less_than_a_quarter_of_the_lines_of_one_entry_for_each() {
    let catalog = product();
    let (text, entries) = long_form(&catalog);
    let long = compile::catalog(load::catalog("long.yaml", &text).unwrap());
    assert!(long.faults().is_empty(), "{}", long.faults());
    let ids = |catalog: &CompiledCatalog| -> BTreeSet<String> {
        catalog.source().value.permissions().map(|(_, it)| it.id.to_string()).collect()
    };
    assert_eq!(ids(&long), ids(&catalog));
    assert!(entries >= 969 + 170, "{entries}");
    // All of the product, its kinds and roles and comments included, against these entries alone.
    let lines = PRODUCT.lines().count();
    assert!(4 * lines < 969 + 170, "{lines} lines instead of {entries} entries");
}

#[derive(Deserialize)]
struct TableRow {
    id: String,
    subject: TableSubject,
    action: String,
    resource: TableResource,
    expect: String,
}

#[derive(Deserialize)]
struct TableSubject {
    user: String,
}

#[derive(Deserialize)]
struct TableResource {
    kind: String,
    attrs: TableAttributes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableAttributes {
    owner: Option<String>,
    docstatus: Option<i64>,
}

#[test]
fn the_table_of_the_suite_holds() {
    let suite = suite(&product(), Vec::new());
    let mut rows = 0;
    for line in ROWS.lines() {
        let row: TableRow = serde_saphyr::from_str(line).unwrap();
        let TableResource { kind, attrs } = &row.resource;
        let mut attributes = Attributes::new();
        if let Some(owner) = &attrs.owner {
            attributes.set("owner", Value::from(owner.as_str()));
        }
        if let Some(status) = attrs.docstatus {
            attributes.set("docstatus", Value::Int(status));
        }
        let found = may(&suite, &row.subject.user, &row.action, kind, &attributes);
        assert_eq!(found, row.expect == "allow", "{}", row.id);
        rows += 1;
    }
    assert_eq!(rows, 48);
    let people: Directory = load::directory("people.yaml", PEOPLE).unwrap().value;
    assert_eq!(people.users.len(), 11);
}
