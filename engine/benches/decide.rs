//! What a decision costs, beside an evaluator that a careful programmer writes by hand.
//!
//! Three of those floors are measured in the same run: hash maps of the standard library, the
//! same with the hasher that the engine uses, and the loop's own cost. Ratios matter, absolute
//! figures depend on the machine.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use permesso_engine::Authorizer;
use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::directory::{Loaded, StoredUser, Subjects};
use permesso_engine::family::{Answer, Family, Fault, InputKind, InputSpec, Manifest, Question};
use permesso_engine::flip::flips;
use permesso_engine::load::Source;
use permesso_engine::model::{
    self as model, Attributes, Catalog, Category, Grant, Permission, Role, Scope, Tenant, User,
    Value,
};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::sync::Arc;

const PERMISSIONS: usize = 60;
const USERS: usize = 1_000;
/// How many roles a user holds where that is not what is measured.
const HELD: usize = 2;

/// A family that has nothing against anything and costs next to nothing.
#[derive(Debug)]
struct Quiet(Manifest);

impl Family for Quiet {
    fn manifest(&self) -> &Manifest {
        &self.0
    }
    fn digest(&self) -> &str {
        "sha256:quiet"
    }
    fn evaluate(&self, _: &str, _: &Question<'_>) -> Result<Answer, Fault> {
        Ok(Answer::ABSTAIN)
    }
    fn evaluate_batch(&self, _: &str, questions: &[Question<'_>]) -> Vec<Result<Answer, Fault>> {
        questions.iter().map(|_| Ok(Answer::ABSTAIN)).collect()
    }
}

fn permission(n: usize) -> String {
    format!("category{}.permission{n}", n % 6)
}

fn role(n: usize) -> String {
    format!("role_{n}")
}

/// What role `r` grants: eight permissions, half of them own.
fn grants(r: usize) -> impl Iterator<Item = (String, bool)> {
    (0..8).map(move |n| (permission((r * 7 + n * 5) % PERMISSIONS), n % 2 == 0))
}

fn roles_of(user: usize, roles: usize, held: usize) -> impl Iterator<Item = String> {
    (0..held).map(move |n| role((user * 31 + n * 17) % roles))
}

/// Where the users are.
#[derive(Clone, Copy, PartialEq)]
enum Directory {
    /// All in memory.
    Whole,
    /// Read as they are needed; all have been.
    Open,
}

fn user(u: usize, roles: usize, held: usize) -> User {
    User {
        id: format!("user_{u}").into(),
        roles: roles_of(u, roles, held).map(Into::into).collect(),
        ..User::default()
    }
}

fn authorizer(roles: usize, held: usize, directory: Directory) -> Authorizer {
    let catalog = Catalog {
        product: "bench".into(),
        version: "1.0.0".into(),
        relations: vec!["owner".into(), "assigned_to".into()],
        own_means: vec!["owner".into(), "assigned_to".into()],
        categories: vec![Category {
            id: "all".into(),
            permissions: (0..PERMISSIONS)
                .map(|n| Permission { id: permission(n).into(), ..Permission::default() })
                .chain([Permission {
                    id: "governed".into(),
                    baseline: Some(Scope::ALL),
                    family: Some("quiet".into()),
                    ..Permission::default()
                }])
                .collect(),
            ..Category::default()
        }],
        ..Catalog::default()
    };
    let tenant = Tenant {
        tenant: "bench".into(),
        product: "bench".into(),
        roles: (0..roles)
            .map(|r| {
                Arc::new(Role {
                    id: role(r).into(),
                    grants: grants(r)
                        .map(|(permission, own)| Grant {
                            permission: Some(permission.into()),
                            scope: if own { Scope::OWN } else { Scope::ALL },
                            ..Grant::default()
                        })
                        .collect(),
                    ..Role::default()
                })
            })
            .collect(),
        ..Tenant::default()
    };
    let inputs = ["resource.state", "resource.owner", "subject.id", "subject.roles"];
    let families: FamilySet = [(
        "quiet".to_owned(),
        Arc::new(Quiet(Manifest {
            id: "quiet".into(),
            version: "1.0.0".into(),
            title: String::new(),
            permissions: vec!["governed".into()],
            kinds: vec!["contact".into()],
            inputs: inputs
                .map(|path| InputSpec { path: path.parse().unwrap(), kind: InputKind::Any })
                .into(),
            reasons: vec![],
            obligations: vec![],
            requires: vec![],
            floors: vec![],
            config_schema: String::new(),
        })) as Arc<dyn Family>,
    )]
    .into();
    let (catalog, tenant) = (Source::new("catalog", catalog), Source::new("tenant", tenant));
    let users = (0..USERS).map(|u| user(u, roles, held));
    let authorizer = Authorizer::new(100_000);
    authorizer.install(match directory {
        Directory::Whole => compile(&Definition {
            catalog: &compile::catalog(catalog),
            tenant: &Arc::new(tenant),
            people: PeopleFrom::Directory(&Source::new(
                "directory",
                model::Directory { users: users.collect(), ..model::Directory::default() },
            )),
            families: &families,
            revision: 1,
            lenient: false,
            before: None,
        })
        .unwrap(),
        Directory::Open => {
            let subjects = Arc::new(Subjects::new(2 * USERS));
            let compiled = compile(&Definition {
                catalog: &compile::catalog(catalog),
                tenant: &Arc::new(tenant),
                families: &families,
                revision: 1,
                lenient: false,
                before: None,
                people: PeopleFrom::Subjects(&subjects),
            })
            .unwrap();
            let records = users.map(|user| StoredUser { user, delegations: Vec::new() });
            let loaded = records.map(|record| Loaded::User(Box::new(record)));
            subjects.admit(&compiled, 1, loaded.collect());
            assert_eq!(subjects.len(), USERS);
            compiled
        }
    });
    authorizer
}

/// The evaluator written by hand: users, their roles, and what the roles grant.
struct ByHand<S> {
    users: HashMap<String, Vec<String>, S>,
    roles: HashMap<String, HashMap<String, bool, S>, S>,
}

impl<S: BuildHasher + Default> ByHand<S> {
    fn new(roles: usize, held: usize) -> Self {
        Self {
            users: (0..USERS)
                .map(|u| (format!("user_{u}"), roles_of(u, roles, held).collect()))
                .collect(),
            roles: (0..roles).map(|r| (role(r), grants(r).collect())).collect(),
        }
    }

    fn allows(&self, subject: &str, action: &str, owner: &str) -> bool {
        let Some(roles) = self.users.get(subject) else { return false };
        roles.iter().filter_map(|role| self.roles.get(role)).any(|grants| {
            match grants.get(action) {
                Some(true) => owner == subject,
                Some(false) => true,
                None => false,
            }
        })
    }
}

/// Questions as they come: ids and attributes as text.
fn questions() -> Vec<(String, String, Attributes<'static>)> {
    (0..512)
        .map(|n| {
            let attributes = [
                ("name", Value::from("Ann Example")),
                ("state", Value::from("open")),
                ("owner", Value::from(format!("user_{}", n * 13 % USERS))),
                ("shared", Value::Bool(true)),
                ("words", Value::Int(120)),
            ];
            (
                format!("user_{}", n * 7 % USERS),
                permission(n * 3 % PERMISSIONS),
                attributes.into_iter().collect(),
            )
        })
        .collect()
}

fn request<'a>(subject: &'a str, action: &'a str, attributes: &'a Attributes<'a>) -> Request<'a> {
    const CONTEXT: &Attributes<'static> = &Attributes::new();
    Request {
        subject,
        action,
        resource: Resource { kind: "contact", id: Some("c1"), attributes },
        context: CONTEXT,
        asserted: Asserted::NONE,
        now: 1_700_000_000_000,
    }
}

fn built_in(c: &mut Criterion) {
    let questions = questions();
    let many = [10, 100, 1_000, 10_000].map(|roles| (roles, HELD));
    let several = [1, 5, 50].map(|held| (1_000, held));
    for (name, cases) in [("built-in", &many[..]), ("roles held, of 1,000", &several[..])] {
        let mut group = c.benchmark_group(name);
        for (roles, held) in cases.iter().copied() {
            let shown = if name == "built-in" { roles } else { held };
            let std = ByHand::<RandomState>::new(roles, held);
            let fold = ByHand::<foldhash::fast::RandomState>::new(roles, held);
            let open = authorizer(roles, held, Directory::Open);
            let authorizer = authorizer(roles, held, Directory::Whole);
            let mut allowed = (0, 0);
            for (subject, action, attributes) in &questions {
                let owner = attributes.get("owner").and_then(Value::as_str).unwrap();
                allowed.0 += u32::from(std.allows(subject, action, owner));
                let decision = authorizer.decide("bench", &request(subject, action, attributes));
                allowed.1 += u32::from(decision.is_allow());
                assert_eq!(decision, open.decide("bench", &request(subject, action, attributes)));
            }
            assert_eq!(allowed.0, allowed.1, "both evaluators have to agree");
            let mut each =
                |name: &str, decide: &mut dyn FnMut(&str, &str, &Attributes<'_>) -> bool| {
                    let mut next = questions.iter().cycle();
                    group.bench_function(BenchmarkId::new(name, shown), |b| {
                        b.iter(|| {
                            let (subject, action, attributes) = next.next().unwrap();
                            black_box(decide(
                                black_box(subject),
                                black_box(action),
                                black_box(attributes),
                            ))
                        });
                    });
                };
            each("by hand, std hasher", &mut |subject, action, attributes| {
                let owner = attributes.get("owner").and_then(Value::as_str).unwrap_or_default();
                std.allows(subject, action, owner)
            });
            each("by hand, same hasher", &mut |subject, action, attributes| {
                let owner = attributes.get("owner").and_then(Value::as_str).unwrap_or_default();
                fold.allows(subject, action, owner)
            });
            each("engine", &mut |subject, action, attributes| {
                authorizer.decide("bench", &request(subject, action, attributes)).is_allow()
            });
            each("engine, open directory", &mut |subject, action, attributes| {
                open.decide("bench", &request(subject, action, attributes)).is_allow()
            });
        }
        group.finish();
    }
}

fn cached(c: &mut Criterion) {
    let open = authorizer(100, HELD, Directory::Open);
    let authorizer = authorizer(100, HELD, Directory::Whole);
    let questions = questions();
    for (subject, _, attributes) in &questions {
        let _ = authorizer.decide("bench", &request(subject, "governed", attributes));
    }
    let mut next = questions.iter().cycle();
    c.bench_function("cached decision", |b| {
        b.iter(|| {
            let (subject, _, attributes) = next.next().unwrap();
            let request = request(black_box(subject), black_box("governed"), attributes);
            black_box(authorizer.decide("bench", &request).is_allow())
        });
    });
    let mut next = questions.iter().cycle();
    c.bench_function("cached decision, open directory", |b| {
        b.iter(|| {
            let (subject, _, attributes) = next.next().unwrap();
            let request = request(black_box(subject), black_box("governed"), attributes);
            black_box(open.decide("bench", &request).is_allow())
        });
    });
    // What a look-up costs by itself, in the same cache library with the same hasher.
    let bare = moka::sync::Cache::builder()
        .max_capacity(100_000)
        .build_with_hasher(foldhash::fast::RandomState::default());
    (0..512_u64).for_each(|n| bare.insert(n, Arc::new(n)));
    let mut next = (0..512_u64).cycle();
    c.bench_function("look-up in moka alone", |b| {
        b.iter(|| black_box(bare.get(black_box(&next.next().unwrap()))));
    });
    let stats = authorizer.cache_stats();
    assert!(stats.hits > stats.misses, "{stats:?}");
    c.bench_function("explained decision", |b| {
        let (subject, action, attributes) = &questions[0];
        b.iter(|| black_box(authorizer.explain("bench", &request(subject, action, attributes))));
    });
    // With a verified list of what would flip it, for one who is denied among 100 roles.
    let tenant = authorizer.tenant("bench").unwrap();
    let denied = questions.iter().find(|(subject, action, attributes)| {
        !authorizer.decide("bench", &request(subject, action, attributes)).is_allow()
    });
    let (subject, action, attributes) = denied.unwrap();
    c.bench_function("what would flip a denial", |b| {
        b.iter(|| black_box(flips(&tenant, &request(subject, action, attributes), 5)));
    });
}

criterion_group!(benches, built_in, cached);
criterion_main!(benches);
