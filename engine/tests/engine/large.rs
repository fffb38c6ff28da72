//! Catalogs as large as they come: what is told of one is told once, and what is granted on one
//! is what it says.

use permesso_engine::compile::{self, CompiledCatalog, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::decision::{Asserted, Request, Resource};
use permesso_engine::model::Attributes;
use permesso_engine::{decide_alone, load};
use std::sync::Arc;

fn catalog_of(text: &str) -> Arc<CompiledCatalog> {
    compile::catalog(load::catalog("product.yaml", text).unwrap())
}

#[test]
fn a_pattern_in_what_is_said_of_an_action_of_a_table_is_refused_once_for_all_kinds() {
    let kinds: Vec<String> = (0..400).map(|n| format!("k{n}")).collect();
    let actions: Vec<String> = (0..98).map(|n| format!("a{n}")).collect();
    let declared: Vec<String> = kinds.iter().map(|kind| format!("{kind}: {{}}")).collect();
    for (said, told) in [
        ("requires: ['*.read']", "write `read` for `read` on the same kind"),
        ("requires: ['k1.*']", "name an action of the table"),
        ("requires: ['*.reed']", "name an action of the table"),
        ("implies: [{permission: '*.read'}]", "write `read` for `read` on the same kind"),
        ("constraint: {forbids: ['*.read']}", "write `read`"),
        ("constraint: {obliges: [{on: ['*.read'], code: x}]}", "write `read`"),
    ] {
        let text = format!(
            "product: p\nversion: 1.0.0\nresource_kinds: {{{}}}\ncategories:\n  \
             - {{id: t, kinds: [{}], actions: [read, {{id: edit, {said}}}, {}]}}\n",
            declared.join(", "),
            kinds.join(", "),
            actions.join(", "),
        );
        let catalog = catalog_of(&text);
        let found = catalog.faults().to_string();
        assert_eq!(catalog.faults().len(), 1, "{said}\n{found}");
        assert!(found.contains("stands for permissions of several kinds"), "{found}");
        assert!(found.contains(told), "{said}\n{found}");
    }
}

#[test]
fn a_thousand_grants_of_patterns_on_forty_thousand_permissions_give_what_none_of_them_leaves_out() {
    let kinds: Vec<String> = (0..400).map(|n| format!("k{n}")).collect();
    let actions: Vec<String> = (0..100).map(|n| format!("a{n}")).collect();
    let declared: Vec<String> = kinds.iter().map(|kind| format!("{kind}: {{}}")).collect();
    let catalog = catalog_of(&format!(
        "product: p\nversion: 1.0.0\nresource_kinds: {{{}}}\ncategories:\n  \
         - {{id: t, kinds: [{}], actions: [{}]}}\n",
        declared.join(", "),
        kinds.join(", "),
        actions.join(", "),
    ));
    assert!(catalog.faults().is_empty());
    let grants = (0..1_000).map(|n| {
        let (action, kind) = (n % 100, n % 400);
        format!("{{permission: '*.a{action}', scope: all, except: ['k{kind}.*', k7.a{action}]}}")
    });
    let grants: Vec<String> = grants.collect();
    let tenant =
        format!("tenant: t\nproduct: p\nroles: [{{id: r, grants: [{}]}}]\n", grants.join(", "));
    let tenant = Arc::new(load::tenant("tenant.yaml", &tenant).unwrap());
    let people = load::directory("people.yaml", "users: [{id: u, roles: [r]}]").unwrap();
    let compiled = compile(&Definition {
        catalog: &catalog,
        tenant: &tenant,
        people: PeopleFrom::Directory(&people),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    })
    .unwrap();
    let asked = |action: &str, kind: &str| {
        let attributes = Attributes::new();
        let resource = Resource { kind, id: None, attributes: &attributes };
        let request = Request {
            subject: "u",
            action,
            resource,
            context: &attributes,
            asserted: Asserted::NONE,
            now: 0,
        };
        decide_alone(&compiled, &request).is_allow()
    };
    // What one of the grants leaves out another gives.
    assert!(asked("k0.a0", "k0") && asked("k399.a99", "k399") && !asked("k7.a5", "k7"));
}
