//! Policies that say nothing: lists that are empty and could mean all or none, exceptions from what
//! is not given, paths and ids that mean something else.

use crate::common;
use crate::wrong_names::{PEOPLE, of_grant, refused, sound, taken, told};
use permesso_engine::compile::FamilySet;
use permesso_engine::load;
use permesso_engine::names::check_names;

#[test]
fn a_list_that_is_empty_and_could_mean_all_or_none_is_refused() {
    refused(
        &[
            (
                "permission: ticket.read, scope: all, teams: []",
                &["tenant.yaml:", "list at least one, or leave it out"],
            ),
            ("permission: ticket.read, scope: all, exact_teams: []", &["list at least one"]),
            ("permission: ticket.read, scope: all, except: []", &["list at least one"]),
        ],
        of_grant,
    );
    let tenant = |more: &str| told(&sound(), more, PEOPLE);
    refused(
        &[
            ("sharing: {policies: [{id: s, outcome: hide, content: []}]}", &["list at least one"]),
            (
                "sharing: {policies: [{id: s, outcome: hide, for: {}}]}",
                &["leave it out for everybody"],
            ),
            (
                "sharing: {overrides: [{id: s, outcome: hide, for: {roles: []}}]}",
                &["leave it out for everybody"],
            ),
            (
                "sharing: {overrides: [{id: s, outcome: hide, for: {teams: [], tags: []}}]}",
                &["leave it out for everybody"],
            ),
            (
                "sharing: {policies: [{id: s, outcome: hide, for: {exact_teams: []}}]}",
                &["leave it out for everybody"],
            ),
            ("programs: [{id: p, match: {roles: []}, gives: []}]", &["would admit nobody"]),
        ],
        tenant,
    );
    // One that fits is enough, so none of these adds nobody.
    taken(
        &["sharing: {policies: [{id: s, outcome: hide, for: {roles: [agent], tags: []}}]}"],
        tenant,
    );
    let changed = |from: &str, to: &str| {
        let catalog = sound();
        assert!(catalog.contains(from), "{from}");
        told(&catalog.replacen(from, to, 1), "", PEOPLE)
    };
    for (from, to) in [
        ("on: [ticket.close], condition", "on: [], condition"),
        ("kinds: [ticket]", "kinds: []"),
        ("one_of: [open, closed]", "one_of: []"),
        ("one_of: [junior, senior]", "one_of: []"),
        ("{id: ticket.close}", "{id: ticket.close, own_means: []}"),
        ("{id: ticket.close}", "{id: ticket.close, kinds: []}"),
        ("{id: any.see}", "{id: any.see, constraint: {forbids: []}}"),
        ("{id: any.see}", "{id: any.see, constraint: {obliges: [{on: [], code: x}]}}"),
        ("sharing: {by: [owner],", "sharing: {by: [owner], private: [{attribute: place, is: []}],"),
        ("resource.amount: 1", "resource.amount: {in: []}"),
        ("resource.amount: 1", "any: []"),
        (
            "on: [ticket.close], require: {resource.amount: 1}",
            "on: [ticket.close], check: {covered: []}",
        ),
    ] {
        let said = changed(from, to);
        assert!(said.starts_with("product.yaml:"), "{to}: {said}");
    }
    let people = |people: &str| told(&sound(), "", people);
    refused(
        &[
            ("users: [{id: u, roles: [{role: agent, teams: []}]}]", &["no team at all"]),
            (
                "users: [{id: u, grants: [{permission: ticket.read, scope: all, teams: []}]}]",
                &["list at least one"],
            ),
        ],
        people,
    );
    // These have one meaning only.
    taken(&["users: [{id: u, roles: [], teams: [], tags: [], grants: []}]"], people);
    let empty = |list: &str| {
        let tenant = format!("{{tenant: acme, product: desk, {list}}}");
        common::build(&sound(), &tenant, PEOPLE, &FamilySet::default()).map_err(|it| it.to_string())
    };
    assert!(empty("teams: []").unwrap_err().contains("list at least one"));
    assert!(empty("tags: [], roles: [], policies: [], programs: [], closed: []").is_ok());
}

#[test]
fn what_a_grant_leaves_out_is_some_of_what_it_gives() {
    refused(
        &[
            (
                "permission: 'ticket.*', scope: all, except: [report.read]",
                &["roles.tried.grants.except", "does not give `report.read`"],
            ),
            (
                "permission: 'ticket.*', scope: all, except: ['report.*']",
                &["does not give `report.*`"],
            ),
            ("category: tickets, scope: all, except: [any.see]", &["does not give `any.see`"]),
            ("permission: ticket.read, scope: all, except: [ticket.close]", &["does not give"]),
            (
                "permissions: [ticket.read, ticket.close], scope: all, except: [ticket.write]",
                &["does not give"],
            ),
            (
                "permission: 'ticket.*', scope: all, except: ['ticket.*']",
                &["leaves out everything"],
            ),
            (
                "permission: ticket.read, scope: all, except: [ticket.read]",
                &["leaves out everything"],
            ),
            (
                "category: reports, scope: all, except: [report.read, report.write]",
                &["leaves out everything"],
            ),
        ],
        of_grant,
    );
    taken(
        &[
            "permission: 'ticket.*', scope: all, except: [ticket.close]",
            "category: tickets, scope: all, except: ['*.close']",
            // What comes along is given too.
            "permission: ticket.write, scope: all, except: [ticket.read]",
            "permission: '*', scope: all, except: [any.see, 'report.*']",
        ],
        of_grant,
    );
}

#[test]
fn a_team_is_named_by_its_path_and_once() {
    for path in ["x/", "/x", "x//y", ".", "..", "a/../b", "' x'", "'x '", "'x/ y'", "'*'"] {
        let free = "{tenant: acme, product: desk";
        for (tenant, people) in [
            (format!("{free}, teams: [{path}]}}"), PEOPLE.to_owned()),
            (
                format!(
                    "{free}, roles: [{{id: r, grants: [{{permission: any.see, scope: all, teams: [{path}]}}]}}]}}"
                ),
                PEOPLE.to_owned(),
            ),
            (
                format!(
                    "{free}, roles: [{{id: r, grants: [{{permission: any.see, scope: all, exact_teams: [{path}]}}]}}]}}"
                ),
                PEOPLE.to_owned(),
            ),
            (
                format!(
                    "{free}, sharing: {{policies: [{{id: s, outcome: hide, for: {{teams: [{path}]}}}}]}}}}"
                ),
                PEOPLE.to_owned(),
            ),
            (format!("{free}}}"), format!("users: [{{id: u, teams: [{path}]}}]")),
            (
                format!("{free}}}"),
                format!("users: [{{id: u, roles: [{{role: agent, teams: [{path}]}}]}}]"),
            ),
        ] {
            let said = common::build(&sound(), &tenant, &people, &FamilySet::default());
            let said = said.map_or_else(|found| found.to_string(), |_| String::new());
            assert!(said.contains("the team `"), "{tenant} {people}: {said}");
        }
    }
    refused(
        &[(
            "permission: any.see, scope: all, teams: [support, support]",
            &["`support` is listed twice", "keep one"],
        )],
        of_grant,
    );
    let twice = "{tenant: acme, product: desk, teams: [a, b, a]}";
    let said = common::build(&sound(), twice, PEOPLE, &FamilySet::default()).map(|_| ());
    assert!(said.unwrap_err().to_string().contains("the team `a` is listed twice"));
    let said = told(&sound(), "", "users: [{id: u, teams: [support, support]}]");
    assert!(said.contains("listed twice"), "{said}");
}

#[test]
fn an_id_that_means_something_else_is_refused_with_the_reason() {
    let told = |tenant: &str, people: &str| {
        let catalog = load::catalog("product.yaml", &sound()).unwrap();
        let tenant = load::tenant("tenant.yaml", tenant).unwrap();
        let people = load::directory("people.yaml", people).unwrap();
        match check_names(&catalog.value, &tenant, &people) {
            Ok(()) => String::new(),
            Err(found) => found.to_string(),
        }
    };
    let head = "tenant: acme\nproduct: desk\n";
    for id in [".", "..", "'*'", "permesso", "permesso.administrator", "Permesso-x", "' a'"] {
        for (tenant, people) in [
            (format!("{head}roles: [{{id: {id}}}]"), String::new()),
            (format!("{head}policies: [{{id: {id}}}]"), String::new()),
            (format!("{head}tags: [{id}]"), String::new()),
            (format!("tenant: {id}\nproduct: desk"), String::new()),
            (head.to_owned(), format!("users: [{{id: {id}}}]")),
            (head.to_owned(), format!("users: [{{id: u, tags: [{id}]}}]")),
        ] {
            assert!(!told(&tenant, &people).is_empty(), "{tenant} {people}");
        }
    }
    assert!(
        told(&format!("{head}roles: [{{id: permesso.x}}]"), "")
            .contains("kept for the administration")
    );
    assert_eq!(
        told(
            &format!("{head}roles: [{{id: agent}}, {{id: a.b}}, {{id: a/b}}]\nteams: [a/b]"),
            "users: [{id: ann.lee@x.com}]"
        ),
        ""
    );
}

#[test]
fn what_a_program_gives_or_closes_is_called_by_an_id_that_can_be_seen() {
    for id in ["'*'", "\"r-7\\u200b\"", "\"r-7\\u202e\""] {
        for item in [
            format!(
                "programs: [{{id: p, match: {{roles: [writer]}}, gives: [{{kind: report, id: {id}, access: view}}]}}]"
            ),
            format!("closed: [{{kind: report, id: {id}, access: view}}]"),
        ] {
            let said = told(&sound(), &item, PEOPLE);
            assert!(said.contains("leave it out") || said.contains("stands for no item"), "{said}");
        }
    }
}
