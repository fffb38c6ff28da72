//! What it costs to hold a question against the contract: the same decisions under a catalog that
//! binds its permissions to kinds and declares what a question sends, and under one that does not.

use criterion::{Criterion, criterion_group, criterion_main};
use permesso_engine::Authorizer;
use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Value};
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

const USERS: usize = 1_000;
const KINDS: usize = 40;

const DECLARED: &str = "{name: text, state: {type: text, one_of: [open, closed]}, \
                        shared: {type: boolean, required: true}, words: integer}";

fn authorizer(closed: bool) -> Authorizer {
    let mut catalog = String::from(
        "product: bench\nversion: 1.0.0\nrelations: [owner]\nown_means: [owner]\nresource_kinds:\n",
    );
    let mut categories = String::from("categories:\n");
    for kind in 0..KINDS {
        let attributes = if closed { DECLARED } else { "{}" };
        let _ = writeln!(catalog, "  kind{kind}: {{attributes: {attributes}}}");
        let kinds = if closed { format!(", kinds: [kind{kind}]") } else { String::new() };
        let _ = writeln!(
            categories,
            "  - {{id: c{kind}{kinds}, permissions: [{{id: kind{kind}.read}}, {{id: kind{kind}.edit}}]}}"
        );
    }
    let mut tenant = String::from("tenant: bench\nproduct: bench\nroles:\n");
    for role in 0..KINDS {
        let _ = writeln!(
            tenant,
            "  - {{id: r{role}, grants: [{{permission: kind{role}.read, scope: all}}, \
             {{permission: kind{role}.edit, scope: own}}]}}"
        );
    }
    let mut people = String::from("users:\n");
    for user in 0..USERS {
        let (one, other) = (user % KINDS, (user * 7 + 1) % KINDS);
        let _ = writeln!(people, "  - {{id: u{user}, roles: [r{one}, r{other}]}}");
    }
    let definition = Definition {
        catalog: &compile::catalog(
            load::catalog("catalog", &(catalog + categories.as_str())).unwrap(),
        ),
        tenant: &Arc::new(load::tenant("tenant", &tenant).unwrap()),
        people: PeopleFrom::Directory(&load::directory("people", &people).unwrap()),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    };
    let authorizer = Authorizer::new(0);
    authorizer.install(compile(&definition).unwrap());
    authorizer
}

/// Questions about every kind, as many allowed as denied; no more of them than stay at hand, as a
/// question does that was just read.
fn questions() -> Vec<(String, String, String, Attributes<'static>)> {
    (0..64)
        .map(|n| {
            let user = n * 13 % USERS;
            let kind = if n % 2 == 0 { user % KINDS } else { n % KINDS };
            let attributes = [
                ("name", Value::from("Ann Example")),
                ("state", Value::from("open")),
                ("owner", Value::from(format!("u{}", n * 13 % USERS))),
                ("shared", Value::Bool(true)),
                ("words", Value::Int(120)),
            ];
            let act = if n % 3 == 0 { "edit" } else { "read" };
            let action = format!("kind{kind}.{act}");
            (format!("u{user}"), action, format!("kind{kind}"), attributes.into_iter().collect())
        })
        .collect()
}

fn contract(criterion: &mut Criterion) {
    let questions = questions();
    let context = Attributes::new();
    let request = |n: usize| {
        let (subject, action, kind, attributes) = &questions[n % questions.len()];
        Request {
            subject,
            action,
            resource: Resource { kind, id: Some("c1"), attributes },
            context: &context,
            asserted: Asserted::NONE,
            now: 1_800_000_000_000,
        }
    };
    let worlds = [("without a contract", authorizer(false)), ("with one", authorizer(true))];
    for n in 0..questions.len() {
        let [open, closed] = worlds.each_ref().map(|(_, it)| it.decide("bench", &request(n)));
        assert_eq!(open, closed, "what is declared is sent as declared");
    }
    for (name, authorizer) in &worlds {
        let mut next = 0;
        criterion.bench_function(&format!("decision {name}"), |bench| {
            bench.iter(|| {
                next += 1;
                authorizer.decide("bench", black_box(&request(next))).is_allow()
            });
        });
    }
}

criterion_group!(benches, contract);
criterion_main!(benches);
