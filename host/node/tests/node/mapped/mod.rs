//! One world: what the product's own rights say about an edit is what becomes of it.

mod rows;

use super::support::{as_user, node_at, operator};
use permesso_engine::decision::{Asserted, Decision, Request, Resource};
use permesso_engine::model::{Attributes, Status, User, Value as Fact};
use permesso_node::bundle::{Bundle, ImportOptions, import};
use permesso_node::operation::{Operation, PublishProduct, Remove};
use permesso_node::{ChangeError, DocumentKind, Done, Node, NodeConfig, Options};
use permesso_store::{Location, Realm};
use rows::{
    Question, Row, atender, cloze, clustdoc, iclosed, invite, new_role, put, role, roles, settings,
    status,
};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A product's example, served.
pub(crate) struct World {
    _folder: tempfile::TempDir,
    pub(crate) node: Arc<Node>,
    pub(crate) realm: Realm,
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name)
}

impl World {
    pub(crate) async fn of(product: &str, tenant: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("permesso.db"));
        let node = node_at(&location, NodeConfig::default()).await;
        let text = fs::read_to_string(example(product).join("product.yaml")).unwrap();
        let (platform, plain) = (Realm::platform(), Options::default());
        node.perform(&platform, &operator(), &PublishProduct { text }, &plain).await.unwrap();
        let realm = Realm::tenant(tenant).unwrap();
        let bundle = Arc::new(Bundle::read(&example(product)).unwrap());
        let how = ImportOptions::default();
        import(&node, &realm, &operator(), &bundle, &how, &mut |_, _| {}).await.unwrap();
        Self { _folder: folder, node, realm }
    }

    async fn does(
        &self,
        who: &str,
        what: &dyn Operation,
        dry_run: bool,
    ) -> Result<Done, ChangeError> {
        let options = Options { dry_run, ..Options::default() };
        self.node.perform(&self.realm, &as_user(who), what, &options).await
    }

    async fn done(&self, who: &str, what: &dyn Operation) {
        self.does(who, what, false).await.unwrap_or_else(|error| panic!("{who}: {error}"));
    }

    /// Which permission it is refused for, and why.
    async fn refused(&self, who: &str, what: &dyn Operation) -> (String, String) {
        match self.does(who, what, true).await {
            Err(ChangeError::Denied { permission, reason, .. }) => (permission, reason),
            other => panic!("{who}: {other:?}"),
        }
    }

    async fn decides(&self, who: &str, question: &Question) -> Decision {
        let mut attributes = Attributes::new();
        for (name, value) in question.attributes.as_object().unwrap() {
            attributes.set(name.clone(), fact(value));
        }
        let id = Some(question.id.as_str()).filter(|id| !id.is_empty());
        let request = Request {
            subject: who,
            action: question.permission,
            resource: Resource { kind: question.kind, id, attributes: &attributes },
            context: &Attributes::new(),
            asserted: Asserted::NONE,
            now: 1_800_000_000_000,
        };
        self.node.decide(self.realm.tenant_id().unwrap(), &request).await.unwrap()
    }
}

fn fact(value: &Value) -> Fact<'static> {
    match value {
        Value::Bool(flag) => Fact::Bool(*flag),
        Value::Number(number) => Fact::Int(number.as_i64().unwrap()),
        Value::String(text) => Fact::text(text.clone()),
        Value::Array(items) => Fact::List(items.iter().map(fact).collect()),
        other => panic!("{other}"),
    }
}

/// What both answer to one person, in two words.
async fn both(world: &World, row: &Row, who: &str) -> (String, String) {
    let mut says = "allow".to_owned();
    for question in &row.questions {
        let decision = world.decides(who, question).await;
        if !decision.is_allow() {
            says = format!("deny ({})", decision.reason.code());
            break;
        }
    }
    let asked = |by: &str| row.questions.iter().any(|question| question.permission == by);
    let done = match world.does(who, &*row.what, true).await {
        Ok(_) => "done".to_owned(),
        Err(ChangeError::Denied { permission: by, reason, .. }) => {
            if asked(&by) {
                format!("403 ({reason})")
            } else {
                format!("403 {by} ({reason})")
            }
        }
        Err(ChangeError::Guarded { guard, .. }) => format!("409 ({guard})"),
        Err(error) => panic!("{} by {who}: {error}", row.operation),
    };
    (says, done)
}

/// Whether what the PDP says is what happens. Who holds nothing of a right is told so, whatever
/// else would stand against it, and what it would allow is bounded by what an edit does.
fn agree(says: &str, done: &str) -> bool {
    let bound = ["403 permesso.bounds.", "403 permesso.users.assign (not-owner)", "409 ("];
    match says.strip_prefix("deny ") {
        Some(reason) => {
            let everywhere = [
                "(invitation-pending)",
                "(not-granted)",
                "(plan)",
                "(prerequisite)",
                "(subject-inactive)",
            ];
            let done = done.strip_prefix("403 ").unwrap_or_default();
            done == reason || everywhere.iter().any(|it| done.ends_with(it))
        }
        None => {
            let beyond = done.starts_with("403 ") && done.ends_with(" (beyond-own-rights)");
            done == "done" || beyond || bound.iter().any(|bound| done.starts_with(bound))
        }
    }
}

async fn table(product: &str, tenant: &str, rows: Vec<Row>) {
    let world = World::of(product, tenant).await;
    let catalog = fs::read_to_string(example(product).join("product.yaml")).unwrap();
    let catalog = permesso_engine::load::catalog("product.yaml", &catalog).unwrap().value;
    let people = fs::read_to_string(example(product).join("people.yaml")).unwrap();
    let people = permesso_engine::load::directory("people.yaml", &people).unwrap().value;
    let mut text = format!(
        "# {product}: what the product's rights say of an edit, and what becomes of it\n\n\
         Written by a test, which holds the two against each other for every person of the \
         example. `permesso.bounds.*` is what binds whoever administers, whatever the product \
         grants.\n"
    );
    for row in &rows {
        let permission = row.questions.last().unwrap().permission;
        let (_, written) = catalog.permissions().find(|(_, it)| *it.id == *permission).unwrap();
        let meaning = if written.meaning.is_empty() { &written.label } else { &written.meaning };
        write!(
            text,
            "\n## {}: `{permission}`\n\n> {meaning} ({})\n\n| person | PDP | API |\n| --- | --- | --- |\n",
            row.operation, written.source
        )
        .unwrap();
        for User { id, .. } in &people.users {
            let (says, done) = both(&world, row, id).await;
            writeln!(text, "| {id} | {says} | {done} |").unwrap();
            assert!(agree(&says, &done), "{product} {} by {id}: {says}, {done}", row.operation);
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/administration")
        .join(format!("{product}.md"));
    if std::env::var_os("WRITE_TABLES").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "{} differs; run again with WRITE_TABLES=1", file.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_support_desks_rights_say_of_an_edit_becomes_of_it() {
    table("atender", "brightwater", atender()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_schedulers_rights_say_of_an_edit_becomes_of_it() {
    table("iclosed", "peakline", iclosed()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_onboardings_rights_say_of_an_edit_becomes_of_it() {
    table("clustdoc", "meridian", clustdoc()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_crms_rights_say_of_an_edit_becomes_of_it() {
    table("cloze", "harborlight", cloze()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_super_admin_falls_to_the_owner_alone() {
    let world = World::of("iclosed", "peakline").await;
    world.done("rebecca.stone", &roles("hannah.cole", &["super_admin"])).await;
    let gone = status("hannah.cole", Status::Deleted);
    let (permission, reason) = world.refused("diego.marin", &gone).await;
    assert_eq!((permission.as_str(), reason.as_str()), ("user.delete", "guard"));
    world.done("rebecca.stone", &gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_products_rights_to_administer_does() {
    let world = World::of("atender", "brightwater").await;
    let view = json!([{"permission": "contacts.view", "scope": "all"}]);
    world.done("ada.lindholm", &role("greeter", view)).await;
    world.done("ada.lindholm", &roles("rosa.keller", &["agent_no_bulk", "greeter"])).await;
    world.done("ada.lindholm", &invite("new", "agent")).await;
    let (permission, _) = world.refused("ada.lindholm", &roles("rosa.keller", &["owner"])).await;
    assert_eq!(permission, "users.assign_roles");
    let world = World::of("iclosed", "peakline").await;
    world.done("hannah.cole", &invite("new", "sales_manager")).await;
    world.done("hannah.cole", &roles("victor.lange", &["revenue_operations"])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_plan_does_not_include_is_refused_for_the_plan() {
    let world = World::of("cloze", "harborlight").await;
    let silver = settings(json!({"product": "cloze", "plan": "business_silver"}));
    let plain = Options::default();
    world.node.perform(&world.realm, &operator(), &silver, &plain).await.unwrap();
    let view = json!([{"permission": "team.view_user", "scope": "all"}]);
    let program = Remove { kind: DocumentKind::Program, id: "luxury_desk".into() };
    for (what, permission) in [
        (&new_role("new", view) as &dyn Operation, "role.create"),
        (&program as &dyn Operation, "eap.create"),
    ] {
        let told = world.refused("grace.holloway", what).await;
        assert_eq!(told, (permission.to_owned(), "plan".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lacks_the_products_right_hears_one_thing_whatever_is_there() {
    let world = World::of("atender", "brightwater").await;
    for rows in [
        vec![
            Box::new(roles("rosa.keller", &["agent_no_bulk"])) as Box<dyn Operation>,
            Box::new(roles("rosa.keller", &["owner"])),
            Box::new(roles("rosa.keller", &["onwer"])),
            Box::new(roles("nobody", &["agent"])),
        ],
        vec![
            Box::new(role("beta_tester", json!([]))),
            Box::new(put(DocumentKind::Role, "new", json!({"id": "new", "parents": ["agnet"]}))),
        ],
        vec![
            Box::new(status("felix.nakamura", Status::Deleted)),
            Box::new(status("nobody", Status::Deleted)),
        ],
    ] {
        let mut told = Vec::new();
        for row in &rows {
            told.push(world.refused("leo.marchetti", &**row).await);
        }
        told.dedup();
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
