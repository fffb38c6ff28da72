//! A tenant as files, and files as a tenant.

use super::support::{Desk, acme, as_user, node_at, operator, user};
use permesso_engine::model::Delegation;
use permesso_node::bundle::{
    Apply, Bundle, Compare, DifferenceKind, Export, ExportPart, ImportOptions, Imported, People,
    diff, import, schemas,
};
use permesso_node::operation::{
    CreateTenant, Delegate, Invite, PublishProduct, Put, Remove, Undo, body,
};
use permesso_node::{ChangeError, DocumentKind, Node, NodeConfig, Options, Settings};
use permesso_store::{Location, LogQuery, Realm};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EXAMPLES: [&str; 4] = ["atender", "cloze", "clustdoc", "iclosed"];

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

/// An installation with nothing but the product of an example.
async fn installation(name: &str) -> (tempfile::TempDir, Arc<Node>) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(folder.path().join("permesso.db"));
    let node = node_at(&location, NodeConfig::default()).await;
    let text = fs::read_to_string(example(name).join("product.yaml")).unwrap();
    let publish = PublishProduct { text };
    node.perform(&Realm::platform(), &operator(), &publish, &Options::default()).await.unwrap();
    (folder, node)
}

async fn export(node: &Arc<Node>, realm: &Realm, part: ExportPart) -> String {
    let mut out = Vec::new();
    let export = Export::of(node, realm, part).await.unwrap();
    let done = export.write(&mut out).await.unwrap();
    assert_eq!(done.bytes, out.len() as u64);
    String::from_utf8(out).unwrap()
}

async fn import_with(
    node: &Arc<Node>,
    realm: &Realm,
    bundle: Bundle,
    how: Compare,
) -> Result<Imported, ChangeError> {
    let options = ImportOptions { how, ..ImportOptions::default() };
    import(node, realm, &operator(), &Arc::new(bundle), &options, &mut |_, _| {}).await
}

async fn import_into(node: &Arc<Node>, realm: &Realm, bundle: Bundle) -> Imported {
    import_with(node, realm, bundle, Compare::default()).await.unwrap()
}

async fn desk(text: &str) -> Desk {
    let desk = Desk::open().await;
    import_into(&desk.node, &acme(), parse(text)).await;
    desk
}

fn parse(text: &str) -> Bundle {
    Bundle::parse("acme.yaml", text).unwrap_or_else(|faults| panic!("{faults}"))
}

const PRUNE: Compare = Compare { prune: true, any_tenant: false, expected: None };

const ACME: &str = r#"
tenant: acme
product: desk
teams: [US, {path: US/South, title: "The South: all of it"}]
roles:
  - id: agent
    label: "007"
    description: |
      Reads tickets.
      Writes some.
    grants:
      - {permission: tickets.read, scope: own}
      - {permission: tickets.write, scope: own, condition: resource.id == "1"}
policies:
  - {id: lender, grants: [{permission: tickets.lend, scope: all}]}
users:
  - {id: ann, roles: [owner], attributes: {z: 1.1, a: {y: "no", b: [1, 2.50, null]}}}
  - {id: bob, roles: [agent], teams: [US/South], policies: [lender]}
  - {id: eve, roles: [agent], name: Ève "the 1st"}
delegations:
  - {from: bob, to: eve, permissions: [tickets.lend]}
  - {from: bob, to: eve, permissions: [tickets.lend], valid_until: 1970-01-01T00:00:01Z}
  - {id: by-hand, from: ann, to: bob, permissions: [tickets.lend]}
"#;

#[tokio::test]
async fn every_example_comes_back_as_it_was_exported() {
    for name in EXAMPLES {
        let bundle = Bundle::read(&example(name)).unwrap();
        let realm = Realm::tenant(bundle.tenant.value.tenant.as_str()).unwrap();
        let (_first, node) = installation(name).await;
        let settings = Settings {
            product: bundle.tenant.value.product.to_string(),
            plan: bundle.tenant.value.plan.as_ref().map(ToString::to_string),
            ..Settings::default()
        };
        let create = CreateTenant { settings, owner: None };
        node.perform(&realm, &operator(), &create, &Options::default()).await.unwrap();
        import_into(&node, &realm, bundle.clone()).await;
        let text = export(&node, &realm, ExportPart::All).await;
        assert!(text.contains("catalog:\n  version: "), "{text}");
        // The files say what the tenant says.
        let look = node.look(&realm).await.unwrap();
        let found = diff(&look.view(&node), &bundle, &PRUNE).await.unwrap();
        assert!(found.is_empty(), "{name}: {found}");

        // In one file, into an installation that has no such tenant.
        let (_second, other) = installation(name).await;
        import_into(&other, &realm, Bundle::parse("export.yaml", &*text).unwrap()).await;
        assert_eq!(export(&other, &realm, ExportPart::All).await, text, "{name}");

        // As a folder, and under another name.
        let folder = tempfile::tempdir().unwrap();
        for (part, file) in
            [(ExportPart::Tenant, "tenant.yaml"), (ExportPart::Lines, "people.jsonl")]
        {
            fs::write(folder.path().join(file), export(&node, &realm, part).await).unwrap();
        }
        let second = Realm::tenant("second").unwrap();
        let folder = Bundle::read(folder.path()).unwrap();
        let refused = import_with(&node, &second, folder.clone(), PRUNE).await.unwrap_err();
        assert!(refused.to_string().contains("tenant.yaml:1:9: tenant: this is"), "{refused}");
        let how = Compare { any_tenant: true, ..PRUNE };
        import_with(&node, &second, folder, how).await.unwrap();
        let copy = export(&node, &second, ExportPart::All).await;
        let named = format!("tenant: {}\n", realm.tenant_id().unwrap());
        assert_eq!(copy.replacen("tenant: second\n", &named, 1), text, "{name}");
        let mut parts = export(&node, &second, ExportPart::Tenant).await;
        parts.push_str(&export(&node, &second, ExportPart::People).await);
        assert_eq!(parts, copy);
    }
}

#[tokio::test]
async fn an_export_is_written_for_people() {
    let desk = desk(ACME).await;
    let text = export(&desk.node, &acme(), ExportPart::All).await;
    let digest = &desk.node.product("desk").unwrap().digest;
    let wanted = r#"tenant: acme
product: desk
catalog:
  version: "1.0.0"
  digest: DIGEST
teams:
  - US
  - {path: US/South, title: "The South: all of it"}
roles:
  - id: agent
    label: "007"
    description: |
      Reads tickets.
      Writes some.
    grants:
      - {permission: tickets.read, scope: own}
      - {permission: tickets.write, scope: own, condition: resource.id == "1"}
policies:
  - id: lender
    grants:
      - {permission: tickets.lend, scope: all}
users:
  - {id: ann, roles: [owner], attributes: {a: {b: [1, 2.5, null], "y": "no"}, z: 1.1}}
  - {id: bob, roles: [agent], policies: [lender], teams: [US/South]}
  - {id: eve, name: Ève "the 1st", roles: [agent]}
delegations:
  - {from: bob, to: eve, permissions: [tickets.lend]}
  - {from: bob, to: eve, permissions: [tickets.lend], valid_until: "1970-01-01T00:00:01Z"}
  - {id: by-hand, from: ann, to: bob, permissions: [tickets.lend]}
"#;
    let quoted = digest.starts_with(|c: char| c.is_ascii_digit());
    let digest = if quoted { format!("\"{digest}\"") } else { digest.clone() };
    assert_eq!(text, wanted.replace("DIGEST", &digest));
}

#[tokio::test]
async fn a_difference_names_the_field_and_nothing_else() {
    let desk = desk(ACME).await;
    let edited = ACME
        .replace("tickets.read, scope: own", "tickets.read, scope: team")
        .replace("  - {id: eve, roles: [agent], name: Ève \"the 1st\"}\n", "")
        .replace("teams: [US/South]", "teams: [US]")
        .replace("[US, {", "[{")
        .replace("from: bob, to: eve", "from: ann, to: bob");
    let look = desk.node.look(&acme()).await.unwrap();
    let view = look.view(&desk.node);
    assert!(diff(&view, &parse(ACME), &PRUNE).await.unwrap().is_empty());
    let found = diff(&view, &parse(&edited), &Compare::default()).await.unwrap();
    assert_eq!(
        found.to_string(),
        "- team US\n\
         ~ role agent: grants[0].scope own -> team\n\
         ~ user bob: teams [US/South] -> [US]\n\
         + delegation ann>bob\n\
         + delegation \"ann>bob#0002\"\n\
         2 added, 2 changed, 1 removed"
    );
    let role = found.list.iter().find(|found| found.kind == DocumentKind::Role).unwrap();
    assert_eq!(role.what, DifferenceKind::Changed);
    assert_eq!(role.after.as_ref().unwrap()["grants"][0]["scope"], "team");
    let pruned = diff(&view, &parse(&edited), &PRUNE).await.unwrap();
    let gone: Vec<&str> = pruned
        .list
        .iter()
        .filter(|found| found.what == DifferenceKind::Removed && found.kind != DocumentKind::Team)
        .map(|found| &*found.id)
        .collect();
    assert_eq!(gone, ["eve", "bob>eve", "bob>eve#0002"]);
}

#[tokio::test]
async fn an_apply_is_one_record_and_can_be_undone() {
    let desk = desk(ACME).await;
    let before = export(&desk.node, &acme(), ExportPart::All).await;
    let edited =
        ACME.replace("scope: own", "scope: all").replace("roles: [agent]", "roles: [reader]");
    let bundle = Arc::new(parse(&edited));
    let apply = Apply { bundle, how: PRUNE };
    let at = desk.node.look(&acme()).await.unwrap().view(&desk.node).revision();
    let tried = Options { dry_run: true, ..Options::default() };
    let tried = desk.node.perform(&acme(), &operator(), &apply, &tried).await.unwrap();
    assert_eq!((tried.revision, tried.edited.len()), (at, 3));
    let done = desk.must(&apply).await;
    assert_eq!(done.revision, at + 1);
    assert!(desk.may("bob", "tickets.read").await);
    desk.must(&Undo { revision: done.revision }).await;
    assert_eq!(export(&desk.node, &acme(), ExportPart::All).await, before);
    // What is so already leaves no record.
    assert_eq!(
        desk.must(&Apply { bundle: Arc::new(parse(ACME)), how: PRUNE }).await.revision,
        at + 2
    );
}

#[tokio::test]
async fn a_fault_is_named_by_its_place_and_changes_nothing() {
    let desk = desk(ACME).await;
    let head = desk.node.store().head(&acme()).await.unwrap();
    for (from, to, wanted) in [
        (
            "roles: [agent], teams",
            "roles: [agnet], teams",
            "acme.yaml:18:23: users.bob.roles: unknown role `agnet`\n  help: did you mean `agent`?",
        ),
        ("permission: tickets.read", "permission: tickets.reed", "acme.yaml:12:22: "),
        ("label:", "lable:", "acme.yaml:7:5: `lable` is not known here"),
        ("  - {id: eve,", "  - {id: bob,", "acme.yaml:19:10: users.bob: two users have this id"),
        ("to: eve, permissions", "to: iva, permissions", "unknown user `iva`"),
        ("from: ann, to: bob, perm", "from: ann, to: bob, prem", "acme.yaml:23:39: `prem"),
        ("users:", "usres:", "acme.yaml:16:1: `usres` is not known here"),
        ("tenant: acme", "tenant: acne", "acme.yaml:2:9: tenant: this is `acne` and not `acme`"),
        ("id: lender", "id: \"lender \"", "acme.yaml:15:10: policy.lender"),
        ("teams: [US,", "teams: [US, US,", "acme.yaml:4:"),
    ] {
        let text = ACME.replacen(from, to, 1);
        assert_ne!(text, ACME, "{from}");
        let said = match Bundle::parse("acme.yaml", text) {
            Err(faults) => faults.to_string(),
            Ok(bundle) => {
                let apply = Apply { bundle: Arc::new(bundle.clone()), how: PRUNE };
                let applied = desk.run(&operator(), &apply).await.unwrap_err().to_string();
                let imported = import_with(&desk.node, &acme(), bundle, PRUNE).await.unwrap_err();
                assert_eq!(imported.to_string(), applied);
                applied
            }
        };
        assert!(said.contains(wanted), "{wanted}\n{said}");
        // What follows from a fault is not told besides.
        assert!(!wanted.contains("agnet") || said == wanted, "{said}");
    }
    assert_eq!(desk.node.store().head(&acme()).await.unwrap(), head);
}

#[tokio::test]
async fn faults_of_lines_name_the_line() {
    let desk = desk(ACME).await;
    let lines = "{\"id\":\"ann\",\"roles\":[\"owner\"]}\n{\"id\":\"bob\",\"roles\":[\"agnet\"]}\n\
                 {\"id\":1}\n{\"delegation\":{\"from\":\"ann\",\"to\":\"zed\"}}\n";
    let bundle = parse(ACME).with_people(People::lines("people.jsonl", lines));
    let said = import_with(&desk.node, &acme(), bundle, PRUNE).await.unwrap_err().to_string();
    for wanted in [
        "people.jsonl:2:1: users.bob.roles: unknown role",
        "people.jsonl:3:",
        "people.jsonl:4:1: delegations.ann: unknown user `zed`",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[tokio::test]
async fn the_guards_of_single_edits_bind_a_bundle_too() {
    let desk = desk(ACME).await;
    let guard = |error: ChangeError| match error {
        ChangeError::Guarded { guard, .. } => guard,
        error => panic!("{error}"),
    };
    // Nobody who could edit roles would be left.
    let nobody = "tenant: acme\nproduct: desk\nusers: []\n";
    let error = import_with(&desk.node, &acme(), parse(nobody), PRUNE).await.unwrap_err();
    assert_eq!(guard(error), "last-holder");
    // A list that is not given is left alone, but what its people hold is not taken from them.
    let policy_only = "tenant: acme\nproduct: desk\n";
    let error = import_with(&desk.node, &acme(), parse(policy_only), PRUNE).await.unwrap_err();
    assert_eq!(guard(error), "in-use");
    // An agent may not make themselves an owner.
    let edited = ACME.replace("{id: bob, roles: [agent]", "{id: bob, roles: [owner]");
    let apply = Apply { bundle: Arc::new(parse(&edited)), how: Compare::default() };
    let error = desk.run(&as_user("bob"), &apply).await.unwrap_err();
    assert!(matches!(error, ChangeError::Denied { .. }), "{error}");
    assert!(desk.run(&as_user("ann"), &apply).await.is_ok());
}

#[tokio::test]
async fn an_import_against_another_revision_is_refused() {
    let desk = desk(ACME).await;
    let at = desk.node.store().head(&acme()).await.unwrap().revision;
    let how = Compare { expected: Some(at - 1), ..PRUNE };
    let error = import_with(&desk.node, &acme(), parse(ACME), how).await.unwrap_err();
    let ChangeError::Moved { is, change, .. } = error else { panic!("{error}") };
    assert_eq!((is, change.unwrap().revision), (at, at));
    let how = Compare { expected: Some(at), ..PRUNE };
    import_with(&desk.node, &acme(), parse(ACME), how).await.unwrap();
}

#[tokio::test]
async fn what_was_written_in_other_words_is_no_difference_and_exported_in_one_way() {
    let desk = desk(ACME).await;
    let text = export(&desk.node, &acme(), ExportPart::All).await;
    let raw = |kind, id: &str, value: Value| Put {
        kind,
        id: id.to_owned(),
        body: body(kind, id, &value).unwrap(),
        create: false,
    };
    desk.must(&raw(DocumentKind::Team, "US", json!({"title": ""}))).await;
    let bob = json!({"tags": [], "teams": ["US/South"], "status": "active", "roles": ["agent"],
        "policies": ["lender"], "id": "bob"});
    desk.must(&raw(DocumentKind::User, "bob", bob)).await;
    assert_eq!(export(&desk.node, &acme(), ExportPart::All).await, text);
    let look = desk.node.look(&acme()).await.unwrap();
    let found = diff(&look.view(&desk.node), &parse(ACME), &PRUNE).await.unwrap();
    assert!(found.is_empty(), "{found}");
}

#[tokio::test]
async fn an_edited_delegation_is_the_same_one() {
    let desk = desk(ACME).await;
    let of = |text: &str| {
        let (node, bundle) = (Arc::clone(&desk.node), parse(text));
        async move { import_into(&node, &acme(), bundle).await }
    };
    let edited =
        ACME.replace("valid_until: 1970-01-01T00:00:01Z", "valid_until: 1970-01-01T00:00:02Z");
    let done = of(&edited).await;
    assert_eq!((done.added, done.changed, done.removed), (0, 1, 0));
    // One that somebody made elsewhere is exported with its id.
    let delegation = Delegation {
        from: "eve".into(),
        to: "ann".into(),
        permissions: vec!["tickets.lend".into()],
        ..Default::default()
    };
    desk.must(&Delegate { id: "zz".to_owned(), delegation }).await;
    let text = export(&desk.node, &acme(), ExportPart::All).await;
    assert!(text.contains("{id: zz, from: eve"), "{text}");
    let done = of(&text).await;
    assert_eq!((done.added, done.changed, done.removed), (0, 0, 0));
}

#[tokio::test]
async fn an_export_is_of_one_revision_whoever_writes_meanwhile() {
    let desk = desk(ACME).await;
    let lines: String =
        (0..2500).map(|n| format!("{{\"id\":\"u{n:04}\",\"roles\":[\"agent\"]}}\n")).collect();
    let bundle = parse(ACME).with_people(People::lines("people.jsonl", lines));
    import_into(&desk.node, &acme(), bundle).await;
    let wanted = export(&desk.node, &acme(), ExportPart::All).await;
    let mut pieces = Export::of(&desk.node, &acme(), ExportPart::All).await.unwrap();
    let mut text = pieces.next().await.unwrap().unwrap();
    text.push_str(&pieces.next().await.unwrap().unwrap());
    // One of each: behind the page that was read and before it; added, changed, taken out.
    for id in ["u0001", "u1500", "u0000a", "u1500a", "zz"] {
        let who = json!({"id": id, "roles": ["reader"]});
        desk.must(&Put {
            kind: DocumentKind::User,
            id: id.to_owned(),
            body: body(DocumentKind::User, id, &who).unwrap(),
            create: false,
        })
        .await;
    }
    for id in ["u0002", "u1600", "u2499", "eve"] {
        let gone = Remove { kind: DocumentKind::User, id: id.to_owned() };
        desk.must(&gone).await;
    }
    let gone = Remove { kind: DocumentKind::Delegation, id: "by-hand".to_owned() };
    desk.must(&gone).await;
    while let Some(piece) = pieces.next().await.unwrap() {
        text.push_str(&piece);
    }
    assert_eq!(text, wanted);
    assert_eq!(pieces.so_far().users, 2503);
}

#[tokio::test]
async fn the_link_of_an_invitation_is_gone_when_a_bundle_says_that_somebody_has_come() {
    let desk = desk(ACME).await;
    let invite =
        Invite { user: user(json!({"id": "kim", "roles": ["agent"]})), same_as: None, days: 7 };
    desk.must(&invite).await;
    let text = export(&desk.node, &acme(), ExportPart::All).await;
    assert!(text.contains("{id: kim, roles: [agent], invitation: pending}"), "{text}");
    let text = text.replace("invitation: pending", "name: Kim");
    import_into(&desk.node, &acme(), parse(&text)).await;
    let left = desk.node.store().object(&acme(), "invitation", "kim").await.unwrap();
    assert!(left.is_none());
}

#[tokio::test]
async fn what_is_no_bundle_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Bundle::read(folder.path()).unwrap_err().to_string();
    assert!(missing.contains("tenant.yaml: cannot be read"), "{missing}");
    fs::write(folder.path().join("tenant.yaml"), "tenant: a\nproduct: desk\n").unwrap();
    fs::write(folder.path().join("people.yaml"), "").unwrap();
    fs::write(folder.path().join("people.jsonl"), "").unwrap();
    let twice = Bundle::read(folder.path()).unwrap_err().to_string();
    assert!(twice.contains("keep one of the two"), "{twice}");
    for text in ["", "[]", "tenant: a", "tenant: a\nproduct: b\nteams: [{title: x}]\n"] {
        assert!(Bundle::parse("x.yaml", text).is_err(), "{text:?}");
    }
    let desk = Desk::open().await;
    let other = "tenant: acme\nproduct: nothing\n";
    let error = import_with(&desk.node, &acme(), parse(other), PRUNE).await.unwrap_err();
    assert!(matches!(error, ChangeError::Missing { kind: DocumentKind::Product, .. }), "{error}");
    let log = LogQuery { limit: 10, ..LogQuery::default() };
    assert_eq!(desk.node.store().log(&acme(), &log).await.unwrap().len(), 1);
}

#[test]
fn every_example_is_right_by_its_schema_and_a_misspelt_field_is_not() {
    let schemas = schemas();
    let check = |name: &str, text: &str| -> Vec<String> {
        let schema = jsonschema::draft202012::new(&schemas[name]).unwrap();
        let value: Value = serde_saphyr::from_str(text).unwrap();
        schema.iter_errors(&value).map(|error| error.to_string()).collect()
    };
    for name in EXAMPLES {
        let mut both = String::new();
        for file in ["tenant", "people", "product"] {
            let text = fs::read_to_string(example(name).join(format!("{file}.yaml"))).unwrap();
            assert_eq!(check(file, &text), Vec::<String>::new(), "{name}/{file}.yaml");
            if file != "product" {
                both.push_str(&text);
            }
        }
        assert_eq!(check("bundle", &both), Vec::<String>::new(), "{name}");
    }
    assert_eq!(check("bundle", ACME), Vec::<String>::new());
    for (name, text) in [
        ("tenant", "{tenant: a, product: b, role: []}"),
        (
            "tenant",
            "{tenant: a, product: b, roles: [{id: r, grants: [{permission: p, scope: most}]}]}",
        ),
        ("people", "{users: [{id: a, rolls: []}]}"),
        ("people", "{users: [{id: a, status: gone}]}"),
        ("product", "{product: a, version: 1.0.0, categories: [], gaurds: []}"),
        ("bundle", "{tenant: a, product: b, usres: []}"),
    ] {
        assert!(!check(name, text).is_empty(), "{text}");
    }
    for (name, schema) in &schemas {
        assert!(schema["$id"].as_str().unwrap().ends_with(&format!("/{name}.json")));
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(schema["description"].is_string(), "{name}");
    }
}
