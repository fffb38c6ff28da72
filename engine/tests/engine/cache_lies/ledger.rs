//! A product in which one decision rests on everything that there is, and questions about it.

use crate::common::{Closure, doc};
use permesso_engine::Authorizer;
use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::family::{
    Answer, Effect, Family, Fault, Input, InputKind, InputSpec, Manifest, Question, ReasonSpec,
};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};
use std::sync::Arc;

/// A product in which the decision about one permission rests on everything that there is.
pub(crate) const CATALOG: &str = r#"
product: ledgers
version: 1.0.0
title: Ledgers
teams: {attribute: team}
relations: [author]
own_means: [author]
attributes: {resource.words: integer, resource.address.city: text, context.ip: text, context.desk: text}
resource_kinds:
  shelf: {exclusive: [view]}
  book: {exclusive: [view], part_of: [{kind: shelf, by: {attribute: shelf}}]}
categories:
  - id: books
    permissions:
      - {id: book.read, family: books, exclusive: view, requires: [book.list]}
      - {id: book.write, family: books}
      - {id: book.list}
  - id: limits
    permissions:
      - {id: limit.abroad, constraint: {forbids: [book.read], unless: {context.country: IT}}}
guards:
  - {id: fresh, on: [book.read], require: {resource.age: {at_most: 7}}, message: this is too old}
  - {id: short, on: [book.read], condition: 'resource.words <= 500 && resource.address.city == "Rome"', message: not here}
standard_roles: []
"#;

pub(crate) const TENANT: &str = r#"
tenant: acme
product: ledgers
teams: [north, south]
roles:
  - {id: reader, grants: [{permission: book.read, scope: own, teams: [north], valid_until: 1970-01-01T00:00:02Z, condition: 'in_cidr(context.ip, "10.0.0.0/8")'}]}
  - {id: lister, grants: [{permission: book.list, scope: all, condition: 'context.desk == "front"'}]}
  - {id: confined, grants: [{permission: limit.abroad, scope: all}]}
programs:
  - {id: rare, match: {tags: [collector]}, gives: [{kind: shelf, id: rare, access: view}, {kind: book, id: rarest, access: view}]}
families:
  books: {config: {}}
"#;

pub(crate) const PEOPLE: &str = "
users:
  - {id: ann, roles: [reader, lister, confined]}
  - {id: bob, roles: [lister]}
";

pub(crate) fn books(
    rule: impl Fn(&Question<'_>) -> Result<Answer, Fault> + Send + Sync + 'static,
) -> Arc<Closure> {
    let input = |path: &str| InputSpec { path: path.parse().unwrap(), kind: InputKind::Text };
    Arc::new(Closure {
        manifest: Manifest {
            id: "books".into(),
            version: "1.0.0".into(),
            title: "Books".into(),
            permissions: vec!["book.read".into(), "book.write".into()],
            kinds: vec!["book".into()],
            inputs: vec![input("resource.state"), input("context.device")],
            reasons: vec![ReasonSpec { code: "locked".into(), text: "It is locked.".into() }],
            obligations: Vec::new(),
            requires: Vec::new(),
            floors: Vec::new(),
            config_schema: String::new(),
        },
        rule: Box::new(rule),
        calls: 0.into(),
        batches: 0.into(),
    })
}

/// Forbids what is locked, and on a phone.
pub(crate) fn by_state(question: &Question<'_>) -> Result<Answer, Fault> {
    let is =
        |at: usize, text: &str| question.inputs.get(at) == Some(&Some(Input::Text(text.into())));
    let effect =
        if is(0, "locked") || is(1, "phone") { Effect::Forbid(0) } else { Effect::Abstain };
    Ok(Answer { effect, ..Answer::ABSTAIN })
}

pub(crate) fn install(
    authorizer: &Authorizer,
    tenant: &str,
    people: &str,
    families: &FamilySet,
    revision: u64,
) {
    let compiled = compile(&Definition {
        catalog: &compile::catalog(load::catalog("product.yaml", CATALOG).unwrap()),
        tenant: &Arc::new(load::tenant("tenant.yaml", tenant).unwrap()),
        people: PeopleFrom::Directory(&load::directory("people.yaml", people).unwrap()),
        families,
        revision,
        lenient: false,
        before: None,
    });
    authorizer.install(compiled.unwrap_or_else(|faults| panic!("{faults}")));
}

pub(crate) fn families(family: &Arc<Closure>) -> FamilySet {
    [("books".to_owned(), Arc::clone(family) as Arc<dyn Family>)].into()
}

pub(crate) fn authorizer(capacity: u64, family: &Arc<Closure>) -> Authorizer {
    let authorizer = Authorizer::new(capacity);
    install(&authorizer, TENANT, PEOPLE, &families(family), 1);
    authorizer
}

/// A question that can be changed in one place.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) what: &'static str,
    pub(crate) tenant: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) action: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) id: Option<&'static str>,
    pub(crate) resource: Attributes<'static>,
    pub(crate) context: Attributes<'static>,
    pub(crate) now: i64,
}

impl Case {
    pub(crate) fn allowed() -> Self {
        let city = Value::Map(doc(&[("city", "Rome".into())]));
        Self {
            what: "as it is",
            tenant: "acme",
            subject: "ann",
            action: "book.read",
            kind: "book",
            id: Some("b1"),
            resource: doc(&[
                ("author", "ann".into()),
                ("team", "north".into()),
                ("age", Value::Int(3)),
                ("words", Value::Int(100)),
                ("address", city),
                ("shelf", "s1".into()),
                ("state", "draft".into()),
            ]),
            context: doc(&[
                ("ip", "10.1.2.3".into()),
                ("desk", "front".into()),
                ("country", "IT".into()),
                ("device", "desktop".into()),
            ]),
            now: 1_000,
        }
    }

    pub(crate) fn with(what: &'static str, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self { what, ..Self::allowed() };
        change(&mut case);
        case
    }

    pub(crate) fn request(&self) -> Request<'_> {
        Request {
            subject: self.subject,
            action: self.action,
            resource: Resource { kind: self.kind, id: self.id, attributes: &self.resource },
            context: &self.context,
            asserted: Asserted::NONE,
            now: self.now,
        }
    }
}

/// The allowed question, changed in one place that turns it into a denied one.
pub(crate) fn denied() -> Vec<Case> {
    let resource = |what, name: &'static str, value: Value<'static>| {
        Case::with(what, |case| case.resource.set(name, value))
    };
    let context = |name: &'static str, text: &'static str| {
        Case::with(name, |case| case.context.set(name, text.into()))
    };
    let city = |name: &'static str| Value::Map(doc(&[("city", name.into())]));
    vec![
        Case::with("the tenant", |case| case.tenant = "other"),
        Case::with("the subject", |case| case.subject = "bob"),
        Case::with("the action", |case| case.action = "book.write"),
        Case::with("the kind", |case| {
            case.kind = "shelf";
            case.id = Some("rare");
        }),
        Case::with("the id", |case| case.id = Some("rarest")),
        Case::with("no id", |case| case.id = None),
        resource("the author", "author", "bob".into()),
        resource("the author among several", "author", Value::List(vec!["bob".into()])),
        resource("the team", "team", "south".into()),
        resource("what a guard compares", "age", Value::Int(8)),
        resource("what a guard compares, as a text", "age", "3".into()),
        resource("what a condition reads", "words", Value::Int(501)),
        resource("what a condition reads, ill-typed", "words", "100".into()),
        resource("what a condition reads deep inside", "address", city("Bonn")),
        resource("nothing deep inside", "address", Value::Null),
        resource("what it is a part of", "shelf", "rare".into()),
        resource("what the family reads", "state", "locked".into()),
        resource("what the family reads, ill-typed", "state", Value::Int(1)),
        context("ip", "11.1.2.3"),
        context("desk", "back"),
        context("country", "DE"),
        context("device", "phone"),
    ]
}
