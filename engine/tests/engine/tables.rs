//! Tables of kinds and actions in catalogs: what they are written out to, and what is told of one
//! that is wrong.

use crate::common::EMPTY;
use permesso_engine::Authorizer;
use permesso_engine::administration::with_administration;
use permesso_engine::compile::{self, CompiledCatalog, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::coverage::Coverage;
use permesso_engine::decision::{Asserted, Decision, Reason, Request, Resource};
use permesso_engine::load;
use permesso_engine::model::{Attributes, Kinds, Permission, Value};
use std::sync::Arc;

const CATALOG: &str = "\
product: papers
version: 1.0.0
relations: [author]
own_means: [author]
attributes: {resource.state: text}
resource_kinds: {invoice: {label: Invoices}, letter: {}, desk: {}}
categories:
  - id: papers
    kinds: [invoice, letter]
    actions:
      - read
      - {id: print, label: 'Print {kind}', meaning: 'All of {kind}.', requires: [read]}
      - {id: write, requires: [read], reach: own, implies: [{permission: print}]}
      - {id: pay, kinds: [invoice], requires: [write, desk.open], wildcard: false}
      - {id: shred, entitlement: shredder, granted_by: nobody}
    except: [letter.shred]
    guards:
      - {id: drafts, on: [write, pay], require: {resource.state: draft}, message: no draft}
    permissions:
      - {id: letter.frame, label: Frame it, kinds: [letter]}
  - {id: desk, kinds: [desk, invoice], permissions: [{id: desk.open}, {id: quiet, constraint: {forbids: ['*.print']}}]}
guards:
  - {id: shut, on: ['*.open', 'letter.*'], require: {resource.state: {present: true}}, message: shut}
plans: {full: {entitlements: [shredder]}}
standard_roles:
  - {id: clerk, grants: [{permission: 'invoice.*', scope: all}, {permission: invoice.pay, scope: all}, {permission: desk.open, scope: all}]}
  - {id: reader, grants: [{permission: '*.read', scope: all}]}
";

fn catalog(text: &str) -> Arc<CompiledCatalog> {
    compile::catalog(load::catalog("product.yaml", text).unwrap_or_else(|it| panic!("{it}")))
}

fn permissions(catalog: &CompiledCatalog) -> Vec<&Permission> {
    catalog.source().value.permissions().map(|(_, permission)| permission).collect()
}

fn names(names: &[permesso_engine::model::Text]) -> Vec<&str> {
    names.iter().map(|name| name.as_str()).collect()
}

#[test]
fn every_action_on_every_kind_is_a_permission_like_any_other() {
    let catalog = catalog(CATALOG);
    assert!(catalog.faults().is_empty(), "{}", catalog.faults());
    let all = permissions(&catalog);
    let ids: Vec<&str> = all.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "letter.frame",
            "invoice.read",
            "invoice.print",
            "invoice.write",
            "invoice.pay",
            "invoice.shred",
            "letter.read",
            "letter.print",
            "letter.write",
            "desk.open",
            "quiet",
        ]
    );
    let find = |id: &str| *all.iter().find(|it| it.id.as_str() == id).unwrap();
    let print = find("invoice.print");
    assert_eq!((&*print.label, &*print.meaning), ("Print Invoices", "All of Invoices."));
    assert_eq!(find("letter.print").label, "Print letter");
    assert_eq!(names(&print.requires), ["invoice.read"]);
    assert_eq!(names(&find("invoice.pay").requires), ["invoice.write", "desk.open"]);
    let write = find("letter.write");
    assert_eq!(write.implies[0].permission.as_str(), "letter.print");
    assert_eq!(write.kinds, Some(Kinds::Only(vec!["letter".into()])));
    assert_eq!(find("invoice.shred").entitlement.as_ref().unwrap().as_str(), "shredder");
    assert_eq!((print.id.at().line, write.id.at().line), (12, 13));
    let source = &catalog.source().value;
    let guard = |id: &str| names(&source.guards.iter().find(|it| it.id.as_str() == id).unwrap().on);
    assert_eq!(guard("drafts"), ["invoice.write", "letter.write", "invoice.pay"]);
    assert_eq!(
        guard("shut"),
        ["desk.open", "letter.frame", "letter.read", "letter.print", "letter.write"]
    );
    let forbids = &find("quiet").constraint.as_ref().unwrap().forbids;
    assert_eq!(names(forbids), ["invoice.print", "letter.print"]);
    let table = &source.categories[0];
    assert!(table.actions.is_empty() && table.except.is_empty() && table.guards.is_empty());
    assert_eq!(catalog.kinds_of("letter.read"), Some(vec!["letter"]));
}

#[test]
fn a_catalog_without_tables_and_patterns_is_not_copied() {
    let plain = "product: p\nversion: 1.0.0\ncategories: [{id: all, permissions: [{id: see}]}]\n";
    let source = Arc::new(load::catalog("product.yaml", plain).unwrap());
    assert!(Arc::ptr_eq(compile::catalog(Arc::clone(&source)).source(), &source));
}

fn decide(user: &str, action: &str, kind: &str, attributes: &Attributes<'_>) -> Decision {
    let catalog = catalog(CATALOG);
    let tenant = Arc::new(
        load::tenant("tenant.yaml", "{tenant: acme, product: papers, plan: full}").unwrap(),
    );
    let people = "users: [{id: cleo, roles: [clerk]}, {id: rita, roles: [reader]}]";
    let people = load::directory("people.yaml", people).unwrap();
    let families = FamilySet::new();
    let definition = Definition {
        catalog: &catalog,
        tenant: &tenant,
        people: PeopleFrom::Directory(&people),
        families: &families,
        revision: 1,
        lenient: false,
        before: None,
    };
    let authorizer = Authorizer::new(0);
    authorizer.install(compile(&definition).unwrap_or_else(|it| panic!("{it}")));
    let resource = Resource { kind, id: Some("1"), attributes };
    let asserted = Asserted::NONE;
    let request = Request { subject: user, action, resource, context: EMPTY, asserted, now: 1 };
    let decision = authorizer.decide("acme", &request);
    assert_eq!(authorizer.explain("acme", &request).decision.reason, decision.reason);
    decision
}

#[test]
fn what_a_table_says_is_decided_by() {
    let draft: Attributes<'_> =
        [("state", Value::from("draft")), ("author", Value::from("cleo"))].into_iter().collect();
    let sent: Attributes<'_> =
        [("state", Value::from("sent")), ("author", Value::from("cleo"))].into_iter().collect();
    for (user, action, kind, attributes, reason) in [
        ("cleo", "invoice.read", "invoice", EMPTY, "granted"),
        ("cleo", "invoice.read", "letter", EMPTY, "wrong-kind"),
        ("cleo", "letter.read", "letter", &draft, "not-granted"),
        ("cleo", "invoice.write", "invoice", &draft, "granted"),
        ("cleo", "invoice.write", "invoice", &sent, "guard"),
        ("cleo", "invoice.write", "invoice", EMPTY, "guard"),
        ("cleo", "invoice.pay", "invoice", &draft, "granted"),
        ("cleo", "invoice.shred", "invoice", &draft, "not-granted"),
        ("cleo", "letter.pay", "letter", &draft, "unknown-action"),
        ("cleo", "letter.shred", "letter", &draft, "unknown-action"),
        ("rita", "letter.read", "letter", &draft, "granted"),
        ("rita", "letter.read", "letter", EMPTY, "guard"),
        ("rita", "invoice.read", "invoice", EMPTY, "granted"),
        ("rita", "invoice.print", "invoice", EMPTY, "not-granted"),
    ] {
        let found = decide(user, action, kind, attributes).reason;
        assert_eq!(found.code(), reason, "{user} {action} on {kind}: {found:?}");
    }
    assert!(matches!(decide("cleo", "invoice.pay", "invoice", &sent).reason, Reason::Guard { .. }));
}

#[test]
fn a_line_that_gives_by_pattern_is_exercised_by_each_that_it_gives() {
    let catalog = catalog(CATALOG);
    let tenant = Arc::new(load::tenant("tenant.yaml", "{tenant: acme, product: papers}").unwrap());
    let people = load::directory("people.yaml", "users: []").unwrap();
    let families = FamilySet::new();
    let coverage = Coverage::new(&Definition {
        catalog: &catalog,
        tenant: &tenant,
        people: PeopleFrom::Directory(&people),
        families: &families,
        revision: 1,
        lenient: false,
        before: None,
    });
    let text = format!("{coverage:?}");
    assert!(text.contains("\"invoice.print\"") && text.contains("\"letter.read\""), "{text}");
}

#[test]
fn a_table_that_is_wrong_is_refused_where_it_says_so_and_once() {
    const HEAD: &str = "product: p\nversion: 1.0.0\n\
         resource_kinds: {invoice: {}, letter: {}}\ncategories:\n";
    for (table, line, told) in [
        // Kinds.
        (
            "  - {id: t, kinds: [invoice, leter],\n     actions: [read, write]}",
            5,
            "unknown kind of resource `leter`\n  help: did you mean `letter`?",
        ),
        ("  - {id: t, kinds: [invoice,\n     invoice], actions: [read]}", 6, "stands here twice"),
        ("  - {id: t,\n     actions: [read]}", 6, "nothing says on which kinds"),
        ("  - {id: t, kinds: any,\n     actions: [read]}", 6, "nothing says on which kinds"),
        // Actions.
        (
            "  - id: t\n    kinds: [invoice]\n    actions:\n      - read\n      - read",
            9,
            "two actions of the table have this name",
        ),
        ("  - {id: t, kinds: [invoice], actions: ['*']}", 5, "an action needs a name"),
        ("  - {id: t, kinds: [invoice], actions: ['']}", 5, "an action needs a name"),
        (
            "  - id: t\n    kinds: [invoice]\n    actions:\n      - {id: read, kinds: [letter]}",
            8,
            "unknown kind of the table `letter`",
        ),
        (
            "  - id: t\n    kinds: [invoice]\n    actions:\n      - {id: read, kinds: any}",
            8,
            "an action is on the kinds that the table lists",
        ),
        (
            "  - id: t\n    kinds: [invoice, letter]\n    actions:\n      - read\n      - {id: write, requires: [raed]}",
            9,
            "unknown action or permission `raed`\n  help: did you mean `read`?",
        ),
        (
            "  - id: t\n    kinds: [invoice, letter]\n    actions:\n      - {id: write, implies: [{permission: wriet}]}",
            8,
            "unknown action or permission `wriet`\n  help: did you mean `write`?",
        ),
        (
            "  - id: t\n    kinds: [invoice, letter]\n    actions:\n      - {id: read, kinds: [invoice]}\n      - {id: write, requires: [read]}",
            9,
            "`letter` has no `read`, which `write` requires",
        ),
        // What is left out.
        (
            "  - {id: t, kinds: [invoice], actions: [read],\n     except: [invoice.raed]}",
            6,
            "unknown permission of the table `invoice.raed`\n  help: did you mean `invoice.read`?",
        ),
        (
            "  - {id: t, kinds: [invoice], actions: [read],\n     except: ['letter.*']}",
            6,
            "stands for nothing",
        ),
        (
            "  - {id: t, kinds: [invoice], actions: [read],\n     except: ['*']}",
            6,
            "cannot stand here",
        ),
        (
            "  - {id: t, kinds: [invoice], permissions: [{id: read}],\n     except: [read]}",
            6,
            "no table that anything could be left out of",
        ),
        // Twins.
        (
            "  - {id: w, kinds: [invoice], permissions: [{id: invoice.read}]}\n  - {id: t, kinds: [invoice],\n     actions: [read]}",
            7,
            "`invoice.read` is a permission of the catalog already",
        ),
        (
            "  - {id: w, kinds: [invoice], actions: [read]}\n  - {id: t, kinds: [invoice],\n     actions: [read]}",
            7,
            "`invoice.read` is a permission of the catalog already",
        ),
        // Guards of the table.
        (
            "  - id: t\n    kinds: [invoice]\n    actions: [read]\n    guards:\n      - {id: g, on: [raed], message: no, require: {resource.id: x}}",
            9,
            "unknown action or permission `raed`",
        ),
    ] {
        let catalog = catalog(&format!("{HEAD}{table}\n"));
        let faults: Vec<_> = catalog.faults().iter().collect();
        let [fault] = faults.as_slice() else { panic!("{table}\n{}", catalog.faults()) };
        assert_eq!(fault.at.line, line, "{table}\n{fault}");
        assert!(fault.to_string().contains(told), "{table}\n{fault}");
    }
}

#[test]
fn patterns_in_the_lists_of_a_catalog_stand_for_whole_parts_and_for_something() {
    const HEAD: &str = "product: p\nversion: 1.0.0\ncategories:\n  - id: all\n    permissions:\n      \
         - {id: a.read}\n      - {id: b.read, wildcard: false}\n";
    for (rest, told) in [
        (
            "guards: [{id: g, on: ['*read'], message: no, require: {subject.owner: true}}]",
            "stands for no permissions",
        ),
        (
            "guards: [{id: g, on: ['a.re*d'], message: no, require: {subject.owner: true}}]",
            "stands for no permissions",
        ),
        (
            "guards: [{id: g, on: ['**'], message: no, require: {subject.owner: true}}]",
            "stands for no permissions",
        ),
        (
            "guards: [{id: g, on: ['*'], message: no, require: {subject.owner: true}}]",
            "cannot stand here",
        ),
        (
            "guards: [{id: g, on: ['*.raed'], message: no, require: {subject.owner: true}}]",
            "did you mean `read`?",
        ),
        (
            "guards: [{id: g, on: ['c.*'], message: no, require: {subject.owner: true}}]",
            "no permission begins with `c`",
        ),
        ("      - {id: c, requires: ['d.*']}", "stands for nothing"),
        ("      - {id: c.read, requires: ['c.*']}", "stands for nothing"),
        ("      - {id: c, implies: [{permission: 'b.*'}]}", "stands for nothing"),
        ("      - {id: c, constraint: {forbids: ['*.raed']}}", "stands for nothing"),
        (
            "      - {id: c, constraint: {obliges: [{on: ['*.raed'], code: x}]}}",
            "stands for nothing",
        ),
        ("      - {id: 'c.*'}", "a permission needs an id"),
        ("      - {id: 'c*d'}", "a permission needs an id"),
    ] {
        let catalog = catalog(&format!("{HEAD}{rest}\n"));
        assert_eq!(catalog.faults().len(), 1, "{rest}\n{}", catalog.faults());
        assert!(catalog.faults().to_string().contains(told), "{rest}\n{}", catalog.faults());
    }
    let rest =
        "      - {id: c, requires: ['*.read'], implies: [{permission: '*.read', scope: own}]}";
    let catalog = catalog(&format!("{HEAD}{rest}\n"));
    assert!(catalog.faults().is_empty(), "{}", catalog.faults());
    let all = permissions(&catalog);
    let last = all.last().unwrap();
    assert_eq!(names(&last.requires), ["a.read", "b.read"]);
    // What is given by name only is not brought along by a pattern.
    let implied: Vec<&str> = last.implies.iter().map(|it| it.permission.as_str()).collect();
    assert_eq!(implied, ["a.read"]);
}

#[test]
fn a_table_too_large_for_a_catalog_is_refused_and_never_written_out() {
    let kinds = |n: usize| (0..n).map(|n| format!("k{n}")).collect::<Vec<_>>();
    let catalog_of = |kinds_of: usize, actions: usize, tables: usize| {
        let all = kinds(kinds_of);
        let declared: Vec<String> = all.iter().map(|kind| format!("{kind}: {{}}")).collect();
        let mut text = format!(
            "product: p\nversion: 1.0.0\nresource_kinds: {{{}}}\ncategories:\n",
            declared.join(", ")
        );
        for table in 0..tables {
            let actions: Vec<String> = (0..actions).map(|n| format!("t{table}a{n}")).collect();
            text += &format!(
                "  - {{id: t{table}, kinds: [{}], actions: [{}]}}\n",
                all.join(", "),
                actions.join(", ")
            );
        }
        catalog(&text)
    };
    let large = catalog_of(3_000, 3_000, 1);
    assert_eq!(large.faults().len(), 1, "{}", large.faults());
    assert!(large.faults().to_string().contains("the table has 9000000 permissions"));
    // Many that fit each do not fit together.
    let many = catalog_of(100, 300, 3);
    assert_eq!(many.faults().len(), 1, "{}", many.faults());
    assert_eq!(permissions(&many).len(), 60_000);
    assert!(catalog_of(100, 300, 2).faults().is_empty());
}

#[test]
fn too_many_patterns_are_refused() {
    let on = vec!["'*.read'"; 1_001].join(", ");
    let text = format!(
        "product: p\nversion: 1.0.0\ncategories: [{{id: all, permissions: [{{id: a.read}}]}}]\n\
         guards: [{{id: g, on: [{on}], message: no, require: {{subject.owner: true}}}}]\n"
    );
    let found = catalog(&text).faults().to_string();
    assert!(found.contains("at most 1000 patterns, this 1001"), "{found}");
}

#[test]
fn a_table_takes_no_name_of_the_administration() {
    for kinds in ["permesso", "permesso.x"] {
        let text = format!(
            "product: p\nversion: 1.0.0\nresource_kinds: {{'{kinds}': {{}}}}\n\
             categories: [{{id: t, kinds: ['{kinds}'], actions: [read]}}]\n"
        );
        let source = load::catalog("product.yaml", &text).unwrap();
        let found = with_administration(source).unwrap_err().to_string();
        assert!(found.contains("which administration keeps for itself"), "{found}");
    }
    let guarded = "product: p\nversion: 1.0.0\nresource_kinds: {a: {}}\ncategories: [{id: t, kinds: [a], \
         actions: [read], guards: [{id: permesso.g, on: [read], message: no, require: {subject.owner: true}}]}]\n";
    with_administration(load::catalog("product.yaml", guarded).unwrap()).unwrap_err();
    // What is said of actions of a product is not said of the administration.
    let source = with_administration(
        load::catalog(
            "product.yaml",
            "product: p\nversion: 1.0.0\nresource_kinds: {a: {attributes: {open: boolean}}}\n\
             categories: [{id: t, kinds: [a], actions: [read, edit, delete]}]\n\
             guards: [{id: g, on: ['*.edit', '*.delete'], message: no, require: {resource.open: true}}]\n",
        )
        .unwrap(),
    );
    let catalog = compile::catalog(source.unwrap());
    assert!(catalog.faults().is_empty(), "{}", catalog.faults());
    let guards = &catalog.source().value.guards;
    let guard = guards.iter().find(|guard| guard.id.as_str() == "g").unwrap();
    assert_eq!(names(&guard.on), ["a.edit", "a.delete"]);
}

#[test]
fn more_toggles_on_more_permissions_than_can_be_told_apart_are_refused() {
    let permissions: Vec<String> = (0..1_000).map(|n| format!("{{id: k{n}.read}}")).collect();
    let toggles = |n: usize| {
        let toggles = (0..n).map(|n| format!("{{id: t{n}, constraint: {{forbids: ['*.read']}}}}"));
        let all: Vec<String> = permissions.iter().cloned().chain(toggles).collect();
        let all = all.join(", ");
        let text = format!(
            "product: p\nversion: 1.0.0\ncategories: [{{id: all, permissions: [{all}]}}]\n"
        );
        catalog(&text).faults().to_string()
    };
    assert_eq!(toggles(65), "");
    assert!(toggles(66).contains("toggles bind at most 65,535 times in a catalog, in this 66000"));
}
