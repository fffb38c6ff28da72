//! Roles within limits: the seventeen default cluster roles of Kubernetes in 300 namespaces, with
//! 5,100 people who hold one role in one of them, and one who holds a role in all of them.

#![allow(unreachable_pub, missing_docs, dead_code, reason = "shares its world with a test")]

#[path = "../tests/engine/kubernetes/world.rs"]
mod world;

use criterion::{Criterion, criterion_group, criterion_main};
use permesso_engine::Authorizer;
use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load::Source;
use permesso_engine::model::{Attributes, Role, Tenant, Value};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const NONE: &Attributes<'static> = &Attributes::new();

fn assignments(criterion: &mut Criterion) {
    let start = Instant::now();
    let catalog = compile::catalog(world::catalog());
    let (tenant, people, families) = (world::tenant(), world::people(5_100), FamilySet::new());
    let definition = |tenant, before| Definition {
        catalog: &catalog,
        tenant,
        people: PeopleFrom::Directory(&people),
        families: &families,
        revision: 1,
        lenient: false,
        before,
    };
    let compiled = compile(&definition(&tenant, None)).unwrap();
    println!("17 roles, 300 namespaces, 5,101 users: loaded in {:?}", start.elapsed());

    let mut next = Source::<Tenant>::clone(&tenant);
    let original = &catalog.source().value.standard_roles[0];
    let mut role = Role::clone(original);
    role.grants.pop();
    next.value.roles.push(Arc::new(role));
    let next = Arc::new(next);
    let subjects = Arc::new(permesso_engine::directory::Subjects::new(10_000));
    let open = |tenant, before| Definition {
        people: PeopleFrom::Subjects(&subjects),
        ..definition(tenant, before)
    };
    let before = compile(&open(&tenant, None)).unwrap();
    criterion.bench_function("one role edited, users read as they are asked about", |bench| {
        bench.iter(|| compile(&open(&next, Some(&before))).unwrap());
    });

    let authorizer = Authorizer::new(0);
    authorizer.install(compiled);
    let action = world::cluster_roles()[0].rules[0].permissions().swap_remove(0);
    for (name, subject, space) in [
        ("one assignment, its namespace", "u00000", world::namespace(world::assigned(0).1)),
        ("one assignment, another namespace", "u00000", "ns299".to_owned()),
        ("300 assignments, the last one", "everywhere", "ns299".to_owned()),
    ] {
        let attributes: Attributes<'_> =
            [("namespace", Value::from(space.as_str()))].into_iter().collect();
        let resource = Resource { kind: "pod", id: Some("p"), attributes: &attributes };
        let request = Request {
            subject,
            action: &action,
            resource,
            context: NONE,
            asserted: Asserted::NONE,
            now: 1_800_000_000_000,
        };
        criterion.bench_function(name, |bench| {
            bench.iter(|| authorizer.decide("acme", black_box(&request)));
        });
    }
}

criterion_group!(benches, assignments);
criterion_main!(benches);
