//! The contract of the four products: nothing that is denied opens because the question was worded
//! differently.

use permesso_engine::compile;
use permesso_engine::decision::Verdict;
use permesso_engine::family::FamilySource as _;
use permesso_engine::load::Source;
use permesso_engine::model::{AttributeRule, AttributeType, Catalog};
use permesso_folders::table::{self, RowError, RowOutcome};
use permesso_folders::{DecisionPoint, TenantFolder};
use permesso_runtime::RuntimeConfig;
use permesso_tests::{PRODUCTS, example, families, permesso};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

/// Everything about a product's tables is asked at this instant.
const NOW: i64 = 1_790_000_000_000;

struct Product {
    point: DecisionPoint,
    /// The rows that are denied, of all tables.
    denied: Vec<Value>,
}

impl Product {
    fn of(name: &str) -> Self {
        // As the tools do: what is asked here does not hang on what else the machine is doing.
        let patient = Duration::from_secs(2);
        let limits =
            RuntimeConfig { deadline: patient, setup_deadline: patient, ..Default::default() };
        let builder = DecisionPoint::builder().folder(example(name)).families(families());
        let point = builder.runtime(limits).build().unwrap();
        let mut denied = Vec::new();
        for table in fs::read_dir(example(name).join("tables")).unwrap() {
            let table = table.unwrap().path();
            let text = fs::read_to_string(&table).unwrap();
            let installed = point.installation().families();
            let outcomes = table::run(&point.folders()[0], &installed, &table, NOW).unwrap();
            let rows = text.lines().filter(|line| !line.trim().is_empty());
            for (row, outcome) in rows.zip(&outcomes) {
                let explained = outcome.result.as_ref().unwrap();
                if explained.decision.verdict == Verdict::Deny {
                    denied.push(serde_json::from_str(row).unwrap());
                }
            }
        }
        Self { point, denied }
    }

    /// The product, with an attribute that has to be sent.
    fn demanding(&self, kind: &str, attribute: &str) -> TenantFolder {
        let mut folder = self.point.folders()[0].clone();
        let source = folder.catalog.source();
        let mut catalog: Catalog = source.value.clone();
        let declared = folder.catalog.attributes_of(kind).unwrap();
        let declared = declared.into_iter().find(|it| it.name == attribute).unwrap();
        let mut rule = AttributeRule::from(declared.kind);
        rule.required = true;
        rule.one_of = declared.one_of.iter().map(|it| (*it).to_owned()).collect();
        rule.aliases = declared.aliases.iter().map(|it| (*it).to_owned()).collect();
        let kind = catalog.resource_kinds.get_mut(kind).unwrap();
        kind.attributes.declare(attribute, rule).unwrap();
        // What the administration is told of a record is no question of these tables.
        catalog.administration.clear();
        folder.catalog = compile::catalog(Source::new(source.file.clone(), catalog));
        folder
    }

    fn asked(&self, folder: &TenantFolder, rows: &[Value]) -> Vec<RowOutcome> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let rows = rows.iter().enumerate().map(|(n, row)| {
            let mut row = row.clone();
            row["id"] = json!(format!("{n}"));
            // Two of them may well come to the same question.
            row["because"] = json!(format!("{n}"));
            row.to_string() + "\n"
        });
        fs::write(file.path(), rows.collect::<String>()).unwrap();
        table::run(folder, &self.point.installation().families(), file.path(), NOW).unwrap()
    }
}

/// A row with an attribute other than it is; `None` takes it away.
fn with(row: &Value, from: &str, to: &str, value: Option<Value>) -> Value {
    let mut row = row.clone();
    let attributes = row["resource"]["attrs"].as_object_mut().unwrap();
    attributes.remove(from);
    if let Some(value) = value {
        attributes.insert(to.to_owned(), value);
    }
    row
}

#[test]
fn what_is_denied_stays_denied_however_an_attribute_is_worded() {
    let others =
        [json!(true), json!(false), json!("no"), json!(1), json!(3.5), json!([1]), json!({"a": 1})];
    for name in PRODUCTS {
        let product = Product::of(name);
        let catalog = &product.point.folders()[0].catalog;
        assert!(catalog.source().value.is_closed(), "{name}");
        let mut worded: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
        for row in &product.denied {
            let kind = row["resource"]["kind"].as_str().unwrap();
            let Some(declared) = catalog.attributes_of(kind) else { continue };
            let sent = row["resource"]["attrs"].as_object().unwrap();
            for attribute in declared.filter(|it| sent.contains_key(it.name)) {
                let at = (kind.to_owned(), attribute.name.to_owned());
                let rows = worded.entry(at).or_default();
                let name = attribute.name;
                let far = format!("zz_not_the_{name}_that_is_meant");
                rows.push(with(row, name, name, None));
                rows.push(with(row, name, &far, sent.get(name).cloned()));
                let same_type = |value: &Value| {
                    std::mem::discriminant(value) == std::mem::discriminant(&sent[name])
                };
                // What is declared as `any` is of no type.
                let typed = attribute.kind != AttributeType::Any;
                let retyped = others.iter().filter(|value| typed && !same_type(value));
                // A list of texts is a text or several.
                let retyped = retyped.filter(|value| !value.is_string() || !sent[name].is_array());
                rows.extend(retyped.map(|value| with(row, name, name, Some(value.clone()))));
                let aliases = attribute.aliases.iter();
                rows.extend(aliases.map(|alias| with(row, name, alias, sent.get(name).cloned())));
            }
        }
        assert!(worded.len() > 5, "{name}: {} attributes", worded.len());
        for ((kind, attribute), rows) in worded {
            let folder = product.demanding(&kind, &attribute);
            for outcome in product.asked(&folder, &rows) {
                // A table does not ask about somebody whom nobody knows.
                let decision = match outcome.result {
                    Ok(explained) => explained.decision,
                    Err(RowError::Unknown { .. }) => continue,
                    Err(error) => panic!("{name}: {error}"),
                };
                assert!(
                    !decision.is_allow(),
                    "{name}: `{attribute}` of a {kind}: {}",
                    rows[outcome.line - 1]
                );
            }
        }
    }
}

/// What a product's tables allow to a question that does not say it, and deny to one that does: so
/// it cannot be required. Each is a restriction that only some records bear.
const MAY_BE_LEFT_OUT: [(&str, &str, &str); 17] = [
    ("atender", "conversations.view_detail", "tenant"),
    ("clustdoc", "application.close", "team"),
    ("clustdoc", "application.delete", "team"),
    ("clustdoc", "application.pause", "state"),
    ("clustdoc", "application.progress_stage", "to_final"),
    ("clustdoc", "external.advance_process", "change_stage"),
    ("clustdoc", "item.reset", "signed"),
    // Known to be nobody's, which is what it takes.
    ("cloze", "assignment.take_unassigned", "assigned_to"),
    ("cloze", "content.view_contact", "private"),
    ("cloze", "content.view_peers", "facet"),
    ("cloze", "timeline.view_body", "account_redacted"),
    ("cloze", "timeline.view_occurrence", "within_broadcast_delay"),
    ("iclosed", "multi_booking.manage", "bookings_per_slot"),
    // About the right itself.
    ("iclosed", "role.customize", "id"),
    ("iclosed", "scheduled_calls.reschedule", "host_reschedule"),
    ("iclosed", "scheduled_calls.reschedule", "state"),
    // The role of whoever is changed is named still.
    ("iclosed", "user.update_role", "new_role"),
];

#[test]
fn what_is_left_out_opens_nothing_that_has_to_be_said() {
    let mut opened = BTreeSet::new();
    for name in PRODUCTS {
        let product = Product::of(name);
        let (mut rows, mut left_out) = (Vec::new(), Vec::new());
        for row in &product.denied {
            let sent = row["resource"]["attrs"].as_object().unwrap();
            for attribute in sent.keys() {
                let null = Some(Value::Null);
                rows.push(with(row, attribute, attribute, None));
                rows.push(with(row, attribute, attribute, null));
                left_out.extend([attribute.clone(), attribute.clone()]);
            }
        }
        let folder = &product.point.folders()[0];
        for (outcome, attribute) in product.asked(folder, &rows).into_iter().zip(left_out) {
            let row = &rows[outcome.line - 1];
            if outcome.result.unwrap().decision.is_allow() {
                opened.insert((name, row["action"].as_str().unwrap().to_owned(), attribute));
            }
        }
    }
    let known = MAY_BE_LEFT_OUT
        .map(|(product, action, attribute)| (product, action.to_owned(), attribute.to_owned()));
    assert_eq!(opened, known.into_iter().collect());
}

#[test]
fn a_kind_that_a_permission_is_not_about_is_denied_in_every_product() {
    for name in PRODUCTS {
        let product = Product::of(name);
        let folder = &product.point.folders()[0];
        let kinds: Vec<&String> = folder.catalog.source().value.resource_kinds.keys().collect();
        let permissions: Vec<String> =
            folder.catalog.source().value.permissions().map(|(_, it)| it.id.to_string()).collect();
        let user = folder.directory.value.users.iter().find(|user| !user.roles.is_empty());
        let user = user.unwrap().id.as_str();
        let mut rows = Vec::new();
        for permission in &permissions {
            let about = folder.catalog.kinds_of(permission).unwrap();
            assert!(!about.is_empty(), "{name}: {permission}");
            for kind in kinds.iter().filter(|kind| !about.contains(&kind.as_str())) {
                rows.push(json!({
                    "subject": {"user": user}, "action": permission,
                    "resource": {"kind": kind, "attrs": {}}, "expect": "deny",
                }));
            }
        }
        for outcome in product.asked(folder, &rows) {
            let decision = outcome.result.unwrap().decision;
            let code = decision.reason.code();
            assert!(code == "wrong-kind", "{name}: {code} {}", rows[outcome.line - 1]);
        }
    }
}

/// Asks about Northwind Outfitters, the support desk.
fn desk(question: &[&str]) -> String {
    let folder = example("atender");
    let asked = ["check", "--example", folder.to_str().unwrap()];
    let told = permesso(asked.into_iter().chain(question.iter().copied()));
    told.out.trim().to_owned()
}

#[test]
fn an_agent_replies_to_conversations_and_to_nothing_else() {
    let reply = |to: &str| desk(&["leo.marchetti", "conversations.reply", to]);
    assert_eq!(reply("conversation:c-1"), "ALLOW  granted [granted]");
    assert!(
        reply("spaceship:d-1").contains("[unknown-kind `spaceship`]"),
        "{}",
        reply("spaceship:d-1")
    );
    assert!(
        reply("dashboard:d-1").contains("[wrong-kind `dashboard`]"),
        "{}",
        reply("dashboard:d-1")
    );
}

#[test]
fn a_role_that_is_a_number_is_no_role_other_than_the_owners() {
    let ask = |role: &str| {
        let role = format!("target_role={role}");
        let question =
            ["irene.maddox", "users.deactivate", "user:u-1", "-a", &role, "-a", "owners_total=1"];
        desk(&question)
    };
    assert!(ask("1").contains("[mistyped-attribute `resource.target_role`]"), "{}", ask("1"));
    assert!(ask("owner").contains("[guard `last_owner`]"), "{}", ask("owner"));
    assert!(ask("agent").starts_with("ALLOW"), "{}", ask("agent"));
}

/// Asks about Harborlight Realty, the estate agents.
fn crm(question: &[&str]) -> String {
    let folder = example("cloze");
    let asked = ["check", "--example", folder.to_str().unwrap()];
    let told = permesso(asked.into_iter().chain(question.iter().copied()));
    told.out.trim().to_owned()
}

#[test]
fn a_personal_segment_is_closed_under_whichever_name_it_is_sent() {
    for name in ["segment_type", "segment_kind", "kind_of_segment"] {
        let personal = format!("{name}=personal");
        let open = crm(&[
            "priya.raman",
            "content.view_contact",
            "contact:c-1",
            "-a",
            "shared=true",
            "-a",
            "sub_team=US/South/GA/Atlanta",
            "-a",
            "owner=jonah.price",
            "-a",
            &personal,
        ]);
        assert!(open.contains("DENY"), "{name}: {open}");
    }
}

#[test]
fn what_is_ones_own_is_seen_whatever_the_role() {
    let own = ["activity:a-1", "-a", "owner=tara.quinn", "-a", "shared=true"];
    let ask = |action: &str| crm(&[&["tara.quinn", action][..], &own].concat());
    assert_eq!(ask("timeline.view_body"), "ALLOW  granted [granted]");
    assert_eq!(ask("timeline.view_occurrence"), "ALLOW  granted [granted]");
    let others = ["activity:a-1", "-a", "owner=jonah.price", "-a", "shared=true"];
    let others = crm(&[&["tara.quinn", "timeline.view_body"][..], &others].concat());
    assert!(others.starts_with("DENY"), "{others}");
    let nobodys = crm(&["tara.quinn", "timeline.view_body", "activity:a-1", "-a", "shared=true"]);
    assert!(nobodys.contains("[missing-attribute `resource.owner`]"), "{nobodys}");
}

#[test]
fn the_schema_of_a_question_says_what_may_be_sent() {
    let folder = example("cloze");
    let told = permesso([
        "schema",
        "request",
        "--example",
        folder.to_str().unwrap(),
        "--permission",
        "account.login",
    ]);
    assert_eq!(told.code, 0, "{}", told.err);
    let schema: Value = serde_json::from_str(&told.out).unwrap();
    let kinds = schema["properties"]["resource"]["anyOf"].as_array().unwrap();
    let session = kinds.iter().find(|kind| kind["properties"]["type"]["const"] == "session");
    let attributes = &session.unwrap()["properties"]["properties"]["properties"];
    assert_eq!(attributes["mfa"], attributes["two_step"], "another name of it");
    assert_eq!(schema["properties"]["action"]["properties"]["name"]["const"], "account.login");
    let asked = ["schema", "request", "--permission", "stage.view", "--example"];
    let folder_of_stages = example("clustdoc");
    let told = permesso(asked.into_iter().chain([folder_of_stages.to_str().unwrap()]));
    let schema: Value = serde_json::from_str(&told.out).unwrap();
    let kinds = schema["properties"]["resource"]["anyOf"].as_array().unwrap();
    let stage = kinds.iter().find(|kind| kind["properties"]["type"]["const"] == "stage").unwrap();
    assert_eq!(stage["properties"]["properties"]["required"], json!(["internal"]));
    let unknown = permesso([
        "schema",
        "request",
        "--example",
        folder.to_str().unwrap(),
        "--permission",
        "account.logn",
    ]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("did you mean `account.login`?"), "{}", unknown.err);
}
