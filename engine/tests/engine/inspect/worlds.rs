//! Random tenants: small enough to be looked at by brute force, with everything that rights are
//! made of.

use super::*;
use crate::common::written::write;
use permesso_engine::compile::{self, FamilySet, PeopleFrom};
use permesso_engine::model::{
    Access, Assignment, Catalog, Delegation, Directory, Exposure, Grant, Instant, Invitation, Item,
    Matchers, Policy, Program, Rights, Role, SharingRule, SharingRules, Status, Team, Tenant, Text,
    User, Value,
};
use std::sync::Arc;

pub(super) const USERS: usize = 14;
pub(super) const TEAMS: [&str; 4] = ["n", "n/a", "n/a/b", "s"];
pub(super) const PERMISSIONS: [&str; 15] = [
    "base",
    "need",
    "needs",
    "deep",
    "paid",
    "free",
    "carry",
    "hand",
    "mail",
    "gate.view",
    "gate.edit",
    "wait",
    "bake",
    "see",
    "taste",
];
/// Those on which a record or another user has a say.
pub(super) const GUARDED: [&str; 6] = ["read", "fire", "drop", "peek", "grown", "invite"];
pub(super) const TOGGLES: [&str; 5] = ["no.need", "no.free", "no.deep", "no.note", "no.show"];
/// What requires other permissions.
pub(super) const REQUIRING: [&str; 3] = ["needs", "deep", "grown"];
pub(super) const ROLES: [&str; 5] = ["r0", "r1", "r2", "r3", "std"];
const POLICIES: [&str; 3] = ["p0", "p1", "p2"];
const TAGS: [&str; 3] = ["x", "y", "z"];
const CONDITIONS: [&str; 3] = ["resource.amount <= 100", "subject.level >= 2", "subject.owner"];
const SCOPES: [Scope; 6] =
    [Scope::OWN, Scope::TEAM, Scope::BELOW, Scope::BRANCH, Scope::ALL, Scope::ALL];

/// SplitMix64: a seed in a message leads back to its world.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((bits ^ (bits >> 31)) >> 8).unwrap() % end
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    fn some(&mut self, percent: usize, names: &[&str]) -> Vec<Text> {
        names.iter().filter(|_| self.chance(percent)).map(|name| Text::from(*name)).collect()
    }
}

/// The documents of a tenant.
#[derive(Clone)]
pub(super) struct World {
    catalog: Catalog,
    tenant: Tenant,
    directory: Directory,
}

impl World {
    /// The roles that come with teams and to everybody.
    pub(super) fn lent(&self) -> String {
        let teams = self.tenant.teams.iter().map(|team| (&team.path, &team.roles));
        format!("{:?} {:?}", teams.collect::<Vec<_>>(), self.tenant.baseline)
    }

    pub(super) fn new(random: &mut Random) -> Self {
        let mut world = Self {
            catalog: catalog(random),
            tenant: Tenant {
                tenant: "acme".into(),
                product: "worlds".into(),
                teams: teams(random),
                ..Tenant::default()
            },
            directory: Directory::default(),
        };
        world.tenant.plan = Some(random.pick(&["small", "large"]).into());
        world.tenant.policies = POLICIES.map(|id| policy(random, id).into()).into();
        world.tenant.roles = (0..4).map(|n| role(random, n).into()).collect();
        world.tenant.programs = (0..random.below(5)).map(|n| program(random, n).into()).collect();
        world.tenant.closed = (0..random.below(3)).map(|_| item(random)).collect();
        world.tenant.sharing = sharing(random).into();
        world.directory.users = (0..USERS).map(|n| user(random, n)).collect();
        for _ in 0..random.below(4) {
            world.directory.delegations.push(Delegation {
                from: name(random.below(USERS)).into(),
                to: name(random.below(USERS)).into(),
                permissions: random.some(60, &["hand", "mail", "read"]),
                valid_until: random.chance(30).then_some(Instant::from_millis(7_000)),
                ..Delegation::default()
            });
        }
        world
    }

    /// The same with a few things changed; now and then another one altogether.
    pub(super) fn edited(&self, random: &mut Random) -> Self {
        let mut world = self.clone();
        for _ in 0..=random.below(3) {
            match random.below(15) {
                0 => world.tenant.plan = Some(random.pick(&["small", "large"]).into()),
                1 => {
                    let at = random.below(POLICIES.len());
                    world.tenant.policies[at] = policy(random, POLICIES[at]).into();
                }
                2..5 => {
                    let n = random.below(4);
                    let role = role(random, n);
                    let roles = &mut world.tenant.roles;
                    roles
                        .iter_mut()
                        .filter(|it| it.id == role.id)
                        .for_each(|it| *it = role.clone().into());
                }
                5 | 6 => {
                    let n = random.below(5);
                    world.tenant.programs.retain(|it| it.id.as_str() != format!("g{n}"));
                    if random.chance(60) {
                        world.tenant.programs.push(program(random, n).into());
                    }
                }
                7 => world.tenant.closed = (0..random.below(3)).map(|_| item(random)).collect(),
                8 => {
                    let at = random.below(world.directory.users.len());
                    world.directory.users[at] = user(random, at);
                }
                9 => {
                    world.tenant.roles.reverse();
                    world.tenant.teams = teams(random);
                }
                10 => world.catalog = catalog(random),
                11 => world.tenant.sharing = sharing(random).into(),
                12 | 13 => {
                    let at = random.below(world.directory.users.len());
                    slightly(random, &mut world.directory.users[at]);
                }
                _ => world = Self::new(random),
            }
        }
        if random.chance(10) {
            world.directory.delegations.clear();
            world.directory.users.remove(random.below(USERS));
        }
        world
    }

    /// A user as they are written.
    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.directory.users.iter().find(|user| **user.id == *id)
    }

    /// The same with one thing of one user changed, and who that is.
    pub(super) fn edited_slightly(&self, random: &mut Random) -> (Self, String) {
        let mut world = self.clone();
        let at = random.below(world.directory.users.len());
        slightly(random, &mut world.directory.users[at]);
        (world, name(at))
    }

    /// Whether a record has a say in whom a program admits.
    pub(super) fn admits_by_record(&self) -> bool {
        let conditions =
            self.tenant.programs.iter().filter_map(|it| it.matchers.condition.as_ref());
        conditions.into_iter().any(|condition| condition.contains("resource"))
    }

    /// The same with edits of a user or the plan written into it; `None` where one is neither.
    pub(super) fn written(&self, user: &str, edits: &[Edit]) -> Option<Self> {
        let mut world = self.clone();
        let all = edits.iter().all(|edit| match edit {
            Edit::Entitle { entitlement } => {
                let plan = world
                    .tenant
                    .plan
                    .as_ref()
                    .and_then(|it| world.catalog.plans.get_mut(it.as_str()));
                plan.unwrap().entitlements.push(entitlement.as_str().into());
                true
            }
            edit => write(&mut world.directory, user, edit),
        });
        all.then_some(world)
    }

    pub(super) fn compile(&self) -> Compiled {
        let compiled = compile(&Definition {
            catalog: &compile::catalog(Source::new("catalog", self.catalog.clone())),
            tenant: &Arc::new(Source::new("tenant", self.tenant.clone())),
            people: PeopleFrom::Directory(&Source::new("directory", self.directory.clone())),
            families: &FamilySet::new(),
            revision: 1,
            lenient: true,
            before: None,
        });
        compiled.unwrap_or_else(|faults| panic!("{faults}"))
    }
}

pub(super) fn name(user: usize) -> String {
    format!("u{user:02}")
}

fn catalog(random: &mut Random) -> Catalog {
    let mut pick = |often: &str, seldom: &str| match random.chance(80) {
        true => often.to_owned(),
        false => seldom.to_owned(),
    };
    let text = format!(
        r#"
product: worlds
version: 1.0.0
teams: {{attribute: team}}
relations: [author, owner]
own_means: [author]
attributes: {{resource.amount: integer, subject.level: integer}}
resource_kinds:
  whole: {{exclusive: [view, edit]}}
  part: {{exclusive: [view], part_of: [{{kind: whole, by: {by}}}]}}
sharing:
  by: [owner]
  unnamed: ignore
  private: [{{attribute: private}}]
  contents:
    note: {{default: {shared}, withhold: [body], redact: {{viewer: no.note, sharer: no.show, account: muted}}}}
categories:
  - id: all
    permissions:
      - {{id: base, baseline: {base}}}
      - {{id: need}}
      - {{id: needs, requires: [{needs}]}}
      - {{id: deep, requires: [needs, free]}}
      - {{id: paid, entitlement: gold}}
      - {{id: free, reach: {reach}}}
      - {{id: carry, implies: [{{permission: need, scope: {implied}}}, {{permission: no.free}}]}}
      - {{id: hand, delegable: true}}
      - {{id: mail, granted_by: delegation, reach: own}}
      - {{id: gate.view, baseline: all, exclusive: view, while_pending: true}}
      - {{id: gate.edit, baseline: all, exclusive: edit, while_pending: true}}
      - {{id: wait, while_pending: true}}
      - {{id: bake, implies: [{{permission: see}}, {{permission: taste, scope: own}}]}}
      - {{id: see, implies: [{{permission: taste}}]}}
      - {{id: taste, wildcard: false}}
      - {{id: read, delegable: true, content: {{kind: note, redacted: deny}}}}
      - {{id: fire}}
      - {{id: drop}}
      - {{id: peek, content: {{kind: note}}}}
      - {{id: grown, requires: [free], own_means: [owner]}}
      - {{id: invite}}
      - {{id: theirs, owner_only: true}}
  - id: limits
    permissions:
      - {{id: no.need, constraint: {{forbids: [{forbids}]}}}}
      - {{id: no.free, constraint: {{forbids: [free], unless: {{resource.sso: true}}}}}}
      - {{id: no.deep, constraint: {{forbids: [deep, paid], unless: {{any: [{{subject.level: 2}}, {{subject.holds.wait: true}}]}}}}}}
      - {{id: no.note, constraint: {{obliges: [{{on: [wait], code: blur}}]}}}}
      - {{id: no.show, constraint: {{forbids: [drop], unless: {{subject.level: {{at_least: 2}}}}}}}}
guards:
  - {{id: last, on: [fire], check: {{keeps_holder: std}}, message: somebody has to stay}}
  - {{id: level, on: [grown], require: {{any: [{{subject.level: {{at_least: 2}}}}, {{resource.sso: true}}]}}, message: not grown}}
  - {{id: owns, on: [peek], require: {{any: [{{subject.holds.free: true}}, {{subject.owner: true}}]}}, message: not an owner}}
  - {{id: tagged, on: [fire], condition: "!(\"x\" in subject.tags) || resource.amount ?? 0 < 100", message: tagged}}
  - {{id: asked, on: [read], condition: "!subject.holds(\"need\") || subject.holds.deep || resource.amount ?? 0 < 100", message: asked}}
  - {{id: covered, on: [invite], check: {{covered: [role]}}, message: nobody hands out more than they hold}}
  - {{id: empty, on: [drop], check: unused, require: {{resource.sso: true}}, message: in use}}
plans:
  small: {{}}
  large: {{entitlements: [gold]}}
standard_roles:
  - {{id: std, reach: team, adjustable: [all], grants: [{{permission: need, scope: all}}, {{permission: carry, scope: own}}]}}
"#,
        by = pick("id", "{attribute: whole}"),
        base = pick("own", "all"),
        needs = pick("need", "need, wait"),
        reach = pick("all", "branch"),
        implied = pick("team", "all"),
        forbids = pick("need", "needs"),
        shared = pick("share", "redact"),
    );
    load::catalog("catalog", &text).unwrap_or_else(|faults| panic!("{faults}")).value
}

fn grant(random: &mut Random) -> Grant {
    let able: Vec<&str> =
        PERMISSIONS.into_iter().filter(|it| *it != "mail").chain(GUARDED).chain(TOGGLES).collect();
    let limited = random.chance(40);
    let within = |random: &mut Random, percent| limited && random.chance(percent);
    let window = within(random, 40);
    let (permission, category) = match random.below(12) {
        0 => (Some("*".into()), None),
        1 => (None, Some("all".into())),
        _ => (Some(random.pick(&able).into()), None),
    };
    let named = permission.as_ref().is_some_and(|it: &Text| it.as_str() != "*");
    Grant {
        except: random.some(if named { 10 } else { 40 }, &PERMISSIONS),
        permission,
        category,
        scope: random.pick(&SCOPES),
        teams: if within(random, 40) { vec![random.pick(&TEAMS).into()] } else { Vec::new() },
        exact_teams: if within(random, 20) { vec![random.pick(&TEAMS).into()] } else { Vec::new() },
        valid_from: (window && random.chance(60)).then_some(Instant::from_millis(2_000)),
        valid_until: (window && random.chance(60)).then_some(Instant::from_millis(3_000)),
        condition: within(random, 50).then(|| random.pick(&CONDITIONS).into()),
        ..Grant::default()
    }
}

fn policy(random: &mut Random, id: &str) -> Policy {
    let grants = (0..=random.below(2)).map(|_| grant(random)).collect();
    Policy { id: id.into(), grants, ..Policy::default() }
}

fn role(random: &mut Random, n: usize) -> Role {
    Role {
        id: ROLES[n].into(),
        parents: random.some(25, &ROLES[..n]),
        policies: random.some(20, &POLICIES),
        grants: (0..=random.below(4)).map(|_| grant(random)).collect(),
        reach: Some(Scope::OWN),
        adjustable: if random.chance(30) { vec!["all".into()] } else { Vec::new() },
        ..Role::default()
    }
}

fn matchers(random: &mut Random) -> Matchers {
    Matchers {
        roles: random.some(15, &ROLES),
        teams: random.some(15, &TEAMS),
        exact_teams: random.some(10, &TEAMS),
        tags: random.some(30, &TAGS),
        condition: random.chance(20).then(|| {
            random.pick(&["subject.level >= 2", "subject.owner || resource.amount <= 100"]).into()
        }),
        ..Matchers::default()
    }
}

fn sharing(random: &mut Random) -> SharingRules {
    let outcomes = [Exposure::Share, Exposure::Redact, Exposure::Hide];
    let mut rules = |layer: &str| {
        let rule = |n: usize, random: &mut Random| SharingRule {
            id: format!("{layer}{n}").into(),
            content: Vec::new(),
            outcome: random.pick(&outcomes),
            viewers: if random.chance(70) { matchers(random) } else { Matchers::default() },
            condition: random.chance(40).then(|| {
                random
                    .pick(&[
                        "subject.level >= 2",
                        "\"y\" in subject.tags && resource.amount <= 100",
                        "resource.amount <= 100",
                    ])
                    .into()
            }),
            cases: Vec::new(),
            overridable: layer == "policy" && random.chance(40),
            note: String::new(),
        };
        (0..random.below(3)).map(|n| rule(n, random)).collect()
    };
    let (policies, overrides) = (rules("policy"), rules("override"));
    SharingRules { policies, overrides, ..SharingRules::default() }
}

/// Changes one thing of a user.
fn slightly(random: &mut Random, user: &mut User) {
    match random.below(8) {
        0 => user.tags = random.some(40, &TAGS),
        1 => user.teams = random.some(40, &TEAMS),
        2 => user.roles = random.some(30, &ROLES).into_iter().map(Assignment::from).collect(),
        3 => user.owner = !user.owner,
        4 => {
            let level = i64::try_from(random.below(4)).unwrap();
            user.attributes = [("level", Value::Int(level))].into_iter().collect();
        }
        5 => user.grants = vec![grant(random)],
        6 => user.rights.remove = random.some(30, &PERMISSIONS),
        _ => user.policies = random.some(40, &POLICIES),
    }
}

fn program(random: &mut Random, n: usize) -> Program {
    Program {
        id: format!("g{n}").into(),
        matchers: matchers(random),
        gives: (0..=random.below(3)).map(|_| item(random)).collect(),
        ..Program::default()
    }
}

fn item(random: &mut Random) -> Item {
    let kind = random.pick(&["whole", "part"]);
    let edit = kind == "whole" && random.chance(40);
    Item {
        kind: kind.into(),
        id: random.pick(&["i1", "i2", "i3"]).into(),
        access: if edit { Access::Edit } else { Access::View },
    }
}

/// The teams, now and then with a role.
fn teams(random: &mut Random) -> Vec<Team> {
    let mut team = |path: &str| {
        let roles = if random.chance(25) { few(random, 15) } else { Vec::new() };
        Team { path: path.into(), roles, ..Team::default() }
    };
    TEAMS.into_iter().map(&mut team).collect()
}

/// Roles as they are held, a few of them within limits, now and then twice.
fn held(random: &mut Random) -> Vec<Assignment> {
    let mut held: Vec<Assignment> =
        random.some(30, &ROLES).into_iter().map(Assignment::from).collect();
    held.extend(few(random, 15));
    held
}

/// A few roles within limits.
fn few(random: &mut Random, percent: usize) -> Vec<Assignment> {
    let mut held = Vec::new();
    for role in random.some(percent, &ROLES) {
        let window = random.chance(40);
        held.push(Assignment {
            role,
            teams: random.chance(50).then(|| vec![random.pick(&TEAMS).into()]),
            valid_from: (window && random.chance(60)).then_some(Instant::from_millis(2_000)),
            valid_until: (window && random.chance(60)).then_some(Instant::from_millis(3_000)),
            condition: random.chance(40).then(|| random.pick(&CONDITIONS).into()),
        });
    }
    held
}

fn user(random: &mut Random, n: usize) -> User {
    let adjusts = random.chance(30);
    User {
        id: name(n).into(),
        roles: held(random),
        policies: random.some(15, &POLICIES),
        grants: (0..random.below(5) / 3).map(|_| grant(random)).collect(),
        teams: random.some(25, &TEAMS),
        tags: random.some(25, &TAGS),
        owner: random.chance(10),
        status: if random.chance(10) { Status::Inactive } else { Status::Active },
        invitation: if random.chance(10) { Invitation::Pending } else { Invitation::Accepted },
        rights: match adjusts {
            true => {
                Rights { add: random.some(20, &PERMISSIONS), remove: random.some(15, &PERMISSIONS) }
            }
            false => Rights::default(),
        },
        attributes: match random.below(4) {
            0 => Attributes::new(),
            level => [("level", Value::Int(i64::try_from(level).unwrap()))].into_iter().collect(),
        },
        ..User::default()
    }
}
