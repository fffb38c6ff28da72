//! What questions about people cost in a large tenant, beside a plain pass over everybody: the
//! figure that no such question can go below once it has to look at each of them. The pass reads
//! one value of each user, found by id. Ratios matter, absolute figures depend on the machine.

use criterion::{Criterion, criterion_group, criterion_main};
use permesso_engine::compile::{self, Compiled, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::Resource;
use permesso_engine::inspect::{
    Circumstances, Proposal, diff, impact, items, memberships, rights, who_can,
};
use permesso_engine::load::Source;
use permesso_engine::model::{
    Access, Attributes, Catalog, Category, Directory, Grant, Item, Matchers, Permission, Program,
    ResourceKind, Role, Scope, Tenant, User,
};
use std::hint::black_box;
use std::sync::Arc;

const PERMISSIONS: usize = 60;
const ROLES: usize = 100;
const NOW: i64 = 1_000;

fn permission(n: usize) -> String {
    format!("permission{n}")
}

/// A tenant in which a tenth of the users hold the role `crowd`.
struct World {
    users: usize,
    /// The scope at which that role grants its first permission.
    crowd: Scope,
    /// The tag that admits to the program.
    tag: &'static str,
}

impl World {
    fn compile(&self) -> Compiled {
        let permissions = (0..PERMISSIONS).map(|n| Permission {
            id: permission(n).into(),
            requires: if n % 10 == 9 { vec![permission(n - 1).into()] } else { Vec::new() },
            ..Permission::default()
        });
        let catalog = Catalog {
            product: "bench".into(),
            version: "1.0.0".into(),
            relations: vec!["owner".into()],
            own_means: vec!["owner".into()],
            resource_kinds: [(
                "shelf".to_owned(),
                ResourceKind { exclusive: vec![Access::View], ..ResourceKind::default() },
            )]
            .into(),
            categories: vec![Category {
                id: "all".into(),
                permissions: permissions.collect(),
                ..Category::default()
            }],
            ..Catalog::default()
        };
        let grant = |n: usize, scope| Grant {
            permission: Some(permission(n % PERMISSIONS).into()),
            scope,
            ..Grant::default()
        };
        let mut roles: Vec<Role> = (0..ROLES)
            .map(|r| Role {
                id: format!("role{r}").into(),
                grants: (0..8).map(|n| grant(20 + r * 7 + n * 5, Scope::OWN)).collect(),
                ..Role::default()
            })
            .collect();
        roles.push(Role {
            id: "crowd".into(),
            grants: vec![grant(0, self.crowd), grant(8, Scope::ALL), grant(9, Scope::ALL)],
            ..Role::default()
        });
        let programs = (0..20).map(|n| Program {
            id: format!("program{n}").into(),
            matchers: Matchers {
                tags: vec![if n == 0 { self.tag.to_owned() } else { format!("tag{n}") }.into()],
                ..Matchers::default()
            },
            gives: (0..20)
                .map(|item| Item {
                    kind: "shelf".into(),
                    id: format!("s{n}_{item}").into(),
                    access: Access::View,
                })
                .collect(),
            ..Program::default()
        });
        let tenant = Tenant {
            tenant: "bench".into(),
            product: "bench".into(),
            roles: roles.into_iter().map(Into::into).collect(),
            programs: programs.map(Into::into).collect(),
            ..Tenant::default()
        };
        let users = (0..self.users).map(|u| User {
            id: format!("user{u}").into(),
            roles: match u % 10 {
                0 => vec!["crowd".into(), format!("role{}", u % ROLES).into()],
                _ => vec![format!("role{}", u % ROLES).into()],
            },
            tags: vec![format!("tag{}", u % 20).into()],
            ..User::default()
        });
        let compiled = compile(&Definition {
            catalog: &compile::catalog(Source::new("catalog", catalog)),
            tenant: &Arc::new(Source::new("tenant", tenant)),
            people: PeopleFrom::Directory(&Source::new(
                "directory",
                Directory { users: users.collect(), ..Directory::default() },
            )),
            families: &FamilySet::new(),
            revision: 1,
            lenient: false,
            before: None,
        });
        compiled.unwrap()
    }
}

/// Reads one value of everybody, found by id.
fn pass(tenant: &Compiled, ids: &[String]) -> usize {
    ids.iter().filter_map(|id| tenant.member(id)).map(|member| member.id().len()).sum()
}

fn ids(users: usize) -> Vec<String> {
    (0..users).map(|u| format!("user{u}")).collect()
}

fn of_edits(c: &mut Criterion) {
    const USERS: usize = 100_000;
    let world = |crowd, tag| World { users: USERS, crowd, tag }.compile();
    let (before, same) = (world(Scope::ALL, "tag0"), world(Scope::ALL, "tag0"));
    let (narrowed, moved) = (world(Scope::OWN, "tag0"), world(Scope::ALL, "tag1"));
    let ids = ids(USERS);
    let mut group = c.benchmark_group("impact in 100,000 users");
    group.sample_size(20);
    group.bench_function("floor: a plain pass over both directories", |b| {
        b.iter(|| pass(black_box(&before), &ids) + pass(black_box(&narrowed), &ids));
    });
    let run = |after: &Compiled, limit| {
        let proposal =
            Proposal { before: &before, after, now: NOW, acting: None, questions: &[], limit };
        let mut impact = impact(black_box(&proposal)).unwrap();
        let listed = impact.by_ref().count();
        (listed, impact.totals().affected)
    };
    assert_eq!(run(&same, 1_000), (0, 0));
    assert_eq!(run(&narrowed, 1_000), (1_000, 10_000));
    assert_eq!(run(&moved, 1_000), (1_000, 10_000));
    group.bench_function("nothing changed", |b| b.iter(|| run(&same, 1_000)));
    group.bench_function("a role of 10,000 narrowed, 1,000 listed", |b| {
        b.iter(|| run(&narrowed, 1_000));
    });
    group.bench_function("a role of 10,000 narrowed, all listed", |b| {
        b.iter(|| run(&narrowed, 10_000));
    });
    group.bench_function("a program of 5,000 moved to 5,000 others, 1,000 listed", |b| {
        b.iter(|| run(&moved, 1_000));
    });
    group.finish();
}

fn of_people(c: &mut Criterion) {
    const USERS: usize = 10_000;
    let tenant = World { users: USERS, crowd: Scope::ALL, tag: "tag0" }.compile();
    let ids = ids(USERS);
    let attributes = Attributes::new();
    let mut group = c.benchmark_group("of one user");
    group.bench_function("rights", |b| {
        b.iter(|| rights(black_box(&tenant), "user10", NOW));
    });
    group.bench_function("rights, programs and items", |b| {
        b.iter(|| {
            let tenant = black_box(&tenant);
            let rights = rights(tenant, "user10", NOW);
            (rights, memberships(tenant, "user10", NOW), items(tenant, "user10", NOW))
        });
    });
    group.bench_function("difference from another one", |b| {
        b.iter(|| diff(black_box(&tenant), "user10", "user11", NOW));
    });
    group.finish();

    let mut group = c.benchmark_group("who can in 10,000 users");
    group.bench_function("floor: a plain pass over the directory", |b| {
        b.iter(|| pass(black_box(&tenant), &ids));
    });
    let run = |action, limit| {
        let resource = Resource { kind: "record", id: Some("r1"), attributes: &attributes };
        let about = Circumstances {
            resource,
            context: &attributes,
            asserted: permesso_engine::decision::Asserted::NONE,
            now: NOW,
        };
        who_can(black_box(&tenant), action, about, limit).unwrap().count()
    };
    assert_eq!((run("permission0", 10_000), run("permission30", 10_000)), (1_000, 0));
    group.bench_function("1,000 may", |b| b.iter(|| run("permission0", 10_000)));
    group.bench_function("nobody may", |b| b.iter(|| run("permission30", 10_000)));
    group.bench_function("1,000 may, the first 10 asked for", |b| {
        b.iter(|| run("permission0", 10));
    });
    group.finish();
}

criterion_group!(benches, of_edits, of_people);
criterion_main!(benches);
