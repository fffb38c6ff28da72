//! A small product and a family made of a closure.
#![allow(unreachable_pub, missing_docs, reason = "a stock of parts")]

pub mod written;

use permesso_engine::Authorizer;
use permesso_engine::compile::{
    self, Compiled, Definition, FamilySet, PeopleFrom, compile, recompile_users,
};
use permesso_engine::decision::{Asserted, Decision, Explanation, Request, Resource};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::family::{
    Answer, Family, Fault, InputKind, InputSpec, Manifest, ObligationSpec, Question, ReasonSpec,
};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub const CATALOG: &str = include_str!("product.yaml");
pub const TENANT: &str = include_str!("tenant.yaml");
pub const PEOPLE: &str = include_str!("people.yaml");

/// What a closure family is asked to do.
pub type Rule = dyn Fn(&Question<'_>) -> Result<Answer, Fault> + Send + Sync;

pub struct Closure {
    pub manifest: Manifest,
    pub rule: Box<Rule>,
    pub calls: AtomicUsize,
    pub batches: AtomicUsize,
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closure")
    }
}

impl Family for Closure {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn digest(&self) -> &str {
        "sha256:closure"
    }

    fn evaluate(&self, _: &str, question: &Question<'_>) -> Result<Answer, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        (self.rule)(question)
    }

    fn evaluate_batch(&self, _: &str, questions: &[Question<'_>]) -> Vec<Result<Answer, Fault>> {
        self.batches.fetch_add(1, Ordering::Relaxed);
        questions.iter().map(|question| (self.rule)(question)).collect()
    }
}

/// A family `docs` that reads `resource.state`, `resource.words` and whether `doc.publish` is
/// held.
pub fn family(
    rule: impl Fn(&Question<'_>) -> Result<Answer, Fault> + Send + Sync + 'static,
) -> Arc<Closure> {
    let text = |text: &str| text.to_owned();
    let input = |path: &str, kind| InputSpec { path: path.parse().unwrap(), kind };
    Arc::new(Closure {
        manifest: Manifest {
            id: text("docs"),
            version: text("1.2.3"),
            title: text("Documents"),
            permissions: vec![text("doc.read"), text("doc.write"), text("doc.browse")],
            kinds: vec![text("doc")],
            inputs: vec![
                input("resource.state", InputKind::Text),
                input("resource.words", InputKind::Integer),
                input("subject.holds.doc.publish", InputKind::Boolean),
                input("config.house", InputKind::Text),
            ],
            reasons: vec![
                ReasonSpec { code: text("locked"), text: text("The document is locked.") },
                ReasonSpec { code: text("open-house"), text: text("Everyone may browse.") },
            ],
            obligations: vec![ObligationSpec { code: text("redact"), values: vec![text("body")] }],
            requires: vec![text("doc.publish"), text("elsewhere.only")],
            floors: vec![text("doc.browse")],
            config_schema: String::new(),
        },
        rule: Box::new(rule),
        calls: AtomicUsize::new(0),
        batches: AtomicUsize::new(0),
    })
}

pub fn families(family: &Arc<Closure>) -> FamilySet {
    [("docs".to_owned(), Arc::clone(family) as Arc<dyn Family>)].into()
}

/// Compiles documents given as text.
pub fn build(
    catalog: &str,
    tenant: &str,
    people: &str,
    families: &FamilySet,
) -> Result<Compiled, Diagnostics> {
    compile(&Definition {
        catalog: &compile::catalog(load::catalog("product.yaml", catalog)?),
        tenant: &Arc::new(load::tenant("tenant.yaml", tenant)?),
        people: PeopleFrom::Directory(&load::directory("people.yaml", people)?),
        families,
        revision: 7,
        lenient: false,
        before: None,
    })
}

pub fn authorizer(families: &FamilySet) -> Authorizer {
    let authorizer = Authorizer::new(1000);
    authorizer.install(build(CATALOG, TENANT, PEOPLE, families).unwrap());
    authorizer
}

/// A resource of kind `doc` with attributes.
pub fn doc<'a>(attributes: &[(&'a str, Value<'a>)]) -> Attributes<'a> {
    attributes.iter().cloned().collect()
}

pub const EMPTY: &Attributes<'static> = &Attributes::new();

pub fn request<'a>(
    subject: &'a str,
    action: &'a str,
    attributes: &'a Attributes<'a>,
) -> Request<'a> {
    Request {
        subject,
        action,
        resource: Resource { kind: "doc", id: Some("d1"), attributes },
        context: EMPTY,
        asserted: Asserted::NONE,
        now: 1_000,
    }
}

/// Decides and explains, and demands that both agree.
pub fn both(authorizer: &Authorizer, request: &Request<'_>) -> (Decision, Explanation) {
    let decision = authorizer.decide("acme", request);
    let explanation = authorizer.explain("acme", request);
    assert_eq!(decision.verdict, explanation.decision.verdict, "{:#?}", explanation.trace);
    assert_eq!(decision.reason, explanation.decision.reason, "{:#?}", explanation.trace);
    assert_eq!(decision.obligations, explanation.decision.obligations);
    let batch = authorizer.decide_batch("acme", std::slice::from_ref(request));
    assert_eq!(batch, std::slice::from_ref(&decision));
    (decision, explanation)
}

/// `allow` or the code and detail of the denial.
pub fn outcome(
    authorizer: &Authorizer,
    subject: &str,
    action: &str,
    attributes: &[(&str, Value<'_>)],
) -> String {
    let attributes = attributes.iter().cloned().collect();
    let (decision, _) = both(authorizer, &request(subject, action, &attributes));
    match (decision.is_allow(), decision.reason.detail()) {
        (true, _) => "allow".to_owned(),
        (false, None) => decision.reason.code().to_owned(),
        (false, Some(detail)) => format!("{} {detail}", decision.reason.code()),
    }
}

/// The tenant with some of its users compiled anew.
pub fn change(compiled: &Compiled, people: &str, changed: &[&str]) -> Compiled {
    let directory = load::directory("people.yaml", people).unwrap();
    recompile_users(compiled, &directory, 7, changed).unwrap()
}
