//! What an edit of one role costs the engine: the tenant compiled upon the one before it, beside
//! the tenant compiled from nothing, and the first decision under it.
//!
//! Two tenants: ten thousand small roles, and three hundred namespaces with an admin, an edit and
//! a view role of 150 to 300 grants each, every one limited to its namespace.

use criterion::{Criterion, criterion_group, criterion_main};
use permesso_engine::Authorizer;
use permesso_engine::compile::{
    self, Compiled, CompiledCatalog, Definition, FamilySet, PeopleFrom,
};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::directory::{Loaded, StoredUser, Subjects};
use permesso_engine::load::Source;
use permesso_engine::model::{
    Attributes, Catalog, Category, Grant, Permission, Role, Scope, Tenant, User,
};
use std::hint::black_box;
use std::sync::Arc;

const PERMISSIONS: usize = 320;

fn permission(n: usize) -> String {
    format!("resource{}.verb{}", n / 8, n % 8)
}

fn catalog() -> Arc<CompiledCatalog> {
    let permissions = (0..PERMISSIONS)
        .map(|n| Permission { id: permission(n).into(), ..Permission::default() })
        .collect();
    let all = Category { id: "all".into(), permissions, ..Category::default() };
    let catalog = Catalog {
        product: "bench".into(),
        version: "1.0.0".into(),
        relations: vec!["owner".into()],
        own_means: vec!["owner".into()],
        categories: vec![all],
        ..Catalog::default()
    };
    compile::catalog(Source::new("catalog", catalog))
}

fn role(id: String, grants: impl Iterator<Item = usize>, team: Option<&str>) -> Arc<Role> {
    let grants = grants.map(|n| Grant {
        permission: Some(permission(n % PERMISSIONS).into()),
        scope: Scope::ALL,
        teams: team.map(Into::into).into_iter().collect(),
        ..Grant::default()
    });
    Arc::new(Role { id: id.into(), grants: grants.collect(), ..Role::default() })
}

fn many_roles() -> Vec<Arc<Role>> {
    (0..10_000).map(|r| role(format!("role_{r:05}"), (0..8).map(|n| r * 7 + n * 5), None)).collect()
}

fn namespaces() -> Vec<Arc<Role>> {
    let of = |n: usize| {
        let team = format!("ns{n:03}");
        let sizes = [("admin", 300), ("edit", 205), ("view", 150)];
        sizes.map(|(name, size)| role(format!("{team}-{name}"), 0..size, Some(&team)))
    };
    (0..300).flat_map(of).collect()
}

struct World {
    catalog: Arc<CompiledCatalog>,
    subjects: Arc<Subjects>,
    families: FamilySet,
}

impl World {
    fn compile(&self, tenant: &Arc<Source<Tenant>>, before: Option<&Compiled>) -> Compiled {
        compile::compile(&Definition {
            catalog: &self.catalog,
            tenant,
            people: PeopleFrom::Subjects(&self.subjects),
            families: &self.families,
            revision: 1,
            lenient: false,
            before,
        })
        .unwrap()
    }
}

fn edits(c: &mut Criterion) {
    for (name, roles) in
        [("10,000 roles", many_roles()), ("900 roles of 196,500 grants", namespaces())]
    {
        let world = World {
            catalog: catalog(),
            subjects: Arc::new(Subjects::new(100)),
            families: FamilySet::new(),
        };
        let held = roles[roles.len() / 2].id.clone();
        let tenant =
            Tenant { tenant: "bench".into(), product: "bench".into(), roles, ..Tenant::default() };
        let mut tenant = Arc::new(Source::new("tenant", tenant));
        let authorizer = Authorizer::new(0);
        let mut before = Arc::new(world.compile(&tenant, None));
        let user = User { id: "ann".into(), roles: vec![held.into()], ..User::default() };
        let record = StoredUser { user, delegations: Vec::new() };
        world.subjects.admit(&before, 1, vec![Loaded::User(Box::new(record))]);
        let (attributes, action) = (Attributes::new(), permission(3));
        let request = Request {
            subject: "ann",
            action: &action,
            resource: Resource { kind: "pod", id: Some("p"), attributes: &attributes },
            context: &attributes,
            asserted: Asserted::NONE,
            now: 1_700_000_000_000,
        };
        let mut group = c.benchmark_group(name);
        group.sample_size(20);
        group.bench_function("compiled from nothing", |b| {
            b.iter(|| black_box(world.compile(&tenant, None)));
        });
        let mut n = 0;
        group.bench_function("edit of one role to the first decision under it", |b| {
            b.iter(|| {
                let mut next = Source::clone(&tenant);
                let at = n * 31 % next.value.roles.len();
                n += 1;
                let edited = Arc::make_mut(&mut next.value.roles[at]);
                edited.grants[0].scope = if n % 2 == 0 { Scope::ALL } else { Scope::OWN };
                let next = Arc::new(next);
                let compiled = Arc::new(world.compile(&next, Some(&before)));
                authorizer.install(Arc::clone(&compiled));
                black_box(authorizer.decide("bench", &request));
                (tenant, before) = (next, compiled);
            });
        });
        group.finish();
    }
}

criterion_group!(benches, edits);
criterion_main!(benches);
