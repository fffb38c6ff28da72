//! Conditions: all that a tenant has, and whether one that is being written is in order.

use crate::call::Call;
use crate::reply::Reply;
use crate::route::Route;
use crate::schema::{SchemaOf, list as list_schema, named, object, of, raw, revision};
use axum::http::Method;
use permesso_engine::condition::{ConditionEngine, ConditionTest};
use permesso_engine::diagnostic::Diagnostic;
use permesso_engine::model::{Grant, Matchers, Policy, Position, Program, Role, SharingRule, Text};
use permesso_front::{Problem, diagnostic};
use permesso_node::operation::{Put, body};
use permesso_node::{Caller, ChangeError, DocumentKind, Options, View};
use permesso_store::Body;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A condition that is being written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Draft {
    /// The condition.
    #[schemars(length(max = 4096))]
    condition: String,
    /// What it has to say of these cases.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    cases: Vec<ConditionTest>,
    /// Where it is to stand. The tenant is then checked with it there, and whom that concerns is
    /// told.
    #[serde(default)]
    attach: Option<Place>,
}

/// Where a condition stands.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    /// In what.
    kind: PlaceKind,
    /// In which one.
    #[schemars(length(min = 1, max = 256))]
    id: String,
    /// Of a role or policy: at which of its grants, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<usize>,
    /// Of a sharing rule: whether it says for whom the rule is, not for which records.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    viewers: bool,
}

/// In what conditions stand.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum PlaceKind {
    /// A role.
    Role,
    /// A policy.
    Policy,
    /// A program.
    Program,
    /// A sharing policy.
    SharingPolicy,
    /// A sharing override.
    SharingOverride,
}

impl PlaceKind {
    const fn kind(self) -> DocumentKind {
        match self {
            Self::Role => DocumentKind::Role,
            Self::Policy => DocumentKind::Policy,
            Self::Program => DocumentKind::Program,
            Self::SharingPolicy => DocumentKind::SharingPolicy,
            Self::SharingOverride => DocumentKind::SharingOverride,
        }
    }
}

impl Place {
    /// Whether what stands there grants something, or says for whom something is.
    const fn grants(&self) -> bool {
        match self.kind {
            PlaceKind::Role | PlaceKind::Policy | PlaceKind::Program => true,
            PlaceKind::SharingPolicy | PlaceKind::SharingOverride => self.viewers,
        }
    }
}

pub(crate) fn routes() -> Vec<Route> {
    let flag = || raw(json!({"type": "boolean"}));
    let text = || raw(json!({"type": "string"}));
    let attached: SchemaOf = object(vec![
        ("condition", text()),
        ("cases", raw(json!({"type": "integer", "minimum": 0}))),
        ("attached", of::<Place>()),
        ("standard", flag()),
    ]);
    vec![
        Route::new(
            Method::GET,
            "/tenants/{tenant}/conditions",
            "listConditions",
            "All conditions of a tenant's policy, with where each stands",
            list,
        )
        .reads("permesso.policy.read")
        .answers(object(vec![("revision", raw(revision())), ("items", list_schema(attached))])),
        Route::new(
            Method::POST,
            "/tenants/{tenant}/conditions/check",
            "checkCondition",
            "Whether a condition is in order: what it reads, what is wrong with it and where, \
             which cases it gets wrong. Nothing is written",
            check,
        )
        .only_looks()
        .reads("permesso.policy.read")
        .takes(of::<Draft>())
        .answers(object(vec![
            ("ok", flag()),
            ("reads", list_schema(text())),
            ("reads_now", flag()),
            ("diagnostics", list_schema(named("Diagnostic"))),
            ("failed", list_schema(named("FailedCase"))),
            ("impact?", named("Impact")),
        ])),
    ]
}

type Found<'a> = (&'a Text, &'a [ConditionTest], Place);

fn grants<'a>(kind: PlaceKind, id: &str, grants: &'a [Grant]) -> Vec<Found<'a>> {
    let found = grants.iter().enumerate().filter_map(|(at, grant)| {
        let place = Place { kind, id: id.to_owned(), grant: Some(at), viewers: false };
        Some((grant.condition.as_ref()?, grant.cases.as_slice(), place))
    });
    found.collect()
}

fn rules<'a>(kind: PlaceKind, rules: &'a [SharingRule]) -> Vec<Found<'a>> {
    let found = rules.iter().flat_map(|rule| {
        let place = |viewers| Place { kind, id: rule.id.to_string(), grant: None, viewers };
        let own = rule.condition.as_ref().map(|it| (it, rule.cases.as_slice(), place(false)));
        let Matchers { condition, cases, .. } = &rule.viewers;
        let viewers = condition.as_ref().map(|it| (it, cases.as_slice(), place(true)));
        [own, viewers].into_iter().flatten()
    });
    found.collect()
}

async fn list(call: Call) -> Result<Reply, Problem> {
    let look = call.look().await?;
    let view = look.view(call.node());
    let tenant = view.tenant();
    let mut items = Vec::new();
    let mut add = |found: Vec<Found<'_>>, standard: bool| {
        items.extend(found.into_iter().map(|(condition, cases, place)| {
            json!({
                "condition": condition,
                "cases": cases.len(),
                "attached": place,
                "standard": standard,
            })
        }));
    };
    for role in view.roles() {
        let standard = view.revision_of(DocumentKind::Role, &role.id).is_none();
        add(grants(PlaceKind::Role, &role.id, &role.grants), standard);
    }
    for policy in &tenant.policies {
        add(grants(PlaceKind::Policy, &policy.id, &policy.grants), false);
    }
    for program in &tenant.programs {
        let Matchers { condition, cases, .. } = &program.matchers;
        let (kind, id) = (PlaceKind::Program, program.id.to_string());
        let place = Place { kind, id, grant: None, viewers: false };
        add(condition.iter().map(|it| (it, cases.as_slice(), place.clone())).collect(), false);
    }
    add(rules(PlaceKind::SharingPolicy, &tenant.sharing.policies), false);
    add(rules(PlaceKind::SharingOverride, &tenant.sharing.overrides), false);
    let answer = json!({"revision": view.revision(), "items": items});
    Ok(Reply::json(&answer).revision(view.revision()))
}

async fn check(call: Call) -> Result<Reply, Problem> {
    static ENGINE: LazyLock<ConditionEngine> = LazyLock::new(ConditionEngine::new);
    let Draft { condition: source, cases, attach } = call.read()?;
    let look = call.look().await?;
    let view = look.view(call.node());
    // Of one that stands nowhere yet nobody knows whether it grants.
    let schema = view.schema(attach.as_ref().is_some_and(Place::grants));
    let (mut reads, mut reads_now, mut failed) = (Vec::new(), false, Vec::new());
    let mut found: Vec<Diagnostic> = Vec::new();
    match ENGINE.compile(&source, schema) {
        Ok(condition) => {
            reads = condition.inputs().iter().map(ToString::to_string).collect();
            reads_now = condition.reads_now();
            failed = condition.run_tests(&cases);
        }
        Err(faults) => found.extend(faults.into_iter().map(|fault| Diagnostic {
            file: "condition".to_owned(),
            at: fault.at,
            field: "condition".to_owned(),
            message: fault.message(),
            help: fault.help,
        })),
    }
    let mut told = None;
    if let (Some(place), true) = (&attach, found.is_empty() && failed.is_empty()) {
        match attached(&call, &view, place, &source, &cases).await? {
            Ok(impact) => told = Some(impact),
            Err(diagnostics) => found = diagnostics,
        }
    }
    let failed: Vec<Value> = failed
        .iter()
        .map(|failure| {
            json!({
                "index": failure.index,
                "name": failure.name,
                "expected": failure.expected,
                "message": failure.to_string(),
            })
        })
        .collect();
    let mut answer = json!({
        "ok": found.is_empty() && failed.is_empty(),
        "reads": reads,
        "reads_now": reads_now,
        "diagnostics": found.iter().map(diagnostic).collect::<Vec<_>>(),
        "failed": failed,
    });
    if let (Value::Object(answer), Some(impact)) = (&mut answer, told) {
        answer.insert("impact".to_owned(), impact);
    }
    Ok(Reply::json(&answer).revision(view.revision()))
}

/// What the condition would change where it is to stand; else what would be wrong.
async fn attached(
    call: &Call,
    view: &View<'_>,
    place: &Place,
    source: &str,
    cases: &[ConditionTest],
) -> Result<Result<Value, Vec<Diagnostic>>, Problem> {
    let (kind, id) = (place.kind.kind(), place.id.clone());
    let body = with(view, place, source, cases)?;
    let operation = Put { kind, id, body, create: false };
    let options = Options { dry_run: true, ..Options::default() };
    // Nothing is written, so nothing is asked but whether it would be right.
    let realm = view.realm();
    let tried = call.node().perform(realm, &Caller::System, &operation, &options).await;
    let done = match tried {
        Ok(done) => done,
        Err(ChangeError::Invalid(found)) => return Ok(Err(found.into_iter().collect())),
        // The condition is in order, and would leave nobody who can edit roles.
        Err(ChangeError::Guarded { message, .. }) => {
            return Ok(Err(vec![Diagnostic {
                file: "condition".to_owned(),
                at: Position::default(),
                field: "attach".to_owned(),
                message,
                help: None,
            }]));
        }
        Err(error) => return Err(error.into()),
    };
    match &done.tried {
        Some(tried) => Ok(Ok(call.impact(realm, &done, tried).await?)),
        None => Ok(Ok(Value::Null)),
    }
}

/// The document with the condition in its place.
fn with(
    view: &View<'_>,
    place: &Place,
    source: &str,
    cases: &[ConditionTest],
) -> Result<Body, Problem> {
    let (condition, cases) = (Some(Text::from(source)), cases.to_vec());
    let (kind, id) = (place.kind.kind(), place.id.as_str());
    let no_grant = || Problem::invalid("attach.grant", "there is no such grant; count from 0");
    match place.kind {
        PlaceKind::Role => {
            let role = view.role(id).ok_or_else(|| view.missing(kind, id))?;
            let mut role: Role = role.clone();
            let grant = place.grant.and_then(|at| role.grants.get_mut(at)).ok_or_else(no_grant)?;
            (grant.condition, grant.cases) = (condition, cases);
            Ok(body(kind, id, &role)?)
        }
        PlaceKind::Policy => {
            let mut policy: Policy = view.policy(kind, id)?;
            let grant = place.grant.and_then(|at| policy.grants.get_mut(at));
            let grant = grant.ok_or_else(no_grant)?;
            (grant.condition, grant.cases) = (condition, cases);
            Ok(body(kind, id, &policy)?)
        }
        PlaceKind::Program => {
            let mut program: Program = view.policy(kind, id)?;
            (program.matchers.condition, program.matchers.cases) = (condition, cases);
            Ok(body(kind, id, &program)?)
        }
        PlaceKind::SharingPolicy | PlaceKind::SharingOverride => {
            let mut rule: SharingRule = view.policy(kind, id)?;
            if place.viewers {
                (rule.viewers.condition, rule.viewers.cases) = (condition, cases);
            } else {
                (rule.condition, rule.cases) = (condition, cases);
            }
            Ok(body(kind, id, &rule)?)
        }
    }
}
