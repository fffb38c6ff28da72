//! Seventeen roles, given in three hundred namespaces, say what 5,100 copies would; and each gives
//! what the facts say, everywhere or in one namespace.

mod world;

use crate::common::EMPTY;
use permesso_engine::compile::{self, Compiled, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decide_alone;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::load::Source;
use permesso_engine::model::{Assignment, Directory, User};
use permesso_engine::model::{Attributes, Value};
use std::collections::BTreeSet;
use world::{
    ClusterRole, NAMESPACES, REACH, assigned, catalog, catalog_with, cluster_roles, kind,
    namespace, people, tenant,
};

fn cluster() -> Compiled {
    let compiled = compile(&Definition {
        catalog: &compile::catalog(catalog()),
        tenant: &tenant(),
        people: PeopleFrom::Directory(&people(2_000)),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    });
    compiled.unwrap_or_else(|faults| panic!("{faults}"))
}

fn may(cluster: &Compiled, user: &str, action: &str, space: &str, name: &str) -> bool {
    let attributes: Attributes<'_> = [("namespace", Value::from(space))].into_iter().collect();
    let resource = Resource { kind: "resource", id: Some(name), attributes: &attributes };
    let request = Request {
        subject: user,
        action,
        resource,
        context: EMPTY,
        asserted: Asserted::NONE,
        now: 1_000,
    };
    decide_alone(cluster, &request).is_allow()
}

#[test]
fn a_role_of_a_cluster_is_held_in_the_namespaces_in_which_it_was_given() {
    let (cluster, roles) = (cluster(), cluster_roles());
    assert_eq!((roles.len(), cluster.snapshot.role_count()), (17, 17));
    let actions: Vec<String> =
        roles.iter().flat_map(|role| &role.rules).flat_map(|rule| rule.permissions()).collect();
    let mut allowed = 0;
    for user in 0..340 {
        let (role, space) = assigned(user);
        let (id, here) = (format!("u{user:05}"), namespace(space));
        let elsewhere = namespace((space + 1) % NAMESPACES);
        for action in actions.iter().skip(user % 13).step_by(13) {
            let expected = roles[role].rules.iter().any(|rule| {
                let (of, verb) = action.rsplit_once('.').unwrap();
                gives(rule, of, verb) && rule.names.is_empty()
            });
            allowed += usize::from(expected);
            assert_eq!(may(&cluster, &id, action, &here, "x"), expected, "{id} {action}");
            assert!(!may(&cluster, &id, action, &elsewhere, "x"), "{id} {action}");
            assert!(!may(&cluster, &id, action, "", "x"), "{id} {action}");
        }
    }
    assert!(allowed > 500, "{allowed}");
    let action = roles[0].rules[0].permissions().swap_remove(0);
    assert!((0..NAMESPACES).all(|n| may(&cluster, "everywhere", &action, &namespace(n), "x")));
}

/// Whether a rule is about a verb on a resource of a group, whatever it is called.
fn gives(rule: &world::Rule, of: &str, verb: &str) -> bool {
    let any = |names: &[String], name: &str| names.iter().any(|it| it == name || it == "*");
    let (group, resource) = match of.split_once('/') {
        // A group has a dot or is one of these; what else has a slash is a part of a resource.
        Some((group, resource)) if group.contains('.') || GROUPS.contains(&group) => {
            (group, resource)
        }
        _ => ("", of),
    };
    any(&rule.groups, group) && any(&rule.resources, resource) && any(&rule.verbs, verb)
}

const GROUPS: [&str; 6] = ["apps", "autoscaling", "batch", "extensions", "policy", "example.com"];

/// Permissions of which no role knows.
const UNKNOWN: [&str; 3] = ["example.com/widgets.list", "example.com/widgets.frob", "pods.frob"];

/// Whether a role gives a verb on something of a name, by the facts.
fn allows(role: &ClusterRole, action: &str, name: &str) -> bool {
    if action == REACH {
        let everything = role.rules.iter().any(|rule| gives(rule, "urls", "reach"));
        let urls = role.urls.iter().any(|url| match url.strip_suffix('*') {
            Some(begin) => name.starts_with(begin),
            None => name == url,
        });
        return everything || urls;
    }
    let (of, verb) = action.rsplit_once('.').unwrap();
    role.rules.iter().any(|rule| {
        let named = rule.names.is_empty() || rule.names.iter().any(|it| it == name);
        gives(rule, of, verb) && named
    })
}

#[test]
fn each_role_gives_what_the_facts_say_everywhere_or_in_its_namespace() {
    let roles = cluster_roles();
    let user = |role: &ClusterRole, teams: Option<&str>| User {
        id: format!("{} {}", role.role, teams.unwrap_or("everywhere")).into(),
        roles: vec![Assignment {
            role: role.role.as_str().into(),
            teams: teams.map(|team| vec![team.into()]),
            ..Assignment::default()
        }],
        ..User::default()
    };
    let users = roles.iter().flat_map(|role| [user(role, None), user(role, Some("ns001"))]);
    let people =
        Source::new("people", Directory { users: users.collect(), delegations: Vec::new() });
    let compiled = compile(&Definition {
        catalog: &compile::catalog(catalog_with(&UNKNOWN)),
        tenant: &tenant(),
        people: PeopleFrom::Directory(&people),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    });
    let cluster = compiled.unwrap_or_else(|faults| panic!("{faults}"));
    let rules = roles.iter().flat_map(|role| &role.rules);
    let groups: BTreeSet<&String> = rules.clone().flat_map(|rule| &rule.groups).collect();
    let listed: BTreeSet<String> = rules.flat_map(|rule| rule.permissions()).collect();
    for group in groups.into_iter().filter(|group| !group.is_empty() && **group != "*") {
        let known = group.contains('.') || GROUPS.contains(&group.as_str());
        assert!(known, "`{}` is no resource", kind(group, "x"));
    }
    let mut actions: Vec<&str> = listed.iter().map(String::as_str).collect();
    actions.extend(UNKNOWN);
    let (mut allowed, mut asked) = (0, 0);
    let mut check = |role: &ClusterRole, action: &str, name: &str| {
        let expected = allows(role, action, name);
        for (user, space, reaches) in [
            ("everywhere", Some("ns001"), true),
            ("everywhere", Some("ns002"), true),
            // What is of no namespace, as nodes are, is reached by who is bound everywhere only.
            ("everywhere", None, true),
            ("ns001", Some("ns001"), true),
            ("ns001", Some("ns002"), false),
            ("ns001", None, false),
        ] {
            let user = format!("{} {user}", role.role);
            let mut attributes = Attributes::new();
            if let Some(space) = space {
                attributes.set("namespace", Value::from(space));
            }
            let resource = Resource { kind: "resource", id: Some(name), attributes: &attributes };
            let request = Request {
                subject: &user,
                action,
                resource,
                context: EMPTY,
                asserted: Asserted::NONE,
                now: 1_000,
            };
            let found = decide_alone(&cluster, &request).is_allow();
            assert_eq!(found, expected && reaches, "{user} {action} {name} {space:?}");
            allowed += usize::from(found);
            asked += 1;
        }
    };
    for role in &roles {
        for action in &actions {
            for name in ["x", "kube-scheduler"] {
                check(role, action, name);
            }
        }
        for url in ["/api", "/api/", "/api/v1", "/apis", "/apix", "/healthz", "/healthz/x", "/", ""]
        {
            check(role, REACH, url);
        }
    }
    assert!(asked > 50_000 && allowed > 5_000, "{asked} {allowed}");
}
