//! Seventeen roles, given in three hundred namespaces, say what 5,100 copies would.

mod world;

use crate::common::EMPTY;
use permesso_engine::compile::{self, Compiled, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decide_alone;
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::{Attributes, Value};
use world::{NAMESPACES, assigned, catalog, cluster_roles, namespace, people, tenant};

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
                let named = rule.names.is_empty() || rule.names.iter().any(|name| name == "x");
                (rule.is_everything() || rule.permissions().contains(action)) && named
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
