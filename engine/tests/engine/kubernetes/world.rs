//! The seventeen default cluster roles of Kubernetes as one catalog, and tenants in which each of
//! three hundred namespaces has people of its own: seventeen roles, and an assignment for each.
#![allow(unreachable_pub, reason = "a bench has it as a module of its own")]

use permesso_engine::load::Source;
use permesso_engine::model::{
    Assignment, Catalog, Category, Directory, Grant, Permission, Role, Scope, TeamRules, Tenant,
    User,
};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One of the roles, as facts.
#[derive(Debug, Clone, Deserialize)]
pub struct ClusterRole {
    pub role: String,
    pub rules: Vec<Rule>,
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
    /// Paths beside the resources: not among the permissions here.
    pub urls: Vec<String>,
}

pub const NAMESPACES: usize = 300;

pub fn cluster_roles() -> Vec<ClusterRole> {
    serde_saphyr::from_str(include_str!("cluster-roles.json")).unwrap()
}

pub fn namespace(n: usize) -> String {
    format!("ns{n:03}")
}

fn permission(group: &str, resource: &str, verb: &str) -> String {
    match group {
        "" => format!("{resource}.{verb}"),
        group => format!("{group}/{resource}.{verb}"),
    }
}

impl Rule {
    /// The permissions that it names one by one.
    pub fn permissions(&self) -> Vec<String> {
        let mut all = Vec::new();
        for group in &self.groups {
            for resource in &self.resources {
                all.extend(self.verbs.iter().map(|verb| permission(group, resource, verb)));
            }
        }
        all.retain(|id| !id.contains('*'));
        all
    }

    /// Whether it is about all that there is.
    pub fn is_everything(&self) -> bool {
        [&self.groups, &self.resources, &self.verbs].iter().all(|it| it.iter().any(|it| it == "*"))
    }
}

fn grants(rule: &Rule) -> Vec<Grant> {
    let names: Vec<String> = rule.names.iter().map(|name| format!("{name:?}")).collect();
    let condition = format!("resource.id in [{}]", names.join(", "));
    let condition = (!names.is_empty()).then(|| condition.as_str().into());
    let mut ids = rule.permissions();
    if rule.is_everything() {
        ids.push("*".to_owned());
    }
    let grant = |id: String| Grant {
        permission: Some(id.into()),
        scope: Scope::ALL,
        condition: condition.clone(),
        ..Grant::default()
    };
    ids.into_iter().map(grant).collect()
}

pub fn catalog() -> Source<Catalog> {
    let roles = cluster_roles();
    let rules = || roles.iter().flat_map(|role| &role.rules);
    let ids: BTreeSet<String> = rules().flat_map(Rule::permissions).collect();
    let permissions =
        ids.into_iter().map(|id| Permission { id: id.into(), ..Permission::default() });
    let all =
        Category { id: "all".into(), permissions: permissions.collect(), ..Category::default() };
    let standard = roles.iter().map(|role| Role {
        id: role.role.as_str().into(),
        grants: role.rules.iter().flat_map(grants).collect(),
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
