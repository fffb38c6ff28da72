//! Grants of several permissions: by pattern, as a list, as a part of a table.

use crate::common::written::write;
use crate::common::{EMPTY, build, outcome, request};
use permesso_engine::administration::with_administration;
use permesso_engine::change::Edit;
use permesso_engine::compile::{self, Definition, FamilySet, PeopleFrom, compile};
use permesso_engine::diagnostic::Diagnostics;
use permesso_engine::flip::flips;
use permesso_engine::model::{Grant, Tenant};
use permesso_engine::{Authorizer, decide_alone, load};
use std::collections::BTreeSet;
use std::sync::Arc;

const CATALOG: &str = "\
product: papers
version: 1.0.0
relations: [author]
own_means: [author]
categories:
  - id: docs
    permissions:
      - {id: invoice.view}
      - {id: invoice.edit, implies: [{permission: invoice.view}]}
      - {id: invoice.erase, wildcard: false}
      - {id: invoice.line.view}
      - {id: invoice.lend, granted_by: delegation}
      - {id: invoice.never, granted_by: nobody}
      - {id: invoice.sell, owner_only: true}
      - {id: invoice.hush, constraint: {forbids: [invoice.edit]}}
      - {id: invoices.view}
      - {id: letter.view, wildcard: false}
      - {id: letter.edit, reach: own}
      - {id: view}
";

const IDS: [&str; 13] = [
    "invoice.view",
    "invoice.edit",
    "invoice.erase",
    "invoice.line.view",
    "invoice.lend",
    "invoice.never",
    "invoice.sell",
    "invoice.hush",
    "invoices.view",
    "letter.view",
    "letter.edit",
    "view",
    "permesso.users.edit",
];

fn authorizer(tenant: &str, people: &str) -> Result<Authorizer, Diagnostics> {
    let catalog = compile::catalog(with_administration(load::catalog("product.yaml", CATALOG)?)?);
    let tenant = format!("tenant: acme\nproduct: papers\n{tenant}");
    let compiled = compile(&Definition {
        catalog: &catalog,
        tenant: &Arc::new(load::tenant("tenant.yaml", &tenant)?),
        people: PeopleFrom::Directory(&load::directory("people.yaml", people)?),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    })?;
    let authorizer = Authorizer::new(0);
    authorizer.install(compiled);
    Ok(authorizer)
}

fn allowed(authorizer: &Authorizer, user: &str) -> BTreeSet<&'static str> {
    let may = |id: &&&str| outcome(authorizer, user, id, &[]) == "allow";
    IDS.iter().filter(may).copied().collect()
}

/// The same grant on a role, on a parent, in a policy of a role and of a user, and to a user.
fn everywhere(grant: &str) -> Authorizer {
    let tenant = format!(
        "policies: [{{id: p, grants: [{grant}]}}]\nroles:\n  - {{id: r, grants: [{grant}]}}\n  \
         - {{id: child, parents: [r]}}\n  - {{id: with, policies: [p]}}\n"
    );
    let people = format!(
        "users:\n  - {{id: by_role, roles: [r]}}\n  - {{id: by_parent, roles: [child]}}\n  \
         - {{id: by_policy, roles: [with]}}\n  - {{id: attached, policies: [p]}}\n  \
         - {{id: alone, grants: [{grant}]}}\n"
    );
    authorizer(&tenant, &people).unwrap_or_else(|it| panic!("{grant}\n{it}"))
}

#[test]
fn a_pattern_gives_what_it_matches_but_what_is_given_by_name_only() {
    let invoice = ["invoice.edit", "invoice.line.view", "invoice.view"];
    let table: &[(&str, &[&str])] = &[
        ("{permission: 'invoice.*', scope: all}", &invoice),
        ("{permission: 'invoice.line.*', scope: all}", &["invoice.line.view"]),
        (
            "{permission: '*.view', scope: all}",
            &["invoice.line.view", "invoice.view", "invoices.view"],
        ),
        ("{permission: '*.line.view', scope: all}", &["invoice.line.view"]),
        // The administration is not among the kinds of a product.
        ("{permission: '*.edit', scope: all}", &["invoice.edit", "invoice.view"]),
        ("{permission: 'permesso.*', scope: all}", &["permesso.users.edit"]),
        ("{permission: 'permesso.users.*', scope: all}", &["permesso.users.edit"]),
        // Several.
        (
            "{permissions: [letter.view, 'invoices.*'], scope: all}",
            &["invoices.view", "letter.view"],
        ),
        (
            "{permissions: [invoice.edit, '*.edit', invoice.edit], scope: all}",
            &["invoice.edit", "invoice.view"],
        ),
        (
            "{permissions: {kinds: [invoice, letter], actions: [view]}, scope: all}",
            &["invoice.view", "letter.view"],
        ),
        (
            "{permissions: {kinds: [invoice], actions: [line.view, erase]}, scope: all}",
            &["invoice.erase", "invoice.line.view"],
        ),
        // What is left out.
        (
            "{permission: 'invoice.*', except: [invoice.view], scope: all}",
            &["invoice.edit", "invoice.line.view"],
        ),
        ("{permission: 'invoice.*', except: ['*.view'], scope: all}", &["invoice.edit"]),
        ("{permission: '*.edit', except: ['invoice.*'], scope: all}", &[]),
        (
            "{permission: '*', except: ['invoice.*', '*.edit'], scope: all}",
            &["invoices.view", "view"],
        ),
        (
            "{permissions: ['*.view', invoice.edit], except: ['invoice.*'], scope: all}",
            &["invoices.view"],
        ),
        (
            "{category: docs, except: ['*.view'], scope: all}",
            &["invoice.edit", "invoice.erase", "view"],
        ),
        // Limits.
        ("{permission: 'invoice.*', scope: all, teams: [west]}", &[]),
        ("{permission: 'invoice.*', scope: all, valid_until: 1970-01-02}", &invoice),
        ("{permission: 'invoice.*', scope: own}", &[]),
    ];
    for (grant, wanted) in table {
        let authorizer = everywhere(grant);
        let wanted: BTreeSet<&str> = wanted.iter().copied().collect();
        for user in ["by_role", "by_parent", "by_policy", "attached", "alone"] {
            assert_eq!(allowed(&authorizer, user), wanted, "{user} {grant}");
        }
    }
}

#[test]
fn what_looks_like_a_pattern_and_what_stands_for_nothing_is_refused() {
    for (grant, told) in [
        ("{permission: '*view', scope: all}", "`*view` stands for no permissions"),
        ("{permission: 'invoice*', scope: all}", "stands for no permissions"),
        ("{permission: 'inv*ice.*', scope: all}", "stands for no permissions"),
        ("{permission: '**', scope: all}", "stands for no permissions"),
        ("{permission: '*.*', scope: all}", "stands for no permissions"),
        ("{permission: 'invoice.*.view', scope: all}", "stands for no permissions"),
        ("{permission: '.*', scope: all}", "stands for no permissions"),
        ("{permission: 'leter.*', scope: all}", "did you mean `letter`?"),
        ("{permission: '*.veiw', scope: all}", "did you mean `view`?"),
        ("{permission: 'view.*', scope: all}", "no permission begins with `view`"),
        // All that it matches is given by name only.
        ("{permission: '*.erase', scope: all}", "all of it is given by name only"),
        ("{permission: '*.lend', scope: all}", "all of it is given by name only"),
        ("{permission: '*.sell', scope: all}", "all of it is given by name only"),
        ("{permission: '*.hush', scope: all}", "all of it is given by name only"),
        ("{permissions: ['*'], scope: all}", "`*` stands for everything, and cannot stand here"),
        ("{permissions: [invoice.veiw], scope: all}", "did you mean `invoice.view`?"),
        ("{permissions: [invoice.lend], scope: all}", "cannot be granted by a role or a policy"),
        ("{permissions: [], scope: all}", "the grant names no permission"),
        (
            "{permissions: {kinds: [letter, letter], actions: [view]}, scope: all}",
            "stands here twice",
        ),
        ("{permissions: {kinds: [], actions: [view]}, scope: all}", "names no permission"),
        ("{permissions: {kinds: [invoice], actions: []}, scope: all}", "names no permission"),
        (
            "{permissions: {kinds: [invioce], actions: [view]}, scope: all}",
            "unknown kind `invioce`",
        ),
        ("{permissions: {kinds: [invoice], actions: [veiw]}, scope: all}", "unknown action `veiw`"),
        ("{permissions: {kinds: ['*'], actions: [view]}, scope: all}", "unknown kind `*`"),
        (
            "{permissions: {kinds: [letter], actions: [erase]}, scope: all}",
            "`letter` has no `erase`",
        ),
        (
            "{permissions: {kinds: [invoice], actions: [never]}, scope: all}",
            "cannot be granted at all",
        ),
        ("{permission: view, permissions: [view], scope: all}", "and one of these"),
        ("{permissions: [view], category: docs, scope: all}", "and one of these"),
        ("{permission: view, category: docs, scope: all}", "and one of these"),
        ("{scope: all}", "has to name a permission, several, or a category"),
        ("{permission: '*', except: ['*'], scope: all}", "cannot stand here"),
        ("{permission: '*', except: ['*view'], scope: all}", "stands for no permissions"),
        ("{permission: '*', except: ['leter.*'], scope: all}", "did you mean `letter`?"),
    ] {
        for (tenant, people) in [
            (format!("roles: [{{id: r, grants: [{grant}]}}]"), "users: []".to_owned()),
            (format!("policies: [{{id: r, grants: [{grant}]}}]"), "users: []".to_owned()),
            (String::new(), format!("users: [{{id: u, grants: [{grant}]}}]")),
        ] {
            let found = authorizer(&tenant, &people).map(|_| ()).unwrap_err();
            assert_eq!(found.len(), 1, "{grant}\n{found}");
            assert!(found.to_string().contains(told), "{grant}\n{found}");
        }
    }
}

#[test]
fn a_part_of_a_table_larger_than_the_catalog_is_told_by_one_fault_for_a_kind() {
    let many: Vec<String> = (0..5_000).map(|n| format!("k{n}")).collect();
    let many = many.join(", ");
    let grant = format!("{{permissions: {{kinds: [{many}], actions: [{many}]}}, scope: all}}");
    let role = format!("roles: [{{id: r, grants: [{grant}]}}]");
    let found = authorizer(&role, "users: []").map(|_| ()).unwrap_err();
    assert_eq!(found.len(), 10_000);
}

#[test]
fn a_grant_of_several_is_written_as_it_was_read() {
    for text in [
        "{permission: 'invoice.*', scope: all}",
        "{permissions: [view, 'invoice.*'], scope: own, except: ['*.edit']}",
        "{permissions: {kinds: [invoice], actions: [view]}, scope: all, teams: [west]}",
    ] {
        let tenant = format!("{{tenant: a, product: p, roles: [{{id: r, grants: [{text}]}}]}}");
        let read = load::tenant("tenant.yaml", &tenant).unwrap().value;
        let again = serde_saphyr::to_string(&read).unwrap();
        let again = load::tenant("tenant.yaml", &again).unwrap().value;
        let grant = |tenant: &Tenant| -> Grant { tenant.roles[0].grants[0].clone() };
        let (one, other) = (grant(&read), grant(&again));
        assert_eq!(one.permission, other.permission);
        assert_eq!((one.permissions, one.except), (other.permissions, other.except), "{text}");
        assert!(grant(&read).named_at().is_some_and(|at| at.line == 1));
    }
}

#[test]
fn what_is_granted_to_a_user_by_several_is_proposed_to_be_revoked_as_it_is_written() {
    const QUIET: &str = "product: papers\nversion: 1.0.0\ncategories:\n  - id: all\n    permissions:\n      \
         - {id: a.see}\n      - {id: a.work, implies: [{permission: b.hush}]}\n      \
         - {id: b.hush, constraint: {forbids: [a.see]}}\n";
    for named in ["a.*", "[a.work, a.see]", "{kinds: [a], actions: [work]}", "*.work"] {
        let grant = match named.contains(['[', '{']) {
            true => format!("{{permissions: {named}, scope: all}}"),
            false => format!("{{permission: '{named}', scope: all}}"),
        };
        let tenant = "tenant: acme\nproduct: papers\n\
             roles: [{id: seer, grants: [{permission: a.see, scope: all}]}]\n";
        let people = format!("users:\n  - {{id: pat, roles: [seer], grants: [{grant}]}}\n");
        let before = build(QUIET, tenant, &people, &FamilySet::new()).unwrap();
        let asked = request("pat", "a.see", EMPTY);
        assert!(!decide_alone(&before, &asked).is_allow(), "{named}");
        let edit = Edit::Revoke { permission: named.to_owned() };
        let found = flips(&before, &asked, 10);
        let proposed = found.flips.iter().any(|flip| flip.edits == [edit.clone()]);
        assert!(proposed, "{named}\n{found:#?}");
        let mut people = load::directory("people.yaml", &people).unwrap().value;
        assert!(write(&mut people, "pat", &edit) && people.users[0].grants.is_empty());
    }
}
