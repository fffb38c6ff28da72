//! The seventeen default cluster roles of Kubernetes as one catalog, and tenants in which each of
//! three hundred namespaces has people of its own: seventeen roles, and an assignment for each.
#![allow(unreachable_pub, reason = "a bench has it as a module of its own")]

use permesso_engine::load::Source;
use permesso_engine::model::{
    Assignment, Catalog, Category, Cells, Directory, Grant, Permission, Role, Scope, Several,
    TeamRules, Tenant, Text, User,
};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One of the roles, as facts.
#[derive(Debug, Clone, Deserialize)]
pub struct ClusterRole {
    pub role: String,
    pub rules: Vec<Rule>,
    /// Paths beside the resources; one that ends with `*` is all that begin so.
    pub urls: Vec<String>,
}

/// Every verb on every resource of every group; `*` is all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rule {
    pub groups: Vec<String>,
    pub resources: Vec<String>,
    pub verbs: Vec<String>,
    /// Only of these names.
    pub names: Vec<String>,
}

/// What is asked about a path.
pub const REACH: &str = "urls.reach";

pub const NAMESPACES: usize = 300;

pub fn cluster_roles() -> Vec<ClusterRole> {
    serde_saphyr::from_str(include_str!("cluster-roles.json")).unwrap()
}

pub fn namespace(n: usize) -> String {
    format!("ns{n:03}")
}

/// A resource of a group, as it is called before the verb.
pub fn kind(group: &str, resource: &str) -> String {
    match group {
        "" => resource.to_owned(),
        group => format!("{group}/{resource}"),
    }
}

fn is_all(names: &[String]) -> bool {
    names.iter().any(|name| name == "*")
}

impl Rule {
    fn kinds(&self) -> Vec<String> {
        let of = |group| self.resources.iter().map(move |resource| kind(group, resource));
        self.groups.iter().flat_map(|group| of(group)).collect()
    }

    /// The permissions that it names one by one.
    pub fn permissions(&self) -> Vec<String> {
        if is_all(&self.groups) || is_all(&self.resources) || is_all(&self.verbs) {
            return Vec::new();
        }
        let of = |kind: String| self.verbs.iter().map(move |verb| format!("{kind}.{verb}"));
        self.kinds().into_iter().flat_map(of).collect()
    }

    /// The same as a grant: a part of a table, or a pattern.
    fn grants(&self) -> Vec<Grant> {
        let texts = |names: &[String]| names.iter().map(|it| Text::from(it.as_str())).collect();
        let one = |name: String| Grant { permission: Some(name.into()), ..Grant::default() };
        let every_kind = is_all(&self.groups) && is_all(&self.resources);
        assert_eq!(every_kind, is_all(&self.groups) || is_all(&self.resources), "{self:?}");
        let grants = match (every_kind, is_all(&self.verbs)) {
            (true, true) => vec![one("*".to_owned())],
            (true, false) => self.verbs.iter().map(|verb| one(format!("*.{verb}"))).collect(),
            (false, true) => {
                self.kinds().into_iter().map(|kind| one(format!("{kind}.*"))).collect()
            }
            (false, false) => {
                let cells = Cells { kinds: texts(&self.kinds()), actions: texts(&self.verbs) };
                let permissions = Some(Box::new(Several::Table(cells)));
                vec![Grant { permissions, ..Grant::default() }]
            }
        };
        let names: Vec<String> = self.names.iter().map(|name| format!("{name:?}")).collect();
        let condition = format!("resource.id in [{}]", names.join(", "));
        let condition: Option<Text> = (!names.is_empty()).then(|| condition.into());
        let within = |grant| Grant { scope: Scope::ALL, condition: condition.clone(), ..grant };
        grants.into_iter().map(within).collect()
    }
}

impl ClusterRole {
    fn grants(&self) -> Vec<Grant> {
        let mut grants: Vec<Grant> = self.rules.iter().flat_map(Rule::grants).collect();
        let url = |url: &String| match url.strip_suffix('*') {
            Some(begin) => format!("resource.id.starts_with({begin:?})"),
            None => format!("resource.id == {url:?}"),
        };
        let urls: Vec<String> = self.urls.iter().map(url).collect();
        if !urls.is_empty() {
            grants.push(Grant {
                permission: Some(REACH.into()),
                scope: Scope::ALL,
                condition: Some(urls.join(" || ").into()),
                ..Grant::default()
            });
        }
        grants
    }
}

pub fn catalog() -> Source<Catalog> {
    catalog_with(&[])
}

/// The same with permissions of which no role knows.
pub fn catalog_with(unknown: &[&str]) -> Source<Catalog> {
    let roles = cluster_roles();
    let rules = || roles.iter().flat_map(|role| &role.rules);
    let mut ids: BTreeSet<String> = rules().flat_map(Rule::permissions).collect();
    ids.extend(unknown.iter().copied().chain([REACH]).map(str::to_owned));
    let permissions =
        ids.into_iter().map(|id| Permission { id: id.into(), ..Permission::default() });
    let all =
        Category { id: "all".into(), permissions: permissions.collect(), ..Category::default() };
    let standard = roles.iter().map(|role| Role {
        id: role.role.as_str().into(),
        grants: role.grants(),
        editable: Some(true),
        ..Role::default()
    });
    Source::new(
        "catalog",
        Catalog {
            product: "cluster".into(),
            version: "1.0.0".into(),
            teams: TeamRules { attribute: "namespace".to_owned(), ..TeamRules::default() },
            categories: vec![all],
            standard_roles: standard.collect(),
            ..Catalog::default()
        },
    )
}

pub fn tenant() -> Arc<Source<Tenant>> {
    let teams = (0..NAMESPACES).map(|n| namespace(n).as_str().into());
    Arc::new(Source::new(
        "tenant",
        Tenant {
            tenant: "acme".into(),
            product: "cluster".into(),
            teams: teams.collect(),
            ..Tenant::default()
        },
    ))
}

/// The assignment of a user: one of the roles in one of the namespaces.
pub fn assigned(user: usize) -> (usize, usize) {
    (user % 17, user * 7 % NAMESPACES)
}

/// `users` people with one assignment each, and one who has the first role in all namespaces.
pub fn people(users: usize) -> Source<Directory> {
    let roles = cluster_roles();
    let assignment = |role: usize, space: usize| Assignment {
        role: roles[role].role.as_str().into(),
        teams: Some(vec![namespace(space).as_str().into()]),
        ..Assignment::default()
    };
    let mut all: Vec<User> = (0..users)
        .map(|n| {
            let (role, space) = assigned(n);
            let roles = vec![assignment(role, space)];
            User { id: format!("u{n:05}").into(), roles, ..User::default() }
        })
        .collect();
    let everywhere = (0..NAMESPACES).map(|space| assignment(0, space)).collect();
    all.push(User { id: "everywhere".into(), roles: everywhere, ..User::default() });
    Source::new("people", Directory { users: all, delegations: Vec::new() })
}
